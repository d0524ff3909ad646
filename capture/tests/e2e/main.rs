//! The engine against a real Chromium and loopback sites: what is captured is compared with what was served.
#![allow(clippy::unwrap_used, reason = "a helper of a test that cannot go on is a failed test")]

mod account;
mod applications;
mod areas;
mod around;
mod attended;
mod clock;
mod ending;
mod failures;
mod feed;
mod harness;
mod hostile;
mod hostile_bodies;
mod late;
mod live;
mod load;
mod lost;
mod more_steps;
mod packets;
mod pages;
mod pictures;
mod presence;
mod recorded;
mod records;
mod script;
mod steps;
mod stopped;
mod structure;
mod telephone;
mod traffic;
mod traffic_http2;
mod traffic_inside;
mod traffic_workers;
mod walls;
mod whole_page;
