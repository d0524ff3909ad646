//! A session cut at any moment can be closed, sealed and verified, and says that it was cut.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::fs;
use std::path::Path;

use dossier::{ArtefactKind, ArtefactMeta, OpenDossier, Origin, SessionState};
use sample::*;
use sealer::{Verdict, close_interrupted, verify};

/// What a capture had on disk when it was cut: journal lines, an archive of `cut` octets, an artefact half written.
fn cut_session(parent: &Path, archive: &[u8], cut: usize) -> std::path::PathBuf {
    let mut dossier: OpenDossier = open(parent);
    let root = dossier.root().to_path_buf();
    add(&mut dossier, "screens/0001-page.png", ArtefactKind::ScreenshotPage, "image/png", &png(1));
    let half = dossier
        .begin(path("captures/0001-dom.html"), ArtefactMeta::new(ArtefactKind::Dom, Origin::Produced, "text/html"));
    let mut half = half.unwrap();
    std::io::Write::write_all(&mut half, b"<html>").unwrap();
    half.sync().unwrap();
    if cut > 0 {
        fs::create_dir_all(root.join("archive")).unwrap();
        fs::write(root.join("archive/data.warc.gz"), &archive[..cut.min(archive.len())]).unwrap();
    }
    root
}

fn close_seal_verify(root: &Path) -> dossier::Manifest {
    let etude = etude();
    let dossier = close_interrupted(root, &software(), etude.clock.clone()).unwrap_or_else(|e| panic!("{e}"));
    let target = root.with_extension("asice");
    etude.seal(&dossier, &[], &target).unwrap_or_else(|e| panic!("{e}: {e:#?}"));
    let checked = verify(&target, &etude.anchors, etude.clock.now());
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    checked.bundle.unwrap().manifest().clone()
}

#[test]
fn cut_anywhere_in_the_archive() {
    // Made once: it bears the time, and its length in gzip depends on it.
    let archive = archive();
    let length = archive.len();
    for cut in [0, 1, 20, length / 2, length - 1, length] {
        let work = tempfile::tempdir().unwrap();
        let root = cut_session(work.path(), &archive, cut);
        let manifest = close_seal_verify(&root);
        assert_eq!(manifest.session.state, SessionState::Interrupted);
        assert!(manifest.artefacts.iter().any(|a| a.path.as_str() == "screens/0001-page.png"));
        assert!(manifest.artefacts.iter().any(|a| a.path.as_str() == "captures/0001-dom.html-inacheve"), "{cut}");
        let torn = manifest.artefacts.iter().any(|a| a.path.as_str() == "logs/archive-torn.bin");
        assert_eq!(torn, cut > 0 && cut < length, "{cut}");
    }
}

#[test]
fn cut_anywhere_in_the_journal() {
    let work = tempfile::tempdir().unwrap();
    let root = cut_session(work.path(), &archive(), 5000);
    let journal = fs::read(root.join("journal.jsonl")).unwrap();
    let ends: Vec<usize> = journal.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1).collect();
    for end in [0, 5, ends[0], ends[0] + 9, ends[1] - 1] {
        let copy = tempfile::tempdir().unwrap();
        fs::write(copy.path().join("journal.jsonl"), &journal[..end]).unwrap();
        let error = close_interrupted(copy.path(), &software(), clock()).unwrap_err();
        assert_eq!(error.code(), "seal.nothing_recorded");
        assert_eq!(fs::read(copy.path().join("journal.jsonl")).unwrap(), &journal[..end], "nothing was changed");
    }
    for end in [ends[1], ends[1] + 1, ends[2], ends[2] + 40, journal.len() - 1] {
        let copy = tempfile::tempdir().unwrap();
        let root = copy.path().join("2026-0142");
        fs::create_dir(&root).unwrap();
        fs::write(root.join("journal.jsonl"), &journal[..end]).unwrap();
        let manifest = close_seal_verify(&root);
        let torn = !ends.contains(&end);
        assert_eq!(manifest.artefacts.iter().any(|a| a.path.as_str() == "logs/journal-torn.bin"), torn, "{end}");
    }
    assert_eq!(close_interrupted(&root.join("absent"), &software(), clock()).unwrap_err().code(), "dossier.missing");
}

#[test]
fn a_closing_cut_by_another_kill_can_be_done_again() {
    let work = tempfile::tempdir().unwrap();
    let root = cut_session(work.path(), &archive(), 60);
    // The first closing wrote its lines and was killed before session.close.
    let closed = close_interrupted(&root, &software(), clock()).unwrap();
    let lines = fs::read_to_string(root.join("journal.jsonl")).unwrap();
    drop(closed);
    let kept: Vec<&str> = lines.lines().collect();
    for keep in (kept.len() - 6)..kept.len() {
        fs::write(root.join("journal.jsonl"), kept[..keep].join("\n") + "\n").unwrap();
        let etude = etude();
        let dossier =
            close_interrupted(&root, &software(), etude.clock.clone()).unwrap_or_else(|e| panic!("{keep}: {e}"));
        let target = work.path().join(format!("{keep}.asice"));
        etude.seal(&dossier, &[], &target).unwrap_or_else(|e| panic!("{keep}: {e}"));
    }
    assert_eq!(close_interrupted(&root, &software(), clock()).unwrap_err().code(), "dossier.closed");
}
