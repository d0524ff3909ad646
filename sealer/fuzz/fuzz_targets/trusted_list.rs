//! Foreign octets never make the reader `trusted_list` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::trusted_list(data));
