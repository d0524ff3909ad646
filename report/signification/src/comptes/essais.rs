//! What the tests of this folder share: a hasher that counts instead of costing, fixed identifiers, a calendar.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use dossier::{Instant, Sha256Digest};
use ring::hmac;

use super::compte::{self, Titulaire, View};
use super::connexion::{Fait, Greffier, Origine, Portier, Services, empreinte_du_nom};
use super::frein::Frein;
use super::gestion::Atelier;
use super::hacheur::{Hacheur, Parametres};
use super::mot_de_passe::MotDePasse;
use super::secrets::{Reserve, Secrets, Verrous};
use super::session::{Durees, EnMemoire, Sessions};
use super::source::{self, Source};
use crate::consent::Actor;
use crate::{Id, SignificationError, SystemEntropy};

/// A cost for tests.
pub(crate) const PEU: Parametres = Parametres { memoire_kio: 8, passes: 2, voies: 1 };

/// Derives cheaply, and counts.
#[derive(Default)]
pub(crate) struct Compteur(AtomicUsize);

impl Compteur {
    pub(crate) fn faits(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Hacheur for Compteur {
    fn deriver(
        &self,
        parametres: &Parametres,
        sel: &[u8; 16],
        secret: &[u8],
        sortie: &mut [u8; 32],
    ) -> Result<(), SignificationError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let cost = [parametres.memoire_kio, parametres.passes, parametres.voies].map(u32::to_be_bytes).concat();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[&sel[..], &cost].concat());
        sortie.copy_from_slice(hmac::sign(&key, secret).as_ref());
        Ok(())
    }
}

/// The identifier made of one octet.
pub(crate) fn ident(n: u8) -> Id {
    Id::from_bytes([n; 16])
}

/// Seconds after Monday 23 November 2026, 9 o'clock in Paris.
pub(crate) fn t(seconds: i64) -> Instant {
    Instant::from_millisecond(1_795_420_800_000 + seconds * 1000).unwrap()
}

/// A journal in memory: its lines, its views, the names of its accounts.
#[derive(Default)]
pub(crate) struct Registre(Mutex<Tenu>);

#[derive(Default)]
struct Tenu {
    now: Option<Instant>,
    comptes: BTreeMap<Id, View>,
    sources: BTreeMap<Id, source::View>,
    noms: BTreeMap<Sha256Digest, Id>,
    lignes: Vec<String>,
    panne: bool,
}

impl Registre {
    fn tenu(&self) -> MutexGuard<'_, Tenu> {
        self.0.lock().unwrap()
    }

    pub(crate) fn a(&self, now: Instant) {
        self.tenu().now = Some(now);
    }

    pub(crate) fn nommer(&self, nom: Sha256Digest, compte: Id) {
        self.tenu().noms.insert(nom, compte);
    }

    /// From now on nothing is written: power failed.
    pub(crate) fn couper(&self, panne: bool) {
        self.tenu().panne = panne;
    }

    pub(crate) fn lignes(&self) -> Vec<String> {
        self.tenu().lignes.clone()
    }

    pub(crate) fn vue(&self, id: Id) -> View {
        self.tenu().comptes[&id].clone()
    }
}

impl Greffier for Registre {
    fn par_nom(&self, nom: &Sha256Digest) -> Result<Option<Id>, SignificationError> {
        Ok(self.tenu().noms.get(nom).copied())
    }

    fn compte(&self, id: Id) -> Result<Option<View>, SignificationError> {
        Ok(self.tenu().comptes.get(&id).cloned())
    }

    fn noter(&self, actor: &Actor, faits: &[Fait]) -> Result<(), SignificationError> {
        let mut tenu = self.tenu();
        if tenu.panne {
            return Err(SignificationError::Poisoned);
        }
        let at = tenu.now.unwrap();
        let (mut comptes, mut sources) = (tenu.comptes.clone(), tenu.sources.clone());
        for fait in faits {
            let line = match fait {
                Fait::Compte(event) => {
                    let id = event.object();
                    comptes.insert(id, View::next(comptes.get(&id), at, actor, event)?);
                    serde_json::to_string(event).unwrap()
                }
                Fait::Source(event) => {
                    let id = event.object();
                    sources.insert(id, source::View::next(sources.get(&id), at, actor, event)?);
                    serde_json::to_string(event).unwrap()
                }
            };
            tenu.lignes.push(line);
        }
        (tenu.comptes, tenu.sources) = (comptes, sources);
        Ok(())
    }
}

/// Secrets in memory, as the files keep them.
#[derive(Default)]
pub(crate) struct EnVrac(Mutex<BTreeMap<Id, Secrets>>);

impl Reserve for EnVrac {
    fn lire(&self, compte: Id) -> Result<Option<Secrets>, SignificationError> {
        Ok(self.0.lock().unwrap().get(&compte).cloned())
    }

    fn ecrire(&self, secrets: &Secrets) -> Result<(), SignificationError> {
        self.0.lock().unwrap().insert(secrets.compte, secrets.clone());
        Ok(())
    }

    fn detruire(&self, compte: Id) -> Result<(), SignificationError> {
        self.0.lock().unwrap().remove(&compte);
        Ok(())
    }
}

/// Everything a portal has, over memory.
pub(crate) struct Monde {
    pub(crate) hacheur: Compteur,
    pub(crate) reserve: EnVrac,
    pub(crate) verrous: Verrous,
    pub(crate) registre: Registre,
    pub(crate) frein: Frein,
    pub(crate) entropy: SystemEntropy,
    pub(crate) store: EnMemoire,
}

pub(crate) const MOT: &str = "agrafe cheval batterie pluie";

impl Default for Monde {
    fn default() -> Self {
        let (hacheur, reserve, verrous, registre) =
            (Compteur::default(), EnVrac::default(), Verrous::default(), Registre::default());
        let (frein, entropy, store) = (Frein::default(), SystemEntropy::default(), EnMemoire::default());
        registre.a(t(0));
        Self { hacheur, reserve, verrous, registre, frein, entropy, store }
    }
}

impl Monde {
    pub(crate) fn sessions(&self) -> Sessions<'_> {
        Sessions::new(&self.store, &self.entropy, Durees::default())
    }

    pub(crate) fn atelier<'a>(&'a self, sessions: &'a Sessions<'a>) -> Atelier<'a> {
        let Self { hacheur, reserve, verrous, registre, entropy, .. } = self;
        Atelier { hacheur, reserve, verrous, greffier: registre, entropy, sessions, parametres: PEU }
    }

    pub(crate) fn portier<'a>(&'a self, sessions: &'a Sessions<'a>, parametres: Parametres) -> Portier<'a> {
        let Self { hacheur, reserve, verrous, registre, frein, entropy, .. } = self;
        let services = Services { hacheur, reserve, verrous, greffier: registre, frein, entropy, sessions };
        Portier::new(services, cle_des_noms(), parametres).unwrap()
    }

    /// An account invited under `nom`.
    pub(crate) fn inviter(&self, compte: Id, nom: &str, titulaire: Titulaire) {
        let (token_sha256, expires_at) = (Sha256Digest::of(b"secret d'invitation"), t(86_400));
        let by = match titulaire {
            Titulaire::Registre | Titulaire::Operateur => Actor::platform(),
            _ => Actor::registry("registre"),
        };
        let event = compte::Event::Invited { account: compte, titulaire, token_sha256, expires_at };
        self.registre.noter(&by, &[Fait::Compte(event)]).unwrap();
        self.registre.nommer(empreinte_du_nom(&cle_des_noms(), nom), compte);
    }

    /// A recipient's account in use, its password [`MOT`].
    pub(crate) fn destinataire(&self, compte: Id, nom: &str) {
        self.inviter(compte, nom, Titulaire::Destinataire { consent: ident(250) });
        let sessions = self.sessions();
        self.atelier(&sessions).activer(compte, "secret d'invitation", &MotDePasse::saisi(MOT), t(0)).unwrap();
    }
}

pub(crate) fn cle_des_noms() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, b"cle des noms")
}

pub(crate) fn ici(source: u8) -> Origine {
    Origine { source: Source(ident(source)), appareil: Some(Sha256Digest::of(&[source])) }
}
