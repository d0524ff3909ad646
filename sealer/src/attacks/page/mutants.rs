//! Octets and values changed at random, then packed, bound and signed again, so that a change reaches the reader it is for.
//!
//! `CONSTAT_MUTANTS=N` makes N of each kind, for a longer search than that of every day.
use dossier::{Digests, Instant, Sha256Digest, canonical_bytes};
use serde_json::{Value, json};

use super::archives::numbers;
use super::records::{gzip, records};
use super::{FOLDER, Vectors, compare};
use crate::attacks::archive::Chain;
use crate::attacks::ca::{certify, later, responder};
use crate::attacks::forge::{Entry, bytes_of, pack, reseal, unpack, with};
use crate::attacks::good;
use crate::attacks::past::{World, plan};
use crate::{TrustAnchors, layout, oid, verify_bytes};

/// How many of each kind.
fn rounds() -> usize {
    std::env::var("CONSTAT_MUTANTS").map_or(20, |told| told.parse().unwrap())
}

/// Octets that grammars treat apart: tags and lengths of DER, marks of text.
const ODD: [u8; 20] = *b"\0\x01\x02\x05\x06\x0a\x17\x18\x30\x31\x7f\x80\x81\xa0\xff\" \n:<";

/// One change somewhere: a bit, an octet, a run taken out, doubled, or put in.
fn worn(bytes: &[u8], number: &mut impl FnMut() -> usize) -> Vec<u8> {
    let (at, odd) = (number() % bytes.len(), ODD[number() % ODD.len()]);
    let run = at..bytes.len().min(at + 1 + number() % 12);
    let mut out = bytes.to_vec();
    match number() % 6 {
        0 => out[at] ^= 1 << (number() % 8),
        1 => out[at] = odd,
        2 => out[at] = out[at].wrapping_add(1),
        3 => drop(out.drain(run)),
        4 => drop(out.splice(at..at, bytes[run].iter().copied())),
        _ => out.insert(at, odd),
    }
    out
}

/// Judged by us and written down, with the root of `world`.
fn keep(vectors: &Vectors, name: &str, bytes: Vec<u8>, world: &World, at: Instant) {
    let root = &world.root.certificate;
    let ours = verify_bytes(bytes.clone(), &TrustAnchors::of(vec![root.clone()]), at);
    vectors.keep_with(name, &bytes, &[root.der().to_vec()], at, &ours);
}

/// Runs `one` for each round with a sequence of numbers, and has the page judge what it gave.
fn search(name: &str, mut one: impl FnMut(&mut dyn FnMut() -> usize) -> (Vec<u8>, Instant), world: &World) {
    let out = tempfile::tempdir().unwrap();
    let out =
        std::env::var_os(FOLDER).map_or(out.path().to_path_buf(), |folder| std::path::Path::new(&folder).join(name));
    std::fs::create_dir_all(&out).unwrap();
    let vectors = Vectors::new(&out);
    let mut number = numbers(1 << 20);
    for _ in 0..rounds() {
        let (bytes, at) = one(&mut number);
        keep(&vectors, name, bytes, world, at);
    }
    assert_eq!(compare(&out), rounds());
}

/// A seal with a token, lists, and the answer of a delegate.
fn world() -> World {
    let mut world = World::new();
    let delegate = certify(&plan("ESSAI réponses", 5, responder(oid::KP_OCSP_SIGNING)), Some(&world.issuing));
    let (yesterday, soon) = (later(world.now, -1), later(world.now, 10));
    world.states.push(delegate.ocsp(&world.signer, &world.issuing, yesterday, soon));
    world.states.sort();
    world
}

#[test]
fn seals_read_alike() {
    let world = world();
    let seal = world.seal();
    let one = |number: &mut dyn FnMut() -> usize| {
        let worn = worn(&seal, &mut || number());
        (pack(&with(&good().entries, layout::SIGNATURE_1, &worn)), later(world.now, 5))
    };
    search("sceau", one, &world);
}

#[test]
fn archive_manifests_read_alike() {
    let mut chain = Chain::new();
    let unit = chain.world.unit.clone();
    for days in [1, 2] {
        chain.prolong(&unit, later(chain.world.now, days), |_| {});
    }
    let meta: Vec<usize> = (0..chain.entries.len()).filter(|n| layout::is_meta(&chain.entries[*n].name)).collect();
    let one = |number: &mut dyn FnMut() -> usize| {
        let mut entries = chain.entries.clone();
        let chosen = &mut entries[meta[number() % meta.len()]];
        chosen.bytes = worn(&chosen.bytes, &mut || number());
        (pack(&entries), later(chain.world.now, 3))
    };
    search("archives", one, &chain.world);
}

/// Values that a type may take for another.
fn odd_value(number: &mut dyn FnMut() -> usize) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(65_536),
        json!(4_294_967_296_u64),
        json!(9_007_199_254_740_991_u64),
        json!(9_007_199_254_740_992_u64),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("ok"),
        json!("2026-02-30T00:00:00.000Z"),
        json!("2026-01-01T00:00:00+01:00"),
        json!("2026-01-01T23:59:60Z"),
        json!("a/../b"),
        json!("screens/0001-page.png"),
        json!("é\u{301}"),
        json!("0".repeat(64)),
        json!([]),
        json!({}),
        json!([{}]),
        json!({"x": 1}),
    ];
    values[number() % values.len()].clone()
}

/// Every place of a value, as JSON pointers.
fn places(value: &Value, prefix: &str, found: &mut Vec<String>) {
    let step = |key: &str| format!("{prefix}/{}", key.replace('~', "~0").replace('/', "~1"));
    match value {
        Value::Object(members) => members.iter().for_each(|(key, item)| places(item, &step(key), found)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| places(item, &step(&n.to_string()), found))
        }
        _ => {}
    }
    found.push(prefix.to_owned());
}

/// One value changed, taken away, or added.
fn changed(value: &mut Value, number: &mut dyn FnMut() -> usize) {
    let mut found = Vec::new();
    places(value, "", &mut found);
    let place = value.pointer_mut(&found[number() % found.len()]).unwrap();
    match (number() % 4, place) {
        (0, Value::Object(members)) if !members.is_empty() => {
            let key = members.keys().nth(number() % members.len()).unwrap().clone();
            let taken = members.remove(&key).unwrap();
            if number().is_multiple_of(2) {
                members.insert(format!("{key}x"), taken);
            }
        }
        (0 | 1, Value::Object(members)) => drop(members.insert("why".into(), odd_value(number))),
        (1, Value::Array(items)) => items.push(items.first().cloned().unwrap_or(json!(1))),
        (_, place) => *place = odd_value(number),
    }
}

/// Canonical where that can be: what cannot be written so (a fraction) is written as it comes.
fn written(value: &Value) -> Vec<u8> {
    canonical_bytes(value).unwrap_or_else(|_| serde_json::to_vec(value).unwrap())
}

fn resealed(entries: &[Entry]) -> Vec<u8> {
    pack(&reseal(entries, |_| {}))
}

#[test]
fn inventories_read_alike() {
    let constat: Value = serde_json::from_slice(&bytes_of(&good().entries, layout::CONSTAT)).unwrap();
    let one = |number: &mut dyn FnMut() -> usize| {
        let mut value = constat.clone();
        changed(&mut value, number);
        (resealed(&with(&good().entries, layout::CONSTAT, &written(&value))), good().etude.clock.now())
    };
    search("inventaire", one, &World::new());
}

/// The lines bound anew, and their head.
fn bound(lines: &[Value]) -> (Vec<u8>, Sha256Digest) {
    let (mut out, mut head) = (Vec::new(), Sha256Digest::ZERO);
    for line in lines {
        let mut line = line.clone();
        if let Value::Object(members) = &mut line {
            members.insert("prev".into(), json!(head.to_hex()));
        }
        let line = written(&line);
        head = Sha256Digest::of(&line);
        out.extend(line);
        out.push(b'\n');
    }
    (out, head)
}

#[test]
fn journals_read_alike() {
    let entries = &good().entries;
    let constat: Value = serde_json::from_slice(&bytes_of(entries, layout::CONSTAT)).unwrap();
    let journal = bytes_of(entries, layout::JOURNAL);
    let lines = journal.split(|octet| *octet == b'\n').filter(|line| !line.is_empty());
    let lines: Vec<Value> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    assert!(bound(&lines).0 == journal, "the binding is the one of the format");
    let one = |number: &mut dyn FnMut() -> usize| {
        let mut lines = lines.clone();
        let chosen = number() % lines.len();
        changed(&mut lines[chosen], number);
        let (journal, head) = bound(&lines);
        let mut constat = constat.clone();
        constat["journal"]["head"] = json!(head.to_hex());
        let listed = constat["artefacts"].as_array_mut().unwrap();
        let own = listed.iter_mut().find(|artefact| artefact["path"] == layout::JOURNAL).unwrap();
        let digests = serde_json::to_value(Digests::of(&journal)).unwrap();
        for (key, value) in digests.as_object().unwrap() {
            own[key] = value.clone();
        }
        let entries = with(&with(entries, layout::JOURNAL, &journal), layout::CONSTAT, &written(&constat));
        (resealed(&entries), good().etude.clock.now())
    };
    search("journal", one, &World::new());
}

#[test]
fn packages_read_alike() {
    let inner = unpack(&bytes_of(&good().entries, layout::WACZ));
    let records = records();
    let one = |number: &mut dyn FnMut() -> usize| {
        let chosen = number() % (inner.len() + 4);
        let wacz = match inner.get(chosen).filter(|entry| entry.name != layout::ARCHIVE) {
            Some(member) => pack(&with(&inner, &member.name, &worn(&member.bytes, &mut || number()))),
            None => {
                let mut records = records.clone();
                let record = number() % records.len();
                records[record] = worn(&records[record], &mut || number());
                pack(&with(&inner, layout::ARCHIVE, &gzip(&records)))
            }
        };
        (resealed(&with(&good().entries, layout::WACZ, &wacz)), good().etude.clock.now())
    };
    search("paquet", one, &World::new());
}
