//! Real social applications nobody here wrote, gathered by the sheets that come with the product, against what they were given.
use std::collections::BTreeSet;

use dossier::{Outcome, op};
use fixtures::social_apps::{Blog, Comments, Forum, SocialApp, Thread, Wiki};
use serde_json::Value;

use crate::feed::items;
use crate::harness::{Run, play};

async fn gather(app: &dyn SocialApp, thread: &Thread) -> (Run, Value) {
    let run = play(&format!(
        "[acces]\nmode = \"public\"\n[[etape]]\naller = \"{}{}\"\n[[etape]]\nrecueillir = \"tout\"\n",
        app.base(),
        thread.address
    ))
    .await;
    let end = run.lines(&op::STEP_END)[1].clone();
    assert_eq!(end.outcome, Outcome::Ok, "{end:#?}");
    (run, Value::Object(end.data))
}

/// Every item of the thread and nothing else, by the number that ends its key; whole on the pictures; its words and its author.
fn same(run: &Run, facts: &Value, thread: &Thread, sheet: &str) {
    assert_eq!((&facts["sheet"]["name"], &facts["sheet"]["tried"]), (&sheet.into(), &"application".into()));
    assert_eq!(facts["pages"].as_u64(), Some(thread.pages as u64), "{facts:#}");
    let items = items(run);
    let number = |item: &Value| {
        let key = item["cle"].as_str().unwrap();
        key.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse::<u64>().unwrap()
    };
    let got: BTreeSet<u64> = items.iter().map(number).collect();
    let wanted: BTreeSet<u64> = thread.items.iter().map(|item| item.id).collect();
    assert_eq!(got, wanted, "{facts:#}");
    assert_eq!(facts["collected"].as_u64(), Some(thread.items.len() as u64), "{facts:#}");
    assert_eq!(facts["whole"], facts["collected"], "{facts:#}");
    for item in &thread.items {
        let line = items.iter().find(|line| number(line) == item.id).unwrap();
        let plain = |key: &str| line[key].as_str().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain("texte").contains(&item.text), "{line:#} {item:?}");
        assert!(plain("auteur").contains(&item.author_name), "{line:#} {item:?}");
    }
}

fn thread<'a>(app: &'a dyn SocialApp, kind: &str) -> &'a Thread {
    app.truth().threads.iter().find(|thread| thread.kind == kind).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_comments_of_a_blog() {
    let blog = Blog::start().unwrap();
    let thread = thread(&blog, "commentaires");
    let (run, facts) = gather(&blog, thread).await;
    same(&run, &facts, thread, "wordpress");
    assert_eq!((&facts["counter"]["value"], &facts["counter"]["state"]), (&120.into(), &"equal".into()), "{facts:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_a_wiki() {
    let wiki = Wiki::start().unwrap();
    let thread = thread(&wiki, "historique");
    let (run, facts) = gather(&wiki, thread).await;
    same(&run, &facts, thread, "mediawiki");
    assert!(run.codes().contains(&"capture.count_unknown"), "a history says no number: {:?}", run.codes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_of_a_forum() {
    let forum = Forum::start().unwrap();
    let thread = thread(&forum, "sujet");
    let (run, facts) = gather(&forum, thread).await;
    same(&run, &facts, thread, "spirit");
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_that_a_script_unfolds() {
    let comments = Comments::start().unwrap();
    let thread = thread(&comments, "commentaires");
    let (run, facts) = gather(&comments, thread).await;
    same(&run, &facts, thread, "isso");
    assert_eq!((&facts["counter"]["value"], &facts["counter"]["state"]), (&72.into(), &"equal".into()), "{facts:#}");
}
