//! A foreign PDF never makes the verifier of signatures panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::pades(data));
