//! An object of the vault opened as a stream: decrypted, checked and written on piece by piece, never whole in memory.
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use dossier::{Digests, parse_strict};

use super::{Header, Kind, SecretKey, VAULT_FORMAT};
use crate::{Id, SignificationError};

/// The longest header read.
const MAX_HEADER: usize = 4096;

/// Reads, writing on what it reads; keeps the fault of the writer apart from that of the reader.
struct Te<'w, R> {
    from: R,
    to: &'w mut dyn Write,
    fault: Option<io::Error>,
}

impl<R: Read> Read for Te<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        if let Err(fault) = self.to.write_all(buffer.get(..read).unwrap_or_default()) {
            self.fault = Some(fault);
            return Err(io::ErrorKind::Other.into());
        }
        Ok(read)
    }
}

/// Decrypts a file of the vault into `to`. What was written counts only when this succeeds: the digests are known at the last byte.
pub(crate) fn couler(
    path: &Path,
    (kind, id): (Kind, Id),
    expected: &Digests,
    key: &SecretKey,
    to: &mut dyn Write,
) -> Result<(), SignificationError> {
    let object = || format!("{} {id}", kind.name());
    let altered = |found: String| SignificationError::VaultAltered {
        object: object(),
        expected: expected.sha256.to_hex(),
        found,
    };
    let refused = |error: age::DecryptError| match error {
        age::DecryptError::NoMatchingKeys => SignificationError::KeyRefused { object: object() },
        _ => altered("un fichier chiffré invalide".into()),
    };
    let file = File::open(path).map_err(|e| SignificationError::io("open", path, e))?;
    let decryptor = age::Decryptor::new_buffered(BufReader::new(file)).map_err(refused)?;
    let mut reader = decryptor.decrypt(std::iter::once(&key.0 as &dyn age::Identity)).map_err(refused)?;
    let header: Header = entete(&mut reader).ok_or_else(|| altered("un en-tête illisible".into()))?;
    if (header.format.as_str(), header.kind, header.id) != (VAULT_FORMAT, kind, id) {
        return Err(altered(format!("{} {} ({})", header.kind.name(), header.id, header.format)));
    }
    let mut te = Te { from: reader, to, fault: None };
    let found = match dossier::digest_reader(&mut te) {
        Ok(found) => found,
        Err(_) => {
            return Err(match te.fault {
                Some(fault) => SignificationError::io("write", path, fault),
                None => altered("un fichier chiffré coupé ou modifié".into()),
            });
        }
    };
    if found.bytes != expected.bytes {
        let (expected, found) = (expected.bytes, found.bytes);
        return Err(SignificationError::VaultTruncated { object: object(), expected, found });
    }
    let announced = Digests { bytes: header.bytes, sha256: header.sha256, sha512: header.sha512 };
    if found != *expected || announced != *expected {
        return Err(altered(found.sha256.to_hex()));
    }
    Ok(())
}

/// The header line, without reading further than it.
fn entete(reader: &mut impl Read) -> Option<Header> {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while reader.read_exact(&mut byte).is_ok() && line.len() < MAX_HEADER {
        if byte == *b"\n" {
            return parse_strict(&line).ok().and_then(|value| serde_json::from_value(value).ok());
        }
        line.extend(byte);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::put;
    use super::*;

    /// Takes so many bytes, then refuses.
    struct Plein(usize);

    impl Write for Plein {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn d08_a_stream_is_what_was_put_and_every_change_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (key, other, path) = (SecretKey::generate(), SecretKey::generate(), folder.path().join("a.age"));
        let (id, bytes) = (Id::from_bytes([3; 16]), vec![7; 300_000]);
        put(&path, Kind::Acte, id, &bytes, &[key.public()]).unwrap();
        let digests = Digests::of(&bytes);
        let mut out = Vec::new();
        couler(&path, (Kind::Acte, id), &digests, &key, &mut out).unwrap();
        assert_eq!(out, bytes);
        let code = |r: Result<(), SignificationError>| r.unwrap_err().code();
        let again = |what, key: &SecretKey| couler(&path, what, &digests, key, &mut Vec::new());
        assert_eq!(code(again((Kind::Acte, id), &other)), "signification.key_refused");
        assert_eq!(code(again((Kind::Fiche, id), &key)), "signification.vault_altered");
        assert_eq!(code(again((Kind::Acte, Id::from_bytes([4; 16])), &key)), "signification.vault_altered");
        let longer = Digests { bytes: digests.bytes + 1, ..digests };
        assert_eq!(
            code(couler(&path, (Kind::Acte, id), &longer, &key, &mut Vec::new())),
            "signification.vault_truncated"
        );
        assert_eq!(
            code(couler(&path, (Kind::Acte, id), &digests, &key, &mut Plein(100_000))),
            "signification.io",
            "the writer's fault is not the vault's"
        );
        let whole = std::fs::read(&path).unwrap();
        for (place, cut) in [(whole.len() / 2, false), (whole.len() - 1, false), (whole.len() - 1, true)] {
            let mut bad = whole.clone();
            if cut {
                bad.truncate(place)
            } else {
                bad[place] ^= 1
            }
            std::fs::write(&path, bad).unwrap();
            assert_eq!(code(again((Kind::Acte, id), &key)), "signification.vault_altered", "{place} {cut}");
        }
    }
}
