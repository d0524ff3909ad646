//! The state of the platform: nothing but the projection of its journal. `apply` either takes a line whole or refuses it
//! and changes nothing, so an impossible line can neither be written nor replayed.
use std::collections::BTreeMap;

use dossier::{Digests, Instant, Journal, JournalEntry, Sha256Digest};
use jiff::civil::Date;
use serde::Serialize;

use crate::acte::{ActeMove, ActeState, Nature};
use crate::calendar::Zone;
use crate::cgu::{CguVersion, in_force};
use crate::consent::{Actor, ConsentMove, ConsentState, Identification, Piece, Scope};
use crate::event::{Event, STORE_FORMAT};
use crate::letter::{LetterDue, Qualification};
use crate::{Id, SignificationError};

mod apply;

/// One consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
}

impl ConsentView {
    /// Whether an act may be sent on this consent at `at`, the scope's term included.
    pub fn is_active(&self, at: Instant) -> bool {
        self.state == ConsentState::Actif && !self.scope.is_over(at)
    }
}

/// One act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    /// Whether it bears a time token.
    pub timestamped: bool,
}

/// A line that may call for an evidence file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attestable {
    /// The journal line.
    pub seq: u64,
    /// The act or consent.
    pub object: Id,
    /// Which event of the receipts' table.
    pub kind: crate::receipt::EvidenceKind,
}

/// The whole state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct State {
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
    /// Consents.
    pub consents: BTreeMap<Id, ConsentView>,
    /// Acts.
    pub acts: BTreeMap<Id, ActeView>,
    /// Evidence files.
    pub receipts: BTreeMap<Id, ReceiptView>,
    /// Lines that call for evidence, attested or not.
    pub attestable: Vec<Attestable>,
    /// Lookups of the registry, by consent found: who looked, for which dossier, when.
    pub lookups: Vec<(Option<Id>, String, String, Instant)>,
    /// Lines read.
    pub lines: u64,
}

impl State {
    /// Rebuilds everything from the journal, and nothing else.
    pub fn replay(journal: &Journal) -> Result<Self, SignificationError> {
        let mut state = Self::default();
        for entry in journal.entries() {
            state.apply(entry)?;
        }
        Ok(state)
    }

    /// The terms of use in force at `at`.
    pub fn cgu_in_force(&self, at: Instant) -> Option<&CguVersion> {
        in_force(&self.cgu, at)
    }

    /// The consent `id`.
    pub fn consent(&self, id: Id) -> Result<&ConsentView, SignificationError> {
        self.consents.get(&id).ok_or_else(|| SignificationError::Unknown { kind: "consentement", id: id.to_string() })
    }

    /// The act `id`.
    pub fn act(&self, id: Id) -> Result<&ActeView, SignificationError> {
        self.acts.get(&id).ok_or_else(|| SignificationError::Unknown { kind: "acte", id: id.to_string() })
    }

    /// Lines that call for an evidence file and have none: left by a crash between the fact and its sealing.
    pub fn unattested(&self) -> Vec<Attestable> {
        let done: std::collections::BTreeSet<u64> = self.receipts.values().map(|r| r.seq).collect();
        self.attestable.iter().filter(|a| !done.contains(&a.seq)).cloned().collect()
    }

    /// Takes one line, or refuses it and changes nothing.
    pub fn apply(&mut self, entry: &JournalEntry) -> Result<(), SignificationError> {
        let (event, actor) = Event::from_entry(entry)?;
        self.take(entry, &event, &actor)?;
        self.lines += 1;
        Ok(())
    }
}

fn fault(entry: &JournalEntry, why: impl Into<String>) -> SignificationError {
    SignificationError::Journal { line: entry.seq + 1, why: why.into() }
}
