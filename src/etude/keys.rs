//! `[sceau]` and `[signature.NOM]`: where the key of the seal, and that of each officer, is — a file, a token, a signature service — and how it is reached.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier::Instant;
use sealer::{
    Encryption, KeyFacts, RemoteKey, RemoteSettings, Signer, SoftwareSigner, TokenKey, TokenSettings, TrustAnchors,
};
use serde::Deserialize;

use super::secrets::{Office, Source};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Terminal;

/// How long a signature service may take for one answer: a person may have to confirm on a telephone.
const PATIENCE_SECONDS: u64 = 90;

/// `[sceau]` as it is written.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SealKeys {
    #[serde(default)]
    cle: Option<PathBuf>,
    #[serde(default)]
    certificats: Option<PathBuf>,
    pub(super) cle_wacz: PathBuf,
    #[serde(default)]
    secret: Option<Source>,
    #[serde(default)]
    jeton: Option<Token>,
    #[serde(default)]
    distant: Option<Remote>,
}

/// `[signature.NOM]`: an officer's own key, and how he is named where he signs.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfficerKeys {
    #[serde(default)]
    nom: Option<String>,
    #[serde(default)]
    qualite: Option<String>,
    #[serde(default)]
    role: Option<String>,
    #[serde(default)]
    cle: Option<PathBuf>,
    #[serde(default)]
    certificats: Option<PathBuf>,
    #[serde(default)]
    secret: Option<Source>,
    #[serde(default)]
    jeton: Option<Token>,
    #[serde(default)]
    distant: Option<Remote>,
}

/// An officer who signs.
pub(crate) struct OfficerKey {
    /// His name, when the section gives it.
    pub(crate) nom: Option<String>,
    /// His quality, in words.
    pub(crate) qualite: Option<String>,
    /// The role he signs under.
    pub(crate) role: Option<String>,
    /// His key.
    pub(crate) key: SealKey,
}

impl OfficerKey {
    /// Reads the section of that name, as `[sceau]` is read.
    pub(super) fn new(name: &str, keys: OfficerKeys, file: &Path) -> Result<Self, Failure> {
        let OfficerKeys { nom, qualite, role, cle, certificats, secret, jeton, distant } = keys;
        let forms = SealKeys { cle, certificats, cle_wacz: PathBuf::new(), secret, jeton, distant };
        let key = SealKey::of_section(forms, file, &format!("signature.{name}"))?;
        Ok(Self { nom, qualite, role, key })
    }
}

/// `[sceau.jeton]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Token {
    module: PathBuf,
    #[serde(default)]
    nom: Option<String>,
    #[serde(default)]
    serie: Option<String>,
    #[serde(default)]
    etiquette: Option<String>,
    #[serde(default)]
    identifiant: Option<String>,
}

/// `[sceau.distant]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remote {
    adresse: String,
    #[serde(default)]
    identifiant: Option<String>,
    #[serde(default)]
    racine_tls: Option<PathBuf>,
    #[serde(default)]
    acces: Option<Source>,
    #[serde(default)]
    delai_secondes: Option<u64>,
}

/// Where the key is.
#[derive(Clone)]
enum Holder {
    File { key: PathBuf, chain: PathBuf },
    Token(Token),
    Remote(Remote),
}

/// The key of the seal, configured; nothing is opened before it is asked for.
#[derive(Clone)]
pub(crate) struct SealKey {
    holder: Holder,
    chain: Option<PathBuf>,
    secret: Option<Source>,
    /// The configuration file, named in what is said.
    file: PathBuf,
}

/// What can be said of the key without signing.
pub(crate) struct Looked {
    /// `fichier`, `jeton` or `distant`.
    pub(crate) kind: &'static str,
    /// Where it is, in words.
    pub(crate) place: String,
    /// Its certificate.
    pub(crate) facts: KeyFacts,
}

impl SealKey {
    /// Reads the section: exactly one holder. Paths are taken from the folder of `file`.
    pub(super) fn new(keys: SealKeys, file: &Path) -> Result<Self, Failure> {
        Self::of_section(keys, file, "sceau")
    }

    fn of_section(keys: SealKeys, file: &Path, section: &str) -> Result<Self, Failure> {
        let base = file.parent().unwrap_or(Path::new("."));
        let bad =
            |why: &str| Failure::new("etude.invalid", Exit::Usage, format!("{}, [{section}] : {why}", file.display()));
        let chain = keys.certificats.map(|path| base.join(path));
        let holder = match (keys.cle, keys.jeton, keys.distant) {
            (Some(key), None, None) => {
                let chain = chain.clone().ok_or_else(|| bad("« certificats » manque"))?;
                Holder::File { key: base.join(key), chain }
            }
            (None, Some(token), None) => Holder::Token(Token { module: base.join(token.module), ..token }),
            (None, None, Some(remote)) => Holder::Remote(Remote {
                racine_tls: remote.racine_tls.map(|path| base.join(path)),
                acces: remote.acces.map(|source| source.under(base)),
                ..remote
            }),
            (None, None, None) => {
                return Err(bad(&format!("« cle », [{section}.jeton] ou [{section}.distant] manque")));
            }
            _ => return Err(bad(&format!("un seul de « cle », [{section}.jeton], [{section}.distant] est admis"))),
        };
        let secret = keys.secret.map(|source| source.under(base));
        Ok(Self { holder, chain, secret, file: file.to_path_buf() })
    }

    /// Opens the key; a secret is asked when it is needed, of the configured source or at the terminal.
    pub(crate) fn open(&self, terminal: Option<&Arc<Terminal>>) -> Result<Box<dyn Signer>, Failure> {
        let bearer = match &self.holder {
            Holder::Remote(remote) => remote.acces.clone(),
            _ => None,
        };
        let secrets = Office::new(self.secret.clone(), bearer, terminal.cloned());
        match &self.holder {
            Holder::File { key, chain } => {
                let (pem, certificates) = (self.read(key)?, self.read(chain)?);
                let what = key.display().to_string();
                Ok(Box::new(SoftwareSigner::open(&pem, certificates.as_bytes(), &what, &secrets)?))
            }
            Holder::Token(token) => Ok(Box::new(TokenKey::open(self.token(token)?, Arc::new(secrets))?)),
            Holder::Remote(remote) => Ok(Box::new(RemoteKey::open(self.remote(remote)?, Arc::new(secrets))?)),
        }
    }

    /// Fails when the key cannot be used, as far as can be told without a secret: before a capture, not after it.
    pub(crate) fn ready(&self, at: Instant) -> Result<(), Failure> {
        match &self.holder {
            Holder::File { key, chain } => {
                let pem = self.read(key)?;
                if Encryption::of(&pem, &key.display().to_string())? == Encryption::None {
                    return self.open(None).map(drop);
                }
                // The certificates at least are read.
                let certificates = self.read(chain)?;
                KeyFacts::of_pem(certificates.as_bytes(), &TrustAnchors::none(), at)?;
                Ok(())
            }
            Holder::Token(_) => self.open(None).map(drop),
            // Without a source for its bearer token the service is asked when the seal is made, with the officer there.
            Holder::Remote(_) if self.asks_to_look() => Ok(()),
            Holder::Remote(_) => self.open(None).map(drop),
        }
    }

    /// Whether even looking at the key would ask somebody for a secret.
    pub(crate) fn asks_to_look(&self) -> bool {
        matches!(&self.holder, Holder::Remote(remote) if remote.acces.is_none())
    }

    /// What the certificate says, with these anchors at `at`; an encrypted file is not opened, nothing is signed.
    pub(crate) fn look(&self, anchors: &TrustAnchors, at: Instant) -> Result<Looked, Failure> {
        if let Holder::File { key, chain } = &self.holder {
            let (pem, what) = (self.read(key)?, key.display().to_string());
            let (encryption, certificates) = (Encryption::of(&pem, &what)?, self.read(chain)?);
            let facts = KeyFacts::of_pem(certificates.as_bytes(), anchors, at)?;
            let place = match encryption {
                // A key in clear is read whole: it must be that of the certificate.
                Encryption::None => self.open(None)?.place(),
                Encryption::Pbes2(how) => format!("fichier {what} (chiffré : {how})"),
                _ => format!("fichier {what}"),
            };
            return Ok(Looked { kind: "fichier", place, facts });
        }
        let signer = self.open(None)?;
        let facts = KeyFacts::of(signer.as_ref(), anchors, at)?;
        let kind = if matches!(self.holder, Holder::Token(_)) { "jeton" } else { "distant" };
        Ok(Looked { kind, place: signer.place(), facts })
    }

    fn token(&self, token: &Token) -> Result<TokenSettings, Failure> {
        let id = token.identifiant.as_deref().map(|text| self.hexadecimal(text)).transpose()?;
        let mut settings = TokenSettings::of_module(token.module.clone());
        settings.token = token.nom.clone();
        settings.serial = token.serie.clone();
        settings.label = token.etiquette.clone();
        settings.id = id;
        settings.chain_pem = self.chain_pem()?;
        Ok(settings)
    }

    fn remote(&self, remote: &Remote) -> Result<RemoteSettings, Failure> {
        let tls_roots = remote.racine_tls.as_deref().map(|path| self.read(path)).transpose()?;
        Ok(RemoteSettings {
            url: remote.adresse.clone(),
            credential: remote.identifiant.clone(),
            tls_roots: tls_roots.map(String::into_bytes),
            chain_pem: self.chain_pem()?,
            deadline: Duration::from_secs(remote.delai_secondes.unwrap_or(PATIENCE_SECONDS).clamp(1, 600)),
        })
    }

    fn chain_pem(&self) -> Result<Option<Vec<u8>>, Failure> {
        self.chain.as_deref().map(|path| self.read(path).map(String::into_bytes)).transpose()
    }

    fn hexadecimal(&self, text: &str) -> Result<Vec<u8>, Failure> {
        let digits: Vec<u8> = text.bytes().filter(|b| !matches!(b, b':' | b' ')).collect();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let octets: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
        octets.filter(|octets| !octets.is_empty() && digits.len().is_multiple_of(2)).ok_or_else(|| {
            let detail = format!("{}, [sceau.jeton] : « identifiant » en hexadécimal", self.file.display());
            Failure::new("etude.invalid", Exit::Usage, detail)
        })
    }

    fn read(&self, path: &Path) -> Result<String, Failure> {
        read(path, &self.file)
    }
}

/// A file named by the configuration.
pub(super) fn read(path: &Path, configuration: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|e| {
        let detail = format!("{} (nommé par {}) : {e}", path.display(), configuration.display());
        Failure::new("etude.file_missing", Exit::Usage, detail)
    })
}
