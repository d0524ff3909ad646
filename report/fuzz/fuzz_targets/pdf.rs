//! A foreign file given as a procès-verbal never makes its check panic, and never passes for the one of a bundle.
#![no_main]

use dossier::{Level, Sha256Digest};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let findings = report::check_pv(data, Sha256Digest::ZERO, Sha256Digest::ZERO);
    assert!(findings.iter().any(|finding| finding.level == Level::Fail));
});
