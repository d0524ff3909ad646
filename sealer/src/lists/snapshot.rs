//! A snapshot: a folder with the lists' original octets, the certificates the operator pinned, and an index in canonical
//! JSON that says all that. Everything is checked again each time it is opened: digests, signatures, what the index says.
//!
//! ```text
//! index.json                    what follows, canonical (RFC 8785)
//! listes/FR-56.xml              original octets, named by territory and sequence number
//! signataires/SHA256.pem        the certificates the operator pinned
//! ```
mod folder;

use std::path::{Path, PathBuf};

use dossier::{Instant, Sha256Digest};
use roxmltree::Document;
use serde::{Deserialize, Serialize};

use super::model::TrustedList;
use super::{ListError, dsig, read, xml};
use crate::x509::{Certificate, pem_certificates};

/// Name of the format of the index.
const FORMAT: &str = "constat-confiance/1";
/// Lists in a snapshot at most: the list of lists points to 31.
const MAX_LISTS: usize = 64;

/// What the index says of one list; written from what was read, and compared with it when the snapshot is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRecord {
    /// SHA-256 of the original octets.
    pub sha256: Sha256Digest,
    /// Their number.
    pub bytes: u64,
    /// SchemeTerritory.
    pub territory: String,
    /// TSLSequenceNumber.
    pub sequence: u64,
    /// Whether it is a list of lists.
    pub of_lists: bool,
    /// ListIssueDateTime.
    pub issued: Instant,
    /// NextUpdate; `None` is a closed list.
    pub next_update: Option<Instant>,
    /// SHA-256 of the certificate that signed it.
    pub signer: Sha256Digest,
    /// Who pinned that certificate: `operator`, or the list of lists as `EU-250`.
    pub pinned_by: String,
}

impl ListRecord {
    /// `FR-56`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.territory, self.sequence)
    }
}

/// The index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    format: String,
    imported_at: Instant,
    lists: Vec<ListRecord>,
    /// SHA-256 of the pinned certificates, in order.
    signers: Vec<Sha256Digest>,
}

/// A list whose signature holds.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What the index says of it.
    pub record: ListRecord,
    /// The list.
    pub list: TrustedList,
}

/// An opened snapshot: every digest and every signature in it was checked.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When the lists were brought in.
    pub imported_at: Instant,
    /// SHA-256 of the index, which names everything else by its digest.
    pub sha256: Sha256Digest,
    /// The lists, in the order of the index.
    pub lists: Vec<Checked>,
}

impl Snapshot {
    /// Opens the snapshot in `folder`.
    ///
    /// # Errors
    /// [`ListError`] for anything that is not as it was when the snapshot was made.
    pub fn open(folder: &Path) -> Result<Self, ListError> {
        let (index, octets) = folder::read_index(folder)?;
        let pinned = folder::read_signers(folder, &index)?;
        let mut files = Vec::new();
        for record in &index.lists {
            let name = format!("{}.xml", record.name());
            files.push((name, folder::read_list(folder, record)?));
        }
        let lists = check(&files, &pinned)?;
        for (checked, said) in lists.iter().zip(&index.lists) {
            if checked.record != *said {
                return Err(ListError::Snapshot { why: format!("the index says of {} what it is not", said.name()) });
            }
        }
        Ok(Self { imported_at: index.imported_at, sha256: Sha256Digest::of(&octets), lists })
    }
}

/// What an import made.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The snapshot, opened again from what was written.
    pub snapshot: Snapshot,
    /// Where the snapshot that was there before is kept.
    pub previous: Option<PathBuf>,
}

/// Brings lists into a new snapshot. `files`: name and octets of each; `pem`: the certificates the operator pins, for a
/// list or for the list of lists, whose pointers then pin the others. `replace`: a snapshot that is there is set aside,
/// if no list of it has a greater sequence number than the new one of its territory.
///
/// # Errors
/// [`ListError`]; nothing is left at `folder` then.
pub fn import(
    files: &[(String, Vec<u8>)],
    pem: &[u8],
    folder: &Path,
    replace: bool,
    at: Instant,
) -> Result<Imported, ListError> {
    let signer = |e: crate::asn1::DerError| ListError::Signer { what: e.0, signer: "nobody".into(), pinned: 0 };
    let pinned = pem_certificates(pem).map_err(signer)?;
    let lists = check(files, &pinned)?;
    let index = Index {
        format: FORMAT.into(),
        imported_at: at,
        lists: lists.iter().map(|checked| checked.record.clone()).collect(),
        signers: pinned.iter().map(Certificate::sha256).collect(),
    };
    let previous = folder::write(folder, &index, files, &pinned, replace)?;
    Ok(Imported { snapshot: Snapshot::open(folder)?, previous })
}

/// Reads every list, and checks every signature: by the pinned certificates, else by those that a list of lists signed
/// by one of them names for that territory.
fn check(files: &[(String, Vec<u8>)], pinned: &[Certificate]) -> Result<Vec<Checked>, ListError> {
    if files.is_empty() || files.len() > MAX_LISTS {
        return Err(ListError::structure(format!("{} lists: from 1 to {MAX_LISTS} are taken", files.len())));
    }
    let mut read = Vec::new();
    for (name, octets) in files {
        let document = xml::parse(octets).map_err(|e| e.of_file(name))?;
        let list = read::of_document(&document).map_err(|e| e.of_file(name))?;
        read.push(Unchecked { name, octets, document, list });
    }
    for (index, one) in read.iter().enumerate() {
        if read.iter().skip(index + 1).any(|other| other.list.territory == one.list.territory) {
            return Err(ListError::Order { why: format!("two lists of {}: {}", one.list.territory, one.name) });
        }
    }
    let operator: Vec<Vec<u8>> = pinned.iter().map(|certificate| certificate.der().to_vec()).collect();
    let (mut done, mut roots) = (Vec::new(), Vec::new());
    for one in &read {
        match dsig::verify(&one.document, &operator, one.name) {
            Ok(signer) => {
                if one.list.of_lists {
                    roots.push(&one.list);
                }
                done.push(Ok(one.checked(&signer, "operator")));
            }
            // Perhaps a list of lists pins its signer.
            Err(unknown @ ListError::Signer { .. }) => done.push(Err(unknown)),
            Err(error) => return Err(error.of_file(one.name)),
        }
    }
    let both = read.iter().zip(done);
    both.map(|(one, done)| done.or_else(|unknown| by_pointer(one, &roots, unknown))).collect()
}

/// A list that was read, and whose signature was not yet looked at.
struct Unchecked<'i> {
    name: &'i str,
    octets: &'i [u8],
    document: Document<'i>,
    list: TrustedList,
}

impl Unchecked<'_> {
    fn checked(&self, signer: &Certificate, pinned_by: &str) -> Checked {
        let list = &self.list;
        let record = ListRecord {
            sha256: Sha256Digest::of(self.octets),
            bytes: self.octets.len() as u64,
            territory: list.territory.clone(),
            sequence: list.sequence,
            of_lists: list.of_lists,
            issued: list.issued,
            next_update: list.next_update,
            signer: signer.sha256(),
            pinned_by: pinned_by.to_owned(),
        };
        Checked { record, list: list.clone() }
    }
}

/// The signer of a list that the operator did not pin, among those a list of lists names; else why not.
fn by_pointer(one: &Unchecked<'_>, roots: &[&TrustedList], unknown: ListError) -> Result<Checked, ListError> {
    let mut last = unknown;
    for root in roots {
        let of = root.pointers.iter().filter(|pointer| pointer.territory == one.list.territory);
        let certificates: Vec<Vec<u8>> = of.flat_map(|pointer| pointer.certificates.iter().cloned()).collect();
        match dsig::verify(&one.document, &certificates, one.name) {
            Ok(signer) => return Ok(one.checked(&signer, &format!("{}-{}", root.territory, root.sequence))),
            Err(error) => last = error,
        }
    }
    Err(last.of_file(one.name))
}
