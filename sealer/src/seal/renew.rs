//! Prolongs a sealed bundle (ETSI EN 319 162-1 A.7): what is missing for later checks is added, then an archive manifest
//! over every entry, and a token over it. Done again before the token ends, the former manifest is renamed and covered.
use std::path::Path;

use dossier::{Clock, Instant, Sha256Digest};

use super::add_time::{broken, chain_of, octets, read_entries};
use super::container::{self, Content, NewEntry, Unfinished};
use super::flow::{finish, not_gathered, progress_of, renew_before};
use super::longterm;
use super::redact::refuse_copy;
use crate::asic::{self, AsicManifest, AsicReference};
use crate::revocation::Gatherer;
use crate::source::Source;
use crate::tsp::{Attempt, obtain};
use crate::{Network, Random, SealError, SealLevel, SealedBundle, TimestampAuthority, TrustAnchors, layout, verify};

/// Prolongs the bundle by a token of the first of `authorities` that answers; replaces it atomically. The bundle is
/// verified before and after. Refused when its signature bears no token, or when the last token has ended. On any error
/// the bundle stays as it was.
pub fn renew(
    bundle: &Path,
    authorities: &[&dyn TimestampAuthority],
    network: &dyn Network,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<SealedBundle, SealError> {
    refuse_copy(bundle)?;
    // A bundle written anew is no longer the one its evidence record speaks of.
    if crate::ers::record_path(bundle).exists() {
        return Err(SealError::Recorded { path: bundle.to_path_buf() });
    }
    let source = Source::file(bundle).map_err(|e| SealError::io("open", bundle, e))?;
    let mut entries = read_entries(&source, bundle)?;
    let chain = chain_of(&octets(seal_of(&entries, bundle)?, bundle)?, bundle)?;
    if !super::tokens_borne(bundle)?.signature {
        return Err(SealError::NotStamped { path: bundle.to_path_buf() });
    }
    let own = TrustAnchors::of(chain.last().cloned().into_iter().collect());
    let anchors = authorities.iter().fold(own, |anchors, authority| anchors.with(authority.anchors()));
    let level = check_before(bundle, &anchors, clock.now())?;
    let mut gatherer = Gatherer::new(network, clock, random);
    let meta: Vec<&str> = entries.iter().map(|e| e.name.as_str()).filter(|n| layout::is_meta(n)).collect();
    let count = layout::archives(&meta).ok_or_else(|| broken(bundle, layout::META_INF))?;
    // Anchors are over the octets of the seal: it stays as it is, and the states it lacks come with the archive token.
    let anchored = entries.iter().any(|e| layout::is_anchor(&e.name));
    let wanted = anchored && level < Some(SealLevel::LongTerm);
    let bare_seal = if wanted { Some(octets(seal_of(&entries, bundle)?, bundle)?) } else { None };
    complete(&mut entries, (count, anchored), level, &anchors, &mut gatherer, bundle)?;
    let (manifest, token_name) = archive_manifest(&mut entries, count, bundle)?;
    let token = stamp(&manifest, authorities, clock, random)?;
    let token =
        longterm::token_with(&token, bare_seal.as_deref(), anchors.certificates(), &mut gatherer).unwrap_or(token);
    entries.push(NewEntry { name: layout::ARCHIVE_MANIFEST.into(), content: Content::Bytes(manifest) });
    entries.push(NewEntry { name: token_name, content: Content::Bytes(token) });
    if entries.len() > layout::MAX_ENTRIES {
        return Err(SealError::TooManyEntries { found: entries.len(), limit: layout::MAX_ENTRIES });
    }
    let (unfinished, file) = Unfinished::beside(bundle, ".part")?;
    container::write(file, unfinished.path(), entries, &|_| {})?;
    let mut renewed = finish(unfinished, bundle, &anchors, clock.now())?;
    renewed.findings.extend(not_gathered(&gatherer.failures));
    Ok(renewed)
}

fn seal_of<'a>(entries: &'a [NewEntry], bundle: &Path) -> Result<&'a NewEntry, SealError> {
    entries.iter().find(|e| e.name == layout::SIGNATURE_1).ok_or_else(|| broken(bundle, layout::SIGNATURE_1))
}

/// The bundle as it stands must not be wrong, bear a token over its signature, and not come too late.
fn check_before(bundle: &Path, anchors: &TrustAnchors, now: Instant) -> Result<Option<SealLevel>, SealError> {
    let before = verify::verify(bundle, anchors, now);
    if before.bundle.is_none() {
        return Err(SealError::BadBundle { path: bundle.to_path_buf(), findings: before.findings });
    }
    let stamps = &before.facts.timestamps;
    // A token that leads to none of these anchors, or that a revocation put in doubt, cannot be prolonged either.
    if !stamps.iter().any(|t| t.entry == layout::SIGNATURE_1) {
        return Err(SealError::BadBundle { path: bundle.to_path_buf(), findings: before.findings });
    }
    let until = renew_before(stamps);
    match until {
        Some(until) if until < now => Err(SealError::TooLate { path: bundle.to_path_buf(), until: until.to_string() }),
        _ => Ok(before.facts.level),
    }
}

/// Adds the states that are missing where that changes nothing already covered: in the seal and the second token as long
/// as there is no archive manifest (in an anchored seal never), else in the last archive token.
fn complete(
    entries: &mut [NewEntry],
    (count, anchored): (usize, bool),
    level: Option<SealLevel>,
    anchors: &TrustAnchors,
    gatherer: &mut Gatherer<'_>,
    bundle: &Path,
) -> Result<(), SealError> {
    let last = count.checked_sub(1).map(|index| layout::archive_names(index, count).1);
    for entry in entries.iter_mut() {
        let completed = match (entry.name.as_str(), &last) {
            (layout::SIGNATURE_1, None) if !anchored && level < Some(SealLevel::LongTerm) => {
                longterm::seal(&octets(entry, bundle)?, anchors.certificates(), gatherer)
            }
            (layout::TOKEN_2, None) if level < Some(SealLevel::LongTerm) => {
                longterm::token(&octets(entry, bundle)?, anchors.certificates(), gatherer)
            }
            (name, Some(last)) if name == last => {
                longterm::token(&octets(entry, bundle)?, anchors.certificates(), gatherer)
            }
            _ => None,
        };
        if let Some(completed) = completed {
            entry.content = Content::Bytes(completed);
        }
    }
    Ok(())
}

/// Renames the manifest in force, if any, and makes the one that covers every entry; gives its octets, and the name of
/// the token to come.
fn archive_manifest(entries: &mut [NewEntry], count: usize, bundle: &Path) -> Result<(Vec<u8>, String), SealError> {
    if count == layout::MAX_ARCHIVES {
        return Err(SealError::TooManyEntries { found: count + 1, limit: layout::MAX_ARCHIVES });
    }
    let (_, token_name) = layout::archive_names(count, count + 1);
    let renamed = count.checked_sub(1).map(|index| layout::archive_names(index, count + 1).0);
    let mut files = Vec::new();
    for entry in entries.iter_mut().filter(|e| e.name != layout::MIMETYPE) {
        let root_file = entry.name == layout::ARCHIVE_MANIFEST;
        if let (true, Some(renamed)) = (root_file, &renamed) {
            entry.name.clone_from(renamed);
        }
        files.push(AsicReference {
            name: entry.name.clone(),
            media_type: None,
            sha256: sha256(entry, bundle)?,
            root_file,
        });
    }
    let manifest = AsicManifest { protector: token_name.clone(), protector_type: asic::TYPE_TOKEN.into(), files };
    Ok((asic::write(&manifest), token_name))
}

fn sha256(entry: &NewEntry, bundle: &Path) -> Result<Sha256Digest, SealError> {
    match &entry.content {
        Content::Bytes(octets) => Ok(Sha256Digest::of(octets)),
        Content::Source(source) => {
            let digests = dossier::digest_reader(source.reader()).map_err(|e| SealError::io("read", bundle, e))?;
            Ok(digests.sha256)
        }
        Content::File { sha256, .. } => Ok(*sha256),
        Content::Pieces(_) => Err(broken(bundle, &entry.name)),
    }
}

/// A token over `manifest`, of the first authority that answers.
pub(super) fn stamp(
    manifest: &[u8],
    authorities: &[&dyn TimestampAuthority],
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Vec<u8>, SealError> {
    let told = |attempt: Attempt<'_>| tracing::info!(progress = ?progress_of(&attempt));
    let mut failures = Vec::new();
    for authority in authorities {
        match obtain(*authority, manifest, clock, random, &told) {
            Ok((token, _)) => return Ok(token),
            Err(error) => failures.push((authority.name().to_owned(), error)),
        }
    }
    Err(SealError::NoTimestamp { failures })
}
