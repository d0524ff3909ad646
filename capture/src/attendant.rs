//! The officer who attends: asked about every capture before the next step; what is not acknowledged is said so.
//!
//! An opening that says `attended` without somebody to ask would be a false claim: [`crate::capture`] refuses it.
use std::path::PathBuf;

use crate::gate::Gap;
use crate::walls::Wall;
use dossier::{ArtefactKind, ArtefactPath, Instant, Sha256Digest};

/// Answers in the officer's name. Called on a thread of its own: it may wait for a person as long as it takes.
pub trait Attendant: Send + Sync {
    /// Shows what was captured, and gives back the officer's answer.
    fn acknowledge(&self, question: &Question) -> Answer;

    /// Asks the officer to answer in writing for a requirement that stands apart before the first page. His words; `None`
    /// when he does not answer for it, and the session ends there.
    fn justify(&self, gap: &Gap) -> Option<String>;

    /// A wall stops the reading of the page: the officer makes his choice in the window, and says when to go on. By default the page
    /// is taken as it is.
    fn at_wall(&self, _wall: &Wall) -> AtWall {
        AtWall::AsItIs
    }

    /// Whether the officer asked to be heard since this was last asked: a key at the terminal. Must not wait.
    fn called(&self) -> bool {
        false
    }

    /// The officer is heard between two steps.
    fn between(&self, _: &Between) -> Wish {
        Wish::GoOn
    }

    /// Waits until the officer is there again; false ends the session.
    fn come_back(&self, _: &Away) -> bool {
        true
    }
}

/// Between two steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// The sentence of the next step; `None` after the last one, and when it is left out.
    pub next: Option<String>,
}

/// What the officer asks for beside an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Nothing: go on.
    GoOn,
    /// Wait until he is back.
    Pause,
    /// Leave the next step of the plan out.
    LeaveOut,
    /// Play this step first: one line, as in a scenario.
    Step(String),
    /// End the session.
    Stop,
}

/// Why the session waits for the officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Away {
    /// He asked for a pause.
    Paused,
    /// He gave no sign since.
    Absent {
        /// The last sign.
        since: Instant,
    },
}

impl Away {
    /// The word of `presence.pause`.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Paused => "officer",
            Self::Absent { .. } => "absence",
        }
    }
}

/// What the officer states of a capture, in his own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// As typed.
    pub words: String,
    /// The words of opinion in it that he was shown and kept.
    pub opinions: Vec<Opinion>,
}

/// A word that says more than what is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opinion {
    /// As it stands in the statement.
    pub word: String,
    /// Why it is one.
    pub why: String,
}

/// What the officer is asked about: one capture, its pictures already kept in the dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The step, from 1.
    pub step: u32,
    /// The capture, from 1.
    pub capture: u32,
    /// The title the scenario gives to the capture.
    pub titre: String,
    /// The title of the page, as the page says it: foreign text.
    pub title: String,
    /// The address of the page: foreign text.
    pub url: String,
    /// When the last picture was begun.
    pub taken_at: Instant,
    /// The pictures: the window, and the whole page when it could be made.
    pub files: Vec<Shown>,
    /// What the step could not do, one French sentence; `None` when it was done.
    pub failure: Option<String>,
    /// Whether the browser shows a window; without one the officer sees the pictures only.
    pub window: bool,
}

/// A picture of the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its name in the dossier.
    pub path: ArtefactPath,
    /// Where it can be opened now.
    pub on_disk: PathBuf,
    /// What it shows: the window, the whole page or the whole screen.
    pub kind: ArtefactKind,
    /// The digest of its bytes.
    pub sha256: Sha256Digest,
}

/// What the officer answers at a wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtWall {
    /// His choice is made in the window.
    Resume,
    /// The page is taken as it is, behind the wall.
    AsItIs,
    /// End the session now.
    Stop,
}

/// What the officer answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Observed in person.
    Acknowledged {
        /// First names and name.
        by: String,
        /// His own finding, when he gives one.
        statement: Option<Statement>,
    },
    /// Not observed, or not as the pictures show it.
    Refused {
        /// In the officer's words.
        why: String,
    },
    /// Something else first; the question is asked again.
    First(Wish),
    /// End the session now.
    Stop,
}

impl Question {
    /// The picture that stands for the capture: the whole page or element, else the window.
    pub fn picture(&self) -> Option<&Shown> {
        let of = |kind| self.files.iter().find(|file| file.kind == kind);
        let element = || of(ArtefactKind::ScreenshotElement);
        of(ArtefactKind::ScreenshotPage).or_else(element).or_else(|| of(ArtefactKind::ScreenshotViewport))
    }
}
