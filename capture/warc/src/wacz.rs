//! The package that replay tools open (WACZ 1.1.1): an archive, its index, its pages, and the digests of all of it.
mod descriptor;
mod layout;
mod read;
mod signed;
#[cfg(test)]
mod test_support;
mod write;

pub use read::{WaczCheck, check_wacz};
pub use signed::{DigestSigner, SignedData, SignerError, verify_anonymous};
pub use write::{WaczMember, WaczMeta, WaczSummary, WaczWriter};
