//! What is known of each object of the platform, and the whole of it as one value: nothing but a projection of the journal.
use std::collections::BTreeMap;

use dossier::{Digests, Instant, Sha256Digest};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::acte::{ActeState, Nature};
use crate::calendar::Zone;
use crate::cgu::{CguVersion, in_force};
use crate::civil::paris_moment;
use crate::consent::{ConsentState, Identification, Piece, Scope};
use crate::letter::{LetterDue, Qualification};
use crate::projection::{Views, id_of};
use crate::store::memory::MemoryTables;
use crate::store::{Head, Reader, Table};
use crate::{Id, SignificationError};

/// One consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentView {
    /// Identifier.
    pub id: Id,
    /// Where it stands.
    pub state: ConsentState,
    /// The dossier in which the channel was offered.
    pub dossier: String,
    /// Digests of the identity record, once declared.
    pub record: Option<Digests>,
    /// Whether it is a legal person.
    pub morale: bool,
    /// How the person was identified.
    pub identification: Option<Identification>,
    /// What is consented to.
    pub scope: Scope,
    /// Zone of the recipient.
    pub zone: Zone,
    /// Supporting documents.
    pub pieces: Vec<Piece>,
    /// The invitation in force: digest of its secret, and its end.
    pub invitation: Option<(Sha256Digest, Instant)>,
    /// The terms accepted: version and digest.
    pub cgu: Option<(String, Sha256Digest)>,
    /// When the consent was given.
    pub given_at: Option<Instant>,
    /// Its legal basis.
    pub basis: Option<String>,
    /// The recipient's public key.
    pub recipient_key: Option<String>,
    /// When it ended (revoked, refused, expired).
    pub ended_at: Option<Instant>,
    /// When personal data are to be destroyed, after a revocation.
    pub destroy_on: Option<Date>,
    /// When they were.
    pub destroyed_at: Option<Instant>,
}

impl ConsentView {
    /// From when on personal data are destroyed: the day five years after the revocation, at its hour in Paris.
    pub fn destruction(&self) -> Option<Instant> {
        let (day, ended) = (self.destroy_on?, self.ended_at?);
        Some(paris_moment(day, ended.legal_time().time()))
    }

    /// Whether an act may be sent on this consent at `at`, the scope's term included.
    pub fn is_active(&self, at: Instant) -> bool {
        self.state == ConsentState::Actif && !self.scope.is_over(at)
    }
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActeView {
    /// Identifier.
    pub id: Id,
    /// Where it stands.
    pub state: ActeState,
    /// The consent it is served on.
    pub consent: Id,
    /// The office's dossier.
    pub dossier: String,
    /// Nature of the act.
    pub nature: Nature,
    /// Digests of the act as deposited.
    pub content: Digests,
    /// Digests of the office's record of it.
    pub record: Digests,
    /// Digests of the signature, the signer's certificate and the level.
    pub signature: Option<(Digests, Sha256Digest, String)>,
    /// Digests of the encrypted file.
    pub cipher: Option<Digests>,
    /// Earliest sending, when it waits for the window.
    pub not_before: Option<Instant>,
    /// Date and hour of service (CPC 664-1).
    pub sent_at: Option<Instant>,
    /// Zones whose holidays were checked.
    pub zones: Vec<Zone>,
    /// Terms of use accepted at that time, and basis of the consent.
    pub proof: Option<(String, String)>,
    /// When it became available.
    pub deposited_at: Option<Instant>,
    /// The notice being handed over, when its end is not known yet.
    pub pending_notice: Option<Id>,
    /// The last notice whose hand-over ended.
    pub last_notice: Option<Id>,
    /// When a server said that it delivered a notice.
    pub delivered_at: Option<Instant>,
    /// When a notice was taken.
    pub notified_at: Option<Instant>,
    /// Last failure of a notice: code, and whether it is permanent.
    pub notice_failure: Option<(String, bool)>,
    /// First opening.
    pub consulted_at: Option<Instant>,
    /// First complete handing over.
    pub downloaded_at: Option<Instant>,
    /// À personne, à domicile, once decided.
    pub qualification: Option<Qualification>,
    /// The letter due when à domicile.
    pub letter: Option<LetterDue>,
    /// Time of the last fact about it.
    pub last_at: Instant,
}

/// One evidence file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// Identifier, and name of its folder.
    pub id: Id,
    /// The act or consent it is about.
    pub object: Id,
    /// ETSI event name.
    pub event: String,
    /// The journal line it attests.
    pub seq: u64,
    /// Digests of the evidence bytes.
    pub digests: Digests,
    /// Whether it bears a time token of its own.
    pub timestamped: bool,
    /// The journal line that announces it.
    pub made: u64,
    /// The timestamped checkpoint that dates it, by the lines it covers, when it has no token of its own.
    pub point: Option<u64>,
}

impl ReceiptView {
    /// Whether its time is proven, by its own token or by a checkpoint.
    pub fn is_dated(&self) -> bool {
        self.timestamped || self.point.is_some()
    }
}

/// A line that calls for an evidence file and has none yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attestable {
    /// The journal line.
    pub seq: u64,
    /// The act or consent.
    pub object: Id,
    /// Which event of the receipts' table.
    pub kind: crate::receipt::EvidenceKind,
}

/// What is known of the platform itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformView {
    /// Whether the store bears test keys.
    pub essai: bool,
    /// The office's public key.
    pub office_key: String,
    /// The registry's public key.
    pub registry_key: String,
    /// Digest of the configuration in use.
    pub config: Option<Sha256Digest>,
    /// Versions of the terms of use, in order of publication.
    pub cgu: Vec<CguVersion>,
    /// The last checkpoint of the journal.
    pub point: Option<crate::point::PointView>,
}

impl PlatformView {
    /// The terms of use in force at `at`.
    pub fn cgu_in_force(&self, at: Instant) -> Option<&CguVersion> {
        in_force(&self.cgu, at)
    }
}

/// The whole state as one value: for tests and for small stores. A platform reads view by view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct State {
    /// The platform.
    pub platform: PlatformView,
    /// Consents.
    pub consents: BTreeMap<Id, ConsentView>,
    /// Acts.
    pub acts: BTreeMap<Id, ActeView>,
    /// Evidence files.
    pub receipts: BTreeMap<Id, ReceiptView>,
    /// Lines that still call for evidence.
    pub unattested: Vec<Attestable>,
}

impl State {
    /// Rebuilds everything from the lines of a journal, and nothing else.
    pub fn replay<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, SignificationError> {
        let (mut tables, mut head) = (MemoryTables::default(), Head::EMPTY);
        for line in lines {
            head = tables.take(&head, line)?;
        }
        Self::load(&tables)
    }

    /// Reads every view of a storage.
    pub fn load(reader: &dyn Reader) -> Result<Self, SignificationError> {
        let mut state = Self { platform: reader.platform()?, ..Self::default() };
        for id in ids(reader, Table::Consentement)? {
            state.consents.insert(id, reader.consent(id)?);
        }
        for id in ids(reader, Table::Acte)? {
            state.acts.insert(id, reader.act(id)?);
        }
        for id in ids(reader, Table::Recepisse)? {
            state.receipts.insert(id, reader.receipt(id)?);
        }
        state.unattested = reader.unattested(usize::MAX)?;
        Ok(state)
    }

    /// The act `id`.
    pub fn act(&self, id: Id) -> Result<&ActeView, SignificationError> {
        self.acts.get(&id).ok_or_else(|| SignificationError::Unknown { kind: "acte", id: id.to_string() })
    }

    /// The consent `id`.
    pub fn consent(&self, id: Id) -> Result<&ConsentView, SignificationError> {
        self.consents.get(&id).ok_or_else(|| SignificationError::Unknown { kind: "consentement", id: id.to_string() })
    }
}

fn ids(reader: &dyn Reader, table: Table) -> Result<Vec<Id>, SignificationError> {
    reader.scan(table, &[], None, usize::MAX)?.iter().map(|(key, _)| id_of(key)).collect()
}
