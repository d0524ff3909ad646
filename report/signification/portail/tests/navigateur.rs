//! The whole road in Debian's Chromium (`navigateur/parcours.mjs`): without script, by keyboard alone, every page judged by axe-core.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

mod support;

use signification_portail::pages::etude::{self, LigneEtude, LigneIncident, Saisie, Suivi};
use signification_portail::pages::{Cadre, Faute, Menu};
use support::{Monde, pdf};

/// Answers the script: the invitation, the hour, an act, whether one was received.
fn controler(monde: &Arc<Monde>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let monde = monde.clone();
    let (consent, _, code) = monde.invite("i@essai.test");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            let hour = || dossier::Clock::now(monde.clock).as_millisecond();
            let answer: Value = match line.split(' ').nth(1).unwrap() {
                "/invitation" => json!({ "reference": consent.to_string(), "code": code }),
                "/heure" => json!({ "ms": hour() }),
                "/avancer" => {
                    monde.clock.advance(30);
                    json!({ "ms": hour() })
                }
                "/acte" => {
                    let act = monde.acte(consent, "saisie-attribution", 3_000_000);
                    json!({ "id": act.to_string(), "octets": pdf(3_000_000).len() })
                }
                "/recu" => json!({ "recu": monde.journal().contains("\"signification.act.downloaded\"") }),
                other => panic!("{other}"),
            };
            let body = answer.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    address
}

/// The office's pages, as files beside their style.
fn pages_de_l_etude(folder: &Path) {
    let cadre = Cadre {
        etude: "Étude Essai".into(),
        residence: "Lyon".into(),
        contact: "dpo@essai.test".into(),
        essai: true,
        interruptions: vec!["Prévue du 2 décembre 2026.".into()],
        assistance: "L'assistance répond.".into(),
        menu: Menu::Etude,
    };
    let ligne = LigneEtude {
        id: "01a230d5-87b0-7aeb-9418-f606dac56948".into(),
        nature: "assignation".into(),
        dossier: "2026-0142".into(),
        etat: "Échec de l'avis".into(),
        envoye: Some("1er décembre 2026 à 10 h 00 min 00 s (UTC+1)".into()),
        alerte: Some("L'avis n'a pas été remis : prévenez le destinataire autrement.".into()),
    };
    let calme = LigneEtude { alerte: None, etat: "Ouvert".into(), ..ligne.clone() };
    let incident = |jeton: Option<&str>| LigneIncident {
        id: ligne.id.clone(),
        nature: "Acte illisible ou incomplet".into(),
        texte: "La page 3 est blanche.".into(),
        attente: "sans accusé depuis 2 h (cible interne : 24 h)".into(),
        ouvert: "1er décembre 2026 à 10 h 00".into(),
        jeton: jeton.map(Into::into),
    };
    let suivi = Suivi {
        ligne: ligne.clone(),
        octets: 3_000_000,
        sha256: "37bdf0bac8087aa4eb8b68a03b8828d990ae228d4511ec7edade80a95a7f608c".into(),
        etapes: vec![("1er décembre 2026".into(), "Envoi : date et heure de la signification".into())],
        depose: true,
    };
    let fautes =
        [Faute::de("dossier", "Indiquez la référence du dossier."), Faute::de("fichier", "Choisissez le PDF.")];
    let pages = [
        ("liste", etude::liste(&cadre, &[ligne.clone(), calme], Some(&ligne.id))),
        ("suivi", etude::suivi(&cadre, &suivi)),
        ("depot", etude::depot(&cadre, "x", &Saisie::default(), &[])),
        ("depot-fautes", etude::depot(&cadre, "x", &Saisie::default(), &fautes)),
        ("incidents", etude::incidents(&cadre, &[incident(Some("x")), incident(None)])),
    ];
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("style.css"), include_str!("../src/style.css")).unwrap();
    for (name, page) in pages {
        let text = page.into_string().replace("href=\"/style.css\"", "href=\"style.css\"");
        std::fs::write(folder.join(format!("etude-{name}.html")), text).unwrap();
    }
}

/// The packages that `.ci/install` installed for the script.
fn modules(folder: &Path) -> PathBuf {
    let pins = ["package.json", "package-lock.json"].map(|name| std::fs::read(folder.join(name)).unwrap());
    let key = dossier::Sha256Digest::of(&pins.concat()).to_hex();
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let modules = cache.join(format!("constat/portail-{}/node_modules", &key[..12]));
    assert!(modules.is_dir(), "{} is missing: run .ci/install", modules.display());
    modules
}

#[test]
fn d11_the_whole_road_without_script_by_keyboard_and_every_page_accessible() {
    let monde = Arc::new(Monde::new());
    let control = controler(&monde);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("navigateur");
    let work = tempfile::tempdir().unwrap();
    // Set, the pictures of the pages stay there, for the eye.
    let kept = std::env::var_os("CONSTAT_PORTAIL_IMAGES").map(PathBuf::from);
    let work = kept.unwrap_or_else(|| work.path().to_path_buf());
    pages_de_l_etude(&work);
    let output = Command::new("node")
        .arg(folder.join("parcours.mjs"))
        .arg(format!("http://{}", monde.adresse))
        .arg(control)
        .arg(&work)
        .env("CONSTAT_PAGE_MODULES", modules(&folder))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
