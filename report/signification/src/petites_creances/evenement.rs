//! The facts of a small claim, one variant each, as the journal will hold them: identifiers, digests, states, dates, codes and
//! whole cents; no name, no address, no letter and no secret.
use dossier::{Digests, Outcome, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AuthMethod, Base, Cause, Cote, DelaiMois, Fin, Modalites, Montant, Motif, Ressort, Taux};
use crate::Id;
use crate::calendar::Zone;

/// How the invitation went (CPCE art. R. 125-2, I).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Canal {
    /// Registered letter with acknowledgement of receipt; the day of sending is that of the post.
    LettreRecommandee,
    /// Message by electronic means; sent at the time of its journal line.
    MessageElectronique,
}

/// How somebody accepts (CPCE art. R. 125-2, III, 2°).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ModeAccord {
    /// The form, on the platform.
    FormulaireElectronique,
    /// The form, by post.
    FormulairePostal,
    /// The letter signed at the office (émargement).
    Emargement,
}

/// How the debtor refuses: the form, or any other means (CPCE art. R. 125-2, III, 3°).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ModeRefus {
    /// The form, on the platform.
    FormulaireElectronique,
    /// The form, on paper.
    FormulairePapier,
    /// Anything else: an e-mail, a letter, a call.
    AutreMoyen,
}

/// Why there is no agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MotifDesaccord {
    /// The debtor refuses the amount.
    Montant,
    /// The debtor refuses the terms of payment.
    Modalites,
    /// The month is over.
    DelaiExpire,
}

/// The level of a signature, as whoever checked it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Niveau {
    /// A test key.
    Essai,
    /// Advanced.
    Avancee,
    /// Qualified (eIDAS art. 3, 12).
    Qualifiee,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented where they are defined")]
pub enum Event {
    /// The creditor asks. `dossier` is the office's own reference, `etude` its pseudonymous identifier.
    #[serde(rename = "signification.petite_creance.requested")]
    Requested {
        creance: Id,
        dossier: String,
        etude: Id,
        creancier: Id,
        debiteur: Id,
        cause: Cause,
        montant: Montant,
        taux: Option<Taux>,
    },
    /// The office checked amount and competence.
    #[serde(rename = "signification.petite_creance.checked")]
    Checked { creance: Id, montant: Montant, ressort_etude: Ressort, ressort_debiteur: Ressort },
    /// The office cannot carry it on.
    #[serde(rename = "signification.petite_creance.rejected")]
    Rejected { creance: Id, codes: Vec<Motif> },
    /// A special mandataire is known.
    #[serde(rename = "signification.petite_creance.mandate_filed")]
    MandateFiled { creance: Id, mandataire: Id, pour: Cote, ecrit: Digests, du: Date, au: Option<Date> },
    /// Provisional credentials were handed out (to others than the debtor, or to him again).
    #[serde(rename = "signification.petite_creance.credentials_issued")]
    CredentialsIssued { creance: Id, personne: Id, secret_sha256: Sha256Digest },
    /// The invitation was sent: the month runs from `delai.envoi`.
    #[serde(rename = "signification.petite_creance.invited")]
    Invited {
        creance: Id,
        canal: Canal,
        zone: Zone,
        delai: DelaiMois,
        montant: Montant,
        lettre: Digests,
        secret_sha256: Sha256Digest,
    },
    /// A person got in with provisional credentials; the first time, it is his consent for this procedure.
    #[serde(rename = "signification.petite_creance.first_access")]
    FirstAccess { creance: Id, personne: Id, secret_sha256: Sha256Digest, auth_method: AuthMethod, base: Base },
    /// He changed them.
    #[serde(rename = "signification.petite_creance.credentials_changed")]
    CredentialsChanged { creance: Id, personne: Id, authentifiant_sha256: Sha256Digest },
    /// The debtor, or his mandataire, takes part.
    #[serde(rename = "signification.petite_creance.participated")]
    Participated { creance: Id, personne: Id, mode: ModeAccord, donne_le: Date, piece: Digests },
    /// The officer records that the debtor takes part: the prescription is suspended (C. civ. art. 2238).
    #[serde(rename = "signification.petite_creance.participation_noted")]
    ParticipationNoted { creance: Id, constat: Digests },
    /// The debtor, or his mandataire, refuses to take part; free words are kept apart, under their digests.
    #[serde(rename = "signification.petite_creance.refused_expressly")]
    RefusedExpressly { creance: Id, personne: Id, mode: ModeRefus, donne_le: Date, texte: Option<Digests> },
    /// The month is over in silence.
    #[serde(rename = "signification.petite_creance.refused_implicitly")]
    RefusedImplicitly { creance: Id },
    /// An amount and terms are proposed, by a person or (`None`) by the office; earlier acceptances fall.
    #[serde(rename = "signification.petite_creance.proposal_made")]
    ProposalMade { creance: Id, proposition: Id, personne: Option<Id>, montant: Montant, modalites: Modalites },
    /// A side accepts the current proposal; the second one makes the agreement.
    #[serde(rename = "signification.petite_creance.proposal_accepted")]
    ProposalAccepted { creance: Id, proposition: Id, personne: Id, mode: ModeAccord, donne_le: Date, piece: Digests },
    /// No agreement: the debtor's refusal (`personne`), or the end of the month (`None`).
    #[serde(rename = "signification.petite_creance.disagreed")]
    Disagreed { creance: Id, motif: MotifDesaccord, personne: Option<Id>, texte: Option<Digests> },
    /// The officer records the end in writing (CPCE art. R. 125-5).
    #[serde(rename = "signification.petite_creance.end_recorded")]
    EndRecorded { creance: Id, fin: Fin, ecrit: Digests },
    /// The title is delivered.
    #[serde(rename = "signification.petite_creance.title_delivered")]
    TitleDelivered { creance: Id, montant: Montant, titre: Digests, signature: Digests, niveau: Niveau },
    /// The enforcement is entrusted to another office.
    #[serde(rename = "signification.petite_creance.enforcement_entrusted")]
    EnforcementEntrusted { creance: Id, etude: Id },
    /// A communication is available to a person, or (`None`) to the office.
    #[serde(rename = "signification.petite_creance.message_deposited")]
    MessageDeposited { creance: Id, message: Id, de: Option<Id>, pour: Option<Id>, contenu: Digests },
    /// Its addressee opened it.
    #[serde(rename = "signification.petite_creance.message_consulted")]
    MessageConsulted { creance: Id, message: Id },
    /// Something was asked for and refused; nothing changed.
    #[serde(rename = "signification.petite_creance.refused")]
    StepRefused { creance: Id, codes: Vec<Motif> },
}

impl Event {
    /// The claim it is about.
    pub fn object(&self) -> Id {
        match self {
            Self::Requested { creance, .. }
            | Self::Checked { creance, .. }
            | Self::Rejected { creance, .. }
            | Self::MandateFiled { creance, .. }
            | Self::CredentialsIssued { creance, .. }
            | Self::Invited { creance, .. }
            | Self::FirstAccess { creance, .. }
            | Self::CredentialsChanged { creance, .. }
            | Self::Participated { creance, .. }
            | Self::ParticipationNoted { creance, .. }
            | Self::RefusedExpressly { creance, .. }
            | Self::RefusedImplicitly { creance }
            | Self::ProposalMade { creance, .. }
            | Self::ProposalAccepted { creance, .. }
            | Self::Disagreed { creance, .. }
            | Self::EndRecorded { creance, .. }
            | Self::TitleDelivered { creance, .. }
            | Self::EnforcementEntrusted { creance, .. }
            | Self::MessageDeposited { creance, .. }
            | Self::MessageConsulted { creance, .. }
            | Self::StepRefused { creance, .. } => *creance,
        }
    }

    /// How the line's outcome reads: what came on paper is declared by the officer, not measured.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Requested { .. }
            | Self::MandateFiled { .. }
            | Self::Participated { mode: ModeAccord::FormulairePostal | ModeAccord::Emargement, .. }
            | Self::ProposalAccepted { mode: ModeAccord::FormulairePostal | ModeAccord::Emargement, .. }
            | Self::RefusedExpressly { mode: ModeRefus::FormulairePapier | ModeRefus::AutreMoyen, .. }
            | Self::Invited { canal: Canal::LettreRecommandee, .. } => Outcome::Declared,
            Self::Rejected { .. } | Self::StepRefused { .. } => Outcome::Failed,
            Self::RefusedImplicitly { .. } | Self::Disagreed { motif: MotifDesaccord::DelaiExpire, .. } => {
                Outcome::Note
            }
            _ => Outcome::Ok,
        }
    }
}
