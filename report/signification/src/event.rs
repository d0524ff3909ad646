//! The facts of the platform: one variant for each operation of its journal. The journal holds no name, no address, no
//! act and no secret: only pseudonymous identifiers, digests, states and times.
use dossier::{Digests, Instant, Outcome, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Id;
use crate::acte::{Nature, Refusal};
use crate::calendar::Zone;
use crate::cgu::CguVersion;
use crate::consent::{Identification, Piece, Scope};
use crate::letter::{LetterDue, Qualification};

/// Version of the store's format, in its first journal line.
pub const STORE_FORMAT: &str = "constat-signification/2";

/// One fact. The `op` is its name in the journal; its fields are the `data` of the line, beside `actor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented where they are defined")]
pub enum Event {
    /// First line: the store was made.
    #[serde(rename = "signification.store.created")]
    StoreCreated { format: String, config_sha256: Sha256Digest, office_key: String, registry_key: String, essai: bool },
    /// The configuration is not the one of the last run.
    #[serde(rename = "signification.config.changed")]
    ConfigChanged { config_sha256: Sha256Digest },
    /// A torn last line, left by a crash, was cut off the journal; its bytes were never acknowledged.
    #[serde(rename = "signification.store.repaired")]
    StoreRepaired { torn_bytes: u64, torn_sha256: Sha256Digest },
    /// Terms of use were published.
    #[serde(rename = "signification.cgu.published")]
    CguPublished(CguVersion),
    /// The channel was offered to somebody.
    #[serde(rename = "signification.consent.proposed")]
    ConsentProposed { consent: Id, dossier: String, channel: String },
    /// The declaration was filed; `digests` are those of the salted record kept encrypted.
    #[serde(rename = "signification.consent.declared")]
    ConsentDeclared {
        consent: Id,
        digests: Digests,
        morale: bool,
        scope: Scope,
        zone: Zone,
        identification: Identification,
        assistance: bool,
    },
    /// The supporting documents were received and checked by the office.
    #[serde(rename = "signification.consent.pieces_checked")]
    PiecesChecked { consent: Id, pieces: Vec<Piece>, filed: Date },
    /// An invitation was accepted by the recipient's mail server; `token_sha256` is the digest of its single-use secret.
    #[serde(rename = "signification.consent.invited")]
    ConsentInvited { consent: Id, notice: Id, token_sha256: Sha256Digest, expires_at: Instant, smtp_code: u16 },
    /// The recipient's mail server did not take an invitation.
    #[serde(rename = "signification.consent.invitation_failed")]
    InvitationFailed { consent: Id, notice: Id, code: String, permanent: bool },
    /// The recipient accepted the terms of use.
    #[serde(rename = "signification.consent.cgu_accepted")]
    CguAccepted { consent: Id, cgu_version: String, cgu_sha256: Sha256Digest, auth_method: String },
    /// The express consent of CPC 748-2, given by that acceptance.
    #[serde(rename = "signification.consent.given")]
    ConsentGiven { consent: Id, basis: String, recipient_key: String, valid_to: Option<Date> },
    /// The recipient refused the terms of use: no consent.
    #[serde(rename = "signification.consent.refused")]
    ConsentRefused { consent: Id, cgu_sha256: Sha256Digest },
    /// Suspension.
    #[serde(rename = "signification.consent.suspended")]
    ConsentSuspended { consent: Id, cause: String },
    /// End of the suspension.
    #[serde(rename = "signification.consent.resumed")]
    ConsentResumed { consent: Id },
    /// Revocation; personal data are due for destruction on `destroy_on`.
    #[serde(rename = "signification.consent.revoked")]
    ConsentRevoked { consent: Id, request: String, destroy_on: Date },
    /// Everything that names the person was destroyed: `items` encrypted files, and the key that opened them and whatever
    /// copy of them lies elsewhere.
    #[serde(rename = "signification.consent.destroyed")]
    ConsentDestroyed { consent: Id, items: u32 },
    /// The recipient's own term is over.
    #[serde(rename = "signification.consent.expired")]
    ConsentExpired { consent: Id },
    /// An exact-match lookup; `query` is a keyed digest, so that equal lookups can be told without naming anybody.
    #[serde(rename = "signification.registry.looked_up")]
    RegistryLookedUp { dossier: String, query: Sha256Digest, found: Option<Id> },
    /// A lookup that was refused.
    #[serde(rename = "signification.registry.lookup_refused")]
    LookupRefused { why: String },
    /// Somebody could not prove who he is.
    #[serde(rename = "signification.auth.failed")]
    AuthFailed { object: Id, why: String },
    /// An act was taken in and its form checked; its content is not judged.
    #[serde(rename = "signification.act.drafted")]
    ActDrafted {
        act: Id,
        consent: Id,
        dossier: String,
        nature: Nature,
        content: Digests,
        media_type: String,
        record: Digests,
    },
    /// A deposit was refused; nothing was kept.
    #[serde(rename = "signification.act.deposit_refused")]
    DepositRefused { consent: Id, codes: Vec<Refusal> },
    /// What the vault holds is not what was deposited: `code` is the error's.
    #[serde(rename = "signification.vault.alarm")]
    VaultAlarm { object: Id, code: String },
    /// The office signed the act.
    #[serde(rename = "signification.act.signed")]
    ActSigned { act: Id, signature: Digests, signer: Sha256Digest, level: String },
    /// The act was encrypted into the vault for these keys; `cipher` are the digests of the encrypted file.
    #[serde(rename = "signification.act.sealed")]
    ActSealed { act: Id, cipher: Digests, recipients: Vec<String> },
    /// A sending was refused; nothing changed.
    #[serde(rename = "signification.act.refused")]
    ActRefused { act: Id, codes: Vec<Refusal> },
    /// The act waits for the window.
    #[serde(rename = "signification.act.scheduled")]
    ActScheduled { act: Id, not_before: Instant },
    /// The act was sent: the time of this line is the date and hour of service (CPC 664-1).
    #[serde(rename = "signification.act.sent")]
    ActSent { act: Id, zones: Vec<Zone>, consent_basis: String, cgu_version: String, scheduled: bool },
    /// The act is available to its recipient.
    #[serde(rename = "signification.act.deposited")]
    ActDeposited { act: Id },
    /// The act could not be made available.
    #[serde(rename = "signification.act.deposit_failed")]
    DepositFailed { act: Id, code: String },
    /// A notice is about to be handed to the mail server; `digests` are those of the raw message.
    #[serde(rename = "signification.notice.begin")]
    NoticeBegin { act: Id, notice: Id, digests: Digests },
    /// The mail server took the notice.
    #[serde(rename = "signification.notice.accepted")]
    NoticeAccepted { act: Id, notice: Id, smtp_code: u16 },
    /// The mail server did not take the notice: `code` is its reply code, or `connexion`, `protocole`, `interrompu`.
    #[serde(rename = "signification.notice.failed")]
    NoticeFailed { act: Id, notice: Id, code: String, permanent: bool },
    /// A server returned the notice after ours had taken it: the recipient was not told; `status` is its code (RFC 3463).
    #[serde(rename = "signification.notice.returned")]
    NoticeReturned { act: Id, notice: Id, status: String },
    /// A server says that it delivered the notice to the recipient's mailbox.
    #[serde(rename = "signification.act.notice_delivered")]
    NoticeDelivered { act: Id, notice: Id },
    /// The recipient opened the act.
    #[serde(rename = "signification.act.consulted")]
    ActConsulted { act: Id, auth_method: String },
    /// The last byte of the act was handed over.
    #[serde(rename = "signification.act.downloaded")]
    ActDownloaded { act: Id, auth_method: String, bytes: u64, sha256: Sha256Digest },
    /// The handing over stopped before the last byte.
    #[serde(rename = "signification.act.handover_interrupted")]
    HandoverInterrupted { act: Id, bytes: u64 },
    /// The service was qualified; a letter is due when it is à domicile.
    #[serde(rename = "signification.act.qualified")]
    ActQualified { act: Id, qualification: Qualification, letter: Option<LetterDue> },
    /// The act will not be served electronically.
    #[serde(rename = "signification.act.rejected")]
    ActRejected { act: Id, codes: Vec<Refusal> },
    /// An evidence file was issued for the line `seq`.
    #[serde(rename = "signification.receipt.made")]
    ReceiptMade { receipt: Id, object: Id, event: String, seq: u64, digests: Digests, timestamped: bool },
    /// The journal's tree was signed, and timestamped, up to `size` lines.
    #[serde(rename = "signification.journal.point")]
    PointMade { point: Id, size: u64, root: Sha256Digest, signature: Sha256Digest, timestamped: bool },
    /// The time token of a checkpoint came later.
    #[serde(rename = "signification.journal.point_timestamped")]
    PointTimestamped { size: u64, token_sha256: Sha256Digest },
    /// The time token of a receipt came later.
    #[serde(rename = "signification.receipt.timestamped")]
    ReceiptTimestamped { receipt: Id, token_sha256: Sha256Digest },
}

impl Event {
    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::StoreCreated { .. } | Self::ConfigChanged { .. } | Self::CguPublished(_) => Outcome::Note,
            Self::StoreRepaired { .. } | Self::HandoverInterrupted { .. } => Outcome::Deviation,
            Self::ConsentDeclared { .. } | Self::PiecesChecked { .. } | Self::ConsentProposed { .. } => {
                Outcome::Declared
            }
            Self::NoticeBegin { .. } => Outcome::Begin,
            Self::LookupRefused { .. }
            | Self::InvitationFailed { .. }
            | Self::DepositRefused { .. }
            | Self::VaultAlarm { .. }
            | Self::AuthFailed { .. }
            | Self::ActRefused { .. }
            | Self::DepositFailed { .. }
            | Self::NoticeFailed { .. }
            | Self::NoticeReturned { .. }
            | Self::ActRejected { .. } => Outcome::Failed,
            _ => Outcome::Ok,
        }
    }
}
