//! Notices followed to their end with a real mail server (Exim 4): bounces, refusals, tries again, reports; and files
//! searched by a real clamd.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/mta.rs"]
mod mta;

use std::time::Duration;

use dossier::{Digests, Instant};
use fixtures::{AntivirusDaemon, clamav};
use mta::Mta;
use signification::config::{Config, Reprises};
use signification::consent::Actor;
use signification::notice::dsn::{Action, Forme, Lien, Nous, Rebut, lire};
use signification::notice::parcours::{Maillon, parcours};
use signification::notice::retours::{Prise, Recu, Releve, relever};
use signification::notice::suivi::{
    CodeAlerte, EtatAvis, Event, View, a_essayer, alertes, apres_essai, au_retour, en_silence,
};
use signification::notice::{Mailer, Prepared, SmtpMailer, availability};
use signification::scan::{Analyseur, Clamd, Decision, Motif, Politique, Refus, ScanConfig, Verdict, decider};
use signification::{Id, SystemEntropy};

const NOON: &str = "2026-12-01T11:00:00Z";

/// A notice and its mail server.
struct Road {
    mta: Mta,
    mailer: SmtpMailer,
    nous: Nous,
    message: Prepared,
    view: View,
}

impl Road {
    /// Written for this mailbox; nothing is sent.
    fn new(local: &str) -> Self {
        let mta = Mta::start_with(include_str!("support/exim-retours.conf"), None);
        let config = Config::parse(&format!(
            "etude = \"Étude Essai\"\nresidence = \"Lyon\"\ncontact_dpo = \"dpo@essai.test\"\n[smtp]\nhote = \"127.0.0.1\"\n\
             port = {}\nsecurite = \"aucune\"\nexpediteur = \"etude@essai.test\"\n[avis]\nretour = \"avis@essai.test\"\n",
            mta.port
        ))
        .unwrap();
        let deposited: Instant = NOON.parse().unwrap();
        let now = later(deposited, 1);
        let id = || Id::new(now, &SystemEntropy::default()).unwrap();
        let (notice, object) = (id(), id());
        let to = format!("{local}@essai.test");
        let message = availability(&config, notice, object, "Isaline Quatremère", &to, deposited, now).unwrap();
        let event = Event::Queued { notice, object, deposited_at: deposited, digests: Digests::of(&message.raw) };
        let view = View::next(None, now, &Actor::platform(), &event).unwrap();
        let (mailer, nous) = (SmtpMailer::new(&config.smtp).unwrap(), Nous::new(&config));
        Self { mta, mailer, nous, message, view }
    }

    fn record(&mut self, at: Instant, event: &Event) {
        // Through its journal form, as it will be replayed.
        let event: Event = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
        self.view = View::next(Some(&self.view), at, &Actor::platform(), &event).unwrap();
    }

    /// Hands it to the mail server once, at `start`: the time of the facts is the test's own.
    fn try_at(&mut self, start: Instant) {
        assert!(a_essayer(&self.view, start));
        let outcome = self.mailer.hand_over(&self.message);
        let end = later(start, 1);
        for event in apres_essai(&self.view, start, end, &outcome, &Reprises::default()) {
            self.record(end, &event);
        }
    }

    /// Reads the returns once `count` have come.
    fn returns(&mut self, count: usize, at: Instant) -> (Releve, Vec<Recu>) {
        self.mta.delivered_in("retours", count);
        let (mut view, mut read) = (self.view.clone(), Vec::new());
        let done = relever(&self.mta.path("retours"), &self.nous, |recu| {
            let event = match au_retour(&view, &recu.retour, recu.digests) {
                Ok(Some(event)) => event,
                Ok(None) => return Ok(Prise::DejaPris),
                Err(motif) => return Ok(Prise::Ecarte(motif)),
            };
            view = View::next(Some(&view), at, &Actor::platform(), &event)?;
            read.push(recu);
            Ok(Prise::Pris)
        })
        .unwrap();
        self.view = view;
        (done, read)
    }

    fn codes(&self, now: Instant) -> Vec<CodeAlerte> {
        alertes([&self.view], now).iter().map(|a| a.code).collect()
    }
}

fn later(at: Instant, seconds: i64) -> Instant {
    Instant::from_millisecond(at.as_millisecond() + seconds * 1000).unwrap()
}

/// What Exim writes bears the real date: of no use beside the clock of the test.
fn noon() -> Instant {
    later(NOON.parse().unwrap(), 5)
}

#[test]
fn c08_a_notice_taken_then_bounced_for_an_unknown_mailbox_is_a_failure_told_to_the_office() {
    let mut road = Road::new("inconnu");
    road.try_at(noon());
    assert_eq!((road.view.etat, road.view.dsn), (EtatAvis::RemisAuServeur, Some(true)));
    assert_eq!(road.codes(later(noon(), 10)), []);
    let (done, read) = road.returns(1, later(noon(), 20));
    assert_eq!((done.pris, done.rebuts.len(), read.len()), (1, 0, 1));
    let retour = &read[0].retour;
    assert_eq!((retour.forme, retour.action), (Forme::Rfc3464, Some(Action::Failed)), "{retour:?}");
    assert!(retour.statut.is_some_and(|s| s.class() == 5), "{retour:?}");
    assert_eq!(road.view.etat, EtatAvis::Rejete);
    let alert = &alertes([&road.view], later(noon(), 30))[0];
    assert_eq!(alert.code, CodeAlerte::EchecAvis);
    assert!(alert.phrase.contains("papier") && alert.motif.as_deref().is_some_and(|m| m.starts_with("5.")));
    // D13: the return is evidence, octet for octet, under the digests of the journal.
    assert_eq!(Digests::of(&read[0].brut), road.view.retours[0].digests);
    // Read again, it is known; nothing is left to read.
    std::fs::write(road.mta.path("retours/new/encore"), &read[0].brut).unwrap();
    assert_eq!(road.returns(1, later(noon(), 40)).0.deja_pris, 1);
    assert_eq!(road.returns(0, later(noon(), 50)).0, Releve::default());
    // The same bounce, whatever of it names the notice.
    let text = String::from_utf8(read[0].brut.clone()).unwrap();
    let id = road.view.notice.to_string();
    assert_eq!(retour.lien, Lien::Enveloppe, "Exim gives our ENVID back");
    let bare = text.replace(&format!("Original-Envelope-ID: {id}\n"), "").replace(&format!("avis+{id}@"), "x@");
    assert_eq!(lire(bare.as_bytes(), &road.nous).map(|r| r.lien), Ok(Lien::MessageId), "{bare}");
    assert_eq!(lire(bare.replace(&id, "x").as_bytes(), &road.nous), Err(Rebut::SansReference));
}

#[test]
fn c08_a_refused_recipient_is_a_failure_at_once() {
    let mut road = Road::new("refus");
    road.try_at(noon());
    assert_eq!((road.view.etat, road.view.essais[0].code.as_str()), (EtatAvis::Rejete, "550"));
    assert!(!a_essayer(&road.view, later(noon(), 1_000_000)));
    assert_eq!(road.codes(later(noon(), 10)), [CodeAlerte::EchecAvis]);
}

#[test]
fn c08_i05_a_temporary_refusal_is_tried_again_and_the_way_says_whose_delay_it_was() {
    let mut road = Road::new("plus-tard");
    road.try_at(noon());
    assert_eq!((road.view.etat, road.view.essais[0].code.as_str()), (EtatAvis::EnFile, "451"));
    let planned = road.view.essais[0].reprise.unwrap();
    assert_eq!(planned, later(noon(), 61));
    assert!(!a_essayer(&road.view, later(noon(), 60)));
    std::fs::write(road.mta.path("ouvert"), "").unwrap();
    road.try_at(planned);
    assert_eq!(road.view.etat, EtatAvis::RemisAuServeur);
    // D02: measured, shown, and told since it is beyond a minute.
    assert_eq!(road.view.remise_ms(), Some(67_000));
    assert_eq!(road.codes(later(planned, 2)), [CodeAlerte::RemiseTardive]);
    let way = parcours(&road.view, later(planned, 2));
    assert_eq!(way.principal, Some(Maillon::ServeurDeMessagerie), "{:#?}", way.lignes());
    let (done, read) = road.returns(1, later(planned, 30));
    assert_eq!((done.pris, read[0].retour.action), (1, Some(Action::Delivered)));
    assert_eq!(road.view.etat, EtatAvis::AccepteParLeServeurDuDestinataire);
    let kept = &road.mta.delivered(1)[0];
    let text = String::from_utf8_lossy(kept);
    assert!(text.contains(&format!("Message-ID: <{}@essai.test>", road.view.notice)), "once, under its own name");
}

#[test]
fn c08_d02_a_delivery_is_reported_by_the_server_that_made_it() {
    let mut road = Road::new("isaline");
    road.try_at(noon());
    assert_eq!(road.view.remise_ms().map(|ms| ms < 60_000), Some(true));
    let (_, read) = road.returns(1, later(noon(), 20));
    let retour = &read[0].retour;
    assert_eq!((retour.action, retour.lien, retour.forme), (Some(Action::Delivered), Lien::Enveloppe, Forme::Rfc3464));
    assert_eq!(retour.statut.map(|s| s.to_string()).as_deref(), Some("2.0.0"));
    assert_eq!(road.view.etat, EtatAvis::AccepteParLeServeurDuDestinataire);
    assert_eq!(road.codes(later(noon(), 30)), []);
    assert_eq!(en_silence(&road.view, later(noon(), 900_000), 72), None);
    let journal = serde_json::to_string(&road.view).unwrap();
    for word in ["isaline@", "essai.test", "Quatrem"] {
        assert!(!journal.contains(word), "{word}: {journal}");
    }
}

#[test]
fn c08_a_delay_is_told_while_the_server_goes_on_trying() {
    let mut road = Road::new("bloque");
    road.try_at(noon());
    // The delay warning is written when the queue is looked at, once it is older than a second.
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(500));
        road.mta.run_queue();
        if road.mta.path("retours/new").is_dir() {
            break;
        }
    }
    let (_, read) = road.returns(1, later(noon(), 20));
    assert_eq!((read[0].retour.action, read[0].retour.forme), (Some(Action::Delayed), Forme::Rfc3464));
    assert_eq!(road.view.etat, EtatAvis::Retarde);
    assert_eq!(road.codes(later(noon(), 30)), [CodeAlerte::AvisRetarde]);
}

#[test]
fn c11_a_real_clamd_finds_the_test_file_and_lets_the_rest_through() {
    let daemon = AntivirusDaemon::start("2026-11-16 10:00:00", "StreamMaxLength 1M").unwrap();
    let config = ScanConfig { socket: Some(daemon.socket()), ..ScanConfig::default() };
    let clamd = Clamd::new(&config).unwrap();
    let (verdict, digests) = clamd.analyser(&mut &b"une reponse du destinataire"[..]).unwrap();
    assert_eq!((verdict, digests), (Verdict::Sain, Digests::of(b"une reponse du destinataire")));
    let eicar = clamav::eicar();
    let (verdict, digests) = clamd.analyser(&mut eicar.as_slice()).unwrap();
    let Verdict::Infecte { signature } = &verdict else { panic!("{verdict:?}") };
    assert!(signature.starts_with("Eicar-Test-Signature"), "{signature}");
    assert_eq!(digests, Digests::of(&eicar));
    let decision = decider(&verdict, Politique::Admettre);
    let Decision::Quarantaine(refus) = decision else { panic!("{decision:?}") };
    assert_eq!(refus.code(), "FICHIER_INFECTE");
    // Longer than the daemon accepts: it stops reading, and nothing is called clean.
    let long = vec![b'x'; 3_000_000];
    let (verdict, digests) = clamd.analyser(&mut long.as_slice()).unwrap();
    assert!(matches!(verdict, Verdict::NonAnalyse { motif: Motif::TropLong | Motif::Injoignable }), "{verdict:?}");
    assert_eq!(digests, Digests::of(&long));
    assert!(matches!(decider(&verdict, Politique::Refuser), Decision::Refuse(Refus::NonAnalyse { .. })));
    drop(daemon);
    assert!(matches!(clamd.analyser(&mut eicar.as_slice()).unwrap().0, Verdict::NonAnalyse { .. }));
}
