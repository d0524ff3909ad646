//! What each key of the scenario does, seen from the server and from the dossier.
use dossier::{Outcome, SessionState, op};
use fixtures::Sites;
use serde_json::Value;

use crate::harness::play;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_is_filled_and_posted_and_its_body_is_in_the_archive() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/formulaire/\"\n\
         [[etape]]\nsaisir = {{ selecteur = \"#nom\", texte = \"Élodie Tournebois\" }}\n\
         [[etape]]\nsaisir = {{ selecteur = \"#code\", texte = \"Sesame-4711\", secret = true }}\n\
         [[etape]]\ncliquer = {{ texte = \"Envoyer la demande\" }}\n\
         [[etape]]\nattendre = {{ page = true }}\n[[etape]]\ncapturer = \"Réponse\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let posted = sites.requests().iter().filter(|r| r.method == "POST").count();
    assert_eq!(posted, 1);
    let reached = run.lines(&op::PAGE_REACHED)[1];
    assert_eq!(reached.data["from"]["text"], "Envoyer la demande");
    let journal = std::fs::read_to_string(run.captured.dossier.journal_path()).unwrap();
    let scenario = String::from_utf8(run.file("scenario.toml")).unwrap();
    assert!(!journal.contains("Sesame") && !scenario.contains("Sesame"));
    let archive = run.warc_text();
    let posted = archive.find("nom=%C3%89lodie+Tournebois").expect("the posted body is in the archive");
    assert!(archive[posted..].contains("code=***********"), "the confidential value is masked");
    assert!(run.codes().contains(&"capture.secret_masked"));
    assert!(run.codes().contains(&"capture.secret_in_answer"), "the server shows what it was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_are_stored_hop_by_hop() {
    let sites = Sites::start().unwrap();
    let run = play(&format!("[[etape]]\naller = \"{}/redirige/5\"\n", sites.base())).await;
    let reached = run.lines(&op::PAGE_REACHED)[0];
    let redirects = reached.data["redirects"].as_array().unwrap();
    assert_eq!(redirects.len(), 5, "{redirects:?}");
    assert!(reached.data["url"].as_str().unwrap().ends_with("/redirige/0"));
    let indexed = run.indexed();
    for hop in 0..=5 {
        let stored = indexed.iter().find(|(url, _)| url.ends_with(&format!("/redirige/{hop}"))).expect("a hop");
        assert_eq!(stored.1 == "200", hop == 0, "{stored:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_are_kept_under_safe_names() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{0}/telechargements/\"\n\
         [[etape]]\ntelecharger = {{ selecteur = \"#f-devis-joint-pdf\" }}\n\
         [[etape]]\ntelecharger = {{ selecteur = \"#f-chemin\" }}\n\
         [[etape]]\ntelecharger = {{ url = \"{0}/telechargements/dossier.zip\" }}\n\
         [[etape]]\ntelecharger = {{ selecteur = \"#script\" }}\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    assert!(run.file("downloads/0001-devis-joint.pdf").starts_with(b"%PDF"));
    assert!(run.file("downloads/0003-dossier.zip").starts_with(b"PK"));
    let declared = |step: usize| run.lines(&op::STEP_END)[step].data["declared"].clone();
    let said = |declared: &Value, key: &str| {
        let facts = declared["facts"].as_array().unwrap().clone();
        facts.into_iter().find(|fact| fact["key"] == key).map(|fact| fact["value"].clone())
    };
    let (pdf, zip) = (declared(1), declared(3));
    assert_eq!((&pdf["format"], said(&pdf, "pages")), (&"pdf".into(), Some(1.into())), "{pdf:#}");
    assert_eq!(zip["format"], "zip", "{zip:#}");
    let beside: Value = serde_json::from_slice(&run.file("downloads/0003.declare.json")).unwrap();
    assert_eq!(beside["of"], "downloads/0003-dossier.zip");
    assert_eq!(beside["declared"]["facts"].as_array().unwrap().len(), zip["facts"].as_array().unwrap().len());
    let end = run.lines(&op::STEP_END)[2];
    assert_eq!(end.data["url"].as_str().unwrap(), format!("{}/telechargements/chemin", sites.base()));
    let indexed = run.indexed();
    let missing = run.lines(&op::INCOMPLETE);
    let told = |m: &&dossier::JournalEntry| m.text("url").is_some_and(|u| u.ends_with("courrier.docx"));
    assert!(missing.iter().any(told), "a download outside the page must be told: {missing:#?}");
    for name in ["devis-joint.pdf", "chemin", "dossier.zip"] {
        assert!(indexed.iter().any(|(url, _)| url.ends_with(name)), "{name} is not in the archive");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_is_dismissed_and_told() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/dialogue/\"\n[[etape]]\ncliquer = {{ selecteur = \"#confirmation\" }}\n\
         [[etape]]\ncapturer = \"Après\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete);
    assert!(run.codes().contains(&"capture.dialog"), "{:?}", run.codes());
    assert!(String::from_utf8(run.file("captures/0001-texte.txt")).unwrap().contains("confirmation : false"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_fails_and_the_rest_goes_on() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/\"\n[[etape]]\ncliquer = {{ texte = \"Bouton imaginaire\" }}\n\
         [[etape]]\nattendre = {{ texte = \"Jamais\", maximum = 1 }}\n[[etape]]\ncapturer = \"Accueil\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Partial);
    let ends: Vec<(Outcome, Option<&Value>)> =
        run.lines(&op::STEP_END).iter().map(|e| (e.outcome, e.data.get("code"))).collect();
    assert_eq!(ends[1], (Outcome::Failed, Some(&Value::from("capture.element_missing"))));
    assert_eq!(ends[2], (Outcome::Failed, Some(&Value::from("capture.wait"))));
    assert_eq!(ends[3].0, Outcome::Ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_legal_notice_is_found_by_what_it_is_called() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{0}/forum/\"\n[[etape]]\ncliquer = {{ mentions_legales = true }}\n\
         [[etape]]\ncapturer = \"Mentions légales\"\n[[etape]]\naller = \"{0}/dialogue/\"\n\
         [[etape]]\ncliquer = {{ mentions_legales = true }}\n",
        sites.base()
    ))
    .await;
    let reached = run.lines(&op::PAGE_REACHED)[1];
    assert_eq!(reached.data["from"]["text"], "Mentions légales");
    assert_eq!(reached.data["url"], format!("{}/forum/infos", sites.base()));
    assert!(String::from_utf8(run.file("captures/0001-texte.txt")).unwrap().contains("Hébergeur : Serveurs d’essai"));
    let ends = run.lines(&op::STEP_END);
    assert_eq!((ends[4].outcome, ends[4].text("code")), (Outcome::Failed, Some("capture.element_missing")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_followed_and_its_origin_told() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/\"\n[[etape]]\ncliquer = {{ texte = \"Forum des artisans\" }}\n",
        sites.base()
    ))
    .await;
    let reached = run.lines(&op::PAGE_REACHED)[1];
    assert_eq!(reached.data["from"]["page"], format!("{}/", sites.base()));
    assert_eq!(reached.data["from"]["href"], format!("{}/forum/", sites.base()));
    assert!(reached.data["url"].as_str().unwrap().ends_with("/forum/"));
}
