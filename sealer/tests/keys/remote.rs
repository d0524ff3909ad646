//! A remote key: a service of the Cloud Signature Consortium API v2, good and bad. Sign or fail.
use std::sync::Arc;
use std::time::Duration;

use fixtures::{CscManners, SealKind, SignatureService};
use sealer::{KeyError, RemoteKey, RemoteSettings, SealError, Secret, SecretRequest, Secrets, Signer as _};

use super::bench::{Bench, pki};

/// What a person would type.
struct Person {
    bearer: &'static str,
    pin: &'static str,
    otp: &'static str,
}

const RIGHT: Person =
    Person { bearer: SignatureService::BEARER, pin: SignatureService::PIN, otp: SignatureService::OTP };

impl Secrets for Person {
    fn secret(&self, request: &SecretRequest) -> Result<Secret, KeyError> {
        match request {
            SecretRequest::Bearer { .. } => Ok(Secret::from(self.bearer)),
            SecretRequest::Remote { id, label } if id == "PIN" && label == "Code de signature" => {
                Ok(Secret::from(self.pin))
            }
            SecretRequest::Remote { id, .. } if id == "OTP" => Ok(Secret::from(self.otp)),
            other => panic!("{other:?}"),
        }
    }
}

fn service(kind: SealKind, manners: CscManners) -> SignatureService {
    SignatureService::start(pki().seal(kind).unwrap(), kind == SealKind::Rsa3072, manners).unwrap()
}

fn settings(service: &SignatureService) -> RemoteSettings {
    RemoteSettings {
        url: service.url().to_owned(),
        credential: None,
        tls_roots: Some(service.tls_root_pem().as_bytes().to_vec()),
        chain_pem: None,
        deadline: Duration::from_secs(20),
    }
}

fn open(service: &SignatureService, person: Person) -> Result<RemoteKey, SealError> {
    RemoteKey::open(settings(service), Arc::new(person))
}

#[test]
fn every_kind_of_remote_key_seals() {
    for (kind, manners) in [
        (SealKind::P256, CscManners::Good),
        (SealKind::P256, CscManners::Raw),
        (SealKind::P384, CscManners::Raw),
        (SealKind::P384, CscManners::Good),
        (SealKind::Rsa3072, CscManners::Good),
    ] {
        let service = service(kind, manners);
        let key = open(&service, RIGHT).unwrap_or_else(|e| panic!("{kind:?}: {e}"));
        assert!(key.place().contains("ESSAI service de signature"), "{}", key.place());
        Bench::new().seals_and_is_judged(&key);
        let calls = service.calls();
        let asked = ["info", "credentials/list", "credentials/info", "credentials/authorize", "signatures/signHash"];
        assert_eq!(calls, asked, "{kind:?}");
    }
}

#[test]
fn a_service_that_fails_or_lies_leaves_no_seal() {
    let other = pki().signer().key;
    let cases = [
        (CscManners::ForgetsSad, "key.refused"),
        (CscManners::ExpiredSad, "key.refused"),
        (CscManners::OtherHash, "key.signature"),
        (CscManners::OtherKey(other), "key.signature"),
        (CscManners::Oversized, "key.answer"),
        (CscManners::Garbage, "key.answer"),
        (CscManners::Status(503), "key.answer"),
        (CscManners::Status(302), "key.answer"),
        (CscManners::NoSignature, "key.answer"),
    ];
    for (manners, code) in cases {
        let service = service(SealKind::P256, manners.clone());
        let bench = Bench::new();
        let error = bench.seal(&open(&service, RIGHT).unwrap()).unwrap_err();
        assert_eq!(error.code(), code, "{manners:?}: {error}");
        let said = format!("{error} {error:?}");
        for secret in [SignatureService::BEARER, SignatureService::PIN, SignatureService::OTP, "SAD-", "\u{1b}"] {
            assert!(!said.contains(secret), "{said}");
        }
        bench.nothing_sealed();
        let signed = service.calls().iter().filter(|call| *call == "signatures/signHash").count();
        assert_eq!(signed, 1, "{manners:?}: no second try");
    }
}

#[test]
fn a_dossier_that_a_service_failed_to_seal_is_sealed_later() {
    let service = service(SealKind::P384, CscManners::OtherHash);
    let bench = Bench::new();
    bench.fails_and_can_be_sealed_later(&open(&service, RIGHT).unwrap(), "key.signature");
}

#[test]
fn wrong_secrets_are_told_and_not_tried_again() {
    let wrong =
        [(Person { pin: "000000", ..RIGHT }, "invalid_pin"), (Person { otp: "000000", ..RIGHT }, "invalid_otp")];
    for (person, said) in wrong {
        let service = service(SealKind::P256, CscManners::Good);
        let bench = Bench::new();
        let error = bench.seal(&open(&service, person).unwrap()).unwrap_err();
        assert_eq!(error.code(), "key.refused");
        assert!(error.to_string().contains(said) && !error.to_string().contains("000000"), "{error}");
        bench.nothing_sealed();
        let authorized = service.calls().iter().filter(|call| *call == "credentials/authorize").count();
        assert_eq!((authorized, service.calls().len()), (1, 4));
    }
    let service = service(SealKind::P256, CscManners::Good);
    let error = open(&service, Person { bearer: "autre", ..RIGHT }).unwrap_err();
    assert_eq!(error.code(), "key.refused");
    assert!(service.calls().is_empty(), "{:?}", service.calls());
}

#[test]
fn an_absent_slow_or_unknown_service_is_not_reached() {
    let slow = service(SealKind::P256, CscManners::Slow(Duration::from_secs(60)));
    let bench = Bench::new();
    let patience = RemoteSettings { deadline: Duration::from_secs(5), ..settings(&slow) };
    let error = bench.seal(&RemoteKey::open(patience, Arc::new(RIGHT)).unwrap()).unwrap_err();
    assert_eq!(error.code(), "key.unreachable", "{error}");
    bench.nothing_sealed();

    let disabled = service(SealKind::P256, CscManners::Disabled);
    assert_eq!(open(&disabled, RIGHT).unwrap_err().code(), "key.answer");

    let unknown = RemoteSettings { credential: Some("AUTRE".into()), ..settings(&slow) };
    assert_eq!(RemoteKey::open(unknown, Arc::new(RIGHT)).unwrap_err().code(), "key.refused");

    // A certificate that the configured root did not issue, then no TLS at all, then nobody.
    let stranger = RemoteSettings { tls_roots: settings(&disabled).tls_roots, ..settings(&slow) };
    assert_eq!(RemoteKey::open(stranger, Arc::new(RIGHT)).unwrap_err().code(), "key.unreachable");
    let clear = RemoteSettings { url: slow.url().replace("https", "http"), ..settings(&slow) };
    assert_eq!(RemoteKey::open(clear, Arc::new(RIGHT)).unwrap_err().code(), "seal.key");
    let gone = settings(&slow);
    drop(slow);
    assert_eq!(RemoteKey::open(gone, Arc::new(RIGHT)).unwrap_err().code(), "key.unreachable");
}

#[test]
fn a_short_rsa_key_never_signs() {
    let credential = pki().seal(SealKind::Rsa2048).unwrap();
    let service = SignatureService::start(credential, true, CscManners::Good).unwrap();
    let bench = Bench::new();
    let error = bench.seal(&open(&service, RIGHT).unwrap()).unwrap_err();
    assert_eq!(error.code(), "key.signature");
    assert!(error.to_string().contains("3072"), "{error}");
    bench.nothing_sealed();
}
