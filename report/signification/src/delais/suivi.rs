//! The facts of the terms, for the journal: what was started, warned of, attested, presented. Each view is that of one object.
use dossier::{Digests, Instant, Outcome};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{
    DelaiConfig, DelaiNotification, Interruption, JoursChomes, Litige, NotificationFormelle, ReponseAttendue,
    due_reminders,
};
use crate::agenda::{Due, Task};
use crate::calendar::Zone;
use crate::civil::paris_date;
use crate::consent::{Actor, Role};
use crate::deadline::elapsed;
use crate::{Id, SignificationError};

/// One fact. `objet` is the act, account or list it is about; an outage, a notice and a dispute are their own object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented where they are defined")]
pub enum Event {
    /// An internal target starts, at the time of its line.
    #[serde(rename = "signification.delai.target_started")]
    TargetStarted { objet: Id, config: DelaiConfig },
    /// One of its alerts was given; at the end of the target it is an incident.
    #[serde(rename = "signification.delai.alert_given")]
    AlertGiven { objet: Id, heures: u32, incident: bool },
    /// What the target was for is delivered.
    #[serde(rename = "signification.delai.delivered")]
    Delivered { objet: Id },
    /// A third party owes an answer.
    #[serde(rename = "signification.delai.answer_awaited")]
    AnswerAwaited { objet: Id, reponse: ReponseAttendue },
    /// It came.
    #[serde(rename = "signification.delai.answer_received")]
    AnswerReceived { objet: Id },
    /// An outage is over.
    #[serde(rename = "signification.delai.outage_recorded")]
    OutageRecorded { interruption: Interruption },
    /// Its attestation was signed.
    #[serde(rename = "signification.delai.outage_attested")]
    OutageAttested { objet: Id, attestation: Digests, timestamped: bool },
    /// A reminder before erasure was accepted by the mail server.
    #[serde(rename = "signification.delai.reminder_given")]
    ReminderGiven { objet: Id, dernier_jour: Date, jours: u16 },
    /// A formal notice was presented.
    #[serde(rename = "signification.delai.notice_presented")]
    NoticePresented { notification: NotificationFormelle, zone: Zone },
    /// A dispute was opened.
    #[serde(rename = "signification.delai.dispute_opened")]
    DisputeOpened { litige: Litige, zone: Zone },
    /// It was settled.
    #[serde(rename = "signification.delai.dispute_settled")]
    DisputeSettled { objet: Id },
    /// A signed list of closed days was taken in.
    #[serde(rename = "signification.delai.closed_days_loaded")]
    ClosedDaysLoaded { objet: Id, publie_le: Date, liste: Digests, signature: Digests },
}

impl Event {
    /// What it is about.
    pub fn object(&self) -> Id {
        match self {
            Self::TargetStarted { objet, .. }
            | Self::AlertGiven { objet, .. }
            | Self::Delivered { objet }
            | Self::AnswerAwaited { objet, .. }
            | Self::AnswerReceived { objet }
            | Self::OutageAttested { objet, .. }
            | Self::ReminderGiven { objet, .. }
            | Self::DisputeSettled { objet }
            | Self::ClosedDaysLoaded { objet, .. } => *objet,
            Self::OutageRecorded { interruption } => interruption.id(),
            Self::NoticePresented { notification, .. } => notification.id,
            Self::DisputeOpened { litige, .. } => litige.id,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::OutageRecorded { .. } | Self::AlertGiven { incident: true, .. } => Outcome::Deviation,
            Self::NoticePresented { .. } | Self::DisputeOpened { .. } | Self::DisputeSettled { .. } => {
                Outcome::Declared
            }
            Self::TargetStarted { .. } | Self::AlertGiven { .. } | Self::AnswerAwaited { .. } => Outcome::Note,
            _ => Outcome::Ok,
        }
    }
}

/// An internal target and what was warned of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetView {
    /// Its start.
    pub start: Instant,
    /// What the office set then.
    pub config: DelaiConfig,
    /// The alerts given.
    pub given: Vec<AlertGiven>,
    /// The delivery.
    pub delivered: Option<Instant>,
}

impl TargetView {
    /// The hours of the alerts given: the last argument of [`DelaiNotification::report`].
    pub fn given_hours(&self) -> Vec<u32> {
        self.given.iter().map(|a| a.heures).collect()
    }

    /// The target itself.
    pub fn target(&self) -> Result<DelaiNotification, SignificationError> {
        DelaiNotification::new(self.start, self.config.clone())
    }
}

/// An alert, and when it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertGiven {
    /// Which: hours after the start.
    pub heures: u32,
    /// When.
    pub le: Instant,
}

/// An awaited answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerView {
    /// Its term.
    pub attendue: ReponseAttendue,
    /// When it came.
    pub recue: Option<Instant>,
}

/// An outage and its attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageView {
    /// The outage.
    pub interruption: Interruption,
    /// Digests of the signed attestation.
    pub attestation: Option<Digests>,
}

/// The reminders of a closed account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReminderView {
    /// The last day of reading.
    pub dernier_jour: Date,
    /// Which were given.
    pub donnes: Vec<u16>,
}

/// What is known of the terms of one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The object.
    pub objet: Id,
    /// Its internal target.
    pub cible: Option<TargetView>,
    /// The answer awaited.
    pub reponse: Option<AnswerView>,
    /// The outage it is.
    pub interruption: Option<OutageView>,
    /// Its reminders.
    pub rappels: Option<ReminderView>,
    /// The formal notice it is.
    pub notification: Option<NotificationFormelle>,
    /// The dispute it is, and whether it is settled.
    pub litige: Option<(Litige, bool)>,
    /// The list of closed days in force: day of publication, digests.
    pub jours_chomes: Option<(Date, Digests)>,
    /// Time of the last fact.
    pub last_at: Instant,
}

impl View {
    /// The next alert of an internal target that runs.
    pub(crate) fn due(view: &Self) -> Vec<Due> {
        let Some(target) = view.cible.as_ref().filter(|target| target.delivered.is_none()) else { return Vec::new() };
        let given = target.given_hours();
        let hours = target.config.alertes.iter().chain(std::iter::once(&target.config.heures));
        let next = hours.filter(|hours| !given.contains(hours)).min();
        let due = next.map(|hours| Due { at: elapsed(target.start, *hours), task: Task::Delai, object: view.objet });
        due.into_iter().collect()
    }

    /// The view after `event`, written at `at` by `actor`: facts of the clock are the platform's or the office's, the rest the
    /// office's; nothing happens twice, nor before its time.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let requested = "tenir les délais";
        let clock = !matches!(
            event,
            Event::NoticePresented { .. } | Event::DisputeOpened { .. } | Event::DisputeSettled { .. }
        );
        // An answer is noted with the answer itself, which its author gives.
        let answers = matches!(event, Event::AnswerReceived { .. }) && actor.role == Role::Destinataire;
        let allowed = actor.role == Role::Etude || answers || (clock && actor.role == Role::Plateforme);
        if !allowed {
            return Err(SignificationError::Actor { role: actor.role.name(), requested });
        }
        let objet = event.object();
        let mut view = match current {
            Some(view) if view.objet != objet => {
                return Err(SignificationError::Unknown { kind: "délai", id: objet.to_string() });
            }
            Some(view) if at < view.last_at => {
                return Err(SignificationError::ClockBack { now: at, last: view.last_at });
            }
            Some(view) => view.clone(),
            None => empty(objet, at),
        };
        view.last_at = at;
        view.take(at, event)?;
        Ok(view)
    }

    fn take(&mut self, at: Instant, event: &Event) -> Result<(), SignificationError> {
        match event {
            Event::TargetStarted { .. } | Event::AlertGiven { .. } | Event::Delivered { .. } => self.target(at, event),
            Event::AnswerAwaited { reponse, .. } => {
                must(self.reponse.is_none() && reponse.envoi <= at, "réponse attendue deux fois, ou avant l'envoi")?;
                must(reponse.earliest() > paris_date(reponse.envoi), "réponse attendue le jour même")?;
                self.reponse = Some(AnswerView { attendue: *reponse, recue: None });
                Ok(())
            }
            Event::AnswerReceived { .. } => {
                let answer = self.reponse.as_mut().filter(|r| r.recue.is_none());
                must(answer.is_some(), "réponse non attendue, ou déjà reçue")?;
                if let Some(answer) = answer {
                    answer.recue = Some(at);
                }
                Ok(())
            }
            Event::OutageRecorded { interruption } => {
                must(
                    self.interruption.is_none() && interruption.to() <= at,
                    "interruption inscrite deux fois, ou avant sa fin",
                )?;
                self.interruption = Some(OutageView { interruption: *interruption, attestation: None });
                Ok(())
            }
            Event::OutageAttested { attestation, .. } => {
                let outage = self.interruption.as_mut().filter(|o| o.attestation.is_none());
                must(outage.is_some(), "attestation sans interruption, ou délivrée deux fois")?;
                if let Some(outage) = outage {
                    outage.attestation = Some(*attestation);
                }
                Ok(())
            }
            Event::ReminderGiven { dernier_jour, jours, .. } => self.remind(at, *dernier_jour, *jours),
            _ => self.formal(at, event),
        }
    }

    fn target(&mut self, at: Instant, event: &Event) -> Result<(), SignificationError> {
        if let Event::TargetStarted { config, .. } = event {
            config.check()?;
            must(self.cible.is_none(), "délai interne commencé deux fois")?;
            self.cible = Some(TargetView { start: at, config: config.clone(), given: Vec::new(), delivered: None });
            return Ok(());
        }
        let Some(kept) = self.cible.as_mut() else { return must(false, "délai interne inconnu") };
        match event {
            Event::AlertGiven { heures, incident, .. } => {
                let report = kept.target()?.report(at, kept.delivered, &kept.given_hours());
                let due = report.alerts.iter().any(|a| a.heures == *heures && a.incident == *incident);
                must(due, "alerte qui n'est pas due, ou déjà donnée")?;
                kept.given.push(AlertGiven { heures: *heures, le: at });
            }
            _ => {
                must(kept.delivered.is_none(), "remise inscrite deux fois")?;
                kept.delivered = Some(at);
            }
        }
        Ok(())
    }

    fn remind(&mut self, at: Instant, dernier_jour: Date, jours: u16) -> Result<(), SignificationError> {
        let kept = self.rappels.get_or_insert_with(|| ReminderView { dernier_jour, donnes: Vec::new() });
        let due = due_reminders(dernier_jour, paris_date(at), &kept.donnes);
        must(kept.dernier_jour == dernier_jour && due.iter().any(|r| r.jours == jours), "rappel qui n'est pas dû")?;
        kept.donnes.push(jours);
        Ok(())
    }

    fn formal(&mut self, at: Instant, event: &Event) -> Result<(), SignificationError> {
        let (today, none) = (paris_date(at), JoursChomes::default());
        match event {
            Event::NoticePresented { notification: n, zone } => {
                let plain = NotificationFormelle::new(n.id, n.address_source, n.presented_on, *zone, &none)?;
                // Local closed days may only put the date off.
                let dated = n.presented_on <= today && n.deemed_on >= plain.deemed_on;
                must(dated && self.notification.is_none(), "mise en demeure inscrite deux fois, ou mal datée")?;
                self.notification = Some(*n);
            }
            Event::DisputeOpened { litige, zone } => {
                let plain = Litige::new(litige.id, litige.opened_on, *zone, &none)?;
                let dated = litige.opened_on <= today
                    && litige.amiable_until == plain.amiable_until
                    && litige.with_642 >= plain.with_642;
                must(dated && self.litige.is_none(), "litige ouvert deux fois, ou mal daté")?;
                self.litige = Some((*litige, false));
            }
            Event::DisputeSettled { .. } => {
                let kept = self.litige.as_mut().filter(|(_, settled)| !settled);
                must(kept.is_some(), "litige inconnu, ou déjà réglé")?;
                if let Some(kept) = kept {
                    kept.1 = true;
                }
            }
            Event::ClosedDaysLoaded { publie_le, liste, .. } => {
                let newer = self.jours_chomes.is_none_or(|(last, _)| *publie_le >= last);
                must(newer && *publie_le <= today, "liste de jours chômés plus ancienne, ou pas encore publiée")?;
                self.jours_chomes = Some((*publie_le, *liste));
            }
            _ => {}
        }
        Ok(())
    }
}

fn empty(objet: Id, at: Instant) -> View {
    View {
        objet,
        cible: None,
        reponse: None,
        interruption: None,
        rappels: None,
        notification: None,
        litige: None,
        jours_chomes: None,
        last_at: at,
    }
}

fn must(ok: bool, why: &'static str) -> Result<(), SignificationError> {
    if ok { Ok(()) } else { Err(SignificationError::Field { field: "délai", found: "fait impossible".into(), why }) }
}
