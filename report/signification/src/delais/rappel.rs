//! Reminders before acts are erased from a closed account: the recipient keeps his acts himself, so he is told in time.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::calendar::after;
use crate::config::Config;
use crate::deadline::french;
use crate::text::{ESSAI, RAPPEL, fill};

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

/// The body of the reminder sent on `today`, `last` being the last day of reading; it tells the days that are left then, which
/// are fewer than planned when it goes late. Nothing is left to tell after `last`.
pub fn reminder_text(config: &Config, nom: &str, last: Date, today: Date) -> Result<String, SignificationError> {
    let left = today.until(last).map_or(-1, |span| span.get_days());
    let jours = match left {
        ..0 => return Err(SignificationError::Message { why: "rappel après le dernier jour de lecture".into() }),
        0 => "moins d'un jour".to_owned(),
        1 => "un jour".to_owned(),
        n => format!("{n} jours"),
    };
    let (residence, dpo, fin) = (config.residence.as_str(), config.contact_dpo.as_str(), french(last));
    let values = [
        ("nom", nom),
        ("fin", &fin),
        ("jours", &jours),
        ("etude", &config.etude),
        ("residence", residence),
        ("dpo", dpo),
    ];
    let body = fill(RAPPEL, &values)?;
    Ok(if config.essai { format!("{ESSAI}{body}") } else { body })
}
