//! A disposable browser: found, started in a private folder with our own switches, stopped and wiped.
mod display;
mod find;
mod launch;
mod switches;
mod workspace;

pub use display::Display;
pub use find::{FoundBrowser, find_browser};
pub(crate) use launch::{RunningBrowser, launch};
pub(crate) use switches::{Switch, runs_as_root, switches};
pub(crate) use workspace::Workspace;
