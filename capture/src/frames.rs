//! The frames of a page, in its own process or in others, and where each lies in the window.
use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cdp::text;
use crate::page::Page;

/// The most frames of one page that are looked at.
const MOST: usize = 100;

/// One frame; the first of a list is the page itself.
#[derive(Clone)]
pub(crate) struct Frame {
    /// The frame as a page of its own: questions go to its session and its isolated world.
    pub(crate) page: Page,
    pub(crate) parent: Option<String>,
    pub(crate) url: String,
    /// What brought its document.
    pub(crate) loader: String,
    /// Whether it is drawn by another process than its page (another site).
    pub(crate) apart: bool,
}

/// The frames of a page, outermost first, and whether there are more than are given: beyond the limit, or in a process
/// that does not answer.
pub(crate) async fn frames(page: &Page) -> (Vec<Frame>, bool) {
    let mut sessions = vec![page.session.clone()];
    {
        let state = page.recorder.state();
        let others = state.sessions.iter().filter(|(_, (kind, _))| kind == "iframe");
        sessions.extend(others.map(|(session, _)| session.clone()));
    }
    let mut found = Vec::new();
    let mut more = sessions.len() > MOST;
    for session in sessions.into_iter().take(MOST) {
        let of = if session == page.session { page.clone() } else { page.part(session) };
        let Ok(answer) = of.call("Page.getFrameTree", json!({})).await else {
            // A frame that went away meanwhile is no gap.
            more |= page.recorder.state().sessions.contains_key(&of.session);
            continue;
        };
        let apart = of.session != page.session;
        if let Some(tree) = answer.get("frameTree") {
            collect(tree, &of, apart, &mut found);
        }
    }
    more |= found.len() > MOST;
    found.truncate(MOST);
    (rooted(found, &page.frame), more)
}

fn collect(tree: &Value, of: &Page, apart: bool, found: &mut Vec<Frame>) {
    // A frame tree is as deep as the page wants: a list of what is to be seen, not a recursion.
    let mut left = vec![tree];
    while let Some(tree) = left.pop() {
        if found.len() > MOST {
            return;
        }
        let Some(id) = text(tree, "/frame/id") else { continue };
        let page = of.framed(id);
        let mut url = text(tree, "/frame/url").unwrap_or("").to_owned();
        url.push_str(text(tree, "/frame/urlFragment").unwrap_or(""));
        let loader = text(tree, "/frame/loaderId").unwrap_or("").to_owned();
        found.push(Frame { page, parent: text(tree, "/frame/parentId").map(str::to_owned), url, loader, apart });
        let children = tree.get("childFrames").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        left.extend(children.iter().rev());
    }
}

/// The frames whose parents lead to the page: other windows have frames too.
fn rooted(found: Vec<Frame>, root: &str) -> Vec<Frame> {
    let mut inside = BTreeSet::from([root.to_owned()]);
    let (mut kept, mut left): (Vec<Frame>, Vec<Frame>) = found.into_iter().partition(|f| f.page.frame == root);
    loop {
        let (now, later): (Vec<Frame>, Vec<Frame>) =
            left.into_iter().partition(|f| f.parent.as_ref().is_some_and(|p| inside.contains(p)));
        if now.is_empty() {
            return kept;
        }
        inside.extend(now.iter().map(|f| f.page.frame.clone()));
        kept.extend(now);
        left = later;
    }
}

impl Frame {
    /// Whether it is the page itself.
    pub(crate) fn is_main(&self) -> bool {
        self.parent.is_none()
    }

    /// The element that holds the frame: the session of its parent, and its node.
    async fn owner<'a>(&self, all: &'a [Frame]) -> Option<(&'a Frame, Value)> {
        let parent = all.iter().find(|f| Some(&f.page.frame) == self.parent.as_ref())?;
        let answer = parent.page.call("DOM.getFrameOwner", json!({"frameId": self.page.frame})).await.ok()?;
        Some((parent, json!({"backendNodeId": answer.get("backendNodeId")?})))
    }

    /// The document of the frame, for `DOM.getOuterHTML` in its own session.
    pub(crate) async fn document(&self, all: &[Frame]) -> Option<Value> {
        let owner = self.owner(all).await.filter(|(parent, _)| parent.page.session == self.page.session);
        let Some((parent, mut node)) = owner else {
            let answer = self.page.call("DOM.getDocument", json!({"depth": 0})).await.ok()?;
            return Some(json!({"nodeId": answer.pointer("/root/nodeId")?}));
        };
        // Only the frame's element and the document under it.
        node["depth"] = json!(1);
        node["pierce"] = json!(true);
        let answer = parent.page.call("DOM.describeNode", node).await.ok()?;
        Some(json!({"backendNodeId": answer.pointer("/node/contentDocument/backendNodeId")?}))
    }

    /// Where the top left corner of the frame's content lies in the window of the page, in CSS pixels.
    pub(crate) async fn corner(&self, all: &[Frame]) -> Option<(f64, f64)> {
        let (mut x, mut y) = (0.0, 0.0);
        let mut frame = self;
        // Coordinates of the browser are relative to the outermost frame of a process.
        for _ in 0..all.len() {
            if frame.is_main() {
                return Some((x, y));
            }
            let (parent, node) = frame.owner(all).await?;
            let model = parent.page.call("DOM.getBoxModel", node).await.ok()?;
            x += model.pointer("/model/content/0")?.as_f64()?;
            y += model.pointer("/model/content/1")?.as_f64()?;
            frame = all.iter().find(|f| f.page.session == parent.page.session)?;
        }
        None
    }

    /// Scrolls the page so that the frame can be seen.
    pub(crate) async fn show(&self, all: &[Frame]) {
        let mut chain = Vec::new();
        let mut frame = self;
        while let Some((parent, node)) = frame.owner(all).await {
            chain.push((parent, node));
            frame = parent;
            if frame.is_main() || chain.len() > all.len() {
                break;
            }
        }
        for (parent, node) in chain.into_iter().rev() {
            let _ = parent.page.call("DOM.scrollIntoViewIfNeeded", node).await;
        }
    }
}
