//! Foreign octets never make the reader `cms` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::cms(data));
