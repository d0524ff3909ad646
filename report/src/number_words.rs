//! French numbers in words, traditional spelling, as acts write them.

/// Gender of the noun that follows: only *un / une* changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// un feuillet
    Masculine,
    /// une heure
    Feminine,
}

const UNITS: [&str; 17] = [
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize",
];
const TENS: [&str; 7] = ["", "dix", "vingt", "trente", "quarante", "cinquante", "soixante"];

/// A number that counts things: *quatre-vingts*, *deux cents*, *vingt et une*. Above 999 999 the digits are given,
/// since no act of this kind counts that far in words.
pub fn cardinal(n: u32, gender: Gender) -> String {
    words(n, gender, true)
}

/// A number that ranks, as a year does: *vingt* and *cent* stay without s (*l'an deux mille quatre-vingt*).
pub fn ranking(n: u32) -> String {
    words(n, Gender::Masculine, false)
}

fn words(n: u32, gender: Gender, plural: bool) -> String {
    match n {
        0..=99 => below_hundred(n, gender, plural),
        100..=999 => below_thousand(n, gender, plural),
        1000..=999_999 => {
            let (thousands, rest) = (n / 1000, n % 1000);
            let mut text = match thousands {
                1 => "mille".to_owned(),
                // "mille" is an adjective of number: what stands before it never takes the plural s.
                _ => format!("{} mille", words(thousands, Gender::Masculine, false)),
            };
            if rest > 0 {
                text.push(' ');
                text.push_str(&words(rest, gender, plural));
            }
            text
        }
        _ => n.to_string(),
    }
}

fn below_thousand(n: u32, gender: Gender, plural: bool) -> String {
    let (hundreds, rest) = (n / 100, n % 100);
    let cent = match (hundreds, rest) {
        (1, _) => "cent".to_owned(),
        (h, 0) if plural => format!("{} cents", unit(h)),
        (h, _) => format!("{} cent", unit(h)),
    };
    if rest == 0 { cent } else { format!("{cent} {}", below_hundred(rest, gender, plural)) }
}

fn below_hundred(n: u32, gender: Gender, plural: bool) -> String {
    match n {
        1 if gender == Gender::Feminine => "une".to_owned(),
        0..=16 => unit(n).to_owned(),
        17..=19 => format!("dix-{}", unit(n - 10)),
        20..=69 => match n % 10 {
            0 => ten(n / 10).to_owned(),
            1 => format!("{} et {}", ten(n / 10), below_hundred(1, gender, plural)),
            rest => format!("{}-{}", ten(n / 10), unit(rest)),
        },
        71 => "soixante et onze".to_owned(),
        70..=79 => format!("soixante-{}", below_hundred(n - 60, gender, plural)),
        80 if plural => "quatre-vingts".to_owned(),
        80 => "quatre-vingt".to_owned(),
        _ => format!("quatre-vingt-{}", below_hundred(n - 80, gender, plural)),
    }
}

fn unit(n: u32) -> &'static str {
    UNITS.get(n as usize).copied().unwrap_or("")
}

fn ten(n: u32) -> &'static str {
    TENS.get(n as usize).copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_rules_of_vingt_cent_mille_and_un() {
        let m = |n| cardinal(n, Gender::Masculine);
        let f = |n| cardinal(n, Gender::Feminine);
        for (n, expected) in [
            (0, "zéro"),
            (1, "un"),
            (17, "dix-sept"),
            (21, "vingt et un"),
            (70, "soixante-dix"),
            (71, "soixante et onze"),
            (77, "soixante-dix-sept"),
            (80, "quatre-vingts"),
            (81, "quatre-vingt-un"),
            (91, "quatre-vingt-onze"),
            (99, "quatre-vingt-dix-neuf"),
            (100, "cent"),
            (101, "cent un"),
            (180, "cent quatre-vingts"),
            (200, "deux cents"),
            (201, "deux cent un"),
            (1000, "mille"),
            (1999, "mille neuf cent quatre-vingt-dix-neuf"),
            (2026, "deux mille vingt-six"),
            (80_000, "quatre-vingt mille"),
            (200_000, "deux cent mille"),
        ] {
            assert_eq!(m(n), expected);
        }
        assert_eq!(f(1), "une");
        assert_eq!(f(21), "vingt et une");
        assert_eq!(f(81), "quatre-vingt-une");
        assert_eq!(f(101), "cent une");
        assert_eq!(ranking(2080), "deux mille quatre-vingt");
        assert_eq!(ranking(2200), "deux mille deux cent");
    }

    #[test]
    fn two_numbers_never_share_their_words() {
        let all: BTreeSet<String> = (0..=9999).map(|n| cardinal(n, Gender::Feminine)).collect();
        assert_eq!(all.len(), 10_000);
        let years: BTreeSet<String> = (0..=9999).map(ranking).collect();
        assert_eq!(years.len(), 10_000);
    }
}
