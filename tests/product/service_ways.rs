//! The ways of service through the command line: the office's own software by a folder, and paper from the plan to the signed minutes.
use std::fs;
use std::sync::atomic::AtomicU32;

use super::mta::Mta;
use super::service::{At, consent, deposit, prepare, tuesday};
use super::support::{Bench, text};

/// A platform that prefers the office's software, and prints its forms.
fn configure(bench: &Bench, mta: &Mta) {
    prepare(bench, mta, "chloe@essai.test");
    let kept = fs::read_to_string(bench.path("configuration.toml")).unwrap();
    let ways = format!(
        "[bureau]\noffice = \"732829320\"\nsiege = \"69123\"\n[voies]\nelectroniques = [\"dossier\"]\ndossier = {:?}\n\
         [voies.papier]\ndossier = {:?}\nadresse = \"1 place d'Essai, 69002 Lyon\"\nofficier = \"Maître Essai\"\n\
         horaires = \"9 h à 12 h\"\n",
        bench.path("logiciel"),
        bench.path("papier")
    );
    fs::write(bench.path("configuration.toml"), kept + &ways).unwrap();
    let declaration = fs::read_to_string(bench.path("declaration.toml")).unwrap();
    let lives = declaration.replace("courriel", "commune = \"69123\"\ncourriel");
    fs::write(bench.path("declaration.toml"), lives).unwrap();
}

/// Writes the case of an act; `head` before its parties.
fn case(bench: &Bench, head: &str) -> std::path::PathBuf {
    let party =
        |name: &str, nom: &str| format!("[{name}]\nnom = \"{nom}\"\nadresse = [\"4 rue des Lilas\", \"69003 Lyon\"]\n");
    let body = format!(
        "dossier = \"2026-0142\"\nnature = \"assignation\"\n{head}{}{}",
        party("requerant", "Boulangerie du Perche"),
        party("destinataire", "Chloé Martin")
    );
    let path = bench.path("affaire.toml");
    fs::write(&path, body).unwrap();
    path
}

#[test]
fn an_act_goes_through_the_office_s_software_and_its_outcome_is_read() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    configure(&bench, &mta);
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    let consent = consent(&at, &mta);
    let (act, pdf) = (deposit(&at, &consent), bench.path("acte.pdf"));
    let file = case(&bench, &format!("acte = \"{act}\"\nconsentement = \"{consent}\"\n"));
    let chosen = at.ok(&["voie", "choisir", text(&file), text(&pdf)]);
    assert_eq!((&chosen["voie"], &chosen["acte"]), (&"dossier".into(), &act.as_str().into()), "{chosen}");
    assert!(chosen["portee"].as_str().unwrap().contains("748-6"));
    let sent = at.run(&["envoyer", &act]);
    assert!(sent.code != 0 && sent.stdout.contains("AUTRE_VOIE"), "held by the way that was chosen: {}", sent.stdout);
    at.ok(&["voie", "servir", text(&file), text(&pdf)]);
    let again = at.ok(&["voie", "servir", text(&file), text(&pdf)]);
    assert_eq!((&again["resultat"], &again["code"]), (&"en_cours".into(), &"REMIS".into()), "{again}");
    let record = fs::read_to_string(bench.path(&format!("logiciel/aller/{act}/dossier.json"))).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["destinataire"]["nom"], "Chloé Martin");
    let (sha256, le) = (record["contenu"]["sha256"].as_str().unwrap(), record["prepare_le"].as_str().unwrap());
    let answer = format!(
        "{{\"format\":\"constat-retour/1\",\"acte\":\"{act}\",\"contenu\":\"{sha256}\",\"issue\":\"signifie\",\"le\":\"{le}\"}}"
    );
    let place = bench.path(&format!("logiciel/retour/{act}.json"));
    fs::write(&place, "{").unwrap();
    let unread = at.run(&["voie", "relever"]).expect(1).json();
    assert_eq!(unread["voies"][0]["erreur"], "signification.return_refused", "{unread}");
    fs::write(&place, answer).unwrap();
    let told = at.ok(&["voie", "relever"]);
    assert_eq!(
        (&told["voies"][0]["acte"], &told["voies"][0]["resultat"]),
        (&act.as_str().into(), &"faite".into()),
        "{told}"
    );
    assert_eq!(at.ok(&["voie", "montrer", &act])["etat"], "SERVIE");
    assert_eq!(at.ok(&["verifier-journal"])["intact"], true);
}

#[test]
fn paper_goes_from_the_choice_to_the_signed_minutes() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    configure(&bench, &mta);
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    at.ok(&["initialiser", text(&bench.path("configuration.toml"))]);
    let pdf = bench.path("acte.pdf");
    let undecided = at.run(&["voie", "choisir", text(&case(&bench, "")), text(&pdf)]).expect(1).json();
    assert!(
        undecided["voie"].is_null()
            && undecided["acte"].is_null()
            && undecided["raisons"].to_string().contains("COMPETENCE_A_VERIFIER")
    );
    let chosen = at.ok(&["voie", "choisir", text(&case(&bench, "commune = \"69123\"\n")), text(&pdf)]);
    assert_eq!((&chosen["voie"], &chosen["raisons"][0]), (&"papier".into(), &"SANS_CONSENTEMENT".into()), "{chosen}");
    let act = chosen["acte"].as_str().unwrap().to_owned();
    let file = case(&bench, &format!("acte = \"{act}\"\ncommune = \"69123\"\n"));
    at.ok(&["voie", "servir", text(&file), text(&pdf)]);
    assert!(bench.path(&format!("papier/{act}/PLAN.md")).is_file());
    assert_eq!(at.ok(&["proposition", "taches"])["taches"][0]["objet"], act.as_str());
    let day = tuesday("10:00:00")[..10].to_owned();
    let (constat, forms, minutes) = (bench.path("constat.toml"), bench.path("formules"), bench.path("pv.pdf"));
    let found = format!(
        "le = \"{day}T09:00:00+02:00\"\npersonne = \"physique\"\nremis_a_personne = false\nadresse_connue = true\n\
         travail_connu = false\ndiligences = [\"Sonné deux fois.\"]\n[tiers]\nnom = \"Camille Voisin\"\nqualite = \"concierge\"\n\
         accepte = true\n"
    );
    fs::write(&constat, found).unwrap();
    let filled = at.ok(&["voie", "formules", text(&file), text(&pdf), text(&constat), "--vers", text(&forms)]);
    assert_eq!(filled["modalite"], "TIERS_PRESENT", "{filled}");
    assert!(fs::read_to_string(forms.join("proces-verbal-remise.md")).unwrap().contains("Camille Voisin"));
    fs::write(&minutes, b"").unwrap();
    let note = ["voie", "consigner", &act, text(&constat), "--proces-verbal", text(&minutes)];
    at.run(&note).expect_error(2, "signification.field");
    fs::write(&minutes, b"%PDF-1.7 minutes, signed").unwrap();
    assert_eq!(at.ok(&note)["avis_de_passage"], true);
    let shown = at.ok(&["voie", "montrer", &act]);
    assert_eq!((&shown["etat"], &shown["voie"]), (&"SERVIE".into(), &"papier".into()), "{shown}");
    at.run(&["voie", "abandonner", &act]).expect_error(2, "signification.transition");
    let journal = fs::read_to_string(bench.path("plateforme/journal.jsonl")).unwrap();
    assert!(!journal.contains("Camille") && !journal.contains("Chloé"));
    assert_eq!(at.ok(&["verifier-journal"])["intact"], true);
}
