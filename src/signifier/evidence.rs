//! The bridge between the signification module and the seal: evidence is signed by the office's key, dated by its authorities.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dossier::{Clock, Finding, Instant, Level, Sha256Digest};
use sealer::{
    FetchError, HttpAuthority, HttpNetwork, Network, Signer, SystemRandom, TimestampAuthority as _, TrustAnchors,
};
use signification::ancrage::Genre;
use signification::{Config, EvidenceSealer, EvidenceVerifier, SealerError, SignedEvidence};

use crate::etude::{Etude, SealKey};
use crate::failure::Failure;

/// Signs with the étude's key; asks its authorities in order.
pub(crate) struct OfficeSealer {
    key: SealKey,
    /// Opened at the first signature: most operations make none, and a secret is asked only when it is needed.
    signer: Mutex<Option<Box<dyn Signer>>>,
    authorities: Vec<HttpAuthority>,
    /// Further anchors of the journal's checkpoints.
    further: Vec<HttpAuthority>,
    anchors: TrustAnchors,
    network: Remembered,
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
            further: Vec::new(),
            anchors: etude.anchors()?,
            network: Remembered::new(Arc::clone(&clock)),
            essai: etude.essai(),
            clock,
            random: SystemRandom,
        })
    }

    /// The same, with the further anchors of the platform's configuration that this program asks: time authorities. One of another
    /// kind is told, and asked by nobody here.
    pub(crate) fn anchored(mut self, config: &Config) -> Result<Self, Failure> {
        for anchor in &config.preuves.ancres {
            let Some(root) = anchor.racine.as_ref().filter(|_| anchor.genre == Genre::Rfc3161) else {
                let (nom, genre) = (&anchor.nom, anchor.genre.nom());
                tracing::warn!(
                    "ancre « {nom} » ({genre}) : ce programme ne demande que des jetons RFC 3161, avec leur racine"
                );
                continue;
            };
            let pem = std::fs::read(root).map_err(|e| Failure::io("lire", root, &e))?;
            self.further.push(HttpAuthority::new(&anchor.nom, &anchor.adresse, &pem, None)?);
        }
        Ok(self)
    }

    /// The same, asking no authority: its clock is not that of the world.
    pub(crate) fn untimed(mut self) -> Self {
        self.authorities.clear();
        self.further.clear();
        self
    }
}

/// When something was asked for, and what came.
type Kept = (Duration, Option<Vec<u8>>);

/// The lists of revoked certificates, asked for once an hour: many receipts are made in a row.
pub(super) struct Remembered {
    network: HttpNetwork,
    clock: Arc<dyn Clock>,
    /// What an address gave, and when; nothing when it gave nothing.
    kept: Mutex<BTreeMap<String, Kept>>,
}

/// How long an answer is kept, and how long the lack of one.
const FRESH: [Duration; 2] = [Duration::from_secs(3600), Duration::from_secs(300)];

impl Remembered {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { network: HttpNetwork::new(), clock, kept: Mutex::default() }
    }
}

impl Network for Remembered {
    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let now = self.clock.monotonic();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, answer)) = kept.get(url) {
            let fresh = now.saturating_sub(*at) < FRESH[usize::from(answer.is_none())];
            if fresh && answer.as_ref().is_none_or(|octets| octets.len() as u64 <= limit) {
                return answer.clone().ok_or(FetchError::NoNetwork);
            }
        }
        let answer = self.network.get(url, limit);
        kept.insert(url.to_owned(), (now, answer.as_ref().ok().cloned()));
        answer
    }

    fn ask(&self, url: &str, request: &[u8], limit: u64) -> Result<Vec<u8>, FetchError> {
        self.network.ask(url, request, limit)
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

    fn anchors(&self) -> Vec<(String, Genre)> {
        self.further.iter().map(|authority| (authority.name().to_owned(), Genre::Rfc3161)).collect()
    }

    fn anchor(&self, nom: &str, bytes: &[u8]) -> Result<Vec<u8>, SealerError> {
        let known = self.further.iter().find(|authority| authority.name() == nom);
        let authority = known.ok_or_else(|| refused("ancre.inconnue", nom))?;
        sealer::evidence::stamp(bytes, authority, self.clock.as_ref(), &self.random)
            .map_err(|error| refused(error.code(), format!("{nom} : {error}")))
    }

    fn states(&self, signature: &[u8], token: Option<&[u8]>) -> Option<Vec<u8>> {
        let means = (self.clock.as_ref(), &self.random as &dyn sealer::Random);
        match sealer::evidence::states(signature, token, &self.anchors, &self.network, means) {
            Ok((octets, lacks)) => {
                for lack in lacks {
                    tracing::warn!("état d'un certificat non obtenu : {lack}");
                }
                Some(octets)
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "états des certificats non joints au récépissé");
                None
            }
        }
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
