//! The bridge between the signification module and the seal: evidence is signed by the office's key, dated by its authorities.
use std::sync::Arc;

use dossier::{Clock, Finding, Instant, Level, Sha256Digest};
use sealer::{HttpAuthority, Signer as _, SoftwareSigner, SystemRandom, TimestampAuthority as _, TrustAnchors};
use signification::{EvidenceSealer, EvidenceVerifier, SealedEvidence, SealerError, TimeProof};

use crate::etude::Etude;
use crate::failure::Failure;

/// Signs with the étude's key; asks its authorities in order.
pub(crate) struct OfficeSealer {
    signer: SoftwareSigner,
    authorities: Vec<HttpAuthority>,
    essai: bool,
    clock: Arc<dyn Clock>,
    random: SystemRandom,
}

impl OfficeSealer {
    /// Loads the key and the authorities of the étude.
    pub(crate) fn new(etude: &Etude, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        Ok(Self {
            signer: etude.signer()?,
            authorities: etude.authorities()?,
            essai: etude.essai(),
            clock,
            random: SystemRandom,
        })
    }
}

fn refused(code: &str, text: impl ToString) -> SealerError {
    SealerError { code: code.to_owned(), text: text.to_string() }
}

impl EvidenceSealer for OfficeSealer {
    fn seal(&self, bytes: &[u8]) -> Result<SealedEvidence, SealerError> {
        let signature = sealer::evidence::sign(bytes, &self.signer, self.clock.now())
            .map_err(|e| refused(e.code(), crate::failure::chain(&e)))?;
        let certificate = self.signer.certificate_chain().first();
        let signer =
            certificate.map(|der| Sha256Digest::of(der)).ok_or_else(|| refused("seal.key", "no certificate"))?;
        // A software key gives at best an advanced signature (eIDAS art. 26); it is never said to be qualified.
        let level = if self.essai { "essai" } else { "avancee" }.to_owned();
        let time = match self.timestamp(bytes) {
            Ok(token) => TimeProof::Token(token),
            Err(error) => TimeProof::Deferred { why: error.code },
        };
        Ok(SealedEvidence { signature, signer, level, time })
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        let mut last = refused("etude.no_authority", "aucune autorité d'horodatage configurée");
        for authority in &self.authorities {
            match sealer::evidence::stamp(bytes, authority, self.clock.as_ref(), &self.random) {
                Ok(token) => return Ok(token),
                Err(error) => last = refused(error.code(), format!("{} : {error}", authority.name())),
            }
        }
        Err(last)
    }
}

/// Checks evidence offline, trusting the given roots only.
pub(crate) struct OfficeVerifier {
    anchors: TrustAnchors,
    at: Instant,
}

impl OfficeVerifier {
    /// A verifier that judges as at `at`.
    pub(crate) fn new(anchors: TrustAnchors, at: Instant) -> Self {
        Self { anchors, at }
    }
}

impl EvidenceVerifier for OfficeVerifier {
    fn check_signature(&self, bytes: &[u8], signature: &[u8]) -> Vec<Finding> {
        sealer::evidence::check_signature(bytes, signature, &self.anchors, self.at)
    }

    fn check_token(&self, bytes: &[u8], token: &[u8]) -> Vec<Finding> {
        match sealer::evidence::check_token(bytes, token, &self.anchors) {
            Ok(_) => Vec::new(),
            Err(error) => {
                let what = "Le jeton d'horodatage du récépissé n'est pas valable.";
                vec![Finding::new(error.code(), Level::Fail, what).found(error)]
            }
        }
    }
}
