//! Foreign octets never make the reader `zip_audit` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::zip_audit(data));
