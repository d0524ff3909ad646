//! A disposable browser: found, started in a private folder with our own switches, stopped and wiped.
mod display;
mod find;
mod launch;
mod memory;
mod switches;
mod workspace;

pub use display::Display;
pub(crate) use find::BinaryDigest;
pub use find::{FoundBrowser, find_browser};
pub(crate) use launch::{RunningBrowser, launch};
pub(crate) use memory::{Excess, usual_limit};
pub(crate) use switches::{Switch, network_log, packet_switch, runs_as_root, switches};
pub(crate) use workspace::Workspace;
