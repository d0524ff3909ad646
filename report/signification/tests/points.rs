//! Checkpoints and excerpts of the journal: one party's lines are proven without another's being shown; a checkpoint dates the
//! evidence that has no token of its own; any other journal than the one that was signed is found out.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::sync::atomic::Ordering;

use pki::OpensslSealer;
use signification::point::Extrait;
use signification::projection::Views as _;
use signification::receipt::check_receipt;
use signification::{Id, Platform};
use world::{Storage, World, officer};

const NOON: &str = "2026-12-01T11:00:00Z";

on_both_storages!(
    e07_an_excerpt_proves_one_party_s_lines_and_shows_no_other,
    e04_many_at_once_are_dated_by_one_checkpoint,
    e05_a_checkpoint_made_without_an_authority_is_completed_later,
    a_journal_whose_checkpoint_is_of_other_lines_is_refused,
);

fn served(world: &World<OpensslSealer>, platform: &Platform<'_>, consent: Id) -> Id {
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
    act
}

fn e07_an_excerpt_proves_one_party_s_lines_and_shows_no_other(storage: Storage) {
    let world = World::on(storage, OpensslSealer::new(), NOON);
    let platform = world.make();
    let one = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let two = world.consent(&platform, &world.declaration("autre@essai.test"));
    let (act, other) = (served(&world, &platform, one), served(&world, &platform, two));
    let extrait = platform.extrait(act).unwrap();
    let bytes = dossier::to_canonical(&extrait).unwrap();
    let read = Extrait::read(&bytes).unwrap();
    let report = read.check(&world.sealer).unwrap();
    assert!(report.holds() && report.horodate && report.findings.is_empty(), "{report:?}");
    assert_eq!(report.lignes, platform.suivi(act).unwrap().lignes.len());
    assert_eq!(report.taille, platform.views().last_point().unwrap().unwrap().size);
    for word in [other.to_string(), two.to_string()] {
        assert!(!world::contains(&bytes, &word), "another party's lines");
    }
    // Any change: a line, its number, its way, the root, the number of lines; a line of another journal; a line twice.
    let mut touched = Vec::new();
    for change in 0..6 {
        let mut bad = extrait.clone();
        let line = bad.lignes.first_mut().unwrap();
        match change {
            0 => line.ligne = line.ligne.replace("2026-12-01T11:00:00", "2026-12-01T11:00:01"),
            1 => line.rang += 1,
            2 => drop(line.chemin.pop()),
            3 => bad.point.texte = bad.point.texte.replacen("constat/", "constat2/", 1),
            4 => {
                let first = line.clone();
                bad.lignes.push(first);
            }
            _ => line.chemin.swap(0, 1),
        }
        touched.push(bad);
    }
    for (n, bad) in touched.iter().enumerate() {
        assert!(!bad.check(&world.sealer).unwrap().holds(), "change {n}");
    }
}

fn e04_many_at_once_are_dated_by_one_checkpoint(storage: Storage) {
    let world = World::on(storage, OpensslSealer::new(), NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let acts: Vec<Id> =
        (0..4).map(|_| platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte).collect();
    drop(platform);
    // As after a power cut: facts of many acts are there, their evidence is not.
    let mut config = world.config.clone();
    config.jetons_propres = 0;
    std::fs::write(world.store().join("plateforme.toml"), config.to_text().unwrap()).unwrap();
    let platform = world.open();
    for act in &acts {
        platform.envoyer(&officer(), *act, false).unwrap();
    }
    for act in acts {
        for receipt in platform.recepisses(act).unwrap() {
            assert!(platform.views().receipt(receipt).unwrap().is_dated());
            let folder = world.evidence_of(&platform, receipt);
            let report = check_receipt(&folder, &world.sealer, None).unwrap();
            assert!(report.timestamped && report.findings.is_empty(), "{:?}", report.findings);
            assert!(!folder.join("preuve.json.tst").exists(), "no token of its own");
            // The checkpoint of one receipt does not date another.
            let bytes = std::fs::read(folder.join("preuve.json")).unwrap();
            let later = String::from_utf8(bytes).unwrap().replace("2026-0142", "2026-0143");
            std::fs::write(folder.join("preuve.json"), later).unwrap();
            let report = check_receipt(&folder, &world.sealer, None).unwrap();
            assert!(report.findings.iter().any(|f| f.code == "receipt.point"), "{:?}", report.findings);
        }
    }
}

fn e05_a_checkpoint_made_without_an_authority_is_completed_later(storage: Storage) {
    let world = World::on(storage, OpensslSealer::new(), NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    world.sealer.authority.store(false, Ordering::Relaxed);
    assert!(!platform.pointer().unwrap().timestamped);
    let report = platform.extrait(consent).unwrap().check(&world.sealer).unwrap();
    assert!(report.holds() && !report.horodate);
    assert_eq!(report.findings.first().unwrap().code, "point.timestamp_deferred");
    world.sealer.authority.store(true, Ordering::Relaxed);
    platform.completer_horodatage().unwrap();
    assert!(platform.extrait(consent).unwrap().check(&world.sealer).unwrap().horodate);
    // Nothing new: no other checkpoint is made for nothing.
    let size = platform.pointer().unwrap().size;
    assert_eq!(platform.pointer().unwrap().size, size);
}

fn a_journal_whose_checkpoint_is_of_other_lines_is_refused(storage: Storage) {
    let world = World::on(storage, OpensslSealer::new(), NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    platform.pointer().unwrap();
    served(&world, &platform, consent);
    drop(platform);
    // Somebody who writes the whole chain again from the third line on, with right digests, meets the checkpoint.
    let mut lines = world.lines();
    let third = lines.get_mut(2).unwrap();
    *third = String::from_utf8(third.clone()).unwrap().replace("téléphone", "courrier").into_bytes();
    for n in 3..lines.len() {
        let before = dossier::Sha256Digest::of(&lines[n - 1]).to_hex();
        let mut value: serde_json::Value = serde_json::from_slice(&lines[n]).unwrap();
        value["prev"] = before.into();
        lines[n] = dossier::canonical_bytes(&value).unwrap();
    }
    let whole: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
    world.replace_journal(&whole);
    let report = world.verify();
    assert!(!report.intact && report.raison.unwrap().contains("checkpoint"), "the rewritten journal is found out");
}
