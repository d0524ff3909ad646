//! Watches what a page does to the browser: how much it asks for, how often it replaces itself, whether it still lives.
//!
//! A page may ask for more than a capture can hold. Its budgets are counted here, event by event; one that is exceeded
//! freezes the page for a moment (loading stopped, scripts stopped, pending timers lost), which alters it and is
//! therefore always told. Its scripts may run again afterwards, because pictures need them.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Notice, Recorder};
use crate::cdp::{CdpEvent, text, whole};

/// How many dialogues of one page are told one by one.
const DIALOGS: u64 = 20;
/// How many windows a page may open.
const WINDOWS: u64 = 20;
/// How long a page that exceeded a budget is kept from running.
const FROZEN: Duration = Duration::from_secs(2);
/// How many times its budget a page that was stopped may still ask for before its browser is given up.
const BEYOND: u64 = 2;
/// How long a page may take to stop.
const STOPPING: Duration = Duration::from_secs(15);

/// What one page may ask for, from one `aller` to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    pub(crate) requests: u64,
    pub(crate) octets: u64,
    /// Octets of one download.
    pub(crate) download: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { requests: u64::MAX, octets: u64::MAX, download: u64::MAX }
    }
}

/// Which budget was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    Requests,
    Octets,
    Download,
    Windows,
}

/// The counts of the page shown.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    budget: Budget,
    /// The session of the page of the capture.
    page: Option<String>,
    requests: u64,
    octets: u64,
    windows: u64,
    dialogs: u64,
    documents: u64,
    url: String,
    limit: Option<Limit>,
    stop: Stop,
    frozen: bool,
    /// Sessions whose process ended.
    crashed: BTreeSet<String>,
    /// Downloads that were cancelled.
    cancelled: BTreeSet<String>,
}

/// How far a page that exceeded a budget is from having stopped.
#[derive(Clone, Copy, Debug, Default)]
enum Stop {
    /// It was asked to; what came before its answer is no sign that it goes on.
    #[default]
    Asked,
    /// It did, or had all the time for it: its counts then.
    Due { requests: u64, octets: u64 },
}

/// What a wait looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// Documents the main frame has shown since the browser started.
    pub(crate) documents: u64,
    /// Whether a budget was exceeded, and the page frozen for its time.
    pub(crate) limited: bool,
}

impl Watch {
    /// Whether one more dialogue is told by itself.
    pub(super) fn tells_dialog(&mut self) -> bool {
        self.dialogs += 1;
        self.dialogs <= DIALOGS
    }

    /// A budget that is exceeded for the first time on this page.
    fn exceeded(&mut self) -> Option<Notice> {
        let over =
            [(Limit::Requests, self.budget.requests, self.requests), (Limit::Octets, self.budget.octets, self.octets)];
        let (limit, allowed, found) = over.into_iter().find(|(_, allowed, found)| found > allowed)?;
        if self.limit.is_some() {
            // Stopping it did not stop it: its browser is given up.
            if self.goes_on(limit, allowed, found)
                && let Some(page) = self.page.clone()
            {
                self.crashed.insert(page);
            }
            return None;
        }
        (self.limit, self.stop) = (Some(limit), Stop::Asked);
        Some(Notice::Limit { limit, allowed, found, url: self.url.clone() })
    }
}

impl Watch {
    /// Whether a page asks for more though it was stopped.
    fn goes_on(&self, limit: Limit, allowed: u64, found: u64) -> bool {
        match self.stop {
            Stop::Asked => false,
            Stop::Due { requests, octets } => {
                let then = if limit == Limit::Requests { requests } else { octets };
                found.saturating_sub(then) / BEYOND > allowed
            }
        }
    }

    /// From now on, what the page asks for counts as going on.
    fn stop_due(&mut self) {
        self.stop = Stop::Due { requests: self.requests, octets: self.octets };
    }
}

impl Recorder {
    /// The page of the capture, and what it may ask for.
    pub(crate) fn watch_page(&self, session: &str, budget: Budget) {
        let mut state = self.state();
        state.watch.page = Some(session.to_owned());
        state.watch.budget = budget;
    }

    /// Counts begin anew: another page is asked for.
    pub(crate) fn new_page(&self) {
        let mut state = self.state();
        let watch = &mut state.watch;
        (watch.requests, watch.octets, watch.windows, watch.dialogs) = (0, 0, 0, 0);
        watch.limit = None;
        if let Some(tally) = &state.tally {
            tally.take();
        }
    }

    pub(crate) fn watched(&self) -> Watched {
        let watch = &self.state().watch;
        Watched { documents: watch.documents, limited: watch.limit.is_some() && !watch.frozen }
    }

    /// The address the main frame last went to, as the browser announced it.
    pub(crate) fn last_address(&self) -> String {
        self.state().watch.url.clone()
    }

    pub(crate) fn has_crashed(&self, session: &str) -> bool {
        self.state().watch.crashed.contains(session)
    }

    /// How many dialogues were not told one by one, since the last time this was asked.
    pub(crate) fn dialogs_untold(&self) -> u64 {
        let watch = &mut self.state().watch;
        let untold = watch.dialogs.saturating_sub(DIALOGS);
        watch.dialogs = watch.dialogs.min(DIALOGS);
        untold
    }

    /// One event, before it is recorded.
    pub(super) fn watch(self: &Arc<Self>, event: &CdpEvent) {
        let params = &event.params;
        let session = event.session.as_deref();
        let exceeded = {
            let mut state = self.state();
            let watch = &mut state.watch;
            match event.method.as_str() {
                "Network.requestWillBeSent" => watch.requests += 1,
                "Network.dataReceived" => {
                    watch.octets += whole(params, "/dataLength").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
                }
                "Page.frameNavigated" if session == watch.page.as_deref() => watch.navigated(params),
                "Inspector.targetCrashed" => watch.crashed.extend(session.map(str::to_owned)),
                // A new process shows the page again.
                "Inspector.targetReloadedAfterCrash" => {
                    session.map(|session| watch.crashed.remove(session));
                }
                "Target.attachedToTarget" if opens_window(params) => watch.windows += 1,
                _ => return,
            }
            let exceeded = watch.exceeded();
            state.notices.extend(exceeded.clone());
            exceeded.is_some()
        };
        if exceeded {
            self.freeze();
        }
        self.close_excess_window(params);
    }

    /// Stops what the page loads and runs, everywhere it does, for a moment; workers stay cut off.
    fn freeze(self: &Arc<Self>) {
        let sessions: Vec<(String, String)> = {
            let mut state = self.state();
            state.watch.frozen = true;
            state.sessions.iter().map(|(session, (kind, _))| (session.clone(), kind.clone())).collect()
        };
        let (stopping, recorder) = (Arc::clone(self), Arc::clone(self));
        self.work(async move { stopping.wait_for_stop().await });
        self.work(async move {
            // Not awaited: a stuck part would hold the others.
            let tell = |session: &str, method, params| drop(recorder.cdp.send(Some(session), method, params));
            let (pages, workers): (Vec<_>, Vec<_>) =
                sessions.iter().partition(|(_, kind)| matches!(kind.as_str(), "page" | "iframe"));
            for (session, _) in &pages {
                tell(session, "Emulation.setScriptExecutionDisabled", json!({"value": true}));
                tell(session, "Page.stopLoading", json!({}));
            }
            for (session, _) in &workers {
                tell(session, "Network.emulateNetworkConditions", offline());
            }
            tokio::time::sleep(FROZEN).await;
            for (session, _) in &pages {
                tell(session, "Page.stopLoading", json!({}));
                tell(session, "Emulation.setScriptExecutionDisabled", json!({"value": false}));
            }
            recorder.state().watch.frozen = false;
        });
    }

    /// Waits until the page answers that it stopped; a busy machine hears long afterwards what it sent before.
    async fn wait_for_stop(&self) {
        let page = self.state().watch.page.clone();
        let stopped = async {
            let _ = self.cdp.call(page.as_deref(), "Page.stopLoading", json!({})).await;
            self.cdp.caught_up().await;
        };
        let _ = tokio::time::timeout(STOPPING, stopped).await;
        self.state().watch.stop_due();
    }

    /// A window too many is closed.
    fn close_excess_window(self: &Arc<Self>, params: &Value) {
        let Some(target) = text(params, "/targetInfo/targetId").filter(|_| opens_window(params)) else { return };
        {
            let mut state = self.state();
            if state.watch.windows <= WINDOWS {
                return;
            }
            if state.watch.windows == WINDOWS + 1 {
                let url = state.watch.url.clone();
                let found = state.watch.windows;
                state.notices.push(Notice::Limit { limit: Limit::Windows, allowed: WINDOWS, found, url });
            }
        }
        drop(self.cdp.send(None, "Target.closeTarget", json!({"targetId": target})));
    }

    /// Whether a download was interrupted by us.
    pub(crate) fn was_cancelled(&self, guid: &str) -> bool {
        self.state().watch.cancelled.contains(guid)
    }

    /// A download that is larger than its budget is cancelled.
    pub(super) fn watch_download(&self, guid: &str, received: u64) {
        let mut state = self.state();
        let allowed = state.watch.budget.download;
        if received <= allowed || !state.watch.cancelled.insert(guid.to_owned()) {
            return;
        }
        let url = state.downloads.get(guid).map(|d| d.url.clone()).unwrap_or_default();
        state.notices.push(Notice::Limit { limit: Limit::Download, allowed, found: received, url });
        drop(state);
        drop(self.cdp.send(None, "Browser.cancelDownload", json!({"guid": guid})));
    }
}

impl Watch {
    fn navigated(&mut self, params: &Value) {
        if text(params, "/frame/parentId").is_some() {
            return;
        }
        self.documents += 1;
        let url = text(params, "/frame/unreachableUrl").or_else(|| text(params, "/frame/url")).unwrap_or("");
        self.url = url.chars().take(2000).collect();
    }
}

/// A window that another page opened.
fn opens_window(params: &Value) -> bool {
    text(params, "/targetInfo/type") == Some("page") && text(params, "/targetInfo/openerId").is_some()
}

fn offline() -> Value {
    json!({"offline": true, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})
}
