//! The keys of the office through the binary, the seal's and the officers': files, tokens, remote services. Each kind seals, is judged by OpenSSL, and
//! leaves nothing that looks sealed when it fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "office_keys/bench.rs"]
mod bench;
#[path = "office_keys/distant.rs"]
mod distant;
#[path = "office_keys/fichier.rs"]
mod fichier;
#[path = "office_keys/jeton.rs"]
mod jeton;
#[path = "../sealer/tests/support/pdfs.rs"]
mod pdfs;
#[path = "office_keys/signature.rs"]
mod signature;
