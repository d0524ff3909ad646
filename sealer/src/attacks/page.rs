//! The page (`verify-page/`) is a second verifier, written apart: on every vector it must give our verdict and our codes.
mod anchors;
mod archives;
mod copies;
mod mutants;
mod pictures;
mod receipts;
mod records;
mod session;
mod states;
mod whole;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use dossier::{ArtefactKind, Instant};
use fixtures::Manners;
use serde_json::{Value, json};

use super::forge::pack;
use super::sample::{self, Tsa};
use super::vectors::{FOLDER, Vectors};
use crate::{Offline, SystemRandom, TimestampAuthority, TrustAnchors, add_time, close_interrupted, verify_bytes};

/// Where the page's sources are.
fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("verify-page")
}

/// Runs a script of the page with the packages that `.ci/install` installed; it must succeed.
fn node(script: &str, argument: &Path) {
    let pins = ["package.json", "package-lock.json"].map(|name| std::fs::read(page().join(name)).unwrap());
    let key = dossier::Sha256Digest::of(&pins.concat()).to_hex();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let modules = cache.join(format!("constat/verify-page-{}/node_modules", &key[..12]));
    assert!(modules.is_dir(), "{} is missing: run .ci/install", modules.display());
    let mut command = Command::new("node");
    command.arg(page().join(script)).arg(argument).env("CONSTAT_PAGE_MODULES", modules);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_rebuild_gives_the_same_page() {
    let work = tempfile::tempdir().unwrap();
    let built = work.path().join("verify.html");
    node("build.mjs", &built);
    let same = std::fs::read(&built).unwrap() == std::fs::read(page().join("dist/verify.html")).unwrap();
    assert!(
        same,
        "verify-page/dist/verify.html is not what its sources give: run « node sealer/verify-page/build.mjs »"
    );
}

#[test]
fn the_page_serves_a_reader_and_reaches_nothing() {
    let work = tempfile::tempdir().unwrap();
    std::fs::write(work.path().join("x.asice"), &super::good().bytes).unwrap();
    std::fs::write(work.path().join("copie.asice"), pack(super::copies::copy())).unwrap();
    std::fs::copy(super::good().etude.root_pem(), work.path().join("racine.pem")).unwrap();
    let (dossier, root, at) = super::whole::good();
    std::fs::write(work.path().join("dossier.zip"), dossier).unwrap();
    std::fs::write(work.path().join("dossier.der"), root).unwrap();
    std::fs::write(work.path().join("dossier.date"), at.to_string()).unwrap();
    node("tests/behave.mjs", work.path());
}

/// A download of this many MiB (`CONSTAT_LARGE_MIB` for more), of which the browser may hold a small part only.
#[test]
fn the_page_streams_a_large_file() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mebibytes = std::env::var("CONSTAT_LARGE_MIB").map_or(384, |told| told.parse().unwrap());
    let etude = sample::etude();
    let closed = sample::closed_after(work.path(), |dossier| {
        let octets: Vec<u8> =
            (0..mebibytes << 18_u32).flat_map(|n: u32| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        sample::add(dossier, "downloads/0001-grand.bin", ArtefactKind::Download, "application/octet-stream", &octets);
    });
    etude.seal(&closed, &[], &out.path().join("x.asice")).unwrap_or_else(|e| panic!("{e:#?}"));
    std::fs::write(out.path().join("petit.asice"), &super::good().bytes).unwrap();
    std::fs::copy(etude.root_pem(), out.path().join("racine.pem")).unwrap();
    node("tests/large.mjs", out.path());
    let told: Value = serde_json::from_slice(&std::fs::read(out.path().join("memory.json")).unwrap()).unwrap();
    let ours = crate::verify(&out.path().join("x.asice"), &etude.anchors, etude.clock.now());
    assert_eq!(
        (&told["verdict"], &told["bundle_sha256"]),
        (&json!(ours.verdict), &json!(ours.bundle_sha256)),
        "{told}"
    );
    let [length, grown] = ["length", "grown"].map(|key| told[key].as_i64().unwrap());
    assert!(length >> 20 >= i64::from(mebibytes) && grown < 64 << 20, "{grown} octets more for a file of {length}");
}

/// Every file here that our verifier judged is judged by the page.
fn compare(folder: &Path) -> usize {
    node("tests/drive.mjs", folder);
    let read = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap() };
    let mut differences = Vec::new();
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".asice") else { continue };
        let (ours, theirs) = (read(&format!("{name}.json")), read(&format!("{name}.page.json")));
        let codes = |told: &Value| -> Vec<String> {
            let list = told["findings"].as_array().cloned().unwrap_or_default();
            list.iter().map(|f| format!("{} {}", f["code"], f["level"])).collect()
        };
        count += 1;
        let same = codes(&ours) == codes(&theirs)
            && points_agree(&theirs)
            && copies_agree(&ours, &theirs)
            && ["verdict", "bundle_sha256"].into_iter().all(|key| ours[key] == theirs[key])
            && facts(&ours) == facts(&theirs);
        if !same {
            differences.push(format!("{name}\n  ours {ours}\n  page {theirs}"));
        }
    }
    assert!(differences.is_empty(), "{} of {count} differ:\n{}", differences.len(), differences.join("\n"));
    count
}

/// The facts of the seal, but for names written out: digests tell who signed, and the page spells more kinds of name parts.
fn facts(told: &Value) -> Value {
    let mut seal = told["seal"].clone();
    seal.as_object_mut().unwrap().remove("signer");
    for tokens in ["timestamps", "session"] {
        for token in seal[tokens].as_array_mut().unwrap() {
            token.as_object_mut().unwrap().remove("authority");
        }
    }
    seal
}

/// The worst of the points that the page shows is the verdict, and only a failure leaves a point unexamined.
fn points_agree(told: &Value) -> bool {
    let has = |state: &str| told["points"].as_array().unwrap().iter().any(|point| point["state"] == state);
    let worst = [("fail", "FAIL"), ("indeterminate", "INDETERMINATE")].into_iter().find(|(state, _)| has(state));
    let worst = worst.map_or("PASS", |(_, verdict)| verdict);
    told["verdict"] == worst && (worst == "FAIL" || !has("unreached"))
}

/// What a copy withholds is told alike, and the same points are said to be withheld from it.
fn copies_agree(ours: &Value, theirs: &Value) -> bool {
    let mut copy = theirs["copy"].clone();
    if let Some(copy) = copy.as_object_mut() {
        copy.remove("by_reason");
    }
    let points = theirs["points"].as_array().unwrap().iter().filter(|point| point["state"] == "withheld");
    // The page tells apart what our claim on the journal holds together.
    let claim = |point: &Value| match point["point"].as_str() {
        Some("archive") => "web_archive".to_owned(),
        Some("inventory") => "journal".to_owned(),
        other => other.unwrap().to_owned(),
    };
    let expected: BTreeSet<String> = serde_json::from_value(ours["withheld"].clone()).unwrap();
    copy == ours["copy"] && points.map(claim).collect::<BTreeSet<_>>() == expected
}

/// The attacks of this module, run once more in a process of their own that writes each one down.
#[test]
fn the_page_judges_every_attack_as_we_do() {
    let work = tempfile::tempdir().unwrap();
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["attacks::", "--skip", "attacks::page"])
        .env(FOLDER, work.path())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
    let count = compare(work.path());
    assert!(count > 100, "only {count} vectors: are they written down?");
}

/// A bundle with two tokens, its roots and the instant after it.
struct Stamped {
    bytes: Vec<u8>,
    etude: sample::Etude,
    tsas: [Tsa; 2],
    _pki: tempfile::TempDir,
}

fn stamped(work: &Path) -> Stamped {
    let (dir, pki) = sample::pki();
    let tsas = [sample::tsa(&pki, Manners::Good, "une"), sample::tsa(&pki, Manners::Second, "deux")];
    let etude = sample::etude();
    let target = work.join("x.asice");
    let authorities: [&dyn TimestampAuthority; 2] = [&tsas[0].client, &tsas[1].client];
    etude.seal(&sample::closed(work), &authorities, &target).unwrap_or_else(|e| panic!("{e}"));
    Stamped { bytes: std::fs::read(&target).unwrap(), etude, tsas, _pki: dir }
}

/// Judges with these roots, and writes down.
fn judge(vectors: &Vectors, name: &str, bytes: &[u8], roots: &[&Path], at: Instant) {
    let none = TrustAnchors::none();
    let anchors =
        roots.iter().fold(none, |all, root| all.with(&TrustAnchors::from_pem(&std::fs::read(root).unwrap()).unwrap()));
    vectors.keep(name, bytes, roots, at, &verify_bytes(bytes.to_vec(), &anchors, at));
}

fn later(at: Instant, days: i64) -> Instant {
    Instant::from_millisecond(at.as_millisecond() + days * 86_400_000).unwrap()
}

#[test]
fn the_page_judges_stamped_bundles_as_we_do() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let stamped = stamped(work.path());
    let vectors = Vectors::new(out.path());
    let (seal, at) = (stamped.etude.root_pem(), stamped.etude.clock.now());
    let tokens = stamped.tsas.each_ref().map(|tsa| tsa.server.root_pem());
    let all = [seal.as_path(), tokens[0], tokens[1]];
    let good = |name: &str, roots: &[&Path], at| judge(&vectors, name, &stamped.bytes, roots, at);
    good("entier", &all, at);
    good("sans-racine", &[], at);
    good("racine-du-sceau-seule", &all[..1], at);
    good("racines-des-jetons-seules", &all[1..], at);
    good("un-an-avant", &all, later(at, -365));
    good("dix-ans-apres", &all, later(at, 3700));
    good("trente-ans-apres", &all, later(at, 11_000));
    good("trente-ans-apres-sans-jeton-sur", &all[..1], later(at, 11_000));
    later_and_cut(&vectors, &all, &stamped);
    flips(&vectors, &all, &stamped, at);
    assert!(compare(out.path()) > 150);
}

/// A token added later, and a session that was cut.
fn later_and_cut(vectors: &Vectors, roots: &[&Path], stamped: &Stamped) {
    let (work, etude) = (tempfile::tempdir().unwrap(), &stamped.etude);
    let target = work.path().join("x.asice");
    etude.seal(&sample::closed(work.path()), &[], &target).unwrap();
    judge(vectors, "sans-jeton", &std::fs::read(&target).unwrap(), roots, etude.clock.now());
    add_time(&target, &[&stamped.tsas[0].client], &Offline, etude.clock.as_ref(), &SystemRandom).unwrap();
    let bytes = std::fs::read(&target).unwrap();
    judge(vectors, "jeton-ajoute", &bytes, roots, etude.clock.now());
    let work = tempfile::tempdir().unwrap();
    let root = sample::open(work.path()).root().to_path_buf();
    let closed = close_interrupted(&root, &sample::software(), etude.clock.clone()).unwrap();
    let target = work.path().join("y.asice");
    etude.seal(&closed, &[], &target).unwrap();
    judge(vectors, "interrompu", &std::fs::read(&target).unwrap(), roots, etude.clock.now());
}

/// What is read deepest: archives and pictures of every kind, whose index, keys, pixels and EXIF are all computed again.
#[test]
fn the_page_reads_archives_and_pictures_as_we_do() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (vectors, etude) = (Vectors::new(out.path()), sample::etude());
    let root = etude.root_pem();
    let seal = |name: &str, archive: Vec<u8>, shots: &[(&str, Vec<u8>)]| {
        let parent = work.path().join(name);
        std::fs::create_dir(&parent).unwrap();
        let target = parent.join("x.asice");
        etude
            .seal(&sample::closed_with(&parent, archive, shots), &[], &target)
            .unwrap_or_else(|e| panic!("{name}: {e:#?}"));
        judge(&vectors, name, &std::fs::read(&target).unwrap(), &[&root], etude.clock.now());
    };
    seal("adresses", archives::addresses(), &[]);
    seal("requetes", archives::requests(), &[]);
    seal("genres", archives::kinds(), &[]);
    seal("exif", archives::of(&pictures::exif()), &[]);
    seal("conteneurs", archives::of(&pictures::containers()), &[]);
    seal("pixels", sample::archive(), &pictures::pixels());
    assert_eq!(compare(out.path()), 6);
}

/// One bit changed, at places spread over the whole file; densely in the seals, where most rules are.
fn flips(vectors: &Vectors, roots: &[&Path], stamped: &Stamped, at: Instant) {
    let length = stamped.bytes.len();
    let seals = length - length / 4;
    let places = (0..seals).step_by(seals / 60).chain((seals..length).step_by(length / 4 / 100));
    for place in places {
        let mut bytes = stamped.bytes.clone();
        bytes[place] ^= 1 << (place % 8);
        judge(vectors, &format!("bit-{place:06}"), &bytes, roots, at);
    }
}
