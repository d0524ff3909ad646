//! The registrar: the one way a fact enters the journal. Facts of many callers are checked one after the other against what
//! is already taken, then written together: whoever waits first writes for all (group commit), and nobody is answered
//! before his own facts are on the disk.
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dossier::{Clock, Instant, JournalEntry, Sha256Digest};

use crate::SignificationError;
use crate::consent::Actor;
use crate::event::Event;
use crate::fact::Fact;
use crate::projection::{Layered, Projection};
use crate::store::{Batch, Changes, Head, NewPiece, Reader, Store};

/// Where a line stands in the chain: what evidence cites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Position, from 0.
    pub seq: u64,
    /// SHA-256 of the line.
    pub hash: Sha256Digest,
    /// SHA-256 of the line before.
    pub prev: Sha256Digest,
    /// Time of the line.
    pub at: Instant,
}

/// A fact that was taken and is not on the disk yet: it is no fact before [`Greffe::wait`] says so.
#[must_use = "a fact is on the disk only once it was waited for"]
#[derive(Clone, Debug)]
pub struct Ticket {
    links: Vec<Link>,
    batch: u64,
}

/// What is kept with facts.
#[derive(Clone, Debug, Default)]
pub struct With {
    /// Pieces the facts speak of.
    pub pieces: Vec<NewPiece>,
    /// Changes to tables that no journal makes: the registry's own index.
    pub changes: Changes,
}

/// Lines made and not staged yet.
struct Made {
    head: Head,
    links: Vec<Link>,
    lines: Vec<Vec<u8>>,
    changes: Changes,
}

struct Staged {
    /// What comes next, and its number.
    pending: Batch,
    pending_no: u64,
    /// What is being written.
    flushing: Option<Arc<Batch>>,
    /// Every batch up to this number is on the disk and in the tables, and the journal ends there.
    done: u64,
    head: Head,
    /// Where it ends once everything taken is written.
    taken: Head,
    broken: bool,
}

/// The registrar of a storage.
pub struct Greffe<'a> {
    store: Box<dyn Store + 'a>,
    clock: &'a dyn Clock,
    base: Duration,
    start: Duration,
    staged: Mutex<Staged>,
    written: Condvar,
}

impl<'a> Greffe<'a> {
    /// Over a storage that was just opened.
    pub fn new(store: Box<dyn Store + 'a>, clock: &'a dyn Clock) -> Self {
        let head = store.head();
        let staged = Staged {
            pending: Batch::default(),
            pending_no: 1,
            flushing: None,
            done: 0,
            taken: head,
            head,
            broken: false,
        };
        Self {
            base: Duration::from_micros(head.mono_us),
            start: clock.monotonic(),
            store,
            clock,
            staged: Mutex::new(staged),
            written: Condvar::new(),
        }
    }

    /// The storage: what is read there is on the disk.
    pub fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Takes a fact at the present time and waits until it is on the disk.
    pub fn record(&self, actor: &Actor, event: &Event) -> Result<Link, SignificationError> {
        self.record_at(actor, |_, _| Ok(vec![event.clone().into()]))
    }

    /// Takes the facts that `make` gives for the present time, all or none, and waits. Gives the last one's place.
    pub fn record_at(
        &self,
        actor: &Actor,
        make: impl FnOnce(Instant, &dyn Reader) -> Result<Vec<Fact>, SignificationError>,
    ) -> Result<Link, SignificationError> {
        let ticket = self.stage(actor, With::default(), make)?;
        let links = self.wait(ticket)?;
        links.last().copied().ok_or_else(|| SignificationError::Storage { why: "aucun fait".into() })
    }

    /// Takes facts that `make` gives for the present time, in view of everything taken before them; if one is impossible,
    /// all are refused and leave nothing. They bear the same time.
    pub fn stage(
        &self,
        actor: &Actor,
        with: With,
        make: impl FnOnce(Instant, &dyn Reader) -> Result<Vec<Fact>, SignificationError>,
    ) -> Result<Ticket, SignificationError> {
        let mut staged = self.lock();
        if staged.broken {
            return Err(SignificationError::Poisoned);
        }
        let made = self.make(&staged, actor, make)?;
        staged.taken = made.head;
        staged.pending.head = Some(made.head);
        staged.pending.pieces.extend(with.pieces);
        staged.pending.lines.extend(made.lines);
        staged.pending.changes.absorb(made.changes);
        staged.pending.changes.absorb(with.changes);
        Ok(Ticket { links: made.links, batch: staged.pending_no })
    }

    fn make(
        &self,
        staged: &Staged,
        actor: &Actor,
        make: impl FnOnce(Instant, &dyn Reader) -> Result<Vec<Fact>, SignificationError>,
    ) -> Result<Made, SignificationError> {
        let now = self.clock.now();
        if let Some(last) = staged.taken.last_at.filter(|last| now < *last) {
            return Err(SignificationError::ClockBack { now, last });
        }
        let nothing = Changes::default();
        let flushing = staged.flushing.as_ref().map_or(&nothing, |batch| &batch.changes);
        let written = Layered { over: flushing, beneath: &*self.store };
        let taken = Layered { over: &staged.pending.changes, beneath: &written };
        let spent = self.base + self.clock.monotonic().saturating_sub(self.start);
        let mono_us = u64::try_from(spent.as_micros()).unwrap_or(u64::MAX).min(1 << 52).max(staged.taken.mono_us);
        let mut made = Made { head: staged.taken, links: vec![], lines: vec![], changes: Changes::default() };
        for event in make(now, &taken)? {
            let (op, data) = event.to_parts(actor)?;
            let (seq, prev) = (made.head.next, made.head.hash);
            let entry = JournalEntry { seq, at: now, mono_us, op, outcome: event.outcome(), data, prev };
            let line = entry.to_line()?;
            let changes = Projection::of(&Layered { over: &made.changes, beneath: &taken }, &entry, &line)?;
            made.head = made.head.after(&entry, &line);
            made.links.push(Link { seq, hash: made.head.hash, prev, at: now });
            made.lines.push(line);
            made.changes.absorb(changes);
        }
        Ok(made)
    }

    /// Writes tables that no journal makes.
    pub(crate) fn write_tables(&self, changes: Changes) -> Result<(), SignificationError> {
        let batch = {
            let mut staged = self.lock();
            staged.pending.changes.absorb(changes);
            staged.pending_no
        };
        self.wait(Ticket { links: Vec::new(), batch }).map(|_| ())
    }

    /// Waits until a fact is on the disk, writing it if nobody is writing.
    pub fn wait(&self, ticket: Ticket) -> Result<Vec<Link>, SignificationError> {
        let mut staged = self.lock();
        loop {
            if staged.done >= ticket.batch {
                return Ok(ticket.links);
            }
            if staged.broken {
                return Err(SignificationError::Poisoned);
            }
            if staged.flushing.is_some() {
                staged = self.written.wait(staged).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let batch = Arc::new(std::mem::take(&mut staged.pending));
            let number = staged.pending_no;
            staged.pending_no += 1;
            staged.flushing = Some(Arc::clone(&batch));
            drop(staged);
            let guard = Writing { greffe: self };
            let written = self.store.commit(&batch);
            std::mem::forget(guard);
            staged = self.lock();
            staged.flushing = None;
            match written {
                Ok(()) => (staged.done, staged.head) = (number, batch.head.unwrap_or(staged.head)),
                // From here the memory is ahead of the disk: only a new opening tells the truth.
                Err(_) => staged.broken = true,
            }
            self.written.notify_all();
            written?;
        }
    }

    /// Where the journal ends, on the disk and in the tables alike: a storage that is writing may be further.
    pub fn head(&self) -> Head {
        self.lock().head
    }

    fn lock(&self) -> MutexGuard<'_, Staged> {
        self.staged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stands while a batch is written: a storage that panics leaves nobody waiting for ever.
struct Writing<'g, 's> {
    greffe: &'g Greffe<'s>,
}

impl Drop for Writing<'_, '_> {
    fn drop(&mut self) {
        let mut staged = self.greffe.lock();
        (staged.flushing, staged.broken) = (None, true);
        self.greffe.written.notify_all();
    }
}
