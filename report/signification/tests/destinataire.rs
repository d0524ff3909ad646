//! The recipient's side joined to the platform: answers and their files (C11, C12), the SMS (A17). On both storages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/servi.rs"]
mod servi;
#[path = "support/world.rs"]
mod world;

use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use dossier::{Digests, Instant, Sha256Digest};
use servi::{answer, code, searched, served, sound, world};
use signification::acte::ActeState;
use signification::consent::{Actor, ConsentState};
use signification::delais::ReponseState;
use signification::notice::Refused;
use signification::notice::sms::{PasserelleSms, SmsConfig, SmsPret, SmsPris};
use signification::notice::suivi_sms::EtatSms;
use signification::platform::{AccuseReponse, Demande, ReponseInput};
use signification::projection::Views as _;
use signification::reponse::Etat;
use signification::scan::{self, Politique, Verdict};
use signification::store::Table;
use signification::vault::{self, Kind, SecretKey};
use signification::{Id, Outils, Platform};
use world::{Storage, contains, files, officer};

on_both_storages!(
    c12_an_answer_is_kept_acknowledged_and_told_to_the_office,
    c12_l19_the_term_of_an_answer_is_kept_and_a_late_one_is_said_late,
    c11_an_infected_file_is_quarantined_and_its_sender_told,
    c11_without_a_search_the_policy_decides_for_replies_and_identity_documents,
    a17_no_verified_mobile_no_sms_then_one_for_each_notice,
    a17_a_code_has_five_tries_and_fifteen_minutes,
    a17_a_gateway_that_fails_does_not_touch_the_notice,
);

/// Keeps the SMS it is given, or refuses them.
#[derive(Default)]
struct Passerelle {
    partis: Mutex<Vec<Vec<u8>>>,
    refuse: Mutex<bool>,
}

impl Passerelle {
    fn corps(&self) -> Vec<serde_json::Value> {
        self.partis.lock().unwrap().iter().map(|c| serde_json::from_slice(c).unwrap()).collect()
    }

    /// The code in the last SMS.
    fn code(&self) -> String {
        let text = self.corps().pop().unwrap()["texte"].as_str().unwrap().to_owned();
        text.split(|c: char| !c.is_ascii_digit()).find(|w| w.len() == 6).unwrap().to_owned()
    }
}

impl PasserelleSms for Passerelle {
    fn envoyer(&self, sms: &SmsPret) -> Result<SmsPris, Refused> {
        if *self.refuse.lock().unwrap() {
            return Err(Refused { code: "http_503".into(), permanent: false });
        }
        self.partis.lock().unwrap().push(sms.corps.clone());
        Ok(SmsPris { code: 202, identifiant: None })
    }
}

fn gateway() -> SmsConfig {
    toml::from_str(
        "url = \"https://sms.essai.test/v1\"\ncorps = \"{\\\"a\\\":\\\"{numero}\\\",\\\"texte\\\":\\\"{texte}\\\"}\"\n",
    )
    .unwrap()
}

fn c12_an_answer_is_kept_acknowledged_and_told_to_the_office(storage: Storage) {
    let mut world = world(storage);
    let bureau = "office = \"732829320\"\nsiege = \"69123\"\ncourriel = \"etude@essai.test\"\n";
    world.config.bureau = Some(toml::from_str(bureau).unwrap());
    let platform = world.make().avec(searched()).unwrap();
    let mut declaration = world.declaration("isaline@essai.test");
    declaration.personne.commune = Some("69123".into());
    let consent = world.consent(&platform, &declaration);
    let act = platform.deposer(&officer(), &world.deposit(consent, "saisie-attribution")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let owed = platform.suivi_reponse(act).unwrap();
    assert_eq!((owed.etat, owed.terme), (Some(Etat::Attendue), Some(ReponseState::Attendue)));
    assert!(owed.phrase.unwrap().contains("R. 211-4"));
    world.clock.set("2026-12-01T16:00:00Z");
    let file = Some(("Releve de compte.PDF", &b"%PDF releve du tiers saisi"[..]));
    let input = answer(&world, act, file);
    let stranger = world.path("autre.cle");
    SecretKey::generate().write(&stranger).unwrap();
    assert_eq!(code(platform.repondre(&input, &stranger)), "signification.key_refused");
    let done = platform.repondre(&input, &world.key(consent)).unwrap();
    assert_eq!((done.etat, done.jointes, done.terme), (Etat::Accusee, 1, Some(ReponseState::Recue)));
    assert_eq!(done.recue_le_paris, "2026-12-01T17:00:00.000+01:00");
    // The office is told, and the message says nothing of the answer.
    let told = world.outbox.last();
    assert!(contains(&told, "etude@essai.test") && contains(&told, &act.to_string()));
    assert!(!contains(&told, "1 200") && !contains(&told, "Quatremere"));
    // Both take out the same acknowledgement: date and digests.
    platform.sortir_accuse(act, done.reponse, &world.path("accuse")).unwrap();
    let bytes = fs::read(world.path("accuse/accuse.json")).unwrap();
    let accuse: AccuseReponse = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((accuse.recue_le_utc, accuse.contenu.sha256), (done.recue_le, done.sha256));
    assert_eq!(fs::read(world.path("accuse/accuse.json.p7s")).unwrap(), Sha256Digest::of(&bytes).to_hex().into_bytes());
    assert!(world.path("accuse/accuse.json.tst").exists() && accuse.journal.seq > 0);
    // The office reads, and so does he who answered; nobody else.
    let ours = platform.lire_reponse(&officer(), act, done.reponse, &world.path("etude")).unwrap();
    let his = platform.relire_reponse(act, done.reponse, &world.key(consent), &world.path("lui")).unwrap();
    assert_eq!((ours.texte.as_str(), his.texte), ("Je dois 1 200 euros au debiteur saisi.", ours.texte.clone()));
    assert_eq!(fs::read(world.path("etude/jointe-1.pdf")).unwrap(), b"%PDF releve du tiers saisi");
    assert_eq!(Sha256Digest::of(&fs::read(world.path("lui/reponse.json")).unwrap()), done.sha256);
    assert!(platform.relire_reponse(act, done.reponse, &stranger, &world.path("x")).is_err());
    assert_eq!(
        code(platform.lire_reponse(&Actor::registry("r"), act, done.reponse, &world.path("x"))),
        "signification.actor"
    );
    for (path, bytes) in files(&world.store()).into_iter().chain(files(world.kept().path())) {
        assert!(!contains(&bytes, "1 200 euros") && !contains(&bytes, "releve du tiers"), "{}", path.display());
    }
    let labels: Vec<&str> = platform.suivi(act).unwrap().lignes.iter().map(|l| l.libelle).collect();
    assert!(labels.contains(&"Réponse du destinataire reçue") && labels.contains(&"Réponse lue par l'étude"));
    sound(&world, &platform);
    // A file that was touched in the vault is refused.
    let touched = files(&world.store().join("jointes")).remove(0).0;
    fs::write(&touched, b"autre").unwrap();
    assert!(platform.lire_reponse(&officer(), act, done.reponse, &world.path("y")).is_err());
}

fn c12_l19_the_term_of_an_answer_is_kept_and_a_late_one_is_said_late(storage: Storage) {
    let world = world(storage);
    let platform = world.make().avec(searched()).unwrap();
    let (consent, act) = served(&world, &platform, "assignation");
    assert_eq!(platform.suivi_reponse(act).unwrap().etat, None);
    assert_eq!(code(platform.attendre_reponse(&Actor::recipient(consent), act)), "signification.actor");
    let owed = platform.attendre_reponse(&officer(), act).unwrap();
    assert_eq!(
        (owed.etat, owed.attendue.unwrap().earliest().to_string().as_str()),
        (Some(Etat::Attendue), "2026-12-02")
    );
    world.clock.set("2026-12-02T23:00:01Z");
    assert_eq!(platform.suivi_reponse(act).unwrap().terme, Some(ReponseState::EnRetard));
    let done = platform.repondre(&answer(&world, act, None), &world.key(consent)).unwrap();
    assert_eq!((done.etat, done.terme), (Etat::Accusee, Some(ReponseState::RecueTardive)));
    // A second word is another answer; the first one's date stands.
    platform.repondre(&answer(&world, act, None), &world.key(consent)).unwrap();
    let all = platform.suivi_reponse(act).unwrap();
    assert_eq!((all.recues.len(), all.recues[0].recue_le), (2, done.recue_le));
    assert!(ReponseInput { texte: " ".into(), ..answer(&world, act, None) }.jointes.is_empty());
    let empty = ReponseInput { texte: " ".into(), ..answer(&world, act, None) };
    assert_eq!(code(platform.repondre(&empty, &world.key(consent))), "signification.field");
    // Nothing is answered before it was sent, nor by who ended his consent.
    let draft = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    assert_eq!(code(platform.repondre(&answer(&world, draft, None), &world.key(consent))), "signification.transition");
    platform.revoquer(consent, &Demande::Destinataire { cle: world.key(consent) }).unwrap();
    assert_eq!(code(platform.repondre(&answer(&world, act, None), &world.key(consent))), "signification.transition");
    sound(&world, &platform);
}

fn c11_an_infected_file_is_quarantined_and_its_sender_told(storage: Storage) {
    let world = world(storage);
    let platform = world.make().avec(searched()).unwrap();
    let (consent, act) = served(&world, &platform, "saisie-attribution");
    let input = answer(&world, act, Some(("piece.pdf", b"X5O!P%@AP EICAR test")));
    let before = world.outbox.sent.lock().unwrap().len();
    assert_eq!(code(platform.repondre(&input, &world.key(consent))), "signification.file_refused");
    assert_eq!(platform.suivi_reponse(act).unwrap().etat, Some(Etat::Attendue), "nothing was received");
    let mail = world.outbox.last();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before + 1);
    assert!(contains(&mail, "isaline@essai.test") && !contains(&mail, "piece.pdf"));
    let kept = files(&world.store().join("quarantaine"));
    assert_eq!(kept.len(), 1);
    let id: Id = kept[0].0.file_stem().unwrap().to_str().unwrap().parse().unwrap();
    let view: scan::View = platform.views().view(Table::Fichier, id.as_bytes()).unwrap().unwrap();
    assert_eq!((view.sender, view.admis, view.prevenu.as_deref()), (consent, false, Some("250")));
    assert_eq!(view.verdict, Verdict::Infecte { signature: "Eicar-Test".into() });
    assert!(!contains(&kept[0].1, "EICAR"), "kept encrypted");
    let office = SecretKey::read(&world.store().join("cles/etude.cle"), "étude").unwrap();
    let opened = vault::get(&kept[0].0, Kind::Jointe, id, &view.digests, &office);
    assert_eq!(code(opened), "signification.key_refused", "opened by nobody of the office");
    assert_ne!(view.digests, Digests::of(b"X5O!P%@AP EICAR test"), "a known file is not recognised in the journal");
    // The mail server that refuses does not hide the refusal.
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    assert_eq!(code(platform.repondre(&input, &world.key(consent))), "signification.file_refused");
    *world.outbox.refuse.lock().unwrap() = None;
    assert!(platform.repondre(&answer(&world, act, Some(("saine.pdf", b"rien"))), &world.key(consent)).is_ok());
    sound(&world, &platform);
}

fn c11_without_a_search_the_policy_decides_for_replies_and_identity_documents(storage: Storage) {
    let world = world(storage);
    let platform = world.make();
    let consent = platform.proposer(&officer(), "2026-0142", "étude").unwrap().consent;
    let declaration = world.declaration("isaline@essai.test");
    assert_eq!(code(platform.declarer(&officer(), consent, &declaration)), "signification.file_refused");
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Propose);
    let platform = platform.avec(searched()).unwrap();
    platform.declarer(&officer(), consent, &declaration).unwrap();
    let verdicts = |platform: &Platform<'_>| -> Vec<scan::View> {
        let all = platform.views().scan(Table::Fichier, &[], None, usize::MAX).unwrap();
        all.iter().map(|(_, view)| serde_json::from_slice(view).unwrap()).collect()
    };
    let seen = verdicts(&platform);
    assert_eq!(seen.iter().filter(|v| v.admis && v.verdict == Verdict::Sain).count(), 2);
    assert_eq!(seen.iter().filter(|v| !v.admis).count(), 1, "the one that could not be searched");
    drop(platform);
    // The operator admits what is not searched: it is said each time.
    let mut world = world;
    world.config.analyse.politique = Politique::Admettre;
    fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    let platform = world.open();
    platform.inviter(&officer(), consent).unwrap();
    let secret = world::token(&world.outbox.last());
    platform.accepter(&world.accept_input(consent, &secret)).unwrap();
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.repondre(&answer(&world, act, Some(("a.pdf", b"rien"))), &world.key(consent)).unwrap();
    assert!(!platform.suivi_reponse(act).unwrap().recues[0].jointes[0].analyse, "never called clean");
    sound(&world, &platform);
}

fn a17_no_verified_mobile_no_sms_then_one_for_each_notice(storage: Storage) {
    let mut world = world(storage);
    world.config.sms = Some(gateway());
    let gateway = Passerelle::default();
    let tools = Outils { sms: Some(&gateway), ..searched() };
    let platform = world.make().avec(tools).unwrap();
    let (consent, act) = served(&world, &platform, "assignation");
    assert_eq!(gateway.corps().len(), 0, "a number that nobody verified gets nothing");
    let sent = platform.envoyer_code(consent, &world.key(consent)).unwrap();
    assert_eq!(sent.valable_jusqu_au.unwrap(), "2026-12-01T11:15:00Z".parse::<Instant>().unwrap());
    assert_eq!(gateway.corps()[0]["a"], "+33612345678");
    let typed = gateway.code();
    platform.verifier_mobile(consent, &world.key(consent), &format!(" {typed} ")).unwrap();
    platform.renotifier(&officer(), act).unwrap_err();
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    platform.envoyer(&officer(), act, false).unwrap();
    assert_eq!(gateway.corps().len(), 2, "one beside the notice, whatever became of it");
    let text = gateway.corps()[1]["texte"].as_str().unwrap().to_owned();
    for word in ["Quatremere", "Isaline", "assignation", "2026-0142", &act.to_string()] {
        assert!(!text.contains(word), "{word}");
    }
    // The same notice tried again is no other SMS; a new notice is.
    world.clock.advance(Duration::from_secs(60));
    *world.outbox.refuse.lock().unwrap() = None;
    assert_eq!(platform.traiter().unwrap().avis.len(), 1);
    assert_eq!(gateway.corps().len(), 2);
    let followed = platform.textos(act).unwrap();
    assert_eq!((followed.len(), followed[0].etat), (1, EtatSms::PrisParLaPasserelle));
    for line in world.lines() {
        assert!(!contains(&line, "612345678") && !contains(&line, &format!("\"{typed}\"")));
    }
    platform.retirer_mobile(consent, &world.key(consent)).unwrap();
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    assert_eq!(gateway.corps().len(), 2, "he wants none any more");
    sound(&world, &platform);
    drop(platform);
    // Off by default: no gateway in the configuration, nothing leaves.
    world.config.sms = None;
    fs::write(world.store().join("plateforme.toml"), world.config.to_text().unwrap()).unwrap();
    let platform = world.open().avec(tools).unwrap();
    assert_eq!(code(platform.envoyer_code(consent, &world.key(consent))), "signification.sms_not_sent");
    assert_eq!(gateway.corps().len(), 2);
}

fn a17_a_code_has_five_tries_and_fifteen_minutes(storage: Storage) {
    let mut world = world(storage);
    world.config.sms = Some(gateway());
    let gateway = Passerelle::default();
    let platform = world.make().avec(Outils { sms: Some(&gateway), ..searched() }).unwrap();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let key = world.key(consent);
    assert_eq!(code(platform.verifier_mobile(consent, &key, "000000")), "signification.mobile_code", "none was sent");
    platform.envoyer_code(consent, &key).unwrap();
    let good = gateway.code();
    let bad = if good == "000000" { "000001" } else { "000000" };
    // Eight at once: five are looked at.
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(code(platform.verifier_mobile(consent, &key, bad)), "signification.mobile_code"));
        }
    });
    let view = platform.mobile(consent).unwrap().unwrap();
    assert_eq!((view.code.unwrap().essais, view.verifie), (5, None));
    assert_eq!(code(platform.verifier_mobile(consent, &key, &good)), "signification.mobile_code", "too late");
    platform.envoyer_code(consent, &key).unwrap();
    world.clock.advance(Duration::from_secs(15 * 60));
    assert_eq!(code(platform.verifier_mobile(consent, &key, &gateway.code())), "signification.mobile_code", "expired");
    platform.envoyer_code(consent, &key).unwrap();
    let first = gateway.code();
    platform.envoyer_code(consent, &key).unwrap();
    if first != gateway.code() {
        assert_eq!(code(platform.verifier_mobile(consent, &key, &first)), "signification.mobile_code", "replaced");
    }
    world.clock.advance(Duration::from_secs(15 * 60 - 1));
    assert!(platform.verifier_mobile(consent, &key, &gateway.code()).is_ok());
    platform.envoyer_code(consent, &key).unwrap();
    assert_eq!(code(platform.envoyer_code(consent, &key)), "signification.mobile_code", "five a day");
    assert!(
        platform.mobile(consent).unwrap().unwrap().verifie.is_some(),
        "a mobile stays verified while another code waits"
    );
    sound(&world, &platform);
}

fn a17_a_gateway_that_fails_does_not_touch_the_notice(storage: Storage) {
    let mut world = world(storage);
    world.config.sms = Some(gateway());
    let gateway = Passerelle::default();
    let platform = world.make().avec(Outils { sms: Some(&gateway), ..searched() }).unwrap();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    platform.envoyer_code(consent, &world.key(consent)).unwrap();
    platform.verifier_mobile(consent, &world.key(consent), &gateway.code()).unwrap();
    *gateway.refuse.lock().unwrap() = true;
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    assert_eq!(platform.envoyer(&officer(), act, false).unwrap().state, ActeState::Avise);
    let followed = platform.textos(act).unwrap();
    assert_eq!((followed[0].etat, followed[0].code.as_deref()), (EtatSms::Echec, Some("http_503")));
    assert_eq!(code(platform.envoyer_code(consent, &world.key(consent))), "signification.sms_not_sent");
    *gateway.refuse.lock().unwrap() = false;
    platform.traiter().unwrap();
    assert_eq!(gateway.corps().len(), 1, "never sent again by itself");
    sound(&world, &platform);
}
