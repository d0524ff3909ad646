//! The events of the `Network` domain, turned into hops.
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use dossier::MissingReason;

use super::exchange::{VIEWER, headers};
use super::inline::{initiator, is_inline};
use super::issues::rule;
use super::sockets::missing;
use super::{Body, Document, Finish, Hop, MissingAt, Post, Recorder, Response};
use crate::cdp::{text, whole};

/// The most answers 103 kept of one request.
const HINTS: usize = 20;

/// Whether an address is one of the network. `data:`, `blob:`, `about:` and the browser's own pages are not.
pub(crate) fn on_network(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

impl Recorder {
    pub(super) fn request(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let (Some(id), Some(url)) = (text(params, "/requestId"), text(params, "/request/url")) else { return };
        if !on_network(url) {
            self.state().places.asked_inside(id, url, text(params, "/documentURL").unwrap_or(""));
            self.inline_asked(params, url);
            return;
        }
        let kind = text(params, "/type").unwrap_or("Other").to_owned();
        let redirect = params.get("redirectResponse").filter(|r| !r.is_null());
        let extra = params.get("redirectHasExtraInfo").and_then(Value::as_bool).unwrap_or(false);
        let hop = Hop {
            url: url.to_owned(),
            method: text(params, "/request/method").unwrap_or("GET").to_owned(),
            headers: headers(params.pointer("/request/headers")),
            post: post(params),
            page: text(params, "/documentURL").unwrap_or("").to_owned(),
            kind: kind.clone(),
            date: self.clock.now(),
            response: None,
            finish: Finish::Open,
            body: Body::Unknown,
            received: 0,
            received_coded: 0,
            wire: false,
            hints: Vec::new(),
            initiator: initiator(params),
        };
        let (asked, date, method) = (hop.post == Post::Asked, hop.date, hop.method.clone());
        let mut state = self.state();
        state.last_activity = Tick::now();
        let chain = state.chains.entry(id.to_owned()).or_default();
        match (redirect, chain.hops.back_mut()) {
            (Some(response), Some(last)) => {
                let mut response = Response::read(response);
                response.has_extra = extra;
                let seen = (last.url.clone(), response.status);
                last.response = Some(response);
                last.finish = Finish::Done(None);
                last.body = Body::Empty;
                chain.redirects.push(seen);
            }
            // The same request told by two sessions.
            (None, Some(last)) if last.finish == Finish::Open => return,
            _ => {}
        }
        chain.hops.push_back(hop);
        let redirects = chain.redirects.clone();
        state.requests_seen += 1;
        state.ledger.asked(&method, url);
        state.inflight.insert(id.to_owned(), (url.to_owned(), kind.clone()));
        if kind == "Document" {
            state.documents.insert(id.to_owned(), Document::asked(url, date, redirects));
        }
        drop(state);
        if asked {
            self.ask_post(id, session);
        }
        self.commit(id, false);
    }

    fn ask_post(self: &Arc<Self>, id: &str, session: Option<&str>) {
        let (recorder, id, session) = (Arc::clone(self), id.to_owned(), session.map(str::to_owned));
        self.work(async move {
            let asked = json!({"requestId": id});
            let answer = recorder.cdp.call(session.as_deref(), "Network.getRequestPostData", asked).await;
            let post = match answer {
                Ok(answer) => match posted(&answer) {
                    Some(bytes) => Post::Bytes(bytes),
                    None => Post::Missing("réponse illisible du navigateur".into()),
                },
                Err(error) => Post::Missing(error.to_string()),
            };
            if let Some(hop) = recorder.state().chains.get_mut(&id).and_then(|c| c.hops.back_mut()) {
                hop.post = post;
            }
            recorder.commit(&id, false);
        });
    }

    pub(super) fn request_extra(self: &Arc<Self>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        self.state().chains.entry(id.to_owned()).or_default().request_extras.push_back(params.clone());
    }

    pub(super) fn response_extra(self: &Arc<Self>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        self.state().chains.entry(id.to_owned()).or_default().response_extras.push_back(params.clone());
        self.commit(id, false);
    }

    pub(super) fn response(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        let Some(told) = params.get("response") else { return };
        let mut response = Response::read(told);
        response.has_extra = params.get("hasExtraInfo").and_then(Value::as_bool).unwrap_or(false);
        if text(told, "/url").is_some_and(is_inline) {
            self.inline_answered(id, params);
            return;
        }
        let mut state = self.state();
        state.last_activity = Tick::now();
        state.note_host(told);
        if let Some(document) = state.documents.get_mut(id) {
            document.answered(&response, text(told, "/url").unwrap_or(""));
        }
        let viewer = response.is_made_up() && state.places.is_pdf_viewer(session);
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return };
        if viewer && hop.kind == "Document" {
            // Its own document, under the address of the file; the file itself was answered to the page.
            response.source = Some(VIEWER);
            hop.body = Body::Empty;
        }
        if hop.response.as_ref().is_some_and(|r| r.source == Some("memory cache")) {
            response.source = Some("memory cache");
        }
        hop.response = Some(response);
        let stream = matches!(hop.body, Body::Streamed(_));
        drop(state);
        if stream {
            self.start_stream(id, session);
        }
    }

    pub(super) fn served_from_cache(&self, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        if let Some(hop) = self.state().chains.get_mut(id).and_then(|c| c.hops.back_mut()) {
            hop.response = Some(Response { source: Some("memory cache"), ..Response::default() });
        }
    }

    pub(super) fn data(self: &Arc<Self>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        let mut state = self.state();
        state.last_activity = Tick::now();
        let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) else { return };
        let octets = |key| whole(params, key).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        hop.received += octets("/dataLength");
        hop.received_coded += octets("/encodedDataLength");
        if let (Body::Streamed(spool), Some(data)) = (&mut hop.body, text(params, "/data")) {
            match BASE64_STANDARD.decode(data) {
                Ok(bytes) => spool.accept(bytes),
                Err(error) => spool.broken = Some(error.to_string()),
            }
        }
    }

    pub(super) fn finished(self: &Arc<Self>, session: Option<&str>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        self.inline_ended(session, id);
        let length = whole(params, "/encodedDataLength").and_then(|n| u64::try_from(n).ok());
        let mut ask = false;
        {
            let mut state = self.state();
            state.last_activity = Tick::now();
            state.inflight.remove(id);
            state.places.ended(id);
            if let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) {
                hop.finish = Finish::Done(length);
                ask = matches!(hop.body, Body::Unknown);
                if ask && hop.bodiless() {
                    hop.body = Body::Empty;
                    ask = false;
                } else if ask {
                    hop.body = Body::Asked;
                }
            }
        }
        if ask {
            self.ask_late_body(id, session);
        }
        self.commit(id, false);
    }

    pub(super) fn failed(self: &Arc<Self>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        let mut why = text(params, "/errorText").unwrap_or("").to_owned();
        let mut blocked = why.starts_with("net::ERR_BLOCKED_BY");
        for pointer in ["/blockedReason", "/corsErrorStatus/corsError"] {
            if let Some(reason) = text(params, pointer) {
                let words = rule(pointer, reason).map(|words| format!(" : {words}")).unwrap_or_default();
                why = format!("{why} ({reason}{words})").trim_start().to_owned();
                blocked = true;
            }
        }
        if why == "net::ERR_BLOCKED_BY_ORB" {
            why.push_str(" (réponse que la page ne peut employer)");
        }
        self.inline_failed(id, &why);
        {
            let mut state = self.state();
            state.last_activity = Tick::now();
            state.inflight.remove(id);
            if blocked {
                state.note_blocked(id, text(params, "/type").unwrap_or(""));
            }
            if let Some(document) = state.documents.get_mut(id) {
                document.failed = Some(why.clone());
            }
            if let Some(hop) = state.chains.get_mut(id).and_then(|c| c.hops.back_mut()) {
                hop.finish = Finish::Failed { why: why.clone(), blocked };
                // A long answer that the browser gives up to save it (a download).
                let unread = matches!(&hop.body, Body::Streamed(spool) if !spool.started);
                if unread && hop.kind == "Document" && why == "net::ERR_ABORTED" {
                    hop.body = Body::Saved;
                }
                if matches!(hop.body, Body::Unknown) {
                    hop.body = Body::Missing(why);
                }
            }
        }
        self.commit(id, false);
    }

    /// An answer 103 (RFC 8297): its head, before the answer itself.
    pub(super) fn early_hints(&self, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        let head = headers(params.get("headers"));
        if let Some(hop) = self.state().chains.get_mut(id).and_then(|c| c.hops.back_mut())
            && hop.hints.len() < HINTS
        {
            hop.hints.push(head);
        }
    }

    /// What passes over these links is not told by the browser: said for each.
    pub(super) fn unstored_link(&self, kind: &str, params: &Value) {
        let url = text(params, "/url").or_else(|| text(params, "/remoteAddr")).unwrap_or("");
        let missing = missing(url, MissingReason::NotRecorded, Some(kind.to_owned()), 0);
        self.state().missing.push(MissingAt { page: String::new(), missing });
    }
}

impl Hop {
    /// Whether HTTP says that the answer has no body.
    pub(crate) fn bodiless(&self) -> bool {
        self.method == "HEAD" || self.response.as_ref().is_some_and(|r| matches!(r.status, 100..=199 | 204 | 205 | 304))
    }
}

/// The body of a request as `Network.getRequestPostData` gives it.
fn posted(answer: &Value) -> Option<Vec<u8>> {
    let data = text(answer, "/postData")?;
    match answer.get("base64Encoded").and_then(Value::as_bool).unwrap_or(false) {
        true => BASE64_STANDARD.decode(data).ok(),
        false => Some(data.as_bytes().to_vec()),
    }
}

fn post(params: &Value) -> Post {
    if !params.pointer("/request/hasPostData").and_then(Value::as_bool).unwrap_or(false) {
        return Post::None;
    }
    let Some(Value::Array(entries)) = params.pointer("/request/postDataEntries") else { return Post::Asked };
    let mut bytes = Vec::new();
    for entry in entries {
        // An entry without bytes is a file or a blob: only the browser can give it.
        match text(entry, "/bytes").and_then(|b| BASE64_STANDARD.decode(b).ok()) {
            Some(part) => bytes.extend(part),
            None => return Post::Asked,
        }
    }
    if entries.is_empty() { Post::Asked } else { Post::Bytes(bytes) }
}
