//! WebSockets (RFC 6455): the opening as the request and the answer 101 it is, then every message, as JSON lines.
//!
//! The browser tells messages, not frames: fragments are joined, compression (RFC 7692) is undone, and what only keeps
//! the link alive (ping, pong) or ends it (close, with its code) is not told. The list of what is never recorded says so.
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{Instant, Missing, MissingReason};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::exchange::{headers, raw_head};
use super::inline::initiator;
use super::secrets::mask_all;
use super::transcript::Transcript;
use super::{Headers, MissingAt, Recorder, Response};
use crate::archive::{Exchange, ExchangeBody, Resource};
use crate::cdp::{text, whole};

/// The most links followed at the same time.
const OPEN: usize = 2_000;
/// Media type of a list of messages, one JSON object a line.
pub(super) const LINES: &str = "application/jsonl";

/// One WebSocket.
#[derive(Debug)]
pub(crate) struct Socket {
    url: String,
    page: String,
    /// The script that opened it.
    initiator: String,
    date: Instant,
    headers: Headers,
    failure: Option<String>,
    /// Whether the opening is stored.
    stored: bool,
    messages: Transcript,
}

impl Recorder {
    pub(super) fn socket_created(&self, session: Option<&str>, params: &Value) {
        let (Some(id), Some(url)) = (text(params, "/requestId"), text(params, "/url")) else { return };
        let mut state = self.state();
        let page = state.places.page_of(session);
        state.last_activity = Tick::now();
        state.requests_seen += 1;
        state.ledger.asked("GET", url);
        if state.sockets.len() >= OPEN {
            let detail = format!("plus de {OPEN} liaisons WebSocket ouvertes à la fois");
            let missing = missing(url, MissingReason::NotRecorded, Some(detail), 0);
            state.missing.push(MissingAt { page, missing });
            return;
        }
        let socket = Socket {
            url: url.to_owned(),
            page,
            initiator: initiator(params),
            date: self.clock.now(),
            headers: Vec::new(),
            failure: None,
            stored: false,
            messages: Transcript::under(&self.spool),
        };
        state.sockets.insert(id.to_owned(), socket);
    }

    pub(super) fn socket_asks(&self, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        let date = self.clock.now();
        if let Some(socket) = self.state().sockets.get_mut(id) {
            socket.headers = headers(params.pointer("/request/headers"));
            socket.date = date;
        }
    }

    pub(super) fn socket_answered(self: &Arc<Self>, params: &Value) {
        let (Some(id), Some(told)) = (text(params, "/requestId"), params.get("response")) else { return };
        let mut response = Response::read(told);
        if let Some((reason, headers)) = text(told, "/headersText").map(raw_head).filter(|(_, h)| !h.is_empty()) {
            (response.reason, response.headers) = (reason, headers);
        }
        let mut state = self.state();
        state.last_activity = Tick::now();
        let Some(socket) = state.sockets.get_mut(id) else { return };
        // The head as written, in its order, when the browser gives it.
        let asked = text(told, "/requestHeadersText").map(|t| raw_head(t).1).filter(|h| !h.is_empty());
        if let Some(asked) = asked {
            socket.headers = asked;
        }
        socket.stored = true;
        let exchange = socket.opening(id, Some(response));
        self.store(&mut state, exchange);
    }

    pub(super) fn socket_message(&self, params: &Value, sent: bool) {
        let Some(id) = text(params, "/requestId") else { return };
        let at = self.clock.now();
        let opcode = whole(params, "/response/opcode").unwrap_or(0);
        let payload = text(params, "/response/payloadData").unwrap_or("");
        let (mut bytes, encoding) = match opcode {
            1 => (payload.as_bytes().to_vec(), "text"),
            _ => match BASE64_STANDARD.decode(payload) {
                Ok(bytes) => (bytes, "base64"),
                // Kept as it came: a message that is not what the protocol says is still what the browser said.
                Err(_) => (payload.as_bytes().to_vec(), "unknown"),
            },
        };
        let redacted = sent && mask_all(&mut bytes, &self.secrets());
        let payload = match encoding {
            "base64" => BASE64_STANDARD.encode(&bytes),
            _ => String::from_utf8_lossy(&bytes).into_owned(),
        };
        let mut message = json!({
            "at": at, "browser_us": microseconds(params), "direction": if sent { "sent" } else { "received" },
            "opcode": opcode, "masked": params.pointer("/response/mask"), "encoding": encoding,
            "bytes": bytes.len(), "payload": payload,
        });
        let mut state = self.state();
        state.last_activity = Tick::now();
        if redacted {
            state.redacted += 1;
            message["redacted"] = json!(true);
        }
        if let Some(socket) = state.sockets.get_mut(id) {
            socket.messages.add(&message);
        }
    }

    pub(super) fn socket_failed(&self, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        if let Some(socket) = self.state().sockets.get_mut(id) {
            socket.failure = text(params, "/errorMessage").map(str::to_owned);
        }
    }

    pub(super) fn socket_closed(self: &Arc<Self>, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        self.end_socket(id, true);
    }

    /// Stores what is left of every link; those still open are told.
    pub(super) fn end_sockets(self: &Arc<Self>) {
        let ids: Vec<String> = self.state().sockets.keys().cloned().collect();
        for id in ids {
            self.end_socket(&id, false);
        }
    }

    fn end_socket(self: &Arc<Self>, id: &str, closed: bool) {
        let mut state = self.state();
        let Some(mut socket) = state.sockets.remove(id) else { return };
        if !socket.stored {
            let why = socket.failure.take().unwrap_or_else(|| "sans réponse du serveur".to_owned());
            let missing = missing(&socket.url, MissingReason::Failed, Some(why.clone()), 0);
            state.missing.push(MissingAt { page: socket.page.clone(), missing });
            let mut exchange = socket.opening(id, None);
            exchange.failure = Some(why);
            self.store(&mut state, exchange);
        }
        let page = socket.page.clone();
        let kept = socket.messages.end();
        let end = match (&socket.failure, closed) {
            (Some(why), _) => format!("error: {why}"),
            (None, true) => "closed".to_owned(),
            (None, false) => "open at the end of the session".to_owned(),
        };
        let facts = vec![
            ("resourceType", "WebSocket".to_owned()),
            ("initiator", socket.initiator.clone()),
            ("messages", kept.lines.to_string()),
            ("messagesRefused", kept.refused.to_string()),
            ("end", end),
            (
                "form",
                "messages as the browser tells them: fragments joined, compression undone, no control frame".into(),
            ),
        ];
        let (stored, truncated) = (kept.bytes(), kept.truncated());
        if let Some(lack) = kept.lack() {
            let missing = missing(&socket.url, MissingReason::Truncated, Some(lack), stored);
            state.missing.push(MissingAt { page: page.clone(), missing });
        } else if !closed {
            let detail = Some("liaison encore ouverte à la clôture".to_owned());
            let missing = missing(&socket.url, MissingReason::Pending, detail, stored);
            state.missing.push(MissingAt { page: page.clone(), missing });
        }
        let Some((path, digests)) = kept.file else { return };
        self.keep(Resource {
            url: format!("urn:websocket:{}", socket.url),
            media_type: LINES.into(),
            date: socket.date,
            body: ExchangeBody::File(path, digests),
            truncated,
            of: Some(id.to_owned()),
            facts,
            page,
        });
    }
}

impl Socket {
    fn opening(&self, id: &str, response: Option<Response>) -> Exchange {
        Exchange {
            // The opening is an HTTP request (RFC 6455, 4.1): under an address that readers of archives know.
            url: self.url.replacen("ws", "http", 1),
            method: "GET".into(),
            date: self.date,
            request_headers: self.headers.clone(),
            request_body: Vec::new(),
            response,
            body: ExchangeBody::None,
            reencoded: false,
            redacted: false,
            truncated: None,
            failure: None,
            encoded_length: None,
            wire_body: None,
            hints: Vec::new(),
            on_wire: true,
            key: Some(id.to_owned()),
            facts: vec![("webSocketAddress", self.url.clone()), ("initiator", self.initiator.clone())],
            kind: "WebSocket".into(),
            page: self.page.clone(),
        }
    }
}

/// The browser's own clock for an event, in microseconds: its order and distances are exact, its origin is arbitrary.
pub(super) fn microseconds(params: &Value) -> Option<i64> {
    let seconds = params.get("timestamp")?.as_f64()?;
    Some((seconds * 1_000_000.0).round() as i64)
}

pub(super) fn missing(url: &str, reason: MissingReason, detail: Option<String>, bytes_stored: u64) -> Missing {
    Missing { url: url.to_owned(), reason, detail, bytes_received: None, bytes_stored }
}
