//! The forger's tools: a zip writer that obeys, and the office's pen.
use dossier::Sha256Digest;

use super::good;
use crate::asic::{self, AsicManifest};
use crate::cms::{self, SealParts};
use crate::source::Source;
use crate::x509::Certificate;
use crate::zip_audit::{self, Policy};
use crate::{Signer as _, layout, seal};

/// An entry, and what its headers should say instead of the truth.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// Changes made to the local header (30 octets) and to the central record (46 octets) once filled in.
    pub(super) local: fn(&mut Vec<u8>),
    pub(super) central: fn(&mut Vec<u8>),
    pub(super) local_name: Option<String>,
    /// Octets put after the data, and whether the entry is left out of the central directory.
    pub(super) gap: Vec<u8>,
    pub(super) hidden: bool,
}

pub(super) fn entry(name: &str, bytes: &[u8]) -> Entry {
    Entry {
        name: name.into(),
        bytes: bytes.to_vec(),
        local: |_| {},
        central: |_| {},
        local_name: None,
        gap: Vec::new(),
        hidden: false,
    }
}

pub(super) fn unpack(bytes: &[u8]) -> Vec<Entry> {
    let source = Source::memory(bytes.to_vec());
    let audited = zip_audit::audit(&source, &Policy::OUTER).unwrap();
    let data = |e: &zip_audit::Entry| source.exact(e.data_start, e.compressed as usize).unwrap();
    audited.iter().map(|e| entry(&e.name, &data(e))).collect()
}

/// A zip of these entries, STORED, with the headers our writer gives unless an entry says otherwise.
pub(super) fn pack(entries: &[Entry]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut count = 0_u16;
    for e in entries {
        let offset = out.len() as u32;
        let mut common = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(rawzip::crc32(&e.bytes).to_le_bytes());
        common.extend((e.bytes.len() as u32).to_le_bytes());
        common.extend((e.bytes.len() as u32).to_le_bytes());
        let name = |n: &str| [(n.len() as u16).to_le_bytes().to_vec(), vec![0, 0]].concat();
        let local_name = e.local_name.as_ref().unwrap_or(&e.name);
        let mut local = [b"PK\x03\x04".to_vec(), common.clone(), name(local_name)].concat();
        (e.local)(&mut local);
        out.extend(local);
        out.extend(local_name.as_bytes());
        out.extend(&e.bytes);
        out.extend(&e.gap);
        if e.hidden {
            continue;
        }
        count += 1;
        let mut central = [b"PK\x01\x02".to_vec(), vec![10, 3], common, name(&e.name)].concat();
        central.extend([0; 6]);
        central.extend(0x81a4_0000_u32.to_le_bytes());
        central.extend(offset.to_le_bytes());
        (e.central)(&mut central);
        directory.extend(central);
        directory.extend(e.name.as_bytes());
    }
    let start = out.len() as u32;
    let size = directory.len() as u32;
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// The same entries with one replaced.
pub(super) fn with(entries: &[Entry], name: &str, bytes: &[u8]) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    entries.iter_mut().find(|e| e.name == name).unwrap().bytes = bytes.to_vec();
    entries
}

pub(super) fn bytes_of(entries: &[Entry], name: &str) -> Vec<u8> {
    entries.iter().find(|e| e.name == name).unwrap().bytes.clone()
}

/// Signs whatever the entries say, with the office's key: sums, manifest (as `edit` leaves it), signature.
pub(super) fn reseal(entries: &[Entry], edit: impl Fn(&mut AsicManifest)) -> Vec<Entry> {
    let sums = seal::sums(
        entries
            .iter()
            .filter(|e| !layout::is_meta(&e.name) && e.name != layout::SUMS)
            .map(|e| (e.name.as_str(), Sha256Digest::of(&e.bytes))),
    );
    let entries = with(entries, layout::SUMS, &sums);
    let mut manifest = asic::parse(&bytes_of(&entries, layout::MANIFEST_1)).unwrap();
    manifest.files = entries
        .iter()
        .filter(|e| !layout::is_meta(&e.name) && e.name != layout::MIMETYPE)
        .map(|e| asic::AsicReference {
            name: e.name.clone(),
            media_type: None,
            sha256: Sha256Digest::of(&e.bytes),
            root_file: false,
        })
        .collect();
    edit(&mut manifest);
    let manifest = asic::write(&manifest);
    let entries = with(&entries, layout::MANIFEST_1, &manifest);
    with(&entries, layout::SIGNATURE_1, &sign(&manifest))
}

pub(super) fn chain() -> Vec<Certificate> {
    good().etude.signer.certificate_chain().iter().map(|der| Certificate::parse(der).unwrap()).collect()
}

/// A seal over `content`.
pub(super) fn sign(content: &[u8]) -> Vec<u8> {
    let chain = chain();
    let attributes = cms::signed_attributes(content, &chain[0], Some(good().etude.clock.now()));
    wrap(&chain, &attributes)
}

/// A seal over these signed attributes, whatever they say.
pub(super) fn wrap(chain: &[Certificate], attributes: &[u8]) -> Vec<u8> {
    let signature = good().etude.signer.sign(attributes).unwrap();
    cms::wrap(&SealParts { chain, attributes, signature: &signature }, None)
}
