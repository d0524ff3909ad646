//! Bodies: taken at the `Fetch` response stage, or followed into a file, or asked for afterwards.
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use uuid::Uuid;

use super::exchange::Spool;
use super::{Body, Finish, Recorder};
use crate::cdp::{text, whole};

/// The longest wait for a body; a page must not be held for ever.
const BODY: Duration = Duration::from_secs(90);

impl Recorder {
    /// An answer is paused: its body is taken, then it goes on to the page unchanged.
    pub(super) fn paused(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let Some(fetch) = text(params, "/requestId").map(str::to_owned) else { return };
        let session = session.map(str::to_owned);
        let id = text(params, "/networkId").map(str::to_owned);
        let take = id.clone().filter(|_| self.take_now(params));
        // The renderer does not know a navigation before it commits: the question would wait for the release.
        let document = text(params, "/resourceType") == Some("Document");
        let followed = id.filter(|id| !document && take.is_none() && self.is_followed(id));
        let recorder = Arc::clone(self);
        self.work(async move {
            let mut take = take;
            if let Some(id) = &followed {
                // Asked while the answer waits: once it is released, a short body may be over before the question.
                recorder.stream(id, session.as_deref(), false).await;
                if recorder.taken_instead(id) {
                    take = Some(id.clone());
                }
            }
            if let Some(id) = &take {
                recorder.take_body(session.as_deref(), &fetch, id).await;
            }
            // Refused when the page has gone: then there is nothing to continue.
            let go_on = json!({"requestId": fetch});
            let _ = recorder.cdp.call(session.as_deref(), "Fetch.continueRequest", go_on).await;
            if let Some(id) = take {
                recorder.commit(&id, false);
            }
        });
    }

    /// Decides how the body of a paused answer will be had; true when it is taken now.
    fn take_now(&self, params: &Value) -> bool {
        let Some(id) = text(params, "/networkId") else { return false };
        let Some(status) = whole(params, "/responseStatusCode") else { return false };
        let header = |name: &str| {
            let all = params.get("responseHeaders").and_then(Value::as_array)?;
            let one = all.iter().find(|h| text(h, "/name").is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
            text(one, "/value").map(str::to_owned)
        };
        let redirect = matches!(status, 301 | 302 | 303 | 307 | 308) && header("location").is_some();
        let told = header("content-length").and_then(|l| l.parse::<u64>().ok());
        let length = told.unwrap_or(0);
        let document = text(params, "/resourceType") == Some("Document");
        // The browser would hold all of a body whose end nobody knows; that of a download comes as a file.
        let file = header("content-disposition").is_some_and(|d| d.to_ascii_lowercase().starts_with("attachment"));
        let boundless = told.is_none() && (!document || file);
        let endless = text(params, "/resourceType") == Some("EventSource")
            || header("content-type")
                .is_some_and(|t| t.starts_with("text/event-stream") || t.starts_with("multipart/x-mixed"));
        let mut state = self.state();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return false };
        if redirect || hop.method == "HEAD" || matches!(status, 204 | 205 | 304) {
            hop.body = Body::Empty;
            return false;
        }
        if endless || length > self.body_limit || boundless {
            let path = self.spool.join(Uuid::new_v4().simple().to_string());
            let or_taken = boundless && !endless && !file;
            hop.body = Body::Streamed(Spool { path, or_taken, ..Spool::default() });
            return false;
        }
        hop.body = Body::Asked;
        true
    }

    /// A body the browser would not hand over as it comes, though nothing forbids to take it whole; true once.
    fn taken_instead(&self, id: &str) -> bool {
        let mut state = self.state();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return false };
        let taken = matches!(&hop.body, Body::Streamed(spool) if spool.or_taken && !spool.started);
        if taken {
            hop.body = Body::Asked;
        }
        taken
    }

    async fn take_body(&self, session: Option<&str>, fetch: &str, id: &str) {
        let _permit = self.bodies.acquire().await;
        let asked = json!({"requestId": fetch});
        let answer = self.cdp.call_within(session, "Fetch.getResponseBody", asked, BODY).await;
        let body = match answer.map(|value| decode(&value)) {
            Ok(Some((bytes, _))) => Body::Bytes(Arc::new(bytes)),
            Ok(None) => Body::Missing("réponse illisible du navigateur".into()),
            // Unknown again: asked another way when the exchange is finished.
            Err(_) => Body::Unknown,
        };
        {
            let mut state = self.state();
            if let Some(document) = state.documents.get_mut(id)
                && let Body::Bytes(bytes) = &body
            {
                document.body = Some(Arc::clone(bytes));
            }
            if let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut())
                && matches!(hop.body, Body::Asked)
            {
                let late = matches!(body, Body::Unknown) && hop.finish != Finish::Open;
                hop.body = if late { Body::Missing("corps non rendu par le navigateur".into()) } else { body };
            }
        }
    }

    /// Asks for a body after the end of its exchange: text then comes converted to UTF-8.
    pub(super) fn ask_late_body(self: &Arc<Self>, id: &str, session: Option<&str>) {
        let (recorder, id, session) = (Arc::clone(self), id.to_owned(), session.map(str::to_owned));
        self.work(async move {
            let asked = json!({"requestId": id});
            let answer = recorder.cdp.call_within(session.as_deref(), "Network.getResponseBody", asked, BODY).await;
            let body = match answer {
                Ok(value) => match decode(&value) {
                    Some((bytes, true)) => Body::Bytes(Arc::new(bytes)),
                    Some((bytes, false)) => Body::Text(Arc::new(bytes)),
                    None => Body::Missing("réponse illisible du navigateur".into()),
                },
                Err(error) => Body::Missing(error.to_string()),
            };
            if let Some(hop) = recorder.state().chains.get_mut(&id).and_then(|c| c.hops.back_mut())
                && matches!(hop.body, Body::Asked)
            {
                hop.body = body;
            }
            recorder.commit(&id, false);
        });
    }

    /// Whether the body of this answer is followed chunk by chunk, and not yet.
    fn is_followed(&self, id: &str) -> bool {
        let state = self.state();
        let body = state.chains.get(id).and_then(|c| c.hops.back()).map(|hop| &hop.body);
        matches!(body, Some(Body::Streamed(spool)) if !spool.started)
    }

    /// Follows a body chunk by chunk from now on, when it is not followed already.
    pub(super) fn start_stream(self: &Arc<Self>, id: &str, session: Option<&str>) {
        if !self.is_followed(id) {
            return;
        }
        let (recorder, id, session) = (Arc::clone(self), id.to_owned(), session.map(str::to_owned));
        self.work(async move { recorder.stream(&id, session.as_deref(), true).await });
    }

    /// Asks the browser to hand the body over as it comes; what it had buffered comes first. A refusal breaks the body
    /// only when it is the last chance to ask.
    async fn stream(&self, id: &str, session: Option<&str>, last: bool) {
        let asked = json!({"requestId": id});
        let answer = self.cdp.call(session, "Network.streamResourceContent", asked).await;
        let mut state = self.state();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return };
        let Body::Streamed(spool) = &mut hop.body else { return };
        if spool.started {
            return;
        }
        let buffered = answer.map_err(|e| e.to_string()).and_then(|value| {
            let data = text(&value, "/bufferedData").unwrap_or("");
            BASE64_STANDARD.decode(data).map_err(|e| e.to_string())
        });
        match buffered {
            Ok(bytes) => spool.start(&bytes),
            Err(why) if last => spool.broken = Some(why),
            Err(_) => {}
        }
    }
}

impl Spool {
    fn start(&mut self, buffered: &[u8]) {
        self.started = true;
        self.write(buffered);
        for chunk in std::mem::take(&mut self.waiting) {
            self.write(&chunk);
        }
    }

    pub(super) fn accept(&mut self, chunk: Vec<u8>) {
        if self.started { self.write(&chunk) } else { self.waiting.push(chunk) }
    }

    fn write(&mut self, bytes: &[u8]) {
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        if let Err(error) = file.and_then(|mut f| f.write_all(bytes)) {
            self.broken = Some(error.to_string());
        }
    }
}

/// The bytes of a body, and whether they came as base64 (then they are exactly those of the answer, decoded).
fn decode(answer: &Value) -> Option<(Vec<u8>, bool)> {
    let body = text(answer, "/body")?;
    if answer.get("base64Encoded").and_then(Value::as_bool).unwrap_or(false) {
        return BASE64_STANDARD.decode(body).ok().map(|bytes| (bytes, true));
    }
    Some((body.as_bytes().to_vec(), false))
}
