//! Sessions: kept by the server, named by 256 random bits of which it keeps the digest only. The key of the acts lies in the
//! session encrypted under the other half of the cookie: neither the server's memory alone nor the cookie alone opens an act.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dossier::{Instant, Sha256Digest};
use ring::{aead, hmac};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::coffret::{cle_aead, deriver};
use super::compte::View;
use super::facteurs::Niveau;
use crate::id::Entropy;
use crate::vault::SecretKey;
use crate::{Id, SignificationError};

/// What the browser holds: the name of the session, and the half that opens its key. Never printed, wiped after use.
pub struct Temoin {
    nom: Zeroizing<[u8; 32]>,
    moitie: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for Temoin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Temoin(…)")
    }
}

impl Temoin {
    /// A new one. Before a login too: its CSRF token guards the form, and it is never made into a session.
    pub fn tirer(entropy: &dyn Entropy) -> Result<Self, SignificationError> {
        let (mut nom, mut moitie) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        entropy.fill(&mut *nom)?;
        entropy.fill(&mut *moitie)?;
        Ok(Self { nom, moitie })
    }

    /// The cookie's value: 86 characters of base64url.
    pub fn valeur(&self) -> Zeroizing<String> {
        let both = Zeroizing::new([&self.nom[..], &self.moitie[..]].concat());
        Zeroizing::new(URL_SAFE_NO_PAD.encode(&*both))
    }

    /// Reads a cookie's value.
    pub fn lire(text: &str) -> Result<Self, SignificationError> {
        let bad = SignificationError::Session { why: "témoin illisible" };
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(text).map(Zeroizing::new) else { return Err(bad) };
        let (Some(nom), Some(moitie), 64) = (bytes.get(..32), bytes.get(32..), bytes.len()) else { return Err(bad) };
        let mut read = Self { nom: Zeroizing::new([0; 32]), moitie: Zeroizing::new([0; 32]) };
        read.nom.copy_from_slice(nom);
        read.moitie.copy_from_slice(moitie);
        Ok(read)
    }

    fn empreinte(&self) -> Sha256Digest {
        Sha256Digest::of(&*self.nom)
    }

    /// The token that a form of this session carries; `formulaire` names the form.
    pub fn jeton(&self, formulaire: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.cle_csrf(), formulaire.as_bytes()))
    }

    /// Refuses a form that does not carry this session's token for it; compared without early exit.
    pub fn verifier_jeton(&self, formulaire: &str, token: &str) -> Result<(), SignificationError> {
        let bad = |_| SignificationError::Session { why: "formulaire d'une autre session" };
        let token = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        hmac::verify(&self.cle_csrf(), formulaire.as_bytes(), &token).map_err(bad)
    }

    fn cle_csrf(&self) -> hmac::Key {
        let secret = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*self.nom), b"constat csrf/1");
        hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref())
    }
}

/// The act key of a session, encrypted under the cookie's half.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CleDeSession {
    sel: [u8; 16],
    nonce: [u8; 12],
    scelle: Vec<u8>,
}

/// A session, as the server keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Digest of its name: what is kept does not log anybody in.
    pub empreinte: Sha256Digest,
    /// Its identifier, in the journal and in the list shown to the holder.
    pub id: Id,
    /// The account.
    pub compte: Id,
    /// Generation of the account when it began.
    pub generation: u32,
    /// What the login was worth.
    pub niveau: Niveau,
    /// The means it was made with.
    pub identifiants: Vec<Id>,
    /// The device's mark.
    pub appareil: Option<Sha256Digest>,
    /// When it began: a rise of privilege does not make it younger.
    pub ouverte: Instant,
    /// Last use.
    pub derniere: Instant,
    /// The act key.
    pub cle: Option<CleDeSession>,
}

/// What the holder sees of one of his sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ligne {
    /// Its identifier.
    pub id: Id,
    /// When it began.
    pub ouverte: Instant,
    /// Last use.
    pub derniere: Instant,
    /// What it is worth.
    pub niveau: Niveau,
    /// Whether it is the one that asks.
    pub celle_ci: bool,
    /// Whether it is on another device than the one that asks.
    pub autre_appareil: bool,
}

/// Where sessions are kept. Losing them all logs everybody out, and no more.
pub trait SessionStore: Send + Sync {
    /// Keeps a session, in the place of that of the same digest.
    fn mettre(&self, session: Session) -> Result<(), SignificationError>;
    /// The session of this digest.
    fn lire(&self, empreinte: &Sha256Digest) -> Result<Option<Session>, SignificationError>;
    /// Notes a use, if the session is still there; tells whether it is. Never brings back one that was forgotten.
    fn toucher(&self, empreinte: &Sha256Digest, now: Instant) -> Result<bool, SignificationError>;
    /// Forgets it; tells whether it was there.
    fn retirer(&self, empreinte: &Sha256Digest) -> Result<bool, SignificationError>;
    /// Those of an account.
    fn de_compte(&self, compte: Id) -> Result<Vec<Session>, SignificationError>;
    /// Forgets those that `finie` tells are over.
    fn balayer(&self, finie: &dyn Fn(&Session) -> bool) -> Result<usize, SignificationError>;
}

/// In memory.
#[derive(Debug, Default)]
pub struct EnMemoire(Mutex<BTreeMap<Sha256Digest, Session>>);

impl EnMemoire {
    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<Sha256Digest, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionStore for EnMemoire {
    fn mettre(&self, session: Session) -> Result<(), SignificationError> {
        self.held().insert(session.empreinte, session);
        Ok(())
    }

    fn lire(&self, empreinte: &Sha256Digest) -> Result<Option<Session>, SignificationError> {
        Ok(self.held().get(empreinte).cloned())
    }

    fn toucher(&self, empreinte: &Sha256Digest, now: Instant) -> Result<bool, SignificationError> {
        Ok(self.held().get_mut(empreinte).map(|session| session.derniere = now).is_some())
    }

    fn retirer(&self, empreinte: &Sha256Digest) -> Result<bool, SignificationError> {
        Ok(self.held().remove(empreinte).is_some())
    }

    fn de_compte(&self, compte: Id) -> Result<Vec<Session>, SignificationError> {
        Ok(self.held().values().filter(|s| s.compte == compte).cloned().collect())
    }

    fn balayer(&self, finie: &dyn Fn(&Session) -> bool) -> Result<usize, SignificationError> {
        let mut held = self.held();
        let before = held.len();
        held.retain(|_, session| !finie(session));
        Ok(before - held.len())
    }
}

/// When a session ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Durees {
    /// Seconds without use.
    pub inactivite: u32,
    /// Seconds in all.
    pub absolue: u32,
}

impl Default for Durees {
    /// Half an hour, eight hours.
    fn default() -> Self {
        Self { inactivite: 1800, absolue: 8 * 3600 }
    }
}

/// What a login gives a session.
#[derive(Debug)]
pub struct Ouverture<'a> {
    /// The account, as the journal has it now.
    pub compte: &'a View,
    /// What the login is worth.
    pub niveau: Niveau,
    /// The means given.
    pub identifiants: Vec<Id>,
    /// The device's mark.
    pub appareil: Option<Sha256Digest>,
    /// The act key, if a means opened it.
    pub cle: Option<&'a SecretKey>,
}

/// The sessions of a running server.
pub struct Sessions<'a> {
    store: &'a dyn SessionStore,
    entropy: &'a dyn Entropy,
    durees: Durees,
}

impl std::fmt::Debug for Sessions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sessions({:?})", self.durees)
    }
}

impl<'a> Sessions<'a> {
    /// Over a store.
    pub fn new(store: &'a dyn SessionStore, entropy: &'a dyn Entropy, durees: Durees) -> Self {
        Self { store, entropy, durees }
    }

    /// Whether another device than this one is logged in (row B05): said at the login, and journalled with it.
    pub fn autre_appareil(
        &self,
        view: &View,
        appareil: Option<&Sha256Digest>,
        now: Instant,
    ) -> Result<bool, SignificationError> {
        let live = self.store.de_compte(view.id)?.into_iter().filter(|s| self.vivante(s, view, now));
        Ok(live.into_iter().any(|s| s.appareil.is_none() || s.appareil.as_ref() != appareil))
    }

    /// Begins a session under the identifier `id` that the journal was told. Always a new name: one that a browser had before
    /// is worth nothing after. The session of `avant`, if any, ends.
    pub fn ouvrir(
        &self,
        id: Id,
        ouverture: Ouverture<'_>,
        avant: Option<&Temoin>,
        now: Instant,
    ) -> Result<Temoin, SignificationError> {
        let Ouverture { compte, niveau, identifiants, appareil, cle } = ouverture;
        if !compte.admet_connexion(now) {
            return Err(SignificationError::Session { why: "ce compte ne s'ouvre pas" });
        }
        if let Some(avant) = avant {
            self.store.retirer(&avant.empreinte())?;
        }
        let temoin = Temoin::tirer(self.entropy)?;
        let (empreinte, generation) = (temoin.empreinte(), compte.generation);
        let mut session = Session {
            empreinte,
            id,
            compte: compte.id,
            generation,
            niveau,
            identifiants,
            appareil,
            ouverte: now,
            derniere: now,
            cle: None,
        };
        session.cle = cle.map(|cle| self.sceller(&temoin, &session, cle)).transpose()?;
        self.store.mettre(session)?;
        Ok(temoin)
    }

    /// The session of a cookie, if it lives: neither idle nor old, its account in the generation it began in and open. `compte`
    /// gives the account from the journal, so that a report ends its sessions at their very next step.
    pub fn reconnaitre(
        &self,
        temoin: &Temoin,
        compte: &dyn Fn(Id) -> Result<Option<View>, SignificationError>,
        now: Instant,
    ) -> Result<Session, SignificationError> {
        let over = SignificationError::Session { why: "terminée ou inconnue" };
        let Some(mut session) = self.store.lire(&temoin.empreinte())? else { return Err(over) };
        let view = compte(session.compte)?;
        if !view.is_some_and(|view| self.vivante(&session, &view, now)) {
            self.store.retirer(&session.empreinte)?;
            return Err(over);
        }
        session.derniere = now;
        if self.store.toucher(&session.empreinte, now)? { Ok(session) } else { Err(over) }
    }

    /// The act key of a session, opened by its cookie.
    pub fn cle(&self, temoin: &Temoin, session: &Session) -> Result<SecretKey, SignificationError> {
        let closed = SignificationError::Session { why: "la clé de vos actes n'y est pas ouverte" };
        let Some(kept) = &session.cle else { return Err(closed) };
        let key = cle_de(temoin, &kept.sel)?;
        let nonce = aead::Nonce::assume_unique_for_key(kept.nonce);
        let mut sealed = Zeroizing::new(kept.scelle.clone());
        let opened = key.open_in_place(nonce, aead::Aad::from(lien(session)), &mut sealed);
        let Some(text) = opened.ok().and_then(|clear| std::str::from_utf8(clear).ok()) else { return Err(closed) };
        SecretKey::from_text(text, "destinataire")
    }

    /// After a further proof: a new name and a new half, the old ones worth nothing. `cle` is the key that the proof opened;
    /// without it, the one the session had stays.
    pub fn elever(
        &self,
        temoin: &Temoin,
        session: &Session,
        (niveau, identifiants): (Niveau, Vec<Id>),
        cle: Option<&SecretKey>,
        now: Instant,
    ) -> Result<Temoin, SignificationError> {
        if session.empreinte != temoin.empreinte() || niveau < session.niveau {
            return Err(SignificationError::Session { why: "élévation impossible" });
        }
        let had = if cle.is_none() && session.cle.is_some() { Some(self.cle(temoin, session)?) } else { None };
        let new = Temoin::tirer(self.entropy)?;
        let mut raised = Session { niveau, identifiants, derniere: now, cle: None, ..session.clone() };
        raised.empreinte = new.empreinte();
        raised.cle = cle.or(had.as_ref()).map(|cle| self.sceller(&new, &raised, cle)).transpose()?;
        if !self.store.retirer(&session.empreinte)? {
            return Err(SignificationError::Session { why: "terminée entre-temps" });
        }
        self.store.mettre(raised)?;
        Ok(new)
    }

    /// What the holder is shown.
    pub fn lister(&self, view: &View, ici: &Session, now: Instant) -> Result<Vec<Ligne>, SignificationError> {
        let mut live: Vec<Session> = self.store.de_compte(view.id)?;
        live.retain(|s| self.vivante(s, view, now));
        live.sort_by_key(|s| (std::cmp::Reverse(s.derniere), s.id));
        let line = |s: Session| Ligne {
            id: s.id,
            ouverte: s.ouverte,
            derniere: s.derniere,
            niveau: s.niveau,
            celle_ci: s.id == ici.id,
            autre_appareil: s.id != ici.id && (s.appareil.is_none() || s.appareil != ici.appareil),
        };
        Ok(live.into_iter().map(line).collect())
    }

    /// Ends one session of an account.
    pub fn fermer(&self, compte: Id, id: Id) -> Result<bool, SignificationError> {
        let found = self.store.de_compte(compte)?.into_iter().find(|s| s.id == id);
        found.map_or(Ok(false), |s| self.store.retirer(&s.empreinte))
    }

    /// Ends all of them: after the fact that moves the account's generation, which alone already does.
    pub fn fermer_toutes(&self, compte: Id) -> Result<usize, SignificationError> {
        self.store.balayer(&|s| s.compte == compte)
    }

    /// Forgets those that time ended.
    pub fn balayer(&self, now: Instant) -> Result<usize, SignificationError> {
        self.store.balayer(&|s| self.finie(s, now))
    }

    fn finie(&self, session: &Session, now: Instant) -> bool {
        let since = |from: Instant| now.as_millisecond() - from.as_millisecond();
        // A clock that went back ends it too: its age is not known any more.
        since(session.derniere) < 0
            || since(session.derniere) >= i64::from(self.durees.inactivite) * 1000
            || since(session.ouverte) >= i64::from(self.durees.absolue) * 1000
    }

    fn vivante(&self, session: &Session, view: &View, now: Instant) -> bool {
        !self.finie(session, now) && view.admet_session(session.generation, now)
    }

    fn sceller(&self, temoin: &Temoin, session: &Session, cle: &SecretKey) -> Result<CleDeSession, SignificationError> {
        use age::secrecy::ExposeSecret as _;
        let (mut sel, mut nonce) = ([0; 16], [0; 12]);
        self.entropy.fill(&mut sel)?;
        self.entropy.fill(&mut nonce)?;
        let mut sealed = Zeroizing::new(cle.secret_text().expose_secret().as_bytes().to_vec());
        let failed = |_| SignificationError::Session { why: "clé non scellée" };
        let unique = aead::Nonce::assume_unique_for_key(nonce);
        let key = cle_de(temoin, &sel)?;
        key.seal_in_place_append_tag(unique, aead::Aad::from(lien(session)), &mut *sealed).map_err(failed)?;
        Ok(CleDeSession { sel, nonce, scelle: sealed.to_vec() })
    }
}

fn lien(session: &Session) -> Vec<u8> {
    [&b"constat session/1"[..], session.compte.as_bytes(), session.id.as_bytes(), session.empreinte.as_bytes()].concat()
}

fn cle_de(temoin: &Temoin, sel: &[u8]) -> Result<aead::LessSafeKey, SignificationError> {
    let mut key = Zeroizing::new([0; 32]);
    deriver(sel, &*temoin.moitie, b"constat session/1 cle", &mut key)?;
    cle_aead(&key)
}

#[cfg(test)]
mod tests;
