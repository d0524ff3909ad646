//! Captures of one element, of a film, and of what a web archive shows; clicks by role; values that a page copies.
use dossier::{Outcome, op};
use fixtures::sites::memento;
use fixtures::{Sites, band_colour};
use serde_json::Value;

use crate::harness::{Run, play};
use crate::whole_page::pixels;

/// Bands of 100 px whose colours are known.
fn bands(count: u32) -> String {
    let band = |n| {
        let [r, g, b] = band_colour(n);
        format!("<div style='height:100px;background:rgb({r},{g},{b})'></div>")
    };
    (0..count).map(band).collect()
}

/// Plays steps on a page of ours, at `/essai/page.html`.
async fn on_page(page: &str, steps: &str) -> Run {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), page).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    play(&format!("[acces]\nmode = \"compte-officier\"\ncompte = \"essai\"\nqualite_affichee = true\n[[etape]]\naller = \"{}/essai/page.html\"\n{steps}", sites.base())).await
}

fn done(run: &Run, kind: &str) -> Value {
    let ends = run.lines(&op::STEP_END);
    let end = ends.iter().find(|end| end.text("kind") == Some(kind)).unwrap();
    assert_eq!(end.outcome, Outcome::Ok, "{end:#?}");
    Value::Object(end.data.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_taller_than_the_window_is_taken_row_by_row() {
    let page = format!(
        "<!doctype html><body style='margin:0'><header style='position:fixed;top:0;left:0;right:0;height:70px;background:#000'></header>\
         <div style='height:1300px'></div><article style='margin-left:33px;width:400px'>{}<p style='margin:0;height:50px;background:#123456'>Fin de l’article</p></article>\
         <div style='height:900px'></div></body>",
        bands(31)
    );
    let run = on_page(&page, "[[etape]]\ncapturer = { titre = \"L'article\", selecteur = \"article\" }\n").await;
    let end = done(&run, "capturer");
    assert_eq!(
        (&end["lacking"], &end["covered_points"], &end["whole"]),
        (&0.into(), &0.into(), &true.into()),
        "{end:#}"
    );
    let line = run.only(&op::PICTURE_ELEMENT);
    assert_eq!((&line["width"], &line["height"]), (&400.into(), &3150.into()), "{line:#?}");
    let (width, rows, all) = pixels(&run.file("screens/0001-element.png"));
    assert_eq!((width, rows), (400, 3150));
    let at = |y: u32| <[u8; 3]>::try_from(&all[(y * width + 40) as usize * 4..][..3]).unwrap();
    let wrong: Vec<u32> = (0..3100).filter(|y| at(*y) != band_colour(y / 100)).collect();
    assert!(wrong.is_empty(), "{} wrong rows, first {:?}", wrong.len(), wrong.first());
    let document: Value = serde_json::from_slice(&run.file("captures/0001-element.json")).unwrap();
    assert!(document["texte"].as_str().unwrap().contains("Fin de l’article"), "{document:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_covers_an_element_is_told() {
    let page = "<!doctype html><body style='margin:0'><div style='height:200px'></div><p id=post style='height:300px;width:500px;background:#eee'>Publication</p>\
        <div style='position:fixed;left:0;top:0;width:300px;height:100vh;background:#c00'></div></body>";
    let run = on_page(page, "[[etape]]\ncapturer = { titre = \"La publication\", selecteur = \"#post\" }\n").await;
    let step = run.lines(&op::STEP_END)[1];
    let covered = step.data.get("covered_points").and_then(Value::as_u64).unwrap_or(0);
    // The middle of the element may be covered as well: then the step says that instead.
    assert!(covered > 0 || step.text("code") == Some("capture.element_covered"), "{step:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_is_pressed_by_its_role_and_name() {
    let page = "<!doctype html><body><div role=button tabindex=0 aria-label='Tout afficher' onclick=\"document.title='pressé'\">+</div>\
        <span>Tout afficher</span><button>Autre</button><button hidden>Autre</button></body>";
    let run = on_page(
        page,
        "[[etape]]\ncliquer = { role = \"bouton\", nom = \"Tout afficher\" }\n[[etape]]\nexiger = { role = \"button\", nom = \"Autre\", nombre = 1 }\n\
         [[etape]]\ncapturer = \"La page\"\n",
    )
    .await;
    assert_eq!(done(&run, "exiger")["found"], 1);
    assert_eq!(done(&run, "capturer")["title"], "pressé");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_value_that_a_page_copies_is_in_no_piece() {
    const VALUE: &str = "Sésame<4711>&co";
    let page = "<!doctype html><body><form><input id=secret oninput=\"this.setAttribute('value', this.value); copie.dataset.valeur = this.value; \
        copie.textContent = this.value; etat.textContent = JSON.stringify({valeur: this.value})\"></form>\
        <p id=copie></p><p id=etat></p><article>Publication</article></body>";
    let run = on_page(
        page,
        &format!(
            "[[etape]]\nsaisir = {{ selecteur = \"#secret\", texte = \"{VALUE}\", secret = true }}\n[[etape]]\ncapturer = \"La page\"\n\
             [[etape]]\ncapturer = {{ titre = \"La copie\", selecteur = \"#copie\" }}\n"
        ),
    )
    .await;
    assert!(run.codes().contains(&"capture.secret_in_page"), "{:?}", run.codes());
    let forms = [VALUE.to_owned(), VALUE.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")];
    let mut looked = 0;
    for artefact in run.captured.dossier.artefacts() {
        let path = artefact.path.to_string();
        let bytes = run.file(&path);
        let bytes = if path.ends_with(".gz") { unpacked(&bytes) } else { bytes };
        for form in &forms {
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "{path} holds {form}");
        }
        looked += 1;
    }
    assert!(looked > 8);
    // Not the digits alone: a digest may hold them by chance.
    for part in ["Sésame", "<4711", "4711>", "&lt;4711", "%3C4711", "u003c4711"] {
        let told = run.journal.entries().iter().find(|e| serde_json::to_string(&e.data).unwrap().contains(part));
        assert!(told.is_none(), "{part}: {told:?}");
    }
    let text = String::from_utf8(run.file("captures/0001-texte.txt")).unwrap();
    assert!(text.contains("****"), "{text}");
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::copy(&mut flate2::read::MultiGzDecoder::new(bytes), &mut out).unwrap();
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_is_played_at_its_own_speed() {
    let sites = Sites::start().unwrap();
    for path in ["/reseau/video", "/reseau/video?direct=1"] {
        let run =
            play(&format!("[[etape]]\naller = \"{}{path}\"\n[[etape]]\nlire = \"Le film\"\n", sites.base())).await;
        let end = done(&run, "lire");
        assert_eq!(end["reason"], "ended", "{path} {end:#}");
        let (media, wall) = (end["media_ms"].as_u64().unwrap(), end["wall_ms"].as_u64().unwrap());
        let length = end["player"]["duration_ms"].as_u64().unwrap();
        assert!(media + 500 >= length && wall + 700 > media, "{path}: from its beginning to its end {end:#}");
        assert_eq!(end["muted"], 0, "{path}: with its sound {end:#}");
        assert!(end["views"].as_u64().unwrap() >= 2, "{path} {end:#}");
        assert_eq!(run.only(&op::MEDIA_PLAYED)["filmed"], false);
        assert!(run.codes().contains(&"capture.media_not_filmed"), "{:?}", run.codes());
        assert!(run.file("screens/0001-fil-001.png").len() > 1000);
    }
    let run =
        play(&format!("[[etape]]\naller = \"{}/haute/?h=900\"\n[[etape]]\nlire = \"Rien\"\n", sites.base())).await;
    assert_eq!(run.lines(&op::STEP_END)[1].text("code"), Some("capture.element_missing"));
}

async fn consulted(sites: &Sites, page: &str, date: &str) -> Run {
    play(&format!(
        "[[etape]]\narchive = {{ adresse = \"{0}/annonce/{page}\", date = \"{date}\", service = \"{0}/archives/{{date}}/{{adresse}}\" }}\n\
         [[etape]]\ncapturer = \"Ce que montre l'archive\"\n",
        sites.base()
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_is_consulted_after_the_page_itself() {
    let sites = Sites::start().unwrap();
    let run = consulted(&sites, "", "2021-05-03").await;
    let facts = done(&run, "archive");
    assert_eq!((&facts["live"]["reached"], &facts["live"]["status"]), (&true.into(), &410.into()), "{facts:#}");
    assert_eq!((&facts["at"], &facts["from"]), (&"2021-05-03T11:58:07Z".into(), &"header".into()), "{facts:#}");
    assert_eq!(facts["original"], format!("{}/annonce/", sites.base()));
    assert_eq!(facts["banner"]["how"], "#wm-ipp-base", "{facts:#}");
    assert_eq!(facts["parts"]["last"], "2021-05-20T06:30:00Z", "{facts:#}");
    assert_eq!(run.only(&op::ARCHIVE_SNAPSHOT)["live_reached"], true);
    for (code, there) in [
        ("capture.archive_page", true),
        ("capture.archive_spread", true),
        ("capture.archive_far", false),
        ("capture.archive_live", true),
        ("capture.archive_undated", false),
        ("capture.archive_no_banner", false),
    ] {
        let expected = there && code != "capture.archive_live";
        assert_eq!(run.codes().contains(&code), expected, "{code} {:?}", run.codes());
    }
    let pages: Vec<_> = run.lines(&op::PAGE_REACHED).iter().map(|line| line.text("url").unwrap().to_owned()).collect();
    assert!(pages[0].ends_with("/annonce/") && pages[1].contains("/archives/20210503115807/"), "{pages:?}");
    let text = String::from_utf8(run.file("captures/0001-texte.txt")).unwrap();
    assert!(text.contains(memento::THEN) && !text.contains(memento::NOW), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_archive_does_not_vouch_for_is_told() {
    let sites = Sites::start().unwrap();
    for (page, date, codes) in [
        ("?vivant", "2021-05-03", vec!["capture.archive_live"]),
        ("?sansbandeau", "2020-01-15", vec!["capture.archive_no_banner", "capture.archive_far"]),
        ("?sansdate", "2021-05-03", vec!["capture.archive_no_banner"]),
    ] {
        let run = consulted(&sites, page, date).await;
        for code in codes {
            assert!(run.codes().contains(&code), "{page}: {code} {:?}", run.codes());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_open_shadow_trees_is_in_the_text() {
    let sites = Sites::start().unwrap();
    let path = "/reseau/composants?n=6";
    let run = play(&format!("[[etape]]\naller = \"{}{path}\"\n[[etape]]\ncapturer = \"Le fil\"\n", sites.base())).await;
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = plain(&String::from_utf8(run.file("captures/0001-texte.txt")).unwrap());
    let first = &fixtures::sites::replicas::posts(fixtures::sites::replicas::Feed::Composants, 6)[0];
    let begins: String = plain(&first.text).chars().take(40).collect();
    assert!(text.contains(&begins), "{begins} : {text}");
}
