//! Foreign octets: see `extrait` of `corps.rs`.
#![no_main]
#![allow(dead_code, reason = "each target takes one of the bodies")]

#[path = "../corps.rs"]
mod corps;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    corps::extrait(data);
});
