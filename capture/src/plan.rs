//! What a caller gives to a capture, and what it is told while it runs.
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use dossier::{ClosedDossier, Finding, Instant, SessionState};
use probes::Sources;
use tokio::sync::Notify;

use crate::Display;
use crate::gate::{Gate, Ruling};
use crate::replay::ReplayServer;
use crate::scenario::Scenario;

/// Everything a capture needs to know before it starts.
#[derive(Clone, Debug)]
pub struct CapturePlan {
    /// The steps.
    pub scenario: Scenario,
    /// Where they come from: annexed to the dossier byte for byte.
    pub source: ScenarioSource,
    /// Which browser.
    pub browser: BrowserChoice,
    /// Where the browser shows its window, for the officer who attends; `None` for a browser without a window.
    pub display: Option<Display>,
    /// Serves the dossier's own archive for `[rejeu]`; `None` when nobody can.
    pub replay: Option<Arc<dyn ReplayServer>>,
    /// Who gives the time during the session; `None` when no authority is configured, which the journal then says.
    pub time: Option<SessionTime>,
    /// Judges the preliminaries; `None` leaves them unjudged.
    pub gate: Option<Arc<dyn Gate>>,
    /// Whom the measures may ask outside this machine.
    pub sources: Sources,
    /// A stop leaves the dossier open, to be gone on with later, instead of closing it as partial.
    pub suspend: bool,
}

/// The authorities of a session, and how often they are asked.
#[derive(Clone, Debug)]
pub struct SessionTime {
    /// Asks them.
    pub keeper: Arc<dyn TimeKeeper>,
    /// The interval between the first token and the next, and so on.
    pub every: Duration,
}

/// Asks timestamp authorities (RFC 3161). The root gives one: nothing here calls the network.
pub trait TimeKeeper: fmt::Debug + Send + Sync {
    /// The names of the authorities, in their order.
    fn authorities(&self) -> Vec<String>;

    /// An unpredictable public value to write into the journal before the first token, and who gives it; `None` when no
    /// source is configured. Blocking, and bounded in time.
    fn not_before(&self) -> Option<(String, Result<PublicValue, NoToken>)>;

    /// A token of the authority of that index over `line`, checked in full. Blocking, and bounded in time.
    fn stamp(&self, authority: usize, line: &[u8]) -> Result<SessionToken, NoToken>;
}

/// The header of a block of Bitcoin, checked: it has the work it states.
#[derive(Clone, Debug)]
pub struct PublicValue {
    /// Its 80 octets, hexadecimal.
    pub header: String,
    /// Its hash, as it is published.
    pub hash: String,
    /// The time its miner states.
    pub time: Instant,
}

/// A token that was obtained and checked.
#[derive(Clone, Debug)]
pub struct SessionToken {
    /// The `TimeStampToken`, DER.
    pub der: Vec<u8>,
    /// Its time.
    pub gen_time: Instant,
    /// This machine's clock when the question that was answered left, and when the answer was there.
    pub exchanged: (Instant, Instant),
    /// Its number, hexadecimal.
    pub serial: String,
    /// Its policy, dotted.
    pub policy: String,
    /// Its accuracy in microseconds; `None` is unknown.
    pub accuracy_us: Option<u64>,
}

/// Why there is no token.
#[derive(Clone, Debug)]
pub struct NoToken {
    /// Stable dotted code.
    pub code: String,
    /// What was said.
    pub why: String,
}

/// The plan as it was given.
#[derive(Clone, Debug)]
pub struct ScenarioSource {
    /// Name of the file, for messages; the dossier keeps it as `scenario.toml`, `scenario.json` or `scenario.txt`.
    pub file_name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What they are.
    pub kind: SourceKind,
}

/// The forms a plan may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A TOML scenario.
    Toml,
    /// A flow recorded with Chrome's developer tools.
    Recorder,
    /// A bare address, captured by two steps: go there, capture.
    Url,
}

/// Which browser to start.
#[derive(Clone, Debug, Default)]
pub struct BrowserChoice {
    /// The binary; `None` looks for Debian's Chromium.
    pub path: Option<PathBuf>,
}

/// What a capture gives.
#[derive(Debug)]
pub struct Captured {
    /// The dossier, closed.
    pub dossier: ClosedDossier,
    /// How the session ended: complete or partial.
    pub state: SessionState,
    /// What was found on the way; the journal holds the same.
    pub findings: Vec<Finding>,
}

/// Something worth showing while a capture runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The preliminaries (measures, cleaning) begin.
    Preliminaries,
    /// The preliminaries were judged.
    Gate(Ruling),
    /// The browser answers; its name and version.
    BrowserReady {
        /// As it says itself.
        version: String,
    },
    /// A step begins.
    StepBegin {
        /// Its number, from 1.
        n: u32,
        /// How many there are.
        total: u32,
        /// The sentence of the journal, in French.
        what: String,
    },
    /// A step ended.
    StepEnd {
        /// Its number, from 1.
        n: u32,
        /// How many there are.
        total: u32,
        /// Whether it was done.
        ok: bool,
        /// The code of its failure.
        code: Option<String>,
    },
    /// What the archive holds by now.
    Recorded {
        /// Requests the browser announced.
        requests: u64,
        /// Exchanges stored.
        exchanges: u64,
        /// Octets of the archive on disk.
        bytes: u64,
    },
    /// A tile of a picture of a whole page was taken.
    Tile {
        /// Its number, from 1.
        n: u32,
        /// How many there will be.
        total: u32,
    },
    /// Items of a feed were gathered.
    Items {
        /// How many so far.
        n: u32,
    },
    /// A finding was recorded.
    Finding(Finding),
    /// An interrupted session goes on.
    Resumed {
        /// The first step to play.
        next: u32,
        /// How many there are.
        total: u32,
    },
    /// A page that was lost is gone back to.
    Returned {
        /// Its address.
        url: String,
    },
    /// The machine has no network: it is awaited.
    NetworkLost {
        /// For how many seconds at most.
        seconds: u64,
    },
    /// The network is back, or no longer awaited.
    NetworkBack {
        /// Whether it is back.
        back: bool,
    },
    /// The dossier is being closed.
    Closing,
    /// The authorities are asked for the time of the closing.
    Time,
    /// The pages are being rendered again from the archive (`[rejeu]`).
    Replay,
}

/// Receives events; must not block for long.
pub trait Progress: Send + Sync {
    /// One event, in the order of the capture.
    fn event(&self, event: &Event);
}

/// Shows nothing.
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _: &Event) {}
}

/// Why a capture was asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// A signal (Ctrl-C).
    Signal,
    /// The officer.
    Officer,
    /// A limit of the scenario was reached.
    Limit,
    /// The machine lost its network, which did not come back.
    Network,
}

impl StopReason {
    /// The word of `session.stop`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Officer => "officer",
            Self::Limit => "limit",
            Self::Network => "network",
        }
    }
}

/// Asks a running capture to end: what was recorded stands, the dossier is closed as partial. Clones share the request.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<StopState>);

#[derive(Debug, Default)]
struct StopState {
    reason: AtomicU8,
    notify: Notify,
}

impl Stop {
    /// Nothing asked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks, as on Ctrl-C. The first reason given stands.
    pub fn request(&self) {
        self.request_for(StopReason::Signal);
    }

    /// Asks, and says why.
    pub fn request_for(&self, reason: StopReason) {
        let code = match reason {
            StopReason::Signal => 1,
            StopReason::Officer => 2,
            StopReason::Limit => 3,
            StopReason::Network => 4,
        };
        let _ = self.0.reason.compare_exchange(0, code, Ordering::SeqCst, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Why the capture was asked to stop, if it was.
    pub fn requested(&self) -> Option<StopReason> {
        match self.0.reason.load(Ordering::SeqCst) {
            1 => Some(StopReason::Signal),
            2 => Some(StopReason::Officer),
            3 => Some(StopReason::Limit),
            4 => Some(StopReason::Network),
            _ => None,
        }
    }

    /// Returns when the stop is asked.
    pub async fn wait(&self) -> StopReason {
        loop {
            let notified = self.0.notify.notified();
            tokio::pin!(notified);
            // Registered before the test, so that a request between the two is not missed.
            notified.as_mut().enable();
            if let Some(reason) = self.requested() {
                return reason;
            }
            notified.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_wakes_every_clone_and_the_first_reason_stands() {
        let stop = Stop::new();
        let clone = stop.clone();
        let waiting = tokio::spawn(async move { clone.wait().await });
        stop.request_for(StopReason::Officer);
        stop.request();
        assert_eq!(waiting.await.unwrap(), StopReason::Officer);
        assert_eq!(stop.wait().await, StopReason::Officer);
    }
}
