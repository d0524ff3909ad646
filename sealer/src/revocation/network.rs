//! The network as revocation needs it: one GET or POST at a time, with a deadline and a limit, no redirect, no proxy.
use std::time::Duration;

use crate::http;

/// Deadline of one exchange.
const DEADLINE: Duration = Duration::from_secs(10);

/// Why nothing came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// No network was given.
    #[error("aucun réseau")]
    NoNetwork,
    /// The server could not be reached, or fell silent.
    #[error("injoignable : {0}")]
    Unreachable(String),
    /// A status other than 200; redirects are not followed.
    #[error("HTTP {0}")]
    Http(u16),
    /// More octets than allowed.
    #[error("réponse de plus de {0} octets")]
    TooLong(u64),
}

/// What fetches certificates, CRLs and OCSP answers. Nothing that comes back is trusted.
pub trait Network: Send + Sync {
    /// The body at `url` (`http` or `https`), at most `limit` octets.
    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, FetchError>;

    /// The answer to an OCSP request sent to `url` (RFC 6960 A.1), at most `limit` octets.
    fn ask(&self, url: &str, request: &[u8], limit: u64) -> Result<Vec<u8>, FetchError>;
}

/// No network: what is announced is not fetched, and the seal says so.
#[derive(Clone, Copy, Debug)]
pub struct Offline;

impl Network for Offline {
    fn get(&self, _url: &str, _limit: u64) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::NoNetwork)
    }

    fn ask(&self, _url: &str, _request: &[u8], _limit: u64) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::NoNetwork)
    }
}

/// The network, over HTTP.
#[derive(Debug)]
pub struct HttpNetwork {
    agent: ureq::Agent,
}

impl HttpNetwork {
    /// Ten seconds at most for an exchange.
    pub fn new() -> Self {
        Self::with_deadline(DEADLINE)
    }

    /// The same with another deadline.
    pub fn with_deadline(deadline: Duration) -> Self {
        Self { agent: http::agent(deadline) }
    }
}

impl Default for HttpNetwork {
    fn default() -> Self {
        Self::new()
    }
}

impl Network for HttpNetwork {
    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        read(self.agent.get(url).call(), limit)
    }

    fn ask(&self, url: &str, request: &[u8], limit: u64) -> Result<Vec<u8>, FetchError> {
        let post = self
            .agent
            .post(url)
            .header("Content-Type", "application/ocsp-request")
            .header("Accept", "application/ocsp-response");
        read(post.send(request), limit)
    }
}

fn read(response: Result<ureq::http::Response<ureq::Body>, ureq::Error>, limit: u64) -> Result<Vec<u8>, FetchError> {
    match http::read(response, limit)? {
        (200, body) => Ok(body),
        (status, _) => Err(FetchError::Http(status)),
    }
}
