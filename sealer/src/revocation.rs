//! Revocation: CRLs (RFC 5280 5) and OCSP answers (RFC 6960), read as original octets, fetched while sealing, embedded
//! in the seal (ETSI EN 319 122-1, RFC 5940), and judged offline at the best time known.
mod carried;
mod crl;
mod gather;
mod network;
mod ocsp;
mod status;

pub use network::{FetchError, HttpNetwork, Network, Offline};

pub(crate) use carried::{Carried, crl_choice, is_other, ocsp_choice};
pub(crate) use crl::{Crl, Reason, Revocation};
pub(crate) use gather::{Gathered, Gatherer, Wanted};
pub(crate) use ocsp::OcspAnswer;
#[cfg(test)]
pub(crate) use ocsp::request as ocsp_request;
pub(crate) use status::{Pool, Status};
