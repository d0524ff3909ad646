//! The whole road, for one recipient: real mail server, real signatures and time tokens (OpenSSL), offline checks.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/mta.rs"]
mod mta;
#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use dossier::{Digests, Instant, Level};
use mta::Mta;
use pki::OpensslSealer;
use signification::acte::ActeState;
use signification::consent::ConsentState;
use signification::letter::Qualification;
use signification::notice::SmtpMailer;
use signification::platform::Platform;
use signification::projection::Views as _;
use signification::receipt::{EVIDENCE_FILE, ReceiptReport, SIGNATURE_FILE, TOKEN_FILE, check_receipt};
use signification::state::State;
use signification::{Id, SmtpSecurity, journal};
use world::{ACT, Storage, World, config, contains, files, officer, token};

const NOON: &str = "2026-12-01T11:00:00Z";

on_both_storages!(one_act_is_deposited_sent_notified_opened_and_received, a_receipt_that_was_touched_is_refused,);

/// Goes through the registry with the real mail server; the secret is read in the recipient's mailbox.
fn consent(world: &World<OpensslSealer>, platform: &Platform<'_>, mta: &Mta, mailbox: &str) -> Id {
    let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    let declared = platform.declarer(&officer(), consent, &world.declaration(mailbox)).unwrap();
    assert_eq!((declared.state, declared.pieces), (ConsentState::PiecesOk, 2));
    let before = platform.state().unwrap().consents.len() - 1;
    let invited = platform.inviter(&officer(), consent).unwrap();
    assert_eq!((invited.state, invited.smtp_code), (ConsentState::Invite, 250));
    let secret = token(mta.delivered(before + 1).last().unwrap());
    let accepted = platform.accepter(&world.accept_input(consent, &secret)).unwrap();
    assert_eq!(accepted.state, ConsentState::Actif);
    let again = platform.accepter(&world.accept_input(consent, &secret)).unwrap_err();
    assert_eq!(again.code(), "signification.invitation", "the secret serves once");
    consent
}

fn reports(world: &World<OpensslSealer>, platform: &Platform<'_>, object: Id) -> Vec<ReceiptReport> {
    let (lines, _) = journal::read(world.kept().path()).unwrap();
    let folders = world.evidence(platform, object);
    folders.iter().map(|f| check_receipt(f, &world.sealer, Some(&lines)).unwrap()).collect()
}

fn one_act_is_deposited_sent_notified_opened_and_received(storage: Storage) {
    let (mta, world) = (Mta::start(None), World::on(storage, OpensslSealer::new(), NOON));
    let mailer = SmtpMailer::new(&config("127.0.0.1", mta.port).smtp).unwrap();
    let platform = world.make_with(world.ctx_with(&mailer));
    let consent = consent(&world, &platform, &mta, "isaline@essai.test");
    let deposited = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap();
    assert_eq!((deposited.state, deposited.sha256), (ActeState::Scelle, Digests::of(ACT).sha256));
    let act = deposited.acte;
    assert_eq!(platform.consulter(act, &world.key(consent)).unwrap_err().code(), "signification.transition");
    world.clock.set("2026-12-01T19:50:00Z");
    let sent = platform.envoyer(&officer(), act, false).unwrap();
    assert_eq!((sent.state, sent.avis.clone().unwrap().code), (ActeState::Avise, "250".to_owned()));
    assert_eq!(sent.envoye_le_paris.as_deref(), Some("2026-12-01T20:50:00.000+01:00"));
    assert_eq!((sent.recepisses.len(), sent.horodatage_differe), (3, 0));
    // The notice: in the mailbox, as kept, generic.
    let notice = mta.delivered(2).pop().unwrap();
    assert!(contains(&notice, "Isaline Quatremere") && contains(&notice, &act.to_string()));
    for word in ["assignation", "Requerante", "2026-0142", "Martelots", "saisie"] {
        assert!(!contains(&notice, word), "{word}");
    }
    // Read at 23:41 the same day: à personne.
    world.clock.set("2026-12-01T22:41:00Z");
    let seen = platform.consulter(act, &world.key(consent)).unwrap();
    assert_eq!((seen.state, seen.qualification), (ActeState::Consulte, Some(Qualification::APersonne)));
    assert_eq!(seen.requerant.as_deref(), Some("Banque Requerante SA"));
    let got = platform.telecharger(act, &world.key(consent), &world.path("recu")).unwrap();
    assert_eq!(fs::read(world.path(&format!("recu/acte-{act}.pdf"))).unwrap(), ACT);
    let ours = world.evidence_of(&platform, got.recepisse);
    for name in [EVIDENCE_FILE, SIGNATURE_FILE, TOKEN_FILE] {
        let (ours, his) = (fs::read(ours.join(name)), fs::read(world.path("recu").join(name)));
        assert_eq!(ours.unwrap(), his.unwrap(), "{name}: same bytes on both sides");
    }
    check_evidence(&world, &platform, consent, act);
    check_store(&world, &platform, act);
}

fn check_evidence(world: &World<OpensslSealer>, platform: &Platform<'_>, consent: Id, act: Id) {
    let reports_of_act = reports(world, platform, act);
    let names: Vec<&str> = reports_of_act.iter().map(|r| r.evidence.event.nom.as_str()).collect();
    assert_eq!(names, ["ENVOYE", "DEPOSE", "AVISE", "CONSULTE", "TELECHARGE"]);
    for report in &reports_of_act {
        assert_eq!(report.findings, [], "{}", report.evidence.event.nom);
        assert!(report.timestamped && report.evidence.essai);
        let evidence = &report.evidence;
        assert_eq!(evidence.content[0].sha512, Digests::of(ACT).sha512);
        assert_eq!(evidence.submission_time, Some("2026-12-01T19:50:00Z".parse::<Instant>().unwrap()));
        assert!(evidence.policy.is_some() && evidence.event_time_paris.ends_with("+01:00"));
    }
    assert_eq!(reports_of_act[0].evidence.qualification, Some(Qualification::EnAttente));
    assert_eq!(reports_of_act[4].evidence.qualification, Some(Qualification::APersonne));
    let certificate = &reports(world, platform, consent)[0];
    assert_eq!(certificate.findings, []);
    assert_eq!(certificate.evidence.consent_basis.as_deref(), Some("EXPRES (CPC art. 748-2)"));
}

fn check_store(world: &World<OpensslSealer>, platform: &Platform<'_>, act: Id) {
    // Nothing of the act, of the identity, of the documents in clear; keys and files private.
    let clear = ["Phrase unique", "Quatremere", "isaline@", "Martelots", "copie d'une piece", "1971-07-14"];
    let kept = world.kept();
    for (path, bytes) in files(&world.store()).into_iter().chain(files(kept.path())) {
        for word in clear {
            assert!(!contains(&bytes, word), "{word} in {}", path.display());
        }
        assert!(path.starts_with(world.store().join("cles")) || !contains(&bytes, "AGE-SECRET-KEY"));
        // The files of the tables are as their library makes them, in a folder nobody else may enter.
        let own = if path.starts_with(world.store().join("tables")) { world.store().join("tables") } else { path };
        assert_eq!(fs::metadata(&own).unwrap().permissions().mode() & 0o077, 0, "{}", own.display());
    }
    let report = world.verify();
    assert!(report.intact && report.tete == platform.head());
    let replayed = State::replay(world.lines().iter().map(Vec::as_slice)).unwrap();
    assert_eq!(replayed, platform.state().unwrap());
    let timeline = platform.suivi(act).unwrap();
    assert_eq!((timeline.state, timeline.qualification), (ActeState::Telecharge, Qualification::APersonne));
    assert!(timeline.lignes.windows(2).all(|w| w[0].seq < w[1].seq && w[0].at <= w[1].at));
}

#[test]
fn a_refused_notice_is_told_with_its_code_and_the_date_stays() {
    let (mta, world) = (Mta::start(None), World::new(OpensslSealer::new(), NOON));
    let mailer = SmtpMailer::new(&config("127.0.0.1", mta.port).smtp).unwrap();
    for (mailbox, code, permanent) in [("refus@essai.test", "550", true), ("plus-tard@essai.test", "451", false)] {
        let store = world.path(mailbox);
        // The invitation goes through the test's own box: the refusing address would never be invited.
        Platform::initialiser(&store, &world.config, world.ctx()).unwrap();
        let platform = Platform::ouvrir(&store, world.ctx()).unwrap();
        let consent = world.consent(&platform, &world.declaration(mailbox));
        let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
        drop(platform);
        let platform = Platform::ouvrir(&store, world.ctx_with(&mailer)).unwrap();
        let sent = platform.envoyer(&officer(), act, false).unwrap();
        let notice = sent.avis.unwrap();
        assert_eq!((sent.state, notice.accepted, notice.code.as_str()), (ActeState::EchecAvis, false, code));
        assert!(notice.conseil.unwrap().contains("papier"));
        let view = platform.views().act(act).unwrap();
        assert_eq!(view.notice_failure, Some((code.to_owned(), permanent)));
        assert_eq!(view.sent_at, Some(NOON.parse().unwrap()));
        let last = world.evidence(&platform, act).pop().unwrap();
        let report = check_receipt(&last, &world.sealer, None).unwrap();
        assert_eq!((report.evidence.event.nom.as_str(), report.findings.len()), ("ECHEC_AVIS", 0));
        assert_eq!(report.evidence.reasons, [format!("AVIS_{code}")]);
        assert_eq!(platform.renotifier(&officer(), act).unwrap().code, code);
        // The recipient may open it all the same.
        assert_eq!(platform.consulter(act, &world.key(consent)).unwrap().state, ActeState::Consulte);
    }
}

#[test]
fn without_a_server_nothing_is_claimed() {
    let world = World::new(OpensslSealer::new(), NOON);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mailer = SmtpMailer::new(&config("127.0.0.1", closed).smtp).unwrap();
    Platform::initialiser(&world.store(), &world.config, world.ctx_with(&mailer)).unwrap();
    let platform = Platform::ouvrir(&world.store(), world.ctx_with(&mailer)).unwrap();
    let consent = platform.proposer(&officer(), "2026-0142", "étude").unwrap().consent;
    platform.declarer(&officer(), consent, &world.declaration("isaline@essai.test")).unwrap();
    let error = platform.inviter(&officer(), consent).unwrap_err();
    assert_eq!(error.to_string(), "the mail server did not take the notice (connexion)");
    assert_eq!(platform.state().unwrap().consent(consent).unwrap().state, ConsentState::PiecesOk);
}

#[test]
fn starttls_is_required_and_its_certificate_checked() {
    let world = World::new(OpensslSealer::new(), NOON);
    let (certificate, key) = (world.sealer.read("smtp.pem"), world.sealer.read("smtp.key"));
    let secure = Mta::start(Some((&certificate, &key)));
    let plain = Mta::start(None);
    let code = |port: u16, trusted: bool| {
        let mut smtp = config("127.0.0.1", port).smtp;
        smtp.securite = SmtpSecurity::Starttls;
        smtp.autorite = trusted.then(|| world.sealer.path("root.pem"));
        let id = Id::new(NOON.parse().unwrap(), &world.entropy).unwrap();
        let conf = config("127.0.0.1", port);
        let now = NOON.parse().unwrap();
        let message = signification::notice::availability(&conf, id, id, "Nom", "a@essai.test", now, now).unwrap();
        use signification::notice::Mailer;
        SmtpMailer::new(&smtp).unwrap().send(&message).map(|a| a.code).map_err(|r| r.code)
    };
    assert_eq!(code(secure.port, true), Ok(250));
    assert!(code(secure.port, false).is_err(), "an unknown authority is refused");
    assert!(code(plain.port, true).is_err(), "a server without STARTTLS is refused");
    assert!(contains(&secure.delivered(1)[0], "with esmtps"));
}

#[test]
fn without_an_authority_the_timestamp_is_deferred_then_completed() {
    let world = World::new(OpensslSealer::new(), NOON);
    world.sealer.authority.store(false, std::sync::atomic::Ordering::Relaxed);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let sent = platform.envoyer(&officer(), act, false).unwrap();
    assert_eq!((sent.recepisses.len(), sent.horodatage_differe), (3, 3));
    let report = reports(&world, &platform, act).remove(0);
    assert!(!report.timestamped && report.holds());
    assert_eq!(report.findings[0].code, "receipt.timestamp_deferred");
    let still = platform.completer_horodatage().unwrap();
    assert_eq!((still.completes, still.restants, still.raison.as_deref()), (0, 4, Some("tsp.unreachable")));
    world.sealer.authority.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(platform.completer_horodatage().unwrap().completes, 4);
    for report in reports(&world, &platform, act) {
        assert_eq!((report.timestamped, report.findings.len()), (true, 0));
    }
}

fn a_receipt_that_was_touched_is_refused(storage: Storage) {
    let world = World::on(storage, OpensslSealer::new(), NOON);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let folder = world.evidence(&platform, act).remove(0);
    let path = folder.join(EVIDENCE_FILE);
    let good = fs::read_to_string(&path).unwrap();
    let (lines, _) = journal::read(world.kept().path()).unwrap();
    for (from, to) in [
        ("2026-12-01T11:00:00.000Z", "2026-12-01T11:00:01.000Z"),
        ("Preuve d'envoi", "Preuve de remise"),
        ("ENVOYE", "DEPOSE"),
        ("assignation", "commandement"),
    ] {
        fs::write(&path, good.replace(from, to)).unwrap();
        let report = check_receipt(&folder, &world.sealer, Some(&lines)).unwrap();
        assert!(report.findings.iter().any(|f| f.level == Level::Fail && f.code == "test.signature"), "{to}");
        assert!(report.findings.iter().any(|f| f.code == "test.token"), "{to}");
    }
    // In the store itself: the evidence that the journal announces is no longer there.
    let touched = world.touch_first_evidence();
    let report = world.verify();
    assert_eq!((report.intact, report.recepisses_fautifs.len()), (false, 1));
    world.put_back(&touched);
    assert!(world.verify().intact);
    fs::write(&path, good.replace(",\"", ", \"")).unwrap();
    assert_eq!(check_receipt(&folder, &world.sealer, None).unwrap_err().code(), "signification.receipt");
    fs::write(&path, &good).unwrap();
    fs::remove_file(folder.join(SIGNATURE_FILE)).unwrap();
    assert!(!check_receipt(&folder, &world.sealer, None).unwrap().holds());
}
