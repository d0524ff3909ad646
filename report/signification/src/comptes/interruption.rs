//! Interruptions of the service (row B09): announced where they can be, begun, ended; and what an attestation of them says, that
//! CPC 748-7 may need. Whether a term is extended is computed elsewhere.
use dossier::{Finding, Instant, Outcome, parse_strict, to_canonical};
use serde::{Deserialize, Serialize};

use crate::civil::paris_text;
use crate::consent::{Actor, Role};
use crate::evidence::EvidenceVerifier;
use crate::{Id, SignificationError};

/// Why the service stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Work on it.
    Maintenance,
    /// A failure of ours.
    Panne,
    /// A failure of a network or a supplier.
    Exterieure,
    /// An attack, or the fear of one.
    Securite,
}

impl Cause {
    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Maintenance => "maintenance",
            Self::Panne => "panne de la plateforme",
            Self::Exterieure => "cause extérieure à la plateforme",
            Self::Securite => "mesure de sécurité",
        }
    }
}

/// One fact of an interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// It will happen.
    #[serde(rename = "signification.outage.announced")]
    Announced { outage: Id, cause: Cause, from: Instant, to: Instant },
    /// It began, then: a failure is noticed after it began.
    #[serde(rename = "signification.outage.started")]
    Started { outage: Id, cause: Cause, from: Instant },
    /// It ended, then.
    #[serde(rename = "signification.outage.ended")]
    Ended { outage: Id, to: Instant },
}

impl Event {
    /// The interruption.
    pub fn object(&self) -> Id {
        match self {
            Self::Announced { outage, .. } | Self::Started { outage, .. } | Self::Ended { outage, .. } => *outage,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Announced { .. } => Outcome::Note,
            Self::Started { .. } => Outcome::Deviation,
            Self::Ended { .. } => Outcome::Ok,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Announced { .. } => "announced",
            Self::Started { .. } => "started",
            Self::Ended { .. } => "ended",
        }
    }
}

/// What is known of one interruption.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Its identifier.
    pub id: Id,
    /// Why.
    pub cause: Cause,
    /// When it was announced.
    pub annoncee: Option<Instant>,
    /// From when to when it was announced to last.
    pub prevue: Option<(Instant, Instant)>,
    /// When it began.
    pub debut: Option<Instant>,
    /// When that was written.
    pub debut_note: Option<Instant>,
    /// When it ended.
    pub fin: Option<Instant>,
    /// Time of the last fact.
    pub dernier: Instant,
}

impl View {
    /// What is known once `event` happened at `at`. Only the platform records these facts.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Plateforme {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
        }
        let empty = |cause| Self {
            id: event.object(),
            cause,
            annoncee: None,
            prevue: None,
            debut: None,
            debut_note: None,
            fin: None,
            dernier: at,
        };
        let known = current.is_none_or(|v| event.object() == v.id && at >= v.dernier);
        let (next, possible) = match (current, event) {
            (None, Event::Announced { cause, from, to, .. }) => {
                let view = Self { annoncee: Some(at), prevue: Some((*from, *to)), ..empty(*cause) };
                (view, at <= *from && from < to)
            }
            (current, Event::Started { cause, from, .. }) => {
                let view = current.cloned().unwrap_or_else(|| empty(*cause));
                let fresh = view.debut.is_none() && view.cause == *cause && *from <= at;
                let after = view.annoncee.is_none_or(|announced| announced <= *from);
                (Self { debut: Some(*from), debut_note: Some(at), dernier: at, ..view }, fresh && after)
            }
            (Some(view), Event::Ended { to, .. }) => {
                let possible = view.fin.is_none() && view.debut.is_some_and(|from| from < *to) && *to <= at;
                (Self { fin: Some(*to), dernier: at, ..view.clone() }, possible)
            }
            _ => (current.cloned().unwrap_or_else(|| empty(Cause::Panne)), false),
        };
        if known && possible {
            return Ok(next);
        }
        let state = current.map_or("INCONNUE", Self::etat);
        Err(SignificationError::Transition { machine: "interruption", state, requested: event.name() })
    }

    /// Where it stands.
    pub fn etat(&self) -> &'static str {
        match (self.debut, self.fin) {
            (_, Some(_)) => "TERMINEE",
            (Some(_), None) => "EN_COURS",
            (None, None) => "ANNONCEE",
        }
    }

    /// Whether a banner says at `now` that it is to come.
    pub fn a_venir(&self, now: Instant) -> bool {
        self.debut.is_none() && self.prevue.is_some_and(|(_, to)| now < to)
    }
}

/// One interruption, as attested: cut to the interval asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LigneAttestee {
    /// Its identifier.
    pub interruption: Id,
    /// Why.
    pub cause: Cause,
    /// From when, UTC.
    pub du: Instant,
    /// To when, UTC; that of the attestation when it goes on.
    pub au: Instant,
    /// Whether it goes on at the time of the attestation.
    pub en_cours: bool,
    /// When it was announced, if it was.
    pub annoncee: Option<Instant>,
    /// When its beginning was written in the journal: a beginning noticed late shows here.
    pub notee: Option<Instant>,
}

/// What an attestation of unavailability says: what the journal tells, no more. To be signed as any evidence is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// [`RELEVE_FORMAT`].
    pub format: String,
    /// Asked from.
    pub du: Instant,
    /// Asked to.
    pub au: Instant,
    /// When it was drawn up.
    pub etablie: Instant,
    /// The interruptions, in order.
    pub interruptions: Vec<LigneAttestee>,
    /// Milliseconds of interruption, overlapping ones counted once.
    pub total_ms: i64,
}

/// Format of what is attested of an interval; `constat-indisponibilite/1` is that of one interruption.
pub const RELEVE_FORMAT: &str = "constat-releve-indisponibilite/1";

/// The content of the attestation from `du` to `au`, drawn up at `now`. Nothing is attested of what is to come.
pub fn attestation<'a>(
    (du, au): (Instant, Instant),
    now: Instant,
    views: impl IntoIterator<Item = &'a View>,
) -> Result<Attestation, SignificationError> {
    let end = au.min(now);
    if du >= end {
        let why = "l'intervalle est vide ou à venir";
        return Err(SignificationError::Field { field: "intervalle", found: format!("{du} – {au}"), why });
    }
    let cut = |view: &View| {
        let (from, to) = (view.debut?.max(du), view.fin.unwrap_or(now).min(end));
        (from < to).then_some(LigneAttestee {
            interruption: view.id,
            cause: view.cause,
            du: from,
            au: to,
            en_cours: view.fin.is_none() && to == now,
            annoncee: view.annoncee,
            notee: view.debut_note,
        })
    };
    let mut interruptions: Vec<LigneAttestee> = views.into_iter().filter_map(cut).collect();
    interruptions.sort_by_key(|line| (line.du, line.au, line.interruption));
    let (mut total_ms, mut reached) = (0, du.as_millisecond());
    for line in &interruptions {
        total_ms += (line.au.as_millisecond() - line.du.as_millisecond().max(reached)).max(0);
        reached = reached.max(line.au.as_millisecond());
    }
    Ok(Attestation { format: RELEVE_FORMAT.into(), du, au, etablie: now, interruptions, total_ms })
}

impl Attestation {
    /// Reads an attestation offline: what it says, and what the verifier found of its signature and token.
    pub fn verifier(
        bytes: &[u8],
        signature: &[u8],
        token: Option<&[u8]>,
        verifier: &dyn EvidenceVerifier,
    ) -> Result<(Self, Vec<Finding>), SignificationError> {
        let refuse = |why: &str| SignificationError::Receipt { why: why.to_owned() };
        let value = parse_strict(bytes).map_err(|e| refuse(&e.to_string()))?;
        let read: Self = serde_json::from_value(value).map_err(|e| refuse(&e.to_string()))?;
        if read.format != RELEVE_FORMAT || to_canonical(&read)? != bytes {
            return Err(refuse("ce n'est pas un relevé d'indisponibilité de cette version"));
        }
        let mut findings = verifier.check_signature(bytes, signature);
        findings.extend(token.into_iter().flat_map(|token| verifier.check_token(bytes, token)));
        Ok((read, findings))
    }

    /// Its lines, in French.
    pub fn phrases(&self) -> Vec<String> {
        let head =
            format!("Du {} au {}, le journal indique :", paris_text(self.du), paris_text(self.au.min(self.etablie)));
        let line = |l: &LigneAttestee| {
            let end = if l.en_cours {
                "toujours en cours à la date de l'attestation".into()
            } else {
                format!("au {}", paris_text(l.au))
            };
            let told = l.annoncee.map_or("non annoncée".into(), |at| format!("annoncée le {}", paris_text(at)));
            format!("interruption du {} {end} ({}, {told})", paris_text(l.du), l.cause.nom())
        };
        let none = self.interruptions.is_empty().then(|| "aucune interruption".to_owned());
        std::iter::once(head).chain(self.interruptions.iter().map(line)).chain(none).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::essais::{ident, t};
    use super::*;
    use proptest::prelude::*;

    fn out(n: u8, from: i64, to: Option<i64>) -> View {
        let (outage, me) = (ident(n), Actor::platform());
        let started = Event::Started { outage, cause: Cause::Panne, from: t(from) };
        let view = View::next(None, t(from + 5), &me, &started).unwrap();
        match to {
            Some(to) => View::next(Some(&view), t(to + 5), &me, &Event::Ended { outage, to: t(to) }).unwrap(),
            None => view,
        }
    }

    #[test]
    fn b09_the_attestation_tells_the_exact_interval() {
        let ten_minutes = out(1, 1000, Some(1600));
        let got = attestation((t(0), t(86_400)), t(90_000), [&ten_minutes]).unwrap();
        assert_eq!((got.interruptions[0].du, got.interruptions[0].au), (t(1000), t(1600)));
        assert_eq!((got.total_ms, got.interruptions[0].notee), (600_000, Some(t(1005))));
        assert_eq!(got.interruptions[0].du.to_string(), "2026-11-23T08:16:40.000Z");
        assert!(got.phrases()[1].contains("2026-11-23 09:16:40 +01:00 (Paris)"), "{:?}", got.phrases());
        // Cut to what was asked; one that goes on is told as such; overlaps count once; nothing of the future.
        let (long, open) = (out(2, 1500, Some(3000)), out(3, 4000, None));
        let got = attestation((t(1200), t(9000)), t(5000), [&open, &ten_minutes, &long]).unwrap();
        let spans: Vec<_> = got.interruptions.iter().map(|l| (l.du, l.au, l.en_cours)).collect();
        assert_eq!(spans, [(t(1200), t(1600), false), (t(1500), t(3000), false), (t(4000), t(5000), true)]);
        assert_eq!(got.total_ms, 1_800_000 + 1_000_000);
        assert_eq!(attestation((t(100), t(200)), t(5000), [&long]).unwrap().phrases()[1], "aucune interruption");
        assert!(attestation((t(6000), t(7000)), t(5000), [&long]).is_err());
        assert!(attestation((t(10), t(10)), t(5000), [&long]).is_err());
    }

    #[test]
    fn b09_an_interruption_is_announced_begun_and_ended_in_that_order() {
        let (outage, me, cause) = (ident(1), Actor::platform(), Cause::Maintenance);
        let announced = Event::Announced { outage, cause, from: t(100), to: t(200) };
        let view = View::next(None, t(0), &me, &announced).unwrap();
        assert!(view.a_venir(t(50)) && view.etat() == "ANNONCEE");
        assert!(View::next(None, t(101), &me, &announced).is_err(), "not announced after it began");
        assert!(View::next(None, t(0), &Actor::registry("r"), &announced).is_err());
        let ended = Event::Ended { outage, to: t(190) };
        assert!(View::next(Some(&view), t(191), &me, &ended).is_err(), "it did not begin");
        let started = Event::Started { outage, cause, from: t(110) };
        assert!(View::next(Some(&view), t(109), &me, &started).is_err(), "to come");
        let view = View::next(Some(&view), t(110), &me, &started).unwrap();
        assert!(View::next(Some(&view), t(120), &me, &started).is_err() && !view.a_venir(t(150)));
        let view = View::next(Some(&view), t(191), &me, &ended).unwrap();
        assert_eq!((view.etat(), view.annoncee), ("TERMINEE", Some(t(0))));
        assert!(View::next(Some(&view), t(192), &me, &ended).is_err());
        assert!(View::next(None, t(192), &me, &ended).is_err());
    }

    proptest! {
        #[test]
        fn the_total_is_never_more_than_the_interval(spans in proptest::collection::vec((0_i64..1000, 1_i64..1000), 0..12), from in 0_i64..1500, length in 1_i64..1500) {
            let views: Vec<View> = (0..).zip(&spans).map(|(n, (start, long))| out(n, *start, Some(start + long))).collect();
            let got = attestation((t(from), t(from + length)), t(5000), &views).unwrap();
            let inside = |s: i64| spans.iter().any(|(start, long)| (*start..start + long).contains(&s));
            let counted = (from..from + length).filter(|s| inside(*s)).count();
            prop_assert_eq!(got.total_ms, i64::try_from(counted).unwrap() * 1000);
        }
    }
}
