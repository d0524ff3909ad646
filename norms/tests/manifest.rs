//! What a manifest adds to a journal, and what happens when it is about another one or lists other bytes.
#![allow(clippy::unwrap_used, reason = "in a test, a panic is the failure")]
#[path = "support/journal.rs"]
mod support;

use std::collections::BTreeMap;

use dossier::{
    Artefact, ArtefactPath, Case, Digests, FORMAT_VERSION, Incompleteness, Instant, Journal, JournalSummary, Manifest,
    Outcome, Reference, SealTime, Session, SessionState, Sha256Digest, Software, WaczSummary, op,
};
use norms::{Conformity, ManifestLink, Norm, StatusKind, check};
use serde_json::Value;
use support::{full, journal};

/// The manifest a sealing of this journal would list: the archive in the inner WACZ, everything else outside.
fn manifest(journal: &Journal) -> Manifest {
    let at: Instant = "2026-11-21T09:12:03.045Z".parse().unwrap();
    let mut artefacts = Vec::new();
    let mut members = BTreeMap::new();
    for entry in journal.of(&op::ARTEFACT) {
        let path = entry.text("path").unwrap();
        let sha256: Sha256Digest = entry.text("sha256").unwrap().parse().unwrap();
        if path.starts_with("archive/") {
            members.insert(path.to_owned(), sha256);
            continue;
        }
        let data = Value::Object(entry.data.clone());
        let meta = serde_json::from_value(data).unwrap();
        let digests = Digests { sha256, ..Digests::of(b"") };
        artefacts.push(Artefact { path: ArtefactPath::new(path).unwrap(), meta, digests, image: None });
    }
    Manifest {
        format: FORMAT_VERSION.into(),
        essai: true,
        case: Case {
            reference: Reference::new("2026-0142").unwrap(),
            objet: None,
            requerant: None,
            officier: None,
            lieu: None,
            presents: Vec::new(),
        },
        software: Software { name: "constat".into(), version: "0.1.0".into(), binary_sha256: None },
        session: Session {
            state: SessionState::Complete,
            attended: true,
            opened_at: at,
            closed_at: at,
            steps_begun: 4,
            steps_done: 4,
            captures: 2,
        },
        environment: BTreeMap::new(),
        artefacts,
        wacz: WaczSummary { path: ArtefactPath::new("capture.wacz").unwrap(), members },
        journal: JournalSummary {
            path: ArtefactPath::new("journal.jsonl").unwrap(),
            entries: journal.entries().len() as u64,
            head: journal.head(),
        },
        traffic_pictures: dossier::TrafficPictures::default(),
        disclosure: None,
        incompleteness: Incompleteness::default(),
        findings: Vec::new(),
        seal_time: SealTime { timestamped: false, authorities: Vec::new(), reason: None },
    }
}

fn run(journal: &Journal, manifest: &Manifest) -> Conformity {
    check(&Norm::nf_z67_147().unwrap(), journal, Some(manifest))
}

fn kind(result: &Conformity, id: &str) -> StatusKind {
    result.row(id).unwrap().status.kind()
}

#[test]
fn a_manifest_that_agrees_proves_that_the_pieces_are_those_of_the_session() {
    let journal = journal(&full());
    let result = run(&journal, &manifest(&journal));
    assert_eq!(result.manifest, ManifestLink::Agrees);
    assert_eq!(kind(&result, "Z67-CAP-09"), StatusKind::Met);
    // The link with the act is not measured here: a deviation that says so.
    assert_eq!(kind(&result, "Z67-POST-02"), StatusKind::Deviation);
    assert!(result.row("Z67-POST-02").unwrap().status.reason().unwrap().contains("procès-verbal"));
    let pieces = &result.row("Z67-POST-02").unwrap().status.proofs()[0];
    assert!(pieces.sentence.starts_with("pièces du manifeste : 15, "), "{}", pieces.sentence);
}

#[test]
fn other_bytes_in_the_manifest_are_told() {
    let journal = journal(&full());
    let mut other = manifest(&journal);
    let first = other.artefacts.iter_mut().find(|a| a.path.as_str() == "captures/0002-ecran.png").unwrap();
    first.digests.sha256 = Sha256Digest::of(b"other");
    let result = run(&journal, &other);
    for id in ["Z67-CAP-09", "Z67-POST-02"] {
        assert_eq!(kind(&result, id), StatusKind::NotMet, "{id}");
        assert!(result.row(id).unwrap().status.reason().unwrap().contains("captures/0002-ecran.png"));
    }
}

#[test]
fn a_piece_that_the_manifest_lacks_is_told_and_proves_nothing() {
    let journal = journal(&full());
    let mut other = manifest(&journal);
    other.artefacts.retain(|a| a.path.as_str() != "net/machine.json");
    let result = run(&journal, &other);
    assert_eq!(kind(&result, "Z67-CAP-09"), StatusKind::NotMet);
    assert_eq!(kind(&result, "Z67-PRE-01"), StatusKind::Deviation);
}

#[test]
fn a_manifest_of_another_journal_is_not_used() {
    let journal = journal(&full());
    let mut other = manifest(&journal);
    other.journal.entries += 1;
    let result = run(&journal, &other);
    assert!(matches!(&result.manifest, ManifestLink::Disagrees { why } if why.contains("autre journal")));
    assert_eq!(kind(&result, "Z67-CAP-09"), StatusKind::NotMet);
    assert!(result.render_text(100).contains("le manifeste désigne un autre journal"));
}

/// A manifest alone, over a journal without any measured line, meets nothing.
#[test]
fn a_manifest_never_replaces_a_measured_line() {
    let mut lines = full();
    lines.retain(|l| l.1 != Outcome::Ok);
    let journal = journal(&lines);
    assert_eq!(run(&journal, &manifest(&journal)).counts.met, 0);
}
