//! The answer a third party owes to a seizure served electronically: by the same route, at latest the next *jour ouvrable*
//! (CPCE art. R. 211-4), subject to an outage (CPC art. 748-7). The text does not say which days are « ouvrables ».
use dossier::Instant;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarGap, Mode, Zone, after, next_ouvrable_with};
use crate::civil::{paris_date, paris_midnight};
use crate::deadline::french;
use crate::delais::JoursChomes;

/// When the answer is due, in both readings; each term ends at 24 h, Paris time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReponseAttendue {
    /// When the act was sent.
    pub envoi: Instant,
    /// Monday to Saturday.
    pub lundi_samedi: Date,
    /// Monday to Friday.
    pub lundi_vendredi: Date,
}

/// Where the answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReponseState {
    /// Awaited; no reading is over.
    Attendue,
    /// Awaited; over in the stricter reading only.
    EnRetardUneLecture,
    /// Awaited; over in both.
    EnRetard,
    /// Came in time in both readings.
    Recue,
    /// Came in time in one reading only.
    RecueUneLecture,
    /// Came late in both.
    RecueTardive,
}

impl ReponseAttendue {
    /// The term for an act sent at `envoi`; `zone` is that of the third party.
    pub fn new(envoi: Instant, zone: Zone, closed: &JoursChomes) -> Result<Self, CalendarGap> {
        let next = |mode| next_ouvrable_with(paris_date(envoi), zone, mode, closed);
        Ok(Self { envoi, lundi_samedi: next(Mode::LundiSamedi)?, lundi_vendredi: next(Mode::LundiVendredi)? })
    }

    /// The earlier last day: it drives the reminder.
    pub fn earliest(&self) -> Date {
        self.lundi_samedi.min(self.lundi_vendredi)
    }

    /// The later last day: nothing is said to be late before it is over.
    pub fn latest(&self) -> Date {
        self.lundi_samedi.max(self.lundi_vendredi)
    }

    /// State at `now`, the answer having come at `received`.
    pub fn state(&self, now: Instant, received: Option<Instant>) -> ReponseState {
        let over = |day: Date, at: Instant| at >= paris_midnight(after(day, 1));
        let received = received.filter(|at| *at <= now);
        let at = received.unwrap_or(now);
        match (received.is_some(), over(self.earliest(), at), over(self.latest(), at)) {
            (false, _, true) => ReponseState::EnRetard,
            (false, true, false) => ReponseState::EnRetardUneLecture,
            (false, false, false) => ReponseState::Attendue,
            (true, _, true) => ReponseState::RecueTardive,
            (true, true, false) => ReponseState::RecueUneLecture,
            (true, false, false) => ReponseState::Recue,
        }
    }

    /// Both dates, in one French sentence.
    pub fn phrase(&self) -> String {
        let source = "code des procédures civiles d'exécution, art. R. 211-4";
        if self.earliest() == self.latest() {
            return format!("Réponse attendue au plus tard le {} ({source}).", french(self.earliest()));
        }
        let (first, last) = (french(self.lundi_samedi), french(self.lundi_vendredi));
        format!(
            "Réponse attendue au plus tard le {first} (jours ouvrables du lundi au samedi) ou le {last} (du lundi au \
             vendredi) ({source})."
        )
    }
}
