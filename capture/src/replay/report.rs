//! The report of a comparison: what is written to `rapport.json`, and sealed when the scenario asks for it.
use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::{EngineFacts, PictureMeasure, ReplayPage, ReplayPlan, TOLERANCE, TextMeasure};

/// The format of the report; a change of meaning changes it.
pub const REPORT_FORMAT: &str = "constat-rejeu/1";
/// Addresses listed at most, of each list.
const LISTED: usize = 200;

/// The browser that rendered.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayBrowser {
    /// Name and version, as it says itself.
    pub product: String,
    /// SHA-256 of its binary.
    pub binary_sha256: Sha256Digest,
    /// The rules that leave it one port.
    pub rules: String,
    /// What was tried against them before the first page.
    pub offline: Vec<OfflineProof>,
}

/// An address outside that was asked, and what the browser said.
#[derive(Clone, Debug, Serialize)]
pub struct OfflineProof {
    /// The address.
    pub url: String,
    /// The browser's error.
    pub error: String,
}

/// How a page came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PageOutcome {
    /// Rendered from the archive.
    Replayed,
    /// The archive does not have the page.
    DocumentMissing,
    /// The address is not one an archive can hold (`data:`, `about:`).
    NotReplayable,
    /// The browser could not render it; `why` says.
    Failed,
}

/// One request of the replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The address the page asked, as on the real site.
    pub url: String,
    /// The browser's word for what it is for (`Image`, `Script`…).
    pub kind: String,
    /// Missing: what the engine or the browser said. Left: what stopped it.
    pub why: String,
}

/// A list that says how long it really is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// How many there are.
    pub count: u64,
    /// The first of them, 200 at most.
    pub list: Vec<Asked>,
}

impl Counted {
    pub(super) fn push(&mut self, asked: Asked) {
        self.count += 1;
        if self.list.len() < LISTED {
            self.list.push(asked);
        }
    }
}

/// One page.
#[derive(Clone, Debug, Serialize)]
pub struct PageReport {
    /// The capture, from 1.
    pub capture: u32,
    /// The step, from 1.
    pub step: u32,
    /// The title the scenario gives.
    pub titre: String,
    /// The address.
    pub url: String,
    /// The instant asked of the archive.
    pub ts: Instant,
    /// Steps that acted on the page before it was captured.
    pub interactions: u32,
    /// How it came out.
    pub outcome: PageOutcome,
    /// What went wrong, when something did.
    pub why: Option<String>,
    /// How the page came to be called complete.
    pub load: Option<serde_json::Value>,
    /// The window, against the picture captured.
    pub viewport: Option<PictureMeasure>,
    /// The whole page, against the picture captured.
    pub page: Option<PictureMeasure>,
    /// The text, against the text captured.
    pub text: Option<TextMeasure>,
    /// Requests of the page, those of the engine itself not counted.
    pub requests: u64,
    /// Requests the archive has no answer to.
    pub missing: Counted,
    /// Requests that were given up after they were asked, the page that asked being still there.
    pub aborted: Counted,
    /// Requests that would have left for the network.
    pub left: Counted,
}

impl PageReport {
    /// A page nothing is known of yet.
    pub(super) fn of(page: &ReplayPage) -> Self {
        Self {
            capture: page.capture,
            step: page.step,
            titre: page.titre.clone(),
            url: page.url.clone(),
            ts: page.ts,
            interactions: page.interactions,
            outcome: PageOutcome::Failed,
            why: None,
            load: None,
            viewport: None,
            page: None,
            text: None,
            requests: 0,
            missing: Counted::default(),
            aborted: Counted::default(),
            left: Counted::default(),
        }
    }
}

/// The whole in a few numbers: the worst of the pages, and sums.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Pages captured.
    pub pages: u64,
    /// Pages rendered from the archive.
    pub replayed: u64,
    /// Largest `visible_ppm` of a window; `None` when none was measured.
    pub viewport_visible_ppm: Option<u32>,
    /// Largest `visible_ppm` of a whole page.
    pub page_visible_ppm: Option<u32>,
    /// Smallest similarity of a text.
    pub text_similarity_ppm: Option<u32>,
    /// Requests without an answer.
    pub missing: u64,
    /// Requests given up.
    pub aborted: u64,
    /// Requests that would have left.
    pub left: u64,
}

/// The report.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayReport {
    /// [`REPORT_FORMAT`].
    pub format: &'static str,
    /// When the comparison began.
    pub made_at: Instant,
    /// The engine.
    pub engine: EngineFacts,
    /// The browser.
    pub browser: ReplayBrowser,
    /// Width and height of the window, in CSS pixels.
    pub window: (u32, u32),
    /// Language asked.
    pub language: String,
    /// Time zone.
    pub time_zone: String,
    /// [`TOLERANCE`].
    pub tolerance: u8,
    /// The pages, in the order of the captures.
    pub pages: Vec<PageReport>,
    /// The whole.
    pub summary: Summary,
}

impl ReplayReport {
    pub(super) fn new(made_at: Instant, plan: &ReplayPlan, browser: ReplayBrowser, pages: Vec<PageReport>) -> Self {
        Self {
            format: REPORT_FORMAT,
            made_at,
            engine: plan.site.engine.clone(),
            browser,
            window: (plan.settings.largeur, plan.settings.hauteur),
            language: plan.settings.langue.clone(),
            time_zone: plan.settings.fuseau.clone(),
            tolerance: TOLERANCE,
            summary: Summary::of(&pages),
            pages,
        }
    }
}

impl Summary {
    fn of(pages: &[PageReport]) -> Self {
        let replayed = pages.iter().filter(|p| p.outcome == PageOutcome::Replayed).count();
        Self {
            pages: pages.len() as u64,
            replayed: replayed as u64,
            viewport_visible_ppm: pages.iter().filter_map(|p| Some(p.viewport.as_ref()?.visible_ppm)).max(),
            page_visible_ppm: pages.iter().filter_map(|p| Some(p.page.as_ref()?.visible_ppm)).max(),
            text_similarity_ppm: pages.iter().filter_map(|p| Some(p.text.as_ref()?.similarity_ppm)).min(),
            missing: pages.iter().map(|p| p.missing.count).sum(),
            aborted: pages.iter().map(|p| p.aborted.count).sum(),
            left: pages.iter().map(|p| p.left.count).sum(),
        }
    }
}
