//! Proofs of every form that a format admits or nearly admits, many in one bundle: each has one reading, and every verifier
//! must have the same.
use super::super::forge::pack;
use super::super::judge;
use super::{OTS, World, anchored, crowded, flip, judged, proof, seal};
use crate::anchor::ots::{Attestation, Detached, Op, Timestamp};
use crate::anchor::{AnchorState, AnchorTrust};
use crate::layout;

/// Every operation, one branch each and one after the other, with every kind of attestation.
fn rich() -> Timestamp {
    let end = |attestations: &[Attestation]| Timestamp {
        attestations: attestations.iter().cloned().collect(),
        ..Timestamp::default()
    };
    let calendars = ["https://a.example", "https://b.example/x"].map(|uri| Attestation::Pending(uri.into()));
    let operations = vec![
        Op::Prepend(vec![3; 40]),
        Op::Keccak256,
        Op::Hexlify,
        Op::Ripemd160,
        Op::Reverse,
        Op::Sha1,
        Op::Append(vec![200, 1, 0]),
        Op::Sha256,
    ];
    let block = end(&[Attestation::Bitcoin(900_000), Attestation::Other(*b"unknown!", vec![1, 2, 3])]);
    let mut all = Timestamp::after(operations.clone(), block);
    for (number, op) in operations.into_iter().enumerate() {
        let below = end(&[calendars[number % 2].clone(), Attestation::Other([number as u8; 8], vec![0; number])]);
        // A block's root has 32 octets: these branches give it back by a hash.
        let block = Timestamp::after([Op::Keccak256], end(&[Attestation::Bitcoin(800_000 - number as u64)]));
        let (mut place, mut block) = (below, block);
        place.branches.append(&mut block.branches);
        all.merge(Timestamp::after([op], place));
    }
    all
}

#[test]
fn every_operation_is_replayed_and_every_tampering_read() {
    let detached = Detached { file_hash: Op::Sha256, digest: seal().as_bytes().to_vec(), timestamp: rich() };
    let octets = detached.to_bytes().unwrap();
    judged(&anchored(OTS, &octets), AnchorTrust::default(), AnchorState::Unchecked, "annonce le bloc 799993");
    let flipped: Vec<Vec<u8>> = (0..octets.len()).map(|at| flip(&octets, at)).collect();
    for crowd in flipped.chunks(layout::MAX_ANCHORS) {
        let checked = judge(pack(&crowded(crowd.iter().map(|octets| (layout::ANCHOR_OTS, octets.as_slice())))));
        assert_eq!(checked.facts.anchors.len(), crowd.len());
    }
}

/// A proof of this seal, after these octets of its timestamp.
fn raw(timestamp: &[u8]) -> Vec<u8> {
    let head = proof(&seal(), Attestation::Bitcoin(1));
    [&head[..65], timestamp].concat()
}

#[test]
fn odd_proofs_have_one_reading() {
    let height: &[u8] = b"\x00\x05\x88\x96\x0d\x73\xd7\x19\x01\x01\x05";
    let promise = b"\x00\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e\x02\x01x";
    let of = |parts: &[&[u8]]| raw(&parts.concat());
    let deep = |count: usize| of(&[&vec![0xf2; count], height]);
    let wide = |count: usize| {
        let fork = |n: usize| [&[0xff, 0xf0, 2, (n >> 8) as u8, n as u8, 8], height].concat();
        let forks: Vec<u8> = (0..count).flat_map(fork).collect();
        of(&[&forks, &[0xf2], height])
    };
    let odd = [
        of(&[height]),
        of(&[&[0xff], height, promise]),
        of(&[&[0xff], promise, height]),
        of(&[&[0xff], height, height]),
        of(&[&[0xff, 0xf2], height, height]),
        of(&[&[0xff, 0xf2], height, &[0xf2], height]),
        of(&[&[0xff, 0xf2], height, &[0x08], height]),
        of(&[&[0xff, 0xf0, 1, 2], height, &[0xf0, 1, 1], height]),
        of(&[&[0xff, 0xf0, 1, 2], height, &[0xf0, 2, 2, 0], height]),
        of(&[&[0xf0, 0], height]),
        of(&[&[0xf0, 0x81, 0], &[1], height]),
        of(&[&[0xf0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], height]),
        of(&[&[0xf0, 0x81, 0x20], &[1; 4097], height]),
        of(&[&[0xf0, 0x80, 0x20], &[1; 4096], height]),
        of(&[&[0xf0, 0xe0, 0x1f], &[1; 4064], &[8], height]),
        of(&[&[0xf3; 7], &[8], height]),
        of(&[&[0xf3; 8], &[8], height]),
        of(&[&[0xff, 0xff], height, height]),
        of(&[&[0x09], height]),
        of(&[b"\x00\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e\x02\x01 "]),
        of(&[b"\x00\x83\xdf\xe3\x0d\x2e\xf9\x0c\x8e\x03\x01xx"]),
        of(&[b"\x00\x05\x88\x96\x0d\x73\xd7\x19\x01\x02\x85\x00"]),
        of(&[b"\x00unknown!\x81\x40", &[7; 8193]]),
        of(&[b"\x00unknown!\x80\x40", &[7; 8192]]),
        deep(256),
        deep(257),
        wide(666),
        wide(667),
        proof(&seal(), Attestation::Bitcoin(1 << 40)),
        b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x02".to_vec(),
        b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\xf2".to_vec(),
        [&b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x02"[..], &[5; 20], height]
            .concat(),
    ];
    let checked = judge(pack(&crowded(odd.iter().map(|octets| (layout::ANCHOR_OTS, octets.as_slice())))));
    let states: Vec<AnchorState> = checked.facts.anchors.iter().map(|told| told.state).collect();
    assert_eq!(states.len(), odd.len());
    let read = [0, 1, 24, 26].map(|number| states[number]);
    assert_eq!(read, [AnchorState::Unchecked; 4], "{:#?}", checked.facts.anchors);
    assert_eq!(states.iter().filter(|state| **state != AnchorState::False).count(), 8, "{:#?}", checked.facts.anchors);
}

/// What a log's proof may be wrong in, without any key: each is read alike by every reader.
#[test]
fn odd_proofs_of_a_log_have_one_reading() {
    let world = World::new();
    let text = world.text(&world.leaves);
    let good = String::from_utf8(world.proof(&world.leaves, 3, &text, &world.lines(&text))).unwrap();
    let with = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    let long = format!("\u{2014} {} ", "n".repeat(201));
    let odd = [
        good.clone().into_bytes(),
        with("@v1", "@v2"),
        with("index 3", "index 03"),
        with("index 3", "index +3"),
        with("index 3", "index 9223372036854775808"),
        with("index 3", "indice 3"),
        with("index 3\n", "index 3\n\n"),
        with("index 3\n", "index 3\nAAAA\n"),
        with("index 3\n", &format!("index 3\n{}", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".repeat(63))),
        with("index 3\n", &format!("index 3\n{}", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n")),
        with("\n5\n", "\n05\n"),
        with("\n5\n", "\n3\n"),
        with("\n5\n", "\n6\n"),
        with("\n5\n", "\n\n5\n"),
        with("\n5\n", "\n"),
        with("\u{2014} ", "- "),
        with("\u{2014} ", "\u{2014} \u{a0}"),
        with("\u{2014} ", "\u{2014} +"),
        with("\u{2014} ", &long),
        with("\u{2014} ", "\r\u{2014} "),
        with("\u{2014} ", "\u{2028}\u{2014} "),
        with("\n\n\u{2014} ", "\nune extension\n\n\u{2014} "),
        with("\n\n\u{2014} ", "\n\n\n\u{2014} "),
        with("c2sp", "\u{feff}c2sp"),
        with("etude.example", "\u{e9}tude.example"),
        with("\n\u{2014} etude", &format!("\n{}\u{2014} etude", "\u{2014} x AAAAAA==\n".repeat(98))),
        with("\n\u{2014} etude", &format!("\n{}\u{2014} etude", "\u{2014} x AAAAAA==\n".repeat(97))),
        with("\n\u{2014} etude", "\n\u{2014} x AAA=\n\u{2014} etude"),
        with("\n\u{2014} etude", "\n\u{2014} x AAAAAAB=\n\u{2014} etude"),
        good.trim_end().as_bytes().to_vec(),
        [good.as_bytes(), &[0xff]].concat(),
        good.repeat(60).into_bytes(),
    ];
    let checked = judge(pack(&crowded(odd.iter().map(|octets| (layout::ANCHOR_LOG, octets.as_slice())))));
    let unchecked = checked.facts.anchors.iter().filter(|told| told.state == AnchorState::Unchecked).count();
    assert_eq!((checked.facts.anchors.len(), unchecked), (odd.len(), 5), "{:#?}", checked.facts.anchors);
}
