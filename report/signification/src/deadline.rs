//! Procedural deadlines (CPC art. 640 to 643), with a French proof of each rule applied; contractual and elapsed terms.
use dossier::Instant;
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarGap, Mode, Zone, holiday_on, next_ouvrable_with};
use crate::delais::JoursChomes;

/// A term: years and months first, then days (art. 641 al. 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Whole years.
    pub years: u16,
    /// Whole months.
    pub months: u16,
    /// Days, counted after the years and months.
    pub days: u16,
}

impl Period {
    /// `n` days.
    pub const fn days(n: u16) -> Self {
        Self { years: 0, months: 0, days: n }
    }

    /// `n` months.
    pub const fn months(n: u16) -> Self {
        Self { years: 0, months: n, days: 0 }
    }

    /// `n` years.
    pub const fn years(n: u16) -> Self {
        Self { years: n, months: 0, days: 0 }
    }
}

/// Where the party lives, for the increase of art. 643 (court sitting in mainland France).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distance {
    /// Mainland France: no increase.
    Aucune,
    /// Overseas: one month more (art. 643, 1°).
    OutreMer,
    /// Abroad: two months more (art. 643, 2°).
    Etranger,
}

impl Distance {
    fn months(self) -> u16 {
        match self {
            Self::Aucune => 0,
            Self::OutreMer => 1,
            Self::Etranger => 2,
        }
    }
}

/// One rule applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProofStep {
    /// The text, such as `CPC art. 641`.
    pub rule: &'static str,
    /// What it gave, in French.
    pub text: String,
}

/// A computed deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deadline {
    /// The day of the act, event, decision or notice that starts the term (art. 640).
    pub start: Date,
    /// Last day before any extension.
    pub raw: Date,
    /// Last day, extended by art. 642 when need be; the term ends on it at 24 h.
    pub due: Date,
    /// Each rule applied, in order.
    pub proof: Vec<ProofStep>,
}

/// The last day of a procedural term (CPC art. 640 to 643). `zone` is that of the place whose holidays count.
pub fn deadline(start: Date, period: Period, zone: Zone, distance: Distance) -> Result<Deadline, CalendarGap> {
    deadline_with(start, period, zone, distance, &JoursChomes::default())
}

/// [`deadline`], extended beyond the local closed days of the list too (art. 642 al. 2: « férié ou chômé »).
pub fn deadline_with(
    start: Date,
    period: Period,
    zone: Zone,
    distance: Distance,
    closed: &JoursChomes,
) -> Result<Deadline, CalendarGap> {
    let mut proof = vec![step("CPC art. 640", format!("Le délai a pour origine le {}.", french(start)))];
    let raw = raw_date(start, period, distance, &mut proof);
    let due = prorogue(raw, zone, closed, &mut proof)?;
    proof.push(step("CPC art. 642, al. 1", format!("Le délai expire le {} à vingt-quatre heures.", french(due))));
    Ok(Deadline { start, raw, due, proof })
}

fn raw_date(start: Date, period: Period, distance: Distance, proof: &mut Vec<ProofStep>) -> Date {
    let total = i32::from(period.years) * 12 + i32::from(period.months) + i32::from(distance.months());
    if distance != Distance::Aucune {
        let text = format!("Le délai est augmenté de {} mois en raison de la distance.", distance.months());
        proof.push(step("CPC art. 643", text));
    }
    let mut day = start;
    if total > 0 {
        day = calendar_months(start, total);
        let text = if day.day() == start.day() {
            format!("{total} mois : jour portant le même quantième, le {}.", french(day))
        } else {
            format!("{total} mois : à défaut d'un quantième identique, dernier jour du mois, le {}.", french(day))
        };
        proof.push(step("CPC art. 641, al. 2", text));
    }
    if period.days > 0 {
        let from = day;
        day = day.saturating_add(i32::from(period.days).days());
        let (rule, text) = if total > 0 {
            ("CPC art. 641, al. 3", "les mois sont d'abord décomptés, puis les jours")
        } else {
            ("CPC art. 641, al. 1", "le jour de l'événement ne compte pas")
        };
        let text = format!("{} jours à compter du {} ({text}) : le {}.", period.days, french(from), french(day));
        proof.push(step(rule, text));
    }
    day
}

fn prorogue(raw: Date, zone: Zone, closed: &JoursChomes, proof: &mut Vec<ProofStep>) -> Result<Date, CalendarGap> {
    let why = match (raw.weekday(), holiday_on(raw, zone)?, closed.on(raw, zone)) {
        (_, Some(holiday), _) => format!("un jour férié ({}, {})", holiday.name, holiday.legal_basis),
        (Weekday::Saturday, None, _) => "un samedi".to_owned(),
        (Weekday::Sunday, None, _) => "un dimanche".to_owned(),
        (_, None, Some(day)) => format!("un jour chômé ({}, {})", day.libelle, day.fondement),
        _ => return Ok(raw),
    };
    let due = next_ouvrable_with(raw, zone, Mode::LundiVendredi, closed)?;
    let text = format!("Le {} est {why} : prorogation au premier jour ouvrable, le {}.", french(raw), french(due));
    proof.push(step("CPC art. 642, al. 2", text));
    Ok(due)
}

/// `months` calendar months after `start`: same day of the month, or the last day when there is none. Contract and
/// registry terms use it as such: art. 642 does not extend them. Saturates at the ends of the calendar.
pub fn calendar_months(start: Date, months: i32) -> Date {
    start.saturating_add(months.months())
}

/// `hours` of elapsed time, computed on UTC: the clock change does not count. Saturates at the ends of time.
pub fn elapsed(start: Instant, hours: u32) -> Instant {
    let later = start.timestamp().saturating_add(SignedDuration::from_hours(i64::from(hours)));
    Instant::new(later.unwrap_or(jiff::Timestamp::MAX))
}

/// Art. 748-7: an act that could not be sent on its last day for a cause foreign to its author may be sent on the first
/// *jour ouvrable* after. Both readings are given; the proof of the outage is not this function's business.
pub fn after_outage(last_day: Date, zone: Zone) -> Result<(Date, Date), CalendarGap> {
    after_outage_with(last_day, zone, &JoursChomes::default())
}

/// [`after_outage`], beyond the local closed days of the list too.
pub fn after_outage_with(last_day: Date, zone: Zone, closed: &JoursChomes) -> Result<(Date, Date), CalendarGap> {
    let next = |mode| next_ouvrable_with(last_day, zone, mode, closed);
    Ok((next(Mode::LundiSamedi)?, next(Mode::LundiVendredi)?))
}

/// The hours after `start` at which an internal target of 48 hours warns, and its end. It is a *délai interne*: no text
/// known to us sets 48 hours as a legal term.
pub fn internal_target(start: Instant) -> ([Instant; 4], Instant) {
    ([24, 36, 44, 47].map(|hours| elapsed(start, hours)), elapsed(start, 48))
}

fn step(rule: &'static str, text: String) -> ProofStep {
    ProofStep { rule, text }
}

/// `vendredi 1er janvier 2027`.
pub fn french(day: Date) -> String {
    const DAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
    format!("{} {}", pick(&DAYS, day.weekday().to_monday_zero_offset()), french_date(day))
}

/// `1er janvier 2027`.
pub fn french_date(day: Date) -> String {
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let number = if day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
    format!("{number} {} {}", pick(&MONTHS, day.month() - 1), day.year())
}

fn pick(list: &[&'static str], n: i8) -> &'static str {
    usize::try_from(n).ok().and_then(|n| list.get(n).copied()).unwrap_or("")
}
