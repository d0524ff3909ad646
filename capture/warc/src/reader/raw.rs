//! The compressed bytes beneath a reader: counted and hashed as the decoder takes them.
use std::io::{self, BufRead, BufReader, Read};

use dossier::Sha256Digest;

use crate::digest::Hasher;

/// A buffered reader that knows its position, and the digest of the member being read.
pub(crate) struct Counted<R: Read> {
    inner: BufReader<R>,
    position: u64,
    member: Hasher,
    failed: bool,
}

impl<R: Read> Counted<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner: BufReader::with_capacity(64 * 1024, inner),
            position: 0,
            member: Hasher::default(),
            failed: false,
        }
    }

    /// Octets taken since the start.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Whether the reader beneath failed: what the decoder says is then not about the bytes.
    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    pub(crate) fn start_member(&mut self) {
        self.member = Hasher::default();
    }

    /// Length and digest of the member that was read.
    pub(crate) fn end_member(&mut self) -> (u64, Sha256Digest) {
        let member = std::mem::take(&mut self.member);
        (member.bytes(), member.finish())
    }
}

impl<R: Read> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.inner.fill_buf() {
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed = true;
                    return Err(error);
                }
            }
        }
        Ok(self.inner.buffer())
    }

    fn consume(&mut self, amount: usize) {
        let taken = self.inner.buffer().get(..amount).unwrap_or_default();
        self.position += taken.len() as u64;
        self.member.update(taken);
        self.inner.consume(amount);
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let amount = available.len().min(buf.len());
        if let (Some(to), Some(from)) = (buf.get_mut(..amount), available.get(..amount)) {
            to.copy_from_slice(from);
        }
        self.consume(amount);
        Ok(amount)
    }
}
