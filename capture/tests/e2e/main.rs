//! The engine against a real Chromium and loopback sites: what is captured is compared with what was served.
mod harness;
mod pages;
