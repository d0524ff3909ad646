//! Pictures: the window as it is, and the whole page by tiles, never in one giant capture.
//!
//! Measured on Chromium 156 with a page of 600,000 px of numbered bands: one capture of a whole page goes blank above about
//! 100,000 px without any error; by tiles every row is right. Tiles are taken with the page at its top, so that fixed and
//! sticky elements appear once, where they stand, and the page is not laid out anew (see `beyond`).
//! What the browser draws only inside its window is taken apart (see `patch`).
mod area;
mod beyond;
mod exif;
mod lazy;
mod page_picture;
mod patch;
mod shot;
mod steady;
mod stitch;
mod tile;

pub(crate) use area::{Area, Areas};
pub(crate) use beyond::{draw_beyond_window, metrics};
pub(crate) use exif::{PictureFacts, with_exif};
pub(crate) use lazy::Scrolled;
pub(crate) use page_picture::PagePicture;
pub(crate) use stitch::Stitch;
pub(crate) use tile::Tile;
