//! Plays a scenario into a temporary folder and reads the dossier back.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Tick};

use capture::scenario::Scenario;
use capture::{
    Attendant, BrowserChoice, CaptureError, CapturePlan, Captured, Display, Event, Progress, ScenarioSource,
    SourceKind, Stop,
};
use dossier::{Clock, Instant, Journal, JournalEntry, Opening, Operation, Reference, Software};
use serde_json::Value;
use tokio::sync::RwLock;

/// A clock that starts at a known instant and advances as time does.
pub(crate) struct TestClock(Tick);

impl TestClock {
    pub(crate) fn start() -> Self {
        Self(Tick::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        let elapsed = i64::try_from(self.0.elapsed().as_millis()).unwrap();
        Instant::from_millisecond(1_795_252_323_000 + elapsed).unwrap()
    }
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Shows the events when `CONSTAT_SHOW` is set.
struct Show;

impl Progress for Show {
    fn event(&self, event: &Event) {
        if std::env::var_os("CONSTAT_SHOW").is_some() {
            eprintln!("{event:?}");
        }
    }
}

/// Held by every capture; wholly by one that must find the machine's network quiet, since packets are taken of all of it.
static MACHINE: RwLock<()> = RwLock::const_new(());

tokio::task_local! {
    /// Set where the whole of `MACHINE` is held.
    static ALONE: ();
    /// Where the browser shows its window.
    static SHOWN: Display;
    /// Whom the measures of a capture may ask.
    static MEASURED: capture::Sources;
}

/// A capture that ran.
pub(crate) struct Run {
    pub(crate) captured: Captured,
    pub(crate) journal: Journal,
    _dir: Option<tempfile::TempDir>,
}

pub(crate) fn opening(scenario: &Scenario, reference: &str) -> Opening {
    Opening {
        case: scenario.case(Reference::new(reference).unwrap()),
        software: Software { name: "constat".into(), version: "0.1.0".into(), binary_sha256: None },
        attended: false,
        essai: true,
    }
}

/// Plays the steps given as TOML (`[[etape]]…`).
pub(crate) async fn play(steps: &str) -> Run {
    play_until(steps, Stop::new()).await
}

pub(crate) async fn play_until(steps: &str, stop: Stop) -> Run {
    played(steps, stop, None).await
}

/// Plays the steps while no other capture of these tests runs.
pub(crate) async fn play_alone(steps: &str) -> Run {
    let _machine = MACHINE.write().await;
    ALONE.scope((), play(steps)).await
}

/// Plays the steps with somebody to ask.
pub(crate) async fn play_attended(steps: &str, stop: Stop, attendant: Arc<dyn Attendant>) -> Run {
    played(steps, stop, Some(attendant)).await
}

/// Plays the steps on that display, with somebody to ask or nobody.
pub(crate) async fn play_shown(display: &str, steps: &str, attendant: Option<Arc<dyn Attendant>>) -> Run {
    SHOWN.scope(Display::x11(display), played(steps, Stop::new(), attendant)).await
}

/// Plays the steps with a browser started by `browser`.
pub(crate) async fn play_with(browser: PathBuf, steps: &str) -> Run {
    played_by(BrowserChoice { path: Some(browser) }, steps, Stop::new(), None).await
}

/// Plays the steps; the measures ask `sources`.
pub(crate) async fn play_measured(steps: &str, sources: capture::Sources) -> Run {
    MEASURED.scope(sources, play(steps)).await
}

async fn played(steps: &str, stop: Stop, attendant: Option<Arc<dyn Attendant>>) -> Run {
    played_by(BrowserChoice::default(), steps, stop, attendant).await
}

async fn played_by(browser: BrowserChoice, steps: &str, stop: Stop, attendant: Option<Arc<dyn Attendant>>) -> Run {
    let text = format!("[dossier]\nobjet = \"Essai\"\n{steps}");
    let scenario = Scenario::parse("essai.toml", &text).unwrap();
    // `CONSTAT_KEEP` keeps the dossiers there, to be looked at.
    let (dir, root) = match std::env::var_os("CONSTAT_KEEP") {
        Some(folder) => (None, PathBuf::from(folder).join(uuid::Uuid::new_v4().simple().to_string())),
        None => {
            let dir = tempfile::tempdir().unwrap();
            let root = dir.path().to_path_buf();
            (Some(dir), root)
        }
    };
    let attended = attendant.is_some();
    let captured = start(scenario, text.into_bytes(), &root, attended, stop, attendant, browser).await.unwrap();
    let journal = captured.dossier.journal().clone();
    Run { captured, journal, _dir: dir }
}

/// Plays a scenario into `root`, with an opening that says `attended`.
pub(crate) async fn play_plan(
    scenario: Scenario,
    bytes: Vec<u8>,
    root: &Path,
    attended: bool,
    stop: Stop,
    attendant: Option<Arc<dyn Attendant>>,
) -> Result<Captured, CaptureError> {
    start(scenario, bytes, root, attended, stop, attendant, BrowserChoice::default()).await
}

async fn start(
    scenario: Scenario,
    bytes: Vec<u8>,
    root: &Path,
    attended: bool,
    stop: Stop,
    attendant: Option<Arc<dyn Attendant>>,
    browser: BrowserChoice,
) -> Result<Captured, CaptureError> {
    let _machine = if ALONE.try_with(|()| ()).is_ok() { None } else { Some(MACHINE.read().await) };
    let opening = Opening { attended, ..opening(&scenario, "ESSAI-1") };
    let kind = if bytes.starts_with(b"{") { SourceKind::Recorder } else { SourceKind::Toml };
    let source = ScenarioSource { file_name: "essai.toml".into(), bytes, kind };
    let plan = CapturePlan {
        scenario,
        source,
        browser,
        display: SHOWN.try_with(Clone::clone).ok(),
        replay: None,
        time: None,
        gate: None,
        sources: MEASURED.try_with(Clone::clone).unwrap_or_default(),
        suspend: false,
    };
    capture::capture(&plan, root, opening, Arc::new(TestClock::start()), &Show, stop, attendant).await
}

impl Run {
    /// A capture that ended, in a folder of the test's own.
    pub(crate) fn of(captured: Captured, dir: tempfile::TempDir) -> Self {
        let journal = captured.dossier.journal().clone();
        Self { captured, journal, _dir: Some(dir) }
    }

    pub(crate) fn lines<'a>(&'a self, op: &'a Operation) -> Vec<&'a JournalEntry> {
        self.journal.of(op).collect()
    }

    /// The data of the only line of an operation.
    pub(crate) fn only(&self, op: &Operation) -> Value {
        let lines = self.lines(op);
        assert_eq!(lines.len(), 1, "{op}: {lines:#?}");
        Value::Object(lines[0].data.clone())
    }

    /// The bytes of an artefact, checked against its digest.
    pub(crate) fn file(&self, path: &str) -> Vec<u8> {
        let artefact = self.captured.dossier.artefacts().iter().find(|a| a.path.as_str() == path);
        let artefact = artefact.unwrap_or_else(|| panic!("{path} is not announced"));
        let bytes = std::fs::read(artefact.path.under(self.captured.dossier.root())).unwrap();
        assert_eq!(dossier::Digests::of(&bytes), artefact.digests, "{path}");
        bytes
    }

    /// The content of an artefact that is gzip.
    pub(crate) fn unpacked(&self, path: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let file = self.file(path);
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(file.as_slice()), &mut bytes).unwrap();
        bytes
    }

    /// Codes of the findings.
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.captured.findings.iter().map(|f| f.code.as_str()).collect()
    }

    /// The addresses in the index of the archive, with their status.
    pub(crate) fn indexed(&self) -> Vec<(String, String)> {
        let index = String::from_utf8(self.file("indexes/index.cdxj")).unwrap();
        let field = |line: &str, key: &str| {
            let json = &line[line.find('{').unwrap()..];
            let value: Value = serde_json::from_str(json).unwrap();
            match &value[key] {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }
        };
        index.lines().map(|l| (field(l, "url"), field(l, "status"))).collect()
    }

    /// The whole archive, decompressed, as text.
    pub(crate) fn warc_text(&self) -> String {
        let bytes = self.file("archive/data.warc.gz");
        let mut reader = warc::WarcReader::new(&bytes[..]);
        let mut out = String::new();
        while let Some(mut record) = reader.next_record().unwrap() {
            let mut block = Vec::new();
            std::io::Read::read_to_end(&mut record, &mut block).unwrap();
            out.push_str(&String::from_utf8_lossy(&block));
            record.finish().unwrap();
        }
        out
    }
}
