//! The month of CPCE art. L. 125-1, in both readings: strict, and extended by CPC art. 642.
use dossier::Instant;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarGap, Zone, after};
use crate::civil::paris_midnight;
use crate::deadline::{Deadline, Distance, Period, deadline, deadline_with};
use crate::delais::JoursChomes;

/// How far local closed days may carry the extended reading beyond public holidays.
const MOST_CLOSED: i32 = 15;

/// The two last days of the month; each ends at 24 h, Paris time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelaiMois {
    /// Day of sending: the month starts from it.
    pub envoi: Date,
    /// Same day of the next month, or its last day.
    pub strict: Date,
    /// The same, extended by CPC art. 642.
    pub art_642: Date,
}

impl DelaiMois {
    /// The month from `envoi`; `zone` is where the debtor lives. The proof says each rule, in French.
    pub fn new(envoi: Date, zone: Zone, closed: &JoursChomes) -> Result<(Self, Deadline), CalendarGap> {
        let term = deadline_with(envoi, Period::months(1), zone, Distance::Aucune, closed)?;
        Ok((Self { envoi, strict: term.raw, art_642: term.due }, term))
    }

    /// The day told to the debtor: the earlier.
    pub fn annonce(&self) -> Date {
        self.strict.min(self.art_642)
    }

    /// The day acted upon: the later.
    pub fn retenu(&self) -> Date {
        self.strict.max(self.art_642)
    }

    /// The instant when the month is over in every reading.
    pub fn fin(&self) -> Instant {
        paris_midnight(after(self.retenu(), 1))
    }

    /// Whether these are the days of a sending on `envoi`: closed days may put the extended reading off, within reason.
    pub(super) fn tient(&self, envoi: Date, zone: Zone) -> Result<bool, CalendarGap> {
        let term = deadline(envoi, Period::months(1), zone, Distance::Aucune)?;
        let extended = self.art_642 >= term.due && self.art_642 <= after(term.due, MOST_CLOSED);
        Ok(self.envoi == envoi && self.strict == term.raw && extended)
    }
}
