//! The hours that servers gave with their answers, beside ours, and the answers that were not made for us at that moment.
use dossier::Instant;
use serde_json::{Value, json};

use super::Response;
use crate::archive::Exchange;

/// How far a server's hour may be from ours, in seconds: its clock, and the time its answer took.
const TOLERANCE_S: i64 = 10;
/// How many of each are named.
const NAMED: usize = 20;
/// The longest address kept, in characters.
const LONGEST: usize = 500;

/// What was seen of the answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ages {
    answers: u64,
    dated: u64,
    /// The least and the greatest distance of a server's hour from ours, in seconds, answers from caches aside.
    nearest: Option<(i64, i64)>,
    apart: Few,
    cached: Few,
}

/// The first ones named, all counted.
#[derive(Clone, Debug, Default)]
struct Few {
    named: Vec<Value>,
    count: u64,
}

impl Few {
    fn add(&mut self, one: impl FnOnce() -> Value) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(one());
        }
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        let room = NAMED.saturating_sub(self.named.len());
        self.named.extend(other.named.iter().take(room).cloned());
    }
}

impl Ages {
    /// Looks at one exchange that is stored.
    pub(crate) fn see(&mut self, exchange: &Exchange) {
        let Some(response) = exchange.response.as_ref().filter(|response| response.status > 0) else { return };
        let url: String = exchange.url.chars().take(LONGEST).collect();
        self.answers += 1;
        let why = cached(response);
        if let Some(why) = &why {
            self.cached.add(|| json!({"url": url, "kind": exchange.kind, "why": why}));
        }
        let Some(date) = response.header("date").and_then(instant) else { return };
        self.dated += 1;
        if why.is_some() || !response.is_from_network() {
            return;
        }
        let apart = (date.as_millisecond() - exchange.date.as_millisecond()) / 1000;
        let (least, most) = self.nearest.unwrap_or((apart, apart));
        self.nearest = Some((least.min(apart), most.max(apart)));
        if apart.abs() > TOLERANCE_S {
            let (asked, given) = (exchange.date, response.header("date").unwrap_or("").to_owned());
            self.apart.add(|| json!({"url": url, "date": given, "received_at": asked, "apart_s": apart}));
        }
    }

    /// Adds what another browser's recorder saw.
    pub(crate) fn join(&mut self, other: &Self) {
        self.answers += other.answers;
        self.dated += other.dated;
        self.nearest = match (self.nearest, other.nearest) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        self.apart.join(&other.apart);
        self.cached.join(&other.cached);
    }

    /// The data of the journal line `archive.answers`, and whether a server's hour stands apart.
    pub(crate) fn line(&self) -> (Value, bool) {
        let (least, most) = self.nearest.unzip();
        let data = json!({
            "answers": self.answers, "dated": self.dated, "least_s": least, "most_s": most, "tolerance_s": TOLERANCE_S,
            "apart": self.apart.named, "apart_count": self.apart.count,
            "cached": self.cached.named, "cached_count": self.cached.count,
            "how": "en-tête Date (RFC 9110, 6.6.1) de chaque réponse, comparé à l'heure de sa demande ; caches : dits par le \
                    navigateur, par l'en-tête Age (RFC 9111, 5.1) ou par la réponse 304",
        });
        (data, self.apart.count > 0)
    }
}

/// Why an answer was not made by the site for this request.
fn cached(response: &Response) -> Option<String> {
    if !response.is_from_network() {
        return response.source.map(str::to_owned);
    }
    if response.status == 304 {
        return Some("304 (RFC 9110, 15.4.5)".to_owned());
    }
    let age: u64 = response.header("age")?.trim().parse().ok()?;
    (age > 0).then(|| format!("Age: {age}"))
}

fn instant(text: &str) -> Option<Instant> {
    let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
    Instant::from_millisecond(zoned.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_of_a_server_is_read() {
        let at = instant("Sat, 21 Nov 2026 09:12:03 GMT").unwrap();
        assert_eq!(at.to_string(), "2026-11-21T09:12:03.000Z");
        for wrong in ["", "hier", "Sat, 99 Nov 2026 09:12:03 GMT"] {
            assert!(instant(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn few_are_named_and_all_are_counted() {
        let mut few = Few::default();
        (0..30).for_each(|n| few.add(|| json!(n)));
        let mut all = Few::default();
        all.join(&few);
        all.join(&few);
        assert_eq!((all.named.len(), all.count), (NAMED, 60));
    }
}
