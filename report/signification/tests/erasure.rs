//! Five years after a revocation nothing names the person any more, on any disk; the journal still verifies.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use signification::Platform;
use signification::consent::{Actor, ConsentState};
use signification::platform::Demande;
use signification::projection::Views as _;
use world::{DigestSealer, World, files, officer};

fn writ() -> Demande {
    Demande::Ecrit { registre: Actor::registry("registre"), reference: "lettre 1".into() }
}

#[test]
fn f02_wx26_personal_data_go_five_years_after_the_revocation_to_the_second() {
    let world = World::new(DigestSealer { deferred: false }, "2026-11-21T09:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.revoquer(consent, &writ()).unwrap();
    let key = world.store().join("cles/personnes");
    let person_key = files(&key).remove(0);
    let registry_key = std::fs::read(world.store().join("cles/registre.cle")).unwrap();

    world.clock.set("2031-11-21T08:59:59Z");
    platform.traiter().unwrap();
    assert_eq!(files(&key).len(), 1, "one second before, all is there");
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Revoque);

    world.clock.set("2031-11-21T09:00:01Z");
    platform.traiter().unwrap();
    let view = platform.views().consent(consent).unwrap();
    assert_eq!((view.state, view.record, view.pieces.len()), (ConsentState::Detruit, None, 0));
    assert!(files(&key).is_empty() && files(&world.store().join("registre")).is_empty());
    // With every key of the platform: nobody is found, nothing that was sent to him can be read.
    let found = platform.consulter_registre(&officer(), "2031-0001", &world::person("")).unwrap();
    assert!(!found.consent_actif);
    let registry = signification::vault::SecretKey::read(&world.store().join("cles/registre.cle"), "registre").unwrap();
    let office = signification::vault::SecretKey::read(&world.store().join("cles/etude.cle"), "étude").unwrap();
    let pieces = std::fs::read_to_string(world.store().join("pieces.jsonl")).unwrap();
    let notices: Vec<serde_json::Value> = pieces
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|p: &serde_json::Value| p["kind"] == "avis")
        .collect();
    assert!(!notices.is_empty());
    for notice in &notices {
        use base64::Engine as _;
        let cipher = base64::engine::general_purpose::STANDARD.decode(notice["octets"].as_str().unwrap()).unwrap();
        let id = notice["id"].as_str().unwrap().parse().unwrap();
        for key in [&registry, &office] {
            let nothing = dossier::Digests::of(b"");
            let opened = signification::vault::decrypt(&cipher, signification::vault::Kind::Message, id, &nothing, key);
            assert_eq!(opened.unwrap_err().code(), "signification.key_refused");
        }
    }
    // The journal verifies, the act and its dates stand, and the recipient still opens it.
    assert!(Platform::verifier_journal(&world.store()).unwrap().intact);
    let before = platform.state().unwrap();
    drop(platform);
    world.lose_tables();
    let platform = world.open();
    assert_eq!(platform.state().unwrap(), before);
    assert!(platform.views().act(act).unwrap().sent_at.is_some());
    platform.consulter(act, &world.key(consent)).unwrap();
    // A copy of the key that somebody kept is what a backup policy must not have: it still opens, and this is why it is told.
    assert!(!registry_key.is_empty() && !person_key.1.is_empty());
}

#[test]
fn f02_a_destruction_cut_in_the_middle_is_ended() {
    let world = World::new(DigestSealer { deferred: false }, "2026-11-21T09:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    platform.revoquer(consent, &writ()).unwrap();
    world.clock.set("2031-11-21T09:00:01Z");
    // The record is gone already, its line was not written.
    for (path, _) in files(&world.store().join("registre/declarations")) {
        std::fs::remove_file(path).unwrap();
    }
    platform.traiter().unwrap();
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Detruit);
    assert!(
        files(&world.store().join("registre")).is_empty() && files(&world.store().join("cles/personnes")).is_empty()
    );
    platform.traiter().unwrap();
    assert!(Platform::verifier_journal(&world.store()).unwrap().intact);
}
