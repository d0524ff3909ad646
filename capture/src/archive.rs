//! The archive of the exchanges: `archive/data.warc.gz`, written in place by a thread of its own, with its index.
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use dossier::{
    Artefact, ArtefactKind, ArtefactMeta, ArtefactPath, DigestWriter, Digests, DossierError, Instant, Missing,
    MissingReason, Origin,
};
use warc::{Body, RecordId, WarcError, WarcRecord, WarcWriter};

use crate::CaptureError;
use crate::cdp::lock;
use crate::recorder::{Headers, MissingAt, Response};

mod about;
mod before;
mod index;
mod records;
mod resources;
mod tls;

pub(crate) use before::Before;
pub(crate) use index::{PageEntry, cdxj, pages};
pub(crate) use resources::Resource;

/// Where the archive is in the dossier.
pub(crate) const ARCHIVE: &str = "archive/data.warc.gz";

/// How many octets of bodies may wait in memory for the thread that writes.
const HELD: u64 = 32 * 1024 * 1024;

/// One exchange to store.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) url: String,
    pub(crate) method: String,
    pub(crate) date: Instant,
    pub(crate) request_headers: Headers,
    pub(crate) request_body: Vec<u8>,
    pub(crate) response: Option<Response>,
    pub(crate) body: ExchangeBody,
    /// Text the browser had converted to UTF-8.
    pub(crate) reencoded: bool,
    /// A confidential value was masked in what was asked.
    pub(crate) redacted: bool,
    /// The word of `WARC-Truncated`.
    pub(crate) truncated: Option<&'static str>,
    /// The browser's words when it failed.
    pub(crate) failure: Option<String>,
    /// Octets of the whole answer on the wire, when told.
    pub(crate) encoded_length: Option<u64>,
    /// Octets of its body on the wire, when they can be known.
    pub(crate) wire_body: Option<u64>,
    /// Heads of the answers 103 that came before.
    pub(crate) hints: Vec<Headers>,
    /// Whether it went over the network; an answer that did not is no evidence of what a server said.
    pub(crate) on_wire: bool,
    /// By which what belongs to it finds its record.
    pub(crate) key: Option<String>,
    /// More to tell of it.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) kind: String,
    pub(crate) page: String,
}

impl Exchange {
    fn in_memory(&self) -> u64 {
        self.body.in_memory() + self.request_body.len() as u64
    }
}

/// The body of an answer to store.
#[derive(Debug)]
pub(crate) enum ExchangeBody {
    None,
    Bytes(Arc<Vec<u8>>),
    File(PathBuf, Digests),
}

impl ExchangeBody {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::None => 0,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, digests) => digests.bytes,
        }
    }

    /// Octets it takes in memory.
    pub(crate) fn in_memory(&self) -> u64 {
        if let Self::Bytes(bytes) = self { bytes.len() as u64 } else { 0 }
    }

    /// As the block of a record, or what follows its head.
    fn as_block(&self) -> Body<'_> {
        match self {
            Self::None => Body::Bytes(&[]),
            Self::Bytes(bytes) => Body::Bytes(bytes),
            Self::File(path, digests) => Body::File { path, digests: *digests },
        }
    }

    /// Removes the private file, when there is one.
    fn discard(&self) {
        if let Self::File(path, _) = self {
            let _ = fs::remove_file(path);
        }
    }
}

/// What is on disk by now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) digests: Digests,
    pub(crate) records: u64,
}

enum Job {
    Store(Box<Exchange>),
    Keep(Box<Resource>),
    End,
    Sync(mpsc::Sender<Result<Checkpoint, Fatal>>),
}

/// Why the archive can no longer be written.
#[derive(Clone, Debug)]
pub(crate) struct Fatal {
    why: String,
    /// The disk is full.
    full: bool,
}

impl Fatal {
    fn io(error: &std::io::Error) -> Self {
        let full = matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        Self { why: error.to_string(), full }
    }

    /// `None` for a record that was refused while the archive stands.
    fn of(error: &WarcError) -> Option<Self> {
        match error {
            WarcError::DiskFull { .. } => Some(Self { why: error.to_string(), full: true }),
            WarcError::Io { source, .. } => Some(Self::io(source)),
            WarcError::Torn { .. } => Some(Self { why: error.to_string(), full: false }),
            _ => None,
        }
    }

    pub(crate) fn error(self) -> CaptureError {
        if self.full {
            CaptureError::Dossier(DossierError::DiskFull { path: PathBuf::from(ARCHIVE) })
        } else {
            CaptureError::Archive(self.why)
        }
    }
}

/// The side that gives exchanges; clones share it.
#[derive(Clone)]
pub(crate) struct ArchiveHandle {
    jobs: mpsc::Sender<Job>,
    /// Octets of bodies that wait in memory.
    held: Arc<AtomicU64>,
    /// Exchanges the rules of WARC refused, not told yet.
    refused: Arc<Mutex<Vec<MissingAt>>>,
    /// Octets on disk, for the progress.
    bytes: Arc<Mutex<u64>>,
}

impl ArchiveHandle {
    pub(crate) fn submit(&self, exchange: Exchange) {
        self.held.fetch_add(exchange.in_memory(), Ordering::SeqCst);
        // The thread ends only after its last handle: a failed send is told by the next checkpoint.
        let _ = self.jobs.send(Job::Store(Box::new(exchange)));
    }

    /// The same for what is no exchange.
    pub(crate) fn keep(&self, resource: Resource) {
        self.held.fetch_add(resource.body.in_memory(), Ordering::SeqCst);
        let _ = self.jobs.send(Job::Keep(Box::new(resource)));
    }

    /// Whether the disk is slower than the browser: what comes now should wait in a file.
    pub(crate) fn is_behind(&self) -> bool {
        self.held.load(Ordering::SeqCst) > HELD
    }

    /// Takes out what the rules of WARC refused.
    pub(crate) fn take_refused(&self) -> Vec<MissingAt> {
        std::mem::take(&mut lock(&self.refused))
    }

    pub(crate) fn bytes(&self) -> u64 {
        *lock(&self.bytes)
    }

    /// Waits until everything given so far is written and synced.
    pub(crate) async fn checkpoint(&self) -> Result<Checkpoint, CaptureError> {
        let jobs = self.jobs.clone();
        let answer = tokio::task::spawn_blocking(move || {
            let (sender, receiver) = mpsc::channel();
            jobs.send(Job::Sync(sender)).ok()?;
            receiver.recv().ok()
        });
        match answer.await {
            Ok(Some(Ok(checkpoint))) => Ok(checkpoint),
            Ok(Some(Err(fatal))) => Err(fatal.error()),
            _ => Err(CaptureError::Archive("the thread that writes the archive has ended".into())),
        }
    }
}

/// The archive of one dossier.
pub(crate) struct Archive {
    pub(crate) handle: ArchiveHandle,
    thread: JoinHandle<Ended>,
}

/// What is left when the archive is finished.
pub(crate) struct Ended {
    pub(crate) digests: Digests,
    pub(crate) failure: Option<Fatal>,
}

struct Thread {
    writer: WarcWriter<DigestWriter<File>>,
    /// Records of exchanges to which something may still belong.
    placed: BTreeMap<String, RecordId>,
    held: Arc<AtomicU64>,
    warcinfo: RecordId,
    records: u64,
    failure: Option<Fatal>,
    refused: Arc<Mutex<Vec<MissingAt>>>,
    bytes: Arc<Mutex<u64>>,
}

impl Archive {
    /// Starts the archive of the dossier at `root`; `info` are the lines of its `warcinfo` record. After an earlier session
    /// it goes on where that one stopped, with a `warcinfo` record of its own.
    pub(crate) fn open(
        root: &Path,
        before: Option<&Before>,
        now: Instant,
        info: &[(&str, &str)],
    ) -> Result<Self, CaptureError> {
        let path = root.join(ARCHIVE);
        let io = |e| DossierError::io("create", &path, e);
        fs::create_dir_all(root.join("archive")).map_err(io)?;
        let (octets, records) = before.map_or((0, 0), |before| (before.octets, before.records));
        let mut options = File::options();
        let options = options.append(true).create(true).create_new(octets == 0 && !path.exists());
        let file = options.open(&path).map_err(io)?;
        let hashed = DigestWriter::after(file, File::open(&path).map_err(io)?.take(octets)).map_err(io)?;
        let mut writer = WarcWriter::resume(hashed, octets);
        let block = warc::warc_fields(info).map_err(wrong)?;
        let warcinfo = records::name(&["warcinfo", &now.to_string(), &root.display().to_string()]);
        writer.write(&WarcRecord::warcinfo(warcinfo.clone(), now, "data.warc.gz", &block)).map_err(wrong)?;
        let (jobs, received) = mpsc::channel();
        let bytes = Arc::new(Mutex::new(writer.position()));
        let refused = Arc::new(Mutex::new(Vec::new()));
        let (shared, counted) = (Arc::clone(&refused), Arc::clone(&bytes));
        let held = Arc::new(AtomicU64::new(0));
        let mut state = Thread {
            writer,
            placed: BTreeMap::new(),
            held: Arc::clone(&held),
            warcinfo,
            records: records + 1,
            failure: None,
            refused: shared,
            bytes: counted,
        };
        let thread = std::thread::Builder::new()
            .name("archive".into())
            .spawn(move || {
                for job in received {
                    if matches!(job, Job::End) {
                        break;
                    }
                    state.job(job);
                }
                state.end()
            })
            .map_err(|e| CaptureError::Archive(e.to_string()))?;
        Ok(Self { handle: ArchiveHandle { jobs, held, refused, bytes }, thread })
    }

    /// Ends the archive; exchanges given after this are not stored.
    pub(crate) async fn finish(self) -> Result<Ended, CaptureError> {
        let Self { handle, thread } = self;
        let _ = handle.jobs.send(Job::End);
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        match joined {
            Ok(Ok(ended)) => Ok(ended),
            _ => Err(CaptureError::Archive("the thread that writes the archive has failed".into())),
        }
    }
}

impl Thread {
    fn job(&mut self, job: Job) {
        match job {
            Job::Store(exchange) => {
                if let Err(error) = self.store(&exchange) {
                    self.refuse(&exchange.url, &exchange.page, &exchange.body, &error);
                }
                self.done(&exchange.body, exchange.in_memory());
            }
            Job::Keep(resource) => {
                if let Err(error) = self.store_resource(&resource) {
                    self.refuse(&resource.url, &resource.page, &resource.body, &error);
                }
                self.done(&resource.body, resource.body.in_memory());
            }
            Job::End => {}
            Job::Sync(answer) => {
                let result = self.sync();
                let _ = answer.send(result);
            }
        }
    }

    fn done(&self, body: &ExchangeBody, in_memory: u64) {
        body.discard();
        self.held.fetch_sub(in_memory, Ordering::SeqCst);
        *lock(&self.bytes) = self.writer.position();
    }

    /// A record the rules refuse is told as missing and the archive goes on; a disk that fails ends it.
    fn refuse(&mut self, url: &str, page: &str, body: &ExchangeBody, error: &WarcError) {
        if let Some(fatal) = Fatal::of(error) {
            self.failure.get_or_insert(fatal);
            return;
        }
        let missing = Missing {
            url: url.to_owned(),
            reason: MissingReason::NotRecorded,
            detail: Some(error.to_string()),
            bytes_received: Some(body.len()),
            bytes_stored: 0,
        };
        lock(&self.refused).push(MissingAt { page: page.to_owned(), missing });
    }

    fn sync(&mut self) -> Result<Checkpoint, Fatal> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.writer
            .get_mut()
            .flush()
            .and_then(|()| self.writer.get_ref().get_ref().sync_all())
            .map_err(|e| Fatal::io(&e))?;
        Ok(Checkpoint { digests: self.writer.get_ref().so_far(), records: self.records })
    }

    fn end(mut self) -> Ended {
        if let Err(why) = self.sync()
            && self.failure.is_none()
        {
            self.failure = Some(why);
        }
        let digests = self.writer.get_ref().so_far();
        Ended { digests, failure: self.failure }
    }
}

fn wrong(error: WarcError) -> CaptureError {
    CaptureError::Archive(error.to_string())
}

/// The artefact of the finished archive.
pub(crate) fn artefact(digests: Digests) -> Result<Artefact, DossierError> {
    let meta = ArtefactMeta::new(ArtefactKind::Archive, Origin::Observed, "application/warc");
    Ok(Artefact { path: ArtefactPath::new(ARCHIVE)?, meta, digests, image: None })
}
