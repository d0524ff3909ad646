//! Digests as archives write them: `sha256:HEX`, and writers that hash what passes.
use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use dossier::Sha256Digest;
use sha2::{Digest as _, Sha256};

/// A running SHA-256 with the number of octets seen.
#[derive(Clone, Default)]
pub(crate) struct Hasher {
    hash: Sha256,
    bytes: u64,
}

impl Hasher {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn finish(self) -> Sha256Digest {
        Sha256Digest::from_bytes(self.hash.finalize().into())
    }
}

/// From this many octets on, a digest is computed on a thread of its own.
const APART: u64 = 4 << 20;
/// Pieces that wait for that thread at most.
const WAITING: usize = 16;

/// A running SHA-256 that moves to a thread of its own when there is much to hash, so that two digests of the same
/// octets take the time of one.
pub(crate) enum ApartHasher {
    /// On the thread of the caller.
    Here(Hasher),
    /// On its own: what is to be hashed, and what it will have been.
    There { pieces: SyncSender<Vec<u8>>, bytes: u64, thread: JoinHandle<Hasher> },
}

impl Default for ApartHasher {
    fn default() -> Self {
        Self::Here(Hasher::default())
    }
}

impl ApartHasher {
    /// Takes the next octets; an error means that the thread could not be had or is gone.
    pub(crate) fn update(&mut self, octets: &[u8]) -> io::Result<()> {
        match self {
            Self::Here(hasher) => {
                hasher.update(octets);
                if hasher.bytes() >= APART {
                    *self = Self::apart(std::mem::take(hasher))?;
                }
                Ok(())
            }
            Self::There { pieces, bytes, .. } => {
                *bytes += octets.len() as u64;
                pieces.send(octets.to_vec()).map_err(|_| io::Error::other("the digest's thread ended"))
            }
        }
    }

    fn apart(mut hasher: Hasher) -> io::Result<Self> {
        let bytes = hasher.bytes();
        let (pieces, waiting) = sync_channel::<Vec<u8>>(WAITING);
        let thread = std::thread::Builder::new().name("digest".into()).spawn(move || {
            waiting.iter().for_each(|piece| hasher.update(&piece));
            hasher
        })?;
        Ok(Self::There { pieces, bytes, thread })
    }

    pub(crate) fn bytes(&self) -> u64 {
        match self {
            Self::Here(hasher) => hasher.bytes(),
            Self::There { bytes, .. } => *bytes,
        }
    }

    pub(crate) fn finish(self) -> io::Result<Sha256Digest> {
        match self {
            Self::Here(hasher) => Ok(hasher.finish()),
            Self::There { pieces, thread, .. } => {
                drop(pieces);
                thread.join().map(Hasher::finish).map_err(|_| io::Error::other("the digest's thread ended"))
            }
        }
    }
}

/// Counts and hashes what reaches `inner`.
pub(crate) struct HashingWriter<W> {
    pub(crate) inner: W,
    pub(crate) hasher: Hasher,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buf)?;
        self.hasher.update(buf.get(..written).unwrap_or(buf));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// What a labelled digest (`algorithm:value`, 5.8) says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Labelled {
    /// `sha256:` with 64 lower-case hexadecimal digits: the one form we write and recompute.
    Sha256(Sha256Digest),
    /// A well-formed digest of another algorithm or in another base.
    Other,
    /// Not a labelled digest.
    Bad,
}

impl Labelled {
    pub(crate) fn parse(text: &str) -> Self {
        let Some((label, value)) = text.split_once(':') else { return Self::Bad };
        if label == "sha256"
            && let Ok(digest) = value.parse()
        {
            return Self::Sha256(digest);
        }
        // The community recommends accepting `/`, `=` and `+` of base32 and base64 values.
        let token = |text: &str, more: &[u8]| {
            !text.is_empty() && text.bytes().all(|b| crate::header::is_token_byte(b) || more.contains(&b))
        };
        if token(label, b"") && token(value, b"/=") { Self::Other } else { Self::Bad }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_apart_is_the_same() {
        for length in [0_usize, 1, 4 << 20, (4 << 20) + 1, 9 << 20] {
            let octets: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut hasher = ApartHasher::default();
            octets.chunks(70_001).for_each(|piece| hasher.update(piece).unwrap());
            assert_eq!(hasher.bytes(), length as u64);
            assert_eq!(hasher.finish().unwrap(), Sha256Digest::of(&octets));
        }
    }

    #[test]
    fn labels() {
        let digest = Sha256Digest::of(b"abc");
        assert_eq!(Labelled::parse(&digest.labelled()), Labelled::Sha256(digest));
        assert_eq!(Labelled::parse("sha1:UZY6ND6CCHXETFVJD2MSS7ZENMWF7KQ2"), Labelled::Other);
        assert_eq!(Labelled::parse(&digest.labelled().to_uppercase()), Labelled::Other);
        for bad in ["", "sha256", "sha256:", ":x", "sha 1:x", "sha1:a b"] {
            assert_eq!(Labelled::parse(bad), Labelled::Bad, "{bad}");
        }
    }
}
