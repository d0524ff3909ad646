//! The Merkle tree (RFC 9162) over the lines of the journal, kept in tiles of 256 hashes (the layout of C2SP `tlog-tiles`):
//! a line is added, and proven to be in the tree, with a few reads however long the journal is.
//!
//! A leaf is a line, whole; lines bear random identifiers, so the hash of one says nothing to who has it not.
use dossier::merkle::{Hash, leaf_hash, node_hash, root};

use crate::SignificationError;
use crate::store::{Changes, Reader, Table};

/// Hashes in a full tile.
const WIDTH: u64 = 256;
/// Levels of the tree that a level of tiles stands for.
const HEIGHT: u32 = 8;

fn key(level: u8, tile: u64) -> Vec<u8> {
    [&[level][..], &tile.to_be_bytes()].concat()
}

fn broken() -> SignificationError {
    SignificationError::Storage { why: "l'arbre des lignes n'est pas entier".into() }
}

fn tile(reader: &dyn Reader, level: u8, tile: u64) -> Result<Vec<Hash>, SignificationError> {
    let octets = reader.get(Table::Tuile, &key(level, tile))?.unwrap_or_default();
    let (hashes, rest) = octets.as_chunks::<32>();
    if rest.is_empty() { Ok(hashes.to_vec()) } else { Err(broken()) }
}

/// Adds the line number `seq`; the tree must hold all before it.
pub(crate) fn add(reader: &dyn Reader, seq: u64, line: &[u8], into: &mut Changes) -> Result<(), SignificationError> {
    let (mut level, mut index, mut hash) = (0_u8, seq, leaf_hash(line));
    loop {
        let at = index / WIDTH;
        let mut hashes = tile(reader, level, at)?;
        if hashes.len() as u64 != index % WIDTH {
            return Err(broken());
        }
        hashes.push(hash);
        let full = hashes.len() as u64 == WIDTH;
        if full {
            hash = root(&hashes);
        }
        into.0.insert((Table::Tuile, key(level, at)), Some(hashes.concat()));
        if !full {
            return Ok(());
        }
        (level, index) = (level + 1, at);
    }
}

/// The hash of a whole subtree of 2^`height` leaves, the one of number `index`.
fn node(reader: &dyn Reader, height: u32, index: u64) -> Result<Hash, SignificationError> {
    let level = u8::try_from(height / HEIGHT).map_err(|_| broken())?;
    let count = 1_u64 << (height % HEIGHT);
    let first = index.checked_mul(count).ok_or_else(broken)?;
    let hashes = tile(reader, level, first / WIDTH)?;
    let from = usize::try_from(first % WIDTH).map_err(|_| broken())?;
    let to = from + usize::try_from(count).map_err(|_| broken())?;
    Ok(root(hashes.get(from..to).ok_or_else(broken)?))
}

/// The hash over the leaves `from..to`, a subtree of some tree: `from` is a multiple of the size of each part.
fn range(reader: &dyn Reader, from: u64, to: u64) -> Result<Hash, SignificationError> {
    let count = to - from;
    if count.is_power_of_two() {
        return node(reader, count.trailing_zeros(), from / count);
    }
    let left = count.next_power_of_two() / 2;
    Ok(node_hash(&range(reader, from, from + left)?, &range(reader, from + left, to)?))
}

/// The root over the first `size` lines, at least one.
pub fn root_at(reader: &dyn Reader, size: u64) -> Result<Hash, SignificationError> {
    if size == 0 { Ok(root(&[])) } else { range(reader, 0, size) }
}

/// The way from line `seq` to the root over the first `size` lines (RFC 9162, 2.1.3.1), leaf first.
pub fn inclusion(reader: &dyn Reader, seq: u64, size: u64) -> Result<Vec<Hash>, SignificationError> {
    if seq >= size {
        return Err(broken());
    }
    let (mut from, mut to, mut way) = (0, size, Vec::new());
    while to - from > 1 {
        let left = (to - from).next_power_of_two() / 2;
        if seq < from + left {
            way.push(range(reader, from + left, to)?);
            to = from + left;
        } else {
            way.push(range(reader, from, from + left)?);
            from += left;
        }
    }
    way.reverse();
    Ok(way)
}

/// That the first `size` lines continue the first `old` ones (RFC 9162, 2.1.4.1).
pub fn consistency(reader: &dyn Reader, old: u64, size: u64) -> Result<Vec<Hash>, SignificationError> {
    let mut proof = Vec::new();
    if old == 0 || old >= size {
        return Ok(proof);
    }
    // `whole`: the old tree is the whole of what is left, whose root who checks already has.
    let (mut from, mut to, mut whole) = (0, size, true);
    while old != to {
        let left = (to - from).next_power_of_two() / 2;
        if old <= from + left {
            proof.push(range(reader, from + left, to)?);
            to = from + left;
        } else {
            proof.push(range(reader, from, from + left)?);
            from += left;
            whole = false;
        }
    }
    if !whole {
        proof.push(range(reader, from, to)?);
    }
    proof.reverse();
    Ok(proof)
}

#[cfg(test)]
mod tests {
    use dossier::merkle;
    use proptest::prelude::*;

    use super::*;
    use crate::store::memory::MemoryTables;

    fn line(n: u64) -> Vec<u8> {
        format!("ligne {n}").into_bytes()
    }

    fn tree(size: u64) -> MemoryTables {
        let mut tables = MemoryTables::default();
        for n in 0..size {
            let mut changes = Changes::default();
            add(&tables, n, &line(n), &mut changes).unwrap();
            tables.write(changes);
        }
        tables
    }

    fn leaves(size: u64) -> Vec<Hash> {
        (0..size).map(|n| leaf_hash(&line(n))).collect()
    }

    #[test]
    fn e01_the_tiles_give_the_roots_and_proofs_of_the_plain_tree() {
        let tables = tree(1100);
        let all = leaves(1100);
        for size in [1_u64, 2, 3, 255, 256, 257, 511, 512, 513, 767, 1000, 1024, 1100] {
            let plain = &all[..usize::try_from(size).unwrap()];
            assert_eq!(root_at(&tables, size).unwrap(), root(plain), "{size}");
            for seq in [0, size / 3, size / 2, size - 1] {
                let way = inclusion(&tables, seq, size).unwrap();
                assert_eq!(way, merkle::inclusion(plain, usize::try_from(seq).unwrap()), "{seq} of {size}");
            }
            for old in [1, size / 4, size / 2, size - 1, size] {
                let proof = consistency(&tables, old, size).unwrap();
                assert_eq!(proof, merkle::consistency(plain, usize::try_from(old).unwrap()), "{old} -> {size}");
            }
        }
        assert!(inclusion(&tables, 1100, 1100).is_err() && root_at(&tables, 1101).is_err());
    }

    #[test]
    fn a_line_added_out_of_its_turn_is_refused() {
        let tables = tree(5);
        let add_at = |seq| add(&tables, seq, b"x", &mut Changes::default());
        assert!(add_at(4).is_err() && add_at(6).is_err() && add_at(5).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_line_is_proven_and_no_other(size in 1_u64..700, pick in any::<prop::sample::Index>()) {
            let tables = tree(size);
            let seq = pick.index(usize::try_from(size).unwrap()) as u64;
            let (root, way) = (root_at(&tables, size).unwrap(), inclusion(&tables, seq, size).unwrap());
            prop_assert!(merkle::includes(&leaf_hash(&line(seq)), seq, size, &way, &root));
            prop_assert!(!merkle::includes(&leaf_hash(b"autre"), seq, size, &way, &root));
            prop_assert!(!merkle::includes(&leaf_hash(&line(seq)), (seq + 1) % size, size, &way, &root) || size == 1);
        }
    }
}
