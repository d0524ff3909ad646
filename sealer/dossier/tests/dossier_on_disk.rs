//! A dossier on disk: written, closed, read again, and cut all along its journal.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking, and reads the time it needs")]
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dossier::{
    ArtefactKind, ArtefactMeta, ArtefactPath, Case, ClosedDossier, Digests, DossierError, FixedClock, Journal,
    OpenDossier, Opening, Origin, Outcome, Reference, SessionState, Software, Standing, op, standing,
};
use serde_json::json;

fn software() -> Software {
    Software { name: "constat".into(), version: "0.0.0".into(), binary_sha256: None }
}

fn opening() -> Opening {
    let case = Case {
        reference: Reference::new("T-1").unwrap(),
        objet: Some("essai".into()),
        requerant: None,
        officier: None,
        lieu: None,
        presents: Vec::new(),
    };
    Opening { case, software: software(), attended: false, essai: true }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new("2026-11-21T10:00:00Z".parse().unwrap(), Duration::from_millis(7)))
}

fn path(text: &str) -> ArtefactPath {
    ArtefactPath::new(text).unwrap()
}

fn meta() -> ArtefactMeta {
    ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "text/plain").of_step(1, None)
}

fn write_session(parent: &Path) -> OpenDossier {
    let mut dossier = OpenDossier::create(parent, &opening(), clock()).unwrap();
    dossier.record(op::STEP_BEGIN, Outcome::Begin, json!({"step": 1, "what": "Je consulte."})).unwrap();
    dossier.keep_bytes(path("logs/a.txt"), meta(), b"alpha").unwrap();
    dossier.record(op::STEP_END, Outcome::Ok, json!({"step": 1})).unwrap();
    dossier
}

#[test]
fn a_closed_dossier_reads_back_whole() {
    let parent = tempfile::tempdir().unwrap();
    let closed = write_session(parent.path()).close(SessionState::Complete).unwrap();
    assert_eq!(standing(closed.root()), Standing::Closed);
    assert_eq!(closed.case().objet.as_deref(), Some("essai"));
    assert_eq!(closed.artefacts().len(), 1);
    assert_eq!(closed.artefacts()[0].digests, Digests::of(b"alpha"));
    let again = ClosedDossier::open(closed.root()).unwrap();
    assert_eq!(again.journal(), closed.journal());
    assert_eq!(again.journal().entries().last().unwrap().text("state"), Some("complete"));
    assert!(matches!(OpenDossier::resume(closed.root(), &software(), clock()), Err(DossierError::Closed { .. })));
}

#[test]
fn two_sessions_cannot_write_to_one_dossier() {
    let parent = tempfile::tempdir().unwrap();
    let open = write_session(parent.path());
    let second = OpenDossier::resume(open.root(), &software(), clock());
    assert!(matches!(second, Err(DossierError::InUse { .. })));
    assert!(matches!(OpenDossier::create(parent.path(), &opening(), clock()), Err(DossierError::Exists { .. })));
}

#[test]
fn an_artefact_name_serves_once_and_floats_never_enter_the_journal() {
    let parent = tempfile::tempdir().unwrap();
    let mut open = write_session(parent.path());
    assert!(matches!(open.keep_bytes(path("logs/a.txt"), meta(), b"beta"), Err(DossierError::ArtefactExists { .. })));
    assert!(matches!(open.record(op::FINDING, Outcome::Note, json!({"x": 0.5})), Err(DossierError::Json { .. })));
    assert!(matches!(open.record(op::FINDING, Outcome::Note, json!([1])), Err(DossierError::Json { .. })));
    let closed = open.close(SessionState::Complete).unwrap();
    assert_eq!(fs::read(closed.root().join("logs/a.txt")).unwrap(), b"alpha");
}

#[test]
fn files_no_line_announces_are_kept_as_remains() {
    let parent = tempfile::tempdir().unwrap();
    let open = write_session(parent.path());
    let mut half = open.begin(path("screens/0001-page.png"), meta()).unwrap();
    half.write_all(b"half a picture").unwrap();
    half.sync().unwrap();
    drop(half);
    fs::write(open.root().join("stray.bin"), b"stray").unwrap();
    let closed = open.close(SessionState::Partial).unwrap();
    let remains: Vec<_> = closed.artefacts().iter().filter(|a| a.meta.kind == ArtefactKind::Remains).collect();
    let names: Vec<_> = remains.iter().map(|a| a.path.as_str()).collect();
    assert_eq!(names, ["screens/0001-page.png-inacheve", "stray.bin"]);
    assert_eq!(remains[0].digests, Digests::of(b"half a picture"));
    assert_eq!(closed.journal().of(&op::FINDING).count(), 2);
}

#[test]
fn cut_anywhere_a_dossier_closes_with_all_that_was_journalled() {
    let origin = tempfile::tempdir().unwrap();
    let open = write_session(origin.path());
    let bytes = fs::read(open.root().join("journal.jsonl")).unwrap();
    drop(open);
    let two_lines = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(1).unwrap().0 + 1;
    // Each line end and its neighbours, and one byte in seventeen between: every cut costs several fsyncs.
    let near_line_end = |cut: usize| bytes[cut.saturating_sub(2)..(cut + 1).min(bytes.len())].contains(&b'\n');
    for cut in (0..=bytes.len()).filter(|cut| cut % 17 == 0 || near_line_end(*cut)) {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("T-1");
        fs::create_dir_all(root.join("logs")).unwrap();
        fs::write(root.join("logs/a.txt"), b"alpha").unwrap();
        fs::write(root.join("journal.jsonl"), &bytes[..cut]).unwrap();
        let before = Journal::read(&bytes[..cut]).unwrap().0;
        match OpenDossier::resume(&root, &software(), clock()) {
            Err(DossierError::NothingRecorded { .. }) => assert!(cut < two_lines, "cut at {cut}"),
            Err(error) => panic!("cut at {cut}: {error}"),
            Ok(open) => {
                let closed = open.close(SessionState::Interrupted).unwrap();
                let after = closed.journal().entries();
                assert_eq!(&after[..before.entries().len()], before.entries(), "cut at {cut}");
                assert_eq!(closed.journal().of(&op::SESSION_INTERRUPTED).count(), 1);
            }
        }
    }
}

#[test]
fn what_is_hidden_is_in_no_line_and_digests_stay() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = OpenDossier::create(folder.path(), &opening(), clock()).unwrap();
    open.hide(vec!["abcdef".into()]);
    let digest = "abcdef".repeat(10) + "0123";
    let data = json!({"step": 1, "said": ["un abcdef, deux abcdef"], "sha256": digest, "of": {"what": "ABCDEF"}});
    open.record(op::STEP_END, Outcome::Ok, data).unwrap();
    let closed = open.close(SessionState::Complete).unwrap();
    let line = closed.journal().of(&op::STEP_END).next().unwrap();
    assert_eq!(line.data["said"][0], "un ******, deux ******");
    assert_eq!((&line.data["sha256"], &line.data["of"]["what"]), (&digest.into(), &"ABCDEF".into()));
}
