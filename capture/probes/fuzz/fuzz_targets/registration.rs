//! Any bytes given as what a registry answers, by RDAP or WHOIS: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| probes::foreign::registration(data));
