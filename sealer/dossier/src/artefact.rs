//! A file that is evidence: where it is, what it is, where it comes from, and its digests.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ArtefactPath, Digests, Instant, Sha256Digest};

/// What an artefact is. The text form is the kebab-case name, as in `screenshot-page`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtefactKind {
    /// The plan, as given.
    Scenario,
    /// A picture of the viewport.
    ScreenshotViewport,
    /// A picture of the whole page.
    ScreenshotPage,
    /// A picture of the whole content of an area that scrolls inside the page.
    ScreenshotArea,
    /// Pictures of the window taken on the way down a feed, one under the other.
    ScreenshotFeed,
    /// One element of a page, whole.
    ScreenshotElement,
    /// The items of a feed, one a line.
    Feed,
    /// A picture of the whole screen: browser window, address bar, clock.
    ScreenshotDesktop,
    /// A canvas of the page, or the frame a video showed, as a picture.
    MediaFrame,
    /// The map of the tiles a picture of a whole page was made of.
    TileMap,
    /// The document as serialised after scripts ran.
    Dom,
    /// The text the page shows.
    Text,
    /// Frames, links, dates displayed, media and accessibility trees of a page, as read from it.
    Structure,
    /// The page and its resources in one file, as the browser saves it (MHTML, RFC 2557).
    Mhtml,
    /// The page printed to PDF (a derivative, not what was shown).
    Print,
    /// The body of the main document, as received.
    MainResponse,
    /// A file downloaded.
    Download,
    /// The exchanges of the network, as WARC.
    Archive,
    /// The index of the archive.
    ArchiveIndex,
    /// The list of the pages of the archive.
    ArchivePages,
    /// A certificate chain seen on a connection.
    Certificate,
    /// The evidence of a measure.
    Measure,
    /// A list of exchanges, requests or gaps.
    Exchanges,
    /// A segment of the film of the session (WebM).
    Film,
    /// Packets of the network (pcapng), with the secrets that decrypt them.
    Packets,
    /// A token of a timestamp authority over the journal (RFC 3161).
    TimeToken,
    /// A log of a program.
    Log,
    /// Bytes found after an interruption that no journal line announces.
    Remains,
    /// The journal itself.
    Journal,
}

impl ArtefactKind {
    /// Every kind: whoever names them for a reader is checked against this list.
    pub const ALL: &'static [Self] = &[
        Self::Scenario,
        Self::ScreenshotViewport,
        Self::ScreenshotPage,
        Self::ScreenshotArea,
        Self::ScreenshotFeed,
        Self::ScreenshotElement,
        Self::Feed,
        Self::ScreenshotDesktop,
        Self::MediaFrame,
        Self::TileMap,
        Self::Dom,
        Self::Text,
        Self::Structure,
        Self::Mhtml,
        Self::Print,
        Self::MainResponse,
        Self::Download,
        Self::Archive,
        Self::ArchiveIndex,
        Self::ArchivePages,
        Self::Certificate,
        Self::Measure,
        Self::Exchanges,
        Self::Film,
        Self::Packets,
        Self::TimeToken,
        Self::Log,
        Self::Remains,
        Self::Journal,
    ];

    /// The kebab-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::ScreenshotViewport => "screenshot-viewport",
            Self::ScreenshotPage => "screenshot-page",
            Self::ScreenshotArea => "screenshot-area",
            Self::ScreenshotFeed => "screenshot-feed",
            Self::ScreenshotElement => "screenshot-element",
            Self::Feed => "feed",
            Self::ScreenshotDesktop => "screenshot-desktop",
            Self::MediaFrame => "media-frame",
            Self::TileMap => "tile-map",
            Self::Dom => "dom",
            Self::Text => "text",
            Self::Structure => "structure",
            Self::Mhtml => "mhtml",
            Self::Print => "print",
            Self::MainResponse => "main-response",
            Self::Download => "download",
            Self::Archive => "archive",
            Self::ArchiveIndex => "archive-index",
            Self::ArchivePages => "archive-pages",
            Self::Certificate => "certificate",
            Self::Measure => "measure",
            Self::Exchanges => "exchanges",
            Self::Film => "film",
            Self::Packets => "packets",
            Self::TimeToken => "time-token",
            Self::Log => "log",
            Self::Remains => "remains",
            Self::Journal => "journal",
        }
    }
}

impl fmt::Display for ArtefactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether an artefact holds bytes that came from the site, or bytes the appliance made from what it saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Bytes received.
    Observed,
    /// Bytes made by the appliance.
    Produced,
}

/// What is known of an artefact when it starts being written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtefactMeta {
    /// What it is.
    pub kind: ArtefactKind,
    /// Where its bytes come from.
    pub origin: Origin,
    /// Media type (RFC 6838), as determined by the appliance.
    pub media_type: String,
    /// The step of the scenario it belongs to, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The number of the capture it belongs to, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture: Option<u32>,
    /// The address it was taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The instant it shows or was received at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Instant>,
}

impl ArtefactMeta {
    /// Metadata with the three fields every artefact has.
    pub fn new(kind: ArtefactKind, origin: Origin, media_type: impl Into<String>) -> Self {
        Self { kind, origin, media_type: media_type.into(), step: None, capture: None, url: None, taken_at: None }
    }

    /// The same, tied to a step and to a capture.
    #[must_use]
    pub fn of_step(mut self, step: u32, capture: Option<u32>) -> Self {
        self.step = Some(step);
        self.capture = capture;
        self
    }

    /// The same, with the address it was taken from and the instant.
    #[must_use]
    pub fn from_page(mut self, url: impl Into<String>, taken_at: Instant) -> Self {
        self.url = Some(url.into());
        self.taken_at = Some(taken_at);
        self
    }
}

/// Facts of a picture, measured on the decoded pixels, so that a re-encoded copy is told from an altered one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// SHA-256 of the decoded pixels: 8-bit RGBA, row after row, no padding.
    pub pixels_sha256: Sha256Digest,
    /// EXIF fields found in the file, by tag name, as text; empty when there is none.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub exif: std::collections::BTreeMap<String, String>,
}

/// One file of the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artefact {
    /// Where it is, from the root of the dossier and of the bundle.
    pub path: ArtefactPath,
    /// Everything known about it before its bytes.
    #[serde(flatten)]
    pub meta: ArtefactMeta,
    /// Length and digests of its bytes.
    #[serde(flatten)]
    pub digests: Digests,
    /// For a picture: facts of its pixels. Filled at sealing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageFacts>,
}

impl FromStr for ArtefactKind {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| ())
    }
}
