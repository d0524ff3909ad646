//! Requests for rights (row F07): taken in, followed, answered; the office is told before the end of the term.
use dossier::Instant;
use serde::Serialize;

use super::Platform;
use super::registry::label;
use crate::consent::{Actor, Role};
use crate::droit::{Droit, Event, Issue, View};
use crate::projection::Views;
use crate::store::Table;
use crate::{Id, SignificationError};

/// A request, with what the office must know of it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SuiviDroit {
    /// What is known.
    #[serde(flatten)]
    pub vue: View,
    /// Its state.
    pub etat: &'static str,
    /// The right, in French.
    pub libelle: &'static str,
    /// Whether the term is over without an answer.
    pub en_retard: bool,
    /// What the answer must say when it cannot be whole.
    pub reserve: Option<&'static str>,
}

impl Platform<'_> {
    /// Takes a request in, received at `recue_le`: from the person himself, or entered by the office or the registry.
    pub fn demander_droit(
        &self,
        actor: &Actor,
        consent: Id,
        droit: Droit,
        recue_le: Instant,
    ) -> Result<SuiviDroit, SignificationError> {
        self.views().consent(consent)?;
        let demande = self.new_id()?;
        let event = Event::Recue { demande, consent, droit, recue_le };
        self.greffe.record_at(actor, |_, _| Ok(vec![event.into()]))?;
        self.suivre_droit(demande)
    }

    /// Who asks was recognised by `moyen` (a short code).
    pub fn identifier_droit(&self, actor: &Actor, demande: Id, moyen: &str) -> Result<SuiviDroit, SignificationError> {
        self.step_right(actor, demande, Event::IdentiteVerifiee { demande, moyen: label("moyen", moyen)? })
    }

    /// Two more months, for a reason that the person is told (RGPD, art. 12, 3).
    pub fn prolonger_droit(&self, actor: &Actor, demande: Id, motif: &str) -> Result<SuiviDroit, SignificationError> {
        self.step_right(actor, demande, Event::Prolongee { demande, motif: label("motif", motif)? })
    }

    /// The answer was given; a refusal has its reason.
    pub fn clore_droit(
        &self,
        actor: &Actor,
        demande: Id,
        issue: Issue,
        motif: Option<&str>,
    ) -> Result<SuiviDroit, SignificationError> {
        let motif = motif.map(|motif| label("motif", motif)).transpose()?;
        self.step_right(actor, demande, Event::Close { demande, issue, motif })
    }

    fn step_right(&self, actor: &Actor, demande: Id, event: Event) -> Result<SuiviDroit, SignificationError> {
        if !matches!(actor.role, Role::Etude | Role::Registre) {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "repondre" });
        }
        self.right(demande)?;
        self.greffe.record_at(actor, |_, _| Ok(vec![event.into()]))?;
        self.suivre_droit(demande)
    }

    fn right(&self, demande: Id) -> Result<View, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "demande", id: demande.to_string() };
        self.views().view(Table::Droit, demande.as_bytes())?.ok_or_else(unknown)
    }

    /// One request.
    pub fn suivre_droit(&self, demande: Id) -> Result<SuiviDroit, SignificationError> {
        Ok(self.told(self.right(demande)?))
    }

    fn told(&self, vue: View) -> SuiviDroit {
        let (etat, droit) = (vue.state(), vue.droit);
        let en_retard = vue.en_retard(self.ctx.clock.now());
        SuiviDroit { vue, etat, libelle: droit.libelle(), en_retard, reserve: droit.reserve() }
    }

    /// Every request, or those of one consent, oldest first.
    pub fn demandes_de_droits(&self, consent: Option<Id>) -> Result<Vec<SuiviDroit>, SignificationError> {
        let mut list = Vec::new();
        for (key, _) in self.views().scan(Table::Droit, &[], None, usize::MAX)? {
            let view = self.right(crate::projection::id_of(&key)?)?;
            if consent.is_none_or(|wanted| wanted == view.consent) {
                list.push(self.told(view));
            }
        }
        list.sort_by_key(|one| (one.vue.recue_le, one.vue.demande));
        Ok(list)
    }

    /// What the office must answer soon, or should have: the alert of the agenda was given.
    pub fn alertes_de_droits(&self) -> Result<Vec<SuiviDroit>, SignificationError> {
        let all = self.demandes_de_droits(None)?;
        Ok(all.into_iter().filter(|one| one.vue.close.is_none() && (one.vue.alertee || one.en_retard)).collect())
    }

    /// The alert before the end of the term, by the agenda.
    pub(super) fn alert_right(&self, demande: Id) -> Result<(), SignificationError> {
        let view = self.right(demande)?;
        if view.due().iter().all(|due| due.at > self.ctx.clock.now()) {
            return Ok(());
        }
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![Event::Alerte { demande }.into()])).map(|_| ())
    }
}
