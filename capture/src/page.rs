//! The page under observation: questions asked of it in an isolated world, each with a deadline.
//!
//! Nothing of ours runs in the page's own world: its scripts cannot see our questions nor forge the answers by
//! redefining what they call. The rule by which a page is complete is in `load`.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cdp::{COMMAND, CdpError, text, whole};
use crate::recorder::{Document, Recorder};

/// The text a page shows: its body's, then that of each open shadow tree, which the body's leaves out, after the name of its host.
pub(crate) const SHOWN: &str = "(() => { const parts = [document.body ? document.body.innerText : '']; \
    const visit = root => { for (const e of root.querySelectorAll('*')) { if (!e.shadowRoot) continue; \
      const own = Array.from(e.shadowRoot.children).filter(c => !c.matches('style, script, template, link')).map(c => c.innerText ?? '').join('\\n').trim(); \
      if (own) parts.push('[' + e.localName + ']\\n' + own); visit(e.shadowRoot); } }; \
    visit(document); return parts.join('\\n\\n'); })()";
/// The deadline of a command to a page that let the last one pass without an answer.
const SILENT: Duration = Duration::from_secs(2);
/// Length in characters of a title.
const TITLE: usize = 1000;
/// How long a silent page is given to prove that it still works.
const PROOF: Duration = Duration::from_secs(10);

/// The page of a capture.
#[derive(Clone)]
pub(crate) struct Page {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) session: String,
    /// The main frame; it has the identifier of the target.
    pub(crate) frame: String,
    /// Whether the last command passed without an answer.
    silent: Arc<AtomicBool>,
}

impl Page {
    pub(crate) fn new(recorder: Arc<Recorder>, session: String, frame: String) -> Self {
        Self { recorder, session, frame, silent: Arc::default() }
    }

    /// A part of the page that another process draws: its silence is its own.
    pub(crate) fn part(&self, session: String) -> Self {
        Self { recorder: Arc::clone(&self.recorder), session, frame: self.frame.clone(), silent: Arc::default() }
    }

    /// One frame of the same process.
    pub(crate) fn framed(&self, frame: &str) -> Self {
        Self { frame: frame.to_owned(), ..self.clone() }
    }

    /// Sends a command to the page.
    pub(crate) async fn call(&self, method: &str, params: Value) -> Result<Value, CdpError> {
        self.call_within(method, params, COMMAND).await
    }

    /// The same with a deadline; a page that was silent gets a short one, so that a step on a stuck page ends soon.
    pub(crate) async fn call_within(&self, method: &str, params: Value, deadline: Duration) -> Result<Value, CdpError> {
        if self.is_gone() {
            return Err(CdpError::Closed { method: method.to_owned() });
        }
        let deadline = if self.silent.load(Ordering::SeqCst) { deadline.min(SILENT) } else { deadline };
        let answer = self.recorder.cdp.call_within(Some(&self.session), method, params, deadline).await;
        self.silent.store(matches!(answer, Err(CdpError::Timeout { .. })), Ordering::SeqCst);
        // The browser answers for a page whose process ended while it was asked.
        match answer {
            Err(_) if self.is_gone() => Err(CdpError::Closed { method: method.to_owned() }),
            other => other,
        }
    }

    /// Waits until nothing is asked of the network and nothing was for `quiet`, at most `maximum`.
    pub(crate) async fn rest(&self, quiet: Duration, maximum: Duration) {
        let end = tokio::time::Instant::now() + maximum;
        loop {
            {
                let state = self.recorder.state();
                let still = state.inflight.is_empty() && state.last_activity.elapsed() >= quiet;
                if still || tokio::time::Instant::now() >= end {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Whether the page's process ended, or the whole browser.
    pub(crate) fn is_gone(&self) -> bool {
        self.recorder.cdp.is_closed() || self.recorder.has_crashed(&self.session)
    }

    /// Whether the page no longer answers: asked only of one that let a command pass.
    pub(crate) async fn is_stuck(&self) -> bool {
        if !self.silent.load(Ordering::SeqCst) || self.is_gone() {
            return false;
        }
        let asked = json!({"expression": "1", "returnByValue": true});
        let (cdp, session) = (&self.recorder.cdp, Some(self.session.as_str()));
        let answer = cdp.call_within(session, "Runtime.evaluate", asked, PROOF).await;
        let stuck = matches!(answer, Err(CdpError::Timeout { .. }));
        self.silent.store(stuck, Ordering::SeqCst);
        stuck
    }

    /// Evaluates an expression in a fresh isolated world of the main frame; promises are awaited.
    pub(crate) async fn ask(&self, expression: &str) -> Result<Value, CdpError> {
        self.ask_within(expression, COMMAND).await
    }

    /// The same with a deadline for each of the two commands it takes.
    pub(crate) async fn ask_within(&self, expression: &str, deadline: Duration) -> Result<Value, CdpError> {
        self.asked(expression, deadline, false).await
    }

    /// The same, as if the reader had pressed something: what a page does only at a press of its reader, such as sound.
    pub(crate) async fn ask_by_hand(&self, expression: &str) -> Result<Value, CdpError> {
        self.asked(expression, COMMAND, true).await
    }

    async fn asked(&self, expression: &str, deadline: Duration, by_hand: bool) -> Result<Value, CdpError> {
        let world = json!({"frameId": self.frame, "worldName": "constat", "grantUniveralAccess": false});
        let world = self.call_within("Page.createIsolatedWorld", world, deadline).await?;
        let context = whole(&world, "/executionContextId").unwrap_or(0);
        let params = json!({
            "expression": expression, "contextId": context, "returnByValue": true, "awaitPromise": true,
            "timeout": 15_000, "userGesture": by_hand,
        });
        let answer = self.call_within("Runtime.evaluate", params, deadline).await?;
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
            Ok(Value::String(title)) => title.chars().take(TITLE).collect(),
            _ => String::new(),
        };
        (url, title, loader)
    }

    /// The document a loader brought.
    pub(crate) fn document(&self, loader: &str) -> Option<Document> {
        self.recorder.state().documents.get(loader).cloned()
    }
}
