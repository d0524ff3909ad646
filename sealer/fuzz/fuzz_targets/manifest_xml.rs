//! Foreign octets never make the reader `manifest_xml` panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sealer::fuzzing::manifest_xml(data));
