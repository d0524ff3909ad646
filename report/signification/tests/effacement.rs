//! What is kept while the service is used (F01); termination, two months of reading, deletion and its certificate (rows F02 to F05); the
//! procedure sheet (E13); requests for rights by the agenda (F07).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use dossier::{Instant, Sha256Digest};
use signification::Platform;
use signification::consent::{Actor, ConsentState};
use signification::droit::{Droit, Issue};
use signification::effacement::{ItemKind, Motif, parse_certificate};
use signification::platform::Demande;
use signification::projection::Views as _;
use signification::receipt::parse;
use world::{ACT, DigestSealer, World, files, officer};

fn writ() -> Demande {
    Demande::Ecrit { registre: Actor::registry("registre"), reference: "lettre 7".into() }
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn world(deferred: bool) -> World<DigestSealer> {
    World::new(DigestSealer { deferred }, "2026-11-21T09:00:00Z")
}

#[test]
fn f03_f04_f05_two_months_of_reading_then_deletion_and_its_certificate() {
    let world = world(false);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    world.clock.set("2026-12-31T10:00:00Z");
    let ended = platform.resilier(consent, &writ(), at("2026-12-29T08:00:00Z")).unwrap();
    // F03: effective when it is processed; both dates are told.
    assert_eq!((ended.recue_le, ended.effective_le), (at("2026-12-29T08:00:00Z"), at("2026-12-31T10:00:00Z")));
    assert_eq!(ended.lecture_seule_jusqu_au, at("2027-02-28T23:00:00Z"));
    assert!(ended.phrase.contains("2026-12-29") && ended.phrase.contains("2026-12-31"), "{}", ended.phrase);
    assert!(platform.resilier(consent, &writ(), at("2026-12-29T08:00:00Z")).is_err(), "a termination twice");

    // F04: downloading goes on, no new act.
    world.clock.set("2027-02-28T22:59:59Z");
    platform.traiter().unwrap();
    platform.telecharger(act, &world.key(consent), &world.path("recu")).unwrap();
    let refused = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap_err();
    assert_eq!(refused.code(), "signification.act_refused");
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Revoque);
    assert!(world.vaulted(act).exists() && platform.certificats(consent).unwrap().is_empty());

    // F05: past the date the octets are gone, and the certificate goes out.
    let mails = world.outbox.sent.lock().unwrap().len();
    world.clock.set("2027-02-28T23:00:00Z");
    platform.traiter().unwrap();
    assert!(!world.vaulted(act).exists());
    let refused = platform.consulter(act, &world.key(consent)).unwrap_err();
    assert_eq!(refused.code(), "signification.erased");
    let told = platform.certificats(consent).unwrap();
    assert_eq!(
        (told.len(), told[0].motif, told[0].elements, told[0].horodate, told[0].envoye),
        (1, Motif::Resiliation, 1, true, true)
    );
    let sent = world.outbox.sent.lock().unwrap()[mails..].to_vec();
    assert_eq!((sent.len(), sent[0].to.as_str()), (1, "isaline@essai.test"));
    let raw = String::from_utf8_lossy(&sent[0].raw).into_owned();
    for name in ["effacement.json", "effacement.json.p7s", "effacement.json.tst", "procedure.json"] {
        assert!(raw.contains(&format!("filename=\"{name}\"")), "{name}");
    }

    let folder = world.path("certificat");
    let written = platform.sortir_certificat(consent, told[0].certificat, &folder).unwrap();
    assert_eq!(written.len(), 4);
    let bytes = std::fs::read(folder.join("effacement.json")).unwrap();
    let certificate = parse_certificate(&bytes).unwrap();
    assert_eq!((certificate.pseudonym, certificate.efface_le), (consent, at("2027-02-28T23:00:00Z")));
    assert_eq!((certificate.fin_le, certificate.demande_recue_le), (ended.effective_le, Some(ended.recue_le)));
    assert_eq!((certificate.items[0].nature, certificate.items[0].id), (ItemKind::Acte, act));
    assert_eq!(certificate.items[0].sha256, Some(Sha256Digest::of(ACT)));
    let text = String::from_utf8(bytes).unwrap();
    for secret in ["Isaline", "Quatremere", "isaline@essai.test", "Phrase unique", "Banque"] {
        assert!(!text.contains(secret), "{secret}");
    }
    // The receipts of the act stand, and the journal rebuilds all this.
    assert!(!platform.recepisses(act).unwrap().is_empty());
    assert!(Platform::verifier_journal(&world.store()).unwrap().intact);
    let before = platform.effacement(consent).unwrap();
    drop(platform);
    world.lose_tables();
    assert_eq!(world.open().effacement(consent).unwrap(), before);
}

#[test]
fn f01_nothing_is_destroyed_while_the_service_is_used() {
    let world = world(false);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let kept = |world: &World<DigestSealer>| ["registre", "cles"].map(|folder| files(&world.store().join(folder)));
    let before = kept(&world);
    assert!(before.iter().all(|folder| folder.len() > 1));
    // Long past every term that a revocation, a termination or the vault counts.
    world.clock.set("2046-11-20T09:00:00Z");
    platform.traiter().unwrap();
    drop(platform);
    let platform = world.open();
    platform.traiter().unwrap();
    assert_eq!(kept(&world), before);
    assert!(platform.certificats(consent).unwrap().is_empty());
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Actif);
    platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap();
}

#[test]
fn f05_a_deletion_cut_in_the_middle_is_ended_and_a_refused_mail_goes_again() {
    let world = world(true);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    platform.resilier(consent, &writ(), at("2026-11-20T09:00:00Z")).unwrap();
    std::fs::remove_file(world.vaulted(act)).unwrap();
    drop(platform);
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    world.clock.set("2027-01-21T23:00:00Z");
    // The term ended while the platform was closed: opening is enough.
    let platform = world.open();
    let told = platform.certificats(consent).unwrap();
    assert_eq!((told.len(), told[0].envoye, told[0].horodate), (1, false, false));
    *world.outbox.refuse.lock().unwrap() = None;
    let before = world.outbox.sent.lock().unwrap().len();
    platform.traiter().unwrap();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before, "an hour between two tries");
    world.clock.set("2027-01-22T00:00:01Z");
    platform.traiter().unwrap();
    assert!(platform.certificats(consent).unwrap()[0].envoye);
    world.clock.set("2027-01-22T09:00:00Z");
    platform.traiter().unwrap();
    assert_eq!(world.outbox.sent.lock().unwrap().len(), before + 1, "sent once");
}

#[test]
fn f02_f05_five_years_after_a_revocation_the_certificate_goes_to_the_address_that_was_known() {
    let world = world(false);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    platform.revoquer(consent, &writ()).unwrap();
    world.clock.set("2031-11-21T09:00:01Z");
    platform.traiter().unwrap();
    let told = platform.certificats(consent).unwrap();
    // The declaration, two documents, the key.
    assert_eq!((told.len(), told[0].motif, told[0].elements, told[0].envoye), (1, Motif::Revocation, 4, true));
    let last = world.outbox.sent.lock().unwrap().last().unwrap().clone();
    assert_eq!(last.to, "isaline@essai.test");
    // Nothing kept names him: neither the journal, nor the pieces.
    for (path, octets) in files(&world.store()) {
        assert!(!String::from_utf8_lossy(&octets).contains("isaline@essai.test"), "{}", path.display());
    }
}

#[test]
fn e13_each_evidence_folder_has_the_procedure_sheet_whose_digest_is_signed() {
    let world = world(false);
    let platform = world.make();
    std::fs::write(world.store().join("hebergement.toml"), "horloge = \"NTP, quatre serveurs, écart contrôlé\"\n")
        .unwrap();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let folder = world.evidence(&platform, consent).remove(0);
    let receipt = parse(&std::fs::read(folder.join("preuve.json")).unwrap()).unwrap();
    let sheet = std::fs::read(folder.join("procedure.json")).unwrap();
    assert_eq!(receipt.procedure, Some(Sha256Digest::of(&sheet)));
    let text = String::from_utf8(sheet.clone()).unwrap();
    for told in ["NTP, quatre serveurs", "RFC 3161", "SHA-256", env!("CARGO_PKG_VERSION"), "constat-preuve/1"] {
        assert!(text.contains(told), "{told}");
    }
    // Another clock later: the sheet of that receipt stays what it was.
    std::fs::write(world.store().join("hebergement.toml"), "horloge = \"GPS\"\n").unwrap();
    let again = world.evidence(&platform, consent).remove(0);
    assert_eq!(std::fs::read(again.join("procedure.json")).unwrap(), sheet);
}

#[test]
fn f07_a_request_is_followed_to_its_answer_and_its_term_is_told_before() {
    let world = world(false);
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let me = Actor::recipient(consent);
    for droit in Droit::ALL {
        let asked = platform.demander_droit(&me, consent, droit, at("2026-11-21T08:00:00Z")).unwrap();
        assert_eq!((asked.etat, asked.vue.terme), ("RECUE", at("2026-12-21T23:00:00Z")));
    }
    let all = platform.demandes_de_droits(Some(consent)).unwrap();
    assert_eq!(all.len(), 7);
    assert!(platform.alertes_de_droits().unwrap().is_empty());
    let first = all[0].vue.demande;
    platform.identifier_droit(&officer(), first, "CLE").unwrap();
    assert!(platform.clore_droit(&me, first, Issue::Satisfaite, None).is_err(), "a person does not answer himself");
    assert_eq!(platform.clore_droit(&officer(), first, Issue::Satisfaite, None).unwrap().etat, "SATISFAITE");
    world.clock.set("2026-12-13T23:00:00Z");
    platform.traiter().unwrap();
    let told = platform.alertes_de_droits().unwrap();
    assert_eq!(told.len(), 6);
    assert!(told.iter().all(|one| !one.en_retard && one.vue.demande != first));
    platform.traiter().unwrap();
    world.clock.set("2026-12-22T00:00:00Z");
    assert!(platform.alertes_de_droits().unwrap().iter().all(|one| one.en_retard));
    drop(platform);
    let before = world.open().demandes_de_droits(None).unwrap();
    world.lose_tables();
    assert_eq!(world.open().demandes_de_droits(None).unwrap(), before);
}

/// Gives states beside every signature.
struct WithStates(DigestSealer);

impl signification::EvidenceSealer for WithStates {
    fn sign(&self, bytes: &[u8]) -> Result<signification::SignedEvidence, signification::SealerError> {
        self.0.sign(bytes)
    }

    fn timestamp(&self, bytes: &[u8]) -> Result<Vec<u8>, signification::SealerError> {
        self.0.timestamp(bytes)
    }

    fn states(&self, signature: &[u8], token: Option<&[u8]>) -> Option<Vec<u8>> {
        Some([signature, token.unwrap_or_default()].concat())
    }
}

#[test]
fn e08_chain_and_states_are_kept_with_each_receipt() {
    let world = World::new(WithStates(DigestSealer { deferred: false }), "2026-11-21T09:00:00Z");
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let folder = world.evidence(&platform, consent).remove(0);
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert_eq!(read("preuve.json.etats"), [read("preuve.json.p7s"), read("preuve.json.tst")].concat());
}

/// What a stranger's verifier is tested with is what this package reads, octet for octet.
#[test]
fn d06_f05_the_golden_objects_of_the_verifier_are_ours() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sealer/tests/golden");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let receipt = read("preuve.json");
    assert_eq!(dossier::to_canonical(&parse(&receipt).unwrap()).unwrap(), receipt);
    let certificate = read("effacement.json");
    assert_eq!(dossier::to_canonical(&parse_certificate(&certificate).unwrap()).unwrap(), certificate);
}
