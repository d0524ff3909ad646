//! Digests as archives write them: `sha256:HEX`, and writers that hash what passes.
use std::io::{self, Write};

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
