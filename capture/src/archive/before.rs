//! The archive an earlier session left, cut to its last whole record: read once, held against what the journal bound.
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{DigestWriter, DossierError, Instant};
use warc::{RecordType, WarcReader};

use super::ARCHIVE;
use crate::CaptureError;

/// The longest chain of certificates read back.
const CHAIN: u64 = 1024 * 1024;
/// What stands before the origin in the name of a chain.
const CERTIFICATES: &str = "urn:certificate:";

/// What stands in the archive before this session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Before {
    /// Length, whole records only; none when there is no archive.
    pub(crate) octets: u64,
    /// Records.
    pub(crate) records: u64,
    /// Origin to certificate chain (DER, leaf first).
    pub(crate) certificates: BTreeMap<String, Vec<Vec<u8>>>,
    /// Address and date of each answer.
    pub(crate) responses: Vec<(String, Instant)>,
}

impl Before {
    /// Reads the archive of the dossier at `root`, of `octets`; `bound` are the length and the SHA-256 of the last checkpoint.
    pub(crate) fn read(root: &Path, octets: u64, bound: Option<(u64, String)>) -> Result<Self, CaptureError> {
        let path = root.join(ARCHIVE);
        let altered = || DossierError::ArtefactAltered { path: ARCHIVE.into() };
        let io = |e| DossierError::io("read", &path, e);
        if let Some((length, sha256)) = bound {
            let file = File::open(&path).map_err(|_| altered())?;
            let standing = DigestWriter::after(std::io::sink(), file.take(length)).map_err(io)?.so_far();
            if octets < length || standing.bytes != length || standing.sha256.to_string() != sha256 {
                return Err(altered().into());
            }
        }
        let mut before = Self { octets, ..Self::default() };
        if octets == 0 {
            return Ok(before);
        }
        let mut reader = WarcReader::new(BufReader::new(File::open(&path).map_err(io)?));
        let wrong = |e: warc::WarcError| CaptureError::Archive(e.to_string());
        while let Some(mut record) = reader.next_record().map_err(wrong)? {
            before.records += 1;
            let header = record.header().clone();
            let address = header.target_uri().to_owned();
            if header.record_type == RecordType::Response
                && let Some(date) = header.get("WARC-Date").and_then(|date| date.parse().ok())
            {
                before.responses.push((address.clone(), date));
            }
            if let Some(origin) =
                address.strip_prefix(CERTIFICATES).filter(|_| header.record_type == RecordType::Resource)
            {
                let mut pem = String::new();
                (&mut record).take(CHAIN).read_to_string(&mut pem).map_err(io)?;
                before.certificates.insert(origin.to_owned(), chain(&pem));
            }
            record.finish().map_err(wrong)?;
        }
        Ok(before)
    }
}

/// The certificates of a PEM text, DER.
fn chain(pem: &str) -> Vec<Vec<u8>> {
    let blocks = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    let body = |block: &str| block.split("-----END").next().unwrap_or("").split_whitespace().collect::<String>();
    blocks.filter_map(|block| BASE64_STANDARD.decode(body(block)).ok()).collect()
}
