//! Selective disclosure: one salted leaf for each record of the archive, under a root that the seal covers, so that records can
//! be withheld from a copy while what remains still verifies.
//!
//! The tree is that of RFC 9162, 2.1.1. A leaf shows nothing of its record to whoever has neither its salt nor the secret
//! the salts come from: not even a guess can be confirmed.
mod list;
mod tree;

use dossier::{Disclosure, Sha256Digest};
use ring::hmac;
use warc::RecordType;

use crate::{Random, SealError};
pub(crate) use list::{BY_RULE, FORMAT};
pub use list::{Original, RecordFate, Salt, WithheldFile, WithholdingList};
pub(crate) use tree::Tree;

/// Octets of the secret, and of a salt.
pub(crate) const SECRET: usize = 32;

/// What the salts of a bundle come from. It stands in the bundle, never in a copy that withholds a record.
#[derive(Clone)]
pub(crate) struct Secret([u8; SECRET]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A new one.
    pub(crate) fn draw(random: &dyn Random) -> Result<Self, SealError> {
        let mut octets = [0; SECRET];
        random.fill(&mut octets).map_err(|why| SealError::Sign { why })?;
        Ok(Self(octets))
    }

    /// The file of the bundle: 64 lower-case hexadecimal digits and a line feed.
    pub(crate) fn to_file(&self) -> Vec<u8> {
        format!("{}\n", hex::encode(self.0)).into_bytes()
    }

    /// Reads that file, in exactly that form.
    pub(crate) fn from_file(octets: &[u8]) -> Option<Self> {
        let mut secret = [0; SECRET];
        hex::decode_to_slice(octets.strip_suffix(b"\n")?, &mut secret).ok()?;
        let secret = Self(secret);
        (secret.to_file() == octets).then_some(secret)
    }

    /// The salt of record `index`, from 0: HMAC-SHA-256 over `record` and the index on eight octets, most significant first.
    pub(crate) fn salt(&self, index: u64) -> [u8; SECRET] {
        let message = [b"record".as_slice(), &index.to_be_bytes()].concat();
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.0), &message);
        let mut salt = [0; SECRET];
        salt.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        salt
    }
}

/// What stands for a record whose octets are not shown: SHA-256 of 0x02, its salt, and the SHA-256 of its gzip member.
pub(crate) fn blind(salt: &[u8; SECRET], member: &Sha256Digest) -> Sha256Digest {
    Sha256Digest::of(&[[0x02].as_slice(), salt, member.as_bytes()].concat())
}

/// The leaf of a record: SHA-256 of 0x00, what stands for its octets, and the name of its type. A copy that withholds the
/// record gives both, so that its type is proven too.
pub(crate) fn leaf(kind: RecordType, blind: &Sha256Digest) -> Sha256Digest {
    Sha256Digest::of(&[[0x00].as_slice(), blind.as_bytes(), kind.as_str().as_bytes()].concat())
}

/// The leaves of an archive as its records are read.
pub(crate) struct Leaves<'a> {
    secret: &'a Secret,
    tree: Tree,
}

impl<'a> Leaves<'a> {
    /// None yet.
    pub(crate) fn new(secret: &'a Secret) -> Self {
        Self { secret, tree: Tree::default() }
    }

    /// The next record: its type and the SHA-256 of its gzip member.
    pub(crate) fn push(&mut self, kind: RecordType, member: &Sha256Digest) {
        let salt = self.secret.salt(self.tree.len());
        self.tree.push(leaf(kind, &blind(&salt, member)));
    }

    /// What `constat.json` says of them.
    pub(crate) fn finish(&self) -> Disclosure {
        Disclosure { records: self.tree.len(), root: self.tree.root() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::from_file(format!("{}\n", "0b".repeat(32)).as_bytes()).unwrap()
    }

    #[test]
    fn the_secret_has_one_written_form() {
        let written = secret().to_file();
        assert_eq!(written.len(), 65);
        let text = String::from_utf8(written).unwrap();
        for wrong in [text.trim_end().to_owned(), text.to_uppercase(), format!("{text}\n"), text[2..].to_owned()] {
            assert!(Secret::from_file(wrong.as_bytes()).is_none(), "{wrong:?}");
        }
        assert_eq!(format!("{:?}", secret()), "Secret");
    }

    /// Made with another implementation (Python's `hmac` and `hashlib`).
    #[test]
    fn salt_blind_and_leaf_as_others_give_them() {
        let salt = secret().salt(258);
        assert_eq!(hex::encode(salt), SALT);
        let blinded = blind(&salt, &Sha256Digest::of(b"member"));
        assert_eq!(blinded.to_hex(), BLIND);
        assert_eq!(leaf(RecordType::Response, &blinded).to_hex(), LEAF);
    }

    const SALT: &str = "b30b36e5e77d63619a430bf6193c244a65f101f90dc8000512bb0fdd82954df5";
    const BLIND: &str = "2b358e33891599c5402dfea6825acc7e9cbc641347da0549d286979c24af9f9b";
    const LEAF: &str = "65ddf7b54f7f2af678a753afed1b8c0ced0344dff11614d7d8f766bb03d6b397";
}
