//! A step of a transfer: canonical JSON, chained to the step before, signed by the office that made it. The chain is the
//! truth of a transfer; both offices hold the same one.
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dossier::{Digests, Instant, Sha256Digest, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use super::machine::{Etat, Mouvement, Partie};
use crate::signataire::check_signer;
use crate::territoire::{Annuaire, OfficeId};
use crate::{EvidenceSealer, EvidenceVerifier, Id, SignificationError};

/// Format of a step.
pub const ETAPE_FORMAT: &str = "constat-confrere-etape/1";
/// The most steps a transfer can have.
pub const MAX_ETAPES: usize = 8;

/// Why a confrère refuses, or gives an act back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Motif {
    /// Outside his own ressort.
    Incompetent,
    /// A conflict of interest or an impediment.
    Empechement,
    /// The deadline cannot be kept.
    DelaiTropCourt,
    /// Something is missing or wrong in the act or its data.
    DossierIncomplet,
    /// The addressee cannot be found there.
    DestinataireIntrouvable,
    /// Another reason, given in words.
    Autre,
}

/// What a step says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mouvement", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fait {
    /// The act and its data, by their digests, and the deadline for an answer.
    Preparer {
        /// Digests of the PDF.
        acte: Digests,
        /// SHA-256 of the data in canonical JSON.
        donnees: Sha256Digest,
        /// Before when an answer is asked.
        echeance: Instant,
    },
    /// Handed over.
    Transmettre {},
    /// Taken in charge.
    Accepter {},
    /// Refused or given back.
    Refuser {
        /// Why.
        motif: Motif,
        /// In words.
        precision: String,
    },
    /// The deadline passed.
    Expirer {},
    /// Served.
    Signifier {
        /// Date and hour of service.
        signifie_le: Instant,
    },
    /// Sent back.
    Retourner {
        /// SHA-256 of the data in canonical JSON.
        donnees: Sha256Digest,
        /// SHA-256 of the receipts, in the order of their names in the package.
        pieces: Vec<Sha256Digest>,
    },
    /// Closed.
    Clore {},
}

impl Fait {
    /// The move it is.
    pub fn mouvement(&self) -> Mouvement {
        match self {
            Self::Preparer { .. } => Mouvement::Preparer,
            Self::Transmettre {} => Mouvement::Transmettre,
            Self::Accepter {} => Mouvement::Accepter,
            Self::Refuser { .. } => Mouvement::Refuser,
            Self::Expirer {} => Mouvement::Expirer,
            Self::Signifier { .. } => Mouvement::Signifier,
            Self::Retourner { .. } => Mouvement::Retourner,
            Self::Clore {} => Mouvement::Clore,
        }
    }
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Etape {
    /// [`ETAPE_FORMAT`].
    pub format: String,
    /// Which transfer.
    pub transmission: Id,
    /// Rank in the chain, from 0.
    pub rang: u32,
    /// SHA-256 of the step before; zeros for the first.
    pub precedente: Sha256Digest,
    /// The office that asks.
    pub emetteur: OfficeId,
    /// The office that is asked.
    pub destinataire: OfficeId,
    /// Who made this step.
    pub auteur: OfficeId,
    /// When, by its author's clock.
    pub le: Instant,
    /// What it says.
    pub fait: Fait,
}

/// A step as it travels: its exact bytes and the detached signature over them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EtapeSignee {
    /// The step in canonical JSON.
    pub etape: String,
    /// Detached CMS in DER, base64.
    pub signature: String,
}

impl EtapeSignee {
    /// SHA-256 of the step's bytes.
    pub fn empreinte(&self) -> Sha256Digest {
        Sha256Digest::of(self.etape.as_bytes())
    }
}

/// The chain of a transfer, checked as far as it goes without a key: order, digests, times, parties, states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suivi {
    signees: Vec<EtapeSignee>,
    etapes: Vec<Etape>,
    etat: Etat,
}

impl Suivi {
    /// Reads a chain and checks everything but the signatures.
    pub fn lire(signees: Vec<EtapeSignee>) -> Result<Self, SignificationError> {
        let refused = |why: &str| SignificationError::PackageRefused { why: why.to_owned() };
        if signees.len() > MAX_ETAPES {
            return Err(refused("suivi trop long"));
        }
        let mut etapes: Vec<Etape> = Vec::with_capacity(signees.len());
        let mut etat = None;
        let mut precedente = Sha256Digest::ZERO;
        for signee in &signees {
            let value = parse_strict(signee.etape.as_bytes()).map_err(|_| refused("étape illisible"))?;
            let etape: Etape = serde_json::from_value(value).map_err(|_| refused("étape illisible"))?;
            if to_canonical(&etape)? != signee.etape.as_bytes() {
                return Err(refused("étape qui n'est pas en JSON canonique"));
            }
            if etape.precedente != precedente {
                return Err(SignificationError::PackageAltered { what: "chaîne des étapes".into() });
            }
            etat = Some(suivante(&etapes, etat, &etape)?);
            precedente = signee.empreinte();
            etapes.push(etape);
        }
        let etat = etat.ok_or_else(|| refused("suivi vide"))?;
        Ok(Self { signees, etapes, etat })
    }

    /// Checks every signature: each step by the certificate of the office that made it, as the directory gives it.
    pub fn verifier(&self, annuaire: &Annuaire, verifier: &dyn EvidenceVerifier) -> Result<(), SignificationError> {
        for (etape, signee) in self.etapes.iter().zip(&self.signees) {
            let office = annuaire.exiger(etape.auteur)?;
            let bad = |why: String| SignificationError::PackageSigner { why: format!("étape {} : {why}", etape.rang) };
            let signature = STANDARD.decode(&signee.signature).map_err(|_| bad("signature illisible".into()))?;
            check_signer(verifier, signee.etape.as_bytes(), &signature, &office.certificat).map_err(bad)?;
        }
        Ok(())
    }

    /// A new chain, with this step at its end, signed by `sealer`. The step is checked before it is signed.
    pub fn avec(chaine: Option<&Self>, etape: &Etape, sealer: &dyn EvidenceSealer) -> Result<Self, SignificationError> {
        let (before, etat): (&[Etape], _) = chaine.map_or((&[], None), |c| (&c.etapes, Some(c.etat)));
        suivante(before, etat, etape)?;
        let octets = to_canonical(etape)?;
        let seal = sealer.seal(&octets).map_err(|e| SignificationError::Seal { why: e.code })?;
        let texte = String::from_utf8(octets).map_err(|_| SignificationError::Seal { why: "utf-8".into() })?;
        let mut signees = chaine.map_or_else(Vec::new, |c| c.signees.clone());
        signees.push(EtapeSignee { etape: texte, signature: STANDARD.encode(&seal.signature) });
        Self::lire(signees)
    }

    /// Where the transfer stands.
    pub fn etat(&self) -> Etat {
        self.etat
    }

    /// Every step, in order.
    pub fn etapes(&self) -> &[Etape] {
        &self.etapes
    }

    /// Every step as it travels, in order.
    pub fn signees(&self) -> &[EtapeSignee] {
        &self.signees
    }

    /// The first step.
    pub fn premiere(&self) -> &Etape {
        &self.etapes[0]
    }

    /// The last step.
    pub fn derniere(&self) -> &Etape {
        &self.etapes[self.etapes.len() - 1]
    }

    /// SHA-256 of the last step's bytes.
    pub fn empreinte(&self) -> Sha256Digest {
        self.signees[self.signees.len() - 1].empreinte()
    }

    /// Digests of the act and deadline, as the first step states them.
    pub fn preparation(&self) -> (Digests, Sha256Digest, Instant) {
        match &self.premiere().fait {
            Fait::Preparer { acte, donnees, echeance } => (*acte, *donnees, *echeance),
            // `suivante` lets no chain begin otherwise.
            _ => (Digests::of(b""), Sha256Digest::ZERO, self.premiere().le),
        }
    }

    /// Whether `self` is `autre` with more steps, or the same. Only the words of the steps count: a step may have been
    /// signed twice.
    pub fn prolonge(&self, autre: &Self) -> bool {
        self.signees.len() >= autre.signees.len()
            && self.signees.iter().zip(&autre.signees).all(|(mine, theirs)| mine.etape == theirs.etape)
    }
}

/// Checks that `etape` may follow `avant`, and gives the state it leads to.
fn suivante(avant: &[Etape], etat: Option<Etat>, etape: &Etape) -> Result<Etat, SignificationError> {
    let refused = |why: &str| Err(SignificationError::PackageRefused { why: format!("étape {} : {why}", etape.rang) });
    if etape.format != ETAPE_FORMAT || etape.rang as usize != avant.len() {
        return refused("format ou rang inattendu");
    }
    if etape.emetteur == etape.destinataire {
        return refused("une étude ne se transmet rien à elle-même");
    }
    let mouvement = etape.fait.mouvement();
    let partie = if mouvement.auteur() == Partie::Emetteur { etape.emetteur } else { etape.destinataire };
    if etape.auteur != partie {
        return Err(SignificationError::Actor { role: "autre partie", requested: mouvement.name() });
    }
    let next = Etat::step(etat, mouvement)?;
    let Some((first, last)) = avant.first().zip(avant.last()) else {
        return Ok(next);
    };
    let parties = |e: &Etape| (e.transmission, e.emetteur, e.destinataire);
    if parties(etape) != parties(first) {
        return refused("autre transmission ou autres parties");
    }
    if etape.le < last.le {
        return refused("le temps recule");
    }
    let Fait::Preparer { echeance, .. } = &first.fait else { return refused("chaîne sans préparation") };
    match &etape.fait {
        Fait::Transmettre {} | Fait::Accepter {} if etape.le > *echeance => refused("après l'échéance"),
        Fait::Expirer {} if etape.le <= *echeance => refused("avant l'échéance"),
        Fait::Signifier { signifie_le } if *signifie_le > etape.le || *signifie_le < last.le => {
            refused("date de signification impossible")
        }
        Fait::Refuser { precision, .. } if super::donnees::texte("precision", precision).is_err() => {
            refused("précision illisible")
        }
        _ => Ok(next),
    }
}
