//! Any octets taken for a file that was downloaded: an answer within its bounds, never a panic.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let declared = metadata::read(&mut Cursor::new(data), data.len() as u64);
    assert!(declared.facts.len() <= 300 && declared.cut.len() <= 50);
});
