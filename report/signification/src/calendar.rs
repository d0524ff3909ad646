//! French public holidays by zone, each with its legal basis; Easter is computed, never looked up.
//!
//! Sources: Code du travail L. 3133-1 (national), L. 3134-13 (Alsace-Moselle), L. 3422-2 (overseas). A zone or a year
//! whose list is not known in full answers [`CalendarGap`]: no date is ever computed from an incomplete list.
use jiff::ToSpan;
use jiff::civil::{Date, Weekday, date};
use serde::{Deserialize, Serialize};

use crate::delais::JoursChomes;

/// First year whose lists are known here: the overseas collectivities have had their own days since before it.
pub const FIRST_YEAR: i16 = 2010;
/// Last year answered.
pub const LAST_YEAR: i16 = 2100;

/// A territory, as far as public holidays differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zone {
    /// Mainland France and Corsica without Alsace-Moselle.
    Metropole,
    /// Bas-Rhin, Haut-Rhin, Moselle: a commune without Protestant temple or mixed church.
    AlsaceMoselle,
    /// The same départements: a commune with a Protestant temple or a mixed church (Good Friday is a holiday).
    AlsaceMoselleTemple,
    /// Guadeloupe.
    Guadeloupe,
    /// Guyane.
    Guyane,
    /// Martinique.
    Martinique,
    /// La Réunion.
    Reunion,
    /// Mayotte.
    Mayotte,
    /// Saint-Barthélemy.
    SaintBarthelemy,
    /// Saint-Martin.
    SaintMartin,
    /// Saint-Pierre-et-Miquelon: calendar incomplete.
    SaintPierreEtMiquelon,
    /// Polynésie française: calendar incomplete.
    Polynesie,
    /// Wallis-et-Futuna: calendar incomplete.
    WallisEtFutuna,
    /// Nouvelle-Calédonie: calendar incomplete.
    NouvelleCaledonie,
    /// Terres australes et antarctiques françaises: calendar incomplete.
    Taaf,
}

impl Zone {
    /// Every zone.
    pub const ALL: [Self; 15] = [
        Self::Metropole,
        Self::AlsaceMoselle,
        Self::AlsaceMoselleTemple,
        Self::Guadeloupe,
        Self::Guyane,
        Self::Martinique,
        Self::Reunion,
        Self::Mayotte,
        Self::SaintBarthelemy,
        Self::SaintMartin,
        Self::SaintPierreEtMiquelon,
        Self::Polynesie,
        Self::WallisEtFutuna,
        Self::NouvelleCaledonie,
        Self::Taaf,
    ];

    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Metropole => "métropole",
            Self::AlsaceMoselle => "Alsace-Moselle (commune sans temple)",
            Self::AlsaceMoselleTemple => "Alsace-Moselle (commune avec temple protestant ou église mixte)",
            Self::Guadeloupe => "Guadeloupe",
            Self::Guyane => "Guyane",
            Self::Martinique => "Martinique",
            Self::Reunion => "La Réunion",
            Self::Mayotte => "Mayotte",
            Self::SaintBarthelemy => "Saint-Barthélemy",
            Self::SaintMartin => "Saint-Martin",
            Self::SaintPierreEtMiquelon => "Saint-Pierre-et-Miquelon",
            Self::Polynesie => "Polynésie française",
            Self::WallisEtFutuna => "Wallis-et-Futuna",
            Self::NouvelleCaledonie => "Nouvelle-Calédonie",
            Self::Taaf => "Terres australes et antarctiques françaises",
        }
    }

    /// The IANA time zone people live by there; only for display: Paris governs.
    pub fn time_zone(self) -> &'static str {
        match self {
            Self::Metropole | Self::AlsaceMoselle | Self::AlsaceMoselleTemple => "Europe/Paris",
            Self::Guadeloupe => "America/Guadeloupe",
            Self::Guyane => "America/Cayenne",
            Self::Martinique => "America/Martinique",
            Self::Reunion => "Indian/Reunion",
            Self::Mayotte => "Indian/Mayotte",
            Self::SaintBarthelemy => "America/St_Barthelemy",
            Self::SaintMartin => "America/Marigot",
            Self::SaintPierreEtMiquelon => "America/Miquelon",
            Self::Polynesie => "Pacific/Tahiti",
            Self::WallisEtFutuna => "Pacific/Wallis",
            Self::NouvelleCaledonie => "Pacific/Noumea",
            Self::Taaf => "Indian/Kerguelen",
        }
    }

    /// Whether every public holiday of the zone is known here.
    pub fn complete(self) -> bool {
        !matches!(
            self,
            Self::SaintPierreEtMiquelon | Self::Polynesie | Self::WallisEtFutuna | Self::NouvelleCaledonie | Self::Taaf
        )
    }
}

/// One public holiday.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// Its French name.
    pub name: &'static str,
    /// The text that makes it a holiday, in French.
    pub legal_basis: &'static str,
}

/// The question cannot be answered: the list of holidays is not known in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarGap {
    /// The zone has local holidays that are not listed here.
    #[error("calendrier incomplet : {}", .0.nom())]
    Zone(Zone),
    /// The year is outside [`FIRST_YEAR`] to [`LAST_YEAR`].
    #[error("calendrier inconnu pour l'année {0}")]
    Year(i16),
}

/// How a *jour ouvrable* is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Monday to Saturday, holidays excepted: *jour ouvrable* strictly speaking.
    LundiSamedi,
    /// Monday to Friday, holidays excepted: the only reading that works in CPC art. 642; also *jour ouvré*.
    LundiVendredi,
}

/// Easter Sunday of the Gregorian calendar (algorithm of Meeus, Jones and Butcher). `None` outside years 1583 to 9999.
pub fn easter(year: i16) -> Option<Date> {
    if !(1583..=9999).contains(&year) {
        return None;
    }
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (b - (b + 8) / 25 + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n / 31).ok()?, i8::try_from(n % 31 + 1).ok()?).ok()
}

const NATIONAL: &str = "Code du travail, art. L. 3133-1";
const LOCAL: &str = "Code du travail, art. L. 3134-13 (droit local, ordonnance du 16 août 1892)";
const OVERSEAS: &str = "Code du travail, art. L. 3422-2 (commémoration de l'abolition de l'esclavage)";

/// Every public holiday of `zone` in `year`, in order. Two holidays may fall on one date.
pub fn holidays(zone: Zone, year: i16) -> Result<Vec<Holiday>, CalendarGap> {
    if !zone.complete() {
        return Err(CalendarGap::Zone(zone));
    }
    if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
        return Err(CalendarGap::Year(year));
    }
    let easter = easter(year).ok_or(CalendarGap::Year(year))?;
    let day = |date, name, legal_basis| Holiday { date, name, legal_basis };
    let mut list = vec![
        day(date(year, 1, 1), "1er janvier", NATIONAL),
        day(after(easter, 1), "lundi de Pâques", NATIONAL),
        day(date(year, 5, 1), "fête du Travail", NATIONAL),
        day(date(year, 5, 8), "8 mai", NATIONAL),
        day(after(easter, 39), "Ascension", NATIONAL),
        day(after(easter, 50), "lundi de Pentecôte", NATIONAL),
        day(date(year, 7, 14), "14 juillet", NATIONAL),
        day(date(year, 8, 15), "Assomption", NATIONAL),
        day(date(year, 11, 1), "Toussaint", NATIONAL),
        day(date(year, 11, 11), "11 novembre", NATIONAL),
        day(date(year, 12, 25), "Noël", NATIONAL),
    ];
    list.extend(local(zone, year, easter));
    list.sort();
    Ok(list)
}

fn local(zone: Zone, year: i16, easter: Date) -> Vec<Holiday> {
    let abolition = |month, day| {
        vec![Holiday { date: date(year, month, day), name: "abolition de l'esclavage", legal_basis: OVERSEAS }]
    };
    let saint_etienne = Holiday { date: date(year, 12, 26), name: "26 décembre", legal_basis: LOCAL };
    match zone {
        Zone::AlsaceMoselle => vec![saint_etienne],
        Zone::AlsaceMoselleTemple => {
            vec![Holiday { date: after(easter, -2), name: "Vendredi saint", legal_basis: LOCAL }, saint_etienne]
        }
        Zone::Mayotte => abolition(4, 27),
        Zone::Martinique => abolition(5, 22),
        Zone::Guadeloupe => abolition(5, 27),
        // Moved from 27 to 28 May in 2018.
        Zone::SaintMartin => abolition(5, if year >= 2018 { 28 } else { 27 }),
        Zone::Guyane => abolition(6, 10),
        Zone::SaintBarthelemy => abolition(10, 9),
        Zone::Reunion => abolition(12, 20),
        _ => Vec::new(),
    }
}

/// The holiday that falls on `day`, if any (the first by name when two do).
pub fn holiday_on(day: Date, zone: Zone) -> Result<Option<Holiday>, CalendarGap> {
    Ok(holidays(zone, day.year())?.into_iter().find(|h| h.date == day))
}

/// Whether `day` is a *jour ouvrable* in `zone`, in the reading `mode`.
pub fn is_ouvrable(day: Date, zone: Zone, mode: Mode) -> Result<bool, CalendarGap> {
    let rest = match mode {
        Mode::LundiSamedi => day.weekday() == Weekday::Sunday,
        Mode::LundiVendredi => matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
    };
    Ok(!rest && holiday_on(day, zone)?.is_none())
}

/// [`is_ouvrable`], where the local closed days of the list are no working days either.
pub fn is_ouvrable_with(day: Date, zone: Zone, mode: Mode, closed: &JoursChomes) -> Result<bool, CalendarGap> {
    Ok(is_ouvrable(day, zone, mode)? && closed.on(day, zone).is_none())
}

/// The first *jour ouvrable* strictly after `day`.
pub fn next_ouvrable(day: Date, zone: Zone, mode: Mode) -> Result<Date, CalendarGap> {
    next_ouvrable_with(day, zone, mode, &JoursChomes::default())
}

/// [`next_ouvrable`], where the local closed days of the list are no working days either.
pub fn next_ouvrable_with(day: Date, zone: Zone, mode: Mode, closed: &JoursChomes) -> Result<Date, CalendarGap> {
    let mut next = after(day, 1);
    while !is_ouvrable_with(next, zone, mode, closed)? {
        next = after(next, 1);
    }
    Ok(next)
}

/// `day` moved by whole days; saturates at the ends of the calendar (years -9999 and 9999).
pub(crate) fn after(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_three_years() {
        let on =
            |zone, name: &str, year| holidays(zone, year).unwrap().into_iter().find(|h| h.name == name).unwrap().date;
        for (year, monday, ascension, pentecost, friday) in [
            (2026, date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 25), date(2026, 4, 3)),
            (2027, date(2027, 3, 29), date(2027, 5, 6), date(2027, 5, 17), date(2027, 3, 26)),
            (2028, date(2028, 4, 17), date(2028, 5, 25), date(2028, 6, 5), date(2028, 4, 14)),
        ] {
            assert_eq!(on(Zone::Metropole, "lundi de Pâques", year), monday);
            assert_eq!(on(Zone::Metropole, "Ascension", year), ascension);
            assert_eq!(on(Zone::Metropole, "lundi de Pentecôte", year), pentecost);
            assert_eq!(on(Zone::AlsaceMoselleTemple, "Vendredi saint", year), friday);
        }
        assert_eq!(on(Zone::SaintMartin, "abolition de l'esclavage", 2017), date(2017, 5, 27));
        assert_eq!(on(Zone::SaintMartin, "abolition de l'esclavage", 2018), date(2018, 5, 28));
    }

    #[test]
    fn what_is_not_known_is_said() {
        assert_eq!(holidays(Zone::NouvelleCaledonie, 2026), Err(CalendarGap::Zone(Zone::NouvelleCaledonie)));
        assert_eq!(holidays(Zone::Metropole, 2009), Err(CalendarGap::Year(2009)));
        assert_eq!(holidays(Zone::Metropole, 2101), Err(CalendarGap::Year(2101)));
        assert_eq!(Zone::ALL.into_iter().filter(|z| !z.complete()).count(), 5);
        assert_eq!(easter(1582), None);
    }

    #[test]
    fn every_zone_holds_the_national_days_and_every_day_says_why() {
        for year in FIRST_YEAR..=LAST_YEAR {
            let national = holidays(Zone::Metropole, year).unwrap();
            for zone in Zone::ALL.into_iter().filter(|z| z.complete()) {
                let list = holidays(zone, year).unwrap();
                assert!(national.iter().all(|h| list.contains(h)), "{zone:?} {year}");
                assert!(list.iter().all(|h| h.legal_basis.starts_with("Code du travail, art. L. 3")));
            }
        }
    }
}
