//! CMS SignedData (RFC 5652) as CAdES uses it (ETSI EN 319 122-1): built for the office's seal, read and checked for
//! seals and timestamp tokens alike.
mod build;
mod check;
mod parse;

pub(crate) use build::{SealParts, signed_attributes, with_timestamp, wrap};
pub(crate) use check::{Checked, CmsFault, check_signer, unexplained};
pub(crate) use parse::{SignedData, parse};
