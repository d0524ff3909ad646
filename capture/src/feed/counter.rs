//! The number that a site's own counter says, as a person reads it: « 1 254 », « 1,2 k », "3.4M".

/// A counter, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counter {
    /// The number.
    pub(crate) value: u64,
    /// Whether the site rounds it: it then proves nothing about the last ones.
    pub(crate) rounded: bool,
}

/// Reads the digits, separators and unit that a counter begins with; `None` when they make no number.
pub(crate) fn read(text: &str) -> Option<Counter> {
    let text = text.trim().to_lowercase().replace(['\u{a0}', '\u{202f}', ' '], "");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = digits.trim_end_matches(['.', ',']);
    let unit = match unit {
        "" => 1,
        "k" | "mille" => 1_000,
        "m" | "million" | "millions" => 1_000_000,
        "md" => 1_000_000_000,
        _ => return None,
    };
    if unit == 1 {
        let grouped = groups(digits)?;
        return Some(Counter { value: grouped, rounded: false });
    }
    // With a unit, the separator is the decimal one.
    let (whole, part) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let whole: u64 = whole.parse().ok()?;
    let mut value = whole.checked_mul(unit)?;
    let mut weight = unit;
    for digit in part.chars() {
        weight /= 10;
        value = value.checked_add(u64::from(digit.to_digit(10)?).checked_mul(weight)?)?;
    }
    Some(Counter { value, rounded: true })
}

/// A whole number, its thousands set apart or not.
fn groups(digits: &str) -> Option<u64> {
    let parts: Vec<&str> = digits.split(['.', ',']).collect();
    let [first, rest @ ..] = parts.as_slice() else { return None };
    if first.is_empty() || rest.iter().any(|part| part.len() != 3) || (!rest.is_empty() && first.len() > 3) {
        return None;
    }
    parts.concat().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let exact = |value| Some(Counter { value, rounded: false });
        let rounded = |value| Some(Counter { value, rounded: true });
        for (text, wanted) in [
            ("137", exact(137)),
            ("1 254", exact(1254)),
            ("1\u{202f}254", exact(1254)),
            ("1,254", exact(1254)),
            ("12.345.678", exact(12_345_678)),
            ("1,2 k", rounded(1200)),
            ("3.4M", rounded(3_400_000)),
            ("12 mille", rounded(12_000)),
            ("1,5", None),
            ("1234,567", None),
            ("", None),
            ("k", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }

    proptest! {
        #[test]
        fn anything_is_a_number_or_nothing(text in ".{0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn a_number_with_its_thousands_set_apart_is_itself(value in 0_u64..1_000_000_000_000) {
            let plain = value.to_string();
            let mut apart = String::new();
            for (i, c) in plain.chars().enumerate() {
                if i > 0 && (plain.len() - i) % 3 == 0 { apart.push('\u{a0}'); }
                apart.push(c);
            }
            prop_assert_eq!(read(&apart), Some(Counter { value, rounded: false }));
        }
    }
}
