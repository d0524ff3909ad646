//! Anchors of a seal that bears its time: asked when it is made, asked again and completed later. No anchor is ever worth
//! failing a seal: what could not be had is told.
use std::path::Path;

use dossier::{Clock, Finding, Level, Reference, Sha256Digest};

use super::SealedBundle;
use super::add_time::{broken, chain_of, octets, read_entries};
use super::container::{self, Content, NewEntry, Unfinished};
use super::flow::finish;
use super::redact::refuse_copy;
use crate::anchor::ots::Detached;
use crate::anchor::{AnchorFacts, Calendars, Exchange};
use crate::layout::{self, ANCHOR_LOG, ANCHOR_OTS, AnchorEntry};
use crate::source::Source;
use crate::tlog::{self, OfficeLog};
use crate::{Random, SealError, TrustAnchors, verify};

/// With what seals are anchored.
#[derive(Clone, Copy)]
pub struct Anchoring<'a> {
    /// The calendars of OpenTimestamps; none: no such proof is asked.
    pub calendars: &'a Calendars,
    /// The office's log, if it keeps one.
    pub log: Option<&'a OfficeLog>,
    /// What reaches calendars and witnesses.
    pub exchange: &'a dyn Exchange,
}

/// What [`anchor`] did.
#[derive(Debug)]
pub struct Anchored {
    /// The bundle, when it was written again; `None` when there was nothing to add.
    pub bundle: Option<SealedBundle>,
    /// Its anchors now.
    pub anchors: Vec<AnchorFacts>,
    /// What could not be had.
    pub findings: Vec<Finding>,
}

/// The kind of an anchor, as its name says it.
type Kind = (&'static str, &'static str);

/// What is to be written: anchors that replace one that nothing covers, and new ones.
#[derive(Default)]
pub(super) struct Advanced {
    replaced: Vec<(String, Vec<u8>)>,
    added: Vec<(Kind, Vec<u8>)>,
    failures: Vec<String>,
    waiting: Vec<String>,
}

impl Advanced {
    /// The new anchors as entries, numbered after `count` others.
    pub(super) fn entries(self, count: usize) -> (Vec<(String, Vec<u8>)>, Vec<Finding>) {
        let named = |(number, (kind, octets)): (usize, (Kind, Vec<u8>))| (layout::anchor_name(kind, number), octets);
        let findings = self.findings();
        ((count + 1..).zip(self.added).map(named).collect(), findings)
    }

    /// What could not be had, and what is still awaited.
    fn findings(&self) -> Vec<Finding> {
        let finding = |code, level, what, why: &String| Finding::new(code, level, what).found(why);
        let not_had = "Une ancre n'a pas pu être obtenue ou complétée ; le sceau n'en dépend pas.";
        let waiting = "Une ancre promise n'est pas encore inscrite ; elle se complète plus tard.";
        let failed = self.failures.iter().map(|why| finding("anchor.not_had", Level::Warn, not_had, why));
        failed.chain(self.waiting.iter().map(|why| finding("anchor.waiting", Level::Info, waiting, why))).collect()
    }

    /// Puts a proof in the place of `existing` when nothing covers it, else beside.
    fn put(&mut self, kind: Kind, octets: Vec<u8>, existing: Option<&Existing>) {
        match existing {
            Some(existing) if !existing.covered => self.replaced.push((existing.name.clone(), octets)),
            _ => self.added.push((kind, octets)),
        }
    }
}

/// The newest anchor of its kind in a bundle.
struct Existing {
    name: String,
    octets: Vec<u8>,
    /// Whether an archive manifest covers it: it can then not be changed.
    covered: bool,
}

/// Asks the anchors of a seal that has none yet.
pub(super) fn first(seal: &[u8], reference: &Reference, anchoring: &Anchoring<'_>, random: &dyn Random) -> Advanced {
    advance(seal, reference, anchoring, random, (None, None))
}

fn advance(
    seal: &[u8],
    reference: &Reference,
    anchoring: &Anchoring<'_>,
    random: &dyn Random,
    (ots, log): (Option<Existing>, Option<Existing>),
) -> Advanced {
    let digest = Sha256Digest::of(seal);
    let mut advanced = Advanced::default();
    if !anchoring.calendars.addresses.is_empty() {
        advance_ots(&digest, anchoring, random, ots, &mut advanced);
    }
    if let Some(office) = anchoring.log {
        advance_log(&digest, reference, anchoring, office, log, &mut advanced);
    }
    advanced
}

fn advance_ots(
    digest: &Sha256Digest,
    anchoring: &Anchoring<'_>,
    random: &dyn Random,
    existing: Option<Existing>,
    advanced: &mut Advanced,
) {
    let (calendars, exchange) = (anchoring.calendars, anchoring.exchange);
    let read = existing.as_ref().map(|e| Detached::parse_canonical(&e.octets));
    let asked = match &read {
        Some(Ok(proof)) if proof.timestamp.reaches_bitcoin() => return,
        Some(Ok(proof)) => calendars.upgrade(proof, exchange),
        // What cannot be read was judged already: a bundle with it is not completed.
        Some(Err(_)) => return,
        None => calendars.submit(digest, exchange, random),
    };
    advanced.failures.extend(asked.failures.into_iter().map(|why| format!("OpenTimestamps, {why}")));
    advanced.waiting.extend(asked.waiting.into_iter().map(|why| format!("OpenTimestamps, {why}")));
    match asked.proof.map(|proof| proof.to_bytes()) {
        Some(Ok(octets)) => advanced.put(ANCHOR_OTS, octets, existing.as_ref()),
        Some(Err(why)) => advanced.failures.push(format!("OpenTimestamps, la preuve ne peut pas être écrite ({why})")),
        None => {}
    }
}

fn advance_log(
    digest: &Sha256Digest,
    reference: &Reference,
    anchoring: &Anchoring<'_>,
    office: &OfficeLog,
    existing: Option<Existing>,
    advanced: &mut Advanced,
) {
    let mut failed = |why: String| advanced.failures.push(format!("journal des sceaux, {why}"));
    if existing.as_ref().is_some_and(|e| office.is_met_by(&e.octets)) {
        return;
    }
    let leaf = match tlog::leaf(reference, digest) {
        Ok(leaf) => leaf,
        Err(error) => return failed(error.to_string()),
    };
    match office.enter(&leaf, anchoring.exchange) {
        Err(error) => failed(error.to_string()),
        Ok(entered) => {
            entered.failures.into_iter().for_each(&mut failed);
            let octets = entered.proof.to_text().into_bytes();
            // A proof that still lacks witnesses is worth keeping once, not beside another of the same kind.
            let worth = existing.as_ref().is_none_or(|e| e.octets != octets && (entered.is_met || !e.covered));
            if worth {
                advanced.put(ANCHOR_LOG, octets, existing.as_ref());
            }
        }
    }
}

/// Asks the anchors a sealed bundle lacks, and completes those it has; what is covered by an archive token stays, and what
/// completes it stands beside. The bundle is verified before and after, and replaced atomically. On any error it stays as
/// it was.
pub fn anchor(
    bundle: &Path,
    anchoring: &Anchoring<'_>,
    trusted: &TrustAnchors,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Anchored, SealError> {
    if crate::ers::record_path(bundle).exists() {
        return Err(SealError::Recorded { path: bundle.to_path_buf() });
    }
    refuse_copy(bundle)?;
    let source = Source::file(bundle).map_err(|e| SealError::io("open", bundle, e))?;
    let mut entries = read_entries(&source, bundle)?;
    let seal = entries.iter().find(|e| e.name == layout::SIGNATURE_1);
    let seal = octets(seal.ok_or_else(|| broken(bundle, layout::SIGNATURE_1))?, bundle)?;
    if !super::tokens_borne(bundle)?.signature {
        return Err(SealError::NotStamped { path: bundle.to_path_buf() });
    }
    let chain = chain_of(&seal, bundle)?;
    let anchors = TrustAnchors::of(chain.last().cloned().into_iter().collect()).with(trusted);
    let before = verify::verify(bundle, &anchors, clock.now());
    let Some(verified) = &before.bundle else {
        return Err(SealError::BadBundle { path: bundle.to_path_buf(), findings: before.findings });
    };
    let reference = verified.manifest().case.reference.clone();
    let meta: Vec<&str> = entries.iter().map(|e| e.name.as_str()).filter(|n| layout::is_meta(n)).collect();
    let order = layout::meta_order(&meta).ok_or_else(|| broken(bundle, layout::META_INF))?;
    let newest = |kind: Kind| -> Result<Option<Existing>, SealError> {
        let entry = order.anchors.iter().rfind(|a| a.kind == kind);
        entry.map(|entry| existing(entry, order.archives, &entries, bundle)).transpose()
    };
    let found = (newest(ANCHOR_OTS)?, newest(ANCHOR_LOG)?);
    let mut advanced = advance(&seal, &reference, anchoring, random, found);
    if order.anchors.len() + advanced.added.len() > layout::MAX_ANCHORS {
        let why = format!("{} preuve(s) sans place : {} au plus", advanced.added.len(), layout::MAX_ANCHORS);
        advanced.failures.push(why);
        advanced.added.clear();
    }
    if advanced.replaced.is_empty() && advanced.added.is_empty() {
        return Ok(Anchored { bundle: None, anchors: before.facts.anchors, findings: advanced.findings() });
    }
    for (name, octets) in &advanced.replaced {
        if let Some(entry) = entries.iter_mut().find(|e| e.name == *name) {
            entry.content = Content::Bytes(octets.clone());
        }
    }
    let (added, findings) = advanced.entries(order.anchors.len());
    entries.extend(added.into_iter().map(|(name, octets)| NewEntry { name, content: Content::Bytes(octets) }));
    write(bundle, entries, &anchors, clock, findings)
}

fn write(
    bundle: &Path,
    entries: Vec<NewEntry>,
    anchors: &TrustAnchors,
    clock: &dyn Clock,
    findings: Vec<Finding>,
) -> Result<Anchored, SealError> {
    if entries.len() > layout::MAX_ENTRIES {
        return Err(SealError::TooManyEntries { found: entries.len(), limit: layout::MAX_ENTRIES });
    }
    let (unfinished, file) = Unfinished::beside(bundle, ".part")?;
    container::write(file, unfinished.path(), entries, &|_| {})?;
    let written = finish(unfinished, bundle, anchors, clock.now())?;
    Ok(Anchored { anchors: written.anchors.clone(), bundle: Some(written), findings })
}

fn existing(entry: &AnchorEntry, archives: usize, entries: &[NewEntry], bundle: &Path) -> Result<Existing, SealError> {
    let found = entries.iter().find(|e| e.name == entry.name).ok_or_else(|| broken(bundle, &entry.name))?;
    Ok(Existing { name: entry.name.clone(), octets: octets(found, bundle)?, covered: entry.after < archives })
}
