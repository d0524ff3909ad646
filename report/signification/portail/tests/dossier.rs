//! The whole dossier over real HTTP (D08), the banner that says how long an act is kept, the explanation that is journalled (D10).
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
use std::io::Read as _;

mod support;

use signification::explication;
use support::{Client, Monde, Personne, pdf};

/// A person with an act that is open.
fn ouvert(monde: &Monde, nom: &str, octets: usize) -> (Personne, signification::Id, Client) {
    let personne = monde.personne(nom, true);
    let act = monde.acte(personne.consent, "saisie-attribution", octets);
    let mut client = monde.connecte(&personne);
    let page = format!("/actes/{act}");
    let done = client.poster(&page, &format!("{page}/ouvrir"), &[]);
    assert_eq!(done.statut, 303, "{}", done.texte());
    (personne, act, client)
}

#[test]
fn d08_d10_the_page_says_how_long_and_the_dossier_comes_whole_by_the_session_s_key() {
    let monde = Monde::new();
    let (personne, act, mut client) = ouvert(&monde, "dossier", 400_000);
    let page = client.get(&format!("/actes/{act}")).texte();
    for told in [
        "Ce service n'est pas un archivage",
        "2 décembre 2031",
        "1er décembre 2051",
        "ne fait pas partie de l'acte",
        "Explication, version 1",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    // What was shown is what is digested, word for word, and the digest is in the journal with the session, once.
    let shown = page.replace("&amp;", "&");
    for line in explication::page("saisie-attribution").lines().filter(|line| !line.is_empty()) {
        assert!(shown.contains(line.trim_start_matches("- ")), "{line}");
    }
    let digest = explication::empreinte("saisie-attribution").to_hex();
    let told =
        |journal: &str| journal.lines().filter(|l| l.contains("preuve.explication") && l.contains(&digest)).count();
    assert_eq!(told(&monde.journal()), 1, "once for a session");
    let mut second = monde.connecte(&personne);
    second.get(&format!("/actes/{act}"));
    assert_eq!(told(&monde.journal()), 2);

    // Not before the act itself was handed over: that is a fact with its own receipt.
    let place = format!("/actes/{act}/dossier");
    assert!(!page.contains(&place));
    let early = client.get(&place);
    assert!(early.statut >= 400 && early.entete("content-type") != Some("application/zip"), "{}", early.texte());
    let jeton = client.get(&format!("/actes/{act}")).jeton(&format!("/actes/{act}/telecharger")).unwrap();
    let file = client.envoyer(&format!("/actes/{act}/telecharger"), &jeton, &[]);
    assert_eq!(file.statut, 200);
    for _ in 0..2000 {
        if monde.journal().contains("\"signification.act.downloaded\"") {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(client.get(&format!("/actes/{act}")).texte().contains(&place));
    let zip = client.get(&place);
    assert_eq!((zip.statut, zip.entete("content-type")), (200, Some("application/zip")), "{}", zip.texte());
    assert_eq!(zip.entete("content-disposition").unwrap(), format!("attachment; filename=\"dossier-{act}.zip\""));
    let mut files = zip::ZipArchive::new(std::io::Cursor::new(zip.corps)).unwrap();
    let mut kept = Vec::new();
    files.by_name(&format!("acte/acte-{act}.pdf")).unwrap().read_to_end(&mut kept).unwrap();
    assert!(kept == pdf(400_000), "the act as deposited, octet for octet");
    for name in ["LISEZMOI.txt", "manifeste.json", "manifeste.json.p7s", "SHA256SUMS", "explication.txt"] {
        assert!(files.by_name(name).is_ok(), "{name}");
    }

    // Nobody else: another person is told what he would be of an act that does not exist.
    let other = monde.personne("autre", true);
    let mut other = monde.connecte(&other);
    let (refused, unknown) = (other.get(&place), other.get("/actes/01a230d5-87b0-7aeb-9418-f606dac56948/dossier"));
    assert_eq!((refused.statut, refused.statut >= 400), (unknown.statut, true));
    assert_eq!(monde.client().get(&place).entete("location"), Some("/connexion"));
}
