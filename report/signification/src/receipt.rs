//! Evidence of what happened to an act: one canonical JSON object per fact, signed and timestamped on its own, checkable
//! with public tools (`openssl cms -verify`, `openssl ts -verify`) from three files in a folder.
//!
//! Fields follow EN 319 522-3 (research names kept in French where the law is French); events bear the ETSI URI
//! `http://uri.etsi.org/19522/Event/…` (EN 319 522-1, clause 6). Absent facts are `null`, never invented.
use std::path::Path;

use dossier::{Digests, Finding, Instant, Journal, Level, Sha256Digest, parse_strict};
use serde::{Deserialize, Serialize};

use crate::consent::{Identification, Role};
use crate::evidence::EvidenceVerifier;
use crate::journal::links;
use crate::letter::Qualification;
use crate::platform::announced;
use crate::point::Extrait;
use crate::{Id, SignificationError};

mod kind;

pub use kind::EvidenceKind;

/// Version of the evidence object.
pub const EVIDENCE_FORMAT: &str = "constat-preuve/1";
/// The evidence bytes.
pub const EVIDENCE_FILE: &str = "preuve.json";
/// Detached CMS signature over [`EVIDENCE_FILE`], DER.
pub const SIGNATURE_FILE: &str = "preuve.json.p7s";
/// RFC 3161 token over [`EVIDENCE_FILE`], DER; absent while the timestamp is deferred.
pub const TOKEN_FILE: &str = "preuve.json.tst";
/// The chains and the states of the certificates when it was made, when they could be had.
pub const STATES_FILE: &str = "preuve.json.etats";
/// The checkpoint of the journal that dates [`EVIDENCE_FILE`], when it has no token of its own: an excerpt of one line.
pub const POINT_FILE: &str = "preuve.json.point";

/// The event, as ETSI and as we name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventName {
    /// ETSI URI.
    pub uri: String,
    /// Our state or event.
    pub nom: String,
    /// French label.
    pub libelle: String,
}

/// Who issues the evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// The office.
    pub etude: String,
    /// Its town.
    pub residence: String,
}

/// The recipient, by pseudonym; the clear identity stays in the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Identifier of the consent.
    pub id: Id,
    /// How the person was identified when the consent was declared.
    pub identification: Option<Identification>,
}

/// One document of the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Name.
    pub name: String,
    /// Media type.
    #[serde(rename = "type")]
    pub media_type: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256.
    pub sha256: Sha256Digest,
    /// SHA-512.
    pub sha512: dossier::Sha512Digest,
}

/// The terms of use that applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Version.
    pub version: String,
    /// Digest of the text.
    pub sha256: Sha256Digest,
}

/// The journal line attested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalRef {
    /// Position.
    pub seq: u64,
    /// SHA-256 of the line.
    pub entry_hash: Sha256Digest,
    /// SHA-256 of the line before.
    pub prev_hash: Sha256Digest,
}

/// The evidence object. Its canonical bytes (RFC 8785) are what is signed and stamped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Format.
    pub version: String,
    /// Whether it comes from a trial installation.
    pub essai: bool,
    /// Identifier.
    pub evidence_id: Id,
    /// What happened.
    pub event: EventName,
    /// When, in UTC.
    pub event_time_utc: Instant,
    /// When, in Paris, with offset.
    pub event_time_paris: String,
    /// Date and hour of service, once sent (CPC 664-1).
    pub submission_time: Option<Instant>,
    /// Why, for a negative event: stable codes.
    pub reasons: Vec<String>,
    /// Terms of use accepted by the recipient.
    pub policy: Option<Policy>,
    /// Who issues.
    pub issuer: Issuer,
    /// Who acted: role and identifier within the role.
    pub actor_role: Role,
    /// See `actor_role`.
    pub actor_id: String,
    /// Digest of the certificate that signed the act.
    pub act_signer: Option<Sha256Digest>,
    /// Level of that signature.
    pub act_signature_level: Option<String>,
    /// The recipient.
    pub recipient: Recipient,
    /// How the recipient proved who he is, for his own events.
    pub auth_method: Option<String>,
    /// When he did.
    pub auth_time: Option<Instant>,
    /// The notice, for its events.
    pub message_id: Option<Id>,
    /// The act.
    pub act_id: Option<Id>,
    /// The office's dossier.
    pub dossier_ref: String,
    /// The documents.
    pub content: Vec<Content>,
    /// Nature of the act.
    pub nature_acte: Option<String>,
    /// On whose request, as declared by the office.
    pub requerant: Option<String>,
    /// The consent.
    pub consent_ref: Id,
    /// Its basis.
    pub consent_basis: Option<String>,
    /// À personne, à domicile, as it stood at the event.
    pub qualification: Option<Qualification>,
    /// The journal line.
    pub journal: JournalRef,
    /// SHA-256 of the procedure sheet given with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub procedure: Option<Sha256Digest>,
}

/// What the check of a receipt folder gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReceiptReport {
    /// The evidence read.
    pub evidence: Evidence,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Digest,
    /// Whether its date is proven, by a time token or by a timestamped checkpoint; otherwise « horodatage différé ».
    pub timestamped: bool,
    /// What was found wrong or missing. Empty: nothing.
    pub findings: Vec<Finding>,
}

impl ReceiptReport {
    /// Whether nothing is proven wrong.
    pub fn holds(&self) -> bool {
        self.findings.iter().all(|f| f.level < Level::Fail)
    }
}

/// Checks a receipt folder offline: canonical form, event table, signature, time token, and the journal when it is given.
pub fn check_receipt(
    folder: &Path,
    verifier: &dyn EvidenceVerifier,
    journal: Option<&Journal>,
) -> Result<ReceiptReport, SignificationError> {
    let bytes = read(folder, EVIDENCE_FILE)?.ok_or_else(|| refuse("preuve.json absent"))?;
    let evidence = parse(&bytes)?;
    let mut findings = Vec::new();
    check_event(&evidence, &mut findings);
    match read(folder, SIGNATURE_FILE)? {
        Some(signature) => findings.extend(verifier.check_signature(&bytes, &signature)),
        None => findings.push(Finding::new("receipt.unsigned", Level::Fail, "Le récépissé n'est pas signé.")),
    }
    let timestamped = match (read(folder, TOKEN_FILE)?, read(folder, POINT_FILE)?) {
        (Some(token), _) => {
            findings.extend(verifier.check_token(&bytes, &token));
            true
        }
        (None, Some(point)) => check_point(&evidence, &bytes, &point, verifier, &mut findings)?,
        (None, None) => {
            let what = "Horodatage différé : le récépissé ne porte pas encore de preuve de sa date.";
            findings.push(Finding::new("receipt.timestamp_deferred", Level::Warn, what));
            false
        }
    };
    if let Some(journal) = journal {
        check_journal(&evidence, journal, &mut findings)?;
    }
    Ok(ReceiptReport { evidence, sha256: Sha256Digest::of(&bytes), timestamped, findings })
}

/// The checkpoint of the journal dates the line that announces the evidence, and so the evidence, by its digests.
fn check_point(
    evidence: &Evidence,
    bytes: &[u8],
    point: &[u8],
    verifier: &dyn EvidenceVerifier,
    findings: &mut Vec<Finding>,
) -> Result<bool, SignificationError> {
    let extrait = Extrait::read(point)?;
    let report = extrait.check(verifier)?;
    findings.extend(report.findings);
    let wanted = Some((evidence.evidence_id, Digests::of(bytes)));
    if extrait.lignes.len() != 1 || extrait.lignes.first().and_then(|line| announced(&line.ligne)) != wanted {
        let what = "La ligne de journal que le point de contrôle date n'est pas celle de ce récépissé.";
        findings.push(Finding::new("receipt.point", Level::Fail, what));
    }
    Ok(report.horodate)
}

/// Parses evidence bytes: strict JSON in canonical form, known format, every field.
pub fn parse(bytes: &[u8]) -> Result<Evidence, SignificationError> {
    let value = parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
    if dossier::canonical_bytes(&value)? != bytes {
        return Err(refuse("preuve.json n'est pas en forme canonique"));
    }
    let evidence: Evidence = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
    if evidence.version != EVIDENCE_FORMAT {
        return Err(refuse(format!("version : attendu {EVIDENCE_FORMAT}, trouvé {}", evidence.version)));
    }
    Ok(evidence)
}

fn check_event(evidence: &Evidence, findings: &mut Vec<Finding>) {
    let Some(kind) = EvidenceKind::ALL.into_iter().find(|k| k.uri() == evidence.event.uri) else {
        let what = "L'événement n'est pas de ceux que ce logiciel atteste.";
        findings.push(Finding::new("receipt.event", Level::Fail, what).found(&evidence.event.uri));
        return;
    };
    if evidence.event != kind.event_name() {
        let what = "Le nom de l'événement ne correspond pas à son URI.";
        findings.push(Finding::new("receipt.event", Level::Fail, what).values(kind.nom(), &evidence.event.nom));
    }
    // Event and reason must agree: a negative event has a reason, a positive one has none.
    if kind.is_negative() == evidence.reasons.is_empty() {
        let what = "L'événement et ses motifs ne s'accordent pas.";
        findings.push(Finding::new("receipt.reasons", Level::Fail, what).found(evidence.reasons.join(", ")));
    }
    if crate::civil::paris_rfc3339(evidence.event_time_utc) != evidence.event_time_paris {
        let what = "Les deux écritures de l'heure ne désignent pas le même instant.";
        findings.push(
            Finding::new("receipt.time", Level::Fail, what)
                .values(crate::civil::paris_rfc3339(evidence.event_time_utc), &evidence.event_time_paris),
        );
    }
}

fn check_journal(
    evidence: &Evidence,
    journal: &Journal,
    findings: &mut Vec<Finding>,
) -> Result<(), SignificationError> {
    let links = links(journal)?;
    let link = usize::try_from(evidence.journal.seq).ok().and_then(|seq| links.get(seq));
    let cited = evidence.journal;
    match link {
        Some(link)
            if (link.hash, link.prev, link.at) == (cited.entry_hash, cited.prev_hash, evidence.event_time_utc) => {}
        Some(link) => {
            let what = "Le récépissé cite une autre ligne que celle du journal.";
            findings.push(Finding::new("receipt.journal", Level::Fail, what).values(link.hash, cited.entry_hash));
        }
        None => {
            let what = "Le récépissé cite une ligne que le journal n'a pas.";
            findings.push(Finding::new("receipt.journal", Level::Fail, what).values(links.len(), cited.seq));
        }
    }
    Ok(())
}

fn read(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, SignificationError> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(SignificationError::io("read", path, e)),
    }
}

fn refuse(why: impl Into<String>) -> SignificationError {
    SignificationError::Receipt { why: why.into() }
}
