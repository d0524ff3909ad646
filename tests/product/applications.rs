//! Real applications with their own servers: everything they were asked is in the archive or listed, and the replay is measured.
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dossier::{ArtefactKind, ClosedDossier};
use fixtures::Tap;
use serde_json::Value;

use super::support::{Bench, text, world};

/// How long an application may take to answer for the first time.
const START: Duration = Duration::from_secs(180);

/// Where `.ci/install` put the applications.
fn installed() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"), PathBuf::from);
    let pins = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/applications");
    let folders = fs::read_dir(cache.join("constat")).unwrap().map(|entry| entry.unwrap().path());
    let of_these_pins = |folder: &PathBuf| {
        folder.join("complet").is_file()
            && fs::read(folder.join("package.json")).ok() == fs::read(pins.join("package.json")).ok()
    };
    let found =
        folders.filter(|f| f.file_name().and_then(OsStr::to_str).is_some_and(|n| n.starts_with("applications-")));
    found.into_iter().find(of_these_pins).expect("the applications are missing: run « make install »")
}

/// An application that runs, behind a relay that counts; it is stopped when this is dropped.
struct Application {
    process: Child,
    tap: Tap,
}

impl Application {
    /// Starts `program`, which is given a free port in place of `{port}`, and waits until it answers at `ready`.
    fn start(program: &Path, arguments: &[&str], folder: &Path, ready: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = fs::File::create(folder.join("application.log")).unwrap();
        let mut command = Command::new(program);
        command.args(arguments.iter().map(|a| a.replace("{port}", &port.to_string()))).current_dir(folder);
        // Neither the user's settings nor a proxy are the application's.
        command.env("HOME", folder).env("NO_UPDATE_NOTIFIER", "1").stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        let process = command.spawn().unwrap();
        let mut running = Self { process, tap: Tap::start(port).unwrap() };
        let since = Instant::now();
        while !answers(port, ready) {
            let log = || fs::read_to_string(folder.join("application.log")).unwrap_or_default();
            assert!(running.process.try_wait().unwrap().is_none(), "the application ended: {}", log());
            assert!(since.elapsed() < START, "no answer: {}", log());
            std::thread::sleep(Duration::from_millis(200));
        }
        running
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _waited = self.process.wait();
    }
}

/// Whether an HTTP server answers 200 at `path`.
fn answers(port: u16, path: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok::<_, std::io::Error>(start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

/// Captures the pages (title, path) of an application and gives the dossier and the comparison of the replay.
fn captured(bench: &Bench, application: &Application, pages: &[(&str, &str)]) -> (ClosedDossier, Value) {
    let mut scenario = "[dossier]\nreference = \"APPLICATION\"\n".to_owned();
    for (title, path) in pages {
        scenario +=
            &format!("[[etape]]\naller = \"{}{path}\"\n[[etape]]\ncapturer = \"{title}\"\n", application.tap.base());
    }
    let scenario = bench.scenario("scenario.toml", &scenario);
    bench.run(&["--json", "capturer", text(&scenario), "--dossiers", text(&bench.dossiers())]).expect(0);
    let dossier = ClosedDossier::open(&bench.dossiers().join("APPLICATION")).unwrap();
    everything_is_there(&dossier, application);
    let bundle = bench.bundle("APPLICATION");
    assert_eq!(bench.verify(&bundle).expect(0).json()["verdict"], "PASS");
    let anchors = world().pki.anchors_dir();
    let compare = ["--json", "rejouer", "--comparer", text(&bundle), "--ancres", text(&anchors)];
    let report = bench.run(&compare).expect(0).json();
    let report = report["report"].clone();
    assert_eq!(report["pages"].as_array().map(Vec::len), Some(pages.len()), "{report:#}");
    (dossier, report)
}

/// Compares what the application was asked with the requests of the archive: the same, or listed as missing.
fn everything_is_there(dossier: &ClosedDossier, application: &Application) {
    let base = application.tap.base();
    let mut balance: BTreeMap<String, i64> = BTreeMap::new();
    let relayed = application.tap.relayed();
    for request in &relayed {
        *balance.entry(format!("{} {}", request.method, request.target)).or_default() += 1;
    }
    assert!(!balance.is_empty(), "the relay saw nothing");
    let archive = dossier.artefacts().iter().find(|a| a.meta.kind == ArtefactKind::Archive).unwrap();
    let octets = fs::read(archive.path.under(dossier.root())).unwrap();
    let mut reader = warc::WarcReader::new(&octets[..]);
    while let Some(mut record) = reader.next_record().unwrap() {
        let header = record.header().clone();
        let mut block = Vec::new();
        record.read_to_end(&mut block).unwrap();
        record.finish().unwrap();
        let url = header.target_uri().to_owned();
        let target = url.strip_prefix(&base).or_else(|| url.strip_prefix(&base.replacen("http", "ws", 1)));
        if let (Some(target), "request") = (target, header.record_type.as_str()) {
            let method = block.split(|&octet| octet == b' ').next().unwrap();
            *balance.entry(format!("{} {target}", String::from_utf8_lossy(method))).or_default() -= 1;
        }
    }
    balance.retain(|_, count| *count != 0);
    assert!(
        balance.is_empty(),
        "asked (+) and not recorded, or recorded (-) and not asked: {balance:#?}\n{relayed:#?}"
    );
}

fn read(dossier: &ClosedDossier, kind: ArtefactKind, capture: usize) -> String {
    let artefact = dossier.artefacts().iter().filter(|a| a.meta.kind == kind).nth(capture).unwrap();
    String::from_utf8(fs::read(artefact.path.under(dossier.root())).unwrap()).unwrap()
}

/// Codes of the findings, without the one of a browser run by root.
fn findings(dossier: &ClosedDossier) -> Vec<String> {
    let codes = dossier.journal().of(&dossier::op::FINDING).filter_map(|e| e.text("code").map(str::to_owned));
    codes.filter(|code| code != "capture.no_sandbox").collect()
}

/// A page that came out of the archive with the same words, all its resources there, and nothing sent out.
fn same_words(page: &Value) {
    assert_eq!(page["outcome"], "replayed", "{page:#}");
    assert_eq!(page["missing"]["count"], 0, "{page:#}");
    assert_eq!(page["left"]["count"], 0, "{page:#}");
    assert_eq!(page["text"]["similarity_ppm"], 1_000_000, "{page:#}");
}

#[test]
fn a_package_registry_in_one_page_and_its_interface() {
    let bench = Bench::new();
    let folder = bench.path("verdaccio");
    fs::create_dir(&folder).unwrap();
    let settings = "storage: ./paquets\nweb: {title: Registre d'essai}\nauth: {htpasswd: {file: ./htpasswd}}\nuplinks: {}\n\
                    packages: {'**': {access: $all}}\nlog: {type: stdout, format: json, level: warn}\n";
    fs::write(folder.join("settings.yaml"), settings).unwrap();
    let main = installed().join("node_modules/verdaccio/bin/verdaccio");
    let arguments = [text(&main), "--config", "settings.yaml", "--listen", "127.0.0.1:{port}"];
    let application = Application::start(Path::new("node"), &arguments, &folder, "/-/ping");
    // Its addresses are those of the first page asked for: that page is asked for through the relay.
    let (dossier, report) = captured(&bench, &application, &[("Le registre", "/")]);
    let shown = read(&dossier, ArtefactKind::Text, 0);
    assert!(shown.contains("No Package Published Yet"), "{shown}");
    let asked = application.tap.relayed();
    assert!(asked.iter().any(|r| r.target == "/-/verdaccio/data/packages"), "the list is asked in JSON: {asked:#?}");
    let received = read(&dossier, ArtefactKind::MainResponse, 0);
    assert!(!received.contains("No Package Published Yet"), "the text is made by scripts: {received}");
    assert_eq!(findings(&dossier), [] as [String; 0]);
    same_words(&report["pages"][0]);
}

#[test]
fn an_editor_that_speaks_by_websocket() {
    let bench = Bench::new();
    let folder = bench.path("node-red");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("settings.js"),
        "module.exports = { uiHost: '127.0.0.1', flowFile: 'flows.json', credentialSecret: false, \
         telemetry: { enabled: false }, editorTheme: { tours: false, codeEditor: { lib: 'ace' } }, logging: { console: { level: 'warn' } } };",
    )
    .unwrap();
    let flows = r#"[{"id":"t1","type":"tab","label":"Relevés de la chaufferie"},{"id":"c1","type":"comment","z":"t1","name":"Chaudière","x":180,"y":100,"wires":[]}]"#;
    fs::write(folder.join("flows.json"), flows).unwrap();
    let main = installed().join("node_modules/node-red/red.js");
    let arguments = [text(&main), "--port", "{port}", "--userDir", ".", "--settings", "settings.js"];
    let application = Application::start(Path::new("node"), &arguments, &folder, "/");
    let (dossier, report) = captured(&bench, &application, &[("L'éditeur", "/")]);
    assert!(application.tap.relayed().iter().any(|r| r.websocket), "the editor opens a WebSocket");
    assert!(read(&dossier, ArtefactKind::Text, 0).contains("Relevés de la chaufferie"));
    // A socket has no answer in an archive: what the replay shows is measured, and its words are nearly the same.
    let page = &report["pages"][0];
    assert_eq!(page["outcome"], "replayed", "{page:#}");
    assert!(page["text"]["similarity_ppm"].is_u64() && page["page"]["visible_ppm"].is_u64(), "{page:#}");
}

#[test]
fn tables_of_a_data_base_and_a_form() {
    let bench = Bench::new();
    let folder = bench.path("datasette");
    fs::create_dir(&folder).unwrap();
    let python = installed().join("venv/bin/python");
    let fill = "import sqlite3; c = sqlite3.connect('actes.db'); c.execute('create table actes(id integer primary key, \
                objet text, jour text)'); c.executemany('insert into actes(objet, jour) values (?, ?)', \
                [('Acte no %d' % i, '2026-01-%02d' % (i % 28 + 1)) for i in range(250)]); c.commit()";
    assert!(Command::new(&python).args(["-c", fill]).current_dir(&folder).status().unwrap().success());
    let arguments = ["-m", "datasette", "serve", "actes.db", "--host", "127.0.0.1", "--port", "{port}"];
    let application = Application::start(&python, &arguments, &folder, "/");
    let (dossier, report) =
        captured(&bench, &application, &[("La table", "/actes/actes?_size=100"), ("Un acte", "/actes/actes/42")]);
    assert!(read(&dossier, ArtefactKind::Text, 0).contains("Acte no 99"));
    assert!(read(&dossier, ArtefactKind::Text, 1).contains("Acte no 41"));
    assert_eq!(findings(&dossier), [] as [String; 0]);
    report["pages"].as_array().unwrap().iter().for_each(same_words);
}
