//! Real pages that nobody here wrote: Debian's documentation packages, a built single-page application.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::{ArtefactKind, ClosedDossier};

use super::support::{Bench, world};

fn folder(path: &str) -> &Path {
    let path = Path::new(path);
    assert!(path.is_dir(), "{} is missing: run « make install »", path.display());
    path
}

/// The single-page application, with its own description of an interface beside it.
fn application(bench: &Bench) -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"), PathBuf::from);
    let from = cache.join("constat/npm/node_modules/swagger-ui-dist");
    assert!(from.is_dir(), "{} is missing: run « make install »", from.display());
    let to = bench.path("application");
    fs::create_dir(&to).unwrap();
    for name in [
        "index.html",
        "index.css",
        "swagger-ui.css",
        "swagger-ui-bundle.js",
        "swagger-ui-standalone-preset.js",
        "favicon-32x32.png",
        "favicon-16x16.png",
    ] {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
    let start = "window.onload = () => { window.ui = SwaggerUIBundle({ url: 'api.json', dom_id: '#swagger-ui', \
                 presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout' }); };";
    fs::write(to.join("swagger-initializer.js"), start).unwrap();
    let api = r#"{"openapi":"3.0.0","info":{"title":"Registre des actes","version":"1"},"paths":{"/actes":{"get":{"summary":"Liste des actes","responses":{"200":{"description":"Les actes"}}}}}}"#;
    fs::write(to.join("api.json"), api).unwrap();
    to
}

fn capture(url: &str, reference: &str) -> (Bench, ClosedDossier) {
    let bench = Bench::new();
    bench.capture(url, reference).expect(0);
    let dossier = ClosedDossier::open(&bench.dossiers().join(reference)).unwrap();
    let verdict = bench.verify(&bench.bundle(reference)).expect(0).json();
    assert_eq!(verdict["verdict"], "PASS", "{url}");
    (bench, dossier)
}

fn read(dossier: &ClosedDossier, kind: ArtefactKind) -> Vec<u8> {
    let artefact = dossier.artefacts().iter().find(|a| a.meta.kind == kind).unwrap();
    fs::read(artefact.path.under(dossier.root())).unwrap()
}

/// Width and height of a PNG, from its IHDR.
fn size(png: &[u8]) -> (u32, u32) {
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn the_rust_book_in_one_page_is_captured_whole() {
    let sites = &world().sites;
    sites.mount("/rust/", folder("/usr/share/doc/rust-doc/html")).unwrap();
    let (_bench, dossier) = capture(&format!("{}/rust/book/print.html", sites.base()), "LIVRE");
    let (_, height) = size(&read(&dossier, ArtefactKind::ScreenshotPage));
    assert!(height > 200_000, "the book is taller than {height} pixels");
    let text = String::from_utf8(read(&dossier, ArtefactKind::Text)).unwrap();
    for passage in ["The Rust Programming Language", "Hello, world!", "Graceful Shutdown and Cleanup"] {
        assert!(text.contains(passage), "{passage} is not in the text");
    }
    let codes: Vec<_> = dossier.journal().of(&dossier::op::FINDING).filter_map(|e| e.text("code")).collect();
    assert!(!codes.contains(&"capture.blank_tile"), "{codes:?}");
}

#[test]
fn a_page_of_the_python_documentation_is_captured_with_its_parts() {
    let sites = &world().sites;
    sites.mount("/python/", folder("/usr/share/doc/python3.11/html")).unwrap();
    let (_bench, dossier) = capture(&format!("{}/python/library/json.html", sites.base()), "PYTHON");
    let text = String::from_utf8(read(&dossier, ArtefactKind::Text)).unwrap();
    assert!(text.contains("json.dumps"));
    let index = String::from_utf8(read(&dossier, ArtefactKind::ArchiveIndex)).unwrap();
    for part in ["/python/library/json.html", ".css", ".js"] {
        assert!(index.contains(part), "{part} is not in the archive's index");
    }
}

#[test]
fn a_single_page_application_is_captured_as_it_is_shown() {
    let bench = Bench::new();
    let sites = &world().sites;
    sites.mount("/application/", &application(&bench)).unwrap();
    let (_bench, dossier) = capture(&format!("{}/application/", sites.base()), "APPLICATION");
    let text = String::from_utf8(read(&dossier, ArtefactKind::Text)).unwrap();
    assert!(text.contains("Registre des actes") && text.contains("Liste des actes"), "{text}");
    let received = String::from_utf8(read(&dossier, ArtefactKind::MainResponse)).unwrap();
    assert!(!received.contains("Registre des actes"), "the response is kept as received, before scripts ran");
    assert!(String::from_utf8(read(&dossier, ArtefactKind::Dom)).unwrap().contains("Registre des actes"));
}
