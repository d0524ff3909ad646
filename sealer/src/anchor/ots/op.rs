//! The operations of an OpenTimestamps proof: each turns a message into another, shorter than 4096 octets.
use ripemd::Ripemd160;
use sha3::Keccak256;
use sha3::digest::Digest as _;

use dossier::Sha256Digest;

/// The longest message an operation takes or gives (python-opentimestamps `Op.MAX_RESULT_LENGTH`).
pub(super) const MAX_MESSAGE: usize = 4096;

/// One operation. The order is that of the serialised form: by tag, then by argument.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// SHA-1 (tag 02).
    Sha1,
    /// RIPEMD-160 (tag 03).
    Ripemd160,
    /// SHA-256 (tag 08).
    Sha256,
    /// Keccak-256 as Ethereum uses it (tag 67).
    Keccak256,
    /// Octets put after the message (tag f0).
    Append(Vec<u8>),
    /// Octets put before the message (tag f1).
    Prepend(Vec<u8>),
    /// The message backwards (tag f2).
    Reverse,
    /// The message in lower-case hexadecimal (tag f3).
    Hexlify,
}

impl Op {
    /// Its tag in the serialised form.
    pub(super) fn tag(&self) -> u8 {
        match self {
            Self::Sha1 => 0x02,
            Self::Ripemd160 => 0x03,
            Self::Sha256 => 0x08,
            Self::Keccak256 => 0x67,
            Self::Append(_) => 0xf0,
            Self::Prepend(_) => 0xf1,
            Self::Reverse => 0xf2,
            Self::Hexlify => 0xf3,
        }
    }

    /// Its argument, when it has one.
    pub(super) fn argument(&self) -> Option<&[u8]> {
        match self {
            Self::Append(argument) | Self::Prepend(argument) => Some(argument),
            _ => None,
        }
    }

    /// The length of what a hash gives; `None` for the other operations.
    pub(super) fn digest_length(&self) -> Option<usize> {
        match self {
            Self::Sha1 | Self::Ripemd160 => Some(20),
            Self::Sha256 | Self::Keccak256 => Some(32),
            _ => None,
        }
    }

    /// What it makes of `message`; `None` when the message or the result is out of bounds.
    pub(super) fn apply(&self, message: &[u8]) -> Option<Vec<u8>> {
        if message.is_empty() || message.len() > MAX_MESSAGE {
            return None;
        }
        let result = match self {
            Self::Sha1 => ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, message).as_ref().to_vec(),
            Self::Ripemd160 => Ripemd160::digest(message).to_vec(),
            Self::Sha256 => Sha256Digest::of(message).as_bytes().to_vec(),
            Self::Keccak256 => Keccak256::digest(message).to_vec(),
            Self::Append(argument) => [message, argument].concat(),
            Self::Prepend(argument) => [argument, message].concat(),
            Self::Reverse => message.iter().rev().copied().collect(),
            Self::Hexlify => hex::encode(message).into_bytes(),
        };
        (!result.is_empty() && result.len() <= MAX_MESSAGE).then_some(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published values: FIPS 180-4, the RIPEMD-160 page of its authors, and Keccak-256 of "abc".
    #[test]
    fn hashes_give_their_published_values() {
        for (op, expected) in [
            (Op::Sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (Op::Ripemd160, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
            (Op::Sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (Op::Keccak256, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            (Op::Append(b"d".to_vec()), "61626364"),
            (Op::Prepend(b"d".to_vec()), "64616263"),
            (Op::Reverse, "636261"),
            (Op::Hexlify, "363136323633"),
        ] {
            assert_eq!(hex::encode(op.apply(b"abc").unwrap()), expected, "{op:?}");
        }
        assert_eq!(Op::Hexlify.apply(&[0; 2049]), None);
        assert_eq!(Op::Sha256.apply(&[0; 4097]), None);
        assert_eq!(Op::Reverse.apply(&[]), None);
    }
}
