//! One octet changed anywhere in what is signed makes a PDF FAIL, and nothing changed makes a FAIL a PASS.
use std::sync::OnceLock;

use proptest::prelude::*;
use sealer::Verdict;

use crate::bench::{How, shared};
use crate::pdfs::{appended, classic, objects, streamed};

/// Signed files of both forms: every octet is covered, or is the signature itself.
fn good() -> &'static [Vec<u8>; 2] {
    static GOOD: OnceLock<[Vec<u8>; 2]> = OnceLock::new();
    GOOD.get_or_init(|| {
        let how = How { visible: Some([20.0, 20.0, 60.0, 20.0]), ..How::default() };
        [classic(&objects()), streamed(&objects())].map(|input| shared().sign(&input, &how).unwrap().octets)
    })
}

fn verdict(octets: &[u8]) -> Verdict {
    shared().verify(octets).verdict
}

#[test]
fn every_position_of_a_signed_file() {
    for octets in good() {
        assert_ne!(verdict(octets), Verdict::Fail);
        let missed: Vec<usize> = (0..octets.len())
            .filter(|at| {
                let mut changed = octets.clone();
                changed[*at] ^= 1 << (at % 8);
                verdict(&changed) != Verdict::Fail
            })
            .collect();
        let told = |at: &usize| {
            let mut changed = octets.clone();
            changed[*at] ^= 1 << (at % 8);
            let near = String::from_utf8_lossy(&octets[at - 40..at + 40]).into_owned();
            format!("{at} {near} {:?}", crate::sample::codes(&shared().verify(&changed).findings))
        };
        let shown: Vec<String> = missed.iter().map(told).collect();
        assert!(missed.is_empty(), "{} of {}: {shown:#?}", missed.len(), octets.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn random_bits(which in 0_usize..2, at in any::<prop::sample::Index>(), mask in 1_u8..) {
        let mut octets = good()[which].clone();
        let at = at.index(octets.len());
        octets[at] ^= mask;
        // The two writings of a hexadecimal digit are one value, but never both in one signature.
        prop_assert_eq!(verdict(&octets), Verdict::Fail);
    }

    #[test]
    fn removed_or_repeated_octets(which in 0_usize..2, at in any::<prop::sample::Index>(), count in 1_usize..50, repeat in any::<bool>()) {
        let mut octets = good()[which].clone();
        let at = at.index(octets.len());
        let end = (at + count).min(octets.len());
        if repeat {
            let piece = octets[at..end].to_vec();
            octets.splice(at..at, piece);
        } else {
            octets.drain(at..end);
        }
        // Cut back to a whole earlier revision it is an unsigned document, and told as such.
        prop_assert_ne!(verdict(&octets), Verdict::Pass);
    }

    #[test]
    fn what_is_wrong_never_becomes_right(at in any::<prop::sample::Index>(), mask in 1_u8..) {
        let wrong = appended(&good()[0], &[(5, "<</Length 1>>\nstream\nx\nendstream".into())]);
        let mut octets = wrong;
        let at = at.index(octets.len());
        octets[at] ^= mask;
        prop_assert_eq!(verdict(&octets), Verdict::Fail);
    }

    #[test]
    fn foreign_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert_ne!(verdict(&octets), Verdict::Pass);
        prop_assert_ne!(verdict(&[b"%PDF-1.7\n".as_slice(), &octets].concat()), Verdict::Pass);
    }
}
