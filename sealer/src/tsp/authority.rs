//! What a timestamp authority is for the sealer: a name, a way to ask, and the anchors its tokens must lead to.
use crate::{TimestampError, TrustAnchors};

/// A timestamp authority. It is not trusted: every answer goes through all the checks before it counts.
pub trait TimestampAuthority: Send + Sync {
    /// The name the étude gives it; it goes into `constat.json`.
    fn name(&self) -> &str;

    /// Sends a DER `TimeStampReq` and gives the DER `TimeStampResp` back.
    fn stamp(&self, request_der: &[u8]) -> Result<Vec<u8>, TimestampError>;

    /// The anchors pinned for this authority.
    fn anchors(&self) -> &TrustAnchors;

    /// The policy its tokens must bear (dotted OID); `None` accepts any and the verdict reports it.
    fn policy(&self) -> Option<&str>;
}
