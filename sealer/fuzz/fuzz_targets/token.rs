//! Foreign octets never make the reader `token` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::token(data));
