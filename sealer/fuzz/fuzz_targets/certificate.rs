//! Foreign octets never make the reader `certificate` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::certificate(data));
