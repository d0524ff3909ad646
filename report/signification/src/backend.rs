//! The wall behind which acts are served: this platform, the office's own software, an operator, paper. What each may claim
//! is printed with every outcome: the legal effect of an electronic service needs a device on the ministerial list (CPC
//! art. 748-6), and none of these is claimed to be one.
pub mod dossier;
mod ecriture;
mod local;
pub mod papier;
pub mod securact;

use std::fmt;
use std::path::PathBuf;

use ::dossier::{Digests, Instant, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::acte::Nature;
use crate::consent::Actor;
use crate::{Id, SignificationError};

pub use local::Local;

/// A way to serve an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Voie {
    /// This platform.
    Local,
    /// The office's own software, by a folder.
    Dossier,
    /// An operator, by our own contract.
    Securact,
    /// The officer himself, on paper.
    Papier,
}

impl Voie {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Local, Self::Dossier, Self::Securact, Self::Papier];

    /// Its name in the configuration and in the journal.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Dossier => "dossier",
            Self::Securact => "securact",
            Self::Papier => "papier",
        }
    }

    /// Its name in French.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Local => "plateforme locale",
            Self::Dossier => "logiciel de l'office, par dossier",
            Self::Securact => "opérateur, par notre contrat d'échange",
            Self::Papier => "signification classique, sur papier",
        }
    }

    /// What it may claim.
    pub fn standing(self) -> Standing {
        match self {
            Self::Local => Standing::BacASable,
            Self::Dossier => Standing::LogicielOffice,
            Self::Securact => Standing::ContratPropre,
            Self::Papier => Standing::VoieClassique,
        }
    }

    /// Whether the recipient is served electronically.
    pub fn is_electronique(self) -> bool {
        self != Self::Papier
    }
}

/// What a way may claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// A sandbox and an evidence layer: no valid service by itself.
    BacASable,
    /// A device on the ministerial list (CPC 748-6), operated by somebody else.
    DispositifInscrit,
    /// The office's software: what it is worth depends on the device it uses.
    LogicielOffice,
    /// An operator spoken to by a contract of ours, until he publishes his own.
    ContratPropre,
    /// Service by the officer himself (CPC 653 to 664-1).
    VoieClassique,
}

impl Standing {
    /// In French, for every outcome.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::BacASable => {
                "Portée : bac à sable, sans effet juridique par lui-même ; seul un dispositif inscrit sur la liste \
                 ministérielle peut porter une signification (CPC, art. 748-6)."
            }
            Self::DispositifInscrit => "Portée : dispositif inscrit sur la liste ministérielle (CPC, art. 748-6).",
            Self::LogicielOffice => {
                "Portée : celle du dispositif que le logiciel de l'office emploie ; elle suppose son inscription sur la \
                 liste ministérielle (CPC, art. 748-6)."
            }
            Self::ContratPropre => {
                "Portée : échange selon notre propre contrat ; aucun raccordement à SECURACT n'existe ici tant que \
                 l'opérateur n'a pas publié le sien, et l'effet juridique suppose un dispositif inscrit (CPC, art. 748-6)."
            }
            Self::VoieClassique => "Portée : signification par l'officier lui-même (CPC, art. 653 à 664-1).",
        }
    }
}

/// What a way can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Capacites {
    /// Whether the outcome comes with the handing over.
    pub issue_immediate: bool,
    /// Whether it gives signed receipts.
    pub recepisses: bool,
    /// Whether a person has to do something.
    pub a_la_main: bool,
    /// The largest act taken, in octets.
    pub taille_max: u64,
}

/// A party of an act, as written in what is handed over: never in the journal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partie {
    /// Name or denomination.
    pub nom: String,
    /// Lines of the address.
    pub adresse: Vec<String>,
    /// Address of electronic mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courriel: Option<String>,
    /// Whether it is a legal person.
    #[serde(default)]
    pub morale: bool,
}

impl fmt::Debug for Partie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Partie(…)")
    }
}

/// An act to be served, with what whoever serves it must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remise {
    /// The act.
    pub acte: Id,
    /// The office's dossier.
    pub dossier: String,
    /// Nature of the act.
    pub nature: Nature,
    /// Who asks.
    pub requerant: Partie,
    /// Who is served.
    pub destinataire: Partie,
    /// The act: a PDF. Not read by the local way, whose vault holds it.
    pub pdf: Vec<u8>,
    /// The office's detached signature of the act (CMS, DER).
    pub signature: Option<Vec<u8>>,
    /// Instructions, one sentence each.
    pub instructions: Vec<String>,
    /// Before which day it is to be served.
    pub avant: Option<Date>,
    /// When it was prepared.
    pub prepare_le: Instant,
}

/// The longest line of a party or of an instruction, in characters.
const MAX_LIGNE: usize = 300;
/// The most lines of an address, and of instructions.
const MAX_LIGNES: usize = 20;

impl Remise {
    /// Checks what the types cannot say: one line each, nothing empty that must not be.
    pub fn check(&self) -> Result<(), SignificationError> {
        let line = |field: &'static str, text: &str| {
            let ok =
                !text.trim().is_empty() && text.chars().count() <= MAX_LIGNE && !text.chars().any(char::is_control);
            let found = text.chars().take(40).collect();
            if ok { Ok(()) } else { Err(SignificationError::Field { field, found, why: "une ligne, non vide" }) }
        };
        line("dossier", &self.dossier)?;
        for partie in [&self.requerant, &self.destinataire] {
            line("nom", &partie.nom)?;
            partie.adresse.iter().try_for_each(|l| line("adresse", l))?;
            partie.courriel.iter().try_for_each(|l| line("courriel", l))?;
        }
        self.instructions.iter().try_for_each(|l| line("instructions", l))?;
        let many = self.instructions.len().max(self.destinataire.adresse.len()).max(self.requerant.adresse.len());
        if many > MAX_LIGNES {
            let why = "vingt lignes au plus";
            return Err(SignificationError::Field { field: "instructions", found: many.to_string(), why });
        }
        Ok(())
    }

    /// Digests of the act.
    pub fn contenu(&self) -> Digests {
        Digests::of(&self.pdf)
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "resultat", rename_all = "snake_case")]
pub enum Resultat {
    /// Served.
    Faite {
        /// When, as the proof says.
        le: Instant,
        /// SHA-256 of the proof.
        preuve: Option<Sha256Digest>,
    },
    /// To be done by hand.
    ALaMain {
        /// Until when.
        echeance: Option<Date>,
    },
    /// Not served, and not to be by this way.
    Refusee {
        /// Why: a stable code.
        code: String,
    },
    /// Handed over or on the way; nothing more is claimed.
    EnCours {
        /// Where it stands: a stable code.
        code: String,
    },
}

/// The outcome of a way, for who asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issue {
    /// The act.
    pub acte: Id,
    /// The way.
    pub voie: Voie,
    /// What it may claim.
    pub standing: Standing,
    /// The same, in French.
    pub portee: &'static str,
    /// What came of it.
    #[serde(flatten)]
    pub resultat: Resultat,
    /// What it means, in French.
    pub message: String,
    /// Files made.
    pub fichiers: Vec<PathBuf>,
}

impl Issue {
    pub(crate) fn new(acte: Id, voie: Voie, resultat: Resultat, message: impl Into<String>) -> Self {
        let standing = voie.standing();
        let portee = standing.phrase();
        Self { acte, voie, standing, portee, resultat, message: message.into(), fichiers: Vec::new() }
    }

    pub(crate) fn avec(mut self, fichiers: Vec<PathBuf>) -> Self {
        self.fichiers = fichiers;
        self
    }

    /// In French: what came of it, then what the way is worth.
    pub fn phrase(&self) -> String {
        format!("{}\n{}", self.message, self.portee)
    }
}

/// A way to serve acts.
pub trait SignificationBackend {
    /// Which.
    fn voie(&self) -> Voie;

    /// What it may claim.
    fn standing(&self) -> Standing {
        self.voie().standing()
    }

    /// What it can do.
    fn capacites(&self) -> Capacites;

    /// Hands the act over. Handing the same act over again changes nothing: it is how an outcome cut short is asked again.
    fn remettre(&self, actor: &Actor, remise: &Remise) -> Result<Issue, SignificationError>;

    /// Where an act that was handed over stands now; `contenu` is its fingerprint, which whatever is believed must name.
    fn relever(&self, acte: Id, contenu: &Sha256Digest) -> Result<Issue, SignificationError>;
}
