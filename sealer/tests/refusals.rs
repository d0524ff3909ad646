//! What must not be sealed is not, and nothing that looks sealed is left; two sealings give the same octets.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::fs;

use sample::*;

#[test]
fn an_altered_dossier_is_refused_and_leaves_nothing() {
    let etude = etude();
    for (name, bytes) in [
        ("captures/0001-texte.txt", "Ecran".as_bytes()),
        ("captures/0001-texte.txt", b""),
        ("captures/0001-texte.txt", "Écran et plus".as_bytes()),
        ("screens/0001-page.png", b"x"),
        ("archive/data.warc.gz", b"x"),
        ("pages/pages.jsonl", b"{}"),
    ] {
        let work = tempfile::tempdir().unwrap();
        let dossier = closed(work.path());
        fs::write(dossier.root().join(name), bytes).unwrap();
        let target = work.path().join("x.asice");
        let error = etude.seal(&dossier, &[], &target).unwrap_err();
        assert_eq!(error.code(), "seal.artefact_altered", "{name}: {error}");
        assert_eq!(fs::read_dir(work.path()).unwrap().count(), 1, "{name}");
    }
    let work = tempfile::tempdir().unwrap();
    let dossier = closed(work.path());
    let journal = dossier.journal_path();
    let text = fs::read_to_string(&journal).unwrap().replace("Debian", "Fedora");
    fs::write(&journal, text).unwrap();
    assert_eq!(etude.seal(&dossier, &[], &work.path().join("x.asice")).unwrap_err().code(), "seal.artefact_altered");
}

#[test]
fn a_bundle_is_never_overwritten() {
    let etude = etude();
    let work = tempfile::tempdir().unwrap();
    let target = work.path().join("x.asice");
    fs::write(&target, b"precious").unwrap();
    assert_eq!(etude.seal(&closed(work.path()), &[], &target).unwrap_err().code(), "seal.target_exists");
    assert_eq!(fs::read(&target).unwrap(), b"precious");
}

#[test]
fn two_sealings_differ_by_their_salts_and_signature_only() {
    let etude = etude();
    let work = tempfile::tempdir().unwrap();
    let dossier = closed(work.path());
    let seal = |name: &str| {
        let target = work.path().join(name);
        etude.seal(&dossier, &[], &target).unwrap();
        let out = work.path().join(format!("{name}.d"));
        run("unzip", &["-q", target.to_str().unwrap(), "-d", out.to_str().unwrap()], work.path());
        out
    };
    let (one, two) = (seal("1.asice"), seal("2.asice"));
    let listing = run("find", &[".", "-type", "f"], &one);
    assert_eq!(listing.lines().count(), run("find", &[".", "-type", "f"], &two).lines().count());
    // The secret of the salts is drawn at each sealing: what states it, or a digest of what states it, follows.
    let salted = ["signature001.p7s", "secret.hex", "constat.json", "SHA256SUMS", "ASiCManifest001.xml"];
    for name in listing.lines() {
        let same = fs::read(one.join(name)).unwrap() == fs::read(two.join(name)).unwrap();
        assert_eq!(same, !salted.iter().any(|end| name.ends_with(end)), "{name}");
    }
    let manifest = |folder: &std::path::Path| {
        let mut manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("constat.json")).unwrap()).unwrap();
        (manifest["disclosure"]["root"].take(), manifest)
    };
    let (first, second) = (manifest(&one), manifest(&two));
    assert!(first.0 != second.0 && first.1 == second.1);
    let sums = |folder: &std::path::Path| -> Vec<String> {
        let lines = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
        let others = |line: &&str| !["constat.json", "secret.hex"].iter().any(|end| line.ends_with(end));
        lines.lines().filter(others).map(str::to_owned).collect()
    };
    assert_eq!(sums(&one), sums(&two));
}
