//! Which time sources agree: the intersection of their intervals (Marzullo; RFC 5905 section 11.2.1), and the median of those it keeps.

/// What a source says: the machine's clock is `offset_us` from it, give or take `distance_us`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// This machine's clock minus the source's, in microseconds.
    pub(super) offset_us: i64,
    /// The root distance: how wrong the source can be at most, by its own word and by the way to it.
    pub(super) distance_us: i64,
}

/// What a majority of the sources says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    /// Median of the sources that agree.
    pub(super) offset_us: i64,
    /// How far the true value can be from the median when those sources tell the truth.
    pub(super) uncertainty_us: i64,
    /// Between the lowest and the highest of those that agree.
    pub(super) spread_us: i64,
    /// Places of the sources that agree (truechimers).
    pub(super) agreeing: Vec<usize>,
    /// Places of the others (falsetickers).
    pub(super) false_sources: Vec<usize>,
}

/// What more than half of the candidates have in common; `None` when no majority agrees.
pub(super) fn agreement(candidates: &[Candidate]) -> Option<Agreement> {
    let (low, high) = intersection(candidates)?;
    let overlaps = |c: &Candidate| c.low() <= high && c.high() >= low;
    let (agreeing, false_sources): (Vec<usize>, Vec<usize>) =
        (0..candidates.len()).partition(|place| candidates.get(*place).is_some_and(overlaps));
    let mut offsets: Vec<i64> = agreeing.iter().filter_map(|at| candidates.get(*at)).map(|c| c.offset_us).collect();
    offsets.sort_unstable();
    let offset_us = median(&offsets)?;
    let spread_us = offsets.last()?.saturating_sub(*offsets.first()?);
    let uncertainty_us = high.saturating_sub(offset_us).max(offset_us.saturating_sub(low)).max(0);
    Some(Agreement { offset_us, uncertainty_us, spread_us, agreeing, false_sources })
}

impl Candidate {
    fn low(&self) -> i64 {
        self.offset_us.saturating_sub(self.distance_us)
    }

    fn high(&self) -> i64 {
        self.offset_us.saturating_add(self.distance_us)
    }
}

/// The smallest interval that holds every point of most of the correctness intervals (Marzullo): that of all, else of all but one, and
/// so on under half. RFC 5905 also wants the middles inside; that refuses two sources of unlike precision that agree, so it is left out,
/// as chronyd does.
fn intersection(candidates: &[Candidate]) -> Option<(i64, i64)> {
    let count = candidates.len();
    let (mut lows, mut highs): (Vec<i64>, Vec<i64>) = candidates.iter().map(|c| (c.low(), c.high())).unzip();
    lows.sort_unstable();
    highs.sort_unstable();
    let inside = |point: i64| lows.partition_point(|low| *low <= point) - highs.partition_point(|high| *high < point);
    (count / 2 + 1..=count).rev().find_map(|wanted| {
        let low = lows.iter().copied().find(|low| inside(*low) >= wanted)?;
        let high = highs.iter().rev().copied().find(|high| inside(*high) >= wanted)?;
        Some((low, high))
    })
}

fn median(sorted: &[i64]) -> Option<i64> {
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(middle.checked_sub(1)?)?;
    Some(lower + upper.saturating_sub(lower) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(pairs: &[(i64, i64)]) -> Option<Agreement> {
        let candidates: Vec<_> =
            pairs.iter().map(|&(offset_us, distance_us)| Candidate { offset_us, distance_us }).collect();
        agreement(&candidates)
    }

    #[test]
    fn a_majority_names_the_one_that_lies() {
        let found = of(&[(1_000, 10_000), (-2_000, 10_000), (3_000_000, 10_000), (4_000, 10_000)]).unwrap();
        assert_eq!((found.agreeing, found.false_sources), (vec![0, 1, 3], vec![2]));
        assert_eq!((found.offset_us, found.spread_us), (1_000, 6_000));
        // What all three admit: from -6 ms to 8 ms.
        assert_eq!(found.uncertainty_us, 7_000);
    }

    #[test]
    fn half_is_no_majority() {
        assert_eq!(of(&[(0, 10), (1_000, 10)]), None);
        assert_eq!(of(&[(0, 10), (1, 10), (1_000, 10), (1_001, 10)]), None);
        assert_eq!(of(&[(0, 10), (500, 10), (1_000, 10)]), None);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(7, 0)]).unwrap().offset_us, 7);
        assert_eq!(of(&[(0, 10), (20, 10)]).unwrap().offset_us, 10, "they touch");
    }

    proptest! {
        #[test]
        fn what_agrees_is_more_than_half(
            drawn in prop::collection::vec((any::<i64>(), 0_i64..i64::MAX), 0..12),
        ) {
            if let Some(found) = of(&drawn) {
                prop_assert!(found.agreeing.len() * 2 > drawn.len());
                prop_assert_eq!(found.agreeing.len() + found.false_sources.len(), drawn.len());
                prop_assert!(found.uncertainty_us >= 0 && found.spread_us >= 0);
            }
        }

        #[test]
        fn sources_that_tell_the_truth_are_believed(
            truth in -5_000_000_i64..5_000_000,
            honest in prop::collection::vec((0_i64..50_000, -100_i64..=100), 1..8),
            liars in prop::collection::vec((-9_000_000_i64..9_000_000, 0_i64..50_000), 0..7),
        ) {
            let honest: Vec<(i64, i64)> =
                honest.iter().map(|(distance, part)| (truth + distance * part / 100, *distance)).collect();
            let liars = liars.get(..liars.len().min(honest.len().saturating_sub(1))).unwrap();
            let all: Vec<(i64, i64)> = honest.iter().chain(liars).copied().collect();
            let found = of(&all);
            prop_assert!(found.is_some(), "{all:?}");
            let found = found.unwrap();
            prop_assert!(found.agreeing.iter().any(|at| *at < honest.len()));
            if liars.is_empty() {
                prop_assert!(found.false_sources.is_empty());
                prop_assert!((found.offset_us - truth).abs() <= found.uncertainty_us);
            }
        }
    }
}
