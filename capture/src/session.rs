//! One capture from its first journal line to its last.
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use dossier::{
    Artefact, ArtefactKind, ArtefactMeta, ArtefactPath, Clock, Finding, Level, OpenDossier, Opening, Origin, Outcome,
    SessionState, op,
};
use serde_json::{Value, json};

use crate::archive::{ArchiveHandle, Before, PageEntry};
use crate::browser::{BinaryDigest, Excess, Workspace, find_browser};
use crate::measure::Surroundings;
use crate::packets::PacketCapture;
use crate::page::Page;
use crate::recorder::{Hands, Recorder, page_texts};
use crate::steps::SHORTEST;
use crate::{Attendant, CaptureError, CapturePlan, Captured, Event, Progress, SourceKind, Stop};

mod accounting;
mod acknowledge;
mod around;
mod changes;
mod closing;
mod dialogue;
mod filming;
mod gate;
mod missing;
mod network;
pub(crate) mod opening;
mod packets;
mod presence;
mod replace;
mod replaying;
mod resume;
mod run;
mod telephone;
mod telling;
mod time;
mod walls;

pub(crate) use acknowledge::Pictured;
pub(crate) use opening::Started;
pub use presence::PRESENCE_CODES;
pub(crate) use replace::{Loss, loss};
pub use resume::{Annexed, annexed, resume};

/// Everything a step works with.
pub(crate) struct Session<'a> {
    pub(crate) plan: &'a CapturePlan,
    pub(crate) dossier: OpenDossier,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) progress: &'a dyn Progress,
    pub(crate) stop: Stop,
    /// Whom to ask about each capture; `None` when nobody attends.
    pub(crate) attendant: Option<Arc<dyn Attendant>>,
    /// The capture just taken, until the officer was asked about it.
    pub(crate) pictured: Option<Pictured>,
    pub(crate) workspace: Workspace,
    /// Digest of the browser's binary, the same for every browser of the session.
    pub(crate) binary: BinaryDigest,
    pub(crate) findings: Vec<Finding>,
    pub(crate) pages: Vec<PageEntry>,
    /// Origin to certificate chain (DER, leaf first).
    pub(crate) certificates: BTreeMap<String, Vec<Vec<u8>>>,
    /// Software and version, as the pictures say it.
    pub(crate) software: String,
    /// What the probes look at.
    pub(crate) around: Arc<Surroundings>,
    /// The hosts that were reached, with the addresses the browser used.
    pub(crate) hosts: BTreeMap<String, BTreeSet<IpAddr>>,
    /// The measures of the clock while the session runs.
    pub(crate) clocks: around::Clocks,
    /// The step under way, from 1.
    pub(crate) step: u32,
    /// Captures taken so far.
    pub(crate) captures: u32,
    /// Downloads kept so far.
    pub(crate) downloads: u32,
    /// Downloads that were kept, or told, by the browser's own names.
    pub(crate) downloads_known: BTreeSet<String>,
    /// When the page that is shown was loaded, or no longer awaited.
    pub(crate) arrived: Option<tokio::time::Instant>,
    /// Whether a page stands that the next steps can work on.
    pub(crate) reached: bool,
    /// Whether every step so far was done.
    pub(crate) whole: bool,
    /// How the page was lost, until another browser runs.
    pub(crate) lost: Option<Loss>,
    /// Browsers started so far.
    pub(crate) browsers: u32,
    /// What the browsers that ended had recorded.
    pub(crate) totals: Totals,
    /// Lists of missing exchanges that were too long for the journal.
    pub(crate) lists: u32,
    /// The packets of the browser that runs, when they are taken.
    pub(crate) packets: Option<PacketCapture>,
    /// Whether every packet of every browser so far was kept; `None` when none was asked for.
    pub(crate) packets_whole: Option<bool>,
    /// What the packets of the browser that just ended say of its connections.
    pub(crate) flows: Option<packets::Flows>,
    /// Whether a capture of packets is in the dossier.
    pub(crate) packets_kept: bool,
    /// The keys that a recorded flow holds down, as bits of `Input.dispatchKeyEvent`.
    pub(crate) keys: u8,
    /// What must be the same at the end.
    pub(crate) first: changes::First,
    /// What the officer typed by hand in password fields.
    pub(crate) hands: Hands,
    /// How many of these are masked in the journal.
    pub(crate) hidden: usize,
    /// The walls met so far.
    pub(crate) walls: walls::Walls,
    /// What shows that the officer watches.
    pub(crate) presence: presence::Presence,
    /// What the timestamp authorities were asked.
    pub(crate) questions: time::Questions,
    /// Where the session stands in its steps.
    pub(crate) course: resume::Course,
    /// The archive of earlier sessions.
    pub(crate) before: Option<Before>,
}

/// Plays the scenario of `plan` into a new dossier under `dossiers`, and closes it.
///
/// A step that fails does not end the capture: it is journalled, the steps that need a page are told as not done, and the
/// dossier is closed as partial. An error means that the dossier could not be closed; what was journalled stands and the
/// dossier can be closed later as interrupted.
///
/// When `opening.attended`, `attendant` is asked about every capture before the next step starts; without one the answer
/// is [`CaptureError::NoAttendant`] and nothing was created. A request of `stop` ends a question that waits.
pub async fn capture(
    plan: &CapturePlan,
    dossiers: &Path,
    opening: Opening,
    clock: Arc<dyn Clock>,
    progress: &dyn Progress,
    stop: Stop,
    attendant: Option<Arc<dyn Attendant>>,
) -> Result<Captured, CaptureError> {
    if opening.attended && attendant.is_none() {
        return Err(CaptureError::NoAttendant);
    }
    // A machine without a browser leaves no dossier behind.
    let found = find_browser(&plan.browser)?;
    let workspace = Workspace::create()?;
    let dossier = OpenDossier::create(dossiers, &opening, Arc::clone(&clock))?;
    let around = Surroundings::of(&plan.scenario, &opening.software, &plan.sources, &clock, &workspace);
    let mut session = Session::new(plan, dossier, &opening, (clock, around), (workspace, found.digest()), progress);
    // A session that says nobody attended holds no answer of anybody.
    (session.stop, session.attendant) = (stop, attendant.filter(|_| opening.attended));
    session.annex_scenario()?;
    progress.event(&Event::Preliminaries);
    let started = session.start(&found, &opening).await?;
    session.run(started, time::Phase::Opening).await
}

impl<'a> Session<'a> {
    /// A session of which nothing was done yet.
    fn new(
        plan: &'a CapturePlan,
        dossier: OpenDossier,
        opening: &Opening,
        (clock, around): (Arc<dyn Clock>, Arc<Surroundings>),
        (workspace, binary): (Workspace, BinaryDigest),
        progress: &'a dyn Progress,
    ) -> Self {
        let mut dossier = dossier;
        dossier.hide(page_texts(&plan.scenario.secrets(), SHORTEST));
        Session {
            plan,
            dossier,
            clock,
            progress,
            stop: Stop::new(),
            attendant: None,
            pictured: None,
            workspace,
            binary,
            findings: Vec::new(),
            pages: Vec::new(),
            certificates: BTreeMap::new(),
            software: format!("{} {}", opening.software.name, opening.software.version),
            around,
            hosts: BTreeMap::new(),
            clocks: around::Clocks::default(),
            first: changes::First::default(),
            keys: 0,
            step: 0,
            captures: 0,
            downloads: 0,
            downloads_known: BTreeSet::new(),
            arrived: None,
            reached: false,
            whole: true,
            lost: None,
            browsers: 0,
            totals: Totals::default(),
            lists: 0,
            packets: None,
            packets_whole: None,
            flows: None,
            packets_kept: false,
            walls: walls::Walls::default(),
            hands: Hands::default(),
            hidden: 0,
            presence: presence::Presence::default(),
            questions: time::Questions::default(),
            course: resume::Course::default(),
            before: None,
        }
    }

    /// From the gate to the closing, or to a stop after which the session goes on later.
    async fn run(mut self, mut started: Started, phase: time::Phase) -> Result<Captured, CaptureError> {
        let open = self.pass_gate().await?;
        if phase == time::Phase::Opening {
            self.write_not_before().await?;
        }
        self.ask_time(phase)?;
        let played = if open { self.play(&mut started).await? } else { self.skip_all()? };
        if self.course.suspended && self.steps_left()? {
            return self.suspend(started).await;
        }
        self.progress.event(&Event::Closing);
        let state = if played && self.whole { SessionState::Complete } else { SessionState::Partial };
        self.finish(started, state).await
    }
}

impl Session<'_> {
    /// Keeps the plan in the dossier, its secrets taken out.
    fn annex_scenario(&mut self) -> Result<(), CaptureError> {
        let source = &self.plan.source;
        let (name, media_type, kind) = match source.kind {
            SourceKind::Toml => ("scenario.toml", "application/toml", "toml"),
            SourceKind::Recorder => ("scenario.json", "application/json", "recorder"),
            SourceKind::Url => ("scenario.txt", "text/plain", "url"),
        };
        let (bytes, secrets) = self.plan.scenario.without_secrets(&source.bytes);
        let meta = ArtefactMeta::new(ArtefactKind::Scenario, Origin::Produced, media_type);
        let artefact = self.dossier.keep_bytes(ArtefactPath::new(name)?, meta, &bytes)?;
        let data = json!({
            "path": name, "sha256": artefact.digests.sha256, "bytes": artefact.digests.bytes,
            "steps": self.plan.scenario.etapes.len(), "source": kind, "file_name": source.file_name,
            "variables": self.plan.scenario.variables,
            "secrets_removed": secrets,
        });
        self.dossier.record(op::SESSION_SCENARIO, Outcome::Note, data)?;
        let (outcome, access) = match &self.plan.scenario.acces {
            Some(acces) => (Outcome::Declared, acces.json()),
            None => {
                (Outcome::NotDone, json!({"why": "Le mode d'accès aux pages n'a pas été déclaré dans le scénario."}))
            }
        };
        self.dossier.record(op::SESSION_ACCESS, outcome, access)?;
        Ok(())
    }

    /// Records a finding, and tells it.
    pub(crate) fn find(&mut self, mut finding: Finding) -> Result<(), CaptureError> {
        for told in [&mut finding.expected, &mut finding.found].into_iter().flatten() {
            let mut value = Value::from(told.as_str());
            self.dossier.mask(&mut value);
            value.as_str().unwrap_or_default().clone_into(told);
        }
        self.dossier.finding(&finding)?;
        self.progress.event(&Event::Finding(finding.clone()));
        self.findings.push(finding);
        Ok(())
    }

    /// Keeps the bytes of a measure as evidence, under `net/`; those of a session that goes on have a folder of their own.
    pub(crate) fn evidence(&mut self, name: &str, media_type: &str, bytes: &[u8]) -> Result<Artefact, CaptureError> {
        let kind = if name == "certificats.json" { ArtefactKind::Certificate } else { ArtefactKind::Measure };
        let meta = ArtefactMeta::new(kind, Origin::Produced, media_type);
        let folder = match self.course.interruptions {
            n if n > 0 && kind == ArtefactKind::Measure => format!("net/reprise-{n}"),
            _ => "net".to_owned(),
        };
        Ok(self.dossier.keep_bytes(ArtefactPath::new(format!("{folder}/{name}"))?, meta, bytes)?)
    }

    /// A warning of the capture itself.
    pub(crate) fn warn(&mut self, code: &str, what: impl Into<String>, found: &str) -> Result<(), CaptureError> {
        self.find(Finding::new(code, Level::Warn, what).found(found))
    }
}

/// The browser, its recorder and its page.
pub(crate) struct Running {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) page: Page,
    pub(crate) archive: ArchiveHandle,
    /// Whether the browser took more memory than it may.
    pub(crate) excess: Excess,
}

/// What all browsers of a session recorded together.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) seen: u64,
    pub(crate) stored: u64,
    pub(crate) redacted: u64,
    pub(crate) echoed: BTreeSet<String>,
    pub(crate) ages: crate::recorder::Ages,
    pub(crate) unparsed: Vec<String>,
}

impl Totals {
    /// Adds those of a browser that ended.
    pub(crate) fn add(&mut self, recorder: &Recorder) {
        let state = recorder.state();
        self.seen += state.requests_seen;
        self.stored += state.exchanges_stored;
        self.redacted += state.redacted;
        self.echoed.extend(state.echoed.iter().cloned());
        self.ages.join(&state.ages);
        self.unparsed.extend(recorder.cdp.unparsed());
    }
}

/// A JSON object of the journal with more keys.
pub(crate) fn merged(mut base: Value, more: Value) -> Value {
    if let (Value::Object(base), Value::Object(more)) = (&mut base, more) {
        base.extend(more);
    }
    base
}
