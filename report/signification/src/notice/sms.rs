//! The SMS beside the e-mail notice, through an HTTP gateway that the operator chooses. Off unless configured; only to a
//! mobile that its owner gave and that was verified; one text for everybody. Secrets are read from files, at each sending:
//! they are neither in the configuration nor in any message of ours.
use std::collections::BTreeSet;
use std::fmt;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use age::secrecy::{ExposeSecret, SecretString};
use dossier::{Digests, Instant, Sha256Digest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Refused;
use super::rappel::{texte_code, texte_sms};
use crate::config::{loopback, refuse};
use crate::{Id, SignificationError};

/// The longest answer read, in octets.
const MAX_REPONSE: u64 = 64 * 1024;
/// The longest secret file, in octets.
const MAX_SECRET: u64 = 8 * 1024;

/// How the request's body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FormatCorps {
    /// `application/json`: the blanks stand in strings of the template.
    #[default]
    Json,
    /// `application/x-www-form-urlencoded`: the blanks are percent-encoded.
    Formulaire,
}

/// Method of the request. GET is not one: the number would stand in the address, which servers log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Methode {
    /// POST.
    #[default]
    #[serde(rename = "POST")]
    Post,
    /// PUT.
    #[serde(rename = "PUT")]
    Put,
}

/// One header of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entete {
    /// Name.
    pub nom: String,
    /// What stands before the secret, such as `Bearer `; or the whole value when there is no file.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub valeur: String,
    /// File (0600) whose first line is the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fichier: Option<PathBuf>,
}

/// The gateway (`[sms]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// Address: `https`, or `http` to this machine; without query, password nor fragment.
    pub url: String,
    /// Method.
    #[serde(default)]
    pub methode: Methode,
    /// How the body is written.
    #[serde(default)]
    pub format: FormatCorps,
    /// The body, with `{numero}` and `{texte}`.
    pub corps: String,
    /// Status codes of an accepted request, 200 to 299.
    #[serde(default = "success")]
    pub succes: BTreeSet<u16>,
    /// Where the gateway's identifier stands in a JSON answer (RFC 6901), such as `/messages/0/id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifiant: Option<String>,
    /// Seconds before giving up, 1 to 120.
    #[serde(default = "ten")]
    pub delai_secondes: u16,
    /// Headers of the request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entetes: Vec<Entete>,
}

fn success() -> BTreeSet<u16> {
    BTreeSet::from([200, 201, 202])
}

fn ten() -> u16 {
    10
}

impl SmsConfig {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), SignificationError> {
        let uri: ureq::http::Uri = self.url.parse().map_err(|_| refuse("sms.url : pas une adresse".into()))?;
        let host = uri.host().unwrap_or("").trim_matches(['[', ']']);
        let safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && loopback(host));
        if host.is_empty() || !safe {
            return Err(refuse("sms.url : https, ou http vers cette machine".into()));
        }
        if self.url.contains(['?', '#', '@']) {
            return Err(refuse(
                "sms.url : ni paramètre ni mot de passe dans l'adresse, elle est journalisée par d'autres".into(),
            ));
        }
        if self.succes.is_empty() || !self.succes.iter().all(|code| (200..300).contains(code)) {
            return Err(refuse("sms.succes : codes de 200 à 299".into()));
        }
        if !(1..=120).contains(&self.delai_secondes) {
            return Err(refuse("sms.delai_secondes : entre 1 et 120".into()));
        }
        if self.identifiant.as_deref().is_some_and(|p| !p.starts_with('/')) {
            return Err(refuse("sms.identifiant : un pointeur JSON commence par « / »".into()));
        }
        self.entetes.iter().try_for_each(Entete::check)?;
        self.corps("+33600000000", "texte").map(|_| ())
    }

    /// The octets of the request's body.
    fn corps(&self, numero: &str, texte: &str) -> Result<Vec<u8>, SignificationError> {
        for blank in ["{numero}", "{texte}"] {
            if self.corps.matches(blank).count() != 1 {
                return Err(refuse(format!("sms.corps : {blank} doit y être une fois")));
            }
        }
        match self.format {
            FormatCorps::Formulaire => {
                let body = self.corps.replace("{numero}", &percent(numero)).replace("{texte}", &percent(texte));
                Ok(body.into_bytes())
            }
            FormatCorps::Json => {
                let wrong = || refuse("sms.corps : pas un texte JSON dont les blancs sont dans des chaînes".into());
                let mut value: Value = serde_json::from_str(&self.corps).map_err(|_| wrong())?;
                // A blank in the name of a member would be left as it is.
                if put(&mut value, numero, texte) != 2 {
                    return Err(wrong());
                }
                serde_json::to_vec(&value).map_err(|_| wrong())
            }
        }
    }
}

impl Entete {
    fn check(&self) -> Result<(), SignificationError> {
        let name = self.nom.to_ascii_lowercase();
        let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !word || !self.valeur.bytes().all(|b| (32..127).contains(&b)) {
            return Err(refuse(format!("sms.entetes : {} : nom ou valeur refusé", self.nom)));
        }
        let secret = ["auth", "key", "token", "secret", "cookie", "pass", "sign"].iter().any(|w| name.contains(w));
        if secret && self.fichier.is_none() {
            return Err(refuse(format!("sms.entetes : {} porte un secret, à lire dans un fichier", self.nom)));
        }
        Ok(())
    }

    /// The value to send, its secret read now.
    fn read(&self) -> Result<SecretString, SignificationError> {
        let Some(path) = &self.fichier else { return Ok(SecretString::from(self.valeur.clone())) };
        let secret = secret(path)?;
        Ok(SecretString::from(format!("{}{}", self.valeur, secret.expose_secret())))
    }
}

pub(crate) fn secret(path: &Path) -> Result<SecretString, SignificationError> {
    let io = |e| SignificationError::io("read", path, e);
    let file = std::fs::File::open(path).map_err(io)?;
    if file.metadata().map_err(io)?.permissions().mode() & 0o077 != 0 {
        return Err(refuse(format!("{} : lisible par d'autres que son propriétaire (chmod 600)", path.display())));
    }
    let mut text = String::new();
    file.take(MAX_SECRET).read_to_string(&mut text).map_err(io)?;
    let line = text.lines().next().unwrap_or("").trim();
    if line.is_empty() || !line.bytes().all(|b| (33..127).contains(&b) || b == b' ') {
        return Err(refuse(format!("{} : pas de secret en ASCII à la première ligne", path.display())));
    }
    Ok(SecretString::from(line.to_owned()))
}

/// Fills the blanks of every string; gives how many were filled.
fn put(value: &mut Value, numero: &str, texte: &str) -> usize {
    match value {
        Value::String(text) => {
            let count = text.matches("{numero}").count() + text.matches("{texte}").count();
            *text = text.replace("{numero}", numero).replace("{texte}", texte);
            count
        }
        Value::Array(list) => list.iter_mut().map(|v| put(v, numero, texte)).sum(),
        Value::Object(map) => map.values_mut().map(|v| put(v, numero, texte)).sum(),
        _ => 0,
    }
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// A mobile number that its owner gave and that was verified. Its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct MobileVerifie(String);

impl MobileVerifie {
    /// `numero` in `+` form, and when it was verified: a number that never was is none.
    pub fn new(numero: &str, verifie_le: Option<Instant>, now: Instant) -> Result<Self, SignificationError> {
        let why = match numero.strip_prefix('+') {
            _ if verifie_le.is_none_or(|at| at > now) => "numéro non vérifié",
            Some(d) if (8..=15).contains(&d.len()) && d.bytes().all(|b| b.is_ascii_digit()) && !d.starts_with('0') => {
                return Ok(Self(numero.to_owned()));
            }
            _ => "pas un numéro « +… »",
        };
        Err(SignificationError::Field { field: "telephone", found: String::new(), why })
    }
}

impl fmt::Debug for MobileVerifie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MobileVerifie(…)")
    }
}

/// An SMS ready to go.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsPret {
    /// Its identifier.
    pub id: Id,
    /// The octets of the request's body: evidence, to be kept encrypted (they bear the number).
    pub corps: Vec<u8>,
    /// Their digests, for the journal.
    pub digests: Digests,
    numero: String,
}

/// The SMS that goes with the notice of an act: none without a gateway, none without a verified mobile. There is no way to
/// give it another text.
pub fn sms(
    config: Option<&SmsConfig>,
    essai: bool,
    id: Id,
    mobile: Option<&MobileVerifie>,
) -> Result<Option<SmsPret>, SignificationError> {
    let (Some(config), Some(mobile)) = (config, mobile) else { return Ok(None) };
    let corps = config.corps(&mobile.0, &texte_sms(essai)?)?;
    Ok(Some(SmsPret { id, digests: Digests::of(&corps), corps, numero: mobile.0.clone() }))
}

/// The SMS that bears the code by which its owner proves a mobile he declared: the only one that goes to a mobile not verified
/// yet, at his own request.
pub fn sms_code(
    config: &SmsConfig,
    essai: bool,
    id: Id,
    numero: &str,
    code: &str,
) -> Result<SmsPret, SignificationError> {
    let corps = config.corps(numero, &texte_code(essai, code)?)?;
    Ok(SmsPret { id, digests: Digests::of(&corps), corps, numero: numero.to_owned() })
}

/// The gateway took the SMS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsPris {
    /// HTTP status.
    pub code: u16,
    /// Its identifier at the gateway, when it is a short word; SHA-256 in hexadecimal otherwise, since it might be anything.
    pub identifiant: Option<String>,
}

/// Sends SMS.
pub trait PasserelleSms {
    /// Hands one SMS over and waits for the answer.
    fn envoyer(&self, sms: &SmsPret) -> Result<SmsPris, Refused>;
}

/// The real gateway.
pub struct PasserelleHttp {
    config: SmsConfig,
    client: ureq::Agent,
}

impl PasserelleHttp {
    /// Builds the client: one deadline for the whole exchange, no redirect, no proxy, no connection kept.
    pub fn new(config: &SmsConfig) -> Result<Self, SignificationError> {
        config.check()?;
        let client = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(u64::from(config.delai_secondes))))
            .max_redirects(0)
            .max_idle_connections(0)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Ok(Self { config: config.clone(), client })
    }

    fn exchange(&self, sms: &SmsPret) -> Result<(u16, Vec<u8>), Refused> {
        let now = |code: &str| Refused { code: code.to_owned(), permanent: false };
        let mut request = match self.config.methode {
            Methode::Post => self.client.post(&self.config.url),
            Methode::Put => self.client.put(&self.config.url),
        };
        request = request.header(
            "content-type",
            match self.config.format {
                FormatCorps::Json => "application/json",
                FormatCorps::Formulaire => "application/x-www-form-urlencoded",
            },
        );
        for entete in &self.config.entetes {
            let value = entete.read().map_err(|_| now("secret_illisible"))?;
            request = request.header(&entete.nom, value.expose_secret());
        }
        let mut response = request.send(sms.corps.as_slice()).map_err(|e| match e {
            // Where no connection was made nothing left; otherwise the gateway may have taken it.
            ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed
            | ureq::Error::Timeout(ureq::Timeout::Connect) => now("connexion"),
            ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::ConnectionRefused => now("connexion"),
            _ => now("interrompu"),
        })?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        // The status is the answer; what cannot be read of the body only loses the identifier.
        let read = response.body_mut().as_reader().take(MAX_REPONSE + 1).read_to_end(&mut body);
        if read.is_err() || body.len() as u64 > MAX_REPONSE {
            body.clear();
        }
        Ok((status, body))
    }
}

impl PasserelleSms for PasserelleHttp {
    fn envoyer(&self, sms: &SmsPret) -> Result<SmsPris, Refused> {
        let (code, body) = self.exchange(sms)?;
        if !self.config.succes.contains(&code) {
            // 408 and 429 ask for patience; every other 4xx, and a redirect, will say the same again.
            let permanent = (300..500).contains(&code) && !matches!(code, 408 | 429);
            return Err(Refused { code: format!("http_{code}"), permanent });
        }
        let pointer = self.config.identifiant.as_deref();
        let answer: Option<Value> = pointer.and_then(|_| serde_json::from_slice(&body).ok());
        let found = answer.as_ref().zip(pointer).and_then(|(value, pointer)| value.pointer(pointer));
        let identifiant = match found {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        Ok(SmsPris { code, identifiant: identifiant.map(|text| harmless(text, &sms.numero)) })
    }
}

/// A short word that does not hold the number, or its digest.
fn harmless(text: String, numero: &str) -> String {
    let digits = |t: &str| t.chars().filter(char::is_ascii_digit).collect::<String>();
    // The national form, 06…, has the last nine digits in common with +336….
    let own = digits(numero);
    let tail = own.get(own.len().saturating_sub(9)..).unwrap_or(&own);
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':');
    let short = (1..=64).contains(&text.len()) && text.bytes().all(word);
    if short && !digits(&text).contains(tail) { text } else { Sha256Digest::of(text.as_bytes()).to_hex() }
}

#[cfg(test)]
mod tests;
