//! Event streams (HTML, server-sent events): the octets are followed like any body that does not end; beside them, the
//! messages as the page was given them, each with its instant.
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::sockets::{LINES, microseconds, missing};
use super::transcript::Transcript;
use super::{MissingAt, Recorder, State};
use crate::archive::{Exchange, ExchangeBody, Resource};
use crate::cdp::text;
use dossier::MissingReason;

impl Recorder {
    pub(super) fn stream_message(&self, params: &Value) {
        let Some(id) = text(params, "/requestId") else { return };
        let at = self.clock.now();
        let data = text(params, "/data").unwrap_or("");
        let message = json!({
            "at": at, "browser_us": microseconds(params), "event": text(params, "/eventName").unwrap_or(""),
            "id": text(params, "/eventId").unwrap_or(""), "data": data,
        });
        let mut state = self.state();
        state.last_activity = Tick::now();
        // Only a stream that is under way has messages: what the page invents as identifiers cannot fill the memory.
        if state.chains.get(id).is_some_and(|chain| !chain.hops.is_empty()) {
            let messages = state.messages.entry(id.to_owned()).or_insert_with(|| Transcript::under(&self.spool));
            messages.add(&message);
        }
    }

    /// Ends the transcript of a stream whose exchange is about to be stored.
    pub(super) fn end_stream(&self, state: &mut State, id: &str, exchange: &mut Exchange) -> Option<Resource> {
        let kept = state.messages.remove(id)?.end();
        let truncated = kept.truncated();
        if let Some(lack) = kept.lack() {
            let missing = missing(&exchange.url, MissingReason::Truncated, Some(lack), kept.bytes());
            state.missing.push(MissingAt { page: exchange.page.clone(), missing });
        }
        exchange.key = Some(id.to_owned());
        let facts = vec![
            ("resourceType", "EventSource".to_owned()),
            ("messages", kept.lines.to_string()),
            ("messagesRefused", kept.refused.to_string()),
            ("form", "messages as the browser gave them to the page; the octets of the stream are the response".into()),
        ];
        let (path, digests) = kept.file?;
        Some(Resource {
            url: format!("urn:eventsource:{}", exchange.url),
            media_type: LINES.into(),
            date: exchange.date,
            body: ExchangeBody::File(path, digests),
            truncated,
            of: Some(id.to_owned()),
            facts,
            page: exchange.page.clone(),
        })
    }
}
