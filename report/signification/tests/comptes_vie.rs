//! Accounts on the platform, row by row, on both storages: interruptions, incidents, probes, refusals, termination.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use comptes::*;
use dossier::{Clock as _, Finding, Instant, Level, Sha256Digest};
use jiff::civil::date;
use signification::comptes::Operation;
use signification::comptes::connexion::Second;
use signification::comptes::incident::Nature;
use signification::comptes::interruption::{Attestation, Cause};
use signification::consent::Actor;
use signification::platform::comptes::{Objet, OuvertureCompte};
use signification::projection::Views as _;
use signification::{EvidenceVerifier, Platform};
use world::{ACT, Storage, contains, officer};

on_both_storages!(
    b09_an_interruption_is_attested_to_the_millisecond,
    b10_an_incident_is_told_acknowledged_and_closed_with_its_timer,
    b11_probing_locks_the_source_past_a_restart,
    e02_refusals_are_lines_and_the_tables_are_made_again_from_them,
    f03_f04_a_terminated_account_is_read_for_two_months_and_does_nothing_else,
);

struct DigestVerifier;

impl EvidenceVerifier for DigestVerifier {
    fn check_signature(&self, bytes: &[u8], signature: &[u8]) -> Vec<Finding> {
        let good = Sha256Digest::of(bytes).to_hex().into_bytes() == signature;
        (!good).then(|| Finding::new("test.signature", Level::Fail, "autre")).into_iter().collect()
    }

    fn check_token(&self, bytes: &[u8], token: &[u8]) -> Vec<Finding> {
        self.check_signature(bytes, token)
    }
}

fn b09_an_interruption_is_attested_to_the_millisecond(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let me = Actor::platform();
    let at = |text: &str| text.parse::<Instant>().unwrap();
    let (from, to) = (at("2026-12-01T11:10:00.000Z"), at("2026-12-01T11:20:00.000Z"));
    let cause = Cause::Maintenance;
    assert_eq!(refus(platform.annoncer_interruption(&officer(), cause, (from, to))), "signification.forbidden");
    let outage = platform.annoncer_interruption(&me, cause, (from, to)).unwrap();
    assert!(platform.interruptions().unwrap()[0].a_venir(world.clock.now()));
    world.clock.set("2026-12-01T11:10:02Z");
    platform.commencer_interruption(&me, Some(outage), cause, from).unwrap();
    world.clock.set("2026-12-01T11:20:01Z");
    platform.finir_interruption(&me, outage, to).unwrap();
    world.clock.set("2026-12-02T11:00:00Z");
    let asked = (at("2026-11-30T23:00:00Z"), at("2026-12-01T23:00:00Z"));
    let signed = platform.attester_indisponibilite(asked.0, asked.1).unwrap();
    let line = &signed.contenu.interruptions[0];
    assert_eq!((line.du, line.au, signed.contenu.total_ms), (from, to, 600_000));
    let folder = world.path("attestation");
    assert_eq!(signed.ecrire(&folder).unwrap().len(), 3);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (bytes, signature, token) =
        (read("attestation.json"), read("attestation.json.p7s"), read("attestation.json.tst"));
    let check = |bytes: &[u8]| Attestation::verifier(bytes, &signature, Some(&token), &DigestVerifier);
    let (told, findings) = check(&bytes).unwrap();
    assert_eq!((told, findings), (signed.contenu.clone(), vec![]));
    let longer = String::from_utf8(bytes).unwrap().replace("600000", "700000");
    assert_eq!(check(longer.as_bytes()).unwrap().1.len(), 2, "neither signature nor time");
    assert!(check(format!("{longer} ").as_bytes()).is_err());
}

fn b10_an_incident_is_told_acknowledged_and_closed_with_its_timer(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, _) = destinataire(&world, &platform, "isaline");
    destinataire(&world, &platform, "basile");
    let act = acte(&world, &platform, consent);
    let acces = entrer(&world, &platform, "isaline", 1);
    let words = "Il manque la page deux de l'acte.";
    let incident = platform.ouvrir_incident(&acces, act, Nature::ActeIllisible, words).unwrap();
    let other = entrer(&world, &platform, "basile", 2);
    assert_eq!(refus(platform.ouvrir_incident(&other, act, Nature::Panne, words)), "signification.forbidden");
    assert_eq!(refus(platform.incidents(&other, act)), "signification.forbidden");
    assert_eq!(refus(platform.accuser_incident(&other, incident)), "signification.forbidden");
    assert_eq!(refus(platform.accuser_incident(&acces, incident)), "signification.actor", "his own");
    world.clock.advance(Duration::from_secs(900));
    let shown = platform.incidents(&officer(), act).unwrap();
    assert_eq!((shown[0].texte.as_deref(), shown[0].attente.secondes >= 900), (Some(words), true));
    assert!(!shown[0].attente.accuse && !shown[0].attente.en_retard);
    platform.accuser_incident(&officer(), incident).unwrap();
    platform.clore_incident(&officer(), incident, "Un acte entier vous est envoyé.").unwrap();
    let shown = platform.incidents(&acces, act).unwrap();
    assert!(shown[0].attente.accuse && shown[0].reponse.is_some());
    assert!(!contains(&world.journal(), "page deux"));
}

fn b11_probing_locks_the_source_past_a_restart(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    destinataire(&world, &platform, "isaline");
    let origine = ici(&platform, 66);
    let o = |secret| OuvertureCompte {
        reference: platform.nouvel_identifiant().unwrap(),
        secret,
        nom: "intrus",
        mot: MOT,
        telephone: None,
        origine,
    };
    for _ in 0..20 {
        assert_eq!(refus(platform.ouvrir_compte(&o("Jfaux"))), "signification.invitation");
    }
    assert_eq!(refus(platform.ouvrir_compte(&o("Jfaux"))), "signification.throttled");
    let attempt = |platform: &Platform<'_>, octet| essayer(platform, ("isaline", "faux", Second::Aucune), octet);
    assert_eq!(refus(attempt(&platform, 66)), "signification.throttled");
    assert_eq!(refus(attempt(&platform, 67)), "signification.login_refused", "another source");
    assert_eq!(lignes(&world, "signification.source.locked"), 1);
    assert!(!contains(&world.journal(), "192.0.66"));
    drop(platform);
    let platform = rouvrir(&world);
    assert_eq!(refus(attempt(&platform, 66)), "signification.throttled");
    world.clock.advance(Duration::from_secs(901));
    assert_eq!(refus(attempt(&platform, 66)), "signification.login_refused");
}

fn e02_refusals_are_lines_and_the_tables_are_made_again_from_them(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, account) = destinataire(&world, &platform, "isaline");
    assert!(essayer(&platform, ("isaline", "faux", Second::Aucune), 1).is_err());
    assert!(essayer(&platform, ("personne", "faux", Second::Aucune), 1).is_err());
    assert_eq!(lignes(&world, "signification.account.login_failed"), 1);
    assert_eq!(lignes(&world, "signification.source.login_failed"), 1);
    let acces = entrer(&world, &platform, "isaline", 1);
    let other = platform.nouvel_identifiant().unwrap();
    let before = world.lines().len();
    assert_eq!(refus(platform.consulter_en_session(&acces, other)), "signification.forbidden");
    assert_eq!(refus(platform.autoriser_sur(&acces, Operation::Deposer, Objet::Tous)), "signification.forbidden");
    let refused: Vec<Vec<u8>> = world.lines().split_off(before);
    assert_eq!(refused.len(), 2);
    assert!(contains(&refused[0], &format!("signification.forbidden : consulter (acte {other})")));
    assert!(refused.iter().all(|line| contains(line, &account.to_string())));
    let views = |platform: &Platform<'_>| {
        let accounts = platform.compte_vu(account).unwrap();
        (accounts, platform.interruptions().unwrap(), platform.views().consent(consent).unwrap())
    };
    let known = views(&platform);
    drop(platform);
    world.lose_tables();
    let platform = rouvrir(&world);
    assert_eq!(views(&platform), known);
    // The name too, which no journal has.
    entrer(&world, &platform, "isaline", 1);
    drop(platform);
    assert!(world.verify().intact);
}

fn f03_f04_a_terminated_account_is_read_for_two_months_and_does_nothing_else(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, account) = destinataire(&world, &platform, "isaline");
    let act = acte(&world, &platform, consent);
    let acces = entrer(&world, &platform, "isaline", 1);
    let asked = platform.demander_resiliation(&acces).unwrap();
    assert!(depot(&world, &platform, consent).is_ok(), "not before it is processed");
    world.clock.set("2026-12-03T11:00:00Z");
    let done = platform.traiter_resiliation(&registre(), account).unwrap();
    assert_eq!((done.recue_le, done.traitee_le), (asked, "2026-12-03T11:00:00Z".parse().unwrap()));
    assert_eq!(done.lecture_jusqu_au, Some(date(2027, 2, 3)));
    assert_eq!(codes(depot(&world, &platform, consent).unwrap_err()), ["SANS_CONSENTEMENT"]);
    assert_eq!(refus(platform.remettre_en_session(&acces, act, &mut Vec::new())), "signification.session");
    let acces = entrer(&world, &platform, "isaline", 1);
    let mut bytes = Vec::new();
    platform.remettre_en_session(&acces, act, &mut bytes).unwrap();
    assert_eq!(bytes, ACT);
    for (operation, objet) in [
        (Operation::Repondre, Objet::Acte(act)),
        (Operation::DonnerMandat, Objet::Consentement(consent)),
        (Operation::DemanderResiliation, Objet::Consentement(consent)),
        (Operation::Accepter, Objet::Consentement(consent)),
    ] {
        assert_eq!(refus(platform.autoriser_sur(&acces, operation, objet)), "signification.forbidden");
    }
    world.clock.set("2027-02-03T11:00:00Z");
    assert!(platform.consulter_en_session(&entrer(&world, &platform, "isaline", 1), act).is_ok());
    world.clock.set("2027-02-04T11:00:00Z");
    let typed = code(&world);
    assert_eq!(refus(essayer(&platform, ("isaline", MOT, Second::Totp(&typed)), 1)), "signification.login_refused");
    assert_eq!(lignes(&world, "signification.account.read_only"), 1);
}
