//! A script is explained before it runs, in the sentences of the act; one that no court would accept is refused.
use super::support::{Bench, text};

const SCRIPT: &str = "[dossier]\nreference = \"REF\"\nobjet = \"Un fil de discussion\"\n[[presents]]\nnom = \"Solène Arbrefin\"\n\
    qualite = \"requérante\"\n[acces]\nmode = \"public\"\n[[etape]]\naller = \"{base}/replis/\"\nnote = \"adresse remise par la requérante\"\n\
    [[etape]]\ndeplier = \"tout\"\n[[etape]]\nexiger = { selecteur = \".commentaire\", nombre = 60 }\n[[etape]]\ncapturer = \"Le fil\"\n";

#[test]
fn the_explanation_is_what_the_act_prints() {
    let bench = Bench::new();
    let script = bench.scenario("fil.toml", &SCRIPT.replace("REF", "FIL-1"));
    let answer = bench.run(&["scenario", "verifier", text(&script)]).expect(0);
    for part in [
        "Accès : accès public, sans compte",
        "  2. J'actionne un à un les boutons",
        "exactement 60 fois",
        "le requérant : [requerant]",
    ] {
        assert!(answer.stdout.contains(part), "{part}: {}", answer.stdout);
    }
    let told = bench.run(&["--json", "scenario", "verifier", text(&script)]).expect(0).json();
    assert_eq!(told["steps"][0]["note"], "adresse remise par la requérante");
    let dossiers = bench.dossiers();
    bench.run(&["--json", "capturer", text(&script), "--dossiers", text(&dossiers)]).expect(0);
    let journal = std::fs::read_to_string(dossiers.join("FIL-1/journal.jsonl")).unwrap();
    for step in told["steps"].as_array().unwrap() {
        let sentence = serde_json::to_string(&step["what"]).unwrap();
        assert!(journal.contains(&format!("\"what\":{sentence}")), "{sentence}");
    }
    let pv = bench.path("releve.pdf");
    bench.run(&["rediger", text(&bench.bundle("FIL-1")), "--sortie", text(&pv)]).expect(0);
    let read = std::process::Command::new("pdftotext").args(["-layout", text(&pv), "-"]).output().unwrap();
    let read = String::from_utf8(read.stdout).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "Mode d’accès aux pages, tel que déclaré : accès public, sans compte",
        "J'actionne un à un les boutons de la page",
    ] {
        assert!(read.replace('’', "'").contains(&part.replace('’', "'")), "{part}: {read}");
    }
    let norm = bench.run(&["--json", "norme", text(&bench.bundle("FIL-1"))]).expect(0).json();
    let rows = norm["rows"].as_array().unwrap();
    let row = rows.iter().find(|row| row["id"] == "Z67-NAV-07").unwrap();
    assert_eq!(row["status"]["kind"], "not_applicable", "{row}");
}

#[test]
fn a_flow_recorded_in_chrome_is_sealed_and_told() {
    let bench = Bench::new();
    let flow = "{\"title\": \"Forum\", \"steps\": [{\"type\": \"navigate\", \"url\": \"{base}/forum/\"}, \
                {\"type\": \"click\", \"target\": \"main\", \"selectors\": [[\"aria/Mentions légales\"]], \"offsetX\": 4, \"offsetY\": 4, \
                \"assertedEvents\": [{\"type\": \"navigation\"}]}]}";
    let script = bench.scenario("parcours.json", flow);
    let told = bench.run(&["scenario", "verifier", text(&script)]).expect(0);
    for part in ["  2. Je capture la page affichée : « Forum, vue 1 ».", "enregistré sous le nom « Mentions légales »"]
    {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
    bench.capture(text(&script), "FIL-4").expect(0);
    let bundle = bench.bundle("FIL-4");
    bench.verify(&bundle).expect(0);
    let pv = bench.path("parcours.pdf");
    bench.run(&["rediger", text(&bundle), "--sortie", text(&pv)]).expect(0);
    let norm = bench.run(&["--json", "norme", text(&bundle)]).expect(0).json();
    let met =
        |id: &str| norm["rows"].as_array().unwrap().iter().any(|row| row["id"] == id && row["status"]["kind"] == "met");
    assert!(met("Z67-NAV-01") && met("Z67-NAV-07"), "{norm}");
}

#[test]
fn an_access_no_court_would_accept_is_refused_before_anything() {
    let bench = Bench::new();
    let hidden = SCRIPT.replace("REF", "FIL-2").replace("\"public\"", "\"compte-officier\"\ncompte = \"@pseudo\"");
    let script = bench.scenario("cache.toml", &hidden);
    let dossiers = bench.dossiers();
    let refused =
        bench.run(&["capturer", text(&script), "--dossiers", text(&dossiers)]).expect_error(2, "scenario.access");
    assert!(refused.stderr.contains("7 octobre 2015"), "{}", refused.stderr);
    bench.run(&["scenario", "verifier", text(&script)]).expect_error(2, "scenario.access");
    let typed = "[dossier]\nreference = \"FIL-3\"\n[[etape]]\naller = \"{base}/formulaire/\"\n[[etape]]\n\
                 saisir = { selecteur = \"#q\", texte = \"lampe\" }\n";
    let script = bench.scenario("saisie.toml", typed);
    bench
        .run(&["capturer", text(&script), "--assiste", "--dossiers", text(&dossiers)])
        .expect_error(2, "scenario.access_undeclared");
    assert_eq!(std::fs::read_dir(&dossiers).unwrap().count(), 0);
}
