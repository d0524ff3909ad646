//! Replay as proof: a bundle alone gives its pages back, offline; what differs and what is missing is measured and told.
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use dossier::{ClosedDossier, Outcome, op};
use serde_json::Value;

use super::support::{Answer, Bench, small_bundle, text, world};

/// Most pixels that may differ visibly on a page without movement, in millionths. Measured: none; a caret or the edge of a
/// glyph would stay below.
const BOUND: u64 = 500;

const STYLE: &str = "body { font: 18px/1.5 'Liberation Sans', sans-serif; background: #fdf6e3; margin: 40px }\n\
    h1 { color: #073642; border-bottom: 4px double #cb4b16 } .boite { height: 1400px; background: \
    linear-gradient(#eee8d5, #93a1a1) }";

/// A picture that the page shows: three coloured bands, as SVG.
const PICTURE: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='300' height='90'><rect width='100' height='90' \
    fill='#002395'/><rect x='100' width='100' height='90' fill='#fff'/><rect x='200' width='100' height='90' fill='#ed2939'/></svg>";

/// A script that runs once the page is read, and then asks: the engine goes to its frame at that very moment.
const DEFERRED: &str = "document.addEventListener('DOMContentLoaded', () => setTimeout(async () => { \
    const answer = await fetch('drapeau.svg'); document.getElementById('d').textContent = 'Différé : ' + answer.status; }, 50));";

/// Pages of this test, served by the sites at `/rejeu-…/`: a page with a style, a picture, a script and a frame of another
/// site; a page that asks a server that does not answer; a page with a film, that gives a request up.
fn pages(bench: &Bench, mount: &str) -> String {
    let folder = bench.path("pages");
    fs::create_dir(&folder).unwrap();
    let (sites, refused) = (&world().sites, world().sites.refused());
    let page = format!(
        "<!doctype html><html lang=fr><meta charset=utf-8><title>Été</title><link rel=stylesheet href=style.css>\
         <h1>Procès-verbal d'été</h1><p>Le <b>premier</b> paragraphe, sans mouvement.</p><img src=drapeau.svg width=300 height=90>\
         <p id=p></p><script src=ajout.js></script><p id=d></p><script defer src=differe.js></script><iframe src='{}/rejeu-cadre' width=400 height=120></iframe>\
         <div class=boite></div><p>La fin de la page.</p>",
        sites.other()
    );
    let lacking = format!(
        "<!doctype html><html lang=fr><meta charset=utf-8><title>Manque</title><p>Une image ne vient pas.</p>\
         <img src='{refused}/absente.png' width=100 height=100>"
    );
    let moving = "<!doctype html><html lang=fr><meta charset=utf-8><title>Film</title><p>Un film arrêté.</p>\
         <video src=film.webm width=320 height=180 muted></video><script>(async () => { \
         await (await fetch('drapeau.svg?abandon')).text(); const c = new AbortController(); \
         fetch('drapeau.svg?abandon', {signal: c.signal}).catch(() => {}); setTimeout(() => c.abort()); })()</script>";
    fs::write(folder.join("film.webm"), include_bytes!("../../fixtures/assets/film.webm")).unwrap();
    for (name, content) in [
        ("film.html", moving),
        ("page.html", page.as_str()),
        ("manque.html", lacking.as_str()),
        ("style.css", STYLE),
        ("drapeau.svg", PICTURE),
        ("differe.js", DEFERRED),
        ("ajout.js", "document.getElementById('p').textContent = 'Ajouté par un script : ' + location.pathname;"),
    ] {
        fs::write(folder.join(name), content).unwrap();
    }
    sites.mount(mount, &folder).unwrap();
    format!("{}{mount}", sites.base())
}

fn compare(bench: &Bench, bundle: &Path, more: &[&str]) -> Answer {
    let anchors = world().pki.anchors_dir();
    let mut arguments = vec!["--json", "rejouer", "--comparer", text(bundle), "--ancres", text(&anchors)];
    arguments.extend_from_slice(more);
    bench.run(&arguments)
}

/// A page that came out as it was seen.
fn faithful(page: &Value) {
    assert_eq!(page["outcome"], "replayed", "{page:#}");
    assert_eq!(page["left"]["count"], 0, "{page:#}");
    assert_eq!(page["missing"]["count"], 0, "{page:#}");
    let given_up = page["aborted"]["list"].as_array().unwrap();
    assert!(given_up.iter().all(|a| a["url"].as_str().unwrap().ends_with("?abandon")), "{page:#}");
    assert_eq!(page["text"]["similarity_ppm"], 1_000_000, "{page:#}");
    for picture in ["viewport", "page"] {
        assert_eq!(page[picture]["captured"], page[picture]["replayed"], "{page:#}");
        assert!(page[picture]["visible_ppm"].as_u64().unwrap() <= BOUND, "{page:#}");
    }
}

#[test]
fn still_pages_come_out_of_the_bundle_as_they_were_seen() {
    let bench = Bench::new();
    let base = pages(&bench, "/rejeu-fidele/");
    let scenario = bench.scenario(
        "scenario.toml",
        &format!(
            "[dossier]\nreference = \"REJEU\"\n[navigateur]\nlargeur = 1000\nhauteur = 700\n\
             [[etape]]\naller = \"{base}page.html\"\n[[etape]]\ncapturer = \"La page\"\n\
             [[etape]]\naller = \"{{base}}/redirige/1\"\n[[etape]]\ncapturer = \"Après une redirection\"\n"
        ),
    );
    bench.run(&["capturer", text(&scenario), "--dossiers", text(&bench.dossiers())]).expect(0);
    let output = bench.path("comparaison");
    let bundle = bench.bundle("REJEU");
    let report =
        compare(&bench, &bundle, &["--sortie", text(&output), "--seuil-pixels", "0,05", "--seuil-manques", "0"]);
    let report = report.expect(0).json();
    assert_eq!(report["verdict"], "PASS");
    let report = &report["report"];
    assert_eq!(report["window"], serde_json::json!([1000, 700]));
    assert_eq!(report["browser"]["offline"].as_array().unwrap().len(), 5);
    let captured = report["pages"].as_array().unwrap();
    assert_eq!(captured.len(), 2, "{report:#}");
    captured.iter().for_each(faithful);
    assert!(captured[0]["requests"].as_u64().unwrap() >= 5, "page, style, picture, script, frame: {report:#}");
    for name in ["rapport.json", "0001-ecran-rejeu.png", "0001-page-rejeu.png", "0001-texte-rejeu.txt"] {
        assert!(output.join(name).is_file(), "{name}");
    }
    let replayed = fs::read_to_string(output.join("0001-texte-rejeu.txt")).unwrap();
    assert!(replayed.contains("Ajouté par un script : /rejeu-fidele/page.html"), "{replayed}");
    assert!(replayed.contains("Différé : 200"), "a deferred script ran: {replayed}");
    compare(&bench, &bundle, &["--sortie", text(&output)]).expect_error(2, "rejouer.not_empty");
}

#[test]
fn what_the_archive_lacks_is_told_and_nothing_leaves() {
    let bench = Bench::new();
    let base = pages(&bench, "/rejeu-manque/");
    bench.capture(&format!("{base}manque.html"), "MANQUE").expect(0);
    let bundle = bench.bundle("MANQUE");
    let report = compare(&bench, &bundle, &[]).expect(0).json();
    let page = &report["report"]["pages"][0];
    assert_eq!(page["outcome"], "replayed", "{page:#}");
    assert_eq!((&page["missing"]["count"], &page["left"]["count"]), (&Value::from(1), &Value::from(0)), "{page:#}");
    assert!(page["missing"]["list"][0]["url"].as_str().unwrap().ends_with("/absente.png"), "{page:#}");
    let refused = compare(&bench, &bundle, &["--seuil-manques", "0"]).expect(1).json();
    assert_eq!(refused["exceeded"].as_array().unwrap().len(), 1, "{refused:#}");
    compare(&bench, &bundle, &["--seuil-texte", "beaucoup"]).expect_error(2, "rejouer.threshold");
}

#[test]
fn a_video_is_pictured_with_its_first_frame_and_what_was_given_up_is_told_apart() {
    let bench = Bench::new();
    let base = pages(&bench, "/rejeu-film/");
    bench.capture(&format!("{base}film.html"), "FILM").expect(0);
    let report = compare(&bench, &bench.bundle("FILM"), &[]).expect(0).json();
    let page = &report["report"]["pages"][0];
    faithful(page);
    let videos = &page["load"]["videos"];
    assert_eq!((&videos["found"], &videos["ready"]), (&Value::from(1), &Value::from(1)), "{page:#}");
    // A machine may answer before the page gives up.
    let aborted = page["aborted"]["list"].as_array().unwrap();
    assert!(aborted.iter().all(|a| a["url"].as_str().unwrap().contains("drapeau.svg?abandon")), "{page:#}");
    assert_eq!(report["report"]["summary"]["aborted"], page["aborted"]["count"]);
}

/// A copy of the small bundle in which one letter of the notice is another.
fn altered(bench: &Bench) -> PathBuf {
    let mut bytes = fs::read(small_bundle()).unwrap();
    let at = bytes.windows(7).position(|w| w == b"openssl").unwrap();
    bytes[at] = b'0';
    let path = bench.path("altere.asice");
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_bundle_that_fails_is_replayed_only_when_it_is_insisted_upon() {
    let bench = Bench::new();
    let bundle = altered(&bench);
    compare(&bench, &bundle, &[]).expect_error(1, "rejouer.not_valid");
    let report = compare(&bench, &bundle, &["--malgre-tout"]).expect(0).json();
    assert_eq!(report["verdict"], "FAIL");
    faithful(&report["report"]["pages"][0]);
    fs::write(&bundle, b"ceci n'est pas un scelle").unwrap();
    compare(&bench, &bundle, &["--malgre-tout"]).expect_error(1, "rejouer.unreadable");
}

#[test]
fn a_missing_engine_is_told_before_anything_is_done() {
    let bench = Bench::new();
    compare(&bench, small_bundle(), &["--moteur", "/n/existe/pas"]).expect_error(3, "rejouer.no_engine");
    let scenario = bench.scenario(
        "scenario.toml",
        "[dossier]\n[rejeu]\ncomparer = true\n[[etape]]\naller = \"{base}/\"\n[[etape]]\ncapturer = \"x\"\n",
    );
    let dossiers = bench.dossiers();
    let arguments = ["capturer", text(&scenario), "--dossiers", text(&dossiers), "--moteur", "/n/existe/pas"];
    bench.run(&arguments).expect_error(3, "rejouer.no_engine");
    assert_eq!(fs::read_dir(dossiers).unwrap().count(), 0);
}

#[test]
fn a_scenario_has_the_comparison_sealed() {
    let bench = Bench::new();
    let base = pages(&bench, "/rejeu-scelle/");
    let scenario = bench.scenario(
        "scenario.toml",
        &format!(
            "[dossier]\nreference = \"SCELLE\"\n[rejeu]\ncomparer = true\n\
             [[etape]]\naller = \"{base}page.html\"\n[[etape]]\ncapturer = \"La page\"\n"
        ),
    );
    bench.run(&["capturer", text(&scenario), "--dossiers", text(&bench.dossiers())]).expect(0);
    assert_eq!(bench.verify(&bench.bundle("SCELLE")).expect(0).json()["verdict"], "PASS");
    let dossier = ClosedDossier::open(&bench.dossiers().join("SCELLE")).unwrap();
    let lines: Vec<_> = dossier.journal().of(&op::REPLAY_COMPARE).collect();
    let outcomes: Vec<_> = lines.iter().map(|line| line.outcome).collect();
    assert_eq!(outcomes, [Outcome::Begin, Outcome::Ok], "{lines:#?}");
    let report = lines[1].text("report").unwrap();
    let artefact = dossier.artefacts().iter().find(|a| a.path.as_str() == report).unwrap();
    let report: Value = serde_json::from_slice(&fs::read(artefact.path.under(dossier.root())).unwrap()).unwrap();
    assert_eq!(report["format"], "constat-rejeu/1");
    faithful(&report["pages"][0]);
    assert_eq!(lines[1].data["pages"][0]["text_similarity_ppm"], 1_000_000);
}

/// One request on a connection of its own: status line and headers, then body.
fn ask(port: u16, request: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(format!("{request}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let at = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let body = answer.split_off(at + 4);
    (String::from_utf8(answer).unwrap().to_ascii_lowercase(), body)
}

#[test]
fn the_address_shown_serves_the_replay_and_nothing_else() {
    let bench = Bench::new();
    let anchors = world().pki.anchors_dir();
    let arguments = ["--json", "rejouer", text(small_bundle()), "--ancres", text(&anchors), "--sans-navigateur"];
    let mut child = bench.start(&arguments);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let address = told["address"].as_str().unwrap();
    let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let port: u16 = host.strip_prefix("127.0.0.1:").unwrap().parse().unwrap();
    let get = |name: &str, more: &str| ask(port, &format!("GET /{path}{name} HTTP/1.1\r\nHost: {host}\r\n{more}"));

    let (head, home) = get("", "");
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let home = String::from_utf8(home).unwrap();
    assert!(home.contains("Rejeu du dossier PETIT") && home.contains("PASS") && !home.contains("{verdict}"), "{home}");
    for (name, more, status) in [
        ("sw.js", "", "200"),
        ("replay/sw.js", "", "200"),
        ("ui.js", "", "200"),
        ("static/reste", "", "204"),
        ("constat.json", "", "404"),
        ("../constat.json", "", "404"),
        ("capture.wacz", "Range: bytes=999999999999-\r\n", "416"),
    ] {
        let (head, _) = get(name, more);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{name}: {head}");
    }
    let (head, part) = get("capture.wacz", "Range: bytes=0-3\r\n");
    assert!(head.starts_with("http/1.1 206") && head.contains("content-range: bytes 0-3/"), "{head}");
    assert_eq!(part, b"PK\x03\x04");
    let (head, end) = get("capture.wacz", "Range: bytes=-22\r\n");
    assert!(head.starts_with("http/1.1 206") && end.starts_with(b"PK\x05\x06"), "{head}");
    let (head, whole) = get("capture.wacz", "");
    assert!(head.contains(&format!("content-length: {}", whole.len())), "{head}");
    let refused = |request: String, status: &str| {
        let (head, _) = ask(port, &request);
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{request}: {head}");
    };
    refused(format!("GET /{path} HTTP/1.1\r\nHost: exemple.fr\r\n"), "403");
    refused(format!("POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"), "405");
    refused(format!("GET / HTTP/1.1\r\nHost: {host}\r\n"), "404");

    let stopped = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
