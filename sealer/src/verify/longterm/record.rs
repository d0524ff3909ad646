//! The evidence record that stands beside a bundle (RFC 4998): whether it proves the bundle older than a time.
use dossier::{Finding, Instant, Level as Severity, Sha256Digest};

use super::super::stamps::Stamps;
use super::super::{RecordFacts, Report};
use super::state::Known;
use super::{archive, counting, explained, paths, pool_of_tokens};
use crate::TrustAnchors;
use crate::ers::{self, EvidenceRecord};

/// Checks a record against the digest of the bundle; what it proves, when it does.
pub(in crate::verify) fn check(
    octets: &[u8],
    bundle: Sha256Digest,
    anchors: &TrustAnchors,
    at: Instant,
    report: &mut Report,
) -> Option<RecordFacts> {
    let record = match EvidenceRecord::parse(octets) {
        Ok(record) => record,
        Err(error) => {
            let what =
                "La preuve d'archivage (RFC 4998) jointe au scellé est mal formée, ou d'une forme qui n'est pas jugée.";
            report.add(Finding::new("record.malformed", Severity::Indeterminate, what).found(error));
            return None;
        }
    };
    let mut stamps = Stamps { anchors, more: &[], found: Vec::new(), sound: true };
    let mut leaf = bundle;
    for (index, stamp) in record.chain.iter().enumerate() {
        let entry = format!("preuve d'archivage, jeton {}", index + 1);
        let Some(root) = ers::root_octets(leaf, &stamp.reduced) else {
            let what = if index == 0 {
                "La preuve d'archivage est celle d'un autre fichier."
            } else {
                "Un jeton de la preuve d'archivage ne couvre pas celui qu'il devait prolonger."
            };
            report.fail_found("record.digest", what, format!("{entry} : {leaf}"));
            return None;
        };
        let before = stamps.found.len();
        stamps.add(&stamp.token, &root, &entry, report);
        archive::check_order(&stamps.found, before, report);
        leaf = Sha256Digest::of(&stamp.token);
    }
    if !stamps.sound {
        return None;
    }
    let mut known = Known::default();
    let pool = pool_of_tokens(&stamps.found, anchors);
    let counts = counting(&stamps.found, 0, &pool, at, &mut known, report);
    known.tell(report);
    if !explained(&pool, paths(&stamps.found), report) {
        return None;
    }
    let (first, last) = (stamps.found.first()?, stamps.found.last()?);
    if counts.iter().any(|counts| !counts) {
        return None;
    }
    let facts = RecordFacts {
        first: first.facts.gen_time,
        last: last.facts.gen_time,
        authority: last.facts.authority.clone(),
        stamps: stamps.found.len(),
        valid_to: last.facts.valid_to,
    };
    let what =
        "Une preuve d'archivage (RFC 4998) jointe au scellé établit que ce fichier entier existait à cette heure.";
    report.add(Finding::new("record.proven", Severity::Info, what).found(facts.first));
    Some(facts)
}
