//! Formal notices under the terms of use, and the amicable term before the courts. Both are contract terms: art. 642 CPC does
//! not extend them, so the date it would give is shown beside, never used.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::calendar::{CalendarGap, Mode, Zone, after, next_ouvrable_with};
use crate::deadline::{Distance, Period, calendar_months, deadline_with};
use crate::delais::JoursChomes;

/// Where the address of a formal notice comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AddressSource {
    /// The home page of the service.
    PageAccueil,
    /// The address the person declared.
    Declaration,
    /// The directory of the profession.
    Annuaire,
    /// A later change notified in writing.
    ChangementEcrit,
}

/// A formal notice, deemed received the first *jour ouvré* after its first presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationFormelle {
    /// Identifier.
    pub id: Id,
    /// Where the address comes from.
    pub address_source: AddressSource,
    /// First presentation.
    pub presented_on: Date,
    /// Deemed received.
    pub deemed_on: Date,
}

impl NotificationFormelle {
    /// A notice first presented on `presented_on` in `zone`. *Jour ouvré*: Monday to Friday, holidays and closed days apart.
    pub fn new(
        id: Id,
        address_source: AddressSource,
        presented_on: Date,
        zone: Zone,
        closed: &JoursChomes,
    ) -> Result<Self, CalendarGap> {
        let deemed_on = next_ouvrable_with(presented_on, zone, Mode::LundiVendredi, closed)?;
        Ok(Self { id, address_source, presented_on, deemed_on })
    }
}

/// A dispute: two months of amicable attempt, then the courts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Litige {
    /// Identifier.
    pub id: Id,
    /// When it was opened.
    pub opened_on: Date,
    /// Last day of the amicable term.
    pub amiable_until: Date,
    /// The date art. 642 would give, shown beside.
    pub with_642: Date,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LitigeState {
    /// The amicable term runs.
    Amiable,
    /// It runs, and its last week began: a reminder goes.
    Rappel,
    /// It is over: the courts may be seised.
    TermeEchu,
}

impl Litige {
    /// A dispute opened on `opened_on`.
    pub fn new(id: Id, opened_on: Date, zone: Zone, closed: &JoursChomes) -> Result<Self, CalendarGap> {
        let amiable_until = calendar_months(opened_on, 2);
        let with_642 = deadline_with(opened_on, Period::months(2), zone, Distance::Aucune, closed)?.due;
        Ok(Self { id, opened_on, amiable_until, with_642 })
    }

    /// The day the reminder goes: a week before the end.
    pub fn reminder_on(&self) -> Date {
        after(self.amiable_until, -7)
    }

    /// State on `today`.
    pub fn state(&self, today: Date) -> LitigeState {
        match today {
            day if day > self.amiable_until => LitigeState::TermeEchu,
            day if day >= self.reminder_on() => LitigeState::Rappel,
            _ => LitigeState::Amiable,
        }
    }
}
