//! `constat.json` as a function of the journal and of what is measured on the files.
//!
//! Sealing writes what this gives; verification computes it again from the bundle and compares: a manifest that says
//! more, less or other than the journal is a failure. The functions here must never change their answer for a dossier
//! of format `constat/1`.
use std::collections::BTreeMap;

use dossier::{
    Artefact, ArtefactKind, ArtefactMeta, ArtefactPath, Case, Digests, FORMAT_VERSION, Finding, IncompletePage,
    Incompleteness, Journal, JournalEntry, JournalSummary, Level, Manifest, Missing, Origin, Outcome, SealTime,
    Session, SessionState, Software, WaczSummary, op,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::layout;

/// Something the journal should say and does not, with its line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal, line {line}: {why}")]
pub(crate) struct DeriveError {
    pub(crate) line: u64,
    pub(crate) why: String,
}

/// What is measured on the files, beside the journal.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// `capture.wacz`, whole, and its members.
    pub(crate) wacz: Digests,
    pub(crate) members: WaczSummary,
    /// `journal.jsonl`, whole.
    pub(crate) journal: Digests,
    /// Facts of the pictures, by path; a picture that cannot be measured is absent.
    pub(crate) pictures: BTreeMap<ArtefactPath, dossier::ImageFacts>,
    /// Pictures of the archive.
    pub(crate) traffic: dossier::TrafficPictures,
    /// The leaves of the archive's records; `None` in a bundle sealed without.
    pub(crate) disclosure: Option<dossier::Disclosure>,
}

/// Whether the artefact lives inside `capture.wacz` only.
pub(crate) fn is_packed(artefact: &Artefact) -> bool {
    matches!(artefact.meta.kind, ArtefactKind::Archive | ArtefactKind::ArchiveIndex | ArtefactKind::ArchivePages)
}

/// The artefacts the journal announces, in its order.
pub(crate) fn announced(journal: &Journal) -> Result<Vec<Artefact>, DeriveError> {
    journal.of(&op::ARTEFACT).map(data).collect()
}

/// The manifest.
pub(crate) fn manifest(
    journal: &Journal,
    measured: &Measured,
    essai: bool,
    seal_time: SealTime,
) -> Result<Manifest, DeriveError> {
    let open = journal.entries().first().ok_or_else(|| fault(1, "no line"))?;
    let case: Case = match journal.of(&op::SESSION_CASE).next() {
        Some(entry) => data(entry)?,
        None => return Err(fault(2, "no session.case")),
    };
    let software: Software = field(open, "software")?;
    let mut findings: Vec<Finding> = journal.of(&op::FINDING).map(data).collect::<Result<_, _>>()?;
    findings.extend(absent_time(&seal_time));
    Ok(Manifest {
        format: FORMAT_VERSION.into(),
        essai,
        case,
        software,
        session: session(journal, open)?,
        environment: environment(journal),
        artefacts: artefacts(journal, measured)?,
        wacz: measured.members.clone(),
        journal: JournalSummary {
            path: path(layout::JOURNAL)?,
            entries: journal.entries().len() as u64,
            head: journal.head(),
        },
        traffic_pictures: measured.traffic.clone(),
        disclosure: measured.disclosure,
        incompleteness: incompleteness(journal)?,
        findings,
        seal_time,
    })
}

/// Whether the session says its keys are test keys.
pub(crate) fn is_essai(journal: &Journal) -> bool {
    journal.entries().first().and_then(|e| e.data.get("essai")).and_then(Value::as_bool).unwrap_or(false)
}

/// The finding a seal without time bears.
pub(crate) fn absent_time(seal_time: &SealTime) -> Option<Finding> {
    let what = "Le sceau ne porte pas de date certaine : aucun jeton d'horodatage n'a été obtenu au scellement.";
    (!seal_time.timestamped).then(|| {
        let finding = Finding::new("time.absent", Level::Indeterminate, what);
        match &seal_time.reason {
            Some(reason) => finding.found(reason),
            None => finding,
        }
    })
}

fn artefacts(journal: &Journal, measured: &Measured) -> Result<Vec<Artefact>, DeriveError> {
    let mut artefacts = announced(journal)?;
    artefacts.retain(|artefact| !is_packed(artefact));
    for artefact in &mut artefacts {
        artefact.image = measured.pictures.get(&artefact.path).cloned();
    }
    let made = |name, kind, media_type: &str, digests| -> Result<Artefact, DeriveError> {
        let meta = ArtefactMeta::new(kind, Origin::Produced, media_type);
        Ok(Artefact { path: path(name)?, meta, digests, image: None })
    };
    artefacts.push(made(layout::WACZ, ArtefactKind::Archive, "application/wacz", measured.wacz)?);
    artefacts.push(made(layout::JOURNAL, ArtefactKind::Journal, "application/jsonl", measured.journal)?);
    artefacts.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(artefacts)
}

fn session(journal: &Journal, open: &JournalEntry) -> Result<Session, DeriveError> {
    let close = journal.entries().last().filter(|e| e.op == op::SESSION_CLOSE);
    let close = close.ok_or_else(|| fault(journal.entries().len() as u64, "the last line is not session.close"))?;
    let state: SessionState = field(close, "state")?;
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let mut captures: Vec<i64> = journal.of(&op::ARTEFACT).filter_map(|e| e.integer("capture")).collect();
    captures.sort_unstable();
    captures.dedup();
    Ok(Session {
        state,
        attended: open.data.get("attended").and_then(Value::as_bool).unwrap_or(false),
        opened_at: open.at,
        closed_at: close.at,
        steps_begun: count(journal.of(&op::STEP_BEGIN).count()),
        steps_done: count(journal.of(&op::STEP_END).filter(|e| e.outcome == Outcome::Ok).count()),
        captures: count(captures.len()),
    })
}

/// For each measure and each cleaning, the outcome and the data of its last line.
fn environment(journal: &Journal) -> BTreeMap<String, Map<String, Value>> {
    let mut environment = BTreeMap::new();
    for entry in journal.entries() {
        let name = entry.op.as_str();
        if name.starts_with("measure.") || name.starts_with("clean.") {
            let mut data = entry.data.clone();
            data.insert("outcome".into(), Value::from(entry.outcome.as_str()));
            environment.insert(name.to_owned(), data);
        }
    }
    environment
}

/// The statement of incompleteness: lines with a `url` are gaps, in order, page by page; the last line with
/// `requests_seen` gives the totals.
fn incompleteness(journal: &Journal) -> Result<Incompleteness, DeriveError> {
    let mut stated = Incompleteness::default();
    for entry in journal.of(&op::INCOMPLETE) {
        if entry.data.contains_key("requests_seen") {
            let total = |key| entry.integer(key).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
            stated.requests_seen = total("requests_seen");
            stated.exchanges_stored = total("exchanges_stored");
            stated.messages_unparsed = total("messages_unparsed");
            if entry.data.contains_key("never_recorded") {
                stated.never_recorded = field(entry, "never_recorded")?;
            }
        }
        if !entry.data.contains_key("url") {
            continue;
        }
        let step = entry.integer("step").and_then(|n| u32::try_from(n).ok());
        let page = entry.text("page").map(str::to_owned);
        let mut gap = entry.data.clone();
        gap.entry("bytes_stored").or_insert(Value::from(0));
        let missing: Missing = from_value(Value::Object(gap), entry.seq)?;
        match stated.pages.last_mut().filter(|p| p.step == step && p.page == page) {
            Some(last) => last.missing.push(missing),
            None => stated.pages.push(IncompletePage { step, page, missing: vec![missing] }),
        }
    }
    stated.reconciliations = journal.of(&op::ACCOUNT_RECONCILE).map(data).collect::<Result<_, _>>()?;
    Ok(stated)
}

fn data<T: DeserializeOwned>(entry: &JournalEntry) -> Result<T, DeriveError> {
    from_value(Value::Object(entry.data.clone()), entry.seq)
}

fn field<T: DeserializeOwned>(entry: &JournalEntry, key: &str) -> Result<T, DeriveError> {
    let value = entry.data.get(key).cloned().ok_or_else(|| fault(entry.seq + 1, &format!("no {key}")))?;
    from_value(value, entry.seq)
}

fn from_value<T: DeserializeOwned>(value: Value, seq: u64) -> Result<T, DeriveError> {
    serde_json::from_value(value).map_err(|e| fault(seq + 1, &e.to_string()))
}

fn fault(line: u64, why: &str) -> DeriveError {
    DeriveError { line, why: why.to_owned() }
}

fn path(name: &str) -> Result<ArtefactPath, DeriveError> {
    ArtefactPath::new(name).map_err(|e| fault(0, &e.to_string()))
}
