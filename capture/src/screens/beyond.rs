//! Makes the browser draw what lies beyond its window, once for the whole session and before the first page.
//!
//! `captureBeyondViewport` does it for one capture: it switches the preference "record the whole document" on and off, and
//! sets the window to 1 x 1 px in between (Chromium, `page_handler.cc`), so that the page is laid out anew four times and
//! hears of it. Measured on a documentation page of 115,000 px: 1.7 s of layout for each tile. When two such captures
//! overlap, the second finds the preference on, and leaves it on: from then on a clip is drawn wherever it lies, the page
//! is laid out no more, and hears nothing. Measured on the same page: 64 ms for 1,000 px instead of 335; the same pixels.
//! It is done on the blank page before the first navigation, and outlives navigations. Each picture checks it: when it no
//! longer holds, it is done again on the page shown, and the map of tiles counts the layouts.
use serde_json::{Value, json};

use crate::cdp::{COMMAND, CdpError};
use crate::page::Page;
use crate::scenario::Navigateur;
use crate::telephone;

/// Layouts that [`draw_beyond_window`] costs the page shown.
pub(super) const RELAYOUTS: u32 = 4;

/// How pictures of whole pages are taken, for the map of tiles.
pub(super) const METHOD: &str = "Page.captureScreenshot, clip ; document entier dessiné (réglage pris avant la première page), \
    page non remise en forme, fenêtre inchangée";

/// The size of the window and its scale, as the scenario asks.
pub(crate) fn metrics(settings: &Navigateur) -> Value {
    if let Some(telephone) = &settings.telephone {
        return telephone::metrics(telephone);
    }
    json!({
        "width": settings.largeur, "height": settings.hauteur, "deviceScaleFactor": settings.echelle, "mobile": false,
    })
}

/// Two captures of one pixel that overlap, then the window as it was.
pub(crate) async fn draw_beyond_window(page: &Page, settings: &Navigateur) -> Result<(), CdpError> {
    let method = "Page.captureScreenshot";
    let pixel = json!({
        "format": "jpeg", "captureBeyondViewport": true, "clip": {"x": 0, "y": 0, "width": 1, "height": 1, "scale": 1},
    });
    let (cdp, session) = (&page.recorder.cdp, Some(page.session.as_str()));
    // Sent in one go: the second begins before the first has ended.
    let sent = [cdp.send(session, method, pixel.clone()), cdp.send(session, method, pixel)];
    for answer in sent {
        match tokio::time::timeout(COMMAND, answer).await {
            Err(_) => return Err(CdpError::Timeout { method: method.into(), after: COMMAND }),
            Ok(Err(_)) => return Err(CdpError::Closed { method: method.into() }),
            Ok(Ok(Err(message))) => return Err(CdpError::Refused { method: method.into(), message }),
            Ok(Ok(Ok(_))) => {}
        }
    }
    page.call("Emulation.setDeviceMetricsOverride", metrics(settings)).await.map(|_| ())
}
