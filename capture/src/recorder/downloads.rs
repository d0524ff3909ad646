//! Downloads, as the browser tells them.
use std::collections::BTreeSet;

use serde_json::Value;
use tokio::time::Instant as Tick;

use super::Recorder;
use crate::cdp::{text, whole};

/// One download.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Download {
    /// The address it came from.
    pub(crate) url: String,
    /// The name the site suggested; never used as a path.
    pub(crate) name: String,
    /// Octets received.
    pub(crate) received: u64,
    /// `inProgress`, `completed`, `canceled`.
    pub(crate) state: String,
}

impl Recorder {
    pub(super) fn download_begins(&self, params: &Value) {
        let Some(guid) = text(params, "/guid") else { return };
        let mut state = self.state();
        state.last_activity = Tick::now();
        let download = state.downloads.entry(guid.to_owned()).or_default();
        download.url = text(params, "/url").unwrap_or("").to_owned();
        download.name = text(params, "/suggestedFilename").unwrap_or("").to_owned();
    }

    /// A download that is not among `known`.
    pub(crate) fn new_download(&self, known: &BTreeSet<String>) -> Option<String> {
        self.state().downloads.keys().find(|guid| !known.contains(*guid)).cloned()
    }

    pub(super) fn download_progress(&self, params: &Value) {
        let Some(guid) = text(params, "/guid") else { return };
        let mut state = self.state();
        state.last_activity = Tick::now();
        let download = state.downloads.entry(guid.to_owned()).or_default();
        download.received = whole(params, "/receivedBytes").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        download.state = text(params, "/state").unwrap_or("").to_owned();
        let received = download.received;
        drop(state);
        self.watch_download(guid, received);
    }
}
