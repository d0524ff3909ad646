//! Whether the wall clock was set between two looks at it: it must have gained what the monotonic clock gained.
use std::time::Duration;

use dossier::{Clock, Instant};

/// What a time service steps rather than slews (RFC 5905, STEPT), in milliseconds.
const STEP_MS: i64 = 128;
/// The most a kernel slews, in parts per million (RFC 5905, 11.3).
const SLEW_PPM: i64 = 500;

/// Both clocks of the machine, read together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockMark {
    /// The wall clock.
    pub wall: Instant,
    /// The monotonic clock of the same [`Clock`].
    pub monotonic: Duration,
}

impl ClockMark {
    /// Reads both.
    pub fn of(clock: &dyn Clock) -> Self {
        Self { wall: clock.now(), monotonic: clock.monotonic() }
    }

    /// The monotonic reading, in microseconds.
    pub(super) fn monotonic_us(&self) -> i64 {
        i64::try_from(self.monotonic.as_micros()).unwrap_or(i64::MAX)
    }
}

/// How many milliseconds the wall clock was set forward (or back, when negative) between two marks of one process; `None` when what
/// it gained is what a clock that is disciplined without being set may gain: 128 ms, and 500 millionths of the time that went by.
pub fn stepped(before: &ClockMark, after: &ClockMark) -> Option<i64> {
    let wall = after.wall.as_millisecond().saturating_sub(before.wall.as_millisecond());
    let ran = i64::try_from(after.monotonic.saturating_sub(before.monotonic).as_millis()).unwrap_or(i64::MAX);
    let gained = wall.saturating_sub(ran);
    let slewed = STEP_MS.saturating_add(ran / (1_000_000 / SLEW_PPM));
    (gained.saturating_abs() > slewed).then_some(gained)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(wall_ms: i64, ran_ms: u64) -> ClockMark {
        let wall = Instant::from_millisecond(1_795_000_000_000 + wall_ms).unwrap();
        ClockMark { wall, monotonic: Duration::from_millis(ran_ms) }
    }

    #[test]
    fn a_step_is_told_and_a_slew_is_not() {
        let start = mark(0, 1_000);
        assert_eq!(stepped(&start, &mark(600_000, 601_000)), None);
        // Ten minutes at 500 ppm are 300 ms.
        assert_eq!(stepped(&start, &mark(600_400, 601_000)), None);
        assert_eq!(stepped(&start, &mark(602_000, 601_000)), Some(2_000));
        assert_eq!(stepped(&start, &mark(-3_600_000, 2_000)), Some(-3_601_000));
    }
}
