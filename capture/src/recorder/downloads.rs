//! Downloads, as the browser tells them.
use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant as Tick;
use uuid::Uuid;

use super::{Body, Finish, Recorder};
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

    /// The downloads that are not among `known`, by the browser's names.
    pub(crate) fn downloads_but(&self, known: &BTreeSet<String>) -> Vec<(String, Download)> {
        let state = self.state();
        let new = state.downloads.iter().filter(|(guid, _)| !known.contains(*guid));
        new.map(|(guid, download)| (guid.clone(), download.clone())).collect()
    }

    pub(super) fn download_progress(self: &Arc<Self>, params: &Value) {
        let Some(guid) = text(params, "/guid") else { return };
        let mut state = self.state();
        state.last_activity = Tick::now();
        let download = state.downloads.entry(guid.to_owned()).or_default();
        download.received = whole(params, "/receivedBytes").and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        download.state = text(params, "/state").unwrap_or("").to_owned();
        let (url, end) = (download.url.clone(), download.state.clone());
        let received = download.received;
        drop(state);
        self.watch_download(guid, received);
        if matches!(end.as_str(), "completed" | "canceled") {
            self.download_ends(guid, &url, end == "completed");
        }
    }

    /// The body of an answer that the browser saves instead of showing: the file it wrote. A second name is given to it
    /// before the step that waits for it may take it away.
    fn download_ends(self: &Arc<Self>, guid: &str, url: &str, whole: bool) {
        // Names are the browser's own (`allowAndName`), never the site's.
        let safe = !guid.is_empty() && guid.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let own = self.spool.join(Uuid::new_v4().simple().to_string());
        let linked = whole && safe && std::fs::hard_link(self.downloads.join(guid), &own).is_ok();
        let (recorder, url) = (Arc::clone(self), url.to_owned());
        self.state().saving += 1;
        self.work(async move {
            let path = own.clone();
            let read = tokio::task::spawn_blocking(move || super::judge::digests_of(&path));
            let digests = if linked { read.await.ok().flatten() } else { None };
            let id = {
                let mut state = recorder.state();
                let waiting = state.chains.iter_mut().find_map(|(id, chain)| {
                    let hop = chain.hops.back_mut().filter(|hop| hop.url == url && matches!(hop.body, Body::Saved))?;
                    Some((id.clone(), hop))
                });
                waiting.map(|(id, hop)| {
                    if let Some(digests) = digests {
                        hop.finish = Finish::Done(None);
                        hop.body = Body::File(own.clone(), digests, false);
                    } else {
                        hop.body = Body::Missing("téléchargement interrompu".into());
                    }
                    id
                })
            };
            match id {
                Some(id) => recorder.commit(&id, false),
                None => {
                    let _ = std::fs::remove_file(&own);
                }
            }
            recorder.state().saving -= 1;
        });
    }
}
