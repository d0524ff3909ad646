//! The serialised form of a proof (`.ots`, version 1): read strictly and within bounds, written in its one sorted form.
use super::op::{MAX_MESSAGE, Op};
use super::tree::{Attestation, MAX_DEPTH, MAX_NODES, Timestamp};
use super::{MAX_PROOF, OtsError};

/// The first octets of a detached proof.
pub(super) const MAGIC: &[u8] = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94";
/// The only version.
const VERSION: u64 = 1;
/// The longest attestation (python-opentimestamps `MAX_PAYLOAD_SIZE`).
const MAX_ATTESTATION: usize = 8192;
/// The longest address of a calendar, and the characters it may have.
const MAX_URI: usize = 1000;

/// A proof over a file, known by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    /// How the file was hashed.
    pub file_hash: Op,
    /// Its digest.
    pub digest: Vec<u8>,
    /// What is known of it.
    pub timestamp: Timestamp,
}

impl Detached {
    /// Reads a detached proof to its last octet.
    pub fn parse(octets: &[u8]) -> Result<Self, OtsError> {
        let mut reader = Reader::new(octets)?;
        if reader.take(MAGIC.len())? != MAGIC {
            return Err(OtsError::Malformed { what: "not an OpenTimestamps proof" });
        }
        if reader.number()? != VERSION {
            return Err(OtsError::Malformed { what: "version other than 1" });
        }
        let tag = reader.octet()?;
        let file_hash = reader.op(tag)?;
        let length = file_hash.digest_length().ok_or(OtsError::Malformed { what: "the file is not hashed" })?;
        let digest = reader.take(length)?.to_vec();
        let timestamp = reader.timestamp(0)?;
        reader.end()?;
        Ok(Self { file_hash, digest, timestamp })
    }

    /// Reads a proof that must be in the form [`Detached::to_bytes`] gives, so that it has one reading.
    pub fn parse_canonical(octets: &[u8]) -> Result<Self, OtsError> {
        let read = Self::parse(octets)?;
        if read.to_bytes()? == octets { Ok(read) } else { Err(OtsError::Malformed { what: "not in its sorted form" }) }
    }

    /// The octets of the file. The same proof always gives the same octets.
    pub fn to_bytes(&self) -> Result<Vec<u8>, OtsError> {
        let mut out = MAGIC.to_vec();
        write_number(VERSION, &mut out);
        write_op(&self.file_hash, &mut out);
        out.extend_from_slice(&self.digest);
        write_timestamp(&self.timestamp, &mut out)?;
        Ok(out)
    }
}

impl Timestamp {
    /// Reads what a calendar answers: a timestamp alone, to its last octet.
    pub fn parse(octets: &[u8]) -> Result<Self, OtsError> {
        let mut reader = Reader::new(octets)?;
        let timestamp = reader.timestamp(0)?;
        reader.end()?;
        Ok(timestamp)
    }

    /// The octets of a timestamp alone, as a calendar answers.
    pub fn to_bytes(&self) -> Result<Vec<u8>, OtsError> {
        let mut out = Vec::new();
        write_timestamp(self, &mut out)?;
        Ok(out)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    nodes: usize,
}

impl<'a> Reader<'a> {
    fn new(octets: &'a [u8]) -> Result<Self, OtsError> {
        if octets.len() > MAX_PROOF {
            Err(OtsError::TooLarge { what: "proof" })
        } else {
            Ok(Self { rest: octets, nodes: 0 })
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], OtsError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(OtsError::Malformed { what: "cut" })?;
        self.rest = rest;
        Ok(taken)
    }

    fn octet(&mut self) -> Result<u8, OtsError> {
        self.take(1)?.first().copied().ok_or(OtsError::Malformed { what: "cut" })
    }

    /// An unsigned LEB128 number of at most 63 bits, without useless octets.
    fn number(&mut self) -> Result<u64, OtsError> {
        let mut value = 0_u64;
        for shift in (0..63).step_by(7) {
            let octet = self.octet()?;
            value |= u64::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                let useless = octet == 0 && shift > 0;
                return if useless { Err(OtsError::Malformed { what: "number" }) } else { Ok(value) };
            }
        }
        Err(OtsError::TooLarge { what: "number" })
    }

    fn octets(&mut self, limit: usize) -> Result<&'a [u8], OtsError> {
        let length = usize::try_from(self.number()?).map_err(|_| OtsError::TooLarge { what: "octets" })?;
        if length > limit { Err(OtsError::TooLarge { what: "octets" }) } else { self.take(length) }
    }

    fn op(&mut self, tag: u8) -> Result<Op, OtsError> {
        Ok(match tag {
            0x02 => Op::Sha1,
            0x03 => Op::Ripemd160,
            0x08 => Op::Sha256,
            0x67 => Op::Keccak256,
            0xf0 => Op::Append(self.argument()?),
            0xf1 => Op::Prepend(self.argument()?),
            0xf2 => Op::Reverse,
            0xf3 => Op::Hexlify,
            _ => return Err(OtsError::Malformed { what: "unknown operation" }),
        })
    }

    fn argument(&mut self) -> Result<Vec<u8>, OtsError> {
        let argument = self.octets(MAX_MESSAGE)?;
        if argument.is_empty() { Err(OtsError::Malformed { what: "empty argument" }) } else { Ok(argument.to_vec()) }
    }

    fn timestamp(&mut self, depth: usize) -> Result<Timestamp, OtsError> {
        if depth > MAX_DEPTH {
            return Err(OtsError::TooLarge { what: "operations one after the other" });
        }
        let mut found = Timestamp::default();
        loop {
            let mut tag = self.octet()?;
            let more = tag == 0xff;
            if more {
                tag = self.octet()?;
            }
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                return Err(OtsError::TooLarge { what: "operations" });
            }
            if tag == 0 {
                let attestation = self.attestation()?;
                found.attestations.insert(attestation);
            } else {
                let op = self.op(tag)?;
                let branch = self.timestamp(depth + 1)?;
                if found.branches.insert(op, branch).is_some() {
                    return Err(OtsError::Malformed { what: "the same operation twice" });
                }
            }
            if !more {
                return Ok(found);
            }
        }
    }

    fn attestation(&mut self) -> Result<Attestation, OtsError> {
        let tag: [u8; 8] = self.take(8)?.try_into().map_err(|_| OtsError::Malformed { what: "cut" })?;
        let payload = self.octets(MAX_ATTESTATION)?;
        let mut inner = Reader { rest: payload, nodes: 0 };
        let attestation = match tag {
            Attestation::PENDING => Attestation::Pending(checked_uri(inner.octets(MAX_URI)?)?),
            Attestation::BITCOIN => Attestation::Bitcoin(inner.number()?),
            other => return Ok(Attestation::Other(other, payload.to_vec())),
        };
        inner.end()?;
        Ok(attestation)
    }

    fn end(&self) -> Result<(), OtsError> {
        if self.rest.is_empty() { Ok(()) } else { Err(OtsError::Malformed { what: "octets after the end" }) }
    }
}

/// The address of a calendar: no query, no fragment, no user (python-opentimestamps `ALLOWED_URI_CHARS`).
fn checked_uri(octets: &[u8]) -> Result<String, OtsError> {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-._/:".contains(b);
    match std::str::from_utf8(octets) {
        Ok(text) if octets.iter().all(allowed) => Ok(text.to_owned()),
        _ => Err(OtsError::Malformed { what: "address of a calendar" }),
    }
}

fn write_number(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn write_octets(octets: &[u8], out: &mut Vec<u8>) {
    write_number(octets.len() as u64, out);
    out.extend_from_slice(octets);
}

fn write_op(op: &Op, out: &mut Vec<u8>) {
    out.push(op.tag());
    if let Some(argument) = op.argument() {
        write_octets(argument, out);
    }
}

fn write_attestation(attestation: &Attestation, out: &mut Vec<u8>) {
    out.extend_from_slice(&attestation.tag());
    let mut payload = Vec::new();
    match attestation {
        Attestation::Pending(uri) => write_octets(uri.as_bytes(), &mut payload),
        Attestation::Bitcoin(height) => write_number(*height, &mut payload),
        Attestation::Other(_, octets) => payload.extend_from_slice(octets),
    }
    write_octets(&payload, out);
}

/// Attestations first, then branches; each but the last after the octet `ff`.
fn write_timestamp(timestamp: &Timestamp, out: &mut Vec<u8>) -> Result<(), OtsError> {
    if timestamp.is_empty() {
        return Err(OtsError::Malformed { what: "a proof that leads nowhere" });
    }
    let mut left = timestamp.attestations.len() + timestamp.branches.len();
    let mut fork = |out: &mut Vec<u8>| {
        left -= 1;
        if left > 0 {
            out.push(0xff);
        }
    };
    for attestation in &timestamp.attestations {
        fork(out);
        out.push(0);
        write_attestation(attestation, out);
    }
    for (op, branch) in &timestamp.branches {
        fork(out);
        write_op(op, out);
        write_timestamp(branch, out)?;
    }
    Ok(())
}
