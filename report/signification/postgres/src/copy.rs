//! A copy of the journal and of the pieces, in the files of the embedded storage: whoever judges a platform needs no database.
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use signification::SignificationError;
use signification::journal::JOURNAL;
use signification::store::embedded::{PIECES, piece_line};

use crate::read::{stream_begin, stream_lines, stream_pieces};
use crate::server::Server;
use crate::{address, known_head};

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copie {
    /// Lines of the journal.
    pub lignes: u64,
    /// Pieces.
    pub pieces: u64,
    /// Pieces that are not what was kept, left out: what announced them will say that they lack.
    pub pieces_fautives: u64,
}

/// Writes `journal.jsonl` and `pieces.jsonl` into the folder `into`, as the database is at one instant, whether a platform
/// writes to it or not: `Platform::verifier_journal` reads and judges them.
///
/// # Errors
/// `StoreMissing`, `Config` as when the storage is opened; `Io` when a file exists or cannot be written; `Storage`.
pub fn copier(address: &Path, into: &Path) -> Result<Copie, SignificationError> {
    let server = Server::new(address::read(address)?)?;
    let (mut session, mut done) = (server.session()?, Copie::default());
    known_head(&server, &mut session, address)?;
    stream_begin(&server, &mut session)?;
    let mut pieces = NewFile::create(into, PIECES)?;
    stream_pieces(&server, &mut session, &mut |piece| match piece {
        Ok(piece) => {
            done.pieces += 1;
            pieces.line(&piece_line(&piece)?)
        }
        Err(_) => {
            done.pieces_fautives += 1;
            Ok(())
        }
    })?;
    pieces.close()?;
    let mut lines = NewFile::create(into, JOURNAL)?;
    stream_lines(&server, &mut session, 0, &mut |line| {
        done.lignes += 1;
        lines.line(line)
    })?;
    lines.close()?;
    Ok(done)
}

struct NewFile {
    file: BufWriter<File>,
    path: std::path::PathBuf,
}

impl NewFile {
    fn create(folder: &Path, name: &str) -> Result<Self, SignificationError> {
        let path = folder.join(name);
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = made.map_err(|e| SignificationError::io("create", &path, e))?;
        Ok(Self { file: BufWriter::new(file), path })
    }

    fn line(&mut self, line: &[u8]) -> Result<(), SignificationError> {
        let written = self.file.write_all(line).and_then(|()| self.file.write_all(b"\n"));
        written.map_err(|e| SignificationError::io("write", &self.path, e))
    }

    fn close(mut self) -> Result<(), SignificationError> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        written.map_err(|e| SignificationError::io("write", &self.path, e))
    }
}
