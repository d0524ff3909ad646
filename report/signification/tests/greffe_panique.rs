//! A storage that panics in the middle of a writing: nobody waits for ever, nobody is told that it was done.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

#[path = "support/world.rs"]
mod world;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use dossier::Sha256Digest;
use signification::consent::Actor;
use signification::event::Event;
use signification::greffe::{Greffe, With};
use signification::store::embedded::Embedded;
use signification::store::{Batch, Head, Pair, PieceKind, Reader, Store, Table};
use signification::{Id, SignificationError};
use world::{DigestSealer, World};

/// A storage whose writing says that it began, waits to be told, then panics.
struct Dying {
    inner: Embedded,
    began: Mutex<Sender<()>>,
    told: Mutex<Receiver<()>>,
}

impl Reader for Dying {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError> {
        self.inner.get(table, key)
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError> {
        self.inner.scan(table, prefix, after, limit)
    }
}

impl Store for Dying {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn head(&self) -> Head {
        self.inner.head()
    }

    fn line(&self, seq: u64) -> Result<Option<Vec<u8>>, SignificationError> {
        self.inner.line(seq)
    }

    fn lines(
        &self,
        from: u64,
        each: &mut dyn FnMut(&[u8]) -> Result<(), SignificationError>,
    ) -> Result<(), SignificationError> {
        self.inner.lines(from, each)
    }

    fn commit(&self, _batch: &Batch) -> Result<(), SignificationError> {
        self.began.lock().unwrap_or_else(PoisonError::into_inner).send(()).unwrap();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap();
        panic!("the storage dies");
    }

    fn piece(&self, kind: PieceKind, id: Id) -> Result<Option<Vec<u8>>, SignificationError> {
        self.inner.piece(kind, id)
    }

    fn rebuild(&self) -> Result<(), SignificationError> {
        self.inner.rebuild()
    }
}

#[test]
fn a_writing_that_panics_leaves_nobody_waiting() {
    let world = World::new(DigestSealer { deferred: false }, "2026-12-01T11:00:00Z");
    let before = world.make().head();
    let lines = world.lines().len();
    let (inner, _) = Embedded::open(&world.store(), false).unwrap();
    let ((began, begins), (tell, told)) = (channel(), channel());
    let store = Dying { inner, began: Mutex::new(began), told: Mutex::new(told) };
    let greffe = Greffe::new(Box::new(store), &world.clock);
    let fact = |text: &str| Event::ConfigChanged { config_sha256: Sha256Digest::of(text.as_bytes()) };
    let me = Actor::platform();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| greffe.record(&me, &fact("first")));
        begins.recv().unwrap();
        // Taken while the first is being written: it waits for that writing, and would write the next.
        let ticket = greffe.stage(&me, With::default(), |_, _| Ok(vec![fact("second").into()])).unwrap();
        let second = scope.spawn(|| greffe.wait(ticket));
        tell.send(()).unwrap();
        assert!(first.join().is_err(), "the panic goes up");
        assert_eq!(second.join().unwrap().unwrap_err().code(), "signification.poisoned");
    });
    assert_eq!(greffe.record(&me, &fact("third")).unwrap_err().code(), "signification.poisoned");
    drop(greffe);
    assert_eq!(world.lines().len(), lines);
    assert_eq!(world.open().head(), before);
}
