//! What the office and the operator do around the service of acts, through the command line: a small claim from end to end, the
//! whole dossier of an act, health and audit.
use std::fs;
use std::process::Command;
use std::sync::atomic::AtomicU32;

use super::mta::Mta;
use super::service::{At, consent, deposit, prepare, tuesday};
use super::support::{Bench, text};

fn claim(bench: &Bench, principal: &str) {
    let day = tuesday("10:00:00")[..10].to_owned();
    let party = |name: &str| format!("nom = \"{name}\"\nadresse = \"12 rue des Martelots\"\ncommune = \"69123\"\n");
    let file = format!(
        "dossier = \"2026-0142\"\ncause = \"contractuelle\"\nfondement = \"facture n° 17\"\nprincipal = \"{principal}\"\n\
         arrete_au = \"{day}\"\nadresse_etude = \"1 place d'Essai, 69002 Lyon\"\n[creancier]\n{}[debiteur]\n{}",
        party("Menuiserie Exemple"),
        party("Isaline Quatremere")
    );
    fs::write(bench.path("creance.toml"), file).unwrap();
    let paid = format!(
        "principal = \"1 000,00\"\narrete_au = \"{day}\"\n[[echeances]]\nle = \"2031-01-05\"\nmontant = \"400\"\n\
         [[echeances]]\nle = \"2031-02-05\"\nmontant = \"600\"\n"
    );
    fs::write(bench.path("paiement.toml"), paid).unwrap();
    let texts = ["l_111_2", "l_111_3", "l_125_1", "c_civ_2238"];
    let joined: String = texts.iter().map(|name| format!("{name} = \"(texte joint par l'étude)\"\n")).collect();
    fs::write(bench.path("textes.toml"), joined).unwrap();
}

/// The provisional credentials that a letter holds: a P and 22 base64url characters.
fn credentials(letter: &str) -> String {
    let word = |w: &&str| {
        w.len() == 23 && w.starts_with('P') && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    letter.split_whitespace().find(word).expect("credentials in the letter").to_owned()
}

#[test]
fn a_small_claim_goes_from_the_request_to_an_agreement_in_writing() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    let configuration = fs::read_to_string(bench.path("configuration.toml")).unwrap();
    let bureau = "[bureau]\noffice = \"732829320\"\nsiege = \"69123\"\n";
    fs::write(bench.path("configuration.toml"), configuration + bureau).unwrap();
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    at.ok(&["initialiser", text(&bench.path("configuration.toml"))]);

    claim(&bench, "5 000,01");
    let file = bench.path("creance.toml");
    let over = at.run(&["creance", "ouvrir", text(&file)]);
    assert!(over.code != 0 && over.stderr.contains("HORS_PLAFOND"), "{}", over.stderr);
    claim(&bench, "1 234,56");
    let opened = at.ok(&["creance", "ouvrir", text(&file)]);
    let part = |name: &str| opened[name].as_str().unwrap().to_owned();
    let (claim, creditor, debtor) = (part("creance"), part("creancier"), part("debiteur"));
    at.ok(&["creance", "controler", &claim]);
    let (letter, texts) = (bench.path("lettre.txt"), bench.path("textes.toml"));
    let invite =
        ["creance", "inviter", &claim, "--canal", "lettre-recommandee", "--adresse", "https://creances.essai.test"];
    at.run(&[&invite[..], &["--textes", text(&texts)]].concat()).expect_error(2, "signification.field");
    at.ok(&[&invite[..], &["--textes", text(&texts), "--vers", text(&letter)]].concat());

    fs::write(bench.path("provisoires"), credentials(&fs::read_to_string(&letter).unwrap())).unwrap();
    let (given, own) = (bench.path("provisoires"), bench.path("debiteur"));
    let enter = ["creance", "acceder", &claim, &debtor, "--identifiants", text(&given), "--vers"];
    at.ok(&[&enter[..], &[text(&own)]].concat());
    let again = bench.path("encore");
    assert_ne!(at.run(&[&enter[..], &[text(&again)]].concat()).code, 0, "provisional credentials serve once");
    assert!(!again.exists(), "a step that is refused leaves no file");
    at.ok(&["creance", "participer", &claim, &debtor, "--authentifiant", text(&own)]);
    at.ok(&["creance", "participation", &claim]);
    let made = at.ok(&["creance", "proposer", &claim, text(&bench.path("paiement.toml"))]);
    let proposal = made["proposition"].as_str().unwrap().to_owned();
    let hers = bench.path("creancier.provisoires");
    at.ok(&["creance", "identifiants", &claim, &creditor, "--vers", text(&hers)]);
    let kept = bench.path("creancier");
    at.ok(&["creance", "acceder", &claim, &creditor, "--identifiants", text(&hers), "--vers", text(&kept)]);
    for (who, key) in [(&debtor, &own), (&creditor, &kept)] {
        at.ok(&["creance", "accepter", &claim, who, "--authentifiant", text(key), "--proposition", &proposal]);
    }
    let (end, formula) = (bench.path("accord.txt"), bench.path("formule.txt"));
    at.ok(&["creance", "fin", &claim, "--vers", text(&end)]);
    assert!(fs::read_to_string(&end).unwrap().contains("400,00"), "the agreement says its payments");
    fs::write(&formula, "(formule exécutoire)").unwrap();
    let title = bench.path("titre.txt");
    let unqualified = at.run(&["creance", "titre", &claim, "--formule", text(&formula), "--vers", text(&title)]);
    assert!(unqualified.code != 0 && !title.exists(), "a trial key signs no title: {}", unqualified.stdout);
    assert_eq!(at.ok(&["creance", "garanties", &claim])["tenues"], 6);
    assert_eq!(at.ok(&["verifier-journal"])["intact"], true);
}

#[test]
fn the_whole_dossier_of_an_act_and_what_an_auditor_is_given() {
    let bench = Bench::with_authorities(&[]);
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    let consent = consent(&at, &mta);
    let act = deposit(&at, &consent);
    at.ok(&["envoyer", &act]);
    let (key, out, zip) = (bench.path("destinataire.cle"), bench.path("recu"), bench.path("dossier.zip"));
    let whole = ["preuve", "dossier", &act, "--vers", text(&zip), "--cle", text(&key)];
    assert_ne!(at.run(&whole).code, 0, "the dossier is no receipt: the act is downloaded first");
    assert!(!zip.exists());
    at.ok(&["telecharger", &act, "--cle", text(&key), "--vers", text(&out)]);
    assert_eq!(at.ok(&whole)["acte_joint"], true);
    let folder = bench.path("dossier");
    fs::create_dir(&folder).unwrap();
    let unpacked = Command::new("unzip").args(["-q", text(&zip), "-d", text(&folder)]).status().unwrap();
    let sums = Command::new("sha256sum").args(["--quiet", "-c", "SHA256SUMS"]).current_dir(&folder).status().unwrap();
    assert!(unpacked.success() && sums.success());
    assert!(folder.join("verify.html").is_file() && folder.join("manifeste.json.p7s").is_file());

    let thread = at.ok(&["preuve", "fil", &act]);
    assert!(thread["etapes"].as_array().unwrap().len() >= 8, "{thread}");
    let audit = bench.path("audit.zip");
    at.ok(&["exploitation", "audit", "--vers", text(&audit)]);
    assert!(audit.is_file());
    assert!(at.ok(&["exploitation", "horloge", "--ecart-ms", "-1500"])["envois_permis"] == false);
    let second = deposit(&at, &consent);
    let late = at.run(&["envoyer", &second]);
    assert!(late.code != 0 && late.stdout.contains("HORLOGE_DECALEE"), "{}{}", late.stdout, late.stderr);
    at.ok(&["exploitation", "horloge", "--ecart-ms", "12"]);
    at.ok(&["envoyer", &second]);
}
