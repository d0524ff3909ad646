//! The tokens taken while the session ran: whether each is over the journal line it says, and what they make of the clock.
//!
//! RFC 3161 says when a line existed at the latest; the line says when this machine wrote it. Both together bound the
//! error of the machine's clock, on both sides, for every line between two tokens.
use std::collections::BTreeMap;

use dossier::{Finding, Instant, Journal, JournalEntry, Level, Outcome, op};
use serde_json::Value;

use super::container::Container;
use super::signature::MAX_CMS;
use super::{Claim, Report, SealFacts, SessionTokenFacts, clock, qualification};
use crate::tsp::{TokenFacts, check_token};
use crate::{BlockHeader, TimestampError, TrustAnchors};

/// How far this machine's clock may be from an authority's, beside the accuracy stated, before it is a reserve.
const CLOCK_MS: i64 = 2_000;
/// Beyond which a time this machine states is held false.
const FALSE_MS: i64 = 5 * 60_000;
/// How much later than the closing the seal may be dated before it is a reserve.
const GAP_MS: i64 = 60 * 60_000;
/// How far the time of a block may be from the truth (Bitcoin developer reference, "Block headers").
const BLOCK_MS: i64 = 2 * 60 * 60_000;
/// Tokens looked at: a session of a day with one every minute and several authorities stays below.
const MOST: usize = 10_000;

/// Checks every token the journal announces, then their order and the clock.
pub(super) fn check(
    container: &Container,
    journal: &Journal,
    anchors: &TrustAnchors,
    sealed: Option<Instant>,
    report: &mut Report,
    facts: &mut SealFacts,
) {
    not_before(journal, report);
    let announced: Vec<&JournalEntry> = journal.of(&op::TIME_TOKEN).take(MOST).collect();
    for entry in announced.iter().filter(|entry| entry.outcome == Outcome::Ok) {
        if entry.text("path").is_some_and(|path| container.withheld.contains(path)) {
            report.withhold(Claim::Session);
            continue;
        }
        if let Some(token) = one(container, journal, entry, anchors, report, facts) {
            facts.session.push(token);
        }
        if report.stops() {
            return;
        }
    }
    let lacking = announced.iter().filter(|entry| entry.outcome == Outcome::Failed).count();
    bracket(&facts.session, lacking, report);
    check_order(&facts.session, sealed, report);
    check_gap(journal, sealed, report);
    clock::check_interruptions(journal, report);
    clock::check_steps(journal, report);
    clock::check_sources(journal, &facts.session, report);
}

/// The unpredictable public value: it holds by itself, and says what the journal says of it.
fn not_before(journal: &Journal, report: &mut Report) {
    for entry in journal.of(&op::TIME_NOT_BEFORE).filter(|entry| entry.outcome == Outcome::Ok).take(MOST) {
        let stated = (entry.text("hash"), entry.text("block_time"));
        match BlockHeader::parse(entry.text("header").unwrap_or_default()) {
            Ok(block) if stated == (Some(block.hash.as_str()), Some(block.time.to_string().as_str())) => {
                let what = "Le journal contient l'en-tête d'un bloc public : ce qui le suit n'a pas pu être écrit avant ce bloc. \
                            L'heure du bloc est celle de son mineur, à deux heures près.";
                let found = format!("{} ({})", block.time, block.hash);
                report.add(Finding::new("time.not_before", Level::Info, what).found(found));
                if block.time.as_millisecond() > entry.at.as_millisecond() + BLOCK_MS {
                    let what = "Un bloc public est daté après la ligne du journal qui le contient.";
                    report.fail("clock.order", what, block.time, format!("ligne {} : {}", entry.seq, entry.at));
                }
            }
            Ok(block) => {
                let what = "Le journal ne dit pas d'un bloc public ce que dit son en-tête.";
                report.fail("time.not_before", what, block.hash, stated.0.unwrap_or_default());
            }
            Err(why) => {
                let what = "L'en-tête de bloc inscrit au journal ne vaut rien.";
                report.fail_found("time.not_before", what, format!("ligne {} : {why}", entry.seq));
            }
        }
    }
}

/// One token: over the line it names, and saying what the journal says it says.
fn one(
    container: &Container,
    journal: &Journal,
    entry: &JournalEntry,
    anchors: &TrustAnchors,
    report: &mut Report,
    facts: &mut SealFacts,
) -> Option<SessionTokenFacts> {
    let path = entry.text("path").unwrap_or_default();
    let seq = entry.integer("seq").and_then(|seq| usize::try_from(seq).ok());
    let line = seq.filter(|seq| (*seq as u64) < entry.seq).and_then(|seq| journal.entries().get(seq));
    let Some(line) = line else {
        let what = "Un jeton de la session désigne une ligne du journal qui ne le précède pas.";
        report.fail_found("time.session_line", what, path);
        return None;
    };
    let token = match container.small(path, MAX_CMS) {
        Ok(token) => token,
        Err(finding) => {
            report.add(finding);
            return None;
        }
    };
    let octets = line.to_line().ok()?;
    match check_token(&token, &octets, anchors) {
        Ok(token) => {
            qualification::authority(facts, anchors, path, &token, report);
            Some(agreed(entry, line, path, token, report))
        }
        Err(TimestampError::Chain { why }) => {
            let what =
                "Un jeton de la session ne mène à aucune racine de confiance fournie : son heure n'est pas établie.";
            report.add(Finding::new("time.no_chain", Level::Indeterminate, what).found(format!("{path} : {why}")));
            None
        }
        Err(error) => {
            let what = "Un jeton d'horodatage pris pendant la session est faux.";
            report.fail_found(error.code(), what, format!("{path} : {error}"));
            None
        }
    }
}

/// The token against the line that announces it, and against the clock of this machine.
fn agreed(
    entry: &JournalEntry,
    line: &JournalEntry,
    path: &str,
    token: TokenFacts,
    report: &mut Report,
) -> SessionTokenFacts {
    let accuracy = token.accuracy_us.map_or(Value::Null, Value::from);
    let stated = [
        ("gen_time", Value::from(token.gen_time.to_string())),
        ("serial", Value::from(token.serial.clone())),
        ("policy", Value::from(token.policy.clone())),
        ("accuracy_us", accuracy),
    ];
    for (key, value) in stated {
        let told = entry.data.get(key).cloned().unwrap_or(Value::Null);
        if told != value {
            let what = "Le journal ne dit pas d'un jeton de la session ce que dit le jeton.";
            report.fail("time.session_differs", what, format!("{key} : {value}"), format!("{path} : {told}"));
        }
    }
    let written = line.at.as_millisecond() - token.gen_time.as_millisecond();
    if written > FALSE_MS {
        let what = "Une ligne du journal est datée après le jeton d'horodatage qui la couvre.";
        report.fail("clock.order", what, token.gen_time, format!("ligne {} : {}", line.seq, line.at));
    }
    let offset_ms = offset(entry, &token);
    if let Some(offset) = offset_ms.filter(|offset| offset.abs() > CLOCK_MS + accuracy_ms(token.accuracy_us)) {
        let what = "L'horloge de la machine s'écartait de celle d'une autorité d'horodatage pendant la session.";
        let found = format!("{offset} ms ({path})");
        let finding = Finding::new("clock.offset", Level::Warn, what);
        report.add(finding.values(format!("au plus {CLOCK_MS} ms, précision en sus"), found));
    }
    SessionTokenFacts {
        entry: path.to_owned(),
        phase: entry.text("phase").unwrap_or_default().to_owned(),
        line: line.seq,
        authority: token.authority,
        gen_time: token.gen_time,
        serial: token.serial,
        accuracy_us: token.accuracy_us,
        offset_ms,
    }
}

/// How far this machine's clock was ahead of the authority's: zero when genTime falls inside the exchange.
fn offset(entry: &JournalEntry, token: &TokenFacts) -> Option<i64> {
    let instant = |key: &str| entry.text(key).and_then(|text| text.parse::<Instant>().ok());
    let (sent, received) = (instant("sent_at")?.as_millisecond(), instant("received_at")?.as_millisecond());
    let stamped = token.gen_time.as_millisecond();
    Some(if stamped < sent { sent - stamped } else { received.min(stamped) - stamped })
}

fn accuracy_ms(accuracy_us: Option<u64>) -> i64 {
    // Unknown is not zero; a second is what EN 319 421 asks of an authority at the worst. Times may also be cut to it.
    accuracy_us.map_or(1000, |us| i64::try_from(us / 1000).unwrap_or(FALSE_MS)).clamp(1000, FALSE_MS)
}

/// Whether tokens stand on both sides of what was done.
fn bracket(tokens: &[SessionTokenFacts], lacking: usize, report: &mut Report) {
    let first = tokens.iter().filter(|t| t.phase == "opening").map(|t| t.gen_time).min();
    let last = tokens.iter().filter(|t| t.phase == "closing").map(|t| t.gen_time).max();
    match (first, last) {
        (Some(first), Some(last)) => {
            let what = "La session est encadrée par des jetons d'horodatage : le premier couvre les opérations préalables, le \
                        dernier tout le journal avant sa clôture.";
            report.add(Finding::new("time.session", Level::Info, what).found(format!("{first} – {last}")));
        }
        _ if lacking > 0 => {
            let what = "La session n'est pas encadrée par des jetons d'horodatage : des autorités n'ont pas répondu.";
            report.add(Finding::new("time.session_open", Level::Warn, what).found(lacking));
        }
        _ => {
            let what = "La session n'est pas encadrée par des jetons d'horodatage : le jeton du sceau prouve seulement qu'elle \
                        a eu lieu avant lui.";
            report.add(Finding::new("time.session_open", Level::Info, what));
        }
    }
}

/// Later lines have later tokens, and none is later than the seal's. Two tokens are in a certain order only when they differ
/// by more than both accuracies (RFC 3161 2.4.2, `ordering`).
fn check_order(tokens: &[SessionTokenFacts], sealed: Option<Instant>, report: &mut Report) {
    let mut by_line: BTreeMap<u64, Vec<&SessionTokenFacts>> = BTreeMap::new();
    for token in tokens {
        by_line.entry(token.line).or_default().push(token);
    }
    let mut latest: Option<&SessionTokenFacts> = None;
    for token in by_line.values().flatten() {
        let margin = |before: &SessionTokenFacts| accuracy_ms(before.accuracy_us) + accuracy_ms(token.accuracy_us);
        if let Some(before) = latest.filter(|before| {
            before.line < token.line
                && before.gen_time.as_millisecond() > token.gen_time.as_millisecond() + margin(before)
        }) {
            let what = "Un jeton sur une ligne du journal est plus ancien qu'un jeton sur une ligne qui la précède.";
            let found = format!("{} : {}", token.entry, token.gen_time);
            report.fail("time.session_order", what, format!("{} : {}", before.entry, before.gen_time), found);
        }
        if latest.is_none_or(|before| before.gen_time < token.gen_time) {
            latest = Some(token);
        }
    }
    if let (Some(sealed), Some(last)) = (sealed, latest)
        && last.gen_time.as_millisecond() > sealed.as_millisecond() + 2 * accuracy_ms(last.accuracy_us)
        && tokens.iter().all(|token| token.line <= last.line)
    {
        let what = "Un jeton de la session est plus récent que celui du sceau, qui le couvre.";
        report.fail("time.session_order", what, sealed, format!("{} : {}", last.entry, last.gen_time));
    }
}

/// How long after the closing the seal is dated.
fn check_gap(journal: &Journal, sealed: Option<Instant>, report: &mut Report) {
    let closed = journal.entries().last().map(|entry| entry.at);
    let (Some(sealed), Some(closed)) = (sealed, closed) else { return };
    let gap = sealed.as_millisecond() - closed.as_millisecond();
    if gap > GAP_MS {
        let what = "Le jeton du sceau est très postérieur à la clôture de la session : entre les deux, rien d'extérieur ne date \
                    le dossier.";
        report.add(Finding::new("time.gap", Level::Warn, what).found(format!("{} min", gap / 60_000)));
    }
}
