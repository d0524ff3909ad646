//! The round of the vault (row I08) on both storages, and what holds of every message of the service whatever is asked of it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use comptes::*;
use dossier::{Clock as _, Digests, Instant};
use proptest::prelude::*;
use signification::consent::Actor;
use signification::exploitation::{A, EtatCourrier, Event, GenreAlarme, Motif, View};
use signification::platform::{Demande, EtatHorloge, GenreGarde, MesureHorloge, Reparation};
use signification::{Id, Platform, SystemEntropy};
use world::Storage;

on_both_storages!(
    i08_a_damaged_copy_is_repaired_and_told_and_nothing_is_served_when_all_are,
    i08_what_is_erased_is_erased_in_every_copy,
    i10_an_auditor_is_given_what_he_needs_and_no_secret,
    i07_a_clock_off_by_more_than_a_second_stops_the_sending,
    i07_a_source_that_is_silent_or_missing_is_told_and_the_last_reading_stands,
);

fn avec_copies(storage: Storage) -> W {
    let mut world = monde(storage);
    world.config.exploitation.copies = vec!["copie".into()];
    assert!(world.config.check().is_err(), "a whole path is asked for");
    world.config.exploitation.copies = vec![world.path("copie-a"), world.path("copie-b")];
    for folder in &world.config.exploitation.copies {
        std::fs::create_dir(folder).unwrap();
    }
    world
}

fn i08_a_damaged_copy_is_repaired_and_told_and_nothing_is_served_when_all_are(storage: Storage) {
    let world = avec_copies(storage);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = acte(&world, &platform, consent);
    let first = platform.ronde().unwrap();
    assert_eq!((first.verifies, first.copies_faites, first.reparations.len()), (1, 2, 0));
    let vault = world.vaulted(act);
    let relative = vault.strip_prefix(world.store()).unwrap();
    let copies = [world.path("copie-a").join(relative), world.path("copie-b").join(relative)];
    let good = std::fs::read(&vault).unwrap();
    assert!(copies.iter().all(|copy| std::fs::read(copy).unwrap() == good));
    // The vault's own, then a copy.
    std::fs::write(&vault, b"abime").unwrap();
    let again = platform.ronde().unwrap();
    assert_eq!(again.reparations, [Reparation { genre: GenreGarde::Acte, objet: act, abimee: 0, bonne: 1 }]);
    assert_eq!(std::fs::read(&vault).unwrap(), good);
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    std::fs::write(&copies[1], &flipped).unwrap();
    assert_eq!(
        platform.ronde().unwrap().reparations,
        [Reparation { genre: GenreGarde::Acte, objet: act, abimee: 2, bonne: 0 }]
    );
    assert_eq!(lignes(&world, "signification.exploitation.copie_reparee"), 2);
    assert_eq!(platform.ronde().unwrap().reparations, []);
    // A disk that is not mounted is told; nothing is written in its place.
    std::fs::rename(world.path("copie-b"), world.path("ailleurs")).unwrap();
    let without = platform.ronde().unwrap();
    assert_eq!(without.absentes, [world.path("copie-b")]);
    assert!(without.reparations.is_empty() && !world.path("copie-b").exists());
    std::fs::rename(world.path("ailleurs"), world.path("copie-b")).unwrap();
    // All of them: an alarm, and nothing served.
    for place in [&vault, &copies[0], &copies[1]] {
        std::fs::write(place, &flipped).unwrap();
    }
    assert_eq!(platform.ronde().unwrap().perdus, [act]);
    assert_eq!(
        platform.alarmes().unwrap().iter().map(|a| (a.genre, a.objet)).collect::<Vec<_>>(),
        [(GenreAlarme::ObjetPerdu, act)]
    );
    let folder = world.path("lu");
    assert_eq!(refus(platform.telecharger(act, &world.key(consent), &folder)), "signification.vault_altered");
    assert!(!folder.join(format!("acte-{act}.pdf")).exists());
    platform.traiter().unwrap();
    drop(platform);
    world.verify();
}

fn i08_what_is_erased_is_erased_in_every_copy(storage: Storage) {
    let world = avec_copies(storage);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = acte(&world, &platform, consent);
    platform.ronde().unwrap();
    let demande = Demande::Ecrit { registre: registre(), reference: "courrier".into() };
    platform.resilier(consent, &demande, world.clock.now()).unwrap();
    world.clock.set("2027-03-01T08:00:00Z");
    platform.traiter().unwrap();
    let relative = world.vaulted(act).strip_prefix(world.store()).unwrap().to_path_buf();
    for place in [world.store(), world.path("copie-a"), world.path("copie-b")] {
        assert!(!place.join(&relative).exists(), "{}", place.display());
    }
    assert_eq!(platform.ronde().unwrap(), signification::platform::Ronde::default());
}

fn i07_a_clock_off_by_more_than_a_second_stops_the_sending(storage: Storage) {
    let world = monde(storage);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = depot(&world, &platform, consent).unwrap();
    let me = Actor::platform();
    assert!(platform.sante().unwrap().ennuis.iter().any(|why| why.contains("jamais été lu")));
    assert!(platform.noter_horloge(&me, 1000).unwrap());
    assert_eq!(platform.sante().unwrap().ennuis, Vec::<String>::new());
    assert!(!platform.noter_horloge(&me, -1001).unwrap());
    assert_eq!(codes(platform.envoyer(&world::officer(), act, false).unwrap_err()), ["HORLOGE_DECALEE"]);
    assert_eq!(platform.alarmes().unwrap()[0].genre, GenreAlarme::HorlogeDecalee);
    assert!(platform.sante().unwrap().ennuis[0].contains("plus d'une seconde"));
    drop(platform);
    // The stop outlives the process; a good reading ends it.
    let platform = world.open();
    assert_eq!(codes(platform.envoyer(&world::officer(), act, false).unwrap_err()), ["HORLOGE_DECALEE"]);
    assert!(platform.noter_horloge(&me, 12).unwrap());
    platform.envoyer(&world::officer(), act, false).unwrap();
    let lines = world.lines().len();
    assert!(platform.noter_horloge(&me, 15).unwrap());
    assert_eq!(world.lines().len(), lines, "nothing new");
    assert_eq!(refus(platform.noter_horloge(&world::officer(), 0)), "signification.forbidden");
}

fn i07_a_source_that_is_silent_or_missing_is_told_and_the_last_reading_stands(storage: Storage) {
    let mut world = monde(storage);
    let me = Actor::platform();
    let told =
        |platform: &Platform<'_>, word: &str| platform.sante().unwrap().ennuis.iter().any(|why| why.contains(word));
    {
        let platform = world.make();
        assert_eq!(platform.etat_horloge(), EtatHorloge::SansSource);
        assert!(told(&platform, "Aucun serveur de temps n'est configuré"));
        assert!(platform.horloge_admet_l_envoi().unwrap(), "nothing is known against it");
    }
    world.config.exploitation.serveurs_temps = vec!["ntp://127.0.0.1".into()];
    assert!(world.config.check().is_err(), "a name or an address, no more");
    world.config.exploitation.serveurs_temps = vec!["127.0.0.1".into()];
    std::fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    let platform = world.open();
    assert_eq!(platform.etat_horloge(), EtatHorloge::PasMesuree);
    assert!(told(&platform, "depuis l'ouverture"));
    assert!(platform.noter_horloge(&me, MesureHorloge::Muette("silence".into())).unwrap());
    assert!(told(&platform, "silence"));
    // A bad reading, then silence: what the reading forbade stays forbidden, and both are told.
    assert!(!platform.noter_horloge(&me, 2500).unwrap());
    let lines = world.lines().len();
    assert!(!platform.noter_horloge(&me, 2600).unwrap());
    assert_eq!(world.lines().len(), lines, "still off: no further line, no further alarm that day");
    assert!(!platform.noter_horloge(&me, MesureHorloge::Muette("silence".into())).unwrap());
    assert!(told(&platform, "plus d'une seconde") && told(&platform, "silence"));
    // A good one frees it; an old one says nothing of now.
    assert!(platform.noter_horloge(&me, -4).unwrap());
    assert_eq!(platform.sante().unwrap().ennuis, Vec::<String>::new());
    let EtatHorloge::Mesuree { ecart_ms: -4, le } = platform.etat_horloge() else { panic!() };
    world.clock.set(&(le.timestamp() + jiff::SignedDuration::from_secs(3700)).to_string());
    assert!(told(&platform, "n'a plus été mesuré"));
}

fn i10_an_auditor_is_given_what_he_needs_and_no_secret(storage: Storage) {
    let mut world = monde(storage);
    world.config.sms = Some(
        toml::from_str(
            "url = \"https://sms.example/cle-du-chemin/envoi\"\n\
             corps = '{\"a\":\"{numero}\",\"texte\":\"{texte}\",\"cle\":\"cle-du-corps\"}'\n\
             [[entetes]]\nnom = \"X-Client\"\nvaleur = \"cle-de-l-entete\"\n",
        )
        .unwrap(),
    );
    let world = world;
    let platform = world.make();
    let lock = include_bytes!("../../../Cargo.lock");
    let to = world.path("audit.zip");
    assert_eq!(refus(platform.exporter_audit(&world::officer(), lock, &to)), "signification.forbidden");
    let audit = platform.exporter_audit(&registre(), lock, &to).unwrap();
    assert!(platform.exporter_audit(&registre(), lock, &to).is_err(), "never over a file");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&to).unwrap()).unwrap();
    let mut read = |name: &str| {
        let mut octets = Vec::new();
        std::io::Read::read_to_end(&mut zip.by_name(name).unwrap(), &mut octets).unwrap();
        octets
    };
    for (name, sha256) in &audit.fichiers {
        assert_eq!(&dossier::Sha256Digest::of(&read(name)), sha256, "{name}");
    }
    for name in ["configuration.toml", "procedure.json", "registres.txt", "conservation.json", "alarmes.json"] {
        assert!(!read(name).is_empty(), "{name}");
    }
    let sbom: serde_json::Value = serde_json::from_slice(&read("nomenclature.cdx.json")).unwrap();
    let names: Vec<_> = sbom["components"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"sled") && names.contains(&"signification"));
    let journal: serde_json::Value = serde_json::from_slice(&read("journal.json")).unwrap();
    assert_eq!(journal["lignes"], world.lines().len());
    let config = String::from_utf8(read("configuration.toml")).unwrap();
    for secret in ["cle-du-chemin", "cle-du-corps", "cle-de-l-entete"] {
        assert!(!config.contains(secret), "{secret}");
    }
    assert!(
        refus(platform.exporter_audit(&registre(), b"pas un verrou", &world.path("b.zip"))) == "signification.config"
    );
}

fn un_evenement() -> Id {
    "00000000-0000-8000-8000-000000000003".parse().unwrap()
}

fn at(ms: i64) -> Instant {
    Instant::from_millisecond(1_800_000_000_000 + ms).unwrap()
}

fn event(courrier: Id, which: u8, ms: i64) -> Event {
    let motif = Motif::ForceMajeure { evenement: un_evenement() };
    match which {
        0 => Event::CourrierPrevu { courrier, motif, a: A::Etude, pas_avant: at(50) },
        1 => Event::CourrierEcrit { courrier, digests: Digests::of(b"octets") },
        2 => Event::CourrierEssai { courrier },
        3 => Event::CourrierRemis { courrier, code_smtp: 250 },
        4 => Event::CourrierRefuse { courrier, code: "451".into(), reprise: Some(at(ms + 10)) },
        5 => Event::CourrierRefuse { courrier, code: "550".into(), reprise: None },
        _ => Event::CourrierSansObjet { courrier, code: "terme_passe".into() },
    }
}

proptest! {
    /// Whatever comes in whatever order: nothing goes before its hour, nothing is taken twice, what is done with stays so, and
    /// the lines alone make the same view again.
    #[test]
    fn f06_a_message_is_taken_once_and_never_before_its_hour(steps in prop::collection::vec((0_u8..7, 0_i64..40), 1..40)) {
        let me = Actor::platform();
        let motif = Motif::ForceMajeure { evenement: un_evenement() };
        let courrier = motif.identifiant(&A::Etude).unwrap();
        prop_assert_ne!(courrier, motif.identifiant(&A::Exploitant).unwrap());
        let (mut view, mut now, mut taken): (Option<View>, i64, u32) = (None, 0, 0);
        for (which, wait) in steps {
            now += wait;
            let event = event(courrier, which, now);
            let text = serde_json::to_string(&event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), &event);
            let before = view.clone();
            let Ok(next) = View::next(view.as_ref(), at(now), &me, &event) else { continue };
            prop_assert!(View::next(before.as_ref(), at(now), &Actor::office("x"), &event).is_err() || which == 0);
            let View::Courrier(told) = &next else { panic!("a message") };
            taken += u32::from(which == 3);
            prop_assert!(which != 2 || now >= 50, "not before its hour");
            prop_assert_eq!(told.remis_le.is_some(), told.etat == EtatCourrier::Remis);
            let text = serde_json::to_string(&next).unwrap();
            prop_assert_eq!(&serde_json::from_str::<View>(&text).unwrap(), &next);
            view = Some(next);
        }
        prop_assert!(taken <= 1);
    }

    /// An identifier that is not the one its words give is refused.
    #[test]
    fn f06_a_message_is_owed_under_its_own_identifier(ms in 0_i64..1_000_000) {
        let event = event(Id::new(at(ms), &SystemEntropy::default()).unwrap(), 0, 0);
        prop_assert!(View::next(None, at(0), &Actor::platform(), &event).is_err());
    }
}

#[test]
fn f09_an_access_needs_both_the_acknowledgement_and_an_instruction() {
    let compte = Id::new(at(0), &SystemEntropy::default()).unwrap();
    let read = Event::Acces { compte, instruction: compte, operation: "lire".into() };
    assert!(View::next(None, at(0), &Actor::platform(), &read).is_err());
}
