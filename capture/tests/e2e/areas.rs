//! What scrolls inside a page is pictured whole, and stays as the page made it.
use dossier::{Outcome, op};
use fixtures::{Sites, band_colour};
use serde_json::Value;

use crate::harness::Run;
use crate::whole_page::{captured, pixels};

/// Bands of 100 px whose colours are known.
fn bands(count: u32) -> String {
    let band = |n| {
        let [r, g, b] = band_colour(n);
        format!("<div style='height:100px;background:rgb({r},{g},{b})'></div>")
    };
    (0..count).map(band).collect()
}

/// The journal's line of the area that was found so.
fn area(run: &Run, what: &str) -> Value {
    let lines = run.lines(&op::PICTURE_AREA);
    let found = lines.iter().find(|l| l.data["what"] == what).unwrap_or_else(|| panic!("no {what}: {lines:#?}"));
    assert_eq!(found.outcome, Outcome::Ok, "{found:#?}");
    Value::Object(found.data.clone())
}

/// Every row of the picture shows the band that stands there.
fn rows_are_right(run: &Run, area: &Value, height: u32, before: u32) {
    let (width, rows, all) = pixels(&run.file(area["path"].as_str().unwrap()));
    assert_eq!(rows, height, "{area:#}");
    let at = |y: u32| <[u8; 3]>::try_from(&all[(y * width + 40) as usize * 4..][..3]).unwrap();
    let wrong: Vec<u32> = (before..rows).filter(|y| at(*y) != band_colour((y - before) / 100)).collect();
    assert!(wrong.is_empty(), "{} wrong rows, first {:?}", wrong.len(), wrong.first());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_element_and_frames_that_scroll_are_taken_whole() {
    let sites = Sites::start().unwrap();
    let inside = format!("<!doctype html><body style='margin:0'>{}</body>", bands(23));
    let page = format!(
        "<!doctype html><body style='margin:0'><div style='height:900px'>haut</div>\
         <div id=fil style='width:500px;height:330px;overflow-y:auto'>{}</div><p id=place></p>\
         <iframe src='dedans.html' style='display:block;width:400px;height:270px;border:3px solid #000'></iframe>\
         <div style='height:1500px'></div>\
         <iframe src='{}/essai/dedans.html' style='display:block;width:420px;height:300px;border:0'></iframe>\
         <script>fil.scrollTop = 150</script></body>",
        bands(17),
        sites.other()
    );
    let files: [(&str, &[u8]); 2] = [("page.html", page.as_bytes()), ("dedans.html", inside.as_bytes())];
    let run = captured(&sites, &files, "").await;
    let element = area(&run, "element");
    assert_eq!((element["label"].as_str(), &element["height"]), (Some("div#fil"), &Value::from(330)));
    rows_are_right(&run, &element, 1700, 0);
    let frames: Vec<_> = run.lines(&op::PICTURE_AREA).into_iter().filter(|l| l.data["what"] == "frame").collect();
    assert_eq!(frames.len(), 2, "{frames:#?}");
    for frame in frames {
        assert_eq!(frame.outcome, Outcome::Ok, "{frame:#?}");
        rows_are_right(&run, &Value::Object(frame.data.clone()), 2300, 0);
    }
    assert!(!run.codes().iter().any(|c| c.starts_with("capture.area")), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_text_scrolls_in_a_box_is_taken_whole() {
    let sites = Sites::start().unwrap();
    let page = format!(
        "<!doctype html><style>html,body{{margin:0;height:100%;overflow:hidden}}main{{height:100vh;overflow-y:scroll}}</style>\
         <main>{}<p id=fin>Dernière ligne</p></main>",
        bands(90)
    );
    let run = captured(&sites, &[("page.html", page.as_bytes())], "").await;
    let main = area(&run, "element");
    let height = u32::try_from(main["content_height"].as_u64().unwrap()).unwrap();
    assert!((9000..9200).contains(&height), "{main:#}");
    let (width, rows, all) = pixels(&run.file(main["path"].as_str().unwrap()));
    assert_eq!(rows, height);
    let at = |y: u32| <[u8; 3]>::try_from(&all[(y * width + 40) as usize * 4..][..3]).unwrap();
    assert!((0..9000).all(|y| at(y) == band_colour(y / 100)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_dialogue_is_taken_whole() {
    let sites = Sites::start().unwrap();
    let page = format!(
        "<!doctype html><body><p>derrière</p><dialog id=d style='padding:0;border:0;outline:0;width:500px;height:400px'>{}</dialog>\
         <script>d.showModal()</script></body>",
        bands(12)
    );
    let run = captured(&sites, &[("page.html", page.as_bytes())], "").await;
    let dialog = area(&run, "dialog");
    rows_are_right(&run, &dialog, 1200, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_that_is_cut_is_named_with_what_is_lacking() {
    let sites = Sites::start().unwrap();
    let page = "<!doctype html><body><main class='fil \"gros'><section></section>\
         <section style='width:400px;height:300px;overflow-y:auto'><div style='height:120000px'>haut</div></section></main></body>";
    let run = captured(&sites, &[("page.html", page.as_bytes())], "").await;
    let cut = run.captured.findings.iter().find(|f| f.code == "capture.area_cut").unwrap();
    let found = cut.found.as_deref().unwrap();
    assert!(found.starts_with(r#"main.fil.\"gros:nth-of-type(1) > section:nth-of-type(2) ("#), "{found}");
    assert!(found.contains(" x 300 px, contenu de 120000 px)"), "{found}");
    let taken = run.lines(&op::PICTURE_AREA)[0].data["pictured_height"].as_u64().unwrap();
    assert!(found.ends_with(&format!("il manque {} px de hauteur sur 120000", 120_000 - taken)), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn areas_beyond_the_limit_are_named() {
    let sites = Sites::start().unwrap();
    let small = |n| format!("<div id=z{n} style='width:{}px;height:100px;overflow:auto'>{}</div>", 300 - n, bands(2));
    let page = format!("<!doctype html><body>{}</body>", (0..14).map(small).collect::<String>());
    let run = captured(&sites, &[("page.html", page.as_bytes())], "").await;
    let left = run.captured.findings.iter().find(|f| f.code == "capture.areas_cut").unwrap();
    let found = left.found.as_deref().unwrap();
    assert!(found.starts_with("2 en tout : div#z12 (") && found.contains(" ; div#z13 ("), "{found}");
    assert!(found.contains(" x 100 px, contenu de 200 px)"), "{found}");
}
