//! Any bytes given as what a resolver answers, and as trust anchors: read, followed, validated; never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| probes::foreign::dns(data));
