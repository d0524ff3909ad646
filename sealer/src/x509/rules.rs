//! The rules of RFC 5280 section 6 that look at a whole path: names and policies. Rules between two certificates are in
//! [`mod@super::path`].
use std::collections::BTreeSet;

use const_oid::ObjectIdentifier;

use super::Certificate;
use crate::oid;

/// Checks a path, signer first, anchor last.
pub(super) fn check_path(path: &[Certificate]) -> Result<(), String> {
    check_names(path)?;
    check_policies(path)
}

/// Name constraints of each authority over every certificate below it (RFC 5280 6.1.3 b, c). A self-issued
/// intermediate is free; the signer never is.
fn check_names(path: &[Certificate]) -> Result<(), String> {
    for (at, authority) in path.iter().enumerate().skip(1) {
        let Some(constraints) = &authority.extensions.names else { continue };
        for (below, certificate) in path.iter().take(at).enumerate() {
            if below > 0 && certificate.is_self_issued() {
                continue;
            }
            let subject = certificate.subject_text();
            let names = certificate.names().map_err(|e| format!("{subject}: {e}"))?;
            if names.iter().any(|name| !constraints.allow(name)) {
                return Err(format!("{} does not allow the names of {subject}", authority.subject_text()));
            }
        }
    }
    Ok(())
}

/// The policies still valid: any, or these.
enum Valid {
    Any,
    Only(BTreeSet<ObjectIdentifier>),
}

impl Valid {
    fn is_empty(&self) -> bool {
        matches!(self, Self::Only(set) if set.is_empty())
    }

    /// What is left once a certificate states `list`; `any` says whether anyPolicy in it counts.
    fn narrowed(self, list: Option<&[ObjectIdentifier]>, any: bool) -> Self {
        let Some(list) = list else { return Self::Only(BTreeSet::new()) };
        if any && list.contains(&oid::ANY_POLICY) {
            return self;
        }
        let stated = list.iter().copied().filter(|p| *p != oid::ANY_POLICY);
        Self::Only(match self {
            Self::Any => stated.collect(),
            Self::Only(set) => stated.filter(|p| set.contains(p)).collect(),
        })
    }
}

/// Policies (RFC 5280 6.1), any policy being acceptable to the verifier: they matter only when an authority requires
/// one. Mappings are not applied; a critical one makes the path useless.
fn check_policies(path: &[Certificate]) -> Result<(), String> {
    let count = path.len().saturating_sub(1);
    let (mut explicit, mut inhibit) = (count as u64 + 1, count as u64 + 1);
    let mut valid = Valid::Any;
    for (below, certificate) in path.iter().take(count).enumerate().rev() {
        let (last, self_issued) = (below == 0, certificate.is_self_issued());
        let any = inhibit > 0 || (!last && self_issued);
        valid = valid.narrowed(certificate.extensions.policies.as_deref(), any);
        let limits = certificate.extensions.policy_limits;
        if explicit == 0 && valid.is_empty() {
            return Err(format!("no policy is left at {}", certificate.subject_text()));
        }
        if !self_issued {
            explicit = explicit.saturating_sub(1);
            inhibit = inhibit.saturating_sub(1);
        }
        explicit = match limits.require_explicit {
            Some(0) if last => 0,
            _ if last => explicit,
            Some(limit) => explicit.min(limit),
            None => explicit,
        };
        inhibit = limits.inhibit_any.map_or(inhibit, |limit| inhibit.min(limit));
    }
    if explicit == 0 && valid.is_empty() {
        return Err("an authority requires a policy, and none is valid along the path".into());
    }
    Ok(())
}
