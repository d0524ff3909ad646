//! The `Range` header of a request, for one range of octets (RFC 9110, sections 14.1.2 and 14.2).

/// What to send back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ranged {
    /// Everything: no range, several, or one that cannot be read, which a server ignores.
    Whole,
    /// The octets from the first to the last, both included.
    Part(u64, u64),
    /// Nothing of what is asked is there: 416.
    Unsatisfiable,
}

impl Ranged {
    /// Reads the header's value for a resource of `length` octets.
    pub(crate) fn parse(header: Option<&str>, length: u64) -> Self {
        let Some(set) = header.and_then(|h| h.strip_prefix("bytes=")) else { return Self::Whole };
        let Some((first, last)) = set.trim().split_once('-') else { return Self::Whole };
        let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
            true => text.parse::<u64>().ok(),
            false => None,
        };
        match (first, last) {
            ("", "") => Self::Whole,
            ("", suffix) => match number(suffix) {
                None => Self::Whole,
                Some(0) => Self::Unsatisfiable,
                Some(_) if length == 0 => Self::Unsatisfiable,
                Some(n) => Self::Part(length.saturating_sub(n), length - 1),
            },
            (first, last) => {
                let Some(first) = number(first) else { return Self::Whole };
                let last = match last {
                    "" => u64::MAX,
                    last => match number(last) {
                        Some(last) if last >= first => last,
                        _ => return Self::Whole,
                    },
                };
                if first >= length { Self::Unsatisfiable } else { Self::Part(first, last.min(length - 1)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_examples_of_the_rfc() {
        let cases = [
            ("bytes=0-499", Ranged::Part(0, 499)),
            ("bytes=500-999", Ranged::Part(500, 999)),
            ("bytes=-500", Ranged::Part(9500, 9999)),
            ("bytes=9500-", Ranged::Part(9500, 9999)),
            ("bytes=0-0", Ranged::Part(0, 0)),
            ("bytes=9999-20000", Ranged::Part(9999, 9999)),
            ("bytes=-20000", Ranged::Part(0, 9999)),
            ("bytes=10000-", Ranged::Unsatisfiable),
            ("bytes=-0", Ranged::Unsatisfiable),
            ("bytes=0-0,-1", Ranged::Whole),
            ("bytes=5-4", Ranged::Whole),
            ("bytes=a-b", Ranged::Whole),
            ("bytes=+1-2", Ranged::Whole),
            ("bytes=1-99999999999999999999", Ranged::Whole),
            ("bytes=-", Ranged::Whole),
            ("items=0-1", Ranged::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(Ranged::parse(Some(header), 10_000), expected, "{header}");
        }
        assert_eq!(Ranged::parse(None, 10), Ranged::Whole);
        assert_eq!(Ranged::parse(Some("bytes=-1"), 0), Ranged::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn a_part_is_always_inside(text in "bytes=[0-9]{0,21}-[0-9]{0,21}", length in any::<u64>()) {
            if let Ranged::Part(first, last) = Ranged::parse(Some(&text), length) {
                prop_assert!(first <= last && last < length);
            }
        }
    }
}
