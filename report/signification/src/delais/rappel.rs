//! Reminders before acts are erased from a closed account: the recipient keeps his acts himself, so he is told in time.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::after;

/// Days before the last day at which a reminder goes.
pub const RAPPELS: [u16; 3] = [30, 7, 1];

/// One reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reminder {
    /// Days before the last day; this is its identity.
    pub jours: u16,
    /// The day it goes.
    pub le: Date,
}

/// The reminders before `last`, the last day of reading, in order.
pub fn reminders(last: Date) -> [Reminder; 3] {
    RAPPELS.map(|jours| Reminder { jours, le: after(last, -i32::from(jours)) })
}

/// The reminders due on `today` and not given yet. One that was missed is given late rather than never, but not after the
/// last day: there is nothing left to fetch.
pub fn due_reminders(last: Date, today: Date, given: &[u16]) -> Vec<Reminder> {
    let due = |r: &Reminder| r.le <= today && today <= last && !given.contains(&r.jours);
    reminders(last).into_iter().filter(due).collect()
}
