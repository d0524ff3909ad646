//! Feeds: what a page shows one item after the other, and often only while it is in the window. Each item is read, pictured,
//! and counted against what the site says there is.
mod counter;
mod plates;
mod seen;
mod sheet;
mod tally;

pub(crate) use counter::read as read_counter;
pub(crate) use plates::{Frame, Plates};
pub(crate) use seen::{Look, Seen};
pub use sheet::{Essai, names};
pub(crate) use sheet::{Fiche, choose};
pub(crate) use tally::{Tally, tail};

/// Reads the items in the window; see the file.
pub(crate) const LOOK: &str = include_str!("feed/look.js");
