//! Path validation at a past instant (RFC 5280 section 6), on the strict side.
//!
//! Two answers must not be confused: a chain that leads nowhere (the anchor is not at hand: nobody can tell), and a
//! chain that is broken (a candidate issuer is there and did not sign: proven wrong).
use dossier::Instant;

use super::rules::check_path;
use super::{Certificate, TrustAnchors};
use crate::oid;

/// Certificates tried at most, over all branches.
const MAX_STEPS: usize = 64;
/// Certificates in a path at most.
const MAX_DEPTH: usize = 8;

/// What the first certificate of the path is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signing a manifest: `nonRepudiation` or `digitalSignature`.
    Seal,
    /// Signing timestamps: critical and sole `timeStamping` (RFC 3161 2.3).
    Timestamp,
}

/// Why there is no valid path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PathFault {
    /// No anchor at hand issued it.
    NoChain { subject: String },
    /// Proven wrong: a rule of RFC 5280 is broken.
    Broken { why: String },
    /// A certificate of the path is not valid at the instant.
    OutOfDate { subject: String, from: Instant, to: Instant },
}

/// Validates `leaf` at `at`, with the certificates of `pool` as intermediates, and gives the path, anchor last.
pub(crate) fn validate(
    leaf: &Certificate,
    pool: &[Certificate],
    anchors: &TrustAnchors,
    at: Instant,
    purpose: Purpose,
) -> Result<Vec<Certificate>, PathFault> {
    check_leaf(leaf, purpose)?;
    let mut search = Search { pool, anchors: anchors.certificates(), steps: 0, broken: None };
    let mut path = vec![leaf.clone()];
    if !search.climb(&mut path) {
        return Err(search.broken.unwrap_or_else(|| PathFault::NoChain {
            subject: path.first().map(Certificate::subject_text).unwrap_or_default(),
        }));
    }
    for certificate in &path {
        if at < certificate.not_before || at > certificate.not_after {
            return Err(PathFault::OutOfDate {
                subject: certificate.subject_text(),
                from: certificate.not_before,
                to: certificate.not_after,
            });
        }
    }
    Ok(path)
}

struct Search<'a> {
    pool: &'a [Certificate],
    anchors: &'a [Certificate],
    steps: usize,
    broken: Option<PathFault>,
}

impl Search<'_> {
    /// Extends the path up to an anchor; gives it back as it was when that cannot be done.
    fn climb(&mut self, path: &mut Vec<Certificate>) -> bool {
        let Some(last) = path.last().cloned() else { return false };
        if self.anchors.contains(&last) {
            return match check_path(path) {
                Ok(()) => true,
                Err(why) => {
                    self.broken.get_or_insert(PathFault::Broken { why });
                    false
                }
            };
        }
        if path.len() >= MAX_DEPTH {
            return false;
        }
        let (pool, anchors) = (self.pool, self.anchors);
        for issuer in anchors.iter().chain(pool) {
            let by_name = issuer.subject == last.issuer;
            let by_key = {
                let named = &last.extensions.authority_key;
                named.is_some() && *named == issuer.extensions.subject_key
            };
            if !(by_name || by_key) || path.contains(issuer) {
                continue;
            }
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.broken.get_or_insert(PathFault::Broken { why: "too many candidate certificates".into() });
                return false;
            }
            if let Err(why) = check_issuer(&last, issuer, by_name, path) {
                self.broken.get_or_insert(PathFault::Broken { why });
                continue;
            }
            path.push(issuer.clone());
            if self.climb(path) {
                return true;
            }
            path.pop();
        }
        false
    }
}

fn check_leaf(leaf: &Certificate, purpose: Purpose) -> Result<(), PathFault> {
    let broken = |why: String| Err(PathFault::Broken { why });
    let subject = leaf.subject_text();
    if let Some(unknown) = leaf.extensions.unknown_critical.first() {
        return broken(format!("{subject}: critical extension {unknown} unknown"));
    }
    if leaf.extensions.constraints.ca {
        return broken(format!("{subject}: a certification authority, not a signer"));
    }
    let usage = leaf.extensions.key_use.unwrap_or_default();
    if leaf.extensions.key_use.is_some() && !(usage.digital_signature || usage.non_repudiation) {
        return broken(format!("{subject}: key usage without digitalSignature or nonRepudiation"));
    }
    match purpose {
        Purpose::Seal if leaf.extensions.key_use.is_none() => broken(format!("{subject}: no key usage")),
        Purpose::Seal => Ok(()),
        Purpose::Timestamp if leaf.extensions.purposes == Some((vec![oid::KP_TIME_STAMPING], true)) && !usage.other => {
            Ok(())
        }
        Purpose::Timestamp => broken(format!("{subject}: extended key usage is not timeStamping, alone and critical")),
    }
}

fn check_issuer(
    subject: &Certificate,
    issuer: &Certificate,
    by_name: bool,
    path: &[Certificate],
) -> Result<(), String> {
    let name = issuer.subject_text();
    if !by_name {
        return Err(format!("{name} has the key named by {}, not the name", subject.subject_text()));
    }
    if !subject.is_signed_by(issuer) {
        return Err(format!("{name} did not sign {}", subject.subject_text()));
    }
    if !issuer.extensions.constraints.ca {
        return Err(format!("{name} is not a certification authority"));
    }
    if !issuer.extensions.key_use.is_some_and(|usage| usage.key_cert_sign) {
        return Err(format!("{name} has no key usage keyCertSign"));
    }
    if let Some(unknown) = issuer.extensions.unknown_critical.first() {
        return Err(format!("{name}: critical extension {unknown} unknown"));
    }
    // Self-issued certificates do not count against the length (RFC 5280 4.2.1.9); the leaf never does.
    let below = path.iter().skip(1).filter(|c| !c.is_self_issued()).count() as u64;
    match issuer.extensions.constraints.path_length {
        Some(limit) if below > limit => Err(format!("{name} allows {limit} intermediate(s), {below} found")),
        _ => Ok(()),
    }
}
