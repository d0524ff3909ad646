//! Copies with files and records withheld, of a bundle that has everything: tokens of the session, two of the seal, an archive
//! timestamp. Whole, seen with other roots and at other times, changed octet by octet, and with each line of the list made to lie.
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier::canonical_bytes;
use fixtures::Manners;
use serde_json::{Value, json};

use super::super::forge::{Entry, bytes_of, pack, unpack, with};
use super::session::token;
use super::{Vectors, compare, judge, later};
use super::{archives, pictures};
use crate::attacks::sample;
use crate::{
    ExchangeChoice, FileChoice, HttpNetwork, RedactRequest, SystemRandom, TimestampAuthority, TrustAnchors, layout,
    redact, renew,
};

const TEXT: &str = "captures/0001-texte.txt";
/// Some of the pictures of the archive, not all.
const PICTURES: &str = "http://example.org/picture/1*";

/// What copies are made of.
struct World {
    work: tempfile::TempDir,
    bundle: PathBuf,
    etude: sample::Etude,
    anchors: TrustAnchors,
}

impl World {
    fn copy(&self, name: &str, files: &[&str], exchanges: &[&str]) -> Vec<u8> {
        let reason = || format!("propos de tiers ({name})");
        let file = |path: &&str| FileChoice { path: (*path).into(), reason: reason() };
        let exchange =
            |what: &&str| ExchangeChoice { what: (*what).into(), reason: reason(), show_url: name == "presque-rien" };
        let target = self.work.path().join(format!("{name}.asice"));
        redact(&RedactRequest {
            bundle: &self.bundle,
            files: &files.iter().map(file).collect::<Vec<_>>(),
            exchanges: &exchanges.iter().map(exchange).collect::<Vec<_>>(),
            asked_by: (name != "journal").then_some("Me Essai"),
            anchors: &self.anchors,
            clock: self.etude.clock.as_ref(),
            target: &target,
        })
        .unwrap_or_else(|e| panic!("{name}: {e:#?}"));
        std::fs::read(&target).unwrap()
    }
}

/// The list with one thing said otherwise.
fn lying(copy: &[Entry], lie: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut list: Value = serde_json::from_slice(&bytes_of(copy, layout::LIST)).unwrap();
    lie(&mut list);
    pack(&with(copy, layout::LIST, &canonical_bytes(&list).unwrap()))
}

type Lie = (&'static str, fn(&mut Value));

const LIES: [Lie; 16] = [
    ("autre-format", |l| l["format"] = json!("constat-caviardage/2")),
    ("autre-heure", |l| l["made_at"] = json!("2026-01-01T00:00:00.000Z")),
    ("heure-mal-ecrite", |l| l["made_at"] = json!("2026-01-01T00:00:00Z")),
    ("sans-auteur", |l| drop(l.as_object_mut().unwrap().remove("made_by"))),
    ("champ-de-plus", |l| l["note"] = json!("x")),
    ("demandeur-nul", |l| l["asked_by"] = Value::Null),
    ("autre-original", |l| l["original"]["sha256"] = json!("00".repeat(32))),
    ("autre-sceau", |l| l["original"]["manifest_sha256"] = json!("00".repeat(32))),
    ("rien-de-retire", |l| l["files"] = json!([])),
    ("fichiers-inverses", |l| l["files"].as_array_mut().unwrap().reverse()),
    ("fichier-invente", |l| l["files"][0]["path"] = json!("captures/é")),
    ("autre-longueur", |l| l["files"][0]["bytes"] = json!(0)),
    ("enregistrements-vides", |l| l["records"] = json!([])),
    ("sans-enregistrements", |l| drop(l.as_object_mut().unwrap().remove("records"))),
    ("sel-majuscule", |l| l["records"][0]["salt"] = json!("AB".repeat(32))),
    ("sel-et-genre", |l| l["records"][0]["type"] = json!("warcinfo")),
];

#[test]
fn the_page_judges_copies_as_we_do() {
    let (work, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let vectors = Vectors::new(out.path());
    let (_dir, pki) = sample::pki();
    let tsas = [sample::tsa(&pki, Manners::Good, "une"), sample::tsa(&pki, Manners::Second, "deux")];
    let etude = sample::etude_of(&pki, &pki.signer());
    let (bundle, network) = (work.path().join("x.asice"), HttpNetwork::with_deadline(Duration::from_secs(3)));
    let authorities: [&dyn TimestampAuthority; 2] = [&tsas[0].client, &tsas[1].client];
    let closed =
        sample::closed_around(work.path(), sample::clock(), archives::of(&pictures::exif()[..40]), |dossier| {
            ["opening", "closing"].iter().for_each(|phase| token(dossier, &tsas[0], phase));
        });
    etude.seal_from(&closed, &authorities, &network, &bundle, &|_| {}).unwrap_or_else(|e| panic!("{e:#?}"));
    let anchors = tsas.iter().fold(etude.anchors.clone(), |all, tsa| all.with(tsa.client.anchors()));
    renew(&bundle, &authorities, &network, etude.clock.as_ref(), &SystemRandom).unwrap();
    let at = etude.clock.now();
    let world = World { work, bundle, etude, anchors };

    let mut roots: Vec<PathBuf> = vec![pki.root_pem()];
    roots.extend(tsas.each_ref().map(|tsa| tsa.server.root_pem().to_path_buf()));
    let roots: Vec<&Path> = roots.iter().map(PathBuf::as_path).collect();
    judge(&vectors, "original", &std::fs::read(&world.bundle).unwrap(), &roots, at);
    let choices: [(&str, &[&str], &[&str]); 8] = [
        ("texte", &[TEXT], &[]),
        ("images", &["screens/"], &[]),
        ("journal", &["journal.jsonl"], &[]),
        ("jetons", &["time/"], &[]),
        ("archive", &["capture.wacz"], &[]),
        ("tout", &[], &["*"]),
        ("presque-rien", &["captures/", "screens/", "journal.jsonl", "time/"], &[PICTURES]),
        ("archive-sans-journal", &["journal.jsonl", "capture.wacz"], &[]),
    ];
    for (name, files, exchanges) in choices {
        judge(&vectors, name, &world.copy(name, files, exchanges), &roots, at);
    }
    let copy = world.copy("echange", &[TEXT], &[PICTURES]);
    judge(&vectors, "echange", &copy, &roots, at);
    judge(&vectors, "sans-racine", &copy, &[], at);
    judge(&vectors, "dix-ans-apres", &copy, &roots, later(at, 3700));
    let entries = unpack(&copy);
    for (name, lie) in LIES {
        judge(&vectors, name, &lying(&entries, lie), &roots, at);
    }
    let seals = copy.windows(9).position(|octets| octets == b"META-INF/").unwrap();
    for place in (0..seals).step_by(seals / 60).chain((seals..copy.len()).step_by((copy.len() - seals) / 20)) {
        let mut flipped = copy.clone();
        flipped[place] ^= 1 << (place % 8);
        judge(&vectors, &format!("bit-{place:06}"), &flipped, &roots, at);
    }
    assert!(compare(out.path()) > 100);
}
