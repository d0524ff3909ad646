//! The second verifier, as the binary hands it out: on what was really captured it says what the binary says.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::support::{Bench, text, world};

/// The page's folder in this repository.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sealer/verify-page")
}

/// Where `.ci/install` put what drives a browser.
fn modules() -> PathBuf {
    let pins = ["package.json", "package-lock.json"].map(|name| fs::read(sources().join(name)).unwrap());
    let key = dossier::Sha256Digest::of(&pins.concat()).to_hex();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let modules = cache.join(format!("constat/verify-page-{}/node_modules", &key[..12]));
    assert!(modules.is_dir(), "{} is missing: run .ci/install", modules.display());
    modules
}

/// The folder that a clerk would be given: the page, the roots, and bundles with what the binary says of them.
struct Key {
    folder: PathBuf,
    page: PathBuf,
    roots: Vec<String>,
}

impl Key {
    fn new(bench: &Bench) -> Self {
        let folder = bench.path("cle");
        fs::create_dir(&folder).unwrap();
        let copied = bench.run(&["--json", "verifier", "--page", text(&folder)]).expect(0).json();
        let page = folder.join("verify.html");
        assert_eq!(copied["page"], text(&page));
        let octets = fs::read(&page).unwrap();
        assert_eq!(copied["sha256"], dossier::Sha256Digest::of(&octets).to_hex());
        assert!(octets == fs::read(sources().join("dist/verify.html")).unwrap(), "another page was copied");
        let mut roots = Vec::new();
        for entry in fs::read_dir(world().pki.anchors_dir()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            fs::copy(entry.path(), folder.join(&name)).unwrap();
            roots.push(name);
        }
        Self { folder, page, roots }
    }

    /// A bundle with the answer of the binary.
    fn add(&self, bench: &Bench, name: &str, bytes: &[u8]) {
        let path = self.folder.join(format!("{name}.asice"));
        fs::write(&path, bytes).unwrap();
        let mut told = bench.verify(&path).json();
        told["anchors"] = json!(self.roots);
        fs::write(self.folder.join(format!("{name}.json")), told.to_string()).unwrap();
    }

    /// What binary and page say of a bundle.
    fn answers(&self, name: &str) -> [Value; 2] {
        [".json", ".page.json"].map(|form| {
            let octets = fs::read(self.folder.join(format!("{name}{form}"))).unwrap();
            let mut told: Value = serde_json::from_slice(&octets).unwrap();
            let findings = told["findings"].take();
            // Names are spelled out by each in its own way; the digest of the certificate tells who signed.
            let keys = ["certificate_sha256", "signing_time", "manifest_sha256", "level", "essai"];
            let seal = keys.map(|key| told["seal"][key].clone());
            let of = |kind: &str| -> Vec<Value> {
                told["seal"][kind].as_array().unwrap().iter().map(gen_time).collect()
            };
            let tokens = ["timestamps", "session"].map(of);
            let codes: Vec<_> = findings.as_array().unwrap().iter().map(|f| json!([f["code"], f["level"]])).collect();
            json!({"verdict": told["verdict"], "codes": codes, "seal": seal, "tokens": tokens, "sha256": told["bundle_sha256"]})
        })
    }
}

fn gen_time(token: &Value) -> Value {
    json!([token["entry"], token["gen_time"], token["serial"]])
}

#[test]
fn the_page_of_the_binary_says_of_a_capture_what_the_binary_says() {
    let bench = Bench::new();
    bench.capture(&format!("{}/reseau/p/1042", world().sites.base()), "CLE").expect(0);
    let good = fs::read(bench.bundle("CLE")).unwrap();
    let key = Key::new(&bench);
    key.add(&bench, "entier", &good);
    let mut altered = good.clone();
    let place = good.len() / 2;
    altered[place] ^= 1;
    key.add(&bench, "altere", &altered);
    key.add(&bench, "coupe", &good[..good.len() - 1]);
    let mut drive = Command::new("node");
    drive.arg(sources().join("tests/drive.mjs")).arg(&key.folder);
    drive.env("CONSTAT_PAGE_MODULES", modules()).env("CONSTAT_PAGE", &key.page);
    let output = drive.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for (name, verdict) in [("entier", "PASS"), ("altere", "FAIL"), ("coupe", "FAIL")] {
        let [ours, theirs] = key.answers(name);
        assert_eq!(ours["verdict"], verdict, "{name}: {ours}");
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn a_page_is_not_copied_to_a_folder_that_is_not_there() {
    let bench = Bench::new();
    let absent = bench.path("absent");
    let refused = bench.run(&["verifier", "--page", text(&absent)]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("erreur ["), "{}", refused.stderr);
    assert!(!absent.exists());
}
