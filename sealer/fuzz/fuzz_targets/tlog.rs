//! Foreign octets never make the readers of `tlog` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::tlog(data));
