//! What the office and the operator do around the service of acts, through the command line: a small claim from end to end, the
//! whole dossier of an act, health and audit.
use std::fs;
use std::process::Command;
use std::sync::atomic::AtomicU32;

use super::mta::Mta;
use super::service::{At, consent, deposit, prepare, tuesday};
use super::support::{Bench, text, world};

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
        ["creance", "inviter", &claim, "--canal", "lettre-recommandee", "--plateforme", "https://creances.essai.test"];
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

    // Judged at once, and not any more once touched.
    let anchors = world().pki.anchors_dir();
    let judge = |zip: &std::path::Path| bench.run(&["--json", "verifier", text(zip), "--ancres", text(&anchors)]);
    let judged = judge(&zip).json();
    assert_eq!(judged["object"], "dossier_complet", "{judged}");
    assert_ne!(judged["verdict"], "FAIL", "{judged}");
    assert!(judged["receipts"].as_array().unwrap().len() >= 4 && judged["attests"].as_array().unwrap().len() >= 4);
    for one in judged["receipts"].as_array().unwrap() {
        assert_ne!(one["verdict"], "FAIL", "{one}");
        let inside = folder.join(format!("{}.zip", one["name"].as_str().unwrap()));
        assert_eq!(judge(&inside).json()["verdict"], one["verdict"], "the zip of a receipt is judged alike");
    }
    let mut octets = fs::read(&zip).unwrap();
    let place = octets.windows(8).position(|window| window == b"LISEZMOI").unwrap() + 40;
    octets[place] ^= 1;
    let touched = bench.path("touche.zip");
    fs::write(&touched, &octets).unwrap();
    assert_eq!(judge(&touched).expect(1).json()["verdict"], "FAIL");

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

#[test]
fn c04_the_officer_s_signature_is_asked_for_at_the_deposit() {
    let bench = Bench::with_authorities(&[]);
    let officer = world().pki.officer("commissaire");
    bench.configure(&format!("[signature.essai]\ncle = {:?}\ncertificats = {:?}\n", officer.key, officer.chain));
    let mta = Mta::start(None);
    prepare(&bench, &mta, "chloe@essai.test");
    let at = At { bench: &bench, when: tuesday("10:00:00"), later: AtomicU32::new(0) };
    let consent = consent(&at, &mta);
    // Nothing is asked: what is found is noted, state after state.
    let act = deposit(&at, &consent);
    let followed = at.ok(&["suivi", &act]);
    let lines = followed["lignes"].as_array().unwrap();
    let states: Vec<&str> = lines.iter().filter_map(|line| line["etat"].as_str()).collect();
    assert_eq!(states, ["BROUILLON", "SIGNE", "SCELLE"], "{followed}");
    let noted = lines.iter().any(|line| line["libelle"] == "Le PDF ne porte aucune signature électronique");
    assert!(noted, "{followed}");
    // It is asked: an act unsigned is refused with its reason and what to do, and leaves nothing but a line.
    let configuration = bench.path("plateforme/plateforme.toml");
    let asked = fs::read_to_string(&configuration).unwrap() + "\n[actes]\nsignature_pdf = \"exigee\"\n";
    fs::write(&configuration, asked).unwrap();
    let file = bench.path("acte.pdf");
    let put = |file: &std::path::Path| {
        let words = ["--dossier", "2026-0142", "--nature", "assignation", "--requerant", "Boulangerie du Perche"];
        at.run(&[&["deposer", consent.as_str(), text(file)][..], &words].concat())
    };
    let refused = put(&file).expect_error(1, "signification.signature_absente");
    assert!(refused.stderr.contains("constat signer"), "{}", refused.stderr);
    // Signed by the trial officer, it is told apart from a qualified one.
    let signed = bench.path("acte-signe.pdf");
    bench.run(&["signer", text(&file), "--sortie", text(&signed), "--niveau", "B-T"]).expect(0);
    let told = put(&signed);
    assert!(told.code == 1 && told.stderr.contains("QUALIFICATION_INCONNUE"), "{}", told.stderr);
    assert!(!told.stderr.contains("SIGNATURE_FAUSSE") && !told.stderr.contains("CHAINE_INCONNUE"), "{}", told.stderr);
    let mut altered = fs::read(&signed).unwrap();
    let place = altered.windows(14).position(|window| window == b"CONFIDENTIELS)").unwrap();
    altered[place] = b'K';
    fs::write(bench.path("altere.pdf"), altered).unwrap();
    put(&bench.path("altere.pdf")).expect_error(1, "signification.signature_fausse");
    assert_eq!(at.ok(&["verifier-journal"])["intact"], true);
}
