//! A window on the replay, for a person: the browser shows one page of ours and reaches nothing else.
use std::time::Duration;

use serde_json::{Value, json};

use super::{ReplaySite, offline};
use crate::browser::{Workspace, find_browser, launch, runs_as_root, switches};
use crate::cdp::{Cdp, text};
use crate::scenario::Navigateur;
use crate::session::opening::lost;
use crate::telephone;
use crate::{BrowserChoice, CaptureError, Display, Stop};

/// How often it is looked whether the person closed the window.
const LOOK: Duration = Duration::from_millis(300);

/// Shows `address` in a window on `display`, and returns when it is closed or when `stop` is asked. Without a display the
/// browser has no window: that is for tests.
///
/// The window opens on an address outside first: [`CaptureError::NotOffline`] when it is not refused.
pub async fn show(
    choice: &BrowserChoice,
    site: &ReplaySite,
    settings: &Navigateur,
    display: Option<&Display>,
    address: &str,
    stop: &Stop,
) -> Result<(), CaptureError> {
    let found = find_browser(choice)?;
    let workspace = Workspace::create()?;
    let mut table = switches(settings, !runs_as_root(), display.is_some());
    // Those two make pictures the same everywhere; a person scrolls and listens.
    table.retain(|switch| !matches!(switch.name, "hide-scrollbars" | "mute-audio"));
    telephone::switch_on(&mut table, &found, settings).await?;
    table.push(offline::rules(site.port));
    let mut browser = launch(&found.binary, &table, settings, &workspace, display).await?;
    let (cdp, mut events) = Cdp::connect(&browser.websocket).await.map_err(lost)?;
    // Nothing is observed here: what the connection tells is read so that it does not pile up.
    tokio::spawn(async move { while events.recv().await.is_some() {} });
    let shown = open(&cdp, address).await;
    if shown.is_ok() {
        tokio::select! {
            () = closed(&cdp) => {}
            _ = stop.wait() => {}
        }
    }
    let _ = cdp.call_within(None, "Browser.close", json!({}), Duration::from_secs(3)).await;
    browser.stop().await;
    workspace.remove();
    shown
}

async fn open(cdp: &Cdp, address: &str) -> Result<(), CaptureError> {
    let targets = cdp.call(None, "Target.getTargets", json!({})).await.map_err(lost)?;
    let page = targets.pointer("/targetInfos").and_then(Value::as_array).into_iter().flatten();
    let page = page.filter(|t| text(t, "/type") == Some("page")).find_map(|t| text(t, "/targetId"));
    let page = page.ok_or_else(|| CaptureError::BrowserLost { why: "aucune fenêtre".into() })?;
    let attached = cdp.call(None, "Target.attachToTarget", json!({"targetId": page, "flatten": true})).await;
    let attached = attached.map_err(lost)?;
    let session = text(&attached, "/sessionId");
    let outside = "http://192.0.2.1/";
    let answer = cdp.call(session, "Page.navigate", json!({"url": outside})).await.map_err(lost)?;
    let error = text(&answer, "/errorText").unwrap_or("aucune erreur");
    if error != offline::REFUSED {
        return Err(CaptureError::NotOffline { url: outside.into(), found: error.to_owned() });
    }
    cdp.call(session, "Page.navigate", json!({"url": address})).await.map_err(lost)?;
    cdp.call(None, "Target.detachFromTarget", json!({"sessionId": session})).await.map_err(lost)?;
    Ok(())
}

/// Returns when the last page is closed, or the browser is gone.
async fn closed(cdp: &Cdp) {
    loop {
        tokio::time::sleep(LOOK).await;
        if cdp.is_closed() {
            return;
        }
        let Ok(targets) = cdp.call(None, "Target.getTargets", json!({})).await else { return };
        let pages = targets.pointer("/targetInfos").and_then(Value::as_array).into_iter().flatten();
        if pages.filter(|t| text(t, "/type") == Some("page")).count() == 0 {
            return;
        }
    }
}
