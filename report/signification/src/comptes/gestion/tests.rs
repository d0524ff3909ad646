//! What is done with an account, and power failing in the middle of it.
use dossier::Sha256Digest;

use super::super::compte::{Imputabilite, Titulaire};
use super::super::connexion::{Second, Tentative};
use super::super::essais::{MOT, Monde, PEU, ici, ident, t};
use super::super::session::Temoin;
use super::super::totp::{CHIFFRES, code, pas};
use super::*;

const NEUF: &str = "tournesols mauves sous la pluie";

fn enter(world: &Monde, sessions: &Sessions<'_>, mot: &str, at: i64) -> Result<Temoin, SignificationError> {
    world.registre.a(t(at));
    let mot = MotDePasse::saisi(mot);
    let attempt = Tentative { nom: "chloe", mot: &mot, second: Second::Aucune, certificat: None, origine: ici(1) };
    world.portier(sessions, PEU).connecter(&attempt, None, t(at)).map(|entered| entered.temoin)
}

fn act_key(world: &Monde, sessions: &Sessions<'_>, temoin: &Temoin, at: i64) -> SecretKey {
    let session = sessions.reconnaitre(temoin, &|id| world.registre.compte(id), t(at)).unwrap();
    sessions.cle(temoin, &session).unwrap()
}

#[test]
fn b01_an_account_is_taken_once_by_who_has_its_invitation() {
    let world = Monde::default();
    world.inviter(ident(1), "chloe", Titulaire::Destinataire { consent: ident(250) });
    let sessions = world.sessions();
    let (workshop, mot) = (world.atelier(&sessions), MotDePasse::saisi(MOT));
    assert_eq!(workshop.activer(ident(1), "autre", &mot, t(0)).unwrap_err().code(), "signification.invitation");
    assert_eq!(
        workshop.activer(ident(1), "secret d'invitation", &mot, t(86_401)).unwrap_err().code(),
        "signification.invitation"
    );
    let view = workshop.activer(ident(1), "secret d'invitation", &mot, t(0)).unwrap();
    assert_eq!(view.etat, EtatCompte::Actif);
    assert_eq!(
        workshop.activer(ident(1), "secret d'invitation", &mot, t(0)).unwrap_err().code(),
        "signification.invitation"
    );
    assert_eq!(workshop.activer(ident(9), "x", &mot, t(0)).unwrap_err().code(), "signification.unknown");
    let secrets = world.reserve.lire(ident(1)).unwrap().unwrap();
    assert_eq!(secrets.coffret.map(|c| c.cle_publique), view.cle_publique);
    // No line of the journal has anything that was typed, or helps to guess it.
    let empreinte = &secrets.mots_de_passe[0];
    for line in world.registre.lignes() {
        assert!(!line.contains(MOT) && !line.contains(&empreinte.valeur) && !line.contains(&empreinte.sel), "{line}");
    }
}

#[test]
fn b02_a_changed_password_keeps_the_acts_and_ends_the_sessions() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let cookie = enter(&world, &sessions, MOT, 1).unwrap();
    let key = act_key(&world, &sessions, &cookie, 1);
    let (old, new) = (MotDePasse::saisi(MOT), MotDePasse::saisi(NEUF));
    assert!(workshop.changer_mot_de_passe(ident(1), (&new, &old), t(2)).is_err());
    workshop.changer_mot_de_passe(ident(1), (&old, &new), t(2)).unwrap();
    assert!(sessions.reconnaitre(&cookie, &|id| world.registre.compte(id), t(2)).is_err());
    assert!(enter(&world, &sessions, MOT, 3).is_err());
    let cookie = enter(&world, &sessions, NEUF, 4).unwrap();
    assert_eq!(act_key(&world, &sessions, &cookie, 4).public(), key.public());
    let kept = world.reserve.lire(ident(1)).unwrap().unwrap();
    assert_eq!((kept.mots_de_passe.len(), kept.coffret.unwrap().serrures.len()), (1, 1), "the old one is gone");
}

#[test]
fn b02_power_fails_before_the_facts_and_the_old_password_still_opens() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let (old, new) = (MotDePasse::saisi(MOT), MotDePasse::saisi(NEUF));
    world.registre.couper(true);
    assert!(workshop.changer_mot_de_passe(ident(1), (&old, &new), t(2)).is_err());
    world.registre.couper(false);
    assert!(enter(&world, &sessions, NEUF, 3).is_err(), "what the journal does not know opens nothing");
    let cookie = enter(&world, &sessions, MOT, 4).unwrap();
    act_key(&world, &sessions, &cookie, 4);
    workshop.changer_mot_de_passe(ident(1), (&old, &new), t(5)).unwrap();
    let cookie = enter(&world, &sessions, NEUF, 6).unwrap();
    act_key(&world, &sessions, &cookie, 6);
    assert_eq!(world.reserve.lire(ident(1)).unwrap().unwrap().mots_de_passe.len(), 1, "leftovers are cut off");
}

#[test]
fn d01_a_forgotten_password_takes_a_code_and_one_more_proof() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let (workshop, door) = (world.atelier(&sessions), world.portier(&sessions, PEU));
    let cookie = enter(&world, &sessions, MOT, 1).unwrap();
    let key = act_key(&world, &sessions, &cookie, 1);
    let codes = workshop.tirer_codes(ident(1), Some(&key), t(1)).unwrap();
    let new = MotDePasse::saisi(NEUF);
    world.registre.a(t(10));
    let foreign = CodeSecours::tirer(&world.entropy).unwrap();
    let before = world.hacheur.faits();
    for (nom, one, two) in [
        ("chloe", &codes[0], &foreign),
        ("chloe", &foreign, &codes[0]),
        ("chloe", &codes[0], &codes[0]),
        ("inconnue", &codes[0], &codes[1]),
    ] {
        let refused = door.recuperer(&workshop, nom, (one, Appoint::Secours(two)), &new, ici(9), t(10)).unwrap_err();
        assert_eq!(refused.code(), "signification.login_refused");
    }
    assert_eq!(world.hacheur.faits(), before, "nothing derived for whoever fails, account or not");
    let proofs = (&codes[0], Appoint::Secours(&codes[1]));
    door.recuperer(&workshop, "chloe", proofs, &new, ici(1), t(20)).unwrap();
    assert!(enter(&world, &sessions, MOT, 21).is_err(), "the forgotten one opens nothing");
    let cookie = enter(&world, &sessions, NEUF, 22).unwrap();
    assert_eq!(act_key(&world, &sessions, &cookie, 22).public(), key.public());
    let again = door.recuperer(&workshop, "chloe", proofs, &new, ici(3), t(100));
    assert!(again.is_err(), "used codes");
    // With the telephone's code, its own proof.
    let secret = workshop.nouveau_telephone().unwrap();
    let at = |seconds| {
        format!("{:06}", code(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &*secret, pas(t(seconds)), CHIFFRES))
    };
    world.registre.a(t(200));
    workshop.confirmer_telephone(ident(1), &secret, &at(200), t(200)).unwrap();
    let replay = (&codes[2], Appoint::Totp(&at(200)));
    assert!(workshop.recuperer(ident(1), replay, &new, ici(1).source, t(201)).is_err());
    world.registre.a(t(300));
    let view = workshop.recuperer(ident(1), (&codes[2], Appoint::Totp(&at(300))), &new, ici(1).source, t(300)).unwrap();
    let set = view.identifiants.iter().find(|i| i.moyen == Moyen::CodesSecours).unwrap();
    assert_eq!(set.rangs_uses.iter().copied().collect::<Vec<_>>(), [0, 1, 2]);
    // A new set: the codes of the first are worth nothing.
    workshop.tirer_codes(ident(1), Some(&key), t(301)).unwrap();
    let old = (&codes[5], Appoint::Secours(&codes[6]));
    assert!(workshop.recuperer(ident(1), old, &new, ici(1).source, t(302)).is_err());
}

#[test]
fn b06_b07_a_report_by_telephone_ends_all_and_dates_what_is_imputed() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let cookie = enter(&world, &sessions, MOT, 1).unwrap();
    let called = NouveauSignalement {
        genre: GenreSignalement::Compromission,
        voie: Voie::Telephone,
        recu: t(100),
        perdus: vec![],
    };
    world.registre.a(t(400));
    assert!(workshop.signaler(ident(1), &Actor::office("etude"), &called, t(400)).is_err());
    assert!(
        sessions.reconnaitre(&cookie, &|id| world.registre.compte(id), t(400)).is_ok(),
        "a refusal changes nothing"
    );
    let view = workshop.signaler(ident(1), &Actor::registry("support"), &called, t(400)).unwrap();
    assert_eq!(view.etat, EtatCompte::Suspendu);
    assert!(sessions.reconnaitre(&cookie, &|id| world.registre.compte(id), t(400)).is_err());
    assert!(enter(&world, &sessions, MOT, 401).is_err());
    assert_eq!(view.imputabilite(None, t(99)), Imputabilite::Imputable);
    assert_ne!(view.imputabilite(None, t(100)), Imputabilite::Imputable, "from the call on, not from its entry");
    // Resumed and invited again: none of the old means logs in, and what he knows still opens his acts.
    let key = world.registre.vue(ident(1)).cle_publique;
    let (old, new) = (MotDePasse::saisi(MOT), MotDePasse::saisi(NEUF));
    let back = |secret: &str, retour, at| workshop.reentrer(ident(1), secret, (&new, retour), t(at));
    assert_eq!(back("second", ApresRetour::CleNeuve, 500).unwrap_err().code(), "signification.invitation");
    resume(&world, "second");
    assert!(enter(&world, &sessions, MOT, 1000).is_err());
    assert_eq!(back("autre", ApresRetour::CleNeuve, 1000).unwrap_err().code(), "signification.invitation");
    let wrong = ApresRetour::AncienMot(&new);
    assert_eq!(back("second", wrong, 1000).unwrap_err().code(), "signification.coffret");
    let view = back("second", ApresRetour::AncienMot(&old), 1000).unwrap();
    assert_eq!(view.cle_publique, key);
    assert!(back("second", ApresRetour::CleNeuve, 1000).is_err(), "an invitation serves once");
    let cookie = enter(&world, &sessions, NEUF, 1001).unwrap();
    assert_eq!(Some(act_key(&world, &sessions, &cookie, 1001).public().to_string()), key);
    assert_eq!(
        world.reserve.lire(ident(1)).unwrap().unwrap().coffret.unwrap().serrures.len(),
        1,
        "the old way is gone"
    );
}

fn resume(world: &Monde, secret: &str) {
    let (account, token_sha256) = (ident(1), Sha256Digest::of(secret.as_bytes()));
    let facts = [Event::Resumed { account }, Event::Reinvited { account, token_sha256, expires_at: t(9000) }];
    world.registre.noter(&Actor::registry("support"), &facts.map(Fait::Compte)).unwrap();
}

#[test]
fn d01_who_lost_everything_has_a_new_key_and_no_old_act() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let cookie = enter(&world, &sessions, MOT, 1).unwrap();
    let key = act_key(&world, &sessions, &cookie, 1);
    let codes = workshop.tirer_codes(ident(1), Some(&key), t(1)).unwrap();
    let suspicion =
        NouveauSignalement { genre: GenreSignalement::Compromission, voie: Voie::EnLigne, recu: t(2), perdus: vec![] };
    let me = Actor::recipient(ident(1));
    world.registre.a(t(2));
    workshop.signaler(ident(1), &me, &suspicion, t(2)).unwrap();
    resume(&world, "un");
    let new = MotDePasse::saisi(NEUF);
    let view = workshop.reentrer(ident(1), "un", (&new, ApresRetour::Code(&codes[7])), t(3)).unwrap();
    assert_eq!(view.cle_publique, Some(key.public().to_string()), "a code still opens the key");
    world.registre.a(t(4));
    workshop.signaler(ident(1), &me, &NouveauSignalement { recu: t(4), ..suspicion }, t(4)).unwrap();
    resume(&world, "deux");
    let third = MotDePasse::saisi(MOT);
    let view = workshop.reentrer(ident(1), "deux", (&third, ApresRetour::CleNeuve), t(5)).unwrap();
    assert_ne!(view.cle_publique, Some(key.public().to_string()));
    let cookie = enter(&world, &sessions, MOT, 6).unwrap();
    assert_eq!(Some(act_key(&world, &sessions, &cookie, 6).public().to_string()), view.cle_publique);
    assert_eq!(apres_perte(Escrow::Aucun), ApresPerte::Papier);
    assert_eq!(apres_perte(Escrow::Etude), ApresPerte::OriginalDeLEtude);
}

#[test]
fn d01_the_operator_with_the_disk_and_his_own_keys_reads_no_act() {
    use super::super::secrets::Fichiers;
    use crate::vault::{Kind, PublicKey, decrypt, encrypt};
    use age::secrecy::ExposeSecret as _;
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    // The act, encrypted to the key that the journal announces; and all that lies on the disk beside it.
    let act = b"%PDF-1.7 un acte".to_vec();
    let public = PublicKey::parse(world.registre.vue(ident(1)).cle_publique.as_ref().unwrap()).unwrap();
    let cipher = encrypt(Kind::Acte, ident(7), &act, &[public]).unwrap();
    let person = SecretKey::generate();
    let text = person.secret_text().expose_secret().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let of = text.clone();
    let files = Fichiers::ouvrir(folder.path(), Box::new(move |_| SecretKey::from_text(&of, "personne"))).unwrap();
    files.ecrire(&world.reserve.lire(ident(1)).unwrap().unwrap()).unwrap();
    let read = files.lire(ident(1)).unwrap().unwrap();
    let digests = dossier::Digests::of(&act);
    let opens = |key: &SecretKey| decrypt(&cipher, Kind::Acte, ident(7), &digests, key).is_ok();
    assert!(!opens(&person), "the key of the person's file is not that of his acts");
    let all = String::from_utf8(dossier::to_canonical(&read).unwrap()).unwrap();
    assert!(!all.contains("AGE-SECRET-KEY"));
    let box_ = read.coffret.unwrap();
    let by = |text: &str| {
        let mot = MotDePasse::saisi(text);
        box_.essayer(Ouvreur::MotDePasse(&mot, PEU), &world.hacheur)
    };
    let hash = read.mots_de_passe[0].valeur.clone();
    assert!(by(&hash).is_err() && by("").is_err(), "the digest of the password opens nothing");
    assert!(opens(&by(MOT).unwrap()), "the password does");
    let cookie = enter(&world, &sessions, MOT, 1).unwrap();
    assert!(opens(&act_key(&world, &sessions, &cookie, 1)));
}

#[test]
fn f05_erasure_destroys_the_secrets_and_can_be_begun_again() {
    let world = Monde::default();
    world.destinataire(ident(1), "chloe");
    let sessions = world.sessions();
    let workshop = world.atelier(&sessions);
    let account = ident(1);
    let asked = Event::TerminationAsked { account, received_at: t(0), voie: Voie::EnLigne };
    world.registre.noter(&Actor::recipient(account), &[Fait::Compte(asked)]).unwrap();
    let facts =
        [Event::Terminated { account }, Event::ReadOnly { account, until: super::super::compte::fin_de_lecture(t(0)) }];
    world.registre.noter(&Actor::platform(), &facts.map(Fait::Compte)).unwrap();
    let certificate = Sha256Digest::of(b"certificat");
    assert!(workshop.effacer(account, certificate).is_err(), "not before the end");
    let cookie = enter(&world, &sessions, MOT, 60 * 86_400).unwrap();
    world.registre.a(t(62 * 86_400));
    workshop.effacer(account, certificate).unwrap();
    assert_eq!(world.reserve.lire(account).unwrap(), None);
    assert!(sessions.reconnaitre(&cookie, &|id| world.registre.compte(id), t(60 * 86_400)).is_err());
    workshop.effacer(account, certificate).unwrap();
    assert!(enter(&world, &sessions, MOT, 62 * 86_400 + 10).is_err());
    assert!(world.registre.lignes().last().unwrap().contains("signification.source.login_failed"));
}
