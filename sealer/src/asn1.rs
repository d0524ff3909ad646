//! DER (ITU-T X.690) read as slices of the original octets, and written from parts.
//!
//! Signatures cover octets, not values: what is hashed here is always the slice as it was received, never a value
//! encoded again. The reader takes definite, minimal lengths and single-octet tags only; that is all that CMS, X.509
//! and TSP structures need, and it refuses BER by construction.
mod read;
mod write;

pub(crate) use read::{Der, DerError, Element, Tag};
pub(crate) use write::{
    bit_string, boolean, context, generalized_time, integer, integer_u64, octet_string, oid, printable_string,
    sequence, set_of, tlv, utc_time, utf8_string,
};
