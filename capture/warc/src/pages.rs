//! The list of the pages of a package: `pages/pages.jsonl`, a header line, then one object a page.
use dossier::Instant;
use serde::{Deserialize, Serialize};

use crate::WarcError;

/// One page. `ts` must equal the `WARC-Date` of the main response, or replay opens another capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Its name, unique in the list.
    #[serde(default)]
    pub id: String,
    /// Its address, as in the index.
    pub url: String,
    /// When it was captured.
    pub ts: Instant,
    /// Its title, when it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text, for searching.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    id: String,
    #[serde(default)]
    title: String,
}

const FORMAT: &str = "json-pages-1.0";

/// The whole list, lines ended by a line feed. `title` names the list.
pub fn write_pages(title: &str, pages: &[Page]) -> String {
    let header = Header { format: FORMAT.into(), id: "pages".into(), title: title.into() };
    // These types hold text only: serialising them cannot fail.
    let mut text = serde_json::to_string(&header).unwrap_or_default() + "\n";
    for page in pages {
        text.push_str(&serde_json::to_string(page).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// Reads a list: header line, then pages. An error names the line.
pub fn read_pages(text: &str) -> Result<Vec<Page>, WarcError> {
    let bad = |line: usize, why: String| WarcError::wacz("pages/pages.jsonl", format!("line {line}: {why}"));
    let mut lines = text.lines().zip(1..);
    let (first, _) = lines.next().ok_or_else(|| bad(1, "no header line".into()))?;
    let header: Header = serde_json::from_str(first).map_err(|error| bad(1, error.to_string()))?;
    if header.format != FORMAT {
        return Err(bad(1, format!("format is not {FORMAT}")));
    }
    lines
        .filter(|(line, _)| !line.is_empty())
        .map(|(line, number)| serde_json::from_str(line).map_err(|error| bad(number, error.to_string())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_exact_and_broken_ones_refused() {
        let page = Page {
            id: "1".into(),
            url: "http://example.org/".into(),
            ts: "2026-11-21T09:12:03.045Z".parse().unwrap(),
            title: Some("Été".into()),
            text: None,
        };
        let text = write_pages("Constat", &[page]);
        assert_eq!(
            text,
            "{\"format\":\"json-pages-1.0\",\"id\":\"pages\",\"title\":\"Constat\"}\n\
             {\"id\":\"1\",\"url\":\"http://example.org/\",\"ts\":\"2026-11-21T09:12:03.045Z\",\"title\":\"Été\"}\n"
        );
        for bad in ["", "{}", "{\"format\":\"x\",\"id\":\"p\"}", &format!("{text}{{}}"), &format!("{text}x")] {
            assert_eq!(read_pages(bad).unwrap_err().code(), "warc.wacz", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(rows in prop::collection::vec(("\\PC{0,9}", "\\PC{0,9}", any::<Option<String>>(), 0_i64..4_000_000_000_000), 0..9)) {
            let pages: Vec<_> = rows.into_iter().map(|(id, url, text, ms)| Page {
                id, url, ts: Instant::from_millisecond(ms).unwrap(), title: text.clone(), text,
            }).collect();
            prop_assert_eq!(read_pages(&write_pages("t", &pages)).unwrap(), pages);
        }
    }
}
