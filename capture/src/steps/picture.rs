//! The pictures of a page: the window as it stands, the page whole after it was scrolled through; each judged and journalled.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use std::sync::Arc;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Finding, Instant, Level, Origin, Outcome, op};
use serde_json::{Value, json};

use super::{Failure, StepResult};
use crate::cdp::text;
use crate::recorder::Answered;
use crate::screens::{PagePicture, PictureFacts, Scrolled, Tile, with_exif};
use crate::session::{Running, Session, merged};
use crate::{CaptureError, Event};

/// How many pictures that cannot be shown get a finding of their own.
const TOLD: usize = 20;

/// The type of the document, and whether it has something in sight.
const SHOWN: &str = "({kind: document.contentType, something: !!document.body && (document.body.innerText.trim() !== '' || \
    [...document.querySelectorAll('img,video,canvas,svg,iframe,embed,object')].some(e => { const r = e.getBoundingClientRect(); \
    return r.width > 0 && r.height > 0 && r.top < innerHeight && r.bottom > 0; }))})";

/// Why a picture that is complete for the browser shows nothing, as far as the recorder knows.
fn not_shown(ended: Option<&Answered>) -> String {
    match ended {
        Some(Answered::Status(status, _)) if *status >= 400 => {
            format!("Une image de la page n'est pas affichée : le serveur a répondu {status}.")
        }
        Some(Answered::Failed(why)) => format!("Une image de la page n'est pas affichée : pas de réponse ({why})."),
        Some(Answered::Status(status, kind)) => {
            let kind = if kind.is_empty() { "sans type" } else { kind };
            format!("Une image de la page n'a pas pu être décodée par le navigateur (réponse {status}, {kind}).")
        }
        None => "Une image de la page n'a pas pu être décodée par le navigateur.".to_owned(),
    }
}

pub(super) fn wrong(why: String) -> Failure {
    Failure::step("capture.picture", format!("Image de la page entière impossible : {why}."))
}

impl Session<'_> {
    pub(super) fn meta(
        &self,
        kind: ArtefactKind,
        media_type: &str,
        capture: u32,
        url: &str,
        at: Instant,
    ) -> ArtefactMeta {
        let meta = ArtefactMeta::new(kind, Origin::Produced, media_type).of_step(self.step, Some(capture));
        meta.from_page(url, at)
    }

    pub(super) fn exif(&self, url: &str, taken_at: Instant) -> Result<Vec<u8>, Failure> {
        let density = self.plan.scenario.navigateur.echelle;
        let facts = PictureFacts { taken_at, url: url.to_owned(), software: self.software.clone(), density };
        facts.exif().map_err(|e| Failure::step("capture.picture", format!("Bloc EXIF impossible : {e}.")))
    }

    /// The window as it is; the path of the picture.
    pub(super) async fn viewport_picture(&mut self, running: &Running, capture: u32) -> Result<String, Failure> {
        let path = ArtefactPath::new(format!("screens/{capture:04}-ecran.png"))?;
        self.window_picture(running, path, Some(capture)).await
    }

    /// The window right after a page was reached: nothing was scrolled, clicked or typed on it yet. It belongs to no
    /// capture. Its path; that it failed is told, and does not make the step fail.
    pub(super) async fn arrival_picture(&mut self, running: &Running) -> Result<Option<String>, Failure> {
        let path = self.dossier.free_name(&format!("screens/etape-{:04}-arrivee", self.step), ".png")?;
        match self.window_picture(running, path, None).await {
            Ok(path) => Ok(Some(path)),
            Err(Failure::Step { why, .. }) => {
                let what = "L'image de la fenêtre à l'arrivée sur la page n'a pas pu être prise.";
                self.warn("capture.arrival_picture", what, &why)?;
                Ok(None)
            }
            Err(capture) => Err(capture),
        }
    }

    /// The window at a wall, before or after the choice made there; `None` when the browser gave no picture.
    pub(crate) async fn wall_picture(&mut self, running: &Running, when: &str) -> Result<Option<String>, CaptureError> {
        let path = self.dossier.free_name(&format!("screens/etape-{:04}-{when}", self.step), ".png")?;
        match self.window_picture(running, path, None).await {
            Ok(path) => Ok(Some(path)),
            Err(Failure::Capture(error)) => Err(error),
            Err(Failure::Step { .. } | Failure::Stopped { .. }) => Ok(None),
        }
    }

    async fn window_picture(
        &mut self,
        running: &Running,
        path: ArtefactPath,
        capture: Option<u32>,
    ) -> Result<String, Failure> {
        let (url, _, _) = running.page.where_am_i().await;
        let at = self.clock.now();
        let answer =
            running.page.call("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": true})).await?;
        let png = text(&answer, "/data").and_then(|d| BASE64_STANDARD.decode(d).ok());
        if let Some(png) = &png {
            self.judge_window(running, png, &path).await?;
        }
        let exif = self.exif(&url, at)?;
        let Some(png) = png.and_then(|png| with_exif(&png, &exif)) else {
            return Err(Failure::step("capture.picture", "Le navigateur n'a pas rendu d'image de la fenêtre."));
        };
        let meta = ArtefactMeta::new(ArtefactKind::ScreenshotViewport, Origin::Produced, "image/png");
        let meta = meta.of_step(self.step, capture).from_page(&url, at);
        let kept = self.dossier.keep_bytes(path, meta, &png)?;
        Ok(kept.path.to_string())
    }

    /// A window of a single colour is told when the document has something to show, or is one the browser shows by means
    /// of its own (a PDF), of which nothing may come into pictures.
    async fn judge_window(&mut self, running: &Running, png: &[u8], path: &ArtefactPath) -> Result<(), Failure> {
        let blank = match Tile::decode(png) {
            Ok(tile) => tile.is_blank(),
            Err(why) => {
                let what = "L'image de la fenêtre, rendue par le navigateur, ne peut pas être relue.";
                return self.warn("capture.window_unreadable", what, &format!("{path} : {why}")).map_err(Failure::from);
            }
        };
        if !blank {
            return Ok(());
        }
        // A document that does not answer is not taken for an empty one.
        let shown = running.page.ask(SHOWN).await.unwrap_or_else(|why| json!({"kind": why.to_string()}));
        let kind = text(&shown, "/kind").unwrap_or("");
        if kind == "text/html" && shown.get("something").and_then(Value::as_bool) == Some(false) {
            return Ok(());
        }
        let what = "L'image de la fenêtre est d'une seule couleur alors que le document a un contenu.";
        self.warn("capture.blank_window", what, &format!("{path} ({kind})")).map_err(Failure::from)
    }

    /// Scrolls through the page so that what is lazy comes; the page is left at its top.
    pub(super) async fn scroll_through(&mut self, running: &Running, capture: u32) -> Result<Scrolled, Failure> {
        let limits = self.plan.scenario.limites;
        let scrolled = Scrolled::through(&running.page, limits.page, limits.hauteur).await.map_err(wrong)?;
        let place = json!({"step": self.step, "capture": capture});
        self.dossier.record(op::PAGE_SCROLLED, Outcome::Ok, merged(place, scrolled.json()))?;
        if scrolled.growing {
            let what = "La page grandissait encore quand le défilement a pris fin : ce qui serait venu ensuite n'est ni \
                        demandé, ni sur l'image (voir l'étape « defiler »).";
            let heights: Vec<String> = scrolled.heights.iter().map(ToString::to_string).collect();
            let last = heights.len().saturating_sub(3);
            let found = format!("… {} px", heights.get(last..).unwrap_or_default().join(", "));
            self.warn("capture.growth_cut", what, &found)?;
        }
        for broken in scrolled.broken.iter().take(TOLD) {
            let came = broken.get("came").and_then(Value::as_bool).unwrap_or(false);
            let number = |key| broken.get(key).and_then(Value::as_i64).unwrap_or(0);
            let url = text(broken, "/url").unwrap_or("");
            let ended = text(broken, "/url").and_then(|url| running.recorder.picture_at(url));
            let (code, what) = match came {
                true => ("capture.image_broken", not_shown(ended.as_ref())),
                false => {
                    let what = "Une image de la page n'était pas arrivée quand la page a été prise.";
                    ("capture.image_pending", what.to_owned())
                }
            };
            let found = format!(
                "{} (x {}, y {}, {} x {} px)",
                url.chars().take(500).collect::<String>(),
                number("x"),
                number("y"),
                number("width"),
                number("height")
            );
            self.warn(code, &what, &found)?;
        }
        if scrolled.broken.len() > TOLD {
            let what = "D'autres images de la page ne sont pas affichées.";
            self.warn("capture.images_broken", what, &format!("{} en tout", scrolled.broken.len()))?;
        }
        Ok(scrolled)
    }

    pub(super) async fn page_picture(&mut self, running: &Running, capture: u32, url: &str) -> StepResult {
        let (limit, settings) = (self.plan.scenario.limites.hauteur, &self.plan.scenario.navigateur);
        let prepared = PagePicture::prepare(&running.page, limit, settings, Arc::clone(&self.clock)).await;
        let mut picture = prepared.map_err(wrong)?;
        let at = self.clock.now();
        let exif = self.exif(url, at)?;
        let meta = self.meta(ArtefactKind::ScreenshotPage, "image/png", capture, url, at);
        let writer = self.dossier.begin(ArtefactPath::new(format!("screens/{capture:04}-page.png"))?, meta)?;
        let progress = self.progress;
        let told = |n, total| progress.event(&Event::Tile { n, total });
        let writer = picture.take(&running.page, writer, &exif, &told).await.map_err(wrong)?;
        let kept = self.dossier.keep(writer)?;
        let map = serde_json::to_vec_pretty(&picture.map()).unwrap_or_default();
        let meta = self.meta(ArtefactKind::TileMap, "application/json", capture, url, at);
        let map =
            self.dossier.keep_bytes(ArtefactPath::new(format!("screens/{capture:04}-tuiles.json"))?, meta, &map)?;
        let data = json!({
            "step": self.step, "capture": capture, "path": kept.path, "map": map.path, "width": picture.width,
            "height": picture.height, "scale": picture.scale, "tiles": picture.tiles.len(),
            "blank": picture.tiles.iter().filter(|t| t.blank).count(), "drawn_apart": picture.patches.len(),
            "relayouts": picture.relayouts, "heights": picture.heights, "pixels_sha256": picture.pixels,
            "first_at": picture.tiles.first().map(|t| t.taken_at), "last_at": picture.tiles.last().map(|t| t.taken_at),
        });
        let outcome = if picture.relayouts == 0 { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::PICTURE_PAGE, outcome, data)?;
        self.judge(&picture)?;
        Ok(json!({
            "page_picture": kept.path, "page_width": picture.width, "page_height": picture.height,
            "tiles": picture.tiles.len(), "drawn_apart": picture.patches.len(),
        }))
    }

    /// What is wrong with a picture of a page is said, tile by tile.
    fn judge(&mut self, picture: &PagePicture) -> Result<(), Failure> {
        for tile in &picture.tiles {
            let place = format!("pixels {} à {}", tile.y, tile.y + tile.height);
            if tile.retried {
                let what =
                    "Une tuile de l'image était vide alors que la page y a du contenu ; elle a été reprise une fois.";
                self.find(Finding::new("capture.tile_retried", Level::Info, what).found(&place))?;
            }
            if tile.blank && tile.content != Some(false) {
                let what = "Une tuile de l'image est d'une seule couleur alors que la page y a du contenu.";
                self.warn("capture.blank_tile", what, &place)?;
            }
        }
        let [before, after] = picture.heights;
        if before != after {
            let what = "La hauteur de la page a changé pendant la prise de l'image.";
            self.find(Finding::new("capture.height_changed", Level::Warn, what).values(before, after))?;
        }
        let covered = picture.patches.iter().filter(|p| p.covered).count();
        if covered > 0 {
            let what = "Un élément fixe de la page (bandeau, fenêtre de consentement) recouvre des cadres sur l'image.";
            self.find(Finding::new("capture.frame_covered", Level::Info, what).found(covered))?;
        }
        if picture.patches_cut {
            let what =
                "La page a trop de cadres dessinés seulement dans la fenêtre : les derniers sont vides sur l'image.";
            self.warn("capture.frames_cut", what, &picture.patches.len().to_string())?;
        }
        if let Some(height) = picture.cut {
            let what = "La page est plus haute que la limite fixée : son image est coupée.";
            self.find(Finding::new("capture.page_cut", Level::Warn, what).values(height, picture.height))?;
        }
        Ok(())
    }
}
