//! Pictures of what scrolls inside the page: the whole content of each area, and of open dialogues.
use dossier::{ArtefactKind, ArtefactPath, Finding, Level, Outcome, op};
use serde_json::json;

use super::Failure;
use crate::screens::{Area, Areas};
use crate::session::{Running, Session, merged};

/// How many areas that are not taken are named.
const TOLD: usize = 8;

impl Session<'_> {
    /// Takes every area of the page; one that cannot be taken is told, and the capture goes on.
    pub(super) async fn area_pictures(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let areas = Areas::find(&running.page).await;
        let scale = self.plan.scenario.navigateur.echelle;
        let clock = std::sync::Arc::clone(&self.clock);
        let mut left = areas.left.clone();
        for (n, area) in areas.list.iter().enumerate() {
            if !self.has_room() {
                left.extend(areas.list.iter().skip(n).map(Area::named));
                break;
            }
            let path = ArtefactPath::new(format!("screens/{capture:04}-zone-{:02}.png", n + 1))?;
            let at = self.clock.now();
            let exif = self.exif(url, at)?;
            let meta = self.meta(ArtefactKind::ScreenshotArea, "image/png", capture, url, at);
            let open = || {
                let writer = self.dossier.begin(path.clone(), meta).map_err(|e| e.to_string())?;
                Ok((writer, exif))
            };
            let place = json!({"step": self.step, "capture": capture});
            match areas.take(&running.page, area, scale, &clock, open).await {
                Ok((writer, facts)) => {
                    let kept = self.dossier.keep(writer)?;
                    let outcome = if facts.whole { Outcome::Ok } else { Outcome::Deviation };
                    let data = merged(merged(place, facts.json), json!({"path": kept.path}));
                    self.dossier.record(op::PICTURE_AREA, outcome, data)?;
                    if !facts.whole {
                        let what = "Une zone à défilement intérieur n'a pas pu être prise tout entière.";
                        let (lacking, content) = facts.lacking;
                        let found = format!("{} : il manque {lacking} px de hauteur sur {content}", area.named());
                        self.warn("capture.area_cut", what, &found)?;
                    }
                }
                Err(why) => {
                    let data = json!({"what": area.what, "label": area.label, "why": why});
                    self.dossier.record(op::PICTURE_AREA, Outcome::NotDone, merged(place, data))?;
                    let what = "Une zone à défilement intérieur n'a pas pu être prise en image.";
                    self.warn("capture.area", what, &format!("{} : {why}", area.named()))?;
                }
            }
        }
        if !left.is_empty() {
            let what =
                "La page a d'autres zones à défilement intérieur, ou d'autres cadres, qui n'ont pas été pris à part.";
            let first = left.iter().take(TOLD).cloned().collect::<Vec<_>>().join(" ; ");
            let found = format!("{} en tout : {first}", left.len());
            self.find(Finding::new("capture.areas_cut", Level::Warn, what).found(found))?;
        }
        Ok(())
    }
}
