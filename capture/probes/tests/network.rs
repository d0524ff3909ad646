//! The network's probes against real networks: machines in network namespaces, real servers, a relay that intercepts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "network/address.rs"]
mod address;
#[path = "network/interception.rs"]
mod interception;
#[path = "network/machines.rs"]
mod machines;
#[path = "network/servers.rs"]
mod servers;
#[path = "network/states.rs"]
mod states;
