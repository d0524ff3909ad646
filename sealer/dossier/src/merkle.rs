//! The Merkle tree of RFC 9162 (2.1): hashes, proofs that a leaf is in a tree, proofs that a tree continues another.
use sha2::{Digest as _, Sha256};

/// A node.
pub type Hash = [u8; 32];

/// Hashes at most in a proof: a tree of 2^63 leaves.
pub const MAX_PROOF: usize = 63;

/// The hash of a leaf (prefix 00: a leaf can never be taken for a node).
pub fn leaf_hash(data: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(data).finalize().into()
}

/// The hash of a node over two others (prefix 01).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The largest power of two smaller than `size` (which is at least 2).
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// The root over these leaves (2.1.1); over none, the hash of nothing.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&root(left), &root(right))
        }
    }
}

/// The way from the leaf number `index` to the root (2.1.3.1); empty when there is no such leaf.
pub fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 || index >= leaves.len() {
        return Vec::new();
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut way, other) =
        if index < at { (inclusion(left, index), root(right)) } else { (inclusion(right, index - at), root(left)) };
    way.push(other);
    way
}

/// That the tree of the first `old` leaves is continued by the tree of all (2.1.4.1); empty when there is nothing to prove.
pub fn consistency(leaves: &[Hash], old: usize) -> Vec<Hash> {
    if old == 0 || old >= leaves.len() { Vec::new() } else { subproof(leaves, old, true) }
}

fn subproof(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![root(leaves)] };
    }
    let at = split(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut proof, other) = if old <= at {
        (subproof(left, old, whole), root(right))
    } else {
        (subproof(right, old - at, false), root(left))
    };
    proof.push(other);
    proof
}

/// Whether `proof` leads from the leaf number `index` to the root of a tree of `size` leaves (2.1.3.2).
pub fn includes(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size || proof.len() > MAX_PROOF {
        return false;
    }
    let (mut number, mut last, mut hash) = (index, size - 1, *leaf);
    for other in proof {
        if last == 0 {
            return false;
        }
        if number & 1 == 1 || number == last {
            hash = node_hash(other, &hash);
            while number & 1 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, other);
        }
        number >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree (`new_size`, `new_root`) continues the tree (`old_size`, `old_root`) (2.1.4.2).
pub fn continues(old_size: u64, old_root: &Hash, new_size: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old_size > new_size || proof.len() > MAX_PROOF {
        return false;
    }
    if old_size == 0 {
        return proof.is_empty();
    }
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    let mut hashes = proof.iter();
    // A whole tree of 2^n leaves is its own first hash.
    let first = if old_size.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(first) = first else { return false };
    let (mut number, mut last) = (old_size - 1, new_size - 1);
    while number & 1 == 1 {
        number >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for other in hashes {
        if last == 0 {
            return false;
        }
        if number & 1 == 1 || number == last {
            old_hash = node_hash(other, &old_hash);
            new_hash = node_hash(other, &new_hash);
            while number & 1 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, other);
        }
        number >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaves(count: usize) -> Vec<Hash> {
        (0..count).map(|n| leaf_hash(&n.to_be_bytes())).collect()
    }

    /// The example tree of RFC 6962's implementations (certificate-transparency-go, `testonly`): 8 leaves.
    #[test]
    fn published_roots() {
        let data: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let leaves: Vec<Hash> = data.iter().map(|d| leaf_hash(d)).collect();
        for (count, expected) in [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ] {
            assert_eq!(hex::encode(root(&leaves[..count])), expected, "{count}");
        }
    }

    #[test]
    fn every_leaf_of_every_size_is_proven_and_no_other() {
        for size in 1..=66_usize {
            let leaves = leaves(size);
            let root = root(&leaves);
            for index in 0..size {
                let proof = inclusion(&leaves, index);
                let holds = |leaf: &Hash, n: u64, of: u64, proof: &[Hash]| includes(leaf, n, of, proof, &root);
                let (n, of) = (index as u64, size as u64);
                assert!(holds(&leaves[index], n, of, &proof), "{index} of {size}");
                assert!(!holds(&leaf_hash(b"x"), n, of, &proof));
                assert!(!holds(&leaves[index], n + 1, of, &proof), "{index} of {size}");
                assert!(!holds(&leaves[index], n, n, &proof));
                if let Some((_, shorter)) = proof.split_last() {
                    assert!(!holds(&leaves[index], n, of, shorter));
                }
                assert!(!holds(&leaves[index], n, of, &[proof.as_slice(), &[root]].concat()));
            }
        }
    }

    #[test]
    fn every_tree_continues_the_smaller_ones() {
        for size in 1..=66_usize {
            let leaves = leaves(size);
            let new = root(&leaves);
            for old_size in 0..=size {
                let old = root(&leaves[..old_size]);
                let proof = consistency(&leaves, old_size);
                let holds =
                    |old: &Hash, new: &Hash, proof: &[Hash]| continues(old_size as u64, old, size as u64, new, proof);
                assert!(holds(&old, &new, &proof), "{old_size} -> {size}");
                if old_size > 0 {
                    assert!(!holds(&[9; 32], &new, &proof), "{old_size} -> {size}");
                    assert!(!holds(&old, &[9; 32], &proof), "{old_size} -> {size}");
                }
                assert!(!holds(&old, &new, &[proof.as_slice(), &[new]].concat()), "{old_size} -> {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_rewritten_leaf_is_seen(size in 2_usize..200, old in 1_usize..200, changed in any::<prop::sample::Index>()) {
            let old = old.min(size - 1);
            let (honest, mut forged) = (leaves(size), leaves(size));
            forged[changed.index(old)] = leaf_hash(b"forged");
            let (old_root, new_root) = (root(&honest[..old]), root(&forged));
            prop_assert!(!continues(old as u64, &old_root, size as u64, &new_root, &consistency(&forged, old)));
            prop_assert!(!continues(old as u64, &old_root, size as u64, &new_root, &consistency(&honest, old)));
        }

        #[test]
        fn foreign_proofs_never_panic(
            index in any::<u64>(), size in any::<u64>(), proof in prop::collection::vec(any::<Hash>(), 0..70)
        ) {
            prop_assert!(!includes(&[1; 32], index, size, &proof, &[2; 32]));
            prop_assert!(!continues(index.max(1), &[1; 32], size, &[2; 32], &proof));
        }
    }
}
