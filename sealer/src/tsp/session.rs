//! A token over a line of a journal, while the session runs.
use dossier::{Clock, Instant};

use super::ask::{Attempt, obtain_timed};
use super::{TimestampAuthority, TokenFacts};
use crate::{Random, TimestampError};

/// A token that passed every check, and what it says.
#[derive(Clone, Debug)]
pub struct LineToken {
    /// `TimeStampToken`, DER.
    pub der: Vec<u8>,
    /// genTime.
    pub gen_time: Instant,
    /// Serial number, hexadecimal.
    pub serial: String,
    /// Policy, dotted.
    pub policy: String,
    /// Accuracy in microseconds; `None` when not stated.
    pub accuracy_us: Option<u64>,
    /// `clock` when the request that was answered left, and when its answer was there.
    pub exchanged: (Instant, Instant),
}

/// Asks `authority` for a token over `line`, with the attempts and the checks of a seal. Blocking; bounded in time.
pub fn line_token(
    authority: &dyn TimestampAuthority,
    line: &[u8],
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<LineToken, TimestampError> {
    let (der, facts, exchanged) = obtain_timed(authority, line, clock, random, &|_: Attempt<'_>| {})?;
    let TokenFacts { gen_time, serial, policy, accuracy_us, .. } = facts;
    Ok(LineToken { der, gen_time, serial, policy, accuracy_us, exchanged })
}
