//! The signs an officer gives of being there: answers and keys at the terminal, and keyboard or pointer under X11.
//!
//! Only how long ago something was touched is read, never what.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use dossier::{Clock, Instant};

use super::Screen;

/// How often the display is asked.
const EVERY: Duration = Duration::from_millis(500);

/// A stretch without a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Absence {
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
    /// How long, by the clock that is never set.
    pub(crate) lasted: Duration,
}

/// Looks for signs as long as it stands.
pub(crate) struct Watch {
    state: Arc<Mutex<State>>,
    clock: Arc<dyn Clock>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// By what presence is measured: `terminal`, `x11`.
    pub(crate) by: Vec<&'static str>,
}

struct State {
    allowed: Duration,
    at: Instant,
    mono: Duration,
    absences: Vec<Absence>,
    /// Whether the officer asked for a pause: he may be away.
    resting: bool,
}

impl State {
    /// A sign given `ago`: the stretch before it is told when it was too long.
    fn sign(&mut self, clock: &dyn Clock, ago: Duration) {
        let mono = clock.monotonic().saturating_sub(ago);
        if mono <= self.mono {
            return;
        }
        let lasted = mono.saturating_sub(self.mono);
        let millis = i64::try_from(ago.as_millis()).unwrap_or(0);
        let now = clock.now();
        let at = Instant::from_millisecond(now.as_millisecond() - millis).unwrap_or(now);
        if lasted > self.allowed && !self.resting {
            self.absences.push(Absence { begin: self.at, end: at, lasted });
        }
        (self.at, self.mono) = (at, mono);
    }
}

impl Watch {
    /// Begins to look; the officer is there now, since the session was just begun.
    pub(crate) fn start(allowed: Duration, display: Option<&str>, clock: Arc<dyn Clock>) -> Self {
        let first = State { allowed, at: clock.now(), mono: clock.monotonic(), absences: Vec::new(), resting: false };
        let (state, stop) = (Arc::new(Mutex::new(first)), Arc::<AtomicBool>::default());
        let screen = display.and_then(|name| Screen::open(name).ok()).filter(|screen| screen.idle().is_some());
        let mut by = vec!["terminal"];
        let thread = screen.and_then(|screen| {
            let (state, stop, clock) = (Arc::clone(&state), Arc::clone(&stop), Arc::clone(&clock));
            let run = move || {
                while !stop.load(Ordering::SeqCst) {
                    let Some(ago) = screen.idle() else { return };
                    locked(&state).sign(clock.as_ref(), ago);
                    std::thread::sleep(EVERY);
                }
            };
            std::thread::Builder::new().name("constat-presence".into()).spawn(run).ok()
        });
        if thread.is_some() {
            by.push("x11");
        }
        Self { state, clock, stop, thread, by }
    }

    /// The officer just answered, or pressed a key.
    pub(crate) fn sign(&self) {
        locked(&self.state).sign(self.clock.as_ref(), Duration::ZERO);
    }

    /// The officer asks for a pause, or is back from one: meanwhile he may be away.
    pub(crate) fn rest(&self, resting: bool) {
        self.sign();
        locked(&self.state).resting = resting;
    }

    /// Since when there is no sign, when it is for longer than allowed.
    pub(crate) fn absent_since(&self) -> Option<Instant> {
        let state = locked(&self.state);
        (self.clock.monotonic().saturating_sub(state.mono) > state.allowed).then_some(state.at)
    }

    /// The stretches that ended, once each.
    pub(crate) fn take(&self) -> Vec<Absence> {
        std::mem::take(&mut locked(&self.state).absences)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that is set by hand, in milliseconds.
    struct Hand(Mutex<u64>);

    impl Clock for Hand {
        fn now(&self) -> Instant {
            Instant::from_millisecond(i64::try_from(*self.0.lock().unwrap()).unwrap()).unwrap()
        }
        fn monotonic(&self) -> Duration {
            Duration::from_millis(*self.0.lock().unwrap())
        }
    }

    #[test]
    fn a_stretch_without_a_sign_is_told_with_its_bounds_and_once() {
        let hand = Arc::new(Hand(Mutex::new(1_000_000)));
        let watch = Watch::start(Duration::from_secs(300), None, hand.clone());
        assert_eq!(watch.by, ["terminal"]);
        *hand.0.lock().unwrap() += 299_000;
        watch.sign();
        assert!(watch.absent_since().is_none() && watch.take().is_empty());
        *hand.0.lock().unwrap() += 301_000;
        assert_eq!(watch.absent_since().unwrap().as_millisecond(), 1_299_000);
        watch.sign();
        let [absence] = watch.take()[..] else { panic!("one stretch") };
        assert_eq!((absence.begin.as_millisecond(), absence.end.as_millisecond()), (1_299_000, 1_600_000));
        assert_eq!(absence.lasted, Duration::from_secs(301));
        assert!(watch.absent_since().is_none() && watch.take().is_empty());
        // A pause that was asked for is no absence; what comes after it may be.
        watch.rest(true);
        *hand.0.lock().unwrap() += 900_000;
        watch.rest(false);
        assert!(watch.take().is_empty());
        *hand.0.lock().unwrap() += 301_000;
        watch.sign();
        assert_eq!(watch.take().len(), 1);
    }

    #[test]
    fn a_sign_seen_late_counts_from_when_it_was_given() {
        let hand = Hand(Mutex::new(1_000_000));
        let (at, mono) = (hand.now(), hand.monotonic());
        let allowed = Duration::from_secs(10);
        let mut state = State { allowed, at, mono, absences: Vec::new(), resting: false };
        *hand.0.lock().unwrap() += 11_000;
        state.sign(&hand, Duration::from_secs(2));
        assert!(state.absences.is_empty());
        // An older one than what is known changes nothing.
        state.sign(&hand, Duration::from_secs(5));
        assert_eq!(state.at.as_millisecond(), 1_009_000);
    }
}
