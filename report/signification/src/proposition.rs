//! What became of the offer of the electronic way: accepted, refused, or unanswered (row A03); a refusal calls for a plan,
//! postpone or serve on paper, before a day (row A21). The offer itself is the first fact of its consent; both share one
//! identifier.
use dossier::{Instant, Outcome};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::civil::paris_date;
use crate::consent::{Actor, ConsentState, Role};
use crate::voie::Offre;
use crate::{Id, SignificationError};

/// What the recipient said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Issue {
    /// Yes: a declaration may follow.
    Acceptee,
    /// No: for good; another offer is another proposition.
    Refusee,
    /// Nothing; an answer may still come.
    SansReponse,
}

/// What is done after a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Plan {
    /// Postpone.
    Report,
    /// Serve on paper.
    Papier,
}

impl Plan {
    /// In French.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Report => "La signification est reportée.",
            Self::Papier => "L'acte sera signifié sur papier.",
        }
    }
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// What the recipient said; after a refusal or a silence, a plan is due by `echeance`.
    #[serde(rename = "signification.proposition.answered")]
    Answered { proposition: Id, issue: Issue, echeance: Option<Date> },
    /// What is done instead, by that day.
    #[serde(rename = "signification.proposition.planned")]
    Planned { proposition: Id, plan: Plan, echeance: Date },
    /// What was planned is done.
    #[serde(rename = "signification.proposition.done")]
    Done { proposition: Id },
    /// The dossier is closed.
    #[serde(rename = "signification.proposition.closed")]
    Closed { proposition: Id },
}

impl Event {
    /// The proposition.
    pub fn object(&self) -> Id {
        match self {
            Self::Answered { proposition, .. }
            | Self::Planned { proposition, .. }
            | Self::Done { proposition }
            | Self::Closed { proposition } => *proposition,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Answered { .. } => Outcome::Declared,
            Self::Planned { .. } => Outcome::Note,
            Self::Done { .. } | Self::Closed { .. } => Outcome::Ok,
        }
    }
}

/// What is known of one proposition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The proposition, which is the consent to come.
    pub proposition: Id,
    /// What the recipient said last.
    pub issue: Issue,
    /// When it was noted.
    pub issue_le: Instant,
    /// By when a plan is due, after a refusal or a silence.
    pub a_planifier: Option<Date>,
    /// The plan, and by when it is to be done.
    pub plan: Option<(Plan, Date)>,
    /// When it was done.
    pub fait_le: Option<Instant>,
    /// When the dossier was closed.
    pub clos_le: Option<Instant>,
    /// Time of the last fact.
    pub last_at: Instant,
}

impl View {
    /// The view after `event`: the office alone writes it; nothing after the closing; a refusal stands; no closing of a
    /// refusal or of a silence without plan.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Etude {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "proposition" });
        }
        if let Some(view) = current.filter(|view| at < view.last_at) {
            return Err(SignificationError::ClockBack { now: at, last: view.last_at });
        }
        let today = paris_date(at);
        if let Event::Answered { proposition, issue, echeance } = event {
            let silent = current.is_none_or(|v| v.issue == Issue::SansReponse && v.clos_le.is_none());
            if !silent || (current.is_some() && *issue == Issue::SansReponse) {
                return Err(transition(current, "answered"));
            }
            let due = echeance.is_some_and(|day| day >= today);
            must(
                due == (*issue != Issue::Acceptee) && (due || echeance.is_none()),
                "tâche sans échéance, ou sans objet",
            )?;
            return Ok(Self {
                proposition: *proposition,
                issue: *issue,
                issue_le: at,
                a_planifier: *echeance,
                // A plan made during the silence stands when the silence ends in a refusal.
                plan: current.and_then(|v| v.plan).filter(|_| *issue == Issue::Refusee),
                fait_le: current.and_then(|v| v.fait_le).filter(|_| *issue == Issue::Refusee),
                clos_le: None,
                last_at: at,
            });
        }
        let mut view = current.cloned().ok_or_else(|| transition(None, "planned"))?;
        view.last_at = at;
        let open = view.clos_le.is_none();
        match event {
            Event::Planned { plan, echeance, .. }
                if open && view.issue != Issue::Acceptee && view.fait_le.is_none() =>
            {
                must(*echeance >= today, "échéance passée")?;
                view.plan = Some((*plan, *echeance));
            }
            Event::Done { .. } if open && view.plan.is_some() && view.fait_le.is_none() => view.fait_le = Some(at),
            Event::Closed { .. } if open && view.bloque().is_none() => view.clos_le = Some(at),
            Event::Closed { .. } => return Err(transition(current, "closed")),
            Event::Done { .. } => return Err(transition(current, "done")),
            _ => return Err(transition(current, "planned")),
        }
        Ok(view)
    }

    /// Why the dossier cannot be closed on account of it: a code, or nothing.
    pub fn bloque(&self) -> Option<&'static str> {
        (self.issue != Issue::Acceptee && self.plan.is_none()).then_some("PLAN_ABSENT")
    }

    /// The task that stands open, in French, and its day.
    pub fn tache(&self) -> Option<(&'static str, Date)> {
        if self.clos_le.is_some() || self.fait_le.is_some() {
            return None;
        }
        match self.plan {
            Some((Plan::Report, day)) => Some(("Reprendre la signification reportée", day)),
            Some((Plan::Papier, day)) => Some(("Signifier sur papier", day)),
            None => self.a_planifier.map(|day| ("Décider : report ou papier", day)),
        }
    }
}

/// What the offer came to, for the choice of a way: a declaration filed since is an acceptance.
pub fn offre(view: Option<&View>, consent: Option<ConsentState>) -> Offre {
    match (view.map(|v| (v.issue, v.plan)), consent) {
        (Some((Issue::Acceptee, _)), _) => Offre::Acceptee,
        (Some((_, Some((Plan::Papier, _)))), _) => Offre::Papier,
        (Some((_, Some((Plan::Report, _)))), _) => Offre::Report,
        (Some((Issue::Refusee, None)), _) => Offre::RefuseeSansPlan,
        (Some((Issue::SansReponse, None)), _) => Offre::SansReponse,
        (None, Some(ConsentState::Propose)) => Offre::SansIssue,
        (None, Some(_)) => Offre::Acceptee,
        (None, None) => Offre::Aucune,
    }
}

fn transition(view: Option<&View>, requested: &'static str) -> SignificationError {
    let state = match view {
        None => "PROPOSEE",
        Some(v) if v.clos_le.is_some() => "CLOSE",
        Some(v) => match v.issue {
            Issue::Acceptee => "ACCEPTEE",
            Issue::Refusee => "REFUSEE",
            Issue::SansReponse => "SANS_REPONSE",
        },
    };
    SignificationError::Transition { machine: "proposition", state, requested }
}

fn must(ok: bool, why: &'static str) -> Result<(), SignificationError> {
    if ok {
        Ok(())
    } else {
        Err(SignificationError::Field { field: "proposition", found: "fait impossible".into(), why })
    }
}
