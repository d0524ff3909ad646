//! The order of the checks, and the bundle they let through.
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dossier::{ArtefactPath, DigestWriter, Digests, Finding, Instant, Journal, Level, Manifest, Sha256Digest};

use super::claims::{self, Places};
use super::container::{self, Container};
use super::{
    Claim, RedactedCopy, Report, SealFacts, Verdict, Verification, anchors as anchor_check, clock, contents, copy,
    journal, longterm, session_time, signature, stamps, wacz,
};
use crate::source::{Source, SourceReader};
use crate::{SealError, TrustAnchors, layout};

/// Beyond this, a file that is not even a zip is not hashed whole: the answer must come fast.
const HASH_ANYWAY: u64 = 64 << 20;

/// A bundle that was verified, and whose verdict is not FAIL. Only [`crate::verify()`] makes one.
#[derive(Debug)]
pub struct VerifiedBundle {
    path: PathBuf,
    sha256: Sha256Digest,
    manifest: Manifest,
    journal: Journal,
    contents: BTreeMap<String, Source>,
}

impl VerifiedBundle {
    /// Where the bundle is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the whole file.
    pub fn sha256(&self) -> Sha256Digest {
        self.sha256
    }

    /// `constat.json`.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// `journal.jsonl`, whose chain holds.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Every entry by range, on the file that was verified.
    pub fn entries(&self) -> crate::RawEntries {
        crate::RawEntries::from_sources(self.contents.clone())
    }

    /// The octets of `constat.json`, to be attached as they are.
    pub fn manifest_bytes(&self) -> Result<Vec<u8>, SealError> {
        let bytes = dossier::to_canonical(&self.manifest)?;
        Ok(bytes)
    }

    /// The octets of an artefact, checked again against its digest: the file may have changed since.
    pub fn read(&self, path: &ArtefactPath) -> Result<Vec<u8>, SealError> {
        let mut bytes = Vec::new();
        self.open(path)?.read_to_end(&mut bytes).map_err(|e| SealError::io("read", &self.path, e))?;
        Ok(bytes)
    }

    /// A reader over an artefact of the manifest; it ends with an error if the octets are no longer those verified.
    pub fn open(&self, path: &ArtefactPath) -> Result<ArtefactReader, SealError> {
        let artefact = self.manifest.artefacts.iter().find(|a| a.path == *path);
        match (artefact, self.contents.get(path.as_str())) {
            (Some(artefact), Some(source)) => Ok(ArtefactReader {
                reader: source.reader(),
                hash: DigestWriter::new(io::sink()),
                expected: artefact.digests,
            }),
            _ => Err(SealError::io("open", path.as_str(), io::ErrorKind::NotFound.into())),
        }
    }
}

/// Reads an artefact of a verified bundle, and checks it again while doing so.
pub struct ArtefactReader {
    reader: SourceReader,
    hash: DigestWriter<io::Sink>,
    expected: Digests,
}

impl Read for ArtefactReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        if read == 0 && !buffer.is_empty() {
            let found = self.hash.so_far();
            return if found == self.expected { Ok(0) } else { Err(io::ErrorKind::InvalidData.into()) };
        }
        io::Write::write_all(&mut self.hash, buffer.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

/// Runs every check.
pub(super) fn run(
    source: Source,
    path: &Path,
    anchors: &TrustAnchors,
    at: Instant,
    mut report: Report,
) -> Verification {
    let mut facts = SealFacts::default();
    let mut places = Places::default();
    let container = container::open(&source, &mut report);
    let hashed = container.is_some() || source.len() <= HASH_ANYWAY;
    // The digest of the whole is nobody's premise: it is computed beside the checks.
    let (read, whole) = std::thread::scope(|scope| {
        let whole = hashed.then(|| scope.spawn(|| container::whole_sha256(&source)));
        let read = container
            .as_ref()
            .and_then(|container| check_one(container, anchors, at, &mut report, (&mut facts, &mut places)));
        (read, whole.map(|thread| thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))))
    });
    report.begin(Claim::Container);
    let sha256 = match whole {
        Some(Ok(sha256)) => Some(sha256),
        Some(Err(error)) => {
            report.fail_found("file.unreadable", "Le fichier ne peut pas être lu jusqu'au bout.", error);
            None
        }
        None => None,
    };
    conclude(report, sha256, facts, &places, |sha256| {
        let (manifest, journal) = match read? {
            Evidence::Original(manifest, journal) => (*manifest, journal),
            Evidence::Copy(copy) => return Some(Checked::Copy(*copy)),
        };
        let contents = container?.contents;
        Some(Checked::Original(VerifiedBundle { path: path.to_path_buf(), sha256, manifest, journal, contents }))
    })
}

/// What the checks read.
enum Evidence {
    Original(Box<Manifest>, Journal),
    Copy(Box<RedactedCopy>),
}

/// What was verified.
pub(super) enum Checked {
    Original(VerifiedBundle),
    Copy(RedactedCopy),
}

/// A copy is judged by its own rules, and never becomes a [`VerifiedBundle`].
fn check_one(
    container: &Container,
    anchors: &TrustAnchors,
    at: Instant,
    report: &mut Report,
    told: (&mut SealFacts, &mut Places),
) -> Option<Evidence> {
    if container.is_copy() {
        return copy::check_all(container, anchors, at, report, told).map(|copy| Evidence::Copy(Box::new(copy)));
    }
    check_all(container, anchors, at, report, told)
        .map(|(manifest, journal)| Evidence::Original(Box::new(manifest), journal))
}

/// A verdict other than FAIL needs a bundle that was read to its end: anything else is a fault of ours, told as one.
pub(super) fn conclude(
    mut report: Report,
    bundle_sha256: Option<Sha256Digest>,
    facts: SealFacts,
    places: &Places,
    make: impl FnOnce(Sha256Digest) -> Option<Checked>,
) -> Verification {
    let checked = if report.has_failed() { None } else { bundle_sha256.and_then(make) };
    if !report.has_failed() && (checked.is_none() || !report.is_whole()) {
        let what = "La vérification n'a pas pu aller à son terme.";
        report.add(Finding::new("verify.unfinished", Level::Fail, what));
    }
    let found = report.into_found();
    let verdict = Verdict::of(&found.findings);
    let (bundle, copy) = match checked.filter(|_| verdict != Verdict::Fail) {
        Some(Checked::Original(bundle)) => (Some(bundle), None),
        Some(Checked::Copy(copy)) => (None, Some(copy)),
        None => (None, None),
    };
    let looked_at = (&found.examined, &found.withheld);
    let claims = claims::judge((&found.findings, &found.claims), looked_at, &facts, places);
    Verification { verdict, findings: found.findings, claims, bundle_sha256, facts, bundle, copy }
}

fn check_all(
    container: &Container,
    anchors: &TrustAnchors,
    at: Instant,
    report: &mut Report,
    (facts, places): (&mut SealFacts, &mut Places),
) -> Option<(Manifest, Journal)> {
    report.begin(Claim::Contents);
    let files = contents::digests(container, report);
    report.begin(Claim::Signature);
    let seal = signature::check(container, report, facts);
    let mut best = None;
    if let Some(seal) = &seal {
        *places = Places::of(container, seal);
        report.begin(Claim::Contents);
        contents::check_coverage(seal, &files, report);
        if report.stops() {
            return None;
        }
        for claim in [Claim::Certificates, Claim::LongTerm, Claim::Time] {
            report.begin(claim);
        }
        best = longterm::check(container, seal, &files, anchors, at, report, facts);
    }
    report.begin(Claim::Contents);
    contents::check_lists(container, &files, report);
    if report.stops() {
        return None;
    }
    let manifest = contents::read_manifest(container, report)?;
    tell_manifest(&manifest, &files, report, facts);
    report.begin(Claim::Gaps);
    report.begin(Claim::Journal);
    let journal = journal::read(container, report)?;
    // A package that is not the one sealed is refused already: nothing is read in it.
    let covered = contents::is_covered(seal.as_ref(), layout::WACZ, &files);
    let package = if covered {
        report.begin(Claim::WebArchive);
        wacz::check(container, report)
    } else {
        None
    };
    report.begin(Claim::Journal);
    let summary = package.as_ref().and_then(|package| Some((package, package.summary()?)));
    if let Some(package) = &package {
        journal::check_packed(&journal, &package.members, report);
    }
    match summary {
        Some((package, summary)) => {
            journal::check_manifest(container, &manifest, &journal, &files, (&summary, package), report);
            clock::check_dates(&journal, &manifest, package.span.as_ref(), report);
        }
        None => report.leave(Claim::Journal),
    }
    let seal = seal?;
    report.begin(Claim::Time);
    stamps::check_story(&manifest, &seal, best, at, report, facts);
    report.begin(Claim::Anchors);
    anchor_check::check(container, &manifest.case.reference, anchors, report, facts);
    report.begin(Claim::Session);
    session_time::check(container, &journal, anchors, best, report, facts);
    check_essai(&manifest, facts, report);
    Some((manifest, journal))
}

/// What the manifest says of itself.
pub(super) fn tell_manifest(
    manifest: &Manifest,
    files: &BTreeMap<String, Digests>,
    report: &mut Report,
    facts: &mut SealFacts,
) {
    facts.manifest_sha256 = files.get(layout::CONSTAT).map(|d| d.sha256);
    facts.essai = Some(manifest.essai);
    if manifest.format != dossier::FORMAT_VERSION {
        let what = "Le format de l'inventaire n'est pas de ceux que ce logiciel connaît.";
        report.fail("manifest.format", what, dossier::FORMAT_VERSION, &manifest.format);
    }
}

/// Test keys are told in every verdict, whatever else is right.
pub(super) fn check_essai(manifest: &Manifest, facts: &SealFacts, report: &mut Report) {
    let named = facts.signer.as_deref().is_some_and(|s| s.contains("ESSAI"))
        || facts.timestamps.iter().any(|t| t.authority.contains("ESSAI"));
    if manifest.essai || named {
        let what = "ESSAI : ce fichier est scellé avec des clés d'essai. Il ne prouve rien.";
        report.add(Finding::new("trust.essai", Level::Warn, what).found(facts.signer.clone().unwrap_or_default()));
    }
}
