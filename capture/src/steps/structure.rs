//! Text and structure of a page kept in the dossier: frames with their documents, links, dates, media, accessibility, MHTML.
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactPath, Finding, Level, Outcome, op};
use flate2::{Compression, GzBuilder};
use serde_json::json;

use super::Failure;
use crate::cdp::text;
use crate::frames::{Frame, frames};
use crate::screens::with_exif;
use crate::session::{Running, Session, merged};
use crate::structure::{self, Structure};

/// The most canvases and video frames taken as pictures.
const PICTURES: usize = 8;
/// Pieces of a dossier beyond which only what a capture must have is kept.
const MANY: usize = 700;
/// The largest document kept, in octets.
const LARGE: usize = 256 * 1024 * 1024;

impl Session<'_> {
    /// Reads and keeps everything but the document and the text of the page itself. What cannot be had is told.
    pub(super) async fn keep_structure(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let page = &running.page;
        let (all, more) = frames(page).await;
        let mut read = Structure::read(&all, more).await;
        read.documents(&all).await;
        self.media_pictures(running, capture, url, &mut read).await?;
        self.keep_whole_documents(running, capture, url, &all, &mut read).await?;
        let name = format!("captures/{capture:04}-structure.json");
        let document = self.masked(&name, serde_json::to_vec(&read.json()).unwrap_or_default())?;
        self.keep_document(capture, url, &name, (ArtefactKind::Structure, "application/json"), &document)?;
        let data = merged(json!({"step": self.step, "capture": capture, "path": name}), read.counts());
        let outcome = if read.cut.is_empty() { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::PAGE_STRUCTURE, outcome, data)?;
        if !read.cut.is_empty() {
            let what = "La structure de la page n'a pas été relevée tout entière.";
            let found = read.cut.iter().take(10).cloned().collect::<Vec<_>>().join(" ");
            self.find(Finding::new("capture.structure_cut", Level::Warn, what).found(found))?;
        }
        Ok(())
    }

    /// Snapshot and MHTML: large, and derived from what the page holds. Not kept when the dossier has many files already.
    async fn keep_whole_documents(
        &mut self,
        running: &Running,
        capture: u32,
        url: &str,
        all: &[Frame],
        read: &mut Structure,
    ) -> Result<(), Failure> {
        let (snapshots, wrong) = structure::snapshots(&running.page, all).await;
        read.closed_trees(all, &snapshots);
        let cut = &mut read.cut;
        cut.extend(wrong);
        if !self.has_room() {
            cut.push("Instantané et MHTML : non conservés, le dossier a déjà trop de pièces.".into());
            return Ok(());
        }
        let snapshot = json!({"how": "DOMSnapshot.captureSnapshot, par processus", "documents": snapshots});
        // The snapshot repeats the styles of every node.
        let mut packed = GzBuilder::new().write(Vec::new(), Compression::fast());
        let written = if self.has_no_secret() {
            serde_json::to_writer(&mut packed, &snapshot).map_err(|e| e.to_string())
        } else {
            let name = format!("captures/{capture:04}-instantane.json.gz");
            let snapshot = self.masked(&name, serde_json::to_vec(&snapshot).unwrap_or_default())?;
            packed.write_all(&snapshot).map_err(|e| e.to_string())
        };
        let snapshot = written.and_then(|()| packed.finish().map_err(|e| e.to_string()));
        let mhtml = structure::mhtml(&running.page).await.map(String::into_bytes);
        let mhtml = match mhtml {
            Ok(bytes) if self.holds_a_secret(&bytes) => Err("porte une valeur confidentielle, non conservé".into()),
            other => other,
        };
        for (name, what, made) in [
            ("instantane.json.gz", (ArtefactKind::Dom, "application/gzip"), snapshot),
            ("page.mhtml", (ArtefactKind::Mhtml, "multipart/related"), mhtml),
        ] {
            let path = format!("captures/{capture:04}-{name}");
            match made {
                Ok(bytes) if bytes.len() <= LARGE => self.keep_document(capture, url, &path, what, &bytes)?,
                Ok(bytes) => cut.push(format!("{name} : {} octets, non conservé.", bytes.len())),
                Err(why) => cut.push(format!("{name} : {why}.")),
            }
        }
        Ok(())
    }

    fn keep_document(
        &mut self,
        capture: u32,
        url: &str,
        path: &str,
        (kind, media_type): (ArtefactKind, &str),
        bytes: &[u8],
    ) -> Result<(), Failure> {
        let meta = self.meta(kind, media_type, capture, url, self.clock.now());
        self.dossier.keep_bytes(ArtefactPath::new(path)?, meta, bytes)?;
        Ok(())
    }

    /// Whether the dossier can take more pieces beside those a capture must have: a sealed file holds a thousand.
    pub(super) fn has_room(&self) -> bool {
        self.dossier.artefacts().len() < MANY
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
            if n > PICTURES || !self.has_room() {
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
