//! What is known of one small claim: nothing but the projection of its facts.
use std::collections::BTreeMap;

use dossier::{Digests, Instant};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    Acces, Base, Canal, Cause, Cote, DelaiMois, Etat, Fin, Mandat, Modalites, Montant, MotifDesaccord, Niveau,
    PremierAcces, Taux,
};
use crate::Id;
use crate::agenda::{Due, Task};

/// What kind of dossier it is: all communications between officer and parties in it are those of the arrêté du 3 juin 2016.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TypeDossier {
    /// Simplified recovery of a small claim.
    PetiteCreance,
}

/// The invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// How it went.
    pub canal: Canal,
    /// The month.
    pub delai: DelaiMois,
    /// The amount it tells.
    pub montant: Montant,
    /// Digests of the letter or message.
    pub lettre: Digests,
    /// When the journal took it.
    pub inscrite_le: Instant,
}

/// An answer of the debtor to the invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reponse {
    /// Who gave it: the debtor, or his mandataire.
    pub personne: Id,
    /// The day retained for it.
    pub donnee_le: Date,
    /// When the journal took it.
    pub inscrite_le: Instant,
}

/// The prescription (C. civ. art. 2238, by CPCE art. L. 125-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prescription {
    /// Suspended since the officer recorded the debtor's agreement to take part.
    pub suspendue_depuis: Instant,
    /// It runs again from this day, when the procedure failed: that of the refusal, the earlier of the days the text may mean.
    pub reprise_le: Option<Date>,
    /// It cannot end before this day: six months after it runs again.
    pub pas_avant: Option<Date>,
}

impl Prescription {
    /// The text that says so, as every document cites it.
    pub const FONDEMENT: &'static str =
        "code civil, art. 2238 ; code des procédures civiles d'exécution, art. L. 125-1";
}

/// The current proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposition {
    /// Identifier.
    pub id: Id,
    /// How much.
    pub montant: Montant,
    /// How.
    pub modalites: Modalites,
    /// Which sides accepted it, and the day retained.
    pub accords: BTreeMap<Cote, Date>,
}

/// The officer's statement of the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constat {
    /// Which end.
    pub fin: Fin,
    /// When.
    pub le: Instant,
    /// Digests of the writing.
    pub ecrit: Digests,
}

/// The title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Titre {
    /// For how much.
    pub montant: Montant,
    /// Digests of the document.
    pub document: Digests,
    /// Digests of its signature.
    pub signature: Digests,
    /// Level of that signature.
    pub niveau: Niveau,
    /// When.
    pub le: Instant,
}

/// A communication; `None` is the office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// From whom.
    pub de: Option<Id>,
    /// To whom.
    pub pour: Option<Id>,
    /// Digests of its content (arrêté du 3 juin 2016, art. 5).
    pub contenu: Digests,
    /// Made available (art. 8).
    pub mis_a_disposition: Instant,
    /// First opened by its addressee (art. 8).
    pub consulte: Option<Instant>,
}

/// One claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Kind of dossier.
    pub type_dossier: TypeDossier,
    /// Identifier.
    pub creance: Id,
    /// The office's reference.
    pub dossier: String,
    /// The office.
    pub etude: Id,
    /// The creditor.
    pub creancier: Id,
    /// The debtor.
    pub debiteur: Id,
    /// Where the debt comes from.
    pub cause: Cause,
    /// The claim, as asked for.
    pub montant: Montant,
    /// Its rate of interest, if it runs.
    pub taux: Option<Taux>,
    /// Where it stands.
    pub etat: Etat,
    /// Special mandataires.
    pub mandats: Vec<Mandat>,
    /// Who has access.
    pub acces: BTreeMap<Id, Acces>,
    /// The invitation, once sent.
    pub invitation: Option<Invitation>,
    /// The debtor's answer, taking part or refusing.
    pub reponse: Option<Reponse>,
    /// The prescription, once suspended.
    pub prescription: Option<Prescription>,
    /// The current proposal.
    pub proposition: Option<Proposition>,
    /// Why there is no agreement.
    pub desaccord: Option<MotifDesaccord>,
    /// The day of that.
    pub desaccord_le: Option<Date>,
    /// The officer's statement.
    pub constat: Option<Constat>,
    /// The title.
    pub titre: Option<Titre>,
    /// The office entrusted with the enforcement.
    pub execution: Option<Id>,
    /// Communications.
    pub messages: BTreeMap<Id, Message>,
    /// Time of the last fact.
    pub last_at: Instant,
}

impl View {
    /// The end of the month, when silence or the want of an agreement then ends the procedure (CPCE art. R. 125-5, 2°).
    pub(crate) fn due(view: &Self) -> Vec<Due> {
        let open = matches!(view.etat, Etat::Invite | Etat::Participe);
        let end = view.invitation.as_ref().filter(|_| open).map(|invitation| invitation.delai.fin());
        end.map(|at| Due { at, task: Task::Creance, object: view.creance }).into_iter().collect()
    }

    /// Whose side `personne` is on, on `day`: a party, or a mandataire whose mandate is valid.
    pub fn cote(&self, personne: Id, day: Date) -> Option<Cote> {
        if personne == self.creancier {
            return Some(Cote::Creancier);
        }
        if personne == self.debiteur {
            return Some(Cote::Debiteur);
        }
        self.mandats.iter().find(|m| m.mandataire == personne && m.vaut_le(day)).map(|m| m.pour)
    }

    /// The consent `personne` gave by a first access, for this procedure only (arrêté du 3 juin 2016, art. 9).
    pub fn consentement(&self, personne: Id) -> Option<PremierAcces> {
        let depuis = self.acces.get(&personne)?.premier?;
        Some(PremierAcces { base: Base::PremierAcces, creance: self.creance, personne, depuis })
    }

    /// Who bears the costs of the procedure, whatever its end: the creditor alone (CPCE art. L. 125-1).
    pub fn frais_a_la_charge_de(&self) -> Id {
        self.creancier
    }

    /// Whether the month is over at `now`, in every reading; `false` before the invitation.
    pub fn delai_expire(&self, now: Instant) -> bool {
        self.invitation.as_ref().is_some_and(|i| now >= i.delai.fin())
    }
}
