//! Where each session of the browser stands: the address of its page or frame, and for a worker that of the page that
//! started it. An event that names no page of its own gets this one.
use std::collections::BTreeMap;

use serde_json::Value;

use super::Recorder;
use super::network::on_network;
use crate::cdp::text;

/// What begins the address of the browser's own viewer of PDF documents: an extension that is part of the browser, whose
/// name comes from its key. No page of the network can have it.
pub(crate) const PDF_VIEWER: &str = "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/";
/// How much of an address is kept.
const KEPT: usize = 4_000;
/// How far a worker is followed to the page that started it.
const DEEP: usize = 20;

/// One session.
#[derive(Debug, Default)]
struct Place {
    /// Of its document or script, without fragment.
    address: String,
    /// The session that started it, when it is a worker's.
    starter: Option<String>,
}

/// Every session that is observed.
#[derive(Debug, Default)]
pub(crate) struct Places {
    sessions: BTreeMap<String, Place>,
    /// The request by which the viewer of PDF documents reads the file of the page shown, and whether it ended.
    reading: Option<String>,
    read: bool,
}

impl Places {
    /// A target was attached; `starter` is the session that told it, when the target is a worker.
    pub(super) fn attached(&mut self, session: &str, address: &str, starter: Option<&str>) {
        let place = Place { address: bare(address), starter: starter.map(str::to_owned) };
        self.sessions.insert(session.to_owned(), place);
    }

    /// The session shows another document.
    pub(super) fn moved(&mut self, session: &str, address: &str) {
        self.sessions.entry(session.to_owned()).or_default().address = bare(address);
    }

    /// The session ended.
    pub(super) fn detached(&mut self, session: &str) {
        self.sessions.remove(session);
    }

    /// The address of the page or frame a session belongs to; empty when it is not known. A worker that no page's session
    /// told (a service worker) has its own script's.
    pub(super) fn page_of(&self, session: Option<&str>) -> String {
        let mut place = session.and_then(|session| self.sessions.get(session));
        for _ in 0..DEEP {
            let up = place.and_then(|p| p.starter.as_deref()).and_then(|session| self.sessions.get(session));
            match up {
                Some(up) => place = Some(up),
                None => break,
            }
        }
        place.map(|p| p.address.clone()).unwrap_or_default()
    }

    /// A request that is not of the network: the viewer's part inside the page reads the file under an address of its own.
    pub(super) fn asked_inside(&mut self, id: &str, url: &str, page: &str) {
        if url.starts_with(PDF_VIEWER) && on_network(page) {
            (self.reading, self.read) = (Some(id.to_owned()), false);
        }
    }

    /// A request ended.
    pub(super) fn ended(&mut self, id: &str) {
        self.read |= self.reading.as_deref() == Some(id);
    }

    /// Whether a session is the browser's own viewer of PDF documents.
    pub(super) fn is_pdf_viewer(&self, session: Option<&str>) -> bool {
        session.and_then(|session| self.sessions.get(session)).is_some_and(|p| p.address.starts_with(PDF_VIEWER))
    }
}

/// An address without fragment, cut.
fn bare(address: &str) -> String {
    address.split('#').next().unwrap_or("").chars().take(KEPT).collect()
}

impl Recorder {
    /// Whether the viewer of PDF documents has read the whole file of the page shown.
    pub(crate) fn viewer_has_read(&self) -> bool {
        self.state().places.read
    }

    /// `Page.frameNavigated`: the document of the session's own frame was replaced.
    pub(super) fn frame_navigated(&self, session: Option<&str>, params: &Value) {
        let (Some(session), Some(url)) = (session, text(params, "/frame/url")) else { return };
        let top = params.pointer("/frame/parentId").is_none();
        if top {
            let places = &mut self.state().places;
            (places.reading, places.read) = (None, false);
        }
        self.shown_at(session, text(params, "/frame/id"), top, url);
    }

    /// `Page.navigatedWithinDocument`: the same document under another address.
    pub(super) fn navigated_within(&self, session: Option<&str>, params: &Value) {
        let (Some(session), Some(url)) = (session, text(params, "/url")) else { return };
        self.shown_at(session, text(params, "/frameId"), false, url);
    }

    /// `Target.targetInfoChanged`: for a frame whose document came before its session listened.
    pub(super) fn target_changed(&self, params: &Value) {
        let (Some(target), Some(url)) = (text(params, "/targetInfo/targetId"), text(params, "/targetInfo/url")) else {
            return;
        };
        let mut state = self.state();
        let of = state.sessions.iter().filter(|(_, (_, known))| known == target);
        let sessions: Vec<String> = of.map(|(session, _)| session.clone()).collect();
        for session in sessions {
            state.places.moved(&session, url);
        }
    }

    fn shown_at(&self, session: &str, frame: Option<&str>, top: bool, url: &str) {
        let mut state = self.state();
        // The outermost frame of a session has the identifier of its target.
        let own = state.sessions.get(session).is_some_and(|(_, target)| Some(target.as_str()) == frame);
        if own || top {
            state.places.moved(session, url);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_belongs_to_the_page_that_started_it() {
        let mut places = Places::default();
        places.attached("p", "http://a.test/#haut", None);
        places.attached("t", "http://a.test/t.js", Some("p"));
        places.attached("tt", "http://a.test/tt.js", Some("t"));
        places.attached("s", "http://a.test/s.js", None);
        places.moved("p", "http://a.test/b#c");
        assert_eq!(places.page_of(Some("tt")), "http://a.test/b");
        assert_eq!(places.page_of(Some("s")), "http://a.test/s.js");
        places.attached("r", "http://a.test/r.js", Some("r"));
        assert_eq!(places.page_of(Some("r")), "http://a.test/r.js", "a ring ends");
        places.detached("p");
        assert_eq!(places.page_of(Some("t")), "http://a.test/t.js");
        assert_eq!(places.page_of(Some("p")), "");
    }

    #[test]
    fn only_the_browser_s_own_viewer_is_taken_for_it() {
        let mut places = Places::default();
        places.attached("v", "chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/index.html", None);
        places.attached("w", "http://a.test/chrome-extension://mhjfbmdgcfjbbpaeojofohoefgiehjai/", None);
        assert!(places.is_pdf_viewer(Some("v")) && !places.is_pdf_viewer(Some("w")) && !places.is_pdf_viewer(None));
    }
}
