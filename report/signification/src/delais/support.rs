//! Hours of the support desk, which are not those of the service: an act may come on a Saturday when nobody answers.
use dossier::Instant;
use jiff::civil::{Date, Time, Weekday, time};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::calendar::{CalendarGap, Mode, Zone, after, is_ouvrable_with};
use crate::civil::{PARIS, paris_text};
use crate::delais::JoursChomes;

/// The two parts of a support day, Paris time: open from the first minute included to the last excluded.
const HOURS: [(Time, Time); 2] = [(time(9, 0, 0, 0), time(12, 0, 0, 0)), (time(13, 30, 0, 0), time(18, 0, 0, 0))];

/// Why the desk is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SupportReason {
    /// A Saturday or a Sunday.
    FinDeSemaine,
    /// A public holiday or a closed day.
    FerieOuChome,
    /// Outside 9:00–12:00 and 13:30–18:00.
    HorsHoraires,
}

/// Whether the desk answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SupportWindow {
    /// It does.
    Open,
    /// It does not.
    Closed {
        /// Why.
        reason: SupportReason,
        /// When it does again.
        next_open: Instant,
    },
}

impl SupportWindow {
    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }

    /// What the page says; closed, it gives the way on paper.
    pub fn phrase(&self) -> String {
        match self {
            Self::Open => "L'assistance répond (du lundi au vendredi, 9 h 00 à 12 h 00 et 13 h 30 à 18 h 00).".into(),
            Self::Closed { reason, next_open } => {
                let why = match reason {
                    SupportReason::FinDeSemaine => "c'est la fin de semaine",
                    SupportReason::FerieOuChome => "c'est un jour férié ou chômé",
                    SupportReason::HorsHoraires => "l'heure est hors des horaires",
                };
                format!(
                    "L'assistance est fermée : {why} ; reprise le {}. Le service, lui, a ses propres horaires. Vous pouvez \
                     demander à l'étude la remise de l'acte sur papier.",
                    paris_text(*next_open)
                )
            }
        }
    }
}

/// Whether the desk answers at `at`: Monday to Friday, 9:00–12:00 and 13:30–18:00, Paris; public holidays of `zone` and
/// closed days apart.
pub fn support_window(at: Instant, zone: Zone, closed: &JoursChomes) -> Result<SupportWindow, CalendarGap> {
    let wall = at.legal_time();
    let (day, hour) = (wall.date(), wall.time());
    let working = is_ouvrable_with(day, zone, Mode::LundiVendredi, closed)?;
    if working && HOURS.iter().any(|(from, to)| hour >= *from && hour < *to) {
        return Ok(SupportWindow::Open);
    }
    let reason = match (working, day.weekday()) {
        (true, _) => SupportReason::HorsHoraires,
        (false, Weekday::Saturday | Weekday::Sunday) => SupportReason::FinDeSemaine,
        (false, _) => SupportReason::FerieOuChome,
    };
    if working && let Some((from, _)) = HOURS.iter().find(|(from, _)| *from > hour) {
        return Ok(SupportWindow::Closed { reason, next_open: wall_time(day, *from) });
    }
    let mut next = after(day, 1);
    while !is_ouvrable_with(next, zone, Mode::LundiVendredi, closed)? {
        next = after(next, 1);
    }
    let [(opens, _), _] = HOURS;
    Ok(SupportWindow::Closed { reason, next_open: wall_time(next, opens) })
}

/// The hours used are never skipped nor repeated by a clock change.
fn wall_time(day: Date, hour: Time) -> Instant {
    let zone = TimeZone::get(PARIS).unwrap_or(TimeZone::UTC);
    let timestamp = zone.to_ambiguous_timestamp(day.to_datetime(hour)).compatible();
    Instant::new(timestamp.unwrap_or(jiff::Timestamp::MAX))
}
