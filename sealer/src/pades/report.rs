//! What a verification of a signed PDF says.
use dossier::{Finding, Instant, Level, Sha256Digest};
use serde::Serialize;

use crate::lists::{Judged, Outcome, Qscd, Usage};
use crate::{QcStatements, SealLevel, TimestampFacts, Verdict};

/// Findings kept at most.
const MAX_FINDINGS: usize = 200;

/// What the signatures of a PDF say, and whether they hold.
#[derive(Clone, Debug, Serialize)]
pub struct PadesReport {
    /// The answer over everything; INDETERMINATE when nothing is signed.
    pub verdict: Verdict,
    /// Signatures of persons, oldest first.
    pub signatures: Vec<SignatureFacts>,
    /// Document timestamps that count, oldest first.
    pub stamps: Vec<DocumentStamp>,
    /// The revisions, oldest first: each begins where the one before ends, and each is itself a PDF.
    pub revisions: Vec<RevisionFacts>,
    /// How many octets there were before the first revision that signs: the document as it was drawn up.
    pub signed_prefix_len: Option<u64>,
    /// Everything found, in the order of the checks. Codes are `pv.sig.…`.
    pub findings: Vec<Finding>,
}

/// What a revision adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RevisionKind {
    /// The document.
    Document,
    /// A signature.
    Signature,
    /// A document timestamp.
    Timestamp,
    /// Certificates and their states.
    Store,
    /// A field without a signature.
    Field,
    /// Something else.
    Other,
}

/// One revision of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevisionFacts {
    /// Length of the file up to its end, in octets.
    pub len: u64,
    /// What it adds.
    pub kind: RevisionKind,
    /// The field that its signature or timestamp is in.
    pub field: Option<String>,
}

/// The state of the signer's certificate at the time retained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CertificateState {
    /// Valid and not revoked, as its authority says.
    Good,
    /// Revoked or suspended.
    Revoked,
    /// Its authority publishes no state.
    NotPublished,
    /// Its state is not at hand.
    Unknown,
    /// It leads to no root of the reader, or was not in its dates.
    NotEstablished,
}

/// Why a certificate is not established.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PathRefusal {
    /// It leads to no root of the reader.
    NoChain,
    /// It, or what issued it, may not sign.
    Broken,
    /// It, or what issued it, was not in its dates at the time retained.
    OutOfDate,
}

/// One signature.
#[derive(Clone, Debug, Serialize)]
pub struct SignatureFacts {
    /// Name of the field: the role, when the file was signed by this product.
    pub field: String,
    /// Subject of the signing certificate (RFC 4514), once the signature itself holds.
    pub signer: Option<String>,
    /// SHA-256 of the signing certificate.
    pub certificate_sha256: Option<Sha256Digest>,
    /// Whether the signature holds over its octets, whatever is known of its author.
    pub holds: bool,
    /// The level reached (ETSI EN 319 142-1); B-B at least.
    pub level: SealLevel,
    /// The time the signer declares.
    pub claimed: Option<Instant>,
    /// The earliest time that a token proves.
    pub proven: Option<Instant>,
    /// The state of the certificate at that time, or at the time of the check.
    pub certificate: CertificateState,
    /// Why it is not established, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_refusal: Option<PathRefusal>,
    /// The index of its revision.
    pub revision: usize,
    /// How many octets of the file it covers, from its beginning.
    pub covers: u64,
    /// Whether that is the whole file.
    pub covers_whole: bool,
    /// The permission of a certification: 1 nothing more, 2 further signatures, 3 annotations too.
    pub certification: Option<u8>,
    /// What the signer declares: his name, why, where.
    pub name: Option<String>,
    /// Reason.
    pub reason: Option<String>,
    /// Place.
    pub location: Option<String>,
    /// The token over the signature, when it counts.
    pub timestamps: Vec<TimestampFacts>,
    /// What the certificate says of its own qualification; a claim only.
    pub qc_statements: Option<QcStatements>,
    /// What the reader's trusted lists say; `None` without lists: not established.
    pub qualification: Option<Judged>,
}

impl SignatureFacts {
    /// Whether it is a qualified electronic signature (Regulation (EU) No 910/2014, article 3, 12): a qualified certificate for
    /// signatures, its key in a qualified device, as the reader's lists say. `None`: not established.
    pub fn is_qualified(&self) -> Option<bool> {
        let judged = self.qualification.as_ref()?;
        match (judged.outcome, judged.qscd) {
            (Outcome::Undetermined, _) => None,
            (Outcome::Qualified, Some(Qscd::Unknown) | None) if judged.usage == Some(Usage::Signatures) => None,
            (outcome, qscd) => {
                let signs = judged.usage == Some(Usage::Signatures) && qscd == Some(Qscd::Yes);
                Some(outcome == Outcome::Qualified && signs && self.holds)
            }
        }
    }
}

/// A document timestamp.
#[derive(Clone, Debug, Serialize)]
pub struct DocumentStamp {
    /// The index of its revision.
    pub revision: usize,
    /// How many octets it covers.
    pub covers: u64,
    /// What it says.
    #[serde(flatten)]
    pub facts: TimestampFacts,
}

impl PadesReport {
    /// Every code that a finding of this report may have.
    pub const CODES: &'static [&'static str] = &[
        "pv.sig.active",
        "pv.sig.annotation",
        "pv.sig.attribute",
        "pv.sig.before",
        "pv.sig.byte_range",
        "pv.sig.certificate",
        "pv.sig.certification",
        "pv.sig.certified",
        "pv.sig.certified_late",
        "pv.sig.chain",
        "pv.sig.change",
        "pv.sig.cms",
        "pv.sig.content",
        "pv.sig.contents",
        "pv.sig.cut",
        "pv.sig.digest",
        "pv.sig.doubt",
        "pv.sig.elsewhere",
        "pv.sig.empty",
        "pv.sig.encrypted",
        "pv.sig.field",
        "pv.sig.form",
        "pv.sig.garbage",
        "pv.sig.hidden",
        "pv.sig.hybrid",
        "pv.sig.level",
        "pv.sig.no_chain",
        "pv.sig.no_source",
        "pv.sig.none",
        "pv.sig.not_judged",
        "pv.sig.not_pades",
        "pv.sig.not_qualified",
        "pv.sig.not_whole",
        "pv.sig.optional",
        "pv.sig.out_of_date",
        "pv.sig.over",
        "pv.sig.overlay",
        "pv.sig.pages",
        "pv.sig.qualified",
        "pv.sig.revoked",
        "pv.sig.revoked_later",
        "pv.sig.state_missing",
        "pv.sig.store",
        "pv.sig.stray",
        "pv.sig.structure",
        "pv.sig.sub_filter",
        "pv.sig.tail",
        "pv.sig.time_absent",
        "pv.sig.time_doubt",
        "pv.sig.time_expired",
        "pv.sig.time_false",
        "pv.sig.time_no_chain",
        "pv.sig.time_order",
        "pv.sig.time_revoked",
        "pv.sig.trailer",
        "pv.sig.twice",
        "pv.sig.unexplained",
        "pv.sig.unreadable",
        "pv.sig.unused",
        "pv.sig.value",
        "pv.sig.weak",
    ];

    /// Whether something is proven wrong.
    pub fn has_failed(&self) -> bool {
        self.findings.iter().any(|f| f.level == Level::Fail)
    }
}

/// Findings as they come.
#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) findings: Vec<Finding>,
    dropped: usize,
}

impl Sink {
    pub(super) fn add(&mut self, code: &str, level: Level, what: &str, found: impl ToString) {
        debug_assert!(PadesReport::CODES.contains(&code), "{code} is not published");
        let finding = Finding::new(code, level, what).found(found.to_string().chars().take(400).collect::<String>());
        if self.findings.contains(&finding) {
            return;
        }
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else {
            self.dropped += 1;
        }
    }

    pub(super) fn fail(&mut self, code: &str, what: &str, found: impl ToString) {
        self.add(code, Level::Fail, what, found);
    }

    /// Everything found; what was dropped weighs as the worst.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        if self.dropped > 0 {
            let what = "D'autres constatations ont été omises : la liste est trop longue.";
            self.findings.push(Finding::new("pv.sig.cut", Level::Fail, what).found(self.dropped));
        }
        self.findings
    }
}
