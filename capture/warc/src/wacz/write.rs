//! Writes a package: files streamed in, the two JSON files at the root last, identical bytes for identical input.
//!
//! Every member is STORED: replay tools read by range, the package stands inside a signed container, and no
//! version of a compressor can change a byte of it.
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use dossier::{Digests, Instant, Sha256Digest};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::descriptor::{DataPackage, PROFILE, PackageDigest, Resource, VERSION};
use super::layout::{self, DATAPACKAGE, DIGEST, PAGES};
use super::signed::{DigestSigner, verify_anonymous};
use crate::WarcError;
use crate::digest::Hasher;

/// What a package says of itself.
#[derive(Clone, Debug)]
pub struct WaczMeta {
    /// Its title.
    pub title: String,
    /// What it is, in Markdown.
    pub description: Option<String>,
    /// When it was made; written to the second.
    pub created: Instant,
    /// What made it.
    pub software: String,
    /// The address opened first, and the `WARC-Date` of its main response.
    pub main_page: Option<(String, Instant)>,
}

/// One member of a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaczMember {
    /// Its path in the package.
    pub path: String,
    /// Its length in octets, uncompressed.
    pub bytes: u64,
    /// SHA-256 of its bytes, uncompressed.
    pub sha256: Sha256Digest,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaczSummary {
    /// Every member in the order of the package, the two files at the root included.
    pub members: Vec<WaczMember>,
}

/// Writes a package to anything that seeks. Add the files, then [`WaczWriter::finish`].
pub struct WaczWriter<W: Write + Seek> {
    zip: ZipWriter<W>,
    members: Vec<WaczMember>,
    /// Paths in lower case: two that differ by case only would share a resource name.
    names: BTreeSet<String>,
}

impl<W: Write + Seek> WaczWriter<W> {
    /// Starts a package at the position of `inner`, which must be its start.
    pub fn new(inner: W) -> Self {
        Self { zip: ZipWriter::new(inner), members: Vec::new(), names: BTreeSet::new() }
    }

    /// Adds a member from memory, for example `pages/pages.jsonl`.
    pub fn add_bytes(&mut self, path: &str, bytes: &[u8]) -> Result<(), WarcError> {
        self.check_path(path)?;
        self.copy(path, bytes.len() as u64, bytes)?;
        Ok(())
    }

    /// Adds a member from a file, streamed. Fails, and the package with it, when the bytes are not those of
    /// `digests`.
    pub fn add_file(&mut self, path: &str, file: &Path, digests: &Digests) -> Result<(), WarcError> {
        self.check_path(path)?;
        let reader = File::open(file).map_err(|error| WarcError::io(format!("open {}", file.display()), error))?;
        let member = self.copy(path, digests.bytes, reader.take(digests.bytes.saturating_add(1)))?;
        match member.bytes == digests.bytes && member.sha256 == digests.sha256 {
            true => Ok(()),
            false => Err(WarcError::BodyChanged {
                expected: format!("{path}: {} octets, {}", digests.bytes, digests.sha256.labelled()),
                found: format!("{} octets, {}", member.bytes, member.sha256.labelled()),
            }),
        }
    }

    /// Writes `datapackage.json` and, last, `datapackage-digest.json`, signed when a signer is given; a signature
    /// that does not verify is an error. The writer beneath is given back, complete but not flushed.
    pub fn finish(mut self, meta: &WaczMeta, signer: Option<&dyn DigestSigner>) -> Result<(W, WaczSummary), WarcError> {
        self.check_presence()?;
        let datapackage = json(DATAPACKAGE, &self.datapackage(meta))?;
        let hash = Sha256Digest::of(&datapackage).labelled();
        let created = meta.created.to_seconds();
        let signed_data = match signer {
            None => None,
            Some(signer) => {
                let signed = signer.sign(&hash, &created).map_err(|e| WarcError::Signature { why: e.to_string() })?;
                verify_anonymous(&signed, &datapackage)?;
                if signed.created != created {
                    return Err(WarcError::Signature { why: "the date signed is not that of the package".into() });
                }
                Some(signed)
            }
        };
        let digest = json(DIGEST, &PackageDigest { path: DATAPACKAGE.into(), hash, signed_data })?;
        self.copy(DATAPACKAGE, datapackage.len() as u64, &*datapackage)?;
        self.copy(DIGEST, digest.len() as u64, &*digest)?;
        let inner = self.zip.finish().map_err(|error| zip_error("the package", error))?;
        Ok((inner, WaczSummary { members: self.members }))
    }

    fn check_path(&mut self, path: &str) -> Result<(), WarcError> {
        if let Some(why) = layout::refusal(path) {
            return Err(WarcError::wacz(crate::error::excerpt(path), why));
        }
        match self.names.insert(path.to_ascii_lowercase()) {
            true => Ok(()),
            false => Err(WarcError::wacz(path, "a member of that name exists, letter case apart")),
        }
    }

    fn check_presence(&self) -> Result<(), WarcError> {
        let has = |test: &dyn Fn(&str) -> bool| self.members.iter().any(|member| test(&member.path));
        for (present, member) in [
            (has(&layout::is_archive), "archive/*.warc.gz"),
            (has(&layout::is_index), "indexes/*.cdxj"),
            (has(&|path| path == PAGES), PAGES),
        ] {
            if !present {
                return Err(WarcError::wacz(member, "a package must have it"));
            }
        }
        Ok(())
    }

    fn datapackage(&self, meta: &WaczMeta) -> DataPackage {
        let resource = |member: &WaczMember| Resource {
            name: member.path.to_ascii_lowercase(),
            path: member.path.clone(),
            hash: member.sha256.labelled(),
            bytes: member.bytes,
        };
        DataPackage {
            profile: PROFILE.into(),
            wacz_version: VERSION.into(),
            title: Some(meta.title.clone()),
            description: meta.description.clone(),
            created: meta.created.to_seconds(),
            software: Some(meta.software.clone()),
            main_page_url: meta.main_page.as_ref().map(|(url, _)| url.clone()),
            main_page_date: meta.main_page.as_ref().map(|(_, date)| date.to_string()),
            resources: self.members.iter().map(resource).collect(),
        }
    }

    fn copy(&mut self, path: &str, expected: u64, mut reader: impl Read) -> Result<WaczMember, WarcError> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::DEFAULT)
            .unix_permissions(0o644)
            .large_file(expected >= u64::from(u32::MAX));
        self.zip.start_file(path, options).map_err(|error| zip_error(path, error))?;
        let mut hasher = Hasher::default();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(WarcError::io(format!("read {path}"), error)),
            };
            let chunk = buffer.get(..read).unwrap_or_default();
            hasher.update(chunk);
            self.zip.write_all(chunk).map_err(|error| WarcError::io(format!("write {path}"), error))?;
        }
        let member = WaczMember { path: path.to_owned(), bytes: hasher.bytes(), sha256: hasher.finish() };
        self.members.push(member.clone());
        Ok(member)
    }
}

fn json<T: serde::Serialize>(member: &str, value: &T) -> Result<Vec<u8>, WarcError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| WarcError::wacz(member, error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn zip_error(member: &str, error: zip::result::ZipError) -> WarcError {
    match error {
        zip::result::ZipError::Io(error) => WarcError::io(format!("write {member}"), error),
        other => WarcError::wacz(member, other.to_string()),
    }
}

#[cfg(test)]
mod tests;
