//! OpenTimestamps: a proof that a digest existed before a block of Bitcoin, through public calendars.
//!
//! Format: python-opentimestamps 0.4 (`core/timestamp.py`, `core/op.py`, `core/notary.py`). A calendar that answers
//! gives a promise (pending); hours later it gives the operations that lead to the Merkle root of a block.
mod codec;
mod op;
mod tree;

pub use codec::Detached;
pub use op::Op;
pub use tree::{Attestation, Timestamp};

/// The longest proof read, in octets: real ones stay under 4 kB.
pub const MAX_PROOF: usize = 64 * 1024;

/// Why a proof cannot be read or followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OtsError {
    /// It is not in the format.
    #[error("malformed proof: {what}")]
    Malformed {
        /// What is wrong.
        what: &'static str,
    },
    /// It goes beyond what a proof needs.
    #[error("too large: {what}")]
    TooLarge {
        /// What.
        what: &'static str,
    },
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attestation() -> impl Strategy<Value = Attestation> {
        prop_oneof![
            "https://[a-z.]{1,20}".prop_map(Attestation::Pending),
            (0_u64..1 << 40).prop_map(Attestation::Bitcoin),
            prop::collection::vec(any::<u8>(), 0..40)
                .prop_map(|o| Attestation::Other(*b"\x06\x86\x9a\x0d\x73\xd7\x1b\x45", o)),
        ]
    }

    fn op() -> impl Strategy<Value = Op> {
        let argument = || prop::collection::vec(any::<u8>(), 1..50);
        prop_oneof![
            Just(Op::Sha1),
            Just(Op::Ripemd160),
            Just(Op::Sha256),
            Just(Op::Keccak256),
            Just(Op::Reverse),
            argument().prop_map(Op::Append),
            argument().prop_map(Op::Prepend),
        ]
    }

    fn timestamp() -> impl Strategy<Value = Timestamp> {
        let leaf = prop::collection::btree_set(attestation(), 1..3)
            .prop_map(|attestations| Timestamp { attestations, ..Timestamp::default() });
        leaf.prop_recursive(6, 40, 3, |inner| {
            (prop::collection::btree_set(attestation(), 0..2), prop::collection::btree_map(op(), inner, 1..4))
                .prop_map(|(attestations, branches)| Timestamp { attestations, branches })
        })
    }

    fn detached(timestamp: Timestamp) -> Detached {
        Detached { file_hash: Op::Sha256, digest: vec![7; 32], timestamp }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(timestamp in timestamp()) {
            let proof = detached(timestamp);
            let octets = proof.to_bytes().unwrap();
            prop_assert_eq!(Detached::parse_canonical(&octets).unwrap(), proof.clone());
            prop_assert_eq!(Timestamp::parse(&proof.timestamp.to_bytes().unwrap()).unwrap(), proof.timestamp);
        }

        #[test]
        fn merging_loses_nothing_and_is_done_once(one in timestamp(), two in timestamp()) {
            let mut both = one.clone();
            both.merge(two.clone());
            let all = both.attested(&[7; 32]).unwrap();
            for (message, attestation) in one.attested(&[7; 32]).unwrap().into_iter().chain(two.attested(&[7; 32]).unwrap()) {
                prop_assert!(all.contains(&(message, attestation)));
            }
            let mut again = both.clone();
            again.merge(two);
            prop_assert_eq!(again, both);
        }

        #[test]
        fn foreign_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Timestamp::parse(&octets).map(|t| t.attested(&[1; 32]));
            let _ = Detached::parse(&[codec::MAGIC, &[1, 8], &[0; 32], &octets].concat());
        }

        #[test]
        fn another_octet_is_another_proof_or_none(timestamp in timestamp(), at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let proof = detached(timestamp);
            let mut octets = proof.to_bytes().unwrap();
            let at = at.index(octets.len());
            octets[at] ^= 1 << bit;
            if let Ok(read) = Detached::parse_canonical(&octets) {
                prop_assert_ne!(read, proof);
            }
        }
    }

    #[test]
    fn bounds_hold() {
        let pending =
            || Timestamp { attestations: [Attestation::Pending("https://a".into())].into(), ..Timestamp::default() };
        let deep = Timestamp::after(vec![Op::Reverse; 300], pending());
        assert_eq!(
            Timestamp::parse(&deep.to_bytes().unwrap()),
            Err(OtsError::TooLarge { what: "operations one after the other" })
        );
        let wide = Timestamp {
            branches: (0..2100_u32).map(|n| (Op::Append(n.to_be_bytes().to_vec()), pending())).collect(),
            ..Timestamp::default()
        };
        assert!(matches!(Timestamp::parse(&wide.to_bytes().unwrap()), Err(OtsError::TooLarge { .. })));
        let long = Timestamp::after(vec![Op::Hexlify; 12], pending());
        assert_eq!(long.attested(&[0; 32]), Err(OtsError::TooLarge { what: "message" }));
        assert!(Timestamp::default().to_bytes().is_err());
        // A number with a useless octet, and one octet after the end.
        let octets = pending().to_bytes().unwrap();
        assert!(Timestamp::parse(&[octets.as_slice(), &[0]].concat()).is_err());
    }
}
