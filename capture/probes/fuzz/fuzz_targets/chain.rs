//! Any octets given as a chain of certificates, in DER or PEM: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use probes::{pem_certificates, public_root};

fuzz_target!(|data: &[u8]| {
    let at = dossier::Instant::from_millisecond(1_795_000_000_000).expect("a date of 2026");
    let middle = data.len() / 2;
    let _ = public_root(&[data[..middle].to_vec(), data[middle..].to_vec()], at, None);
    let _ = public_root(&[data.to_vec()], at, None);
    let text = String::from_utf8_lossy(data);
    let chain = pem_certificates(&format!("-----BEGIN CERTIFICATE-----{text}-----END CERTIFICATE-----"));
    let _ = public_root(&chain, at, Some(&chain));
});
