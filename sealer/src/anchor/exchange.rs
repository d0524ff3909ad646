//! The network as anchors need it: one request at a time, with a deadline and a limit, no redirect, no proxy. The status
//! of the answer is part of it: calendars and witnesses speak by it.
use std::io::Read as _;
use std::time::Duration;

use crate::FetchError;

/// Deadline of one exchange.
const DEADLINE: Duration = Duration::from_secs(10);
/// Attempts at most, and the pause before the next one.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// What reaches calendars and witnesses. Nothing that comes back is trusted.
pub trait Exchange: Send + Sync {
    /// GET `url`, whose answer has at most `limit` octets.
    fn get(&self, url: &str, accept: &str, limit: u64) -> Result<Reply, FetchError>;

    /// POST `body` to `url`.
    fn post(&self, url: &str, accept: &str, body: &[u8], limit: u64) -> Result<Reply, FetchError>;
}

/// Over HTTP.
#[derive(Debug)]
pub struct HttpExchange {
    agent: ureq::Agent,
}

impl HttpExchange {
    /// Ten seconds at most for an exchange.
    pub fn new() -> Self {
        Self::with_deadline(DEADLINE)
    }

    /// The same with another deadline.
    pub fn with_deadline(deadline: Duration) -> Self {
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(deadline))
            .timeout_connect(Some(deadline))
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        Self { agent }
    }
}

impl Default for HttpExchange {
    fn default() -> Self {
        Self::new()
    }
}

impl Exchange for HttpExchange {
    fn get(&self, url: &str, accept: &str, limit: u64) -> Result<Reply, FetchError> {
        read(self.agent.get(url).header("Accept", accept).call(), limit)
    }

    fn post(&self, url: &str, accept: &str, body: &[u8], limit: u64) -> Result<Reply, FetchError> {
        let request = self.agent.post(url).header("Accept", accept).header("Content-Type", "application/octet-stream");
        read(request.send(body), limit)
    }
}

fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>, limit: u64) -> Result<Reply, FetchError> {
    let mut response = response.map_err(|e| FetchError::Unreachable(e.to_string()))?;
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(limit.saturating_add(1)).read_to_end(&mut body);
    read.map_err(|e| FetchError::Unreachable(e.to_string()))?;
    if body.len() as u64 > limit {
        return Err(FetchError::TooLong(limit));
    }
    Ok(Reply { status: response.status().as_u16(), body })
}

/// Asks again, a bounded number of times, while the network or the server fails; any other answer is final.
pub(crate) fn persistent(ask: impl Fn() -> Result<Reply, FetchError>) -> Result<Reply, FetchError> {
    let mut number = 1;
    loop {
        let answer = ask();
        let passing =
            matches!(&answer, Err(FetchError::Unreachable(_))) || matches!(&answer, Ok(reply) if reply.status >= 500);
        if !passing || number == ATTEMPTS {
            return answer;
        }
        std::thread::sleep(PAUSE * number);
        number += 1;
    }
}
