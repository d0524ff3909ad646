//! The events that wait to be read: in memory, and beyond a budget in a file without a name. The browser throws messages
//! away when its own buffer is full, so it must never wait for us; and our memory must not grow with what it says.
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;
use uuid::Uuid;

use super::lock;

/// How many octets of messages wait in memory.
const MEMORY: usize = 16 * 1024 * 1024;

/// The messages, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    ready: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    memory: VecDeque<String>,
    bytes: usize,
    /// What came after `memory` was full; older than nothing else.
    spill: Option<Spill>,
    closed: bool,
}

#[derive(Debug)]
struct Spill {
    file: File,
    read: u64,
    written: u64,
    /// Messages not read back yet.
    waiting: u64,
}

/// What comes out of the queue.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Message(String),
    /// So many messages could not be read back from the file, and why.
    Lost(u64, String),
}

impl Queue {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Adds a message; it never waits.
    pub(super) fn push(&self, message: String) {
        {
            let mut guard = lock(&self.inner);
            let inner = &mut *guard;
            if inner.spill.is_none() && inner.bytes + message.len() > MEMORY {
                inner.spill = Spill::create().ok();
            }
            let spilled = inner.spill.as_mut().is_some_and(|spill| spill.push(&message).is_ok());
            // A disk that fails must not lose a message: memory is what is left, in the right order only when nothing
            // is in the file, so the file is taken back first.
            if !spilled {
                inner.take_back();
                inner.bytes += message.len();
                inner.memory.push_back(message);
            }
        }
        self.ready.notify_one();
    }

    /// No message will come any more.
    pub(super) fn close(&self) {
        lock(&self.inner).closed = true;
        self.ready.notify_one();
    }

    /// The next message, or what was lost; `None` when it was closed and all were given.
    pub(super) async fn next(&self) -> Option<Next> {
        loop {
            {
                let mut inner = lock(&self.inner);
                if let Some(next) = inner.pop() {
                    return Some(next);
                }
                if inner.closed {
                    return None;
                }
            }
            self.ready.notified().await;
        }
    }
}

impl Inner {
    fn pop(&mut self) -> Option<Next> {
        if let Some(message) = self.memory.pop_front() {
            self.bytes -= message.len();
            return Some(Next::Message(message));
        }
        let next = self.spill.as_mut()?.pop();
        if !matches!(next, Some(Next::Message(_))) {
            self.spill = None;
        }
        next
    }

    fn take_back(&mut self) {
        // What cannot be read back stays in the file: `pop` will say how much it was, once memory is given.
        while let Some(Next::Message(message)) = self.spill.as_mut().and_then(Spill::pop) {
            self.bytes += message.len();
            self.memory.push_back(message);
        }
        if self.spill.as_ref().is_some_and(|spill| spill.waiting == 0) {
            self.spill = None;
        }
    }
}

impl Spill {
    /// A file that has no name any more: nobody else reads it, and nothing is left of it.
    fn create() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("constat-evenements-{}", Uuid::new_v4().simple()));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        fs::remove_file(&path)?;
        Ok(Self { file, read: 0, written: 0, waiting: 0 })
    }

    fn push(&mut self, message: &str) -> io::Result<()> {
        let length = message.len() as u64;
        self.file.write_all_at(&length.to_le_bytes(), self.written)?;
        self.file.write_all_at(message.as_bytes(), self.written + 8)?;
        self.written += 8 + length;
        self.waiting += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<Next> {
        if self.waiting == 0 {
            return None;
        }
        match self.read_back() {
            Ok(message) => Some(Next::Message(message)),
            Err(error) => Some(Next::Lost(self.waiting, error.to_string())),
        }
    }

    fn read_back(&mut self) -> io::Result<String> {
        let mut length = [0; 8];
        self.file.read_exact_at(&mut length, self.read)?;
        let length = u64::from_le_bytes(length);
        let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact_at(&mut bytes, self.read + 8)?;
        self.read += 8 + length;
        self.waiting -= 1;
        if self.read == self.written {
            // All was read: the disk is given back, and what comes next may wait in memory again.
            let _ = self.file.set_len(0);
            (self.read, self.written) = (0, 0);
        }
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_keep_their_order_through_memory_and_file() {
        let queue = Queue::new();
        let message = |n: usize| format!("{n}:{}", "x".repeat(MEMORY / 40));
        for n in 0..100 {
            queue.push(message(n));
        }
        assert!(lock(&queue.inner).bytes <= MEMORY, "memory stays within its budget");
        for n in 0..60 {
            assert_eq!(queue.next().await, Some(Next::Message(message(n))));
        }
        for n in 100..120 {
            queue.push(message(n));
        }
        queue.close();
        for n in 60..120 {
            assert_eq!(queue.next().await, Some(Next::Message(message(n))));
        }
        assert_eq!(queue.next().await, None);
    }

    #[tokio::test]
    async fn what_cannot_be_read_back_is_told_by_its_number() {
        let queue = Queue::new();
        let message = "x".repeat(MEMORY / 4);
        for _ in 0..7 {
            queue.push(message.clone());
        }
        // The file was cut under our feet.
        let cut = |inner: &Inner| inner.spill.as_ref().is_some_and(|spill| spill.file.set_len(0).is_ok());
        assert!(cut(&lock(&queue.inner)));
        queue.close();
        for _ in 0..4 {
            assert_eq!(queue.next().await, Some(Next::Message(message.clone())));
        }
        assert!(matches!(queue.next().await, Some(Next::Lost(3, _))));
        assert_eq!(queue.next().await, None);
    }
}
