//! The whole road in Debian's Chromium (`navigateur/parcours.mjs`): without script, by keyboard alone, every page judged by axe-core.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

mod support;

use signification_portail::pages::comptes::{self, LigneCompte, Suspendu};
use signification_portail::pages::envoi::{self, Envoi};
use signification_portail::pages::etude::{self, LigneEtude, LigneIncident, Saisie, Suivi};
use signification_portail::pages::{Cadre, Faute, Menu};
use support::navigateur::{conduire, dossier};
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

fn compte(suspendu: bool) -> LigneCompte {
    LigneCompte {
        id: "01a230d5-87b0-7aeb-9418-f606dac56949".into(),
        titulaire: "Isaline Quatremere".into(),
        etat: if suspendu { "Suspendu" } else { "En service" }.into(),
        suspendu,
        dernier: Some("1er décembre 2026 à 10 h 00 min 00 s (UTC+1)".into()),
    }
}

/// Accounts, and the confirmation of a sending, in every state.
fn comptes_et_envois(cadre: &Cadre) -> Vec<(&'static str, maud::Markup)> {
    let suspension = |levable| Suspendu {
        cause: "tentative d'attaque".into(),
        depuis: "1er décembre 2026 à 10 h 00 min 00 s (UTC+1)".into(),
        revue: "20 décembre 2026".into(),
        par: "l'étude".into(),
        levable,
    };
    let fautes = [Faute::de("c0", "Indiquez la cause."), Faute::de("revue", "Indiquez le jour.")];
    let saisie = comptes::Saisie::default();
    let fiche = |suspension: Option<&Suspendu>, fautes: &[Faute]| {
        comptes::fiche(cadre, (&compte(suspension.is_some()), suspension), (Some("Fait."), "x"), &saisie, fautes)
    };
    let envoi = |refus: &[&str]| Envoi {
        id: compte(false).id,
        destinataire: "Isaline Quatremere".into(),
        nature: "assignation".into(),
        dossier: "2026-0142".into(),
        requerant: "Banque Requérante".into(),
        sha256: "37bdf0bac8087aa4eb8b68a03b8828d990ae228d4511ec7edade80a95a7f608c".into(),
        date: "1er décembre 2026 à 10 h 00 min 00 s (UTC+1)".into(),
        fenetre: "ouvertes : du lundi au samedi".into(),
        officier: "officier-1".into(),
        refus: refus.iter().map(|one| (*one).to_owned()).collect(),
        programmable: !refus.is_empty(),
    };
    let oubli = [Faute::de("confirme", "Confirmez que vous signifiez cet acte.")];
    vec![
        ("comptes", comptes::liste(cadre, &[compte(true), compte(false)], Some("01a230d5"))),
        ("compte", fiche(None, &[])),
        ("compte-fautes", fiche(None, &fautes)),
        ("compte-suspendu", fiche(Some(&suspension(true)), &[])),
        ("compte-signale", fiche(Some(&suspension(false)), &[])),
        ("envoi", envoi::confirmer(cadre, "x", &envoi(&[]), &oubli)),
        ("envoi-ferme", envoi::confirmer(cadre, "x", &envoi(&["Les heures légales sont fermées."]), &[])),
    ]
}

fn signature() -> Vec<(&'static str, String)> {
    vec![
        (
            "Signature du PDF",
            "Signature électronique qualifiée de l'officier, valable à l'heure du dépôt (exigée).".into(),
        ),
        ("Signataire", "CN=ESSAI Dominique Essai (commissaire de justice),C=FR, niveau PAdES B-LT".into()),
    ]
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
        signature: signature(),
        etapes: vec![
            ("1er décembre 2026".into(), "Acte chiffré et mis au coffre".into(), Some("Scellé, au coffre")),
            ("1er décembre 2026".into(), "Avis remis au serveur de messagerie".into(), None),
        ],
        depose: true,
        signifie: true,
        envoyable: true,
        programme: Some("2 décembre 2026 à 6 h 00 min 00 s (UTC+1)".into()),
        comptes: vec![compte(false)],
    };
    let fautes =
        [Faute::de("dossier", "Indiquez la référence du dossier."), Faute::de("fichier", "Choisissez le PDF.")];
    let pages = [
        ("liste", etude::liste(&cadre, &[ligne.clone(), calme], Some(&ligne.id))),
        ("suivi", etude::suivi(&cadre, &suivi)),
        ("depot", etude::depot(&cadre, "x", &Saisie::default(), &[], true)),
        ("depot-fautes", etude::depot(&cadre, "x", &Saisie::default(), &fautes, false)),
        ("incidents", etude::incidents(&cadre, &[incident(Some("x")), incident(None)])),
    ];
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("style.css"), include_str!("../src/style.css")).unwrap();
    for (name, page) in pages.into_iter().chain(comptes_et_envois(&cadre)) {
        let text = page.into_string().replace("href=\"/style.css\"", "href=\"style.css\"");
        std::fs::write(folder.join(format!("etude-{name}.html")), text).unwrap();
    }
}

#[test]
fn d11_the_whole_road_without_script_by_keyboard_and_every_page_accessible() {
    let monde = Arc::new(Monde::new());
    let control = controler(&monde);
    let (work, _kept) = dossier();
    pages_de_l_etude(&work);
    conduire("parcours.mjs", &[&format!("http://{}", monde.adresse), &control], &work);
}
