//! The capture engine: plays a scenario in a throwaway browser and writes what it saw into a dossier.
//!
//! One capture is one browser, one dossier, one journal. The browser's own debugging interface is the only recorder:
//! no proxy, no interception, no script in the page's own world. What could not be kept is listed with the reason.

pub mod replay;
pub mod scenario;

mod account;
mod archive;
mod archived;
mod attendant;
mod browser;
mod cdp;
mod certificates;
mod error;
mod feed;
mod frames;
mod gate;
mod load;
mod measure;
mod packets;
mod page;
mod plan;
mod presence;
mod recorder;
mod screens;
mod session;
mod steps;
mod structure;
mod telephone;
mod walls;

pub use attendant::{Answer, AtWall, Attendant, Away, Between, Opinion, Question, Shown, Statement, Wish};
pub use browser::{Display, FoundBrowser, find_browser};
pub use error::CaptureError;
pub use feed::{Essai, names as sheet_names};
pub use gate::{Gap, Gate, Ruling, Weight};
pub use measure::{Telling, measure};
pub use plan::{
    BrowserChoice, CapturePlan, Captured, Event, NoToken, Progress, PublicValue, ScenarioSource, SessionTime,
    SessionToken, Silent, SourceKind, Stop, StopReason, TimeKeeper,
};
pub use probes::{Evidence, Fact, Sources};
pub use session::{Annexed, PRESENCE_CODES, annexed, capture, resume};
pub use steps::STEP_CODES;
pub use walls::{Wall, WallKind};
