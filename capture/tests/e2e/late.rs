//! What comes late: feeds that grow when their end is in sight, requests after the load, downloads nobody asked for.
use dossier::{Level, op};
use fixtures::Sites;
use fixtures::sites::late::{BATCHES, LINES};

use crate::harness::{Run, play};
use crate::records::{one, records};
use crate::whole_page::pixels;

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
async fn a_pdf_shown_by_the_browser_is_kept_once_and_pictured_as_it_is_shown() {
    let sites = Sites::start().unwrap();
    let run = capture(&sites, "/telechargements/devis.pdf", "").await;
    for name in ["screens/etape-0001-arrivee.png", "screens/0001-ecran.png", "screens/0001-page.png"] {
        let (width, _, all) = pixels(&run.file(name));
        // The viewer's dark bar, and in the middle of the window a white page with black letters.
        let at = |x: u32, y: u32| <[u8; 3]>::try_from(&all[((y * width + x) * 4) as usize..][..3]).unwrap();
        assert!(at(5, 5).iter().all(|c| *c < 90), "{name}: {:?}", at(5, 5));
        let middle: Vec<[u8; 3]> = (100..600).flat_map(|y| (500..1100).map(move |x| at(x, y))).collect();
        let share = |good: fn(&[u8; 3]) -> bool| middle.iter().filter(|p| good(p)).count() * 1000 / middle.len();
        assert!(share(|p| *p == [255; 3]) > 800 && share(|p| p.iter().all(|c| *c < 60)) > 1, "{name}");
    }
    for code in ["capture.blank_window", "capture.blank_tile", "capture.viewer_pending", "capture.areas_cut"] {
        assert!(!run.codes().contains(&code), "{:?}", run.captured.findings);
    }
    let file = run.file("captures/0001-reponse.bin");
    assert!(file.starts_with(b"%PDF-"));
    // The viewer's own document is nothing a server gave: the file is stored once, as the server sent it.
    let all = records(&run);
    let stored: Vec<_> = all.iter().filter(|r| r.kind != "metadata" && r.url.ends_with("/devis.pdf")).collect();
    let kinds: Vec<&str> = stored.iter().map(|r| r.kind.as_str()).collect();
    assert_eq!((kinds.as_slice(), &one(&all, "response", "/devis.pdf").body), (&["response", "request"][..], &file));
    let asked = sites.requests().iter().filter(|line| line.path.ends_with("/devis.pdf")).count();
    let account = run.lines(&op::ACCOUNT_RECONCILE)[0];
    let told = &account.data["only_cdp_by_reason"];
    assert_eq!((asked, told["not_on_the_wire"].as_u64(), told.get("unexplained")), (1, Some(1), None), "{account:#?}");
    let why = account.data["unmatched"].as_array().unwrap().iter().find(|u| u["class"] == "only_cdp").unwrap();
    assert!(why["why"].as_str().unwrap().contains("lecteur PDF du navigateur"), "{why:#}");
    assert!(run.lines(&op::INCOMPLETE).iter().any(|l| l.text("detail").is_some_and(|d| d.contains("lecteur PDF"))));
}

/// A PDF (ISO 32000-1) of as many pages as colours, each filled with its colour.
fn coloured_pdf(colours: &[[u8; 3]]) -> Vec<u8> {
    let kids: Vec<String> = (0..colours.len()).map(|i| format!("{} 0 R", 3 + 2 * i)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), colours.len()),
    ];
    for (i, colour) in colours.iter().enumerate() {
        let [r, g, b] = colour.map(|c| f64::from(c) / 255.0);
        let content = format!("{r:.4} {g:.4} {b:.4} rg 0 0 595 842 re f\n");
        objects.push(format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R >>", 4 + 2 * i));
        objects.push(format!("<< /Length {} >>\nstream\n{content}endstream", content.len()));
    }
    let (mut out, mut table) = ("%PDF-1.4\n".to_owned(), "0000000000 65535 f \n".to_owned());
    for (i, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", i + 1));
    }
    let (start, count) = (out.len(), objects.len() + 1);
    out.push_str(&format!(
        "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    out.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_pdf_is_pictured() {
    let colours = [[200, 30, 30], [30, 160, 40], [20, 60, 210], [220, 200, 20], [130, 20, 140]];
    let sites = Sites::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("cinq.pdf"), coloured_pdf(&colours)).unwrap();
    sites.mount("/essai/", folder.path()).unwrap();
    let run = capture(&sites, "/essai/cinq.pdf", "").await;
    let lines = run.lines(&op::PICTURE_AREA);
    let unrolled = lines.iter().find(|l| l.data["frame"].as_str().is_some_and(|f| f.ends_with("/cinq.pdf"))).unwrap();
    let (width, height, all) = pixels(&run.file(unrolled.text("path").unwrap()));
    let at = |y: u32| <[u8; 3]>::try_from(&all[((y * width + width / 2) * 4) as usize..][..3]).unwrap();
    let rows: Vec<usize> = colours.iter().map(|colour| (0..height).filter(|y| at(*y) == *colour).count()).collect();
    // 842 points are 1,122 pixels at 96 an inch.
    assert!(rows.iter().all(|rows| (1_110..=1_124).contains(rows)), "{rows:?} of {height}");
    assert!(run.codes().contains(&"capture.viewer"), "{:?}", run.codes());
}
