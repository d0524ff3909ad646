//! Journals made by hand, in the format of the dossier: what a session writes, line by line.
use dossier::{Instant, Journal, JournalEntry, Operation, Outcome, Sha256Digest, op};
use serde::Deserialize;
use serde_json::{Value, json};

/// A line before it has a place: operation, outcome, data.
pub(crate) type Line = (Operation, Outcome, Value);

/// A whole session in which everything this version measures came out as asked, but firewall and antivirus.
const SESSION: &str = include_str!("session.jsonl");

#[derive(Deserialize)]
struct Written {
    op: Operation,
    outcome: Outcome,
    data: Value,
}

/// Reads `lines` as a journal would be read from the disk: 500 ms apart, chained.
pub(crate) fn journal(lines: &[Line]) -> Journal {
    let mut bytes = Vec::new();
    let mut prev = Sha256Digest::ZERO;
    for (seq, (op, outcome, data)) in (0_u64..).zip(lines) {
        let Value::Object(data) = data.clone() else { panic!("data is an object") };
        let at = Instant::from_millisecond(1_795_252_323_045 + 500 * seq as i64).unwrap();
        let entry = JournalEntry { seq, at, mono_us: seq * 500_000, op: op.clone(), outcome: *outcome, data, prev };
        let line = entry.to_line().unwrap();
        prev = Sha256Digest::of(&line);
        bytes.extend(line);
        bytes.push(b'\n');
    }
    let (journal, torn) = Journal::read(&bytes[..]).unwrap();
    assert!(torn.is_none());
    journal
}

/// The lines of the sample session: two pages, the second reached by a link, and a capture of each.
pub(crate) fn full() -> Vec<Line> {
    let read = |line: &str| -> Line {
        let Written { op, outcome, data } = serde_json::from_str(line).unwrap();
        (op, outcome, data)
    };
    SESSION.lines().map(read).collect()
}

/// A telephone that is simulated, declared, and read as declared.
#[allow(dead_code, reason = "each test that shares this module uses what it needs")]
pub(crate) fn telephone() -> Line {
    let data = json!({
        "designation": "Samsung Galaxy S24", "width": 360, "height": 780, "density": 3, "orientation": "portrait", "touch": true,
        "agent": "Mozilla/5.0 (Linux; Android 10; K) Chrome/156.0.0.0 Mobile Safari/537.36", "reason": "Le prix diffère.",
        "declared_by": "officer", "differences": [], "how": "relu dans la page vierge",
    });
    (op::TELEPHONE, Outcome::Declared, data)
}
