//! Pictures: the window as it is, and the whole page by tiles, never in one giant capture.
//!
//! Measured on Chromium 156 with a page of 600,000 px of numbered bands: a clip with `captureBeyondViewport` is right at
//! every height tried (tiles of 1,000, 4,000 and 8,000 px, about 65 ms for 1,000 px); the same clip without it is white
//! outside the window; one capture of a whole page goes blank above about 100,000 px without any error. Tiles taken
//! beyond the window leave the page scrolled to its top, so that fixed and sticky elements appear once, where they stand.
//! What the browser draws only inside its window is taken apart (see `patch`).
mod exif;
mod page_picture;
mod patch;
mod stitch;
mod tile;

pub(crate) use exif::{PictureFacts, with_exif};
pub(crate) use page_picture::PagePicture;
