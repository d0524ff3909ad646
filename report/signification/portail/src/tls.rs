//! TLS from given PEM files; on the office's side, client certificates of one authority, revocations checked.
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::config::{AccesEtude, PortailError, Tls};

fn bad(what: &'static str, why: impl ToString) -> PortailError {
    PortailError::Tls { what, why: why.to_string() }
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, PortailError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(|e| bad(what, e))?.collect();
    let found = found.map_err(|e| bad(what, e))?;
    if found.is_empty() { Err(bad(what, "aucun certificat")) } else { Ok(found) }
}

/// The configuration of a server; with `etude`, nobody enters without a certificate of its authority.
pub(crate) fn serveur(tls: &Tls, etude: Option<&AccesEtude>) -> Result<Arc<ServerConfig>, PortailError> {
    let chain = certificates("certificat", &tls.certificat)?;
    let key = PrivateKeyDer::from_pem_file(&tls.cle).map_err(|e| bad("clé", e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|e| bad("versions", e))?;
    let builder = match etude {
        None => builder.with_no_client_auth(),
        Some(etude) => {
            let mut roots = RootCertStore::empty();
            for root in certificates("autorité", &etude.autorite)? {
                roots.add(root).map_err(|e| bad("autorité", e))?;
            }
            let mut lists = Vec::new();
            for path in &etude.revocations {
                lists.push(CertificateRevocationListDer::from_pem_file(path).map_err(|e| bad("révocations", e))?);
            }
            let mut verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).with_crls(lists);
            if etude.revocations.is_empty() {
                verifier = verifier.allow_unknown_revocation_status();
            }
            builder.with_client_cert_verifier(verifier.build().map_err(|e| bad("autorité", e))?)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|e| bad("certificat", e))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
