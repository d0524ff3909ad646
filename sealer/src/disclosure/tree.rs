//! The Merkle tree hash of RFC 9162, 2.1.1, made leaf after leaf in logarithmic memory.
use dossier::Sha256Digest;

/// A tree that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    leaves: u64,
    /// Roots of the whole subtrees, the largest first: one for each bit of `leaves` that is set.
    whole: Vec<Sha256Digest>,
}

impl Tree {
    /// How many leaves there are.
    pub(crate) fn len(&self) -> u64 {
        self.leaves
    }

    /// Adds a leaf, already hashed with its prefix.
    pub(crate) fn push(&mut self, leaf: Sha256Digest) {
        let mut node = leaf;
        for _ in 0..self.leaves.trailing_ones() {
            let Some(left) = self.whole.pop() else { break };
            node = inner(&left, &node);
        }
        self.whole.push(node);
        self.leaves += 1;
    }

    /// The root; that of no leaf is SHA-256 of nothing.
    pub(crate) fn root(&self) -> Sha256Digest {
        let mut subtrees = self.whole.iter().rev().copied();
        let Some(last) = subtrees.next() else { return Sha256Digest::of(b"") };
        subtrees.fold(last, |right, left| inner(&left, &right))
    }
}

fn inner(left: &Sha256Digest, right: &Sha256Digest) -> Sha256Digest {
    Sha256Digest::of(&[[0x01].as_slice(), left.as_bytes(), right.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 9162, word for word: split at the largest power of two smaller than the count.
    fn defined(leaves: &[Sha256Digest]) -> Sha256Digest {
        match leaves {
            [] => Sha256Digest::of(b""),
            [one] => *one,
            _ => {
                let split = leaves.len().next_power_of_two() / 2;
                let (left, right) = leaves.split_at(split);
                inner(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn every_length_gives_the_root_of_the_definition() {
        let leaves: Vec<Sha256Digest> = (0_u8..100).map(|n| Sha256Digest::of(&[0, n])).collect();
        let mut tree = Tree::default();
        for count in 0..leaves.len() {
            assert_eq!((tree.len(), tree.root()), (count as u64, defined(&leaves[..count])));
            tree.push(leaves[count]);
        }
    }

    /// The eight entries and roots of the test vectors of Certificate Transparency.
    #[test]
    fn the_published_vectors() {
        let entries =
            ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        let mut tree = Tree::default();
        let mut roots = Vec::new();
        for entry in entries {
            tree.push(Sha256Digest::of(&[vec![0], hex::decode(entry).unwrap()].concat()));
            roots.push(tree.root().to_hex());
        }
        assert_eq!(roots[0], "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assert_eq!(roots[1], "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
        assert_eq!(roots[7], "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }
}
