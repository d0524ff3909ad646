//! The packets of the browser, judged by tshark alone: it decrypts the file and gives back the bodies that the server sent.
//!
//! These tests need CAP_NET_RAW, as root has it.
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use dossier::{Level, Outcome, SessionState, op};
use fixtures::Sites;

use crate::harness::{Run, play, play_alone, play_with};
use crate::traffic_inside::browser_that_trusts;

const ASKED: &str = "[navigateur]\nreseau = \"paquets\"\n";

/// Runs tshark on a file; what it says.
fn tshark(file: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("tshark");
    // No preference of the person who runs the tests, no name looked up.
    command.env("HOME", "/nonexistent").args(["-n", "-r"]).arg(file).args(arguments);
    let output = command.output().expect("tshark is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The packets of a run, alone in a folder.
fn packets(run: &Run, folder: &Path, name: &str) -> PathBuf {
    let file = folder.join("paquets.pcapng");
    std::fs::write(&file, run.file(name)).unwrap();
    file
}

/// The bodies tshark finds in the answers, by the number of octets.
fn bodies(file: &Path, folder: &Path) -> BTreeMap<usize, Vec<u8>> {
    let objects = folder.join("objets");
    tshark(file, &["-q", "--export-objects", &format!("http,{}", objects.display())]);
    let read = |entry: std::io::Result<std::fs::DirEntry>| std::fs::read(entry.unwrap().path()).unwrap();
    std::fs::read_dir(objects).unwrap().map(read).map(|body| (body.len(), body)).collect()
}

/// Connections that the other program makes.
const OTHERS: u64 = 10;

fn asked_of(sites: &Sites, path: &str) -> bool {
    sites.requests().iter().any(|line| line.path == path)
}

/// What another program of the machine asks of the same server meanwhile.
fn other_program(base: &str) {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).unwrap();
    stream.write_all(b"GET /types/texte-fige?un-autre-programme HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1."), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test(flavor = "multi_thread")]
async fn tshark_alone_decrypts_the_packets_and_finds_the_bodies_sent() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let steps = format!(
        "{ASKED}[[etape]]\naller = \"{0}/types/texte-fige\"\n[[etape]]\nattendre = {{ secondes = 2 }}\n\
         [[etape]]\naller = \"{1}/types/texte-fige?chiffre\"\n\
         [[etape]]\ntelecharger = {{ url = \"{0}/gros/?octets=3000001\" }}\n\
         [[etape]]\ntelecharger = {{ url = \"{1}/gros/?octets=2000003\" }}\n",
        sites.base(),
        sites.tls_good()
    );
    let (base, sites_of) = (sites.base(), &sites);
    let (run, ()) =
        tokio::join!(play_with(browser_that_trusts(&sites.tls_good(), folder.path()), &steps), async move {
            let other = async {
                // From the first page on, when packets are surely taken, for as long as it is waited for.
                while !asked_of(sites_of, "/types/texte-fige") {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                for _ in 0..OTHERS {
                    let base = base.clone();
                    tokio::task::spawn_blocking(move || other_program(&base)).await.unwrap();
                }
            };
            other.await;
        });
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));

    let file = packets(&run, folder.path(), "net/paquets.pcapng");
    let found = bodies(&file, folder.path());
    for octets in [3_000_001_usize, 2_000_003] {
        let sent: Vec<u8> = (0..octets).map(|i| (i % 251) as u8).collect();
        assert!(found.get(&octets) == Some(&sent), "{octets} are not in {:?}", found.keys());
    }
    // Each address that was asked, over which transport, and nothing of another program.
    let fields = ["-Y", "http.request", "-T", "fields", "-e", "http.request.uri", "-e", "tls.record.version"];
    let asked = tshark(&file, &fields);
    let line =
        |uri: &str| asked.lines().find(|l| l.split('\t').next() == Some(uri)).unwrap_or_else(|| panic!("{asked}"));
    assert!(line("/types/texte-fige").ends_with('\t'), "{asked}");
    assert!(!line("/types/texte-fige?chiffre").ends_with('\t'), "{asked}");
    assert!(!asked.contains("autre-programme"), "{asked}");
    assert_eq!(tshark(&file, &["-Y", "tcp.analysis.lost_segment || tcp.analysis.duplicate_ack"]), "");
    // The secrets are what decrypts it: without their block the same judge reads nothing of the encrypted half.
    let without = folder.path().join("sans-secrets.pcapng");
    let output = Command::new("editcap").arg("--discard-all-secrets").args([&file, &without]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let asked = tshark(&without, &fields);
    assert!(asked.contains("/types/texte-fige\t") && !asked.contains("chiffre"), "{asked}");

    journal_tells(&run);
}

/// What the journal says of the capture above.
fn journal_tells(run: &Run) {
    let lines = run.lines(&op::PACKETS);
    let [begin, end] = lines[..] else { panic!("{lines:#?}") };
    assert_eq!((begin.outcome, end.outcome), (Outcome::Begin, Outcome::Ok), "{end:#?}");
    let number = |name: &str| end.data[name].as_u64().unwrap();
    assert!(number("packets") > 20 && number("bytes") > 5_000_000, "{end:#?}");
    assert!(number("others_packets") >= 10 && number("tls_secrets") >= 1, "{end:#?}");
    assert_eq!((number("kernel_drops"), number("connections_unseen"), number("cut_packets")), (0, 0, 0));
    assert!(end.data["interfaces"].as_array().unwrap().contains(&"lo".into()), "{end:#?}");
    // The other program is known by its connections to the very server of the pages.
    assert_eq!(number("connections_untold"), OTHERS, "{end:#?}");
    assert!(run.codes().contains(&"capture.packets_untold"));
    let account = run.lines(&op::ACCOUNT_RECONCILE)[0];
    assert_eq!(account.outcome, Outcome::Deviation);
    assert_eq!(account.data["packet_flows"], end.data["connections_seen"]);
    assert_eq!(
        (&account.data["flows_unseen"], &account.data["flows_untold"]),
        (&0.into(), &end.data["connections_untold"])
    );
    let told = run.captured.findings.iter().find(|f| f.code == "capture.packets_secrets").unwrap();
    assert_eq!(told.level, Level::Info);
    let totals = run.lines(&op::INCOMPLETE).last().unwrap().data["never_recorded"].to_string();
    assert!(totals.contains("aucune connexion du navigateur") && !totals.contains("Les octets exacts"), "{totals}");
    // The secrets and the log of the connections went with the private folders.
    let arguments = run.lines(&op::BROWSER_START).last().unwrap().data["arguments"].clone();
    for name in ["--ssl-key-log-file=", "--log-net-log="] {
        let path = arguments.as_array().unwrap().iter().find_map(|a| a.as_str()?.strip_prefix(name)).unwrap();
        assert!(!Path::new(path).exists(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_that_reaches_its_limit_says_so_and_is_still_read() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let steps = format!(
        "{ASKED}[limites]\npaquets_mio = 4\n[[etape]]\naller = \"{0}/types/texte-fige\"\n\
         [[etape]]\ntelecharger = {{ url = \"{0}/gros/?octets=12000001\" }}\n",
        sites.base()
    );
    let run = play_alone(&steps).await;
    let file = packets(&run, folder.path(), "net/paquets.pcapng");
    assert!(
        tshark(&file, &["-Y", "http.request", "-T", "fields", "-e", "http.request.uri"]).contains("/types/texte-fige")
    );
    let end = run.lines(&op::PACKETS)[1];
    assert_eq!(end.outcome, Outcome::Deviation);
    assert!(run.codes().contains(&"capture.packets_cut"), "{:?}", run.codes());
    let totals = run.lines(&op::INCOMPLETE).last().unwrap().data["never_recorded"].to_string();
    assert!(totals.contains("la capture de paquets n'est pas complète"), "{totals}");
}

/// Tells the process below that it runs without the right.
const WITHOUT: &str = "CONSTAT_TEST_WITHOUT_NET_RAW";

#[test]
fn without_the_right_to_take_packets_the_session_goes_on_and_says_so() {
    let myself = std::env::current_exe().unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set=-net_raw", "--inh-caps=-net_raw"]).arg(myself).env(WITHOUT, "1");
    let output = command.args(["--exact", "packets::a_session_that_asks_for_packets", "--nocapture"]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert!(said.contains("told: capture.packets_unavailable"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_asks_for_packets() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("{ASKED}[[etape]]\naller = \"{}/types/texte-fige\"\n", sites.base())).await;
    assert_eq!(run.captured.state, SessionState::Complete);
    let kept = run.captured.dossier.artefacts().iter().any(|a| a.path.as_str() == "net/paquets.pcapng");
    let lines = run.lines(&op::PACKETS);
    if std::env::var_os(WITHOUT).is_none() {
        assert!(kept && lines.len() == 2, "{lines:#?}");
        let account = run.lines(&op::ACCOUNT_RECONCILE)[0];
        assert_eq!(
            (&account.data["flows_unseen"], &account.data["flows_untold"]),
            (&0.into(), &0.into()),
            "{lines:#?}"
        );
        assert!(account.data["packet_flows"].as_u64().unwrap() > 0, "{account:#?}");
        return;
    }
    let code = run.codes().into_iter().find(|code| code.starts_with("capture.packets")).unwrap();
    eprintln!("told: {code}");
    assert!(!kept && lines.len() == 1 && lines[0].outcome == Outcome::NotDone, "{lines:#?}");
    assert!(lines[0].text("why").unwrap().contains("os error 1"), "{lines:#?}");
    let totals = run.lines(&op::INCOMPLETE).last().unwrap().data["never_recorded"].to_string();
    assert!(totals.contains("Les octets exacts du réseau"), "{totals}");
    // A browser whose packets cannot be taken writes no secret down.
    let arguments = run.lines(&op::BROWSER_START).last().unwrap().data["arguments"].to_string();
    assert!(!arguments.contains("key-log"), "{arguments}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_packets_are_taken_when_none_are_asked_for() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/types/texte-fige\"\n", sites.base())).await;
    assert!(run.lines(&op::PACKETS).is_empty());
    let totals = run.lines(&op::INCOMPLETE).last().unwrap().data["never_recorded"].to_string();
    assert!(totals.contains("Les octets exacts du réseau"), "{totals}");
    let arguments = run.lines(&op::BROWSER_START).last().unwrap().data["arguments"].to_string();
    assert!(!arguments.contains("key-log"), "{arguments}");
}
