//! Walls: recognised in the page and in frames, told, chosen at by the scenario, never passed by themselves.
use dossier::{Outcome, op};
use fixtures::Sites;
use fixtures::sites::replicas;
use serde_json::Value;

use crate::harness::{Run, play};

/// The walls told: kind, whether they stop the reading, whether they stand in a frame.
fn told(run: &Run) -> Vec<(String, bool, bool)> {
    let lines = run.lines(&op::PAGE_WALL);
    let word = |line: &dossier::JournalEntry, key: &str| line.data.get(key).cloned().unwrap_or(Value::Null);
    lines
        .iter()
        .map(|line| {
            let blocking = word(line, "blocking").as_bool().unwrap();
            (line.text("kind").unwrap().to_owned(), blocking, word(line, "frame").is_string())
        })
        .collect()
}

async fn visit(sites: &Sites, path: &str, more: &str) -> Run {
    play(&format!("[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}{path}\"\n{more}", sites.base())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wall_is_recognised_and_none_where_there_is_none() {
    let sites = Sites::start().unwrap();
    for (path, kind, blocking, framed) in [
        ("/reseau/mur-cookies", "cookies", true, true),
        ("/reseau/mur-cookies?simple=1", "cookies", false, false),
        ("/reseau/mur-cookies?langue=en", "cookies", true, true),
        ("/reseau/mur-age", "age", true, false),
        ("/reseau/mur-robot", "robot", true, true),
        ("/reseau/debit-page?lot=9", "rate", true, false),
        ("/reseau/connexion", "login", true, false),
    ] {
        let run = visit(&sites, path, "").await;
        let all = told(&run);
        assert!(all.iter().any(|wall| wall.0 == kind && (wall.1, wall.2) == (blocking, framed)), "{path}: {all:?}");
        assert!(run.codes().contains(&"capture.wall"), "{path}");
    }
    for path in
        ["/reseau/fil?n=20", "/reseau/discussion?n=40", "/reseau/galerie?n=3", "/", "/forum/", "/haute/", "/perchoir/"]
    {
        let run = visit(&sites, path, "").await;
        assert_eq!(told(&run), [], "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scenario_chooses_in_a_frame_of_another_origin() {
    let sites = Sites::start().unwrap();
    for choice in ["Tout refuser", "Tout accepter", "Continuer sans accepter"] {
        let run = visit(
            &sites,
            "/reseau/mur-cookies",
            &format!("[[etape]]\nrepondre = \"{choice}\"\n[[etape]]\nrecueillir = \"tout\"\n"),
        )
        .await;
        let line = run.only(&op::PAGE_WALL_CHOICE);
        assert_eq!(
            (&line["kind"], &line["button"], &line["still_there"]),
            (&"cookies".into(), &choice.into(), &false.into())
        );
        let ends = run.lines(&op::STEP_END);
        assert!(ends.iter().all(|end| end.outcome == Outcome::Ok), "{ends:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_against_robots_is_never_answered() {
    let sites = Sites::start().unwrap();
    for (path, step) in [
        ("/reseau/mur-robot", "repondre = \"Je ne suis pas un robot\""),
        ("/reseau/mur-robot", "cliquer = { selecteur = \"iframe\" }"),
        ("/reseau/mur-robot/cadre?langue=fr", "cliquer = { selecteur = \".recaptcha-checkbox\" }"),
        ("/reseau/mur-robot/cadre?langue=en", "cliquer = { selecteur = \".captcha\" }"),
        ("/reseau/mur-robot/cadre?langue=fr", "telecharger = { selecteur = \".captcha\" }"),
        ("/reseau/mur-robot/cadre?langue=fr", "saisir = { selecteur = \".recaptcha-checkbox\", texte = \"x\" }"),
    ] {
        let run = visit(&sites, path, &format!("[[etape]]\n{step}\n")).await;
        let end = run.lines(&op::STEP_END)[1];
        assert_eq!((end.outcome, end.text("code")), (Outcome::Failed, Some("capture.wall_robot")), "{step} {end:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_that_comes_on_the_way_ends_a_gathering_as_incomplete() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "/reseau/mur-connexion?n=60", "[[etape]]\nrecueillir = \"tout\"\n").await;
    assert_eq!(told(&run).first().map(|wall| wall.0.as_str()), Some("login"), "{:#?}", run.lines(&op::STEP_END));
    assert!(run.codes().contains(&"capture.count_short"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_behind_a_panel_is_read_and_not_called_pictured() {
    let sites = Sites::start().unwrap();
    let run = visit(&sites, "/reseau/mur-cookies", "[[etape]]\nrecueillir = \"tout\"\n").await;
    let end = run.lines(&op::STEP_END)[1];
    assert_eq!(end.outcome, Outcome::Ok, "{end:#?}");
    let count = |key: &str| end.data[key].as_u64().unwrap();
    assert!(count("collected") > 0 && count("whole") == 0 && count("cut") == count("collected"), "{end:#?}");
    assert!(run.codes().contains(&"capture.items_cut"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_expires_is_told() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[acces]\nmode = \"compte-officier\"\ncompte = \"greffe\"\nqualite_affichee = true\n\
         [[etape]]\naller = \"{0}/reseau/connexion\"\n\
         [[etape]]\nsaisir = {{ selecteur = \"input[name=identifiant]\", texte = \"{1}\" }}\n\
         [[etape]]\nsaisir = {{ selecteur = \"input[type=password]\", texte = \"{2}\", secret = true }}\n\
         [[etape]]\ncliquer = {{ selecteur = \"form button[type=submit], form button\" }}\n\
         [[etape]]\naller = \"{0}/reseau/prive?n=60&expire=2\"\n[[etape]]\nrecueillir = \"tout\"\n",
        sites.base(),
        replicas::LOGIN,
        replicas::PASSWORD
    ))
    .await;
    assert!(run.codes().contains(&"capture.session_lost"), "{:?} {:#?}", run.codes(), run.lines(&op::STEP_END));
}
