//! Measures our own peak memory over the two heaviest cases: a very large download, and a page of thousands of requests.
//!
//! `cargo run -p capture --example memory -- download 2147483648` or `… -- page 5000`: prints the peak (`VmHWM`) of this
//! process, which also serves the site, with what was recorded.
#![allow(clippy::print_stdout, reason = "the measure is what this program is for")]
use std::sync::Arc;
use std::time::{Duration, Instant as Tick};

use capture::scenario::Scenario;
use capture::{BrowserChoice, CapturePlan, Event, Progress, ScenarioSource, SourceKind, Stop};
use dossier::{Clock, Instant, Opening, Reference, Software};

type Failed = Box<dyn std::error::Error>;

struct Elapsed(Tick);

impl Clock for Elapsed {
    fn now(&self) -> Instant {
        let elapsed = i64::try_from(self.0.elapsed().as_millis()).unwrap_or(0);
        Instant::from_millisecond(1_795_252_323_000 + elapsed).expect("a date of this century")
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

struct Silent;

impl Progress for Silent {
    fn event(&self, event: &Event) {
        if let Event::Recorded { requests, exchanges, bytes } = event {
            println!("requests {requests}, exchanges {exchanges}, archive {bytes} octets");
        }
    }
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("VmHWM: unknown").to_owned()
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, number] = arguments.as_slice() else { return Err("download OCTETS | page REQUESTS".into()) };
    let sites = fixtures::Sites::start()?;
    let base = sites.base();
    let steps = match what.as_str() {
        "download" => format!(
            "[[etape]]\naller = \"{base}/\"\n[[etape]]\ntelecharger = {{ url = \"{base}/gros/?octets={number}\" }}\n"
        ),
        _ => format!("[[etape]]\naller = \"{base}/lourd/?n={number}\"\n"),
    };
    let text = format!("[dossier]\nobjet = \"Mesure\"\n[limites]\npage_secondes = 600\nduree_secondes = 3600\n{steps}");
    let scenario = Scenario::parse("mesure.toml", &text)?;
    let opening = Opening {
        case: scenario.case(Reference::new("MESURE-1")?),
        software: Software { name: "constat".into(), version: "0.1.0".into(), binary_sha256: None },
        attended: false,
        essai: true,
    };
    let source = ScenarioSource { file_name: "mesure.toml".into(), bytes: text.into_bytes(), kind: SourceKind::Toml };
    let plan = CapturePlan {
        scenario,
        source,
        browser: BrowserChoice::default(),
        display: None,
        replay: None,
        time: None,
        gate: None,
        sources: capture::Sources::default(),
        suspend: false,
    };
    let folder = tempfile::tempdir()?;
    let clock = Arc::new(Elapsed(Tick::now()));
    println!("before: {}", peak());
    let captured = capture::capture(&plan, folder.path(), opening, clock.clone(), &Silent, Stop::new(), None).await?;
    println!("after {} s, {:?}: {}", clock.monotonic().as_secs(), captured.state, peak());
    for line in captured.dossier.journal().of(&dossier::op::INCOMPLETE) {
        println!("incomplete: {}", serde_json::to_string(&line.data)?.chars().take(300).collect::<String>());
    }
    Ok(())
}
