//! CMS SignedData (RFC 5652) as CAdES uses it (ETSI EN 319 122-1): built for the office's seal, read and checked for
//! seals and timestamp tokens alike.
mod build;
mod check;
mod extend;
mod parse;

pub(crate) use build::{SealParts, signed_attributes, wrap};
pub(crate) use check::{Checked, CmsFault, check_signer, signing_certificate, unexplained};
pub(crate) use extend::{Additions, extend};
pub(crate) use parse::{SignedData, parse};
