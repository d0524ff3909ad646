//! The documents of a page as the browser holds them: HTML of each frame, snapshot of each process, MHTML of the whole.
use std::time::Duration;

use serde_json::{Value, json};

use crate::cdp::text;
use crate::frames::Frame;
use crate::page::Page;

/// The longest wait for one document.
const DEADLINE: Duration = Duration::from_secs(60);
/// The longest document of a frame that is kept.
const LONG: usize = 8 * 1024 * 1024;

/// The document of a frame below the page as HTML, shadow trees as `<template shadowrootmode>`.
pub(super) async fn saved(frame: &Frame, all: &[Frame]) -> Result<String, String> {
    let html = html(frame, all).await?;
    match html.len() {
        0..=LONG => Ok(html),
        long => Err(format!("document de {long} octets")),
    }
}

async fn html(frame: &Frame, all: &[Frame]) -> Result<String, String> {
    let node = match frame.document(all).await {
        Some(node) => node,
        None => return Err("document introuvable".into()),
    };
    let mut asked = node;
    asked["includeShadowDOM"] = json!(true);
    let cdp = &frame.page.recorder.cdp;
    let answer = cdp.call_within(Some(&frame.page.session), "DOM.getOuterHTML", asked, DEADLINE).await;
    let answer = answer.map_err(|e| e.to_string())?;
    Ok(text(&answer, "/outerHTML").unwrap_or("").to_owned())
}

/// `DOMSnapshot.captureSnapshot` of each process that draws a part of the page: every node, closed shadow trees included,
/// with its place and its text as laid out. The browser's own words, one a line.
pub(crate) async fn snapshots(page: &Page, frames: &[Frame]) -> (Vec<Value>, Vec<String>) {
    let mut sessions: Vec<&Frame> = Vec::new();
    for frame in frames {
        if !sessions.iter().any(|f| f.page.session == frame.page.session) {
            sessions.push(frame);
        }
    }
    let (mut out, mut wrong) = (Vec::new(), Vec::new());
    let asked = json!({"computedStyles": [], "includeDOMRects": true});
    for frame in sessions {
        let cdp = &page.recorder.cdp;
        let session = Some(frame.page.session.as_str());
        match cdp.call_within(session, "DOMSnapshot.captureSnapshot", asked.clone(), DEADLINE).await {
            Ok(snapshot) => out.push(json!({"url": frame.url, "snapshot": snapshot})),
            Err(error) => wrong.push(format!("Instantané du document {} : {error}.", frame.url)),
        }
    }
    (out, wrong)
}

/// The page and its resources in one file (RFC 2557), as the browser saves it.
pub(crate) async fn mhtml(page: &Page) -> Result<String, String> {
    let cdp = &page.recorder.cdp;
    let answer =
        cdp.call_within(Some(&page.session), "Page.captureSnapshot", json!({"format": "mhtml"}), DEADLINE).await;
    let answer = answer.map_err(|e| e.to_string())?;
    text(&answer, "/data").filter(|d| !d.is_empty()).map(str::to_owned).ok_or_else(|| "réponse vide".into())
}
