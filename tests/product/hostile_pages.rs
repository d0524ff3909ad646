//! Pages that harm who visits them, through the whole road: what was cut is in the bundle, which is sealed and verified.
use super::support::{Bench, text};

const STEPS: &str = r#"
[dossier]
reference = "HOSTILE-1"
objet = "Constater des pages sans fin et sans mesure."

[limites]
page_secondes = 5
requetes = 2000

[[etape]]
aller = "{base}/hostile/boucle-immediate"

[[etape]]
capturer = "Un script sans fin"

[[etape]]
aller = "{base}/hostile/requetes?n=100000"

[[etape]]
capturer = "Des requêtes sans mesure"

[[etape]]
aller = "{base}/types/latin1"

[[etape]]
capturer = "Une page ordinaire"
"#;

#[test]
fn hostile_pages_are_captured_as_far_as_they_can_be_sealed_and_verified() {
    let bench = Bench::new();
    let scenario = bench.scenario("scenario.toml", STEPS);
    let dossiers = bench.dossiers();
    let captured = bench.run(&["--json", "capturer", text(&scenario), "--dossiers", text(&dossiers)]).expect(1).json();
    assert_eq!(captured["state"], "partial", "{captured}");
    let told = captured["findings"].to_string();
    for code in ["capture.limit_requests", "capture.page_unresponsive", "capture.browser_replaced"] {
        assert!(told.contains(code), "{code} is not among {told}");
    }
    let bundle = bench.bundle("HOSTILE-1");
    let verdict = bench.verify(&bundle).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS", "{verdict}");
    let pv = bench.path("pv.pdf");
    let anchors = super::support::world().pki.anchors_dir();
    bench.run(&["rediger", text(&bundle), "--sortie", text(&pv), "--ancres", text(&anchors)]).expect(0);
}
