//! The thread of an act, from the officer's authentication to the last fact (E14, D12); the explanation shown with it (D10); a small
//! claim and its officer's certificate (H03).
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/comptes.rs"]
mod comptes;
#[path = "support/world.rs"]
mod world;

use comptes::{autre, cgu, destinataire, entrer, faire, ici, monde, refus, registre};
use dossier::Sha256Digest;
use jiff::civil::date;
use signification::comptes::Titulaire;
use signification::comptes::connexion::CertificatPresente;
use signification::comptes::droits::Operation;
use signification::comptes::facteurs::Moyen;
use signification::comptes::passkey::{Assertion, CleAcces};
use signification::explication;
use signification::petites_creances::Cause;
use signification::platform::comptes::{Acces, Objet};
use signification::platform::{CreanceInput, Officier, PartieInput, Phase};
use signification::{Id, Platform};
use world::{Storage, contains, officer};

on_both_storages!(
    e14_d12_le_fil_d_un_acte_va_de_la_connexion_de_l_officier_au_dernier_fait,
    d10_the_explanation_shown_with_an_act_is_a_fact_of_the_session,
    h03_an_officer_whose_certificate_is_revoked_carries_no_small_claim_on,
);

/// An officer with certificate and passkey, logged in: his account, his session.
fn officier(world: &comptes::W, platform: &Platform<'_>) -> (Id, Acces) {
    let account = autre(world, platform, &Titulaire::Officier, "maitre");
    let weak = entrer(world, platform, "maitre", 9);
    let sha256 = Sha256Digest::of(b"certificat");
    platform.enregistrer_certificat(&registre(), account, sha256).unwrap();
    let identifiant = platform.nouvel_identifiant().unwrap();
    let cle = CleAcces { identifiant, modele: Some("yubikey".into()), nom: None, donnees: serde_json::json!({"n": 1}) };
    platform.ajouter_cle_acces(&weak, cle.clone(), None).unwrap();
    let proof = Assertion { cle, utilisateur_verifie: true, prf: None };
    let certificat = Some(CertificatPresente { sha256, valide: true });
    let entree = platform.connecter_par_cle(("maitre", &proof), certificat, ici(platform, 9), None).unwrap();
    (account, platform.session(entree.temoin).unwrap())
}

fn e14_d12_le_fil_d_un_acte_va_de_la_connexion_de_l_officier_au_dernier_fait(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, _) = destinataire(&world, &platform, "isaline");
    let (account, session) = officier(&world, &platform);
    let auteur = platform.autoriser_sur(&session, Operation::Deposer, Objet::Consentement(consent)).unwrap();
    let act = platform.deposer(auteur.acteur(), &world.deposit(consent, "assignation")).unwrap().acte;
    let auteur = platform.autoriser_sur(&session, Operation::Envoyer, Objet::Acte(act)).unwrap();
    platform.envoyer(auteur.acteur(), act, false).unwrap();
    let his = entrer(&world, &platform, "isaline", 1);
    platform.consulter_en_session(&his, act).unwrap();
    platform.remettre_en_session(&his, act, &mut Vec::new()).unwrap();
    platform.pointer().unwrap();

    let fil = platform.fil(act).unwrap();
    assert_eq!(fil.officier_id, account.to_string());
    let Officier::Compte { compte, session: Some(named), niveau: Some("fort"), moyens } = &fil.officier else {
        panic!("{:?}", fil.officier)
    };
    assert_eq!((*compte, *named), (account, session.session().id));
    assert_eq!(*moyens, [Moyen::CleAcces.nom(), Moyen::Certificat.nom()]);
    assert_eq!(fil.certificat, Some(Sha256Digest::of(b"cert")));
    assert!(fil.autres_auteurs.is_empty() && fil.point.as_ref().unwrap().horodate);
    // The same identifier from the login to the deposit, the signature and the sending.
    for phase in [Phase::Authentification, Phase::Depot, Phase::Signature, Phase::Scellement] {
        let mut of =
            fil.etapes.iter().filter(|one| one.phase == phase && one.op != "signification.account.credential_added");
        assert!(of.clone().count() > 0 && of.all(|one| one.acteur == account.to_string()), "{phase:?}");
    }
    // In order, each with the digest of its very line; nothing between the first and the last is skipped.
    let lines = world.lines();
    for pair in fil.etapes.windows(2) {
        assert!(pair[0].ligne < pair[1].ligne && pair[0].le <= pair[1].le);
    }
    for one in &fil.etapes {
        assert_eq!(one.empreinte, Sha256Digest::of(&lines[usize::try_from(one.ligne).unwrap()]));
    }
    let about: Vec<u64> = platform.suivi(act).unwrap().lignes.iter().map(|line| line.seq).collect();
    assert!(about.iter().all(|seq| fil.etapes.iter().any(|one| one.ligne == *seq)));
    let phases: std::collections::BTreeSet<Phase> = fil.etapes.iter().map(|one| one.phase).collect();
    for phase in
        [Phase::Envoi, Phase::MiseADisposition, Phase::Avis, Phase::Consultation, Phase::Remise, Phase::Recepisse]
    {
        assert!(phases.contains(&phase), "{phase:?}");
    }
    assert!(
        fil.phrase.contains("certificat d'authentification") && fil.phrase.contains("clé d'accès"),
        "{}",
        fil.phrase
    );
    let told = serde_json::to_string(&fil).unwrap();
    assert!(!told.contains("isaline") && !told.contains("maitre@"), "identifiers only");

    // From the command line: the agent named there, and the certificate of the seal.
    let plain = platform.deposer(&officer(), &world.deposit(consent, "conge")).unwrap().acte;
    let fil = platform.fil(plain).unwrap();
    assert_eq!(fil.officier, Officier::Nomme { agent: "officier-1".into() });
    assert!(fil.phrase.contains("l'agent « officier-1 »") && fil.phrase.contains(&Sha256Digest::of(b"cert").to_hex()));
    assert!(fil.etapes.iter().all(|one| one.phase != Phase::Authentification));
    // Sent by somebody else of the office: told.
    let auteur = platform.autoriser_sur(&session, Operation::Envoyer, Objet::Acte(plain)).unwrap();
    platform.envoyer(auteur.acteur(), plain, false).unwrap();
    assert_eq!(platform.fil(plain).unwrap().autres_auteurs.len(), 1);
    assert_eq!(refus(platform.fil(consent)), "signification.unknown");
}

fn d10_the_explanation_shown_with_an_act_is_a_fact_of_the_session(storage: Storage) {
    let world = monde(storage);
    let platform = faire(&world);
    let (consent, _) = destinataire(&world, &platform, "isaline");
    let (other, _) = destinataire(&world, &platform, "autre");
    let act = comptes::acte(&world, &platform, consent);
    let unsent = platform.deposer(&officer(), &world.deposit(consent, "conge")).unwrap().acte;
    let his = entrer(&world, &platform, "isaline", 1);
    let shown = platform.expliquer_en_session(&his, act).unwrap();
    assert_eq!((shown.sha256, shown.version, shown.deja), (explication::empreinte("assignation"), "1", false));
    assert!(platform.expliquer_en_session(&his, act).unwrap().deja, "once for a session");
    let again = entrer(&world, &platform, "isaline", 2);
    assert!(!platform.expliquer_en_session(&again, act).unwrap().deja, "another session, another fact");
    let lines: Vec<_> =
        world.lines().into_iter().filter(|line| contains(line, "signification.preuve.explication")).collect();
    assert_eq!(lines.len(), 2);
    for (line, acces) in lines.iter().zip([&his, &again]) {
        for word in [act.to_string(), acces.session().id.to_string(), shown.sha256.to_hex()] {
            assert!(contains(line, &word), "{word}");
        }
    }
    let kept = platform.preuve_acte(act).unwrap().unwrap();
    assert_eq!(kept.explications.len(), 2);
    assert!(platform.extrait(act).unwrap().lignes.iter().any(|line| line.ligne.contains(&shown.sha256.to_hex())));
    // Nobody is shown the act of another, nor one that is not there yet.
    let stranger = entrer(&world, &platform, "autre", 3);
    assert_eq!(refus(platform.expliquer_en_session(&stranger, act)), "signification.forbidden");
    assert_eq!(refus(platform.expliquer_en_session(&his, unsent)), "signification.transition");
    // His dossier, by his session: opened with its key, refused to anybody else.
    platform.remettre_en_session(&his, act, &mut Vec::new()).unwrap();
    let mut zip = Vec::new();
    let done = platform.dossier_complet_en_session(&his, act, b"page", &mut zip).unwrap();
    assert!(done.acte_joint && zip.starts_with(b"PK"));
    let before = world.lines().len();
    let refused = platform.dossier_complet_en_session(&stranger, act, b"page", &mut Vec::new());
    assert_eq!((refus(refused), world.lines().len()), ("signification.forbidden", before + 1));
    let _ = (other, cgu());
}

fn claim() -> CreanceInput {
    let party = |nom: &str| PartieInput {
        nom: nom.into(),
        adresse: "12 rue des Martelots".into(),
        commune: "69123".parse().unwrap(),
        courriel: None,
    };
    CreanceInput {
        dossier: "2026-0142".into(),
        cause: Cause::Contractuelle,
        fondement: "facture n° 17 du 3 mars 2026".into(),
        principal: "100".parse().unwrap(),
        interets: "0".parse().unwrap(),
        arrete_au: date(2026, 11, 24),
        taux: None,
        creancier: party("Menuiserie Exemple"),
        debiteur: party("Isaline Quatremere"),
        adresse_etude: "1 place d'Essai, 69002 Lyon".into(),
    }
}

fn h03_an_officer_whose_certificate_is_revoked_carries_no_small_claim_on(storage: Storage) {
    let mut world = monde(storage);
    world.config.bureau = Some(toml::from_str("office = \"732829320\"\nsiege = \"69123\"\n").unwrap());
    let platform = faire(&world);
    let (account, strong) = officier(&world, &platform);
    // The gate: certificate and passkey, as for signing an act.
    let weak = entrer(&world, &platform, "maitre", 9);
    let gate = |acces: &Acces| platform.autoriser_sur(acces, Operation::ControlerCreance, Objet::Tous);
    assert_eq!(refus(gate(&weak)), "signification.forbidden");
    let actor = gate(&strong).unwrap().acteur().clone();
    assert_eq!(actor.id, account.to_string());
    let made = platform.ouvrir_creance(&actor, &claim()).unwrap();
    let next = platform.ouvrir_creance(&actor, &claim()).unwrap();
    platform.controler_creance(&actor, made.creance, false).unwrap();
    // A clerk's account engages nobody.
    let clerc = autre(&world, &platform, &Titulaire::Clerc, "clerc");
    let clerc = signification::consent::Actor::office(clerc.to_string());
    assert_eq!(refus(platform.controler_creance(&clerc, next.creance, false)), "signification.forbidden");
    let view = platform.compte_vu(account).unwrap();
    let certificate = view.identifiants.iter().find(|one| one.moyen == Moyen::Certificat).unwrap().id;
    platform.revoquer_identifiant(&registre(), account, certificate).unwrap();
    let before = world.lines().len();
    for refused in [
        refus(platform.controler_creance(&actor, next.creance, false)),
        refus(platform.constater_participation(&actor, made.creance)),
        refus(platform.constater_fin(&actor, made.creance)),
        refus(platform.delivrer_titre_creance(&actor, made.creance, "Formule")),
    ] {
        assert_eq!(refused, "signification.forbidden");
    }
    let lines = world.lines();
    assert_eq!(lines.len(), before + 4, "each refusal is a line, and nothing else changed");
    assert!(lines.iter().skip(before).all(|line| contains(line, "auth.failed")));
}
