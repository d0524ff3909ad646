//! Any octets given as the answer of a STUN server, those that follow a right header too: never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use probes::read_stun;

fuzz_target!(|data: &[u8]| {
    let transaction = data.get(8..20).and_then(|t| t.try_into().ok()).unwrap_or([7; 12]);
    let _ = read_stun(data, &transaction);
    // The same octets as attributes of an answer that is ours.
    let tail = &data[..data.len().min(65_535) / 4 * 4];
    for kind in [0x0101_u16, 0x0111] {
        let mut answer = kind.to_be_bytes().to_vec();
        answer.extend_from_slice(&(tail.len() as u16).to_be_bytes());
        answer.extend_from_slice(&[0x21, 0x12, 0xa4, 0x42]);
        answer.extend_from_slice(&[7; 12]);
        answer.extend_from_slice(tail);
        let _ = read_stun(&answer, &[7; 12]);
    }
});
