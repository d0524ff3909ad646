//! The way of a notice, in the journal of the platform: tried again, delivered, returned, silent; the date of the act stays.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use signification::acte::ActeState;
use signification::notice::suivi::{CodeAlerte, EtatAvis};
use signification::projection::Views as _;
use signification::{Id, Platform};
use world::{DigestSealer, World, officer};

const NOON: &str = "2026-12-01T11:00:00Z";

fn served(world: &World<DigestSealer>, platform: &Platform<'_>) -> Id {
    let consent = world.consent(platform, &world.declaration("isaline@essai.test"));
    platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte
}

fn notice_of(platform: &Platform<'_>, act: Id) -> Id {
    platform.views().act(act).unwrap().last_notice.unwrap()
}

/// A delivery status notification (RFC 3464) about `notice`, as a server would write it.
fn returned(world: &World<DigestSealer>, notice: Id, action: &str, status: &str) {
    let text = format!(
        "From: MAILER-DAEMON@mx.essai.test\r\nTo: avis@essai.test\r\nSubject: Delivery Status\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"\r\n\r\n\
         --b1\r\nContent-Type: text/plain\r\n\r\nAbout your message.\r\n\
         --b1\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.essai.test\r\n\
         Original-Envelope-Id: {notice}\r\n\r\nFinal-Recipient: rfc822; isaline@essai.test\r\nAction: {action}\r\n\
         Status: {status}\r\n\r\n\
         --b1\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{notice}@essai.test>\r\n\r\n--b1--\r\n"
    );
    let folder = world.path("retours");
    for name in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    std::fs::write(folder.join(format!("new/{action}.{status}")), text).unwrap();
}

fn with_returns() -> World<DigestSealer> {
    let mut world = World::new(DigestSealer { deferred: false }, NOON);
    world.config.avis.retours = Some(world.path("retours"));
    world
}

#[test]
fn c08_a_temporary_refusal_is_tried_again_by_itself() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let act = served(&world, &platform);
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    let sent = platform.envoyer(&officer(), act, false).unwrap();
    assert_eq!((sent.state, sent.avis.unwrap().accepted), (ActeState::EchecAvis, false));
    let notice = notice_of(&platform, act);
    assert_eq!(platform.alertes().unwrap().first().unwrap().code, CodeAlerte::ReprisePrevue);
    // Not before its hour.
    assert!(platform.traiter().unwrap().avis.is_empty());
    *world.outbox.refuse.lock().unwrap() = None;
    let before = world.outbox.sent.lock().unwrap().len();
    world.clock.advance(Duration::from_secs(61));
    let done = platform.traiter().unwrap();
    assert!(done.avis.first().unwrap().accepted);
    let (view, avis) = (platform.views().act(act).unwrap(), platform.avis(notice).unwrap());
    assert_eq!((view.state, avis.etat, avis.essais.len()), (ActeState::Avise, EtatAvis::RemisAuServeur, 2));
    assert_eq!(view.sent_at, Some(NOON.parse().unwrap()), "the date is that of the sending");
    let sent = world.outbox.sent.lock().unwrap();
    assert_eq!(sent.len(), before + 1);
    assert_eq!(dossier::Digests::of(&sent.last().unwrap().raw), avis.digests, "the very same message");
    drop(sent);
    assert!(platform.traiter().unwrap().avis.is_empty());
}

#[test]
fn c08_a_notice_that_comes_back_is_told_and_attested() {
    let world = with_returns();
    let platform = world.make();
    let act = served(&world, &platform);
    platform.envoyer(&officer(), act, false).unwrap();
    let notice = notice_of(&platform, act);
    assert_eq!(platform.views().act(act).unwrap().state, ActeState::Avise);
    returned(&world, notice, "failed", "5.1.1");
    let done = platform.relever().unwrap();
    assert_eq!((done.pris, done.rebuts), (1, 0));
    let view = platform.views().act(act).unwrap();
    assert_eq!((view.state, view.sent_at), (ActeState::EchecAvis, Some(NOON.parse().unwrap())));
    assert_eq!(view.notice_failure, Some(("5.1.1".into(), true)));
    let failures = platform.state().unwrap().receipts.into_values();
    assert_eq!(failures.filter(|r| r.event == "ConsignmentNotificationFailure").count(), 1);
    assert_eq!(platform.alertes().unwrap().first().unwrap().code, CodeAlerte::EchecAvis);
    // The same return, again: nothing more; one about a notice of nobody: set aside.
    returned(&world, notice, "failed", "5.1.1");
    assert_eq!(platform.relever().unwrap().deja_pris, 1);
    returned(&world, act, "failed", "5.0.0");
    assert_eq!(platform.relever().unwrap().rebuts, 1);
    assert!(platform.renotifier(&officer(), act).unwrap().accepted);
    // Nothing of what servers wrote is in clear.
    let pieces = std::fs::read(world.store().join("pieces.jsonl")).unwrap();
    assert!(!world::contains(&pieces, "isaline@") && !world::contains(&pieces, "MAILER"));
    assert!(Platform::verifier_journal(&world.store()).unwrap().intact);
}

#[test]
fn d13_a_delivered_notice_has_its_evidence_and_its_return_is_kept() {
    let world = with_returns();
    let platform = world.make();
    let act = served(&world, &platform);
    platform.envoyer(&officer(), act, false).unwrap();
    let notice = notice_of(&platform, act);
    returned(&world, notice, "delivered", "2.0.0");
    assert_eq!(platform.relever().unwrap().pris, 1);
    assert_eq!(platform.avis(notice).unwrap().etat, EtatAvis::AccepteParLeServeurDuDestinataire);
    let events: Vec<String> = platform.state().unwrap().receipts.into_values().map(|r| r.event).collect();
    assert!(events.contains(&"NotificationDelivered".to_owned()), "{events:?}");
    let words: Vec<&str> = platform.suivi(act).unwrap().lignes.into_iter().map(|line| line.libelle).collect();
    assert!(words.contains(&"Retour : un serveur dit l'avis remis"), "{words:?}");
}

#[test]
fn i05_a_notice_nothing_was_heard_of_is_told_once() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let act = served(&world, &platform);
    platform.envoyer(&officer(), act, false).unwrap();
    assert_eq!(platform.relever().unwrap().silencieux, 0);
    world.clock.advance(Duration::from_secs(73 * 3600));
    assert_eq!(platform.relever().unwrap().silencieux, 1);
    assert_eq!(platform.relever().unwrap().silencieux, 0);
    assert_eq!(platform.avis(notice_of(&platform, act)).unwrap().etat, EtatAvis::SansNouvelle);
}

#[test]
fn c08_a_retry_cut_in_the_middle_is_ended_and_the_notice_can_go_again() {
    let world = World::new(DigestSealer { deferred: false }, NOON);
    let platform = world.make();
    let act = served(&world, &platform);
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    platform.envoyer(&officer(), act, false).unwrap();
    *world.outbox.refuse.lock().unwrap() = None;
    world.clock.advance(Duration::from_secs(61));
    platform.traiter().unwrap();
    drop(platform);
    // The power went off after the second hand-over was begun, before anybody wrote how it ended.
    let path = world.store().join("journal.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let begin = text.rfind("\"signification.notice.begin\"").unwrap();
    let end = begin + text[begin..].find('\n').unwrap() + 1;
    std::fs::write(&path, &text[..end]).unwrap();
    world.lose_tables();
    let platform = world.open();
    let view = platform.views().act(act).unwrap();
    assert_eq!((view.state, view.pending_notice), (ActeState::EchecAvis, None));
    assert_eq!(view.notice_failure, Some(("interrompu".into(), false)));
    assert!(platform.renotifier(&officer(), act).unwrap().accepted);
    assert_eq!(platform.views().act(act).unwrap().state, ActeState::Avise);
    assert!(Platform::verifier_journal(&world.store()).unwrap().intact);
}
