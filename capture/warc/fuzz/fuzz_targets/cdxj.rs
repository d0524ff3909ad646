//! Any text given as an index, an address, a request: never a panic, and an index read is written back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use warc::http::HttpHead;
use warc::{read_cdxj, read_pages, request_key, surt, write_cdxj};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    if let Ok(entries) = read_cdxj(&text) {
        let written = write_cdxj(&entries);
        let again = read_cdxj(&written).expect("what was written is read");
        assert_eq!(write_cdxj(&again), written);
    }
    let _ = read_pages(&text);
    let _ = surt(&text);
    for mime in
        ["application/json", "text/plain", "multipart/form-data; boundary=a", "application/x-www-form-urlencoded"]
    {
        let headers = vec![("Content-Type".to_owned(), mime.to_owned())];
        let head = HttpHead { start_line: "POST / HTTP/1.1".to_owned(), headers };
        let _ = request_key("http://example.org/", &head, data);
    }
});
