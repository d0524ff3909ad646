//! The inner package: the same audit of raw records as outside, then the package's and the archive's own rules.
use std::collections::BTreeMap;

use dossier::{Digests, Disclosure, TrafficPictures, WaczSummary};

use super::Report;
use super::container::{Container, digest};
use crate::disclosure::{Leaves, Secret};
use crate::source::Source;
use crate::zip_audit::{self, Entry, Policy};
use crate::{layout, traffic_pictures};

/// The members of an audited package, with the digests of each.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) members: BTreeMap<String, Digests>,
    /// Pictures of the archive, read again.
    pub(super) pictures: dossier::TrafficPictures,
    /// The leaves of its records, when the bundle holds the secret of their salts.
    pub(super) disclosure: Option<Disclosure>,
    /// The first and the last date of the archive: fourteen digits, UTC.
    pub(super) span: Option<(String, String)>,
}

impl Package {
    /// The summary `constat.json` must hold.
    pub(super) fn summary(&self) -> Option<WaczSummary> {
        let path = dossier::ArtefactPath::new(layout::WACZ).ok()?;
        let members = self.members.iter().map(|(name, digests)| (name.clone(), digests.sha256)).collect();
        Some(WaczSummary { path, members })
    }
}

/// Audits the inner zip, hashes its members, and checks package and archive.
pub(super) fn check(container: &Container, report: &mut Report) -> Option<Package> {
    let Some(inner) = container.contents.get(layout::WACZ) else {
        report.fail_found("bundle.missing", "Une entrée obligatoire manque.", layout::WACZ);
        return None;
    };
    let entries = match zip_audit::audit(inner, &Policy::INNER) {
        Ok(entries) => entries,
        Err(mut finding) => {
            finding.what = format!("{} (dans capture.wacz)", finding.what);
            report.add(finding);
            return None;
        }
    };
    let secret = secret(container, report);
    let archive = entries.iter().find(|entry| entry.name == layout::ARCHIVE);
    let archive = archive.and_then(|entry| inner.slice(entry.data_start, entry.compressed));
    // Three readings of the same octets, none of which needs what another finds.
    std::thread::scope(|scope| {
        let rules = scope.spawn(|| warc::check_wacz(inner.reader(), warc::Budget::default()));
        let records = scope.spawn(|| archive.map(|archive| records(&archive, secret.as_ref())).unwrap_or_default());
        let members = members(inner, &entries, report);
        match (rules.join(), records.join()) {
            (Ok(checked), Ok((pictures, disclosure))) => {
                let span = checked.span.clone();
                tell_rules(checked, report);
                Some(Package { members, pictures, disclosure, span })
            }
            _ => {
                report.fail_found("bundle.unreadable", "capture.wacz n'a pas pu être contrôlé.", layout::WACZ);
                None
            }
        }
    })
}

/// The secret of the salts; `None` in a bundle that was sealed without, which `constat.json` then says too.
fn secret(container: &Container, report: &mut Report) -> Option<Secret> {
    let octets = container.contents.get(layout::SECRET).map(|_| container.small(layout::SECRET, 1024))?;
    let secret = octets.ok().and_then(|octets| Secret::from_file(&octets));
    if secret.is_none() {
        let what = "Le secret des empreintes salées n'a pas la forme de ce format.";
        report.fail_found("disclosure.secret", what, layout::SECRET);
    }
    secret
}

/// What is read record by record: the pictures, and the leaves.
fn records(archive: &Source, secret: Option<&Secret>) -> (TrafficPictures, Option<Disclosure>) {
    let mut leaves = secret.map(Leaves::new);
    let pictures = traffic_pictures::list(archive.reader(), |kind, end| {
        if let Some(leaves) = &mut leaves {
            leaves.push(kind, &end.record_digest);
        }
    });
    (pictures, leaves.map(|leaves| leaves.finish()))
}

fn members(inner: &Source, entries: &[Entry], report: &mut Report) -> BTreeMap<String, Digests> {
    let mut members = BTreeMap::new();
    for entry in entries {
        let octets = inner.slice(entry.data_start, entry.compressed);
        match octets.as_ref().map(|octets| digest(octets, entry.crc32)) {
            Some(Ok(digests)) => {
                members.insert(entry.name.clone(), digests);
            }
            _ => report.fail_found("bundle.unreadable", "Un membre de capture.wacz ne peut pas être lu.", &entry.name),
        }
    }
    members
}

/// WACZ 1.1.1 and WARC 1.1: presence, digests, index rebuilt, blocks and payloads of every record, anonymous signature.
fn tell_rules(checked: warc::WaczCheck, report: &mut Report) {
    for finding in checked.findings {
        report.add(finding);
    }
    if checked.signed.is_none() {
        let what = "capture.wacz ne porte pas la signature anonyme de ce format, ou elle est fausse.";
        report.fail_found("wacz.signature", what, layout::WACZ);
    }
}
