//! Accounts on the platform, row by row, on both storages: coming in, the terms of use, means, sessions, mandates, reports,
//! suspensions.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use std::time::Duration;

use comptes::*;
use dossier::{Clock as _, Sha256Digest};
use jiff::civil::date;
use signification::comptes::compte::{CauseSuspension, EtatCompte, GenreSignalement, Voie};
use signification::comptes::connexion::{CertificatPresente, Second, Tentative};
use signification::comptes::gestion::{Appoint, ApresRetour, NouveauSignalement};
use signification::comptes::mandat::Etendue;
use signification::comptes::mot_de_passe::MotDePasse;
use signification::comptes::passkey::{Assertion, CleAcces};
use signification::comptes::session::Temoin;
use signification::comptes::{Moyen, Niveau, Operation, Titulaire};
use signification::consent::ConsentState;
use signification::person::PersonInput;
use signification::platform::comptes::{IMPUTABILITE_FILE, Objet, OuvertureCompte};
use signification::projection::Views as _;
use signification::{Id, SystemEntropy};
use world::{ACT, Storage, contains, officer, token};

on_both_storages!(
    a07_b01_two_representatives_have_two_accounts_and_the_end_of_a_mandate_shuts_one,
    a10_before_the_terms_are_accepted_everything_answers_cgu_requises,
    a12_a_refusal_is_no_consent_and_ends_the_session,
    b02_credentials_of_one_open_nothing_of_another,
    b03_b04_an_officer_without_certificate_and_passkey_neither_signs_nor_sends,
    b05_a_session_is_never_that_of_before_and_two_devices_are_told,
    b05_an_aidant_reads_under_a_mandate_with_his_own_key,
    b06_a_report_ends_every_session_and_is_told_to_both,
    b07_what_was_done_after_a_request_of_revocation_is_printed_non_imputable,
    b08_a_suspended_account_receives_nothing_and_keeps_its_dates,
);

fn a07_b01_two_representatives_have_two_accounts_and_the_end_of_a_mandate_shuts_one(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let mut declaration = world.declaration("siege@essai.test");
    declaration.personne = PersonInput {
        kind: "morale".into(),
        denomination: "Scierie du Doubs".into(),
        forme: "SARL".into(),
        representant: "Quatremere Isaline".into(),
        siege: "Besancon".into(),
        courriel: "siege@essai.test".into(),
        ..PersonInput::default()
    };
    let paper = world.path("identite.png");
    declaration.pieces = ["attestation_engagement", "identite_representant", "immatriculation"]
        .into_iter()
        .map(|kind| (kind.to_owned(), paper.clone()))
        .collect();
    let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    platform.declarer(&officer(), consent, &declaration).unwrap();
    let since = Some((date(2026, 1, 1), None));
    let (_, first) = platform.inviter_avec_compte(&officer(), consent, since).unwrap();
    assert_eq!(ouvrir(&world, &platform, consent, "isaline"), first);
    let one = entrer(&world, &platform, "isaline", 1);
    platform.accepter_cgu(&one, &cgu()).unwrap();
    let second = Titulaire::Representant { consent, du: date(2026, 1, 1), au: Some(date(2026, 12, 15)) };
    let second = autre(&world, &platform, &second, "basile");
    // Both open the same act, each with his own key, told apart in the journal.
    let act = acte(&world, &platform, consent);
    let (one, two) = (entrer(&world, &platform, "isaline", 1), entrer(&world, &platform, "basile", 2));
    for acces in [&one, &two] {
        let mut bytes = Vec::new();
        platform.remettre_en_session(acces, act, &mut bytes).unwrap();
        assert_eq!(bytes, ACT);
    }
    let opened = |who: Id| {
        let by = |line: &&Vec<u8>| contains(line, "act.downloaded") && contains(line, &who.to_string());
        world.lines().iter().filter(by).count()
    };
    assert_eq!((opened(first), opened(second), opened(consent)), (1, 1, 0));
    // Midnight after the last day of the second one's office.
    world.clock.set("2026-12-15T23:30:00Z");
    let code = code(&world);
    assert_eq!(refus(essayer(&platform, ("basile", MOT, Second::Totp(&code)), 2)), "signification.login_refused");
    assert!(contains(world.lines().last().unwrap(), "mandat_termine"));
    world.clock.set("2026-12-16T11:00:00Z");
    assert!(depot(&world, &platform, consent).is_ok(), "the first one receives");
    platform.finir_representation(&officer(), first, date(2026, 12, 15)).unwrap();
    assert_eq!(codes(depot(&world, &platform, consent).unwrap_err()), ["COMPTE_SUSPENDU"]);
}

fn a10_before_the_terms_are_accepted_everything_answers_cgu_requises(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let consent = platform.proposer(&officer(), "2026-0142", "téléphone").unwrap().consent;
    platform.declarer(&officer(), consent, &world.declaration("isaline@essai.test")).unwrap();
    let (_, account) = platform.inviter_avec_compte(&officer(), consent, None).unwrap();
    let secret = token(&world.outbox.last());
    // A wrong secret, a weak password, a wrong code take nothing: the invitation still serves.
    let (mut o, good) = (
        OuvertureCompte {
            reference: consent,
            secret: &format!("{secret}x"),
            nom: "isaline",
            mot: MOT,
            telephone: Some((&SEED, "000000")),
            origine: ici(&platform, 1),
        },
        code(&world),
    );
    assert_eq!(refus(platform.ouvrir_compte(&o)), "signification.invitation");
    o.secret = &secret;
    assert_eq!(refus(platform.ouvrir_compte(&o)), "signification.login_refused");
    o.mot = "Isaline-Quatremere-1971";
    assert_eq!(refus(platform.ouvrir_compte(&o)), "signification.password_refused");
    (o.mot, o.telephone) = (MOT, Some((&SEED, good.as_str())));
    let opened = platform.ouvrir_compte(&o).unwrap();
    assert_eq!((opened.compte, opened.etat), (account, EtatCompte::Actif));
    assert!(opened.cgu_requises && opened.seconde_preuve);
    assert_eq!(refus(platform.ouvrir_compte(&o)), "signification.invitation");
    // Nor does the secret accept by a key file any more.
    assert_eq!(refus(platform.accepter(&world.accept_input(consent, &secret))), "signification.invitation");

    let acces = entrer(&world, &platform, "isaline", 1);
    let needed = "signification.cgu_required";
    assert_eq!(refus(platform.actes_visibles(&acces)), needed);
    assert_eq!(refus(platform.tirer_codes(&acces)), needed);
    assert_eq!(refus(platform.lister_sessions(&acces)), needed);
    assert_eq!(refus(platform.demander_resiliation(&acces)), needed);
    let free = [Operation::Accepter, Operation::Refuser, Operation::FermerSessions, Operation::Signaler];
    let public = [Operation::Origine, Operation::AttestationInterruption];
    for operation in Operation::ALL.iter().filter(|o| !free.contains(o) && !public.contains(o)) {
        for objet in [Objet::Tous, Objet::Consentement(consent), Objet::Compte(account)] {
            assert_eq!(refus(platform.autoriser_sur(&acces, *operation, objet)), needed, "{operation:?}");
        }
    }
    assert_eq!(refus(platform.accepter_cgu(&acces, &"0".repeat(64))), "signification.cgu_mismatch");
    let given = platform.accepter_cgu(&acces, &cgu()).unwrap();
    assert_eq!(given.etat, ConsentState::Actif);
    let view = platform.views().consent(consent).unwrap();
    assert_eq!(view.recipient_key, platform.compte_vu(account).unwrap().cle_publique);
    let accepted = world.lines().into_iter().find(|line| contains(line, "consent.cgu_accepted")).unwrap();
    for word in ["\"cgu_version\":\"1\"", &cgu(), &account.to_string(), "compte-double:"] {
        assert!(contains(&accepted, word), "{word}: {}", String::from_utf8_lossy(&accepted));
    }
    assert!(platform.lister_sessions(&acces).unwrap()[0].celle_ci);
    let act = acte(&world, &platform, consent);
    assert_eq!(platform.consulter_en_session(&acces, act).unwrap().sha256, Sha256Digest::of(ACT));
}

fn a12_a_refusal_is_no_consent_and_ends_the_session(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, _) = invite(&world, &platform, &world.declaration("isaline@essai.test"), "isaline");
    let acces = entrer(&world, &platform, "isaline", 1);
    let refused = platform.refuser_cgu(&acces, &cgu()).unwrap();
    assert_eq!(refused.state, ConsentState::Refuse);
    assert_eq!(refus(platform.accepter_cgu(&acces, &cgu())), "signification.session");
    assert_eq!(codes(depot(&world, &platform, consent).unwrap_err()), ["SANS_CONSENTEMENT"]);
    assert!(!platform.consulter_registre(&officer(), "2026-0200", &world::person("")).unwrap().consent_actif);
    let again = entrer(&world, &platform, "isaline", 1);
    assert_eq!(refus(platform.actes_visibles(&again)), "signification.cgu_required");
    assert_eq!(refus(platform.accepter_cgu(&again, &cgu())), "signification.transition");
}

fn b02_credentials_of_one_open_nothing_of_another(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (isaline, _) = destinataire(&world, &platform, "isaline");
    let (_, basile) = destinataire(&world, &platform, "basile");
    let act = acte(&world, &platform, isaline);
    let other = entrer(&world, &platform, "basile", 2);
    assert_eq!(refus(platform.consulter_en_session(&other, act)), "signification.forbidden");
    assert_eq!(refus(platform.remettre_en_session(&other, act, &mut Vec::new())), "signification.forbidden");
    assert_eq!(platform.actes_visibles(&other).unwrap(), []);
    // A name is one account's.
    let consent = platform.proposer(&officer(), "2026-0143", "étude").unwrap().consent;
    platform.declarer(&officer(), consent, &world.declaration("zoe@essai.test")).unwrap();
    platform.inviter_avec_compte(&officer(), consent, None).unwrap();
    let secret = token(&world.outbox.last());
    let origine = ici(&platform, 3);
    let o =
        OuvertureCompte { reference: consent, secret: &secret, nom: "ISALINE ", mot: MOT, telephone: None, origine };
    assert_eq!(refus(platform.ouvrir_compte(&o)), "signification.name_taken");
    // A changed password ends the sessions and keeps the acts; a recovery does too.
    let acces = entrer(&world, &platform, "isaline", 1);
    let codes = platform.tirer_codes(&acces).unwrap();
    let (old, new) = (MotDePasse::saisi(MOT), MotDePasse::nouveau("tournesol mauve sept haricots", 12, &[]).unwrap());
    platform.changer_mot_de_passe(&acces, &old, &new).unwrap();
    assert_eq!(refus(platform.consulter_en_session(&acces, act)), "signification.session");
    let back = ("isaline", "tournesol mauve sept haricots");
    world.clock.advance(Duration::from_secs(31));
    let typed = code(&world);
    let entree = essayer(&platform, (back.0, back.1, Second::Totp(&typed)), 1).unwrap();
    let acces = platform.session(entree.temoin).unwrap();
    assert!(platform.consulter_en_session(&acces, act).is_ok());
    let third = "girafe velours tambour orange";
    let proofs = (&codes[0], Appoint::Secours(&codes[1]));
    platform.recuperer("isaline", proofs, third, ici(&platform, 1)).unwrap();
    assert_eq!(refus(platform.consulter_en_session(&acces, act)), "signification.session");
    world.clock.advance(Duration::from_secs(31));
    let typed = code(&world);
    let entree = essayer(&platform, ("isaline", third, Second::Totp(&typed)), 1).unwrap();
    let acces = platform.session(entree.temoin).unwrap();
    assert!(platform.consulter_en_session(&acces, act).is_ok());
    // Nothing that was typed lies in the store, nor who typed it.
    drop(platform);
    let kept = world.kept();
    for (path, bytes) in world::files(kept.path()).into_iter().chain(world::files(&world.store())) {
        for word in [MOT, third, "isaline@essai.test", &hex::encode(SEED)] {
            assert!(!contains(&bytes, word), "{word} in {}", path.display());
        }
    }
    let _ = basile;
}

fn b03_b04_an_officer_without_certificate_and_passkey_neither_signs_nor_sends(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, _) = destinataire(&world, &platform, "isaline");
    let officier = autre(&world, &platform, &Titulaire::Officier, "maitre");
    let acces = entrer(&world, &platform, "maitre", 9);
    let (sign, about) = (Operation::Deposer, Objet::Consentement(consent));
    assert_eq!(refus(platform.autoriser_sur(&acces, sign, about)), "signification.forbidden");
    assert!(platform.autoriser_sur(&acces, Operation::Suivi, about).is_ok());
    let sha256 = Sha256Digest::of(b"certificat");
    assert_eq!(refus(platform.enregistrer_certificat(&acces, officier, sha256)), "signification.forbidden");
    platform.enregistrer_certificat(&registre(), officier, sha256).unwrap();
    let identifiant = platform.nouvel_identifiant().unwrap();
    let key = CleAcces { identifiant, modele: Some("yubikey".into()), donnees: serde_json::json!({"n": 1}), nom: None };
    platform.ajouter_cle_acces(&acces, key.clone(), None).unwrap();
    let proof = |cle: &CleAcces| Assertion { cle: cle.clone(), utilisateur_verifie: true, prf: None };
    let enter = |valide: Option<bool>| {
        let certificat = valide.map(|valide| CertificatPresente { sha256, valide });
        platform.connecter_par_cle(("maitre", &proof(&key)), certificat, ici(&platform, 9), None)
    };
    assert_eq!(refus(enter(Some(false))), "signification.login_refused", "a revoked certificate");
    let bare = platform.session(enter(None).unwrap().temoin).unwrap();
    assert_eq!(refus(platform.autoriser_sur(&bare, sign, about)), "signification.forbidden");
    let strong = enter(Some(true)).unwrap();
    assert_eq!(strong.niveau, Niveau::Fort);
    let strong = platform.session(strong.temoin).unwrap();
    let auteur = platform.autoriser_sur(&strong, sign, about).unwrap();
    assert_eq!((auteur.compte(), auteur.operation()), (Some(officier), sign));
    let act = platform.deposer(auteur.acteur(), &world.deposit(consent, "assignation")).unwrap().acte;
    let auteur = platform.autoriser_sur(&strong, Operation::Envoyer, Objet::Acte(act)).unwrap();
    platform.envoyer(auteur.acteur(), act, false).unwrap();
    // A clerk prepares and never signs; nobody of the office opens the act.
    autre(&world, &platform, &Titulaire::Clerc, "clerc");
    let clerc = entrer(&world, &platform, "clerc", 9);
    assert_eq!(refus(platform.autoriser_sur(&clerc, sign, about)), "signification.forbidden");
    assert_eq!(refus(platform.consulter_en_session(&strong, act)), "signification.forbidden");
}

fn b05_a_session_is_never_that_of_before_and_two_devices_are_told(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (_, account) = destinataire(&world, &platform, "isaline");
    world.clock.advance(Duration::from_secs(2000));
    let before = Temoin::tirer(&SystemEntropy::default()).unwrap();
    let (mot, typed) = (MotDePasse::saisi(MOT), code(&world));
    let origine = ici(&platform, 1);
    let t = Tentative { nom: "isaline", mot: &mot, second: Second::Totp(&typed), certificat: None, origine };
    let entree = platform.connecter(&t, Some(&before)).unwrap();
    assert!(!entree.autre_appareil && *entree.temoin.valeur() != *before.valeur());
    assert_eq!(refus(platform.session(before)), "signification.session");
    let acces = platform.session(entree.temoin).unwrap();
    // A renewed one is another, and the old one is worth nothing.
    let new = platform.renouveler_session(&acces).unwrap();
    let old = Temoin::lire(&acces.temoin().valeur()).unwrap();
    assert_eq!(refus(platform.session(old)), "signification.session");
    let acces = platform.session(new).unwrap();
    world.clock.advance(Duration::from_secs(31));
    let typed = code(&world);
    let second = essayer(&platform, ("isaline", MOT, Second::Totp(&typed)), 2).unwrap();
    assert!(second.autre_appareil);
    assert!(contains(world.lines().last().unwrap(), "\"autre_appareil\":true"));
    let second = platform.session(second.temoin).unwrap();
    let list = platform.lister_sessions(&acces).unwrap();
    assert_eq!((list.len(), list.iter().filter(|l| l.autre_appareil).count()), (2, 1));
    assert!(platform.fermer_session(&acces, second.session().id).unwrap());
    assert_eq!(refus(platform.session(Temoin::lire(&second.temoin().valeur()).unwrap())), "signification.session");
    assert_eq!(platform.balayer_sessions().unwrap(), 1, "that of his first login");
    assert_eq!(platform.fermer_sessions(&acces).unwrap(), 1);
    assert_eq!(refus(platform.lister_sessions(&acces)), "signification.session");
    assert_eq!(platform.compte_vu(account).unwrap().generation, 1);
    assert_eq!(lignes(&world, "signification.account.logged_out"), 1);
}

fn b05_an_aidant_reads_under_a_mandate_with_his_own_key(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, _) = destinataire(&world, &platform, "isaline");
    let (stranger, _) = destinataire(&world, &platform, "basile");
    let early = acte(&world, &platform, consent);
    let giver = entrer(&world, &platform, "isaline", 1);
    let invited = platform.inviter_compte(&giver, &Titulaire::Aidant, "aidant@essai.test").unwrap();
    assert!(platform.inviter_compte(&giver, &Titulaire::Officier, "faux@essai.test").is_err());
    let aidant = ouvrir(&world, &platform, invited.compte, "aidant");
    let helper = entrer(&world, &platform, "aidant", 5);
    assert_eq!(refus(platform.consulter_en_session(&helper, early)), "signification.forbidden", "no mandate");
    let giver = entrer(&world, &platform, "isaline", 1);
    let mandate = platform.donner_mandat(&giver, aidant, Etendue::Lire, date(2027, 1, 31)).unwrap();
    assert_eq!(refus(platform.consulter_en_session(&helper, early)), "signification.forbidden", "not accepted");
    platform.accepter_mandat(&helper, mandate).unwrap();
    assert_eq!(refus(platform.consulter_en_session(&helper, early)), "signification.coffret", "of before");
    let (act, other) = (acte(&world, &platform, consent), acte(&world, &platform, stranger));
    let mut bytes = Vec::new();
    platform.remettre_en_session(&helper, act, &mut bytes).unwrap();
    assert_eq!(bytes, ACT);
    assert_eq!(platform.actes_visibles(&helper).unwrap().len(), 2);
    let line = world.lines().into_iter().find(|line| contains(line, "act.downloaded")).unwrap();
    assert!(contains(&line, &format!("{aidant}/mandat/{mandate}")));
    assert_eq!(lignes(&world, "signification.mandate.exercised"), 1);
    assert_eq!(refus(platform.consulter_en_session(&helper, other)), "signification.forbidden");
    assert_eq!(refus(platform.revoquer_consentement(&helper)), "signification.forbidden");
    assert_eq!(
        refus(platform.autoriser_sur(&helper, Operation::Repondre, Objet::Acte(act))),
        "signification.forbidden"
    );
    platform.revoquer_mandat(&giver, mandate).unwrap();
    assert_eq!(refus(platform.consulter_en_session(&helper, act)), "signification.forbidden");
    assert!(world.verify().intact);
}

fn b06_a_report_ends_every_session_and_is_told_to_both(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, account) = destinataire(&world, &platform, "isaline");
    let act = acte(&world, &platform, consent);
    let sessions: Vec<_> = (1..=3).map(|n| entrer(&world, &platform, "isaline", n)).collect();
    let before = world.outbox.sent.lock().unwrap().len();
    let told = platform.signaler(&sessions[0], GenreSignalement::Compromission, &[]).unwrap();
    assert_eq!(told.etat, EtatCompte::Suspendu);
    for acces in &sessions {
        assert_eq!(refus(platform.consulter_en_session(acces, act)), "signification.session");
    }
    let to: Vec<String> = world.outbox.sent.lock().unwrap()[before..].iter().map(|m| m.to.clone()).collect();
    assert_eq!(to, ["isaline@essai.test", "registre@essai.test"]);
    assert!(told.courriels.iter().all(|c| c.pris) && lignes(&world, "signification.account.reported") == 1);
    world.clock.advance(Duration::from_secs(31));
    let typed = code(&world);
    assert_eq!(refus(essayer(&platform, ("isaline", MOT, Second::Totp(&typed)), 1)), "signification.login_refused");
    // The registry lifts it and invites him anew: his old password logs nobody in, and still opens his acts.
    // What the holder reported is not the office's to end (row B08).
    assert_eq!(refus(platform.reprendre_compte(&officer(), account)), "signification.transition");
    platform.reprendre_compte(&registre(), account).unwrap();
    platform.reinviter_compte(&registre(), account).unwrap();
    let secret = token(&world.outbox.last());
    let new = "tournesol mauve sept haricots";
    let origine = ici(&platform, 1);
    let o = OuvertureCompte { reference: account, secret: &secret, nom: "", mot: new, telephone: None, origine };
    let old = MotDePasse::saisi(MOT);
    platform.revenir(&o, ApresRetour::AncienMot(&old)).unwrap();
    assert_eq!(refus(platform.revenir(&o, ApresRetour::AncienMot(&old))), "signification.invitation");
    let entree = essayer(&platform, ("isaline", new, Second::Aucune), 1).unwrap();
    let acces = platform.session(entree.temoin).unwrap();
    assert_eq!(refus(platform.consulter_en_session(&acces, act)), "signification.forbidden", "one proof");
    platform.confirmer_telephone(&acces, &SEED, &typed).unwrap();
    world.clock.advance(Duration::from_secs(31));
    let typed = code(&world);
    let entree = essayer(&platform, ("isaline", new, Second::Totp(&typed)), 1).unwrap();
    let acces = platform.session(entree.temoin).unwrap();
    assert!(platform.consulter_en_session(&acces, act).is_ok());
    // No mail server: it is suspended all the same, and the failure told.
    *world.outbox.refuse.lock().unwrap() = Some(("451", false));
    let recu = world.clock.now();
    let loss = NouveauSignalement { genre: GenreSignalement::Anomalie, voie: Voie::Telephone, recu, perdus: vec![] };
    assert_eq!(refus(platform.saisir_signalement(&acces, account, &loss)), "signification.forbidden");
    let told = platform.saisir_signalement(&registre(), account, &loss).unwrap();
    assert!(told.etat == EtatCompte::Suspendu && told.courriels.iter().all(|c| !c.pris && c.code == "451"));
}

fn b07_what_was_done_after_a_request_of_revocation_is_printed_non_imputable(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, account) = destinataire(&world, &platform, "isaline");
    let (his, stolen) = (acte(&world, &platform, consent), acte(&world, &platform, consent));
    let acces = entrer(&world, &platform, "isaline", 1);
    platform.consulter_en_session(&acces, his).unwrap();
    // He calls at noon; somebody opens an act meanwhile; the call is entered later.
    world.clock.advance(Duration::from_secs(60));
    let called = world.clock.now();
    let thief = entrer(&world, &platform, "isaline", 7);
    platform.consulter_en_session(&thief, stolen).unwrap();
    world.clock.advance(Duration::from_secs(60));
    let means = platform.compte_vu(account).unwrap().identifiants;
    let phone = means.iter().find(|i| i.moyen == Moyen::Totp).unwrap().id;
    platform.saisir_revocation(&registre(), (account, phone), (called, Voie::Telephone)).unwrap();
    let printed = |act: Id| {
        let folders = world.evidence(&platform, act);
        let files: Vec<_> = folders.iter().map(|f| f.join(IMPUTABILITE_FILE)).filter(|f| f.exists()).collect();
        files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(printed(his), Vec::<String>::new());
    let said = printed(stolen);
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("non imputable : révocation demandée le 2026-12-01"), "{said:?}");
    let free = |act: Id| platform.imputabilites(act).unwrap().iter().filter(|l| l.phrase.starts_with("non")).count();
    assert_eq!((free(his), free(stolen)), (0, 1));
    assert_eq!(refus(platform.consulter_en_session(&thief, stolen)), "signification.session");
}

fn b08_a_suspended_account_receives_nothing_and_keeps_its_dates(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, account) = destinataire(&world, &platform, "isaline");
    let sent = acte(&world, &platform, consent);
    let sealed = depot(&world, &platform, consent).unwrap();
    let date_of = |act: Id| platform.views().act(act).unwrap().sent_at;
    let dated = date_of(sent);
    let cause = CauseSuspension::TentativeAttaque;
    let holder = signification::consent::Actor::recipient(consent);
    assert_eq!(refus(platform.suspendre_compte(&holder, account, cause)), "signification.forbidden");
    platform.suspendre_compte(&registre(), account, cause).unwrap();
    assert_eq!(codes(depot(&world, &platform, consent).unwrap_err()), ["COMPTE_SUSPENDU"]);
    assert_eq!(codes(platform.envoyer(&officer(), sealed, false).unwrap_err()), ["COMPTE_SUSPENDU"]);
    assert_eq!((date_of(sent), date_of(sealed)), (dated, None));
    world.clock.advance(Duration::from_secs(31));
    let typed = code(&world);
    assert_eq!(refus(essayer(&platform, ("isaline", MOT, Second::Totp(&typed)), 1)), "signification.login_refused");
    platform.reprendre_compte(&registre(), account).unwrap();
    platform.envoyer(&officer(), sealed, false).unwrap();
    let acces = entrer(&world, &platform, "isaline", 1);
    assert_eq!(platform.actes_visibles(&acces).unwrap().len(), 2);
}
