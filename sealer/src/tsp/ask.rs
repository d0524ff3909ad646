//! Asking an authority: a bounded number of attempts, each told; a token that does not pass every check never counts.
use std::time::Duration;

use dossier::{Clock, Instant};

use super::request::{Request, token_of};
use super::{TimestampAuthority, TokenFacts, check_token};
use crate::{Random, TimestampError};

/// Attempts at most, and the pause before the next one.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(400);
/// How far the appliance's clock and the authority's may disagree, beside the accuracy stated.
const SKEW_MS: i64 = 60_000;

/// One attempt, told while it happens.
pub(crate) struct Attempt<'a> {
    pub(crate) authority: &'a str,
    pub(crate) number: u32,
    pub(crate) error: Option<&'a TimestampError>,
}

/// A token, what it says, and the clock when its request left and when it came.
pub(crate) type Obtained = (Vec<u8>, TokenFacts, (Instant, Instant));

/// Asks `authority` for a token over `data`. Only failures of the network are tried again; a wrong answer never is.
pub(crate) fn obtain(
    authority: &dyn TimestampAuthority,
    data: &[u8],
    clock: &dyn Clock,
    random: &dyn Random,
    told: &dyn Fn(Attempt<'_>),
) -> Result<(Vec<u8>, TokenFacts), TimestampError> {
    obtain_timed(authority, data, clock, random, told).map(|(token, facts, _)| (token, facts))
}

/// The same, with the times of the exchange that gave the token.
pub(crate) fn obtain_timed(
    authority: &dyn TimestampAuthority,
    data: &[u8],
    clock: &dyn Clock,
    random: &dyn Random,
    told: &dyn Fn(Attempt<'_>),
) -> Result<Obtained, TimestampError> {
    let mut number = 1;
    loop {
        let result = once(authority, data, clock, random);
        told(Attempt { authority: authority.name(), number, error: result.as_ref().err() });
        match result {
            Err(error) if error.is_transient() && number < ATTEMPTS => {
                std::thread::sleep(PAUSE * number);
                number += 1;
            }
            other => return other,
        }
    }
}

fn once(
    authority: &dyn TimestampAuthority,
    data: &[u8],
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<Obtained, TimestampError> {
    let request = Request::new(data, authority.policy(), random)?;
    let sent = clock.now();
    let response = authority.stamp(&request.der)?;
    let received = clock.now();
    let token = token_of(&response)?;
    let facts = check_token(token, data, authority.anchors())?;
    if facts.nonce.as_deref() != Some(request.nonce.as_slice()) {
        return Err(TimestampError::Nonce {
            expected: hex::encode(&request.nonce),
            found: facts.nonce.as_ref().map_or_else(|| "none".into(), hex::encode),
        });
    }
    if let Some(expected) = authority.policy().filter(|p| *p != facts.policy) {
        return Err(TimestampError::Policy { expected: expected.into(), found: facts.policy });
    }
    check_window(&facts, sent, received)?;
    Ok((token.to_vec(), facts, (sent, received)))
}

fn check_window(facts: &TokenFacts, sent: Instant, received: Instant) -> Result<(), TimestampError> {
    let accuracy = i64::try_from(facts.accuracy_us.unwrap_or(0) / 1000).unwrap_or(i64::MAX);
    let margin = SKEW_MS.saturating_add(accuracy.min(SKEW_MS));
    let (from, to) = (sent.as_millisecond() - margin, received.as_millisecond() + margin);
    if (from..=to).contains(&facts.gen_time.as_millisecond()) {
        return Ok(());
    }
    let text = |ms| Instant::from_millisecond(ms).map_or_else(|| ms.to_string(), |at| at.to_string());
    Err(TimestampError::Time { expected: format!("{} .. {}", text(from), text(to)), found: facts.gen_time.to_string() })
}
