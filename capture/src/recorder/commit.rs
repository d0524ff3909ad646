//! Decides when an exchange is complete, and hands it to the archive; what is not stored is listed with the reason.
use std::sync::Arc;
use std::time::Duration;

use dossier::Sha256Digest;
use tokio::time::Instant as Tick;

use super::judge::exchange;
use super::secrets::{holds, redact};
use super::{Body, Chain, Finish, Hop, MissingAt, Post, Recorder, Response, State};
use crate::archive::{Exchange, Resource};

/// The longest wait for a very large download to be read once more, for its digests.
const SAVING: Duration = Duration::from_secs(900);

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
        let last = chain.hops.is_empty();
        let redirects = if last { chain.redirects.clone() } else { Vec::new() };
        if last && !ready.is_empty() {
            // A redirect adds the next hop before this one is taken: the request is over.
            state.chains.remove(id);
        }
        for hop in ready {
            let (exchange, missing) = exchange(hop);
            if let Some(exchange) = &exchange {
                state.answers.note(exchange, &redirects);
                state.ages.see(exchange);
                if let Some(tally) = &state.tally {
                    tally.see(exchange);
                }
                if let Some(mementos) = &mut state.mementos {
                    mementos.see(exchange);
                }
                for MissingAt { missing, .. } in &missing {
                    state.ledger.lacks(&exchange.method, &exchange.url, missing.reason, missing.detail.as_deref());
                }
            }
            state.missing.extend(missing);
            if let Some(mut exchange) = exchange {
                let messages = if last { self.end_stream(&mut state, id, &mut exchange) } else { None };
                self.store(&mut state, exchange);
                if let Some(messages) = messages {
                    self.keep(messages);
                }
            }
        }
    }

    /// Gives an exchange to the archive, its secrets masked.
    pub(super) fn store(&self, state: &mut State, mut exchange: Exchange) {
        let secrets = self.secrets();
        if holds(&exchange, &secrets) {
            state.echoed.insert(exchange.url.clone());
        }
        if redact(&mut exchange, &secrets) {
            state.redacted += 1;
        }
        if exchange.response.as_ref().is_some_and(Response::is_from_network) {
            state.exchanges_stored += 1;
            state.ledger.stored(&exchange.method, &exchange.url);
            state.stored.insert(Sha256Digest::of(exchange.url.as_bytes()));
        }
        self.archive.submit(exchange);
    }

    /// Gives the archive something that is no exchange; empty ones are left out.
    pub(super) fn keep(&self, resource: Resource) {
        if resource.body.len() > 0 {
            self.archive.keep(resource);
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
        let deadline = Tick::now() + SAVING;
        while self.state().saving > 0 && Tick::now() < deadline {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.settle().await;
        self.end_sockets();
        self.end_inlines();
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
        self.end_workers();
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
        // The browser gives no answer for what a rule of origins kept from the page; its head on the wire is told.
        if hop.response.is_none()
            && matches!(hop.finish, Finish::Failed { .. })
            && let Some(extra) = self.response_extras.front()
        {
            let mut response = Response { has_extra: true, ..Response::default() };
            response.complete(extra);
            hop.response = Some(response);
        }
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
            hop.wire = true;
            let wire = super::exchange::headers(extra.get("headers"));
            if !wire.is_empty() {
                hop.headers = wire;
            }
        }
        hop
    }
}
