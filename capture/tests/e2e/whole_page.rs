//! The picture of a whole page: what the page notices of it, at another scale, what scrolling brings, and what its map says.
use dossier::{Outcome, Sha256Digest, op};
use fixtures::{Sites, band_colour};
use serde_json::Value;

use crate::harness::{Run, play};

/// A PNG decoded: width, height, RGBA row after row.
pub(crate) fn pixels(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut all = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut all).unwrap();
    all.truncate(info.buffer_size());
    let rgba = match info.color_type {
        png::ColorType::Rgba => all,
        png::ColorType::Rgb => all.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect(),
        other => panic!("{other:?}"),
    };
    (info.width, info.height, rgba)
}

/// Serves one page and its neighbours from a folder, goes there and captures it.
pub(crate) async fn captured(sites: &Sites, files: &[(&str, &[u8])], more: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    sites.mount("/essai/", folder.path()).unwrap();
    play(&format!("{more}[[etape]]\naller = \"{}/essai/page.html\"\n[[etape]]\ncapturer = \"Essai\"\n", sites.base()))
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn at_scale_two_every_row_is_right() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[navigateur]\nechelle = 2\n[[etape]]\naller = \"{}/haute/?h=61500\"\n[[etape]]\ncapturer = \"Haute\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.only(&op::MEASURE_DISPLAY)["scale_percent"], 200);
    let png = run.file("screens/0001-page.png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
    assert_eq!(reader.info().size(), (2560, 123_000));
    let (mut y, mut wrong) = (0, 0);
    while let Some(row) = reader.next_row().unwrap() {
        wrong += u32::from(row.data()[2400 * 4..2400 * 4 + 3] != band_colour(y / 2000));
        y += 1;
    }
    assert_eq!(wrong, 0);
}

const CURIOUS: &str = "<!doctype html><style>html,body{margin:0}</style>\
    <div style='height:100vh;background:rgb(200,0,0)'></div><div style='height:20000px;background:rgb(0,120,0)'></div>\
    <div style='height:100px;background:rgb(0,0,200)'></div>\
    <div style='position:fixed;top:0;left:0;width:100%;height:30px;background:rgb(250,250,0)'></div>\
    <div style='position:sticky;bottom:0;height:40px;background:rgb(0,250,250)'></div>\
    <p id=said>aucun</p><script>let seen = []; const tell = what => { seen.push(what); said.textContent = seen.join(); };\
    addEventListener('resize', () => tell('resize ' + innerWidth)); matchMedia('(max-width: 600px)').onchange = () => tell('narrow');\
    </script>";

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_not_laid_out_anew_and_hears_nothing() {
    let sites = Sites::start().unwrap();
    let run = captured(&sites, &[("page.html", CURIOUS.as_bytes())], "").await;
    let text = String::from_utf8(run.file("captures/0001-texte.txt")).unwrap();
    assert_eq!(text.trim(), "aucun");
    let told = run.lines(&op::PICTURE_PAGE)[0];
    assert_eq!((told.outcome, &told.data["relayouts"]), (Outcome::Ok, &Value::from(0)));
    let (width, height, all) = pixels(&run.file("screens/0001-page.png"));
    let at = |y: u32| <[u8; 3]>::try_from(&all[(y * width + 600) as usize * 4..][..3]).unwrap();
    assert!(height > 20_900, "{height}");
    // Fixed once, at the top; the first part is as high as the window; the rest follows.
    assert_eq!([at(10), at(400), at(20_000), at(20_850)], [[250, 250, 0], [200, 0, 0], [0, 120, 0], [0, 0, 200]]);
    let rows = |colour: [u8; 3]| (0..height).filter(|y| at(*y) == colour).count();
    assert_eq!((rows([250, 250, 0]), rows([0, 250, 250]), rows([200, 0, 0])), (30, 40, 730));
}

#[tokio::test(flavor = "multi_thread")]
async fn lazy_pictures_come_by_scrolling_and_the_journal_says_what_came() {
    let sites = Sites::start().unwrap();
    let mut page = String::from(
        "<!doctype html><style>body{margin:0}img{display:block;width:300px;height:200px;margin:900px 0}</style>",
    );
    for n in 0..30 {
        page.push_str(&format!("<img loading=lazy src='/images/paysage-{n}.png'>"));
    }
    page.push_str("<img src='casse.png' width=120 height=80><img src='absente.png' width=90 height=50>");
    page.push_str("<img src='http://127.0.0.1:9/refus.png' width=90 height=50><p>fin</p>");
    let files: [(&str, &[u8]); 2] = [("page.html", page.as_bytes()), ("casse.png", b"\x89PNG\r\n\x1a\nrien")];
    let run = captured(&sites, &files, "").await;
    let asked = sites.requests().iter().filter(|r| r.path.starts_with("/images/paysage-")).count();
    assert_eq!(asked, 30);
    let scrolled = run.only(&op::PAGE_SCROLLED);
    let brought = scrolled["requests"].as_u64().unwrap();
    assert!((20..=30).contains(&brought), "{scrolled:#}");
    assert_eq!(scrolled["stood_at"]["y"], 0);
    let broken: Vec<_> = run.captured.findings.iter().filter(|f| f.code == "capture.image_broken").collect();
    assert_eq!(broken.len(), 3, "{:?}", run.captured.findings);
    for (name, why) in [
        ("/essai/casse.png", "n'a pas pu être décodée par le navigateur (réponse 200, image/png)"),
        ("/essai/absente.png", "le serveur a répondu 404"),
        ("/refus.png", "pas de réponse (net::ERR_UNSAFE_PORT)"),
    ] {
        let told = broken.iter().find(|f| f.found.as_ref().is_some_and(|found| found.contains(name)));
        assert!(told.is_some_and(|f| f.what.contains(why)), "{name}: {broken:#?}");
    }
    assert!(!run.codes().contains(&"capture.image_pending"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_names_the_pixels_of_each_tile_and_of_the_whole() {
    let sites = Sites::start().unwrap();
    let page = "<body style='margin:0;background:linear-gradient(#fff,#036);height:19000px'>texte</body>";
    let run = captured(&sites, &[("page.html", page.as_bytes())], "").await;
    let (width, height, all) = pixels(&run.file("screens/0001-page.png"));
    let map: Value = serde_json::from_slice(&run.file("screens/0001-tuiles.json")).unwrap();
    assert_eq!(map["pixels_sha256"], Sha256Digest::of(&all).to_string());
    let mut next = 0;
    for tile in map["tiles"].as_array().unwrap() {
        let (y, rows) = (tile["y"].as_u64().unwrap(), tile["height"].as_u64().unwrap());
        assert_eq!(y, next);
        let bytes = &all[(y * u64::from(width) * 4) as usize..((y + rows) * u64::from(width) * 4) as usize];
        assert_eq!(tile["pixels_sha256"], Sha256Digest::of(bytes).to_string());
        assert!(tile["taken_at"].is_string() && tile["blank"] == false);
        next = y + rows;
    }
    assert_eq!(next, u64::from(height));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_is_pictured_at_arrival_before_anything_is_done() {
    let sites = Sites::start().unwrap();
    let page = "<!doctype html><body style='margin:0;height:3000px;background:rgb(10,20,30)'><button id=b \
        style='width:400px;height:200px' onclick=\"document.body.style.background='rgb(200,100,50)'\">Va</button></body>";
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("page.html"), page).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/essai/page.html\"\n[[etape]]\ncliquer = {{ selecteur = \"#b\" }}\n[[etape]]\n\
         defiler = \"bas\"\n[[etape]]\ncapturer = \"Après\"\n",
        sites.base()
    ))
    .await;
    let reached = run.only(&op::PAGE_REACHED);
    let colour = |path: &str| {
        let (width, _, all) = pixels(&run.file(path));
        <[u8; 3]>::try_from(&all[(700 * width + 900) as usize * 4..][..3]).unwrap()
    };
    assert_eq!(colour(reached["picture"].as_str().unwrap()), [10, 20, 30]);
    assert_eq!(colour("screens/0001-ecran.png"), [200, 100, 50]);
    // The page was at its bottom, and is put back there.
    assert_eq!(run.only(&op::PAGE_SCROLLED)["stood_at"]["y"], 2200);
    assert!(!run.codes().contains(&"capture.scroll_not_restored"));
}
