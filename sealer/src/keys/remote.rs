//! A key held by a qualified remote signature service: client of the Cloud Signature Consortium API, version 2.
//!
//! `info`, `credentials/list`, `credentials/info`, `credentials/authorize`, `signatures/signHash`. One request, one try:
//! a service counts wrong PIN as a card does. What is signed is bound to the authorisation by its digest.
mod http;
mod messages;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;

use self::http::Client;
use self::messages::{
    Authorize, Authorized, CredentialAsked, CredentialInfo, CredentialList, ListAsked, ServiceInfo, SignHash, Signed,
    Value,
};
use super::form::{ecdsa_der, ordered};
use super::{KeyAlgorithm, KeyError, Secret, SecretRequest, Secrets, Signer};
use crate::asn1::{Der, Tag};
use crate::x509::{Certificate, PublicKey, pem_certificates};
use crate::{SealError, oid};

/// Where the service is and which key is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteSettings {
    /// Base address of the API, `https://…/csc/v2`.
    pub url: String,
    /// The credential; left out, the service must hold exactly one.
    pub credential: Option<String>,
    /// Roots of the service's TLS certificate, PEM; left out, those of public authorities.
    pub tls_roots: Option<Vec<u8>>,
    /// Issuers of the certificate that the service does not give, PEM.
    pub chain_pem: Option<Vec<u8>>,
    /// Deadline of a whole exchange.
    pub deadline: Duration,
}

/// A key behind the API.
pub struct RemoteKey {
    client: Client,
    credential: String,
    questions: Vec<(String, String)>,
    service: String,
    leaf: Certificate,
    chain: Vec<Vec<u8>>,
    secrets: Arc<dyn Secrets>,
}

fn answer(why: impl Into<String>) -> KeyError {
    KeyError::Answer { why: why.into() }
}

impl RemoteKey {
    /// Asks the service about itself and about the credential; signs nothing. The bearer token is asked of `secrets`.
    ///
    /// # Errors
    /// `key.unreachable`, `key.answer`, `key.refused`, `key.secret`; `seal.key` for a certificate that cannot be read.
    pub fn open(settings: RemoteSettings, secrets: Arc<dyn Secrets>) -> Result<Self, SealError> {
        let bearer = secrets.secret(&SecretRequest::Bearer { service: settings.url.clone() })?;
        let client = Client::new(&settings, bearer)?;
        let info: ServiceInfo = client.call("info", &messages::InfoAsked { lang: "fr-FR" })?;
        if !info.specs.starts_with("2.") {
            return Err(answer(format!("version {} of the API, 2 expected", http::printable(&info.specs))).into());
        }
        let credential = match settings.credential {
            Some(credential) => credential,
            None => only_credential(&client)?,
        };
        let asked = CredentialAsked { credential_id: &credential, certificates: "chain", auth_info: true };
        let found: CredentialInfo = client.call("credentials/info", &asked)?;
        let given = match &settings.chain_pem {
            Some(pem) => pem_certificates(pem).map_err(|e| bad_certificate(&e.to_string()))?,
            None => Vec::new(),
        };
        let (leaf, chain) = certificates(&found, given)?;
        usable(&found, &leaf)?;
        let questions = questions(&found)?;
        let service = if info.name.is_empty() { settings.url } else { http::printable(&info.name) };
        Ok(Self { client, credential, questions, service, leaf, chain, secrets })
    }

    /// The answers to the service's questions, asked one by one.
    fn answers(&self) -> Result<Vec<(&str, Secret)>, KeyError> {
        let ask = |(id, label): &'_ (String, String)| {
            self.secrets.secret(&SecretRequest::Remote { id: id.clone(), label: label.clone() })
        };
        self.questions.iter().map(|question| Ok((question.0.as_str(), ask(question)?))).collect()
    }

    fn signed_hash(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let algorithm = KeyAlgorithm::of(&self.leaf.key);
        let hash = STANDARD.encode(algorithm.digest().of(message));
        let digest_oid = algorithm.digest_oid().to_string();
        let sad = {
            let answers = self.answers()?;
            let values = answers.iter().map(|(id, value)| Value { id, value: value.expose_secret() }).collect();
            let authorize = Authorize {
                credential_id: &self.credential,
                num_signatures: 1,
                hashes: [&hash],
                hash_algorithm: &digest_oid,
                auth_data: values,
            };
            let authorized: Authorized = self.client.call("credentials/authorize", &authorize)?;
            Zeroizing::new(authorized.sad)
        };
        if sad.is_empty() {
            return Err(answer("no SAD"));
        }
        let sign_algo = algorithm.oid().to_string();
        let parameters = algorithm.parameters().map(|der| STANDARD.encode(der));
        let request = SignHash {
            credential_id: &self.credential,
            sad: &sad,
            hashes: [&hash],
            hash_algorithm: &digest_oid,
            sign_algo: &sign_algo,
            sign_algo_params: parameters.as_deref(),
            operation_mode: "S",
        };
        let signed: Signed = self.client.call("signatures/signHash", &request)?;
        let [signature] = signed.signatures.as_slice() else {
            return Err(answer(format!("{} signatures for one digest", signed.signatures.len())));
        };
        STANDARD.decode(signature).map_err(|e| answer(format!("signature: {e}")))
    }
}

impl Signer for RemoteKey {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SealError> {
        let signature = self.signed_hash(message)?;
        // The API does not say in which form an ECDSA signature comes: some services give DER, some r || s.
        let is_der = Der::one(&signature, Tag::SEQUENCE, "ECDSA-Sig-Value").is_ok();
        match &self.leaf.key {
            PublicKey::Rsa(_) => Ok(signature),
            _ if is_der => Ok(signature),
            key => Ok(ecdsa_der(&signature, key).unwrap_or(signature)),
        }
    }

    fn place(&self) -> String {
        format!("service de signature « {} », identifiant {}", self.service, http::printable(&self.credential))
    }
}

impl std::fmt::Debug for RemoteKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RemoteKey").field("credential", &self.credential).finish_non_exhaustive()
    }
}

fn bad_certificate(why: &str) -> SealError {
    SealError::Key { what: "seal certificate".into(), why: why.to_owned() }
}

fn only_credential(client: &Client) -> Result<String, KeyError> {
    let mut list: CredentialList = client.call("credentials/list", &ListAsked { only_valid: true })?;
    match list.credential_ids.len() {
        1 => list.credential_ids.pop().ok_or_else(|| answer("no credential")),
        many => Err(answer(format!("{many} credentials; give « identifiant »"))),
    }
}

/// The signer's certificate, and the chain it begins.
fn certificates(found: &CredentialInfo, given: Vec<Certificate>) -> Result<(Certificate, Vec<Vec<u8>>), SealError> {
    const MOST: usize = 16;
    let mut all = Vec::new();
    for text in found.cert.certificates.iter().take(MOST) {
        let der = STANDARD.decode(text.trim()).map_err(|e| bad_certificate(&e.to_string()))?;
        all.push(Certificate::parse(&der).map_err(|e| bad_certificate(&e.to_string()))?);
    }
    let leaf = all.first().cloned().ok_or_else(|| bad_certificate("the service gives none"))?;
    all.extend(given);
    let chain = ordered(leaf.clone(), &all).iter().map(|c| c.der().to_vec()).collect();
    Ok((leaf, chain))
}

/// The credential must be in use, and sign as its certificate's key wants.
fn usable(found: &CredentialInfo, leaf: &Certificate) -> Result<(), KeyError> {
    if found.key.status != "enabled" {
        return Err(answer(format!("the key is {}", http::printable(&found.key.status))));
    }
    if found.cert.status.as_deref().is_some_and(|status| status != "valid") {
        let status = http::printable(found.cert.status.as_deref().unwrap_or_default());
        return Err(answer(format!("the certificate is {status}")));
    }
    if found.auth.mode != "explicit" {
        let mode = http::printable(&found.auth.mode);
        return Err(answer(format!("authorisation of mode {mode}; only « explicit » (PIN, OTP) is supported")));
    }
    let wanted = KeyAlgorithm::of(&leaf.key).oid().to_string();
    // Some services name the kind of key alone.
    let kinds = match &leaf.key {
        PublicKey::Rsa(_) => [wanted, oid::RSA_ENCRYPTION.to_string()],
        _ => [wanted, oid::EC_PUBLIC_KEY.to_string()],
    };
    if found.key.algo.iter().any(|algo| kinds.contains(algo)) {
        return Ok(());
    }
    Err(answer(format!("the key does not sign with {}", kinds[0])))
}

/// What is to be asked before signing: identifier and label of each secret.
fn questions(found: &CredentialInfo) -> Result<Vec<(String, String)>, KeyError> {
    const MOST: usize = 4;
    let objects = &found.auth.objects;
    if objects.is_empty() || objects.len() > MOST {
        return Err(answer(format!("{} questions before signing", objects.len())));
    }
    if let Some(other) = objects.iter().find(|object| object.kind != "Password") {
        let kind = http::printable(&other.kind);
        return Err(answer(format!("a question of kind {kind}; only passwords (PIN, OTP) are supported")));
    }
    Ok(objects.iter().map(|object| (object.id.clone(), http::printable(&object.label))).collect())
}
