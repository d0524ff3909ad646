//! Any bytes given as a package: checked, never a panic.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use warc::{Budget, check_wacz};

fuzz_target!(|data: &[u8]| {
    let budget = Budget { decompressed: 1 << 24, ..Budget::default() };
    let _ = check_wacz(Cursor::new(data), budget);
});
