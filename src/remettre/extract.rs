//! Takes out of the bundle what a reader looks at, under names of ours, each file held against its sealed digest.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;

use dossier::{Artefact, ArtefactKind};
use sealer::{RawEntries, WithholdingList};

use super::folder::Folder;
use super::gather::Gathered;
use super::thumbnail::{self, Thumbnail};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Terminal;

/// What became of an artefact that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Out {
    /// It stands in the folder under this name.
    File(String),
    /// A copy does not hold it, for this declared reason.
    Withheld(String),
}

/// What was taken out.
#[derive(Debug, Default)]
pub(super) struct Extracted {
    files: BTreeMap<String, Out>,
    thumbnails: BTreeMap<String, (String, Result<Thumbnail, String>)>,
}

impl Extracted {
    /// What became of an artefact; `None` when it was left in the bundle.
    pub(super) fn of(&self, artefact: &Artefact) -> Option<&Out> {
        self.files.get(artefact.path.as_str())
    }

    /// The small picture of an artefact: its name, and what it shows.
    pub(super) fn thumbnail(&self, artefact: &Artefact) -> Option<(&str, Result<Thumbnail, &str>)> {
        let (name, made) = self.thumbnails.get(artefact.path.as_str())?;
        Some((name.as_str(), made.as_ref().copied().map_err(String::as_str)))
    }
}

/// Where the files come from and go to.
pub(super) struct Extraction<'a> {
    pub(super) entries: &'a RawEntries,
    pub(super) withheld: Option<&'a WithholdingList>,
    pub(super) folder: &'a mut Folder,
    pub(super) live: &'a Terminal,
}

impl Extraction<'_> {
    /// Takes out everything that the page shows.
    pub(super) fn all(mut self, gathered: &Gathered<'_>) -> Result<Extracted, Failure> {
        let mut out = Extracted::default();
        for capture in &gathered.captures {
            let mut ranks: BTreeMap<&str, usize> = BTreeMap::new();
            for artefact in capture.picture.iter().chain(&capture.others).copied() {
                let (word, many) = picture_word(artefact.meta.kind);
                let rank = ranks.entry(word).or_default();
                *rank += 1;
                let rank = if many || *rank > 1 { format!("-{rank:02}") } else { String::new() };
                self.take(artefact, format!("captures/{:04}-{word}{rank}.png", capture.number), &mut out)?;
            }
            if let Some(picture) = capture.picture.or(capture.others.first().copied()) {
                self.small(picture, format!("captures/{:04}-vignette.png", capture.number), &mut out)?;
            }
            for (artefact, end) in [(capture.text, "texte.txt"), (capture.snapshot, "page.mhtml")] {
                if let Some(artefact) = artefact {
                    self.take(artefact, format!("captures/{:04}-{end}", capture.number), &mut out)?;
                }
            }
        }
        for gathering in &gathered.gatherings {
            for (rank, plate) in (1..).zip(&gathering.plates) {
                let name = format!("captures/etape-{:04}-planche-{rank:03}", gathering.step);
                self.take(plate, format!("{name}.png"), &mut out)?;
                self.small(plate, format!("{name}-vignette.png"), &mut out)?;
            }
        }
        for (rank, segment) in (1..).zip(&gathered.film) {
            self.take(segment.artefact, format!("films/{rank:04}.webm"), &mut out)?;
        }
        for (rank, download) in (1..).zip(&gathered.downloads) {
            let end = extension(download.artefact);
            self.take(download.artefact, format!("telechargements/{rank:04}.{end}"), &mut out)?;
        }
        Ok(out)
    }

    fn take(&mut self, artefact: &Artefact, name: String, out: &mut Extracted) -> Result<(), Failure> {
        let path = artefact.path.as_str();
        let withheld = self.withheld.and_then(|list| list.files.iter().find(|file| file.path == path));
        if let Some(file) = withheld {
            out.files.insert(path.to_owned(), Out::Withheld(file.reason.clone()));
            return Ok(());
        }
        self.live.live(&format!("{name} ({})", super::words::octets(artefact.digests.bytes)));
        let changed = || Failure::new("remettre.changed", Exit::Negative, path);
        let source = self.entries.reader(path).ok_or_else(changed)?;
        if self.folder.copy(&name, source)? != artefact.digests {
            return Err(changed());
        }
        out.files.insert(path.to_owned(), Out::File(name));
        Ok(())
    }

    /// Makes the small picture from the file that was just taken out and checked.
    fn small(&mut self, artefact: &Artefact, name: String, out: &mut Extracted) -> Result<(), Failure> {
        let Some(Out::File(whole)) = out.of(artefact).cloned() else { return Ok(()) };
        let path = self.folder.path(&whole);
        let file = File::open(&path).map_err(|e| Failure::io("lire", &path, &e))?;
        let mut made = Err(String::new());
        self.folder.file(&name, |target| {
            made = thumbnail::make(BufReader::new(file), target);
            Ok(())
        })?;
        if made.is_err() {
            self.folder.remove(&name)?;
        }
        out.thumbnails.insert(artefact.path.as_str().to_owned(), (name, made));
        Ok(())
    }
}

/// The word of a picture's name, and whether a capture may have several.
fn picture_word(kind: ArtefactKind) -> (&'static str, bool) {
    match kind {
        ArtefactKind::ScreenshotPage => ("page", false),
        ArtefactKind::ScreenshotElement => ("element", false),
        ArtefactKind::ScreenshotArea => ("zone", true),
        ArtefactKind::ScreenshotDesktop => ("bureau", false),
        ArtefactKind::MediaFrame => ("media", true),
        _ => ("fenetre", false),
    }
}

/// The end of a downloaded file's name: known harmless kinds only, so that nothing that runs is opened by a click.
fn extension(artefact: &Artefact) -> &'static str {
    let ends = [
        "pdf", "png", "jpg", "jpeg", "gif", "webp", "txt", "csv", "odt", "ods", "odp", "docx", "xlsx", "pptx", "zip",
        "mp3", "mp4", "webm", "ogg", "wav",
    ];
    let end = artefact.path.as_str().rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
    ends.into_iter().find(|known| end.as_deref() == Some(known)).unwrap_or("bin")
}
