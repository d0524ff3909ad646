//! Foreign octets never make the reader `ocsp` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::ocsp(data));
