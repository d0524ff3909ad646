//! Until when each algorithm is strong enough: a dated table, judged at the best time known of a signature.
//!
//! The dates are those of the reference validator's default policy (after ETSI TS 119 312) and of the SOG-IS agreed
//! mechanisms. What is refused whatever the date (SHA-1, MD5, RSA under 2048 bits, P-192, EdDSA) is not read at all.
use dossier::Instant;

use super::{PublicKey, SignatureAlgorithm};

/// 1 January 2026: RSA under 3000 bits is legacy (SOG-IS agreed cryptographic mechanisms 1.3).
const SHORT_RSA_WEAK_MS: i64 = 1_767_225_600_000;
/// 1 January 2029: end of RSASSA-PKCS1-v1_5, whatever the key, and of RSA under 3000 bits.
const PKCS1_END_MS: i64 = 1_861_920_000_000;
/// RSA keys shorter than this are on their way out.
const SHORT_RSA: u64 = 3000;

/// What the table says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Strong enough at that instant.
    Enough,
    /// Still accepted at that instant, to be left.
    Weak(String),
    /// No longer accepted at that instant.
    Over(String),
}

/// Judges a key and the algorithm it was used with, at `at`.
pub(crate) fn strength(key: &PublicKey, algorithm: SignatureAlgorithm, at: Instant) -> Strength {
    let Some(bits) = key.rsa_bits() else { return Strength::Enough };
    let (at, short) = (at.as_millisecond(), bits < SHORT_RSA);
    match algorithm {
        // The reference validator never accepted RSASSA-PSS on shorter keys.
        SignatureAlgorithm::Pss(_) if short => Strength::Over(format!("RSASSA-PSS, {bits} bits")),
        SignatureAlgorithm::Pss(_) => Strength::Enough,
        _ if at >= PKCS1_END_MS => Strength::Over(format!("RSASSA-PKCS1-v1_5, {bits} bits, fin le 2029-01-01")),
        _ if short && at >= SHORT_RSA_WEAK_MS => {
            Strength::Weak(format!("RSA {bits} bits, affaibli depuis le 2026-01-01"))
        }
        _ => Strength::Enough,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;
    use crate::x509::Certificate;
    use crate::x509::Digest::Sha256;

    /// A self-signed certificate made by OpenSSL with these options.
    fn made(folder: &Path, options: &[&str]) -> Result<Certificate, String> {
        let mut arguments = vec!["req", "-x509", "-batch", "-nodes", "-subj", "/CN=ESSAI", "-days", "30"];
        arguments.extend(options);
        arguments.extend(["-keyout", "key.pem", "-outform", "DER", "-out", "cert.der"]);
        let output = Command::new("openssl").args(arguments).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Certificate::parse(&std::fs::read(folder.join("cert.der")).unwrap()).map_err(|e| e.to_string())
    }

    #[test]
    fn c05_what_is_read_and_what_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let pss = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:-1", "-sha256"];
        let rsa = |bits: &'static str| ["-newkey", bits];
        let own = |options: &[&str]| made(folder.path(), options).map(|c| c.is_signed_by(&c));
        assert_eq!(own(&[&rsa("rsa:3072")[..], &pss].concat()), Ok(true), "RSASSA-PSS");
        assert_eq!(own(&[&rsa("rsa:3072")[..], &["-sha384"]].concat()), Ok(true));
        assert_eq!(own(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"]), Ok(true));
        // A salt of another length, SHA-1, a short key: read, and worth nothing.
        let salt = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:20", "-sha256"];
        assert_eq!(own(&[&rsa("rsa:3072")[..], &salt].concat()), Ok(false));
        assert_eq!(own(&[&rsa("rsa:3072")[..], &["-sha1"]].concat()), Ok(false));
        assert_eq!(own(&[&rsa("rsa:1024")[..], &["-sha256"]].concat()), Ok(false));
        // Curves and keys that are not read at all.
        assert!(own(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-192", "-sha256"]).is_err());
        assert!(own(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-sha256"]).is_err());
        assert!(own(&["-newkey", "ed25519"]).is_err());
    }

    #[test]
    fn c05_the_dated_table() {
        let folder = tempfile::tempdir().unwrap();
        let key = |options: &[&str]| made(folder.path(), options).unwrap().key;
        let (short, long) = (key(&["-newkey", "rsa:2048"]), key(&["-newkey", "rsa:3072"]));
        let curve = key(&["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        assert_eq!((short.rsa_bits(), long.rsa_bits(), curve.rsa_bits()), (Some(2048), Some(3072), None));
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let (before, now, later) = (at("2025-12-31T23:59:59Z"), at("2026-01-01T00:00:00Z"), at("2029-01-01T00:00:00Z"));
        let pkcs1 = SignatureAlgorithm::Rsa(Sha256);
        assert_eq!(strength(&short, pkcs1, before), Strength::Enough);
        assert!(matches!(strength(&short, pkcs1, now), Strength::Weak(_)));
        assert!(matches!(strength(&short, pkcs1, later), Strength::Over(_)));
        assert_eq!(strength(&long, pkcs1, now), Strength::Enough);
        assert!(matches!(strength(&long, pkcs1, later), Strength::Over(_)));
        assert_eq!(strength(&long, SignatureAlgorithm::Pss(Sha256), later), Strength::Enough);
        assert!(matches!(strength(&short, SignatureAlgorithm::Pss(Sha256), before), Strength::Over(_)));
        assert_eq!(strength(&curve, SignatureAlgorithm::Ecdsa(Sha256), later), Strength::Enough);
    }
}
