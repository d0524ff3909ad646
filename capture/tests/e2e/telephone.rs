//! A declared telephone: what the servers received, what the pages read, and pictures as its screen would have them.
use capture::scenario::{Declarant, Scenario};
use dossier::{Level, Outcome, SessionState, op};
use exif::{In, Tag};
use fixtures::sites::mobile::{BAND, BANDS};
use fixtures::{Sites, band_colour};
use serde_json::{Value, json};

use crate::harness::{Run, play, play_plan};
use crate::whole_page::pixels;

const S24: &str = "[navigateur.telephone]\nnom = \"galaxy-s24\"\nmotif = \"Le prix diffère sur téléphone.\"\n";

fn steps(base: &str, more: &str) -> String {
    format!("{S24}[[etape]]\naller = \"{base}/telephone/\"\n{more}[[etape]]\ncapturer = \"Boutique\"\n")
}

fn text(run: &Run, capture: u32) -> String {
    String::from_utf8(run.file(&format!("captures/{capture:04}-texte.txt"))).unwrap()
}

fn field(png: &[u8], tag: Tag) -> Option<String> {
    let read = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(png)).unwrap();
    read.get_field(tag, In::PRIMARY).map(|field| field.display_value().to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mobile_site_is_captured_and_every_part_of_the_browser_says_the_same() {
    let sites = Sites::start().unwrap();
    let press = "[[etape]]\ncliquer = { selecteur = \"#presse\" }\n[[etape]]\ncliquer = { selecteur = \"#fenetre\" }\n";
    let run = play(&steps(&sites.base(), press)).await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.codes());
    let version = run.only(&op::MEASURE_BROWSER)["version"].as_str().unwrap().to_owned();
    let major = version.split('.').next().unwrap();
    let agent = format!(
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.0.0 Mobile Safari/537.36"
    );
    let asked = sites.requests();
    let foreign: Vec<_> = asked.iter().filter(|line| line.user_agent.as_deref() != Some(agent.as_str())).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
    // Both frames, the window, the workers and their scripts were among them.
    for part in
        ["/telephone/", "/telephone/cadre", "/telephone/fenetre", "/telephone/ouvrier.js", "/telephone/service.js"]
    {
        assert!(asked.iter().any(|line| line.path == part), "{part}");
    }
    for query in ["travailleur", "service", "fenetre=360x3"] {
        assert!(asked.iter().any(|line| line.path == "/telephone/demande" && line.query == query), "{query}");
    }
    assert_eq!(asked.iter().filter(|line| line.path == "/telephone/cadre").count(), 2);
    let pages = asked.iter().filter(|line| line.hints.contains_key("sec-ch-ua"));
    for line in pages {
        let hint = |name: &str| line.hints.get(name).map(String::as_str);
        let said = (hint("sec-ch-ua-mobile"), hint("sec-ch-ua-platform"));
        assert_eq!(said, (Some("?1"), Some("\"Android\"")), "{line:?}");
        assert!(hint("sec-ch-ua").unwrap().contains(&format!("\"Chromium\";v=\"{major}\"")), "{line:?}");
    }
    // What is sent when a site asks for it: the model, and the real version.
    let told = asked.iter().find(|line| line.hints.contains_key("sec-ch-ua-model")).expect("no model was sent");
    assert_eq!(told.hints["sec-ch-ua-model"], "\"SM-S921B\"");
    assert!(told.hints["sec-ch-ua-full-version-list"].contains(&format!("\"Chromium\";v=\"{version}\"")), "{told:?}");
    let text = text(&run, 1);
    for said in [
        "Version servie : téléphone",
        "Prix affiché sur le téléphone : 89 euros.",
        "Écran tactile",
        "Largeur 360, densité 3",
        "Indication : mobile",
        "Travailleur : mobile, indication mobile",
        "touchstart puis click",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("poste"), "{text}");
    let structure: Value = serde_json::from_slice(&run.file("captures/0001-structure.json")).unwrap();
    let frames: Vec<_> =
        structure["frames"].as_array().unwrap().iter().skip(1).map(|frame| &frame["read"]["text"]).collect();
    assert_eq!(frames.len(), 2, "{frames:?}");
    for frame in frames {
        let text = frame.as_str().unwrap();
        assert!(text.contains("écran 360, densité 3") && text.contains("Version servie : téléphone"), "{text}");
    }
    assert!(!run.codes().contains(&"capture.telephone_frame"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_as_large_as_the_screen_and_every_row_is_right() {
    let sites = Sites::start().unwrap();
    let run = play(&steps(&sites.base(), "")).await;
    let window = run.file("screens/0001-ecran.png");
    let (width, height, _) = pixels(&window);
    assert_eq!((width, height), (360 * 3, 780 * 3));
    let png = run.file("screens/0001-page.png");
    let told = run.only(&op::PICTURE_PAGE);
    let (width, height, all) = pixels(&png);
    let page = u32::try_from(told["height"].as_u64().unwrap()).unwrap();
    assert!(page > 3000, "{told:#}");
    assert_eq!(
        (width, height, &told["width"], &told["scale"], &told["blank"]),
        (1080, page * 3, &json!(360), &json!(3), &json!(0))
    );
    for one in [&window, &png] {
        assert_eq!(field(one, Tag::XResolution).as_deref(), Some("288"));
        assert_eq!(field(one, Tag::ResolutionUnit).as_deref(), Some("inch"));
    }
    // The bands end above the last paragraph: from the bottom up, each has its colour on every row.
    let at = |y: u32| <[u8; 3]>::try_from(&all[(y * width + 1070) as usize * 4..][..3]).unwrap();
    let last = (0..height).rev().find(|y| at(*y) == band_colour(BANDS - 1)).unwrap() + 1;
    let first = last - BANDS * BAND * 3;
    let wrong = (first..last).filter(|y| at(*y) != band_colour((y - first) / (BAND * 3))).count();
    assert_eq!(wrong, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_says_what_was_declared_and_what_is_read_before_the_first_page() {
    let sites = Sites::start().unwrap();
    let own = "[navigateur.telephone]\ndesignation = \"Téléphone de l'étude\"\nlargeur = 400\nhauteur = 800\ndensite = 2\nmodele = \"ETUDE-1\"\n\
        systeme = \"15\"\norientation = \"paysage\"\nmotif = \"Vue en paysage.\"\n";
    let run =
        play(&format!("{own}[[etape]]\naller = \"{}/telephone/\"\n[[etape]]\ncapturer = \"Boutique\"\n", sites.base()))
            .await;
    let line = run.lines(&op::TELEPHONE)[0].clone();
    let told = run.only(&op::TELEPHONE);
    assert_eq!((line.outcome, &told["differences"]), (Outcome::Declared, &json!([])), "{told:#}");
    assert!(line.seq < run.lines(&op::STEP_BEGIN)[0].seq);
    let read = &told["read"];
    let of = |keys: &[&str]| keys.iter().map(|key| read[*key].clone()).collect::<Vec<_>>();
    assert_eq!(
        of(&["inner_width", "inner_height", "density", "touch_points", "coarse_pointer"]),
        [800.into(), 400.into(), 2.into(), 5.into(), json!(true)]
    );
    assert_eq!((&told["orientation"], &read["orientation"]), (&json!("landscape"), &json!("landscape-primary")));
    assert_eq!((&told["hints"]["model"], &told["hints"]["platformVersion"]), (&json!("ETUDE-1"), &json!("15.0.0")));
    assert_eq!(read["agent"], told["agent"]);
    let display = run.only(&op::MEASURE_DISPLAY);
    assert_eq!(
        (&display["viewport_width"], &display["viewport_height"], &display["scale_percent"]),
        (&json!(800), &json!(400), &json!(200))
    );
    assert_eq!(run.lines(&op::MEASURE_DISPLAY)[0].outcome, Outcome::Ok);
    assert_eq!(run.lines(&op::CLEAN_HISTORY)[0].outcome, Outcome::Ok);
    assert_eq!(pixels(&run.file("screens/0001-ecran.png")).0, 1600);
    assert!(text(&run, 1).contains("Largeur 800, densité 2"));
    let settings = capture::replay::replay_settings(run.journal.entries());
    let telephone = settings.telephone.expect("the journal says a telephone");
    assert_eq!((settings.largeur, settings.hauteur, settings.echelle), (800, 400, 2));
    assert!(telephone.paysage && telephone.modele == "ETUDE-1" && telephone.motif == "Vue en paysage.");
    assert!(!run.captured.findings.iter().any(|f| f.code == "capture.telephone" || f.level > Level::Warn));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_know_of_telephones_is_pictured_whole_and_pressed_where_it_is() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "{S24}[[etape]]\naller = \"{}/telephone/ancienne\"\n[[etape]]\ncliquer = {{ selecteur = \"#loin\" }}\n[[etape]]\ncapturer = \"Ancienne\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:?}", run.codes());
    assert!(text(&run, 1).contains("Pressé"));
    let (width, _, _) = pixels(&run.file("screens/0001-ecran.png"));
    assert_eq!(width, 1080);
    // Laid out on 980 points: that is what the whole page is.
    let (width, height, all) = pixels(&run.file("screens/0001-page.png"));
    assert_eq!((width, height), (980 * 3, (BANDS + 1) * BAND * 3));
    let at = |y: u32| <[u8; 3]>::try_from(&all[(y * width + 2900) as usize * 4..][..3]).unwrap();
    let wrong = (BAND * 3..height).filter(|y| at(*y) != band_colour(y / (BAND * 3) - 1)).count();
    assert_eq!(wrong, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_declaration_the_same_site_is_a_workstations() {
    let sites = Sites::start().unwrap();
    let run = play(&steps(&sites.base(), "").replace(S24, "")).await;
    let text = text(&run, 1);
    for said in ["Version servie : poste", "Prix affiché sur le poste : 129 euros.", "Souris", "Indication : poste"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(run.lines(&op::TELEPHONE).is_empty());
    assert_eq!(field(&run.file("screens/0001-ecran.png"), Tag::XResolution), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_recorded_on_a_telephone_declares_it() {
    let sites = Sites::start().unwrap();
    let flow = |width: u32, scale: f64| -> Value {
        json!({"title": "Boutique", "steps": [
            {"type": "setViewport", "width": width, "height": 840, "deviceScaleFactor": scale, "isMobile": true, "hasTouch": true, "isLandscape": false},
            {"type": "navigate", "url": format!("{}/telephone/", sites.base())},
        ]})
    };
    let text_of = flow(412, 2.625).to_string();
    let scenario = Scenario::from_recording("parcours.json", &text_of).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let captured =
        play_plan(scenario, text_of.into_bytes(), dir.path(), false, capture::Stop::new(), None).await.unwrap();
    let run = Run::of(captured, dir);
    let told = run.only(&op::TELEPHONE);
    assert_eq!((&told["declared_by"], &told["width"], &told["density"]), (&json!("recording"), &json!(412), &json!(3)));
    assert!(text(&run, 1).contains("Largeur 412, densité 3"));
    // That the density is not the recorded one is told.
    assert_eq!(run.lines(&op::STEP_END)[0].text("code"), Some("capture.not_taken_up"));
    let whole = Scenario::from_recording("parcours.json", &flow(412, 3.0).to_string()).unwrap();
    assert_eq!(whole.navigateur.telephone.as_ref().map(|t| t.declarant), Some(Declarant::Enregistrement));
    assert_eq!(whole.etapes.len(), 2);
    let tablet = Scenario::from_recording("parcours.json", &flow(820, 2.0).to_string()).unwrap();
    assert!(tablet.navigateur.telephone.is_none() && tablet.etapes.len() == 3);
}
