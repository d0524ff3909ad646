//! The judgement of one anchor, from its octets, the seal's digest and what the reader brought.
use dossier::{Finding, Level, Sha256Digest};

use super::facts::{AnchorFacts, AnchorState, BlockClaim};
use super::headers::{BlockNetwork, HeaderChain};
use super::ots::{Attestation, Detached, Op};
use crate::block::shown;

/// What is told of an anchor, and the finding that weighs in the verdict.
pub(crate) struct Judged {
    pub(crate) facts: AnchorFacts,
    pub(crate) finding: Finding,
}

/// The code and the weight of each state: an anchor that is there and wrong makes the bundle FAIL, nothing else changes
/// the verdict.
pub(crate) fn weighed(facts: AnchorFacts, found: Option<String>) -> Judged {
    let (code, level, what) = match facts.state {
        AnchorState::Proven => ("anchor.proven", Level::Info, "Une ancre est prouvée."),
        AnchorState::Unchecked => (
            "anchor.unchecked",
            Level::Info,
            "Une ancre n'a pas été contrôlée : il manque de quoi le faire hors ligne.",
        ),
        AnchorState::Pending => {
            ("anchor.pending", Level::Warn, "Une ancre n'est encore qu'une promesse : elle ne prouve rien à ce stade.")
        }
        AnchorState::Insufficient => {
            ("anchor.insufficient", Level::Warn, "Une ancre prouve moins que ce qu'exige la politique donnée.")
        }
        AnchorState::False => ("anchor.false", Level::Fail, "Une ancre du scellé est fausse."),
    };
    let found = format!("{} : {}", facts.entry, found.unwrap_or_else(|| facts.line.clone()));
    Judged { facts, finding: Finding::new(code, level, what).found(found) }
}

const KIND: &str = "opentimestamps";
const CHECK: &str = "ots info sur ce fichier donne la racine attendue (« Bitcoin block merkle root ») ; la comparer à celle \
    du bloc dans un explorateur public, ou donner --entetes à constat verifier. Le fichier ancré est META-INF/signature001.p7s.";

/// Judges an OpenTimestamps proof.
pub(crate) fn ots(entry: &str, octets: &[u8], seal: &Sha256Digest, headers: Option<&HeaderChain>) -> Judged {
    match followed(octets, seal) {
        Ok(attested) => told(entry, attested, headers),
        Err(why) => wrong(entry, why, Vec::new()),
    }
}

fn wrong(entry: &str, why: String, blocks: Vec<BlockClaim>) -> Judged {
    let line = format!("OpenTimestamps : FAUX, {why}");
    let facts = facts(entry, AnchorState::False, line, Vec::new(), blocks);
    weighed(facts, Some(why))
}

fn facts(
    entry: &str,
    state: AnchorState,
    line: String,
    calendars: Vec<String>,
    blocks: Vec<BlockClaim>,
) -> AnchorFacts {
    let proven = state == AnchorState::Proven;
    AnchorFacts {
        entry: entry.to_owned(),
        kind: KIND,
        state,
        existed_before: blocks.iter().filter_map(|b| b.time).min().filter(|_| proven),
        line,
        check: CHECK.to_owned(),
        calendars,
        blocks,
        log: None,
    }
}

/// Every attestation of the proof, once it is known to be about this seal.
fn followed(octets: &[u8], seal: &Sha256Digest) -> Result<Vec<(Vec<u8>, Attestation)>, String> {
    let proof = Detached::parse_canonical(octets).map_err(|e| format!("preuve illisible ({e})"))?;
    if proof.file_hash != Op::Sha256 || proof.digest != seal.as_bytes() {
        return Err(format!("la preuve porte sur un autre fichier que le sceau ({})", hex::encode(&proof.digest)));
    }
    proof.timestamp.attested(&proof.digest).map_err(|e| format!("preuve illisible ({e})"))
}

fn told(entry: &str, attested: Vec<(Vec<u8>, Attestation)>, headers: Option<&HeaderChain>) -> Judged {
    let (mut calendars, mut blocks, mut others) = (Vec::new(), Vec::new(), 0);
    for (message, attestation) in attested {
        match attestation {
            Attestation::Pending(uri) => calendars.push(uri),
            Attestation::Other(..) => others += 1,
            Attestation::Bitcoin(height) => match claim(&message, height, headers) {
                Ok(claim) => blocks.push(claim),
                Err((why, claim)) => return wrong(entry, why, claim.into_iter().collect()),
            },
        }
    }
    blocks.sort_by_key(|block| block.height);
    let (state, line) = match (blocks.iter().find(|b| b.hash.is_some()), headers, blocks.first()) {
        (Some(block), Some(headers), _) => (AnchorState::Proven, proven(block, headers)),
        (_, headers, Some(block)) => (AnchorState::Unchecked, unchecked(block, headers)),
        (_, _, None) if calendars.is_empty() => {
            let line = format!("OpenTimestamps : {others} attestation(s) d'un genre que ce logiciel ne juge pas");
            (AnchorState::Unchecked, line)
        }
        _ => {
            let who = calendars.join(", ");
            let line = format!(
                "OpenTimestamps : en attente, promesse de {who} ; rien n'est encore prouvé (constat ancrer la complète)"
            );
            (AnchorState::Pending, line)
        }
    };
    weighed(facts(entry, state, line, calendars, blocks), None)
}

/// What the proof says of one block, against the reader's headers when they hold it.
fn claim(
    message: &[u8],
    height: u64,
    headers: Option<&HeaderChain>,
) -> Result<BlockClaim, (String, Option<BlockClaim>)> {
    let root: [u8; 32] =
        message.try_into().map_err(|_| (format!("la racine annoncée du bloc {height} n'a pas 32 octets"), None))?;
    let merkle_root = shown(&root);
    let bare = BlockClaim { height, merkle_root, hash: None, time: None, followed_by: None };
    match headers.and_then(|headers| headers.block(height)) {
        None => Ok(bare),
        Some(Err(why)) => Err((why, Some(bare))),
        Some(Ok(block)) if block.merkle_root != root => {
            let why = format!("le bloc {height} ne porte pas la racine annoncée ({})", bare.merkle_root);
            Err((why, Some(bare)))
        }
        Some(Ok(block)) => Ok(BlockClaim {
            hash: Some(block.hash),
            time: Some(block.time),
            followed_by: Some(block.followed_by),
            ..bare
        }),
    }
}

fn proven(block: &BlockClaim, headers: &HeaderChain) -> String {
    let trial = if headers.network() == BlockNetwork::MAIN { "" } else { " (ESSAI, sans valeur)" };
    format!(
        "OpenTimestamps : le sceau existait avant le bloc {} de {}{trial}, daté du {} (à deux heures près), suivi de {} \
         blocs dans les en-têtes donnés",
        block.height,
        headers.network().name,
        block.time.map(|t| t.to_string()).unwrap_or_default(),
        block.followed_by.unwrap_or(0)
    )
}

fn unchecked(block: &BlockClaim, headers: Option<&HeaderChain>) -> String {
    let why = match headers {
        None => "aucune chaîne d'en-têtes donnée".to_owned(),
        Some(headers) => {
            let (from, to) = headers.heights();
            format!("les en-têtes donnés vont de {from} à {to}")
        }
    };
    format!(
        "OpenTimestamps : annonce le bloc {} de Bitcoin, non contrôlé ({why}) ; racine à comparer : {}",
        block.height, block.merkle_root
    )
}
