//! Bodies: taken at the `Fetch` response stage, or followed into a file, or asked for afterwards.
use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::Digests;
use serde_json::{Value, json};
use uuid::Uuid;

use super::exchange::Spool;
use super::{Body, Finish, Held, Recorder};
use crate::cdp::{text, whole};

/// The longest wait for a body; a page must not be held for ever.
pub(super) const BODY: Duration = Duration::from_secs(90);
/// The longest body that is taken whole without need: the browser's answer takes three times as much of our memory.
const HELD: u64 = 4 * 1024 * 1024;
/// The longest wait for the announcement of a request whose answer is paused already.
const ANNOUNCED: Duration = Duration::from_secs(2);
/// A longer body waits for the archive in a file.
const WAITING: usize = 256 * 1024;

/// What is done about the body of a paused answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Nothing: there is none, or it is had later.
    Later,
    /// Taken whole while the answer waits.
    Take,
    /// Followed chunk by chunk; taken whole when the browser refuses.
    FollowOrTake,
    /// Followed chunk by chunk: too large, or without end.
    Follow,
}

impl Recorder {
    /// An answer is paused: its body is taken, then it goes on to the page unchanged.
    pub(super) fn paused(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let Some(fetch) = text(params, "/requestId").map(str::to_owned) else { return };
        let session = session.map(str::to_owned);
        if params.get("responseStatusCode").is_none() && params.get("responseErrorReason").is_none() {
            return self.let_go(session, fetch, params.pointer("/request/headers"));
        }
        let id = text(params, "/networkId").unwrap_or("").to_owned();
        // The pause comes from the browser, the announcement from the page's own process: a slow one may be late.
        let known = self.is_announced(&id, params).then(|| self.how(&id, params));
        let late = if known.is_none() { params.clone() } else { Value::Null };
        // The renderer does not know a navigation before it commits: the question would wait for the release.
        let document = text(params, "/resourceType") == Some("Document");
        let recorder = Arc::clone(self);
        self.work(async move {
            let mut how = match known {
                Some(how) => how,
                None => recorder.how_once_announced(&id, &late).await,
            };
            if !document && matches!(how, How::Follow | How::FollowOrTake) {
                // Asked while the answer waits: once it is released, a short body may be over before the question.
                let followed = recorder.stream(&id, session.as_deref(), false).await;
                if !followed && how == How::FollowOrTake && recorder.take_instead(&id) {
                    how = How::Take;
                }
            }
            if how == How::Take {
                recorder.take_body(session.as_deref(), &fetch, &id).await;
            }
            // Refused when the page has gone: then there is nothing to continue.
            let go_on = json!({"requestId": fetch});
            let _ = recorder.cdp.call(session.as_deref(), "Fetch.continueRequest", go_on).await;
            if how == How::Take {
                recorder.commit(&id, false);
            }
        });
    }

    /// A document that waits to be asked for: it is, with the hints of the declared telephone.
    fn let_go(self: &Arc<Self>, session: Option<String>, fetch: String, headers: Option<&Value>) {
        let headers = self.telephone().zip(headers).and_then(|(telephone, headers)| telephone.corrected(headers));
        let mut go_on = json!({"requestId": fetch});
        if let Some(headers) = headers {
            go_on["headers"] = json!(headers);
        }
        let recorder = Arc::clone(self);
        self.work(async move {
            let _ = recorder.cdp.call(session.as_deref(), "Fetch.continueRequest", go_on).await;
        });
    }

    /// Whether the request of a paused answer is known, at the address that answers.
    fn is_announced(&self, id: &str, params: &Value) -> bool {
        let state = self.state();
        let hop = state.chains.get(id).and_then(|c| c.hops.back());
        // The pause tells the address without its fragment.
        let address = |url: &str| url.split('#').next().unwrap_or("").to_owned();
        hop.is_some_and(|hop| text(params, "/request/url").is_none_or(|url| address(url) == address(&hop.url)))
    }

    /// Waits until the request of a paused answer is announced, then decides how its body will be had.
    async fn how_once_announced(&self, id: &str, params: &Value) -> How {
        let announced = async {
            while !id.is_empty() && !self.is_announced(id, params) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        // Some are never announced: what the browser asks for by itself.
        let _ = tokio::time::timeout(ANNOUNCED, announced).await;
        self.how(id, params)
    }

    /// Decides how the body of a paused answer will be had, and notes it.
    fn how(&self, id: &str, params: &Value) -> How {
        let Some(status) = whole(params, "/responseStatusCode") else { return How::Later };
        let header = |name: &str| {
            let all = params.get("responseHeaders").and_then(Value::as_array)?;
            let one = all.iter().find(|h| text(h, "/name").is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
            text(one, "/value").map(str::to_owned)
        };
        let redirect = matches!(status, 301 | 302 | 303 | 307 | 308) && header("location").is_some();
        let kind = text(params, "/resourceType").unwrap_or("");
        let length = header("content-length").and_then(|l| l.parse::<u64>().ok());
        let endless = kind == "EventSource"
            || header("content-type")
                .is_some_and(|t| t.starts_with("text/event-stream") || t.starts_with("multipart/x-mixed"));
        let attached = kind == "Document"
            && header("content-disposition")
                .is_some_and(|d| d.trim_start().to_ascii_lowercase().starts_with("attachment"));
        let mut state = self.state();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return How::Later };
        if redirect || hop.method == "HEAD" || matches!(status, 204 | 205 | 304) {
            hop.body = Body::Empty;
            return How::Later;
        }
        let document = kind == "Document";
        // Without a length there may be no end; a coded body may be a thousand times longer than it says.
        let unsure = match length {
            None => true,
            Some(length) => length > if header("content-encoding").is_some() { HELD / 4 } else { HELD },
        };
        let how = match length {
            _ if endless => How::Follow,
            Some(length) if length > self.body_limit => How::Follow,
            // Saved, not shown: the file the browser writes will be its body.
            None if attached => How::Follow,
            _ if unsure && !document => How::FollowOrTake,
            _ => How::Take,
        };
        hop.body = match how {
            How::Take | How::Later => Body::Asked,
            How::Follow | How::FollowOrTake => {
                let path = self.spool.join(Uuid::new_v4().simple().to_string());
                Body::Streamed(Spool { path, ..Spool::default() })
            }
        };
        how
    }

    /// The browser does not hand this body over by chunks: it will be taken whole. False when chunks came after all.
    fn take_instead(&self, id: &str) -> bool {
        let mut state = self.state();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return false };
        let free = matches!(&hop.body, Body::Streamed(spool) if !spool.started);
        if free {
            hop.body = Body::Asked;
        }
        free
    }

    async fn take_body(&self, session: Option<&str>, fetch: &str, id: &str) {
        let _permit = self.bodies.acquire().await;
        let asked = json!({"requestId": fetch});
        let answer = self.cdp.call_within(session, "Fetch.getResponseBody", asked, BODY).await;
        let body = match answer.map(|value| decode(&value)) {
            Ok(Some((bytes, _))) => self.put_by(bytes, false),
            Ok(None) => Body::Missing("réponse illisible du navigateur".into()),
            // Unknown again: asked another way when the exchange is finished.
            Err(_) => Body::Unknown,
        };
        {
            let mut state = self.state();
            if let Some(document) = state.documents.get_mut(id) {
                document.body = self.held(&body);
            }
            if let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut())
                && matches!(hop.body, Body::Asked)
            {
                let late = matches!(body, Body::Unknown) && hop.finish != Finish::Open;
                hop.body = if late { Body::Missing("corps non rendu par le navigateur".into()) } else { body };
            }
        }
    }

    /// A body that waits to be stored: a long one, or any when the disk is late, waits in a private file.
    fn put_by(&self, bytes: Vec<u8>, converted: bool) -> Body {
        let long = bytes.len() > WAITING || (bytes.len() > WAITING / 64 && self.archive.is_behind());
        let path = self.spool.join(Uuid::new_v4().simple().to_string());
        if long && std::fs::write(&path, &bytes).is_ok() {
            return Body::File(path, Digests::of(&bytes), converted);
        }
        match converted {
            true => Body::Text(Arc::new(bytes)),
            false => Body::Bytes(Arc::new(bytes)),
        }
    }

    /// The same body for the document it is; the archive removes its own file, so a second name is given to it.
    fn held(&self, body: &Body) -> Option<Held> {
        match body {
            Body::Bytes(bytes) => Some(Held::Bytes(Arc::clone(bytes))),
            Body::File(path, ..) => {
                let own = self.spool.join(Uuid::new_v4().simple().to_string());
                std::fs::hard_link(path, &own).ok().map(|()| Held::File(own))
            }
            _ => None,
        }
    }

    /// Asks for a body after the end of its exchange: text then comes converted to UTF-8.
    pub(super) fn ask_late_body(self: &Arc<Self>, id: &str, session: Option<&str>) {
        let (recorder, id, session) = (Arc::clone(self), id.to_owned(), session.map(str::to_owned));
        self.work(async move {
            let _permit = recorder.bodies.acquire().await;
            let asked = json!({"requestId": id});
            let answer = recorder.cdp.call_within(session.as_deref(), "Network.getResponseBody", asked, BODY).await;
            let body = match answer {
                Ok(value) => match decode(&value) {
                    Some((bytes, exact)) => recorder.put_by(bytes, !exact),
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
        self.work(async move {
            recorder.stream(&id, session.as_deref(), true).await;
        });
    }

    /// Asks the browser to hand the body over as it comes; what it had buffered comes first. A refusal breaks the body
    /// only when it is the last chance to ask. True when it is followed.
    async fn stream(&self, id: &str, session: Option<&str>, last: bool) -> bool {
        let asked = json!({"requestId": id});
        let answer = self.cdp.call(session, "Network.streamResourceContent", asked).await;
        let mut state = self.state();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return false };
        let Body::Streamed(spool) = &mut hop.body else { return false };
        if spool.started {
            return true;
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
        spool.started
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
pub(super) fn decode(answer: &Value) -> Option<(Vec<u8>, bool)> {
    let body = text(answer, "/body")?;
    if answer.get("base64Encoded").and_then(Value::as_bool).unwrap_or(false) {
        return BASE64_STANDARD.decode(body).ok().map(|bytes| (bytes, true));
    }
    Some((body.as_bytes().to_vec(), false))
}
