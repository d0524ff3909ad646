//! Who may do what, on both storages: the whole table against a running platform, two hundred accounts pair by pair, and what an
//! opening of account is worth when many ask at once or the power fails.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use comptes::*;
use signification::comptes::compte::{CauseSuspension, EtatCompte};
use signification::comptes::connexion::Second;
use signification::comptes::{Operation, Relation, Titulaire};
use signification::platform::comptes::{Acces, Objet, OuvertureCompte};
use signification::{Id, Platform};
use world::{DigestSealer, Storage, World, token};

on_both_storages!(
    b02_an_unknown_name_and_a_wrong_password_are_one_answer_and_one_derivation,
    b03_the_table_of_rights_is_what_a_running_platform_does,
    b02_no_account_of_two_hundred_reaches_an_act_of_another,
    b01_a_secret_presented_by_many_opens_one_account,
    b01_killed_in_the_middle_of_openings_no_account_is_half_open,
);

/// What everybody may read: which role may do what, under which relation.
const MATRICE: &str = include_str!("../src/comptes/droits/matrice.txt");

fn b02_an_unknown_name_and_a_wrong_password_are_one_answer_and_one_derivation(storage: Storage) {
    let world = monde(storage);
    let compteur = Compteur::default();
    let platform = avec(world.make(), &compteur);
    destinataire(&world, &platform, "isaline");
    let (_, suspended) = destinataire(&world, &platform, "basile");
    platform.suspendre_compte(&registre(), suspended, CauseSuspension::TentativeAttaque).unwrap();
    let mut answers = Vec::new();
    for (nom, mot, second) in [
        ("isaline", "faux mot de passe", Second::Totp("123456")),
        ("isaline", MOT, Second::Totp("000000")),
        ("isaline", MOT, Second::Aucune),
        ("basile", "faux mot de passe", Second::Totp("123456")),
        ("personne", "faux mot de passe", Second::Totp("123456")),
        ("personne", MOT, Second::Aucune),
    ] {
        let before = compteur.faits();
        let error = essayer(&platform, (nom, mot, second), 40).unwrap_err();
        answers.push((format!("{error:?} {error}"), compteur.faits() - before));
        world.clock.advance(Duration::from_secs(3600));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.1 == 1), "{answers:?}");
    assert!(platform.cles_de("isaline").unwrap().is_empty() && platform.cles_de("personne").unwrap().is_empty());
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap().to_owned()
}

/// The rows of the matrix: operation to the `role:relation` pairs allowed.
fn rows() -> BTreeMap<&'static str, Vec<&'static str>> {
    MATRICE.lines().filter_map(|l| l.split_once(" = ")).map(|(o, pairs)| (o, pairs.split(' ').collect())).collect()
}

/// What a terminated account may still do (row F04), written here a second time on purpose.
const LECTURE: &str = "se_connecter recuperer consulter remettre telecharger suivi recepisses evidence_bytes \
    sortir_recepisse extrait consultations origine attestation_interruption lister_sessions fermer_sessions \
    ajouter_identifiant revoquer_identifiant signaler revoquer revoquer_mandat ouvrir_incident suivi_reponse \
    relire_reponse sortir_accuse etat_cgu presenter_cgu retirer_mobile dossier_complet conservation
    demander_droit suivre_droits";

/// What is signed or sent in the officer's name (rows B03, B04), likewise.
const ENGAGE: &str = "deposer envoyer rejeter deposer_pour servir consigner_papier preparer_transfert transmettre \
    accepter_transfert refuser_transfert signifier_transfert retourner_transfert clore_transfert controler_creance \
    inviter_debiteur constater_participation constater_fin delivrer_titre_creance confier_execution_creance";

fn walk(platform: &Platform<'_>, acces: &Acces, etat: EtatCompte) -> usize {
    let rows = rows();
    let role = word(&acces.compte().titulaire.role_compte());
    let mut allowed = 0;
    for operation in Operation::ALL {
        for relation in Relation::ALL {
            let pair = format!("{role}:{}", word(&relation));
            let listed = rows[operation.nom()].contains(&pair.as_str());
            // A password and a telephone are not the officer's certificate and passkey.
            let shuts = role == "officier" && ["suspendre_compte", "reprendre_compte"].contains(&operation.nom());
            let engages = shuts || ENGAGE.split_whitespace().any(|one| one == operation.nom());
            let open = match etat {
                EtatCompte::Actif => true,
                EtatCompte::LectureSeule => LECTURE.split_whitespace().any(|one| one == operation.nom()),
                _ => false,
            };
            let wanted = listed && open && !engages;
            let got = platform.autoriser(acces, *operation, relation);
            assert_eq!(got.is_ok(), wanted, "{role} {operation:?} {relation:?} {etat:?}: {got:?}");
            allowed += usize::from(wanted);
        }
    }
    allowed
}

fn b03_the_table_of_rights_is_what_a_running_platform_does(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (_, account) = destinataire(&world, &platform, "isaline");
    for (titulaire, nom) in [
        (Titulaire::Aidant, "aidant"),
        (Titulaire::Clerc, "clerc"),
        (Titulaire::Officier, "officier"),
        (Titulaire::Registre, "registre"),
        (Titulaire::Operateur, "operateur"),
    ] {
        autre(&world, &platform, &titulaire, nom);
    }
    for (octet, nom) in (1_u8..).zip(["isaline", "aidant", "clerc", "officier", "registre", "operateur"]) {
        let acces = entrer(&world, &platform, nom, octet);
        let staff = nom == "operateur";
        if staff {
            // Rows F09 and F11, whose own tests are elsewhere: acknowledged, and instructed.
            let (_, _, digest) = platform.texte_confidentialite();
            platform.acquitter_confidentialite(&acces, &digest.to_hex()).unwrap();
            let end = "2026-12-31T00:00:00Z".parse().unwrap();
            platform.donner_instruction(&registre(), acces.compte().id, ("INST-1", "1", b"lire"), end).unwrap();
        }
        let before = world.lines().len();
        let allowed = walk(&platform, &acces, EtatCompte::Actif);
        let refused = Operation::ALL.len() * Relation::ALL.len() - allowed;
        assert!(allowed > 0);
        // What staff reads under its instruction is a line too: two sides of incidents, and the declaration.
        let read = if staff { 3 } else { 0 };
        assert_eq!(world.lines().len() - before, refused + read, "each refusal is a line: {nom}");
    }
    let acces = entrer(&world, &platform, "isaline", 1);
    platform.demander_resiliation(&acces).unwrap();
    platform.traiter_resiliation(&registre(), account).unwrap();
    assert_eq!(walk(&platform, &acces, EtatCompte::Resilie), 0, "the session of before is over");
    let acces = entrer(&world, &platform, "isaline", 1);
    assert!(walk(&platform, &acces, EtatCompte::LectureSeule) > 0);
    platform.suspendre_compte(&registre(), account, CauseSuspension::TentativeAttaque).unwrap();
    assert_eq!(walk(&platform, &acces, EtatCompte::Suspendu), 0);
}

fn b02_no_account_of_two_hundred_reaches_an_act_of_another(storage: Storage) {
    // A database answers each question over a socket: fewer there, the same code.
    let count = match storage {
        Storage::Embarque => 200,
        Storage::Postgres => 40,
    };
    let world = monde(storage);
    let platform = faire(&world);
    let people: Vec<(Id, Id)> = (0..count).map(|n| destinataire(&world, &platform, &format!("personne-{n}"))).collect();
    let acts: Vec<Id> = people.iter().map(|(consent, _)| acte(&world, &platform, *consent)).collect();
    for (n, (consent, account)) in people.iter().enumerate() {
        let octet = u8::try_from(n % 250).unwrap();
        let acces = entrer(&world, &platform, &format!("personne-{n}"), octet);
        assert_eq!(acces.compte().id, *account);
        for (m, act) in acts.iter().enumerate() {
            let reaches = platform.peut(&acces, Operation::Consulter, Objet::Acte(*act)).unwrap();
            assert_eq!(reaches, m == n, "{n} and the act of {m}");
        }
        let next = (n + 1) % acts.len();
        assert_eq!(refus(platform.consulter_en_session(&acces, acts[next])), "signification.forbidden");
        for (operation, objet) in [
            (Operation::Suivi, Objet::Acte(acts[next])),
            (Operation::Revoquer, Objet::Consentement(people[next].0)),
            (Operation::FermerSessions, Objet::Compte(people[next].1)),
            (Operation::Signaler, Objet::Compte(people[next].1)),
            (Operation::OuvrirIncident, Objet::Acte(acts[next])),
        ] {
            assert!(!platform.peut(&acces, operation, objet).unwrap(), "{operation:?}");
        }
        let seen = platform.actes_visibles(&acces).unwrap();
        assert_eq!(seen.iter().map(|a| (a.id, a.consent)).collect::<Vec<_>>(), [(acts[n], *consent)]);
        assert!(platform.consulter_en_session(&acces, acts[n]).is_ok());
    }
}

fn b01_a_secret_presented_by_many_opens_one_account(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let invited = platform.inviter_compte(&registre(), &Titulaire::Aidant, "aidant@essai.test").unwrap();
    let secret = token(&world.outbox.last());
    let done = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for n in 0..12_u8 {
            let (platform, secret, done) = (&platform, &secret, &done);
            scope.spawn(move || {
                let nom = format!("aidant-{n}");
                let (reference, origine) = (invited.compte, ici(platform, n));
                let o = OuvertureCompte { reference, secret, nom: &nom, mot: MOT, telephone: None, origine };
                match platform.ouvrir_compte(&o) {
                    Ok(_) => drop(done.fetch_add(1, Ordering::Relaxed)),
                    Err(error) => assert_eq!(error.code(), "signification.invitation"),
                }
            });
        }
    });
    assert_eq!(done.into_inner(), 1);
    let entered = (0..12).filter(|n| essayer(&platform, (&format!("aidant-{n}"), MOT, Second::Aucune), 99).is_ok());
    assert_eq!(entered.count(), 1, "by one name");
}

/// Says something to who reads the child's output, at once.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

/// What the child of the next test does until it is killed: it says each invitation, then each account taken.
fn open_until_killed(folder: &std::path::Path) {
    let world = World::at(folder, DigestSealer { deferred: false }, NOON);
    let platform = rouvrir(&world);
    say("ouvert");
    loop {
        let invited = platform.inviter_compte(&registre(), &Titulaire::Aidant, "aidant@essai.test").unwrap();
        let (id, secret) = (invited.compte, token(&world.outbox.last()));
        say(&format!("invite {id} {secret}"));
        let (nom, origine) = (id.to_string(), ici(&platform, 1));
        let o = OuvertureCompte { reference: id, secret: &secret, nom: &nom, mot: MOT, telephone: None, origine };
        platform.ouvrir_compte(&o).unwrap();
        say(&format!("pris {id} -"));
    }
}

fn b01_killed_in_the_middle_of_openings_no_account_is_half_open(storage: Storage) {
    if let Some(folder) = std::env::var_os("CONSTAT_OPEN_UNTIL_KILLED") {
        return open_until_killed(std::path::Path::new(&folder));
    }
    let world = monde(storage);
    drop(world.make());
    let (name, late) = match storage {
        Storage::Embarque => ("embarque::b01_killed_in_the_middle_of_openings_no_account_is_half_open", 6_000),
        Storage::Postgres => ("postgres::b01_killed_in_the_middle_of_openings_no_account_is_half_open", 30_000),
    };
    let (mut invited, mut taken) = (BTreeMap::<Id, String>::new(), Vec::<Id>::new());
    for round in 0..40_u64 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env("CONSTAT_OPEN_UNTIL_KILLED", world.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().and_then(Result::ok);
        assert!(std::iter::from_fn(&mut next).any(|line| line == "ouvert"), "round {round}: it opens after a kill");
        let mut heard = Vec::new();
        for _ in 0..1 + round % 4 {
            heard.extend(next());
        }
        std::thread::sleep(Duration::from_micros(round * 977 % late));
        child.kill().unwrap();
        heard.extend(std::iter::from_fn(&mut next));
        child.wait().unwrap();
        for line in heard {
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["invite", id, secret] => drop(invited.insert(id.parse().unwrap(), secret.to_owned())),
                ["pris", id, _] => taken.push(id.parse().unwrap()),
                _ => {}
            }
        }
    }
    let platform = rouvrir(&world);
    let mut half = 0;
    for (id, secret) in &invited {
        let nom = id.to_string();
        if platform.compte_vu(*id).unwrap().etat == EtatCompte::Invite {
            // Cut before its facts: the invitation still serves, whatever was left on the disk.
            assert!(!taken.contains(id), "{id} was answered");
            let o = OuvertureCompte {
                reference: *id,
                secret,
                nom: &nom,
                mot: MOT,
                telephone: None,
                origine: ici(&platform, 1),
            };
            platform.ouvrir_compte(&o).unwrap();
            half += 1;
        }
        // Taken, it opens by its name, its password and its key, all three.
        let entree = essayer(&platform, (&nom, MOT, Second::Aucune), 1).unwrap();
        assert!(entree.cle_ouverte);
    }
    assert!(taken.len() > 20 && invited.len() > taken.len() && half > 0, "{} {} {half}", invited.len(), taken.len());
    drop(platform);
    assert!(world.verify().intact);
}
