//! The étude's authorities, as a capture asks them while the session runs.
use std::fmt;
use std::sync::Arc;

use capture::{NoToken, PublicValue, SessionTime, SessionToken, TimeKeeper};
use dossier::Clock;
use sealer::{HttpAuthority, SystemRandom, TimestampAuthority, TimestampError, line_token, newest_block};

use crate::etude::Etude;
use crate::failure::{Failure, chain};

struct Authorities {
    authorities: Vec<HttpAuthority>,
    clock: Arc<dyn Clock>,
    blocks: Option<String>,
}

/// The authorities of the étude; `None` when it has none.
pub(crate) fn of(etude: &Etude, clock: &Arc<dyn Clock>) -> Result<Option<SessionTime>, Failure> {
    if !etude.has_authorities() && etude.blocks().is_none() {
        return Ok(None);
    }
    let blocks = etude.blocks().map(str::to_owned);
    let keeper = Authorities { authorities: etude.authorities()?, clock: Arc::clone(clock), blocks };
    Ok(Some(SessionTime { keeper: Arc::new(keeper), every: etude.interval() }))
}

impl fmt::Debug for Authorities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.authorities()).finish()
    }
}

impl TimeKeeper for Authorities {
    fn authorities(&self) -> Vec<String> {
        self.authorities.iter().map(|a| a.name().to_owned()).collect()
    }

    fn not_before(&self) -> Option<(String, Result<PublicValue, NoToken>)> {
        let service = self.blocks.as_ref()?;
        let refused = |error: TimestampError| NoToken { code: error.code().into(), why: chain(&error) };
        let block = newest_block(service).map_err(refused);
        let value = block.map(|block| PublicValue { header: block.hex, hash: block.hash, time: block.time });
        Some((service.clone(), value))
    }

    fn stamp(&self, authority: usize, line: &[u8]) -> Result<SessionToken, NoToken> {
        let refused = |error: &TimestampError| NoToken { code: error.code().into(), why: chain(error) };
        let Some(authority) = self.authorities.get(authority) else {
            return Err(refused(&TimestampError::Unreachable { why: "no such authority".into() }));
        };
        let token = line_token(authority, line, self.clock.as_ref(), &SystemRandom).map_err(|e| refused(&e))?;
        let sealer::LineToken { der, gen_time, serial, policy, accuracy_us, exchanged } = token;
        Ok(SessionToken { der, gen_time, exchanged, serial, policy, accuracy_us })
    }
}
