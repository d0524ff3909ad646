//! The second verifier, a page that needs no installation, copied for whoever will check a bundle without this program.
use std::path::Path;

use dossier::Sha256Digest;

use crate::failure::Failure;
use crate::output;

/// What `sealer/verify-page/build.mjs` built.
pub(crate) const PAGE: &[u8] = include_bytes!("../../sealer/verify-page/dist/verify.html");
const NAME: &str = "verify.html";

/// Writes the page into an existing folder, and says where it is and its SHA-256, by which another copy can be known.
pub(super) fn copy_to(folder: &Path, json: bool) -> Result<(), Failure> {
    let path = folder.join(NAME);
    std::fs::write(&path, PAGE).map_err(|e| Failure::io("écrire", &path, &e))?;
    let sha256 = Sha256Digest::of(PAGE);
    if json {
        output::json(&serde_json::json!({"page": path.display().to_string(), "sha256": sha256}));
    } else {
        output::line(&format!("Page de contrôle : {} (SHA-256 {sha256})", path.display()));
    }
    Ok(())
}
