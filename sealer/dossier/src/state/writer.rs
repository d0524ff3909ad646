//! An artefact while it is written: bytes go to a `.part` file and are hashed on their way.
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use crate::{ArtefactMeta, ArtefactPath, DigestWriter, DossierError};

/// An artefact being written; hashes what passes. Dropped without [`crate::OpenDossier::keep`], it leaves a `.part` file that
/// the closing will keep as remains.
pub struct ArtefactWriter {
    pub(super) path: ArtefactPath,
    pub(super) meta: ArtefactMeta,
    pub(super) part: PathBuf,
    pub(super) target: PathBuf,
    pub(super) writer: DigestWriter<BufWriter<File>>,
}

impl ArtefactWriter {
    /// The metadata, which may be completed until the artefact is kept.
    pub fn meta_mut(&mut self) -> &mut ArtefactMeta {
        &mut self.meta
    }

    /// Length and digests of what was written so far.
    pub fn so_far(&self) -> crate::Digests {
        self.writer.so_far()
    }

    /// Pushes everything to the disk; used before a checkpoint line.
    pub fn sync(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        self.writer.get_ref().get_ref().sync_data()
    }

    /// Gives the artefact up and removes its `.part` file. Only for bytes that are evidence of nothing.
    pub fn discard(self) -> Result<(), DossierError> {
        fs::remove_file(&self.part).map_err(|e| DossierError::io("remove", &self.part, e))
    }
}

impl Write for ArtefactWriter {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.writer.write(buf)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}
