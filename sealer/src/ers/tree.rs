//! The tree of digests of a batch, and the way from each leaf to its root (RFC 4998, 4.2 and 4.3).
use dossier::Sha256Digest;

/// The lists of digests from one leaf to the root: the first holds the leaf and its siblings, each next one what is
/// joined to the digest of the list before.
pub(crate) type Reduced = Vec<Vec<Sha256Digest>>;

/// Digests in binary ascending order, joined: what a list is hashed as (RFC 4998, 4.3).
pub(crate) fn joined(list: &[Sha256Digest]) -> Vec<u8> {
    let mut sorted: Vec<&Sha256Digest> = list.iter().collect();
    sorted.sort();
    sorted.into_iter().flat_map(|digest| digest.as_bytes().iter().copied()).collect()
}

/// The tree over `leaves` (two at least): for each leaf the lists up to the root, and what the root is the digest of.
pub(crate) fn build(leaves: &[Sha256Digest]) -> Option<(Vec<Reduced>, Vec<u8>)> {
    if leaves.len() < 2 {
        return None;
    }
    let mut ways: Vec<Reduced> = leaves.iter().map(|leaf| vec![vec![*leaf]]).collect();
    // Each node with the leaves below it.
    let mut level: Vec<(Sha256Digest, Vec<usize>)> =
        leaves.iter().enumerate().map(|(index, leaf)| (*leaf, vec![index])).collect();
    loop {
        let mut above = Vec::with_capacity(level.len().div_ceil(2));
        let last = level.len() == 2;
        for pair in level.chunks(2) {
            let [(left, below), (right, beside)] = pair else {
                // Alone at the end of its level: it meets its sibling further up.
                above.extend_from_slice(pair);
                continue;
            };
            below.iter().for_each(|leaf| meet(&mut ways, *leaf, *right));
            beside.iter().for_each(|leaf| meet(&mut ways, *leaf, *left));
            let octets = joined(&[*left, *right]);
            if last {
                return Some((ways, octets));
            }
            above.push((Sha256Digest::of(&octets), [below.as_slice(), beside].concat()));
        }
        level = above;
    }
}

/// Adds a sibling to the way of a leaf: the first stands with the leaf itself.
fn meet(ways: &mut [Reduced], leaf: usize, sibling: Sha256Digest) {
    let Some(way) = ways.get_mut(leaf) else { return };
    match way.as_mut_slice() {
        [first] if first.len() == 1 => first.push(sibling),
        _ => way.push(vec![sibling]),
    }
}

/// What the token of a reduced tree is over, when `leaf` is in its first list.
pub(crate) fn root_octets(leaf: Sha256Digest, reduced: &[Vec<Sha256Digest>]) -> Option<Vec<u8>> {
    let (first, rest) = reduced.split_first()?;
    if !first.contains(&leaf) {
        return None;
    }
    let mut octets = joined(first);
    for list in rest {
        octets = joined(&[list.as_slice(), &[Sha256Digest::of(&octets)]].concat());
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_leaf_leads_to_the_one_root(count in 2_usize..70, seed in any::<u64>()) {
            let leaves: Vec<Sha256Digest> =
                (0..count).map(|i| Sha256Digest::of(format!("{seed} {i}").as_bytes())).collect();
            let (ways, root) = build(&leaves).unwrap();
            for (leaf, way) in leaves.iter().zip(&ways) {
                prop_assert_eq!(root_octets(*leaf, way), Some(root.clone()));
                prop_assert!(way[0].len() >= 2 && way.iter().skip(1).all(|list| list.len() == 1));
            }
            let stranger = Sha256Digest::of(b"stranger");
            prop_assert_eq!(root_octets(stranger, &ways[0]), None);
            let mut changed = ways[0].clone();
            changed[0][1] = stranger;
            prop_assert_ne!(root_octets(leaves[0], &changed), Some(root));
        }
    }

    #[test]
    fn one_leaf_has_no_tree() {
        assert_eq!(build(&[Sha256Digest::ZERO]), None);
    }
}
