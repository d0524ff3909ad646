//! The one place that reads the system time; everything else takes a [`dossier::Clock`].
use std::time::{Duration, Instant as Monotonic};

use dossier::{Clock, Instant};

/// The machine's own clock: wall time from the system, order from the monotonic clock.
pub(crate) struct SystemClock {
    start: Monotonic,
}

impl SystemClock {
    /// A clock whose monotonic reading starts now.
    pub(crate) fn new() -> Self {
        Self { start: Monotonic::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the system time")]
    fn now(&self) -> Instant {
        Instant::new(jiff::Timestamp::now())
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}
