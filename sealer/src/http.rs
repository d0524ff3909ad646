//! HTTP as authorities, revocation, calendars and witnesses need it: deadlines, a limit of size, no redirect, no proxy.
use std::io::Read as _;
use std::time::Duration;

use crate::FetchError;

/// How long a connection may take, when the whole exchange may take longer.
const CONNECT: Duration = Duration::from_secs(10);

/// A client whose exchanges end within `deadline`. A status is no error: it is the caller's to judge.
pub(crate) fn agent(deadline: Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(deadline))
        .timeout_connect(Some(deadline.min(CONNECT)))
        .max_redirects(0)
        // A connection kept open may be closed by the other end as it is used again, and nothing is asked twice.
        .max_idle_connections(0)
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .new_agent()
}

/// The status of an answer and its body, which has at most `limit` octets.
pub(crate) fn read(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    limit: u64,
) -> Result<(u16, Vec<u8>), FetchError> {
    let unreachable = |why: String| FetchError::Unreachable(why);
    let mut response = response.map_err(|e| unreachable(e.to_string()))?;
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(limit.saturating_add(1)).read_to_end(&mut body);
    read.map_err(|e| unreachable(e.to_string()))?;
    if body.len() as u64 > limit {
        return Err(FetchError::TooLong(limit));
    }
    Ok((response.status().as_u16(), body))
}
