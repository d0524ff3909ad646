//! Certificate chains: whether one leads to a public root, whom it names, its form as evidence.
use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use dossier::Instant;
use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use x509_cert::ext::pkix::BasicConstraints;

/// Certificates looked at in a chain, and octets of each.
const LONGEST: usize = 10;
const LARGEST: usize = 64 * 1024;
/// RFC 6962, 3.3: the list of signed certificate timestamps.
const TIMESTAMPS: &str = "1.3.6.1.4.1.11129.2.4.2";

/// A chain that leads to a public root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whom the first certificate names (RFC 4514).
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Whether it is valid at the instant asked for; it leads to a public root in both cases.
    pub in_time: bool,
}

/// Why a chain is not that of a public authority.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPublic {
    /// There is none.
    #[error("aucun certificat n'a été présenté")]
    Empty,
    /// The first certificate, or a place in the chain, is not a certificate.
    #[error("le certificat présenté est illisible ({0})")]
    Unreadable(String),
    /// No path leads to a root.
    #[error("le certificat « {subject} », signé par « {issuer} », ne remonte à aucune racine publique ({why})")]
    Unknown {
        /// Whom it names.
        subject: String,
        /// Who signed it.
        issuer: String,
        /// What the verification says.
        why: String,
    },
}

impl NotPublic {
    /// Subject and issuer, when they could be read.
    pub fn names(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Unknown { subject, issuer, .. } => (Some(subject.clone()), Some(issuer.clone())),
            Self::Empty | Self::Unreadable(_) => (None, None),
        }
    }
}

/// The roots that count: those given (DER), or Mozilla's.
pub(super) fn store(roots: Option<&[Vec<u8>]>) -> RootCertStore {
    let mut store = RootCertStore::empty();
    match roots {
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(roots) => {
            store.add_parsable_certificates(roots.iter().map(|der| CertificateDer::from_slice(der)));
        }
    }
    store
}

/// Whether `chain` (DER, the server's own certificate first) leads to a public root at `at`; `roots` instead of Mozilla's when given.
///
/// A chain whose first certificate is out of its time still leads to a public root: `in_time` tells it. Names, revocation and
/// the possession of the key are not looked at.
pub fn public_root(chain: &[Vec<u8>], at: Instant, roots: Option<&[Vec<u8>]>) -> Result<Verified, NotPublic> {
    let first = chain.first().ok_or(NotPublic::Empty)?;
    if first.len() > LARGEST {
        return Err(NotPublic::Unreadable("trop long".into()));
    }
    let read = Certificate::from_der(first).map_err(|e| NotPublic::Unreadable(e.to_string()))?;
    let tbs = read.tbs_certificate();
    let (subject, issuer) = (tbs.subject().to_string(), tbs.issuer().to_string());
    let der = CertificateDer::from_slice(first);
    let parsed = ParsedCertificate::try_from(&der).map_err(|e| NotPublic::Unreadable(e.to_string()))?;
    let small = chain.iter().skip(1).take(LONGEST).filter(|der| der.len() <= LARGEST);
    let others: Vec<_> = small.map(|der| CertificateDer::from_slice(der)).collect();
    let (store, provider) = (store(roots), default_provider());
    let verify = |seconds: u64| {
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let algorithms = provider.signature_verification_algorithms.all;
        verify_server_cert_signed_by_trust_anchor(&parsed, &store, &others, now, algorithms)
    };
    let seconds = u64::try_from(at.as_millisecond() / 1000).unwrap_or(0);
    let validity = tbs.validity();
    let inside = match verify(seconds) {
        Ok(()) => return Ok(Verified { subject, issuer, in_time: true }),
        Err(Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. })) => {
            validity.not_after.to_unix_duration().as_secs().saturating_sub(60)
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. })) => {
            validity.not_before.to_unix_duration().as_secs().saturating_add(60)
        }
        Err(why) => return Err(NotPublic::Unknown { subject, issuer, why: reason(&why) }),
    };
    match verify(inside) {
        Ok(()) => Ok(Verified { subject, issuer, in_time: false }),
        Err(why) => Err(NotPublic::Unknown { subject, issuer, why: reason(&why) }),
    }
}

/// What the verification says, in French where the case is usual.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => "autorité inconnue".into(),
        Error::InvalidCertificate(CertificateError::BadSignature) => "signature fausse".into(),
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "le certificat ne nomme pas cet hôte".into(),
        other => other.to_string(),
    }
}

/// Whether the certificate holds timestamps of public logs: what an interceptor's own never has.
pub(super) fn has_timestamps(der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else { return false };
    let extensions = certificate.tbs_certificate().extensions();
    extensions.is_some_and(|all| all.iter().any(|extension| extension.extn_id.to_string() == TIMESTAMPS))
}

/// Whether the certificate says that it is no authority (RFC 5280, 4.2.1.9); an old one that says nothing may be one.
pub(super) fn is_no_authority(der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else { return false };
    let said = certificate.tbs_certificate().get_extension::<BasicConstraints>();
    matches!(said, Ok(Some((_, constraints))) if !constraints.ca)
}

/// The subject of a certificate, when it is one.
pub(super) fn subject(der: &[u8]) -> Option<String> {
    Certificate::from_der(der).ok().map(|certificate| certificate.tbs_certificate().subject().to_string())
}

/// The chain as text (RFC 7468), as openssl reads it.
pub(super) fn pem(chain: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for der in chain.iter().take(LONGEST).filter(|der| der.len() <= LARGEST) {
        if let Some(subject) = subject(der) {
            let _ = writeln!(text, "# {}", subject.replace(char::is_control, " "));
        }
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for line in packed(der).as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

fn packed(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// The certificates of a PEM text (RFC 7468), as DER; what is not one is left out.
pub fn pem_certificates(text: &str) -> Vec<Vec<u8>> {
    let blocks = text.split("-----BEGIN CERTIFICATE-----").skip(1);
    let bodies = blocks.filter_map(|block| block.split("-----END").next());
    let packed = bodies.map(|body| body.chars().filter(|c| !c.is_whitespace()).collect::<String>());
    packed.filter_map(|body| base64::engine::general_purpose::STANDARD.decode(body).ok()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Instant {
        Instant::from_millisecond(1_795_000_000_000).unwrap()
    }

    #[test]
    fn no_chain_and_no_certificate() {
        assert_eq!(public_root(&[], now(), None), Err(NotPublic::Empty));
        assert!(matches!(public_root(&[vec![1, 2, 3]], now(), None), Err(NotPublic::Unreadable(_))));
    }

    #[test]
    fn a_chain_of_its_own_is_not_public_until_its_root_is_given() {
        let mut root = rcgen::CertificateParams::default();
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        root.distinguished_name.push(rcgen::DnType::CommonName, "Racine d'essai");
        let root_key = rcgen::KeyPair::generate().unwrap();
        let root_der = root.self_signed(&root_key).unwrap().der().to_vec();
        let key = rcgen::KeyPair::generate().unwrap();
        let mut leaf = rcgen::CertificateParams::new(vec!["site.invalid".into()]).unwrap();
        leaf.not_after = rcgen::date_time_ymd(2025, 1, 1);
        let leaf = leaf.signed_by(&key, &rcgen::Issuer::new(root, root_key)).unwrap().der().to_vec();
        let chain = [leaf];
        let Err(NotPublic::Unknown { issuer, why, .. }) = public_root(&chain, now(), None) else { panic!("public") };
        assert_eq!((issuer.as_str(), why.as_str()), ("CN=Racine d'essai", "autorité inconnue"));
        let given = [root_der];
        let verified = public_root(&chain, now(), Some(&given)).unwrap();
        // Ended in 2025: out of time, and of a known root all the same.
        assert!(!verified.in_time);
        assert!(!has_timestamps(&chain[0]));
        assert_eq!(pem_certificates(&pem(&chain)), chain);
    }

    proptest! {
        #[test]
        fn no_chain_panics(one in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
            let _ = public_root(&[one.clone(), one], now(), None);
            let _ = pem_certificates(&text);
            let _ = pem_certificates(&format!("-----BEGIN CERTIFICATE-----{text}-----END"));
        }
    }
}
