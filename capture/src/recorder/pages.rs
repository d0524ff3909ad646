//! What is known of the documents and of the hosts that answered.
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use dossier::Instant;
use probes::relay_signs;
use serde_json::Value;

use super::{Recorder, Response, State};
use crate::cdp::text;

/// The document of a page or of a frame.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) redirects: Vec<(String, u16)>,
    /// When it was asked for: the date of its records.
    pub(crate) date: Instant,
    pub(crate) url: String,
    pub(crate) status: Option<u16>,
    pub(crate) media_type: String,
    pub(crate) address: Option<String>,
    pub(crate) protocol: Option<String>,
    /// The header `Last-Modified`, as written.
    pub(crate) last_modified: Option<String>,
    /// The browser's words when it failed.
    pub(crate) failed: Option<String>,
    /// Its body as received, decoded.
    pub(crate) body: Option<Held>,
}

/// A body that is kept for later.
#[derive(Clone, Debug)]
pub(crate) enum Held {
    Bytes(Arc<Vec<u8>>),
    File(PathBuf),
}

impl Held {
    /// Its bytes; nothing when the file is gone.
    pub(crate) fn read(&self) -> Option<Arc<Vec<u8>>> {
        match self {
            Self::Bytes(bytes) => Some(Arc::clone(bytes)),
            Self::File(path) => std::fs::read(path).ok().map(Arc::new),
        }
    }
}

impl Document {
    pub(super) fn asked(url: &str, date: Instant, redirects: Vec<(String, u16)>) -> Self {
        Self {
            redirects,
            date,
            url: url.to_owned(),
            status: None,
            media_type: String::new(),
            address: None,
            protocol: None,
            last_modified: None,
            failed: None,
            body: None,
        }
    }

    pub(super) fn answered(&mut self, response: &Response, url: &str) {
        if !url.is_empty() {
            url.clone_into(&mut self.url);
        }
        self.status = Some(response.status);
        self.media_type.clone_from(&response.media_type);
        self.address.clone_from(&response.address);
        self.protocol.clone_from(&response.protocol);
        let modified = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("last-modified"));
        self.last_modified = modified.map(|(_, value)| value.clone());
    }
}

/// What the connections to one origin told.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostFacts {
    pub(crate) addresses: BTreeSet<String>,
    pub(crate) protocols: BTreeSet<String>,
    /// `Network.SecurityDetails`, when TLS was used.
    pub(crate) security: Option<Value>,
    /// The browser's judgement of the connection: `secure`, `insecure`…
    pub(crate) security_state: String,
    /// Fields of its answers that tell of a relay, a few of them.
    pub(crate) relay_signs: BTreeSet<String>,
    /// Whether the journal has it already.
    pub(crate) told: bool,
}

/// The most fields kept of a host.
const RELAY_SIGNS: usize = 20;

impl State {
    pub(super) fn note_host(&mut self, response: &Value) {
        let Some(origin) = text(response, "/url").and_then(|u| url::Url::parse(u).ok()) else { return };
        if !matches!(origin.scheme(), "http" | "https") {
            return;
        }
        let origin = origin.origin().ascii_serialization();
        let read = Response::read(response);
        if read.source.is_some() {
            return;
        }
        let facts = self.hosts.entry(origin).or_default();
        facts.addresses.extend(read.address);
        facts.protocols.extend(read.protocol);
        if facts.relay_signs.len() < RELAY_SIGNS {
            facts.relay_signs.extend(relay_signs(&read.headers).into_iter().take(RELAY_SIGNS));
        }
        if facts.security.is_none() {
            facts.security = read.security;
            facts.security_state = read.security_state;
        }
    }
}

impl Recorder {
    pub(super) fn load_event(&self, session: Option<&str>) {
        if let Some(session) = session {
            self.state().loaded.insert(session.to_owned());
        }
    }

    pub(super) fn security(&self, params: &Value) {
        if let Some(told) = params.get("visibleSecurityState") {
            self.state().security = Some(told.clone());
        }
    }

    /// The hosts the journal has not told yet, marked as told.
    pub(crate) fn new_hosts(&self) -> BTreeMap<String, HostFacts> {
        let mut state = self.state();
        let mut new = BTreeMap::new();
        for (origin, facts) in &mut state.hosts {
            if !facts.told {
                facts.told = true;
                new.insert(origin.clone(), facts.clone());
            }
        }
        new
    }
}
