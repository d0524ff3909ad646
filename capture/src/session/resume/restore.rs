//! What a session knows of those before it, read back from the journal and the files: counters never go back, lists are whole.
use std::net::IpAddr;

use dossier::{ArtefactKind, Instant, Journal, JournalEntry, Outcome, op};
use serde_json::Value;

use crate::CaptureError;
use crate::archive::{Before, PageEntry};
use crate::session::{Session, Totals};

/// Folders whose files are numbered, each with what stands before its number.
const NUMBERED: [(&str, &str); 5] =
    [("screens", ""), ("captures", ""), ("downloads", ""), ("logs", "incomplet-"), ("time", "")];

/// Findings of a page that was lost.
const LOSSES: [&str; 3] = ["capture.browser_lost", "capture.page_crash", "capture.page_unresponsive"];

impl Session<'_> {
    /// Takes over counters and lists.
    pub(super) fn restore(&mut self, journal: &Journal, before: &Before) -> Result<(), CaptureError> {
        let root = self.dossier.root().to_path_buf();
        let last = |(folder, before): (&str, &str)| {
            let names = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
            names.filter_map(|entry| number(&entry.file_name().to_string_lossy(), before)).max().unwrap_or(0)
        };
        // Names of files too: one that no line announces keeps its name, and its number.
        let [screens, captures, downloads, lists, tokens] = NUMBERED.map(last);
        let told = journal.of(&op::STEP_END).filter_map(|e| e.integer("capture")).filter_map(|n| u32::try_from(n).ok());
        self.captures = told.max().unwrap_or(0).max(screens).max(captures);
        (self.downloads, self.lists) = (downloads, lists);
        self.questions.go_on_after(tokens);
        let starts = journal.of(&op::BROWSER_START).filter(|e| e.outcome == Outcome::Begin);
        self.browsers = u32::try_from(starts.count()).unwrap_or(u32::MAX);
        self.course.browsers = self.browsers;
        for finding in journal.of(&op::FINDING) {
            self.findings.extend(serde_json::from_value(Value::Object(finding.data.clone())));
        }
        self.certificates = before.certificates.clone();
        self.restore_hosts(journal);
        self.restore_pages(journal, before);
        self.restore_outcomes(journal);
        Ok(())
    }

    fn restore_hosts(&mut self, journal: &Journal) {
        for entry in journal.of(&op::TARGET_FACTS) {
            let Some(host) = entry.text("host") else { continue };
            let used = entry.data.get("addresses").and_then(Value::as_array).into_iter().flatten();
            let used = used.filter_map(|a| a.as_str()?.trim_matches(['[', ']']).parse::<IpAddr>().ok());
            self.hosts.entry(host.to_owned()).or_default().extend(used);
        }
    }

    /// The list of pages goes on: each page with the date of its answer, and the text of its last capture.
    fn restore_pages(&mut self, journal: &Journal, before: &Before) {
        for entry in journal.entries() {
            if entry.op == op::PAGE_REACHED && entry.outcome != Outcome::Failed {
                self.pages.extend(page(entry, before));
            }
            if entry.op == op::ARTEFACT
                && entry.text("kind") == Some(ArtefactKind::Text.as_str())
                && let (Some(page), Some(path)) = (self.pages.last_mut(), entry.text("path"))
            {
                page.text = std::fs::read_to_string(self.dossier.root().join(path)).unwrap_or_default();
            }
        }
    }

    /// Whether every step that was done was done well; what the browsers that ended recorded; the packets.
    fn restore_outcomes(&mut self, journal: &Journal) {
        let next = i64::from(self.course.next());
        let done = journal.of(&op::STEP_END).filter(|e| e.integer("step").is_some_and(|n| n < next));
        let mut last = std::collections::BTreeMap::new();
        for end in done {
            last.insert(end.integer("step"), end.outcome);
        }
        // What made an earlier session less than whole still does.
        let short = |code: &str| code.starts_with("capture.limit_") || LOSSES.contains(&code);
        let cut = journal.of(&op::FINDING).any(|e| e.text("code").is_some_and(short));
        self.whole = !cut && last.values().all(|outcome| *outcome == Outcome::Ok);
        let number = |e: &JournalEntry, key: &str| e.integer(key).and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        for account in journal.of(&op::ACCOUNT_RECONCILE) {
            let (seen, stored) = (number(account, "requests_cdp"), number(account, "exchanges_stored"));
            self.totals = Totals {
                seen: self.totals.seen + seen,
                stored: self.totals.stored + stored,
                ..std::mem::take(&mut self.totals)
            };
        }
        let (mut begun, mut kept) = (0, 0);
        for entry in journal.of(&op::PACKETS) {
            match entry.outcome {
                Outcome::Begin => begun += 1,
                Outcome::Ok => kept += 1,
                _ => {}
            }
            self.packets_kept |= entry.data.contains_key("path");
        }
        // Those of a browser that went with its session went with it.
        self.packets_whole = (begun > 0).then_some(begun == kept);
    }
}

/// The number a file's name begins with, after `before`.
fn number(name: &str, before: &str) -> Option<u32> {
    let digits: String = name.strip_prefix(before)?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn page(entry: &JournalEntry, before: &Before) -> Option<PageEntry> {
    let url = entry.text("url").filter(|url| !url.is_empty())?;
    let asked = url.split('#').next().unwrap_or(url);
    let dates = before.responses.iter().filter(|(at, date)| at == asked && *date <= entry.at).map(|(_, date)| *date);
    let date: Instant = dates.max().unwrap_or(entry.at);
    Some(PageEntry {
        url: asked.to_owned(),
        date,
        title: entry.text("title").unwrap_or_default().to_owned(),
        text: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_their_numbers() {
        assert_eq!(number("0012-ecran.png", ""), Some(12));
        assert_eq!(number("incomplet-0003.jsonl", "incomplet-"), Some(3));
        for name in ["etape-0001-arrivee.png", "chromium.txt", "incomplet-x"] {
            assert_eq!(number(name, ""), None, "{name}");
        }
    }
}
