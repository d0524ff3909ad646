//! Replay as proof: the pages of a capture are rendered again from its archive alone, and measured against what was seen.
//!
//! The engine (ReplayWeb.page's) and the package are served by the caller on loopback: this package starts the browser and
//! has no port of its own. The browser reaches that one port and nothing else, and this is checked before the first page.
//! What the replay asked is read from the debugging interface, not from the engine's word.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dossier::{Clock, Sha256Digest};
use serde::Serialize;

use crate::scenario::Navigateur;
use crate::{BrowserChoice, CaptureError};

mod beside;
mod offline;
mod pages;
mod pixels;
mod render;
mod report;
mod videos;
mod watch;
mod window;
mod words;

pub use beside::{Region, compare_beside};
pub use pages::{ReplayPage, replay_pages, replay_settings};
pub use pixels::{PictureMeasure, TOLERANCE, compare_pictures};
pub use report::{
    Asked, Counted, OfflineProof, PageOutcome, PageReport, REPORT_FORMAT, ReplayBrowser, ReplayReport, Summary,
};
pub use window::show;
pub use words::{TextMeasure, compare_texts};

/// The replay engine, named by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EngineFacts {
    /// Name of its package.
    pub name: String,
    /// Its version, as the package says; `None` when it says nothing.
    pub version: Option<String>,
    /// SHA-256 of `sw.js`, which replays.
    pub sw_sha256: Sha256Digest,
    /// SHA-256 of `ui.js`, which shows.
    pub ui_sha256: Sha256Digest,
}

/// Where the engine and one package are served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaySite {
    /// The port, on 127.0.0.1.
    pub port: u16,
    /// Everything served is below this address: scheme, host, port, path, final slash.
    pub base: String,
    /// A page that opens the package with the engine, and then sets `data-etat` of its root element to `pret`, or to
    /// `erreur : …`.
    pub desk: String,
    /// What comes before `TIMESTAMPmp_/URL` in the address of a replayed page.
    pub replay: String,
    /// The engine.
    pub engine: EngineFacts,
}

/// A package being served; it stops when this is dropped.
pub trait Served: Send {
    /// Where.
    fn site(&self) -> &ReplaySite;
}

/// Serves packages for replay: given by whoever has an HTTP port.
pub trait ReplayServer: std::fmt::Debug + Send + Sync {
    /// Serves the package (WACZ) at `wacz` on loopback. The error is one sentence, in French.
    fn serve(&self, wacz: &Path) -> Result<Box<dyn Served>, String>;
}

/// What a comparison needs.
#[derive(Clone)]
pub struct ReplayPlan {
    /// Where engine and package are.
    pub site: ReplaySite,
    /// Which browser.
    pub browser: BrowserChoice,
    /// The window and the language of the capture.
    pub settings: Navigateur,
    /// The longest wait for a page to be complete.
    pub page: Duration,
    /// The tallest page of which a picture is made, in pixels.
    pub height: u32,
    /// The pages to render.
    pub pages: Vec<ReplayPage>,
    /// Addresses the archive itself holds with status 404: the engine gives them as they are, they are not missing.
    pub archived_404: std::collections::BTreeSet<String>,
    /// The folder pictures and texts of the replay go to; it exists.
    pub output: PathBuf,
}

/// Renders every page of `plan` in a browser without network, and measures it against what was captured. `told` hears the
/// number of each page before it starts, and their total.
///
/// A page that cannot be rendered is in the report; an error means that the browser could not be used at all, or that it
/// could reach something else than the engine ([`CaptureError::NotOffline`]).
pub async fn compare(
    plan: &ReplayPlan,
    clock: &Arc<dyn Clock>,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Result<ReplayReport, CaptureError> {
    let started = clock.now();
    let browser = offline::Offline::start(plan, clock).await?;
    let result = rendered(plan, &browser, told).await;
    let facts = browser.facts();
    browser.stop().await;
    let pages = result?;
    Ok(ReplayReport::new(started, plan, facts, pages))
}

async fn rendered(
    plan: &ReplayPlan,
    browser: &offline::Offline,
    told: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<PageReport>, CaptureError> {
    browser.open_package(&plan.site).await?;
    let mut reports = Vec::new();
    for (i, page) in plan.pages.iter().enumerate() {
        told(i + 1, plan.pages.len());
        reports.push(render::render(plan, browser, page).await);
    }
    Ok(reports)
}

/// The addresses an index holds with status 404: the site itself said that they are not there.
pub fn archived_404(index: &[warc::CdxjEntry]) -> std::collections::BTreeSet<String> {
    let found = index.iter().filter(|entry| entry.status.as_deref() == Some("404"));
    found.map(|entry| entry.url.clone()).collect()
}
