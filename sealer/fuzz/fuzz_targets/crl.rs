//! Foreign octets never make the reader `crl` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::crl(data));
