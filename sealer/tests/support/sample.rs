//! A small dossier, a trial étude and real authorities, shared by the tests.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and so do the attacks inside the crate"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier::*;
use sealer::{
    HttpAuthority, HttpNetwork, Network, SealProgress, SealRequest, SealedBundle, SoftwareSigner, SystemRandom,
    TimestampAuthority, TrustAnchors, WaczKey, seal, trial,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use warc::{Body, Budget, Page, RecordId, RecordType, WarcRecord, WarcWriter};

/// A clock that starts at the machine's time and moves one millisecond at each reading.
pub fn clock() -> Arc<dyn Clock> {
    #[expect(clippy::disallowed_methods, reason = "real authorities answer with the real time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let now = Instant::from_millisecond(now.as_millis() as i64).unwrap();
    Arc::new(FixedClock::new(now, Duration::from_millis(1)))
}

pub fn software() -> Software {
    Software { name: "constat".into(), version: "0.1.0".into(), binary_sha256: None }
}

pub fn path(name: &str) -> ArtefactPath {
    ArtefactPath::new(name).unwrap()
}

/// An open dossier with its two first lines, then what a capture writes.
pub fn open(parent: &Path) -> OpenDossier {
    open_by(parent, clock())
}

/// The same, by another clock.
pub fn open_by(parent: &Path, clock: Arc<dyn Clock>) -> OpenDossier {
    let case = Case {
        reference: Reference::new("2026-0142").unwrap(),
        objet: Some("Essai du scellement".into()),
        requerant: None,
        officier: None,
        lieu: None,
        presents: Vec::new(),
    };
    let opening = Opening { case, software: software(), attended: false, essai: true };
    let mut dossier = OpenDossier::create(parent, &opening, clock).unwrap();
    dossier
        .record(op::MEASURE_SYSTEM, Outcome::Ok, json!({"name": "Debian", "version": "12", "how": "/etc/os-release"}))
        .unwrap();
    dossier
        .record(
            op::STEP_BEGIN,
            Outcome::Begin,
            json!({"step": 1, "kind": "aller", "parameters": {}, "what": "J'ouvre la page."}),
        )
        .unwrap();
    dossier
        .record(
            op::PAGE_REACHED,
            Outcome::Ok,
            json!({"step": 1, "asked": URL, "url": URL, "status": 200, "title": "Essai"}),
        )
        .unwrap();
    dossier
}

pub const URL: &str = "http://example.org/";

pub const PICTURE: &str = "http://example.org/photo.png";

/// The bytes of a small archive: a page, and a picture whose EXIF names a camera.
pub fn archive() -> Vec<u8> {
    archive_of("Objectif 1")
}

/// The same, of another camera.
pub fn archive_of(camera: &str) -> Vec<u8> {
    archive_at(camera, clock().now())
}

/// The same, with the date of its records.
pub fn archive_at(camera: &str, date: Instant) -> Vec<u8> {
    let headers = [("Content-Type".into(), "text/html".into()), ("Content-Length".into(), "3".into())];
    let head = warc::http::response_head("HTTP/1.1", 200, "OK", &headers).unwrap();
    let mut writer = WarcWriter::new(Vec::new());
    writer.write(&WarcRecord::warcinfo(RecordId::v5(&["info"]), date, "data.warc.gz", b"software: x\r\n")).unwrap();
    let id = RecordId::v5(&["response"]);
    writer.write(&WarcRecord::http(RecordType::Response, id, date, URL, &head, Body::Bytes(b"<p>"))).unwrap();
    let picture = png_with_exif(40, camera);
    let headers = [("Content-Type".into(), "image/png".into()), ("Content-Length".into(), picture.len().to_string())];
    let head = warc::http::response_head("HTTP/1.1", 200, "OK", &headers).unwrap();
    let id = RecordId::v5(&["picture"]);
    writer.write(&WarcRecord::http(RecordType::Response, id, date, PICTURE, &head, Body::Bytes(&picture))).unwrap();
    writer.into_inner()
}

/// A PNG of 3 by 2 pixels that says which camera made it.
pub fn png_with_exif(shade: u8, camera: &str) -> Vec<u8> {
    let value = exif::Value::Ascii(vec![camera.as_bytes().to_vec()]);
    let field = exif::Field { tag: exif::Tag::Model, ifd_num: exif::In::PRIMARY, value };
    let mut block = std::io::Cursor::new(Vec::new());
    let mut writer = exif::experimental::Writer::new();
    writer.push_field(&field);
    writer.write(&mut block, false).unwrap();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 3, 2);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::ChunkType(*b"eXIf"), &block.into_inner()).unwrap();
    writer.write_image_data(&[shade; 18]).unwrap();
    writer.finish().unwrap();
    out
}

/// A PNG of 3 by 2 pixels.
pub fn png(shade: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 3, 2);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&[shade; 18]).unwrap();
    out
}

pub fn add(dossier: &mut OpenDossier, name: &str, kind: ArtefactKind, media_type: &str, bytes: &[u8]) {
    let meta = ArtefactMeta::new(kind, Origin::Produced, media_type).of_step(1, Some(1));
    dossier.keep_bytes(path(name), meta, bytes).unwrap();
}

/// Everything a small capture leaves, closed as complete.
pub fn closed(parent: &Path) -> ClosedDossier {
    closed_after(parent, |_| {})
}

/// The same, with this archive, and these pictures more.
pub fn closed_with(parent: &Path, archive: Vec<u8>, pictures: &[(&str, Vec<u8>)]) -> ClosedDossier {
    let mut dossier = open(parent);
    for (name, bytes) in pictures {
        add(&mut dossier, &format!("downloads/{name}"), ArtefactKind::Download, "image/png", bytes);
    }
    filled(dossier, archive, |_| {})
}

/// The same, with something done just before the closing.
pub fn closed_after(parent: &Path, last: impl FnOnce(&mut OpenDossier)) -> ClosedDossier {
    closed_by(parent, clock(), last)
}

/// The same, by another clock.
pub fn closed_by(parent: &Path, clock: Arc<dyn Clock>, last: impl FnOnce(&mut OpenDossier)) -> ClosedDossier {
    let archive = archive_at("Objectif 1", clock.now());
    closed_around(parent, clock, archive, last)
}

/// The same, around another archive.
pub fn closed_around(
    parent: &Path,
    clock: Arc<dyn Clock>,
    archive: Vec<u8>,
    last: impl FnOnce(&mut OpenDossier),
) -> ClosedDossier {
    filled(open_by(parent, clock), archive, last)
}

/// The instant of fourteen digits.
fn instant_of(digits: &str) -> Instant {
    let part = |from: usize, to: usize| &digits[from..to];
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    format!("{}T{}Z", date.join("-"), time.join(":")).parse().unwrap()
}

fn filled(mut dossier: OpenDossier, archive: Vec<u8>, last: impl FnOnce(&mut OpenDossier)) -> ClosedDossier {
    let entries = warc::index_reader(&archive[..], "data.warc.gz", Budget::default()).unwrap();
    let index = warc::write_cdxj(&entries);
    // The page has the date of its record, to the second, whenever that was.
    let dated = entries.iter().find(|entry| entry.url == URL).map(|entry| instant_of(&entry.timestamp));
    let ts = dated.unwrap_or_else(|| clock().now());
    let page = Page { id: "1".into(), url: URL.into(), ts, title: None, text: None };
    let pages = warc::write_pages("Pages", &[page]);
    add(&mut dossier, "screens/0001-page.png", ArtefactKind::ScreenshotPage, "image/png", &png_with_exif(9, "Écran"));
    add(&mut dossier, "captures/0001-texte.txt", ArtefactKind::Text, "text/plain", "Écran".as_bytes());
    dossier.record(op::STEP_END, Outcome::Ok, json!({"step": 1, "kind": "aller", "what": "J'ouvre la page."})).unwrap();
    dossier.record(op::INCOMPLETE, Outcome::Deviation, json!({"step": 1, "page": URL, "url": "http://example.org/x.js", "reason": "failed", "detail": "net::ERR_FAILED"})).unwrap();
    dossier
        .record(
            op::INCOMPLETE,
            Outcome::Deviation,
            json!({"requests_seen": 2, "exchanges_stored": 1, "messages_unparsed": 0}),
        )
        .unwrap();
    let account = json!({
        "browser": 1, "requests_cdp": 2, "requests_netlog": 3, "packet_flows": null, "exchanges_stored": 1, "matched": 2,
        "only_netlog": 1, "only_netlog_sent": 1, "how": "…", "unmatched": [
            {"class": "only_netlog", "method": "GET", "url": "http://example.org/y", "count": 1, "why": "envoyée"}],
        "report": "net/rapprochement.json",
    });
    dossier.record(op::ACCOUNT_RECONCILE, Outcome::Deviation, account).unwrap();
    let unread = json!({"browser": 2, "requests_cdp": 0, "requests_netlog": null, "packet_flows": null,
        "exchanges_stored": 0, "how": "…", "why": "Le journal est absent."});
    dossier.record(op::ACCOUNT_RECONCILE, Outcome::NotDone, unread).unwrap();
    add(&mut dossier, "archive/data.warc.gz", ArtefactKind::Archive, "application/warc", &archive);
    add(&mut dossier, "indexes/index.cdxj", ArtefactKind::ArchiveIndex, "application/cdxj", index.as_bytes());
    add(&mut dossier, "pages/pages.jsonl", ArtefactKind::ArchivePages, "application/jsonl", pages.as_bytes());
    last(&mut dossier);
    dossier.close(SessionState::Complete).unwrap()
}

/// A trial étude in its folder.
pub struct Etude {
    pub dir: TempDir,
    pub signer: SoftwareSigner,
    pub wacz: WaczKey,
    pub anchors: TrustAnchors,
    pub clock: Arc<dyn Clock>,
}

pub fn etude() -> Etude {
    let dir = tempfile::tempdir().unwrap();
    let clock = clock();
    trial::make_trial_etude(dir.path(), clock.as_ref(), &SystemRandom).unwrap();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    Etude {
        signer: SoftwareSigner::from_pem(&read(trial::SEAL_KEY), read(trial::SEAL_CHAIN).as_bytes()).unwrap(),
        wacz: WaczKey::from_pem(&read(trial::WACZ_KEY)).unwrap(),
        anchors: TrustAnchors::from_folder(&dir.path().join(trial::ANCHORS)).unwrap(),
        clock,
        dir,
    }
}

/// The étude of the test PKI, whose certificates announce CRLs and OCSP: seals with `credential`.
pub fn etude_of(pki: &fixtures::Pki, credential: &fixtures::Credential) -> Etude {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    Etude {
        signer: SoftwareSigner::from_pem(&read(&credential.key), read(&credential.chain).as_bytes()).unwrap(),
        wacz: WaczKey::from_pem(&read(&pki.wacz_key_pem())).unwrap(),
        anchors: TrustAnchors::from_folder(&pki.anchors_dir()).unwrap(),
        clock: clock(),
        dir: tempfile::tempdir().unwrap(),
    }
}

impl Etude {
    pub fn root_pem(&self) -> PathBuf {
        self.dir.path().join(trial::TRIAL_ROOT)
    }

    pub fn seal(
        &self,
        dossier: &ClosedDossier,
        authorities: &[&dyn TimestampAuthority],
        target: &Path,
    ) -> Result<SealedBundle, sealer::SealError> {
        self.seal_told(dossier, authorities, target, &|_| {})
    }

    pub fn seal_told(
        &self,
        dossier: &ClosedDossier,
        authorities: &[&dyn TimestampAuthority],
        target: &Path,
        progress: &dyn Fn(SealProgress),
    ) -> Result<SealedBundle, sealer::SealError> {
        let network = HttpNetwork::with_deadline(Duration::from_secs(3));
        self.seal_from(dossier, authorities, &network, target, progress)
    }

    pub fn seal_from(
        &self,
        dossier: &ClosedDossier,
        authorities: &[&dyn TimestampAuthority],
        network: &dyn Network,
        target: &Path,
        progress: &dyn Fn(SealProgress),
    ) -> Result<SealedBundle, sealer::SealError> {
        seal(&SealRequest {
            dossier,
            signer: &self.signer,
            wacz_key: &self.wacz,
            authorities,
            network,
            anchoring: None,
            clock: self.clock.as_ref(),
            random: &SystemRandom,
            essai: true,
            target,
            progress,
        })
    }
}

/// OpenSSL's authority over HTTP, and our client of it.
pub struct Tsa {
    pub server: fixtures::Authority,
    pub client: HttpAuthority,
}

pub fn tsa(pki: &fixtures::Pki, manners: fixtures::Manners, name: &str) -> Tsa {
    let server = fixtures::Authority::start(pki, manners).unwrap();
    let anchors = std::fs::read(server.root_pem()).unwrap();
    let client =
        HttpAuthority::with_deadline(name, &server.url(), &anchors, Some("0.4.0.2023.1.1"), Duration::from_secs(3))
            .unwrap();
    Tsa { server, client }
}

pub fn pki() -> (TempDir, fixtures::Published) {
    let dir = tempfile::tempdir().unwrap();
    let pki = fixtures::Published::start(dir.path()).unwrap();
    (dir, pki)
}

pub fn codes(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|f| f.code.as_str()).collect()
}

/// A program that must be there and must succeed; gives its standard output.
pub fn run(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = std::process::Command::new(program).args(arguments).current_dir(folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {text}");
    text
}

pub fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
