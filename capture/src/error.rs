//! What ends a capture before a dossier could be closed; each error has a stable code.
use std::path::PathBuf;

use dossier::DossierError;

/// A capture that could not be carried out. A step that fails is not one of these: it is in the journal, and the dossier
/// is closed as partial.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The opening says that an officer attends, and nobody was given to ask.
    #[error("attended capture without an attendant")]
    NoAttendant,
    /// The dossier holds no plan: its session was cut before it was annexed.
    #[error("the dossier holds no plan")]
    NoPlan,
    /// The plan given is not the one of the dossier.
    #[error("the plan given is not the one annexed to the dossier")]
    OtherPlan,
    /// Every step was done, or told as not done: only the closing is left.
    #[error("no step is left to play")]
    NothingLeft,
    /// The session was stopped and goes on later: the dossier is open.
    #[error("the session stopped after step {done} of {total}")]
    Suspended {
        /// Where the dossier is.
        root: PathBuf,
        /// Steps done.
        done: u32,
        /// Steps of the plan.
        total: u32,
    },
    /// No browser where it was looked for.
    #[error("no browser: looked for {}", tried.join(", "))]
    NoBrowser {
        /// The paths tried, in order.
        tried: Vec<String>,
    },
    /// The browser was found, and did not start.
    #[error("the browser {} did not start: {why}", binary.display())]
    BrowserStart {
        /// Which one.
        binary: PathBuf,
        /// What was seen.
        why: String,
    },
    /// The browser went away, or did not answer in time.
    #[error("the browser no longer answers: {why}")]
    BrowserLost {
        /// During what.
        why: String,
    },
    /// The browser refused a command that nothing can be done without.
    #[error("the browser refused {method}: {why}")]
    Protocol {
        /// The command.
        method: String,
        /// The browser's words.
        why: String,
    },
    /// The throwaway profile or temporary folder could not be made, or was not empty.
    #[error("private folder {}: {why}", path.display())]
    Workspace {
        /// Which folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The browser of a replay reaches something else than the replay.
    #[error("the browser reaches {url}: {found}")]
    NotOffline {
        /// What was tried.
        url: String,
        /// What the browser said.
        found: String,
    },
    /// The archive could not be opened for replay.
    #[error("replay: {why}")]
    Replay {
        /// What was seen.
        why: String,
    },
    /// The archive could not be written.
    #[error("archive: {0}")]
    Archive(String),
    /// The dossier could not be written; what was journalled stands.
    #[error(transparent)]
    Dossier(#[from] DossierError),
}

impl CaptureError {
    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAttendant => "capture.no_attendant",
            Self::NoPlan => "capture.no_plan",
            Self::OtherPlan => "capture.other_plan",
            Self::NothingLeft => "capture.nothing_left",
            Self::Suspended { .. } => "capture.suspended",
            Self::NoBrowser { .. } => "capture.no_browser",
            Self::BrowserStart { .. } => "capture.browser_start",
            Self::BrowserLost { .. } => "capture.browser_lost",
            Self::Protocol { .. } => "capture.protocol",
            Self::Workspace { .. } => "capture.workspace",
            Self::NotOffline { .. } => "replay.not_offline",
            Self::Replay { .. } => "replay.failed",
            Self::Archive(_) => "capture.archive",
            Self::Dossier(error) => error.code(),
        }
    }

    /// Every code this enum can give by itself; those of [`DossierError`] come with it.
    pub const CODES: &'static [&'static str] = &[
        "capture.no_attendant",
        "capture.no_plan",
        "capture.other_plan",
        "capture.nothing_left",
        "capture.suspended",
        "capture.no_browser",
        "capture.browser_start",
        "capture.browser_lost",
        "capture.protocol",
        "capture.workspace",
        "replay.not_offline",
        "replay.failed",
        "capture.archive",
    ];
}
