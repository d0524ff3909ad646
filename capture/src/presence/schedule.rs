//! How long each segment of the film is: ten seconds at first, longer later, since a sealed bundle holds a thousand entries.
use std::time::Duration;

/// What a bundle may hold beside the film before captures are at risk.
const ENTRIES: usize = 900;
/// Files of one capture, with room for areas that scroll and for media.
const OF_A_CAPTURE: usize = 12;
/// The fewest and the most segments of a film.
const BOUNDS: (usize, usize) = (12, 180);

/// The lengths of the segments of one film.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Schedule {
    most: u32,
}

impl Schedule {
    /// That of a session whose plan has this many captures.
    pub(crate) fn beside(captures: usize) -> Self {
        let left = ENTRIES.saturating_sub(captures.saturating_mul(OF_A_CAPTURE));
        Self { most: u32::try_from(left.clamp(BOUNDS.0, BOUNDS.1)).unwrap_or(12) }
    }

    /// How many segments at most.
    pub(crate) fn most(self) -> u32 {
        self.most
    }

    /// How long the segment of that number is, from 1: ten seconds for the first half, then a minute, then five.
    fn length(self, number: u32) -> u64 {
        match number {
            n if n <= self.most / 2 => 10,
            n if n <= self.most * 5 / 6 => 60,
            _ => 300,
        }
    }

    /// Where the segments end, in seconds from the beginning of the one numbered `from`; the last is the end of the film.
    pub(crate) fn ends(self, from: u32) -> Vec<u64> {
        let mut end = 0;
        let one = |number| {
            end += self.length(number);
            end
        };
        (from..=self.most).map(one).collect()
    }

    /// How long the whole film may be.
    pub(crate) fn whole(self) -> Duration {
        Duration::from_secs(self.ends(1).last().copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_grow_and_stay_within_what_a_bundle_holds() {
        let usual = Schedule::beside(3);
        assert_eq!(usual.most(), 180);
        let ends = usual.ends(1);
        assert_eq!((ends[0], ends[89], ends[90]), (10, 900, 960));
        assert_eq!(usual.whole(), Duration::from_secs(90 * 10 + 60 * 60 + 30 * 300));
        // A film that starts again goes on with the lengths of its numbers.
        assert_eq!(usual.ends(90)[..2], [10, 70]);
        for captures in 0..=140 {
            let schedule = Schedule::beside(captures);
            assert!(schedule.most() >= 12 && (captures > 74 || schedule.most() as usize + captures * 12 <= 900));
        }
        assert_eq!(Schedule::beside(100).ends(1), [10, 20, 30, 40, 50, 60, 120, 180, 240, 300, 600, 900]);
        assert!(usual.ends(181).is_empty());
    }
}
