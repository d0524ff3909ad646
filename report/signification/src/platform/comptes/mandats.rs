//! Mandates: somebody helps a recipient under his own name; and the term of a representative's office (rows A07, B05).
use jiff::civil::Date;

use super::{Acces, Demandeur, Objet, Platform, lien};
use crate::comptes::compte::{self, Titulaire};
use crate::comptes::droits::Operation;
use crate::comptes::mandat::{self, Etendue};
use crate::projection::Views;
use crate::store::Table;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// A recipient lets an aidant, who has an account of his own, read his acts, or read and answer, up to a day.
    pub fn donner_mandat(
        &self,
        acces: &Acces,
        aidant: Id,
        etendue: Etendue,
        until: Date,
    ) -> Result<Id, SignificationError> {
        let own = acces.compte.titulaire.consent();
        let auteur = self.autoriser_sur(
            acces,
            Operation::DonnerMandat,
            own.map_or(Objet::Compte(acces.compte.id), Objet::Consentement),
        )?;
        let (Some(consent), mandate) = (own, self.new_id()?) else { return Err(SignificationError::Poisoned) };
        let helper: Option<compte::View> = self.views().view(Table::Compte, aidant.as_bytes())?;
        if !helper.is_some_and(|view| view.titulaire == Titulaire::Aidant && view.est_ouvert()) {
            return Err(SignificationError::Unknown { kind: "compte d'aidant", id: aidant.to_string() });
        }
        let giver = acces.compte.id;
        let given = mandat::Event::Given { mandate, giver, aidant, consent, etendue, until };
        self.greffe.record_at(auteur.acteur(), |_, _| Ok(vec![given.into()]))?;
        Ok(mandate)
    }

    /// The aidant accepts a mandate.
    pub fn accepter_mandat(&self, acces: &Acces, mandate: Id) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(acces, Operation::AccepterMandat, Objet::Mandat(mandate))?;
        self.greffe.record_at(auteur.acteur(), |_, _| Ok(vec![mandat::Event::Accepted { mandate }.into()])).map(|_| ())
    }

    /// Its giver, its aidant or the registry ends a mandate.
    pub fn revoquer_mandat<'d>(&self, qui: impl Into<Demandeur<'d>>, mandate: Id) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::RevoquerMandat, Objet::Mandat(mandate))?;
        self.greffe.record_at(auteur.acteur(), |_, _| Ok(vec![mandat::Event::Revoked { mandate }.into()])).map(|_| ())
    }

    /// The mandates that this account gave or holds.
    pub fn mandats(&self, acces: &Acces) -> Result<Vec<mandat::View>, SignificationError> {
        lien::mandats_de(self.views(), acces.compte.id)
    }

    /// Notes the last day of a representative's office: from the next one on he logs in no more (row A07).
    pub fn finir_representation<'d>(
        &self,
        qui: impl Into<Demandeur<'d>>,
        account: Id,
        au: Date,
    ) -> Result<(), SignificationError> {
        let auteur = self.autoriser_sur(qui, Operation::InviterCompte, Objet::Compte(account))?;
        self.noter_compte(auteur.acteur(), vec![compte::Event::MandateEnds { account, au }])
    }
}
