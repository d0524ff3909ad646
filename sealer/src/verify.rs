//! Verify: offline, from the file and a set of anchors alone, every claim of a bundle.
//!
//! The reading order is fixed: the zip's raw records, then the seal, then the manifest the seal covers, then every
//! digest the manifest states. Nothing that a check refused is used by a later one.
mod anchors;
mod bundle;
mod claims;
mod clock;
mod container;
mod contents;
mod copy;
mod journal;
mod level;
mod longterm;
mod qualification;
mod receipt;
mod report;
mod session_time;
mod signature;
mod stamps;
mod wacz;

use std::path::Path;

use dossier::{Finding, Instant, Level, Sha256Digest};
use serde::Serialize;

pub use bundle::VerifiedBundle;
pub use claims::{Answer, Claim, Judged, PREPARE};
pub use copy::RedactedCopy;
pub use level::Level as SealLevel;
pub use qualification::{AuthorityQualification, Qualifications};
pub use receipt::{
    DocumentFate, PartVerification, ReceiptFacts, ReceiptInside, ReceiptKind, ReceiptVerification, WholeVerification,
    is_receipt, is_whole_dossier, pack_receipt, receipt_lines, verify_receipt, verify_whole_dossier, whole_lines,
};
pub(crate) use report::Report;

use crate::source::Source;
use crate::{QcStatements, TrustAnchors, ers};
use claims::Places;

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Every check passed.
    Pass,
    /// At least one thing is proven wrong.
    Fail,
    /// Nothing is proven wrong, and something cannot be answered with what is at hand.
    Indeterminate,
}

impl Verdict {
    /// `PASS`, `FAIL` or `INDETERMINATE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Indeterminate => "INDETERMINATE",
        }
    }

    fn of(findings: &[Finding]) -> Self {
        match findings.iter().map(|f| f.level).max() {
            Some(Level::Fail) => Self::Fail,
            Some(Level::Indeterminate) => Self::Indeterminate,
            _ => Self::Pass,
        }
    }
}

/// A token that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimestampFacts {
    /// The entry of the bundle it is in.
    pub entry: String,
    /// Subject of the certificate that signed it (RFC 4514).
    pub authority: String,
    /// When the authority says it was made.
    pub gen_time: Instant,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// The policy it was issued under, dotted.
    pub policy: String,
    /// The accuracy it states, in microseconds; `None` is unknown, not zero.
    pub accuracy_us: Option<u64>,
    /// Until when the certificates of its authority are valid: it must be renewed before.
    pub valid_to: Instant,
}

/// One token over a line of the journal, taken while the session ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SessionTokenFacts {
    /// Entry of the bundle that holds it.
    pub entry: String,
    /// `opening`, `interval` or `closing`.
    pub phase: String,
    /// The journal line it is over, which binds all those before it.
    pub line: u64,
    /// Subject of the authority's certificate (RFC 4514).
    pub authority: String,
    /// When the authority says it was made.
    pub gen_time: Instant,
    /// Its serial number, hexadecimal.
    pub serial: String,
    /// The accuracy it states, in microseconds; `None` is unknown, not zero.
    pub accuracy_us: Option<u64>,
    /// How far this machine's clock was ahead of the authority's, in milliseconds: zero when genTime falls inside the
    /// exchange, `None` when the journal does not tell the exchange.
    pub offset_ms: Option<i64>,
}

/// An evidence record that proves the bundle (RFC 4998).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecordFacts {
    /// When the bundle existed at the latest.
    pub first: Instant,
    /// When the record was made, or last renewed.
    pub last: Instant,
    /// Who made the last token (RFC 4514).
    pub authority: String,
    /// How many archive timestamps there are.
    pub stamps: usize,
    /// Until when the certificates of the last authority are valid: the record must be renewed before.
    pub valid_to: Instant,
}

/// What the seal says, as far as it could be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SealFacts {
    /// Subject of the signing certificate (RFC 4514).
    pub signer: Option<String>,
    /// SHA-256 of the signing certificate.
    pub certificate_sha256: Option<Sha256Digest>,
    /// The signing time claimed by the office's clock.
    pub signing_time: Option<Instant>,
    /// The level reached (ETSI EN 319 122-1, 6): `B-B`, `B-T`, `B-LT` or `B-LTA`; `None` when the signer's chain does
    /// not lead to an anchor.
    pub level: Option<SealLevel>,
    /// The tokens that count.
    pub timestamps: Vec<TimestampFacts>,
    /// The tokens taken while the session ran that count.
    pub session: Vec<SessionTokenFacts>,
    /// What the signing certificate says of its own qualification; a claim only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qc_statements: Option<QcStatements>,
    /// What the reader's trusted lists say of the signer and of each authority; `None` without lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qualification: Option<Qualifications>,
    /// The other anchors, each by itself; absent from the JSON when there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<crate::anchor::AnchorFacts>,
    /// The evidence record beside the bundle, when one was given and proves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordFacts>,
    /// Whether the keys are test keys; `None` when the manifest could not be read.
    pub essai: Option<bool>,
    /// SHA-256 of `constat.json`.
    pub manifest_sha256: Option<Sha256Digest>,
}

/// The result of a verification.
#[derive(Debug)]
pub struct Verification {
    /// The answer.
    pub verdict: Verdict,
    /// Everything found, in the order of the checks.
    pub findings: Vec<Finding>,
    /// Every claim of the bundle with its answer; the worst of them is the verdict.
    pub claims: Vec<Judged>,
    /// SHA-256 of the whole file; `None` when it could not be read.
    pub bundle_sha256: Option<Sha256Digest>,
    /// What the seal says.
    pub facts: SealFacts,
    /// The bundle, when the verdict is not FAIL and it is an original.
    pub bundle: Option<VerifiedBundle>,
    /// The copy, when the verdict is not FAIL and files or records are withheld from it.
    pub copy: Option<RedactedCopy>,
}

/// Verifies the bundle at `path`, trusting `anchors` only, as at instant `at` (now, or a past date). Offline. A bundle
/// that cannot be read is a finding like any other.
pub fn verify(path: &Path, anchors: &TrustAnchors, at: Instant) -> Verification {
    match Source::file(path) {
        Ok(source) => bundle::run(source, path, anchors, at, Report::default()),
        Err(error) => {
            let what = "Le fichier ne peut pas être lu.";
            let mut report = Report::default();
            report.fail_found("file.unreadable", what, error);
            bundle::conclude(report, None, SealFacts::default(), &Places::default(), |_| None)
        }
    }
}

/// The same, with the evidence record that stands beside the bundle (`.ers`), when there is one: what it proves older is
/// judged as such; a record that is wrong, or cannot be read, is a finding.
pub fn verify_beside(path: &Path, anchors: &TrustAnchors, at: Instant) -> Verification {
    let read = ers::beside(path);
    if matches!(read, Ok(None)) {
        return verify(path, anchors, at);
    }
    with_record(path, read.map(Option::unwrap_or_default), anchors, at)
}

/// The same with the octets of a record that is elsewhere.
pub fn verify_with_record(path: &Path, record: &[u8], anchors: &TrustAnchors, at: Instant) -> Verification {
    with_record(path, Ok(record.to_vec()), anchors, at)
}

fn with_record(path: &Path, record: Result<Vec<u8>, String>, anchors: &TrustAnchors, at: Instant) -> Verification {
    let Ok(source) = Source::file(path) else { return verify(path, anchors, at) };
    let mut report = Report::default();
    report.begin(Claim::LongTerm);
    let facts = match (record, container::whole_sha256(&source)) {
        (Ok(record), Ok(sha256)) => longterm::record::check(&record, sha256, anchors, at, &mut report),
        (Err(why), _) => {
            let what = "La preuve d'archivage à côté du scellé ne peut pas être lue.";
            report.add(Finding::new("record.unreadable", Level::Indeterminate, what).found(why));
            None
        }
        // Told by the checks of the bundle itself.
        (Ok(_), Err(_)) => None,
    };
    if let Some(facts) = &facts {
        report.prove(facts.first);
    }
    report.leave(Claim::LongTerm);
    report.begin(Claim::Container);
    let mut checked = bundle::run(source, path, anchors, at, report);
    checked.facts.record = facts;
    checked.claims = checked.claims.into_iter().map(|claim| claim.with_record(&checked.facts)).collect();
    checked
}

/// The same over octets in memory.
pub fn verify_bytes(bytes: Vec<u8>, anchors: &TrustAnchors, at: Instant) -> Verification {
    bundle::run(Source::memory(bytes), Path::new(""), anchors, at, Report::default())
}

/// The verdict alone: the same checks in the same order, but the first stage that fails ends them.
pub fn verdict_of(bytes: Vec<u8>, anchors: &TrustAnchors, at: Instant) -> Verdict {
    bundle::run(Source::memory(bytes), Path::new(""), anchors, at, Report::first_failure_only()).verdict
}
