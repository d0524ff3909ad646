//! Any bytes given as an archive: read, checked, cut; never a panic, and the cut never beyond the end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warc::{Budget, check_reader, last_whole_member};

fuzz_target!(|data: &[u8]| {
    let budget = Budget { decompressed: 1 << 24, ..Budget::default() };
    let check = check_reader(data, "data.warc.gz", budget);
    let whole = last_whole_member(data).unwrap_or(0);
    assert!(whole <= data.len() as u64);
    assert!(check.bytes <= whole);
});
