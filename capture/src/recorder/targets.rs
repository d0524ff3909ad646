//! Observes every part of the browser before it runs: pages, frames in other processes, windows, workers.
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Notice, Recorder};
use crate::cdp::text;

/// What is asked of every new target: it stays stopped until its network is observed.
pub(crate) fn auto_attach() -> Value {
    json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true})
}

impl Recorder {
    pub(super) fn attached(self: &Arc<Self>, params: &Value) {
        let (Some(session), Some(kind)) = (text(params, "/sessionId"), text(params, "/targetInfo/type")) else {
            return;
        };
        let (session, kind) = (session.to_owned(), kind.to_owned());
        let target = text(params, "/targetInfo/targetId").unwrap_or("").to_owned();
        let url = text(params, "/targetInfo/url").unwrap_or("").to_owned();
        let waiting = params.get("waitingForDebugger").and_then(Value::as_bool).unwrap_or(false);
        {
            let mut state = self.state();
            state.sessions.insert(session.clone(), (kind.clone(), target));
            state.notices.push(Notice::Target { kind: kind.clone(), url: url.clone() });
        }
        let recorder = Arc::clone(self);
        self.work(async move {
            if let Err(why) = recorder.observe(&session, &kind, waiting).await {
                recorder.state().notices.push(Notice::Unobserved { kind, url, why });
            }
        });
    }

    /// Sends everything in one go: commands of a session are carried out in order, so the last one lets the target run
    /// when all the others are in force.
    async fn observe(&self, session: &str, kind: &str, waiting: bool) -> Result<(), String> {
        let page = matches!(kind, "page" | "iframe");
        let network = json!({
            "maxTotalBufferSize": 512 * 1024 * 1024, "maxResourceBufferSize": 256 * 1024 * 1024,
            "maxPostDataSize": 64 * 1024 * 1024,
        });
        // `required` commands are evidence; a kind of worker may not know the others.
        let mut commands: Vec<(&str, Value, bool)> = vec![("Network.enable", network, true)];
        commands.push(("Network.setCacheDisabled", json!({"cacheDisabled": true}), page));
        commands.push(("Fetch.enable", json!({"patterns": [{"urlPattern": "*", "requestStage": "Response"}]}), page));
        if page {
            commands.push(("Network.setBypassServiceWorker", json!({"bypass": true}), true));
            commands.push(("Page.enable", json!({}), true));
            commands.push(("Inspector.enable", json!({}), false));
        }
        if kind == "page" {
            commands.push(("Security.enable", json!({}), false));
        }
        commands.push(("Target.setAutoAttach", auto_attach(), page));
        if waiting {
            commands.push(("Runtime.runIfWaitingForDebugger", json!({}), true));
        }
        let mut sent = Vec::new();
        for (method, params, required) in commands {
            sent.push((method, required, self.cdp.send(Some(session), method, params)));
        }
        let mut wrong = Vec::new();
        for (method, required, receiver) in sent {
            match tokio::time::timeout(crate::cdp::COMMAND, receiver).await {
                Ok(Ok(Ok(_))) => {}
                Ok(Ok(Err(why))) if required => wrong.push(format!("{method}: {why}")),
                Err(_) if required => wrong.push(format!("{method}: pas de réponse")),
                // A target that goes away at once has nothing to observe.
                _ => {}
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join(" ; ")) }
    }

    pub(super) fn detached(self: &Arc<Self>, params: &Value) {
        if let Some(session) = text(params, "/sessionId") {
            self.state().sessions.remove(session);
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
