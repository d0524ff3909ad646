//! What goes to stdout: one JSON object, or lines for a person; everything else goes to stderr.
use std::io::Write as _;

use serde::Serialize;

/// Prints one JSON object on one line.
pub(crate) fn json<T: Serialize>(value: &T) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => eprintln!("erreur [cli.json] : {error}"),
    }
}

/// Prints one line; a closed pipe is not an error worth a message.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Escapes control characters and bidirectional marks, so that a hostile page cannot write on the terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let hostile = c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if hostile { c.escape_unicode().collect::<Vec<_>>() } else { vec![c] }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn terminal_escapes_are_shown_not_sent() {
        assert_eq!(super::printable("a\u{1b}[31mb\u{202e}c"), "a\\u{1b}[31mb\\u{202e}c");
        assert_eq!(super::printable("déjà vu"), "déjà vu");
    }
}
