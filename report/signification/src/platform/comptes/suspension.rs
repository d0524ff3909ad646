//! Accounts that the office looks after: which they are, and their suspension with a cause and a day of review (row B08).
use dossier::Instant;
use jiff::civil::Date;
use serde::Serialize;

use super::vie::Alerte;
use super::{Demandeur, Objet, Platform};
use crate::calendar::after;
use crate::civil::{paris_at, paris_date};
use crate::comptes::compte::{self, CauseSuspension, EtatCompte, Suspension};
use crate::comptes::droits::Operation;
use crate::comptes::lien;
use crate::projection::{Views, id_of};
use crate::store::Table;
use crate::{Id, SignificationError};

/// The longest a suspension goes without being looked at again, in days.
pub const REVUE_AU_PLUS_JOURS: i32 = 92;

/// A recipient's account, as the office sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CompteVu {
    /// The account.
    pub compte: Id,
    /// Its consent.
    pub consentement: Id,
    /// Who holds it.
    pub titulaire: String,
    /// Where it stands.
    pub etat: EtatCompte,
    /// The suspension in force.
    pub suspension: Option<Suspension>,
    /// Last login.
    pub derniere_connexion: Option<Instant>,
}

impl Platform<'_> {
    fn compte_montre(&self, view: compte::View) -> Option<CompteVu> {
        let consentement = view.titulaire.consent()?;
        let titulaire = self.person(consentement).map_or_else(|_| "identité illisible".into(), |p| p.display_name());
        let compte::View { id, etat, suspension, derniere_connexion, .. } = view;
        Some(CompteVu { compte: id, consentement, titulaire, etat, suspension, derniere_connexion })
    }

    /// A page of recipients' accounts, in the order of their identifiers, and where the next one begins.
    pub fn comptes_suivis<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        apres: Option<Id>,
        au_plus: usize,
    ) -> Result<(Vec<CompteVu>, Option<Id>), SignificationError> {
        self.autoriser_sur(qui, Operation::Suivi, Objet::Tous)?;
        let after = apres.as_ref().map(|id| &id.as_bytes()[..]);
        let found = self.views().scan(Table::Compte, &[], after, au_plus)?;
        let next = found.last().filter(|_| found.len() == au_plus).map(|(key, _)| id_of(key)).transpose()?;
        let mut shown = Vec::new();
        for (key, _) in &found {
            let view: Option<compte::View> = self.views().view(Table::Compte, key)?;
            shown.extend(view.and_then(|view| self.compte_montre(view)));
        }
        Ok((shown, next))
    }

    /// One of them.
    pub fn compte_suivi<'d>(&self, qui: impl Into<Demandeur<'d>>, account: Id) -> Result<CompteVu, SignificationError> {
        self.autoriser_sur(qui, Operation::Suivi, Objet::Tous)?;
        let unknown = || SignificationError::Unknown { kind: "compte", id: account.to_string() };
        self.compte_montre(self.compte_vu(account)?).ok_or_else(unknown)
    }

    /// The accounts behind the consent of an act.
    pub fn comptes_de_l_acte<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        act: Id,
    ) -> Result<Vec<CompteVu>, SignificationError> {
        self.autoriser_sur(qui, Operation::Suivi, Objet::Acte(act))?;
        let consent = self.views().act(act)?.consent;
        let of = lien::comptes_de(self.views(), consent)?;
        Ok(of.into_iter().filter_map(|view| self.compte_montre(view)).collect())
    }

    /// Suspends an account until somebody looks at it again on that day (nine o'clock, Paris): after today, and within three months.
    pub fn suspendre_compte_jusqu_a<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        cause: CauseSuspension,
        revue: Date,
    ) -> Result<Alerte, SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::SuspendreCompte, Objet::Compte(account))?;
        let today = paris_date(self.ctx.clock.now());
        if revue <= today || revue > after(today, REVUE_AU_PLUS_JOURS) {
            let why = "un jour à venir, dans les trois mois";
            return Err(SignificationError::Field { field: "revue", found: revue.to_string(), why });
        }
        let review_at = paris_at(revue, 9);
        self.noter_compte(auteur.acteur(), vec![compte::Event::Suspended { account, cause, review_at }])?;
        self.suspendu(account, review_at)
    }
}
