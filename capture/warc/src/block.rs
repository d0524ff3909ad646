//! What one pass over a record's block tells: its digest, its HTTP head, the digest of its payload.
use std::io::Read;

use dossier::Sha256Digest;

use crate::cdxj::BODY_LIMIT;
use crate::digest::{ApartHasher, Hasher};
use crate::http::{HttpHead, MAX_HEAD, head_length};
use crate::{Record, RecordType, WarcError};

/// Facts of a block, gathered while it streams by.
pub(crate) struct BlockFacts {
    /// SHA-256 of the whole block.
    pub(crate) block: Sha256Digest,
    /// The head, when the block is an HTTP message whose head can be read.
    pub(crate) head: Option<HttpHead>,
    /// SHA-256 of what follows the head, or of the whole block when it is no HTTP message; `None` when the type of
    /// the record has no payload, or its head does not end.
    pub(crate) payload: Option<Sha256Digest>,
    /// Length of what follows the head.
    pub(crate) payload_bytes: u64,
    /// The first octets of a request's body.
    pub(crate) request_body: Vec<u8>,
}

impl BlockFacts {
    pub(crate) fn read<R: Read>(record: &mut Record<'_, R>) -> Result<Self, WarcError> {
        let is_http = record.header().is_http();
        let kind = record.header().record_type;
        let (mut block, mut payload) = (Hasher::default(), ApartHasher::default());
        let (mut head, mut request_body) = (Vec::new(), Vec::new());
        let mut in_head = is_http;
        let mut buffer = vec![0; 64 * 1024];
        let apart = |error| WarcError::io("hash a payload", error);
        loop {
            let read = record.read_block(&mut buffer)?;
            let mut chunk = buffer.get(..read).unwrap_or_default();
            if chunk.is_empty() {
                break;
            }
            block.update(chunk);
            if in_head {
                if head.len() > MAX_HEAD {
                    continue;
                }
                let had = head.len();
                head.extend_from_slice(chunk);
                let Some(length) = head_length(&head) else { continue };
                chunk = chunk.get(length.saturating_sub(had)..).unwrap_or_default();
                head.truncate(length);
                in_head = false;
            }
            payload.update(chunk).map_err(apart)?;
            if kind == RecordType::Request && (request_body.len() as u64) < BODY_LIMIT {
                request_body.extend_from_slice(chunk);
            }
        }
        let has_payload = !matches!(kind, RecordType::Warcinfo | RecordType::Metadata | RecordType::Continuation);
        let payload_bytes = payload.bytes();
        Ok(Self {
            block: block.finish(),
            head: (is_http && !in_head).then(|| HttpHead::parse(&head).ok()).flatten(),
            payload: if has_payload && !in_head { Some(payload.finish().map_err(apart)?) } else { None },
            payload_bytes,
            request_body,
        })
    }
}
