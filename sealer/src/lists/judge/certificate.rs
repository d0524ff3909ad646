//! Whether one certificate is qualified under one CA/QC service (TS 119 615, 4.4): what it says of itself, corrected by
//! the qualifiers of the list; the status of the service when it was issued and when it was used; its use; its device.
use std::collections::BTreeSet;

use dossier::Instant;

use super::super::criteria::Qualifier;
use super::super::known::Entry;
use super::super::model::{Period, REGULATION_MS, ServiceKind, Usage};
use super::{Found, Outcome, Qscd, place, standing};
use crate::oid;
use crate::x509::{Certificate, QcStatements};

/// What the list adds to a certificate: the qualifiers that hold, and those that may.
#[derive(Default)]
struct Qualifiers {
    hold: BTreeSet<Qualifier>,
    open: BTreeSet<Qualifier>,
}

impl Qualifiers {
    fn of(period: &Period, leaf: &Certificate) -> Self {
        let mut found = Self::default();
        for qualification in &period.qualifications {
            match qualification.holds(leaf) {
                Some(true) => found.hold.extend(&qualification.qualifiers),
                Some(false) => {}
                None => found.open.extend(&qualification.qualifiers),
            }
        }
        found
    }

    fn has(&self, qualifier: Qualifier) -> bool {
        self.hold.contains(&qualifier)
    }

    /// Whether one of these may hold and does not for sure.
    fn leaves_open(&self, qualifiers: &[Qualifier]) -> bool {
        qualifiers.iter().any(|one| self.open.contains(one) && !self.hold.contains(one))
    }
}

/// The answer of one service, and whether it is about the use of this certificate at all.
pub(super) fn judge(entry: Entry<'_>, leaf: &Certificate, at: Instant, now: Instant) -> (bool, Found) {
    let period = match standing(entry, &ServiceKind::QualifiedCertificates, at, now) {
        Ok(period) => period,
        Err(found) => return (entry.service.at(at).is_none_or(|p| serves(p, leaf)), *found),
    };
    let here = || Some(place(entry, period, now));
    let answer = |outcome, why: String| Found::new(outcome, why, here());
    // What was issued under a status that did not count is not qualified, whatever the status became.
    if standing(entry, &ServiceKind::QualifiedCertificates, leaf.not_before, now).is_err() {
        let why = format!("Le service n'était pas qualifié quand il a délivré ce certificat, le {}.", leaf.not_before);
        return (serves(period, leaf), answer(Outcome::NotQualified, why));
    }
    let qualifiers = Qualifiers::of(period, leaf);
    let usage = usage(&qualifiers, leaf);
    let applies = !is_recent(at) || usage.is_none_or(|usage| period.usages.contains(&usage));
    let found = match qualified(&qualifiers, leaf) {
        Err(why) => answer(Outcome::Undetermined, why.into()),
        Ok(false) => {
            let why = "Le certificat n'est qualifié ni par ce qu'il déclare, ni par les qualificatifs de la liste.";
            answer(Outcome::NotQualified, why.into())
        }
        Ok(true) if !applies && period.usages.is_empty() => {
            answer(Outcome::Undetermined, "La liste ne dit pas pour quel usage ce service est qualifié.".into())
        }
        Ok(true) if !applies => {
            let word = usage.map_or("cet usage", Usage::word);
            answer(Outcome::NotQualified, format!("Le service n'est pas qualifié pour l'usage « {word} »."))
        }
        Ok(true) => Found {
            outcome: Outcome::Qualified,
            usage,
            qscd: Some(device(&qualifiers, leaf)),
            why: usage.is_none().then(|| "Son usage (signature, cachet) n'est pas établi.".to_owned()),
            service: here(),
        },
    };
    (applies, found)
}

fn is_recent(at: Instant) -> bool {
    at.as_millisecond() >= REGULATION_MS
}

/// Whether a period is about the use of `leaf`, as far as it says.
fn serves(period: &Period, leaf: &Certificate) -> bool {
    let usage = usage(&Qualifiers::of(period, leaf), leaf);
    period.usages.is_empty() || usage.is_none_or(|usage| period.usages.contains(&usage))
}

fn said(leaf: &Certificate) -> Option<&QcStatements> {
    leaf.extensions.qc.as_ref().and_then(|read| read.as_ref().ok())
}

/// Whether the certificate is qualified; an error when that cannot be judged.
fn qualified(qualifiers: &Qualifiers, leaf: &Certificate) -> Result<bool, &'static str> {
    if matches!(leaf.extensions.qc, Some(Err(_))) {
        return Err("Ce que le certificat déclare de sa qualification (QCStatements) est illisible.");
    }
    if qualifiers.has(Qualifier::Unknown) || qualifiers.leaves_open(&[Qualifier::Unknown]) {
        return Err("La liste lui applique un qualificatif que ce logiciel ne connaît pas.");
    }
    let (yes, no) = (qualifiers.has(Qualifier::Qualified), qualifiers.has(Qualifier::NotQualified));
    if yes && no {
        return Err("La liste le dit à la fois qualifié et non qualifié.");
    }
    if !no && qualifiers.leaves_open(&[Qualifier::NotQualified])
        || !yes && qualifiers.leaves_open(&[Qualifier::Qualified])
    {
        return Err("La liste le qualifie selon un critère que ce logiciel ne sait pas juger.");
    }
    let says = said(leaf).is_some_and(|qc| qc.compliance && qc.legislation.is_empty());
    let policies = leaf.extensions.policies.as_deref().unwrap_or_default();
    // Before the regulation a policy of TS 101 456 said as much.
    let says_by_policy = !is_recent(leaf.not_before)
        && [oid::QCP_PUBLIC, oid::QCP_PUBLIC_WITH_SSCD].iter().any(|policy| policies.contains(policy));
    Ok(!no && (yes || says || says_by_policy))
}

/// What the certificate is for: the qualifiers first, then its QcType; a qualified certificate that says nothing is for
/// signatures (EN 319 412-5, 4.2.3). `None` when the list leaves it open.
fn usage(qualifiers: &Qualifiers, leaf: &Certificate) -> Option<Usage> {
    let named = [
        (Qualifier::ForSignatures, Usage::Signatures),
        (Qualifier::ForSeals, Usage::Seals),
        (Qualifier::ForWebSites, Usage::WebSites),
    ];
    if qualifiers.leaves_open(&named.map(|(qualifier, _)| qualifier)) {
        return None;
    }
    let held: Vec<Usage> = named.iter().filter(|(q, _)| qualifiers.has(*q)).map(|(_, usage)| *usage).collect();
    match held.as_slice() {
        [] => {}
        [one] => return Some(*one),
        _ => return None,
    }
    let types = said(leaf).map_or(&[][..], |qc| qc.types.as_slice());
    match types.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] | ["esign"] => Some(Usage::Signatures),
        ["eseal"] => Some(Usage::Seals),
        ["web"] => Some(Usage::WebSites),
        _ => None,
    }
}

fn device(qualifiers: &Qualifiers, leaf: &Certificate) -> Qscd {
    let (yes, no) = (qualifiers.has(Qualifier::InDevice), qualifiers.has(Qualifier::NotInDevice));
    if yes && no || qualifiers.leaves_open(&[Qualifier::InDevice, Qualifier::NotInDevice]) {
        return Qscd::Unknown;
    }
    let policies = leaf.extensions.policies.as_deref().unwrap_or_default();
    let by_policy = !is_recent(leaf.not_before) && policies.contains(&oid::QCP_PUBLIC_WITH_SSCD);
    let says = said(leaf).is_some_and(|qc| qc.device) || by_policy;
    if yes || says && !no { Qscd::Yes } else { Qscd::No }
}
