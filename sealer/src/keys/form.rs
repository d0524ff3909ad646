//! What every holder of a key shares: the digest it is given, the form of an ECDSA signature, the order of a chain.
use crate::asn1::{integer, sequence};
use crate::x509::{Certificate, PublicKey};

/// `r || s`, as tokens give it (PKCS#11 2.3.1), as a DER `ECDSA-Sig-Value` (RFC 3279 2.2.3); `None` when its length is
/// not that of the curve, or the key is no elliptic one.
pub(crate) fn ecdsa_der(raw: &[u8], key: &PublicKey) -> Option<Vec<u8>> {
    let half = match key {
        PublicKey::P256(_) => 32,
        PublicKey::P384(_) => 48,
        PublicKey::Rsa(_) => return None,
    };
    let (r, s) = (raw.len() == 2 * half).then(|| raw.split_at(half))?;
    Some(sequence(&[&integer(r), &integer(s)]))
}

/// `leaf`, then its issuers as far as they are found in `others`, without a self-signed end.
pub(super) fn ordered(leaf: Certificate, others: &[Certificate]) -> Vec<Certificate> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last() {
        let issuer = others.iter().find(|c| !c.is_self_issued() && !chain.contains(c) && last.is_signed_by(c));
        let Some(issuer) = issuer.cloned() else { break };
        chain.push(issuer);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_halves_become_two_integers() {
        let key = PublicKey::P256(vec![4; 65]);
        let mut raw = [0; 64];
        raw[31] = 1;
        raw[32] = 0x80;
        let der = ecdsa_der(&raw, &key).unwrap();
        assert_eq!(der[..6], [0x30, 38, 2, 1, 1, 2]);
        assert_eq!(der[6..9], [33, 0, 0x80]);
        assert_eq!(ecdsa_der(&raw[1..], &key), None);
        assert_eq!(ecdsa_der(&raw, &PublicKey::P384(vec![4; 97])), None);
    }
}
