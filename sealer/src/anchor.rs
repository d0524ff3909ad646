//! Other anchors of a sealed bundle, each over SHA-256 of the seal (`META-INF/signature001.p7s`): OpenTimestamps, and the
//! office's log with its witnesses. Each is judged and told by itself; none is added to another; the absence of one
//! changes nothing to the verdict of the seal.
mod calendar;
mod exchange;
mod facts;
mod headers;
mod judge;
pub mod ots;

use std::sync::Arc;

use crate::tlog::LogPolicy;

pub use calendar::Calendars;
pub(crate) use exchange::persistent;
pub use exchange::{Exchange, HttpExchange, Reply};
pub use facts::{AnchorFacts, AnchorState, BlockClaim, LogClaim, WitnessClaim};
pub use headers::{BlockNetwork, ChainBlock, HeaderChain};
pub(crate) use judge::{Judged, ots as judge_ots, weighed};

/// What the reader of a verdict brings to check anchors: nothing of it is ever taken from a bundle.
#[derive(Clone, Debug, Default)]
pub struct AnchorTrust {
    /// The pinned headers of the chain.
    pub headers: Option<Arc<HeaderChain>>,
    /// The logs and witnesses trusted.
    pub policy: Option<Arc<LogPolicy>>,
}

impl AnchorTrust {
    /// Takes from `other` what is not here.
    pub(crate) fn complete(&mut self, other: &Self) {
        if self.headers.is_none() {
            self.headers.clone_from(&other.headers);
        }
        if self.policy.is_none() {
            self.policy.clone_from(&other.policy);
        }
    }
}
