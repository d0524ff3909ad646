//! `capturer`: the window, the whole page, the document, its text, a print, and the main answer as received.
use std::io::Write;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, DossierError, Finding, Instant, Level, Origin};
use serde_json::{Value, json};

use super::{Failure, StepResult};
use crate::Event;
use crate::cdp::text;
use crate::screens::{PagePicture, PictureFacts, with_exif};
use crate::session::{Pictured, Running, Session, merged};

/// The longest print.
const PRINT: Duration = Duration::from_secs(180);
/// How much of the text of a page goes into the list of pages, in characters.
const LISTED: usize = 100_000;

impl Session<'_> {
    pub(crate) async fn capture_page(&mut self, running: &Running, titre: &str) -> StepResult {
        let most = self.plan.scenario.limites.captures;
        if self.captures >= most {
            let why = format!("La limite de captures du scénario est atteinte ({most}).");
            return Err(Failure::step("capture.limit_captures", why));
        }
        self.captures += 1;
        let capture = self.captures;
        let load = running.page.complete(self.plan.scenario.limites.page).await;
        if load.lost() {
            // Nothing can be asked of it; how it was lost is told after the step.
            return Err(Failure::step(
                "capture.page_unresponsive",
                "La page ne répond plus : rien n'a pu en être pris.",
            ));
        }
        let (url, title, loader) = running.page.where_am_i().await;
        self.pictured = Some(Pictured { titre: titre.to_owned(), title: title.clone(), url: url.clone() });
        let viewport = self.viewport_picture(running, capture).await?;
        let picture = self.page_picture(running, capture, &url).await;
        self.keep_dom(running, capture, &url).await?;
        self.keep_text(running, capture, &url).await?;
        self.keep_print(running, capture, &url).await?;
        self.keep_main_response(running, capture, &loader)?;
        let facts = json!({
            "capture": capture, "titre": titre, "url": url, "title": title, "load": load.json(), "picture": viewport,
        });
        match picture {
            Ok(picture) => Ok(merged(facts, picture)),
            Err(Failure::Step { code, why, .. }) => Err(Failure::Step { code, why, facts }),
            Err(capture) => Err(capture),
        }
    }

    fn meta(&self, kind: ArtefactKind, media_type: &str, capture: u32, url: &str, at: Instant) -> ArtefactMeta {
        let meta = ArtefactMeta::new(kind, Origin::Produced, media_type).of_step(self.step, Some(capture));
        meta.from_page(url, at)
    }

    fn exif(&self, url: &str, taken_at: Instant) -> Result<Vec<u8>, Failure> {
        let facts = PictureFacts { taken_at, url: url.to_owned(), software: self.software.clone() };
        facts.exif().map_err(|e| Failure::step("capture.picture", format!("Bloc EXIF impossible : {e}.")))
    }

    /// The window as it is; the path of the picture.
    pub(super) async fn viewport_picture(&mut self, running: &Running, capture: u32) -> Result<String, Failure> {
        let (url, _, _) = running.page.where_am_i().await;
        let at = self.clock.now();
        let answer = running.page.call("Page.captureScreenshot", json!({"format": "png"})).await?;
        let png = text(&answer, "/data").and_then(|d| BASE64_STANDARD.decode(d).ok());
        let exif = self.exif(&url, at)?;
        let Some(png) = png.and_then(|png| with_exif(&png, &exif)) else {
            return Err(Failure::step("capture.picture", "Le navigateur n'a pas rendu d'image de la fenêtre."));
        };
        let path = ArtefactPath::new(format!("screens/{capture:04}-ecran.png"))?;
        let meta = self.meta(ArtefactKind::ScreenshotViewport, "image/png", capture, &url, at);
        let kept = self.dossier.keep_bytes(path, meta, &png)?;
        Ok(kept.path.to_string())
    }

    async fn page_picture(&mut self, running: &Running, capture: u32, url: &str) -> StepResult {
        let limits = self.plan.scenario.limites;
        let wrong =
            |why: String| Failure::step("capture.picture", format!("Image de la page entière impossible : {why}."));
        let mut picture = PagePicture::prepare(&running.page, limits.page, limits.hauteur).await.map_err(wrong)?;
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
        self.dossier.keep_bytes(ArtefactPath::new(format!("screens/{capture:04}-tuiles.json"))?, meta, &map)?;
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
                let what = "Une tuile de l'image était d'une seule couleur alors que la page y a du contenu ; elle a été reprise une fois.";
                self.find(Finding::new("capture.tile_retried", Level::Info, what).found(&place))?;
            }
            if tile.blank && tile.content != Some(false) {
                let what = "Une tuile de l'image est d'une seule couleur alors que la page y a du contenu.";
                self.warn("capture.blank_tile", what, &place)?;
            }
        }
        if let [.., before, after] = picture.heights[..]
            && before != after
        {
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

    async fn keep_dom(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let document = running.page.call("DOM.getDocument", json!({"depth": 0})).await?;
        let node = document.pointer("/root/nodeId").cloned().unwrap_or(Value::Null);
        let asked = json!({"nodeId": node, "includeShadowDOM": true});
        let answer = running.page.call("DOM.getOuterHTML", asked).await?;
        let html = text(&answer, "/outerHTML").unwrap_or("");
        let meta = self.meta(ArtefactKind::Dom, "text/html; charset=utf-8", capture, url, at);
        self.dossier.keep_bytes(
            ArtefactPath::new(format!("captures/{capture:04}-dom.html"))?,
            meta,
            html.as_bytes(),
        )?;
        Ok(())
    }

    async fn keep_text(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let answer = running.page.ask("document.body ? document.body.innerText : ''").await?;
        let shown = answer.as_str().unwrap_or("");
        let meta = self.meta(ArtefactKind::Text, "text/plain; charset=utf-8", capture, url, at);
        self.dossier.keep_bytes(
            ArtefactPath::new(format!("captures/{capture:04}-texte.txt"))?,
            meta,
            shown.as_bytes(),
        )?;
        if let Some(page) = self.pages.last_mut() {
            page.text = shown.chars().take(LISTED).collect();
        }
        Ok(())
    }

    /// The print is a derivative: that it failed is told, and does not make the capture fail.
    async fn keep_print(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let params = json!({"printBackground": true, "transferMode": "ReturnAsStream", "preferCSSPageSize": false});
        let (cdp, session) = (&running.recorder.cdp, Some(running.page.session.as_str()));
        let answer = match cdp.call_within(session, "Page.printToPDF", params, PRINT).await {
            Ok(answer) => answer,
            Err(error) => {
                let what = "L'impression de la page au format PDF n'a pas été possible.";
                self.warn("capture.print", what, &error.to_string())?;
                return Ok(());
            }
        };
        let handle = text(&answer, "/stream").unwrap_or("").to_owned();
        let meta = self.meta(ArtefactKind::Print, "application/pdf", capture, url, at);
        let path = ArtefactPath::new(format!("captures/{capture:04}-impression.pdf"))?;
        let mut writer = self.dossier.begin(path.clone(), meta)?;
        loop {
            let asked = json!({"handle": handle, "size": 1024 * 1024});
            let part = cdp.call(session, "IO.read", asked).await?;
            let data = text(&part, "/data").unwrap_or("");
            let bytes = if part.get("base64Encoded").and_then(Value::as_bool).unwrap_or(false) {
                BASE64_STANDARD.decode(data).unwrap_or_default()
            } else {
                data.as_bytes().to_vec()
            };
            writer.write_all(&bytes).map_err(|e| DossierError::io("write", path.under(self.dossier.root()), e))?;
            if part.get("eof").and_then(Value::as_bool).unwrap_or(true) {
                break;
            }
        }
        let _ = cdp.call(session, "IO.close", json!({"handle": handle})).await;
        self.dossier.keep(writer)?;
        Ok(())
    }

    fn keep_main_response(&mut self, running: &Running, capture: u32, loader: &str) -> Result<(), Failure> {
        let Some(document) = running.page.document(loader) else { return Ok(()) };
        let Some(body) = &document.body else {
            let what = "Le corps de la réponse principale n'a pas été rendu par le navigateur.";
            self.warn("capture.main_response", what, &document.url)?;
            return Ok(());
        };
        let media_type = if document.media_type.is_empty() { "application/octet-stream" } else { &document.media_type };
        let meta = ArtefactMeta::new(ArtefactKind::MainResponse, Origin::Observed, media_type)
            .of_step(self.step, Some(capture))
            .from_page(document.url.clone(), document.date);
        self.dossier.keep_bytes(ArtefactPath::new(format!("captures/{capture:04}-reponse.bin"))?, meta, body)?;
        Ok(())
    }
}
