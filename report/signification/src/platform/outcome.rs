//! What the commands answer: plain data, ready for `--json`.
use std::path::PathBuf;

use dossier::{Instant, Sha256Digest};
use serde::Serialize;

use crate::Id;
use crate::acte::{ActeState, Refusal};
use crate::consent::ConsentState;
use crate::deadline::french;
use crate::letter::{LetterDue, Qualification};
use crate::signature_acte::Constat;

crate::discret::discret!(Consulted);

/// A store was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Initialised {
    /// Where.
    pub store: PathBuf,
    /// Whether it is a trial.
    pub essai: bool,
    /// Terms of use published.
    pub cgu_version: String,
    /// Their digest.
    pub cgu_sha256: Sha256Digest,
}

/// The channel was offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proposed {
    /// Identifier of the consent to come.
    pub consent: Id,
    /// Where it stands.
    pub state: ConsentState,
}

/// A declaration was filed and its documents checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Declared {
    /// The consent.
    pub consent: Id,
    /// Where it stands.
    pub state: ConsentState,
    /// How many documents were kept.
    pub pieces: usize,
}

/// An invitation was taken by the recipient's mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Invited {
    /// The consent.
    pub consent: Id,
    /// Where it stands.
    pub state: ConsentState,
    /// The message.
    pub notice: Id,
    /// Reply code.
    pub smtp_code: u16,
    /// End of the invitation.
    pub expires_at: Instant,
}

/// The recipient consented.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// The consent.
    pub consent: Id,
    /// Where it stands.
    pub state: ConsentState,
    /// When.
    pub at: Instant,
    /// The recipient's key file.
    pub cle: PathBuf,
    /// Whether it was made now.
    pub cle_creee: bool,
    /// The certificate of consent.
    pub recepisse: Id,
}

/// The recipient refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The consent.
    pub consent: Id,
    /// Where it stands.
    pub state: ConsentState,
    /// Evidence of the refusal.
    pub recepisse: Id,
}

/// A consent moved (suspended, resumed, revoked).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The consent.
    pub consent: Id,
    /// Where it stands.
    pub state: ConsentState,
    /// When.
    pub at: Instant,
    /// When personal data are to be destroyed, after a revocation.
    pub destroy_on: Option<jiff::civil::Date>,
}

/// Answer of the registry to an exact match: yes or no, and the identifier; never who.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lookup {
    /// Whether this person has an active consent.
    pub consent_actif: bool,
    /// Its identifier.
    pub consent: Option<Id>,
}

/// An act was taken in, signed and sealed; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deposited {
    /// The act.
    pub acte: Id,
    /// Where it stands.
    pub state: ActeState,
    /// Length of the act.
    pub bytes: u64,
    /// Its fingerprint.
    pub sha256: Sha256Digest,
    /// The other one.
    pub sha512: dossier::Sha512Digest,
    /// Level of the office's signature.
    pub signature: String,
    /// What was found of the signature inside the PDF; `None` when nothing judges it here.
    pub signature_pdf: Option<SignatureDite>,
    /// Always false: the content of acts is not judged.
    pub contenu_verifie: bool,
}

/// What was found of the signature inside a PDF, and what it comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignatureDite {
    /// In French.
    pub phrase: &'static str,
    /// What was found.
    #[serde(flatten)]
    pub constat: Constat,
}

impl SignatureDite {
    pub(super) fn de(constat: Constat) -> Self {
        Self { phrase: constat.phrase(), constat }
    }
}

/// What became of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NoticeOutcome {
    /// The message.
    pub notice: Id,
    /// Whether the mail server took it.
    pub accepted: bool,
    /// Its reply code, or `connexion`, `protocole`.
    pub code: String,
    /// What to do, in French, when it did not.
    pub conseil: Option<&'static str>,
}

/// A sending, done or put off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// The act.
    pub acte: Id,
    /// Where it stands.
    pub state: ActeState,
    /// Date and hour of service (CPC 664-1), once sent.
    pub envoye_le: Option<Instant>,
    /// The same, Paris time with its offset.
    pub envoye_le_paris: Option<String>,
    /// Earliest sending, when it was put off.
    pub programme_pour: Option<Instant>,
    /// Why it was put off.
    pub refus: Vec<Refusal>,
    /// The notice.
    pub avis: Option<NoticeOutcome>,
    /// Evidence issued.
    pub recepisses: Vec<Id>,
    /// Those whose time token is still to come.
    pub horodatage_differe: usize,
}

/// The recipient opened an act.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Consulted {
    /// The act.
    pub acte: Id,
    /// Where it stands.
    pub state: ActeState,
    /// When he first did.
    pub premiere_consultation: Option<Instant>,
    /// À personne, à domicile.
    pub qualification: Option<Qualification>,
    /// The office.
    pub etude: String,
    /// Nature of the act.
    pub nature: String,
    /// On whose request.
    pub requerant: Option<String>,
    /// Length.
    pub bytes: u64,
    /// Fingerprint, checked now.
    pub sha256: Sha256Digest,
}

/// The recipient has the act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Downloaded {
    /// The act.
    pub acte: Id,
    /// Where it stands.
    pub state: ActeState,
    /// Hour of receipt: the last byte.
    pub recu_le: Instant,
    /// Bytes handed over.
    pub bytes: u64,
    /// Their fingerprint.
    pub sha256: Sha256Digest,
    /// The evidence of it.
    pub recepisse: Id,
    /// Files written for the recipient.
    pub fichiers: Vec<PathBuf>,
}

/// What was due and done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Processed {
    /// Acts sent or continued.
    pub envois: Vec<Sent>,
    /// Scheduled acts that can no longer be sent.
    pub rejets: Vec<Id>,
    /// Notices tried again.
    pub avis: Vec<NoticeOutcome>,
    /// Evidence issued for facts a crash had left without.
    pub recepisses: Vec<Id>,
    /// Terms that came, and what was done.
    pub echeances: Vec<super::Echue>,
    /// Messages of the service that were handed over, or tried.
    pub courriers: Vec<super::Echue>,
}

/// What servers sent back, read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Releves {
    /// Returns noted.
    pub pris: usize,
    /// Known already.
    pub deja_pris: usize,
    /// Messages set aside: not about a notice of ours, or not to be believed.
    pub rebuts: usize,
    /// Notices nothing was heard of for too long.
    pub silencieux: usize,
}

/// Deferred timestamps completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stamped {
    /// Completed now.
    pub completes: usize,
    /// Still deferred.
    pub restants: usize,
    /// Why the last one failed, by its code.
    pub raison: Option<String>,
}

/// One line of a timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TimelineLine {
    /// Journal line.
    pub seq: u64,
    /// UTC.
    pub at: Instant,
    /// Paris, with offset.
    pub at_paris: String,
    /// Operation.
    pub op: String,
    /// Role of who acted.
    pub role: &'static str,
    /// What it is, in French.
    pub libelle: &'static str,
    /// The state that the act reached by this line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etat: Option<ActeState>,
}

/// The progress of an act, from the journal only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// The act.
    pub acte: Id,
    /// Where it stands.
    pub state: ActeState,
    /// Date and hour of service.
    pub envoye_le: Option<Instant>,
    /// À personne, à domicile, or waiting.
    pub qualification: Qualification,
    /// The letter due when à domicile.
    pub lettre: Option<LetterDue>,
    /// What the letter's date is, in French.
    pub lettre_le: Option<String>,
    /// Lines.
    pub lignes: Vec<TimelineLine>,
}

impl Timeline {
    pub(super) fn letter_text(letter: Option<LetterDue>) -> Option<String> {
        letter.map(|l| french(l.earliest()))
    }
}

/// Somebody asked the registry about a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consultation {
    /// When.
    pub at: Instant,
    /// Who, in his role.
    pub actor: String,
    /// For which dossier.
    pub dossier: String,
}

/// What the check of a journal found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct JournalReport {
    /// Lines read.
    pub lignes: u64,
    /// SHA-256 of the last line.
    pub tete: Sha256Digest,
    /// Whether every line, the chain and every transition hold.
    pub intact: bool,
    /// First fault: line, from 1.
    pub ligne_fautive: Option<u64>,
    /// What is wrong.
    pub raison: Option<String>,
    /// Bytes after the last line feed, left by a crash.
    pub fin_coupee: usize,
    /// Files of receipts that are missing or are not those announced.
    pub recepisses_fautifs: Vec<Id>,
}
