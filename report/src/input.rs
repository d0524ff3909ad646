//! What a procès-verbal is drawn up from: sealed facts, the facts of the seal, and what the officer adds.
use dossier::{ArtefactPath, Finding, Instant, Journal, Manifest, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::{DraftInput, Langue};

/// Reads the bytes of one artefact of the bundle.
pub type Reader<'a> = dyn Fn(&ArtefactPath) -> std::io::Result<Vec<u8>> + 'a;

/// Everything the text is made of. Plain data: no key, no network, no clock.
pub struct ReportInput<'a> {
    /// `constat.json`, as sealed.
    pub manifest: &'a Manifest,
    /// `journal.jsonl`, read and chained.
    pub journal: &'a Journal,
    /// The bundle as a file, and what its verification said.
    pub bundle: BundleFacts,
    /// The requirements compared with the dossier.
    pub conformity: &'a norms::Conformity,
    /// How to read the bytes of an artefact. What is read is hashed again and compared with the manifest.
    pub read: &'a Reader<'a>,
    /// What the officer adds; what is absent is a visible gap.
    pub draft: Option<&'a DraftInput>,
    /// Whether it is a project only: marked on every page, whatever the checks say.
    pub projet: bool,
    /// The language: French is the act.
    pub langue: Langue,
    /// When the text is drawn up. It dates the PDF; the text itself is dated by the journal.
    pub drawn_up_at: Instant,
}

/// Facts about the sealed bundle, from its bytes and from its verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleFacts {
    /// Name of the file, without folder.
    pub file_name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: Sha256Digest,
    /// The seal, when there is one.
    pub seal: Option<SealFacts>,
    /// The verdict of the verification just made, in French, when one was made.
    pub verdict: Option<String>,
    /// Findings of that verification.
    pub findings: Vec<Finding>,
}

/// Facts about the seal, as verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealFacts {
    /// Subject of the signer's certificate, RFC 4514 text.
    pub signer: String,
    /// Serial number of that certificate, hexadecimal, when known.
    pub certificate_serial: Option<String>,
    /// Timestamp tokens that verify, oldest first. Empty: the seal bears no time, and the text says so loudly.
    pub timestamps: Vec<TimestampFact>,
    /// Whether the keys are test keys.
    pub essai: bool,
}

/// One RFC 3161 timestamp token that verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimestampFact {
    /// Name of the authority (subject of its certificate, or its configured name).
    pub authority: String,
    /// `genTime` of the token.
    pub gen_time: Instant,
    /// `serialNumber`, hexadecimal.
    pub serial: String,
    /// `policy`, dotted OID.
    pub policy: String,
}

impl BundleFacts {
    /// Whether at least one verified token dates the seal.
    pub fn timestamped(&self) -> bool {
        self.seal.as_ref().is_some_and(|seal| !seal.timestamps.is_empty())
    }
}
