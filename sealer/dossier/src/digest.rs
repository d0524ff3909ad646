//! Digests that name bytes: SHA-256 and SHA-512 (FIPS 180-4), computed while bytes pass.
use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256, Sha512};

use crate::DossierError;

macro_rules! digest_type {
    ($name:ident, $len:literal, $hash:ty, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Digest of `bytes`.
            pub fn of(bytes: &[u8]) -> Self {
                Self(<$hash>::digest(bytes).into())
            }

            /// A digest already computed elsewhere.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// The raw octets.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Lower-case hexadecimal, the only textual form in use.
            pub fn to_hex(&self) -> String {
                hex::encode(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.to_hex())
            }
        }

        impl FromStr for $name {
            type Err = DossierError;

            /// Accepts exactly lower-case hexadecimal of the right length.
            fn from_str(text: &str) -> Result<Self, DossierError> {
                let bad = || DossierError::Digest { found: text.chars().take(160).collect() };
                if text.bytes().any(|b| !matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                    return Err(bad());
                }
                let bytes = hex::decode(text).map_err(|_| bad())?;
                Ok(Self(bytes.try_into().map_err(|_| bad())?))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.to_hex())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

digest_type!(Sha256Digest, 32, Sha256, "A SHA-256 digest (FIPS 180-4): 32 octets.");
digest_type!(Sha512Digest, 64, Sha512, "A SHA-512 digest (FIPS 180-4): 64 octets.");

impl Sha256Digest {
    /// 32 zero octets: the `prev` of the first journal line.
    pub const ZERO: Self = Self([0; 32]);

    /// `sha256:HEX`, the form used in WARC, CDXJ and WACZ.
    pub fn labelled(&self) -> String {
        format!("sha256:{}", self.to_hex())
    }
}

/// Length and both digests of one run of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digests {
    /// Length in octets.
    pub bytes: u64,
    /// SHA-256 of those octets.
    pub sha256: Sha256Digest,
    /// SHA-512 of those octets.
    pub sha512: Sha512Digest,
}

impl Digests {
    /// Length and digests of a buffer.
    pub fn of(bytes: &[u8]) -> Self {
        Self { bytes: bytes.len() as u64, sha256: Sha256Digest::of(bytes), sha512: Sha512Digest::of(bytes) }
    }
}

/// Hashes what is written through it: what is digested is what reached the inner writer.
pub struct DigestWriter<W> {
    inner: W,
    sha256: Sha256,
    sha512: Sha512,
    bytes: u64,
}

impl<W> DigestWriter<W> {
    /// Starts hashing at the next octet written to `inner`.
    pub fn new(inner: W) -> Self {
        Self { inner, sha256: Sha256::new(), sha512: Sha512::new(), bytes: 0 }
    }

    /// Hashes what stands already where `inner` writes on: octets an earlier writer put there. Whoever calls this MUST have
    /// them bound by something written then, such as a checkpoint.
    pub fn after(inner: W, mut standing: impl Read) -> io::Result<Self> {
        let mut sink = DigestWriter::new(io::sink());
        io::copy(&mut standing, &mut sink)?;
        let DigestWriter { sha256, sha512, bytes, .. } = sink;
        Ok(Self { inner, sha256, sha512, bytes })
    }

    /// Length and digests of what passed so far; writing may go on.
    pub fn so_far(&self) -> Digests {
        Digests {
            bytes: self.bytes,
            sha256: Sha256Digest(self.sha256.clone().finalize().into()),
            sha512: Sha512Digest(self.sha512.clone().finalize().into()),
        }
    }

    /// Gives the inner writer back, with the digests of everything written.
    pub fn finish(self) -> (W, Digests) {
        let digests = self.so_far();
        (self.inner, digests)
    }

    /// The inner writer, for flushing or syncing; writing through it would not be hashed.
    pub fn get_ref(&self) -> &W {
        &self.inner
    }
}

impl<W: Write> Write for DigestWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buf)?;
        self.sha256.update(&buf[..written]);
        self.sha512.update(&buf[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl Sha256Digest {
    /// Reads `reader` to its end; constant memory. For files that are named by this digest alone: the other one costs
    /// three times as much.
    pub fn of_reader(mut reader: impl Read) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(Self(hash.finalize().into())),
                Ok(read) => hash.update(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Reads `reader` to its end and returns length and digests; constant memory.
pub fn digest_reader(mut reader: impl Read) -> io::Result<Digests> {
    let mut sink = DigestWriter::new(io::sink());
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => return Ok(sink.finish().1),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        sink.write_all(&buffer[..read])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_vector_and_one_textual_form() {
        let digest = Sha256Digest::of(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest.to_hex(), text);
        assert_eq!(text.parse::<Sha256Digest>().unwrap(), digest);
        for bad in ["", &text[1..], &text.to_uppercase(), &format!("{text}0"), "é"] {
            assert!(bad.parse::<Sha256Digest>().is_err(), "{bad}");
        }
    }

    #[test]
    fn writer_reader_and_buffer_agree() {
        let bytes = vec![7_u8; 1_000_003];
        let mut writer = DigestWriter::new(Vec::new());
        for chunk in bytes.chunks(977) {
            writer.write_all(chunk).unwrap();
        }
        let (kept, digests) = writer.finish();
        assert_eq!(kept, bytes);
        assert_eq!(digests, Digests::of(&bytes));
        assert_eq!(digests, digest_reader(&bytes[..]).unwrap());
        assert_eq!(digests.sha256, Sha256Digest::of_reader(&bytes[..]).unwrap());
    }
}
