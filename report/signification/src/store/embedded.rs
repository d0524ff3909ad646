//! The storage of an office: two files that only grow, `journal.jsonl` and `pieces.jsonl`, and their projection in sled.
//!
//! A batch is written pieces first, then lines, each synced; the tables follow without being waited for: they say how far
//! they came, and what is missing is taken from the journal at the next opening. Tables that are lost, torn or of another
//! journal are made again from it.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::Sha256Digest;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{Batch, Changes, Found, Head, NewPiece, Pair, PieceKind, Reader, Rebuild, Store, Table};
use crate::journal::{JOURNAL, Lines, owner_only};
use crate::vault::{private_folder, sync_folder};
use crate::{Id, SignificationError};

/// Name of the file of pieces.
pub const PIECES: &str = "pieces.jsonl";
/// Name of the folder of the tables.
pub const TABLES: &str = "tables";

/// First octet of the keys that are no table's: where lines and pieces are, and how far the tables came.
const LINE: u8 = 0xF0;
const PIECE: u8 = 0xF1;
const MARK: [u8; 1] = [0xF2];

/// How far the tables came.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Mark {
    head: Head,
    journal: u64,
    pieces: u64,
}

/// One line of `pieces.jsonl`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PieceLine {
    id: Id,
    kind: PieceKind,
    octets: String,
    sha256: Sha256Digest,
}

struct Files {
    journal: File,
    journal_len: u64,
    pieces: File,
    pieces_len: u64,
    head: Head,
}

/// The storage of an office.
pub struct Embedded {
    root: PathBuf,
    files: Mutex<Files>,
    tree: sled::Tree,
    _db: sled::Db,
}

impl Embedded {
    /// Makes an empty storage in `root`, which must hold none.
    pub fn create(root: &Path) -> Result<Self, SignificationError> {
        let made = |name: &str| {
            let path = root.join(name);
            owner_only().read(true).append(true).create_new(true).open(&path).map_err(|e| match e.kind() {
                io::ErrorKind::AlreadyExists => SignificationError::StoreExists { path: root.to_path_buf() },
                _ => SignificationError::io("create", &path, e),
            })
        };
        let journal = made(JOURNAL)?;
        lock(&journal, root)?;
        let pieces = made(PIECES)?;
        sync_folder(root)?;
        let (db, tree) = tables(root)?;
        let files = Files { journal, journal_len: 0, pieces, pieces_len: 0, head: Head::EMPTY };
        let store = Self { root: root.to_path_buf(), files: Mutex::new(files), tree, _db: db };
        store.write_tables(&Changes::default(), &[], &Mark { head: Head::EMPTY, journal: 0, pieces: 0 })?;
        Ok(store)
    }

    /// Opens the storage in `root`: cuts a torn end off, brings the tables up to the journal.
    ///
    /// A journal shorter than what the tables had seen was cut by somebody: lines are synced before the tables hear of
    /// them. That is refused, unless `accept_loss` says that the journal at hand is the one to go on with.
    pub fn open(root: &Path, accept_loss: bool) -> Result<(Self, Found), SignificationError> {
        let path = root.join(JOURNAL);
        let open = |path: &Path| OpenOptions::new().read(true).append(true).open(path);
        let journal = open(&path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => SignificationError::StoreMissing { path: root.to_path_buf() },
            _ => SignificationError::io("open", &path, e),
        })?;
        lock(&journal, root)?;
        let path = root.join(PIECES);
        let pieces = open(&path).map_err(|e| SignificationError::io("open", &path, e))?;
        let mut found = Found::default();
        let (db, tree) = match tables(root) {
            Ok(opened) => opened,
            Err(error) => {
                found.rebuilt = Some(error.to_string());
                drop_tables(root)?;
                tables(root)?
            }
        };
        let files = Files { journal, journal_len: 0, pieces, pieces_len: 0, head: Head::EMPTY };
        let store = Self { root: root.to_path_buf(), files: Mutex::new(files), tree, _db: db };
        let mark = store.sound_mark(&mut found, accept_loss)?;
        store.catch_up(mark, &mut found)?;
        Ok((store, found))
    }

    fn files(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn io(&self, what: &'static str, name: &str) -> impl Fn(io::Error) -> SignificationError {
        let path = self.root.join(name);
        move |error| SignificationError::io(what, &path, error)
    }

    /// Where the tables stand, when the journal still has the line they stopped at.
    fn sound_mark(&self, found: &mut Found, accept_loss: bool) -> Result<Mark, SignificationError> {
        let zero = Mark { head: Head::EMPTY, journal: 0, pieces: 0 };
        let read = self.tree.get(MARK).map_err(broken)?;
        let Some(mark) = read.and_then(|bytes| serde_json::from_slice::<Mark>(&bytes).ok()) else {
            found.rebuilt.get_or_insert_with(|| "tables absentes".into());
            self.tree.clear().map_err(broken)?;
            return Ok(zero);
        };
        let same = {
            let files = self.files();
            let long = files.journal.metadata().map_err(self.io("read", JOURNAL))?.len() >= mark.journal;
            drop(files);
            long && (mark.head.next == 0 || self.line_of(mark.head.next - 1)? == Some(mark.head.hash))
        };
        if same {
            return Ok(mark);
        }
        if !accept_loss {
            let why = format!(
                "{} lignes avaient été écrites ; le fichier n'a plus la dernière (SHA-256 {})",
                mark.head.next, mark.head.hash
            );
            return Err(SignificationError::Journal { line: mark.head.next, why });
        }
        found.rebuilt = Some("le journal n'est plus celui que les tables avaient lu".into());
        self.tree.clear().map_err(broken)?;
        Ok(zero)
    }

    fn line_of(&self, seq: u64) -> Result<Option<Sha256Digest>, SignificationError> {
        Ok(self.line(seq)?.map(|line| Sha256Digest::of(&line)))
    }

    /// Reads both files from the mark on, into the tables.
    fn catch_up(&self, mark: Mark, found: &mut Found) -> Result<(), SignificationError> {
        let mut files = self.files();
        let journal = files.journal.try_clone().map_err(self.io("open", JOURNAL))?;
        let mut taken = Rebuild::new(self, mark.head);
        let (mut at, mut places, mut head) = (mark.journal, Vec::new(), mark.head);
        let mut lines = Lines::new(from(&journal, mark.journal).map_err(self.io("read", JOURNAL))?);
        while let Some(line) = lines.next_line(head.next + 1)? {
            places.push((line_key(head.next), place(at, line.len())?));
            at += line.len() as u64 + 1;
            head = head.read(&line)?.1;
            found.caught_up += 1;
            if let Some((changes, head)) = taken.take(&line)? {
                self.write_tables(&changes, &places, &Mark { head, journal: at, pieces: mark.pieces })?;
                places.clear();
            }
        }
        found.torn = lines.into_torn();
        cut(&files.journal, at, found.torn.is_some()).map_err(self.io("cut", JOURNAL))?;
        let (changes, _) = taken.flush();
        let (pieces_at, more) = self.index_pieces(&files.pieces, mark.pieces)?;
        places.extend(more);
        self.write_tables(&changes, &places, &Mark { head, journal: at, pieces: pieces_at })?;
        (files.journal_len, files.pieces_len, files.head) = (at, pieces_at, head);
        Ok(())
    }

    fn index_pieces(&self, file: &File, start: u64) -> Result<(u64, Vec<Pair>), SignificationError> {
        let (mut at, mut places) = (start, Vec::new());
        let mut lines = Lines::new(from(file, start).map_err(self.io("read", PIECES))?);
        while let Some(line) = lines.next_line(0)? {
            let piece = read_piece(&line)?;
            places.push((piece_key(piece.kind, piece.id), place(at, line.len())?));
            at += line.len() as u64 + 1;
        }
        cut(file, at, lines.into_torn().is_some()).map_err(self.io("cut", PIECES))?;
        Ok((at, places))
    }

    fn write_tables(&self, changes: &Changes, places: &[Pair], mark: &Mark) -> Result<(), SignificationError> {
        let mut batch = sled::Batch::default();
        for ((table, key), value) in &changes.0 {
            let key = table_key(*table, key);
            match value {
                Some(value) => batch.insert(key, value.as_slice()),
                None => batch.remove(key),
            }
        }
        for (key, place) in places {
            batch.insert(key.as_slice(), place.as_slice());
        }
        let mark = serde_json::to_vec(mark).map_err(|e| broken_text(e.to_string()))?;
        batch.insert(&MARK, mark);
        self.tree.apply_batch(batch).map_err(broken)
    }

    fn read_at(&self, file: &File, name: &str, place: &[u8]) -> Result<Vec<u8>, SignificationError> {
        let (at, length) = place.split_at_checked(8).ok_or_else(|| broken_text("place".into()))?;
        let at = u64::from_be_bytes(at.try_into().map_err(|_| broken_text("place".into()))?);
        let length = u32::from_be_bytes(length.try_into().map_err(|_| broken_text("place".into()))?);
        let mut bytes = vec![0; length as usize];
        file.read_exact_at(&mut bytes, at).map_err(self.io("read", name))?;
        Ok(bytes)
    }

    /// Appends pieces, then lines, each synced; a failure leaves the files as they were, as far as the disk allows.
    fn append(&self, batch: &Batch) -> Result<(Vec<Pair>, Mark), SignificationError> {
        let mut files = self.files();
        let mut places = Vec::with_capacity(batch.pieces.len() + batch.lines.len());
        let (mut at, mut octets) = (files.pieces_len, Vec::new());
        for piece in &batch.pieces {
            let line = piece_line(piece)?;
            places.push((piece_key(piece.kind, piece.id), place(at, line.len())?));
            at += line.len() as u64 + 1;
            octets.extend(line);
            octets.push(b'\n');
        }
        grow(&files.pieces, files.pieces_len, &octets).map_err(self.io("write", PIECES))?;
        files.pieces_len = at;
        let (mut at, mut octets, mut seq) = (files.journal_len, Vec::new(), files.head.next);
        for line in &batch.lines {
            places.push((line_key(seq), place(at, line.len())?));
            at += line.len() as u64 + 1;
            seq += 1;
            octets.extend(line);
            octets.push(b'\n');
        }
        grow(&files.journal, files.journal_len, &octets).map_err(self.io("write", JOURNAL))?;
        files.journal_len = at;
        files.head = batch.head.unwrap_or(files.head);
        Ok((places, Mark { head: files.head, journal: files.journal_len, pieces: files.pieces_len }))
    }
}

impl Reader for Embedded {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError> {
        Ok(self.tree.get(table_key(table, key)).map_err(broken)?.map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError> {
        let whole = table_key(table, prefix);
        let from = after.map_or_else(|| whole.clone(), |after| table_key(table, after));
        let mut pairs = Vec::new();
        for pair in self.tree.range(from..) {
            let (key, value) = pair.map_err(broken)?;
            if !key.starts_with(&whole) || pairs.len() >= limit {
                break;
            }
            let key = key.get(1..).unwrap_or_default();
            if after.is_none_or(|after| key > after) {
                pairs.push((key.to_vec(), value.to_vec()));
            }
        }
        Ok(pairs)
    }
}

impl Store for Embedded {
    fn name(&self) -> &'static str {
        "embarque"
    }

    fn head(&self) -> Head {
        self.files().head
    }

    fn line(&self, seq: u64) -> Result<Option<Vec<u8>>, SignificationError> {
        let Some(place) = self.tree.get(line_key(seq)).map_err(broken)? else { return Ok(None) };
        let file = self.files().journal.try_clone().map_err(self.io("open", JOURNAL))?;
        self.read_at(&file, JOURNAL, &place).map(Some)
    }

    fn lines(
        &self,
        from_seq: u64,
        each: &mut dyn FnMut(&[u8]) -> Result<(), SignificationError>,
    ) -> Result<(), SignificationError> {
        let path = self.root.join(JOURNAL);
        let length = self.files().journal_len;
        let start = match self.tree.get(line_key(from_seq)).map_err(broken)? {
            Some(place) => place.get(..8).and_then(|at| at.try_into().ok()).map_or(length, u64::from_be_bytes),
            None => length,
        };
        let mut file = File::open(&path).map_err(self.io("open", JOURNAL))?;
        file.seek(SeekFrom::Start(start)).map_err(self.io("read", JOURNAL))?;
        let mut lines = Lines::new(file.take(length - start));
        while let Some(line) = lines.next_line(0)? {
            each(&line)?;
        }
        Ok(())
    }

    fn commit(&self, batch: &Batch) -> Result<(), SignificationError> {
        let (places, mark) = self.append(batch)?;
        self.write_tables(&batch.changes, &places, &mark)
    }

    fn piece(&self, kind: PieceKind, id: Id) -> Result<Option<Vec<u8>>, SignificationError> {
        let Some(place) = self.tree.get(piece_key(kind, id)).map_err(broken)? else { return Ok(None) };
        let file = self.files().pieces.try_clone().map_err(self.io("open", PIECES))?;
        let line = read_piece(&self.read_at(&file, PIECES, &place)?)?;
        let bytes = STANDARD.decode(&line.octets).map_err(|e| piece_fault(&line, e.to_string()))?;
        if Sha256Digest::of(&bytes) != line.sha256 || (line.kind, line.id) != (kind, id) {
            let object = format!("{} {id}", kind.name());
            let (expected, found) = (line.sha256.to_hex(), Sha256Digest::of(&bytes).to_hex());
            return Err(SignificationError::VaultAltered { object, expected, found });
        }
        Ok(Some(bytes))
    }

    fn rebuild(&self) -> Result<(), SignificationError> {
        self.tree.clear().map_err(broken)?;
        self.catch_up(Mark { head: Head::EMPTY, journal: 0, pieces: 0 }, &mut Found::default())
    }
}

impl Drop for Embedded {
    /// A child process forked by another thread may hold a copy of the descriptor until it executes: closing would not
    /// free the lock then, unlocking does.
    fn drop(&mut self) {
        let _ = self.tree.flush();
        let _ = flock(&self.files().journal, FlockOperation::Unlock);
    }
}

/// Gives every piece of a storage that nobody needs to have open; a damaged one is passed over: what announced it will say
/// that it is missing.
pub fn each_piece(root: &Path, each: &mut dyn FnMut(PieceKind, Id, &[u8])) -> Result<(), SignificationError> {
    let path = root.join(PIECES);
    let mut lines = Lines::new(File::open(&path).map_err(|e| SignificationError::io("open", &path, e))?);
    while let Some(line) = lines.next_line(0)? {
        let Ok(piece) = read_piece(&line) else { continue };
        let Ok(bytes) = STANDARD.decode(&piece.octets) else { continue };
        if Sha256Digest::of(&bytes) == piece.sha256 {
            each(piece.kind, piece.id, &bytes);
        }
    }
    Ok(())
}

fn lock(file: &File, root: &Path) -> Result<(), SignificationError> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(SignificationError::StoreInUse { path: root.to_path_buf() }),
        Err(errno) => Err(SignificationError::io("lock", root, errno.into())),
    }
}

fn tables(root: &Path) -> Result<(sled::Db, sled::Tree), SignificationError> {
    let path = root.join(TABLES);
    if !path.exists() {
        private_folder(&path)?;
    }
    let config = sled::Config::new().path(root.join(TABLES)).flush_every_ms(Some(1000)).cache_capacity(64 << 20);
    let db = config.open().map_err(broken)?;
    let tree = db.open_tree("tables").map_err(broken)?;
    Ok((db, tree))
}

fn drop_tables(root: &Path) -> Result<(), SignificationError> {
    let path = root.join(TABLES);
    match fs::remove_dir_all(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(SignificationError::io("remove", &path, e)),
        _ => Ok(()),
    }
}

/// Appends octets and syncs them; what a failure left is cut off again.
fn grow(file: &File, length: u64, octets: &[u8]) -> io::Result<()> {
    if octets.is_empty() {
        return Ok(());
    }
    let written = io::Write::write_all(&mut &*file, octets).and_then(|()| file.sync_data());
    if written.is_err() {
        let _ = file.set_len(length);
    }
    written
}

fn cut(file: &File, length: u64, torn: bool) -> io::Result<()> {
    if torn { file.set_len(length).and_then(|()| file.sync_all()) } else { Ok(()) }
}

fn from(file: &File, start: u64) -> io::Result<impl Read> {
    let mut file = file.try_clone()?;
    file.seek(SeekFrom::Start(start))?;
    Ok(file)
}

fn table_key(table: Table, key: &[u8]) -> Vec<u8> {
    [&[table as u8], key].concat()
}

fn line_key(seq: u64) -> Vec<u8> {
    [&[LINE][..], &seq.to_be_bytes()].concat()
}

fn piece_key(kind: PieceKind, id: Id) -> Vec<u8> {
    [&[PIECE, kind as u8][..], id.as_bytes()].concat()
}

fn place(at: u64, length: usize) -> Result<Vec<u8>, SignificationError> {
    let length = u32::try_from(length).map_err(|e| broken_text(e.to_string()))?;
    Ok([&at.to_be_bytes()[..], &length.to_be_bytes()].concat())
}

/// The line of `pieces.jsonl` that keeps a piece, without line feed: other storages copy theirs in this form.
pub fn piece_line(piece: &NewPiece) -> Result<Vec<u8>, SignificationError> {
    let octets = STANDARD.encode(&piece.bytes);
    let line = PieceLine { id: piece.id, kind: piece.kind, octets, sha256: Sha256Digest::of(&piece.bytes) };
    Ok(dossier::to_canonical(&line)?)
}

fn read_piece(line: &[u8]) -> Result<PieceLine, SignificationError> {
    serde_json::from_slice(line).map_err(|e| SignificationError::Storage { why: format!("{PIECES} : {e}") })
}

fn piece_fault(line: &PieceLine, why: String) -> SignificationError {
    SignificationError::Storage { why: format!("{PIECES}, {} {} : {why}", line.kind.name(), line.id) }
}

fn broken(error: sled::Error) -> SignificationError {
    broken_text(error.to_string())
}

fn broken_text(why: String) -> SignificationError {
    SignificationError::Storage { why: format!("{TABLES} : {why}") }
}
