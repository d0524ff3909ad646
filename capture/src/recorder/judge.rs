//! What the archive stores of an exchange that ended, and what it lacks: nothing is left out without a line.
use std::path::Path;
use std::sync::Arc;

use dossier::{Digests, Missing, MissingReason};

use super::exchange::VIEWER;
use super::{Body, Finish, Hop, MissingAt, Post, Response};
use crate::archive::{Exchange, ExchangeBody};

/// Names and values, for the metadata record.
type Facts = Vec<(&'static str, String)>;

/// What is found wrong with an exchange.
struct Judged {
    url: String,
    page: String,
    /// Octets received, when the browser told.
    received: Option<u64>,
    missing: Vec<MissingAt>,
    /// The word of `WARC-Truncated`.
    truncated: Option<&'static str>,
    failure: Option<String>,
}

impl Judged {
    fn lacks(&mut self, reason: MissingReason, detail: Option<String>, stored: u64) {
        let missing =
            Missing { url: self.url.clone(), reason, detail, bytes_received: self.received, bytes_stored: stored };
        self.missing.push(MissingAt { page: self.page.clone(), missing });
    }

    /// How the exchange ended.
    fn end(&mut self, hop: &Hop, stored: u64) {
        let nothing =
            hop.response.is_none() || matches!(hop.body, Body::Unknown | Body::Asked | Body::Saved | Body::Missing(_));
        let streamed = matches!(hop.body, Body::Streamed(_));
        match &hop.finish {
            Finish::Failed { why, blocked } => {
                // An answer taken whole before the page gave it up is whole: a download, a page left at once.
                let whole = why == "net::ERR_ABORTED" && !nothing && !streamed;
                let reason = match (blocked, nothing) {
                    // The page never saw it (a rule of origins); what came is stored all the same.
                    (true, _) => MissingReason::Blocked,
                    (false, true) => MissingReason::Failed,
                    (false, false) => MissingReason::Truncated,
                };
                if !whole {
                    self.lacks(reason, Some(why.clone()), stored);
                    self.failure = Some(why.clone());
                    self.truncated = (!blocked || nothing).then_some("disconnect");
                }
            }
            // The browser keeps the exchange of a medium open after its last octet: what was announced came whole.
            Finish::Left if came_whole(hop, stored) => {}
            Finish::Left => {
                self.lacks(MissingReason::Pending, None, stored);
                self.truncated = Some("unspecified");
                self.failure = Some("échange encore en cours à la clôture".to_owned());
            }
            Finish::Done(_) | Finish::Open => {}
        }
    }

    /// Who asked, and whether a server was asked: an answer of the browser itself is told as what it is.
    fn origin(&mut self, hop: &Hop, response: &mut Option<Response>, stored: u64) -> (Facts, bool) {
        let mut facts = vec![("initiator", hop.initiator.clone())];
        if response.take_if(|r| r.source == Some(VIEWER)).is_some() {
            let detail = "lecteur PDF du navigateur : son propre document, sous l'adresse du fichier qu'il affiche";
            self.lacks(MissingReason::NotOnTheWire, Some(detail.into()), 0);
            facts.push(("synthetic", "document made by the browser's own PDF viewer; nothing was sent".to_owned()));
            return (facts, false);
        }
        let source = response.as_ref().filter(|r| !r.is_from_network()).and_then(|r| r.source);
        if let Some(source) = source {
            self.lacks(MissingReason::NotOnTheWire, Some(source.to_owned()), stored);
        }
        if let Some(redirect) = response.take_if(|r| r.is_internal()) {
            self.lacks(MissingReason::NotOnTheWire, Some("redirection interne du navigateur (HSTS)".into()), 0);
            facts.push(("internalRedirect", redirect.header("location").unwrap_or("").to_owned()));
            facts.push(("synthetic", "redirect made by the browser itself; nothing was sent".to_owned()));
            return (facts, false);
        }
        if response.is_none() && !hop.wire {
            facts.push(("requestSent", "not confirmed: the browser told no headers on the wire".to_owned()));
        }
        (facts, source.is_none())
    }

    /// Whether the bodies are there, and whole.
    fn bodies(&mut self, hop: &Hop, stored: u64) {
        if let (Body::Missing(why), Finish::Done(_)) = (&hop.body, &hop.finish) {
            self.lacks(MissingReason::Evicted, Some(why.clone()), 0);
            self.truncated = Some("unspecified");
        }
        if let Body::Streamed(spool) = &hop.body
            && (spool.broken.is_some() || !spool.started)
        {
            self.lacks(MissingReason::Truncated, spool.broken.clone(), stored);
            self.truncated = Some("unspecified");
        }
        let held = matches!(hop.body, Body::Bytes(_) | Body::Text(_) | Body::File(..))
            && !hop.bodiless()
            && self.truncated.is_none();
        let announced = hop.response.as_ref().filter(|_| held).and_then(Response::announced);
        if let Some(announced) = announced.filter(|n| *n > stored) {
            self.lacks(MissingReason::Truncated, Some(format!("Content-Length: {announced}")), stored);
            self.truncated = Some("unspecified");
        }
        if let Post::Missing(why) = &hop.post {
            self.lacks(MissingReason::NotRecorded, Some(format!("corps de la requête : {why}")), 0);
        }
    }
}

/// What the archive stores of a hop, and what it lacks.
pub(super) fn exchange(mut hop: Hop) -> (Option<Exchange>, Vec<MissingAt>) {
    let (body, reencoded) = stored_body(&hop.body);
    let stored = body.len();
    // A password is told where it was, and named nowhere else.
    let bare = without_credentials(&hop.url);
    let credentials = bare.map(|bare| std::mem::replace(&mut hop.url, bare));
    let mut judged = Judged {
        url: hop.url.clone(),
        page: hop.page.clone(),
        received: (hop.received > 0).then_some(hop.received),
        missing: Vec::new(),
        truncated: None,
        failure: None,
    };
    judged.end(&hop, stored);
    judged.bodies(&hop, stored);
    let open = matches!(hop.finish, Finish::Left) && judged.failure.is_none();
    let mut response = hop.response.take().filter(|r| (100..1000).contains(&r.status));
    let (mut facts, on_wire) = judged.origin(&hop, &mut response, stored);
    if open {
        facts.push(("finish", "the length announced was received; the browser had not closed the exchange".to_owned()));
    }
    if let Some(address) = credentials {
        // The server's demand and the request repeated with the password are one request for the browser, told by its
        // first head and its last answer.
        facts.push(("addressWithCredentials", address));
        let detail = "mot de passe dans l'adresse : la demande du serveur et la requête répétée ne sont pas détaillées";
        judged.lacks(MissingReason::NotRecorded, Some(detail.to_owned()), stored);
    }
    let encoded_length = if let Finish::Done(length) = hop.finish { length } else { None };
    let head = response.as_ref().and_then(|r| r.head_length);
    let wire_body = match (encoded_length, head) {
        (Some(all), Some(head)) => all.checked_sub(head),
        _ => (hop.received_coded > 0).then_some(hop.received_coded),
    };
    let exchange = Exchange {
        url: hop.url,
        method: hop.method,
        date: hop.date,
        request_headers: hop.headers,
        request_body: if let Post::Bytes(bytes) = hop.post { bytes } else { Vec::new() },
        response,
        body,
        reencoded,
        redacted: false,
        truncated: judged.truncated,
        failure: judged.failure,
        encoded_length,
        wire_body,
        hints: hop.hints,
        key: None,
        on_wire,
        facts,
        kind: hop.kind,
        page: hop.page,
    };
    (Some(exchange), judged.missing)
}

/// Whether the body has the length its own head announces: all of it came, whatever the browser says of the end.
fn came_whole(hop: &Hop, stored: u64) -> bool {
    hop.response.as_ref().and_then(Response::announced).is_some_and(|announced| announced > 0 && announced == stored)
}

/// The same address without its user and password; `None` when it has none.
fn without_credentials(url: &str) -> Option<String> {
    let mut parsed = url::Url::parse(url).ok()?;
    if parsed.username().is_empty() && parsed.password().is_none() {
        return None;
    }
    parsed.set_username("").ok()?;
    parsed.set_password(None).ok()?;
    Some(parsed.into())
}

/// The bytes to store, and whether text was converted by the browser.
fn stored_body(body: &Body) -> (ExchangeBody, bool) {
    match body {
        Body::Bytes(bytes) => (ExchangeBody::Bytes(Arc::clone(bytes)), false),
        Body::Text(bytes) => (ExchangeBody::Bytes(Arc::clone(bytes)), true),
        Body::File(path, digests, converted) => (ExchangeBody::File(path.clone(), *digests), *converted),
        Body::Streamed(spool) => match digests_of(&spool.path) {
            Some(digests) => (ExchangeBody::File(spool.path.clone(), digests), false),
            None => (ExchangeBody::None, false),
        },
        Body::Unknown | Body::Asked | Body::Saved | Body::Empty | Body::Missing(_) => (ExchangeBody::None, false),
    }
}

pub(super) fn digests_of(path: &Path) -> Option<Digests> {
    std::fs::File::open(path).and_then(dossier::digest_reader).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_open(announced: &str, body: &[u8]) -> (Option<Exchange>, Vec<MissingAt>) {
        let headers = vec![("Content-Length".to_owned(), announced.to_owned())];
        exchange(Hop {
            url: "http://site.invalid/film.mp4".into(),
            method: "GET".into(),
            headers: Vec::new(),
            post: Post::None,
            page: "http://site.invalid/film.mp4".into(),
            kind: "Media".into(),
            date: dossier::Instant::from_millisecond(0).unwrap(),
            response: Some(Response { status: 200, headers, ..Response::default() }),
            finish: Finish::Left,
            body: Body::Bytes(Arc::new(body.to_vec())),
            received: 0,
            received_coded: 0,
            wire: true,
            hints: Vec::new(),
            initiator: String::new(),
        })
    }

    #[test]
    fn a_body_that_came_whole_is_not_called_cut_because_the_browser_left_it_open() {
        let (whole, missing) = left_open("4", b"film");
        assert!(missing.is_empty(), "{missing:?}");
        let whole = whole.unwrap();
        assert_eq!((whole.truncated, whole.failure), (None, None));
        assert!(
            whole.facts.iter().any(|(name, _)| *name == "finish"),
            "the journal of the exchange says it: {:?}",
            whole.facts
        );
        let (cut, missing) = left_open("5", b"film");
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].missing.reason, MissingReason::Pending);
        assert_eq!(cut.unwrap().truncated, Some("unspecified"));
    }
}
