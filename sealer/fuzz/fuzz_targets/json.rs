//! Foreign octets never make the reader `json` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::json(data));
