//! A session that was interrupted goes on: from the step after the last one done, in a new browser, in the same dossier.
//!
//! Nothing of a page outlives its browser. The page of the last `aller` is gone back to, and the steps since then that act on
//! a page are played again, each journalled as repeated; no step that captured or downloaded is. A step cut in its middle is
//! done again from its beginning. What was lost is said before anything is done.
use std::path::Path;
use std::sync::Arc;

use dossier::{
    Case, Clock, Finding, Journal, JournalEntry, Level, MissingReason, OpenDossier, Opening, Outcome, Software, op,
};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::{Running, Session};
use crate::archive::{ARCHIVE, Before};
use crate::browser::{Workspace, find_browser};
use crate::measure::Surroundings;
use crate::scenario::{Action, Etape};
use crate::{Attendant, CaptureError, CapturePlan, Captured, Event, Progress, SourceKind, Stop};

mod course;
mod restore;

pub(crate) use course::{Course, barring};

/// What a page gone back to has lost, in the words of the journal.
pub(super) const LOST: [&str; 4] = [
    "la position de défilement",
    "ce qui était déplié",
    "ce qui était saisi",
    "les cookies et les connexions aux comptes",
];

/// The plan of an interrupted dossier, as it was annexed, and how its session was opened.
#[derive(Clone, Debug)]
pub struct Annexed {
    /// Octets of the annexed plan, its digest checked: without the confidential values.
    pub bytes: Vec<u8>,
    /// What they are.
    pub kind: SourceKind,
    /// Name of the file that was given.
    pub file_name: String,
    /// How many confidential values it lacks.
    pub secrets_removed: u64,
    /// Parties, object, reference.
    pub case: Case,
    /// Whether an officer attends.
    pub attended: bool,
    /// Whether the étude's keys are test keys.
    pub essai: bool,
}

/// Reads the plan of the interrupted dossier at `root`, without changing anything.
pub fn annexed(root: &Path) -> Result<Annexed, CaptureError> {
    let journal = OpenDossier::peek(root)?;
    let open = journal.entries().first().ok_or(CaptureError::NoPlan)?;
    let case = journal.of(&op::SESSION_CASE).next().ok_or(CaptureError::NoPlan)?;
    let case = serde_json::from_value(Value::Object(case.data.clone())).map_err(|_| CaptureError::NoPlan)?;
    let plan = journal.of(&op::SESSION_SCENARIO).next().ok_or(CaptureError::NoPlan)?;
    let path = plan.text("path").ok_or(CaptureError::NoPlan)?;
    let bytes = std::fs::read(root.join(path)).unwrap_or_default();
    if plan.text("sha256") != Some(dossier::Sha256Digest::of(&bytes).to_string().as_str()) {
        return Err(dossier::DossierError::ArtefactAltered { path: path.to_owned() }.into());
    }
    let kind = match plan.text("source") {
        Some("recorder") => SourceKind::Recorder,
        Some("url") => SourceKind::Url,
        _ => SourceKind::Toml,
    };
    let said = |key: &str| open.data.get(key).and_then(Value::as_bool).unwrap_or(false);
    Ok(Annexed {
        bytes,
        kind,
        file_name: plan.text("file_name").unwrap_or(path).to_owned(),
        secrets_removed: plan.integer("secrets_removed").and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
        case,
        attended: said("attended"),
        essai: said("essai"),
    })
}

/// Goes on with the interrupted dossier at `root`, and closes it.
///
/// `plan` must be the annexed one, its confidential values given again ([`annexed`]); the session is attended, or not, as it
/// was opened. Nothing is changed when it cannot go on: closed, in use, altered, no step left.
pub async fn resume(
    plan: &CapturePlan,
    root: &Path,
    software: &Software,
    clock: Arc<dyn Clock>,
    progress: &dyn Progress,
    stop: Stop,
    attendant: Option<Arc<dyn Attendant>>,
) -> Result<Captured, CaptureError> {
    let Annexed { case, attended, essai, bytes, .. } = annexed(root)?;
    if plan.scenario.without_secrets(&plan.source.bytes).0 != bytes {
        return Err(CaptureError::OtherPlan);
    }
    if attended && attendant.is_none() {
        return Err(CaptureError::NoAttendant);
    }
    let total = u32::try_from(plan.scenario.etapes.len()).unwrap_or(u32::MAX);
    Course::of(&OpenDossier::peek(root)?, total)?;
    let found = find_browser(&plan.browser)?;
    let workspace = Workspace::create()?;
    let (dossier, journal, interruption) = OpenDossier::go_on(root, software, Arc::clone(&clock))?;
    let course = Course::of(&journal, total)?;
    let opening = Opening { case, software: software.clone(), attended, essai };
    let around = Surroundings::of(&plan.scenario, software, &plan.sources, &clock, &workspace);
    let mut session = Session::new(plan, dossier, &opening, (clock, around), (workspace, found.digest()), progress);
    (session.stop, session.attendant) = (stop, attendant.filter(|_| attended));
    session.course = course;
    let tokened = journal.of(&op::TIME_TOKEN).next().is_some();
    let before = session.take_over(&journal)?;
    progress.event(&Event::Resumed { next: session.course.next(), total });
    session.tell_resumed(&journal, &interruption, &before)?;
    session.before = Some(before);
    progress.event(&Event::Preliminaries);
    let started = session.start(&found, &opening).await?;
    session.run(started, if tokened { super::time::Phase::Interval } else { super::time::Phase::Opening }).await
}

impl Session<'_> {
    /// Takes over what earlier sessions left: the strays are kept, the archive is cut clean and held against its last
    /// checkpoint, counters and lists go on.
    fn take_over(&mut self, journal: &Journal) -> Result<Before, CaptureError> {
        self.dossier.keep_strays(&[ARCHIVE])?;
        let octets = warc::cut_torn(&mut self.dossier, ARCHIVE)?;
        let before = Before::read(self.dossier.root(), octets, last_checkpoint(journal))?;
        self.restore(journal, &before)?;
        Ok(before)
    }

    /// States where the session goes on from, and what is done again.
    fn tell_resumed(
        &mut self,
        journal: &Journal,
        interruption: &dossier::Interruption,
        before: &Before,
    ) -> Result<(), CaptureError> {
        let cut = self.course.cut(journal);
        let data = json!({
            "interruption": interruption.number, "last_at": interruption.last_at,
            "lasted_ms": interruption.lasted_ms, "lasted_boottime_ms": interruption.lasted_boottime_ms,
            "rebooted": interruption.rebooted, "last_step": self.course.next() - 1, "next_step": self.course.next(),
            "cut": cut, "archive_bytes": before.octets, "archive_records": before.records, "browser": self.browsers + 1,
            "how": "étapes terminées dont l'archive a été liée au journal ; préliminaires mesurés de nouveau, en entier",
        });
        self.dossier.record(op::SESSION_RESUMED, Outcome::Note, data)?;
        let what = "La session a été interrompue, puis reprise dans un autre navigateur, au profil neuf : cookies et \
                    connexions de la page précédente sont perdus.";
        let bounds = format!(
            "interruption n° {} : dernière ligne à {}, reprise {} ms après, à l'étape {}",
            interruption.number,
            interruption.last_at,
            interruption.lasted_ms,
            self.course.next()
        );
        self.find(Finding::new("capture.interrupted", Level::Warn, what).found(bounds))?;
        self.tell_lost_accounts(journal)
    }

    /// A browser that went with its session leaves no account of its own, and what was under way went with it: that is in the
    /// statement of what is missing.
    fn tell_lost_accounts(&mut self, journal: &Journal) -> Result<(), CaptureError> {
        let told = |n: u32| journal.of(&op::ACCOUNT_RECONCILE).any(|e| e.integer("browser") == Some(i64::from(n)));
        let said = |n: u32, url: &str| url == lost_browser(n);
        let stated = |n: u32| journal.of(&op::INCOMPLETE).any(|e| e.text("url").is_some_and(|url| said(n, url)));
        for browser in (1..=self.browsers).filter(|n| !told(*n) && !stated(*n)) {
            let data = json!({
                "step": null, "page": null, "url": lost_browser(browser), "reason": MissingReason::NotRecorded,
                "detail": "la session a été interrompue : les échanges alors en cours, et les comptes de ce navigateur, sont perdus",
                "bytes_received": null, "bytes_stored": 0,
            });
            self.dossier.record(op::INCOMPLETE, Outcome::Deviation, data)?;
        }
        Ok(())
    }

    /// Gives the step of that number the page it works on, when it needs one: the last `aller` or `archive` that was done, then the steps
    /// since, are played again and journalled as repeated. True when a stop cut one.
    pub(super) async fn regain_page(
        &mut self,
        running: &Running,
        total: u32,
        deadline: Tick,
        next: u32,
        lost: &[&str],
    ) -> Result<bool, CaptureError> {
        let plan = self.plan;
        let Some(again) = self.course.again(&plan.scenario.etapes, next) else { return Ok(false) };
        let step = |n: u32| usize::try_from(n - 1).ok().and_then(|index| plan.scenario.etapes.get(index));
        let address = again.first().and_then(|n| step(*n)).and_then(address);
        self.progress.event(&Event::Returned { url: address.clone().unwrap_or_default() });
        let data = json!({
            "for_step": next, "of_step": again.first(), "address": address, "repeated": again, "lost": lost,
            "how": "page redemandée au site, puis étapes rejouées dans leur ordre ; la page montrée est celle d'aujourd'hui",
        });
        self.dossier.record(op::SESSION_RETURNED, Outcome::Note, data)?;
        for (n, etape) in again.iter().filter_map(|n| Some((*n, step(*n)?))) {
            self.step = n;
            let ended = self.step(etape, total, running, deadline).await?;
            if ended.stopped {
                return Ok(true);
            }
            self.pictured = None;
            if ended.failure.is_some() {
                let what =
                    "Une étape rejouée pour retrouver la page n'a pas abouti : la page n'est pas dans l'état d'avant.";
                self.warn("capture.not_regained", what, &format!("étape {n}"))?;
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// The journal as the norm is to judge it before the first page: that of this session, with the lines that open the
    /// dossier. What an earlier browser was measured by says nothing of this one.
    pub(super) fn journal_of_session(&self) -> Result<Journal, CaptureError> {
        let journal = self.dossier.read_journal()?;
        let Some(from) = journal.of(&op::SESSION_RESUME).last().map(|e| e.seq) else { return Ok(journal) };
        let opens = [op::SESSION_OPEN, op::SESSION_CASE, op::SESSION_SCENARIO, op::SESSION_ACCESS];
        Ok(journal
            .part(|e: &JournalEntry| e.seq >= from || opens.contains(&e.op) || e.text("kind") == Some("scenario"))?)
    }
}

/// What stands for an address where a browser's own account is missing.
fn lost_browser(n: u32) -> String {
    format!("(navigateur n° {n})")
}

fn address(etape: &Etape) -> Option<String> {
    match &etape.action {
        Action::Aller(url) => Some(url.to_string()),
        Action::Archive(consultation) => consultation.snapshot().ok().map(|url| url.to_string()),
        _ => None,
    }
}

fn last_checkpoint(journal: &Journal) -> Option<(u64, String)> {
    let last = journal.of(&op::ARCHIVE_CHECKPOINT).last()?;
    Some((u64::try_from(last.integer("bytes")?).ok()?, last.text("sha256")?.to_owned()))
}
