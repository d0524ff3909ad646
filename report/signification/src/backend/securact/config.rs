//! The operator's address, how the office proves who it is, and whose receipts are believed.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::Sha256Digest;
use serde::{Deserialize, Serialize};
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig};

use crate::SignificationError;
use crate::config::{loopback, refuse};

/// The operator (`[securact]`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecuractConfig {
    /// Address: `https`, or `http` to this machine; without query, password nor fragment.
    pub url: String,
    /// File (0600) whose first line is the bearer token; or a certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jeton: Option<PathBuf>,
    /// The office's certificate (PEM), for mutual TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificat: Option<PathBuf>,
    /// Its private key (PEM, 0600).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cle: Option<PathBuf>,
    /// Authority of the operator's server (PEM); absent: the usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autorite: Option<PathBuf>,
    /// SHA-256 of the certificate (DER) that signs the operator's receipts.
    pub signataire: Sha256Digest,
    /// Seconds before giving up, 1 to 300.
    #[serde(default = "thirty")]
    pub delai_secondes: u16,
    /// The largest act, in octets: 1 to 52428800.
    #[serde(default = "twenty_mib")]
    pub taille_max: u64,
}

fn thirty() -> u16 {
    30
}

fn twenty_mib() -> u64 {
    20 * 1024 * 1024
}

impl SecuractConfig {
    /// Checks what the types cannot say.
    pub fn check(&self) -> Result<(), SignificationError> {
        let uri: ureq::http::Uri = self.url.parse().map_err(|_| refuse("securact.url : pas une adresse".into()))?;
        let host = uri.host().unwrap_or("").trim_matches(['[', ']']);
        let safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && loopback(host));
        if host.is_empty() || !safe || self.url.contains(['?', '#', '@']) {
            return Err(refuse(
                "securact.url : https, ou http vers cette machine, sans paramètre ni mot de passe".into(),
            ));
        }
        let pair = self.certificat.is_some() && self.cle.is_some();
        if self.certificat.is_some() != self.cle.is_some() || pair == self.jeton.is_some() {
            return Err(refuse("securact : un jeton, ou un certificat et sa clé, pas les deux".into()));
        }
        if !(1..=300).contains(&self.delai_secondes) || !(1..=50 * 1024 * 1024).contains(&self.taille_max) {
            return Err(refuse("securact : delai_secondes de 1 à 300, taille_max de 1 à 52428800".into()));
        }
        Ok(())
    }

    /// TLS as configured; secrets are read now.
    pub(super) fn tls(&self) -> Result<TlsConfig, SignificationError> {
        let bad = |path: &Path| refuse(format!("{} : pas un fichier PEM attendu", path.display()));
        let mut tls = TlsConfig::builder();
        if let Some(path) = &self.autorite {
            let root = Certificate::from_pem(&read(path)?).map_err(|_| bad(path))?;
            tls = tls.root_certs(RootCerts::new_with_certs(&[root]));
        }
        if let (Some(certificate), Some(key)) = (&self.certificat, &self.cle) {
            private(key)?;
            let chain = Certificate::from_pem(&read(certificate)?).map_err(|_| bad(certificate))?;
            let secret = PrivateKey::from_pem(&read(key)?).map_err(|_| bad(key))?;
            tls = tls.client_cert(Some(ClientCert::new_with_certs(&[chain], secret)));
        }
        Ok(tls.build())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, SignificationError> {
    fs::read(path).map_err(|e| SignificationError::io("read", path, e))
}

fn private(path: &Path) -> Result<(), SignificationError> {
    use std::os::unix::fs::PermissionsExt as _;
    let meta = fs::metadata(path).map_err(|e| SignificationError::io("read", path, e))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(refuse(format!("{} : lisible par d'autres que son propriétaire (chmod 600)", path.display())));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str) -> SecuractConfig {
        SecuractConfig {
            url: url.into(),
            jeton: Some("jeton".into()),
            certificat: None,
            cle: None,
            autorite: None,
            signataire: Sha256Digest::of(b"operateur"),
            delai_secondes: 30,
            taille_max: 1024,
        }
    }

    #[test]
    fn an_address_is_safe_and_one_proof_is_given() {
        assert!(config("https://operateur.test/api").check().is_ok());
        assert!(config("http://127.0.0.1:8080").check().is_ok());
        for bad in [
            "http://operateur.test",
            "https://",
            "ftp://operateur.test",
            "https://a:b@operateur.test",
            "https://o.test/?cle=1",
        ] {
            assert!(config(bad).check().is_err(), "{bad}");
        }
        let both = SecuractConfig { certificat: Some("c".into()), cle: Some("k".into()), ..config("https://o.test") };
        assert!(both.check().is_err());
        assert!(SecuractConfig { jeton: None, ..both.clone() }.check().is_ok());
        assert!(SecuractConfig { jeton: None, ..config("https://o.test") }.check().is_err(), "no proof at all");
        assert!(SecuractConfig { jeton: None, cle: None, ..both }.check().is_err(), "a certificate without its key");
    }
}
