//! A dossier gone on with: cut at every octet of its last lines, flipped, altered, in use, interrupted again and again.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking, and reads the time it needs")]
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier::{
    ArtefactKind, ArtefactMeta, ArtefactPath, Case, DossierError, FixedClock, Journal, OpenDossier, Opening, Origin,
    Outcome, Reference, SessionState, Software, op,
};
use proptest::prelude::*;
use serde_json::json;

fn software() -> Software {
    Software { name: "constat".into(), version: "0.0.0".into(), binary_sha256: None }
}

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::new("2026-11-21T10:00:00Z".parse().unwrap(), Duration::from_millis(7)))
}

fn meta() -> ArtefactMeta {
    ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "text/plain").of_step(1, None)
}

fn path(text: &str) -> ArtefactPath {
    ArtefactPath::new(text).unwrap()
}

/// A session cut after one step.
fn cut_session(parent: &Path) -> PathBuf {
    let case = Case {
        reference: Reference::new("T-1").unwrap(),
        objet: Some("essai".into()),
        requerant: None,
        officier: None,
        lieu: None,
        presents: Vec::new(),
    };
    let opening = Opening { case, software: software(), attended: false, essai: true };
    let mut dossier = OpenDossier::create(parent, &opening, clock()).unwrap();
    dossier.record(op::STEP_BEGIN, Outcome::Begin, json!({"step": 1, "what": "Je consulte."})).unwrap();
    dossier.keep_bytes(path("logs/a.txt"), meta(), b"alpha").unwrap();
    dossier.record(op::STEP_END, Outcome::Ok, json!({"step": 1})).unwrap();
    dossier.root().to_path_buf()
}

fn journal_of(root: &Path) -> Vec<u8> {
    fs::read(root.join("journal.jsonl")).unwrap()
}

fn ends(bytes: &[u8]) -> Vec<usize> {
    bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect()
}

#[test]
fn cut_at_every_octet_the_whole_lines_stand_and_the_torn_one_is_kept_aside() {
    let parent = tempfile::tempdir().unwrap();
    let root = cut_session(parent.path());
    let whole = journal_of(&root);
    let ends = ends(&whole);
    // From before the second line's end on: with less there is nothing to go on with.
    for cut in ends[0]..=whole.len() {
        fs::write(root.join("journal.jsonl"), &whole[..cut]).unwrap();
        let _ = fs::remove_file(root.join("logs/journal-torn.bin"));
        let lines = ends.iter().filter(|end| **end <= cut).count();
        match OpenDossier::go_on(&root, &software(), clock()) {
            Err(DossierError::NothingRecorded { .. }) => {
                assert!(lines < 2, "{cut}");
                assert_eq!(journal_of(&root), &whole[..cut], "nothing was changed");
            }
            Err(error) => panic!("{cut}: {error}"),
            Ok((dossier, before, interruption)) => {
                assert_eq!((before.entries().len(), interruption.number), (lines, 1), "{cut}");
                let after = dossier.read_journal().unwrap();
                assert_eq!(&after.entries()[..lines], before.entries());
                let stated = after.entries().last().unwrap();
                assert_eq!((&stated.op, stated.outcome), (&op::SESSION_INTERRUPTED, Outcome::Deviation));
                let torn = cut - ends[lines - 1];
                assert_eq!(stated.integer("torn_bytes"), Some(i64::try_from(torn).unwrap()), "{cut}");
                let kept = fs::read(root.join("logs/journal-torn.bin")).unwrap_or_default();
                assert_eq!(kept, &whole[ends[lines - 1]..cut], "{cut}");
                assert_eq!(stated.data["rebooted"], false, "the same start of the machine");
            }
        }
    }
}

#[test]
fn each_interruption_is_stated_and_no_torn_end_replaces_another() {
    let parent = tempfile::tempdir().unwrap();
    let root = cut_session(parent.path());
    for n in 1..=3_u32 {
        let mut file = fs::OpenOptions::new().append(true).open(root.join("journal.jsonl")).unwrap();
        file.write_all(format!("{{\"torn\":{n}").as_bytes()).unwrap();
        fs::write(root.join("screens-part.png.part"), [u8::try_from(n).unwrap()]).unwrap();
        let (mut dossier, _, interruption) = OpenDossier::go_on(&root, &software(), clock()).unwrap();
        assert_eq!(interruption.number, n);
        dossier.keep_strays(&[]).unwrap();
    }
    let (dossier, ..) = OpenDossier::go_on(&root, &software(), clock()).unwrap();
    let closed = dossier.close(SessionState::Complete).unwrap();
    assert_eq!(closed.journal().of(&op::SESSION_INTERRUPTED).count(), 4);
    for (n, name) in ["journal-torn", "journal-torn-2", "journal-torn-3"].into_iter().enumerate() {
        let kept = fs::read_to_string(root.join(format!("logs/{name}.bin"))).unwrap();
        assert_eq!(kept, format!("{{\"torn\":{}", n + 1));
    }
    let names: Vec<&str> = closed.artefacts().iter().map(|a| a.path.as_str()).collect();
    for name in ["screens-part.png-inacheve", "screens-part.png-inacheve-2", "screens-part.png-inacheve-3"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(matches!(OpenDossier::go_on(&root, &software(), clock()), Err(DossierError::Closed { .. })));
    assert!(matches!(OpenDossier::peek(&root), Err(DossierError::Closed { .. })));
}

#[test]
fn what_was_announced_must_be_there_and_one_process_writes() {
    let parent = tempfile::tempdir().unwrap();
    let root = cut_session(parent.path());
    let (held, ..) = OpenDossier::go_on(&root, &software(), clock()).unwrap();
    assert!(matches!(OpenDossier::go_on(&root, &software(), clock()), Err(DossierError::InUse { .. })));
    drop(held);
    let before = journal_of(&root);
    for altered in [Some(&b"alphA"[..]), Some(b"alph"), None] {
        match altered {
            Some(bytes) => fs::write(root.join("logs/a.txt"), bytes).unwrap(),
            None => fs::remove_file(root.join("logs/a.txt")).unwrap(),
        }
        let refused = OpenDossier::go_on(&root, &software(), clock()).err().unwrap();
        assert_eq!(refused.code(), "dossier.artefact_altered");
        assert_eq!(journal_of(&root), before, "nothing was written");
    }
}

#[test]
fn a_part_of_a_journal_is_a_chain_of_its_own() {
    let parent = tempfile::tempdir().unwrap();
    let root = cut_session(parent.path());
    let (_, journal, _) = OpenDossier::go_on(&root, &software(), clock()).unwrap();
    let part = journal.part(|entry| entry.op != op::STEP_BEGIN).unwrap();
    let lines: Vec<u8> = part.entries().iter().flat_map(|e| [e.to_line().unwrap(), b"\n".to_vec()].concat()).collect();
    assert_eq!(Journal::read(&lines[..]).unwrap().0, part);
    assert_eq!(part.entries().len(), journal.entries().len() - 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_flipped_bit_is_refused_or_torn_and_never_gone_on_with_unseen(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let parent = tempfile::tempdir().unwrap();
        let root = cut_session(parent.path());
        let mut bytes = journal_of(&root);
        let good = Journal::read(&bytes[..]).unwrap().0;
        let at = at.index(bytes.len());
        bytes[at] ^= 1_u8 << bit;
        fs::write(root.join("journal.jsonl"), &bytes).unwrap();
        match OpenDossier::go_on(&root, &software(), clock()) {
            Err(_) => prop_assert_eq!(journal_of(&root), bytes),
            // The last line feed, or a line that nothing binds yet: the last one.
            Ok((_, read, _)) => {
                let last = good.entries().len() - 1;
                prop_assert_eq!(&read.entries()[..last], &good.entries()[..last]);
            }
        }
    }
}
