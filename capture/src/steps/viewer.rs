//! A file that the browser shows in its own viewer (PDF): the viewer draws it after the page is complete by every rule of
//! a page, in frames of its own. Its pictures are taken once what the window shows has come to rest.
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{Finding, Level};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::Failure;
use crate::cdp::text;
use crate::page::Page;
use crate::screens::Tile;
use crate::session::Session;

/// The media type of what that viewer shows.
const PDF: &str = "application/pdf";
/// The longest wait.
const CEILING: Duration = Duration::from_secs(15);
/// How often the window is looked at, and how many looks in a row must be the same.
const LOOK: Duration = Duration::from_millis(300);
const STILL: u32 = 4;

/// Waits until the viewer has read the file and the window shows the same, and more than one colour, several times in a
/// row; what the journal says of it, `None` for any other page.
async fn drawn(page: &Page, loader: &str) -> Option<Value> {
    page.document(loader).filter(|document| document.media_type == PDF)?;
    let begun = Tick::now();
    let (mut last, mut same, mut still) = (String::new(), 0, false);
    while begun.elapsed() < CEILING {
        let asked = json!({"format": "png", "optimizeForSpeed": true});
        let Ok(answer) = page.call("Page.captureScreenshot", asked).await else { break };
        let shown = text(&answer, "/data").unwrap_or("").to_owned();
        same = if shown == last { same + 1 } else { 1 };
        last = shown;
        if page.recorder.viewer_has_read() && same >= STILL && has_content(&last) {
            still = true;
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    Some(
        json!({"read": page.recorder.viewer_has_read(), "still": still, "waited_ms": u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)}),
    )
}

impl Session<'_> {
    /// The same; that the viewer was not done is told.
    pub(super) async fn viewer_drawn(&mut self, page: &Page, loader: &str, url: &str) -> Result<Value, Failure> {
        let Some(facts) = drawn(page, loader).await else { return Ok(json!({})) };
        if facts.get("still").and_then(Value::as_bool) != Some(true) {
            let what = "Le lecteur de documents du navigateur n'avait pas fini d'afficher le fichier quand son image a \
                        été prise.";
            self.warn("capture.viewer_pending", what, url)?;
        }
        Ok(json!({"viewer": facts}))
    }

    /// What the pictures of such a file show.
    pub(super) fn tell_viewer(&mut self, drawn: &Value, url: &str) -> Result<(), Failure> {
        if drawn.get("viewer").is_none() {
            return Ok(());
        }
        let what = "La page est un fichier que le navigateur montre dans son propre lecteur : l'image de la page montre sa \
                    fenêtre et ses commandes, le document déroulé est pris à part, le fichier entier est conservé tel \
                    qu'il a été reçu.";
        self.find(Finding::new("capture.viewer", Level::Info, what).found(url)).map_err(Failure::from)
    }
}

fn has_content(data: &str) -> bool {
    let png = BASE64_STANDARD.decode(data).ok();
    png.and_then(|png| Tile::decode(&png).ok()).is_some_and(|tile| !tile.is_blank())
}
