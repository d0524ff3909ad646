//! A disposable browser: found, started in a private folder with our own switches, stopped and wiped.
mod find;
mod launch;
mod switches;
mod workspace;

pub use find::{FoundBrowser, find_browser};
pub(crate) use launch::{RunningBrowser, launch};
pub(crate) use switches::{Switch, runs_as_root, switches};
pub(crate) use workspace::Workspace;
