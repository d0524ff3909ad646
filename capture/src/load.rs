//! The rule by which a page is called complete, and what was still under way when its ceiling came.
//!
//! The rule has a name, because the journal must say by which one a page was judged: `chargement/1` asks for the load
//! event, a quiet network, fonts and images ready and a document that no longer changes, and ends at a ceiling whatever
//! the page does. A document that goes on changing (a clock, a carousel) is awaited for a short time only, and told.
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use crate::cdp::{CdpError, whole};
use crate::page::Page;
use question::{Readiness, looked};

mod question;

/// What the rule asks for; the names stand in the journal.
const CRITERIA: [&str; 5] = ["load_event", "network_quiet", "fonts", "images", "dom_quiet"];
/// How often the page is asked while its network is busy: each question costs it a little time.
const BUSY: Duration = Duration::from_secs(1);
/// How long the first question waits after the beginning, and the network must rest before it.
const FIRST: Duration = Duration::from_millis(100);
/// How long an answer may still take once the ceiling has come.
const LAST: Duration = Duration::from_secs(2);
/// How many requests still under way are named.
const NAMED: usize = 50;
/// Length in characters of an address that is named.
const ADDRESS: usize = 500;

/// `chargement/1`: when a page is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LoadRule {
    /// How long the network must be quiet.
    quiet: Duration,
    /// How long a single request may keep a page from being complete once nothing else moves.
    stalled: Duration,
    /// How long the document must not change.
    dom_quiet: Duration,
    /// How long a document that goes on changing is awaited once all the rest holds.
    dom_patience: Duration,
    /// How long nothing may move before a page that is not loaded is called so.
    cut: Duration,
    /// How many documents may follow one another by themselves.
    documents: u64,
    /// The end of the wait, whatever the page does.
    ceiling: Duration,
}

impl LoadRule {
    const NAME: &str = "chargement/1";

    /// The rule, with the ceiling of the scenario.
    pub(crate) fn with_ceiling(ceiling: Duration) -> Self {
        Self {
            quiet: Duration::from_millis(500),
            stalled: Duration::from_secs(3),
            dom_quiet: Duration::from_millis(400),
            dom_patience: Duration::from_secs(2),
            cut: Duration::from_secs(6),
            documents: 20,
            ceiling,
        }
    }
}

/// How a page came to be called complete.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// `network_quiet`, `network_stalled`, `never_loaded`, `maximum`, `reload_loop`, `limit`, `unresponsive`, `failed`.
    pub(crate) reason: &'static str,
    pub(crate) waited_ms: u64,
    /// Requests still under way.
    pub(crate) pending: Vec<String>,
    ceiling_ms: u64,
    /// Since when each criterion held, in milliseconds from the beginning of the wait; `None` when it did not at the end.
    held: [Option<u64>; CRITERIA.len()],
    /// How many requests were still under way: more than are named.
    requests: usize,
    last: Readiness,
    /// Documents that followed one another during the wait.
    pub(crate) documents: u64,
}

impl Load {
    /// What did not hold at the end, in a few French words.
    pub(crate) fn unmet(&self) -> String {
        const WORDS: [&str; CRITERIA.len()] =
            ["document non chargé", "réseau occupé", "polices en attente", "images en attente", "page en mouvement"];
        let words = WORDS.into_iter().zip(self.held).filter(|(_, held)| held.is_none()).map(|(word, _)| word);
        let mut unmet: Vec<String> = words.map(str::to_owned).collect();
        if self.requests > 0 {
            unmet.push(format!("{} requêtes en cours", self.requests));
        }
        unmet.join(", ")
    }

    /// As the journal says it (`load` of `page.reached`).
    pub(crate) fn json(&self) -> Value {
        let mut criteria = serde_json::Map::new();
        for (name, held) in CRITERIA.into_iter().zip(self.held) {
            criteria.insert(name.to_owned(), json!(held));
        }
        json!({
            "rule": LoadRule::NAME, "reason": self.reason, "waited_ms": self.waited_ms, "ceiling_ms": self.ceiling_ms,
            "held_ms": criteria, "pending": self.pending, "pending_requests": self.requests,
            "pending_fonts": self.last.fonts_pending, "pending_images": self.last.images_pending,
            "dom_changes_ms_ago": self.last.dom_ms, "broken_images": self.last.broken, "documents": self.documents,
        })
    }

    /// For how long the document had been loaded when the wait ended; zero when it was not.
    pub(crate) fn since_loaded(&self) -> Duration {
        let [loaded, ..] = self.held;
        loaded.map_or(Duration::ZERO, |at| Duration::from_millis(self.waited_ms.saturating_sub(at)))
    }

    /// Whether the page is as complete as the rule asks, moving documents aside.
    pub(crate) fn complete(&self) -> bool {
        matches!(self.reason, "network_quiet" | "network_stalled")
    }

    /// Whether the page was lost while it was awaited.
    pub(crate) fn lost(&self) -> bool {
        matches!(self.reason, "unresponsive" | "failed")
    }
}

/// The wait, while it lasts.
struct Wait {
    rule: LoadRule,
    start: Tick,
    held: [Option<u64>; CRITERIA.len()],
    last: Readiness,
    asked: Option<Tick>,
    /// Since when all but the document's rest holds.
    ready: Option<Tick>,
}

impl Wait {
    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A criterion that holds keeps the time since when; one that no longer does loses it.
    fn note(&mut self, index: usize, holds: bool) {
        let now = self.elapsed_ms();
        if let Some(held) = self.held.get_mut(index) {
            *held = holds.then(|| held.unwrap_or(now));
        }
    }

    fn note_answer(&mut self, ready: Readiness) {
        self.note(0, ready.loaded);
        self.note(2, ready.fonts);
        self.note(3, ready.images);
        self.note(4, ready.dom_ms.is_some_and(|ms| u128::from(ms) >= self.rule.dom_quiet.as_millis()));
        self.last = ready;
    }

    /// What the last answer makes of the wait, when it ends it.
    fn verdict(&mut self, network: Network) -> Option<&'static str> {
        let [loaded, _, fonts, images, dom] = self.held.map(|held| held.is_some());
        if !(network.quiet || network.stalled) {
            self.ready = None;
            return None;
        }
        if !(loaded && fonts && images) {
            self.ready = None;
            // Nothing moves any more and the document does not end: its connection was cut.
            return (network.inflight == 0 && network.idle >= self.rule.cut).then_some("never_loaded");
        }
        let since = *self.ready.get_or_insert_with(Tick::now);
        let settled = dom || since.elapsed() >= self.rule.dom_patience;
        settled.then_some(if network.quiet { "network_quiet" } else { "network_stalled" })
    }
}

/// What the recorder knows of the network now.
#[derive(Clone, Copy)]
struct Network {
    inflight: usize,
    idle: Duration,
    quiet: bool,
    stalled: bool,
}

impl Page {
    /// Waits until the page is complete by `chargement/1` with this ceiling.
    pub(crate) async fn complete(&self, maximum: Duration) -> Load {
        let rule = LoadRule::with_ceiling(maximum);
        let before = self.recorder.watched().documents;
        let mut wait = Wait {
            rule,
            start: Tick::now(),
            held: [None; CRITERIA.len()],
            last: Readiness::default(),
            asked: None,
            ready: None,
        };
        let reason = loop {
            if let Some(reason) = self.step_of_wait(&mut wait, before).await {
                break reason;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        self.conclude(wait, reason, before).await
    }

    /// One look at the network, and at the page when it is worth its time.
    async fn step_of_wait(&self, wait: &mut Wait, before: u64) -> Option<&'static str> {
        let rule = wait.rule;
        if self.is_gone() {
            return Some("failed");
        }
        let watched = self.recorder.watched();
        if watched.documents.saturating_sub(before) > rule.documents {
            return Some("reload_loop");
        }
        if watched.limited {
            return Some("limit");
        }
        let elapsed = wait.start.elapsed();
        if elapsed >= rule.ceiling {
            return Some("maximum");
        }
        let network = self.network(rule);
        wait.note(1, network.quiet);
        let first = wait.asked.is_none() && network.inflight == 0 && network.idle >= FIRST;
        let due = wait.asked.is_none_or(|at| at.elapsed() >= BUSY) && elapsed >= BUSY;
        if !(network.quiet || network.stalled || first || due) || elapsed < FIRST {
            return None;
        }
        wait.asked = Some(Tick::now());
        match self.look(rule.ceiling.saturating_sub(elapsed).max(LAST)).await {
            Ok(ready) => wait.note_answer(ready),
            Err(CdpError::Closed { .. }) => return Some("failed"),
            // A slow machine is not a stuck page: it is given time to prove that it works.
            Err(CdpError::Timeout { .. }) if self.is_stuck().await => return Some("unresponsive"),
            Err(CdpError::Timeout { .. }) => {}
            // The document changed under the question.
            Err(CdpError::Refused { .. }) => {}
        }
        wait.verdict(self.network(rule))
    }

    fn network(&self, rule: LoadRule) -> Network {
        let state = self.recorder.state();
        let inflight = state.inflight.values().filter(|(_, kind)| !endless(kind)).count();
        let idle = state.last_activity.elapsed();
        let (quiet, stalled) = (inflight == 0 && idle >= rule.quiet, inflight == 1 && idle >= rule.stalled);
        Network { inflight, idle, quiet, stalled }
    }

    async fn look(&self, deadline: Duration) -> Result<Readiness, CdpError> {
        self.ask_within(question::READY, deadline).await.map(|answer| looked(&answer))
    }

    async fn conclude(&self, mut wait: Wait, mut reason: &'static str, before: u64) -> Load {
        let waited_ms = wait.elapsed_ms();
        // What is still under way is asked for once more, unless nobody would answer.
        if !matches!(reason, "network_quiet" | "network_stalled" | "unresponsive" | "failed") {
            match self.look(LAST).await {
                Ok(ready) => wait.note_answer(ready),
                Err(CdpError::Timeout { .. }) if self.is_stuck().await => reason = "unresponsive",
                Err(_) => {}
            }
        }
        let documents = self.recorder.watched().documents.saturating_sub(before);
        let state = self.recorder.state();
        let pending = state.inflight.values().map(|(url, _)| url.chars().take(ADDRESS).collect()).take(NAMED).collect();
        Load {
            reason,
            waited_ms,
            pending,
            ceiling_ms: u64::try_from(wait.rule.ceiling.as_millis()).unwrap_or(u64::MAX),
            held: wait.held,
            requests: state.inflight.len(),
            last: wait.last,
            documents,
        }
    }
}

/// Kinds of request that are not meant to end.
fn endless(kind: &str) -> bool {
    matches!(kind, "EventSource" | "Media" | "WebSocket" | "Ping")
}

/// Milliseconds of an answer; what is not a number is unknown.
fn milliseconds(value: &Value, pointer: &str) -> Option<u64> {
    whole(value, pointer).and_then(|ms| u64::try_from(ms).ok())
}
