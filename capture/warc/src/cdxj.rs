//! The index of an archive (CDXJ): one line a record, key, time and a JSON object, sorted as bytes.
//!
//! Lines are what `cdxj-indexer --sort --post-append --digest-records` writes for the same archive, octet for octet,
//! with one difference: every method other than GET is told apart in the key (IIPC guideline "CDX for non-GET
//! requests"), not only POST and PUT, so that the answer to an OPTIONS or a HEAD never hides the page itself.
mod index;
mod line;
mod post;

pub use index::{index_reader, index_warc};
pub use line::{CdxjEntry, read_cdxj, write_cdxj};
pub use post::{RequestKey, request_key};

pub(crate) use index::Indexer;
pub(crate) use post::BODY_LIMIT;
