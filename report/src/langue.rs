//! The languages of a document: French is the act, English a courtesy translation of it; how each writes hours, numbers, lists
//! and quotations.
use dossier::Instant;
use jiff::Zoned;
use serde::{Deserialize, Serialize};

use crate::number_words::{Gender, cardinal};
use crate::{date_words, english};

/// The language a document is drawn up in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Langue {
    /// French: the act.
    #[default]
    Fr,
    /// English: a courtesy translation, which is no act and is never signed.
    En,
}

impl Langue {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// As written on the command line and in the record: `fr`, `en`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// Whether the document is the act, or the relevé technique, itself.
    pub fn is_act(&self) -> bool {
        *self == Self::Fr
    }

    /// `21 novembre 2026`, `21 November 2026`
    pub(crate) fn day(self, legal: &Zoned) -> String {
        match self {
            Self::Fr => date_words::day(legal),
            Self::En => english::day(legal),
        }
    }

    /// `10 h 12 min 03 s (UTC+1)`, `10:12:03 (UTC+1)`
    pub(crate) fn hour(self, legal: &Zoned) -> String {
        match self {
            Self::Fr => date_words::hour(legal),
            Self::En => english::hour(legal),
        }
    }

    /// Day and hour.
    pub(crate) fn moment(self, instant: Instant) -> String {
        let legal = instant.legal_time();
        match self {
            Self::Fr => date_words::moment(instant),
            Self::En => format!("{} at {}", english::day(&legal), english::hour(&legal)),
        }
    }

    /// A day of the journal, which is written `2021-05-03`: `03/05/2021`, `3 May 2021`. `None`: it is no day.
    pub(crate) fn day_asked(self, text: &str) -> Option<String> {
        match self {
            Self::Fr => match text.split('-').collect::<Vec<_>>()[..] {
                [year, month, day] if text.len() == 10 => Some(format!("{day}/{month}/{year}")),
                _ => None,
            },
            Self::En => self.civil_day(text),
        }
    }

    /// A declared day `AAAA-MM-JJ` as an act writes it. `None`: it is no day.
    pub(crate) fn civil_day(self, text: &str) -> Option<String> {
        let date = text.parse::<jiff::civil::Date>().ok()?;
        Some(self.day(&date.to_zoned(jiff::tz::TimeZone::UTC).ok()?))
    }

    /// The day in words.
    pub(crate) fn day_in_words(self, legal: &Zoned) -> String {
        match self {
            Self::Fr => date_words::day_in_words(legal),
            Self::En => english::day_in_words(legal),
        }
    }

    /// The hour in words.
    pub(crate) fn hour_in_words(self, legal: &Zoned) -> String {
        match self {
            Self::Fr => date_words::hour_in_words(legal),
            Self::En => english::hour_in_words(legal),
        }
    }

    /// Day and hour in words.
    pub(crate) fn instant_in_words(self, instant: Instant) -> String {
        match self {
            Self::Fr => date_words::instant_in_words(instant),
            Self::En => english::instant_in_words(instant),
        }
    }

    /// A number of things in words, for a noun that is feminine in French.
    pub(crate) fn count_in_words(self, n: u32) -> String {
        match self {
            Self::Fr => cardinal(n, Gender::Feminine),
            Self::En => english::cardinal(n),
        }
    }

    /// Whether a number of things asks for the plural: from two on in French; every number but one in English.
    pub(crate) fn is_plural(self, n: u64) -> bool {
        match self {
            Self::Fr => n > 1,
            Self::En => n != 1,
        }
    }

    /// An integer with its thousands apart: by unbreakable spaces, by commas.
    pub(crate) fn grouped(self, n: i64) -> String {
        let digits = n.unsigned_abs().to_string();
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push(if self.is_act() { '\u{a0}' } else { ',' });
            }
            out.push(c);
        }
        if n < 0 { format!("\u{2212}{out}") } else { out }
    }

    /// The sign between units and decimals.
    pub(crate) fn decimal(self) -> char {
        if self.is_act() { ',' } else { '.' }
    }

    /// A length of data.
    pub(crate) fn octets(self, n: i64) -> String {
        format!("{} {}", self.grouped(n), if self.is_act() { "octets" } else { "bytes" })
    }

    /// An amount in euros.
    pub(crate) fn euros(self, cents: u64) -> String {
        let (euros, cents) = (self.grouped(i64::try_from(cents / 100).unwrap_or(i64::MAX)), cents % 100);
        match self {
            Self::Fr => format!("{euros},{cents:02}\u{a0}€"),
            Self::En => format!("€{euros}.{cents:02}"),
        }
    }

    /// Things one after the other, which may hold commas themselves.
    pub(crate) fn list(self, items: &[String]) -> String {
        items.join(if self.is_act() { " ; " } else { "; " })
    }

    /// Words of others between the quotation marks of the language.
    pub(crate) fn quoted(self, words: &str) -> String {
        match self {
            Self::Fr => format!("«\u{a0}{words}\u{a0}»"),
            Self::En => format!("“{words}”"),
        }
    }

    /// What stands between a label and what it names.
    pub(crate) fn colon(self) -> &'static str {
        if self.is_act() { " : " } else { ": " }
    }

    /// What is said of a text that was cut, of `total` characters.
    pub(crate) fn cut(self, total: usize) -> String {
        match self {
            Self::Fr => format!("coupé : {total} caractères en tout"),
            Self::En => format!("cut: {total} characters in all"),
        }
    }

    /// The length of an address that is printed in part.
    pub(crate) fn characters(self, total: usize) -> String {
        format!("{total} {}", if self.is_act() { "caractères" } else { "characters" })
    }

    /// The spacing and signs of our own words.
    pub(crate) fn typography(self, words: &str) -> String {
        // In French: an unbreakable space before the high signs, inside guillemets and after n°.
        const FRENCH: &[(&str, &str)] = &[
            (" :", "\u{a0}:"),
            (" ;", "\u{a0};"),
            (" ?", "\u{a0}?"),
            (" !", "\u{a0}!"),
            (" »", "\u{a0}»"),
            ("« ", "«\u{a0}"),
            ("n° ", "n°\u{a0}"),
            (" %", "\u{a0}%"),
        ];
        const ENGLISH: &[(&str, &str)] = &[("No. ", "No.\u{a0}")];
        let rules = if self.is_act() { FRENCH } else { ENGLISH };
        rules.iter().fold(words.replace('\'', "’"), |text, (plain, fixed)| text.replace(plain, fixed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_numbers_its_own_way() {
        let of = |langue: Langue| (langue.grouped(-1_234_567), langue.octets(1200), langue.euros(123_456));
        let plain = |text: String| text.replace('\u{a0}', " ");
        let (n, octets, euros) = of(Langue::Fr);
        assert_eq!(
            [plain(n), plain(octets), plain(euros)],
            ["\u{2212}1 234 567", "1 200 octets", "1 234,56 €"].map(str::to_owned)
        );
        let (n, octets, euros) = of(Langue::En);
        assert_eq!([n, octets, euros], ["\u{2212}1,234,567", "1,200 bytes", "€1,234.56"].map(str::to_owned));
        for (n, french, english) in [(0, false, true), (1, false, false), (2, true, true)] {
            assert_eq!((Langue::Fr.is_plural(n), Langue::En.is_plural(n)), (french, english), "{n}");
        }
    }

    #[test]
    fn each_language_has_its_signs() {
        assert_eq!(Langue::Fr.typography("l'un : « n° 1 »"), "l’un\u{a0}: «\u{a0}n°\u{a0}1\u{a0}»");
        assert_eq!(Langue::En.typography("one's: “No. 1” ; 20 %"), "one’s: “No.\u{a0}1” ; 20 %");
        assert_eq!(Langue::En.quoted("a"), "“a”");
        assert_eq!(Langue::En.list(&["a".into(), "b, c".into()]), "a; b, c");
    }

    #[test]
    fn days_are_written_as_the_language_writes_them() {
        let told = |langue: Langue| ["2021-05-03", "03/05/2021"].map(|text| langue.day_asked(text));
        assert_eq!(told(Langue::Fr), [Some("03/05/2021".into()), None]);
        assert_eq!(told(Langue::En), [Some("3 May 2021".into()), None]);
        assert_eq!(Langue::Fr.civil_day("1980-01-01").as_deref(), Some("1er janvier 1980"));
        assert_eq!(Langue::En.civil_day("1980-01-01").as_deref(), Some("1 January 1980"));
    }
}
