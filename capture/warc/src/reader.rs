//! Reads archives record by record without trusting them: one gzip member a record, exact framing, budgets, and
//! never more than a buffer in memory.
mod raw;

use std::io::{self, BufRead as _, Read};

use dossier::Sha256Digest;
use flate2::bufread::GzDecoder;

use crate::header::{HeaderFault, parse_header};
use crate::{RecordHeader, WarcError};
use raw::Counted;

/// What reading an archive may cost. A limit that is passed is an error, never a silent cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Octets of one record's header.
    pub header: usize,
    /// Octets of the whole archive once decompressed.
    pub decompressed: u64,
    /// Octets decompressed for one compressed, counted over the archive once it gave more than [`Budget::FLOOR`].
    pub ratio: u64,
}

impl Budget {
    /// Below this many decompressed octets the ratio is not looked at: small things compress well honestly.
    pub const FLOOR: u64 = 256 * 1024 * 1024;
}

impl Default for Budget {
    /// 256 KiB of header, 64 GiB of archive, 500 for 1 beyond the first 256 MiB.
    fn default() -> Self {
        Self { header: 256 * 1024, decompressed: 64 * 1024 * 1024 * 1024, ratio: 500 }
    }
}

/// Where a record stands in its archive, known once it was read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordEnd {
    /// Offset of its gzip member, in octets.
    pub offset: u64,
    /// Length of its gzip member, in octets.
    pub length: u64,
    /// SHA-256 of its gzip member.
    pub record_digest: Sha256Digest,
}

enum State<R: Read> {
    Between(Counted<R>),
    Inside(Box<Inside<R>>),
    /// An error was met, or the end: nothing more is read.
    Over,
}

struct Inside<R: Read> {
    gzip: io::BufReader<GzDecoder<Counted<R>>>,
    /// Octets of the block still to be read.
    left: u64,
}

/// A strict reader of a gzipped WARC. Give it a plain `Read`: it buffers by itself.
pub struct WarcReader<R: Read> {
    state: State<R>,
    budget: Budget,
    /// Octets decompressed so far.
    decompressed: u64,
    /// Offset of the member being read.
    offset: u64,
}

impl<R: Read> WarcReader<R> {
    /// Reads from the first octet, within the default budget.
    pub fn new(inner: R) -> Self {
        Self::with_budget(inner, Budget::default())
    }

    /// Reads from the first octet, within `budget`.
    pub fn with_budget(inner: R, budget: Budget) -> Self {
        Self { state: State::Between(Counted::new(inner)), budget, decompressed: 0, offset: 0 }
    }

    /// The next record, or `None` at the end of the archive. What was left unread of the record before is read and
    /// checked first. After an error every further call gives `None`.
    pub fn next_record(&mut self) -> Result<Option<Record<'_, R>>, WarcError> {
        if matches!(self.state, State::Inside(_)) {
            self.finish()?;
        }
        let State::Between(mut raw) = std::mem::replace(&mut self.state, State::Over) else { return Ok(None) };
        self.offset = raw.position();
        let at_end = raw.fill_buf().map_err(|error| WarcError::io("read an archive", error))?.is_empty();
        if at_end {
            return Ok(None);
        }
        raw.start_member();
        let gzip = io::BufReader::with_capacity(32 * 1024, GzDecoder::new(raw));
        self.state = State::Inside(Box::new(Inside { gzip, left: 0 }));
        let header = self.read_header().inspect_err(|_| self.state = State::Over)?;
        if let State::Inside(inside) = &mut self.state {
            inside.left = header.content_length;
        }
        Ok(Some(Record { offset: self.offset, header, reader: self }))
    }

    fn read_header(&mut self) -> Result<RecordHeader, WarcError> {
        let mut header = Vec::new();
        loop {
            let start = header.len();
            let limit = self.budget.header.saturating_sub(start) as u64;
            let State::Inside(inside) = &mut self.state else { break };
            let read = inside.gzip.by_ref().take(limit).read_until(b'\n', &mut header);
            let read = read.map_err(|error| self.fault(error))?;
            self.count(read as u64)?;
            if header.len() >= self.budget.header {
                return Err(self.limit("the header of a record", self.budget.header as u64));
            }
            let line = header.get(start..).unwrap_or_default();
            // A first line that is not the version's is refused before more is read.
            if start == 0 && line != b"WARC/1.1\r\n" {
                return Err(self.malformed("WARC/1.1", &String::from_utf8_lossy(line)));
            }
            if read == 0 {
                return Err(self.malformed("a header ended by an empty line", "the end of the member"));
            }
            if line == b"\r\n" {
                break;
            }
        }
        let refused = |HeaderFault { expected, found }| self.malformed(expected, &found);
        parse_header(&header).map_err(refused)
    }

    fn read_block(&mut self, buf: &mut [u8]) -> Result<usize, WarcError> {
        let State::Inside(inside) = &mut self.state else { return Ok(0) };
        let wanted = usize::try_from(inside.left).unwrap_or(usize::MAX).min(buf.len());
        if wanted == 0 {
            return Ok(0);
        }
        let read = inside.gzip.read(buf.get_mut(..wanted).unwrap_or_default());
        let left = inside.left;
        let read = read.map_err(|error| self.fault(error))?;
        if read == 0 {
            return Err(self.malformed("a block as long as Content-Length", &format!("{left} octets less")));
        }
        if let State::Inside(inside) = &mut self.state {
            inside.left -= read as u64;
        }
        self.count(read as u64)?;
        Ok(read)
    }

    /// Reads the record being read to its end and checks its framing.
    fn finish(&mut self) -> Result<RecordEnd, WarcError> {
        let result = self.finish_inside();
        if result.is_err() {
            self.state = State::Over;
        }
        result
    }

    fn finish_inside(&mut self) -> Result<RecordEnd, WarcError> {
        let mut buffer = [0_u8; 16 * 1024];
        while self.read_block(&mut buffer)? > 0 {}
        let State::Inside(inside) = &mut self.state else {
            return Err(self.malformed("a record being read", "none"));
        };
        let mut tail = Vec::new();
        // One octet more than the end of a record: a member holds nothing else.
        let read = inside.gzip.by_ref().take(5).read_to_end(&mut tail);
        read.map_err(|error| self.fault(error))?;
        self.count(tail.len() as u64)?;
        match tail.as_slice() {
            b"\r\n\r\n" => {}
            [b'\r', b'\n', b'\r', b'\n', ..] => {
                return Err(self.malformed("one record a gzip member", "more bytes in the member"));
            }
            other => {
                let found = format!("{:?}", String::from_utf8_lossy(other));
                return Err(self.malformed("two CRLF after the block", &found));
            }
        }
        let State::Inside(inside) = std::mem::replace(&mut self.state, State::Over) else {
            return Err(self.malformed("a record being read", "none"));
        };
        let mut raw = inside.gzip.into_inner().into_inner();
        let (length, record_digest) = raw.end_member();
        self.state = State::Between(raw);
        Ok(RecordEnd { offset: self.offset, length, record_digest })
    }

    fn count(&mut self, read: u64) -> Result<(), WarcError> {
        self.decompressed = self.decompressed.saturating_add(read);
        if self.decompressed > self.budget.decompressed {
            return Err(self.limit("the archive once decompressed", self.budget.decompressed));
        }
        let State::Inside(inside) = &self.state else { return Ok(()) };
        let compressed = inside.gzip.get_ref().get_ref().position();
        let allowed = compressed.saturating_mul(self.budget.ratio);
        match self.decompressed > Budget::FLOOR && self.decompressed > allowed {
            true => Err(self.limit("the ratio of compression", self.budget.ratio)),
            false => Ok(()),
        }
    }

    /// Tells a disk that fails from bytes that are not gzip.
    fn fault(&self, error: io::Error) -> WarcError {
        match &self.state {
            State::Inside(inside) if inside.gzip.get_ref().get_ref().failed() => {
                WarcError::io("read an archive", error)
            }
            _ => self.malformed("a whole gzip member (RFC 1952)", &error.to_string()),
        }
    }

    fn malformed(&self, expected: &'static str, found: &str) -> WarcError {
        WarcError::Malformed { offset: self.offset, expected, found: crate::error::excerpt(found) }
    }

    fn limit(&self, what: &'static str, limit: u64) -> WarcError {
        WarcError::Limit { offset: self.offset, what, limit }
    }
}

/// One record being read: its header, then its block through `Read`.
pub struct Record<'a, R: Read> {
    offset: u64,
    header: RecordHeader,
    reader: &'a mut WarcReader<R>,
}

impl<R: Read> Record<'_, R> {
    /// Offset of its gzip member, in octets.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Its header.
    pub fn header(&self) -> &RecordHeader {
        &self.header
    }

    /// Whether its gzip header holds a name, a comment or extra bytes, which no WARC needs.
    pub fn has_gzip_extras(&self) -> bool {
        let State::Inside(inside) = &self.reader.state else { return false };
        let header = inside.gzip.get_ref().header();
        header.is_some_and(|h| h.filename().is_some() || h.comment().is_some() || h.extra().is_some())
    }

    /// Reads the next octets of the block, as `Read` does, with the crate's own error.
    pub fn read_block(&mut self, buf: &mut [u8]) -> Result<usize, WarcError> {
        self.reader.read_block(buf).inspect_err(|_| self.reader.state = State::Over)
    }

    /// Reads what is left, checks that the record ends as it must, and says where it stands.
    pub fn finish(self) -> Result<RecordEnd, WarcError> {
        self.reader.finish()
    }
}

impl<R: Read> Read for Record<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.read_block(buf).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// The length of the longest beginning of `inner` that consists of whole records, in octets: where to cut an
/// archive that a crash left torn. Fails only when `inner` cannot be read.
pub fn last_whole_member(inner: impl Read) -> Result<u64, WarcError> {
    // No budget: the bytes are our own, and cutting a large archive would lose evidence.
    let budget = Budget { header: 16 * 1024 * 1024, decompressed: u64::MAX, ratio: u64::MAX };
    let mut reader = WarcReader::with_budget(inner, budget);
    let mut whole = 0;
    loop {
        let end = match reader.next_record() {
            Ok(Some(record)) => record.finish(),
            Ok(None) => return Ok(whole),
            Err(error) => Err(error),
        };
        match end {
            Ok(end) => whole = end.offset + end.length,
            Err(error @ (WarcError::Io { .. } | WarcError::DiskFull { .. })) => return Err(error),
            Err(_) => return Ok(whole),
        }
    }
}

#[cfg(test)]
mod tests;
