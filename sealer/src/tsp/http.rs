//! An authority behind HTTP (RFC 3161 3.4): one POST, with deadlines and a limit of size; no redirect is followed.
use std::io::Read as _;
use std::time::Duration;

use super::TimestampAuthority;
use crate::{SealError, TimestampError, TrustAnchors};

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
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(deadline))
            .timeout_connect(Some(deadline.min(Duration::from_secs(10))))
            .max_redirects(0)
            .http_status_as_error(false)
            .proxy(None)
            .build()
            .new_agent();
        let anchors = TrustAnchors::from_pem(anchors_pem)?;
        Ok(Self { name: name.into(), url: url.into(), anchors, policy: policy.map(str::to_owned), agent })
    }
}

impl TimestampAuthority for HttpAuthority {
    fn name(&self) -> &str {
        &self.name
    }

    fn stamp(&self, request_der: &[u8]) -> Result<Vec<u8>, TimestampError> {
        let unreachable = |why: String| TimestampError::Unreachable { why };
        let mut response = self
            .agent
            .post(&self.url)
            .header("Content-Type", "application/timestamp-query")
            .header("Accept", "application/timestamp-reply")
            .send(request_der)
            .map_err(|e| unreachable(e.to_string()))?;
        if response.status().as_u16() != 200 {
            return Err(TimestampError::Http { found: format!("HTTP {}", response.status().as_u16()) });
        }
        let mut answer = Vec::new();
        let read = response.body_mut().as_reader().take(MAX_ANSWER + 1).read_to_end(&mut answer);
        read.map_err(|e| unreachable(e.to_string()))?;
        if answer.len() as u64 > MAX_ANSWER {
            return Err(TimestampError::TooLong { limit: MAX_ANSWER });
        }
        Ok(answer)
    }

    fn anchors(&self) -> &TrustAnchors {
        &self.anchors
    }

    fn policy(&self) -> Option<&str> {
        self.policy.as_deref()
    }
}
