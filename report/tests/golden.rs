//! The whole text of a document of each kind, compared with what a reviewer accepted, and the look of some of their pages by
//! digest; `CONSTAT_BLESS=1` rewrites both.
#![allow(clippy::unwrap_used, reason = "a helper that fails is a failed test")]
#[path = "common/reading.rs"]
mod reading;
#[path = "common/synthetic.rs"]
mod synthetic;

use std::path::Path;

use dossier::SessionState;
use report::{Achat, DraftInput, Fondement, Nature, Profil};
use serde_json::json;
use synthetic::{Plan, draft, page, synthetic};

fn compare(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("CONSTAT_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some(n) = expected.lines().zip(found.lines()).position(|(a, b)| a != b) {
        let line = |text: &str| text.lines().nth(n).unwrap_or("").to_owned();
        panic!("{name}, line {}:\nexpected {}\nfound    {}", n + 1, line(&expected), line(found));
    }
    assert_eq!(expected.len(), found.len(), "{name}: one text is longer; CONSTAT_BLESS=1 rewrites it");
}

/// `CONSTAT_LOOK=FOLDER` keeps the documents, for the eye and for other judges.
fn keep(name: &str, pdf: &[u8]) {
    if let Some(folder) = std::env::var_os("CONSTAT_LOOK") {
        std::fs::write(Path::new(&folder).join(name), pdf).unwrap();
    }
}

#[test]
fn an_attended_constat_reads_as_accepted() {
    let act = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    keep("constat.pdf", &act.pdf);
    compare("constat.txt", &reading::text(&act.pdf));
}

#[test]
fn a_courtesy_translation_of_the_same_constat_reads_as_accepted() {
    let act = synthetic(&Plan::default()).translated(Some(&draft())).unwrap();
    keep("constat-en.pdf", &act.pdf);
    compare("constat-en.txt", &reading::text(&act.pdf));
}

#[test]
fn an_unattended_trial_that_was_cut_reads_as_accepted() {
    let plan = Plan {
        attended: false,
        essai: true,
        timestamped: false,
        parties: false,
        missing: 40,
        state: SessionState::Interrupted,
        ..Plan::default()
    };
    keep("releve-en.pdf", &synthetic(&plan).translated(None).unwrap().pdf);
    let act = synthetic(&plan).draw_up(None).unwrap();
    keep("releve.pdf", &act.pdf);
    compare("releve.txt", &reading::text(&act.pdf));
}

/// One document of each other kind: its name, what it is drawn from.
fn kinds() -> Vec<(&'static str, Plan, DraftInput)> {
    let of = |change: fn(&mut DraftInput)| {
        let mut draft = draft();
        change(&mut draft);
        draft
    };
    let snapshot = || {
        let data = json!({"step": 2, "live_reached": true, "live": {"reached": true, "url": "https://www.atelier-lumiere.example/",
            "status": 200}, "asked": "https://archive.example/web/20210503/https://www.atelier-lumiere.example/",
            "date_asked": "2021-05-03", "url": "https://archive.example/web/20210503120000/https://www.atelier-lumiere.example/",
            "at": "2021-05-03T12:00:00.000Z", "from": "header", "days_apart": 0, "original": "https://www.atelier-lumiere.example/",
            "other_original": null, "banner": {"how": "texte"}, "banner_text": "Archive du 3 mai 2021",
            "parts": {"dated": 4, "undated": 0, "first": "2021-05-01T00:00:00.000Z", "last": "2021-05-03T12:00:00.000Z",
            "elsewhere": 0, "elsewhere_first": []}});
        vec![(dossier::op::ARCHIVE_SNAPSHOT, dossier::Outcome::Ok, data)]
    };
    let achat = Achat {
        acheteur: "Mme Inès Roche".into(),
        qualite: "élève avocate, sans lien avec les parties".into(),
        independant: true,
        objet: "une lampe « Arc », 189 euros".into(),
        commande: Some("A-2291".into()),
        suite: Some("Le colis, reçu le 24 novembre 2026, a été ouvert devant nous et placé sous scellé.".into()),
    };
    let mut bought = of(|draft| draft.nature = Nature::AchatTest);
    bought.achat = Some(achat);
    let ordered = of(|draft| {
        draft.fondement = Some(Fondement::Ordonnance {
            juridiction: "Tribunal judiciaire de Lyon".into(),
            date: "2 novembre 2026".into(),
            numero: "26/01234".into(),
            termes: "Se connecter au site et en constater le contenu.".into(),
            echeance: Some("2026-12-02".into()),
            perimetre: vec!["www.atelier-lumiere.example".into()],
        });
    });
    vec![
        ("reseau-social", Plan::default(), of(|draft| draft.nature = Nature::ReseauSocial)),
        ("archive", Plan { more: snapshot(), ..Plan::default() }, of(|draft| draft.nature = Nature::Archive)),
        (
            "mobile",
            Plan { pictures: vec![page(1170, 2532)], telephone: true, ..Plan::default() },
            of(|draft| draft.nature = Nature::Mobile),
        ),
        ("achat-test", Plan::default(), bought),
        ("ordonnance", Plan::default(), ordered),
        // From before midnight to after it, French legal time.
        ("plusieurs-jours", Plan { start: "2026-11-21T22:59:05.000Z", ..Plan::default() }, draft()),
        (
            "libre",
            Plan { pictures: vec![page(1280, 800), page(1920, 1080)], ..Plan::default() },
            of(|d| d.profil = Profil::Libre),
        ),
    ]
}

#[test]
fn each_kind_reads_as_accepted() {
    for (name, plan, draft) in kinds() {
        let act = synthetic(&plan).draw_up(Some(&draft)).unwrap();
        keep(&format!("{name}.pdf"), &act.pdf);
        compare(&format!("{name}.txt"), &reading::text(&act.pdf));
    }
}

#[test]
fn pages_look_as_accepted() {
    let mut told = String::new();
    let constat = ("constat", Plan::default(), draft());
    for (name, plan, draft) in std::iter::once(constat).chain(kinds()) {
        let act = synthetic(&plan).draw_up(Some(&draft)).unwrap();
        for (number, digest) in reading::pictures(&act.pdf).into_iter().enumerate() {
            told += &format!("{name} page {} : {digest}\n", number + 1);
        }
    }
    compare("pages.txt", &told);
}
