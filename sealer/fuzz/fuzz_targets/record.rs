//! Foreign octets never make the reader `record` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::record(data));
