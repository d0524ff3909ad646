//! Incidents: either side tells, the other acknowledges, with the time it took (row B10). The words are kept encrypted to the key
//! of the person they are about.
use dossier::Digests;
use serde::Serialize;

use super::{Demandeur, Objet, Platform};
use crate::comptes::RoleCompte;
use crate::comptes::droits::Operation;
use crate::comptes::incident::{self, Attente, Nature};
use crate::consent::Role;
use crate::fact::Fact;
use crate::greffe::With;
use crate::projection::{Kin, Views};
use crate::store::{NewPiece, PieceKind, Table};
use crate::vault::{self, Kind};
use crate::{Id, SignificationError};

/// Hours within which an incident is to be acknowledged: an internal target, no text sets one.
pub const CIBLE_HEURES: u32 = 24;
/// The longest text, in characters.
const TEXTE_MAX: usize = 4000;

/// An incident as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct IncidentVu {
    /// What the journal knows.
    pub vue: incident::View,
    /// What was told.
    pub texte: Option<String>,
    /// What was answered.
    pub reponse: Option<String>,
    /// The timer.
    pub attente: Attente,
}

impl Platform<'_> {
    /// Tells that something is wrong with an act, a consent or an account.
    pub fn ouvrir_incident<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        sujet: Id,
        nature: Nature,
        texte: &str,
    ) -> Result<Id, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::OuvrirIncident, self.objet_de(sujet)?)?;
        let incident = self.new_id()?;
        let (piece, texte) = self.texte_d_incident((PieceKind::Incident, incident), sujet, texte)?;
        let opened = incident::Event::Opened { incident, about: sujet, nature, texte: Some(texte) };
        self.noter_incident(auteur.acteur(), vec![piece], opened)?;
        Ok(incident)
    }

    /// The other side has seen it.
    pub fn accuser_incident<'d>(&self, qui: impl Into<Demandeur<'d>>, incident: Id) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::AccuserIncident, Objet::Incident(incident))?;
        self.noter_incident(auteur.acteur(), vec![], incident::Event::Acknowledged { incident })
    }

    /// It is done with; `reponse` is what is answered.
    pub fn clore_incident<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        incident: Id,
        reponse: &str,
    ) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::CloreIncident, Objet::Incident(incident))?;
        let sujet = self.incident_vu(incident)?.sujet;
        let (piece, texte) = self.texte_d_incident((PieceKind::ReponseIncident, incident), sujet, reponse)?;
        self.noter_incident(auteur.acteur(), vec![piece], incident::Event::Closed { incident, texte: Some(texte) })
    }

    /// The incidents about this object, oldest first, with their words and their timers.
    pub fn incidents<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        sujet: Id,
    ) -> Result<Vec<IncidentVu>, SignificationError> {
        let qui = qui.into();
        // Who may tell one may read them; the registry and the operator, who tell none here, acknowledge them.
        let staff = match qui {
            Demandeur::Session(acces) => {
                matches!(acces.compte.titulaire.role_compte(), RoleCompte::Registre | RoleCompte::Operateur)
            }
            Demandeur::Local(actor) => matches!(actor.role, Role::Registre | Role::Plateforme),
        };
        let operation = if staff { Operation::AccuserIncident } else { Operation::OuvrirIncident };
        self.autoriser_sur(qui, operation, self.objet_de(sujet)?)?;
        let mut shown = Vec::new();
        for id in self.views().children(sujet, Kin::IncidentSur)? {
            let vue = self.incident_vu(id)?;
            let texte = self.lire_texte(PieceKind::Incident, &vue)?;
            let reponse = self.lire_texte(PieceKind::ReponseIncident, &vue)?;
            let attente = vue.attente(self.ctx.clock.now(), CIBLE_HEURES);
            shown.push(IncidentVu { vue, texte, reponse, attente });
        }
        shown.sort_by_key(|one| one.vue.id);
        Ok(shown)
    }

    fn incident_vu(&self, id: Id) -> Result<incident::View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "incident", id: id.to_string() };
        self.views().view(Table::Incident, id.as_bytes())?.ok_or_else(unknown)
    }

    fn noter_incident(
        &self,
        actor: &crate::consent::Actor,
        pieces: Vec<NewPiece>,
        event: incident::Event,
    ) -> Result<(), SignificationError> {
        let ticket =
            self.greffe.stage(actor, With { pieces, ..With::default() }, |_, _| Ok(vec![Fact::from(event)]))?;
        self.greffe.wait(ticket).map(|_| ())
    }

    /// Whose key the words about this object are encrypted to.
    fn personne_de(&self, sujet: Id) -> Result<Id, SignificationError> {
        match self.objet_de(sujet)? {
            Objet::Acte(act) => Ok(self.views().act(act)?.consent),
            Objet::Compte(account) => Ok(self.compte_vu(account)?.titulaire.consent().unwrap_or(account)),
            Objet::Consentement(consent) => Ok(consent),
            _ => Err(SignificationError::Unknown { kind: "objet", id: sujet.to_string() }),
        }
    }

    fn texte_d_incident(
        &self,
        (kind, id): (PieceKind, Id),
        sujet: Id,
        texte: &str,
    ) -> Result<(NewPiece, Digests), SignificationError> {
        let texte = texte.trim();
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if texte.is_empty() || texte.chars().count() > TEXTE_MAX || texte.chars().any(odd) {
            let (found, why) = (texte.chars().take(40).collect(), "1 à 4000 caractères, sans caractère de contrôle");
            return Err(SignificationError::Field { field: "texte", found, why });
        }
        let key = self.person_key(self.personne_de(sujet)?)?.public();
        // The salt keeps a short text from being guessed by its digest in the journal.
        let salted = format!("{}\n{texte}", self.secret()?);
        let bytes = vault::encrypt(Kind::Incident, id, salted.as_bytes(), &[key])?;
        Ok((NewPiece { kind, id, bytes }, Digests::of(salted.as_bytes())))
    }

    /// The words; none when there are none, or when their person was erased.
    fn lire_texte(&self, kind: PieceKind, view: &incident::View) -> Result<Option<String>, SignificationError> {
        let Some(cipher) = self.greffe.store().piece(kind, view.id)? else { return Ok(None) };
        let Ok(key) = self.person_key(self.personne_de(view.sujet)?) else { return Ok(None) };
        let clear = vault::decrypt_unannounced(&cipher, Kind::Incident, view.id, &key)?;
        if kind == PieceKind::Incident && view.texte.is_some_and(|told| told != Digests::of(&clear)) {
            let (object, found) = (format!("incident {}", view.id), "un autre texte".to_owned());
            return Err(SignificationError::VaultAltered {
                object,
                expected: "ce que le journal annonce".into(),
                found,
            });
        }
        let text = String::from_utf8_lossy(&clear).into_owned();
        Ok(text.split_once('\n').map(|(_, text)| text.to_owned()))
    }
}
