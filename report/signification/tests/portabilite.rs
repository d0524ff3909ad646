//! One file with everything about a person (row F07); registers and subcontractors (F08, F14); where data may be (F13).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use dossier::{Finding, Level, Sha256Digest};
use signification::EvidenceVerifier;
use signification::consent::Actor;
use signification::droit::Droit;
use signification::hebergement::{
    AUTORISATION_FILE, AUTORISATION_FORMAT, Autorisation, Endpoint, HEBERGEMENT_FILE, Site, controler, host_of,
};
use signification::projection::Views as _;
use signification::registres::{Registres, Responsable};
use world::{ACT, DigestSealer, World, officer};

fn world() -> World<DigestSealer> {
    World::new(DigestSealer { deferred: false }, "2026-11-23T09:00:00Z")
}

fn unzip(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut zip = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).unwrap();
        let mut octets = Vec::new();
        file.read_to_end(&mut octets).unwrap();
        files.insert(file.name().unwrap().into_owned(), octets);
    }
    files
}

#[test]
fn f07_one_file_holds_everything_about_a_person_and_nothing_about_another() {
    let world = world();
    let platform = world.make();
    let consent = world.consent(&platform, &world.declaration("isaline@essai.test"));
    let mut other = world.declaration("autre@essai.test");
    other.personne.nom = "Deschamps-Unique".into();
    let neighbour = world.consent(&platform, &other);
    let act = platform.deposer(&officer(), &world.deposit(consent, "assignation")).unwrap().acte;
    let theirs = platform.deposer(&officer(), &world.deposit(neighbour, "assignation")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    platform.envoyer(&officer(), theirs, false).unwrap();
    platform.consulter_registre(&officer(), "2026-0142", &world::person("")).unwrap();
    platform
        .demander_droit(
            &Actor::recipient(consent),
            consent,
            Droit::Portabilite,
            "2026-11-23T08:00:00Z".parse().unwrap(),
        )
        .unwrap();
    let before = platform.views().act(act).unwrap();

    let target = world.path("donnees.zip");
    let me = Actor::recipient(consent);
    assert!(platform.porter(&me, consent, None, &world.path("x.zip")).is_err(), "without his key");
    assert!(
        platform.porter(&me, neighbour, Some(&world.key(consent)), &world.path("y.zip")).is_err(),
        "another's data"
    );
    let done = platform.porter(&me, consent, Some(&world.key(consent)), &target).unwrap();
    assert_eq!((done.actes, done.actes_absents.len()), (1, 0));
    assert!(platform.porter(&me, consent, Some(&world.key(consent)), &target).is_err(), "nothing is written over");

    let files = unzip(&target);
    assert_eq!(files.len(), done.fichiers);
    assert_eq!(files[&format!("actes/acte-{act}.pdf")], ACT);
    let person = String::from_utf8(files["personne.json"].clone()).unwrap();
    assert!(person.contains("Quatremere") && person.contains("isaline@essai.test"));
    let seen = String::from_utf8(files["consultations.json"].clone()).unwrap();
    assert!(seen.contains("officier-1") && seen.contains("2026-0142"));
    assert!(String::from_utf8_lossy(&files["droits.json"]).contains("PORTABILITE"));
    let readme = String::from_utf8(files["LISEZMOI.txt"].clone()).unwrap();
    assert!(readme.contains("Actes joints : 1") && readme.contains("dpo@essai.test"), "{readme}");
    let documents: Vec<&Vec<u8>> =
        files.iter().filter(|(name, _)| name.starts_with("pieces/")).map(|(_, octets)| octets).collect();
    assert!(documents.len() == 2 && documents.iter().any(|octets| octets.as_slice() == b"copie d'une piece"));
    let receipts = files.keys().filter(|name| name.ends_with("/preuve.json")).count();
    assert_eq!(receipts, platform.recepisses(consent).unwrap().len() + platform.recepisses(act).unwrap().len());
    for line in String::from_utf8(files["SHA256SUMS"].clone()).unwrap().lines() {
        let (sha256, name) = line.split_once("  ").unwrap();
        assert_eq!(Sha256Digest::of(&files[name]).to_hex(), sha256, "{name}");
    }
    for (name, octets) in &files {
        let text = String::from_utf8_lossy(octets);
        for foreign in ["Deschamps-Unique", "autre@essai.test", &theirs.to_string(), &neighbour.to_string()] {
            assert!(!text.contains(foreign), "{name}: {foreign}");
        }
    }
    // Access to his data is no consultation of the act.
    assert_eq!(platform.views().act(act).unwrap(), before);
}

/// Says yes, or no, to every signature.
struct Says(bool);

impl EvidenceVerifier for Says {
    fn check_signature(&self, _: &[u8], _: &[u8]) -> Vec<Finding> {
        if self.0 { vec![] } else { vec![Finding::new("cms.signature", Level::Fail, "fausse")] }
    }

    fn check_token(&self, _: &[u8], _: &[u8]) -> Vec<Finding> {
        vec![]
    }
}

#[test]
fn f13_outside_the_allowed_countries_nothing_starts_without_a_signed_authorisation() {
    let (folder, mut config) = (tempfile::tempdir().unwrap(), world::config("127.0.0.1", 25));
    let root = folder.path();
    let authority = |host: &str| vec![Endpoint { service: "horodatage".into(), hote: host.into() }];
    let check =
        |config: &signification::Config, others: &[Endpoint], good| controler(root, config, others, &Says(good));
    assert!(check(&config, &[], true).unwrap().sites.is_empty(), "this machine needs no declaration");
    let why = check(&config, &authority("tsa.example"), true).unwrap_err();
    assert_eq!(why.code(), "signification.hosting");

    let declare = |text: &str| std::fs::write(root.join(HEBERGEMENT_FILE), text).unwrap();
    declare("[[site]]\nhote = \"tsa.example\"\npays = \"FR\"\n");
    assert_eq!(check(&config, &authority("TSA.example"), true).unwrap().sites.len(), 1);
    declare("[[site]]\nhote = \"tsa.example\"\npays = \"US\"\n");
    assert!(check(&config, &authority("tsa.example"), true).unwrap_err().to_string().contains("US"));
    declare("pays_admis = [\"FR\"]\n[[site]]\nhote = \"smtp.example\"\npays = \"DE\"\n");
    config.smtp.hote = "smtp.example".into();
    assert!(check(&config, &[], true).is_err(), "a shorter list of one's own");

    // With a signed authorisation: it starts, and prints it.
    declare("[[site]]\nhote = \"smtp.example\"\npays = \"US\"\n");
    let sites = vec![Site { hote: "smtp.example".into(), pays: "US".into() }];
    let id = "019aa5b0-0000-7000-8000-000000000001".parse().unwrap();
    let given = Autorisation { format: AUTORISATION_FORMAT.into(), id, sites, reference: "décision 12".into() };
    std::fs::write(root.join(AUTORISATION_FILE), dossier::to_canonical(&given).unwrap()).unwrap();
    assert!(check(&config, &[], true).is_err(), "not signed");
    std::fs::write(root.join(format!("{AUTORISATION_FILE}.p7s")), b"x").unwrap();
    assert!(check(&config, &[], false).is_err(), "signed by nobody known");
    let told = check(&config, &[], true).unwrap();
    assert!(told.transferts[0].contains("smtp.example") && told.transferts[0].contains("décision 12"));
    let more = "[[site]]\nhote = \"smtp.example\"\npays = \"US\"\n[[site]]\nhote = \"tsa.example\"\npays = \"US\"\n";
    declare(more);
    assert!(check(&config, &authority("tsa.example"), true).is_err(), "it covers one host, not two");
    declare("pays_admis = [\"fr\"]\n");
    assert!(check(&config, &[], true).is_err());
    for (url, host) in [
        ("https://sms.example:8443/envoi?x", "sms.example"),
        ("http://u@h.example/", "h.example"),
        ("https://[::1]:80/", "::1"),
        ("hote.example", "hote.example"),
    ] {
        assert_eq!(host_of(url), host);
    }
}

#[test]
fn f08_f14_two_registers_and_the_subcontractors_with_their_country() {
    let folder = tempfile::tempdir().unwrap();
    let config = world::config("127.0.0.1", 25);
    let text = "[[sous_traitant]]\nnom = \"Hébergeur SA\"\nmission = \"hébergement\"\npays = \"FR\"\n";
    std::fs::write(folder.path().join(HEBERGEMENT_FILE), text).unwrap();
    let told = Registres::of(folder.path(), &config).unwrap();
    assert_eq!(told.registres.each_ref().map(|one| one.responsable), [Responsable::Chambre, Responsable::Officier]);
    let page = told.lignes().join("\n");
    for line in [
        "Finalité",
        "Base légale",
        "Durées",
        "Étude Essai",
        "dpo@essai.test",
        "- Hébergeur SA : hébergement (pays : FR)",
    ] {
        assert!(page.contains(line), "{line}");
    }
    assert_eq!(page.matches("REGISTRE DES ACTIVITÉS DE TRAITEMENT").count(), 2);
}
