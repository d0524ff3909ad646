//! Closes a dossier whose session was cut (crash, kill, power): nothing recorded is lost, and the cut is stated.
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use dossier::{
    Artefact, ArtefactKind, ArtefactMeta, ArtefactPath, Clock, ClosedDossier, Instant, Journal, OpenDossier, Origin,
    SessionState, Software, digest_reader, op,
};
use warc::{CdxjEntry, Page, RecordId, WarcRecord, WarcWriter};

use crate::SealError;

const ARCHIVE: &str = "archive/data.warc.gz";
const INDEX: &str = "indexes/index.cdxj";
const PAGES: &str = "pages/pages.jsonl";

/// Closes the interrupted dossier at `root`: the torn end of the journal is kept apart (by `OpenDossier::resume`), the
/// archive is cut to its last whole record and the torn end kept in `logs/archive-torn.bin`, index and list of pages are
/// made again when the session had not yet written them, and the dossier is closed as `interrupted`.
///
/// A session cut before its two first lines gives [`SealError::NothingRecorded`] and changes nothing. It may be called
/// again after a crash of its own.
pub fn close_interrupted(root: &Path, software: &Software, clock: Arc<dyn Clock>) -> Result<ClosedDossier, SealError> {
    let journal = peek(root)?;
    let mut dossier = OpenDossier::resume(root, software, clock)?;
    settle_archive(&mut dossier, &journal)?;
    let bad = |e: warc::WarcError| SealError::Archive { why: e.to_string() };
    let entries = warc::index_warc(&root.join(ARCHIVE), "data.warc.gz").map_err(bad)?;
    if !is_announced(&dossier, INDEX) {
        let index = warc::write_cdxj(&entries);
        keep(&mut dossier, INDEX, ArtefactKind::ArchiveIndex, "application/cdxj", index.as_bytes())?;
    }
    if !is_announced(&dossier, PAGES) {
        let title = root.file_name().unwrap_or_default().to_string_lossy();
        let pages = warc::write_pages(&title, &pages_of(&journal, &entries));
        keep(&mut dossier, PAGES, ArtefactKind::ArchivePages, "application/jsonl", pages.as_bytes())?;
    }
    Ok(dossier.close(SessionState::Interrupted)?)
}

/// Reads the journal without changing anything; it must hold at least `session.open` and `session.case`.
fn peek(root: &Path) -> Result<Journal, SealError> {
    let path = root.join("journal.jsonl");
    let file = match File::open(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(dossier::DossierError::Missing { path: root.to_path_buf() }.into());
        }
        other => other.map_err(|e| SealError::io("open", &path, e))?,
    };
    let (journal, _) = Journal::read(file).map_err(|f| dossier::DossierError::Journal { line: f.line, why: f.why })?;
    let starts = [op::SESSION_OPEN, op::SESSION_CASE];
    if journal.entries().iter().take(2).map(|e| &e.op).eq(starts.iter()) {
        return Ok(journal);
    }
    Err(SealError::NothingRecorded { path: root.to_path_buf(), lines: journal.entries().len() as u64 })
}

fn is_announced(dossier: &OpenDossier, path: &str) -> bool {
    dossier.artefacts().iter().any(|a| a.path.as_str() == path)
}

fn keep(
    dossier: &mut OpenDossier,
    path: &str,
    kind: ArtefactKind,
    media_type: &str,
    bytes: &[u8],
) -> Result<(), SealError> {
    let path = ArtefactPath::new(path)?;
    let meta = ArtefactMeta::new(kind, Origin::Produced, media_type);
    let target = path.under(dossier.root());
    if target.exists() {
        // Written by the session and not announced: it stays as it is, and the closing would keep it as remains. What
        // the archive gives is what counts, so the unannounced file is set aside first.
        let mut aside = target.clone().into_os_string();
        aside.push("-inacheve");
        fs::rename(&target, &aside).map_err(|e| SealError::io("rename", &target, e))?;
    }
    dossier.keep_bytes(path, meta, bytes)?;
    Ok(())
}

/// Cuts the archive to its last whole record, keeps what was cut, announces it. An archive that was announced already is
/// whole and stays as it is; one that was never started is started with a record that says so.
fn settle_archive(dossier: &mut OpenDossier, journal: &Journal) -> Result<(), SealError> {
    if is_announced(dossier, ARCHIVE) {
        return Ok(());
    }
    let path = dossier.root().join(ARCHIVE);
    if warc::cut_torn(dossier, ARCHIVE)? == 0 {
        start_empty(&path, journal)?;
    }
    let file = File::open(&path).map_err(|e| SealError::io("open", &path, e))?;
    let digests = digest_reader(&file).map_err(|e| SealError::io("read", &path, e))?;
    let meta = ArtefactMeta::new(ArtefactKind::Archive, Origin::Observed, "application/warc");
    dossier.announce(Artefact { path: ArtefactPath::new(ARCHIVE)?, meta, digests, image: None })?;
    Ok(())
}

/// An archive that holds one `warcinfo` record: nothing had been recorded when the session was cut.
fn start_empty(path: &Path, journal: &Journal) -> Result<(), SealError> {
    let io = |e| SealError::io("create", path, e);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io)?;
    }
    let first = journal.entries().first();
    let date: Option<Instant> = first.map(|e| e.at);
    let reference = first.and_then(|e| e.text("reference")).unwrap_or_default();
    let archive = |e: warc::WarcError| SealError::Archive { why: e.to_string() };
    let block = warc::warc_fields(&[
        ("format", "WARC File Format 1.1"),
        ("description", "Session interrompue avant tout échange : cette archive est vide."),
    ])
    .map_err(archive)?;
    let id = RecordId::v5(&[reference, "archive", "vide"]);
    let Some(date) = date else { return Err(SealError::NothingRecorded { path: path.to_path_buf(), lines: 0 }) };
    let mut writer = WarcWriter::new(Vec::new());
    writer.write(&WarcRecord::warcinfo(id, date, "data.warc.gz", &block)).map_err(archive)?;
    let mut file = File::create(path).map_err(io)?;
    file.write_all(&writer.into_inner()).and_then(|()| file.sync_all()).map_err(io)
}

/// One page for each `page.reached` line that gives an address, dated as the archive dates its capture when it holds one:
/// a replay tool looks pages up by address and second.
fn pages_of(journal: &Journal, entries: &[CdxjEntry]) -> Vec<Page> {
    let page = |entry: &dossier::JournalEntry| {
        let url = entry.text("url").filter(|u| !u.is_empty())?;
        Some(Page {
            id: format!("page-{}", entry.seq),
            url: url.to_owned(),
            ts: captured_at(url, entry.at, entries).unwrap_or(entry.at),
            title: entry.text("title").map(str::to_owned),
            text: None,
        })
    };
    journal.of(&op::PAGE_REACHED).filter(|e| e.outcome != dossier::Outcome::Failed).filter_map(page).collect()
}

/// The date of the last capture of `url` in the archive that is not after `limit`.
fn captured_at(url: &str, limit: Instant, entries: &[CdxjEntry]) -> Option<Instant> {
    let url = url.split('#').next().unwrap_or_default();
    let limit = limit.to_cdx();
    let times = entries.iter().filter(|e| e.url == url && e.timestamp <= limit).map(|e| e.timestamp.as_str());
    let digits = times.max()?;
    let part = |from: usize, to: usize| digits.get(from..to);
    let text = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4)?,
        part(4, 6)?,
        part(6, 8)?,
        part(8, 10)?,
        part(10, 12)?,
        part(12, 14)?
    );
    text.parse().ok()
}
