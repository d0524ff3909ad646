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
        _ if short && at >= SHORT_RSA_WEAK_MS => Strength::Weak(format!("RSA {bits} bits, affaibli depuis le 2026-01-01")),
        _ => Strength::Enough,
    }
}
