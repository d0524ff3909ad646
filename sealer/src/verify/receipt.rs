//! Receipts of the signification module, judged by a stranger: form, signature, chain, time, the document beside it, and in
//! plain French what it attests and what it does not. Formats: `constat-preuve/1` (receipt), `constat-effacement/1`
//! (certificate of erasure), each one JSON object with a detached CMS signature and a proof of time, in a folder or a zip.
mod form;
mod lines;
mod paper;
mod pieces;
mod point;
mod signed;
mod texts;
mod whole;

use std::path::Path;

use dossier::{Finding, Instant, Level, Sha256Digest};
use serde::Serialize;
use serde_json::Value;

use self::form::Form;
use self::pieces::Pieces;
use self::signed::Subject;
use super::level::Level as SealLevel;
use super::{Report, TimestampFacts, Verdict};
use crate::{QcStatements, TrustAnchors};

pub use lines::receipt_lines;
pub use pieces::{is_receipt, pack_receipt};
pub use whole::{
    PartVerification, ReceiptInside, WholeVerification, is_whole_dossier, verify_whole_dossier, whole_lines,
};

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiptKind {
    /// A fact of the service of an act or of a consent: `preuve.json`.
    Preuve,
    /// What was destroyed, and when: `effacement.json`.
    Effacement,
}

impl ReceiptKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Preuve, Self::Effacement];

    /// The file that is signed; the others have its name and a suffix.
    pub fn file(self) -> &'static str {
        match self {
            Self::Preuve => "preuve.json",
            Self::Effacement => "effacement.json",
        }
    }
}

/// What became of the documents a receipt speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentFate {
    /// It speaks of none.
    Aucun,
    /// Not beside the receipt: only its digest is known.
    Absent,
    /// Beside it, octet for octet.
    Identique,
    /// A file of its name is beside it, with other octets.
    Autre,
}

/// What the signature and the time say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReceiptFacts {
    /// Subject of the signing certificate (RFC 4514).
    pub signer: Option<String>,
    /// SHA-256 of the signing certificate.
    pub certificate_sha256: Option<Sha256Digest>,
    /// The signing time claimed by the office's clock.
    pub signing_time: Option<Instant>,
    /// The level reached; `None` when the chain does not lead to an anchor.
    pub level: Option<SealLevel>,
    /// What the signing certificate says of its own qualification; a claim only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qc_statements: Option<QcStatements>,
    /// The token that dates it, when it counts.
    pub timestamp: Option<TimestampFacts>,
    /// Whether it comes from a trial installation.
    pub essai: Option<bool>,
}

/// The result of the verification of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptVerification {
    /// The answer.
    pub verdict: Verdict,
    /// Everything found, in the order of the checks.
    pub findings: Vec<Finding>,
    /// Receipt or certificate; `None` when neither is there.
    pub kind: Option<ReceiptKind>,
    /// SHA-256 of the signed octets.
    pub sha256: Option<Sha256Digest>,
    /// The signed object, when its form is right.
    pub content: Option<Value>,
    /// What the signature and the time say.
    pub facts: ReceiptFacts,
    /// The documents it speaks of.
    pub document: DocumentFate,
    /// What it attests, in French; empty when the verdict is FAIL.
    pub attests: Vec<String>,
    /// What it does not attest, in French.
    pub limits: Vec<String>,
}

/// Verifies the receipt in the folder or zip at `path` (or whose signed file is at `path`), trusting `anchors` only, as at
/// instant `at`. Offline.
pub fn verify_receipt(path: &Path, anchors: &TrustAnchors, at: Instant) -> ReceiptVerification {
    let mut report = Report::default();
    let pieces = match Pieces::read(path) {
        Ok(pieces) => pieces,
        Err(finding) => {
            report.add(finding);
            return conclude(report, None);
        }
    };
    judge(&pieces, anchors, at, report)
}

/// What was judged so far.
struct Judged {
    kind: ReceiptKind,
    sha256: Sha256Digest,
    form: Option<Form>,
    facts: ReceiptFacts,
    document: DocumentFate,
}

fn judge(pieces: &Pieces, anchors: &TrustAnchors, at: Instant, mut report: Report) -> ReceiptVerification {
    let Some((kind, bytes)) = pieces.signed() else {
        let what = "Il n'y a ici ni récépissé (preuve.json) ni certificat d'effacement (effacement.json), ou les deux.";
        report.fail_found("receipt.absent", what, pieces.names().join(", "));
        return conclude(report, None);
    };
    let form = form::read(kind, &bytes, &mut report);
    let mut facts = ReceiptFacts::default();
    let subject = Subject::receipt(kind);
    signed::check(&subject, (pieces, &bytes), form.as_ref(), (anchors, at), &mut report, &mut facts);
    let document = form.as_ref().map_or(DocumentFate::Aucun, |form| paper::check(kind, pieces, form, &mut report));
    facts.essai = form.as_ref().map(Form::essai);
    let named = |name: &Option<String>| name.as_deref().is_some_and(|name| name.contains("ESSAI"));
    let authority = facts.timestamp.as_ref().map(|token| token.authority.clone());
    if facts.essai == Some(true) || named(&facts.signer) || named(&authority) {
        let what = "ESSAI : ce récépissé est fait avec des clés d'essai. Il ne prouve rien.";
        report.add(Finding::new("trust.essai", Level::Warn, what).found(facts.signer.clone().unwrap_or_default()));
    }
    conclude(report, Some(Judged { kind, sha256: Sha256Digest::of(&bytes), form, facts, document }))
}

fn conclude(report: Report, judged: Option<Judged>) -> ReceiptVerification {
    let findings = report.into_found().findings;
    let verdict = Verdict::of(&findings);
    let mut told = ReceiptVerification {
        verdict,
        findings,
        kind: None,
        sha256: None,
        content: None,
        facts: ReceiptFacts::default(),
        document: DocumentFate::Aucun,
        attests: Vec::new(),
        limits: Vec::new(),
    };
    let Some(judged) = judged else { return told };
    (told.kind, told.sha256) = (Some(judged.kind), Some(judged.sha256));
    (told.facts, told.document) = (judged.facts, judged.document);
    if let Some(form) = judged.form {
        // What is proven wrong attests nothing.
        if verdict != Verdict::Fail {
            told.attests = texts::attests(&form);
            told.limits = texts::limits(&form, told.document, told.facts.timestamp.is_some());
        }
        told.content = Some(form.value);
    }
    told
}
