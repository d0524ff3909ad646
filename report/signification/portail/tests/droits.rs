//! Requests for rights by the recipient (row F07), the support desk and the equipment (I02, I03), the connection log (F17).
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]

mod support;

use signification::droit::Droit;
use support::Monde;

fn code(droit: Droit) -> String {
    serde_json::to_value(droit).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn f07_each_right_has_a_form_a_due_date_and_an_export() {
    let monde = Monde::new();
    let personne = monde.personne("droits", true);
    let mut client = monde.connecte(&personne);
    let page = client.get("/droits").texte();
    assert!(page.contains("Aucune demande") && page.contains("www.cnil.fr") && page.contains("/consentement"));
    for droit in Droit::ALL {
        assert!(page.contains(&format!("value=\"{}\"", code(droit))), "{droit:?}");
        let done = client.poster("/droits", "/droits", &[("droit", &code(droit))]);
        assert_eq!((done.statut, done.entete("location")), (303, Some("/droits?ok=demande")), "{}", done.texte());
    }
    assert_eq!(client.poster("/droits", "/droits", &[("droit", "AUTRE")]).statut, 400);
    let asked = monde.platform.demandes_de_droits(Some(personne.consent)).unwrap();
    assert_eq!(asked.len(), Droit::ALL.len());
    assert!(asked.iter().all(|one| one.etat == "RECUE" && !one.en_retard));
    let page = client.get("/droits").texte();
    // Asked on 1 December: answered before the end of 1 January, or of the first open day after it.
    assert!(page.contains("Réponse avant le") && page.contains("janvier 2027"), "{page}");
    let answer = client.get("/droits/export.json");
    assert_eq!(answer.entete("content-type"), Some("application/json"));
    let export: serde_json::Value = serde_json::from_slice(&answer.corps).unwrap();
    assert_eq!(export.as_array().unwrap().len(), Droit::ALL.len());
    assert!(export[0]["terme"].is_string());
    let text = client.get("/droits/export.txt").texte();
    assert!(
        Droit::ALL.iter().all(|droit| text.contains(droit.libelle())) && text.contains("réponse avant le"),
        "{text}"
    );
    // Another one's requests are not shown.
    let other = monde.personne("autre", true);
    assert!(monde.connecte(&other).get("/droits").texte().contains("Aucune demande"));
}

#[test]
fn i02_i03_on_a_saturday_the_desk_is_closed_and_paper_is_offered() {
    let monde = Monde::new();
    // From Tuesday 10:00 to Saturday 10:00, Paris time.
    monde.clock.advance(4 * 24 * 3600);
    let mut client = monde.client();
    let page = client.get("/aide").texte();
    for words in [
        "L'assistance est fermée",
        "remise de l'acte sur papier",
        "Du lundi au samedi, de 6 h à 21 h",
        "à votre charge",
        "Internet a ses limites",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn f17_a_login_is_in_the_connection_log_and_its_address_nowhere_else() {
    let monde = Monde::new();
    let personne = monde.personne("journal", true);
    let mut client = monde.connecte(&personne);
    assert_eq!(client.get("/actes").statut, 200);
    let day = monde.platform.root().join("connexions");
    let file = std::fs::read_dir(day).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.is_empty() && !text.contains("127.0.0.1"));
    assert!(!monde.journal().contains("127.0.0.1"));
}

#[test]
fn f17_a_recovery_by_recovery_codes_is_in_the_connection_log() {
    let monde = Monde::new();
    let personne = monde.personne("reprise", true);
    let mut client = monde.connecte(&personne);
    let codes = client.poster("/secours", "/secours", &[]).texte();
    let codes: Vec<&str> = codes.split("<li><code>").skip(1).filter_map(|part| part.split('<').next()).collect();
    let lines = || {
        let day = std::fs::read_dir(monde.platform.root().join("connexions")).unwrap().next().unwrap().unwrap().path();
        std::fs::read_to_string(day).unwrap().lines().count()
    };
    let (mut visitor, before) = (monde.client(), lines());
    let mot = "tournesol mauve sept haricots";
    let with = |secours: &str, code: &str| {
        let fields = [("nom", "reprise"), ("secours", secours), ("code", code), ("mot", mot), ("mot_bis", mot)];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let mut send = |fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        visitor.poster("/oubli", "/oubli", &fields)
    };
    let refused = send(&with(codes[0], "000000"));
    assert_eq!((refused.statut, lines() - before), (422, 1), "{}", refused.texte());
    monde.clock.advance(3600);
    let done = send(&with(codes[0], codes[1]));
    assert_eq!((done.entete("location"), lines() - before), (Some("/connexion?ok=mot"), 2), "{}", done.texte());
    assert!(!monde.journal().contains("127.0.0.1"));
}
