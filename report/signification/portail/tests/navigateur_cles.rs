//! Passkeys in Debian's Chromium with an authenticator of its own making (`navigateur/cles.mjs`): a recipient's, then an officer's
//! up to an act served; by keyboard alone, each page judged by axe-core.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use serde_json::{Value, json};

mod support;

use support::etude::{Etude, ouvrir_a, relayer};
use support::larges;
use support::navigateur::{conduire, dossier};

/// Answers the script: codes of telephones, acts, and whether the journal has a word.
fn controler(etude: &Arc<Etude>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let etude = etude.clone();
    let people = ["isaline", "basile"].map(|nom| etude.monde.personne(nom, true));
    std::thread::spawn(move || {
        let monde = &etude.monde;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
            let path = line.split(' ').nth(1).unwrap();
            let answer: Value = match path.split('/').collect::<Vec<_>>()[..] {
                ["", "code", nom] => {
                    monde.clock.advance(30);
                    let person = people.iter().find(|one| one.nom == nom).unwrap();
                    json!({ "code": monde.code(&person.graine) })
                }
                ["", "acte"] => json!({ "id": monde.acte(people[0].consent, "saisie-attribution", 2000).to_string() }),
                ["", "depot"] => json!({ "id": monde.depose(people[0].consent, "assignation", 2000).to_string() }),
                ["", "compte"] => json!({ "id": people[0].compte.to_string() }),
                ["", "journal", word] => json!({ "la": monde.journal().contains(word) }),
                _ => panic!("{path}"),
            };
            let body = answer.to_string();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    address
}

#[test]
fn b02_b04_keys_by_keyboard_in_a_browser_up_to_an_act_served() {
    let relais = TcpListener::bind("127.0.0.1:0").unwrap();
    relais.set_nonblocking(true).unwrap();
    let office = format!("http://localhost:{}", relais.local_addr().unwrap().port());
    let etude = Arc::new(ouvrir_a(larges(), false, Some(office.clone())));
    let (adresse, tls) = (etude.adresse, etude.tls());
    etude.monde.spawn(async move {
        relayer(tokio::net::TcpListener::from_std(relais).unwrap(), adresse, tls).await;
    });
    let portail = format!("http://localhost:{}", etude.monde.nomme().port());
    let control = controler(&etude);
    let (work, _kept) = dossier();
    conduire("cles.mjs", &[&portail, &control, &office], &work);
}
