//! Foreign octets never make the reader `ots` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::ots(data));
