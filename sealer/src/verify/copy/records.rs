//! The records of a copy whose package is withheld: each that is there is led to the root that was sealed, and checked as a
//! record of an archive.
use dossier::{Disclosure, Finding, Journal, Level, Manifest, Sha256Digest, TrafficPictures};
use warc::RecordType;

use super::Archive;
use crate::disclosure::{RecordFate, Tree, WithholdingList, blind, leaf};
use crate::source::Source;
use crate::verify::container::Container;
use crate::verify::{Claim, Report};
use crate::{layout, traffic_pictures};

/// What the records that are there are called in findings.
const NAME: &str = "archive.warc.gz";

/// Checks the records that are there; gives what is then known of the archive.
pub(super) fn check(
    container: &Container,
    manifest: &Manifest,
    list: &WithholdingList,
    report: &mut Report,
) -> Option<Archive> {
    let source = container.contents.get(layout::COPY_ARCHIVE);
    let shown = list.records.len() - list.withheld_records();
    if source.is_some() != (shown > 0) {
        let what = "Les enregistrements que la liste dit présents ne sont pas là, ou d'autres y sont.";
        report.fail("disclosure.archive", what, shown, layout::COPY_ARCHIVE);
        return None;
    }
    let mut archive = Archive::as_sealed(manifest)?;
    if list.records.is_empty() {
        report.withhold(Claim::WebArchive);
        return Some(archive);
    }
    let (found, pictures) = match source {
        Some(source) => {
            let read = read(source, list, report)?;
            archive.span = read.span;
            (read.found, read.pictures)
        }
        None => (Leaves::new(list).finish(), TrafficPictures::default()),
    };
    let led = Some(found) == manifest.disclosure;
    if !led {
        let what = "Les enregistrements présents et ce qui tient lieu des autres ne donnent pas la racine scellée.";
        let text = |d: &Disclosure| format!("{} ({})", d.root, d.records);
        let expected = manifest.disclosure.as_ref().map_or_else(|| "aucune".into(), text);
        report.fail("disclosure.root", what, expected, text(&found));
    }
    if shown == 0 {
        report.withhold(Claim::WebArchive);
    } else {
        let what = "Une partie des enregistrements de l'archive est retirée. Chacun de ceux qui restent est lié au sceau par son \
                    empreinte salée ; l'index, la liste des pages et la signature propre de capture.wacz sont retirés avec elle.";
        let found = format!("{shown} enregistrement(s) présents sur {}", list.records.len());
        report.add(Finding::new("disclosure.records", Level::Warn, what).found(found));
    }
    // Of records that are not those sealed, nothing is compared.
    if led && !are_listed(&pictures, &manifest.traffic_pictures) {
        archive.traffic = pictures;
    }
    Some(archive)
}

/// With the package there, no record stands apart and none is told of.
pub(super) fn check_absent(container: &Container, list: &WithholdingList, report: &mut Report) {
    if container.contents.contains_key(layout::COPY_ARCHIVE) || !list.records.is_empty() {
        let what = "Des enregistrements sont montrés ou dits à part, et l'archive entière est là.";
        report.fail_found("disclosure.archive", what, layout::COPY_ARCHIVE);
    }
}

/// What is read of the records that are there.
struct Read {
    found: Disclosure,
    pictures: TrafficPictures,
    span: Option<(String, String)>,
}

/// Two readings of the same octets: the rules of an archive, and the leaves with the pictures.
fn read(source: &Source, list: &WithholdingList, report: &mut Report) -> Option<Read> {
    let (rules, (found, pictures)) = std::thread::scope(|scope| {
        let rules = scope.spawn(|| warc::check_reader(source.reader(), NAME, warc::Budget::default()));
        let mut leaves = Leaves::new(list);
        let pictures = traffic_pictures::list(source.reader(), |kind, end| leaves.push(kind, &end.record_digest));
        (rules.join(), (leaves.finish(), pictures))
    });
    let Ok(checked) = rules else {
        report.fail_found(
            "bundle.unreadable",
            "L'archive de la copie n'a pas pu être contrôlée.",
            layout::COPY_ARCHIVE,
        );
        return None;
    };
    let dates = || checked.entries.iter().map(|entry| &entry.timestamp);
    let span = dates().min().cloned().zip(dates().max().cloned());
    for finding in checked.findings {
        report.add(finding);
    }
    if checked.bytes != source.len() {
        let what = "Des octets suivent le dernier enregistrement de la copie.";
        report.fail("disclosure.archive", what, checked.bytes, source.len());
    }
    Some(Read { found, pictures, span })
}

/// The leaves in their order: of the records that are there, recomputed; of the others, from what stands for them.
struct Leaves<'a> {
    fates: std::iter::Peekable<std::slice::Iter<'a, RecordFate>>,
    tree: Tree,
    /// Records beyond those the list says are there.
    beyond: u64,
}

impl<'a> Leaves<'a> {
    fn new(list: &'a WithholdingList) -> Self {
        Self { fates: list.records.iter().peekable(), tree: Tree::default(), beyond: 0 }
    }

    fn push(&mut self, kind: RecordType, member: &Sha256Digest) {
        self.skip();
        match self.fates.next() {
            Some(RecordFate::Disclosed { salt }) => self.tree.push(leaf(kind, &blind(&salt.0, member))),
            _ => self.beyond += 1,
        }
    }

    /// The leaves of the withheld records before the next that is there.
    fn skip(&mut self) {
        while let Some((blind, Some(kind))) = self.fates.peek().and_then(|fate| fate.withheld()) {
            self.tree.push(leaf(kind, blind));
            self.fates.next();
        }
    }

    /// The root; records missing or beyond give another count than the one sealed.
    fn finish(mut self) -> Disclosure {
        self.skip();
        Disclosure { records: self.tree.len() + self.beyond, root: self.tree.root() }
    }
}

/// Whether every picture of the records that are there is in the inventory as it is, in the same order.
fn are_listed(shown: &TrafficPictures, sealed: &TrafficPictures) -> bool {
    if sealed.found != sealed.listed.len() as u64 {
        return true;
    }
    let mut sealed = sealed.listed.iter();
    shown.listed.iter().all(|picture| sealed.any(|one| one == picture))
}

/// The members of the package as the journal and the inventory say them, both sealed.
pub(super) fn check_packed(journal: &Journal, manifest: &Manifest, report: &mut Report) {
    for artefact in super::packed(journal) {
        if manifest.wacz.members.get(artefact.path.as_str()) != Some(&artefact.digests.sha256) {
            let what = "Un membre de capture.wacz n'est pas, dans l'inventaire, celui que le journal annonce.";
            report.fail_found("wacz.member_differs", what, &artefact.path);
        }
    }
}
