//! The salted leaves of an ordinary bundle: the root, the count and the secret agree with the archive, or the bundle fails.
use dossier::{Manifest, Sha256Digest, to_canonical};

use super::forge::{Entry, bytes_of, entry, pack, reseal, with};
use super::{good, judge, refused, sample};
use crate::{Verdict, layout};

fn claiming(entries: &[Entry], edit: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let mut manifest: Manifest = serde_json::from_slice(&bytes_of(entries, layout::CONSTAT)).unwrap();
    edit(&mut manifest);
    pack(&reseal(&with(entries, layout::CONSTAT, &to_canonical(&manifest).unwrap()), |_| {}))
}

fn without_secret() -> Vec<Entry> {
    good().entries.iter().filter(|e| e.name != layout::SECRET).cloned().collect()
}

#[test]
fn the_root_the_count_and_the_secret_are_those_of_the_archive() {
    let manifest: Manifest = serde_json::from_slice(&bytes_of(&good().entries, layout::CONSTAT)).unwrap();
    assert_eq!(manifest.disclosure.unwrap().records, 3);
    let root = |m: &mut Manifest| m.disclosure.as_mut().unwrap().root = Sha256Digest::of(b"");
    refused(claiming(&good().entries, root), "disclosure.root");
    refused(claiming(&good().entries, |m| m.disclosure.as_mut().unwrap().records += 1), "disclosure.root");
    let other = [b"0".repeat(64), b"\n".to_vec()].concat();
    refused(pack(&reseal(&with(&good().entries, layout::SECRET, &other), |_| {})), "disclosure.root");
    refused(pack(&reseal(&with(&good().entries, layout::SECRET, b"x"), |_| {})), "disclosure.secret");
    refused(pack(&without_secret()), "manifest.absent");
    refused(pack(&reseal(&without_secret(), |_| {})), "disclosure.root");
    refused(claiming(&good().entries, |m| m.disclosure = None), "manifest.uncovered");
}

#[test]
fn a_bundle_sealed_without_leaves_stays_what_it_was() {
    let checked = judge(claiming(&without_secret(), |m| m.disclosure = None));
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    let expected = ["revocation.no_source", "seal.level", "time.absent", "time.session_open", "trust.essai"];
    assert_eq!(sample::codes(&checked.findings), expected);
}

#[test]
fn nothing_else_stands_beside_the_secret() {
    let mut entries = good().entries.clone();
    let at = entries.iter().position(|e| e.name == layout::SECRET).unwrap();
    entries.insert(at, entry("disclosure/autre.hex", b"x"));
    refused(pack(&reseal(&entries, |_| {})), "manifest.uncovered");
}
