//! Any bytes given as an archive, and as what a sound gzip member holds: read, checked, cut; never a panic, and the cut
//! never beyond the end.
#![no_main]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use warc::{Budget, check_reader, last_whole_member};

fn archive(data: &[u8]) {
    let budget = Budget { decompressed: 1 << 24, ..Budget::default() };
    let check = check_reader(data, "data.warc.gz", budget);
    let whole = last_whole_member(data).unwrap_or(0);
    assert!(whole <= data.len() as u64);
    assert!(check.bytes <= whole);
}

fuzz_target!(|data: &[u8]| {
    archive(data);
    // Random bytes almost never make a gzip member: without this the records inside would not be reached.
    let mut member = GzEncoder::new(Vec::new(), Compression::fast());
    if member.write_all(data).is_ok()
        && let Ok(member) = member.finish()
    {
        archive(&member);
    }
});
