//! Signatures found good: the same certificate, or the same list, stands in every token of every bundle, and is checked once.
//!
//! A signature is good or not whatever the time, the anchors and the bundle: the answer depends on the key, the algorithm,
//! the message and the signature alone, and is kept under the SHA-256 of these. Only good ones are kept.
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

/// How many are kept before all are forgotten: a hostile bundle must not make the list grow without end.
const KEPT: usize = 4096;

static GOOD: Mutex<BTreeSet<[u8; 32]>> = Mutex::new(BTreeSet::new());

/// The name of a check: each part with its length before it, so that no two checks have one name.
pub(super) fn name(parts: [&[u8]; 4]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Whether the check of that name was good before.
pub(super) fn knows(name: &[u8; 32]) -> bool {
    GOOD.lock().unwrap_or_else(PoisonError::into_inner).contains(name)
}

/// Keeps a good check.
pub(super) fn keep(name: [u8; 32]) {
    let mut good = GOOD.lock().unwrap_or_else(PoisonError::into_inner);
    if good.len() >= KEPT {
        good.clear();
    }
    good.insert(name);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_its_name() {
        let one = name([b"k", b"a", b"message", b"s"]);
        for other in
            [[&b"ka"[..], b"", b"message", b"s"], [b"k", b"a", b"messages", b""], [b"k", b"b", b"message", b"s"]]
        {
            assert_ne!(one, name(other));
        }
        assert!(!knows(&one));
        keep(one);
        assert!(knows(&one));
    }
}
