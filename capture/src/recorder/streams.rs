//! Event streams (HTML, server-sent events): the octets are followed like any body that does not end; beside them, the
//! messages as the page was given them, each with its instant.
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::sockets::{LINES, microseconds, missing};
use super::transcript::Transcript;
use super::{MissingAt, Recorder, State};
use crate::archive::{Exchange, Resource};
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
        if kept.refused > 0 || kept.broken.is_some() {
            let detail =
                kept.broken.clone().unwrap_or_else(|| format!("{} messages au-delà de la limite", kept.refused));
            let missing = missing(&exchange.url, MissingReason::Truncated, Some(detail), kept.lines);
            state.missing.push(MissingAt { page: exchange.page.clone(), missing });
        }
        exchange.key = Some(id.to_owned());
        let facts = vec![
            ("resourceType", "EventSource".to_owned()),
            ("messages", kept.lines.to_string()),
            ("messagesRefused", kept.refused.to_string()),
            ("form", "messages as the browser gave them to the page; the octets of the stream are the response".into()),
        ];
        Some(Resource {
            url: format!("urn:eventsource:{}", exchange.url),
            media_type: LINES.into(),
            date: exchange.date,
            body: super::judge::file(kept.path?),
            truncated: (kept.refused > 0).then_some("length").or(kept.broken.map(|_| "unspecified")),
            of: Some(id.to_owned()),
            facts,
            page: exchange.page.clone(),
        })
    }
}
