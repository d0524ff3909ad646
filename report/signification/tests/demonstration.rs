//! The demonstration, with a real mail server and OpenSSL: every step is told, and every command it prints is run.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/mta.rs"]
mod mta;
#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::process::Command;

use mta::Mta;
use pki::OpensslSealer;
use signification::SystemEntropy;
use signification::demonstration::{Bilan, Etape, Moyens, Rapporteur, demonstration};
use signification::notice::SmtpMailer;
use signification::platform::Platform;
use world::{SetClock, config, contains};

#[derive(Default)]
struct Told(Vec<Etape>);

impl Rapporteur for Told {
    fn etape(&mut self, etape: &Etape) {
        self.0.push(etape.clone());
    }
}

fn play(now: &str) -> (tempfile::TempDir, Bilan, Told, Mta) {
    let (mta, sealer, folder) = (Mta::start(None), OpensslSealer::new(), tempfile::tempdir().unwrap());
    let smtp = config("127.0.0.1", mta.port).smtp;
    let (mailer, clock, entropy) = (SmtpMailer::new(&smtp).unwrap(), SetClock::new(now), SystemEntropy::default());
    let racine = sealer.read("root.pem");
    let moyens = Moyens {
        clock: &clock,
        entropy: &entropy,
        mailer: &mailer,
        sealer: &sealer,
        verifier: &sealer,
        smtp: &smtp,
        courriel: "camille@essai.test",
        racine_pem: &racine,
        officier: None,
    };
    let mut told = Told::default();
    let bilan = demonstration(&folder.path().join("demo"), &moyens, &mut told).unwrap();
    let again = demonstration(&folder.path().join("demo"), &moyens, &mut told).unwrap_err();
    assert_eq!(again.code(), "signification.store_exists", "nothing is written over");
    (folder, bilan, told, mta)
}

#[test]
fn the_whole_road_is_told_and_checked_again_from_its_folder() {
    let (folder, bilan, told, mta) = play("2026-12-01T11:00:00Z");
    let demo = folder.path().join("demo");
    assert_eq!(told.0, bilan.etapes, "told as it goes, step by step");
    let titles: Vec<&str> = told.0.iter().map(|e| e.titre).collect();
    assert_eq!(
        titles,
        [
            "Proposition",
            "Déclaration",
            "Invitation",
            "Acceptation",
            "Dépôt",
            "Choix de la voie",
            "Envoi et avis de mise à disposition",
            "Ouverture",
            "Téléchargement",
            "Récépissés",
            "Journal",
            "Point de contrôle",
            "Extrait"
        ]
    );
    assert!(!bilan.horloge_avancee && bilan.recepisses == 6 && bilan.portee.contains("sans effet juridique"));
    let mut run = 0;
    for etape in &told.0 {
        for made in &etape.produits {
            assert!(demo.join(made).exists(), "{}", made.display());
        }
        for command in &etape.verifier {
            let done = Command::new("sh").arg("-c").arg(command).current_dir(&demo).output().unwrap();
            assert!(done.status.success(), "{command}\n{}", String::from_utf8_lossy(&done.stderr));
            run += 1;
        }
    }
    assert!(run >= 18, "signatures and tokens of six receipts, of the act and of the checkpoint: {run}");
    let index = std::fs::read_to_string(demo.join("LISEZ-MOI.txt")).unwrap();
    for etape in &told.0 {
        assert!(index.contains(etape.titre) && etape.verifier.iter().all(|c| index.contains(c.as_str())));
    }
    // The server really took two messages, those that are kept.
    let delivered = mta.delivered(2);
    assert!(contains(&delivered[1], &bilan.acte.to_string()));
    let report = Platform::verifier_journal(&demo.join("plateforme")).unwrap();
    assert!(report.intact && report.lignes >= bilan.lignes);
    // A touched proof is refused by the very command that the index gives.
    let proof = demo.join("recepisses/02/preuve.json");
    let text = std::fs::read_to_string(&proof).unwrap();
    std::fs::write(&proof, text.replace("ENVOYE", "DEPOSE")).unwrap();
    let receipts = told.0.iter().find(|e| e.titre == "Récépissés").unwrap();
    let commands: Vec<&String> = receipts.verifier.iter().filter(|c| c.contains("recepisses/02/")).collect();
    assert_eq!(commands.len(), 2);
    for command in commands {
        assert!(!Command::new("sh").arg("-c").arg(command).current_dir(&demo).output().unwrap().status.success());
    }
}

#[test]
fn on_a_sunday_its_clock_is_put_forward_and_it_says_so() {
    let (_folder, bilan, told, _mta) = play("2026-12-06T11:00:00Z");
    assert!(bilan.horloge_avancee);
    let step = told.0.iter().find(|e| e.titre == "Heures de signification").unwrap();
    assert!(step.recit.contains("2026-12-07 06:00:00 +01:00 (Paris)"), "{}", step.recit);
    let sent = told.0.iter().find(|e| e.titre.starts_with("Envoi")).unwrap();
    assert!(sent.recit.contains("2026-12-07 06:00"), "{}", sent.recit);
}
