//! The files of a snapshot: no name in it comes from a list or from the index, but what was checked to be a plain word.
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::Sha256Digest;

use super::super::{ListError, xml};
use super::{FORMAT, Index, ListRecord};
use crate::x509::{Certificate, pem_certificates};

const INDEX: &str = "index.json";
const LISTS: &str = "listes";
const SIGNERS: &str = "signataires";
/// The longest index and certificate read, in octets.
const MAX_SMALL: u64 = 1 << 20;

fn snapshot<T>(why: impl Into<String>) -> Result<T, ListError> {
    Err(ListError::Snapshot { why: why.into() })
}

fn small(path: &Path, limit: u64) -> Result<Vec<u8>, ListError> {
    let file = File::open(path).map_err(|e| ListError::io("open", path, e))?;
    let mut octets = Vec::new();
    file.take(limit + 1).read_to_end(&mut octets).map_err(|e| ListError::io("read", path, e))?;
    if octets.len() as u64 > limit { snapshot(format!("{} is too long", path.display())) } else { Ok(octets) }
}

/// The index, and its octets, which are exactly its canonical form.
pub(super) fn read_index(folder: &Path) -> Result<(Index, Vec<u8>), ListError> {
    let octets = small(&folder.join(INDEX), MAX_SMALL)?;
    let value = dossier::parse_strict(&octets).map_err(|e| ListError::Snapshot { why: format!("{INDEX}: {e}") })?;
    if dossier::canonical_bytes(&value).ok().as_deref() != Some(octets.as_slice()) {
        return snapshot(format!("{INDEX} is not in its canonical form"));
    }
    let index: Index =
        serde_json::from_value(value).map_err(|e| ListError::Snapshot { why: format!("{INDEX}: {e}") })?;
    if index.format != FORMAT {
        return snapshot(format!("format {:.40}, {FORMAT} is read", index.format));
    }
    let plain = |word: &str| !word.is_empty() && word.len() <= 8 && word.bytes().all(|b| b.is_ascii_alphanumeric());
    if let Some(bad) = index.lists.iter().find(|record| !plain(&record.territory)) {
        return snapshot(format!("territory {:.40}", bad.territory));
    }
    Ok((index, octets))
}

/// The pinned certificates that the index names.
pub(super) fn read_signers(folder: &Path, index: &Index) -> Result<Vec<Certificate>, ListError> {
    let mut found = Vec::new();
    for sha256 in &index.signers {
        let name = format!("{}.pem", sha256.to_hex());
        let pem = small(&folder.join(SIGNERS).join(&name), MAX_SMALL)?;
        let read = pem_certificates(&pem).map_err(|e| ListError::Snapshot { why: format!("{name}: {e}") })?;
        match read.as_slice() {
            [one] if one.sha256() == *sha256 => found.push(one.clone()),
            _ => return snapshot(format!("{name} is not the certificate the index names")),
        }
    }
    Ok(found)
}

/// The octets of a list, which are those the index names.
pub(super) fn read_list(folder: &Path, record: &ListRecord) -> Result<Vec<u8>, ListError> {
    let path = folder.join(LISTS).join(format!("{}.xml", record.name()));
    let octets = small(&path, xml::MAX_LEN as u64)?;
    let found = Sha256Digest::of(&octets);
    if found != record.sha256 || octets.len() as u64 != record.bytes {
        return snapshot(format!("{}: expected {}, found {found}", path.display(), record.sha256));
    }
    Ok(octets)
}

/// Writes the snapshot beside `folder`, then gives it its name: it is there whole or not at all. Gives where the one
/// before is kept.
pub(super) fn write(
    folder: &Path,
    index: &Index,
    files: &[(String, Vec<u8>)],
    pinned: &[Certificate],
    replace: bool,
) -> Result<Option<PathBuf>, ListError> {
    let aside = set_aside(folder, index, replace)?;
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let draft = folder.with_file_name(format!(".{name}.en-cours"));
    let _ = fs::remove_dir_all(&draft);
    for inside in [LISTS, SIGNERS] {
        let path = draft.join(inside);
        fs::create_dir_all(&path).map_err(|e| ListError::io("create", &path, e))?;
    }
    for (record, (_, octets)) in index.lists.iter().zip(files) {
        put(&draft.join(LISTS).join(format!("{}.xml", record.name())), octets)?;
    }
    for certificate in pinned {
        put(&draft.join(SIGNERS).join(format!("{}.pem", certificate.sha256().to_hex())), pem(certificate).as_bytes())?;
    }
    let octets = dossier::to_canonical(index).map_err(|e| ListError::Snapshot { why: e.to_string() })?;
    put(&draft.join(INDEX), &octets)?;
    if let Some(aside) = &aside {
        fs::rename(folder, aside).map_err(|e| ListError::io("set aside", folder, e))?;
    }
    fs::rename(&draft, folder).map_err(|e| ListError::io("name", folder, e))?;
    Ok(aside)
}

/// Where the snapshot that is already at `folder` will be kept. Sequence numbers only grow: an older list would hide
/// what was withdrawn since.
fn set_aside(folder: &Path, index: &Index, replace: bool) -> Result<Option<PathBuf>, ListError> {
    if !folder.exists() {
        return Ok(None);
    }
    if !replace {
        return Err(ListError::Order { why: format!("{} is already there", folder.display()) });
    }
    let (old, octets) = read_index(folder)?;
    for record in &index.lists {
        let newer = old.lists.iter().find(|o| o.territory == record.territory && o.sequence > record.sequence);
        if let Some(newer) = newer {
            let why = format!("{} would replace the newer {}", record.name(), newer.name());
            return Err(ListError::Order { why });
        }
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let digest = Sha256Digest::of(&octets).to_hex();
    Ok(Some(folder.with_file_name(format!("{name}.{}", digest.get(..12).unwrap_or_default()))))
}

fn put(path: &Path, octets: &[u8]) -> Result<(), ListError> {
    let written = File::create_new(path).and_then(|mut file| file.write_all(octets).and_then(|()| file.sync_all()));
    written.map_err(|e| ListError::io("write", path, e))
}

fn pem(certificate: &Certificate) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in STANDARD.encode(certificate.der()).as_bytes().chunks(64) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}
