//! The states of the procedure and the only moves between them.
use serde::{Deserialize, Serialize};

use crate::SignificationError;

/// Where the procedure stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Etat {
    /// Asked for by the creditor.
    Demande,
    /// Cannot be carried on: cap, competence, conflict of interest.
    Irrecevable,
    /// Checked: amount and competence.
    Controle,
    /// The debtor is invited; the month runs.
    Invite,
    /// The debtor takes part.
    Participe,
    /// Both sides agree on amount and terms.
    Accord,
    /// The title is delivered.
    Titre,
    /// The debtor refuses to take part.
    RefusExpres,
    /// The debtor said nothing in the month.
    RefusImplicite,
    /// No agreement on amount and terms.
    Desaccord,
    /// The officer recorded the end in writing.
    ConstatFin,
}

/// A move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mouvement {
    /// The office checks.
    Controler,
    /// The office finds that it cannot go on.
    Rejeter,
    /// The invitation is sent.
    Inviter,
    /// The debtor takes part.
    Participer,
    /// The debtor refuses.
    Refuser,
    /// The month is over in silence.
    Taire,
    /// The second side accepts the proposal.
    Accorder,
    /// No agreement.
    Desaccorder,
    /// The officer records the end.
    Constater,
    /// The title is delivered.
    Delivrer,
}

/// How the procedure ends (CPCE art. R. 125-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fin {
    /// Refusal to take part (1°).
    RefusExpres,
    /// The month over without any answer (2°).
    RefusImplicite,
    /// The month over without agreement (2°), or refusal of amount or terms (3°).
    Desaccord,
    /// Agreement on amount and terms (4°).
    Accord,
}

impl Fin {
    /// Every end.
    pub const ALL: [Self; 4] = [Self::RefusExpres, Self::RefusImplicite, Self::Desaccord, Self::Accord];
}

impl Mouvement {
    /// Every move.
    pub const ALL: [Self; 10] = [
        Self::Controler,
        Self::Rejeter,
        Self::Inviter,
        Self::Participer,
        Self::Refuser,
        Self::Taire,
        Self::Accorder,
        Self::Desaccorder,
        Self::Constater,
        Self::Delivrer,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Controler => "controler",
            Self::Rejeter => "rejeter",
            Self::Inviter => "inviter",
            Self::Participer => "participer",
            Self::Refuser => "refuser",
            Self::Taire => "taire",
            Self::Accorder => "accorder",
            Self::Desaccorder => "desaccorder",
            Self::Constater => "constater",
            Self::Delivrer => "delivrer",
        }
    }
}

impl Etat {
    /// Every state.
    pub const ALL: [Self; 11] = [
        Self::Demande,
        Self::Irrecevable,
        Self::Controle,
        Self::Invite,
        Self::Participe,
        Self::Accord,
        Self::Titre,
        Self::RefusExpres,
        Self::RefusImplicite,
        Self::Desaccord,
        Self::ConstatFin,
    ];

    /// The name as shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Demande => "DEMANDE",
            Self::Irrecevable => "IRRECEVABLE",
            Self::Controle => "CONTROLE",
            Self::Invite => "INVITE",
            Self::Participe => "PARTICIPE",
            Self::Accord => "ACCORD",
            Self::Titre => "TITRE",
            Self::RefusExpres => "REFUS_EXPRES",
            Self::RefusImplicite => "REFUS_IMPLICITE",
            Self::Desaccord => "DESACCORD",
            Self::ConstatFin => "CONSTAT_FIN",
        }
    }

    /// Where `step` leads; `None` when there is no such move. Until the officer has recorded it, silence gives way to an
    /// answer on paper dated within the month that reached the office after it.
    pub fn next(self, step: Mouvement) -> Option<Self> {
        use Mouvement as M;
        Some(match (self, step) {
            (Self::Demande, M::Controler) => Self::Controle,
            (Self::Demande | Self::Controle, M::Rejeter) => Self::Irrecevable,
            (Self::Controle, M::Inviter) => Self::Invite,
            (Self::Invite | Self::RefusImplicite, M::Participer) => Self::Participe,
            (Self::Invite | Self::RefusImplicite, M::Refuser) => Self::RefusExpres,
            (Self::Invite, M::Taire) => Self::RefusImplicite,
            (Self::Participe, M::Accorder) => Self::Accord,
            (Self::Participe, M::Desaccorder) => Self::Desaccord,
            (Self::Accord, M::Constater) => Self::Accord,
            (Self::RefusExpres | Self::RefusImplicite | Self::Desaccord, M::Constater) => Self::ConstatFin,
            (Self::Accord, M::Delivrer) => Self::Titre,
            _ => return None,
        })
    }

    /// Like [`Etat::next`], or the error that says both.
    pub fn step(self, step: Mouvement) -> Result<Self, SignificationError> {
        let (state, requested) = (self.name(), step.name());
        self.next(step).ok_or(SignificationError::Transition { machine: "petite créance", state, requested })
    }

    /// How the procedure ended, when it did and the officer has still to record it.
    pub fn fin(self) -> Option<Fin> {
        match self {
            Self::RefusExpres => Some(Fin::RefusExpres),
            Self::RefusImplicite => Some(Fin::RefusImplicite),
            Self::Desaccord => Some(Fin::Desaccord),
            Self::Accord => Some(Fin::Accord),
            _ => None,
        }
    }
}
