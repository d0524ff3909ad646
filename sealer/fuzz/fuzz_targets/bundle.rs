//! Foreign octets never make the reader `bundle` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::bundle(data));
