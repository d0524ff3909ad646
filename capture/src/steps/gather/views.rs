//! The pictures of a gathering: the window at each stop, with what stands on it, and the plates they make.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactPath, Outcome, op};
use serde_json::json;
use tokio::task::spawn_blocking;

use super::{Gathering, look};
use crate::cdp::text;
use crate::feed::{Frame, Look, Plates};
use crate::page::Page;
use crate::session::{Session, merged};
use crate::steps::Failure;

/// How often a view is taken when what it shows moves meanwhile.
const TRIES: u32 = 3;

impl Session<'_> {
    /// Takes the window, and notes where each item stands on it; the look that goes with it.
    pub(super) async fn view(
        &mut self,
        page: &Page,
        gathering: &mut Gathering,
        mut now: Look,
    ) -> Result<Look, Failure> {
        let mut tries = 1;
        loop {
            let at = self.clock.now();
            let asked = json!({"format": "png", "optimizeForSpeed": true});
            let answer = page.call("Page.captureScreenshot", asked).await?;
            let after = look(page, &gathering.rules, false, false).await?;
            self.note(gathering, &after);
            let still = after.same_places(&now);
            if !still && tries < TRIES {
                tries += 1;
                now = after;
                continue;
            }
            let png = text(&answer, "/data").and_then(|data| BASE64_STANDARD.decode(data).ok());
            let Some(png) = png else {
                return Err(Failure::step("capture.picture", "Le navigateur n'a pas rendu d'image de la fenêtre."));
            };
            gathering.moving += u32::from(!still);
            let (view, plate, rank) = gathering.plates.add(Frame { png, at, scroll: after.scroll, still });
            let frame = json!({"planche": plate, "vue": view, "rang": rank});
            if still {
                for item in &after.items {
                    if let Some((seen, _)) = gathering.open.get_mut(&item.key) {
                        seen.pictured(item, after.band, &frame);
                    }
                }
            }
            return Ok(after);
        }
    }

    /// Makes the plates that are full; with `last`, the one that is not.
    pub(super) async fn make_plates(
        &mut self,
        url: &str,
        gathering: &mut Gathering,
        last: bool,
    ) -> Result<(), Failure> {
        self.plates_of(url, gathering.capture, &mut gathering.plates, last).await
    }

    /// The same for the plates of any capture.
    pub(in crate::steps) async fn plates_of(
        &mut self,
        url: &str,
        capture: u32,
        plates: &mut Plates,
        last: bool,
    ) -> Result<(), Failure> {
        while let Some(plate) = plates.ready(last) {
            let number = plate.number;
            let path = ArtefactPath::new(format!("screens/{capture:04}-fil-{number:03}.png"))?;
            let at = plate.taken_at().unwrap_or_else(|| self.clock.now());
            let exif = self.exif(url, at)?;
            let meta = self.meta(ArtefactKind::ScreenshotFeed, "image/png", capture, url, at);
            let writer = self.dossier.begin(path, meta)?;
            let made = spawn_blocking(move || plate.write(writer, &exif)).await;
            let place = json!({"step": self.step, "capture": capture, "plate": number});
            match made.map_err(|e| e.to_string()).and_then(|made| made) {
                Ok((writer, facts)) => {
                    let kept = self.dossier.keep(writer)?;
                    let data = merged(merged(place, facts), json!({"path": kept.path}));
                    self.dossier.record(op::PICTURE_FEED, Outcome::Ok, data)?;
                }
                Err(why) => {
                    self.dossier.record(op::PICTURE_FEED, Outcome::NotDone, merged(place, json!({"why": why})))?;
                    let what = "Une planche d'images du recueil n'a pas pu être faite : ces vues manquent.";
                    self.warn("capture.plate", what, &format!("planche {number} : {why}"))?;
                }
            }
        }
        Ok(())
    }
}
