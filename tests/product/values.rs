//! What a scenario does not hold: confidential values of the étude's store, of a file or of the terminal, and its variables.
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

use super::attended::Desk;
use super::support::{Answer, Bench, text};

const PHRASE: &str = "une phrase secrète d'essai";
const STORED: &str = "Sésame-4711";
const ASKED: &str = "Ouvre-toi-99";
const SCENARIO: &str = "[dossier]\nreference = \"REF\"\nobjet = \"Recherche de ${mot}\"\n[variables]\nmot = \"\"\npage = \"{base}/formulaire/\"\n\
    [acces]\nmode = \"compte-officier\"\ncompte = \"essai\"\nqualite_affichee = true\n\
    [[etape]]\naller = \"${page}\"\n[[etape]]\nsaisir = { selecteur = \"#nom\", texte = \"${mot}\" }\n\
    [[etape]]\nsaisir = { selecteur = \"#code\", coffre = \"compte essai\" }\n\
    [[etape]]\nsaisir = { selecteur = \"#projet\", demander = \"Le mot du projet\" }\n\
    [[etape]]\ncliquer = { role = \"bouton\", nom = \"Rechercher\" }\n[[etape]]\ncapturer = \"La réponse\"\n";

/// A private file.
fn private(bench: &Bench, name: &str, content: &str) -> std::path::PathBuf {
    let path = bench.path(name);
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path
}

/// Runs the binary, its questions answered by these lines.
fn answered(bench: &Bench, arguments: &[&str], lines: &str) -> Answer {
    let mut command = bench.command(arguments);
    command.args(["--descripteur", "0"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

/// Every file under a folder that holds one of the two values.
fn leaks(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(leaks(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for value in [STORED, ASKED] {
            if bytes.windows(value.len()).any(|window| window == value.as_bytes()) {
                found.push(format!("{} : {value}", path.display()));
            }
        }
    }
    found
}

#[test]
fn values_are_stored_asked_and_never_kept() {
    let bench = Bench::new();
    let store = bench.path("coffre.age");
    answered(&bench, &["coffre", "ajouter", "compte essai"], "trop court\nx\n").expect_error(2, "coffre.phrase");
    answered(&bench, &["coffre", "ajouter", "compte essai"], &format!("{PHRASE}\n{STORED}\n")).expect(0);
    assert!(fs::read(&store).unwrap().starts_with(b"age-encryption.org/v1\n"));
    answered(&bench, &["coffre", "ajouter", "compte essai"], &format!("{PHRASE}\nautre\n"))
        .expect_error(2, "coffre.present");
    answered(&bench, &["coffre", "lister"], "une autre phrase d'essai\n").expect_error(2, "coffre.refused");
    let listed = answered(&bench, &["--json", "coffre", "lister"], &format!("{PHRASE}\n")).expect(0);
    assert_eq!(listed.json()["names"], serde_json::json!(["compte essai"]));
    private(&bench, "phrase.txt", &format!("{PHRASE}\n"));
    bench.configure("[coffre]\nsecret = { fichier = \"phrase.txt\" }\n");
    let values = private(&bench, "valeurs.txt", &format!("{ASKED}\n"));
    let scenario = bench.scenario("s.toml", &SCENARIO.replace("REF", "VALEURS"));
    let dossiers = bench.dossiers();
    let mut arguments = vec!["capturer", text(&scenario), "--dossiers", text(&dossiers), "--valeurs", text(&values)];
    bench.run(&arguments).expect_error(2, "scenario.invalid");
    arguments.extend(["--variable", "mot=lampe d'architecte"]);
    bench.run(&arguments).expect(0);
    assert_eq!(leaks(&dossiers), Vec::<String>::new());
    let root = dossiers.join("VALEURS");
    let annexed = fs::read_to_string(root.join("scenario.toml")).unwrap();
    assert!(annexed.contains("lampe d'architecte") && annexed.contains("coffre = \"compte essai\""), "{annexed}");
    let journal = fs::read_to_string(root.join("journal.jsonl")).unwrap();
    for part in
        ["rangée au coffre de l'étude sous « compte essai »", "demandée au terminal", "\"mot\":\"lampe d'architecte\""]
    {
        assert!(journal.contains(part), "{part}");
    }
    assert_eq!(bench.verify(&bench.bundle("VALEURS")).expect(0).json()["verdict"], "PASS");
    answered(&bench, &["coffre", "retirer", "compte essai"], &format!("{PHRASE}\n")).expect(0);
    bench.run(&[&arguments[..], &["--reference", "SANS"]].concat()).expect_error(2, "coffre.unknown");
}

#[test]
fn a_value_is_asked_at_the_terminal_before_anything_is_captured() {
    let bench = Bench::new();
    let plan = SCENARIO.replace("REF", "DEMANDE").replace(", coffre = \"compte essai\"", ", demander = \"Le code\"");
    let scenario = bench.scenario("s.toml", &plan);
    let told = bench.run(&["scenario", "verifier", text(&scenario), "--variable", "mot=x"]).expect(0);
    for part in
        ["Variable mot : x", "À demander avant la session : Le code", "À demander avant la session : Le mot du projet"]
    {
        assert!(told.stdout.contains(part), "{part} : {}", told.stdout);
    }
    let dossiers = bench.dossiers();
    let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--variable", "mot=x"];
    let mut desk = Desk::open(&bench, &arguments, None);
    desk.until("Le code : ");
    assert!(!dossiers.join("DEMANDE").exists(), "nothing is begun yet");
    desk.type_line(&format!("{STORED}\n"));
    desk.until("Le mot du projet : ");
    desk.type_line(&format!("{ASKED}\n"));
    let (code, shown) = desk.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains(ASKED), "what is typed is not shown");
    assert_eq!(leaks(&dossiers), Vec::<String>::new());
}
