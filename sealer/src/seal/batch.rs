//! Prolongs many bundles by one token: an evidence record (RFC 4998) beside each; a record that stands is renewed.
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dossier::{Clock, Instant, Sha256Digest};

use super::container::Unfinished;
use super::longterm;
use super::redact::refuse_copy;
use super::renew::stamp;
use crate::ers::{self, ArchiveTimeStamp, EvidenceRecord};
use crate::revocation::Gatherer;
use crate::tsp::check_token;
use crate::verify::{self, Verdict};
use crate::{Network, Random, SealError, TimestampAuthority, TimestampError, TrustAnchors};

/// A bundle of a batch, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchItem {
    /// The bundle.
    pub bundle: PathBuf,
    /// Its record.
    pub record: PathBuf,
    /// Archive timestamps in the record now; 0 when it was left out.
    pub stamps: usize,
    /// Why it was left out: codes of what its verification found, or of its record.
    pub refused: Option<String>,
}

/// A batch that was prolonged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Every bundle, in the order given.
    pub items: Vec<BatchItem>,
    /// Who made the token, and when; `None` when no bundle was left to prolong.
    pub token: Option<(String, Instant)>,
    /// Before when the batch must be prolonged again.
    pub renew_before: Option<Instant>,
}

/// Prolongs `bundles` by one token of the first authority that answers. Each is verified first, with `anchors`; one that
/// fails is left out and told. No bundle is touched; a record is replaced atomically. `told` hears how many were looked at.
pub fn prolong_batch(
    bundles: &[PathBuf],
    anchors: &TrustAnchors,
    authorities: &[&dyn TimestampAuthority],
    (network, clock, random): (&dyn Network, &dyn Clock, &dyn Random),
    told: &dyn Fn(usize),
) -> Result<Batch, SealError> {
    let (mut items, mut leaves) = (Vec::new(), Vec::new());
    for (index, bundle) in bundles.iter().enumerate() {
        told(index);
        let record = ers::record_path(bundle);
        let (stamps, refused) = match leaf(bundle, anchors, clock.now()) {
            Ok(leaf) => {
                let had = leaf.record.chain.len();
                leaves.push((index, leaf));
                (had + 1, None)
            }
            Err(why) => (0, Some(why)),
        };
        items.push(BatchItem { bundle: bundle.clone(), record, stamps, refused });
    }
    if leaves.is_empty() {
        return Ok(Batch { items, token: None, renew_before: None });
    }
    let mut digests: Vec<Sha256Digest> = leaves.iter().map(|(_, leaf)| leaf.digest).collect();
    if digests.len() == 1 {
        // A tree has two leaves at least: the other is nobody's.
        digests.push(stranger(random)?);
    }
    let (ways, root) = ers::build(&digests).ok_or_else(|| SealError::NoTimestamp { failures: Vec::new() })?;
    let token = stamp(&root, authorities, clock, random)?;
    let trusted = authorities.iter().fold(TrustAnchors::none(), |anchors, one| anchors.with(one.anchors()));
    let mut gatherer = Gatherer::new(network, clock, random);
    let token = longterm::token(&token, trusted.certificates(), &mut gatherer).unwrap_or(token);
    let facts = check_token(&token, &root, &trusted)
        .map_err(|error| SealError::NoTimestamp { failures: vec![("self check".into(), error)] })?;
    for ((index, leaf), reduced) in leaves.into_iter().zip(ways) {
        let mut record = leaf.record;
        record.chain.push(ArchiveTimeStamp { reduced, token: token.clone() });
        if let Some(item) = items.get(index) {
            write(&item.record, &record.to_der())?;
        }
    }
    Ok(Batch { items, token: Some((facts.authority, facts.gen_time)), renew_before: Some(facts.valid_to) })
}

/// What of a bundle goes into the tree: its digest, or that of the last token of its record.
struct Leaf {
    digest: Sha256Digest,
    record: EvidenceRecord,
}

/// The leaf of a bundle; the error says why it is left out.
fn leaf(bundle: &Path, anchors: &TrustAnchors, now: Instant) -> Result<Leaf, String> {
    refuse_copy(bundle).map_err(|error| error.code().to_owned())?;
    let octets = ers::beside(bundle)?;
    let checked = match &octets {
        Some(octets) => verify::verify_with_record(bundle, octets, anchors, now),
        None => verify::verify(bundle, anchors, now),
    };
    let (false, Some(sha256)) = (checked.verdict == Verdict::Fail, checked.bundle_sha256) else {
        let wrong = checked.findings.iter().filter(|f| f.level == dossier::Level::Fail).map(|f| f.code.as_str());
        return Err(wrong.collect::<Vec<_>>().join(", "));
    };
    let Some(octets) = octets else {
        return Ok(Leaf { digest: sha256, record: EvidenceRecord { chain: Vec::new() } });
    };
    let proven = checked.facts.record.ok_or("record.not_proven")?;
    if proven.valid_to < now {
        return Err(format!("record.late : {}", proven.valid_to));
    }
    let record = EvidenceRecord::parse(&octets).map_err(|e| e.0)?;
    let last = record.chain.last().ok_or("record.malformed")?;
    Ok(Leaf { digest: Sha256Digest::of(&last.token), record })
}

fn stranger(random: &dyn Random) -> Result<Sha256Digest, SealError> {
    let mut octets = [0; 32];
    let bad =
        |why: String| SealError::NoTimestamp { failures: vec![("hasard".into(), TimestampError::Unreachable { why })] };
    random.fill(&mut octets).map_err(bad)?;
    Ok(Sha256Digest::from_bytes(octets))
}

fn write(target: &Path, octets: &[u8]) -> Result<(), SealError> {
    let (unfinished, mut file): (Unfinished, File) = Unfinished::beside(target, ".part")?;
    file.write_all(octets).and_then(|()| file.sync_all()).map_err(|e| SealError::io("write", target, e))?;
    unfinished.keep(target)
}
