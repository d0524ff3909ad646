//! When the next run is made: intervals as people write them, an end, a wait that is shown and that Ctrl-C ends.
use std::time::Duration;

use capture::Stop;
use dossier::{Clock, Instant};
use tokio::runtime::Runtime;

use crate::progress::Terminal;

/// The longest interval: a year.
const LONGEST: u64 = 366 * 86_400;
/// How often the time is looked at while waiting: the machine may have slept, or its clock been set.
const LOOK: Duration = Duration::from_millis(500);

/// Reads an interval: numbers, each with its unit (`s`, `min`, `h`, `j`), such as `6h`, `1h30min`, `90s`.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let expected = || format!("« {text} » : une durée d'une seconde à un an est attendue, par exemple 30min, 6h ou 1j");
    let (mut seconds, mut rest) = (0_u64, text.trim());
    if rest.is_empty() {
        return Err(expected());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(expected)?;
        let number: u64 = rest[..digits].parse().map_err(|_| expected())?;
        let after = &rest[digits..];
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let unit = match after[..end].trim() {
            "s" => 1,
            "min" | "m" => 60,
            "h" => 3_600,
            "j" | "d" => 86_400,
            _ => return Err(expected()),
        };
        seconds = number.checked_mul(unit).and_then(|n| n.checked_add(seconds)).ok_or_else(expected)?;
        rest = &after[end..];
    }
    if (1..=LONGEST).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(expected()) }
}

/// The instant `interval` after another.
pub(super) fn after(start: Instant, interval: Duration) -> Instant {
    let ms = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
    Instant::from_millisecond(start.as_millisecond().saturating_add(ms)).unwrap_or(start)
}

/// French legal time, with its zone.
pub(super) fn legal(at: Instant) -> String {
    at.legal_time().strftime("%d/%m/%Y à %H:%M:%S (%Z, UTC%:z)").to_string()
}

/// Waits until `at`, or until a stop is asked: whether to go on. Never longer than `interval` by the monotonic clock: a clock
/// that is set back does not keep the next run from being made.
pub(super) fn wait(
    runtime: &Runtime,
    clock: &dyn Clock,
    (at, interval): (Instant, Duration),
    stop: &Stop,
    terminal: &Terminal,
) -> bool {
    let begun = clock.monotonic();
    loop {
        if stop.requested().is_some() {
            return false;
        }
        let left = at.as_millisecond().saturating_sub(clock.now().as_millisecond());
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let left = left.min(interval.saturating_sub(clock.monotonic().saturating_sub(begun)));
        if left.is_zero() {
            return true;
        }
        terminal.live(&format!("prochain passage dans {} s", left.as_secs() + 1));
        let _ = runtime.block_on(async { tokio::time::timeout(left.min(LOOK), stop.wait()).await });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_as_people_write_them() {
        for (text, seconds) in
            [("2s", 2), ("30min", 1_800), ("6h", 21_600), ("1h30min", 5_400), ("1 j", 86_400), ("15m", 900)]
        {
            assert_eq!(interval(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in
            ["", "6", "h", "0s", "6 semaines", "367j", "99999999999999999999h", "18446744073709551615j", "-2h", "2,5h"]
        {
            assert!(interval(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_is_told_as_the_law_has_it() {
        let at: Instant = "2026-11-23T07:00:00Z".parse().unwrap();
        assert_eq!(legal(after(at, Duration::from_secs(3_600))), "23/11/2026 à 09:00:00 (CET, UTC+01:00)");
    }
}
