//! The product as its users run it: the real binary, a real browser, a real authority, on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    missing_docs,
    reason = "a test fails by panicking, and reads the time it needs"
)]

#[path = "product/support.rs"]
mod support;

// One file a promise, in the order of a constat
#[path = "product/acte.rs"]
mod acte;
#[path = "product/anchors.rs"]
mod anchors;
#[path = "product/applications.rs"]
mod applications;
#[path = "product/attended.rs"]
mod attended;
#[path = "product/authorities.rs"]
mod authorities;
#[path = "product/avis.rs"]
mod avis;
#[path = "product/copies.rs"]
mod copies;
#[path = "product/gate.rs"]
mod gate;
#[path = "product/hostile_bundles.rs"]
mod hostile_bundles;
#[path = "product/hostile_pages.rs"]
mod hostile_pages;
#[path = "product/index.rs"]
mod index;
#[path = "product/interruption.rs"]
mod interruption;
#[path = "product/interruptions.rs"]
mod interruptions;
#[path = "product/lot.rs"]
mod lot;
#[path = "product/minutier.rs"]
mod minutier;
#[path = "product/mistakes.rs"]
mod mistakes;
#[path = "../report/signification/tests/support/mta.rs"]
mod mta;
#[path = "product/network.rs"]
mod network;
#[path = "product/page.rs"]
mod page;
#[path = "product/presence.rs"]
mod presence;
#[path = "product/real_pages.rs"]
mod real_pages;
#[path = "product/redact.rs"]
mod redact;
#[path = "product/remise.rs"]
mod remise;
#[path = "product/replay.rs"]
mod replay;
#[path = "product/resumption.rs"]
mod resumption;
#[path = "product/road.rs"]
mod road;
#[path = "product/script.rs"]
mod script;
#[path = "product/service.rs"]
mod service;
#[path = "product/service_clock.rs"]
mod service_clock;
#[path = "product/service_office.rs"]
mod service_office;
#[path = "product/service_ways.rs"]
mod service_ways;
#[path = "product/trust.rs"]
mod trust;
#[path = "product/values.rs"]
mod values;
#[path = "product/veille.rs"]
mod veille;
#[path = "product/verdict.rs"]
mod verdict;
