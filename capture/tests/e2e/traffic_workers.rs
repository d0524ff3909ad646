//! Workers, frames of other sites and windows: each is recorded from its first request.
use dossier::{SessionState, op};
use fixtures::Sites;
use fixtures::sites::protocole::OCTETS;

use crate::harness::{Run, play};
use crate::records::{Record, about, one, records};

async fn run(steps: &str) -> Run {
    let run = play(steps).await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    run
}

/// Every request the server received has one answer in the archive, for its own address.
fn everything_is_stored(sites: &Sites, all: &[Record]) {
    for line in sites.requests() {
        let query = if line.query.is_empty() { String::new() } else { format!("?{}", line.query) };
        let url = format!("http://{}{}{query}", line.host, line.path);
        let count = all.iter().filter(|r| r.kind == "response" && r.url == url).count();
        let asked = sites
            .requests()
            .iter()
            .filter(|l| (&l.host, &l.path, &l.query) == (&line.host, &line.path, &line.query))
            .count();
        assert_eq!(count, asked, "{} {url}", line.method);
    }
}

fn octets() -> Vec<u8> {
    (0..OCTETS).map(|i| (i % 251) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_are_recorded_from_their_first_request() {
    let sites = Sites::start().unwrap();
    let run = run(&format!(
        "[[etape]]\naller = \"{}/protocole/page/travailleurs\"\n[[etape]]\nattendre = {{ texte = \"dédié : importé 1000\" }}\n\
         [[etape]]\nattendre = {{ texte = \"partagé : importé 1000\" }}\n",
        sites.base()
    ))
    .await;
    let all = records(&run);
    everything_is_stored(&sites, &all);
    for worker in ["dedie", "partage"] {
        assert!(one(&all, "response", &format!("/script/{worker}.js")).text().contains("importScripts"));
        assert_eq!(one(&all, "response", &format!("/importe.js?{worker}")).text(), "self.importe = 'importé ';\n");
        assert_eq!(one(&all, "response", &format!("/octets?{worker}")).body, octets());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_worker_runs_and_its_answers_are_not_taken_for_the_server_s() {
    let sites = Sites::start().unwrap();
    let run = run(&format!(
        "[[etape]]\naller = \"{}/protocole/page/service\"\n\
         [[etape]]\nattendre = {{ texte = \"fabriqué par le service worker / 1000\" }}\n",
        sites.base()
    ))
    .await;
    let all = records(&run);
    everything_is_stored(&sites, &all);
    for end in ["/script/service.js", "/importe.js?service", "/octets?installe", "/octets?relaye"] {
        assert!(!one(&all, "response", end).body.is_empty(), "{end}");
    }
    assert_eq!(one(&all, "response", "/octets?relaye").body, octets());
    // What it gave the page is there, and is called what it is.
    assert!(
        !all.iter().any(|r| r.kind != "resource" && r.kind != "metadata" && r.url.ends_with("/protocole/fabrique"))
    );
    let made = one(&all, "resource", "/protocole/fabrique");
    assert_eq!(made.text(), "fabriqué par le service worker");
    let told = about(&all, made);
    assert!(told.contains("source: service worker") && told.contains("synthetic: "), "{told}");
    assert_eq!(one(&all, "resource", "/octets?relaye").body, octets());
    let lines = run.lines(&op::INCOMPLETE);
    assert!(lines.iter().any(|l| l.data["reason"] == "not_on_the_wire"), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_other_sites_and_windows_are_recorded_from_their_first_request() {
    let sites = Sites::start().unwrap();
    let run = run(&format!(
        "[[etape]]\naller = \"{}/protocole/page/cadres\"\n[[etape]]\nattendre = {{ texte = \"cadre prêt\" }}\n\
         [[etape]]\ncliquer = {{ selecteur = \"#ouvrir\" }}\n[[etape]]\nattendre = {{ secondes = 2 }}\n",
        sites.base()
    ))
    .await;
    let all = records(&run);
    everything_is_stored(&sites, &all);
    assert_eq!(one(&all, "response", "/octets?cadre").body, octets());
    assert_eq!(one(&all, "response", "/octets?fenetre").body, octets());
    assert!(run.codes().contains(&"capture.window"), "{:?}", run.codes());
}
