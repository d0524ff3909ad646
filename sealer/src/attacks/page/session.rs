//! Tokens over the journal, the public block and the clocks: whole, then with each line of the journal made to lie.
use std::path::{Path, PathBuf};

use dossier::{ArtefactKind, Instant, OpenDossier, Outcome, Sha256Digest, canonical_bytes, op};
use fixtures::Manners;
use serde_json::{Value, json};

use super::super::forge::{bytes_of, pack, unpack, with};
use super::{Vectors, compare, judge};
use crate::attacks::sample::{self, Tsa};
use crate::{SystemRandom, layout, line_token};

/// Block 800,000 of the main network.
const HEADER: &str = "00601d3455bb9fbd966b3ea2dc42d0c22722e4c0c1729fad17210100000000000000000055087fab0c8f3f89f8bcfd4df26c504d81b0a88e04907161838c0c53001af09135edbd64943805175e955e06";
const HASH: &str = "00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054";

pub(super) fn token(dossier: &mut OpenDossier, authority: &Tsa, phase: &str) {
    let (seq, line) = dossier.last_line();
    let token = line_token(&authority.client, line, sample::clock().as_ref(), &SystemRandom).unwrap();
    let path = format!("time/{seq:04}-{phase}.tst");
    sample::add(dossier, &path, ArtefactKind::TimeToken, "application/vnd.etsi.timestamp-token", &token.der);
    let data = json!({
        "phase": phase, "authority": "une", "seq": seq, "path": path, "gen_time": token.gen_time, "serial": token.serial,
        "policy": token.policy, "accuracy_us": token.accuracy_us, "sent_at": token.exchanged.0,
        "received_at": token.exchanged.1, "how": "…",
    });
    dossier.record(op::TIME_TOKEN, Outcome::Ok, data).unwrap();
}

/// What is done at the end of the session: a token on each side of the block and the measure of the clock.
fn last(dossier: &mut OpenDossier, authority: &Tsa, phases: &[&str]) {
    for phase in phases {
        token(dossier, authority, phase);
    }
    let block = json!({
        "kind": "bitcoin", "source": "…", "header": HEADER, "hash": HASH, "block_time": "2023-07-24T03:17:09.000Z", "how": "…",
    });
    dossier.record(op::TIME_NOT_BEFORE, Outcome::Ok, block).unwrap();
    let measure = json!({"phase": "end", "sources": [], "silent": [], "offset_us": 40_000, "spread_us": 0, "how": "…"});
    dossier.record(op::MEASURE_CLOCK, Outcome::Ok, measure).unwrap();
}

/// The journal with the first line that `of` chooses changed by `lie`, and every line after it bound anew.
fn lying(journal: &[u8], of: &dyn Fn(&Value) -> bool, lie: &dyn Fn(&mut Value)) -> Vec<u8> {
    let (mut out, mut head, mut done) = (Vec::new(), Sha256Digest::ZERO, false);
    for line in journal.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
        let mut value: Value = serde_json::from_slice(line).unwrap();
        if !done && of(&value) {
            lie(&mut value);
            done = true;
        }
        value["prev"] = Value::from(head.to_hex());
        let line = canonical_bytes(&value).unwrap();
        head = Sha256Digest::of(&line);
        out.extend_from_slice(&line);
        out.push(b'\n');
    }
    assert!(done, "no line to change");
    out
}

/// Moves an instant of a line by so many milliseconds.
fn moved(value: &mut Value, ms: i64) {
    let at: Instant = value.as_str().unwrap().parse().unwrap();
    *value = Value::from(Instant::from_millisecond(at.as_millisecond() + ms).unwrap().to_string());
}

const HOUR: i64 = 3_600_000;

type Lie = (&'static str, fn(&Value) -> bool, fn(&mut Value));

fn closing(line: &Value) -> bool {
    line["op"] == "time.token" && line["data"]["phase"] == "closing"
}

const LIES: [Lie; 18] = [
    ("autre-ligne", closing, |l| l["data"]["seq"] = json!(3)),
    ("ligne-a-venir", closing, |l| l["data"]["seq"] = json!(999_999)),
    ("ligne-negative", closing, |l| l["data"]["seq"] = json!(-1)),
    ("autre-heure", closing, |l| l["data"]["gen_time"] = json!("2026-01-01T00:00:00.000Z")),
    ("autre-numero", closing, |l| l["data"]["serial"] = json!("00")),
    ("autre-precision", closing, |l| l["data"]["accuracy_us"] = json!(7)),
    ("sans-politique", closing, |l| drop(l["data"].as_object_mut().unwrap().remove("policy"))),
    ("jeton-absent", closing, |l| l["data"]["path"] = json!("time/0009-closing.tst")),
    ("sans-reponse", closing, |l| l["outcome"] = json!("failed")),
    ("sans-echange", closing, |l| drop(l["data"].as_object_mut().unwrap().remove("sent_at"))),
    ("horloge-en-avance", closing, |l| ["sent_at", "received_at"].iter().for_each(|k| moved(&mut l["data"][k], 8_000))),
    ("horloge-en-retard", closing, |l| {
        ["sent_at", "received_at"].iter().for_each(|k| moved(&mut l["data"][k], -8_000))
    }),
    (
        "serveurs-contre-jeton",
        |l| l["op"] == "measure.clock" && l["data"]["phase"] == "end",
        |l| {
            l["data"]["offset_us"] = json!(9_000_000);
        },
    ),
    ("autre-bloc", |l| l["op"] == "time.not_before", |l| l["data"]["hash"] = json!(HASH.replace("a054", "a055"))),
    (
        "bloc-altere",
        |l| l["op"] == "time.not_before",
        |l| {
            l["data"]["header"] = json!(HEADER.replace("5e955e06", "5e955e07"));
        },
    ),
    ("bloc-court", |l| l["op"] == "time.not_before", |l| l["data"]["header"] = json!("00")),
    ("ligne-trop-ancienne", |l| l["op"] == "time.not_before", |l| l["at"] = json!("2020-01-01T00:00:00.000Z")),
    ("cloture-reculee", |l| l["op"] == "session.close", |l| moved(&mut l["at"], -2 * HOUR)),
];

/// A session with these tokens, sealed and stamped.
fn sealed(parent: &Path, authority: &Tsa, etude: &sample::Etude, phases: &[&str]) -> Vec<u8> {
    std::fs::create_dir_all(parent).unwrap();
    let closed = sample::closed_after(parent, |dossier| last(dossier, authority, phases));
    let target = parent.join("x.asice");
    etude.seal(&closed, &[&authority.client], &target).unwrap_or_else(|e| panic!("{e:#?}"));
    std::fs::read(&target).unwrap()
}

#[test]
fn the_page_judges_the_time_of_a_session_as_we_do() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vectors = Vectors::new(out.path());
    let (_dir, pki) = sample::pki();
    let (authority, etude) = (sample::tsa(&pki, Manners::Good, "une"), sample::etude());
    let roots: [PathBuf; 2] = [etude.root_pem(), authority.server.root_pem().to_path_buf()];
    let roots = roots.each_ref().map(PathBuf::as_path);
    let good = sealed(&work.path().join("bon"), &authority, &etude, &["opening", "closing"]);
    let at = etude.clock.now();
    judge(&vectors, "encadree", &good, &roots, at);
    judge(&vectors, "encadree-sans-racine-du-jeton", &good, &roots[..1], at);
    judge(&vectors, "ouverte", &sealed(&work.path().join("ouvert"), &authority, &etude, &["opening"]), &roots, at);
    let entries = unpack(&good);
    let journal = bytes_of(&entries, layout::JOURNAL);
    for (name, of, lie) in LIES {
        let forged = pack(&with(&entries, layout::JOURNAL, &lying(&journal, &of, &lie)));
        judge(&vectors, name, &forged, &roots, at);
    }
    assert_eq!(compare(out.path()), 3 + LIES.len());
}
