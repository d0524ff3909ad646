//! The whole road: a scenario becomes a bundle, the bundle a verdict, the verdict a document; one byte changed is seen.
use std::fs;
use std::io::Read as _;

use super::support::{Bench, codes, text, world};

const SOCIAL: &str = r##"
[dossier]
reference = "ROUTE-1"
objet = "Constater une publication et ses commentaires."

[requerant]
type = "morale"
denomination = "Boulangerie du Perche"
forme = "SARL"
siege = "2 place de l'Essai, 61400 Mortagne-au-Perche"
representant = "sa gérante"

[[etape]]
aller = "{base}/reseau/p/1042"

[[etape]]
capturer = "La publication"

[[etape]]
aller = "{base}/telechargements/"

[[etape]]
telecharger = { selecteur = "#f-devis-joint-pdf" }
"##;

#[test]
fn a_scenario_becomes_a_sealed_bundle_a_pass_and_a_document() {
    let bench = Bench::new();
    let scenario = bench.scenario("scenario.toml", SOCIAL);
    let dossiers = bench.dossiers();
    let captured = bench.run(&["--json", "capturer", text(&scenario), "--dossiers", text(&dossiers)]).expect(0).json();
    assert_eq!(captured["state"], "complete");
    assert_eq!(captured["reference"], "ROUTE-1");
    let bundle = bench.bundle("ROUTE-1");
    assert_eq!(captured["bundle"], text(&bundle));

    let verdict = bench.verify(&bundle).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS");
    assert_eq!(verdict["seal"]["timestamps"].as_array().unwrap().len(), 2, "{verdict}");
    assert!(codes(&verdict).contains(&"trust.essai".to_owned()), "test keys are told: {verdict}");

    let pv = bench.path("pv.pdf");
    let anchors = world().pki.anchors_dir();
    let drawn = bench
        .run(&["--json", "rediger", text(&bundle), "--sortie", text(&pv), "--ancres", text(&anchors)])
        .expect(0)
        .json();
    assert!(drawn["title"].as_str().unwrap().to_uppercase().contains("RELEVÉ TECHNIQUE"), "nobody attended: {drawn}");
    let compared = bench.run(&["--json", "verifier", text(&bundle), text(&pv), "--ancres", text(&anchors)]).expect(0);
    assert_eq!(compared.json()["verdict"], "PASS");

    let norm = bench.run(&["--json", "norme", text(&bundle), "--ancres", text(&anchors)]).expect(0).json();
    assert_eq!(norm["rows"].as_array().unwrap().len(), 71);
}

#[test]
fn what_was_seen_is_in_the_bundle() {
    let bench = Bench::new();
    let scenario = bench.scenario("scenario.toml", &SOCIAL.replace("ROUTE-1", "ROUTE-2"));
    let dossiers = bench.dossiers();
    bench.run(&["--json", "capturer", text(&scenario), "--dossiers", text(&dossiers)]).expect(0);
    let file = fs::File::open(bench.bundle("ROUTE-2")).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut manifest = String::new();
    zip.by_name("constat.json").unwrap().read_to_string(&mut manifest).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let kinds: Vec<&str> =
        manifest["artefacts"].as_array().unwrap().iter().map(|a| a["kind"].as_str().unwrap()).collect();
    for kind in
        ["screenshot-viewport", "screenshot-page", "dom", "text", "print", "main-response", "download", "scenario"]
    {
        assert!(kinds.contains(&kind), "{kind} is missing from {kinds:?}");
    }
    let first = manifest["artefacts"].as_array().unwrap().iter().find(|a| a["kind"] == "screenshot-page").unwrap();
    assert!(first["image"]["exif"].as_object().unwrap().len() >= 3, "{first}");
    assert_eq!(manifest["session"]["attended"], false);
    assert_eq!(manifest["essai"], true);
}
