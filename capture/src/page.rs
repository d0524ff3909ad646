//! The page under observation: questions asked of it in an isolated world, and the rule by which it is complete.
//!
//! Nothing of ours runs in the page's own world: its scripts cannot see our questions nor forge the answers by
//! redefining what they call.
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use crate::cdp::{CdpError, text, whole};
use crate::recorder::{Document, Recorder};

/// How long the network must be quiet.
const QUIET: Duration = Duration::from_millis(500);
/// How long a single request may keep a page from being complete once nothing else moves.
const STALLED: Duration = Duration::from_secs(3);

/// How long nothing may move before a page that is not loaded is called so.
const CUT: Duration = Duration::from_secs(6);

/// The page of a capture.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) session: String,
    /// The main frame; it has the identifier of the target.
    pub(crate) frame: String,
}

/// How a page came to be called complete.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// `network_quiet`, `network_stalled`, `never_loaded`, `maximum`, `failed`.
    pub(crate) reason: &'static str,
    pub(crate) waited_ms: u64,
    /// Requests still under way.
    pub(crate) pending: Vec<String>,
}

impl Load {
    pub(crate) fn json(&self) -> Value {
        json!({"reason": self.reason, "waited_ms": self.waited_ms, "pending": self.pending})
    }
}

/// Tells whether the document is loaded and its fonts and images are ready. Images that wait to be scrolled to
/// (`loading=lazy`) are not awaited.
const READY: &str = "({loaded: document.readyState === 'complete', fonts: document.fonts.status === 'loaded', \
    images: Array.from(document.images).every(i => i.complete || i.loading === 'lazy')})";

impl Page {
    /// Sends a command to the page.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value, CdpError> {
        self.recorder.cdp.call(Some(&self.session), method, params).await
    }

    /// Evaluates an expression in a fresh isolated world of the main frame; promises are awaited.
    pub(crate) async fn ask(&self, expression: &str) -> Result<Value, CdpError> {
        let world = json!({"frameId": self.frame, "worldName": "constat", "grantUniveralAccess": false});
        let world = self.call("Page.createIsolatedWorld", world).await?;
        let context = whole(&world, "/executionContextId").unwrap_or(0);
        let params = json!({
            "expression": expression, "contextId": context, "returnByValue": true, "awaitPromise": true,
            "timeout": 15_000, "userGesture": false,
        });
        let answer = self.call("Runtime.evaluate", params).await?;
        if let Some(details) = answer.get("exceptionDetails") {
            let said =
                text(details, "/exception/description").or_else(|| text(details, "/text")).unwrap_or("exception");
            return Err(CdpError::Refused { method: "Runtime.evaluate".into(), message: said.to_owned() });
        }
        Ok(answer.pointer("/result/value").cloned().unwrap_or(Value::Null))
    }

    /// Calls a function expression with arguments, which travel as JSON.
    pub(crate) async fn ask_with(&self, function: &str, argument: &Value) -> Result<Value, CdpError> {
        self.ask(&format!("({function})({argument})")).await
    }

    /// The address shown, the title and the main document's loader.
    pub(crate) async fn where_am_i(&self) -> (String, String, String) {
        let tree = self.call("Page.getFrameTree", json!({})).await.unwrap_or(Value::Null);
        let mut url = text(&tree, "/frameTree/frame/url").unwrap_or("").to_owned();
        url.push_str(text(&tree, "/frameTree/frame/urlFragment").unwrap_or(""));
        let loader = text(&tree, "/frameTree/frame/loaderId").unwrap_or("").to_owned();
        if let Some(failed) = text(&tree, "/frameTree/frame/unreachableUrl") {
            failed.clone_into(&mut url);
        }
        let title = match self.ask("document.title").await {
            Ok(Value::String(title)) => title,
            _ => String::new(),
        };
        (url, title, loader)
    }

    /// The document a loader brought.
    pub(crate) fn document(&self, loader: &str) -> Option<Document> {
        self.recorder.state().documents.get(loader).cloned()
    }

    /// Waits until the page is complete: loaded, fonts and images ready, network quiet for half a second; or until the
    /// single last request has not moved for three seconds; or until `maximum`.
    pub(crate) async fn complete(&self, maximum: Duration) -> Load {
        let start = Tick::now();
        let mut reason = "maximum";
        while start.elapsed() < maximum {
            let (inflight, idle) = {
                let state = self.recorder.state();
                let counted = state.inflight.values().filter(|(_, kind)| !endless(kind)).count();
                (counted, state.last_activity.elapsed())
            };
            let quiet = inflight == 0 && idle >= QUIET;
            let stalled = inflight == 1 && idle >= STALLED;
            // The questions are asked only when the network says it may be over: each one costs the page time.
            if (quiet || stalled) && start.elapsed() >= Duration::from_millis(100) {
                match self.ask(READY).await {
                    Ok(ready) if all_true(&ready) => {
                        reason = if quiet { "network_quiet" } else { "network_stalled" };
                        break;
                    }
                    // Nothing moves any more and the document does not end: its connection was cut.
                    Ok(_) if inflight == 0 && idle >= CUT => {
                        reason = "never_loaded";
                        break;
                    }
                    Err(CdpError::Closed { .. }) => {
                        reason = "failed";
                        break;
                    }
                    _ => {}
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let waited_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let state = self.recorder.state();
        let pending = state.inflight.values().map(|(url, _)| url.chars().take(500).collect()).take(50).collect();
        Load { reason, waited_ms, pending }
    }
}

/// Kinds of request that are not meant to end.
fn endless(kind: &str) -> bool {
    matches!(kind, "EventSource" | "Media" | "WebSocket" | "Ping")
}

fn all_true(value: &Value) -> bool {
    matches!(value, Value::Object(map) if !map.is_empty() && map.values().all(|v| *v == Value::Bool(true)))
}
