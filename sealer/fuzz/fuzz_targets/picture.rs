//! Foreign octets never make the reader `picture` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::picture(data));
