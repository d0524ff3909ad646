//! WARC 1.1 (ISO 28500:2017), CDXJ and WACZ 1.1.1: written and read, with plain synchronous input and output.
//!
//! The only package that knows these formats. What is written is strict: one gzip member a record, every rule of
//! [`FIELD_RULES`] enforced, digests as `sha256:HEX`. What is read is not trusted: budgets everywhere, no panic,
//! and checks that give findings.

mod block;
mod cdxj;
mod check;
mod digest;
mod error;
mod findings;
mod header;
pub mod http;
mod pages;
mod reader;
mod record;
mod surt;
mod torn;
mod wacz;
mod writer;

pub use error::WarcError;

// Records, written
pub use header::{Breach, FIELD_RULES, FieldRule, Form, RecordHeader, breaches};
pub use record::{Body, RecordId, RecordType, WarcRecord};
pub use writer::{Placed, WarcWriter, warc_fields};

// Records, read
pub use check::{WarcCheck, check_file, check_reader};
pub use reader::{Budget, Record, RecordEnd, WarcReader, last_whole_member};
pub use torn::cut_torn;

// Index and pages
pub use cdxj::{CdxjEntry, RequestKey, index_reader, index_warc, read_cdxj, request_key, write_cdxj};
pub use pages::{Page, read_pages, write_pages};
pub use surt::surt;

// Packages
pub use wacz::{
    DigestSigner, SignedData, SignerError, WaczCheck, WaczMember, WaczMeta, WaczSummary, WaczWriter, check_wacz,
    verify_anonymous,
};
