//! PAdES: made with real keys and authorities, judged by programs that are not ours, and every known attack refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

#[path = "pades/attacks.rs"]
mod attacks;
#[path = "pades/bench.rs"]
mod bench;
#[path = "pades/flips.rs"]
mod flips;
#[path = "pades/keys.rs"]
mod keys;
#[path = "pades/made.rs"]
mod made;
#[path = "support/pdfs.rs"]
mod pdfs;
#[path = "pades/qualified.rs"]
mod qualified;
#[path = "support/sample.rs"]
mod sample;
