//! What comes late: feeds that grow when their end is in sight, requests after the load, downloads nobody asked for.
use dossier::{Level, op};
use fixtures::Sites;
use fixtures::sites::late::{BATCHES, LINES};

use crate::harness::{Run, play};

async fn capture(sites: &Sites, path: &str, limits: &str) -> Run {
    play(&format!("{limits}[[etape]]\naller = \"{}{path}\"\n[[etape]]\ncapturer = \"Page\"\n", sites.base())).await
}

fn text_of(run: &Run) -> String {
    String::from_utf8(run.file("captures/0001-texte.txt")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_gone_through_to_its_end() {
    let sites = Sites::start().unwrap();
    let run = capture(&sites, "/tardif/fil", "").await;
    let text = text_of(&run);
    for (batch, line) in [(0, 0), (BATCHES - 1, LINES - 1)] {
        assert!(text.contains(&format!("lot {batch}, ligne {line}")), "{text}");
    }
    assert!(!run.codes().contains(&"capture.growth_cut"), "{:?}", run.codes());
    let batches = run.indexed().iter().filter(|(url, _)| url.contains("/tardif/lot/")).count();
    assert_eq!(batches, BATCHES as usize + 1, "and the answer that there are no more");
    let picture = run.only(&op::PICTURE_PAGE);
    assert!(picture["height"].as_u64().unwrap() > u64::from(BATCHES * LINES * 260), "{picture:#}");
    assert_eq!(run.only(&op::PAGE_SCROLLED)["growing"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_longer_than_the_limits_is_said_to_be() {
    let sites = Sites::start().unwrap();
    let run = capture(&sites, "/tardif/fil", "[limites]\nhauteur_pixels = 5000\n").await;
    let cut =
        run.captured.findings.iter().find(|f| matches!(f.code.as_str(), "capture.growth_cut" | "capture.page_cut"));
    assert_eq!(cut.map(|f| f.level), Some(Level::Warn), "{:?}", run.codes());
    assert!(!text_of(&run).contains(&format!("lot {}, ligne", BATCHES - 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_two_seconds_after_the_load_is_recorded_and_told() {
    let sites = Sites::start().unwrap();
    let run = capture(&sites, "/tardif/apres", "").await;
    assert!(run.indexed().iter().any(|(url, _)| url.ends_with("/tardif/lot/7")));
    let shown = text_of(&run).contains("lot 7, ligne 0");
    // On a slow machine it comes before the picture.
    assert!(shown || run.codes().contains(&"capture.late_requests"), "{:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_page_was_observed_is_told_and_may_be_shortened() {
    let sites = Sites::start().unwrap();
    let observed = |run: &Run| run.lines(&op::STEP_END)[1].data["observed_ms"].as_u64().unwrap();
    assert!(observed(&capture(&sites, "/types/texte-fige", "").await) >= 2500);
    let run = capture(&sites, "/tardif/apres", "[limites]\nobservation_ms = 4000\n").await;
    assert!(observed(&run) >= 4000);
    let run = capture(&sites, "/tardif/apres", "[limites]\nobservation_ms = 0\n").await;
    // Only what its captures took: whether the late request is in it is the machine's affair.
    assert!(observed(&run) > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_nobody_asked_for_is_kept_and_told() {
    let sites = Sites::start().unwrap();
    let run = capture(&sites, "/tardif/fichier", "").await;
    let told = run.captured.findings.iter().find(|f| f.code == "capture.download_unasked");
    assert!(told.is_some(), "{:?}", run.codes());
    let artefacts = run.captured.dossier.artefacts();
    let kept = artefacts.iter().find(|a| a.path.as_str().starts_with("downloads/")).unwrap();
    assert_eq!(kept.path.as_str(), "downloads/0001-courrier.docx");
    assert!(run.file("downloads/0001-courrier.docx").starts_with(b"PK"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_shown_by_the_browser_is_kept_and_is_not_said_to_be_on_the_picture_when_it_is_not() {
    let sites = Sites::start().unwrap();
    let run = capture(&sites, "/telechargements/devis.pdf", "").await;
    let window = run.file("screens/0001-ecran.png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(window)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let facts = reader.next_frame(&mut pixels).unwrap();
    let depth = facts.color_type.samples();
    let blank = pixels[..facts.buffer_size()].chunks(depth).all(|pixel| pixel == &pixels[..depth]);
    let found: Vec<&str> = run
        .captured
        .findings
        .iter()
        .filter(|f| f.code == "capture.blank_window")
        .filter_map(|f| f.found.as_deref())
        .collect();
    // The picture of the arrival may be blank when this one is not: the viewer draws when it can.
    assert_eq!(found.iter().any(|f| f.contains("screens/0001-ecran.png")), blank, "{found:?}");
    assert!(run.file("captures/0001-reponse.bin").starts_with(b"%PDF-"));
}
