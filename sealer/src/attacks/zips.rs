//! Rows Z: crooked archives, about which two readers could disagree.
use super::forge::{entry, pack};
use super::{good, judge, refused};
use crate::Verdict;
use crate::layout;

#[test]
fn z01_duplicates() {
    let mut entries = good().entries.clone();
    entries.insert(7, entry("constat.json", b"{}"));
    refused(pack(&entries), "zip.duplicate");
    let mut entries = good().entries.clone();
    entries.insert(7, entry("CONSTAT.json", b"{}"));
    refused(pack(&entries), "zip.duplicate");
}

#[test]
fn z02_headers_that_disagree() {
    let changes: [fn(&mut Vec<u8>); 6] =
        [|h| h[4] = 20, |h| h[14] ^= 1, |h| h[18] ^= 1, |h| h[22] ^= 1, |h| h[10] ^= 1, |h| h[8] = 8];
    for change in changes {
        let mut entries = good().entries.clone();
        entries[7].local = change;
        refused(pack(&entries), "zip.header_mismatch");
    }
    let mut entries = good().entries.clone();
    entries[7].local_name = Some("captures/0001-autre.txt".into());
    refused(pack(&entries), "zip.header_mismatch");
}

#[test]
fn z02_a_checksum_that_both_headers_lie_about() {
    for at in [7, good().entries.len() - 1] {
        let mut entries = good().entries.clone();
        entries[at].local = |h| h[14] ^= 1;
        entries[at].central = |h| h[16] ^= 1;
        refused(pack(&entries), "bundle.unreadable");
    }
}

#[test]
fn z03_octets_out_of_place() {
    let bytes = &good().bytes;
    refused([b"x", &bytes[..]].concat(), "zip.not_a_zip");
    refused([&bytes[..], b"x"].concat(), "zip.layout");
    let mut entries = good().entries.clone();
    entries[7].gap = b"cache".to_vec();
    refused(pack(&entries), "zip.layout");
    let mut entries = good().entries.clone();
    let mut hidden = entry("hidden.txt", b"visible to stream readers");
    hidden.hidden = true;
    entries.insert(7, hidden.clone());
    refused(pack(&entries), "zip.layout");
    let mut entries = good().entries.clone();
    entries.push(hidden);
    refused(pack(&entries), "zip.layout");
    // The whole archive shifted, with offsets that follow: still bytes before the first entry.
    refused([b"%PDF-1.7\n", &bytes[..]].concat(), "zip.not_a_zip");
}

#[test]
fn z04_comments_and_second_ends() {
    let bytes = &good().bytes;
    let mut commented = bytes.clone();
    let at = commented.len() - 2;
    commented[at] = 4;
    commented.extend(b"ASiC");
    refused(commented, "zip.layout");
    let inner = pack(&[entry("constat.json", b"{}")]);
    refused([&bytes[..], &inner[..]].concat(), "zip.layout");
    let mut wrong_count = bytes.clone();
    let at = wrong_count.len() - 12;
    wrong_count[at] ^= 1;
    refused(wrong_count, "zip.end");
}

#[test]
fn z05_descriptors_encryption_methods() {
    type Change = fn(&mut Vec<u8>);
    let cases: [(Change, &str); 3] =
        [(|h| h[8] = 8, "zip.flags"), (|h| h[8] = 1, "zip.flags"), (|h| h[10] = 8, "zip.method")];
    for (central, code) in cases {
        let mut entries = good().entries.clone();
        entries[7].central = central;
        refused(pack(&entries), code);
    }
}

#[test]
fn z06_z07_names() {
    for name in [
        "../x",
        "/abs",
        "c:\\x",
        "a\\b",
        "a\0b",
        "a/./b",
        "a//b",
        "a.",
        "a b",
        "é",
        "\u{202e}gpj.x",
        "META-INF/../x",
        "",
    ] {
        let mut entries = good().entries.clone();
        entries.insert(7, entry(name, b"x"));
        refused(pack(&entries), "zip.name");
    }
    let mut link = good().entries.clone();
    link[7].central = |h| h[41] = 0xa1;
    refused(pack(&link), "zip.attributes");
}

#[test]
fn z08_bombs_and_lies() {
    let mut lying = good().entries.clone();
    lying[7].central = |h| h[24..28].copy_from_slice(&u32::MAX.to_le_bytes()[..]);
    refused(pack(&lying), "zip.extra");
    let mut lying = good().entries.clone();
    lying[7].central = |h| h[27] = 0x7f;
    refused(pack(&lying), "zip.limits");
    let many: Vec<_> = (0..1001).map(|n| entry(&format!("f{n}"), b"")).collect();
    refused(pack(&many), "zip.limits");
    // A deflated entry of ten gigabytes of zeros is refused on its method: nothing is expanded.
    let mut bomb = good().entries.clone();
    bomb[7].central = |h| {
        h[10] = 8;
        h[24..28].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    };
    refused(pack(&bomb), "zip.method");
}

#[test]
fn z09_mimetype() {
    let cases: [(usize, &str, &[u8]); 3] = [
        (0, "mimetype", b"application/vnd.etsi.asic-e+zip\n"),
        (0, "mimetype", b"application/zip"),
        (0, "type", b"application/vnd.etsi.asic-e+zip"),
    ];
    for (at, name, bytes) in cases {
        let mut entries = good().entries.clone();
        entries[at] = entry(name, bytes);
        refused(pack(&entries), "zip.mimetype");
    }
    let mut late = good().entries.clone();
    late.swap(0, 1);
    refused(pack(&late), "zip.mimetype");
}

#[test]
fn order_and_unknown_meta_inf() {
    let mut swapped = good().entries.clone();
    swapped.swap(2, 3);
    refused(pack(&swapped), "bundle.order");
    let mut extra = good().entries.clone();
    extra.push(entry("META-INF/container.xml", b"<x/>"));
    refused(pack(&extra), "bundle.meta_inf");
    let mut second = good().entries.clone();
    second.push(entry(layout::MANIFEST_2, b"<x/>"));
    refused(pack(&second), "bundle.meta_inf");
}

#[test]
fn what_is_no_bundle_at_all() {
    refused(Vec::new(), "zip.not_a_zip");
    refused(b"bonjour".to_vec(), "zip.not_a_zip");
    refused(vec![0; 1 << 20], "zip.not_a_zip");
    let bytes = &good().bytes;
    for end in (0..bytes.len()).step_by(97) {
        assert_eq!(judge(bytes[..end].to_vec()).verdict, Verdict::Fail, "cut at {end}");
    }
}
