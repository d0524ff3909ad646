//! The network as anchors need it: one request at a time, with a deadline and a limit, no redirect, no proxy. The status
//! of the answer is part of it: calendars and witnesses speak by it.
use std::time::Duration;

use crate::{FetchError, http};

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
        Self { agent: http::agent(deadline) }
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
    http::read(response, limit).map(|(status, body)| Reply { status, body })
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
