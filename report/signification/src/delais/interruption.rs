//! Outages of the service and their signed attestation. CPC art. 748-7: an act that could not be sent on its last day for a
//! cause foreign to its author may be sent the next *jour ouvrable*; what is missing in practice is the proof of the outage.
use dossier::{Finding, Instant, parse_strict, to_canonical};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarGap, Zone, after};
use crate::civil::{paris_midnight, paris_rfc3339};
use crate::deadline::after_outage_with;
use crate::delais::JoursChomes;
use crate::evidence::{EvidenceSealer, EvidenceVerifier, SealedEvidence};
use crate::{Id, SignificationError};

/// Version of the attestation.
pub const OUTAGE_FORMAT: &str = "constat-indisponibilite/1";

/// Why the service stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InterruptionCause {
    /// Work on the platform.
    Maintenance,
    /// A failure.
    Incident,
    /// An attack, or the suspicion of one.
    Securite,
    /// Force majeure.
    ForceMajeure,
}

/// One outage: from `from`, included, to `to`, excluded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Interruption {
    id: Id,
    from: Instant,
    to: Instant,
    cause: InterruptionCause,
    announced_at: Option<Instant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Id,
    from: Instant,
    to: Instant,
    cause: InterruptionCause,
    announced_at: Option<Instant>,
}

impl TryFrom<Raw> for Interruption {
    type Error = SignificationError;

    fn try_from(raw: Raw) -> Result<Self, SignificationError> {
        Self::new(raw.id, raw.from, raw.to, raw.cause, raw.announced_at)
    }
}

impl Interruption {
    /// An outage that is over. Refuses an empty or reversed interval.
    pub fn new(
        id: Id,
        from: Instant,
        to: Instant,
        cause: InterruptionCause,
        announced_at: Option<Instant>,
    ) -> Result<Self, SignificationError> {
        if from >= to {
            let why = "la fin doit suivre le début";
            return Err(SignificationError::Field { field: "interruption", found: format!("{from} - {to}"), why });
        }
        Ok(Self { id, from, to, cause, announced_at })
    }

    /// Identifier, also of its attestation.
    pub fn id(&self) -> Id {
        self.id
    }

    /// First instant without service.
    pub fn from(&self) -> Instant {
        self.from
    }

    /// First instant with service again.
    pub fn to(&self) -> Instant {
        self.to
    }

    /// Whether it was announced before it began.
    pub fn was_announced(&self) -> bool {
        self.announced_at.is_some_and(|at| at < self.from)
    }
}

/// What an attestation says: the interval, and nothing of what it kept anybody from doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttestationFact {
    /// [`OUTAGE_FORMAT`].
    pub format: String,
    /// Whether it comes from a trial installation.
    pub essai: bool,
    /// The office that attests.
    pub etude: String,
    /// The outage; its interval is in UTC, to the millisecond.
    pub interruption: Interruption,
    /// Start, Paris time with offset.
    pub debut_paris: String,
    /// End, Paris time with offset.
    pub fin_paris: String,
    /// Length in milliseconds.
    pub duree_ms: i64,
    /// Announced before it began.
    pub annoncee: bool,
    /// What it may serve for.
    pub texte: String,
}

/// A signed attestation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// Canonical JSON of an [`AttestationFact`].
    pub bytes: Vec<u8>,
    /// Detached signature and time.
    pub seal: SealedEvidence,
}

const TEXTE: &str = "Selon le journal de la plateforme, le service n'a pas permis l'envoi d'actes pendant cet intervalle. Cette \
    attestation peut être produite au soutien de l'article 748-7 du code de procédure civile ; elle ne dit pas quel acte a été \
    empêché. La preuve contraire peut être rapportée.";

impl Attestation {
    /// Writes and signs the attestation of an outage.
    pub fn sign(
        interruption: Interruption,
        etude: &str,
        essai: bool,
        sealer: &dyn EvidenceSealer,
    ) -> Result<Self, SignificationError> {
        let bytes = to_canonical(&AttestationFact::of(interruption, etude, essai))?;
        let seal = sealer.seal(&bytes).map_err(|e| SignificationError::Seal { why: e.to_string() })?;
        Ok(Self { bytes, seal })
    }

    /// Reads an attestation offline: the fact, and what the verifier found of its signature and token.
    pub fn check(
        bytes: &[u8],
        signature: &[u8],
        token: Option<&[u8]>,
        verifier: &dyn EvidenceVerifier,
    ) -> Result<(AttestationFact, Vec<Finding>), SignificationError> {
        let refuse = |why: String| SignificationError::Receipt { why };
        let value = parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
        let fact: AttestationFact = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
        let expected = AttestationFact::of(fact.interruption, &fact.etude, fact.essai);
        if fact != expected || to_canonical(&fact)? != bytes {
            return Err(refuse("l'attestation n'est pas celle de cet intervalle".into()));
        }
        let mut findings = verifier.check_signature(bytes, signature);
        if let Some(token) = token {
            findings.extend(verifier.check_token(bytes, token));
        }
        Ok((fact, findings))
    }
}

impl AttestationFact {
    fn of(interruption: Interruption, etude: &str, essai: bool) -> Self {
        Self {
            format: OUTAGE_FORMAT.into(),
            essai,
            etude: etude.to_owned(),
            interruption,
            debut_paris: paris_rfc3339(interruption.from),
            fin_paris: paris_rfc3339(interruption.to),
            duree_ms: interruption.to.as_millisecond() - interruption.from.as_millisecond(),
            annoncee: interruption.was_announced(),
            texte: TEXTE.into(),
        }
    }
}

/// The extension of a term whose last day was touched by outages. Whether the outage is what kept the act from going is for
/// the court: facts and both dates are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Prorogation {
    /// Last day of the term.
    pub last_day: Date,
    /// The outages that touched it, by their attestations.
    pub attestations: Vec<Id>,
    /// Time without service on that day, in milliseconds; what overlaps counts once.
    pub down_ms: i64,
    /// Whether the service was down when the day ended.
    pub to_the_end: bool,
    /// Next *jour ouvrable*, Monday to Saturday.
    pub lundi_samedi: Date,
    /// Next *jour ouvrable*, Monday to Friday.
    pub lundi_vendredi: Date,
}

/// CPC art. 748-7: `None` when no outage touched the last day (0:00 to 24:00, Paris time).
pub fn outage_extension(
    last_day: Date,
    zone: Zone,
    outages: &[Interruption],
    closed: &JoursChomes,
) -> Result<Option<Prorogation>, CalendarGap> {
    let (start, end) = (paris_midnight(last_day), paris_midnight(after(last_day, 1)));
    let mut touching: Vec<&Interruption> = outages.iter().filter(|o| o.from < end && o.to > start).collect();
    if touching.is_empty() {
        return Ok(None);
    }
    touching.sort_by_key(|o| (o.from, o.to, o.id));
    let (mut down_ms, mut reached) = (0, start);
    for outage in &touching {
        let (from, to) = (outage.from.max(reached), outage.to.min(end));
        if to > from {
            down_ms += to.as_millisecond() - from.as_millisecond();
            reached = to;
        }
    }
    let (lundi_samedi, lundi_vendredi) = after_outage_with(last_day, zone, closed)?;
    Ok(Some(Prorogation {
        last_day,
        attestations: touching.iter().map(|o| o.id).collect(),
        down_ms,
        to_the_end: reached == end,
        lundi_samedi,
        lundi_vendredi,
    }))
}
