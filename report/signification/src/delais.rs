//! Terms around the service of acts: internal targets, outages, answers of third parties, reminders, formal notices,
//! support hours, local closed days, and their export to a calendar. Pure functions: the clock is always an argument.

mod chomes;
mod formelle;
mod ics;
mod interruption;
mod notification;
mod rappel;
mod reponse;
mod suivi;
mod support;

pub use chomes::{ClosedDay, JOURS_CHOMES_FORMAT, JoursChomes};
pub use formelle::{AddressSource, Litige, LitigeState, NotificationFormelle};
pub use ics::{Echeance, EcheanceKind, When, due_dates_of_act, ics};
pub use interruption::{
    Attestation, AttestationFact, Interruption, InterruptionCause, OUTAGE_FORMAT, Prorogation, outage_extension,
};
pub use notification::{Alert, DelaiConfig, DelaiNotification, DelaiReport, DelaiState};
pub use rappel::{RAPPELS, Reminder, due_reminders, reminders};
pub use reponse::{ReponseAttendue, ReponseState};
pub use suivi::{AlertGiven, AnswerView, Event, OutageView, ReminderView, TargetView, View};
pub use support::{SupportReason, SupportWindow, support_window};
