//! The internal target for delivering a notice (48 hours by default), with its alerts. No statute known to us sets 48 hours:
//! it is a « délai interne » wherever it is shown, and the office sets it.
use dossier::Instant;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::civil::paris_text;
use crate::deadline::elapsed;

/// What the office sets, in hours of elapsed time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelaiConfig {
    /// The target: 1 to 8760.
    pub heures: u32,
    /// When to warn before it: strictly increasing, from 1, all below `heures`.
    pub alertes: Vec<u32>,
}

impl Default for DelaiConfig {
    fn default() -> Self {
        Self { heures: 48, alertes: vec![24, 36, 44, 47] }
    }
}

impl DelaiConfig {
    /// Checks the ranges.
    pub fn check(&self) -> Result<(), SignificationError> {
        let increasing = self.alertes.windows(2).all(|w| w.first() < w.last());
        let inside = self.alertes.iter().all(|h| *h > 0 && *h < self.heures);
        if (1..=8760).contains(&self.heures) && increasing && inside {
            return Ok(());
        }
        let why = "délai interne : de 1 à 8760 heures, alertes croissantes et antérieures au terme";
        Err(SignificationError::Config { why: why.into() })
    }
}

/// Where the target stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DelaiState {
    /// Not delivered, before the first alert.
    EnCours,
    /// Not delivered, at or after an alert.
    Alerte,
    /// Not delivered at the end of the target: red, and an incident.
    Depasse,
    /// Delivered at or before the end.
    Remis,
    /// Delivered after it.
    RemisEnRetard,
}

/// One alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Hours after the start; this is its identity.
    pub heures: u32,
    /// When it fell due.
    pub at: Instant,
    /// Whether the target itself is over: an incident is opened.
    pub incident: bool,
}

/// A target that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelaiNotification {
    start: Instant,
    config: DelaiConfig,
}

/// What is to be shown and done now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DelaiReport {
    /// Always « délai interne ».
    pub libelle: &'static str,
    /// Start.
    pub start: Instant,
    /// End of the target.
    pub due: Instant,
    /// State.
    pub state: DelaiState,
    /// Alerts due and not given yet, in order.
    pub alerts: Vec<Alert>,
}

impl DelaiReport {
    /// One French sentence.
    pub fn phrase(&self) -> String {
        let state = match self.state {
            DelaiState::EnCours => "en cours",
            DelaiState::Alerte => "en alerte : la remise n'a pas encore eu lieu",
            DelaiState::Depasse => "dépassé sans remise ; un incident est à ouvrir",
            DelaiState::Remis => "tenu",
            DelaiState::RemisEnRetard => "dépassé : la remise a eu lieu après le terme",
        };
        format!("{} ({} h), terme le {} : {state}.", capital(self.libelle), self.hours(), paris_text(self.due))
    }

    fn hours(&self) -> i64 {
        (self.due.as_millisecond() - self.start.as_millisecond()) / 3_600_000
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

impl DelaiNotification {
    /// How it is called, everywhere.
    pub const LIBELLE: &'static str = "délai interne";

    /// A target from `start`.
    pub fn new(start: Instant, config: DelaiConfig) -> Result<Self, SignificationError> {
        config.check()?;
        Ok(Self { start, config })
    }

    /// Its end: elapsed time on UTC, whatever clocks show.
    pub fn due(&self) -> Instant {
        elapsed(self.start, self.config.heures)
    }

    /// State and alerts at `now`. `delivered` counts once it has happened; `given` are the hours of the alerts given
    /// already. After delivery nothing is left to warn of.
    pub fn report(&self, now: Instant, delivered: Option<Instant>, given: &[u32]) -> DelaiReport {
        let due = self.due();
        let state = match delivered.filter(|at| *at <= now) {
            Some(at) if at <= due => DelaiState::Remis,
            Some(_) => DelaiState::RemisEnRetard,
            None if now >= due => DelaiState::Depasse,
            None if self.config.alertes.first().is_some_and(|h| now >= elapsed(self.start, *h)) => DelaiState::Alerte,
            None => DelaiState::EnCours,
        };
        let open = matches!(state, DelaiState::Alerte | DelaiState::Depasse);
        let hours = self.config.alertes.iter().chain(std::iter::once(&self.config.heures));
        let alerts = hours
            .filter(|h| open && !given.contains(h))
            .map(|h| Alert { heures: *h, at: elapsed(self.start, *h), incident: *h == self.config.heures })
            .filter(|alert| alert.at <= now)
            .collect();
        DelaiReport { libelle: Self::LIBELLE, start: self.start, due, state, alerts }
    }
}
