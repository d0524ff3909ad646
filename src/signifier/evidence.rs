//! The bridge between the signification module and the seal: evidence is signed by the office's key, dated by its authorities.
use std::sync::{Arc, Mutex, PoisonError};

use dossier::{Clock, Finding, Instant, Level, Sha256Digest};
use sealer::{HttpAuthority, Signer, SystemRandom, TimestampAuthority as _, TrustAnchors};
use signification::{EvidenceSealer, EvidenceVerifier, SealerError, SignedEvidence};

use crate::etude::{Etude, SealKey};
use crate::failure::Failure;

/// Signs with the étude's key; asks its authorities in order.
pub(crate) struct OfficeSealer {
    key: SealKey,
    /// Opened at the first signature: most operations make none, and a secret is asked only when it is needed.
    signer: Mutex<Option<Box<dyn Signer>>>,
    authorities: Vec<HttpAuthority>,
    essai: bool,
    clock: Arc<dyn Clock>,
    random: SystemRandom,
}

impl OfficeSealer {
    /// Loads the authorities of the étude, and checks that its key can be reached.
    pub(crate) fn new(etude: &Etude, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        etude.seal_key().ready(clock.now())?;
        Ok(Self {
            key: etude.seal_key().clone(),
            signer: Mutex::new(None),
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
    fn sign(&self, bytes: &[u8]) -> Result<SignedEvidence, SealerError> {
        let mut signer = self.signer.lock().unwrap_or_else(PoisonError::into_inner);
        let signer = match signer.as_mut() {
            Some(signer) => signer,
            None => signer.insert(self.key.open(None).map_err(|e| refused(e.code(), e.what()))?),
        };
        let signature = sealer::evidence::sign(bytes, signer.as_ref(), self.clock.now())
            .map_err(|e| refused(e.code(), crate::failure::chain(&e)))?;
        let certificate = signer.certificate_chain().first();
        let signer =
            certificate.map(|der| Sha256Digest::of(der)).ok_or_else(|| refused("seal.key", "no certificate"))?;
        // Seen from here a key gives at best an advanced signature (eIDAS art. 26); it is never said to be qualified.
        let level = if self.essai { "essai" } else { "avancee" }.to_owned();
        Ok(SignedEvidence { signature, signer, level })
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
