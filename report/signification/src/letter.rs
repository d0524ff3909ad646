//! À personne or à domicile, and the simple letter that is then due (CPC art. 662-1).
use dossier::Instant;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarGap, Mode, Zone, after, next_ouvrable_with};
use crate::civil::{paris_date, paris_midnight};
use crate::delais::JoursChomes;

/// How the service is qualified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Qualification {
    /// The day of sending is not over, and the act was not read yet.
    EnAttente,
    /// Read the day it was sent (Paris).
    APersonne,
    /// Not read the day it was sent: a simple letter is due.
    ADomicile,
}

/// Qualifies a service sent at `sent`, first read at `read`, as it stands at `now`. Only the Paris day counts, not the hour.
pub fn qualify(sent: Instant, read: Option<Instant>, now: Instant) -> Qualification {
    match read {
        Some(read) if paris_date(read) == paris_date(sent) => Qualification::APersonne,
        Some(_) => Qualification::ADomicile,
        None if now >= day_over(sent) => Qualification::ADomicile,
        None => Qualification::EnAttente,
    }
}

/// The instant when the Paris day of `sent` is over.
pub fn day_over(sent: Instant) -> Instant {
    paris_midnight(after(paris_date(sent), 1))
}

/// When the letter of art. 662-1 must go: the first *jour ouvrable* after the day of sending, in both readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterDue {
    /// Monday to Saturday.
    pub lundi_samedi: Date,
    /// Monday to Friday.
    pub lundi_vendredi: Date,
}

impl LetterDue {
    /// The earliest of the two: it drives the alarm.
    pub fn earliest(&self) -> Date {
        self.lundi_samedi.min(self.lundi_vendredi)
    }
}

/// Computes [`LetterDue`] for a service sent at `sent`.
pub fn letter_due(sent: Instant, zone: Zone) -> Result<LetterDue, CalendarGap> {
    letter_due_with(sent, zone, &JoursChomes::default())
}

/// [`letter_due`], where the local closed days of the list are no working days either.
pub fn letter_due_with(sent: Instant, zone: Zone, closed: &JoursChomes) -> Result<LetterDue, CalendarGap> {
    let day = paris_date(sent);
    Ok(LetterDue {
        lundi_samedi: next_ouvrable_with(day, zone, Mode::LundiSamedi, closed)?,
        lundi_vendredi: next_ouvrable_with(day, zone, Mode::LundiVendredi, closed)?,
    })
}
