//! Records every exchange of the browser, from its own debugging interface.
//!
//! One task reads the browser's events in their order; nothing is thrown away without a line in the list of what is
//! missing. Bodies are taken while the answer is paused at the `Fetch` response stage, because the browser forgets them
//! soon after; very large ones and endless streams are followed chunk by chunk instead, without pausing the page.
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use dossier::{Clock, Missing, Sha256Digest};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::Instant as Tick;

use crate::account::Ledger;
use crate::archive::ArchiveHandle;
use crate::browser::Workspace;
use crate::cdp::{Cdp, CdpEvent, Events, lock};
use crate::telephone::Imitation;

mod ages;
mod answers;
mod body;
mod commit;
mod downloads;
mod exchange;
mod hands;
mod inline;
mod issues;
mod judge;
mod network;
mod pages;
mod places;
mod secrets;
mod sockets;
mod streams;
mod targets;
mod transcript;
mod watch;

pub(crate) use ages::Ages;
pub(crate) use answers::Answered;
pub(crate) use downloads::Download;
pub(crate) use exchange::{Body, Chain, Finish, Headers, Hop, Post, Response};
pub(crate) use hands::Hands;
pub(crate) use network::on_network;
pub(crate) use pages::{Document, Held};
pub(crate) use places::PDF_VIEWER;
pub(crate) use secrets::{forms, mask_all, page_forms, page_texts};
pub(crate) use targets::auto_attach;
pub(crate) use watch::{Budget, Limit};

/// How many bodies are asked of the browser at once.
const BODIES: usize = 6;

/// Something that happened on the page and belongs in the journal.
#[derive(Clone, Debug)]
pub(crate) enum Notice {
    /// A JavaScript dialogue was shown and dismissed.
    Dialog { kind: String, message: String, url: String },
    /// The page's process crashed.
    Crash { session: Option<String> },
    /// A window, a worker or a frame in another process appeared.
    Target { kind: String, url: String },
    /// A part of the browser that could not be observed.
    Unobserved { kind: String, url: String, why: String },
    /// The page asked for more than it may.
    Limit { limit: Limit, allowed: u64, found: u64, url: String },
}

/// What a page lacks.
#[derive(Clone, Debug)]
pub(crate) struct MissingAt {
    pub(crate) page: String,
    pub(crate) missing: Missing,
}

/// Everything seen so far.
pub(crate) struct State {
    pub(crate) chains: BTreeMap<String, Chain>,
    /// Requests under way: identifier to address and kind.
    pub(crate) inflight: BTreeMap<String, (String, String)>,
    pub(crate) last_activity: Tick,
    /// Session to target: kind and identifier.
    pub(crate) sessions: BTreeMap<String, (String, String)>,
    pub(crate) documents: BTreeMap<String, Document>,
    /// Sessions whose page fired its load event since the last navigation asked.
    pub(crate) loaded: BTreeSet<String>,
    pub(crate) notices: Vec<Notice>,
    pub(crate) missing: Vec<MissingAt>,
    pub(crate) downloads: BTreeMap<String, Download>,
    /// Host and port to what TLS told of it.
    pub(crate) hosts: BTreeMap<String, pages::HostFacts>,
    /// Last visible security state, with the certificate chain.
    pub(crate) security: Option<Value>,
    pub(crate) requests_seen: u64,
    pub(crate) exchanges_stored: u64,
    /// Exchanges in which a confidential value was masked.
    pub(crate) redacted: u64,
    /// Addresses whose answer gives a confidential value back.
    pub(crate) echoed: BTreeSet<String>,
    /// Addresses whose answer is stored.
    pub(crate) stored: BTreeSet<Sha256Digest>,
    /// Tasks that still ask something of the browser.
    pub(crate) working: u64,
    /// Downloads whose file is being read.
    pub(crate) saving: u64,
    /// Scripts of the workers that ran.
    pub(crate) workers: BTreeSet<String>,
    /// WebSockets under way.
    pub(crate) sockets: BTreeMap<String, sockets::Socket>,
    /// Messages of the event streams under way.
    pub(crate) messages: BTreeMap<String, transcript::Transcript>,
    /// Contents that are not of the network.
    pub(crate) inlines: inline::Inlines,
    /// What became of the pictures.
    answers: answers::Answers,
    /// What a rule stopped, told by no event of the network.
    issues: issues::Issues,
    /// Where each session stands.
    places: places::Places,
    /// What the page shown has asked for.
    pub(crate) watch: watch::Watch,
    /// The recorder's own account of the requests, to be compared with the network's.
    pub(crate) ledger: Ledger,
    /// Counts the items that the network brings, when the scenario gathers some.
    pub(crate) tally: Option<crate::feed::Tally>,
    /// The hours of the servers, and what came from caches.
    pub(crate) ages: ages::Ages,
    /// The answers of a web archive, while one is consulted.
    pub(crate) mementos: Option<crate::archived::Mementos>,
}

/// The recorder; shared by the event loop and the steps.
pub(crate) struct Recorder {
    pub(crate) cdp: Cdp,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) archive: ArchiveHandle,
    /// Bodies larger than this are followed into a file.
    pub(crate) body_limit: u64,
    pub(crate) spool: PathBuf,
    /// Where the browser puts downloads.
    downloads: PathBuf,
    /// Forms of the confidential values of the scenario, and of those typed by hand.
    secrets: Mutex<Vec<Vec<u8>>>,
    /// The values typed by hand, when they are watched.
    hands: OnceLock<Hands>,
    /// The telephone that every part of the browser stands for, when one is declared.
    telephone: OnceLock<Arc<Imitation>>,
    state: Mutex<State>,
    bodies: Arc<Semaphore>,
}

impl Recorder {
    pub(crate) fn new(
        cdp: Cdp,
        clock: Arc<dyn Clock>,
        archive: ArchiveHandle,
        body_limit: u64,
        workspace: &Workspace,
        secrets: Vec<Vec<u8>>,
    ) -> Arc<Self> {
        let state = State {
            chains: BTreeMap::new(),
            inflight: BTreeMap::new(),
            last_activity: Tick::now(),
            sessions: BTreeMap::new(),
            documents: BTreeMap::new(),
            loaded: BTreeSet::new(),
            notices: Vec::new(),
            missing: Vec::new(),
            downloads: BTreeMap::new(),
            hosts: BTreeMap::new(),
            security: None,
            requests_seen: 0,
            exchanges_stored: 0,
            redacted: 0,
            echoed: BTreeSet::new(),
            ages: ages::Ages::default(),
            stored: BTreeSet::new(),
            working: 0,
            saving: 0,
            workers: BTreeSet::new(),
            sockets: BTreeMap::new(),
            messages: BTreeMap::new(),
            inlines: inline::Inlines::default(),
            answers: answers::Answers::default(),
            issues: issues::Issues::default(),
            places: places::Places::default(),
            watch: watch::Watch::default(),
            ledger: Ledger::default(),
            tally: None,
            mementos: None,
        };
        let bodies = Arc::new(Semaphore::new(BODIES));
        let (spool, downloads) = (workspace.spool(), workspace.downloads());
        let (secrets, hands, state) = (Mutex::new(secrets), OnceLock::new(), Mutex::new(state));
        let telephone = OnceLock::new();
        Arc::new(Self { cdp, clock, archive, body_limit, spool, downloads, secrets, hands, telephone, state, bodies })
    }

    /// From now on every part of the browser stands for that telephone, before it runs.
    pub(crate) fn imitate(&self, telephone: Arc<Imitation>) {
        let _ = self.telephone.set(telephone);
    }

    /// The telephone that the browser stands for.
    pub(crate) fn telephone(&self) -> Option<&Imitation> {
        self.telephone.get().map(Arc::as_ref)
    }

    /// Forms of the confidential values, to be masked in what is kept.
    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        lock(&self.secrets).clone()
    }

    /// What was seen so far. Never held across an await.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Reads events until the browser goes away.
    pub(crate) async fn run(self: Arc<Self>, mut events: Events) {
        while let Some(event) = events.recv().await {
            self.handle(&event);
        }
    }

    fn handle(self: &Arc<Self>, event: &CdpEvent) {
        self.watch(event);
        let session = event.session.as_deref();
        let params = &event.params;
        match event.method.as_str() {
            "Target.attachedToTarget" => self.attached(session, params),
            "Target.detachedFromTarget" => self.detached(params),
            "Target.targetInfoChanged" => self.target_changed(params),
            "Page.frameNavigated" => self.frame_navigated(session, params),
            "Page.navigatedWithinDocument" => self.navigated_within(session, params),
            "Audits.issueAdded" => self.issue(session, params),
            "Network.requestWillBeSent" => self.request(session, params),
            "Network.requestWillBeSentExtraInfo" => self.request_extra(params),
            "Network.responseReceived" => self.response(session, params),
            "Network.responseReceivedExtraInfo" => self.response_extra(params),
            "Network.dataReceived" => self.data(params),
            "Network.loadingFinished" => self.finished(session, params),
            "Network.loadingFailed" => self.failed(params),
            "Network.requestServedFromCache" => self.served_from_cache(params),
            "Network.responseReceivedEarlyHints" => self.early_hints(params),
            "Network.webSocketCreated" => self.socket_created(session, params),
            "Network.webSocketWillSendHandshakeRequest" => self.socket_asks(params),
            "Network.webSocketHandshakeResponseReceived" => self.socket_answered(params),
            "Network.webSocketFrameSent" => self.socket_message(params, true),
            "Network.webSocketFrameReceived" => self.socket_message(params, false),
            "Network.webSocketFrameError" => self.socket_failed(params),
            "Network.webSocketClosed" => self.socket_closed(params),
            "Network.webTransportCreated" => self.unstored_link("webTransport", params),
            "Network.directTCPSocketCreated" => self.unstored_link("directTCPSocket", params),
            "Network.directUDPSocketCreated" => self.unstored_link("directUDPSocket", params),
            "Network.eventSourceMessageReceived" => self.stream_message(params),
            "Fetch.requestPaused" => self.paused(session, params),
            "Runtime.bindingCalled" => self.hand(params),
            "Page.loadEventFired" => self.load_event(session),
            "Page.javascriptDialogOpening" => self.dialog(session, params),
            "Inspector.targetCrashed" | "Target.targetCrashed" => self.crashed(session),
            "Security.visibleSecurityStateChanged" => self.security(params),
            "Browser.downloadWillBegin" => self.download_begins(params),
            "Browser.downloadProgress" => self.download_progress(params),
            _ => {}
        }
    }

    /// Runs something that asks the browser, counted so that a step can wait for it.
    pub(crate) fn work(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        self.state().working += 1;
        let recorder = Arc::clone(self);
        tokio::spawn(async move {
            task.await;
            recorder.state().working -= 1;
        });
    }

    /// Takes the notices out.
    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        std::mem::take(&mut self.state().notices)
    }

    /// Takes the list of what is missing out.
    pub(crate) fn take_missing(&self) -> Vec<MissingAt> {
        let mut state = self.state();
        state.end_issues();
        std::mem::take(&mut state.missing)
    }
}
