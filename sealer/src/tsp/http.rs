//! An authority behind HTTP (RFC 3161 3.4): one POST, with deadlines and a limit of size; no redirect is followed.
use std::time::Duration;

use super::TimestampAuthority;
use crate::{FetchError, SealError, TimestampError, TrustAnchors, http};

/// The longest answer read, in octets: tokens with long chains stay under 20 kB.
const MAX_ANSWER: u64 = 256 * 1024;
/// Deadline of a whole exchange.
const DEADLINE: Duration = Duration::from_secs(20);

/// A timestamp authority at an `http` or `https` address.
pub struct HttpAuthority {
    name: String,
    url: String,
    anchors: TrustAnchors,
    policy: Option<String>,
    agent: ureq::Agent,
}

impl HttpAuthority {
    /// An authority named `name`, at `url`, whose tokens must lead to the certificates of `anchors_pem` and, when
    /// given, bear the policy `policy` (dotted OID). Nothing is sent yet.
    pub fn new(name: &str, url: &str, anchors_pem: &[u8], policy: Option<&str>) -> Result<Self, SealError> {
        Self::with_deadline(name, url, anchors_pem, policy, DEADLINE)
    }

    /// The same with another deadline for a whole exchange.
    pub fn with_deadline(
        name: &str,
        url: &str,
        anchors_pem: &[u8],
        policy: Option<&str>,
        deadline: Duration,
    ) -> Result<Self, SealError> {
        let bad = |why: &str| SealError::Key { what: format!("authority {name}"), why: why.to_owned() };
        if !url.starts_with("http://") && !url.starts_with("https://") {
            return Err(bad("the address starts with neither http:// nor https://"));
        }
        if policy.is_some_and(|p| const_oid::ObjectIdentifier::new(p).is_err()) {
            return Err(bad("the policy is not a dotted object identifier"));
        }
        let agent = http::agent(deadline);
        let anchors = TrustAnchors::from_pem(anchors_pem)?;
        Ok(Self { name: name.into(), url: url.into(), anchors, policy: policy.map(str::to_owned), agent })
    }
}

impl TimestampAuthority for HttpAuthority {
    fn name(&self) -> &str {
        &self.name
    }

    fn stamp(&self, request_der: &[u8]) -> Result<Vec<u8>, TimestampError> {
        let response = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/timestamp-query")
            .header("Accept", "application/timestamp-reply")
            .send(request_der);
        match http::read(response, MAX_ANSWER) {
            Ok((200, answer)) => Ok(answer),
            Ok((status, _)) => Err(TimestampError::Http { found: format!("HTTP {status}") }),
            Err(FetchError::TooLong(limit)) => Err(TimestampError::TooLong { limit }),
            Err(FetchError::Unreachable(why)) => Err(TimestampError::Unreachable { why }),
            Err(error) => Err(TimestampError::Unreachable { why: error.to_string() }),
        }
    }

    fn anchors(&self) -> &TrustAnchors {
        &self.anchors
    }

    fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }
}
