//! The engine against a real Chromium and loopback sites: what is captured is compared with what was served.
#![allow(clippy::unwrap_used, reason = "a helper of a test that cannot go on is a failed test")]

mod attended;
mod ending;
mod failures;
mod harness;
mod hostile;
mod hostile_bodies;
mod live;
mod load;
mod lost;
mod pages;
mod pictures;
mod steps;
