//! Feeds gathered item by item, against the exact truth of replicas built as the real ones are.
use std::collections::BTreeSet;

use dossier::{Outcome, op};
use fixtures::Sites;
use fixtures::sites::replicas::{self, Feed};
use serde_json::Value;

use crate::harness::{Run, play, play_until};
use capture::Stop;

/// The lines of the lists of a capture.
pub(crate) fn items(run: &Run) -> Vec<Value> {
    let lists = run.captured.dossier.artefacts().iter().filter(|a| a.path.as_str().contains("-publications-"));
    let paths: Vec<String> = lists.map(|a| a.path.to_string()).collect();
    let lines = paths.iter().flat_map(|path| {
        let text = String::from_utf8(run.file(path)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
    });
    lines.collect()
}

/// Plays `step` on a page of the replicas, and asks for a stop once the site was asked `times` for an address that begins so.
async fn cut_after(path: &str, step: &str, asked: &'static str, times: usize) -> Run {
    let sites = Sites::start().unwrap();
    let stop = Stop::new();
    let asking = stop.clone();
    let steps =
        format!("[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}{path}\"\n[[etape]]\n{step}\n", sites.base());
    let watcher = tokio::spawn(async move {
        while sites.requests().iter().filter(|r| r.path.starts_with(asked)).count() < times {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        asking.request();
        sites
    });
    let run = play_until(&steps, stop).await;
    assert!(watcher.is_finished(), "the stop was asked for");
    run
}

/// The facts of the gathering.
fn gathered(run: &Run) -> Value {
    let ends = run.lines(&op::STEP_END);
    let end = ends.iter().find(|end| end.text("kind") == Some("recueillir")).unwrap();
    assert_eq!(end.outcome, Outcome::Ok, "{end:#?}");
    Value::Object(end.data.clone())
}

fn texts(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|item| plain(item["texte"].as_str().unwrap())).collect()
}

fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

async fn gather(sites: &Sites, path: &str, step: &str) -> Run {
    play(&format!(
        "[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}{path}\"\n[[etape]]\nrecueillir = {step}\n",
        sites.base()
    ))
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_feed_is_gathered_whole() {
    let sites = Sites::start().unwrap();
    let run = gather(&sites, "/reseau/fil?n=137", "\"tout\"").await;
    let facts = gathered(&run);
    assert_eq!(facts["collected"], 137, "{facts:#}");
    assert_eq!((&facts["counter"]["value"], &facts["counter"]["state"]), (&137.into(), &"equal".into()), "{facts:#}");
    assert_eq!((&facts["traffic"]["items"], &facts["traffic"]["not_gathered"]), (&137.into(), &0.into()), "{facts:#}");
    assert_eq!((&facts["whole"], &facts["cut"]), (&137.into(), &0.into()), "{facts:#}");
    assert_eq!(texts(&items(&run)), wanted(Feed::Fil, 137));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_recycles_its_items_is_gathered_whole() {
    let sites = Sites::start().unwrap();
    for path in ["/reseau/virtuel?n=300", "/reseau/virtuel?n=300&boite=1"] {
        let run = gather(&sites, path, "\"tout\"").await;
        let facts = gathered(&run);
        assert_eq!((&facts["collected"], &facts["whole"]), (&300.into(), &300.into()), "{path} {facts:#}");
        assert_eq!(facts["counter"]["state"], "equal", "{path} {facts:#}");
        assert_eq!(facts["traffic"]["not_gathered"], 0, "{path} {facts:#}");
        assert!(facts["most_items"].as_u64().unwrap() < 60, "{path}: the page recycles {facts:#}");
        assert_eq!(texts(&items(&run)), wanted(Feed::Virtuel, 300), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nested_comments_are_unfolded_on_the_way_and_counted() {
    let sites = Sites::start().unwrap();
    let run = gather(&sites, "/reseau/discussion?n=300", "{ titre = \"Discussion\" }").await;
    let facts = gathered(&run);
    assert_eq!((&facts["collected"], &facts["counter"]["state"]), (&300.into(), &"equal".into()), "{facts:#}");
    let wanted: BTreeSet<String> = replicas::comments(300).iter().map(|c| plain(&c.text)).collect();
    let got = texts(&items(&run));
    assert_eq!(got.symmetric_difference(&wanted).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_site_announces_and_never_shows_is_a_finding() {
    let sites = Sites::start().unwrap();
    let run = gather(&sites, "/reseau/discussion?n=300&atteignables=40", "\"tout\"").await;
    let facts = gathered(&run);
    assert_eq!((&facts["collected"], &facts["counter"]["state"]), (&40.into(), &"short".into()), "{facts:#}");
    let told = run.captured.findings.iter().find(|f| f.code == "capture.count_short").unwrap();
    assert_eq!(told.found.as_deref(), Some("40 sur 300 (« 300 commentaires »)"));
}

#[tokio::test(flavor = "multi_thread")]
async fn shadow_trees_workers_and_other_languages_hide_nothing() {
    let sites = Sites::start().unwrap();
    for (path, feed, n) in [
        ("/reseau/composants?n=24", Feed::Composants, 24),
        ("/reseau/travailleur?n=60", Feed::Travailleur, 60),
        ("/reseau/fil?n=30&langue=en", Feed::Fil, 30),
    ] {
        let run = gather(&sites, path, "\"tout\"").await;
        let facts = gathered(&run);
        assert_eq!((&facts["collected"], &facts["counter"]["state"]), (&n.into(), &"equal".into()), "{path} {facts:#}");
        assert_eq!(texts(&items(&run)), wanted(feed, n), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_that_does_not_fit_refuses_to_claim_success() {
    let sites = Sites::start().unwrap();
    let run = gather(&sites, "/reseau/fil?n=20", "{ fiche = \"wordpress\" }").await;
    let end = run.lines(&op::STEP_END)[1];
    assert_eq!((end.outcome, end.text("code")), (Outcome::Failed, Some("capture.sheet_mismatch")), "{end:#?}");
    assert!(items(&run).is_empty());
}

fn wanted(feed: Feed, n: usize) -> BTreeSet<String> {
    replicas::posts(feed, n).iter().map(|post| plain(&post.text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn galleries_and_stories_are_gone_through_view_by_view() {
    let sites = Sites::start().unwrap();
    for (path, views) in [("/reseau/galerie?n=9", 9), ("/reseau/recits?n=6", 6)] {
        let run = play(&format!(
            "[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}{path}\"\n[[etape]]\nfeuilleter = \"Vues\"\n",
            sites.base()
        ))
        .await;
        let end = run.lines(&op::STEP_END)[1];
        assert_eq!(end.outcome, Outcome::Ok, "{end:#?}");
        assert!(end.data["views"].as_u64().unwrap() >= views, "{path} {end:#?}");
        assert!(!run.codes().contains(&"capture.count_short"), "{path} {:?}", run.codes());
        assert!(run.file("screens/0001-fil-001.png").len() > 10_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gathering_that_is_cut_keeps_and_counts_what_it_has() {
    let run = cut_after("/reseau/virtuel?n=2000", "recueillir = \"tout\"", "/reseau/api/publications", 12).await;
    let end = run.lines(&op::STEP_END)[1];
    assert_eq!((end.outcome, end.text("code")), (Outcome::Failed, Some("capture.stopped")), "{end:#?}");
    assert_eq!((&end.data["reason"], &end.data["counter"]["state"]), (&"stopped".into(), &"short".into()), "{end:#?}");
    let (collected, plates) = (end.data["collected"].as_u64().unwrap(), end.data["plates"].as_u64().unwrap());
    assert!((1..2000).contains(&collected) && plates > 0, "{end:#?}");
    assert_eq!(items(&run).len() as u64, collected, "every item that was counted is in the lists");
    assert_eq!(run.lines(&op::PICTURE_FEED).len() as u64, plates, "every view stands on a plate");
    let told = ["capture.feed_unfinished", "capture.count_short"];
    assert!(told.iter().all(|code| run.codes().contains(code)), "{:?}", run.codes());
    let left: Vec<_> =
        run.captured.dossier.artefacts().iter().filter(|a| a.path.as_str().contains("inacheve")).collect();
    assert!(left.is_empty(), "{left:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stories_that_are_cut_keep_the_views_taken() {
    let run = cut_after("/reseau/recits?n=40", "feuilleter = \"Vues\"", "/images/paysage-", 5).await;
    let end = run.lines(&op::STEP_END)[1];
    assert_eq!((end.outcome, end.text("code")), (Outcome::Failed, Some("capture.stopped")), "{end:#?}");
    let views = end.data["views"].as_u64().unwrap();
    assert!((1..40).contains(&views), "{end:#?}");
    assert_eq!(run.file("captures/0001-vues.jsonl").iter().filter(|b| **b == b'\n').count() as u64, views);
}
