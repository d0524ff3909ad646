//! Adds the missing tokens to a sealed bundle: the files it covers are copied as they are, only META-INF changes, and
//! the new file replaces the old one in one step once it is verified.
use std::path::Path;

use dossier::Clock;

use super::container::{self, Content, NewEntry, Unfinished};
use super::flow::{finish, not_gathered, progress_of};
use super::longterm;
use super::redact::refuse_copy;
use crate::asic::{self, AsicManifest};
use crate::cms::{self, Additions};
use crate::revocation::Gatherer;
use crate::source::Source;
use crate::tsp::{Attempt, obtain};
use crate::x509::Certificate;
use crate::zip_audit::{self, Policy};
use crate::{
    Network, Random, SealError, SealedBundle, TimestampAuthority, TimestampError, TrustAnchors, layout, verify,
};

/// Adds the token over the signature when it is missing, and the independent token when a further authority is given
/// and it is missing; then what makes the bundle checkable later, from `network`. Replaces the bundle atomically. The
/// bundle is verified before and after. On any error the bundle stays as it was.
pub fn add_time(
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
    if entries.iter().any(|e| e.name == layout::ARCHIVE_MANIFEST) {
        // An archive token covers what is there: nothing can be added under it.
        return Err(SealError::AlreadyStamped { path: bundle.to_path_buf() });
    }
    let anchored = entries.iter().any(|e| layout::is_anchor(&e.name));
    let seal = take(&mut entries, layout::SIGNATURE_1, bundle)?;
    let chain = chain_of(&seal, bundle)?;
    let own = TrustAnchors::of(chain.last().cloned().into_iter().collect());
    let anchors = authorities.iter().fold(own, |anchors, authority| anchors.with(authority.anchors()));
    let before = verify::verify(bundle, &anchors, clock.now());
    if before.bundle.is_none() {
        return Err(SealError::BadBundle { path: bundle.to_path_buf(), findings: before.findings });
    }
    if anchored && cms::parse(&seal).is_ok_and(|parsed| parsed.signer.unsigned.is_empty()) {
        // Its anchors are over the octets of the seal, which a token would change.
        return Err(SealError::Anchored { path: bundle.to_path_buf() });
    }
    let mut stamps = Stamps { authorities, clock, random, failures: Vec::new(), used: 0 };
    let new_seal = stamp_seal(&seal, &mut stamps, bundle)?;
    let had_second = entries.iter().any(|e| e.name == layout::TOKEN_2);
    let second = if had_second { None } else { stamp_files(&entries, &mut stamps, bundle)? };
    if new_seal.is_none() && second.is_none() {
        if stamps.failures.is_empty() {
            return Err(SealError::AlreadyStamped { path: bundle.to_path_buf() });
        }
        return Err(SealError::NoTimestamp { failures: stamps.failures });
    }
    let mut meta = vec![(layout::SIGNATURE_1.to_owned(), new_seal.unwrap_or(seal))];
    if let Some((manifest, token)) = second {
        meta.extend([(layout::MANIFEST_2.to_owned(), manifest), (layout::TOKEN_2.to_owned(), token)]);
    }
    let mut gatherer = Gatherer::new(network, clock, random);
    // An anchored seal is not completed either.
    let changeable = if anchored { 1.. } else { 0.. };
    longterm::complete(&mut meta[changeable], anchors.certificates(), &mut gatherer);
    let at = entries.iter().position(|e| e.name == layout::MANIFEST_1).map_or(entries.len(), |at| at + 1);
    let rest = entries.split_off(at);
    entries.extend(meta.into_iter().map(|(name, bytes)| NewEntry { name, content: Content::Bytes(bytes) }));
    entries.extend(rest);
    let (unfinished, file) = Unfinished::beside(bundle, ".part")?;
    container::write(file, unfinished.path(), entries, &|_| {})?;
    let mut stamped = finish(unfinished, bundle, &anchors, clock.now())?;
    stamped.findings.extend(not_gathered(&gatherer.failures));
    Ok(stamped)
}

/// Which tokens a bundle bears; nothing is checked about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokensBorne {
    /// One over the signature.
    pub signature: bool,
    /// One of another authority over the files.
    pub second: bool,
}

/// Looks for the tokens of a bundle: its zip is audited, its seal read, nothing verified.
pub fn tokens_borne(bundle: &Path) -> Result<TokensBorne, SealError> {
    let source = Source::file(bundle).map_err(|e| SealError::io("open", bundle, e))?;
    let mut entries = read_entries(&source, bundle)?;
    let second = entries.iter().any(|e| e.name == layout::TOKEN_2);
    let seal = take(&mut entries, layout::SIGNATURE_1, bundle)?;
    let parsed = cms::parse(&seal).map_err(|e| broken(bundle, &e.to_string()))?;
    Ok(TokensBorne { signature: !parsed.signer.unsigned.is_empty(), second })
}

fn bad(bundle: &Path, finding: dossier::Finding) -> SealError {
    SealError::BadBundle { path: bundle.to_path_buf(), findings: vec![finding] }
}

pub(super) fn broken(bundle: &Path, why: &str) -> SealError {
    let what = "Le sceau n'est pas de ceux que ce logiciel sait compléter.";
    bad(bundle, dossier::Finding::new("seal.foreign", dossier::Level::Fail, what).found(why))
}

pub(super) fn read_entries(source: &Source, bundle: &Path) -> Result<Vec<NewEntry>, SealError> {
    let audited = zip_audit::audit(source, &Policy::OUTER).map_err(|finding| bad(bundle, finding))?;
    let mut entries = Vec::new();
    for entry in audited {
        let content = source.slice(entry.data_start, entry.compressed).ok_or_else(|| broken(bundle, &entry.name))?;
        entries.push(NewEntry { name: entry.name, content: Content::Source(content) });
    }
    Ok(entries)
}

/// The octets of an entry, which is taken out of the list.
fn take(entries: &mut Vec<NewEntry>, name: &str, bundle: &Path) -> Result<Vec<u8>, SealError> {
    let at = entries.iter().position(|e| e.name == name).ok_or_else(|| broken(bundle, name))?;
    octets(&entries.remove(at), bundle)
}

pub(super) fn octets(entry: &NewEntry, bundle: &Path) -> Result<Vec<u8>, SealError> {
    const LIMIT: u64 = 8 << 20;
    match &entry.content {
        Content::Source(source) if source.len() <= LIMIT => {
            source.exact(0, source.len() as usize).map_err(|e| SealError::io("read", bundle, e))
        }
        _ => Err(broken(bundle, &entry.name)),
    }
}

/// The certificates of the seal, signer first, each followed by its issuer.
pub(super) fn chain_of(seal: &[u8], bundle: &Path) -> Result<Vec<Certificate>, SealError> {
    let parsed = cms::parse(seal).map_err(|e| broken(bundle, &e.to_string()))?;
    let leaf = parsed.signer_certificate().ok_or_else(|| broken(bundle, "no signer certificate"))?.clone();
    let mut rest = parsed.certificates;
    rest.retain(|certificate| *certificate != leaf);
    let mut chain = vec![leaf];
    while let Some(at) = chain.last().and_then(|last| rest.iter().position(|c| last.is_signed_by(c))) {
        chain.push(rest.remove(at));
    }
    Ok(chain)
}

struct Stamps<'a> {
    authorities: &'a [&'a dyn TimestampAuthority],
    clock: &'a dyn Clock,
    random: &'a dyn Random,
    failures: Vec<(String, TimestampError)>,
    /// Authorities asked with success: the independent token must come from another one.
    used: usize,
}

impl Stamps<'_> {
    fn ask(&mut self, data: &[u8]) -> Option<Vec<u8>> {
        while let Some(authority) = self.authorities.get(self.used) {
            self.used += 1;
            let told = |attempt: Attempt<'_>| tracing::info!(progress = ?progress_of(&attempt));
            match obtain(*authority, data, self.clock, self.random, &told) {
                Ok((token, _)) => return Some(token),
                Err(error) => self.failures.push((authority.name().to_owned(), error)),
            }
        }
        None
    }
}

fn stamp_seal(seal: &[u8], stamps: &mut Stamps<'_>, bundle: &Path) -> Result<Option<Vec<u8>>, SealError> {
    let parsed = cms::parse(seal).map_err(|e| broken(bundle, &e.to_string()))?;
    if !parsed.signer.unsigned.is_empty() {
        // The first authority is taken to be the one that stamped the seal.
        stamps.used = 1;
        return Ok(None);
    }
    let Some(token) = stamps.ask(parsed.signer.signature) else { return Ok(None) };
    let additions = Additions { token: Some(&token), ..Additions::default() };
    let stamped = cms::extend(seal, &additions).ok_or_else(|| broken(bundle, "structure of the seal"))?;
    Ok(Some(stamped))
}

/// A manifest, and the token over it.
type StampedManifest = (Vec<u8>, Vec<u8>);

/// A second manifest over the same files, and a token over it.
fn stamp_files(
    entries: &[NewEntry],
    stamps: &mut Stamps<'_>,
    bundle: &Path,
) -> Result<Option<StampedManifest>, SealError> {
    if stamps.used >= stamps.authorities.len() {
        return Ok(None);
    }
    let first = entries.iter().find(|e| e.name == layout::MANIFEST_1);
    let first = octets(first.ok_or_else(|| broken(bundle, layout::MANIFEST_1))?, bundle)?;
    let first = asic::parse(&first).map_err(|why| broken(bundle, &why))?;
    let manifest = asic::write(&AsicManifest {
        protector: layout::TOKEN_2.into(),
        protector_type: asic::TYPE_TOKEN.into(),
        files: first.files,
    });
    Ok(stamps.ask(&manifest).map(|token| (manifest, token)))
}
