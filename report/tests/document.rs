//! What every document must hold: its blocks in order, its titles and marks, its attachment, the same bytes twice.
#[path = "common/reading.rs"]
mod reading;
#[path = "common/synthetic.rs"]
mod synthetic;

use dossier::{ArtefactPath, Level, Outcome, SessionState, op};
use reading::{attachment, flat, qpdf_check};
use serde_json::{Value, json};
use synthetic::{Plan, draft, page, synthetic};

/// A sentence that only block n writes, for n from 1 to 21.
const MARKERS: [&str; 21] = [
    "PROCÈS-VERBAL DE CONSTAT SUR INTERNET",
    "L’AN DEUX MILLE VINGT-SIX ET LE VINGT ET UN NOVEMBRE, À DIX HEURES DOUZE MINUTES",
    "À LA DEMANDE DE",
    "ÉLECTION DE DOMICILE ET REPRÉSENTATION",
    "LAQUELLE M’A EXPOSÉ",
    "FONDEMENT DE LA MISSION",
    "DÉFÉRANT À CETTE RÉQUISITION",
    "LIEU ET PERSONNES PRÉSENTES",
    "J’AI CONSTATÉ CE QUI SUIT",
    "I. PROTOCOLE",
    "II. MATÉRIEL ET LOGICIELS",
    "III. RÉSEAU ET FOURNISSEUR D’ACCÈS",
    "IV. OPÉRATIONS PRÉALABLES",
    "V. CONSTATATIONS",
    "VI. RENSEIGNEMENTS SUR LA CIBLE",
    "VII. OPÉRATIONS DE FIN",
    "VIII. DÉCLARATIONS SPONTANÉES",
    "IX. ANNEXES",
    "CLÔTURE Mes constatations terminées à dix heures",
    "COÛT Honoraires",
    "SIGNATURE Le commissaire de justice",
];

/// What the checks find, in the order of the list.
fn checks(input: &report::ReportInput<'_>) -> Vec<dossier::Finding> {
    let shipped = report::Presentation::shipped().expect("the shipped presentation");
    let checks = report::checks(input, &shipped).expect("checks that can be made");
    checks.into_iter().flat_map(|check| check.constats).collect()
}

#[test]
fn every_block_is_there_in_order() {
    let act = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    let text = flat(&act.pdf);
    let mut from = 0;
    for marker in MARKERS {
        let at = text.get(from..).and_then(|rest| rest.find(marker));
        from += at.unwrap_or_else(|| panic!("{marker:?} missing or out of order after byte {from} of:\n{text}"));
    }
    // Block 0, the left column, comes first.
    assert!(text.find("DE JUSTICE").unwrap() < text.find(MARKERS[0]).unwrap());
    assert_eq!(act.title, MARKERS[0]);
}

#[test]
fn blocks_left_to_the_officer_are_marked_gaps() {
    let act = synthetic(&Plan { parties: false, ..Plan::default() }).draw_up(None).unwrap();
    let text = flat(&act.pdf);
    let marks = text.matches("À COMPLÉTER PAR L’OFFICIER").count();
    assert_eq!(marks, act.gaps as usize, "{text}");
    assert!(act.gaps >= 12, "{}", act.gaps);
    for gap in ["Identité du requérant", "Officier instrumentaire", "Fondement de la mission", "Coût de l’acte"] {
        assert!(text.contains(gap), "{gap}");
    }
}

#[test]
fn an_unattended_run_is_no_constat() {
    let act = synthetic(&Plan { attended: false, ..Plan::default() }).draw_up(Some(&draft())).unwrap();
    let text = flat(&act.pdf);
    assert_eq!(act.title, "RELEVÉ TECHNIQUE");
    assert!(text.contains("CE DOCUMENT N’EST PAS UN PROCÈS-VERBAL DE CONSTAT"), "{text}");
    for never in ["PROCÈS-VERBAL DE CONSTAT SUR INTERNET", "J’AI CONSTATÉ", "Je, soussigné", "ACTE DE COMMISSAIRE"]
    {
        assert!(!text.contains(never), "{never}");
    }
}

#[test]
fn a_trial_says_so_on_every_page() {
    let act = synthetic(&Plan { essai: true, ..Plan::default() }).draw_up(Some(&draft())).unwrap();
    for (n, page) in reading::text(&act.pdf).split_terminator('\u{c}').enumerate() {
        assert!(page.contains("ESSAI — SANS VALEUR"), "page {}", n + 1);
        assert!(page.contains(&format!("page {} sur {}", n + 1, act.pages)), "page {}", n + 1);
    }
    let real = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    assert!(!flat(&real.pdf).contains("ESSAI"));
}

#[test]
fn what_is_wrong_is_said_loudly() {
    let said = |plan: Plan| flat(&synthetic(&plan).draw_up(None).unwrap().pdf);
    assert!(said(Plan { timestamped: false, ..Plan::default() }).contains("NE PORTE AUCUN HORODATAGE VÉRIFIÉ"));
    assert!(said(Plan { state: SessionState::Partial, ..Plan::default() }).contains("SESSION PARTIELLE"));
    assert!(said(Plan { state: SessionState::Interrupted, ..Plan::default() }).contains("SESSION INTERROMPUE"));
    let text = said(Plan { missing: 90, ..Plan::default() });
    assert!(text.contains("65 autres éléments ne sont pas imprimés ici"), "{text}");
    assert!(text.contains("Aucun élément visible ne porte ce texte. (code etape.cible_absente)"));
}

#[test]
fn the_norm_is_followed_and_never_conformed_to() {
    let act = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    let text = flat(&act.pdf);
    assert!(text.contains("selon les recommandations de la norme NF Z67-147"));
    assert!(text.contains("ils ne désignent pas des articles de la norme"));
    assert!(text.contains("une interface de tunnel est présente : tun0"));
    assert!(text.contains("L'interface tun0 est inactive") || text.contains("L’interface tun0 est inactive"));
    assert!(text.contains("article 1366 du code civil") && !text.contains("article 1365"));
    // The only sentence that holds the word refuses it.
    let conform = text.to_lowercase().matches("conform").count();
    assert_eq!(conform, 1, "{text}");
    assert!(text.contains("n’affirme aucune conformité à la norme"));
}

#[test]
fn the_manifest_is_attached_as_sealed() {
    let made = synthetic(&Plan::default());
    let act = made.draw_up(Some(&draft())).unwrap();
    qpdf_check(&act.pdf);
    assert_eq!(attachment(&act.pdf, "constat.json"), dossier::to_canonical(&made.manifest).unwrap());
    let text = flat(&act.pdf).replace(' ', "");
    let digest = dossier::Sha256Digest::of(&dossier::to_canonical(&made.manifest).unwrap()).to_hex();
    assert!(text.contains(&digest), "digest of the manifest");
    for artefact in &made.manifest.artefacts {
        assert!(text.contains(&artefact.digests.sha256.to_hex()), "{}", artefact.path);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let once = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    let again = synthetic(&Plan::default()).draw_up(Some(&draft())).unwrap();
    assert_eq!(once.sha256, again.sha256);
}

#[test]
fn tall_and_wide_pictures_are_laid_out() {
    let plan = Plan { pictures: vec![page(1280, 20_000), page(5120, 300), page(390, 844)], ..Plan::default() };
    let act = synthetic(&plan).draw_up(Some(&draft())).unwrap();
    let text = flat(&act.pdf);
    assert!(text.contains("sur 20 000"), "rows are counted");
    assert!(text.matches("suite au feuillet suivant").count() >= 12, "{text}");
    assert!(text.contains("5 120 × 300 pixels") && text.contains("390 × 844 pixels"));
    qpdf_check(&act.pdf);
}

#[test]
fn an_altered_picture_stops_the_drafting() {
    let mut made = synthetic(&Plan::default());
    let path = ArtefactPath::new("screens/0001-page.png").unwrap();
    made.files.get_mut(&path).unwrap()[100] ^= 1;
    assert_eq!(made.draw_up(None).unwrap_err().code(), "report.altered");
    let findings = made.with_input(None, checks);
    assert!(findings.iter().any(|f| f.code == "pv.capture.alteree" && f.level == Level::Fail), "{findings:#?}");
    made.files.remove(&path);
    assert_eq!(made.draw_up(None).unwrap_err().code(), "report.unreadable");
}

#[test]
fn another_journal_stops_the_drafting() {
    let mut made = synthetic(&Plan::default());
    made.journal = synthetic(&Plan { title: "autre".into(), ..Plan::default() }).journal;
    assert_eq!(made.draw_up(None).unwrap_err().code(), "report.journal");
    let findings = made.with_input(None, checks);
    assert!(findings.iter().any(|f| f.code == "pv.journal" && f.level == Level::Fail));
}

#[test]
fn a_picture_that_is_sealed_but_no_picture_is_told() {
    let plan = Plan { pictures: vec![b"not a picture".to_vec()], ..Plan::default() };
    let act = synthetic(&plan).draw_up(Some(&draft())).unwrap();
    assert!(flat(&act.pdf).contains("Capture non imprimée"));
}

#[test]
fn words_of_opinion_are_found() {
    let mut draft = draft();
    draft.descriptions.insert("1".into(), "La page montre un modèle manifestement contrefait.".into());
    let findings = synthetic(&Plan::default()).with_input(Some(&draft), checks);
    let found: Vec<_> = findings.iter().filter(|f| f.code == "pv.avis").filter_map(|f| f.found.as_deref()).collect();
    let words: Vec<_> = found.iter().filter_map(|found| found.split(' ').next()).collect();
    assert_eq!(words, ["manifestement", "contrefait"], "{found:?}");
}

#[test]
fn the_document_agrees_with_its_own_bundle() {
    let made = synthetic(&Plan::default());
    let act = made.draw_up(Some(&draft())).unwrap();
    let manifest = dossier::Sha256Digest::of(&dossier::to_canonical(&made.manifest).unwrap());
    let findings = report::check_pv(&act.pdf, manifest, made.bundle.sha256);
    assert!(findings.iter().all(|f| f.level == Level::Info), "{findings:#?}");
    let other = report::check_pv(&act.pdf, manifest, dossier::Sha256Digest::of(b"another bundle"));
    assert!(other.iter().any(|f| f.level == Level::Fail));
}

/// The lines of a step that gathered, cut before its end.
fn gathering() -> Plan {
    let step = |more: Value| {
        let mut data = json!({"step": 7, "kind": "recueillir", "what": "Recueil du fil « Mur »."});
        if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
            data.extend(more);
        }
        data
    };
    let facts = json!({
        "code": "capture.stopped", "why": "L'officier a mis fin à la session.", "reason": "stopped", "collected": 1040, "whole": 1033,
        "cut": 7, "hidden": 0, "by_content": 0, "views": 210, "pages": 1, "clicks": 12, "plates": 11,
        "sheet": {"name": "generale", "title": "Fil de publications", "tried": "replica", "tried_on": "répliques"},
        "counter": {"text": "5 000 publications", "value": 5000, "rounded": false, "state": "short"},
        "traffic": {"items": 1060, "answers": 53, "not_gathered": 20}, "audiences": {"Amis": 1040},
    });
    let wall = json!({"step": 7, "url": "http://a/", "kind": "cookies", "text": "Nous utilisons", "blocking": true});
    let plate = json!({"step": 7, "capture": 5, "plate": 1, "path": "screens/0005-fil-001.png", "width": 1280, "height": 16152});
    let more = vec![
        (op::STEP_BEGIN, Outcome::Begin, step(json!({}))),
        (op::PAGE_WALL, Outcome::Note, wall),
        (op::PICTURE_FEED, Outcome::Ok, plate),
        (op::STEP_END, Outcome::Failed, step(facts)),
    ];
    Plan { more, ..Plan::default() }
}

#[test]
fn what_a_gathering_counted_is_told_even_when_it_was_cut() {
    let text = flat(&synthetic(&gathering()).draw_up(Some(&draft())).unwrap().pdf);
    for said in [
        "L'officier a mis fin à la session.",
        "Publications recueillies 1 040",
        "« 5 000 publications », lu 5 000 : le recueil en a moins",
        "1 060 publications dans 53 réponses ; non recueillies : 20",
        "essayée sur une réplique seulement",
        "Publications non entières sur ces vues 7",
        "Fin arrêt de la session",
        "Amis (1 040)",
        "Panneau affiché par la page : choix sur les cookies et autres traceurs.",
        "Planche n° 1 de vues de la fenêtre",
    ] {
        assert!(text.replace(['\u{a0}', '\u{202f}'], " ").contains(said), "{said:?} in:\n{text}");
    }
    assert!(!text.contains("picture.feed") && !text.contains("page.wall"), "{text}");
}

#[test]
fn what_a_file_declares_is_told_as_declared() {
    let declared = json!({
        "path": "downloads/0001.declare.json", "format": "pdf", "more": 3, "cut": ["Objets chiffrés."],
        "facts": [{"key": "author", "label": "Auteur", "value": "Ada"}, {"key": "pages", "label": "Pages", "value": 12}],
    });
    let more = vec![
        (
            op::STEP_BEGIN,
            Outcome::Begin,
            json!({"step": 7, "kind": "telecharger", "what": "Je télécharge un fichier."}),
        ),
        (
            op::STEP_END,
            Outcome::Ok,
            json!({"step": 7, "kind": "telecharger", "path": "downloads/0001-devis.pdf", "declared": declared}),
        ),
    ];
    let text = flat(&synthetic(&Plan { more, ..Plan::default() }).draw_up(Some(&draft())).unwrap().pdf);
    for said in [
        "Selon le fichier : Auteur « Ada »",
        "Selon le fichier : Pages « 12 »",
        "format pdf, lu dans son contenu",
        "Autres déclarations 3",
    ] {
        assert!(text.replace(['\u{a0}', '\u{202f}'], " ").contains(said), "{said:?} in:\n{text}");
    }
}
