//! This program (Z67-PRE-15): name, version, publisher, function, digest and place of the running binary, and how it was built.
use dossier::{Outcome, Software, op};
use serde_json::json;

use crate::{Fact, World};

/// Who publishes it, by its own metadata: no company stands behind it, and it says so.
const PUBLISHER: &str = match option_env!("CONSTAT_EDITEUR") {
    Some(named) => named,
    None => concat!(
        "aucune société : logiciel libre (",
        env!("CARGO_PKG_LICENSE"),
        "), non publié, construit depuis ses sources"
    ),
};
const PURPOSE: &str = "capture de pages web par l'interface de mise au point du navigateur";

/// What this program says of itself.
pub(super) fn fact(world: &World, software: &Software) -> Fact {
    let program = std::env::current_exe().ok().filter(|_| world.is_this_machine());
    let data = json!({
        "name": software.name, "version": software.version, "binary_sha256": software.binary_sha256,
        "binary": program.map(|path| path.display().to_string()), "publisher": PUBLISHER, "licence": env!("CARGO_PKG_LICENSE"),
        "purpose": PURPOSE,
        "build": {
            "architecture": std::env::consts::ARCH, "system": std::env::consts::OS,
            // Given by who builds, so that the same sources give the same octets wherever they lie.
            "commit": option_env!("CONSTAT_COMMIT"), "assertions": cfg!(debug_assertions),
        },
        "how": "métadonnées et exécutable de ce logiciel, lus par lui-même",
    });
    Fact::new(op::MEASURE_SOFTWARE, Outcome::Ok, data)
}
