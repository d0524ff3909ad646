//! Decides when an exchange is complete, and hands it to the archive; what is not stored is listed with the reason.
use std::sync::Arc;
use std::time::Duration;

use dossier::{Digests, Missing, MissingReason};
use tokio::time::Instant as Tick;

use super::{Body, Chain, Finish, Hop, MissingAt, Post, Recorder, Response};
use crate::archive::{Exchange, ExchangeBody};

impl Recorder {
    /// Stores the hops of a request that are complete, in order. With `force`, headers on the wire are no longer awaited.
    pub(crate) fn commit(self: &Arc<Self>, id: &str, force: bool) {
        let mut state = self.state();
        let Some(chain) = state.chains.get_mut(id) else { return };
        let mut ready = Vec::new();
        while chain.front_is_ready(force) {
            let Some(hop) = chain.hops.pop_front() else { break };
            ready.push(chain.complete(hop));
        }
        for hop in ready {
            let (exchange, missing) = exchange(hop);
            state.missing.extend(missing);
            if let Some(exchange) = exchange {
                if exchange.response.is_some() {
                    state.exchanges_stored += 1;
                }
                self.archive.submit(exchange);
            }
        }
    }

    /// Waits until nothing is being asked of the browser, then stores what can be. Bounded.
    pub(crate) async fn settle(self: &Arc<Self>) {
        let deadline = Tick::now() + Duration::from_secs(10);
        loop {
            let (working, open) = {
                let state = self.state();
                let open = state.chains.values().any(|c| c.hops.iter().any(|h| h.finish != Finish::Open));
                (state.working, open)
            };
            if (working == 0 && !open) || Tick::now() > deadline {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            // Headers on the wire come within milliseconds of the end; after a second they will not come.
            if Tick::now() + Duration::from_secs(9) > deadline {
                self.commit_all(true);
            }
        }
        self.commit_all(true);
    }

    fn commit_all(self: &Arc<Self>, force: bool) {
        let ids: Vec<String> = self.state().chains.keys().cloned().collect();
        for id in ids {
            self.commit(&id, force);
        }
    }

    /// At the end of the session: what is still under way is stored as far as it came, and listed.
    pub(crate) async fn abandon(self: &Arc<Self>) {
        self.settle().await;
        {
            let mut state = self.state();
            for chain in state.chains.values_mut() {
                for hop in &mut chain.hops {
                    if hop.finish == Finish::Open {
                        hop.finish = Finish::Left;
                    }
                    if !hop.body.settled() {
                        hop.body = Body::Missing("échange encore en cours à la clôture".into());
                    }
                    if hop.post == Post::Asked {
                        hop.post = Post::Missing("non rendu avant la clôture".into());
                    }
                }
            }
            state.inflight.clear();
        }
        self.commit_all(true);
    }
}

impl Chain {
    fn front_is_ready(&self, force: bool) -> bool {
        let Some(hop) = self.hops.front() else { return false };
        if hop.finish == Finish::Open || !hop.body.settled() || hop.post == Post::Asked {
            return false;
        }
        let waits = hop.response.as_ref().is_some_and(|r| r.has_extra) && self.response_extras.is_empty();
        force || !waits
    }

    /// Puts what came on the wire into a hop that leaves the chain.
    fn complete(&mut self, mut hop: Hop) -> Hop {
        let told = match &mut hop.response {
            Some(response) if response.has_extra => {
                if let Some(extra) = self.response_extras.pop_front() {
                    response.complete(&extra);
                }
                true
            }
            // Without an answer the request may have been sent all the same.
            None => true,
            Some(_) => false,
        };
        if told && let Some(extra) = self.request_extras.pop_front() {
            let wire = super::exchange::headers(extra.get("headers"));
            if !wire.is_empty() {
                hop.headers = wire;
            }
        }
        hop
    }
}

/// What the archive stores of a hop, and what it lacks.
fn exchange(hop: Hop) -> (Option<Exchange>, Vec<MissingAt>) {
    let mut missing = Vec::new();
    let mut lacks = |reason, detail: Option<String>, received: Option<u64>, stored: u64| {
        let url = hop.url.clone();
        let missing_one = Missing { url, reason, detail, bytes_received: received, bytes_stored: stored };
        missing.push(MissingAt { page: hop.page.clone(), missing: missing_one });
    };
    let received = (hop.received > 0).then_some(hop.received);
    let mut truncated = None;
    let (body, reencoded) = stored_body(&hop.body);
    let stored = body.len();
    let mut failure = None;
    match &hop.finish {
        Finish::Failed { why, blocked } if hop.response.is_none() || !has_bytes(&hop.body) => {
            let reason = if *blocked { MissingReason::Blocked } else { MissingReason::Failed };
            lacks(reason, Some(why.clone()), received, 0);
            failure = Some(why.clone());
        }
        // An answer taken whole before the page gave it up (a download, a page left at once).
        Finish::Failed { .. } | Finish::Done(_) | Finish::Open => {}
        Finish::Left => {
            lacks(MissingReason::Pending, None, received, stored);
            truncated = Some("unspecified");
            failure = Some("échange encore en cours à la clôture".to_owned());
        }
    }
    if let (Body::Missing(why), Finish::Done(_)) = (&hop.body, &hop.finish) {
        lacks(MissingReason::Evicted, Some(why.clone()), received, 0);
        truncated = Some("unspecified");
    }
    if let Body::Streamed(spool) = &hop.body
        && (spool.broken.is_some() || !spool.started)
    {
        lacks(MissingReason::Truncated, spool.broken.clone(), received, stored);
        truncated = Some("unspecified");
    }
    if let Post::Missing(why) = &hop.post {
        lacks(MissingReason::NotRecorded, Some(format!("corps de la requête : {why}")), None, 0);
    }
    let response = hop.response.filter(|r| (100..1000).contains(&r.status));
    if let Some(Response { source: Some(source), .. }) = &response {
        lacks(MissingReason::NotOnTheWire, Some((*source).to_owned()), None, stored);
    }
    if response.as_ref().is_some_and(Response::is_internal) {
        lacks(MissingReason::NotOnTheWire, Some("redirection interne du navigateur (HSTS)".into()), None, 0);
        return (None, missing);
    }
    let exchange = Exchange {
        url: hop.url,
        method: hop.method,
        date: hop.date,
        request_headers: hop.headers,
        request_body: if let Post::Bytes(bytes) = hop.post { bytes } else { Vec::new() },
        response,
        body,
        reencoded,
        truncated,
        failure,
        encoded_length: if let Finish::Done(length) = hop.finish { length } else { None },
        kind: hop.kind,
        page: hop.page,
    };
    (Some(exchange), missing)
}

fn has_bytes(body: &Body) -> bool {
    matches!(body, Body::Bytes(_) | Body::Text(_) | Body::Empty | Body::Streamed(_))
}

/// The bytes to store, and whether text was converted by the browser.
fn stored_body(body: &Body) -> (ExchangeBody, bool) {
    match body {
        Body::Bytes(bytes) => (ExchangeBody::Bytes(Arc::clone(bytes)), false),
        Body::Text(bytes) => (ExchangeBody::Bytes(Arc::clone(bytes)), true),
        Body::Streamed(spool) => match digests_of(&spool.path) {
            Some(digests) => (ExchangeBody::File(spool.path.clone(), digests), false),
            None => (ExchangeBody::None, false),
        },
        Body::Unknown | Body::Asked | Body::Empty | Body::Missing(_) => (ExchangeBody::None, false),
    }
}

fn digests_of(path: &std::path::Path) -> Option<Digests> {
    std::fs::File::open(path).and_then(dossier::digest_reader).ok()
}
