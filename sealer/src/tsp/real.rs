//! Tokens that public authorities gave to other people: read, led to their root and judged at their time.
use super::{check_token, token_of};
use crate::{TimestampError, TrustAnchors};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../fixtures/tokens/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn anchors(authority: &str) -> TrustAnchors {
    TrustAnchors::from_pem(&file(&format!("{authority}-racine.pem"))).unwrap()
}

#[test]
fn they_verify_at_their_time() {
    let known = [
        ("identrust", "sha512", "2025-03-11T08:52:08Z", "2.16.840.1.113839.0.6.13.3", None),
        ("sigstore", "sha256", "2025-05-09T11:58:55Z", "1.3.6.1.4.1.57264.2", Some(1_000_000)),
        ("sigstore", "sha384", "2025-05-09T11:58:55Z", "1.3.6.1.4.1.57264.2", Some(1_000_000)),
        ("sigstore", "sha512", "2025-05-09T11:58:56Z", "1.3.6.1.4.1.57264.2", Some(1_000_000)),
    ];
    for (authority, digest, gen_time, policy, accuracy) in known {
        let response = file(&format!("{authority}-2025-hello-{digest}.tsr"));
        let token = token_of(&response).unwrap();
        let facts =
            check_token(token, b"hello", &anchors(authority)).unwrap_or_else(|e| panic!("{authority} {digest}: {e}"));
        assert_eq!(facts.gen_time, gen_time.parse().unwrap(), "{authority} {digest}");
        assert_eq!((facts.policy.as_str(), facts.accuracy_us), (policy, accuracy));
        let other = check_token(token, b"hullo", &anchors(authority)).unwrap_err();
        assert!(matches!(other, TimestampError::Imprint { .. }), "{other}");
        let nobody = check_token(token, b"hello", &TrustAnchors::none()).unwrap_err();
        assert!(matches!(nobody, TimestampError::Chain { .. }), "{nobody}");
    }
}

#[test]
fn a_root_of_another_authority_does_not_do() {
    let response = file("sigstore-2025-hello-sha256.tsr");
    let error = check_token(token_of(&response).unwrap(), b"hello", &anchors("identrust")).unwrap_err();
    assert!(matches!(error, TimestampError::Chain { .. }), "{error}");
}

#[test]
fn one_bit_changed_anywhere_in_them_is_never_accepted() {
    for (authority, name) in [("identrust", "identrust-2025-hello-sha512"), ("sigstore", "sigstore-2025-hello-sha256")]
    {
        let response = file(&format!("{name}.tsr"));
        let (token, anchors) = (token_of(&response).unwrap(), anchors(authority));
        let accepted: Vec<usize> = (0..token.len())
            .filter(|at| {
                let mut changed = token.to_vec();
                changed[*at] ^= 1 << (at % 8);
                check_token(&changed, b"hello", &anchors).is_ok()
            })
            .collect();
        assert_eq!(accepted, Vec::<usize>::new(), "{name}");
    }
}
