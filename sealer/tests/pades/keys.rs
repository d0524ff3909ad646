//! The officer's key wherever it is: a file of each kind, a token, a remote service.
use std::sync::Arc;
use std::time::Duration;

use fixtures::{CscManners, SealKind, SignatureService};
use sealer::{KeyError, RemoteKey, RemoteSettings, SealLevel, Secret, SecretRequest, Secrets, Signer};

use crate::bench::{How, shared, software};
use crate::pdfs::{classic, objects};

fn signs(signer: &dyn Signer) {
    let how = How { level: SealLevel::LongTerm, ..How::default() };
    let signed = shared().sign_by(&classic(&objects()), &how, signer).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(signed.level, SealLevel::LongTerm, "{:#?}", signed.report.findings);
}

#[test]
fn keys_in_files() {
    for kind in [SealKind::P256, SealKind::P384, SealKind::Rsa3072] {
        signs(software_of(kind).as_ref());
    }
    for role in ["clerc", "commissaire"] {
        signs(&software(&shared().pki.officer(role)));
    }
}

/// RSA in a file is signed with by no key of ours: such a key is on a service.
fn software_of(kind: SealKind) -> Box<dyn Signer> {
    match kind {
        SealKind::Rsa3072 => Box::new(remote(kind)),
        other => Box::new(software(&shared().pki.seal(other).unwrap())),
    }
}

struct Person;

impl Secrets for Person {
    fn secret(&self, request: &SecretRequest) -> Result<Secret, KeyError> {
        Ok(Secret::from(match request {
            SecretRequest::Bearer { .. } => SignatureService::BEARER,
            SecretRequest::Remote { id, .. } if id == "PIN" => SignatureService::PIN,
            _ => SignatureService::OTP,
        }))
    }
}

fn remote(kind: SealKind) -> Remote {
    let rsa = kind == SealKind::Rsa3072;
    let service = SignatureService::start(shared().pki.seal(kind).unwrap(), rsa, CscManners::Good).unwrap();
    let settings = RemoteSettings {
        url: service.url().to_owned(),
        credential: None,
        tls_roots: Some(service.tls_root_pem().as_bytes().to_vec()),
        chain_pem: None,
        deadline: Duration::from_secs(20),
    };
    Remote { key: RemoteKey::open(settings, Arc::new(Person)).unwrap(), _service: service }
}

/// A remote key, and the service that answers for it.
struct Remote {
    key: RemoteKey,
    _service: SignatureService,
}

impl Signer for Remote {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        self.key.certificate_chain()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, sealer::SealError> {
        self.key.sign(message)
    }

    fn place(&self) -> String {
        self.key.place()
    }
}

#[test]
fn a_key_at_a_service() {
    signs(&remote(SealKind::P256));
}

#[test]
fn a_service_that_signs_something_else_leaves_nothing() {
    struct Wrong(sealer::SoftwareSigner);
    impl Signer for Wrong {
        fn certificate_chain(&self) -> &[Vec<u8>] {
            self.0.certificate_chain()
        }
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>, sealer::SealError> {
            self.0.sign(&[message, b"x"].concat())
        }
        fn place(&self) -> String {
            String::new()
        }
    }
    let wrong = Wrong(shared().signer());
    let error = shared().sign_by(&classic(&objects()), &How::default(), &wrong).unwrap_err();
    assert_eq!(error.code(), "key.signature");
}
