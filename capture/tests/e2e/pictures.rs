//! Pictures, judged on their decoded pixels.
use dossier::{SessionState, op};
use fixtures::{Sites, band_colour};

use crate::harness::play;

/// Rows of a PNG, decoded one after the other.
fn each_row(png: &[u8], mut row: impl FnMut(u32, &[u8])) -> (u32, u32) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let (width, height) = reader.info().size();
    let mut y = 0;
    while let Some(pixels) = reader.next_row().unwrap() {
        row(y, pixels.data());
        y += 1;
    }
    (width, height)
}

async fn tall(height: u32) {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/haute/?h={height}\"\n[[etape]]\ncapturer = \"Page haute\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let png = run.file("screens/0001-page.png");
    let mut wrong = Vec::new();
    let size = each_row(&png, |y, row| {
        let pixel = &row[1200 * 4..1200 * 4 + 3];
        if pixel != band_colour(y / 1000) {
            wrong.push(y);
        }
    });
    assert_eq!(size, (1280, height));
    assert!(wrong.is_empty(), "{} wrong rows, first {:?}", wrong.len(), wrong.first());
    assert!(run.codes().iter().all(|c| *c == "capture.no_sandbox"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_150_000_pixels_is_right_in_every_row() {
    tall(150_500).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_600_000_pixels_is_right_in_every_row() {
    tall(597_342).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_say_when_and_where_they_were_taken() {
    let sites = Sites::start().unwrap();
    let url = format!("{}/", sites.base());
    let run = play(&format!("[[etape]]\naller = \"{url}\"\n[[etape]]\ncapturer = \"Accueil\"\n")).await;
    for path in ["screens/0001-ecran.png", "screens/0001-page.png"] {
        let png = run.file(path);
        let read = exif::Reader::new().read_from_container(&mut std::io::Cursor::new(&png)).unwrap();
        let field = |tag| read.get_field(tag, exif::In::PRIMARY).map(|f| f.display_value().to_string());
        assert!(field(exif::Tag::ImageDescription).unwrap().contains(&url), "{path}");
        assert!(field(exif::Tag::OffsetTimeOriginal).unwrap().contains("+01:00"), "{path}");
        assert!(field(exif::Tag::Software).unwrap().contains("constat 0.1.0"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_feed_is_scrolled_to_its_end() {
    let sites = Sites::start().unwrap();
    let run = play(&format!(
        "[[etape]]\naller = \"{}/reseau/\"\n[[etape]]\ndefiler = \"bas\"\n[[etape]]\ncapturer = \"Fil\"\n",
        sites.base()
    ))
    .await;
    assert_eq!(run.captured.state, SessionState::Complete, "{:#?}", run.lines(&op::STEP_END));
    let end = run.lines(&op::STEP_END)[1];
    assert_eq!(end.data["reason"], "bottom", "{end:#?}");
    let asked: Vec<String> = sites.requests().iter().map(|r| r.path.clone()).collect();
    let batches = asked.iter().filter(|p| *p == "/reseau/api/fil").count();
    assert!(batches >= 9, "{batches} batches asked");
    let stored = run.indexed().iter().filter(|(url, _)| url.contains("/reseau/api/fil")).count();
    assert_eq!(stored, batches);
    assert!(!run.codes().contains(&"capture.blank_tile"), "{:?}", run.codes());
    // The consent wall of that site is fixed over the frames of its videos.
    assert!(run.codes().contains(&"capture.frame_covered"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_of_another_origin_far_below_the_window_is_drawn() {
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let frame = "<body style='margin:0;background:rgb(0,170,0)'></body>";
    std::fs::write(folder.path().join("cadre.html"), frame).unwrap();
    let page = format!(
        "<body style='margin:0;height:30000px'><iframe style='position:absolute;left:100px;top:20000px;width:600px;\
         height:900px;border:0;background:#111' src='{}/essai/cadre.html'></iframe></body>",
        sites.other()
    );
    std::fs::write(folder.path().join("page.html"), page).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    let steps = format!("[[etape]]\naller = \"{}/essai/page.html\"\n[[etape]]\ncapturer = \"Cadre\"\n", sites.base());
    let run = play(&steps).await;
    let mut wrong = 0;
    each_row(&run.file("screens/0001-page.png"), |y, row| {
        let expected = if (20_000..20_900).contains(&y) { [0, 170, 0] } else { [255, 255, 255] };
        wrong += u32::from(row[400 * 4..400 * 4 + 3] != expected);
    });
    assert_eq!(wrong, 0, "rows that do not show the frame");
}
