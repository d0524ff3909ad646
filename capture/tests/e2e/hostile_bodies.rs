//! Bodies without end and files that are not pages: kept as far as the limits allow, and what was cut is told.
use dossier::{Outcome, op};
use fixtures::Sites;
use fixtures::sites::hostile::NAMES;

use crate::harness::play;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_without_end_in_a_page_is_cut_at_its_volume_and_the_page_captured() {
    let sites = Sites::start().unwrap();
    let url = format!("{}/hostile/flux-inclus", sites.base());
    let run = play(&format!(
        "[limites]\npage_secondes = 20\nvolume_mio = 64\n[[etape]]\naller = \"{url}\"\n[[etape]]\ncapturer = \"Page\"\n"
    ))
    .await;
    assert!(run.codes().contains(&"capture.limit_octets"), "{:?}", run.codes());
    let missing = run.lines(&op::INCOMPLETE);
    let cut = missing.iter().find(|m| m.text("url").is_some_and(|u| u.ends_with("/hostile/flux")));
    let cut = cut.unwrap_or_else(|| panic!("{missing:#?}"));
    assert_eq!(cut.text("reason"), Some("truncated"), "{cut:#?}");
    assert!(cut.integer("bytes_stored").unwrap() > 1024 * 1024, "what came is stored: {cut:#?}");
    let text = String::from_utf8(run.file("captures/0001-texte.txt")).unwrap();
    assert!(text.contains("Un flux sans fin"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_end_costs_its_ceiling_or_its_memory_and_the_next_is_captured() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[limites]\npage_secondes = 5\nmemoire_mio = 3000\n[[etape]]\naller = \"{base}/hostile/flux-page\"\n\
         [[etape]]\naller = \"{base}/types/latin1\"\n[[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    let outcomes: Vec<Outcome> = run.lines(&op::STEP_END).iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes[1..], [Outcome::Ok, Outcome::Ok], "{:#?}", run.lines(&op::STEP_END));
    // Reached with a reserve when its ceiling came first; not at all when the browser's memory did.
    let reached = run.lines(&op::PAGE_REACHED);
    let reached = reached.iter().find(|e| e.text("asked").is_some_and(|u| u.ends_with("/flux-page")));
    let outcome = reached.map_or(outcomes[0], |e| e.outcome);
    assert_ne!(outcome, Outcome::Ok, "{reached:#?}");
    let missing = run.lines(&op::INCOMPLETE);
    assert!(missing.iter().any(|m| m.text("url").is_some_and(|u| u.ends_with("/flux-page"))), "{missing:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_without_end_is_interrupted_at_its_limit() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[limites]\ntelechargement_mio = 20\n[[etape]]\naller = \"{base}/hostile/\"\n\
         [[etape]]\ntelecharger = {{ url = \"{base}/hostile/flux-fichier\" }}\n[[etape]]\ncapturer = \"Ensuite\"\n"
    ))
    .await;
    let ends = run.lines(&op::STEP_END);
    let outcomes: Vec<Outcome> = ends.iter().map(|e| e.outcome).collect();
    assert_eq!(outcomes, [Outcome::Ok, Outcome::Failed, Outcome::Ok], "{ends:#?}");
    assert!(ends[1].text("why").unwrap().contains("limite"), "{ends:#?}");
    assert!(run.codes().contains(&"capture.limit_download"), "{:?}", run.codes());
    assert!(run.lines(&op::INCOMPLETE).iter().any(|m| m.text("url").is_some_and(|u| u.ends_with("/flux-fichier"))));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_gives_a_file_is_told_and_the_file_kept() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let run = play(&format!(
        "[[etape]]\naller = \"{base}/telechargements/devis-joint.pdf\"\n[[etape]]\naller = \"{base}/types/latin1\"\n"
    ))
    .await;
    let ends = run.lines(&op::STEP_END);
    assert_eq!(ends[0].text("code"), Some("capture.not_a_page"), "{ends:#?}");
    let kept = run.file(ends[0].text("path").unwrap());
    assert!(kept.starts_with(b"%PDF"));
    assert_eq!((ends[1].outcome, run.lines(&op::PAGE_REACHED)[0].outcome), (Outcome::Ok, Outcome::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_made_to_deceive_become_plain_ones() {
    let sites = Sites::start().unwrap();
    let base = sites.base();
    let mut steps = format!("[[etape]]\naller = \"{base}/hostile/\"\n");
    let mut paths: Vec<String> = (0..NAMES.len()).map(|n| format!("nom/{n}")).collect();
    paths.extend([
        "nom-long".to_owned(),
        "sans-nom/bail%20sign%C3%A9.pdf".to_owned(),
        "sans-nom/".to_owned() + &"n".repeat(300),
    ]);
    for path in &paths {
        steps.push_str(&format!("[[etape]]\ntelecharger = {{ url = \"{base}/hostile/{path}\" }}\n"));
    }
    let run = play(&steps).await;
    let ends = run.lines(&op::STEP_END);
    for (end, path) in ends[1..].iter().zip(&paths) {
        let kept = end.text("path").unwrap_or_else(|| panic!("{path} {end:#?}"));
        assert_eq!(run.file(kept), b"contenu du fichier\n", "{path}");
        let name = kept.strip_prefix("downloads/").unwrap();
        assert!(name.is_ascii() && !name.contains("..") && name.len() <= 90 && !name.contains('/'), "{path} {kept}");
        assert!(!name.contains("-download"), "{path}: a name of its own, not the browser's word: {kept}");
    }
}
