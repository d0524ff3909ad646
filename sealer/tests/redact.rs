//! Copies with files and records withheld: any choice gives a copy that passes, and any change of it never does.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dossier::*;
use fixtures::Manners;
use proptest::prelude::*;
use sample::*;
use sealer::*;
use warc::{Body, RecordId, RecordType, WarcRecord, WarcWriter};

/// A small page, its picture, a message channel and an address of a third party.
const TIERS: &str = "http://example.org/tiers?a=1&b=2";
const TEXT: &str = "captures/0001-texte.txt";

/// Exchanges as a capture writes them: a request, its answer and what is told beside name each other.
fn archive() -> Vec<u8> {
    let date = clock().now();
    let mut writer = WarcWriter::new(Vec::new());
    let info = RecordId::v5(&["info"]);
    writer.write(&WarcRecord::warcinfo(info, date, "data.warc.gz", b"software: x\r\n")).unwrap();
    for (name, url, body) in [("un", URL, "<p>"), ("deux", PICTURE, "Écran"), ("trois", TIERS, "témoin")] {
        let (asked, answered) = (RecordId::v5(&[name, "q"]), RecordId::v5(&[name, "r"]));
        let headers = [("Content-Type".into(), "text/html".into()), ("Content-Length".into(), body.len().to_string())];
        let head = warc::http::response_head("HTTP/1.1", 200, "OK", &headers).unwrap();
        let body = Body::Bytes(body.as_bytes());
        let answer = WarcRecord::http(RecordType::Response, answered.clone(), date, url, &head, body);
        writer.write(&answer.with("WARC-Concurrent-To", asked.as_str())).unwrap();
        let head = warc::http::request_head("GET", "/", "HTTP/1.1", &[("Host".into(), "example.org".into())]).unwrap();
        let asking = WarcRecord::http(RecordType::Request, asked, date, url, &head, Body::Bytes(b""));
        writer.write(&asking.with("WARC-Concurrent-To", answered.as_str())).unwrap();
        let told = WarcRecord {
            record_type: RecordType::Metadata,
            content_type: Some("application/warc-fields".into()),
            ..WarcRecord::resource(RecordId::v5(&[name, "m"]), date, url, "x/y", Body::Bytes(b"via: x\r\n"))
        };
        writer.write(&told.with("WARC-Concurrent-To", answered.as_str())).unwrap();
    }
    let socket = WarcRecord::resource(
        RecordId::v5(&["canal"]),
        date,
        "urn:websocket:ws://example.org/canal",
        "application/jsonl",
        Body::Bytes(b"{}\n"),
    );
    writer.write(&socket).unwrap();
    writer.into_inner()
}

struct Good {
    work: tempfile::TempDir,
    bundle: PathBuf,
    anchors: TrustAnchors,
    clock: std::sync::Arc<dyn Clock>,
}

fn good() -> &'static Good {
    static GOOD: OnceLock<Good> = OnceLock::new();
    GOOD.get_or_init(|| {
        let work = tempfile::tempdir().unwrap();
        let (_dir, pki) = pki();
        let (one, two) = (tsa(&pki, Manners::Good, "une"), tsa(&pki, Manners::Second, "deux"));
        let etude = etude();
        let bundle = work.path().join("x.asice");
        let authorities: [&dyn TimestampAuthority; 2] = [&one.client, &two.client];
        let closed = closed_around(work.path(), clock(), archive(), |dossier| {
            add(dossier, "net/vide.json", ArtefactKind::Measure, "application/json", b"");
            add(dossier, "logs/adresse.txt", ArtefactKind::Log, "text/plain", TIERS.as_bytes());
        });
        etude.seal(&closed, &authorities, &bundle).unwrap();
        let anchors = etude.anchors.clone().with(one.client.anchors()).with(two.client.anchors());
        Good { work, bundle, anchors, clock: etude.clock.clone() }
    })
}

fn file(path: &str) -> FileChoice {
    FileChoice { path: path.into(), reason: "propos de tiers".into() }
}

fn exchange(what: &str) -> ExchangeChoice {
    ExchangeChoice { what: what.into(), reason: "témoins de connexion".into(), show_url: false }
}

fn made(files: &[FileChoice], exchanges: &[ExchangeChoice], name: &str) -> Result<MadeCopy, SealError> {
    from(&good().bundle, files, exchanges, name)
}

fn from(bundle: &Path, files: &[FileChoice], exchanges: &[ExchangeChoice], name: &str) -> Result<MadeCopy, SealError> {
    let target = good().work.path().join(name);
    let _ = std::fs::remove_file(&target);
    redact(&RedactRequest {
        bundle,
        files,
        exchanges,
        asked_by: None,
        anchors: &good().anchors,
        clock: good().clock.as_ref(),
        target: &target,
    })
}

fn answer(made: &MadeCopy, claim: Claim) -> Answer {
    made.verification.claims.iter().find(|one| one.claim == claim).unwrap().answer
}

fn list(made: &MadeCopy) -> &WithholdingList {
    made.verification.copy.as_ref().unwrap().list()
}

#[test]
fn an_exchange_goes_with_its_twins_and_the_places_that_still_tell_it_are_named() {
    let made = made(&[], &[exchange(TIERS)], "echange.asice").unwrap();
    assert_eq!(made.verification.verdict, Verdict::Pass, "{:#?}", made.verification.findings);
    let kinds: Vec<&str> = list(&made)
        .records
        .iter()
        .filter_map(|record| match record {
            RecordFate::Withheld { kind, url, .. } => {
                assert!(url.is_none());
                Some(kind.as_str())
            }
            RecordFate::Disclosed { .. } => None,
        })
        .collect();
    assert_eq!(kinds, ["response", "request", "metadata"]);
    let entries = RawEntries::open(&made.path).unwrap();
    assert!(entries.len("caviardage/archive.warc.gz").is_some() && entries.len("capture.wacz").is_none());
    assert!(entries.len("disclosure/secret.hex").is_none());
    let mut shown = warc::WarcReader::new(entries.reader("caviardage/archive.warc.gz").unwrap());
    let mut addresses = Vec::new();
    while let Some(record) = shown.next_record().unwrap() {
        addresses.push(record.header().target_uri().to_owned());
    }
    assert!(addresses.len() == 8 && addresses.iter().all(|address| address != TIERS), "{addresses:?}");
    assert_eq!(codes(&made.warnings), ["disclosure.still_told"]);
    assert_eq!(made.warnings[0].found.as_deref(), Some("logs/adresse.txt"));
    assert_eq!(answer(&made, Claim::WebArchive), Answer::EstablishedWithReserve);
    assert_eq!(answer(&made, Claim::Journal), Answer::Established);
}

#[test]
fn the_same_content_elsewhere_is_named() {
    let made = made(&[], &[exchange(PICTURE)], "meme.asice").unwrap();
    let same = made.warnings.iter().find(|w| w.code == "disclosure.same_content").unwrap();
    assert_eq!(same.found.as_deref(), Some(TEXT));
    let both = from(&good().bundle, &[file(TEXT)], &[exchange(PICTURE)], "meme2.asice").unwrap();
    assert!(both.warnings.iter().all(|w| w.code != "disclosure.same_content"), "{:#?}", both.warnings);
}

#[test]
fn what_cannot_be_checked_is_said_withheld() {
    let journal = made(&[file("journal.jsonl")], &[], "journal.asice").unwrap();
    assert_eq!(journal.verification.verdict, Verdict::Pass, "{:#?}", journal.verification.findings);
    assert_eq!(answer(&journal, Claim::Journal), Answer::Withheld);
    assert_eq!(answer(&journal, Claim::Session), Answer::Withheld);
    assert_eq!(answer(&journal, Claim::WebArchive), Answer::Established);
    assert_eq!(answer(&journal, Claim::Contents), Answer::EstablishedWithReserve);
    let package = made(&[file("capture.wacz")], &[], "archive.asice").unwrap();
    assert_eq!(package.verification.verdict, Verdict::Pass, "{:#?}", package.verification.findings);
    assert_eq!(answer(&package, Claim::WebArchive), Answer::Withheld);
    assert_eq!(list(&package).files.len(), 2, "the secret goes with the package");
    let all = made(&[], &[exchange("*")], "tout.asice").unwrap();
    assert_eq!(all.verification.verdict, Verdict::Pass, "{:#?}", all.verification.findings);
    assert_eq!(list(&all).withheld_records() + 1, list(&all).records.len(), "warcinfo tells no exchange");
    let folder = made(&[file("captures/"), file("screens/")], &[], "dossiers.asice").unwrap();
    assert_eq!(list(&folder).files.len(), 2);
}

#[test]
fn a_copy_is_no_original() {
    let made = made(&[file(TEXT)], &[], "copie.asice").unwrap();
    assert!(is_redacted_copy(&made.path) && !is_redacted_copy(&good().bundle));
    assert!(made.verification.bundle.is_none());
    let again = from(&made.path, &[file("screens/")], &[], "encore.asice");
    assert_eq!(again.unwrap_err().code(), "disclosure.redacted_copy");
    let renewed = renew(&made.path, &[], &Offline, good().clock.as_ref(), &SystemRandom);
    assert_eq!(renewed.unwrap_err().code(), "disclosure.redacted_copy");
    let stamped = add_time(&made.path, &[], &Offline, good().clock.as_ref(), &SystemRandom);
    assert_eq!(stamped.unwrap_err().code(), "disclosure.redacted_copy");
    let (world, path) = (good(), made.path.clone());
    let batch = prolong_batch(&[path], &world.anchors, &[], (&Offline, world.clock.as_ref(), &SystemRandom), &|_| {});
    let [item] = &batch.unwrap().items[..] else { panic!("one bundle, one answer") };
    assert_eq!((item.refused.as_deref(), item.stamps), (Some("disclosure.redacted_copy"), 0));
    assert!(!item.record.exists());
    let calendars = anchor::Calendars { addresses: Vec::new(), allowed: Vec::new() };
    let exchange = anchor::HttpExchange::with_deadline(std::time::Duration::from_secs(1));
    let anchoring = Anchoring { calendars: &calendars, log: None, exchange: &exchange };
    let anchored = anchor_bundle(&made.path, &anchoring, &world.anchors, world.clock.as_ref(), &SystemRandom);
    assert_eq!(anchored.unwrap_err().code(), "disclosure.redacted_copy");
}

#[test]
fn what_cannot_be_withheld_is_refused_and_nothing_is_left() {
    let code = |files: &[FileChoice], exchanges: &[ExchangeChoice]| {
        let target = good().work.path().join("refus.asice");
        let error = made(files, exchanges, "refus.asice").unwrap_err();
        assert!(!target.exists());
        error.code()
    };
    for path in ["constat.json", "SHA256SUMS", "META-INF/signature001.p7s", "archive/data.warc.gz", "rien", "rien/"] {
        assert_eq!(code(&[file(path)], &[]), "disclosure.unknown_file", "{path}");
    }
    assert_eq!(code(&[], &[exchange("http://example.org/autre")]), "disclosure.unknown_exchange");
    assert_eq!(code(&[], &[]), "disclosure.nothing");
    let altered = good().work.path().join("altere.asice");
    let mut octets = std::fs::read(&good().bundle).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&altered, octets).unwrap();
    assert_eq!(from(&altered, &[file(TEXT)], &[], "refus.asice").unwrap_err().code(), "seal.bad_bundle");
}

const ARTEFACTS: [&str; 6] = [
    "captures/0001-texte.txt",
    "journal.jsonl",
    "logs/adresse.txt",
    "net/vide.json",
    "screens/0001-page.png",
    "capture.wacz",
];
const EXCHANGES: [&str; 5] = [URL, PICTURE, TIERS, "ws://example.org/canal", "http://example.org/*"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_choice_passes_and_any_change_of_it_does_not(
        artefacts in prop::sample::subsequence(ARTEFACTS.to_vec(), 1..=ARTEFACTS.len()),
        exchanges in prop::sample::subsequence(EXCHANGES.to_vec(), 0..=EXCHANGES.len()),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 20),
    ) {
        let files: Vec<FileChoice> = artefacts.iter().map(|path| file(path)).collect();
        let exchanges: Vec<ExchangeChoice> = exchanges.iter().map(|what| exchange(what)).collect();
        let made = made(&files, &exchanges, "proptest.asice").unwrap();
        prop_assert_eq!(made.verification.verdict, Verdict::Pass, "{:#?}", made.verification.findings);
        let octets = std::fs::read(&made.path).unwrap();
        for (at, mask) in flips {
            let mut octets = octets.clone();
            let at = at.index(octets.len());
            octets[at] ^= mask;
            prop_assert_ne!(verdict_of(octets, &good().anchors, good().clock.now()), Verdict::Pass, "octet {}", at);
        }
    }
}
