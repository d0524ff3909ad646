//! What is measured while a session runs and at its end: the clock at an interval, downloads searched for malware, the targets.
use std::net::Ipv4Addr;
use std::time::Duration;

use capture::Sources;
use dossier::{Outcome, op};
use fixtures::clamav::{AntivirusDaemon, eicar};
use fixtures::{Outside, Sites, TimeServer};
use probes::Antivirus;

use crate::harness::{play, play_measured};

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_is_measured_again_while_the_session_runs() {
    let (sites, server) = (Sites::start().unwrap(), TimeServer::start().unwrap());
    let sources = Sources {
        time_servers: vec![server.address()],
        clock_every: Some(Duration::from_millis(1)),
        ..Sources::default()
    };
    let steps = format!("[[etape]]\naller = \"{0}/\"\n[[etape]]\nattendre = {{ secondes = 1 }}\n", sites.base());
    let run = play_measured(&steps, sources).await;
    let phases: Vec<&str> = run.lines(&op::MEASURE_CLOCK).iter().filter_map(|line| line.text("phase")).collect();
    assert_eq!((phases.first(), phases.last()), (Some(&"start"), Some(&"end")), "{phases:?}");
    assert!(phases.contains(&"interval"), "{phases:?}");
    for line in run.lines(&op::MEASURE_CLOCK) {
        assert!(!run.file(line.text("evidence").unwrap()).is_empty(), "the octets of each exchange are kept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_another_at_the_end_is_told() {
    let (sites, outside) = (Sites::start().unwrap(), Outside::start().unwrap());
    let address = [outside.stun(), outside.echo()].iter().map(|text| text.parse().unwrap()).collect();
    let steps = format!("[[etape]]\naller = \"{}/\"\n[[etape]]\nattendre = {{ secondes = 1 }}\n", sites.base());
    let moving = async {
        while sites.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        outside.moves_to(Ipv4Addr::new(9, 9, 9, 9));
    };
    let (run, ()) = tokio::join!(play_measured(&steps, Sources { address, ..Sources::default() }), moving);
    let [first, last] = run.lines(&op::MEASURE_PUBLIC_ADDRESS)[..] else { panic!("measured twice") };
    assert_eq!((first.outcome, first.data.get("changed")), (Outcome::Ok, None));
    assert_eq!(last.outcome, Outcome::Deviation);
    let changed = serde_json::json!([{"field": "ipv4", "before": "127.0.0.1", "after": "9.9.9.9"}]);
    assert_eq!(last.data["changed"], changed);
    assert!(run.codes().contains(&"capture.changed"), "{:?}", run.codes());
    assert_eq!(run.lines(&op::MEASURE_PROXY)[1].data["changed"], serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_download_is_searched_for_malware_and_kept_all_the_same() {
    let (sites, folder) = (Sites::start().unwrap(), tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("contrat.bin"), eicar()).unwrap();
    std::fs::write(folder.path().join("sain.bin"), b"rien de mal").unwrap();
    sites.mount("/pieces/", folder.path()).unwrap();
    // Signatures of the day before the session (the clock of the tests starts on 21 November 2026).
    let daemon = AntivirusDaemon::start("2026-11-20 10:00:00", "").unwrap();
    let sources = Sources { antivirus: Antivirus::Clamd(daemon.socket()), ..Sources::default() };
    let base = sites.base();
    let steps = format!(
        "[[etape]]\naller = \"{base}/\"\n[[etape]]\ntelecharger = {{ url = \"{base}/pieces/contrat.bin\" }}\n\
         [[etape]]\ntelecharger = {{ url = \"{base}/pieces/sain.bin\" }}\n"
    );
    let run = play_measured(&steps, sources).await;
    let scans = run.lines(&op::MEASURE_SCAN);
    let told: Vec<_> = scans.iter().map(|line| (line.text("path").unwrap(), line.text("verdict").unwrap())).collect();
    assert_eq!(told, [("downloads/0001-contrat.bin", "found"), ("downloads/0002-sain.bin", "clean")]);
    assert_eq!(scans[0].outcome, Outcome::Deviation);
    assert_eq!(run.file("downloads/0001-contrat.bin"), eicar(), "what was found is evidence, and is kept");
    assert!(run.codes().contains(&"capture.malware"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sites_that_were_reached_are_asked_about_at_the_end() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{0}/\"\n", sites.base())).await;
    for operation in [op::TARGET_REGISTRATION, op::TARGET_NAMES] {
        let lines = run.lines(&operation);
        assert_eq!(lines.len(), 1, "{operation}");
        // Nothing of this machine is registered anywhere, and it says so.
        assert_eq!(lines[0].outcome, Outcome::NotDone);
        assert!(lines[0].text("why").is_some_and(|why| !why.is_empty()));
        let steps = run.lines(&op::STEP_END);
        assert!(lines[0].seq > steps.last().unwrap().seq, "measured after the last step");
    }
}
