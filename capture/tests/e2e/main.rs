//! The engine against a real Chromium and loopback sites: what is captured is compared with what was served.
mod ending;
mod failures;
mod harness;
mod pages;
mod pictures;
mod steps;
