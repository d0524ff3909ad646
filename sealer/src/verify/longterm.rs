//! Past-time validation (ETSI EN 319 102-1 5.6): the tokens first, then the seal at the best time they prove; the state
//! of every certificate from what the bundle carries; and the level reached.
mod archive;
pub(super) mod record;
pub(super) mod state;

use std::collections::BTreeMap;

use dossier::{Digests, Finding, Instant, Level as Severity};

use super::container::Container;
use super::level::Level;
use super::signature::{self, Seal};
use super::stamps::{self, Stamp, facts_of};
use super::{Report, SealFacts, qualification};
use crate::TrustAnchors;
use crate::layout;
use crate::revocation::Pool;
use crate::x509::Certificate;
use state::{Known, Part};

/// Judges tokens, seal and archive; gives the time of the token over the signature, when it counts.
pub(super) fn check(
    container: &Container,
    seal: &Seal,
    files: &BTreeMap<String, Digests>,
    anchors: &TrustAnchors,
    at: Instant,
    report: &mut Report,
    facts: &mut SealFacts,
) -> Option<Instant> {
    let mut stamps = stamps::check(container, seal, anchors, report);
    let first_archive = stamps.found.len();
    archive::check(container, files, &mut stamps, report);
    let (tokens, sound) = (stamps.found, stamps.sound);
    let pool = pool_of(seal, &tokens, anchors);
    let mut known = Known::default();
    let counting = counting(&tokens, first_archive, &pool, at, &mut known, report);
    let mut best = None;
    for (token, _) in tokens.iter().zip(&counting).filter(|(_, counts)| **counts) {
        facts.timestamps.push(facts_of(token));
        if token.entry == layout::SIGNATURE_1 {
            best = Some(token.facts.gen_time);
        }
    }
    let archived = counting.iter().skip(first_archive).any(|counts| *counts);
    let path = signature::check_chain(seal, anchors, best.unwrap_or(at), best.is_some(), report);
    if let Some(path) = &path {
        let part = Part { entry: layout::SIGNATURE_1, path, algorithm: seal.algorithm };
        state::check_seal(&part, facts.signing_time, &pool, best, at, &mut known, report);
        facts.level = Some(level(best, &known, archived));
    }
    known.tell(report);
    let counted = tokens.iter().zip(&counting).filter(|(_, counts)| **counts);
    let counted = counted.map(|(token, _)| (token.entry.as_str(), &token.facts));
    qualification::check(seal, counted, (anchors, best, at), report, facts);
    if let Some(level) = facts.level {
        report.add(Finding::new("seal.level", Severity::Info, level.sentence()).found(level.as_str()));
    }
    // Without every chain, a piece signed by a certificate that is not at hand cannot be told from a false one.
    if path.is_some() && sound {
        explained(&pool, path.iter().map(Vec::as_slice).chain(paths(&tokens)), report);
    }
    best
}

/// The paths of tokens.
fn paths(tokens: &[Stamp]) -> impl Iterator<Item = &[Certificate]> {
    tokens.iter().map(|token| token.facts.path.as_slice())
}

/// Whether every piece of revocation data is signed by a certificate at hand; it is told when one is not.
fn explained<'a>(pool: &Pool, mut paths: impl Iterator<Item = &'a [Certificate]>, report: &mut Report) -> bool {
    let Some(label) = pool.unexplained() else { return true };
    // Where the reader's anchor is an intermediate, what is above it may well be absent.
    let open = paths.any(|path| path.last().is_some_and(|anchor| !anchor.is_self_issued()));
    let level = if open { Severity::Warn } else { Severity::Fail };
    let what = "Une donnée de révocation n'est signée par aucun des certificats présents.";
    report.add(Finding::new("revocation.unexplained", level, what).found(label));
    open
}

/// Which tokens count, each judged with the earliest later archive token that counts and covers it: from the last back.
fn counting(
    tokens: &[Stamp],
    first_archive: usize,
    pool: &Pool,
    at: Instant,
    known: &mut Known,
    report: &mut Report,
) -> Vec<bool> {
    // What an evidence record proves older is shielded as by a later archive token.
    let mut shield = report.proven();
    let mut counting = Vec::new();
    for (index, token) in tokens.iter().enumerate().rev() {
        stamps::weaknesses(token, shield.is_some(), at, report);
        let counts = state::check_token(token, pool, shield, at, known, report);
        // The first tokens do not cover each other.
        if counts && index >= first_archive {
            shield = Some(token.facts.gen_time);
        }
        counting.push(counts);
    }
    counting.reverse();
    counting
}

fn level(best: Option<Instant>, known: &Known, archived: bool) -> Level {
    match (best, known.is_complete(), archived) {
        (None, ..) => Level::BasicSignature,
        (Some(_), false, _) => Level::Timestamped,
        (Some(_), true, false) => Level::LongTerm,
        (Some(_), true, true) => Level::Archived,
    }
}

/// Everything at hand to know the state of a certificate: what the seal and the tokens carry, and the anchors.
fn pool_of(seal: &Seal, tokens: &[Stamp], anchors: &TrustAnchors) -> Pool {
    let mut pool = Pool::default();
    pool.add(&seal.revocation, &seal.carried);
    filled(pool, tokens, anchors)
}

/// The same for tokens that stand outside the bundle.
fn pool_of_tokens(tokens: &[Stamp], anchors: &TrustAnchors) -> Pool {
    filled(Pool::default(), tokens, anchors)
}

fn filled(mut pool: Pool, tokens: &[Stamp], anchors: &TrustAnchors) -> Pool {
    for token in tokens {
        pool.add(&token.facts.revocation, &token.facts.certificates);
    }
    let missing: Vec<Certificate> =
        anchors.certificates().iter().filter(|c| !pool.certificates.contains(c)).cloned().collect();
    pool.certificates.extend(missing);
    pool
}
