//! The office where it is: competence at each deposit, zones of holidays and closed days (G01, G04, G05), and the transfers
//! between two platforms (G02, G03). On both storages.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/offices.rs"]
mod offices;
#[path = "support/pki.rs"]
mod pki;
#[path = "support/world.rs"]
mod world;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dossier::{Finding, Instant, Level, Reference};
use jiff::civil::date;
use offices::{code, office, office_id, releve, signer, trust_each_other};
use pki::OpensslSealer;
use signification::acte::Nature;
use signification::confrere::donnees::DONNEES_FORMAT;
use signification::confrere::{Aller, Destinataire, Etat, Modalite, Motif, Piece};
use signification::consent::Actor;
use signification::delais::{ClosedDay, JoursChomes};
use signification::platform::Destination;
use signification::projection::Views as _;
use signification::store::Table;
use signification::territoire::registre::{self, ANNUAIRE};
use signification::territoire::{Canal, Office, OfficeId, Verdict};
use signification::vault::SecretKey;
use signification::{EvidenceSealer, EvidenceVerifier, Id, Outils, Platform, SignificationError};
use world::{ACT, DigestSealer, Storage, World, contains, officer};

const NOON: &str = "2026-12-01T11:00:00Z";

on_both_storages!(
    g01_an_office_outside_is_refused_and_competent_ones_are_proposed,
    g05_one_addressee_in_the_ressort_is_enough_for_an_electronic_act,
    g01_where_the_data_do_not_tell_the_officer_answers_for_his_check,
    g04_a_directory_that_is_forged_old_or_older_than_the_last_is_told_or_refused,
    c01_zones_follow_the_communes_and_closed_days_the_signed_list,
    g02_g03_a_transfer_goes_and_comes_back_between_two_platforms,
    g03_what_is_refused_is_told_and_set_aside_within_bounds,
    i08_the_round_checks_the_packages_of_transfers,
    g02_without_an_answer_a_transfer_expires_by_itself,
);

/// For what is not about signatures.
struct Confiance;

impl EvidenceVerifier for Confiance {
    fn check_signature(&self, _: &[u8], _: &[u8]) -> Vec<Finding> {
        Vec::new()
    }

    fn check_token(&self, _: &[u8], _: &[u8]) -> Vec<Finding> {
        Vec::new()
    }
}

fn err<T: std::fmt::Debug>(result: Result<T, SignificationError>) -> &'static str {
    result.unwrap_err().code()
}

fn codes<T: std::fmt::Debug>(result: Result<T, SignificationError>) -> Vec<&'static str> {
    match result.unwrap_err() {
        SignificationError::ActRefused { codes } => codes,
        other => panic!("{other}"),
    }
}

fn seated(storage: Storage, siege: &str) -> World<DigestSealer> {
    let mut world = World::on(storage, DigestSealer { deferred: false }, NOON);
    let text = format!("office = \"{}\"\nsiege = \"{siege}\"\n", office_id(20_000_000));
    world.config.bureau = Some(toml::from_str(&text).unwrap());
    world
}

fn living(world: &World<DigestSealer>, platform: &Platform<'_>, commune: Option<&str>) -> Id {
    let mut declaration = world.declaration("isaline@essai.test");
    declaration.personne.commune = commune.map(Into::into);
    world.consent(platform, &declaration)
}

fn with(communes: &[&str]) -> Destination {
    Destination { autres: communes.iter().map(|c| code(c)).collect(), verification: None }
}

/// A directory of these offices, signed by a chamber, in files.
fn publish(folder: &Path, chamber: &OpensslSealer, numero: u64, at: &str, offices: Vec<Office>) -> PathBuf {
    let octets = releve(numero, at, offices).octets().unwrap();
    fs::write(folder.join("annuaire.json"), &octets).unwrap();
    fs::write(folder.join("annuaire.json.p7s"), chamber.seal(&octets).unwrap().signature).unwrap();
    folder.join("annuaire.json")
}

fn g01_an_office_outside_is_refused_and_competent_ones_are_proposed(storage: Storage) {
    let mut world = seated(storage, "75056");
    let chamber = OpensslSealer::new();
    trust_each_other(&[&chamber]);
    let list = [(20_000_000, "75056"), (20_000_001, "69123"), (20_000_002, "76540")];
    let list = list.map(|(eight, siege)| office(eight, siege, &[], signer(&chamber)));
    let file = publish(world.folder.path(), &chamber, 4, "2026-11-20T09:00:00Z", list.into());
    let bureau = world.config.bureau.as_mut().unwrap();
    let annuaire = format!("fichier = {file:?}\nsignataire = \"{}\"\n", signer(&chamber).to_hex());
    bureau.annuaire = Some(toml::from_str(&annuaire).unwrap());
    let platform = world.make();
    let consent = living(&world, &platform, Some("69123"));
    assert_eq!(err(platform.deposer(&officer(), &world.deposit(consent, "assignation"))), "signification.config");
    let platform = platform.avec(Outils { verifier: Some(&chamber), ..Outils::default() }).unwrap();
    assert!(platform.reserves().iter().all(|f| f.level != Level::Fail));
    let refused = platform.deposer(&officer(), &world.deposit(consent, "assignation"));
    assert_eq!(codes(refused), ["INCOMPETENT"]);
    let judged = platform.competence_pour(consent, &with(&[])).unwrap().unwrap();
    assert_eq!((judged.competence.verdict, judged.annuaire), (Verdict::Incompetent, Some(4)));
    let proposed: Vec<OfficeId> = judged.competence.proposes.iter().map(|p| p.office).collect();
    assert_eq!(proposed, [office_id(20_000_001)], "that of Lyon");
    let lines = world.lines();
    assert!(lines.iter().any(|l| contains(l, "deposit_refused") && contains(l, "INCOMPETENT")));
    assert!(platform.state().unwrap().acts.is_empty(), "no state change");
    // A declaration without its commune says nothing.
    let nowhere = living(&world, &platform, None);
    assert_eq!(codes(platform.deposer(&officer(), &world.deposit(nowhere, "assignation"))), ["COMMUNE_INCONNUE"]);
    // At home it may, and the journal says why.
    let home = living(&world, &platform, Some("75056"));
    let act = platform.deposer(&officer(), &world.deposit(home, "assignation")).unwrap().acte;
    let view: registre::View = platform.views().view(Table::Territoire, act.as_bytes()).unwrap().unwrap();
    let kept = view.competence.unwrap();
    assert_eq!((kept.verdict, kept.annuaire, kept.cours[0].as_str()), (Verdict::Competent, Some(4), "paris"));
    // Every failing check alone has its code; all are listed at once.
    platform.revoquer(consent, &signification::platform::Demande::Destinataire { cle: world.key(consent) }).unwrap();
    let both = codes(platform.deposer(&officer(), &world.deposit(consent, "assignation")));
    assert_eq!(both, ["SANS_CONSENTEMENT", "INCOMPETENT"]);
    assert!(world.verify().intact);
}

fn g05_one_addressee_in_the_ressort_is_enough_for_an_electronic_act(storage: Storage) {
    // Three addressees, in the courts of Paris, Rouen and Lyon: any of the three offices passes, a fourth fails.
    for (siege, passes) in [("75056", true), ("76540", true), ("69123", true), ("33063", false)] {
        let world = seated(storage, siege);
        let platform = world.make();
        let consent = living(&world, &platform, Some("75056"));
        let input = world.deposit(consent, "assignation");
        let done = platform.deposer_pour(&officer(), &input, &with(&["76540", "69123"]));
        match done {
            Ok(done) if passes => {
                let view: registre::View =
                    platform.views().view(Table::Territoire, done.acte.as_bytes()).unwrap().unwrap();
                assert_eq!(
                    (view.competence.as_ref().unwrap().destinataires, view.competence.unwrap().cours.len()),
                    (3, 3)
                );
            }
            other => {
                assert!(!passes, "{siege}");
                assert_eq!(codes(other), ["INCOMPETENT"]);
            }
        }
    }
}

fn g01_where_the_data_do_not_tell_the_officer_answers_for_his_check(storage: Storage) {
    // A part of Roissy depends on another court.
    let world = seated(storage, "93008");
    let platform = world.make();
    let consent = living(&world, &platform, Some("95527"));
    let judged = platform.competence_pour(consent, &with(&[])).unwrap().unwrap();
    assert_eq!(judged.competence.verdict, Verdict::AVerifier);
    let input = world.deposit(consent, "assignation");
    assert_eq!(codes(platform.deposer(&officer(), &input)), ["COMPETENCE_A_VERIFIER"]);
    let said = Destination { verification: Some("note du 1er décembre".into()), ..with(&[]) };
    let act = platform.deposer_pour(&officer(), &input, &said).unwrap().acte;
    let view: registre::View = platform.views().view(Table::Territoire, act.as_bytes()).unwrap().unwrap();
    assert_eq!(view.competence.unwrap().verification.as_deref(), Some("note du 1er décembre"));
    // What the data do tell is not overruled.
    let lyon = living(&world, &platform, Some("69123"));
    assert_eq!(codes(platform.deposer_pour(&officer(), &world.deposit(lyon, "assignation"), &said)), ["INCOMPETENT"]);
}

fn g04_a_directory_that_is_forged_old_or_older_than_the_last_is_told_or_refused(storage: Storage) {
    let mut world = seated(storage, "75056");
    let (chamber, forger) = (OpensslSealer::new(), OpensslSealer::new());
    trust_each_other(&[&chamber, &forger]);
    let own = || vec![office(20_000_000, "75056", &[], signer(&chamber))];
    let folder = world.folder.path().to_path_buf();
    let file = publish(&folder, &chamber, 7, "2026-11-20T09:00:00Z", own());
    let annuaire = format!("fichier = {file:?}\nsignataire = \"{}\"\n", signer(&chamber).to_hex());
    world.config.bureau.as_mut().unwrap().annuaire = Some(toml::from_str(&annuaire).unwrap());
    let tools = Outils { verifier: Some(&chamber), ..Outils::default() };
    drop(world.make());
    let open = || world.open().avec(tools);
    drop(open().unwrap());
    let count = || world.lines().iter().filter(|l| contains(l, "directory_taken")).count();
    drop(open().unwrap());
    assert_eq!(count(), 1, "the same snapshot is told once");
    publish(&folder, &chamber, 6, "2026-11-21T09:00:00Z", own());
    assert_eq!(open().err().unwrap().code(), "signification.directory");
    publish(&folder, &forger, 8, "2026-11-21T09:00:00Z", own());
    assert_eq!(open().err().unwrap().code(), "signification.directory_forged");
    publish(&folder, &chamber, 8, "2026-11-21T09:00:00Z", own());
    let platform = open().unwrap();
    let view: registre::View = platform.views().view(Table::Territoire, ANNUAIRE.as_bytes()).unwrap().unwrap();
    assert_eq!((view.annuaire.unwrap().numero, count(), platform.reserves().len()), (8, 2, 0));
    drop(platform);
    world.clock.set("2027-02-01T11:00:00Z");
    let platform = open().unwrap();
    assert!(platform.reserves().iter().any(|f| f.code == "annuaire.perime" && f.level == Level::Warn));
    drop(platform);
    assert_eq!(
        world.open().avec(Outils::default()).err().unwrap().code(),
        "signification.config",
        "nothing to verify with"
    );
    // Another seat than the directory's is a fault of configuration.
    publish(&folder, &chamber, 9, "2027-01-30T09:00:00Z", vec![office(20_000_000, "69123", &[], signer(&chamber))]);
    assert_eq!(open().err().unwrap().code(), "signification.config");
    assert!(world.verify().intact);
}

fn c01_zones_follow_the_communes_and_closed_days_the_signed_list(storage: Storage) {
    let mut world = seated(storage, "75056");
    let day = |date, zone| ClosedDay { date, zone, libelle: "fête patronale".into(), fondement: "usage local".into() };
    let list =
        JoursChomes::new(date(2026, 12, 1), vec![day(date(2026, 12, 3), None), day(date(2026, 12, 4), None)]).unwrap();
    fs::write(world.path("jours.json"), list.to_bytes().unwrap()).unwrap();
    fs::write(world.path("jours.json.p7s"), b"signature").unwrap();
    let file = world.path("jours.json");
    world.config.bureau.as_mut().unwrap().jours_chomes = Some(file);
    let platform = world.make();
    let (paris, strasbourg) = (living(&world, &platform, Some("75056")), living(&world, &platform, Some("67482")));
    let act = |platform: &Platform<'_>, consent: Id| {
        let other = with(&["75056"]);
        platform.deposer_pour(&officer(), &world.deposit(consent, "assignation"), &other).unwrap().acte
    };
    let (first, second, third) = (act(&platform, paris), act(&platform, strasbourg), act(&platform, paris));
    // A list that is configured and was not opened is no empty list.
    assert_eq!(err(platform.envoyer(&officer(), first, false)), "signification.config");
    let platform = platform.avec(Outils { verifier: Some(&Confiance), ..Outils::default() }).unwrap();
    world.clock.set("2026-12-02T11:00:00Z");
    platform.envoyer(&officer(), first, false).unwrap();
    world.clock.set("2026-12-03T11:00:00Z");
    let closed = platform.envoyer(&officer(), third, false).unwrap_err();
    assert!(matches!(&closed, SignificationError::WindowClosed { reason, next_open }
        if reason.contains("fête patronale") && *next_open == "2026-12-05T05:00:00Z".parse::<Instant>().unwrap()));
    // À domicile: the letter goes the first working day, beyond the closed days of the list.
    platform.traiter().unwrap();
    let letter = platform.suivi(first).unwrap().lettre.unwrap();
    assert_eq!((letter.lundi_samedi, letter.lundi_vendredi), (date(2026, 12, 5), date(2026, 12, 7)));
    // 26 December is a holiday in Strasbourg (a Saturday): closed for who lives there, open for Paris.
    world.clock.set("2026-12-26T11:00:00Z");
    assert_eq!(err(platform.envoyer(&officer(), second, false)), "signification.window_closed");
    platform.envoyer(&officer(), third, false).unwrap();
    assert!(world.verify().intact);
    let known: signification::delais::View = platform.views().view(Table::Delai, b"constat-jourscho").unwrap().unwrap();
    assert_eq!(known.jours_chomes.unwrap().0, date(2026, 12, 1));
}

/// Two platforms, in Paris and in Lyon, each with its own keys, journal and storage, and one directory.
struct Scene {
    worlds: [World<OpensslSealer>; 2],
    ids: [OfficeId; 2],
}

const PARIS: usize = 0;
const LYON: usize = 1;

impl Scene {
    fn new(storage: Storage) -> Self {
        let chamber = OpensslSealer::new();
        let mut worlds = [OpensslSealer::new(), OpensslSealer::new()].map(|pki| World::on(storage, pki, NOON));
        trust_each_other(&[&chamber, &worlds[0].sealer, &worlds[1].sealer]);
        let ids = [office_id(20_000_000), office_id(20_000_001)];
        let sieges = ["75056", "69123"];
        for (n, world) in worlds.iter_mut().enumerate() {
            let file = world.path("annuaire.json");
            let text = format!(
                "office = \"{}\"\nsiege = \"{}\"\n[annuaire]\nfichier = {file:?}\nsignataire = \"{}\"\n",
                ids[n],
                sieges[n],
                signer(&chamber).to_hex()
            );
            world.config.bureau = Some(toml::from_str(&text).unwrap());
            world.try_make(world.ctx()).unwrap();
        }
        let offices = || {
            (0..2).map(|n| {
                let mut one = office(20_000_000 + u32::try_from(n).unwrap(), sieges[n], &[], signer(&worlds[n].sealer));
                let key = SecretKey::read(&worlds[n].store().join("cles/etude.cle"), "étude").unwrap();
                one.cle = key.public().to_string();
                one
            })
        };
        let list: Vec<Office> = offices().collect();
        for world in &worlds {
            publish(world.folder.path(), &chamber, 1, "2026-11-30T09:00:00Z", list.clone());
        }
        Self { worlds, ids }
    }

    fn open(&self, n: usize) -> Platform<'_> {
        let verifier = Some(&self.worlds[n].sealer as &(dyn EvidenceVerifier + Sync));
        self.worlds[n].open().avec(Outils { verifier, ..Outils::default() }).unwrap()
    }

    fn advance(&self, seconds: u64) {
        for world in &self.worlds {
            world.clock.advance(Duration::from_secs(seconds));
        }
    }

    fn aller(&self) -> Aller {
        Aller {
            format: DONNEES_FORMAT.into(),
            dossier: Reference::new("2026-117").unwrap(),
            nature: Nature::new("assignation").unwrap(),
            requerant: "Banque Requerante SA".into(),
            destinataires: vec![Destinataire {
                nom: "Isaline Quatremere".into(),
                adresse: "12 rue des Martelots".into(),
                commune: code("69123"),
            }],
            canal: Canal::Papier,
            instructions: "Avant Noël.".into(),
            echeance: "2026-12-10T12:00:00Z".parse().unwrap(),
        }
    }

    /// Prepared and handed over by Paris: the transfer and its package.
    fn sent(&self, paris: &Platform<'_>) -> (Id, PathBuf) {
        let world = &self.worlds[PARIS];
        let done = paris.preparer_transfert(&officer(), self.ids[LYON], self.aller(), &world.path("acte.pdf")).unwrap();
        assert_eq!((done.etat, done.paquet), (Etat::Prepare, None));
        self.advance(60);
        let done = paris.transmettre(&officer(), done.transmission, &world.path("sorties")).unwrap();
        (done.transmission, done.paquet.unwrap())
    }
}

fn known(platform: &Platform<'_>, id: Id) -> signification::confrere::Connu {
    platform.transfert(id).unwrap().suivi.unwrap()
}

fn i08_the_round_checks_the_packages_of_transfers(storage: Storage) {
    let scene = Scene::new(storage);
    let paris = scene.open(PARIS);
    let (id, _) = scene.sent(&paris);
    assert_eq!(paris.ronde().unwrap().pieces, 2);
    fs::write(scene.worlds[PARIS].store().join(format!("transmissions/{id}/1.paquet")), b"x").unwrap();
    assert_eq!(paris.ronde().unwrap().perdus, [id]);
}

fn g02_g03_a_transfer_goes_and_comes_back_between_two_platforms(storage: Storage) {
    let scene = Scene::new(storage);
    let (paris, lyon) = (scene.open(PARIS), scene.open(LYON));
    let out = scene.worlds[LYON].path("sorties");
    let aller = scene.aller();
    let elsewhere = Aller {
        destinataires: vec![Destinataire { commune: code("33063"), ..aller.destinataires[0].clone() }],
        ..aller
    };
    let pdf = scene.worlds[PARIS].path("acte.pdf");
    assert_eq!(
        err(paris.preparer_transfert(&officer(), scene.ids[LYON], elsewhere, &pdf)),
        "signification.incompetent"
    );
    let (id, package) = scene.sent(&paris);
    assert_eq!(err(lyon.accepter_transfert(&officer(), id, &out)), "signification.unknown");
    assert_eq!(err(lyon.recevoir_transfert(&Actor::registry("r"), &package)), "signification.actor");
    assert!(lyon.recevoir_transfert(&officer(), &package).unwrap().nouveau);
    assert!(!lyon.recevoir_transfert(&officer(), &package).unwrap().nouveau, "twice: one dossier");
    assert_eq!((lyon.transferts().unwrap().len(), known(&lyon, id).etat), (1, Etat::Transmis));
    let files = lyon.sortir_transfert(&officer(), id, &scene.worlds[LYON].path("dossier")).unwrap();
    assert_eq!((fs::read(&files[0]).unwrap(), lyon.ronde().unwrap().perdus), (ACT.to_vec(), vec![]));
    scene.advance(3600);
    let back = |done: signification::platform::Transfert| {
        assert!(paris.recevoir_transfert(&officer(), &done.paquet.unwrap()).unwrap().nouveau);
        assert_eq!((known(&paris, id).etat, paris.ronde().unwrap().perdus), (done.etat, vec![]));
    };
    back(lyon.accepter_transfert(&officer(), id, &out).unwrap());
    scene.advance(3600);
    let served: Instant = "2026-12-01T11:30:00Z".parse().unwrap();
    assert!(lyon.signifier_transfert(&officer(), id, served, &out).is_err(), "before it was accepted");
    let served: Instant = "2026-12-01T12:45:00Z".parse().unwrap();
    back(lyon.signifier_transfert(&officer(), id, served, &out).unwrap());
    let piece = Piece { nom: "recepisse-1.json".into(), octets: b"{}".to_vec() };
    back(lyon.retourner_transfert(&officer(), id, (Modalite::ADomicile, "Avis laissé.", vec![piece]), &out).unwrap());
    let files = paris.sortir_transfert(&officer(), id, &scene.worlds[PARIS].path("retour")).unwrap();
    assert!(files.iter().any(|f| f.ends_with("recepisse-1.json")) && files.iter().any(|f| f.ends_with("retour.json")));
    let closed = paris.clore_transfert(&officer(), id, &scene.worlds[PARIS].path("sorties")).unwrap();
    lyon.recevoir_transfert(&officer(), &closed.paquet.unwrap()).unwrap();
    // The same story in both journals, each step by its author.
    let (ours, theirs) = (known(&paris, id), known(&lyon, id));
    assert_eq!((ours.etat, ours.signifie_le, ours.derniere), (Etat::Clos, Some(served), theirs.derniere));
    assert_eq!((theirs.etat, theirs.recu, ours.recu), (Etat::Clos, true, false));
    assert!(scene.worlds.iter().all(|world| world.verify().intact));
    for world in &scene.worlds {
        for line in world.lines() {
            assert!(!contains(&line, "Quatremere") && !contains(&line, "Martelots"));
        }
    }
    drop((paris, lyon));
    assert_eq!(known(&scene.open(PARIS), id), ours, "opening again tells nothing twice");
}

fn g03_what_is_refused_is_told_and_set_aside_within_bounds(storage: Storage) {
    let scene = Scene::new(storage);
    let (paris, lyon) = (scene.open(PARIS), scene.open(LYON));
    let (id, package) = scene.sent(&paris);
    let good = fs::read(&package).unwrap();
    let tampered = scene.worlds[LYON].path("altere.paquet");
    let at = good.len() - 40;
    for n in 0..60_u8 {
        let mut bad = good.clone();
        bad[at] ^= n + 1;
        fs::write(&tampered, &bad).unwrap();
        assert_eq!(err(lyon.recevoir_transfert(&officer(), &tampered)), "signification.package_altered");
        scene.advance(1);
    }
    assert_eq!(lyon.transfert(id).unwrap().imports_refuses, 60, "every refusal is a line");
    assert_eq!(lyon.transfert(id).unwrap().suivi, None);
    assert_eq!(lyon.rebut().unwrap().len(), 50, "the oldest went first");
    assert_eq!(err(lyon.recevoir_transfert(&officer(), &tampered)), "signification.package_altered");
    assert_eq!(lyon.rebut().unwrap().len(), 50, "the same octets are kept once");
    fs::write(&tampered, b"rien").unwrap();
    assert_eq!(err(lyon.recevoir_transfert(&officer(), &tampered)), "signification.package");
    assert_eq!(err(paris.recevoir_transfert(&officer(), &package)), "signification.package_other_office");
    // The true one is still welcome, and what was refused goes after thirty days.
    assert!(lyon.recevoir_transfert(&officer(), &package).unwrap().nouveau);
    let refused =
        lyon.refuser_transfert(&officer(), id, (Motif::Empechement, "conflit"), &scene.worlds[LYON].path("s")).unwrap();
    paris.recevoir_transfert(&officer(), &refused.paquet.unwrap()).unwrap();
    assert_eq!((known(&paris, id).etat, known(&paris, id).motif), (Etat::Refuse, Some(Motif::Empechement)));
    scene.advance(31 * 86_400);
    assert_eq!(lyon.nettoyer_rebut().unwrap(), 50);
    assert!(lyon.rebut().unwrap().is_empty());
    assert!(scene.worlds.iter().all(|world| world.verify().intact));
}

fn g02_without_an_answer_a_transfer_expires_by_itself(storage: Storage) {
    let scene = Scene::new(storage);
    let paris = scene.open(PARIS);
    let (id, package) = scene.sent(&paris);
    scene.worlds[PARIS].clock.set("2026-12-10T12:00:00Z");
    assert!(paris.traiter().unwrap().echeances.is_empty(), "not before the deadline is over");
    scene.worlds[PARIS].clock.set("2026-12-10T12:00:00.001Z");
    let done = paris.traiter().unwrap().echeances;
    assert_eq!((done.len(), done[0].objet, known(&paris, id).etat), (1, id, Etat::Expire));
    assert!(paris.traiter().unwrap().echeances.is_empty());
    // A package that was damaged keeps its own transfer from being closed, and nothing else.
    let aller = Aller { echeance: "2026-12-11T12:00:00Z".parse().unwrap(), ..scene.aller() };
    let world = &scene.worlds[PARIS];
    let other =
        paris.preparer_transfert(&officer(), scene.ids[LYON], aller, &world.path("acte.pdf")).unwrap().transmission;
    paris.transmettre(&officer(), other, &world.path("sorties")).unwrap();
    fs::write(world.store().join(format!("transmissions/{other}/1.paquet")), b"abime").unwrap();
    let constat = Id::new(NOON.parse().unwrap(), &world.entropy).unwrap();
    paris.commencer_delai(&officer(), constat).unwrap();
    world.clock.set("2026-12-12T12:00:00Z");
    let done = paris.traiter().unwrap().echeances;
    let of = |id: Id| done.iter().find(|echue| echue.objet == id).unwrap().fait.clone();
    assert_eq!(of(other), "À reprendre (signification.package).");
    assert!(of(constat).starts_with("Alerte du délai interne"), "{done:?}");
    // Too late, the confrère can neither accept.
    scene.worlds[LYON].clock.set("2026-12-10T12:00:01Z");
    let lyon = scene.open(LYON);
    lyon.recevoir_transfert(&officer(), &package).unwrap();
    assert!(lyon.accepter_transfert(&officer(), id, &scene.worlds[LYON].path("s")).is_err());
}

/// A crash between the folder and the journal: the step is signed and kept, and the journal is told at the next opening.
#[test]
fn g02_e03_a_step_that_a_crash_kept_from_the_journal_is_told_at_the_next_opening() {
    let scene = Scene::new(Storage::Embarque);
    let world = &scene.worlds[PARIS];
    let (id, before, after) = (
        {
            let paris = scene.open(PARIS);
            paris
                .preparer_transfert(&officer(), scene.ids[LYON], scene.aller(), &world.path("acte.pdf"))
                .unwrap()
                .transmission
        },
        world.path("avant"),
        world.path("apres"),
    );
    let copy =
        |from: &Path, to: &Path| assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    copy(&world.store(), &before);
    scene.open(PARIS).transmettre(&officer(), id, &world.path("sorties")).unwrap();
    copy(&world.store().join("transmissions"), &after);
    fs::remove_dir_all(world.store()).unwrap();
    copy(&before, &world.store());
    fs::remove_dir_all(world.store().join("transmissions")).unwrap();
    copy(&after, &world.store().join("transmissions"));
    let paris = scene.open(PARIS);
    assert_eq!(known(&paris, id).etat, Etat::Transmis);
    assert!(world.lines().iter().any(|line| contains(line, "reprise-apres-coupure")));
    assert!(world.verify().intact);
}
