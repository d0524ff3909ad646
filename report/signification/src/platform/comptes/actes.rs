//! A recipient's own space, by his session: the terms of use, his consent, his acts (rows A10, A12, A16, D01).
use dossier::Instant;
use serde::Serialize;

use super::{Acces, Objet, Platform, lien, methode};
use crate::civil::paris_date;
use crate::comptes::compte;
use crate::comptes::droits::{Operation, RoleCompte};
use crate::consent::{ConsentMove, ConsentState, Role};
use crate::deadline::calendar_months;
use crate::event::Event;
use crate::fact::Fact;
use crate::platform::complet::Demandee;
use crate::platform::reading::Lecteur;
use crate::platform::registry::label;
use crate::platform::{Consulted, DossierComplet, Downloaded, Handover, Moved, Refused};
use crate::preuve_acte::Partie;
use crate::projection::{Kin, Views};
use crate::state::ActeView;
use crate::store::Table;
use crate::{Id, SignificationError};

/// The terms of use were accepted: the express consent of CPC art. 748-2.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CguAcceptees {
    /// The consent.
    pub consentement: Id,
    /// Where it stands.
    pub etat: ConsentState,
    /// When.
    pub le: Instant,
    /// Its evidence.
    pub recepisse: Id,
}

impl Platform<'_> {
    fn consentement_de(&self, acces: &Acces, operation: Operation) -> Result<Id, SignificationError> {
        let own = acces.compte.titulaire.consent();
        let objet = own.map_or(Objet::Tous, Objet::Consentement);
        self.autoriser_sur(acces, operation, objet)?;
        // The table gives these to recipients alone: they have a consent.
        own.ok_or(SignificationError::Poisoned)
    }

    /// The holder accepts the terms of use he read; his account's key is the one his acts are encrypted to (row A10).
    pub fn accepter_cgu(&self, acces: &Acces, cgu_sha256: &str) -> Result<CguAcceptees, SignificationError> {
        let consent = self.consentement_de(acces, Operation::Accepter)?;
        let account = acces.compte.id;
        let cgu = self.cgu_as_read(cgu_sha256, self.ctx.clock.now())?;
        let actor = compte::acteur(&acces.compte.titulaire, account);
        let link = self.greffe.record_at(&actor, |_, taken| {
            let view: Option<compte::View> = taken.view(crate::store::Table::Compte, account.as_bytes())?;
            let missing = SignificationError::Key { name: "destinataire", why: "n'est pas encore faite" };
            let recipient_key = view.and_then(|view| view.cle_publique).ok_or(missing)?;
            let given = taken.consent(consent)?;
            given.state.step(ConsentMove::Accept, actor.role)?;
            let valid_to = given.scope.until;
            let (cgu_version, cgu_sha256) = (cgu.version, cgu.sha256);
            let auth_method = methode(&acces.session);
            let basis = "EXPRES (CPC art. 748-2)".to_owned();
            Ok(vec![
                Event::CguAccepted { consent, cgu_version, cgu_sha256, auth_method }.into(),
                Event::ConsentGiven { consent, basis, recipient_key, valid_to }.into(),
            ])
        })?;
        let recepisse = self.attest_line(link.seq)?;
        let etat = self.views().consent(consent)?.state;
        Ok(CguAcceptees { consentement: consent, etat, le: link.at, recepisse })
    }

    /// The holder refuses them: no consent, acts go on paper, every session ends (row A12).
    pub fn refuser_cgu(&self, acces: &Acces, cgu_sha256: &str) -> Result<Refused, SignificationError> {
        let consent = self.consentement_de(acces, Operation::Refuser)?;
        let account = acces.compte.id;
        let cgu_sha256 = self.cgu_as_read(cgu_sha256, self.ctx.clock.now())?.sha256;
        let actor = compte::acteur(&acces.compte.titulaire, account);
        self.views().consent(consent)?.state.step(ConsentMove::Refuse, actor.role)?;
        let facts: Vec<Fact> = vec![
            compte::Event::SessionsClosed { account }.into(),
            Event::ConsentRefused { consent, cgu_sha256 }.into(),
        ];
        let link = self.greffe.record_at(&actor, |_, _| Ok(facts))?;
        self.sessions().fermer_toutes(account)?;
        let recepisse = self.attest_line(link.seq)?;
        Ok(Refused { consent, state: self.views().consent(consent)?.state, recepisse })
    }

    /// The holder revokes his consent: no new act from now on (row A16).
    pub fn revoquer_consentement(&self, acces: &Acces) -> Result<Moved, SignificationError> {
        let consent = self.consentement_de(acces, Operation::Revoquer)?;
        let actor = compte::acteur(&acces.compte.titulaire, acces.compte.id);
        self.greffe.record_at(&actor, |now, _| {
            let (request, destroy_on) = ("compte".to_owned(), calendar_months(paris_date(now), 60));
            Ok(vec![Event::ConsentRevoked { consent, request, destroy_on }.into()])
        })?;
        self.moved(consent)
    }

    /// The holder suspends his consent.
    pub fn suspendre_consentement(&self, acces: &Acces, cause: &str) -> Result<Moved, SignificationError> {
        let consent = self.consentement_de(acces, Operation::Suspendre)?;
        let actor = compte::acteur(&acces.compte.titulaire, acces.compte.id);
        self.greffe.record(&actor, &Event::ConsentSuspended { consent, cause: label("cause", cause)? })?;
        self.moved(consent)
    }

    /// The acts that this session may read: his own, and those under the mandates he holds. Oldest first.
    pub fn actes_visibles(&self, acces: &Acces) -> Result<Vec<ActeView>, SignificationError> {
        let views = self.views();
        let (me, now) = (&acces.compte, self.ctx.clock.now());
        let mut of = Vec::new();
        if let Some(consent) = me.titulaire.consent() {
            self.autoriser_sur(acces, Operation::Suivi, Objet::Consentement(consent))?;
            of.push(consent);
        } else if me.titulaire.role_compte() == RoleCompte::Mandataire {
            let mut given = lien::mandats_de(views, me.id)?;
            given.retain(|given| given.couvre(me.id, given.consent, Operation::Suivi, now));
            for given in given {
                self.autoriser_sur(acces, Operation::Suivi, Objet::Consentement(given.consent))?;
                of.push(given.consent);
            }
        }
        of.sort();
        of.dedup();
        let mut acts = Vec::new();
        for consent in of {
            let list = views.children(consent, Kin::ActeDeConsentement)?;
            acts.extend(views.views_of::<ActeView>(Table::Acte, &list)?);
        }
        acts.retain(|act| act.state.is_available());
        acts.sort_by_key(|act| act.id);
        Ok(acts)
    }

    /// Opens an act with the session: the key lies in it, sealed under the cookie, and goes with it.
    pub fn consulter_en_session(&self, acces: &Acces, act: Id) -> Result<Consulted, SignificationError> {
        let auteur = self.autoriser_sur(acces, Operation::Consulter, Objet::Acte(act))?;
        self.consulter_par(act, |_| self.lecteur(acces, &auteur))
    }

    /// Hands an act over to the session's browser: see [`Platform::remettre`].
    pub fn remettre_en_session(
        &self,
        acces: &Acces,
        act: Id,
        sink: &mut dyn Handover,
    ) -> Result<Downloaded, SignificationError> {
        let auteur = self.autoriser_sur(acces, Operation::Remettre, Objet::Acte(act))?;
        self.remettre_par(act, |_| self.lecteur(acces, &auteur), sink)
    }

    /// Hands the whole dossier of an act over to the session's browser: see [`Platform::dossier_complet`].
    pub fn dossier_complet_en_session(
        &self,
        acces: &Acces,
        act: Id,
        verificateur: &[u8],
        sink: &mut dyn Handover,
    ) -> Result<DossierComplet, SignificationError> {
        let auteur = self.autoriser_sur(acces, Operation::DossierComplet, Objet::Acte(act))?;
        if auteur.acteur().role == Role::Etude {
            return self.dossier_complet(auteur.acteur(), act, verificateur, sink);
        }
        let Lecteur { key, actor, .. } = self.lecteur(acces, &auteur)?;
        let asked = Demandee { pour: Partie::Destinataire, actor, cle: Some(&key) };
        self.dossier_pour(act, asked, verificateur, sink)
    }

    fn lecteur(&self, acces: &Acces, auteur: &super::Auteur) -> Result<Lecteur, SignificationError> {
        let key = self.sessions().cle(&acces.temoin, &acces.session)?;
        let (actor, auth_method) = (auteur.acteur().clone(), methode(&acces.session));
        Ok(Lecteur { key, actor, auth_method, par_compte: Some(auteur.mandat()) })
    }
}
