//! The order of sealing. Every digest is known from the journal before the container is written, so the seal and its
//! token are made first, over small files in memory; the artefacts are then read once, hashed while they are copied, and
//! a difference with the journal ends everything. What gets its final name has passed our own verification.
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;

use dossier::{
    Artefact, Digests, Disclosure, Finding, Instant, Journal, Level, Manifest, SealTime, Sha256Digest, TrafficPictures,
    to_canonical,
};

use super::container::{self, Content, NewEntry, Unfinished, altered};
use super::stamping::{Stamped, stamp};
use super::{SealProgress, SealRequest, SealedBundle, anchoring, longterm, package, texts};
use crate::asic::{self, AsicManifest, AsicReference};
use crate::derive::{self, Measured};
use crate::disclosure::{Leaves, Secret};
use crate::revocation::Gatherer;
use crate::tsp::{Attempt, obtain};
use crate::x509::Certificate;
use crate::{
    SealError, TimestampError, TimestampFacts, TrustAnchors, cms, image_facts, keys, layout, traffic_pictures, verify,
};

/// Seals the dossier of `request`. Blocking; constant memory; the target appears whole and verified, or not at all.
pub fn seal(request: &SealRequest<'_>) -> Result<SealedBundle, SealError> {
    if request.target.exists() {
        return Err(SealError::TargetExists { path: request.target.to_path_buf() });
    }
    let chain = signing_chain(request)?;
    check_room(request)?;
    let secret = Secret::draw(request.random)?;
    let (packed, measured) = measure(request, &secret)?;
    let mut sealed = sign_and_stamp(request, &chain, &measured, &secret)?;
    let missing = complete(request, &chain, &mut sealed);
    let not_anchored = anchors_of(request, &mut sealed);
    let entries = entries(request, sealed, &packed)?;
    let (unfinished, file) = Unfinished::beside(request.target, ".part")?;
    container::write(file, unfinished.path(), entries, request.progress)?;
    (request.progress)(SealProgress::Verifying);
    let anchors = self_check_anchors(&chain, request);
    let mut bundle = finish(unfinished, request.target, &anchors, request.clock.now())?;
    bundle.findings.extend(not_gathered(&missing));
    bundle.findings.extend(not_anchored);
    Ok(bundle)
}

/// Anchors the seal as it now stands, when it bears its time; gives what could not be had.
fn anchors_of(request: &SealRequest<'_>, sealed: &mut Sealed) -> Vec<Finding> {
    let seal = sealed.meta.iter().find(|(name, _)| name == layout::SIGNATURE_1).map(|(_, octets)| octets);
    let stamped = |octets: &&Vec<u8>| cms::parse(octets).is_ok_and(|parsed| !parsed.signer.unsigned.is_empty());
    let (Some(anchoring), Some(seal)) = (&request.anchoring, seal.filter(stamped)) else { return Vec::new() };
    (request.progress)(SealProgress::Anchoring);
    let advanced = anchoring::first(seal, &request.dossier.case().reference, anchoring, request.random);
    let (entries, findings) = advanced.entries(0);
    sealed.meta.extend(entries);
    for why in findings.iter().filter_map(|finding| finding.found.clone()) {
        (request.progress)(SealProgress::AnchorMissing { why });
    }
    findings
}

/// Packs the archive and measures the files; the archive is read a second time beside, for the pictures in it and the
/// leaves of its records.
fn measure(request: &SealRequest<'_>, secret: &Secret) -> Result<(package::Packed, Measured), SealError> {
    let archive = request.dossier.artefacts().iter().find(|a| a.meta.kind == dossier::ArtefactKind::Archive);
    let archive = archive.map(|archive| archive.path.under(request.dossier.root()));
    std::thread::scope(|scope| {
        let traffic = scope.spawn(|| archive.map(|path| traffic(&path, secret)).transpose());
        let packed = package::build(request)?;
        let (journal, pictures) = (journal_digests(request)?, pictures(request)?);
        let broken = |_| SealError::io("read", layout::ARCHIVE, std::io::ErrorKind::Other.into());
        let (traffic, disclosure) = traffic.join().map_err(broken)??.unzip();
        let traffic = traffic.unwrap_or_default();
        let (wacz, members) = (packed.digests, packed.members.clone());
        Ok((packed, Measured { wacz, members, journal, pictures, traffic, disclosure }))
    })
}

/// Adds to a stamped seal what makes it checkable later; gives what could not be had.
fn complete(request: &SealRequest<'_>, chain: &[Certificate], sealed: &mut Sealed) -> Vec<String> {
    (request.progress)(SealProgress::Revocation);
    let anchors = self_check_anchors(chain, request);
    let mut gatherer = Gatherer::new(request.network, request.clock, request.random);
    longterm::complete(&mut sealed.meta, anchors.certificates(), &mut gatherer);
    for why in &gatherer.failures {
        (request.progress)(SealProgress::RevocationMissing { why: why.clone() });
    }
    gatherer.failures
}

/// What could not be had while sealing, as findings.
pub(super) fn not_gathered(missing: &[String]) -> Vec<Finding> {
    let what = "Un certificat, une liste de révocation ou une réponse OCSP n'a pas pu être obtenu au scellement.";
    missing.iter().map(|why| Finding::new("revocation.not_gathered", Level::Warn, what).found(why)).collect()
}

/// Verifies the finished file and gives it its name.
pub(super) fn finish(
    unfinished: Unfinished,
    target: &std::path::Path,
    anchors: &TrustAnchors,
    at: Instant,
) -> Result<SealedBundle, SealError> {
    let checked = verify::verify(unfinished.path(), anchors, at);
    let (Some(bundle), Some(sha256)) = (checked.bundle, checked.bundle_sha256) else {
        return Err(SealError::SelfCheck { findings: checked.findings });
    };
    let bytes = fs::metadata(bundle.path()).map_err(|e| SealError::io("read", target, e))?.len();
    unfinished.keep(target)?;
    let timestamped = checked.facts.timestamps.iter().any(|t| t.entry == layout::SIGNATURE_1);
    Ok(SealedBundle {
        path: target.to_path_buf(),
        bytes,
        sha256,
        timestamped,
        level: checked.facts.level,
        renew_before: renew_before(&checked.facts.timestamps),
        anchors: checked.facts.anchors,
        findings: checked.findings,
    })
}

/// Before when a bundle with these tokens must be prolonged: the end of the last archive token, else of the first token
/// to end.
pub(super) fn renew_before(stamps: &[TimestampFacts]) -> Option<Instant> {
    let archive = stamps.iter().rfind(|t| t.entry != layout::SIGNATURE_1 && t.entry != layout::TOKEN_2);
    archive.map_or_else(|| stamps.iter().map(|t| t.valid_to).min(), |last| Some(last.valid_to))
}

/// The chain, parsed; the signer's certificate must be valid now.
fn signing_chain(request: &SealRequest<'_>) -> Result<Vec<Certificate>, SealError> {
    let bad = |why: String| SealError::Key { what: "seal certificate".into(), why };
    let parse = |der: &Vec<u8>| Certificate::parse(der).map_err(|e| bad(e.to_string()));
    let chain = request.signer.certificate_chain().iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let leaf = chain.first().ok_or_else(|| bad("no certificate".into()))?;
    let now = request.clock.now();
    if now < leaf.not_before || now > leaf.not_after {
        return Err(SealError::CertificateOutOfDate {
            subject: leaf.subject_text(),
            from: leaf.not_before.to_string(),
            to: leaf.not_after.to_string(),
            at: now.to_string(),
        });
    }
    Ok(chain)
}

fn check_room(request: &SealRequest<'_>) -> Result<(), SealError> {
    let loose = request.dossier.artefacts().iter().filter(|a| !derive::is_packed(a)).count();
    let anchors = if request.anchoring.is_some() { 2 } else { 0 };
    let found = loose + layout::HEAD.len() + 2 + layout::KNOWN_META.len() + anchors;
    if found > layout::MAX_ENTRIES {
        return Err(SealError::TooManyEntries { found, limit: layout::MAX_ENTRIES });
    }
    Ok(())
}

/// For the check of our own output: the end of the office's chain, and the anchors of the authorities.
fn self_check_anchors(chain: &[Certificate], request: &SealRequest<'_>) -> TrustAnchors {
    let own = TrustAnchors::of(chain.last().cloned().into_iter().collect());
    request.authorities.iter().fold(own, |anchors, authority| anchors.with(authority.anchors()))
}

/// The journal as it stands now must be the one that was opened.
fn journal_digests(request: &SealRequest<'_>) -> Result<Digests, SealError> {
    let path = request.dossier.journal_path();
    let bytes = fs::read(&path).map_err(|e| SealError::io("read", &path, e))?;
    let head = Journal::read(bytes.as_slice()).map(|(journal, _)| journal.head());
    match head {
        Ok(head) if head == request.dossier.journal().head() => Ok(Digests::of(&bytes)),
        Ok(head) => Err(altered(layout::JOURNAL, request.dossier.journal().head(), head)),
        Err(fault) => Err(altered(layout::JOURNAL, request.dossier.journal().head(), fault.why)),
    }
}

fn pictures(request: &SealRequest<'_>) -> Result<BTreeMap<dossier::ArtefactPath, dossier::ImageFacts>, SealError> {
    let mut found = BTreeMap::new();
    for artefact in request.dossier.artefacts().iter().filter(|a| a.meta.media_type == image_facts::PNG) {
        (request.progress)(SealProgress::Picture { path: artefact.path.to_string() });
        let path = artefact.path.under(request.dossier.root());
        let file = File::open(&path).map_err(|e| SealError::io("open", &path, e))?;
        if let Ok(facts) = image_facts::measure(BufReader::new(file)) {
            found.insert(artefact.path.clone(), facts);
        }
    }
    Ok(found)
}

/// The pictures of the archive, and the leaves of its records.
fn traffic(path: &std::path::Path, secret: &Secret) -> Result<(TrafficPictures, Disclosure), SealError> {
    let file = File::open(path).map_err(|e| SealError::io("open", path, e))?;
    let mut leaves = Leaves::new(secret);
    let pictures = traffic_pictures::list(file, |kind, end| leaves.push(kind, &end.record_digest));
    Ok((pictures, leaves.finish()))
}

/// The small files, signed.
pub(super) struct Sealed {
    constat: Vec<u8>,
    datapackage: Vec<u8>,
    sums: Vec<u8>,
    readme: Vec<u8>,
    secret: Vec<u8>,
    meta: Vec<(String, Vec<u8>)>,
    artefacts: Vec<Artefact>,
}

fn sign_and_stamp(
    request: &SealRequest<'_>,
    chain: &[Certificate],
    measured: &Measured,
    secret: &Secret,
) -> Result<Sealed, SealError> {
    let names: Vec<String> = request.authorities.iter().map(|a| a.name().to_owned()).collect();
    let told = |attempt: Attempt<'_>| (request.progress)(progress_of(&attempt));
    let ask = |data: &[u8], index: usize| match request.authorities.get(index) {
        Some(authority) => obtain(*authority, data, request.clock, request.random, &told).map(|(token, _)| token),
        None => Err(TimestampError::Unreachable { why: "no authority".into() }),
    };
    if !names.is_empty() {
        let time = SealTime { timestamped: true, authorities: names.clone(), reason: None };
        let files = small_files(request, measured, secret, time)?;
        let signed = sign(request, chain, &files)?;
        match stamp(&signed, &names, &ask) {
            Ok(stamped) => return Ok(files.sealed(stamped)),
            Err(failures) => {
                // The manifest must not claim a time the seal does not bear: it is made and signed again.
                let time = SealTime { timestamped: false, authorities: names, reason: Some(reason(&failures)) };
                let files = small_files(request, measured, secret, time)?;
                let signed = sign(request, chain, &files)?;
                return Ok(files.sealed(signed.without_time()));
            }
        }
    }
    let reason = Some("Aucune autorité d'horodatage n'est configurée.".to_owned());
    let time = SealTime { timestamped: false, authorities: names, reason };
    let files = small_files(request, measured, secret, time)?;
    let signed = sign(request, chain, &files)?;
    Ok(files.sealed(signed.without_time()))
}

pub(super) fn progress_of(attempt: &Attempt<'_>) -> SealProgress {
    SealProgress::Timestamp {
        authority: attempt.authority.to_owned(),
        attempt: attempt.number,
        error: attempt.error.map(|e| (e.code().to_owned(), e.to_string())),
    }
}

fn reason(failures: &[(String, TimestampError)]) -> String {
    let list: Vec<String> = failures.iter().map(|(name, e)| format!("{name} ({})", e.code())).collect();
    format!("Aucune autorité n'a donné de jeton valable : {}.", list.join(", "))
}

/// Everything the seal covers, with its digest, in the order of the container.
struct SmallFiles {
    constat: Vec<u8>,
    datapackage: Vec<u8>,
    sums: Vec<u8>,
    readme: Vec<u8>,
    secret: Vec<u8>,
    manifest: Manifest,
    covered: Vec<AsicReference>,
}

impl SmallFiles {
    fn sealed(self, stamped: Stamped) -> Sealed {
        Sealed {
            constat: self.constat,
            datapackage: self.datapackage,
            sums: self.sums,
            readme: self.readme,
            secret: self.secret,
            meta: stamped.meta,
            artefacts: self.manifest.artefacts,
        }
    }
}

fn small_files(
    request: &SealRequest<'_>,
    measured: &Measured,
    secret: &Secret,
    time: SealTime,
) -> Result<SmallFiles, SealError> {
    let journal = request.dossier.journal();
    let essai = request.essai || derive::is_essai(journal);
    let manifest = derive::manifest(journal, measured, essai, time)
        .map_err(|e| dossier::DossierError::Journal { line: e.line, why: e.why })?;
    let constat = to_canonical(&manifest)?;
    let datapackage = texts::datapackage(&measured.wacz)?;
    let readme = texts::readme(manifest.case.reference.as_str(), essai);
    let mut listed: Vec<(&str, Sha256Digest, Option<&str>)> = vec![
        (layout::CONSTAT, Sha256Digest::of(&constat), Some("application/json")),
        (layout::DATAPACKAGE, Sha256Digest::of(&datapackage), Some("application/json")),
        (layout::README, Sha256Digest::of(&readme), Some("text/plain")),
        (layout::WACZ, measured.wacz.sha256, Some("application/wacz")),
    ];
    let others = manifest.artefacts.iter().filter(|a| a.path.as_str() != layout::WACZ);
    listed.extend(others.map(|a| (a.path.as_str(), a.digests.sha256, Some(a.meta.media_type.as_str()))));
    let secret = secret.to_file();
    let at = listed.iter().skip(4).take_while(|(name, ..)| *name < layout::SECRET).count() + 4;
    listed.insert(at, (layout::SECRET, Sha256Digest::of(&secret), Some("text/plain")));
    let mimetype = (layout::MIMETYPE, Sha256Digest::of(layout::MEDIA_TYPE.as_bytes()));
    let sums = texts::sums([mimetype].into_iter().chain(listed.iter().map(|(name, digest, _)| (*name, *digest))));
    listed.insert(2, (layout::SUMS, Sha256Digest::of(&sums), Some("text/plain")));
    let covered = listed
        .iter()
        .map(|(name, sha256, kind)| AsicReference {
            name: (*name).to_owned(),
            media_type: kind.map(str::to_owned),
            sha256: *sha256,
            root_file: false,
        })
        .collect();
    Ok(SmallFiles { constat, datapackage, sums, readme, secret, covered, manifest })
}

/// The two manifests, and the office's signature over the first.
pub(super) struct Signed {
    pub(super) manifest_1: Vec<u8>,
    pub(super) manifest_2: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) attributes: Vec<u8>,
    pub(super) chain: Vec<Certificate>,
}

fn sign(request: &SealRequest<'_>, chain: &[Certificate], files: &SmallFiles) -> Result<Signed, SealError> {
    (request.progress)(SealProgress::Signing);
    let manifest = |protector: &str, kind: &str| {
        asic::write(&AsicManifest {
            protector: protector.into(),
            protector_type: kind.into(),
            files: files.covered.clone(),
        })
    };
    let manifest_1 = manifest(layout::SIGNATURE_1, asic::TYPE_SIGNATURE);
    let manifest_2 = manifest(layout::TOKEN_2, asic::TYPE_TOKEN);
    let leaf = chain.first().ok_or_else(|| SealError::Sign { why: "no certificate".into() })?;
    let attributes = cms::signed_attributes(&manifest_1, leaf, Some(request.clock.now()));
    let signature = keys::sign_checked(request.signer, leaf, &attributes)?;
    Ok(Signed { manifest_1, manifest_2, signature, attributes, chain: chain.to_vec() })
}

/// The entries of the container, in order.
fn entries(request: &SealRequest<'_>, sealed: Sealed, packed: &package::Packed) -> Result<Vec<NewEntry>, SealError> {
    let bytes = |name: &str, bytes: Vec<u8>| NewEntry { name: name.to_owned(), content: Content::Bytes(bytes) };
    let mut entries = vec![
        bytes(layout::MIMETYPE, layout::MEDIA_TYPE.as_bytes().to_vec()),
        bytes(layout::CONSTAT, sealed.constat),
        bytes(layout::DATAPACKAGE, sealed.datapackage),
        bytes(layout::SUMS, sealed.sums),
        bytes(layout::README, sealed.readme),
    ];
    let file = |name: &str, path, digests: &Digests| NewEntry {
        name: name.to_owned(),
        content: Content::File { path, bytes: digests.bytes, sha256: digests.sha256 },
    };
    entries.push(file(layout::WACZ, packed.path().to_path_buf(), &packed.digests));
    let mut secret = Some(bytes(layout::SECRET, sealed.secret));
    for artefact in sealed.artefacts.iter().filter(|a| a.path.as_str() != layout::WACZ) {
        if artefact.path.as_str() > layout::SECRET {
            entries.extend(secret.take());
        }
        let path = artefact.path.under(request.dossier.root());
        entries.push(file(artefact.path.as_str(), path, &artefact.digests));
    }
    entries.extend(secret);
    entries.extend(sealed.meta.into_iter().map(|(name, content)| bytes(&name, content)));
    Ok(entries)
}
