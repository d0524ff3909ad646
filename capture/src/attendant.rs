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
    /// What it shows: [`ArtefactKind::ScreenshotViewport`] or [`ArtefactKind::ScreenshotPage`].
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
    },
    /// Not observed, or not as the pictures show it.
    Refused {
        /// In the officer's words.
        why: String,
    },
    /// End the session now.
    Stop,
}

impl Question {
    /// The picture that stands for the capture: the whole page, else the window.
    pub fn picture(&self) -> Option<&Shown> {
        let of = |kind| self.files.iter().find(|file| file.kind == kind);
        of(ArtefactKind::ScreenshotPage).or_else(|| of(ArtefactKind::ScreenshotViewport))
    }
}
