//! Text and structure of a page, frame by frame: links, dates it displays, media; its documents; its accessibility tree.
//!
//! Everything is read in isolated worlds or by the browser's own interface, closed shadow trees included where the browser
//! gives them (documents and accessibility). What the page says of itself is kept as the page says it, and named so.
mod accessible;
mod closed;
mod dates;
mod documents;
mod inside;

use serde_json::{Value, json};

pub(crate) use documents::{mhtml, snapshots};

use crate::frames::Frame;

/// What the document of structure says of what no script may enter.
const CLOSED: &str = "Arbres fantômes fermés : leur texte mis en page et leurs liens, lus dans l'instantané du document \
    (DOMSnapshot.captureSnapshot).";
/// What the document of structure says of its dates.
const DISPLAYED: &str = "affiché par la page";
const DATES: &str = "Dates que la page ou son serveur déclarent eux-mêmes (time, JSON-LD, Open Graph et autres balises meta, \
    Last-Modified) : affichées par la page, non vérifiées ; aucune n'est une date de publication constatée.";

/// Bounds of the whole document.
const LINKS: usize = 20_000;
const FOUND_DATES: usize = 2_000;
const TREES: usize = 2_000;
const NODES: usize = 60_000;
const HTML: usize = 64 * 1024 * 1024;

/// The structure of a page, as kept, and its counts for the journal.
#[derive(Default)]
pub(crate) struct Structure {
    frames: Vec<Value>,
    links: Vec<Value>,
    dates: Vec<Value>,
    pub(crate) media: Vec<Media>,
    /// Closed shadow trees: frame, host, text.
    closed: Vec<Value>,
    accessible: Vec<Value>,
    nodes: usize,
    /// What was cut, in French.
    pub(crate) cut: Vec<String>,
}

/// A canvas or a video, where it lies in the page.
pub(crate) struct Media {
    /// Its facts: tag, source, duration…
    pub(crate) facts: Value,
    /// Corner and size in the document of the page, when it can be seen.
    pub(crate) rect: Option<[u32; 4]>,
    /// The picture taken of it.
    pub(crate) picture: Option<String>,
}

impl Structure {
    /// Reads every frame; `more` tells that there are others.
    pub(crate) async fn read(frames: &[Frame], more: bool) -> Self {
        let mut structure = Self::default();
        if more {
            structure
                .cut
                .push("Cadres : il y en a d'autres, au-delà de la limite ou sans réponse, qui ne sont pas lus.".into());
        }
        let mut window = (0.0, 0.0);
        for (n, frame) in frames.iter().enumerate() {
            if let Some(value) = frame.page.document(&frame.loader).and_then(|d| d.last_modified) {
                structure.dates.push(dates::Found::new("http", "Last-Modified", &value).json(n));
            }
        }
        for (n, frame) in frames.iter().enumerate() {
            let parent = frames.iter().position(|f| Some(&f.page.frame) == frame.parent.as_ref());
            let corner = frame.corner(frames).await;
            let told = structure.frame(n, frame, corner, &mut window).await;
            structure.frames.push(json!({
                "n": n, "url": frame.url, "parent": parent, "other_process": frame.apart,
                "x": corner.map(|c| c.0.round()), "y": corner.map(|c| c.1.round()), "read": told,
            }));
        }
        structure
    }

    /// Adds what closed shadow trees hold, from the snapshots of [`snapshots`].
    pub(crate) fn closed_trees(&mut self, frames: &[Frame], snapshots: &[Value]) {
        let documents = snapshots.iter().filter_map(|one| one.get("snapshot")).flat_map(closed::read);
        for document in documents {
            let n = frames.iter().position(|frame| frame.page.frame == document.frame);
            let place = json!({"frame": n});
            let room = LINKS.saturating_sub(self.links.len());
            if document.more || document.links.len() > room {
                self.cut.push("Arbres fantômes fermés : coupés.".into());
            }
            let placed = |one| crate::session::merged(place.clone(), one);
            self.links.extend(document.links.into_iter().take(room).map(placed));
            self.closed.extend(document.trees.into_iter().take(TREES.saturating_sub(self.closed.len())).map(placed));
        }
    }

    /// Adds the documents of the frames below the page.
    pub(crate) async fn documents(&mut self, frames: &[Frame]) {
        let mut bytes = 0;
        for (n, frame) in frames.iter().enumerate().skip(1) {
            let html = match bytes < HTML {
                true => documents::saved(frame, frames).await,
                false => Err("la place manque".into()),
            };
            match html {
                Ok(html) => {
                    bytes += html.len();
                    if let Some(told) = self.frames.get_mut(n) {
                        told["html"] = json!(html);
                    }
                }
                Err(why) => self.cut.push(format!("Document du cadre {n} : {why}.")),
            }
        }
    }

    /// One frame; `window` is how far the page is scrolled, told by the first.
    async fn frame(&mut self, n: usize, frame: &Frame, corner: Option<(f64, f64)>, window: &mut (f64, f64)) -> Value {
        let nodes = accessible::tree(&frame.page, NODES.saturating_sub(self.nodes)).await;
        match nodes {
            Ok((nodes, cut)) => {
                self.nodes += nodes.len();
                if cut {
                    self.cut.push(format!("Arbre d'accessibilité du cadre {n} : coupé."));
                }
                self.accessible.push(json!({"frame": n, "url": frame.url, "nodes": nodes}));
            }
            Err(why) => self.cut.push(format!("Arbre d'accessibilité du cadre {n} : {why}.")),
        }
        let read = match inside::read(&frame.page).await {
            Ok(read) => read,
            Err(why) => {
                self.cut.push(format!("Cadre {n} : {why}."));
                return Value::Null;
            }
        };
        let room = LINKS.saturating_sub(self.links.len());
        if read.links.len() > room || read.more_links {
            self.cut.push(format!("Liens du cadre {n} : coupés."));
        }
        self.links
            .extend(read.links.into_iter().take(room).map(|link| crate::session::merged(json!({"frame": n}), link)));
        let room = FOUND_DATES.saturating_sub(self.dates.len());
        if read.dates.len() > room {
            self.cut.push(format!("Dates du cadre {n} : coupées."));
        }
        self.dates.extend(read.dates.iter().take(room).map(|date| date.json(n)));
        let scrolled = inside::scroll(&read.document);
        if frame.is_main() {
            *window = scrolled;
        }
        let corner = corner.map(|(x, y)| (x - scrolled.0 + window.0, y - scrolled.1 + window.1));
        for facts in read.media {
            let rect = corner.and_then(|corner| inside::rect(&facts, corner));
            let facts = crate::session::merged(json!({"frame": n}), facts);
            self.media.push(Media { facts, rect, picture: None });
        }
        read.document
    }

    /// The document `structure`.
    pub(crate) fn json(&self) -> Value {
        let media = |media: &Media| crate::session::merged(media.facts.clone(), json!({"picture": media.picture}));
        json!({
            "frames": self.frames, "links": self.links,
            "closed_trees": {"note": CLOSED, "found": self.closed},
            "dates": {"label": DISPLAYED, "note": DATES, "found": self.dates},
            "media": self.media.iter().map(media).collect::<Vec<_>>(), "cut": self.cut,
            "accessibility": {
                "how": "Accessibility.getFullAXTree, par cadre ; nœuds ignorés par le navigateur ôtés",
                "frames": self.accessible,
            },
        })
    }

    /// Counts for the journal.
    pub(crate) fn counts(&self) -> Value {
        json!({
            "frames": self.frames.len(), "links": self.links.len(), "dates": self.dates.len(),
            "media": self.media.len(), "closed_trees": self.closed.len(), "accessible_nodes": self.nodes, "cut": self.cut,
        })
    }
}
