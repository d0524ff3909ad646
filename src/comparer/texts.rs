//! The text of a page, line by line: which lines went, which came.
use std::time::{Duration, Instant};

use serde::Serialize;
use similar::{Algorithm, DiffTag, capture_diff_slices_deadline, group_diff_ops};

/// How long the shortest difference is looked for; a longer one is taken after that.
const DEADLINE: Duration = Duration::from_secs(20);
/// Lines compared at most, of each text.
const MOST_LINES: usize = 200_000;
/// Lines of a difference told at most; all are counted.
const MOST_TOLD: usize = 2_000;
/// Characters told of a line.
const LONGEST_LINE: usize = 500;
/// Lines that stayed, told around those that changed.
const CONTEXT: usize = 2;

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct TextDifference {
    /// Lines that came, lines that went.
    pub(super) added: usize,
    pub(super) removed: usize,
    pub(super) lines: Vec<Line>,
    /// Lines of the difference that are not told.
    pub(super) untold: usize,
    /// The texts have more lines than are compared.
    pub(super) cut: bool,
}

/// A line of the difference: `-` went, `+` came, ` ` stayed. Numbers are from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Line {
    pub(super) mark: char,
    pub(super) before: Option<usize>,
    pub(super) after: Option<usize>,
    pub(super) text: String,
}

/// Compares two texts; spaces at the ends of lines do not count.
pub(super) fn difference(before: &str, after: &str) -> TextDifference {
    let lines = |text: &'_ str| text.lines().count() > MOST_LINES;
    let cut = lines(before) || lines(after);
    let a: Vec<&str> = before.lines().take(MOST_LINES).map(str::trim_end).collect();
    let b: Vec<&str> = after.lines().take(MOST_LINES).map(str::trim_end).collect();
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &a, &b, Instant::now().checked_add(DEADLINE));
    let mut found = TextDifference { added: 0, removed: 0, lines: Vec::new(), untold: 0, cut };
    for op in group_diff_ops(ops, CONTEXT).into_iter().flatten() {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            for (i, j) in old.zip(new) {
                found.tell(' ', Some(i), Some(j), a.get(i));
            }
            continue;
        }
        found.removed += old.len();
        found.added += new.len();
        old.for_each(|i| found.tell('-', Some(i), None, a.get(i)));
        new.for_each(|j| found.tell('+', None, Some(j), b.get(j)));
    }
    found
}

impl TextDifference {
    pub(super) fn is_empty(&self) -> bool {
        self.added == 0 && self.removed == 0
    }

    fn tell(&mut self, mark: char, before: Option<usize>, after: Option<usize>, text: Option<&&str>) {
        if self.lines.len() >= MOST_TOLD {
            self.untold += 1;
            return;
        }
        let text = shortened(text.copied().unwrap_or(""), LONGEST_LINE);
        let from_one = |n: Option<usize>| n.map(|n| n + 1);
        self.lines.push(Line { mark, before: from_one(before), after: from_one(after), text });
    }
}

/// The first characters of a text, and « … » when there are more.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_that_went_and_came_are_told_with_their_numbers() {
        let found = difference("un\ndeux\ntrois\nquatre\ncinq", "un\ndeux\nTROIS\nquatre\ncinq\nsix");
        assert_eq!((found.removed, found.added), (1, 2));
        let told: Vec<_> = found.lines.iter().map(|l| (l.mark, l.before, l.after, l.text.as_str())).collect();
        assert_eq!(told[2..4], [('-', Some(3), None, "trois"), ('+', None, Some(3), "TROIS")]);
        assert_eq!(told.last(), Some(&('+', None, Some(6), "six")));
        assert!(difference("a  \nb", "a\nb").is_empty());
    }

    #[test]
    fn what_is_told_is_bounded_and_what_is_counted_is_not() {
        let many: String = (0..5_000).map(|n| format!("{n}\n")).collect();
        let found = difference("", &many);
        assert_eq!((found.added, found.lines.len(), found.untold), (5_000, MOST_TOLD, 3_000));
        assert_eq!(shortened("éàü", 2), "éà…");
    }

    proptest! {
        #[test]
        fn any_texts_are_compared(a in "[ab\n\r é]{0,60}", b in "[ab\n\r é]{0,60}") {
            let found = difference(&a, &b);
            let lines = |t: &str| t.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(found.is_empty(), lines(&a) == lines(&b));
            prop_assert_eq!(lines(&a).len() + found.added, lines(&b).len() + found.removed);
        }
    }
}
