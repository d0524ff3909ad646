//! Vectors as files: what the attacks judge can be written out, with our verdict in the name, for other verifiers.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use dossier::Instant;
use serde_json::{Value, json};

use crate::{Answer, Claim, RecordFate, Verification, WithholdingList};

/// The folder that vectors are written to; when it is not set, none is.
pub(super) const FOLDER: &str = "CONSTAT_VECTORS";

/// The folder that whole dossiers of an act are written to; when it is not set, none is.
pub(super) const WHOLE_FOLDER: &str = "CONSTAT_WHOLE_VECTORS";

/// Where vectors go, with the roots they are judged with.
pub(super) struct Vectors {
    folder: PathBuf,
    count: AtomicUsize,
}

impl Vectors {
    /// Vectors written to `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), count: AtomicUsize::new(0) }
    }

    /// Writes `NAME-NUMBER.expected-VERDICT.asice`, and beside it `.json`: the instant, the roots, our verdict, findings and
    /// facts of the seal,
    /// and of a copy what it withholds.
    pub(super) fn keep(&self, name: &str, bytes: &[u8], roots: &[&Path], at: Instant, ours: &Verification) {
        let roots: Vec<Vec<u8>> = roots.iter().map(|root| fs::read(root).unwrap()).collect();
        self.keep_with(name, bytes, &roots, at, ours);
    }

    /// The same, with roots by their octets, PEM or DER.
    pub(super) fn keep_with(&self, name: &str, bytes: &[u8], roots: &[Vec<u8>], at: Instant, ours: &Verification) {
        let findings: Vec<_> =
            ours.findings.iter().map(|f| json!({"code": f.code, "level": f.level, "found": f.found})).collect();
        let told = json!({
            "verdict": ours.verdict, "findings": findings, "bundle_sha256": ours.bundle_sha256,
            "seal": ours.facts, "copy": ours.copy.as_ref().map(|copy| told_of(copy.list())), "withheld": withheld(ours),
        });
        self.write(name, bytes, roots, at, told);
    }

    /// The same, with what was told of the octets.
    fn write(&self, name: &str, bytes: &[u8], roots: &[Vec<u8>], at: Instant, mut told: Value) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{number:03}.expected-{}", told["verdict"].as_str().unwrap_or_default());
        told["at"] = json!(at);
        told["anchors"] = roots.iter().map(|root| self.root(root)).collect();
        fs::write(self.folder.join(format!("{name}.asice")), bytes).unwrap();
        fs::write(self.folder.join(format!("{name}.json")), told.to_string()).unwrap();
    }

    /// Writes a root into the folder, under a name of its content.
    fn root(&self, octets: &[u8]) -> String {
        let form = if octets.starts_with(b"\x30") { "der" } else { "pem" };
        let name = format!("{}.{form}", &dossier::Sha256Digest::of(octets).to_hex()[..12]);
        fs::write(self.folder.join(&name), octets).unwrap();
        name
    }
}

/// Writes a zip judged as the whole dossier of an act, and what was told of it, where `WHOLE_FOLDER` says.
pub(super) fn keep_whole(zip: &[u8], roots: &[Vec<u8>], at: Instant, told: Value) {
    static VECTORS: OnceLock<Option<Vectors>> = OnceLock::new();
    let folder = || std::env::var_os(WHOLE_FOLDER).map(|folder| Vectors::new(Path::new(&folder)));
    if let Some(vectors) = VECTORS.get_or_init(folder) {
        vectors.write(&test_name(), zip, roots, at, told);
    }
}

/// What a list says, as the page tells it.
fn told_of(list: &WithholdingList) -> Value {
    let url = |record: &RecordFate| match record {
        RecordFate::Withheld { url, .. } => url.clone(),
        RecordFate::Disclosed { .. } => None,
    };
    json!({
        "original": list.original, "made_at": list.made_at, "made_by": list.made_by, "asked_by": list.asked_by,
        "files": list.files, "records": list.records.len(), "records_withheld": list.withheld_records(),
        "urls": list.records.iter().filter_map(url).collect::<Vec<_>>(),
    })
}

/// The claims that only the original can answer.
fn withheld(ours: &Verification) -> Vec<Claim> {
    ours.claims.iter().filter(|claim| claim.answer == Answer::Withheld).map(|claim| claim.claim).collect()
}

/// The name of the running test, as part of a file name.
pub(super) fn test_name() -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("x").trim_start_matches("attacks::");
    name.replace("::", "-")
}
