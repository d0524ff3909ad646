//! Foreign octets: see `paquet_de_confrere` of `corps.rs`.
#![no_main]
#![allow(dead_code, reason = "each target takes one of the bodies")]

#[path = "../corps.rs"]
mod corps;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    corps::paquet_de_confrere(data);
});
