//! How the facts of this folder join the journal: where their views are, and in whose history they stand too.
use dossier::Instant;

use super::compte::EtatCompte;
use super::{compte, incident, interruption, mandat, source};
use crate::agenda::{Due, Task};
use crate::consent::Actor;
use crate::fact::{Context, Fact};
use crate::projection::Kin;
use crate::store::Table;
use crate::{Id, SignificationError};

/// The same words for each of the five: about, what falls due, parents.
macro_rules! contexte {
    ($variant:ident, $module:ident, $about:expr, $due:expr, $parents:expr) => {
        impl From<$module::Event> for Fact {
            fn from(event: $module::Event) -> Self {
                Self::$variant(event)
            }
        }

        impl Context for $module::Event {
            type View = $module::View;
            const TABLE: Table = Table::$variant;

            fn object(&self) -> Id {
                self.object()
            }

            fn about(&self, view: &Self::View) -> Vec<Id> {
                let about: fn(&$module::View) -> Vec<Id> = $about;
                about(view)
            }

            fn next(
                &self,
                current: Option<&Self::View>,
                at: Instant,
                actor: &Actor,
            ) -> Result<Self::View, SignificationError> {
                $module::View::next(current, at, actor, self)
            }

            fn due(view: &Self::View) -> Vec<Due> {
                let due: fn(&$module::View) -> Vec<Due> = $due;
                due(view)
            }

            fn parents(view: &Self::View) -> Vec<(Id, Kin)> {
                let parents: fn(&$module::View) -> Vec<(Id, Kin)> = $parents;
                parents(view)
            }
        }
    };
}

contexte!(
    Compte,
    compte,
    |view| view.titulaire.consent().into_iter().collect(),
    |view| {
        let half = view.etat == EtatCompte::Resilie;
        half.then_some(Due { at: view.dernier, task: Task::Resiliation, object: view.id }).into_iter().collect()
    },
    |view| view.titulaire.consent().map(|consent| (consent, Kin::CompteDeConsentement)).into_iter().collect()
);
contexte!(Source, source, |_| Vec::new(), |_| Vec::new(), |_| Vec::new());
contexte!(Mandat, mandat, |view| vec![view.mandant, view.aidant, view.consent], |_| Vec::new(), |view| {
    let of = [view.mandant, view.aidant, view.consent];
    of.into_iter().map(|parent| (parent, Kin::MandatDeCompte)).collect()
});
contexte!(Incident, incident, |view| vec![view.sujet], |_| Vec::new(), |view| vec![(view.sujet, Kin::IncidentSur)]);
contexte!(Interruption, interruption, |_| Vec::new(), |_| Vec::new(), |_| Vec::new());

impl compte::Event {
    /// The fact, as shown.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Invited { .. } => "Invitation à ouvrir un compte",
            Self::Reinvited { .. } => "Invitation à revenir dans le compte",
            Self::Activated { .. } => "Compte ouvert par son titulaire",
            Self::CredentialAdded { .. } => "Moyen de connexion ajouté",
            Self::RevocationAsked { .. } => "Révocation d'un moyen demandée",
            Self::CredentialRevoked { .. } => "Moyen de connexion révoqué",
            Self::KeyMade { .. } => "Clé de lecture des actes créée",
            Self::LoggedIn { .. } => "Connexion",
            Self::LoginFailed { .. } => "Connexion refusée",
            Self::Recovered { .. } => "Compte recouvré par ses codes de secours",
            Self::LoggedOut { .. } => "Déconnexion",
            Self::SessionsClosed { .. } => "Toutes les sessions fermées",
            Self::Reported { .. } => "Compromission, perte ou anomalie signalée",
            Self::Suspended { .. } => "Compte suspendu",
            Self::Resumed { .. } => "Suspension levée",
            Self::MandateEnds { .. } => "Terme du mandat du représentant noté",
            Self::TerminationAsked { .. } => "Résiliation demandée",
            Self::Terminated { .. } => "Résiliation traitée",
            Self::ReadOnly { .. } => "Compte en lecture seule jusqu'à son terme",
            Self::Erased { .. } => "Compte effacé",
        }
    }
}

impl mandat::Event {
    /// The fact, as shown.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Given { .. } => "Mandat donné",
            Self::Accepted { .. } => "Mandat accepté",
            Self::Exercised { .. } => "Mandat exercé",
            Self::Revoked { .. } => "Mandat terminé",
        }
    }
}

impl incident::Event {
    /// The fact, as shown.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "Incident signalé",
            Self::Acknowledged { .. } => "Incident pris en compte",
            Self::Closed { .. } => "Incident clos",
        }
    }
}
