//! The hours in which an act may be served (CPC art. 664; service terms: Monday to Saturday, 6:00 to 21:00, Paris).
use dossier::Instant;
use jiff::civil::{Date, Weekday, time};
use serde::Serialize;

use crate::calendar::{CalendarGap, Zone, after, holiday_on};
use crate::civil::{paris_at, paris_text};
use crate::delais::JoursChomes;

/// Hour at which the window opens, Paris time.
pub const OPENS: i8 = 6;
/// Hour after which it is closed (21:00:00 itself is not "after twenty-one hours"), Paris time.
pub const CLOSES: i8 = 21;

/// Why an act may not be served now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ClosedReason {
    /// Before 6:00.
    BeforeSix,
    /// After 21:00.
    AfterTwentyOne,
    /// A Sunday.
    Sunday,
    /// A public holiday in one of the zones.
    Holiday {
        /// Its French name.
        name: &'static str,
        /// Where it is one.
        zone: Zone,
        /// The text that makes it one.
        legal_basis: &'static str,
    },
    /// A day of the signed list of local closed days.
    Chome {
        /// Its French name.
        libelle: String,
        /// Where it is one.
        zone: Zone,
        /// The decision or usage it rests on.
        fondement: String,
    },
}

impl ClosedReason {
    /// One French sentence.
    pub fn phrase(&self) -> String {
        match self {
            Self::BeforeSix => "il n'est pas encore six heures à Paris".into(),
            Self::AfterTwentyOne => "il est plus de vingt et une heures à Paris".into(),
            Self::Sunday => "c'est dimanche".into(),
            Self::Holiday { name, zone, legal_basis } => {
                format!("c'est un jour férié ({name}, {} ; {legal_basis})", zone.nom())
            }
            Self::Chome { libelle, zone, fondement } => {
                format!("c'est un jour chômé ({libelle}, {} ; {fondement})", zone.nom())
            }
        }
    }
}

/// Whether an act may be served at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Window {
    /// It may.
    Open,
    /// It may not.
    Closed {
        /// Why.
        reason: ClosedReason,
        /// The next instant at which it may.
        next_open: Instant,
    },
}

impl Window {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }

    /// One French sentence.
    pub fn phrase(&self) -> String {
        match self {
            Self::Open => "La fenêtre de signification est ouverte.".into(),
            Self::Closed { reason, next_open } => {
                format!("Fenêtre fermée : {} ; prochaine ouverture le {}.", reason.phrase(), paris_text(*next_open))
            }
        }
    }
}

/// Open if and only if Paris shows Monday to Saturday, 6:00:00 to 21:00:00 inclusive, and the day is a public holiday in
/// none of `zones` (office, recipient). Which zone governs is not settled, so any closed zone closes; an empty list means
/// mainland France. A zone whose calendar is incomplete gives [`CalendarGap`], never "open".
pub fn service_window(at: Instant, zones: &[Zone]) -> Result<Window, CalendarGap> {
    service_window_with(at, zones, &JoursChomes::default())
}

/// [`service_window`], closed also on the local closed days of the list (CPC art. 664: « fériés ou chômés »).
pub fn service_window_with(at: Instant, zones: &[Zone], closed: &JoursChomes) -> Result<Window, CalendarGap> {
    let zones = if zones.is_empty() { &[Zone::Metropole][..] } else { zones };
    let wall = at.legal_time();
    let day = wall.date();
    let reason = match closed_day(day, zones, closed)? {
        Some(reason) => reason,
        None if wall.time() < time(OPENS, 0, 0, 0) => ClosedReason::BeforeSix,
        None if wall.time() > time(CLOSES, 0, 0, 0) => ClosedReason::AfterTwentyOne,
        None => return Ok(Window::Open),
    };
    let mut next = if reason == ClosedReason::BeforeSix { day } else { after(day, 1) };
    while closed_day(next, zones, closed)?.is_some() {
        next = after(next, 1);
    }
    Ok(Window::Closed { reason, next_open: paris_at(next, OPENS) })
}

fn closed_day(day: Date, zones: &[Zone], closed: &JoursChomes) -> Result<Option<ClosedReason>, CalendarGap> {
    let mut found = None;
    for zone in zones {
        // Every zone is asked, so that an incomplete one is told even on a Sunday.
        let holiday = holiday_on(day, *zone)?;
        if found.is_some() {
            continue;
        }
        found = match (holiday, closed.on(day, *zone)) {
            (Some(holiday), _) => {
                let (name, legal_basis) = (holiday.name, holiday.legal_basis);
                Some(ClosedReason::Holiday { name, zone: *zone, legal_basis })
            }
            (None, Some(day)) => {
                let (libelle, fondement) = (day.libelle.clone(), day.fondement.clone());
                Some(ClosedReason::Chome { libelle, zone: *zone, fondement })
            }
            (None, None) => None,
        };
    }
    if day.weekday() == Weekday::Sunday { Ok(Some(ClosedReason::Sunday)) } else { Ok(found) }
}
