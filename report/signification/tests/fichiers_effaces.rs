//! What goes with a person's data beside the registry (F02): answers, their files, small claims that ended, each an article of the
//! certificate; the quarantine stays
//! small (C11); six guarantees as a typed answer (H02), ciphertexts bound to their act (H04), a line with a digest for each exchange
//! (H06).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/servi.rs"]
mod servi;
#[path = "support/world.rs"]
mod world;

use std::fs;
use std::path::{Path, PathBuf};

use dossier::{Instant, Sha256Digest};
use jiff::civil::{Date, date};
use servi::{answer, searched, served};
use signification::consent::{Actor, ConsentState};
use signification::effacement::{CERTIFICATE_FILE, Fichiers, GenreFichier, Item, ItemKind, parse_certificate};
use signification::petites_creances::documents::TextesJoints;
use signification::petites_creances::{AuthMethod, Canal, Cause, ModeRefus};
use signification::platform::{Auteur, CreanceInput, Demande, GenreGarde, InvitationInput, PartieInput, Reparation};
use signification::projection::Views as _;
use signification::scan::{Regle, Verdict};
use signification::{Id, Platform};
use world::{DigestSealer, Storage, World, contains, files, officer};

on_both_storages!(
    f02_answers_and_ended_claims_go_with_the_person_and_a_cut_is_ended,
    c11_the_quarantine_is_bounded_oldest_first_and_each_leaving_is_a_line,
    h02_h06_the_six_guarantees_are_shown_line_by_line,
    h04_the_ciphertexts_of_two_acts_are_not_swapped,
    i08_the_round_checks_answers_their_files_and_small_claims_too,
);

fn writ() -> Demande {
    Demande::Ecrit { registre: Actor::registry("registre"), reference: "lettre 7".into() }
}

fn with_office(storage: Storage) -> World<DigestSealer> {
    let mut world = servi::world(storage);
    world.config.bureau = Some(toml::from_str("office = \"732829320\"\nsiege = \"69123\"\n").unwrap());
    world
}

fn claim(debiteur: (&str, &str), reference: &str) -> CreanceInput {
    let party = |nom: &str, courriel: &str| PartieInput {
        nom: nom.into(),
        adresse: "12 rue des Martelots".into(),
        commune: "69123".parse().unwrap(),
        courriel: Some(courriel.into()),
    };
    CreanceInput {
        dossier: reference.into(),
        cause: Cause::Contractuelle,
        fondement: "facture n° 17 du 3 mars 2026".into(),
        principal: "100".parse().unwrap(),
        interets: "0".parse().unwrap(),
        arrete_au: date(2026, 11, 24),
        taux: None,
        creancier: party("Menuiserie Exemple", "creancier@essai.test"),
        debiteur: party(debiteur.0, debiteur.1),
        adresse_etude: "1 place d'Essai, 69002 Lyon".into(),
    }
}

/// The provisional credentials in the message.
fn provisional(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw).replace("=\r\n", "");
    let word = |w: &&str| {
        w.len() == 23 && w.starts_with('P') && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    text.split(|c: char| c.is_whitespace()).find(word).expect("credentials in the letter").to_owned()
}

/// A claim whose debtor was invited, got in, and left a message; ended by his refusal when `ended`.
fn carried(world: &World<DigestSealer>, platform: &Platform<'_>, input: &CreanceInput, ended: bool) -> Id {
    let made = platform.ouvrir_creance(&officer(), input).unwrap();
    platform.controler_creance(&officer(), made.creance, false).unwrap();
    let text = || Some("(texte de l'article)".to_owned());
    let textes = TextesJoints { l_111_2: text(), l_111_3: text(), l_125_1: text(), c_civ_2238: text() };
    let plateforme = "https://creances.essai.test".into();
    let letter = InvitationInput { canal: Canal::MessageElectronique, envoi: None::<Date>, plateforme, textes };
    platform.inviter_debiteur(&officer(), made.creance, &letter).unwrap();
    let secret = provisional(&world.outbox.last());
    let got =
        platform.acceder_creance(made.creance, made.debiteur, &secret, AuthMethod::IdentifiantsProvisoires).unwrap();
    let debtor = Auteur::Partie { personne: made.debiteur, authentifiant: got.authentifiant };
    let words = format!("Message sur la créance {}.", made.creance);
    let (message, _) = platform.deposer_message(made.creance, Ok(&debtor), words.as_bytes()).unwrap();
    platform.ouvrir_message(made.creance, message, Err(&officer())).unwrap();
    if ended {
        platform.refuser_creance(made.creance, &debtor, ModeRefus::FormulaireElectronique).unwrap();
        platform.constater_fin(&officer(), made.creance).unwrap();
    }
    made.creance
}

fn of(world: &World<DigestSealer>, folder: &str, id: Id) -> PathBuf {
    let name = id.to_string();
    world.store().join(folder).join(&name[name.len() - 2..]).join(format!("{name}.age"))
}

fn f02_answers_and_ended_claims_go_with_the_person_and_a_cut_is_ended(storage: Storage) {
    let world = with_office(storage);
    let platform = world.make().avec(searched()).unwrap();
    let mut declared = world.declaration("isaline@essai.test");
    declared.personne.commune = Some("69123".into());
    let consent = world.consent(&platform, &declared);
    let act = platform.deposer(&officer(), &world.deposit(consent, "saisie-attribution")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let input = answer(&world, act, Some(("piece.pdf", b"%PDF-1.7 reponse")));
    let replied = platform.repondre(&input, &world.key(consent)).unwrap();
    let his = carried(&world, &platform, &claim(("Quatremere Isaline", "ISALINE@essai.test"), "A"), true);
    let open = carried(&world, &platform, &claim(("Isaline Quatremere", "isaline@essai.test"), "B"), false);
    let namesake = carried(&world, &platform, &claim(("Isaline Quatremere", "homonyme@essai.test"), "C"), true);
    platform.revoquer(consent, &writ()).unwrap();
    let attached = platform.suivi_reponse(act).unwrap().recues[0].jointes[0].fichier;
    let gone = [of(&world, "reponses", replied.reponse), of(&world, "jointes", attached), of(&world, "creances", his)];
    let before = files(&world.store().join("creances")).len();

    // One second before the five years: everything is there.
    let due: Instant = platform.views().consent(consent).unwrap().destruction().unwrap();
    world.clock.set(&Instant::from_millisecond(due.as_millisecond() - 1000).unwrap().to_string());
    platform.traiter().unwrap();
    assert!(gone.iter().all(|path| path.exists()));
    world.clock.set(&due.to_string());
    // The power goes in the middle: a file of the list cannot be removed (its folder is in the way), all is done again later.
    let blocked = of(&world, "jointes", attached);
    let aside = world.path("ecarte");
    fs::rename(&blocked, &aside).unwrap();
    fs::create_dir(&blocked).unwrap();
    assert!(platform.traiter().is_err());
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Revoque, "nothing is said done");
    let planned = platform.effacement(consent).unwrap().unwrap().fichiers.unwrap();
    assert!(planned.detruits_le.is_none() && planned.prevus.len() > 3);
    assert!(!of(&world, "reponses", replied.reponse).exists() && gone[2].exists(), "half-way");
    fs::remove_dir(&blocked).unwrap();
    fs::rename(&aside, &blocked).unwrap();
    drop(platform);
    world.lose_tables();
    let platform = world.open().avec(searched()).unwrap();
    platform.traiter().unwrap();
    assert_eq!(platform.views().consent(consent).unwrap().state, ConsentState::Detruit);
    assert!(gone.iter().all(|path| !path.exists()), "{gone:?}");
    // The tombstones: what, under which digest; never whose.
    let told = platform.effacement(consent).unwrap().unwrap().fichiers.unwrap();
    assert!(told.detruits_le.is_some() && told.prevus == planned.prevus);
    let kinds: std::collections::BTreeSet<GenreFichier> = told.prevus.iter().map(|one| one.genre).collect();
    assert_eq!(kinds.len(), 4, "answer, its file, a claim, its documents");
    let answered = platform.suivi_reponse(act).unwrap().recues[0].contenu.sha256;
    assert!(told.prevus.iter().any(|one| one.sha256 == Some(answered)));
    let count = world.lines().iter().filter(|line| contains(line, "effacement.fichiers_")).count();
    assert_eq!(count, 2, "listed once, done once");
    certified(&world.path("certificat"), &platform, consent, &told);
    // A claim that goes on, and a namesake's, stay whole.
    assert!(of(&world, "creances", open).exists() && platform.bilan_creance(open).unwrap().tenues == 6);
    assert_eq!(platform.bilan_creance(namesake).unwrap().tenues, 6);
    let documents = told.prevus.iter().filter(|one| of(&world, "creances", one.id).exists()).count();
    assert_eq!(documents, 0);
    assert!(files(&world.store().join("creances")).len() < before);
    let read = platform.lire_reponse(&officer(), act, replied.reponse, &world.path("lue")).unwrap_err();
    assert_eq!(read.code(), "signification.erased");
    assert_eq!(platform.garanties(his).unwrap().tenues, 3, "its facts stay, its documents do not");
    let lines = world.lines().len();
    platform.traiter().unwrap();
    assert_eq!(world.lines().len(), lines, "done once");
    drop(platform);
    assert!(world.verify().intact);
}

/// The certificate has an article for each of the files.
fn certified(folder: &Path, platform: &Platform<'_>, consent: Id, told: &Fichiers) {
    let made = platform.certificats(consent).unwrap();
    platform.sortir_certificat(consent, made[0].certificat, folder).unwrap();
    let certificate = parse_certificate(&fs::read(folder.join(CERTIFICATE_FILE)).unwrap()).unwrap();
    let pieces = certificate.items.iter().filter(|item| item.nature == ItemKind::Piece).count();
    assert_eq!((certificate.items.len(), pieces), (told.prevus.len() + 4, 2), "with declaration, documents and key");
    assert!(told.prevus.iter().all(|one| certificate.items.contains(&Item::from(*one))), "{certificate:?}");
    assert_eq!(certificate.items.last().map(|item| item.nature), Some(ItemKind::Cle), "the key went last");
}

fn i08_the_round_checks_answers_their_files_and_small_claims_too(storage: Storage) {
    let mut world = with_office(storage);
    world.config.exploitation.copies = vec![world.path("copie")];
    fs::create_dir(world.path("copie")).unwrap();
    let platform = world.make().avec(searched()).unwrap();
    let mut declared = world.declaration("isaline@essai.test");
    declared.personne.commune = Some("69123".into());
    let consent = world.consent(&platform, &declared);
    let act = platform.deposer(&officer(), &world.deposit(consent, "saisie-attribution")).unwrap().acte;
    platform.envoyer(&officer(), act, false).unwrap();
    let input = answer(&world, act, Some(("piece.pdf", b"%PDF-1.7 reponse")));
    let replied = platform.repondre(&input, &world.key(consent)).unwrap();
    let attached = platform.suivi_reponse(act).unwrap().recues[0].jointes[0].fichier;
    let claim = carried(&world, &platform, &claim(("Basile Autre", "basile@essai.test"), "A"), false);
    let first = platform.ronde().unwrap();
    let documents = first.pieces - 3;
    assert!(first.verifies == 1 && documents > 0 && first.copies_faites == first.pieces + 1, "{first:?}");
    assert!(first.reparations.is_empty() && first.perdus.is_empty());
    // One octet of each kind, where it lies: made again from the copy, and told.
    for (folder, id, genre) in [
        ("reponses", replied.reponse, GenreGarde::Reponse),
        ("jointes", attached, GenreGarde::Jointe),
        ("creances", claim, GenreGarde::Creance),
    ] {
        let own = of(&world, folder, id);
        let good = fs::read(&own).unwrap();
        let copy = world.path("copie").join(own.strip_prefix(world.store()).unwrap());
        assert_eq!(fs::read(&copy).unwrap(), good);
        let mut flipped = good.clone();
        flipped[good.len() - 1] ^= 1;
        fs::write(&own, &flipped).unwrap();
        let repaired = Reparation { genre, objet: id, abimee: 0, bonne: 1 };
        assert_eq!(platform.ronde().unwrap().reparations, [repaired], "{folder}");
        assert_eq!(fs::read(&own).unwrap(), good);
        // Lost everywhere: an alarm.
        fs::write(&own, &flipped).unwrap();
        fs::write(&copy, b"").unwrap();
        assert_eq!(platform.ronde().unwrap().perdus, [id], "{folder}");
        fs::write(&own, &good).unwrap();
        platform.ronde().unwrap();
        assert_eq!(platform.ronde().unwrap().perdus, [], "{folder}");
    }
    let lost: Vec<Id> = platform.alarmes().unwrap().iter().map(|one| one.objet).collect();
    assert_eq!(lost.len(), 3, "{lost:?}");
    // What goes with the person goes from the copies too, and no round brings it back.
    platform.revoquer(consent, &writ()).unwrap();
    let due: Instant = platform.views().consent(consent).unwrap().destruction().unwrap();
    world.clock.set(&due.to_string());
    platform.traiter().unwrap();
    platform.ronde().unwrap();
    for (folder, id) in [("reponses", replied.reponse), ("jointes", attached)] {
        let own = of(&world, folder, id);
        let copy = world.path("copie").join(own.strip_prefix(world.store()).unwrap());
        assert!(!own.exists() && !copy.exists(), "{folder}");
    }
}

fn c11_the_quarantine_is_bounded_oldest_first_and_each_leaving_is_a_line(storage: Storage) {
    let mut world = servi::world(storage);
    world.config.preuves.quarantaine_fichiers = 3;
    world.config.preuves.quarantaine_jours = 10;
    let platform = world.make().avec(searched()).unwrap();
    let (consent, act) = served(&world, &platform, "saisie-attribution");
    let mut first = Vec::new();
    for n in 0..5 {
        world.clock.advance(std::time::Duration::from_secs(3600));
        let bytes = format!("X5O!P%@AP EICAR {n}");
        let input = answer(&world, act, Some(("piece.pdf", bytes.as_bytes())));
        assert_eq!(platform.repondre(&input, &world.key(consent)).unwrap_err().code(), "signification.file_refused");
        first.extend(
            platform
                .quarantaine()
                .unwrap()
                .into_iter()
                .map(|(id, ..)| id)
                .filter(|id| !first.contains(id))
                .collect::<Vec<_>>(),
        );
    }
    assert_eq!((first.len(), platform.quarantaine().unwrap().len()), (5, 5));
    let gone = platform.purger_quarantaine().unwrap();
    assert_eq!(
        gone.iter().map(|one| (one.fichier, one.regle)).collect::<Vec<_>>(),
        [(first[0], Regle::Nombre), (first[1], Regle::Nombre)]
    );
    assert!(platform.purger_quarantaine().unwrap().is_empty());
    // Ten days after the third.
    world.clock.advance(std::time::Duration::from_secs(10 * 86_400 - 2 * 3600));
    platform.traiter().unwrap();
    let left: Vec<Id> = platform.quarantaine().unwrap().into_iter().map(|(id, ..)| id).collect();
    assert_eq!(left, first[3..]);
    // Cut between the line and the removal: the file whose line is there goes.
    let back = of(&world, "quarantaine", first[0]);
    fs::copy(of(&world, "quarantaine", first[3]), &back).unwrap();
    assert_eq!(platform.purger_quarantaine().unwrap().len(), 1);
    assert!(!back.exists());
    let lines: Vec<_> = world.lines().into_iter().filter(|line| contains(line, "signification.file.purged")).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(files(&world.store().join("quarantaine")).len(), 2);
    // The digests stay.
    let view: signification::scan::View =
        platform.views().view(signification::store::Table::Fichier, first[0].as_bytes()).unwrap().unwrap();
    assert!(view.purge_le.is_some() && matches!(view.verdict, Verdict::Infecte { .. }));
    drop(platform);
    assert!(world.verify().intact);
}

#[test]
fn c11_too_many_octets_in_quarantine_and_the_oldest_go() {
    let mut world = servi::world(Storage::Embarque);
    world.config.preuves.quarantaine_mio = 1;
    let platform = world.make().avec(searched()).unwrap();
    let (consent, act) = served(&world, &platform, "saisie-attribution");
    for n in 0..3_u8 {
        world.clock.advance(std::time::Duration::from_secs(1));
        let bytes = [b"EICAR".to_vec(), vec![n; 600_000]].concat();
        let input = answer(&world, act, Some(("piece.pdf", &bytes)));
        assert!(platform.repondre(&input, &world.key(consent)).is_err());
    }
    let gone = platform.purger_quarantaine().unwrap();
    assert_eq!(gone.iter().map(|one| one.regle).collect::<Vec<_>>(), [Regle::Taille, Regle::Taille]);
    assert!(gone[0].recu_le < gone[1].recu_le);
    assert_eq!(platform.quarantaine().unwrap().len(), 1);
}

fn h02_h06_the_six_guarantees_are_shown_line_by_line(storage: Storage) {
    let world = with_office(storage);
    let platform = world.make().avec(searched()).unwrap();
    let id = carried(&world, &platform, &claim(("Isaline Quatremere", "isaline@essai.test"), "A"), true);
    let told = platform.garanties(id).unwrap();
    assert_eq!((told.tenues, told.sur, told.garanties.len()), (6, 6, 6));
    assert!(told.phrase.ends_with("6/6.") && !told.phrase.contains("garantit"), "{}", told.phrase);
    let lines = world.lines();
    for one in &told.garanties {
        assert!(one.tenue && !one.lignes.is_empty() && !one.controle.is_empty(), "{one:?}");
        for line in &one.lignes {
            let octets = &lines[usize::try_from(line.ligne).unwrap()];
            assert_eq!(Sha256Digest::of(octets), line.empreinte);
            // H06: what was exchanged is in its line by its digest.
            assert!(line.contenu.is_none_or(|sha256| contains(octets, &sha256.to_hex())));
        }
    }
    // Every exchange has its line: letter, message left, message opened, refusal, end.
    let security = told.garanties.iter().find(|one| one.garantie == "sécurité").unwrap();
    let words: Vec<&str> = security.lignes.iter().map(|line| line.libelle).collect();
    for word in
        ["Débiteur invité à participer", "Communication mise à disposition", "Communication consultée", "Refus exprès"]
    {
        assert!(words.contains(&word), "{word}: {words:?}");
    }
    assert_eq!(security.lignes.iter().filter(|line| line.contenu.is_some()).count(), 4);
    let (path, good) = files(&world.store().join("creances")).into_iter().next().unwrap();
    let mut bad = good.clone();
    let at = bad.len() - 20;
    bad[at] ^= 1;
    fs::write(&path, bad).unwrap();
    let told = platform.garanties(id).unwrap();
    assert!(told.tenues < 6 && told.garanties.iter().any(|one| one.garantie == "intégrité" && !one.tenue));
}

fn h04_the_ciphertexts_of_two_acts_are_not_swapped(storage: Storage) {
    let world = servi::world(storage);
    let platform = world.make().avec(searched()).unwrap();
    let (consent, one) = served(&world, &platform, "assignation");
    fs::write(world.path("acte.pdf"), b"%PDF-1.7\nun autre acte\n%%EOF\n").unwrap();
    let two = platform.deposer(&officer(), &world.deposit(consent, "conge")).unwrap().acte;
    let (a, b) = (fs::read(world.vaulted(one)).unwrap(), fs::read(world.vaulted(two)).unwrap());
    fs::write(world.vaulted(one), &b).unwrap();
    fs::write(world.vaulted(two), &a).unwrap();
    // Both open with his key, and neither is taken for the other: by the recipient, by the office, at the sending.
    let his = platform.consulter(one, &world.key(consent)).unwrap_err();
    assert_eq!(his.code(), "signification.vault_altered");
    assert!(contains(world.lines().last().unwrap(), "signification.vault.alarm"));
    let mut none = Vec::new();
    let office = platform.dossier_complet(&officer(), one, b"", &mut none).unwrap_err();
    assert_eq!((office.code(), none.len()), ("signification.vault_altered", 0));
    let sent = platform.envoyer(&officer(), two, false).unwrap_err();
    assert_eq!(sent.code(), "signification.act_refused");
    fs::write(world.vaulted(one), a).unwrap();
    fs::write(world.vaulted(two), b).unwrap();
    assert!(platform.consulter(one, &world.key(consent)).is_ok());
    assert!(platform.envoyer(&officer(), two, false).is_ok());
}
