//! What can go wrong while sealing, stamping or closing a cut session; each error has a stable code.
use std::io;
use std::path::{Path, PathBuf};

use dossier::{DossierError, Finding};

use crate::KeyError;

/// An error of sealing. Nothing that looks sealed is left behind when one is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The dossier itself is at fault; the code is that of the inner error.
    #[error(transparent)]
    Dossier(#[from] DossierError),
    /// The session was cut before its two first lines were written: there is nothing to close.
    #[error("the journal of {} holds {lines} whole line(s): the session was cut before anything was recorded", path.display())]
    NothingRecorded {
        /// The dossier.
        path: PathBuf,
        /// Whole lines in the journal.
        lines: u64,
    },
    /// The dossier announces no archive, so that no `capture.wacz` can be made.
    #[error("the dossier {} announces no {what}", path.display())]
    NoArchive {
        /// The dossier.
        path: PathBuf,
        /// `archive`, `index` or `pages`.
        what: &'static str,
    },
    /// The archive, its index or its list of pages could not be read or packed.
    #[error("the archive could not be packed: {why}")]
    Archive {
        /// Why.
        why: String,
    },
    /// The bytes of an artefact are no longer those the journal announces.
    #[error("{path} was altered after the capture: expected {expected}, found {found}")]
    ArtefactAltered {
        /// Which.
        path: String,
        /// SHA-256 (or length) of the journal.
        expected: String,
        /// What the file gives now.
        found: String,
    },
    /// More entries than independent validators accept (1000).
    #[error("the bundle would hold {found} entries, more than {limit}")]
    TooManyEntries {
        /// Entries it would hold.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A key or a certificate could not be read.
    #[error("{what} could not be read: {why}")]
    Key {
        /// Which key or certificate.
        what: String,
        /// Why.
        why: String,
    },
    /// The private key and the first certificate of the chain do not belong together.
    #[error("the private key is not that of the certificate {subject}")]
    KeyMismatch {
        /// Subject of the certificate.
        subject: String,
    },
    /// The certificate may not sign at this instant.
    #[error("the certificate {subject} is valid from {from} to {to}, not at {at}")]
    CertificateOutOfDate {
        /// Subject of the certificate.
        subject: String,
        /// Start of validity.
        from: String,
        /// End of validity.
        to: String,
        /// The instant asked for.
        at: String,
    },
    /// The office's key refused, or could not be reached; the code is that of the inner error.
    #[error(transparent)]
    Signer(#[from] KeyError),
    /// The signature could not be made.
    #[error("the signature could not be made: {why}")]
    Sign {
        /// Why.
        why: String,
    },
    /// A file stands where the bundle should go.
    #[error("{} exists already", path.display())]
    TargetExists {
        /// Where.
        path: PathBuf,
    },
    /// The bundle just made does not pass our own verification: it is not kept.
    #[error("the bundle just made does not pass verification: {}", codes(findings))]
    SelfCheck {
        /// What the verification found.
        findings: Vec<Finding>,
    },
    /// The bundle to be stamped does not pass verification.
    #[error("the bundle {} does not pass verification: {}", path.display(), codes(findings))]
    BadBundle {
        /// The bundle.
        path: PathBuf,
        /// What the verification found.
        findings: Vec<Finding>,
    },
    /// Every token that can be added is there already.
    #[error("the bundle {} bears its timestamps already", path.display())]
    AlreadyStamped {
        /// The bundle.
        path: PathBuf,
    },
    /// Anchors stand over the seal as it is: nothing can be added to it.
    #[error("the seal of {} is anchored as it is", path.display())]
    Anchored {
        /// The bundle.
        path: PathBuf,
    },
    /// An evidence record stands beside, over the file as it is: no octet of it may change.
    #[error("an evidence record over {} stands beside it", path.display())]
    Recorded {
        /// The bundle.
        path: PathBuf,
    },
    /// Without a token over its signature, a bundle has nothing to prolong.
    #[error("the bundle {} bears no timestamp over its signature", path.display())]
    NotStamped {
        /// The bundle.
        path: PathBuf,
    },
    /// The certificates of the last token have expired: a new token would prove nothing about the time before it.
    #[error("the last timestamp of {} could be renewed until {until} only", path.display())]
    TooLate {
        /// The bundle.
        path: PathBuf,
        /// End of validity of the last token.
        until: String,
    },
    /// No authority gave a token that counts.
    #[error("no timestamp: {}", failures.iter().map(|(name, e)| format!("{name}: {e}")).collect::<Vec<_>>().join("; "))]
    NoTimestamp {
        /// Authority by authority, the last error.
        failures: Vec<(String, TimestampError)>,
    },
    /// What is given is a copy with files or records withheld, and an original is asked for.
    #[error("{} is a redacted copy, not the original bundle", path.display())]
    RedactedCopy {
        /// The copy.
        path: PathBuf,
    },
    /// A copy that withholds nothing is no copy.
    #[error("nothing is to be withheld")]
    NothingWithheld,
    /// No artefact of the bundle has this path.
    #[error("no artefact of the bundle is {path}")]
    UnknownFile {
        /// The path asked for.
        path: String,
    },
    /// No record of the archive has this address or this name.
    #[error("no record of the archive is {what}")]
    UnknownExchange {
        /// The address or the name asked for.
        what: String,
    },
    /// The bundle was sealed without salted leaves: only whole files can be withheld.
    #[error("the bundle {} was sealed without salted leaves", path.display())]
    NoLeaves {
        /// The bundle.
        path: PathBuf,
    },
    /// The disk is full.
    #[error("no space left while writing {}", path.display())]
    DiskFull {
        /// The file being written.
        path: PathBuf,
    },
    /// Any other failure of the file system.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>().join(", ")
}

impl SealError {
    /// Every code this enum gives by itself; [`SealError::Dossier`] gives the codes of [`DossierError`],
    /// [`SealError::Signer`] those of [`KeyError`].
    pub const CODES: &'static [&'static str] = &[
        "seal.nothing_recorded",
        "seal.no_archive",
        "seal.archive",
        "seal.artefact_altered",
        "seal.too_many_entries",
        "seal.key",
        "seal.key_mismatch",
        "seal.certificate_out_of_date",
        "seal.sign",
        "seal.target_exists",
        "seal.self_check",
        "seal.bad_bundle",
        "seal.already_stamped",
        "seal.anchored",
        "seal.recorded",
        "seal.not_stamped",
        "seal.too_late",
        "seal.no_timestamp",
        "disclosure.redacted_copy",
        "disclosure.nothing",
        "disclosure.unknown_file",
        "disclosure.unknown_exchange",
        "disclosure.no_leaves",
        "seal.disk_full",
        "seal.io",
    ];

    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Dossier(error) => error.code(),
            Self::Signer(error) => error.code(),
            Self::NothingRecorded { .. } => "seal.nothing_recorded",
            Self::NoArchive { .. } => "seal.no_archive",
            Self::Archive { .. } => "seal.archive",
            Self::ArtefactAltered { .. } => "seal.artefact_altered",
            Self::TooManyEntries { .. } => "seal.too_many_entries",
            Self::Key { .. } => "seal.key",
            Self::KeyMismatch { .. } => "seal.key_mismatch",
            Self::CertificateOutOfDate { .. } => "seal.certificate_out_of_date",
            Self::Sign { .. } => "seal.sign",
            Self::TargetExists { .. } => "seal.target_exists",
            Self::SelfCheck { .. } => "seal.self_check",
            Self::BadBundle { .. } => "seal.bad_bundle",
            Self::AlreadyStamped { .. } => "seal.already_stamped",
            Self::Anchored { .. } => "seal.anchored",
            Self::Recorded { .. } => "seal.recorded",
            Self::NotStamped { .. } => "seal.not_stamped",
            Self::TooLate { .. } => "seal.too_late",
            Self::NoTimestamp { .. } => "seal.no_timestamp",
            Self::RedactedCopy { .. } => "disclosure.redacted_copy",
            Self::NothingWithheld => "disclosure.nothing",
            Self::UnknownFile { .. } => "disclosure.unknown_file",
            Self::UnknownExchange { .. } => "disclosure.unknown_exchange",
            Self::NoLeaves { .. } => "disclosure.no_leaves",
            Self::DiskFull { .. } => "seal.disk_full",
            Self::Io { .. } => "seal.io",
        }
    }

    /// Wraps a file system error; a full disk or an exhausted quota gets its own variant.
    pub fn io(action: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Io { action, path, source },
        }
    }
}

/// Why a timestamp token was not obtained, or does not count (RFC 3161, RFC 5816, EN 319 422).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimestampError {
    /// The authority could not be reached, or did not answer in time.
    #[error("the authority could not be reached: {why}")]
    Unreachable {
        /// What the network said.
        why: String,
    },
    /// The authority answered with another HTTP status than 200, or another media type.
    #[error("the authority answered {found}")]
    Http {
        /// The status, or the media type.
        found: String,
    },
    /// The answer is longer than a token can be.
    #[error("the answer is longer than {limit} bytes")]
    TooLong {
        /// The limit in octets.
        limit: u64,
    },
    /// The answer is not a well-formed `TimeStampResp` or `TimeStampToken`.
    #[error("the answer is not a timestamp: {why}")]
    Malformed {
        /// Why.
        why: String,
    },
    /// The authority refused (`PKIStatus` other than granted).
    #[error("the authority refused: {why}")]
    Refused {
        /// Status and text of the authority.
        why: String,
    },
    /// The token is about other data.
    #[error("the token is about other data: expected {expected}, found {found}")]
    Imprint {
        /// The digest sent.
        expected: String,
        /// The digest of the token.
        found: String,
    },
    /// The token answers another request.
    #[error("the token answers another request: expected nonce {expected}, found {found}")]
    Nonce {
        /// The nonce sent.
        expected: String,
        /// The nonce of the token.
        found: String,
    },
    /// The token was issued under another policy than the one configured.
    #[error("the token was issued under policy {found}, not {expected}")]
    Policy {
        /// The policy configured.
        expected: String,
        /// The policy of the token.
        found: String,
    },
    /// The time of the token is out of the window in which it was asked for.
    #[error("the time of the token, {found}, is out of the window {expected}")]
    Time {
        /// The window.
        expected: String,
        /// `genTime` of the token.
        found: String,
    },
    /// The certificate that signed may not sign timestamps, or is not the one the token names.
    #[error("the certificate of the token is refused: {why}")]
    Certificate {
        /// Why.
        why: String,
    },
    /// The signature of the token is wrong.
    #[error("the signature of the token is wrong: {why}")]
    Signature {
        /// Why.
        why: String,
    },
    /// The chain of the token does not lead to an anchor configured for this authority.
    #[error("the token does not lead to an anchor of the authority: {why}")]
    Chain {
        /// Why.
        why: String,
    },
}

impl TimestampError {
    /// Every code this enum can give.
    pub const CODES: &'static [&'static str] = &[
        "time.unreachable",
        "time.http",
        "time.too_long",
        "time.malformed",
        "time.refused",
        "time.imprint",
        "time.nonce",
        "time.policy",
        "time.window",
        "time.certificate",
        "time.signature",
        "time.chain",
    ];

    /// The stable code, the same in every language.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "time.unreachable",
            Self::Http { .. } => "time.http",
            Self::TooLong { .. } => "time.too_long",
            Self::Malformed { .. } => "time.malformed",
            Self::Refused { .. } => "time.refused",
            Self::Imprint { .. } => "time.imprint",
            Self::Nonce { .. } => "time.nonce",
            Self::Policy { .. } => "time.policy",
            Self::Time { .. } => "time.window",
            Self::Certificate { .. } => "time.certificate",
            Self::Signature { .. } => "time.signature",
            Self::Chain { .. } => "time.chain",
        }
    }

    /// Whether asking again may help: only a failure of the network or of the server, never a wrong token.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Http { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_listed_once() {
        for codes in [SealError::CODES, TimestampError::CODES] {
            let unique: std::collections::BTreeSet<_> = codes.iter().collect();
            assert_eq!(unique.len(), codes.len());
        }
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert_eq!(SealError::io("write", "/x", full).code(), "seal.disk_full");
    }
}
