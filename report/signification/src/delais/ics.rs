//! Due dates as an iCalendar file (RFC 5545), for the calendar the office already uses. Times are in UTC form: a file with
//! local times would have to carry the rules of Europe/Paris and hope that they are read. No name goes in it.
use dossier::Instant;
use jiff::civil::Date;

use crate::calendar::after;
use crate::civil::{paris_midnight, paris_text};
use crate::deadline::french;
use crate::delais::{DelaiNotification, ReponseAttendue};
use crate::letter::LetterDue;
use crate::{Id, SignificationError};

/// Longest content line, in octets, its line break apart (RFC 5545, 3.1).
const LINE: usize = 75;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EcheanceKind {
    /// The simple letter of CPC art. 662-1.
    LettreSimple,
    /// The answer of CPCE art. R. 211-4.
    ReponseTiers,
    /// The office's own target.
    DelaiInterne,
    /// Destruction of personal data.
    Destruction,
    /// End of the month of CPCE art. L. 125-1.
    PetiteCreance,
}

impl EcheanceKind {
    /// Its word in the stable identifier.
    fn slug(self) -> &'static str {
        match self {
            Self::LettreSimple => "lettre-simple",
            Self::ReponseTiers => "reponse-tiers",
            Self::DelaiInterne => "delai-interne",
            Self::Destruction => "destruction",
            Self::PetiteCreance => "petite-creance",
        }
    }

    /// Its French title.
    fn title(self) -> &'static str {
        match self {
            Self::LettreSimple => "Lettre simple à poster (art. 662-1 CPC)",
            Self::ReponseTiers => "Réponse du tiers attendue (art. R. 211-4 CPCE)",
            Self::DelaiInterne => "Délai interne de notification : terme",
            Self::Destruction => "Destruction des données personnelles",
            Self::PetiteCreance => "Petite créance : fin du délai d'un mois (art. L. 125-1 CPCE)",
        }
    }
}

/// When it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// A whole day, Paris time: it ends at 24 h.
    Day(Date),
    /// An instant.
    At(Instant),
}

/// One due date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Echeance {
    /// What.
    pub kind: EcheanceKind,
    /// The act or claim it is about.
    pub object: Id,
    /// When.
    pub when: When,
    /// More, in French; no name.
    pub note: String,
}

/// The due dates of an act: its letter, the answer it awaits, the internal target, the destruction of its data. Where two
/// readings exist the earlier day is the date, and both are in the note.
pub fn due_dates_of_act(
    act: Id,
    letter: Option<LetterDue>,
    answer: Option<&ReponseAttendue>,
    target: Option<&DelaiNotification>,
    destruction: Option<Date>,
) -> Vec<Echeance> {
    let entry = |kind, when, note| Echeance { kind, object: act, when, note };
    let letter = letter.map(|due| {
        let note = format!(
            "Premier jour ouvrable après l'envoi : {} (du lundi au samedi) ; {} (du lundi au vendredi).",
            french(due.lundi_samedi),
            french(due.lundi_vendredi)
        );
        entry(EcheanceKind::LettreSimple, When::Day(due.earliest()), note)
    });
    let answer = answer.map(|due| entry(EcheanceKind::ReponseTiers, When::Day(due.earliest()), due.phrase()));
    let target = target.map(|target| {
        let note = format!("{}, sans valeur légale. Terme : {}.", "Délai interne", paris_text(target.due()));
        entry(EcheanceKind::DelaiInterne, When::At(target.due()), note)
    });
    let destruction = destruction
        .map(|day| entry(EcheanceKind::Destruction, When::Day(day), format!("À détruire le {}.", french(day))));
    [letter, answer, target, destruction].into_iter().flatten().collect()
}

/// The calendar of `entries`, stamped `now`. `reference` is the office's own reference of the dossier; an entry's identifier
/// depends on its kind and object only, so that a new export replaces the old one. Refuses control characters, and two
/// entries of one kind for one object.
pub fn ics(reference: &str, entries: &[Echeance], now: Instant) -> Result<String, SignificationError> {
    let mut out = String::new();
    for text in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//constat//signification//FR", "CALSCALE:GREGORIAN"] {
        line(&mut out, text);
    }
    let mut seen = std::collections::BTreeSet::new();
    for entry in entries {
        if [reference, &entry.note].iter().any(|t| t.chars().any(char::is_control)) {
            return Err(SignificationError::Message { why: "caractère de contrôle dans une échéance".into() });
        }
        if !seen.insert((entry.kind, entry.object)) {
            return Err(SignificationError::Message { why: "échéance inscrite deux fois".into() });
        }
        event(&mut out, reference, entry, now);
    }
    line(&mut out, "END:VCALENDAR");
    Ok(out)
}

fn event(out: &mut String, reference: &str, entry: &Echeance, now: Instant) {
    line(out, "BEGIN:VEVENT");
    line(out, &format!("UID:{}.{}@signification.constat", entry.kind.slug(), entry.object));
    line(out, &format!("DTSTAMP:{}", utc(now)));
    match entry.when {
        When::Day(day) => {
            line(out, &format!("DTSTART:{}", utc(paris_midnight(day))));
            line(out, &format!("DTEND:{}", utc(paris_midnight(after(day, 1)))));
        }
        When::At(at) => line(out, &format!("DTSTART:{}", utc(at))),
    }
    line(out, &format!("SUMMARY:{}", escape(&format!("{} – {reference}", entry.kind.title()))));
    line(out, &format!("DESCRIPTION:{}", escape(&entry.note)));
    line(out, "CLASS:CONFIDENTIAL");
    line(out, "TRANSP:TRANSPARENT");
    line(out, "END:VEVENT");
}

/// Seconds only: iCalendar has no fraction.
fn utc(at: Instant) -> String {
    at.timestamp().strftime("%Y%m%dT%H%M%SZ").to_string()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | ';' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Folds at 75 octets, never inside a character; the space that marks a continuation counts.
fn line(out: &mut String, text: &str) {
    let mut room = LINE;
    for c in text.chars() {
        if c.len_utf8() > room {
            out.push_str("\r\n ");
            room = LINE - 1;
        }
        room -= c.len_utf8();
        out.push(c);
    }
    out.push_str("\r\n");
}
