//! Vectors as files: what the attacks judge can be written out, with our verdict in the name, for other verifiers.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use dossier::Instant;
use serde_json::json;

use crate::Verification;

/// The folder that vectors are written to; when it is not set, none is.
pub(super) const FOLDER: &str = "CONSTAT_VECTORS";

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
    /// facts of the seal.
    pub(super) fn keep(&self, name: &str, bytes: &[u8], roots: &[&Path], at: Instant, ours: &Verification) {
        let roots: Vec<Vec<u8>> = roots.iter().map(|root| fs::read(root).unwrap()).collect();
        self.keep_with(name, bytes, &roots, at, ours);
    }

    /// The same, with roots by their octets, PEM or DER.
    pub(super) fn keep_with(&self, name: &str, bytes: &[u8], roots: &[Vec<u8>], at: Instant, ours: &Verification) {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let name = format!("{name}-{number:03}.expected-{}", ours.verdict.as_str());
        let anchors: Vec<String> = roots.iter().map(|root| self.root(root)).collect();
        let findings: Vec<_> =
            ours.findings.iter().map(|f| json!({"code": f.code, "level": f.level, "found": f.found})).collect();
        let told = json!({
            "at": at, "anchors": anchors, "verdict": ours.verdict, "findings": findings, "bundle_sha256": ours.bundle_sha256,
            "seal": ours.facts,
        });
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

/// The name of the running test, as part of a file name.
pub(super) fn test_name() -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("x").trim_start_matches("attacks::");
    name.replace("::", "-")
}
