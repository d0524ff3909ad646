//! `EvidenceRecord` in DER (RFC 4998, appendix A.2): read within limits, written from parts.
use dossier::Sha256Digest;

use crate::asn1::{Der, DerError, Element, Tag, context, integer_u64, octet_string, oid, sequence};
use crate::oid as known;

/// Archive timestamps of one record at most: one a year for longer than paper lasts.
const STAMPS: usize = 500;
/// Lists of one tree, and digests of one list, at most.
const LISTS: usize = 64;
const DIGESTS: usize = 4096;

/// A token over the root of a tree, and the way to that root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArchiveTimeStamp {
    pub(crate) reduced: Vec<Vec<Sha256Digest>>,
    /// `ContentInfo`, DER.
    pub(crate) token: Vec<u8>,
}

/// A record of one chain: each archive timestamp renews the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EvidenceRecord {
    pub(crate) chain: Vec<ArchiveTimeStamp>,
}

impl EvidenceRecord {
    /// Reads a record; the error names what is not as RFC 4998 has it, or not of the one algorithm judged here.
    pub(crate) fn parse(octets: &[u8]) -> Result<Self, DerError> {
        let mut fields = Der::one(octets, Tag::SEQUENCE, "EvidenceRecord")?.inside();
        let version = fields.expect(Tag::INTEGER, "version")?.small()?;
        if version != 1 {
            return Err(DerError(format!("version {version}, 1 expected")));
        }
        let algorithms = sequences(&fields.expect(Tag::SEQUENCE, "digestAlgorithms")?, 8, "digestAlgorithms")?;
        for algorithm in &algorithms {
            sha256(algorithm)?;
        }
        let chains = sequences(&fields.expect(Tag::SEQUENCE, "archiveTimeStampSequence")?, 8, "chains")?;
        fields.end("EvidenceRecord")?;
        let [chain] = chains.as_slice() else {
            return Err(DerError(format!("{} chains: a renewal of the digest algorithm is not judged", chains.len())));
        };
        let chain = sequences(chain, STAMPS, "ArchiveTimeStampChain")?;
        let chain = chain.iter().map(ArchiveTimeStamp::read).collect::<Result<Vec<_>, _>>()?;
        if chain.is_empty() || algorithms.is_empty() {
            return Err(DerError("an empty record".into()));
        }
        Ok(Self { chain })
    }

    /// The record, DER.
    pub(crate) fn to_der(&self) -> Vec<u8> {
        let stamps: Vec<u8> = self.chain.iter().flat_map(ArchiveTimeStamp::to_der).collect();
        let algorithm = sequence(&[&oid(known::SHA256)]);
        let chains = sequence(&[&sequence(&[&stamps])]);
        sequence(&[&integer_u64(1), &sequence(&[&algorithm]), &chains])
    }
}

/// The elements of a SEQUENCE OF SEQUENCE.
fn sequences<'a>(element: &Element<'a>, limit: usize, what: &str) -> Result<Vec<Element<'a>>, DerError> {
    let all = element.inside().all(limit, what)?;
    match all.iter().find(|one| one.tag != Tag::SEQUENCE) {
        Some(_) => Err(DerError(format!("{what}: SEQUENCE expected"))),
        None => Ok(all),
    }
}

/// The algorithm is SHA-256, its parameters absent or NULL (RFC 5754, 2).
fn sha256(algorithm: &Element<'_>) -> Result<(), DerError> {
    let mut fields = algorithm.inside();
    let found = fields.expect(Tag::OID, "digest algorithm")?.oid()?;
    if found != known::SHA256 {
        return Err(DerError(format!("digest algorithm {found}: SHA-256 alone is judged")));
    }
    if !fields.is_empty() {
        fields.expect(Tag::NULL, "parameters of the digest algorithm")?;
    }
    fields.end("digest algorithm")
}

impl ArchiveTimeStamp {
    fn read(element: &Element<'_>) -> Result<Self, DerError> {
        let mut fields = element.inside();
        if let Some(algorithm) = fields.optional(Tag::context(0), "digestAlgorithm")? {
            // [0] IMPLICIT AlgorithmIdentifier: its content is that of the SEQUENCE.
            sha256(&algorithm)?;
        }
        let lists = fields.optional(Tag::context(2), "reducedHashtree")?;
        let token = fields.expect(Tag::SEQUENCE, "timeStamp")?.whole.to_vec();
        fields.end("ArchiveTimeStamp")?;
        let lists = lists.map_or_else(|| Ok(Vec::new()), |lists| sequences(&lists, LISTS, "reducedHashtree"))?;
        let reduced = lists.iter().map(read_list).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { reduced, token })
    }

    fn to_der(&self) -> Vec<u8> {
        let list = |digests: &Vec<Sha256Digest>| {
            let octets: Vec<u8> = digests.iter().flat_map(|digest| octet_string(digest.as_bytes())).collect();
            sequence(&[&octets])
        };
        let lists: Vec<u8> = self.reduced.iter().flat_map(list).collect();
        let tree = if self.reduced.is_empty() { Vec::new() } else { context(2, &lists) };
        sequence(&[&tree, &self.token])
    }
}

fn read_list(list: &Element<'_>) -> Result<Vec<Sha256Digest>, DerError> {
    let digests = list.inside().all(DIGESTS, "PartialHashtree")?;
    let one = |digest: &Element<'_>| {
        let bytes = <[u8; 32]>::try_from(digest.content).ok().filter(|_| digest.tag == Tag::OCTET_STRING);
        bytes.map(Sha256Digest::from_bytes).ok_or_else(|| DerError("a digest that is no SHA-256".into()))
    };
    digests.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(lists in prop::collection::vec(prop::collection::vec(any::<[u8; 32]>(), 1..4), 0..5), stamps in 1_usize..4) {
            let reduced: Vec<Vec<_>> =
                lists.iter().map(|list| list.iter().map(|bytes| Sha256Digest::from_bytes(*bytes)).collect()).collect();
            let one = ArchiveTimeStamp { reduced, token: sequence(&[&integer_u64(7)]) };
            let record = EvidenceRecord { chain: vec![one; stamps] };
            prop_assert_eq!(EvidenceRecord::parse(&record.to_der()).unwrap(), record);
        }

        #[test]
        fn foreign_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = EvidenceRecord::parse(&octets);
        }
    }
}
