//! How alike two texts are: words in common, in order.
//!
//! Words are what white space separates. With `a` and `b` words, of which `e` have to be removed or added to turn one text
//! into the other (the shortest edit script of Myers, "An O(ND) Difference Algorithm", 1986), the similarity is
//! `1 - e / (a + b)`: 1 for the same words in the same order, 0 when no word is common, 1 for two empty texts.
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Beyond this many edits the exact number is not looked for: the work grows with its square.
const MOST_EDITS: usize = 8_000;
/// Words compared at most, of each text.
const MOST_WORDS: usize = 2_000_000;

/// The measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextMeasure {
    /// Words captured.
    pub words_captured: u64,
    /// Words replayed.
    pub words_replayed: u64,
    /// Words to remove or add.
    pub edits: u64,
    /// `1 - edits / (captured + replayed)`, in millionths, rounded down.
    pub similarity_ppm: u32,
    /// The texts differ by more than is counted: `edits` is at least, `similarity_ppm` at most.
    pub at_most: bool,
}

/// Compares two texts.
pub fn compare_texts(captured: &str, replayed: &str) -> TextMeasure {
    let mut names = BTreeMap::new();
    let mut words = |text| number(text, &mut names);
    let (a, b) = (words(captured), words(replayed));
    let (edits, at_most) = edits(&a, &b);
    let total = (a.len() + b.len()) as u64;
    let similarity = (1_000_000 * (total - edits as u64)).checked_div(total).unwrap_or(1_000_000);
    TextMeasure {
        words_captured: a.len() as u64,
        words_replayed: b.len() as u64,
        edits: edits as u64,
        similarity_ppm: u32::try_from(similarity).unwrap_or(0),
        at_most,
    }
}

/// The words of a text, each as a number.
fn number<'t>(text: &'t str, names: &mut BTreeMap<&'t str, u32>) -> Vec<u32> {
    let mut words = Vec::new();
    for word in text.split_whitespace().take(MOST_WORDS) {
        let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
        words.push(*names.entry(word).or_insert(next));
    }
    words
}

/// Length of the shortest edit script, and whether the search was given up before its end.
fn edits(a: &[u32], b: &[u32]) -> (usize, bool) {
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len(), false);
    }
    let most = (a.len() + b.len()).min(MOST_EDITS);
    // `reach[k]` is the furthest word of `a` on diagonal `k - middle`.
    let middle = most + 1;
    let mut reach = vec![0_usize; 2 * most + 3];
    for d in 0..=most {
        for k in (middle - d..=middle + d).step_by(2) {
            let down = k == middle - d || (k != middle + d && reach[k - 1] < reach[k + 1]);
            let mut x = if down { reach[k + 1] } else { reach[k - 1] + 1 };
            // On diagonals outside the grid there is nothing to follow.
            let Some(mut y) = (x + middle).checked_sub(k) else { continue };
            while x < a.len() && y < b.len() && a[x] == b[y] {
                x += 1;
                y += 1;
            }
            reach[k] = x;
            if x >= a.len() && y >= b.len() {
                return (d, false);
            }
        }
    }
    (most, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_distances() {
        let ppm = |a: &str, b: &str| compare_texts(a, b).similarity_ppm;
        assert_eq!(ppm("", ""), 1_000_000);
        assert_eq!(ppm("un deux trois", "un\n deux\ttrois "), 1_000_000);
        assert_eq!(ppm("un deux", "trois quatre"), 0);
        assert_eq!(ppm("un deux", ""), 0);
        // One word replaced is one removed and one added, of eight.
        assert_eq!(ppm("a b c d", "a b x d"), 750_000);
        assert_eq!(compare_texts("a b c a b b a", "c b a b a c").edits, 5, "the example of Myers' article");
    }

    #[test]
    fn texts_with_nothing_in_common_end_in_time() {
        let text = |word: char| (0..300_000).map(|i| format!("{word}{i} ")).collect::<String>();
        let measure = compare_texts(&text('a'), &text('b'));
        assert!(measure.at_most);
        assert!(measure.similarity_ppm < 1_000_000);
    }

    proptest! {
        #[test]
        fn the_distance_is_that_of_the_longest_common_subsequence(
            a in prop::collection::vec(0_u32..4, 0..14), b in prop::collection::vec(0_u32..4, 0..14),
        ) {
            let mut common = vec![vec![0_usize; b.len() + 1]; a.len() + 1];
            for i in 0..a.len() {
                for j in 0..b.len() {
                    common[i + 1][j + 1] =
                        if a[i] == b[j] { common[i][j] + 1 } else { common[i][j + 1].max(common[i + 1][j]) };
                }
            }
            prop_assert_eq!(edits(&a, &b), (a.len() + b.len() - 2 * common[a.len()][b.len()], false));
        }
    }
}
