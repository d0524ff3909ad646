//! What is refused, and how: every refusal has its code, leaves a journal line, and changes no state.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::fs;
use std::io::{self, Write};
use std::time::Duration;

use signification::Escrow;
use signification::acte::{ActeState, Refusal};
use signification::consent::{Actor, ConsentState};
use signification::letter::Qualification;
use signification::platform::{Demande, Handover, Platform};
use signification::projection::Views as _;
use signification::vault::SecretKey;
use world::{ACT, DigestSealer, Storage, World, officer, person, token};

fn world(storage: Storage, now: &str) -> World<DigestSealer> {
    World::on(storage, DigestSealer { deferred: false }, now)
}

on_both_storages!(
    out_of_the_window_an_act_is_refused_or_scheduled_never_sent,
    the_guard_band_refuses_what_could_not_end_in_time,
    a_scheduled_act_whose_consent_ended_is_rejected_with_its_reason,
    each_state_of_the_consent_refuses_with_its_own_code,
    only_the_recipient_consents_and_refusal_is_no_consent,
    an_invitation_expires,
    a_lookup_answers_yes_or_no_and_leaves_its_trace,
    documents_are_asked_for_and_paths_checked,
    what_is_not_a_whole_pdf_is_refused,
    a_vault_that_was_touched_raises_an_alarm_and_serves_nothing,
    only_the_recipient_s_key_opens_and_escrow_is_a_policy,
    an_interrupted_handover_is_no_receipt,
    a_store_is_one_and_used_by_one,
    a_journal_cut_at_any_line_rebuilds_what_was_acknowledged,
    a_failed_deposit_is_attested_and_carried_on_later,
    a_notice_whose_end_is_unknown_is_not_claimed,
);

fn registry() -> Actor {
    Actor::registry("registre")
}

fn writ() -> Demande {
    Demande::Ecrit { registre: registry(), reference: "lettre du 1er décembre".into() }
}

fn out_of_the_window_an_act_is_refused_or_scheduled_never_sent(storage: Storage) {
    let world = world(storage, "2027-03-27T10:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    // Saturday before Easter, after 21:00: next open on Tuesday.
    world.clock.set("2027-03-27T20:00:01Z");
    let error = platform.envoyer(&officer(), act, false).unwrap_err();
    assert_eq!(error.code(), "signification.window_closed");
    assert!(error.to_string().contains("2027-03-30T04:00:00.000Z"));
    assert_eq!(platform.state().unwrap().act(act).unwrap().state, ActeState::Scelle);
    let put_off = platform.envoyer(&officer(), act, true).unwrap();
    assert_eq!((put_off.state, put_off.refus), (ActeState::Programme, vec![Refusal::FenetreFermee]));
    assert_eq!(put_off.programme_pour.unwrap().to_string(), "2027-03-30T04:00:00.000Z");
    for (now, sent) in [("2027-03-29T10:00:00Z", 0), ("2027-03-30T03:59:59Z", 0), ("2027-03-30T04:00:00Z", 1)] {
        world.clock.set(now);
        assert_eq!(platform.traiter().unwrap().envois.len(), sent, "{now}");
    }
    assert_eq!(platform.state().unwrap().act(act).unwrap().sent_at.unwrap().to_string(), "2027-03-30T04:00:00.000Z");
    // Reading is possible at any hour: Sunday, 3:00.
    world.clock.set("2027-04-04T01:00:00Z");
    let read = platform.consulter(act, &world.key(consent)).unwrap();
    assert_eq!(read.qualification, Some(Qualification::ADomicile));
    let letter = platform.suivi(act).unwrap();
    assert_eq!(letter.lettre_le.as_deref(), Some("mercredi 31 mars 2027"));
}

fn the_guard_band_refuses_what_could_not_end_in_time(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    world.clock.set("2026-12-01T19:55:01Z");
    let error = platform.envoyer(&officer(), act, false).unwrap_err();
    assert_eq!(error.to_string(), "act refused: GARDE_HORAIRE");
    world.clock.set("2026-12-01T19:55:00Z");
    // The clock went back: no date would be certain.
    assert_eq!(platform.envoyer(&officer(), act, false).unwrap_err().code(), "signification.clock_back");
}

fn a_scheduled_act_whose_consent_ended_is_rejected_with_its_reason(storage: Storage) {
    let world = world(storage, "2026-12-05T10:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    world.clock.set("2026-12-06T10:00:00Z");
    platform.envoyer(&officer(), act, true).unwrap();
    let revoked = platform.revoquer(consent, &Demande::Destinataire { cle: world.key(consent) }).unwrap();
    assert_eq!(revoked.destroy_on.unwrap().to_string(), "2031-12-06");
    world.clock.set("2026-12-07T10:00:00Z");
    assert_eq!(platform.traiter().unwrap().rejets, [act]);
    assert_eq!(platform.state().unwrap().act(act).unwrap().state, ActeState::Rejete);
}

fn each_state_of_the_consent_refuses_with_its_own_code(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let mut declaration = world.declaration("isaline@essai.test");
    declaration.natures = Some(vec!["assignation".into()]);
    declaration.jusqu_au = Some("2026-12-31".into());
    let consent = world.consent(&platform, &declaration);
    let refused = |platform: &Platform<'_>, nature: &str| {
        let lines = platform.greffe_head().next;
        let error = platform.deposer(&officer(), &world.deposit(consent, nature)).unwrap_err().to_string();
        assert_eq!(platform.greffe_head().next, lines + 1, "one journal line");
        assert!(platform.state().unwrap().acts.len() <= 1);
        error
    };
    assert_eq!(refused(&platform, "saisie-attribution"), "act refused: HORS_PERIMETRE");
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.suspendre(consent, &writ(), "compromission").unwrap();
    assert_eq!(refused(&platform, "assignation"), "act refused: COMPTE_SUSPENDU");
    assert_eq!(refused(&platform, "conge"), "act refused: COMPTE_SUSPENDU, HORS_PERIMETRE");
    platform.reprendre(consent, &registry()).unwrap();
    platform.envoyer(&officer(), act, false).unwrap();
    // The term the recipient set: 1 January, 0:00 in Paris.
    world.clock.set("2026-12-31T23:00:00Z");
    assert_eq!(refused(&platform, "assignation"), "act refused: CONSENTEMENT_EXPIRE");
    drop(platform);
    let platform = world.open();
    assert_eq!(platform.state().unwrap().consent(consent).unwrap().state, ConsentState::Expire);
    assert_eq!(platform.state().unwrap().act(act).unwrap().sent_at, Some("2026-12-01T11:00:00Z".parse().unwrap()));
    assert!(platform.consulter(act, &world.key(consent)).is_ok(), "what was sent stays readable");
}

fn only_the_recipient_consents_and_refusal_is_no_consent(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = platform.proposer(&officer(), "2026-0142", "étude").unwrap().consent;
    platform.declarer(&officer(), consent, &world.declaration("isaline@essai.test")).unwrap();
    platform.inviter(&officer(), consent).unwrap();
    let secret = token(&world.outbox.sent.lock().unwrap()[0].raw);
    // The office does not know the secret, and no command lets it accept.
    let wrong = platform.accepter(&world.accept_input(consent, "deviné")).unwrap_err();
    assert_eq!(wrong.code(), "signification.invitation");
    let mut other_text = world.accept_input(consent, &secret);
    other_text.cgu_sha256 = "0".repeat(64);
    assert_eq!(platform.accepter(&other_text).unwrap_err().code(), "signification.cgu_mismatch");
    let mut inside = world.accept_input(consent, &secret);
    inside.cle = world.store().join("cles/destinataire.cle");
    assert_eq!(platform.accepter(&inside).unwrap_err().code(), "signification.key");
    let refused = platform.refuser(&world.accept_input(consent, &secret)).unwrap();
    assert_eq!(refused.state, ConsentState::Refuse);
    let deposit = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap_err();
    assert_eq!(deposit.to_string(), "act refused: SANS_CONSENTEMENT");
    let found = platform.consulter_registre(&officer(), "2026-0142", &person("")).unwrap();
    assert!(!found.consent_actif);
    let office = Demande::Ecrit { registre: officer(), reference: "x".into() };
    assert_eq!(platform.revoquer(consent, &office).unwrap_err().code(), "signification.actor");
}

fn an_invitation_expires(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = platform.proposer(&officer(), "2026-0142", "étude").unwrap().consent;
    platform.declarer(&officer(), consent, &world.declaration("isaline@essai.test")).unwrap();
    let end = platform.inviter(&officer(), consent).unwrap().expires_at;
    assert_eq!(end.to_string(), "2026-12-31T23:00:00.000Z");
    world.clock.set("2026-12-31T23:00:00Z");
    let secret = token(&world.outbox.sent.lock().unwrap()[0].raw);
    assert!(platform.accepter(&world.accept_input(consent, &secret)).unwrap_err().to_string().contains("expiré"));
}

fn a_lookup_answers_yes_or_no_and_leaves_its_trace(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let refused = platform.consulter_registre(&officer(), " ", &person("")).unwrap_err();
    assert_eq!(refused.code(), "signification.lookup_without_dossier");
    let found = platform.consulter_registre(&officer(), "2026-0200", &person("")).unwrap();
    assert_eq!(found.consent, Some(consent));
    let mut partial = person("");
    partial.prenoms = "Isa".into();
    assert!(!platform.consulter_registre(&officer(), "2026-0200", &partial).unwrap().consent_actif);
    let seen = platform.consultations(consent).unwrap();
    assert_eq!(seen.iter().map(|one| one.dossier.as_str()).collect::<Vec<_>>(), ["2026-0200"]);
}

fn documents_are_asked_for_and_paths_checked(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = platform.proposer(&officer(), "2026-0142", "étude").unwrap().consent;
    let mut input = world.declaration("isaline@essai.test");
    input.pieces.remove("identite");
    let error = platform.declarer(&officer(), consent, &input).unwrap_err();
    assert_eq!(error.to_string(), "supporting documents missing: pièce d'identité");
    assert_eq!(platform.state().unwrap().consent(consent).unwrap().state, ConsentState::Propose);
    input.pieces.insert("identite".into(), world.path("absent.png"));
    assert_eq!(platform.declarer(&officer(), consent, &input).unwrap_err().code(), "signification.io");
    input.identification = signification::consent::Identification::FranceConnect;
    input.pieces.remove("identite");
    assert!(platform.declarer(&officer(), consent, &input).is_ok());
}

fn what_is_not_a_whole_pdf_is_refused(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    for bytes in [&b""[..], b"<html>", b"%PDF-1.7 sans fin", &ACT[..ACT.len() - 8]] {
        fs::write(world.path("acte.pdf"), bytes).unwrap();
        let error = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap_err();
        assert_eq!(error.code(), "signification.act_file");
    }
    assert!(platform.state().unwrap().acts.is_empty());
}

fn a_vault_that_was_touched_raises_an_alarm_and_serves_nothing(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte);
    }
    let waiting = |id: &signification::Id| world.vaulted(*id);
    let good = fs::read(waiting(&ids[0])).unwrap();
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    // Before the sending: refused, whatever the damage.
    for bad in [&flipped[..], &good[..good.len() - 1], b""] {
        fs::write(waiting(&ids[0]), bad).unwrap();
        assert_eq!(platform.envoyer(&officer(), ids[0], false).unwrap_err().to_string(), "act refused: COFFRE_ALTERE");
    }
    fs::write(waiting(&ids[0]), &good).unwrap();
    platform.envoyer(&officer(), ids[0], false).unwrap();
    platform.envoyer(&officer(), ids[1], false).unwrap();
    // After it: another act's file, however valid, is not this act.
    fs::copy(waiting(&ids[1]), waiting(&ids[0])).unwrap();
    let error = platform.consulter(ids[0], &world.key(consent)).unwrap_err();
    assert_eq!(error.code(), "signification.vault_altered");
    let alarm = platform.suivi(ids[0]).unwrap().lignes.pop().unwrap();
    assert_eq!(alarm.op, "signification.vault.alarm");
    assert_eq!(platform.state().unwrap().act(ids[0]).unwrap().consulted_at, None);
}

fn only_the_recipient_s_key_opens_and_escrow_is_a_policy(storage: Storage) {
    for (escrow, count) in [(Escrow::Etude, 2), (Escrow::Aucun, 1)] {
        let mut world = world(storage, "2026-12-01T11:00:00Z");
        world.config.sequestre = escrow;
        let platform = world.make();
        let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
        let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
        platform.envoyer(&officer(), act, false).unwrap();
        let other = world.path("autre.cle");
        SecretKey::generate().write(&other).unwrap();
        assert_eq!(platform.consulter(act, &other).unwrap_err().code(), "signification.key_refused");
        let text = String::from_utf8(world.journal()).unwrap();
        let line = text.lines().find(|l| l.contains("signification.act.sealed")).unwrap();
        assert_eq!(line.matches("age1").count(), count);
        // The disk and the office's key do not open an act without escrow.
        let office = SecretKey::read(&world.store().join("cles/etude.cle"), "étude").unwrap();
        let digests = platform.state().unwrap().act(act).unwrap().content;
        let path = world.vaulted(act);
        let opened = signification::vault::get(&path, signification::vault::Kind::Acte, act, &digests, &office);
        assert_eq!(opened.is_ok(), escrow == Escrow::Etude);
    }
}

/// Takes some bytes, then fails.
struct Half(usize);

impl Write for Half {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::Error::other("coupure"));
        }
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Handover for Half {
    fn complete(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn an_interrupted_handover_is_no_receipt(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let big = [b"%PDF-1.7\n".as_slice(), &vec![b'x'; 200_000], b"\n%%EOF\n"].concat();
    fs::write(world.path("acte.pdf"), &big).unwrap();
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let error = platform.remettre(act, &world.key(consent), &mut Half(100_000)).unwrap_err();
    assert_eq!(error.code(), "signification.handover_interrupted");
    let view = platform.views().act(act).unwrap();
    assert_eq!((view.state, view.downloaded_at), (ActeState::Consulte, None));
    let mut whole = Vec::new();
    platform.remettre(act, &world.key(consent), &mut whole).unwrap();
    assert_eq!(whole, big);
    let state = platform.state().unwrap();
    let events: Vec<&str> = state.receipts.values().map(|r| r.event.as_str()).collect();
    let count = |name: &str| events.iter().filter(|e| **e == name).count();
    assert_eq!((count("ContentHandover"), count("ContentHandoverFailure")), (1, 1));
}

fn a_store_is_one_and_used_by_one(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    assert_eq!(world.try_open(world.ctx()).err().unwrap().code(), "signification.store_missing");
    let platform = world.make();
    assert_eq!(world.try_open(world.ctx()).err().unwrap().code(), "signification.store_in_use");
    drop(platform);
    let again = world.try_make(world.ctx()).unwrap_err();
    assert_eq!(again.code(), "signification.store_exists");
}

/// A journal cut anywhere is either read up to its last whole line, or refused; it never tells another story.
fn a_journal_cut_at_any_line_rebuilds_what_was_acknowledged(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.remettre(act, &world.key(consent), &mut Vec::new()).unwrap();
    drop(platform);
    let whole = world.journal();
    let ends: Vec<usize> = whole.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(i, _)| i + 1).collect();
    world.clock.advance(Duration::from_secs(60));
    for (number, end) in ends.iter().enumerate() {
        let torn = (*end + 7).min(whole.len());
        world.replace_journal(&whole[..torn]);
        world.lose_tables();
        let platform = world.open();
        assert!(platform.greffe_head().next > number as u64);
        platform.traiter().unwrap();
        assert_eq!(platform.state().unwrap().unattested, []);
        if let Some(view) = platform.state().unwrap().acts.get(&act) {
            assert!(!matches!(view.state, ActeState::Envoye | ActeState::Depose), "carried on after line {number}");
        }
        drop(platform);
        assert!(world.verify().intact);
    }
    world.replace_journal(&whole);
    for missing in [1, ends.len() / 2, ends.len() - 2] {
        let mut bytes = whole.clone();
        bytes.drain(ends[missing - 1]..ends[missing]);
        world.replace_journal(&bytes);
        world.lose_tables();
        let report = world.verify();
        assert_eq!((report.intact, report.ligne_fautive), (false, Some(missing as u64 + 1)));
        assert_eq!(world.try_open(world.ctx()).err().unwrap().code(), "signification.journal");
    }
    world.replace_journal(&whole);
    world.lose_tables();
    drop(world.open());
    // Lines that the tables had seen cannot go away unseen: they were on the disk before the tables heard of them.
    world.replace_journal(&whole[..ends[ends.len() - 2]]);
    assert_eq!(world.try_open(world.ctx()).err().unwrap().code(), "signification.journal");
    world.replace_journal(&whole);
    assert!(world.open().state().unwrap().acts.contains_key(&act));
}

fn a_failed_deposit_is_attested_and_carried_on_later(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    drop(platform);
    // The power went off right after the sending was fixed, and the file is not where it was.
    cut_after(&world, "signification.act.sent");
    let (there, aside) = (world.vaulted(act), world.path("ailleurs"));
    fs::rename(&there, &aside).unwrap();
    let platform = world.open();
    let done = platform.traiter().unwrap();
    assert_eq!((done.envois[0].state, &done.envois[0].avis), (ActeState::EchecDepot, &None));
    assert!(platform.state().unwrap().receipts.values().any(|r| r.event == "ContentConsignmentFailure"));
    let mut touched = fs::read(&aside).unwrap();
    touched[200] ^= 1;
    fs::write(&there, &touched).unwrap();
    assert_eq!(platform.traiter().unwrap().envois[0].state, ActeState::EchecDepot, "not what was deposited");
    fs::rename(&aside, &there).unwrap();
    world.clock.set("2026-12-01T11:05:00Z");
    assert_eq!(platform.traiter().unwrap().envois[0].state, ActeState::Avise);
    assert_eq!(platform.state().unwrap().act(act).unwrap().sent_at, Some("2026-12-01T11:00:00Z".parse().unwrap()));
}

/// Cuts the journal after its first line of that operation, before the tables heard of it.
fn cut_after(world: &World<DigestSealer>, op: &str) {
    let text = String::from_utf8(world.journal()).unwrap();
    let begin = text.find(&format!("\"{op}\"")).unwrap();
    let end = begin + text[begin..].find('\n').unwrap() + 1;
    world.replace_journal(&text.as_bytes()[..end]);
    world.lose_tables();
}

fn a_notice_whose_end_is_unknown_is_not_claimed(storage: Storage) {
    let world = world(storage, "2026-12-01T11:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    drop(platform);
    // The power went off between the hand-over to the mail server and the line that would say so.
    cut_after(&world, "signification.notice.begin");
    let platform = world.open();
    let view = platform.views().act(act).unwrap();
    assert_eq!((view.state, view.notice_failure.clone()), (ActeState::EchecAvis, Some(("interrompu".into(), false))));
    assert!(platform.renotifier(&officer(), act).unwrap().accepted);
    assert_eq!(platform.state().unwrap().unattested, []);
}
