//! The door, tried: the same answer and the same work for whatever is wrong; codes that serve once; officers.
use dossier::Sha256Digest;
use ring::hmac as ring_hmac;

use super::super::compte::{CauseSuspension, Event, Titulaire};
use super::super::droits::{Operation, RoleCompte};
use super::super::essais::{MOT, Monde, PEU, ici, ident, t};
use super::super::facteurs::{Moyen, Politique};
use super::super::mot_de_passe::Forme;
use super::super::passkey::SortiePrf;
use super::super::totp::{CHIFFRES, code, pas};
use super::*;
use crate::SystemEntropy;

fn attempt<'t>(nom: &'t str, mot: &'t MotDePasse, second: Second<'t>) -> Tentative<'t> {
    Tentative { nom, mot, second, certificat: None, origine: ici(1) }
}

fn code_at(secret: &[u8], seconds: i64) -> String {
    let step = pas(t(seconds));
    format!("{:06}", code(ring_hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, step, CHIFFRES))
}

#[test]
fn b02_a_password_opens_its_account_and_its_acts() {
    let world = Monde::default();
    world.destinataire(ident(1), "Chloé@Essai.test");
    world.destinataire(ident(2), "paul@essai.test");
    let sessions = world.sessions();
    let (door, mot) = (world.portier(&sessions, PEU), MotDePasse::saisi(MOT));
    let before = world.hacheur.faits();
    let entered = door.connecter(&attempt("  chloé@essai.TEST ", &mot, Second::Aucune), None, t(10)).unwrap();
    assert_eq!((entered.compte.id, entered.niveau), (ident(1), Niveau::Simple));
    assert!(entered.cle_ouverte && !entered.autre_appareil);
    assert_eq!(world.hacheur.faits() - before, 1, "one derivation: for the password and for the wrapped key");
    let session = sessions.reconnaitre(&entered.temoin, &|id| world.registre.compte(id), t(11)).unwrap();
    let key = sessions.cle(&entered.temoin, &session).unwrap();
    assert_eq!(Some(key.public().to_string()), world.registre.vue(ident(1)).cle_publique);
    // Not enough, alone, to read an act: it lets him set up his second proof.
    let policy = Politique::default();
    assert!(policy.exiger(RoleCompte::Destinataire, Operation::Consulter, entered.niveau).is_err());
    assert!(policy.exiger(RoleCompte::Destinataire, Operation::AjouterIdentifiant, entered.niveau).is_ok());
    // From another device while this one is in: told, and in the journal.
    let there = Tentative { origine: ici(2), ..attempt("chloé@essai.test", &mot, Second::Aucune) };
    assert!(door.connecter(&there, None, t(12)).unwrap().autre_appareil);
    assert!(world.registre.lignes().last().unwrap().contains("\"autre_appareil\":true"));
}

/// An account kept in the form of before: a digest that is the derivation itself, a wrap with a derivation of its own.
fn as_before(world: &Monde, account: Id) {
    let mut secrets = world.reserve.lire(account).unwrap().unwrap();
    let (mot, entropy) = (MotDePasse::saisi(MOT), SystemEntropy::default());
    let kept = &mut secrets.mots_de_passe[0];
    let place = Place { identifiant: kept.identifiant, rang: None };
    let box_ = secrets.coffret.as_mut().unwrap();
    let key = box_.ouvrir(place, Ouvreur::MotDePasse(&mot, PEU), &world.hacheur).unwrap();
    box_.poser(place, Ouvreur::MotDePasse(&mot, PEU), &key, &world.hacheur, &entropy).unwrap();
    let mut derived = [0; 32];
    let salt: [u8; 16] = hex::decode(&kept.sel).unwrap().try_into().unwrap();
    world.hacheur.deriver(&PEU, &salt, MOT.as_bytes(), &mut derived).unwrap();
    (kept.valeur, kept.forme) = (hex::encode(derived), Forme::Directe);
    let text = String::from_utf8(dossier::to_canonical(&secrets).unwrap()).unwrap();
    assert!(!text.contains("sel_mot") && !text.contains("forme"), "as a program of before wrote it");
    world.reserve.ecrire(&secrets).unwrap();
}

#[test]
fn b02_an_account_kept_as_before_opens_and_costs_one_derivation_from_then_on() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    as_before(&world, ident(1));
    let sessions = world.sessions();
    let (door, mot) = (world.portier(&sessions, PEU), MotDePasse::saisi(MOT));
    let derivations = |text: &MotDePasse, at: i64| {
        let before = world.hacheur.faits();
        let entered = door.connecter(&attempt("chloe", text, Second::Aucune), None, t(at));
        (entered, world.hacheur.faits() - before)
    };
    let (refused, cost) = derivations(&MotDePasse::saisi("un autre mot de passe"), 10);
    assert!(refused.is_err() && cost == 1, "a wrong one changes nothing");
    let (entered, cost) = derivations(&mot, 20);
    let public = world.registre.vue(ident(1)).cle_publique;
    let opened = |entered: &Entree, at: i64| {
        let session = sessions.reconnaitre(&entered.temoin, &|id| world.registre.compte(id), t(at)).unwrap();
        Some(sessions.cle(&entered.temoin, &session).unwrap().public().to_string())
    };
    assert_eq!((opened(&entered.unwrap(), 21), cost), (public.clone(), 3), "recognised, opened, made anew");
    let (entered, cost) = derivations(&mot, 30);
    assert_eq!((opened(&entered.unwrap(), 31), cost), (public, 1));
    let kept = world.reserve.lire(ident(1)).unwrap().unwrap();
    assert_eq!((kept.mots_de_passe.len(), kept.mots_de_passe[0].forme), (1, Forme::Partagee));
    // What is kept of the password opens nothing, and the two uses of a derivation have nothing in common.
    let serrure = &kept.coffret.unwrap().serrures[0];
    assert_eq!(serrure.sel_mot.as_ref(), Some(&kept.mots_de_passe[0].sel));
    assert!(serrure.sel != kept.mots_de_passe[0].sel && !serrure.scelle.contains(&kept.mots_de_passe[0].valeur));
}

#[test]
fn e02_whatever_is_wrong_is_answered_alike_with_the_same_work() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    world.destinataire(ident(2), "paul");
    world.destinataire(ident(3), "suspendu");
    world.inviter(ident(4), "invite", Titulaire::Destinataire { consent: ident(250) });
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let secret = workshop.nouveau_telephone().unwrap();
    world.registre.a(t(5));
    workshop.confirmer_telephone(ident(2), &secret, &code_at(&*secret, 5), t(5)).unwrap();
    let cause = CauseSuspension::TentativeAttaque;
    let fact = Event::Suspended { account: ident(3), cause, review_at: t(1000) };
    world.registre.noter(&Actor::platform(), &[Fait::Compte(fact)]).unwrap();
    let door = world.portier(&sessions, PEU);
    let (right, wrong) = (MotDePasse::saisi(MOT), MotDePasse::saisi("un autre mot de passe secret"));
    let foreign = CodeSecours::tirer(&SystemEntropy::default()).unwrap();
    let mut answers = std::collections::BTreeSet::new();
    let tries = [
        ("inconnue", &right, Second::Aucune, "compte_inconnu"),
        ("inconnue", &wrong, Second::Totp("123456"), "compte_inconnu"),
        ("chloe", &wrong, Second::Aucune, "mot_de_passe"),
        ("chloe", &wrong, Second::Secours(&foreign), "mot_de_passe"),
        ("chloe", &right, Second::Totp("000000"), "seconde_preuve"),
        ("paul", &right, Second::Aucune, "seconde_preuve"),
        ("paul", &right, Second::Totp("abc"), "seconde_preuve"),
        ("paul", &right, Second::Secours(&foreign), "seconde_preuve"),
        ("suspendu", &right, Second::Aucune, "etat"),
        ("invite", &right, Second::Aucune, "mot_de_passe"),
    ];
    for (n, (nom, mot, second, motif)) in (0_u8..).zip(tries) {
        world.registre.a(t(100));
        let before = (world.hacheur.faits(), world.registre.lignes().len());
        let t_ = Tentative { origine: ici(100 + n), ..attempt(nom, mot, second) };
        // The name's own delay is another matter: a moment between tries.
        let error = door.connecter(&t_, None, t(100 + i64::from(n) * 10)).unwrap_err();
        answers.insert(error.to_string());
        assert_eq!(error.code(), "signification.login_refused", "{nom}");
        assert_eq!(world.hacheur.faits() - before.0, 1, "{nom} {second:?}");
        let lines = world.registre.lignes();
        assert_eq!(lines.len() - before.1, 1, "one fact for each");
        let last = lines.last().unwrap();
        assert!(last.contains("login_failed") && last.contains(motif), "{last}");
        assert!(![nom, MOT, "123456", "000000", "un autre mot"].iter().any(|typed| last.contains(typed)), "{last}");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn b02_a_code_of_the_telephone_serves_once_even_at_the_same_instant() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let secret = workshop.nouveau_telephone().unwrap();
    assert!(workshop.confirmer_telephone(ident(1), &secret, "000000", t(1)).is_err());
    world.registre.a(t(30));
    workshop.confirmer_telephone(ident(1), &secret, &code_at(&*secret, 30), t(30)).unwrap();
    let (door, mot) = (world.portier(&sessions, PEU), MotDePasse::saisi(MOT));
    let typed = code_at(&*secret, 90);
    world.registre.a(t(90));
    let used = code_at(&*secret, 30);
    assert!(
        door.connecter(&attempt("chloe", &mot, Second::Totp(&used)), None, t(31)).is_err(),
        "it set the telephone up"
    );
    let wins = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..4_u8)
            .map(|n| {
                let (door, mot, typed) = (&door, &mot, &typed);
                let t_ = Tentative { origine: ici(10 + n), ..attempt("chloe", mot, Second::Totp(typed)) };
                scope.spawn(move || door.connecter(&t_, None, t(90)).is_ok())
            })
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(wins, 1);
    world.registre.a(t(200));
    let fresh = code_at(&*secret, 200);
    let entered = door.connecter(&attempt("chloe", &mot, Second::Totp(&fresh)), None, t(200)).unwrap();
    assert_eq!(entered.niveau, Niveau::Double);
}

#[test]
fn b02_a_recovery_code_stands_in_for_the_telephone_once() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let codes = world.atelier(&sessions).tirer_codes(ident(1), None, t(0)).unwrap();
    let (door, mot) = (world.portier(&sessions, PEU), MotDePasse::saisi(MOT));
    let entered = door.connecter(&attempt("chloe", &mot, Second::Secours(&codes[2])), None, t(1)).unwrap();
    assert_eq!(entered.niveau, Niveau::Double);
    assert!(door.connecter(&attempt("chloe", &mot, Second::Secours(&codes[2])), None, t(2)).is_err());
    // The file put back as it was: the journal still says that it was used.
    let kept = world.reserve.lire(ident(1)).unwrap().unwrap();
    let mut old = kept.clone();
    let (set, _) = Jeu::tirer(kept.secours[0].identifiant, &world.entropy).unwrap();
    old.secours[0].codes.clone_from(&set.codes);
    assert!(door.connecter(&attempt("chloe", &mot, Second::Secours(&codes[3])), None, t(3)).is_ok());
}

#[test]
fn b03_b04_an_officer_signs_with_his_certificate_and_his_key_and_nothing_less() {
    let world = Monde::default();
    world.inviter(ident(1), "officier", Titulaire::Officier);
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let mot = MotDePasse::saisi(MOT);
    let view = workshop.activer(ident(1), "secret d'invitation", &mot, t(0)).unwrap();
    assert_eq!(view.cle_publique, None, "an officer receives no acts");
    let sha256 = Sha256Digest::of(b"certificat");
    let registry = Actor::registry("registre");
    workshop.enregistrer_certificat(ident(1), sha256, &registry, t(0)).unwrap();
    let key = CleAcces { identifiant: ident(70), modele: None, donnees: serde_json::json!({"compteur": 1}), nom: None };
    workshop.ajouter_cle_acces(ident(1), key, None, None).unwrap();
    let (door, policy) = (world.portier(&sessions, PEU), Politique::default());
    let may = |niveau| policy.exiger(RoleCompte::Officier, Operation::Envoyer, niveau).is_ok();
    let certificat = Some(CertificatPresente { sha256, valide: true });
    assert!(!may(door.connecter(&attempt("officier", &mot, Second::Aucune), None, t(1)).unwrap().niveau));
    let with = Tentative { certificat, ..attempt("officier", &mot, Second::Aucune) };
    assert!(!may(door.connecter(&with, None, t(2)).unwrap().niveau), "certificate and password");
    let moved =
        CleAcces { identifiant: ident(70), modele: None, donnees: serde_json::json!({"compteur": 2}), nom: None };
    let proof = |utilisateur_verifie| Assertion { cle: moved.clone(), utilisateur_verifie, prf: None };
    let enter = |proof: &Assertion, certificat, at| {
        door.connecter_par_cle(("officier", proof), certificat, ici(1), None, t(at)).map(|e| e.niveau)
    };
    assert!(!may(enter(&proof(true), None, 3).unwrap()), "the key alone");
    assert!(may(enter(&proof(true), certificat, 4).unwrap()));
    assert_eq!(world.reserve.lire(ident(1)).unwrap().unwrap().cles_acces[0].donnees["compteur"], 2);
    assert!(enter(&proof(false), certificat, 5).is_err(), "present, not verified");
    // A revoked or foreign certificate spoils the login; one revoked here too.
    let revoked = Some(CertificatPresente { sha256, valide: false });
    let foreign = Some(CertificatPresente { sha256: Sha256Digest::of(b"autre"), valide: true });
    for bad in [revoked, foreign] {
        assert_eq!(enter(&proof(true), bad, 6).unwrap_err().code(), "signification.login_refused");
        let with = Tentative { certificat: bad, ..attempt("officier", &mot, Second::Aucune) };
        assert!(door.connecter(&with, None, t(7)).is_err());
    }
    let known = world.registre.vue(ident(1));
    let id = known.identifiants.iter().find(|i| i.moyen == Moyen::Certificat).unwrap().id;
    world.registre.a(t(50));
    workshop.revoquer(ident(1), id, &registry).unwrap();
    assert!(enter(&proof(true), certificat, 50).is_err());
    assert!(!may(enter(&proof(true), None, 51).unwrap()));
}

#[test]
fn b02_a_passkey_of_one_never_opens_the_other_and_its_prf_opens_the_acts() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    world.destinataire(ident(2), "paul");
    let sessions = world.sessions();
    let (door, workshop, mot) = (world.portier(&sessions, PEU), world.atelier(&sessions), MotDePasse::saisi(MOT));
    let entered = door.connecter(&attempt("chloe", &mot, Second::Aucune), None, t(1)).unwrap();
    let session = sessions.reconnaitre(&entered.temoin, &|id| world.registre.compte(id), t(1)).unwrap();
    let act_key = sessions.cle(&entered.temoin, &session).unwrap();
    let cle = CleAcces { identifiant: ident(70), modele: None, donnees: serde_json::json!({}), nom: None };
    workshop.ajouter_cle_acces(ident(1), cle.clone(), Some(&SortiePrf::new([7; 32])), Some(&act_key)).unwrap();
    assert_eq!((door.cles_de("chloe").unwrap().len(), door.cles_de("paul").unwrap().len()), (1, 0));
    assert_eq!(door.cles_de("personne").unwrap(), []);
    let proof =
        |prf: Option<[u8; 32]>| Assertion { cle: cle.clone(), utilisateur_verifie: true, prf: prf.map(SortiePrf::new) };
    let enter = |nom, proof: &Assertion| door.connecter_par_cle((nom, proof), None, ici(1), None, t(2));
    let opened = enter("chloe", &proof(Some([7; 32]))).unwrap();
    assert!(opened.cle_ouverte && opened.niveau == Niveau::Double);
    assert!(!enter("chloe", &proof(None)).unwrap().cle_ouverte, "without PRF the acts stay shut");
    assert_eq!(enter("chloe", &proof(Some([8; 32]))).unwrap_err().code(), "signification.coffret");
    assert_eq!(enter("paul", &proof(Some([7; 32]))).unwrap_err().code(), "signification.login_refused");
    assert_eq!(enter("personne", &proof(None)).unwrap_err().code(), "signification.login_refused");
}

#[test]
fn b11_too_many_tries_are_not_looked_at_and_leave_no_trace_but_delays() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let (door, wrong) = (world.portier(&sessions, PEU), MotDePasse::saisi("rien de tout cela"));
    for nom in ["chloe", "inconnue"] {
        let source = if nom == "chloe" { 1 } else { 2 };
        let try_ = Tentative { origine: ici(source), ..attempt(nom, &wrong, Second::Aucune) };
        let outcomes: Vec<_> = (0..6).map(|_| door.connecter(&try_, None, t(10)).unwrap_err().code()).collect();
        let wanted = ["signification.login_refused"; 4].into_iter().chain(["signification.throttled"; 2]);
        assert_eq!(outcomes, wanted.collect::<Vec<_>>(), "{nom}: the same for a name without account");
    }
    let before = (world.hacheur.faits(), world.registre.lignes().len());
    let try_ = attempt("chloe", &wrong, Second::Aucune);
    assert!(door.connecter(&try_, None, t(10)).is_err());
    assert_eq!((world.hacheur.faits(), world.registre.lignes().len()), before);
}

#[test]
fn b02_a_passkey_beside_the_password_is_a_second_proof_of_its_own_account_only() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    world.destinataire(ident(2), "paul");
    let sessions = world.sessions();
    let (door, workshop, mot) = (world.portier(&sessions, PEU), world.atelier(&sessions), MotDePasse::saisi(MOT));
    let cle = CleAcces { identifiant: ident(70), modele: None, donnees: serde_json::json!("1"), nom: None };
    workshop.ajouter_cle_acces(ident(1), cle.clone(), None, None).unwrap();
    // A password alone is not enough any more.
    assert!(door.connecter(&attempt("chloe", &mot, Second::Aucune), None, t(1)).is_err());
    let moved = CleAcces { donnees: serde_json::json!("2"), ..cle };
    let proof = |utilisateur_verifie| Assertion { cle: moved.clone(), utilisateur_verifie, prf: None };
    assert!(door.connecter(&attempt("chloe", &mot, Second::Cle(&proof(false))), None, t(2)).is_err());
    assert!(door.connecter(&attempt("paul", &mot, Second::Cle(&proof(true))), None, t(3)).is_err());
    let entered = door.connecter(&attempt("chloe", &mot, Second::Cle(&proof(true))), None, t(4)).unwrap();
    assert!(entered.niveau == Niveau::Double && entered.cle_ouverte);
    assert_eq!(world.reserve.lire(ident(1)).unwrap().unwrap().cles_acces[0].donnees, "2");
    // By the account that the passkey itself names.
    let (good, proven) = (door.connecter_par_cle_de((ident(1), &proof(true)), ici(1), None, t(5)), proof(true));
    assert!(good.is_ok_and(|entered| entered.compte.id == ident(1)));
    for other in [ident(2), ident(9)] {
        let refused = door.connecter_par_cle_de((other, &proven), ici(1), None, t(6)).unwrap_err();
        assert_eq!(refused.code(), "signification.login_refused");
    }
}

#[test]
fn b02_a_ceremony_that_proves_nothing_is_one_answer_a_fact_and_a_probe() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let door = world.portier(&sessions, PEU);
    let refused = |compte, motif| door.refuser_la_ceremonie(compte, motif, ici(5), t(1)).unwrap().code();
    let before = world.registre.lignes().len();
    for compte in [Some(ident(1)), Some(ident(9)), None] {
        assert_eq!(refused(compte, MotifRefus::CompteurRecule), "signification.login_refused");
    }
    let lines = world.registre.lignes()[before..].to_vec();
    assert!(lines.len() == 3 && lines.iter().all(|line| line.contains("compteur_recule")), "{lines:?}");
    assert!(lines[0].contains("account.login_failed") && lines[1].contains("source.login_failed"), "{lines:?}");
    let seen: Vec<_> = (0..30).map(|_| refused(None, MotifRefus::Ceremonie)).collect();
    assert_eq!(seen.last(), Some(&"signification.throttled"));
}

#[test]
fn b11_forged_passkeys_lock_their_source_and_that_is_a_fact() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let door = world.portier(&sessions, PEU);
    let cle = CleAcces { identifiant: ident(70), modele: None, donnees: serde_json::json!({}), nom: None };
    let forged = Assertion { cle, utilisateur_verifie: true, prf: None };
    let mut seen = Vec::new();
    for _ in 0..22 {
        let tried = door.connecter_par_cle(("chloe", &forged), None, ici(5), None, t(1));
        seen.push(tried.unwrap_err().code());
    }
    assert_eq!(seen.iter().filter(|code| **code == "signification.login_refused").count(), 20);
    assert_eq!(seen[20..], ["signification.throttled"; 2]);
    let locks = world.registre.lignes().iter().filter(|line| line.contains("signification.source.locked")).count();
    assert_eq!(locks, 1);
    let mot = MotDePasse::saisi(MOT);
    assert!(
        door.connecter(&Tentative { origine: ici(5), ..attempt("chloe", &mot, Second::Aucune) }, None, t(2)).is_err()
    );
    assert!(door.connecter(&attempt("chloe", &mot, Second::Aucune), None, t(2)).is_ok(), "the holder, elsewhere");
    assert!(door.sonder(ici(5).source, t(902)).unwrap().is_none(), "for a time only");
}

#[test]
fn b02_a_raised_cost_is_taken_up_at_the_next_login() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let (sessions, mot) = (world.sessions(), MotDePasse::saisi(MOT));
    let more = Parametres { passes: 3, ..PEU };
    let door = world.portier(&sessions, more);
    for at in [1, 2] {
        assert!(door.connecter(&attempt("chloe", &mot, Second::Aucune), None, t(at)).unwrap().cle_ouverte);
        let kept = world.reserve.lire(ident(1)).unwrap().unwrap();
        assert_eq!(kept.mots_de_passe.iter().map(|e| e.parametres).collect::<Vec<_>>(), [more]);
        assert_eq!(kept.coffret.unwrap().serrures[0].parametres, Some(more));
    }
}
