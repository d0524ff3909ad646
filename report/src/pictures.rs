//! The pictures of a document: cut into sheets as they are read, kept packed in a temporary file, and put into the PDF
//! after the layout, one at a time. The typesetter only sees their sizes, so that memory does not grow with their number.
mod cut;
mod place;
mod spool;
mod weave;

use std::collections::BTreeMap;
use std::io;

use dossier::Digests;

pub(crate) use cut::Picture;
pub(crate) use spool::{Packed, Spool};
use weave::{Put, Weaver};

/// The pictures of a document, by the path of their artefact.
pub(crate) struct Pictures {
    by_path: BTreeMap<String, Result<Picture, String>>,
    put: Vec<Put>,
    spool: Spool,
}

impl Pictures {
    /// None yet.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { by_path: BTreeMap::new(), put: Vec::new(), spool: Spool::new()? })
    }

    /// Cuts pictures (PNG), as many at a time as there are processors, and keeps them in the order given. One that cannot be
    /// laid out is kept as such, with the reason.
    pub(crate) fn add(&mut self, pictures: &[(String, Vec<u8>)]) -> io::Result<()> {
        let cut: Vec<_> = std::thread::scope(|scope| {
            let workers: Vec<_> = pictures.iter().map(|(_, bytes)| scope.spawn(|| cut::split(bytes))).collect();
            let ended = workers.into_iter().map(|worker| worker.join());
            ended.map(|ended| ended.unwrap_or_else(|_| Err("a picture that stopped its reader".into()))).collect()
        });
        for ((path, _), cut) in pictures.iter().zip(cut) {
            let kept = match cut {
                Ok((picture, rows)) => Ok(self.keep(picture, &rows)?),
                Err(why) => Err(why),
            };
            self.by_path.insert(path.clone(), kept);
        }
        Ok(())
    }

    fn keep(&mut self, mut picture: Picture, rows: &[Vec<u8>]) -> io::Result<Picture> {
        picture.first = self.put.len();
        for (sheet, rows) in picture.sheets.iter().zip(rows) {
            let packed = self.spool.keep(rows)?;
            self.put.push(Put { width: picture.width, height: sheet.rows(), packed });
        }
        Ok(picture)
    }

    /// The picture of an artefact, or why it cannot be laid out. `None`: it was never added.
    pub(crate) fn get(&self, path: &str) -> Option<Result<&Picture, &str>> {
        Some(self.by_path.get(path)?.as_ref().map_err(String::as_str))
    }

    /// What the layout sees: a picture of two pixels for each sheet, by name.
    pub(crate) fn holders(&self) -> io::Result<BTreeMap<String, Vec<u8>>> {
        let most = u32::try_from(self.put.len()).unwrap_or(u32::MAX);
        if most >= place::MOST {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "more sheets than a document may have"));
        }
        (0..most).map(|n| Ok((name(n as usize), place::holder(n).map_err(io::Error::other)?))).collect()
    }

    /// Writes the laid-out document with every sheet in its place.
    pub(crate) fn weave(&self, pdf: &[u8], out: &mut dyn io::Write) -> io::Result<Digests> {
        Weaver { sheets: &self.put, spool: &self.spool }.write(pdf, out)
    }
}

/// The name of a sheet in the typesetter's world.
pub(crate) fn name(number: usize) -> String {
    format!("feuillets/{:06}.png", number + 1)
}
