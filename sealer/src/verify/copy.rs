//! A copy with files or records withheld: the same seal over the same lists, every file that is there checked as ever, every
//! file that is not there stated with exactly the digest that was sealed.
//!
//! The checks run over the bundle as it was sealed: the digests of what is withheld are those of `constat.json` and of the
//! manifest that the seal covers, never those of the list, which nobody signed.
mod records;
mod view;

use std::collections::BTreeMap;

use dossier::{Digests, Finding, Instant, Journal, Level, Manifest, TrafficPictures, WaczSummary};

use super::claims::Places;
use super::container::Container;
use super::wacz::Package;
use super::{
    Claim, Report, SealFacts, anchors as anchor_check, bundle, clock, contents, journal, longterm, session_time,
    signature, stamps, wacz,
};
use crate::derive::{self, Measured};
use crate::disclosure::WithholdingList;
use crate::{TrustAnchors, layout};
use view::View;

/// A copy that verifies. It is not the bundle: nothing is drawn up from it, and it is not prolonged.
#[derive(Clone, Debug)]
pub struct RedactedCopy {
    list: WithholdingList,
    manifest: Manifest,
}

impl RedactedCopy {
    /// What it withholds, and why.
    pub fn list(&self) -> &WithholdingList {
        &self.list
    }

    /// `constat.json`, which a copy always holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// Runs every check on a copy.
pub(super) fn check_all(
    container: &Container,
    anchors: &TrustAnchors,
    at: Instant,
    report: &mut Report,
    (facts, places): (&mut SealFacts, &mut Places),
) -> Option<RedactedCopy> {
    report.begin(Claim::Contents);
    let list = view::read_list(container, report)?;
    tell(&list, report);
    let present = contents::digests(container, report);
    report.begin(Claim::Signature);
    let seal = signature::check(container, report, facts)?;
    *places = Places::of(container, &seal);
    report.begin(Claim::Contents);
    let (view, manifest) = View::of(container, &seal, &present, &list, report)?;
    contents::check_coverage(&seal, &view.files, report);
    if report.stops() {
        return None;
    }
    for claim in [Claim::Certificates, Claim::LongTerm, Claim::Time] {
        report.begin(claim);
    }
    let best = longterm::check(&view.container, &seal, &view.files, anchors, at, report, facts);
    report.begin(Claim::Contents);
    contents::check_lists(&view.container, &view.files, report);
    if report.stops() {
        return None;
    }
    bundle::tell_manifest(&manifest, &view.files, report, facts);
    // A package that is not the one sealed is refused already: nothing is read in it.
    if !contents::is_covered(Some(&seal), layout::WACZ, &view.files) {
        return None;
    }
    let journal = check_contents(container, &view, &manifest, &list, report)?;
    report.begin(Claim::Time);
    stamps::check_story(&manifest, &seal, best, at, report, facts);
    report.begin(Claim::Anchors);
    anchor_check::check(container, &manifest.case.reference, anchors, report, facts);
    report.begin(Claim::Session);
    match &journal {
        Some(journal) => session_time::check(&view.container, journal, anchors, best, report, facts),
        None => report.withhold(Claim::Session),
    }
    bundle::check_essai(&manifest, facts, report);
    Some(RedactedCopy { list, manifest })
}

/// Said before anything else, whatever follows: this is not the original.
fn tell(list: &WithholdingList, report: &mut Report) {
    let what = "COPIE CAVIARDÉE : ce fichier n'est pas le scellé d'origine. Des pièces ou des enregistrements en ont été retirés ; ce \
                qui reste est contrôlé comme dans l'original.";
    let records = match list.records.len() {
        0 => String::new(),
        all => format!(", {} enregistrement(s) sur {all}", list.withheld_records()),
    };
    let mut found =
        format!("{} fichier(s){records} ; motifs déclarés : {}", list.files.len(), list.reasons().join(" ; "));
    if let Some((cut, _)) = found.char_indices().nth(1000) {
        found.truncate(cut);
        found.push('…');
    }
    report.add(Finding::new("disclosure.redacted", Level::Warn, what).found(found));
}

/// Journal, archive and inventory; gives the journal, when it is there.
fn check_contents(
    container: &Container,
    view: &View,
    manifest: &Manifest,
    list: &WithholdingList,
    report: &mut Report,
) -> Option<Option<Journal>> {
    report.begin(Claim::Gaps);
    report.begin(Claim::Journal);
    let journal = match view.is_withheld(layout::JOURNAL) {
        true => None,
        false => Some(journal::read(container, report)?),
    };
    report.begin(Claim::WebArchive);
    view.check_secret(manifest, report);
    let archive = if view.is_withheld(layout::WACZ) {
        records::check(container, manifest, list, report)?
    } else {
        records::check_absent(container, list, report);
        let package = wacz::check(container, report)?;
        if let Some(journal) = &journal {
            journal::check_packed(journal, &package.members, report);
        }
        Archive::of(&package)?
    };
    report.begin(Claim::Journal);
    let span = archive.span.clone();
    let measured = measured(view, manifest, archive)?;
    match &journal {
        Some(journal) => {
            records::check_packed(journal, manifest, report);
            journal::check_measured(manifest, journal, &measured, report);
        }
        None => {
            journal::check_without_journal(manifest, &measured, report);
            report.withhold(Claim::Journal);
        }
    }
    journal::check_forms(&view.container, manifest, report);
    journal::check_files(manifest, &view.files, manifest.disclosure.map(|_| layout::SECRET), report);
    if let Some(journal) = &journal {
        clock::check_dates(journal, manifest, span.as_ref(), report);
    }
    Some(journal)
}

/// What is measured on the archive; what is withheld of it is as sealed.
struct Archive {
    members: WaczSummary,
    traffic: TrafficPictures,
    disclosure: Option<dossier::Disclosure>,
    /// The first and the last date of the records that are there: fourteen digits, UTC.
    span: Option<(String, String)>,
}

impl Archive {
    fn of(package: &Package) -> Option<Self> {
        Some(Self {
            members: package.summary()?,
            traffic: package.pictures.clone(),
            disclosure: package.disclosure,
            span: package.span.clone(),
        })
    }

    /// The path of the package is none of what is measured on it.
    fn as_sealed(manifest: &Manifest) -> Option<Self> {
        let path = dossier::ArtefactPath::new(layout::WACZ).ok()?;
        Some(Self {
            members: WaczSummary { path, members: manifest.wacz.members.clone() },
            traffic: manifest.traffic_pictures.clone(),
            disclosure: manifest.disclosure,
            span: None,
        })
    }
}

fn measured(view: &View, manifest: &Manifest, archive: Archive) -> Option<Measured> {
    let mut pictures = journal::pictures(&view.container, manifest);
    for artefact in manifest.artefacts.iter().filter(|a| view.is_withheld(a.path.as_str())) {
        pictures.extend(artefact.image.clone().map(|image| (artefact.path.clone(), image)));
    }
    let of = |name: &str, files: &BTreeMap<String, Digests>| files.get(name).copied();
    Some(Measured {
        wacz: of(layout::WACZ, &view.files)?,
        members: archive.members,
        journal: of(layout::JOURNAL, &view.files)?,
        pictures,
        traffic: archive.traffic,
        disclosure: archive.disclosure,
    })
}

/// The packed artefacts of a journal, as `derive` sees them.
fn packed(journal: &Journal) -> Vec<dossier::Artefact> {
    derive::announced(journal).unwrap_or_default().into_iter().filter(derive::is_packed).collect()
}
