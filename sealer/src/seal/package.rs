//! `capture.wacz`: the archive of the dossier, its index and its pages, signed with the anonymous key.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Artefact, ArtefactKind, ArtefactPath, Digests, WaczSummary};
use warc::{DigestSigner, SignedData, SignerError, WaczMeta, WaczWriter, WarcError};

use super::container::{Unfinished, altered};
use super::{SealProgress, SealRequest};
use crate::{SealError, WaczKey, layout};

/// The package, in a file that goes away when this is dropped.
pub(super) struct Packed {
    file: Unfinished,
    pub(super) digests: Digests,
    pub(super) members: WaczSummary,
}

impl Packed {
    pub(super) fn path(&self) -> &Path {
        self.file.path()
    }
}

/// Packs the archive, beside the target. Members keep the paths of the dossier and are hashed while they are copied.
pub(super) fn build(request: &SealRequest<'_>) -> Result<Packed, SealError> {
    (request.progress)(SealProgress::Packing);
    let (unfinished, file) = Unfinished::beside(request.target, ".wacz.part")?;
    let mut writer = WaczWriter::new(file);
    for (kind, what) in [
        (ArtefactKind::Archive, "archive"),
        (ArtefactKind::ArchiveIndex, "index"),
        (ArtefactKind::ArchivePages, "pages"),
    ] {
        let mut found = request.dossier.artefacts().iter().filter(|a| a.meta.kind == kind).peekable();
        if found.peek().is_none() {
            return Err(SealError::NoArchive { path: request.dossier.root().to_path_buf(), what });
        }
        for artefact in found {
            add(&mut writer, request, artefact)?;
        }
    }
    let signer = Anonymous { key: request.wacz_key, software: software(request) };
    let (file, summary) = writer.finish(&meta(request), Some(&signer)).map_err(|e| warc_error(request.target, e))?;
    file.sync_all().map_err(|e| SealError::io("sync", unfinished.path(), e))?;
    drop(file);
    let reader = fs::File::open(unfinished.path()).map_err(|e| SealError::io("open", unfinished.path(), e))?;
    let digests = dossier::digest_reader(reader).map_err(|e| SealError::io("read", unfinished.path(), e))?;
    let members: BTreeMap<_, _> = summary.members.into_iter().map(|m| (m.path, m.sha256)).collect();
    let members = WaczSummary { path: ArtefactPath::new(layout::WACZ)?, members };
    Ok(Packed { file: unfinished, digests, members })
}

fn add(writer: &mut WaczWriter<fs::File>, request: &SealRequest<'_>, artefact: &Artefact) -> Result<(), SealError> {
    let path = artefact.path.under(request.dossier.root());
    match writer.add_file(artefact.path.as_str(), &path, &artefact.digests) {
        Err(WarcError::BodyChanged { expected, found }) => Err(altered(artefact.path.as_str(), expected, found)),
        other => other.map_err(|e| warc_error(&path, e)),
    }
}

/// Everything here comes from the journal, so that the same dossier always gives the same package.
fn meta(request: &SealRequest<'_>) -> WaczMeta {
    let reference = &request.dossier.case().reference;
    let closed = request.dossier.journal().entries().last().map(|e| e.at);
    let first_page = || {
        let pages = request.dossier.artefacts().iter().find(|a| a.meta.kind == ArtefactKind::ArchivePages)?;
        let text = fs::read_to_string(pages.path.under(request.dossier.root())).ok()?;
        let first = warc::read_pages(&text).ok()?.into_iter().next()?;
        Some((first.url, first.ts))
    };
    WaczMeta {
        title: format!("Dossier {reference}"),
        description: None,
        created: closed.unwrap_or_else(|| request.clock.now()),
        software: software(request),
        main_page: first_page(),
    }
}

fn software(request: &SealRequest<'_>) -> String {
    let open = request.dossier.journal().entries().first();
    let text = |key: &str| open.and_then(|e| e.data.get("software")?.get(key)?.as_str()).unwrap_or("?").to_owned();
    format!("{} {}", text("name"), text("version"))
}

fn warc_error(path: &Path, error: WarcError) -> SealError {
    match error {
        WarcError::Io { source, .. } => SealError::io("pack", path, source),
        other => SealError::Archive { why: other.to_string() },
    }
}

/// The anonymous form of wacz-auth 0.1.0.
struct Anonymous<'a> {
    key: &'a WaczKey,
    software: String,
}

impl DigestSigner for Anonymous<'_> {
    fn sign(&self, hash_text: &str, created: &str) -> Result<SignedData, SignerError> {
        Ok(SignedData {
            hash: hash_text.to_owned(),
            created: created.to_owned(),
            software: self.software.clone(),
            version: "0.1.0".into(),
            signature: STANDARD.encode(self.key.sign(hash_text.as_bytes())?),
            public_key: STANDARD.encode(self.key.public_key_der()?),
        })
    }
}
