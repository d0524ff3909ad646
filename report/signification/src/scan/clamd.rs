//! The daemon `clamd` (clamd(8)): `zINSTREAM`, then chunks with their length before them in network order, an empty one at
//! the end. Every wait is bounded by one deadline, every answer by a length.
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::time::{Duration, Instant as Moment};

use dossier::{DigestWriter, Digests};

use super::{Analyseur, Motif, ScanConfig, Verdict};
use crate::SignificationError;

/// The longest answer read.
const MAX_REPONSE: usize = 4 * 1024;
/// Octets sent at once.
const CHUNK: usize = 64 * 1024;
/// The longest signature name kept.
const MAX_NAME: usize = 128;

/// clamd, or nothing when none is configured.
#[derive(Clone, Debug)]
pub struct Clamd(ScanConfig);

impl Clamd {
    /// From the configuration; nothing is connected before the first file.
    pub fn new(config: &ScanConfig) -> Result<Self, SignificationError> {
        config.check()?;
        Ok(Self(config.clone()))
    }

    fn connect(&self, until: Moment) -> Result<Link, Motif> {
        let wait = left(until)?;
        let far = |_: io::Error| Motif::Injoignable;
        let stream = match (&self.0.socket, self.0.adresse) {
            (Some(path), _) => {
                // A socket whose queue is full makes connect(2) wait without end: the wait is another thread's.
                let (path, (tell, told)) = (path.clone(), mpsc::channel());
                std::thread::spawn(move || tell.send(UnixStream::connect(path)));
                Stream::Local(told.recv_timeout(wait).map_err(|_| Motif::Delai)?.map_err(far)?)
            }
            (None, Some(address)) => Stream::Tcp(TcpStream::connect_timeout(&address, wait).map_err(far)?),
            (None, None) => return Err(Motif::SansAnalyseur),
        };
        let mut link = Link { stream, until };
        link.send(b"zINSTREAM\0")?;
        Ok(link)
    }
}

impl Analyseur for Clamd {
    fn analyser(&self, content: &mut dyn Read) -> io::Result<(Verdict, Digests)> {
        let until = Moment::now() + Duration::from_secs(u64::from(self.0.delai_secondes));
        let mut link = self.connect(until);
        let mut verdict: Option<Verdict> = None;
        let mut digests = DigestWriter::new(io::sink());
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = match content.read(&mut chunk) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let bytes = chunk.get(..length).unwrap_or_default();
            digests.write_all(bytes)?;
            if digests.so_far().bytes > self.0.taille_max {
                let refused = Verdict::NonAnalyse { motif: Motif::TropLong };
                return Ok((refused, digests.finish().1));
            }
            if let (Ok(open), None) = (&mut link, &verdict) {
                // A daemon that has enough says why and reads no more: its answer is worth more than the broken pipe.
                verdict = match open.chunk(bytes) {
                    Ok(()) if length > 0 => None,
                    Ok(()) => Some(open.answer().map_or_else(not_done, |text| read(&text))),
                    Err(motif) => Some(open.answer().map_or(not_done(motif), |text| failed(&text, motif))),
                };
            }
            if length == 0 {
                break;
            }
        }
        let verdict = match (verdict, link) {
            (Some(verdict), _) => verdict,
            (None, Err(motif)) => not_done(motif),
            (None, Ok(_)) => not_done(Motif::Injoignable),
        };
        Ok((verdict, digests.finish().1))
    }
}

fn not_done(motif: Motif) -> Verdict {
    Verdict::NonAnalyse { motif }
}

/// The time left, or that there is none.
fn left(until: Moment) -> Result<Duration, Motif> {
    let left = until.saturating_duration_since(Moment::now());
    if left < Duration::from_millis(1) { Err(Motif::Delai) } else { Ok(left) }
}

enum Stream {
    Local(UnixStream),
    Tcp(TcpStream),
}

struct Link {
    stream: Stream,
    until: Moment,
}

impl Link {
    fn bound(&self) -> Result<(), Motif> {
        let wait = Some(left(self.until)?);
        let set = match &self.stream {
            Stream::Local(s) => s.set_read_timeout(wait).and_then(|()| s.set_write_timeout(wait)),
            Stream::Tcp(s) => s.set_read_timeout(wait).and_then(|()| s.set_write_timeout(wait)),
        };
        set.map_err(|_| Motif::Injoignable)
    }

    /// Writes all of `bytes`; the deadline holds for the whole, however little the daemon takes at a time.
    fn send(&mut self, mut bytes: &[u8]) -> Result<(), Motif> {
        while !bytes.is_empty() {
            self.bound()?;
            let written = match &mut self.stream {
                Stream::Local(s) => s.write(bytes),
                Stream::Tcp(s) => s.write(bytes),
            };
            match written {
                Ok(0) => return Err(Motif::Injoignable),
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(why(&e)),
            }
        }
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<(), Motif> {
        let size = u32::try_from(bytes.len()).map_err(|_| Motif::TropLong)?;
        self.send(&size.to_be_bytes())?;
        self.send(bytes)
    }

    /// What the daemon says up to its zero, or its end; at most [`MAX_REPONSE`] octets.
    fn answer(&mut self) -> Result<String, Motif> {
        let (mut octets, mut some) = (Vec::new(), [0; 512]);
        loop {
            self.bound()?;
            let read = match &mut self.stream {
                Stream::Local(s) => s.read(&mut some),
                Stream::Tcp(s) => s.read(&mut some),
            };
            match read {
                Ok(0) => break,
                Ok(n) => octets.extend_from_slice(some.get(..n).unwrap_or_default()),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(why(&e)),
            }
            if octets.contains(&0) {
                break;
            }
            if octets.len() > MAX_REPONSE {
                return Err(Motif::ReponseInconnue);
            }
        }
        if octets.is_empty() {
            return Err(Motif::Injoignable);
        }
        let end = octets.iter().position(|b| *b == 0).unwrap_or(octets.len());
        Ok(String::from_utf8_lossy(octets.get(..end).unwrap_or_default()).trim_end().to_owned())
    }
}

fn why(error: &io::Error) -> Motif {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Motif::Delai,
        _ => Motif::Injoignable,
    }
}

/// `stream: OK`, `stream: NAME FOUND`, `… ERROR`: the exact words only.
pub(super) fn read(answer: &str) -> Verdict {
    if answer == "stream: OK" {
        return Verdict::Sain;
    }
    if let Some(name) = answer.strip_prefix("stream: ").and_then(|said| said.strip_suffix(" FOUND")) {
        let word = |c: char| if c.is_ascii_alphanumeric() || "._-/:()".contains(c) { c } else { '_' };
        let signature: String = name.chars().take(MAX_NAME).map(word).collect();
        return Verdict::Infecte { signature };
    }
    not_done(match answer {
        said if said.contains("size limit exceeded") => Motif::TropLong,
        said if said.ends_with("ERROR") => Motif::RefusDuMoteur,
        _ => Motif::ReponseInconnue,
    })
}

/// What is said by a daemon that stopped reading: never that the file is clean, since it has not seen its end.
fn failed(answer: &str, motif: Motif) -> Verdict {
    match read(answer) {
        Verdict::Sain => not_done(motif),
        other => other,
    }
}
