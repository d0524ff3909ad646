//! Messages around the service: new terms of use (rows A14, A15), an answer that came (C12), the invitation to a small claim
//! (CPCE art. R. 125-2). Like every notice, they say what is written here and nothing else.
use dossier::{Instant, Sha256Digest};

use super::{Prepared, message};
use crate::civil::paris_text;
use crate::config::Config;
use crate::text::{CGU_PREAVIS, REPONSE_RECUE, fill};
use crate::{Id, SignificationError};

/// Tells a recipient of new terms of use, one month at least before they apply (CGU, art. 4).
pub fn preavis(
    config: &Config,
    id: Id,
    (name, to): (&str, &str),
    (version, sha256, effective): (&str, &Sha256Digest, Instant),
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let body = fill(
        CGU_PREAVIS,
        &[
            ("nom", name),
            ("effet", &paris_text(effective)),
            ("version", version),
            ("sha256", &sha256.to_hex()),
            ("etude", &config.etude),
            ("residence", &config.residence),
            ("dpo", &config.contact_dpo),
        ],
    )?;
    message(config, id, to, "Nouvelles conditions d'utilisation", &body, now)
}

/// Tells the office that an answer came: which act, which answer, when; nothing of what it says.
pub fn reponse_recue(
    config: &Config,
    id: Id,
    to: &str,
    (act, answer, at): (Id, Id, Instant),
    now: Instant,
) -> Result<Prepared, SignificationError> {
    let body = fill(
        REPONSE_RECUE,
        &[
            ("acte", &act.to_string()),
            ("date", &paris_text(at)),
            ("reponse", &answer.to_string()),
            ("etude", &config.etude),
            ("residence", &config.residence),
        ],
    )?;
    message(config, id, to, "Une réponse à un acte a été reçue", &body, now)
}

/// The invitation to a simplified recovery, as an electronic message: the letter itself.
pub fn invitation_creance(
    config: &Config,
    id: Id,
    to: &str,
    letter: &str,
    now: Instant,
) -> Result<Prepared, SignificationError> {
    message(config, id, to, "Invitation à la procédure simplifiée de recouvrement", letter, now)
}
