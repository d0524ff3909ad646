//! The workshop and the door of accounts, opened for one call over the platform's journal, files and clock.
use std::net::IpAddr;

use dossier::{Instant, Sha256Digest};
use ring::hmac;

use super::{Comptes, Platform, fiche};
use crate::comptes::compte;
use crate::comptes::connexion::{Fait, Greffier, Portier, Services};
use crate::comptes::gestion::Atelier;
use crate::comptes::secrets::Fichiers;
use crate::comptes::session::Sessions;
use crate::comptes::source::{self, Source};
use crate::consent::Actor;
use crate::fact::Fact;
use crate::projection::Views;
use crate::store::Table;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Facts of one account, written together.
    pub(super) fn noter_compte(&self, actor: &Actor, events: Vec<compte::Event>) -> Result<(), SignificationError> {
        let facts: Vec<Fait> = events.into_iter().map(Fait::Compte).collect();
        self.noter(actor, &facts)
    }

    /// Opens the workshop of accounts and its door for one call.
    pub(super) fn ouvrir_atelier<T>(
        &self,
        work: impl FnOnce(&Portier<'_>, &Atelier<'_>) -> Result<T, SignificationError>,
    ) -> Result<T, SignificationError> {
        self.ouvrir_atelier_avec(self, work)
    }

    pub(super) fn ouvrir_atelier_avec<T>(
        &self,
        greffier: &dyn Greffier,
        work: impl FnOnce(&Portier<'_>, &Atelier<'_>) -> Result<T, SignificationError>,
    ) -> Result<T, SignificationError> {
        let Comptes { hacheur, reglages, verrous, frein, .. } = &self.comptes;
        let (sessions, reserve, entropy) = (self.sessions(), self.reserve()?, self.ctx.entropy);
        let (hacheur, sessions, reserve, parametres) = (&**hacheur, &sessions, &reserve, reglages.parametres);
        let services = Services { hacheur, reserve, verrous, greffier, frein, entropy, sessions };
        let portier = Portier::new(services, self.cle_derivee(b"constat noms/1"), parametres)?;
        work(&portier, &Atelier { hacheur, reserve, verrous, greffier, entropy, sessions, parametres })
    }

    pub(super) fn sessions(&self) -> Sessions<'_> {
        Sessions::new(&self.comptes.sessions, self.ctx.entropy, self.comptes.reglages.durees)
    }

    /// Secrets: one file an account, encrypted to the key of its person.
    pub(super) fn reserve(&self) -> Result<Fichiers<'_>, SignificationError> {
        let folder = self.root.join("comptes");
        self.made(&folder)?;
        Fichiers::ouvrir(&folder, Box::new(|account| self.cle_de_compte(account)))
    }

    /// A key of its own for each use, from that of the registry's index.
    pub(super) fn cle_derivee(&self, usage: &[u8]) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.index_key, usage).as_ref())
    }

    /// The source of an address, as the journal names it: the address is kept nowhere.
    pub fn source_de(&self, address: IpAddr) -> Source {
        Source::de(&self.cle_derivee(b"constat sources/1"), address)
    }

    /// Counts a probe of a source (row B11); gives the end of its lock.
    pub fn sonder(&self, source: Source) -> Result<Option<Instant>, SignificationError> {
        let now = self.ctx.clock.now();
        self.ouvrir_atelier(|door, _| door.sonder(source, now))
    }

    /// Takes up the locks of sources that the journal tells: at the opening.
    pub(in crate::platform) fn reprendre_les_verrous(&self) -> Result<(), SignificationError> {
        let now = self.ctx.clock.now();
        for (key, _) in self.views().scan(Table::Source, &[], None, usize::MAX)? {
            let view: Option<source::View> = self.views().view(Table::Source, &key)?;
            if let Some(view) = view.filter(|view| view.est_verrouillee(now)) {
                self.comptes.frein.reprendre(&view);
            }
        }
        Ok(())
    }
}

impl Greffier for Platform<'_> {
    fn par_nom(&self, nom: &Sha256Digest) -> Result<Option<Id>, SignificationError> {
        fiche::par_nom(self.views(), nom)
    }

    fn compte(&self, id: Id) -> Result<Option<compte::View>, SignificationError> {
        self.views().view(Table::Compte, id.as_bytes())
    }

    fn noter(&self, actor: &Actor, faits: &[Fait]) -> Result<(), SignificationError> {
        self.greffe.record_at(actor, |_, _| Ok(faits.iter().map(fait).collect())).map(|_| ())
    }
}

pub(super) fn fait(fait: &Fait) -> Fact {
    match fait {
        Fait::Compte(event) => event.clone().into(),
        Fait::Source(event) => event.clone().into(),
    }
}
