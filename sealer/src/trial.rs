//! The trial étude: test keys of its own, marked ESSAI in every output.
use std::path::Path;

use dossier::Clock;

use crate::{Random, SealError};

/// Names of the files of an étude, from its folder.
pub const SEAL_KEY: &str = "sceau.key.pem";
/// Certificates of the seal, signer first.
pub const SEAL_CHAIN: &str = "sceau.chain.pem";
/// Key of the inner WACZ.
pub const WACZ_KEY: &str = "wacz.key.pem";
/// Anchors.
pub const ANCHORS: &str = "ancres";
/// The root of the trial étude.
pub const TRIAL_ROOT: &str = "ancres/racine-essai.pem";

/// Makes the trial étude in `folder`.
pub fn make_trial_etude(folder: &Path, clock: &dyn Clock, random: &dyn Random) -> Result<(), SealError> {
    let _ = (folder, clock, random);
    Err(SealError::Sign { why: "not written yet".into() })
}
