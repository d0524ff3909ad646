//! What the parties of a small claim do: a first access, which is a consent for this procedure and nothing else (arrêté du
//! 3 juin 2016, art. 9), then answers, proposals, agreements, messages; or the office enters what reached it on paper.
use dossier::Digests;
use jiff::civil::Date;
use serde::Serialize;

use super::super::Platform;
use super::super::echeances::office;
use super::SuiviCreance;
use crate::civil::paris_date;
use crate::consent::Actor;
use crate::event::Event as Service;
use crate::fact::Fact;
use crate::petites_creances::documents::{Avis, FormulaireAcceptation, FormulaireRefus};
use crate::petites_creances::{
    AuthMethod, Event, Modalites, ModeAccord, ModeRefus, Montant, Motif, MotifDesaccord, PremierAcces, Secret, View,
    montant_au, premier_acces,
};
use crate::projection::Views as _;
use crate::{Id, SignificationError};

/// Who says something in a procedure.
#[derive(Clone)]
pub enum Auteur {
    /// A person, on the platform, with the credentials that his first access gave him. Never printed.
    Partie {
        /// His pseudonym.
        personne: Id,
        /// His credentials.
        authentifiant: String,
    },
    /// The officer, for what somebody said on paper.
    Etude {
        /// Who enters it.
        actor: Actor,
        /// Who said it.
        personne: Id,
        /// The day retained for it.
        donne_le: Date,
        /// The paper, as scanned.
        piece: Vec<u8>,
    },
}

impl Auteur {
    fn personne(&self) -> Id {
        match self {
            Self::Partie { personne, .. } | Self::Etude { personne, .. } => *personne,
        }
    }
}

/// A first access.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Acces {
    /// What it amounts to: a consent for this procedure only.
    pub consentement: PremierAcces,
    /// The credentials from now on, shown this once: the provisional ones are spent.
    pub authentifiant: String,
}

impl std::fmt::Debug for Acces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acces").field("consentement", &self.consentement).finish_non_exhaustive()
    }
}

impl Platform<'_> {
    /// Gives somebody (the creditor, a mandataire, or the debtor again) provisional credentials, to be handed to him.
    pub fn donner_identifiants(&self, actor: &Actor, creance: Id, personne: Id) -> Result<String, SignificationError> {
        office(actor)?;
        let secret = Secret::new(self.ctx.entropy)?;
        let secret_sha256 = secret.sha256();
        self.inscrire(actor, creance, |_| Ok(vec![Event::CredentialsIssued { creance, personne, secret_sha256 }]))?;
        Ok(secret.expose().to_owned())
    }

    /// A party gets in with the provisional credentials of its letter, which are replaced at once.
    pub fn acceder_creance(
        &self,
        creance: Id,
        personne: Id,
        typed: &str,
        auth: AuthMethod,
    ) -> Result<Acces, SignificationError> {
        let actor = Actor::recipient(personne);
        let secret = Secret::new(self.ctx.entropy)?;
        let authentifiant_sha256 = secret.sha256();
        self.inscrire(&actor, creance, |view| {
            let first = premier_acces(view, personne, typed, auth)?;
            Ok(vec![first, Event::CredentialsChanged { creance, personne, authentifiant_sha256 }])
        })?;
        let given = self.creance(creance)?.consentement(personne);
        let consentement = given.ok_or_else(|| SignificationError::from(Motif::IdentifiantsRefuses))?;
        Ok(Acces { consentement, authentifiant: secret.expose().to_owned() })
    }

    /// The debtor takes part.
    pub fn participer_creance(
        &self,
        creance: Id,
        auteur: &Auteur,
        mode: ModeAccord,
    ) -> Result<SuiviCreance, SignificationError> {
        let view = self.creance(creance)?;
        let (actor, personne) = (self.qui(&view, auteur)?, auteur.personne());
        let (donne_le, piece) = self.ecrit(&view, auteur, |platform| {
            let missing = || SignificationError::from(Motif::DateIncorrecte);
            let invitation = view.invitation.as_ref().ok_or_else(missing)?;
            let (affaire, _) = platform.affaire(&view)?;
            FormulaireAcceptation { affaire, delai: invitation.delai, montant: invitation.montant }.texte()
        })?;
        let said = Event::Participated { creance, personne, mode, donne_le, piece };
        self.inscrire(&actor, creance, |_| Ok(vec![said]))?;
        self.suivi_creance(creance)
    }

    /// The debtor refuses to take part.
    pub fn refuser_creance(
        &self,
        creance: Id,
        auteur: &Auteur,
        mode: ModeRefus,
    ) -> Result<SuiviCreance, SignificationError> {
        let view = self.creance(creance)?;
        let (actor, personne) = (self.qui(&view, auteur)?, auteur.personne());
        let (donne_le, piece) = self.ecrit(&view, auteur, |platform| {
            let (affaire, _) = platform.affaire(&view)?;
            let day = paris_date(platform.ctx.clock.now());
            FormulaireRefus { affaire, montant: montant_au(&view.montant, view.taux, day)? }.texte()
        })?;
        let said = Event::RefusedExpressly { creance, personne, mode, donne_le, texte: Some(piece) };
        self.inscrire(&actor, creance, |_| Ok(vec![said]))?;
        self.suivi_creance(creance)
    }

    /// Somebody proposes an amount and terms of payment; earlier acceptances fall. `None`: the office itself.
    pub fn proposer_paiement(
        &self,
        creance: Id,
        auteur: Result<&Auteur, &Actor>,
        montant: Montant,
        modalites: Modalites,
    ) -> Result<Id, SignificationError> {
        let view = self.creance(creance)?;
        let (actor, personne) = match auteur {
            Ok(auteur) => (self.qui(&view, auteur)?, Some(auteur.personne())),
            Err(actor) => {
                office(actor)?;
                (actor.clone(), None)
            }
        };
        let proposition = self.new_id()?;
        let made = Event::ProposalMade { creance, proposition, personne, montant, modalites };
        self.inscrire(&actor, creance, |_| Ok(vec![made]))?;
        Ok(proposition)
    }

    /// A side accepts the current proposal; the second one makes the agreement.
    pub fn accepter_paiement(
        &self,
        creance: Id,
        proposition: Id,
        auteur: &Auteur,
        mode: ModeAccord,
    ) -> Result<SuiviCreance, SignificationError> {
        let view = self.creance(creance)?;
        let (actor, personne) = (self.qui(&view, auteur)?, auteur.personne());
        let (donne_le, piece) = self.ecrit(&view, auteur, |_| {
            Ok(format!("Accord sur la proposition {proposition}, procédure {}.", view.dossier))
        })?;
        let said = Event::ProposalAccepted { creance, proposition, personne, mode, donne_le, piece };
        self.inscrire(&actor, creance, |_| Ok(vec![said]))?;
        self.suivi_creance(creance)
    }

    /// The debtor refuses the amount or the terms.
    pub fn contester_paiement(
        &self,
        creance: Id,
        auteur: &Auteur,
        motif: MotifDesaccord,
    ) -> Result<SuiviCreance, SignificationError> {
        let view = self.creance(creance)?;
        let (actor, personne) = (self.qui(&view, auteur)?, Some(auteur.personne()));
        let (_, texte) = self.ecrit(&view, auteur, |_| Ok(format!("Refus, procédure {}.", view.dossier)))?;
        let said = Event::Disagreed { creance, motif, personne, texte: Some(texte) };
        self.inscrire(&actor, creance, |_| Ok(vec![said]))?;
        self.suivi_creance(creance)
    }

    /// Leaves a communication: from a party to the office, or from the office to a party (`pour`). Gives its identifier and
    /// the notice of availability (arrêté du 3 juin 2016, art. 8).
    pub fn deposer_message(
        &self,
        creance: Id,
        auteur: Result<&Auteur, (&Actor, Id)>,
        contenu: &[u8],
    ) -> Result<(Id, String), SignificationError> {
        let view = self.creance(creance)?;
        let (actor, de, pour) = match auteur {
            Ok(auteur) => (self.qui(&view, auteur)?, Some(auteur.personne()), None),
            Err((actor, pour)) => {
                office(actor)?;
                (actor.clone(), None, Some(pour))
            }
        };
        let message = self.new_id()?;
        let contenu = self.garder_document(contenu)?;
        self.inscrire(&actor, creance, |_| Ok(vec![Event::MessageDeposited { creance, message, de, pour, contenu }]))?;
        Ok((message, self.avis_message(creance, message)?.mise_a_disposition()?))
    }

    /// Opens a communication: its octets, checked, and the notice of consultation, which bears the first one's date.
    pub fn ouvrir_message(
        &self,
        creance: Id,
        message: Id,
        auteur: Result<&Auteur, &Actor>,
    ) -> Result<(Vec<u8>, String), SignificationError> {
        let view = self.creance(creance)?;
        let actor = match auteur {
            Ok(auteur) => self.qui(&view, auteur)?,
            Err(actor) => {
                office(actor)?;
                actor.clone()
            }
        };
        let unknown = || SignificationError::Unknown { kind: "message", id: message.to_string() };
        let contenu = view.messages.get(&message).ok_or_else(unknown)?.contenu;
        let octets = self.document(&contenu)?;
        self.inscrire(&actor, creance, |_| Ok(vec![Event::MessageConsulted { creance, message }]))?;
        let avis = self.avis_message(creance, message)?.consultation()?;
        Ok((octets, avis.ok_or_else(unknown)?))
    }

    fn avis_message(&self, creance: Id, message: Id) -> Result<Avis, SignificationError> {
        let view = self.creance(creance)?;
        let unknown = || SignificationError::Unknown { kind: "message", id: message.to_string() };
        let kept = view.messages.get(&message).cloned().ok_or_else(unknown)?;
        Ok(Avis { affaire: self.affaire(&view)?.0, id: message, message: kept })
    }

    /// Who acts: the party, proven by its credentials, or the officer.
    fn qui(&self, view: &View, auteur: &Auteur) -> Result<Actor, SignificationError> {
        match auteur {
            Auteur::Etude { actor, .. } => office(actor).map(|()| actor.clone()),
            Auteur::Partie { personne, authentifiant } => {
                let actor = Actor::recipient(*personne);
                let known = view.acces.get(personne).and_then(|acces| acces.authentifiant_sha256);
                if known == Some(Secret::digest(authentifiant)) {
                    return Ok(actor);
                }
                let why = "identifiants refusés".to_owned();
                self.greffe.record(&actor, &Service::AuthFailed { object: view.creance, why })?;
                Err(Motif::IdentifiantsRefuses.into())
            }
        }
    }

    /// The day and the writing: on the platform, today and a form of ours; on paper, what the officer scanned.
    fn ecrit(
        &self,
        _view: &View,
        auteur: &Auteur,
        form: impl FnOnce(&Self) -> Result<String, SignificationError>,
    ) -> Result<(Date, Digests), SignificationError> {
        match auteur {
            Auteur::Partie { .. } => {
                let text = form(self)?;
                Ok((paris_date(self.ctx.clock.now()), self.garder_document(text.as_bytes())?))
            }
            Auteur::Etude { donne_le, piece, .. } if !piece.is_empty() => Ok((*donne_le, self.garder_document(piece)?)),
            Auteur::Etude { .. } => Err(SignificationError::Field {
                field: "piece",
                found: String::new(),
                why: "l'écrit reçu est à joindre",
            }),
        }
    }

    /// How the debtor refused, from the journal.
    pub(super) fn mode_du_refus(&self, creance: Id) -> Result<ModeRefus, SignificationError> {
        for seq in self.views().lines_about(creance)? {
            if let (Fact::Creance(Event::RefusedExpressly { mode, .. }), _) = Fact::from_entry(&self.line(seq)?.0)? {
                return Ok(mode);
            }
        }
        Err(Motif::FinDifferente.into())
    }
}
