//! Text and structure of a page kept in the dossier: frames, links, dates, media, documents, accessibility, MHTML.
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactPath, Finding, Level, Outcome, op};
use serde_json::{Value, json};

use super::Failure;
use crate::cdp::text;
use crate::frames::frames;
use crate::screens::with_exif;
use crate::session::{Running, Session, merged};
use crate::structure::{self, Structure};

/// The most canvases and video frames taken as pictures.
const PICTURES: usize = 20;
/// The largest document kept, in octets.
const LARGE: usize = 256 * 1024 * 1024;

impl Session<'_> {
    /// Reads and keeps everything but the document and the text of the page itself. What cannot be had is told.
    pub(super) async fn keep_structure(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let page = &running.page;
        let (all, more) = frames(page).await;
        let mut read = Structure::read(&all, more).await;
        self.media_pictures(running, capture, url, &mut read).await?;
        let (saved, more) = structure::saved(&all).await;
        if more {
            read.cut.push("Documents des cadres : les derniers ne sont pas conservés à part.".into());
        }
        for frame in saved {
            match frame.html {
                Ok(html) => {
                    let name = format!("captures/{capture:04}-cadre-{:02}.html", frame.n);
                    self.keep_text_file(
                        capture,
                        &frame.url,
                        &name,
                        ArtefactKind::Dom,
                        "text/html; charset=utf-8",
                        html.as_bytes(),
                    )?;
                }
                Err(why) => read.cut.push(format!("Document du cadre {} : {why}.", frame.n)),
            }
        }
        let (snapshots, wrong) = structure::snapshots(page, &all).await;
        read.cut.extend(wrong);
        self.keep_json(
            capture,
            url,
            "instantane",
            ArtefactKind::Dom,
            &json!({"how": "DOMSnapshot.captureSnapshot, par processus", "documents": snapshots}),
            &mut read.cut,
        )?;
        match structure::mhtml(page).await {
            Ok(mhtml) if mhtml.len() <= LARGE => {
                let name = format!("captures/{capture:04}-page.mhtml");
                self.keep_text_file(capture, url, &name, ArtefactKind::Mhtml, "multipart/related", mhtml.as_bytes())?;
            }
            Ok(mhtml) => read.cut.push(format!("MHTML : {} octets, non conservé.", mhtml.len())),
            Err(why) => read.cut.push(format!("MHTML : {why}.")),
        }
        let accessible = read.accessible();
        self.keep_json(capture, url, "accessibilite", ArtefactKind::Accessibility, &accessible, &mut read.cut)?;
        let document = read.json();
        let mut late = Vec::new();
        let kept = self.keep_json(capture, url, "structure", ArtefactKind::Structure, &document, &mut late)?;
        let whole = read.cut.is_empty() && late.is_empty();
        let data = merged(json!({"step": self.step, "capture": capture, "path": kept}), read.counts());
        let outcome = if whole { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::PAGE_STRUCTURE, outcome, data)?;
        if !whole {
            let what = "La structure de la page n'a pas été relevée tout entière.";
            let found = read.cut.iter().chain(&late).take(10).cloned().collect::<Vec<_>>().join(" ");
            self.find(Finding::new("capture.structure_cut", Level::Warn, what).found(found))?;
        }
        Ok(())
    }

    fn keep_text_file(
        &mut self,
        capture: u32,
        url: &str,
        name: &str,
        kind: ArtefactKind,
        media_type: &str,
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let meta = self.meta(kind, media_type, capture, url, self.clock.now());
        self.dossier.keep_bytes(ArtefactPath::new(name)?, meta, bytes)?;
        Ok(())
    }

    /// Keeps a JSON document, unless it is too large; its path.
    fn keep_json(
        &mut self,
        capture: u32,
        url: &str,
        name: &str,
        kind: ArtefactKind,
        value: &Value,
        cut: &mut Vec<String>,
    ) -> Result<Option<String>, Failure> {
        let bytes = serde_json::to_vec(value).unwrap_or_default();
        if bytes.len() > LARGE {
            cut.push(format!("{name} : {} octets, non conservé.", bytes.len()));
            return Ok(None);
        }
        let path = format!("captures/{capture:04}-{name}.json");
        self.keep_text_file(capture, url, &path, kind, "application/json", &bytes)?;
        Ok(Some(path))
    }

    /// Canvases and the frames that videos show, as they are drawn in the page.
    async fn media_pictures(
        &mut self,
        running: &Running,
        capture: u32,
        url: &str,
        read: &mut Structure,
    ) -> Result<(), Failure> {
        let drawn = |tag: Option<&str>| matches!(tag, Some("canvas" | "video"));
        let mut n = 0;
        for media in &mut read.media {
            let Some([x, y, width, height]) = media.rect.filter(|_| drawn(text(&media.facts, "/tag"))) else {
                continue;
            };
            n += 1;
            if n > PICTURES {
                read.cut.push("Images des toiles et des vidéos : les dernières ne sont pas prises à part.".into());
                break;
            }
            let at = self.clock.now();
            let asked =
                json!({"format": "png", "clip": {"x": x, "y": y, "width": width, "height": height, "scale": 1}});
            let exif = self.exif(url, at)?;
            let answer = running.page.call("Page.captureScreenshot", asked).await;
            let png = answer.ok().and_then(|a| text(&a, "/data").and_then(|d| BASE64_STANDARD.decode(d).ok()));
            let Some(png) = png.and_then(|png| with_exif(&png, &exif)) else {
                read.cut.push(format!("Image n° {n} d'une toile ou d'une vidéo : non rendue par le navigateur."));
                continue;
            };
            let path = format!("screens/{capture:04}-media-{n:02}.png");
            let meta = self.meta(ArtefactKind::MediaFrame, "image/png", capture, url, at);
            self.dossier.keep_bytes(ArtefactPath::new(path.clone())?, meta, &png)?;
            media.picture = Some(path);
        }
        Ok(())
    }
}
