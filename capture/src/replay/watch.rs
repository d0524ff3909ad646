//! What the browser asks during a replay, by its own debugging interface: every page, frame and worker is observed before
//! it runs, and the engine's own worker too.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use crate::cdp::{CdpEvent, Events, lock, text, whole};
use crate::recorder::{Recorder, auto_attach};

/// Requests kept of one page; a page that asks more is told by its count.
const MOST: usize = 50_000;

/// One request, or one hop of it.
#[derive(Clone, Debug)]
pub(super) struct Hop {
    pub(super) url: String,
    pub(super) kind: String,
    pub(super) status: Option<i64>,
    /// Answered by the engine's worker.
    pub(super) from_engine: bool,
    pub(super) failed: Option<String>,
    /// Given up by the page or the browser after it was asked.
    pub(super) given_up: bool,
    /// Whether the browser said how it ended.
    pub(super) ended: bool,
    /// Answered by a redirect: what followed is another hop.
    pub(super) redirected: bool,
    /// Frame and document on whose behalf it was asked.
    pub(super) of: (String, String),
}

#[derive(Default)]
struct Seen {
    hops: Vec<Hop>,
    /// Request to its last hop.
    last: BTreeMap<String, usize>,
    /// Requests beyond the budget.
    uncounted: u64,
    /// Session to kind and target, once every command of its beginning was answered.
    sessions: BTreeMap<String, (String, String)>,
    crashed: bool,
    /// Frame to the document it shows; `None` when it was taken away.
    documents: BTreeMap<String, Option<String>>,
}

/// The watcher; shared by the event loop and the pages.
pub(super) struct Watch {
    recorder: Arc<Recorder>,
    seen: Mutex<Seen>,
}

impl Watch {
    /// `recorder` records nothing here: it carries the connection, and the quietness of the network a page is judged by.
    pub(super) fn new(recorder: Arc<Recorder>) -> Arc<Self> {
        Arc::new(Self { recorder, seen: Mutex::default() })
    }

    /// Reads events until the browser goes away.
    pub(super) async fn run(self: Arc<Self>, mut events: Events) {
        while let Some(event) = events.recv().await {
            self.handle(&event);
        }
    }

    /// Forgets what was asked so far: a new page begins.
    pub(super) fn begin(&self) {
        let mut seen = lock(&self.seen);
        seen.hops.clear();
        seen.last.clear();
        seen.uncounted = 0;
        seen.crashed = false;
        seen.documents.clear();
        drop(seen);
        self.recorder.state().inflight.clear();
    }

    /// What was asked since, and how many requests more than are kept.
    pub(super) fn asked(&self) -> (Vec<Hop>, u64) {
        let seen = lock(&self.seen);
        (seen.hops.clone(), seen.uncounted)
    }

    /// Whether the document that asked was replaced or taken away: what it still waited for is given up with it.
    pub(super) fn was_left(&self, hop: &Hop) -> bool {
        let (frame, document) = &hop.of;
        // A navigation that was given up for another is in the frame it was for.
        match lock(&self.seen).documents.get(frame) {
            Some(Some(shown)) => !document.is_empty() && shown != document,
            Some(None) => true,
            None => false,
        }
    }

    /// Whether a page crashed since.
    pub(super) fn crashed(&self) -> bool {
        lock(&self.seen).crashed
    }

    /// The session of a target, once it is observed.
    pub(super) fn session_of(&self, target: &str) -> Option<String> {
        lock(&self.seen).sessions.iter().find(|(_, (_, t))| t == target).map(|(session, _)| session.clone())
    }

    fn handle(self: &Arc<Self>, event: &CdpEvent) {
        let (session, params) = (event.session.as_deref(), &event.params);
        match event.method.as_str() {
            "Target.attachedToTarget" => self.attached(params),
            "Network.requestWillBeSent" => self.request(session, params),
            "Network.responseReceived" => self.response(params),
            "Network.loadingFinished" => self.ended(params, None),
            "Network.loadingFailed" => self.ended(params, Some(text(params, "/errorText").unwrap_or("échec"))),
            "Network.webSocketCreated" | "Network.webTransportCreated" => {
                self.push(hop(text(params, "/url").unwrap_or(""), "WebSocket", params), None);
            }
            "Page.frameNavigated" => self.shows(text(params, "/frame/id"), text(params, "/frame/loaderId")),
            "Page.frameDetached" if text(params, "/reason") == Some("remove") => {
                self.shows(text(params, "/frameId"), None);
            }
            "Page.javascriptDialogOpening" => self.dismiss(session, params),
            "Inspector.targetCrashed" | "Target.targetCrashed" => lock(&self.seen).crashed = true,
            _ => {}
        }
    }

    fn shows(&self, frame: Option<&str>, document: Option<&str>) {
        let mut seen = lock(&self.seen);
        if let Some(frame) = frame.filter(|_| seen.documents.len() < MOST) {
            seen.documents.insert(frame.to_owned(), document.map(str::to_owned));
        }
    }

    fn attached(self: &Arc<Self>, params: &Value) {
        let (Some(session), Some(kind)) = (text(params, "/sessionId"), text(params, "/targetInfo/type")) else {
            return;
        };
        let (session, kind) = (session.to_owned(), kind.to_owned());
        let target = text(params, "/targetInfo/targetId").unwrap_or("").to_owned();
        let watch = Arc::clone(self);
        tokio::spawn(async move {
            watch.observe(&session, &kind).await;
            lock(&watch.seen).sessions.insert(session, (kind, target));
        });
    }

    /// Sent in one go: the last command lets the target run when the others are in force. A kind of worker may not know
    /// all of them.
    async fn observe(&self, session: &str, kind: &str) {
        let mut commands = vec![("Network.enable", json!({}))];
        if matches!(kind, "page" | "iframe") {
            commands.push(("Page.enable", json!({})));
            commands.push(("Inspector.enable", json!({})));
        }
        let telephone = self.recorder.telephone().map(|telephone| telephone.commands(kind)).unwrap_or_default();
        commands.extend(telephone.into_iter().map(|(method, params, _)| (method, params)));
        commands.push(("Target.setAutoAttach", auto_attach()));
        commands.push(("Runtime.runIfWaitingForDebugger", json!({})));
        let cdp = &self.recorder.cdp;
        let sent: Vec<_> =
            commands.into_iter().map(|(method, params)| cdp.send(Some(session), method, params)).collect();
        for answer in sent {
            let _ = tokio::time::timeout(crate::cdp::COMMAND, answer).await;
        }
    }

    fn request(&self, session: Option<&str>, params: &Value) {
        let (Some(id), Some(url)) = (text(params, "/requestId"), text(params, "/request/url")) else { return };
        let kind = text(params, "/type").unwrap_or("Other");
        // The engine's own worker reads the package for as long as it likes.
        let engine = session.is_some_and(|session| {
            lock(&self.seen).sessions.get(session).is_some_and(|(kind, _)| kind == "service_worker")
        });
        if let Some(redirect) = params.get("redirectResponse").filter(|r| !r.is_null()) {
            self.answer(id, redirect);
            self.change(id, |hop| hop.redirected = true);
        }
        self.push(hop(url, kind, params), Some(id));
        let mut state = self.recorder.state();
        state.last_activity = Tick::now();
        if !engine && url.starts_with("http") {
            state.inflight.insert(id.to_owned(), (url.to_owned(), kind.to_owned()));
        }
    }

    fn push(&self, hop: Hop, id: Option<&str>) {
        let mut seen = lock(&self.seen);
        if seen.hops.len() >= MOST {
            seen.uncounted += 1;
            return;
        }
        let at = seen.hops.len();
        seen.hops.push(hop);
        if let Some(id) = id {
            seen.last.insert(id.to_owned(), at);
        }
    }

    fn response(&self, params: &Value) {
        let (Some(id), Some(response)) = (text(params, "/requestId"), params.get("response")) else { return };
        self.answer(id, response);
        self.recorder.state().last_activity = Tick::now();
    }

    fn answer(&self, id: &str, response: &Value) {
        self.change(id, |hop| {
            hop.status = whole(response, "/status");
            hop.from_engine = response.get("fromServiceWorker").and_then(Value::as_bool).unwrap_or(false);
        });
    }

    fn ended(&self, params: &Value, failed: Option<&str>) {
        let Some(id) = text(params, "/requestId") else { return };
        let canceled = params.get("canceled").and_then(Value::as_bool).unwrap_or(false);
        self.change(id, |hop| {
            hop.ended = true;
            hop.given_up = failed.is_some() && canceled;
            hop.failed = failed.map(str::to_owned);
        });
        let mut state = self.recorder.state();
        state.last_activity = Tick::now();
        state.inflight.remove(id);
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Hop)) {
        let mut seen = lock(&self.seen);
        let at = seen.last.get(id).copied();
        if let Some(hop) = at.and_then(|at| seen.hops.get_mut(at)) {
            change(hop);
        }
    }

    /// A dialogue stops the page until it is answered.
    fn dismiss(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let accept = text(params, "/type") == Some("beforeunload");
        let answer = self.recorder.cdp.send(session, "Page.handleJavaScriptDialog", json!({"accept": accept}));
        drop(answer);
    }
}

#[cfg(test)]
impl Hop {
    /// One that was only asked.
    pub(super) fn of(url: &str, kind: &str) -> Self {
        hop(url, kind, &Value::Null)
    }
}

fn hop(url: &str, kind: &str, params: &Value) -> Hop {
    let url: String = url.chars().take(4000).collect();
    let word = |pointer| text(params, pointer).unwrap_or("").chars().take(100).collect();
    let of = (word("/frameId"), word("/loaderId"));
    Hop {
        url,
        kind: kind.to_owned(),
        status: None,
        from_engine: false,
        failed: None,
        given_up: false,
        ended: false,
        redirected: false,
        of,
    }
}
