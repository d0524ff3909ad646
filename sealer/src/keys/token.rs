//! A key on a token (PKCS#11 v2.40): smart card, USB token, HSM. The key never leaves it; the PIN is asked when it signs.
//!
//! A wrong PIN is told and never tried again: cards lock after a few. The session opened for a signature is closed with
//! the value; the module is left initialised, because the process may hold other keys of it.
mod objects;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};

use super::form::{ecdsa_der, ordered};
use super::{KeyAlgorithm, KeyError, Secret, SecretRequest, Secrets, Signer};
use crate::SealError;
use crate::x509::{Certificate, PublicKey, pem_certificates};

/// Where the key is. Selectors left out must leave no choice: two tokens or two keys that answer are an error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenSettings {
    /// The PKCS#11 module, a shared library.
    pub module: PathBuf,
    /// Label of the token.
    pub token: Option<String>,
    /// Serial number of the token.
    pub serial: Option<String>,
    /// Label of the key and of its certificate (`CKA_LABEL`).
    pub label: Option<String>,
    /// Identifier of the key and of its certificate (`CKA_ID`).
    pub id: Option<Vec<u8>>,
    /// Certificates that are not on the token (PEM): the signer's when the token holds none, and its issuers.
    pub chain_pem: Option<Vec<u8>>,
}

impl TokenSettings {
    /// The only key of the only token of a module, until selectors are set.
    pub fn of_module(module: PathBuf) -> Self {
        Self { module, ..Self::default() }
    }
}

/// A key on a token.
pub struct TokenKey {
    context: Pkcs11,
    slot: Slot,
    settings: TokenSettings,
    name: String,
    leaf: Certificate,
    /// `CKA_ID` of the certificate, when it is on the token.
    id: Option<Vec<u8>>,
    chain: Vec<Vec<u8>>,
    /// A session that is logged in, kept for the second signature of one sealing.
    session: Mutex<Option<Session>>,
    secrets: Arc<dyn Secrets>,
}

impl TokenKey {
    /// Finds the token and the certificate of the key; asks for nothing and signs nothing.
    ///
    /// # Errors
    /// `key.module`, `key.token`, `key.object`, `seal.key` for a certificate that cannot be read.
    pub fn open(settings: TokenSettings, secrets: Arc<dyn Secrets>) -> Result<Self, SealError> {
        let context = load(&settings)?;
        let (slot, info) = find_token(&context, &settings)?;
        let name = info.label().trim_end().to_owned();
        let session = context.open_ro_session(slot).map_err(|e| KeyError::Token { why: said(&e) })?;
        let given = match &settings.chain_pem {
            Some(pem) => pem_certificates(pem)
                .map_err(|e| SealError::Key { what: "seal certificate".into(), why: e.to_string() })?,
            None => Vec::new(),
        };
        let (leaf, id, others) = objects::certificate(&session, &settings, &given)?;
        objects::check_public_key(&session, &leaf, id.as_deref().or(settings.id.as_deref()))?;
        let chain = ordered(leaf.clone(), &others).iter().map(|c| c.der().to_vec()).collect();
        drop(session);
        Ok(Self { context, slot, settings, name, leaf, id, chain, session: Mutex::new(None), secrets })
    }

    /// Opens a session and logs in. Gives the PIN too, for a key that wants it again at once.
    fn enter(&self) -> Result<(Session, Option<Secret>), KeyError> {
        let info = self.info()?;
        if info.user_pin_locked() {
            return Err(KeyError::PinLocked);
        }
        let session = self.context.open_ro_session(self.slot).map_err(|e| KeyError::Token { why: said(&e) })?;
        let pin = self.pin(&info)?;
        match session.login(UserType::User, pin.as_ref()) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok((session, pin)),
            Err(error) => Err(self.refused(&error)),
        }
    }

    /// The PIN, asked; `None` when it is typed on the reader itself.
    fn pin(&self, info: &TokenInfo) -> Result<Option<Secret>, KeyError> {
        if info.protected_authentication_path() {
            return Ok(None);
        }
        let request = SecretRequest::Pin { token: self.name.clone(), last_try: info.user_pin_final_try() };
        self.secrets.secret(&request).map(Some)
    }

    fn info(&self) -> Result<TokenInfo, KeyError> {
        self.context.get_token_info(self.slot).map_err(|e| KeyError::Token { why: said(&e) })
    }

    /// What a refused login means.
    fn refused(&self, error: &Error) -> KeyError {
        match error {
            Error::Pkcs11(RvError::PinLocked, _) => KeyError::PinLocked,
            Error::Pkcs11(RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange, _) => {
                let info = self.info().ok();
                if info.as_ref().is_some_and(TokenInfo::user_pin_locked) {
                    return KeyError::PinLocked;
                }
                KeyError::Pin { last: info.is_some_and(|i| i.user_pin_final_try()) }
            }
            other => KeyError::TokenSign { why: said(other) },
        }
    }

    /// One signature in a session that is logged in.
    fn sign_in(&self, session: &Session, pin: Option<Secret>, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |e: Error| KeyError::TokenSign { why: said(&e) };
        let id = self.id.as_deref().or(self.settings.id.as_deref());
        let key = objects::private_key(session, &self.leaf, id, self.settings.label.as_deref())?;
        let again = objects::always_authenticates(session, key);
        let (mechanism, data) = self.mechanism(message, again)?;
        if !again {
            return session.sign(&mechanism, key, &data).map_err(failed);
        }
        session.sign_init(&mechanism, key).map_err(failed)?;
        let pin = match pin {
            Some(pin) => Some(pin),
            None => self.pin(&self.info()?)?,
        };
        session.login(UserType::ContextSpecific, pin.as_ref()).map_err(|e| self.refused(&e))?;
        session.sign_update(&data).map_err(failed)?;
        session.sign_final().map_err(failed)
    }

    /// How the token signs, and what it is given: the message when it digests by itself, else the digest.
    ///
    /// A key that wants its PIN at each signature is used in several parts (`again`), which the mechanisms that digest
    /// by themselves always allow: they come first then.
    fn mechanism(&self, message: &[u8], again: bool) -> Result<(Mechanism<'static>, Vec<u8>), KeyError> {
        let offered = self.context.get_mechanism_list(self.slot);
        let offered = offered.map_err(|e| KeyError::Token { why: said(&e) })?;
        let has = |mechanism: MechanismType| offered.contains(&mechanism);
        let digest = KeyAlgorithm::of(&self.leaf.key).digest().of(message);
        let pss = PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32.into() };
        let (whole, raw) = match &self.leaf.key {
            PublicKey::P256(_) => (Mechanism::EcdsaSha256, Mechanism::Ecdsa),
            PublicKey::P384(_) => (Mechanism::EcdsaSha384, Mechanism::Ecdsa),
            PublicKey::Rsa(_) => (Mechanism::Sha256RsaPkcsPss(pss), Mechanism::RsaPkcsPss(pss)),
        };
        let (has_whole, has_raw) = (has(whole.mechanism_type()), has(raw.mechanism_type()));
        match (has_whole, has_raw) {
            (true, _) if again || !has_raw => Ok((whole, message.to_vec())),
            (_, true) => Ok((raw, digest)),
            _ => Err(KeyError::Object { why: format!("the token offers no mechanism for {}", raw.mechanism_type()) }),
        }
    }
}

impl Signer for TokenKey {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut held = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, pin) = match held.take() {
            Some(session) => (session, None),
            None => self.enter()?,
        };
        let signature = self.sign_in(&session, pin, message)?;
        *held = Some(session);
        match &self.leaf.key {
            PublicKey::Rsa(_) => Ok(signature),
            key => ecdsa_der(&signature, key).ok_or_else(|| {
                KeyError::TokenSign { why: "the signature is not as long as two integers".into() }.into()
            }),
        }
    }

    fn place(&self) -> String {
        format!("jeton « {} » (module {})", self.name, self.settings.module.display())
    }
}

impl Drop for TokenKey {
    fn drop(&mut self) {
        if let Some(session) = self.session.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            // Closing the session would do; a token shared with another program must not stay logged in by us.
            let _refused = session.logout();
        }
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenKey").field("token", &self.name).finish_non_exhaustive()
    }
}

/// The name of the module's error, without the paragraph cryptoki prints.
fn said(error: &Error) -> String {
    match error {
        Error::Pkcs11(code, function) => format!("{function} : {code:?}"),
        other => other.to_string(),
    }
}

fn load(settings: &TokenSettings) -> Result<Pkcs11, KeyError> {
    let module = settings.module.display().to_string();
    let bad = |why: String| KeyError::Module { module: module.clone(), why };
    if !settings.module.is_absolute() || !settings.module.is_file() {
        // The loader would look for a bare name in its own folders: which library runs must be said here.
        return Err(bad("no such file (an absolute path is expected)".into()));
    }
    let context = Pkcs11::new(&settings.module).map_err(|e| bad(said(&e)))?;
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(context),
        Err(error) => Err(bad(said(&error))),
    }
}

/// The one token that answers to the description.
fn find_token(context: &Pkcs11, settings: &TokenSettings) -> Result<(Slot, TokenInfo), KeyError> {
    let bad = |why: String| KeyError::Token { why };
    let slots = context.get_slots_with_token().map_err(|e| bad(said(&e)))?;
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for slot in slots {
        // A reader whose card was just removed is no reason not to find another.
        let Ok(info) = context.get_token_info(slot) else { continue };
        if !info.token_initialized() {
            continue;
        }
        let is = |asked: &Option<String>, value: &str| asked.as_deref().is_none_or(|a| a == value.trim_end());
        if is(&settings.token, info.label()) && is(&settings.serial, info.serial_number()) {
            found.push((slot, info));
        } else {
            seen.push(info.label().trim_end().to_owned());
        }
    }
    match found.len() {
        1 => found.pop().ok_or_else(|| bad("none".into())),
        0 => Err(bad(format!("none answers to the description; present: {seen:?}"))),
        more => Err(bad(format!("{more} answer to the description; give label and serial number"))),
    }
}
