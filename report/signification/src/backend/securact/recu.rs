//! The operator's signed receipt: the one thing this client believes.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Instant, Sha256Digest, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use crate::signataire::check_signer;
use crate::voie::is_code;
use crate::{EvidenceVerifier, Id};

/// Format of a receipt.
pub const RECU_FORMAT: &str = "constat-operateur-recu/1";

/// What a receipt attests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "nom", rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Evenement {
    /// The operator holds the act.
    Depose,
    /// It was sent: date and hour of service (CPC 664-1).
    Signifie,
    /// It will not be.
    Refuse {
        /// Why.
        code: String,
    },
}

/// A receipt: canonical JSON, signed by the operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recu {
    /// [`RECU_FORMAT`].
    pub format: String,
    /// The act.
    pub acte: Id,
    /// SHA-256 of the act.
    pub contenu: Sha256Digest,
    /// What happened.
    pub evenement: Evenement,
    /// When.
    pub le: Instant,
}

/// A receipt as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecuSigne {
    /// Canonical JSON of [`Recu`].
    pub texte: String,
    /// Detached CMS signature over its octets (DER, base64).
    pub signature: String,
}

impl RecuSigne {
    /// The receipt and the digest of its octets, when it is about this act, of this content, and signed by the certificate
    /// expected; otherwise why not, in French.
    pub fn verifier(
        &self,
        acte: Id,
        contenu: &Sha256Digest,
        signataire: &Sha256Digest,
        verifier: &dyn EvidenceVerifier,
    ) -> Result<(Recu, Sha256Digest), String> {
        let bytes = self.texte.as_bytes();
        let signature = STANDARD.decode(&self.signature).map_err(|_| "signature illisible")?;
        check_signer(verifier, bytes, &signature, signataire)?;
        let value = parse_strict(bytes).map_err(|_| "reçu illisible")?;
        let recu: Recu = serde_json::from_value(value).map_err(|_| "reçu illisible")?;
        if to_canonical(&recu).map_err(|_| "reçu illisible")? != bytes || recu.format != RECU_FORMAT {
            return Err("reçu d'une autre forme".into());
        }
        if recu.acte != acte || recu.contenu != *contenu {
            return Err("reçu d'un autre acte".into());
        }
        match &recu.evenement {
            Evenement::Refuse { code } if !is_code(code) => Err("code de refus".into()),
            _ => Ok((recu, Sha256Digest::of(bytes))),
        }
    }
}
