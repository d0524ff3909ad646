//! Sites that fail: what happened is recorded, nothing is bypassed, the session ends as it should.
use dossier::{ClosedDossier, Outcome, op};

use super::support::{Bench, world};

fn outcome_of(bench: &Bench, url: &str, reference: &str, exit: i32) -> (String, ClosedDossier) {
    let answer = bench.capture(url, reference).expect(exit).json();
    let dossier = ClosedDossier::open(&bench.dossiers().join(reference)).unwrap();
    (answer["state"].as_str().unwrap().to_owned(), dossier)
}

fn failure_code(dossier: &ClosedDossier) -> Option<String> {
    let entries = dossier.journal().entries();
    entries.iter().find(|e| e.op == op::STEP_END && e.outcome == Outcome::Failed)?.text("code").map(str::to_owned)
}

#[test]
fn addresses_that_cannot_be_reached_are_recorded_as_such() {
    let bench = Bench::new();
    let sites = &world().sites;
    let cases = [
        ("http://hote-qui-n-existe-pas.invalid/".to_owned(), "INCONNU", "capture.dns"),
        (sites.refused(), "REFUS", "capture.refused"),
        (sites.tls_expired(), "EXPIRE", "capture.certificate"),
        (sites.tls_self_signed(), "AUTOSIGNE", "capture.certificate"),
        (sites.tls_wrong_host(), "AUTRE-NOM", "capture.certificate"),
    ];
    for (url, reference, code) in cases {
        let (state, dossier) = outcome_of(&bench, &url, reference, 1);
        assert_eq!(state, "partial", "{url}");
        assert_eq!(failure_code(&dossier).as_deref(), Some(code), "{url}");
        let verdict = bench.verify(&bench.bundle(reference)).expect(0).json();
        assert_eq!(verdict["verdict"], "PASS", "a partial capture is sealed all the same");
    }
}

#[test]
fn an_http_error_is_a_page_like_another_and_is_told() {
    let bench = Bench::new();
    for status in [404, 500] {
        let url = format!("{}/erreurs/{status}", world().sites.base());
        let (state, dossier) = outcome_of(&bench, &url, &format!("HTTP-{status}"), 0);
        assert_eq!(state, "complete");
        let reached = dossier.journal().of(&op::PAGE_REACHED).next().unwrap();
        assert_eq!(reached.integer("status"), Some(status));
        assert_eq!(reached.outcome, Outcome::Deviation);
    }
}
