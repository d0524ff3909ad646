//! Observes every part of the browser before it runs: pages, frames in other processes, windows, workers.
use std::sync::Arc;

use serde_json::{Value, json};

use dossier::{MissingReason, Sha256Digest};
use tokio::sync::oneshot;

use super::network::on_network;
use super::sockets::missing;
use super::{MissingAt, Notice, Recorder};
use crate::cdp::{Answer, COMMAND, text};

/// What is asked of every new target: it stays stopped until its network is observed.
pub(crate) fn auto_attach() -> Value {
    // The browser's own interface (the list under its address bar) is no part of a page, and loads hundreds of
    // its own files when it is observed.
    let filter = json!([
        {"type": "browser", "exclude": true}, {"type": "tab", "exclude": true}, {"type": "browser_ui", "exclude": true}, {},
    ]);
    json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": filter})
}

/// A command sent: its name, whether it is needed, where its answer comes.
type Asked = (&'static str, bool, oneshot::Receiver<Answer>);

/// Waits for the answers of the commands that observe a target.
async fn answers(asked: Vec<Asked>) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (method, required, receiver) in asked {
        match tokio::time::timeout(COMMAND, receiver).await {
            Ok(Ok(Err(why))) if required => wrong.push(format!("{method}: {why}")),
            Err(_) if required => wrong.push(format!("{method}: pas de réponse")),
            // A target that goes away at once has nothing to observe.
            _ => {}
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join(" ; ")) }
}

impl Recorder {
    pub(super) fn attached(self: &Arc<Self>, teller: Option<&str>, params: &Value) {
        let (Some(session), Some(kind)) = (text(params, "/sessionId"), text(params, "/targetInfo/type")) else {
            return;
        };
        let (session, kind) = (session.to_owned(), kind.to_owned());
        let target = text(params, "/targetInfo/targetId").unwrap_or("").to_owned();
        let url = text(params, "/targetInfo/url").unwrap_or("").to_owned();
        let waiting = params.get("waitingForDebugger").and_then(Value::as_bool).unwrap_or(false);
        // A service worker comes twice, from the browser and from its page: it is observed once.
        let twice = {
            let mut state = self.state();
            let twice = kind == "service_worker"
                && !target.is_empty()
                && state.sessions.values().any(|(_, known)| *known == target);
            state.sessions.insert(session.clone(), (kind.clone(), target));
            let starter = teller.filter(|_| matches!(kind.as_str(), "worker" | "shared_worker"));
            state.places.attached(&session, &url, starter);
            if !twice {
                state.notices.push(Notice::Target { kind: kind.clone(), url: url.clone() });
            }
            twice
        };
        if twice {
            if waiting {
                // Its answer says nothing that the first session does not.
                drop(self.cdp.send(Some(&session), "Runtime.runIfWaitingForDebugger", json!({})));
            }
            return;
        }
        if matches!(kind.as_str(), "worker" | "shared_worker" | "service_worker") && on_network(&url) {
            self.state().workers.insert(url.clone());
        }
        // Sent before the next event is read: nothing that resumes the target can come first.
        let asked = self.observe(&session, &kind, waiting);
        let recorder = Arc::clone(self);
        self.work(async move {
            if let Err(why) = answers(asked).await {
                recorder.state().notices.push(Notice::Unobserved { kind, url, why });
            }
        });
    }

    /// Sends everything in one go: commands of a session are carried out in order, so the last one lets the target run
    /// when all the others are in force.
    fn observe(&self, session: &str, kind: &str, waiting: bool) -> Vec<Asked> {
        let page = matches!(kind, "page" | "iframe");
        let network = json!({
            "maxTotalBufferSize": 512 * 1024 * 1024, "maxResourceBufferSize": 256 * 1024 * 1024,
            "maxPostDataSize": 64 * 1024 * 1024,
        });
        // `required` commands are evidence; a kind of worker may not know the others.
        let mut commands: Vec<(&'static str, Value, bool)> = vec![("Network.enable", network, true)];
        commands.push(("Network.setCacheDisabled", json!({"cacheDisabled": true}), page));
        let mut stages = vec![json!({"urlPattern": "*", "requestStage": "Response"})];
        if kind == "page" && self.telephone().is_some() {
            stages.push(json!({"urlPattern": "*", "resourceType": "Document", "requestStage": "Request"}));
        }
        commands.push(("Fetch.enable", json!({"patterns": stages}), page));
        if page {
            commands.push(("Page.enable", json!({}), true));
            commands.push(("Inspector.enable", json!({}), false));
            commands.extend(self.hand_commands());
        }
        commands.extend(self.telephone().map(|telephone| telephone.commands(kind)).unwrap_or_default());
        // What a rule stops before it is a request; a worker's may be told by its page.
        commands.push(("Audits.enable", json!({}), page));
        if kind == "page" {
            commands.push(("Security.enable", json!({}), false));
        }
        commands.push(("Target.setAutoAttach", auto_attach(), page));
        if waiting {
            commands.push(("Runtime.runIfWaitingForDebugger", json!({}), true));
        }
        let send = |(method, params, required)| (method, required, self.cdp.send(Some(session), method, params));
        commands.into_iter().map(send).collect()
    }

    /// At the end: the script of a worker that ran and that no session told.
    pub(super) fn end_workers(&self) {
        let mut state = self.state();
        for url in std::mem::take(&mut state.workers) {
            if !state.stored.contains(&Sha256Digest::of(url.as_bytes())) {
                let detail = Some("script d'un travailleur que le navigateur a demandé sans le dire".to_owned());
                let missing = missing(&url, MissingReason::NotRecorded, detail, 0);
                state.missing.push(MissingAt { page: String::new(), missing });
            }
        }
    }

    pub(super) fn detached(self: &Arc<Self>, params: &Value) {
        if let Some(session) = text(params, "/sessionId") {
            let mut state = self.state();
            state.sessions.remove(session);
            state.places.detached(session);
        }
    }

    /// A dialogue stops the page until it is answered: it is dismissed, and told.
    pub(super) fn dialog(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let word = |pointer| text(params, pointer).unwrap_or("").to_owned();
        let notice = Notice::Dialog { kind: word("/type"), message: word("/message"), url: word("/url") };
        // Leaving a page must stay possible, or the next step would wait for ever.
        let accept = text(params, "/type") == Some("beforeunload");
        {
            let mut state = self.state();
            if state.watch.tells_dialog() {
                state.notices.push(notice);
            }
        }
        let (cdp, session) = (self.cdp.clone(), session.map(str::to_owned));
        self.work(async move {
            let _ = cdp.call(session.as_deref(), "Page.handleJavaScriptDialog", json!({"accept": accept})).await;
        });
    }

    pub(super) fn crashed(&self, session: Option<&str>) {
        self.state().notices.push(Notice::Crash { session: session.map(str::to_owned) });
    }
}
