//! The office's keys, kind by kind: what they seal, what judges say of it, and that a key that fails leaves nothing.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "support/sample.rs"]
mod sample;

#[path = "keys/bench.rs"]
mod bench;
#[path = "keys/files.rs"]
mod files;
#[path = "keys/pss.rs"]
mod pss;
#[path = "keys/remote.rs"]
mod remote;
