//! The form of a receipt: strict JSON in its one form (RFC 8785), these fields and no other, and fields that agree.
use dossier::{Finding, Instant, Level, Sha256Digest, Sha512Digest};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::Value;

use super::{ReceiptKind, texts};
use crate::verify::Report;

/// A UUID in lower case with hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id(pub(super) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let form = |(at, b): (usize, u8)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { hex(b) };
        if text.len() == 36 && text.bytes().enumerate().all(form) {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("identifier"))
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventName {
    pub(super) uri: String,
    pub(super) nom: String,
    pub(super) libelle: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Issuer {
    pub(super) etude: String,
    pub(super) residence: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) name: String,
    #[serde(rename = "type")]
    _media_type: String,
    pub(super) size: u64,
    pub(super) sha256: Sha256Digest,
    pub(super) sha512: Sha512Digest,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "sha256")]
    _sha256: Sha256Digest,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JournalRef {
    #[serde(rename = "seq")]
    _seq: u64,
    #[serde(rename = "entry_hash")]
    _entry: Sha256Digest,
    #[serde(rename = "prev_hash")]
    _prev: Sha256Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Identification {
    Pieces,
    FranceConnect,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recipient {
    #[serde(rename = "id")]
    _id: Id,
    #[serde(rename = "identification")]
    _identification: Option<Identification>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Role {
    Etude,
    Destinataire,
    Registre,
    Plateforme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Qualification {
    EnAttente,
    APersonne,
    ADomicile,
}

/// `constat-preuve/1`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Proof {
    #[serde(rename = "version")]
    _version: String,
    essai: bool,
    pub(super) evidence_id: Id,
    pub(super) event: EventName,
    pub(super) event_time_utc: Instant,
    pub(super) event_time_paris: String,
    pub(super) submission_time: Option<Instant>,
    pub(super) reasons: Vec<String>,
    #[serde(rename = "policy")]
    _policy: Option<Policy>,
    pub(super) issuer: Issuer,
    #[serde(rename = "actor_role")]
    _role: Role,
    #[serde(rename = "actor_id")]
    _actor: String,
    #[serde(rename = "act_signer")]
    _act_signer: Option<Sha256Digest>,
    #[serde(rename = "act_signature_level")]
    _act_level: Option<String>,
    #[serde(rename = "recipient")]
    _recipient: Recipient,
    #[serde(rename = "auth_method")]
    _auth: Option<String>,
    #[serde(rename = "auth_time")]
    _auth_time: Option<Instant>,
    #[serde(rename = "message_id")]
    _message: Option<Id>,
    #[serde(rename = "act_id")]
    _act: Option<Id>,
    #[serde(rename = "dossier_ref")]
    _dossier: String,
    pub(super) content: Vec<Content>,
    #[serde(rename = "nature_acte")]
    _nature: Option<String>,
    #[serde(rename = "requerant")]
    _requerant: Option<String>,
    #[serde(rename = "consent_ref")]
    _consent: Id,
    #[serde(rename = "consent_basis")]
    _basis: Option<String>,
    pub(super) qualification: Option<Qualification>,
    #[serde(rename = "journal")]
    _journal: JournalRef,
    pub(super) procedure: Option<Sha256Digest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Motif {
    Revocation,
    Resiliation,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) nature: ItemKind,
    #[serde(rename = "id")]
    _id: Id,
    #[serde(rename = "sha256")]
    _sha256: Option<Sha256Digest>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemKind {
    Acte,
    Declaration,
    Piece,
    Cle,
    Reponse,
    Jointe,
    Creance,
    Document,
}

/// `constat-effacement/1`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Erasure {
    #[serde(rename = "version")]
    _version: String,
    essai: bool,
    pub(super) certificate_id: Id,
    pub(super) pseudonym: Id,
    pub(super) motif: Motif,
    #[serde(rename = "demande_recue_le")]
    _received: Option<Instant>,
    pub(super) fin_le: Instant,
    pub(super) efface_le: Instant,
    pub(super) efface_le_paris: String,
    pub(super) items: Vec<Item>,
    pub(super) methode: String,
    pub(super) issuer: Issuer,
    #[serde(rename = "journal")]
    _journal: JournalRef,
    pub(super) procedure: Option<Sha256Digest>,
}

/// What was read.
#[derive(Clone, Debug)]
pub(super) enum Read {
    Proof(Box<Proof>),
    Erasure(Box<Erasure>),
}

/// An object whose form is right.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) read: Read,
    pub(super) value: Value,
}

impl Form {
    pub(super) fn essai(&self) -> bool {
        match &self.read {
            Read::Proof(proof) => proof.essai,
            Read::Erasure(erasure) => erasure.essai,
        }
    }

    /// When the fact took place, by the office's clock.
    pub(super) fn at(&self) -> Instant {
        match &self.read {
            Read::Proof(proof) => proof.event_time_utc,
            Read::Erasure(erasure) => erasure.efface_le,
        }
    }

    pub(super) fn id(&self) -> &Id {
        match &self.read {
            Read::Proof(proof) => &proof.evidence_id,
            Read::Erasure(erasure) => &erasure.certificate_id,
        }
    }

    pub(super) fn procedure(&self) -> Option<Sha256Digest> {
        match &self.read {
            Read::Proof(proof) => proof.procedure,
            Read::Erasure(erasure) => erasure.procedure,
        }
    }

    /// The documents it speaks of.
    pub(super) fn documents(&self) -> &[Content] {
        match &self.read {
            Read::Proof(proof) => &proof.content,
            Read::Erasure(_) => &[],
        }
    }
}

/// Reads and checks the form; `None` once it is told what is wrong with it.
pub(super) fn read(kind: ReceiptKind, bytes: &[u8], report: &mut Report) -> Option<Form> {
    match parse(kind, bytes) {
        Ok(form) => {
            match &form.read {
                Read::Proof(proof) => check_proof(proof, report),
                Read::Erasure(erasure) => check_paris(erasure.efface_le, &erasure.efface_le_paris, report),
            }
            Some(form)
        }
        Err(finding) => {
            report.add(finding);
            None
        }
    }
}

fn parse(kind: ReceiptKind, bytes: &[u8]) -> Result<Form, Finding> {
    let fail = |code: &str, what: &str| Finding::new(code, Level::Fail, what);
    let value = dossier::parse_strict(bytes)
        .map_err(|e| fail("receipt.json", "Le récépissé n'est pas un JSON strict.").found(e))?;
    if dossier::canonical_bytes(&value).ok().as_deref() != Some(bytes) {
        return Err(fail("receipt.canonical", "Le récépissé n'est pas sous sa forme canonique (RFC 8785)."));
    }
    let expected = match kind {
        ReceiptKind::Preuve => "constat-preuve/1",
        ReceiptKind::Effacement => "constat-effacement/1",
    };
    let version = value.get("version").and_then(Value::as_str).unwrap_or_default();
    if version != expected {
        let what = "La version du récépissé n'est pas de celles que ce logiciel connaît.";
        return Err(fail("receipt.format", what).values(expected, version));
    }
    let whole = value.clone();
    let read = match kind {
        ReceiptKind::Preuve => serde_json::from_value(whole).map(|proof| Read::Proof(Box::new(proof))),
        ReceiptKind::Effacement => serde_json::from_value(whole).map(|erasure| Read::Erasure(Box::new(erasure))),
    };
    let what = "Un champ du récépissé manque, est inconnu ou n'a pas la forme attendue.";
    Ok(Form { read: read.map_err(|e| fail("receipt.field", what).found(e))?, value })
}

fn check_proof(proof: &Proof, report: &mut Report) {
    let event = &proof.event;
    match texts::event(&event.uri) {
        None => {
            let what = "L'événement n'est pas de ceux que ce logiciel connaît.";
            report.fail_found("receipt.event", what, &event.uri);
        }
        Some(known) => {
            if (known.nom, known.libelle) != (event.nom.as_str(), event.libelle.as_str()) {
                let what = "Le nom de l'événement ne correspond pas à son URI.";
                report.fail("receipt.event", what, known.nom, &event.nom);
            }
            // A negative event has a reason, a positive one has none.
            if known.negative == proof.reasons.is_empty() {
                let what = "L'événement et ses motifs ne s'accordent pas.";
                report.fail_found("receipt.reasons", what, proof.reasons.join(", "));
            }
        }
    }
    check_paris(proof.event_time_utc, &proof.event_time_paris, report);
}

/// The two writings of the time name one instant.
fn check_paris(at: Instant, told: &str, report: &mut Report) {
    let expected = at.legal_time().strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string();
    if expected != told {
        let what = "Les deux écritures de l'heure ne désignent pas le même instant.";
        report.fail("receipt.time", what, expected, told);
    }
}
