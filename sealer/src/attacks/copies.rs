//! Attacks on a redacted copy: whatever is put back, changed, swapped, dropped or told otherwise is refused.
use std::sync::OnceLock;

use dossier::{Sha256Digest, to_canonical};
use warc::WarcReader;

use super::forge::{Entry, bytes_of, entry, pack, reseal, unpack, with};
use super::{good, judge, refused, sample};
use crate::{
    Answer, Claim, ExchangeChoice, FileChoice, RecordFate, RedactRequest, Salt, Verdict, WithholdingList, layout,
    redact,
};

const TEXT: &str = "captures/0001-texte.txt";

/// The good bundle, with a text and the exchange of the picture withheld.
pub(super) fn copy() -> &'static [Entry] {
    static COPY: OnceLock<Vec<Entry>> = OnceLock::new();
    COPY.get_or_init(|| made(&[TEXT], &[sample::PICTURE]))
}

fn made(files: &[&str], exchanges: &[&str]) -> Vec<Entry> {
    let work = tempfile::tempdir().unwrap();
    let (bundle, target) = (work.path().join("x.asice"), work.path().join("copie.asice"));
    std::fs::write(&bundle, &good().bytes).unwrap();
    let reason = || "propos de tiers".to_owned();
    let files: Vec<FileChoice> =
        files.iter().map(|path| FileChoice { path: (*path).into(), reason: reason() }).collect();
    let exchanges: Vec<ExchangeChoice> = exchanges
        .iter()
        .map(|what| ExchangeChoice { what: (*what).into(), reason: reason(), show_url: false })
        .collect();
    redact(&RedactRequest {
        bundle: &bundle,
        files: &files,
        exchanges: &exchanges,
        asked_by: Some("Me Essai"),
        anchors: &good().etude.anchors,
        clock: good().etude.clock.as_ref(),
        target: &target,
    })
    .unwrap_or_else(|e| panic!("{e}"));
    unpack(&std::fs::read(&target).unwrap())
}

fn list() -> WithholdingList {
    serde_json::from_slice(&bytes_of(copy(), layout::LIST)).unwrap()
}

/// The copy with another list.
fn telling(edit: impl FnOnce(&mut WithholdingList)) -> Vec<Entry> {
    let mut list = list();
    edit(&mut list);
    with(copy(), layout::LIST, &to_canonical(&list).unwrap())
}

/// The gzip members of an archive.
fn members(archive: &[u8]) -> Vec<Vec<u8>> {
    let mut reader = WarcReader::new(archive);
    let mut members = Vec::new();
    while let Some(record) = reader.next_record().unwrap() {
        let end = record.finish().unwrap();
        members.push(archive[end.offset as usize..(end.offset + end.length) as usize].to_vec());
    }
    members
}

fn with_archive(members: &[Vec<u8>]) -> Vec<u8> {
    pack(&with(copy(), layout::COPY_ARCHIVE, &members.concat()))
}

fn before_meta(entries: &[Entry], new: Entry) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    let at =
        entries.iter().position(|e| e.name > new.name && !layout::copy_head(|_| true).contains(&&*e.name)).unwrap();
    entries.insert(at, new);
    entries
}

#[test]
fn the_copy_says_what_it_is_and_its_claims_say_what_is_withheld() {
    let checked = judge(pack(copy()));
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
    let codes = sample::codes(&checked.findings);
    assert_eq!(codes.first(), Some(&"disclosure.redacted"));
    assert!(codes.contains(&"disclosure.records"), "{codes:?}");
    assert!(checked.bundle.is_none());
    let list = checked.copy.unwrap().list().clone();
    let paths: Vec<&str> = list.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, [layout::WACZ, TEXT, layout::SECRET]);
    assert_eq!((list.records.len(), list.withheld_records()), (3, 1));
    let answer = |claim: Claim| checked.claims.iter().find(|c| c.claim == claim).unwrap().answer;
    assert_eq!(answer(Claim::Contents), Answer::EstablishedWithReserve);
    assert_eq!(answer(Claim::WebArchive), Answer::EstablishedWithReserve);
    assert_eq!(answer(Claim::Journal), Answer::Established);
}

#[test]
fn a_withheld_file_is_not_put_back() {
    let back = entry(TEXT, &bytes_of(&good().entries, TEXT));
    refused(pack(&before_meta(copy(), back.clone())), "disclosure.not_withheld");
    let put = before_meta(copy(), entry(TEXT, b"autre"));
    refused(pack(&put), "disclosure.not_withheld");
    let mut list = list();
    list.files.retain(|file| file.path != TEXT);
    refused(pack(&with(&put, layout::LIST, &to_canonical(&list).unwrap())), "digest.mismatch");
    // As it was: then it is only another copy, which withholds less.
    let less = with(&before_meta(copy(), back), layout::LIST, &to_canonical(&list).unwrap());
    let checked = judge(pack(&less));
    assert_eq!(checked.verdict, Verdict::Indeterminate, "{:#?}", checked.findings);
}

#[test]
fn records_are_those_that_were_sealed_in_their_order() {
    let shown = members(&bytes_of(copy(), layout::COPY_ARCHIVE));
    assert_eq!(shown.len(), 2);
    refused(with_archive(&[shown[1].clone(), shown[0].clone()]), "disclosure.root");
    refused(with_archive(&shown[..1]), "disclosure.root");
    refused(with_archive(&[shown.clone(), vec![shown[1].clone()]].concat()), "disclosure.root");
    let other = members(&sample::archive_of("Objectif 2"));
    refused(with_archive(&[shown[0].clone(), other[2].clone()]), "disclosure.root");
    refused(with_archive(&[shown.clone(), vec![b"x".to_vec()]].concat()), "warc.malformed");
    let without: Vec<Entry> = copy().iter().filter(|e| e.name != layout::COPY_ARCHIVE).cloned().collect();
    refused(pack(&without), "disclosure.archive");
}

#[test]
fn the_list_says_of_records_what_was_sealed() {
    let blinded = |list: &mut WithholdingList, edit: fn(&mut Sha256Digest, &mut String)| {
        for fate in &mut list.records {
            if let RecordFate::Withheld { blind, kind, .. } = fate {
                edit(blind, kind);
            }
        }
    };
    let leaf = telling(|list| blinded(list, |blind, _| *blind = Sha256Digest::of(b"autre")));
    refused(pack(&leaf), "disclosure.root");
    refused(pack(&telling(|list| blinded(list, |_, kind| *kind = "request".into()))), "disclosure.root");
    refused(pack(&telling(|list| list.records[0] = RecordFate::Disclosed { salt: Salt([0; 32]) })), "disclosure.root");
    refused(pack(&telling(|list| list.records.swap(0, 1))), "disclosure.root");
    refused(pack(&telling(|list| list.records.swap(1, 2))), "disclosure.root");
    // Not listed at all: the count is sealed too.
    refused(pack(&telling(|list| list.records.retain(|fate| fate.withheld().is_none()))), "disclosure.root");
    refused(pack(&telling(|list| list.records.clear())), "disclosure.archive");
    // A record that is there told withheld, with the right leaf.
    let secret = crate::disclosure::Secret::from_file(&bytes_of(&good().entries, layout::SECRET)).unwrap();
    let first = &members(&sample::archive())[0];
    let blind = crate::disclosure::blind(&secret.salt(0), &Sha256Digest::of(first));
    let (kind, reason) = ("warcinfo".to_owned(), "x".to_owned());
    let told = telling(|list| list.records[0] = RecordFate::Withheld { blind, kind, reason, url: None });
    refused(pack(&told), "disclosure.root");
}

#[test]
fn the_list_says_of_files_what_was_sealed() {
    refused(pack(&telling(|list| list.files[1].sha256 = Sha256Digest::of(b"autre"))), "disclosure.list_digest");
    refused(pack(&telling(|list| list.files[1].bytes += 1)), "disclosure.list_digest");
    refused(pack(&telling(|list| list.files.retain(|f| f.path != TEXT))), "manifest.absent");
    let more = |path: &str| {
        telling(|list| {
            let mut file = list.files[1].clone();
            file.path = path.into();
            list.files.push(file);
            list.files.sort_by(|a, b| a.path.cmp(&b.path));
        })
    };
    refused(pack(&more("captures/0009-rien.txt")), "disclosure.list_digest");
    // The lists of the bundle and its manifest are never withheld.
    for name in [layout::CONSTAT, layout::SUMS, layout::DATAPACKAGE, layout::README, layout::MANIFEST_1] {
        let entries: Vec<Entry> = more(name).into_iter().filter(|e| e.name != name).collect();
        let checked = judge(pack(&entries));
        assert_eq!(checked.verdict, Verdict::Fail, "{name}");
    }
    refused(pack(&telling(|list| list.format = "constat-caviardage/9".into())), "disclosure.list");
    refused(pack(&telling(|list| list.files.clear())), "disclosure.list");
}

#[test]
fn the_secret_goes_with_the_records_and_only_with_them() {
    let secret = entry(layout::SECRET, &bytes_of(&good().entries, layout::SECRET));
    let left = before_meta(copy(), secret);
    refused(pack(&left), "disclosure.not_withheld");
    let mut told = list();
    told.files.retain(|file| file.path != layout::SECRET);
    refused(pack(&with(&left, layout::LIST, &to_canonical(&told).unwrap())), "disclosure.secret_left");
    // Withheld though the package is there.
    let whole = made(&[TEXT], &[]);
    let mut told: WithholdingList = serde_json::from_slice(&bytes_of(&whole, layout::LIST)).unwrap();
    told.files.extend(list().files.into_iter().filter(|file| file.path == layout::SECRET));
    let absent: Vec<Entry> = whole.into_iter().filter(|e| e.name != layout::SECRET).collect();
    refused(pack(&with(&absent, layout::LIST, &to_canonical(&told).unwrap())), "disclosure.secret_absent");
}

#[test]
fn nothing_is_added_and_nothing_is_moved() {
    let mut entries = copy().to_vec();
    entries.insert(3, entry("caviardage/note.txt", b"x"));
    refused(pack(&entries), "bundle.order");
    refused(pack(&before_meta(copy(), entry("caviardage/note.txt", b"x"))), "manifest.uncovered");
    let mut moved = copy().to_vec();
    moved.swap(1, 2);
    refused(pack(&moved), "bundle.order");
    let list = moved.remove(2);
    moved.insert(6, list);
    refused(pack(&moved), "bundle.order");
    let unlisted: Vec<Entry> = copy().iter().filter(|e| e.name != layout::LIST).cloned().collect();
    refused(pack(&unlisted), "manifest.absent");
}

#[test]
fn no_record_stands_apart_when_the_package_is_there() {
    let whole = made(&[TEXT], &[]);
    let mut added = whole.clone();
    added.insert(2, entry(layout::COPY_ARCHIVE, &bytes_of(copy(), layout::COPY_ARCHIVE)));
    refused(pack(&added), "disclosure.archive");
    let mut told: WithholdingList = serde_json::from_slice(&bytes_of(&whole, layout::LIST)).unwrap();
    told.records = list().records;
    refused(pack(&with(&whole, layout::LIST, &to_canonical(&told).unwrap())), "disclosure.archive");
}

#[test]
fn the_list_is_that_of_this_seal_and_an_original_has_none() {
    refused(
        pack(&telling(|list| list.original.manifest_sha256 = Sha256Digest::of(b"autre"))),
        "disclosure.other_bundle",
    );
    let resealed = reseal(&good().entries, |_| {});
    let mut marked = resealed.clone();
    marked.insert(1, entry(layout::LIST, &bytes_of(copy(), layout::LIST)));
    refused(pack(&marked), "disclosure.other_bundle");
    let mut marked = good().entries.clone();
    marked.insert(1, entry(layout::LIST, &bytes_of(copy(), layout::LIST)));
    refused(pack(&marked), "disclosure.not_withheld");
    let nothing = WithholdingList { files: Vec::new(), records: Vec::new(), ..list() };
    refused(pack(&with(&marked, layout::LIST, &to_canonical(&nothing).unwrap())), "disclosure.list");
}
