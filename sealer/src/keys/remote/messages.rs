//! The messages of the API: only the fields that are used; what else a service says is left unread.
use serde::{Deserialize, Serialize};

/// `info`
#[derive(Serialize)]
pub(super) struct InfoAsked {
    pub(super) lang: &'static str,
}

/// Answer to `info`.
#[derive(Deserialize)]
pub(super) struct ServiceInfo {
    pub(super) specs: String,
    #[serde(default)]
    pub(super) name: String,
}

/// `credentials/list`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListAsked {
    pub(super) only_valid: bool,
}

/// Answer to `credentials/list`.
#[derive(Deserialize)]
pub(super) struct CredentialList {
    #[serde(rename = "credentialIDs")]
    pub(super) credential_ids: Vec<String>,
}

/// `credentials/info`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CredentialAsked<'a> {
    #[serde(rename = "credentialID")]
    pub(super) credential_id: &'a str,
    pub(super) certificates: &'static str,
    pub(super) auth_info: bool,
}

/// Answer to `credentials/info`.
#[derive(Deserialize)]
pub(super) struct CredentialInfo {
    pub(super) key: RemoteKeyInfo,
    pub(super) cert: RemoteCertificate,
    pub(super) auth: RemoteAuth,
}

#[derive(Deserialize)]
pub(super) struct RemoteKeyInfo {
    pub(super) status: String,
    #[serde(default)]
    pub(super) algo: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct RemoteCertificate {
    #[serde(default)]
    pub(super) status: Option<String>,
    #[serde(default)]
    pub(super) certificates: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct RemoteAuth {
    pub(super) mode: String,
    #[serde(default)]
    pub(super) objects: Vec<RemoteQuestion>,
}

#[derive(Deserialize)]
pub(super) struct RemoteQuestion {
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) id: String,
    #[serde(default)]
    pub(super) label: String,
}

/// `credentials/authorize`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authorize<'a> {
    #[serde(rename = "credentialID")]
    pub(super) credential_id: &'a str,
    pub(super) num_signatures: u32,
    pub(super) hashes: [&'a str; 1],
    #[serde(rename = "hashAlgorithmOID")]
    pub(super) hash_algorithm: &'a str,
    pub(super) auth_data: Vec<Value<'a>>,
}

/// One answer to a question of the service: borrowed, so that no copy outlives the secret.
#[derive(Serialize)]
pub(super) struct Value<'a> {
    pub(super) id: &'a str,
    pub(super) value: &'a str,
}

/// Answer to `credentials/authorize`.
#[derive(Deserialize)]
pub(super) struct Authorized {
    #[serde(rename = "SAD")]
    pub(super) sad: String,
}

/// `signatures/signHash`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SignHash<'a> {
    #[serde(rename = "credentialID")]
    pub(super) credential_id: &'a str,
    #[serde(rename = "SAD")]
    pub(super) sad: &'a str,
    pub(super) hashes: [&'a str; 1],
    #[serde(rename = "hashAlgorithmOID")]
    pub(super) hash_algorithm: &'a str,
    pub(super) sign_algo: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sign_algo_params: Option<&'a str>,
    pub(super) operation_mode: &'static str,
}

/// Answer to `signatures/signHash`.
#[derive(Deserialize)]
pub(super) struct Signed {
    #[serde(default)]
    pub(super) signatures: Vec<String>,
}

/// An error (RFC 6749 5.2, as the API uses it).
#[derive(Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) error: String,
    #[serde(default)]
    pub(super) error_description: String,
}
