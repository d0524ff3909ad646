//! `constat rejouer`: a capture shown again from its bundle alone, offline; or rendered again and compared with what was seen.
use std::path::Path;
use std::sync::Arc;

use capture::replay::{ReplaySite, replay_settings};
use capture::{BrowserChoice, Display, Stop};
use dossier::{Clock, Journal, Level};
use probes::copies::Act;
use sealer::{RawEntries, Verdict, VerifiedBundle};
use serde_json::json;

use crate::cli::Rejouer;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{capturer, copier, etude, output, verifier};

mod comparison;
mod engine;
mod home;
mod range;
mod server;
mod table;
mod thresholds;

pub(crate) use engine::Engine;
pub(crate) use server::Replayer;

use server::{Package, Server};

/// The package inside a bundle.
const WACZ: &str = "capture.wacz";
/// The journal inside a bundle.
const JOURNAL: &str = "journal.jsonl";

/// A bundle to replay, and what its verification said.
struct Opened {
    entries: RawEntries,
    journal: Journal,
    verdict: Verdict,
    /// The findings that are worse than a reserve, for the page shown.
    wrong: Vec<String>,
    sha256: String,
    verified: Option<VerifiedBundle>,
}

/// Verifies, then shows or compares.
pub(crate) fn run(arguments: &Rejouer, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let thresholds = thresholds::Thresholds::of(arguments)?;
    let etude = match (&arguments.ancres, &arguments.etude) {
        (Some(_), None) => None,
        (_, file) => Some(Etude::find(file.as_deref(), clock.as_ref())?),
    };
    let configured = etude.as_ref().and_then(Etude::replay_engine);
    let engine = Arc::new(Engine::find(arguments.moteur.as_deref(), configured)?);
    let anchors = match (&arguments.ancres, &etude) {
        (Some(folder), _) => etude::anchors_of(folder)?,
        (None, Some(etude)) => etude.anchors()?,
        (None, None) => etude::anchors_of(Path::new("."))?,
    };
    let verification = verifier::verified(&arguments.bundle, &anchors, clock.now())?;
    let opened = Opened::of(arguments, verification)?;
    copier::follow(&arguments.bundle, Act::Opened, "constat rejouer", clock);
    if arguments.comparer {
        return comparison::run(arguments, &opened, &engine, &thresholds, json, clock);
    }
    show(arguments, &opened, engine, json)
}

impl Opened {
    /// A bundle that fails is refused, unless it is asked to look at it all the same; one whose zip or journal cannot be
    /// read is always refused.
    fn of(arguments: &Rejouer, verification: sealer::Verification) -> Result<Self, Failure> {
        let worst =
            verification.findings.iter().filter(|f| f.level >= Level::Indeterminate || f.code == "disclosure.redacted");
        let wrong: Vec<String> = worst.map(|f| format!("[{}] {}", f.code, output::printable(&f.what))).collect();
        if verification.verdict == Verdict::Fail && !arguments.malgre_tout {
            return Err(Failure::new("rejouer.not_valid", Exit::Negative, wrong.join(" ; ")));
        }
        let unreadable = |why: String| Failure::new("rejouer.unreadable", Exit::Negative, why);
        let (entries, journal) = match &verification.bundle {
            Some(bundle) => (bundle.entries(), bundle.journal().clone()),
            None => {
                let entries = RawEntries::open(&arguments.bundle).map_err(|f| unreadable(f.what))?;
                let reader = entries.reader(JOURNAL).ok_or_else(|| unreadable(JOURNAL.into()))?;
                let (journal, _) = Journal::read(reader).map_err(|e| unreadable(e.why))?;
                (entries, journal)
            }
        };
        if entries.len(WACZ).is_none() {
            return Err(unreadable(WACZ.into()));
        }
        let sha256 = verification.bundle_sha256.map(|sha256| sha256.to_string()).unwrap_or_default();
        let (verdict, verified) = (verification.verdict, verification.bundle);
        Ok(Self { entries, journal, verdict, wrong, sha256, verified })
    }

    /// The reference and the object, as the journal says them.
    fn case(&self) -> (String, String) {
        let case = self.journal.of(&dossier::op::SESSION_CASE).next();
        let text = |key: &str| case.and_then(|entry| entry.text(key)).unwrap_or("").to_owned();
        (text("reference"), text("objet"))
    }

    fn package(&self) -> Package {
        Package::Entry(self.entries.clone(), WACZ)
    }
}

fn show(arguments: &Rejouer, opened: &Opened, engine: Arc<Engine>, json: bool) -> Result<Exit, Failure> {
    let home = home::page(opened, &engine);
    let server = Server::start(engine, opened.package(), home).map_err(server_failure)?;
    let site = server.site().clone();
    let display = if arguments.sans_navigateur { None } else { Display::of_environment() };
    if json {
        output::json(&json!({
            "address": site.base, "verdict": opened.verdict, "bundle_sha256": opened.sha256, "engine": site.engine,
            "browser": display.is_some(),
        }));
    } else {
        tell(opened, &site, display.is_some());
    }
    let runtime = capturer::runtime()?;
    let stop = Stop::new();
    runtime.spawn(stop_on_signal(stop.clone()));
    let shown = runtime.block_on(async {
        match &display {
            Some(display) => {
                let browser = BrowserChoice { path: arguments.navigateur.clone() };
                let settings = replay_settings(opened.journal.entries());
                capture::replay::show(&browser, &site, &settings, Some(display), &site.base, &stop).await
            }
            None => {
                stop.wait().await;
                Ok(())
            }
        }
    });
    shown.map_err(Failure::from)?;
    Ok(Exit::Done)
}

fn tell(opened: &Opened, site: &ReplaySite, window: bool) {
    output::line(&format!("Verdict du scellé : {}", opened.verdict.as_str()));
    for wrong in &opened.wrong {
        output::line(&format!("  {wrong}"));
    }
    output::line(&format!("Rejeu : {}", site.base));
    output::line(if window {
        "Le navigateur ouvert n'atteint que cette adresse. Fermez sa fenêtre, ou Ctrl-C, pour finir."
    } else {
        "Ouvrez cette adresse dans un navigateur de cette machine ; Ctrl-C pour finir."
    });
}

/// A port, a thread or random octets were refused.
fn server_failure(error: std::io::Error) -> Failure {
    Failure::new("rejouer.server", Exit::Environment, error)
}

/// Requests `stop` at Ctrl-C or at the end asked by the system.
pub(crate) async fn stop_on_signal(stop: Stop) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stop.request();
}
