//! Bundles given to the verifier by an adversary, or by a broken disk: a verdict, never a panic, never a pass.
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use proptest::prelude::*;

use super::support::{Bench, codes, small_bundle, text, world};

fn verdict_of(bench: &Bench, bytes: &[u8]) -> (i32, Vec<String>) {
    let path = bench.path("x.asice");
    fs::write(&path, bytes).unwrap();
    let answer = bench.verify(&path);
    assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
    (answer.code, codes(&answer.json()))
}

#[test]
fn what_is_not_a_bundle_fails_with_a_code() {
    let bench = Bench::new();
    let good = fs::read(small_bundle()).unwrap();
    let cases: [(&str, Vec<u8>); 6] = [
        ("empty", Vec::new()),
        ("text", b"ceci n'est pas un scelle".to_vec()),
        ("one byte", vec![b'P']),
        ("truncated", good[..good.len() / 2].to_vec()),
        ("end cut", good[..good.len() - 1].to_vec()),
        ("bytes after", [good.as_slice(), b"x"].concat()),
    ];
    for (name, bytes) in cases {
        let (exit, codes) = verdict_of(&bench, &bytes);
        assert_eq!(exit, 1, "{name}: {codes:?}");
        assert!(!codes.is_empty(), "{name}");
    }
    let (exit, _) = verdict_of(&bench, &good);
    assert_eq!(exit, 0, "the bundle the others are made from is good");
}

#[test]
fn ten_gigabytes_of_zeros_are_refused_without_being_read_into_memory() {
    let bench = Bench::new();
    let path = bench.path("bombe.asice");
    zip_of_zeros(&path, 10 * 1024 * 1024 * 1024);
    let anchors = world().pki.anchors_dir();
    // 400 MiB of address space is enough for the verifier and far from enough for ten gigabytes.
    let script = format!(
        "ulimit -v 1500000; exec {} --json verifier {} --ancres {}",
        env!("CARGO_BIN_EXE_constat"),
        text(&path),
        text(&anchors)
    );
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    let answer = super::support::Answer::from(output).expect(1);
    assert!(!codes(&answer.json()).is_empty());
}

/// A zip with one deflated entry of `length` zeros.
fn zip_of_zeros(path: &Path, length: u64) {
    let mut file = fs::File::create(path).unwrap();
    let mut zip = zip::ZipWriter::new(&mut file);
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(1))
        .large_file(true);
    zip.start_file("screens/zeros.bin", options).unwrap();
    let block = vec![0_u8; 4 * 1024 * 1024];
    let mut left = length;
    while left > 0 {
        let part = left.min(block.len() as u64) as usize;
        zip.write_all(&block[..part]).unwrap();
        left -= part as u64;
    }
    zip.finish().unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 0, ..ProptestConfig::default() })]
    #[test]
    fn one_flipped_bit_anywhere_fails(position in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let bench = Bench::new();
        let mut bytes = fs::read(small_bundle()).unwrap();
        let at = position.index(bytes.len());
        bytes[at] ^= 1 << bit;
        let (exit, codes) = verdict_of(&bench, &bytes);
        prop_assert_eq!(exit, 1, "byte {} bit {}: {:?}", at, bit, codes);
    }
}
