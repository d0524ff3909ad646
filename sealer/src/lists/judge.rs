//! Whether a signer and an authority were qualified at a time, from the lists (ETSI TS 119 615, as far as what is at hand
//! allows it): an answer with the service and the list it comes from, or why there is none.
mod certificate;

use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use super::known::{Entry, KnownServices};
use super::model::{Period, REGULATION_MS, ServiceKind, Usage};
use crate::x509::Certificate;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Qualified at that time.
    Qualified,
    /// In the lists, and not qualified.
    NotQualified,
    /// In the lists, and its status had been withdrawn at that time.
    Withdrawn,
    /// In none of the lists.
    NotFound,
    /// The lists do not allow an answer.
    Undetermined,
}

impl Outcome {
    /// In French.
    pub fn word(self) -> &'static str {
        match self {
            Self::Qualified => "qualifié",
            Self::NotQualified => "non qualifié",
            Self::Withdrawn => "statut retiré à cette date",
            Self::NotFound => "absent des listes",
            Self::Undetermined => "ne peut pas être jugé",
        }
    }
}

/// Whether the key is in a qualified device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Qscd {
    /// It is.
    Yes,
    /// Neither the certificate nor the list says so.
    No,
    /// The list's criteria cannot be judged.
    Unknown,
}

/// The service an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Where {
    /// Territory of the list.
    pub territory: String,
    /// Sequence number of the list.
    pub sequence: u64,
    /// When it was issued.
    pub issued: Instant,
    /// Whether it should have been replaced before the instant of the check.
    pub late: bool,
    /// The provider.
    pub provider: String,
    /// The service.
    pub service: String,
    /// What the service was.
    pub kind: ServiceKind,
    /// Its status.
    pub status: String,
    /// Since when.
    pub since: Instant,
}

/// What the lists say of one certificate at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The answer.
    pub outcome: Outcome,
    /// When it was to be known.
    pub at: Instant,
    /// Subject of the certificate (RFC 4514).
    pub subject: String,
    /// SHA-256 of the certificate.
    pub certificate_sha256: Sha256Digest,
    /// What a qualified certificate is for; `None` for an authority.
    pub usage: Option<Usage>,
    /// Whether its key is in a qualified device; `None` for an authority.
    pub qscd: Option<Qscd>,
    /// Why, in French, when the answer is not `qualified`.
    pub why: Option<String>,
    /// The service it comes from.
    pub service: Option<Where>,
}

/// What was found with one service.
struct Found {
    outcome: Outcome,
    usage: Option<Usage>,
    qscd: Option<Qscd>,
    why: Option<String>,
    service: Option<Where>,
}

impl Found {
    fn new(outcome: Outcome, why: impl Into<String>, service: Option<Where>) -> Self {
        Self { outcome, usage: None, qscd: None, why: Some(why.into()), service }
    }
}

/// Judges the certificate of a signer at `at`; `now` is the instant of the check.
pub(crate) fn judge_signer(
    known: &KnownServices,
    leaf: &Certificate,
    pool: &[Certificate],
    at: Instant,
    now: Instant,
) -> Judged {
    let chain = known.chain(leaf, pool);
    let nearest = nearest(known, chain.iter().skip(1), ServiceKind::QualifiedCertificates);
    decided(known, leaf, &chain, nearest, (at, now), |entry| certificate::judge(entry, leaf, at, now))
}

/// Judges the certificate of a timestamp authority at `at`, the time of its token.
pub(crate) fn judge_authority(
    known: &KnownServices,
    leaf: &Certificate,
    pool: &[Certificate],
    at: Instant,
    now: Instant,
) -> Judged {
    let chain = known.chain(leaf, pool);
    let nearest = nearest(known, chain.iter(), ServiceKind::QualifiedTimestamps);
    decided(known, leaf, &chain, nearest, (at, now), |entry| authority(entry, at, now))
}

/// What the services near the certificate say of it, or what is known elsewhere in its chain; `dates`: judged at, checked at.
fn decided<'a>(
    known: &KnownServices,
    leaf: &Certificate,
    chain: &[Certificate],
    nearest: Option<Vec<Entry<'a>>>,
    (at, now): (Instant, Instant),
    judge: impl Fn(Entry<'a>) -> (bool, Found),
) -> Judged {
    let found = match nearest {
        Some(entries) => agreed(entries.into_iter().map(judge).collect()),
        None => elsewhere(known, chain, at, now),
    };
    let Found { outcome, usage, qscd, why, service } = found;
    let (subject, certificate_sha256) = (leaf.subject_text(), leaf.sha256());
    Judged { outcome, at, subject, certificate_sha256, usage, qscd, why, service }
}

/// The services of the first certificate that one of this kind (now or in the past) is known by.
fn nearest<'a>(
    known: &'a KnownServices,
    mut chain: impl Iterator<Item = &'a Certificate>,
    wanted: ServiceKind,
) -> Option<Vec<Entry<'a>>> {
    chain.find_map(|certificate| {
        let mut entries = known.services(certificate);
        entries.retain(|entry| entry.service.periods.iter().any(|period| period.kind == wanted));
        (!entries.is_empty()).then_some(entries)
    })
}

/// Nothing of the wanted kind: perhaps a service that is not qualified, else nothing at all.
fn elsewhere(known: &KnownServices, chain: &[Certificate], at: Instant, now: Instant) -> Found {
    let entry = chain.iter().find_map(|certificate| known.services(certificate).into_iter().next());
    if let Some(entry) = entry {
        let period = entry.service.at(at);
        let why = "Le service qui l'a délivré figure dans la liste, mais n'y est pas qualifié pour cela.";
        return Found::new(Outcome::NotQualified, why, period.map(|period| place(entry, period, now)));
    }
    let lists: Vec<String> = known.snapshot.lists.iter().map(|one| one.record.name()).collect();
    let mut why = format!("Aucun service des listes consultées ({}) ne l'a délivré.", lists.join(", "));
    if known.unread() > 0 {
        why.push_str(&format!(" {} certificat(s) de ces listes n'ont pas pu être lus.", known.unread()));
    }
    Found::new(Outcome::NotFound, why, None)
}

/// One answer from those of several services with the same key. Those that only say « not for this use » give way.
fn agreed(mut found: Vec<(bool, Found)>) -> Found {
    if found.iter().any(|(applies, _)| *applies) {
        found.retain(|(applies, _)| *applies);
    }
    let mut found = found.into_iter().map(|(_, found)| found);
    let nothing = || Found::new(Outcome::NotFound, "Aucun service des listes ne l'a délivré.", None);
    let Some(mut first) = found.next() else { return nothing() };
    for other in found {
        if other.outcome != first.outcome {
            let why = format!(
                "Les listes se contredisent pour la même clé : {} et {}.",
                first.outcome.word(),
                other.outcome.word()
            );
            return Found::new(Outcome::Undetermined, why, first.service);
        }
        if other.qscd != first.qscd {
            first.qscd = Some(Qscd::Unknown);
        }
    }
    first
}

/// The status of a TSA/QTST service at `at`. Always an answer for the use asked.
fn authority(entry: Entry<'_>, at: Instant, now: Instant) -> (bool, Found) {
    let found = match standing(entry, &ServiceKind::QualifiedTimestamps, at, now) {
        Err(found) => *found,
        Ok(_) if at.as_millisecond() < REGULATION_MS => {
            let why = "L'horodatage qualifié n'existe que depuis le 1er juillet 2016 (règlement n° 910/2014).";
            Found::new(Outcome::NotQualified, why, entry.service.at(at).map(|period| place(entry, period, now)))
        }
        Ok(period) => Found {
            outcome: Outcome::Qualified,
            usage: None,
            qscd: None,
            why: None,
            service: Some(place(entry, period, now)),
        },
    };
    (true, found)
}

/// The period of a service at `at`, when it is of that kind and its status counts; else the answer that follows.
fn standing<'a>(entry: Entry<'a>, kind: &ServiceKind, at: Instant, now: Instant) -> Result<&'a Period, Box<Found>> {
    let Some(period) = entry.service.at(at) else {
        let why = "Le service n'était pas encore dans la liste à cette date.";
        let first = entry.service.periods.last().map(|period| place(entry, period, now));
        return Err(Box::new(Found::new(Outcome::NotQualified, why, first)));
    };
    let here = Some(place(entry, period, now));
    if let Some(unknown) = &period.unknown_critical {
        let why = format!("Le service porte une extension critique que ce logiciel ne connaît pas : {unknown:.60}.");
        return Err(Box::new(Found::new(Outcome::Undetermined, why, here)));
    }
    if period.kind != *kind {
        let why = format!("Le service était alors de type {}, et non {kind}.", period.kind);
        return Err(Box::new(Found::new(Outcome::NotQualified, why, here)));
    }
    if !period.status.is_qualified(at) {
        let status = period.status.as_str();
        let ended =
            ["withdrawn", "supervisionceased", "supervisionrevoked", "accreditationceased", "accreditationrevoked"];
        let outcome = if ended.contains(&status) { Outcome::Withdrawn } else { Outcome::NotQualified };
        let why = format!("Le statut du service était « {status} » depuis le {}.", period.since);
        return Err(Box::new(Found::new(outcome, why, here)));
    }
    Ok(period)
}

fn place(entry: Entry<'_>, period: &Period, now: Instant) -> Where {
    let record = &entry.checked.record;
    Where {
        territory: record.territory.clone(),
        sequence: record.sequence,
        issued: record.issued,
        late: entry.checked.list.is_late(now),
        provider: entry.provider.name.clone(),
        service: entry.service.name.clone(),
        kind: period.kind.clone(),
        status: period.status.as_str().to_owned(),
        since: period.since,
    }
}
