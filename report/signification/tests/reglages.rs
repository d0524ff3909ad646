//! `[comptes]` and `[voies]` of `plateforme.toml` (row F12): what is set there is what is done, on a platform opened as users open it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/voies.rs"]
mod voies;
#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use comptes::*;
use signification::backend::Voie;
use signification::comptes::Titulaire;
use signification::comptes::connexion::Second;
use signification::comptes::droits::{Operation, Relation};
use signification::comptes::session::Temoin;
use signification::config::Entre;
use signification::platform::comptes::OuvertureCompte;
use signification::{Id, Platform};
use voies::{affaire, remise};
use world::{Storage, officer};

on_both_storages!(
    f12_a_shorter_session_ends_sooner,
    f12_b04_the_officer_s_proofs_are_what_is_set,
    f12_a_longer_password_and_slower_tries_are_asked_for,
    f12_the_way_that_is_set_is_taken,
);

/// Real derivations, at the least that may be set.
fn reglee(storage: Storage) -> W {
    let mut world = monde(storage);
    world.config.comptes.argon2_memoire_mio = Entre::de::<19>();
    world.config.comptes.argon2_passes = Entre::de::<2>();
    world
}

/// Whether a session of Isaline's, unused for so many seconds, still lives.
fn lives_after(world: &W, platform: &Platform<'_>, nom: &str, seconds: u64) -> bool {
    let acces = entrer(world, platform, nom, 1);
    let cookie = acces.temoin().valeur();
    world.clock.advance(Duration::from_secs(seconds));
    platform.session(Temoin::lire(&cookie).unwrap()).is_ok()
}

fn f12_a_shorter_session_ends_sooner(storage: Storage) {
    let mut world = reglee(storage);
    {
        let platform = world.make();
        destinataire(&world, &platform, "isaline");
        assert!(lives_after(&world, &platform, "isaline", 6 * 60), "half an hour by default");
    }
    world.config.comptes.session_inactivite_minutes = Entre::de::<5>();
    std::fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    let platform = world.open();
    assert!(lives_after(&world, &platform, "isaline", 4 * 60));
    assert!(!lives_after(&world, &platform, "isaline", 6 * 60));
}

fn f12_b04_the_officer_s_proofs_are_what_is_set(storage: Storage) {
    let mut world = reglee(storage);
    let may = |world: &W, platform: &Platform<'_>| {
        let acces = entrer(world, platform, "officier", 2);
        platform.autoriser(&acces, Operation::Envoyer, Relation::SonEtude).is_ok()
    };
    {
        let platform = world.make();
        autre(&world, &platform, &Titulaire::Officier, "officier");
        assert!(!may(&world, &platform), "his certificate and a passkey, by default");
    }
    world.config.comptes.officier_mfa = false;
    std::fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    assert!(may(&world, &world.open()), "two proofs, when it is set so");
}

fn f12_a_longer_password_and_slower_tries_are_asked_for(storage: Storage) {
    let mut world = reglee(storage);
    world.config.comptes.mot_de_passe_longueur = Entre::de::<40>();
    world.config.comptes.essais_sans_delai = Entre::de::<0>();
    let platform = world.make();
    let reference = platform.inviter_compte(&registre(), &Titulaire::Clerc, "clerc@essai.test").unwrap().compte;
    let (secret, code) = (world::token(&world.outbox.last()), code(&world));
    let telephone = Some((&SEED, code.as_str()));
    let with = |mot| {
        let origine = ici(&platform, 1);
        let opened = OuvertureCompte { reference, secret: &secret, nom: "clerc", mot, telephone, origine };
        platform.ouvrir_compte(&opened)
    };
    assert_eq!(refus(with(MOT)), "signification.password_refused", "{} characters", MOT.len());
    with(&format!("{MOT} tournesol mauve")).unwrap();
    let wrong = || essayer(&platform, ("clerc", "un tout autre mot", Second::Aucune), 3).map(|_| ());
    assert_eq!(refus(wrong()), "signification.login_refused");
    assert_eq!(refus(wrong()), "signification.throttled", "the first failure brings a delay");
}

fn f12_the_way_that_is_set_is_taken(storage: Storage) {
    let mut world = monde(storage);
    let act = |world: &W, platform: &Platform<'_>| -> (Id, Id) {
        let consent = world.consent(platform, &world.declaration("isaline@essai.test"));
        (consent, platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte)
    };
    {
        let platform = world.make();
        let (consent, acte) = act(&world, &platform);
        let choix = platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), None).unwrap();
        assert_eq!(choix.voie, Some(Voie::Papier), "nothing but paper by default");
        assert!(platform.config().voies.ouvrir_dossier().unwrap().is_none());
    }
    world.config.voies.electroniques = vec![Voie::Dossier];
    world.config.voies.dossier = Some(world.path("logiciel"));
    std::fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    let platform = world.open();
    let (consent, acte) = act(&world, &platform);
    let choix = platform.choisir_voie(&officer(), &affaire(acte, Some(consent)), None).unwrap();
    assert_eq!(choix.voie, Some(Voie::Dossier));
    let office = platform.config().voies.ouvrir_dossier().unwrap().unwrap();
    platform.servir(&officer(), &office, &remise(acte)).unwrap();
    assert!(world.path(&format!("logiciel/aller/{acte}/acte.pdf")).is_file());
}
