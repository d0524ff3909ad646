//! New terms of use (A14, A15) and the internal target of constats (I06), on both storages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/servi.rs"]
mod servi;
#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use dossier::{Instant, Sha256Digest};
use servi::{NOON, answer, code, searched, served, sound, world};
use signification::acte::ActeState;
use signification::consent::{Actor, ConsentState};
use signification::delais::DelaiState;
use signification::platform::{Demande, EtatCgu};
use signification::projection::Views as _;
use signification::text::CGU;
use signification::{Id, Platform};
use world::{DigestSealer, Storage, World, officer};

on_both_storages!(
    a14_new_terms_take_a_month_and_everybody_is_told,
    a15_silence_shows_the_text_first_and_acts_stay_readable,
    a15_who_terminates_is_told_nothing_more_and_gets_no_new_act,
    i06_the_internal_target_warns_at_24_36_44_47_hours_then_once_at_48,
);

const NEW: &str = "Conditions, version 2 : une phrase de plus.\n";

fn publish(
    platform: &Platform<'_>,
    effect: &str,
) -> Result<signification::platform::Publiee, signification::SignificationError> {
    platform.publier_cgu(&Actor::registry("chambre"), "2", NEW, effect.parse().unwrap())
}

fn a14_new_terms_take_a_month_and_everybody_is_told(storage: Storage) {
    let mut world = world(storage);
    world.clock = world::SetClock::new("2027-01-31T09:00:00Z");
    let platform = world.make().avec(searched()).unwrap();
    let first = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let other = world.consent(&platform, &world.declaration("autre@essai.test"));
    let before = world.outbox.sent.lock().unwrap().len();
    assert_eq!(code(publish(&platform, "2027-02-27T00:00:00+01:00")), "signification.cgu_notice");
    assert_eq!(code(publish(&platform, "2027-02-28T23:59:59+01:00")), "signification.cgu_notice");
    let at = "2027-03-01T00:00:00+01:00";
    let office = platform.publier_cgu(&officer(), "2", NEW, at.parse().unwrap());
    assert_eq!(code(office), "signification.actor");
    let done = publish(&platform, at).unwrap();
    assert_eq!((done.a_prevenir, done.version.sha256), (2, Sha256Digest::of(NEW.as_bytes())));
    assert_eq!(publish(&platform, at).unwrap().a_prevenir, 0, "the same call again goes on, and does nothing twice");
    let other_text = platform.publier_cgu(&Actor::registry("chambre"), "2", "autre", at.parse().unwrap());
    assert_eq!(code(other_text), "signification.field");
    // One server refuses for now: told an hour later.
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    platform.traiter().unwrap();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before);
    *world.outbox.refuse.lock().unwrap() = None;
    platform.traiter().unwrap();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before, "not before its hour");
    world.clock.advance(Duration::from_secs(3600));
    assert_eq!(platform.traiter().unwrap().echeances.len(), 2);
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before + 2);
    let mail = String::from_utf8_lossy(&world.outbox.last()).replace("=\r\n", "");
    assert!(mail.contains(&Sha256Digest::of(NEW.as_bytes()).to_hex()), "{mail}");
    platform.traiter().unwrap();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before + 2, "once each");
    // Who comes meanwhile accepts the text in force, and is told of the next.
    let late = world.consent(&platform, &world.declaration("tard@essai.test"));
    for id in [first, other, late] {
        assert!(matches!(platform.etat_cgu(id).unwrap(), EtatCgu::Preavis { version, .. } if version == "2"));
    }
    assert_eq!(platform.traiter().unwrap().echeances.len(), 1);
    sound(&world, &platform);
}

fn a15_silence_shows_the_text_first_and_acts_stay_readable(storage: Storage) {
    let world = world(storage);
    let platform = world.make().avec(searched()).unwrap();
    let (silent, act) = served(&world, &platform, "assignation");
    let (keen, his) = served(&world, &platform, "assignation");
    publish(&platform, "2027-01-15T00:00:00+01:00").unwrap();
    // One accepts before the effect date: nothing changes for him then.
    let shown = platform.presenter_cgu(keen, &world.key(keen)).unwrap().unwrap();
    assert_eq!((shown.texte.as_str(), shown.version.as_str()), (NEW, "2"));
    let old = Sha256Digest::of(CGU.as_bytes()).to_hex();
    assert_eq!(code(platform.adherer_cgu(keen, &world.key(keen), &old)), "signification.cgu_mismatch");
    assert_eq!(
        code(platform.adherer_cgu(keen, &world.key(silent), &shown.sha256.to_hex())),
        "signification.key_refused"
    );
    let state = platform.adherer_cgu(keen, &world.key(keen), &shown.sha256.to_hex()).unwrap();
    assert_eq!(state, EtatCgu::AJour);
    world.clock.set("2027-01-14T22:59:59Z");
    assert!(platform.consulter(act, &world.key(silent)).is_ok(), "one second before");
    world.clock.set("2027-01-14T23:00:00Z");
    assert!(platform.consulter(his, &world.key(keen)).is_ok());
    // The other sees the text before anything else; then he reads, and may not answer.
    assert_eq!(code(platform.consulter(act, &world.key(silent))), "signification.cgu_requises");
    assert_eq!(code(platform.telecharger(act, &world.key(silent), &world.path("x"))), "signification.cgu_requises");
    assert_eq!(platform.etat_cgu(silent).unwrap(), EtatCgu::APresenter { version: "2".into(), presentee: false });
    let shown = platform.presenter_cgu(silent, &world.key(silent)).unwrap().unwrap();
    assert!(platform.telecharger(act, &world.key(silent), &world.path("recu")).is_ok(), "pending acts remain readable");
    assert_eq!(code(platform.repondre(&answer(&world, act, None), &world.key(silent))), "signification.cgu_requises");
    assert_eq!(platform.views().consent(silent).unwrap().state, ConsentState::Actif, "silence ends nothing");
    // What is sent names the terms that bind: the old ones, then the new.
    let sent = |consent: Id| {
        let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
        platform.envoyer(&officer(), act, false).unwrap();
        let view = platform.views().act(act).unwrap();
        (view.proof.unwrap().0, view.state)
    };
    world.clock.set("2027-01-15T10:00:00Z");
    assert_eq!(sent(silent), ("1".into(), ActeState::Avise));
    platform.adherer_cgu(silent, &world.key(silent), &shown.sha256.to_hex()).unwrap();
    assert_eq!((sent(silent).0, sent(keen).0), ("2".into(), "2".into()));
    assert!(platform.repondre(&answer(&world, act, None), &world.key(silent)).is_ok());
    assert!(platform.presenter_cgu(silent, &world.key(silent)).unwrap().is_none());
    sound(&world, &platform);
}

fn a15_who_terminates_is_told_nothing_more_and_gets_no_new_act(storage: Storage) {
    let world = world(storage);
    let platform = world.make().avec(searched()).unwrap();
    let (consent, act) = served(&world, &platform, "assignation");
    let sent = world.outbox.sent.lock().unwrap().len();
    publish(&platform, "2027-01-15T00:00:00+01:00").unwrap();
    platform.revoquer(consent, &Demande::Destinataire { cle: world.key(consent) }).unwrap();
    platform.traiter().unwrap();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), sent);
    let refused = platform.deposer(&officer(), &world.deposit(consent, "assignation"));
    assert_eq!(code(refused), "signification.act_refused");
    let shown = Sha256Digest::of(NEW.as_bytes()).to_hex();
    assert_eq!(code(platform.adherer_cgu(consent, &world.key(consent), &shown)), "signification.transition");
    world.clock.set("2027-01-20T10:00:00Z");
    platform.presenter_cgu(consent, &world.key(consent)).unwrap();
    assert!(platform.consulter(act, &world.key(consent)).is_ok(), "what was served stays readable");
    sound(&world, &platform);
}

fn i06_the_internal_target_warns_at_24_36_44_47_hours_then_once_at_48(storage: Storage) {
    let world = world(storage);
    let platform = world.make();
    let constat = Id::new(NOON.parse().unwrap(), &world.entropy).unwrap();
    assert_eq!(code(platform.commencer_delai(&Actor::registry("r"), constat)), "signification.actor");
    let started = platform.commencer_delai(&officer(), constat).unwrap();
    assert!(started.phrase.starts_with("Délai interne (48 h)"), "{}", started.phrase);
    let mut told = Vec::new();
    for hour in 1..=50 {
        world.clock.advance(Duration::from_secs(3600));
        let done = platform.traiter().unwrap().echeances;
        told.extend(done.into_iter().map(|echue| (hour, echue.fait)));
    }
    let hours: Vec<i32> = told.iter().map(|(hour, _)| *hour).collect();
    assert_eq!(hours, [24, 36, 44, 47, 48]);
    let red = platform.alertes_delais().unwrap();
    assert_eq!((red.len(), red[0].rapport.state, red[0].alertes.len()), (1, DelaiState::Depasse, 5));
    assert_eq!(platform.delai_remis(&officer(), constat).unwrap().rapport.state, DelaiState::RemisEnRetard);
    assert_eq!(platform.alertes_delais().unwrap(), []);
    // One that is delivered in time warns of nothing more; a clock that slept gives every alert, each once.
    let (early, late) = (officer_constat(&world, 1), officer_constat(&world, 2));
    platform.commencer_delai(&officer(), early).unwrap();
    platform.commencer_delai(&officer(), late).unwrap();
    platform.delai_remis(&officer(), early).unwrap();
    world.clock.advance(Duration::from_secs(45 * 3600));
    let done = platform.traiter().unwrap().echeances;
    assert_eq!(done.len(), 1);
    assert_eq!((done[0].objet, done[0].fait.as_str()), (late, "Alerte du délai interne : 24 h, 36 h, 44 h."));
    assert_eq!(platform.traiter().unwrap().echeances, []);
    sound(&world, &platform);
}

fn officer_constat(world: &World<DigestSealer>, n: i64) -> Id {
    Id::new(Instant::from_millisecond(1_800_000_000_000 + n).unwrap(), &world.entropy).unwrap()
}
