//! What comes in (replies, identity documents) is searched for malware before it is kept (row C11): clamd, by its INSTREAM
//! command, in constant memory. What was not searched is never called clean.
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::PathBuf;

use dossier::{Digests, Instant, Outcome};
use serde::{Deserialize, Serialize};

use crate::config::refuse;
use crate::consent::{Actor, Role};
use crate::{Id, SignificationError};

mod clamd;

pub use clamd::Clamd;

/// What ClamAV itself reads of one file by default (`MaxFileSize`): beyond, it would say OK without having looked.
const MAX_TAILLE: u64 = 100 * 1024 * 1024;

/// What is done with a file that could not be searched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Politique {
    /// It is refused.
    #[default]
    Refuser,
    /// It is taken, marked « non analysé ».
    Admettre,
}

/// The search (`[analyse]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScanConfig {
    /// Unix socket of clamd.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub socket: Option<PathBuf>,
    /// Or its TCP address, on this machine only: files are sent in clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adresse: Option<SocketAddr>,
    /// What is done without a search.
    pub politique: Politique,
    /// The largest file searched, in octets, 100 Mio at most.
    pub taille_max: u64,
    /// Seconds for one file, 1 to 600.
    pub delai_secondes: u16,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self {
            socket: None,
            adresse: None,
            politique: Politique::Refuser,
            taille_max: 25 * 1024 * 1024,
            delai_secondes: 60,
        }
    }
}

impl ScanConfig {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), SignificationError> {
        if self.socket.is_some() && self.adresse.is_some() {
            return Err(refuse("analyse : socket ou adresse, pas les deux".into()));
        }
        if self.adresse.is_some_and(|a| !a.ip().is_loopback()) {
            return Err(refuse("analyse.adresse : clamd n'est admis que sur cette machine (127.0.0.1, ::1)".into()));
        }
        if !(1..=MAX_TAILLE).contains(&self.taille_max) || !(1..=600).contains(&self.delai_secondes) {
            return Err(refuse("analyse : taille_max de 1 à 104857600, delai_secondes de 1 à 600".into()));
        }
        Ok(())
    }
}

/// What the search says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// Nothing known was found.
    Sain,
    /// This signature was found.
    Infecte {
        /// Its name, as the engine gives it.
        signature: String,
    },
    /// Not searched, or not wholly.
    NonAnalyse {
        /// Why: `sans_analyseur`, `injoignable`, `delai`, `trop_long`, `refus_du_moteur`, `reponse_inconnue`.
        motif: Motif,
    },
}

/// Why a file was not searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motif {
    /// No engine is configured.
    SansAnalyseur,
    /// The daemon could not be reached, or closed.
    Injoignable,
    /// It did not answer in time.
    Delai,
    /// Longer than is searched.
    TropLong,
    /// The engine says that it failed.
    RefusDuMoteur,
    /// An answer that is not of its protocol.
    ReponseInconnue,
}

/// Searches octets. `content` is read to its end or to the limit; the second value holds the digests of what was read: the
/// caller compares them with those of what it keeps, so that nothing else is kept under this verdict.
pub trait Analyseur {
    /// Searches `content`. The error is that of `content` itself.
    fn analyser(&self, content: &mut dyn Read) -> io::Result<(Verdict, Digests)>;
}

/// Why a file is not taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refus {
    /// Malware was found.
    Infecte {
        /// Its signature.
        signature: String,
    },
    /// It could not be searched.
    NonAnalyse {
        /// Why.
        motif: Motif,
    },
}

impl Refus {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Infecte { .. } => "FICHIER_INFECTE",
            Self::NonAnalyse { .. } => "FICHIER_NON_ANALYSE",
        }
    }

    /// In French, for the sender.
    pub fn phrase(&self) -> &'static str {
        match self {
            Self::Infecte { .. } => "l'antivirus y a reconnu un code malveillant.",
            Self::NonAnalyse { motif: Motif::TropLong } => "il est trop long pour être analysé par l'antivirus.",
            Self::NonAnalyse { .. } => "non analysé : l'antivirus n'a pas répondu. Vous pouvez réessayer plus tard.",
        }
    }
}

/// What becomes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Taken in; `analyse` is false when the policy admits what was not searched.
    Admis {
        /// Whether it was searched.
        analyse: bool,
    },
    /// Kept apart, opened by nobody; the sender is told.
    Quarantaine(Refus),
    /// Not kept; the sender is told.
    Refuse(Refus),
}

/// The decision that a verdict and the policy make.
pub fn decider(verdict: &Verdict, politique: Politique) -> Decision {
    match (verdict, politique) {
        (Verdict::Sain, _) => Decision::Admis { analyse: true },
        (Verdict::Infecte { signature }, _) => Decision::Quarantaine(Refus::Infecte { signature: signature.clone() }),
        (Verdict::NonAnalyse { .. }, Politique::Admettre) => Decision::Admis { analyse: false },
        (Verdict::NonAnalyse { motif }, Politique::Refuser) => Decision::Refuse(Refus::NonAnalyse { motif: *motif }),
    }
}

/// One fact of a file that came in. Its name is left out: people write anything there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// Nothing known was found.
    #[serde(rename = "signification.file.clean")]
    Clean { file: Id, sender: Id, digests: Digests },
    /// Malware was found: it is in quarantine.
    #[serde(rename = "signification.file.infected")]
    Infected { file: Id, sender: Id, digests: Digests, signature: String },
    /// It was not searched; `admitted` is what the policy made of it.
    #[serde(rename = "signification.file.not_scanned")]
    NotScanned { file: Id, sender: Id, digests: Digests, motif: Motif, admitted: bool },
    /// Who sent it was told that it was not taken; `code` is the mail server's.
    #[serde(rename = "signification.file.sender_told")]
    SenderTold { file: Id, sender: Id, notice: Id, code: String, accepted: bool },
    /// It left the quarantine: its octets are destroyed, its digests stay.
    #[serde(rename = "signification.file.purged")]
    Purged { file: Id, sender: Id, regle: Regle },
}

/// Why a file leaves the quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Regle {
    /// Its days are over.
    Duree,
    /// There were too many files: the oldest goes.
    Nombre,
    /// There were too many octets: the oldest goes.
    Taille,
    /// The data of who sent it were destroyed.
    Effacement,
}

impl Event {
    /// The fact of a verdict; `sender` is the consent of who sent it.
    pub fn of(file: Id, sender: Id, (verdict, digests): (&Verdict, Digests), politique: Politique) -> Self {
        match verdict {
            Verdict::Sain => Self::Clean { file, sender, digests },
            Verdict::Infecte { signature } => Self::Infected { file, sender, digests, signature: signature.clone() },
            Verdict::NonAnalyse { motif } => {
                let admitted = politique == Politique::Admettre;
                Self::NotScanned { file, sender, digests, motif: *motif, admitted }
            }
        }
    }

    /// The file.
    pub fn object(&self) -> Id {
        match self {
            Self::Clean { file, .. }
            | Self::Infected { file, .. }
            | Self::NotScanned { file, .. }
            | Self::SenderTold { file, .. }
            | Self::Purged { file, .. } => *file,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Clean { .. } | Self::Purged { .. } => Outcome::Ok,
            Self::Infected { .. } => Outcome::Failed,
            Self::NotScanned { .. } => Outcome::NotDone,
            Self::SenderTold { accepted: true, .. } => Outcome::Ok,
            Self::SenderTold { .. } => Outcome::Failed,
        }
    }
}

/// What is known of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub file: Id,
    /// The consent of who sent it.
    pub sender: Id,
    /// Digests of what was searched.
    pub digests: Digests,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it was taken in.
    pub admis: bool,
    /// When.
    pub at: Instant,
    /// What the mail server said of the notice to who sent it, when it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prevenu: Option<String>,
    /// When it left the quarantine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge_le: Option<Instant>,
}

impl View {
    /// What is known once `event` happened at `at`. A file that was not searched may be searched later, the same octets
    /// only; a verdict of the engine stands.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Plateforme {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "scan" });
        }
        if let Event::SenderTold { sender, code, .. } = event {
            let view = current.filter(|view| !view.admis && view.sender == *sender && at >= view.at);
            let never = SignificationError::Transition { machine: "fichier", state: "ADMIS", requested: "prevenir" };
            return view.map(|view| Self { prevenu: Some(code.clone()), ..view.clone() }).ok_or(never);
        }
        if let Event::Purged { sender, .. } = event {
            let infected = |view: &&Self| matches!(view.verdict, Verdict::Infecte { .. }) && view.purge_le.is_none();
            let view = current.filter(infected).filter(|view| view.sender == *sender && at >= view.at);
            let never =
                SignificationError::Transition { machine: "fichier", state: "HORS_QUARANTAINE", requested: "purger" };
            return view.map(|view| Self { purge_le: Some(at), ..view.clone() }).ok_or(never);
        }
        let (file, sender, digests, verdict, admis) = match event.clone() {
            Event::Clean { file, sender, digests } => (file, sender, digests, Verdict::Sain, true),
            Event::Infected { file, sender, digests, signature } => {
                (file, sender, digests, Verdict::Infecte { signature }, false)
            }
            Event::NotScanned { file, sender, digests, motif, admitted } => {
                (file, sender, digests, Verdict::NonAnalyse { motif }, admitted)
            }
            Event::SenderTold { .. } | Event::Purged { .. } => {
                return Err(SignificationError::Transition {
                    machine: "fichier",
                    state: "INCONNU",
                    requested: "prevenir",
                });
            }
        };
        let again = |view: &Self| {
            matches!(view.verdict, Verdict::NonAnalyse { .. })
                && (view.file, view.sender, view.digests) == (file, sender, digests)
                && at >= view.at
        };
        match current {
            Some(view) if !again(view) => {
                Err(SignificationError::Transition { machine: "fichier", state: "ANALYSE", requested: "scan" })
            }
            _ => Ok(Self { file, sender, digests, verdict, admis, at, prevenu: None, purge_le: None }),
        }
    }
}

#[cfg(test)]
mod tests;
