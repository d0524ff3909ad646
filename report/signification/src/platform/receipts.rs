//! Evidence is built from the journal line it attests and from the state; it may be sealed late, never dated late.
use std::path::PathBuf;

use dossier::{Digests, Sha256Digest, to_canonical};

use super::{Platform, Stamped};
use crate::acte::Refusal;
use crate::civil::paris_rfc3339;
use crate::consent::Actor;
use crate::event::Event;
use crate::evidence::TimeProof;
use crate::letter::qualify;
use crate::receipt::{
    Content, EVIDENCE_FILE, EVIDENCE_FORMAT, Evidence, Issuer, JournalRef, Policy, Recipient, SIGNATURE_FILE,
    TOKEN_FILE,
};
use crate::state::{ActeView, Attestable};
use crate::vault::{private_folder, write_private};
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Issues every evidence still missing; gives their folders.
    pub(super) fn attest_all(&mut self) -> Result<Vec<PathBuf>, SignificationError> {
        let missing = self.state.unattested();
        missing.iter().map(|one| self.attest(one)).collect()
    }

    pub(super) fn attest_line(&mut self, seq: u64) -> Result<PathBuf, SignificationError> {
        let unknown = SignificationError::Unknown { kind: "ligne", id: seq.to_string() };
        let one = self.state.attestable.iter().find(|a| a.seq == seq).cloned().ok_or(unknown)?;
        self.attest(&one)
    }

    fn attest(&mut self, one: &Attestable) -> Result<PathBuf, SignificationError> {
        let receipt = self.new_id()?;
        let evidence = self.evidence(one, receipt)?;
        let bytes = to_canonical(&evidence)?;
        let sealed = self.ctx.sealer.seal(&bytes).map_err(|e| SignificationError::Seal { why: e.code })?;
        let folder = self.receipt_folder(receipt);
        private_folder(&folder)?;
        write_private(&folder.join(EVIDENCE_FILE), &bytes)?;
        write_private(&folder.join(SIGNATURE_FILE), &sealed.signature)?;
        let timestamped = match &sealed.time {
            TimeProof::Token(token) => write_private(&folder.join(TOKEN_FILE), token).map(|()| true)?,
            TimeProof::Deferred { .. } => false,
        };
        let (object, seq, digests) = (one.object, one.seq, Digests::of(&bytes));
        let event = one.kind.etsi().to_owned();
        let made = Event::ReceiptMade { receipt, object, event, seq, digests, timestamped };
        self.record(&Actor::platform(), &made)?;
        Ok(folder)
    }

    fn evidence(&self, one: &Attestable, receipt: Id) -> Result<Evidence, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "ligne", id: one.seq.to_string() };
        let index = usize::try_from(one.seq).map_err(|_| unknown())?;
        let (entry, link) = self.lines.get(index).ok_or_else(unknown)?;
        let (event, actor) = Event::from_entry(entry)?;
        let act = self.state.acts.get(&one.object);
        let consent = self.state.consent(act.map_or(one.object, |a| a.consent))?;
        let auth_method = auth_method(&event);
        Ok(Evidence {
            version: EVIDENCE_FORMAT.to_owned(),
            essai: self.state.essai,
            evidence_id: receipt,
            event: one.kind.event_name(),
            event_time_utc: link.at,
            event_time_paris: paris_rfc3339(link.at),
            submission_time: act.and_then(|a| a.sent_at).filter(|sent| *sent <= link.at),
            reasons: reasons(&event),
            policy: consent.cgu.clone().map(|(version, sha256)| Policy { version, sha256 }),
            issuer: Issuer { etude: self.config.etude.clone(), residence: self.config.residence.clone() },
            actor_role: actor.role,
            actor_id: actor.id,
            act_signer: act.and_then(|a| a.signature.as_ref()).map(|s| s.1),
            act_signature_level: act.and_then(|a| a.signature.as_ref()).map(|s| s.2.clone()),
            recipient: Recipient { id: consent.id, identification: consent.identification },
            auth_time: auth_method.as_ref().map(|_| link.at),
            auth_method,
            message_id: message_id(&event),
            act_id: act.map(|a| a.id),
            dossier_ref: act.map_or_else(|| consent.dossier.clone(), |a| a.dossier.clone()),
            content: act.map(content).unwrap_or_default(),
            nature_acte: act.map(|a| a.nature.to_string()),
            requerant: match act {
                Some(act) => Some(self.requerant(act.id)?),
                None => None,
            },
            consent_ref: consent.id,
            consent_basis: consent.basis.clone(),
            qualification: act.and_then(|a| {
                let read = a.consulted_at.filter(|read| *read <= link.at);
                a.sent_at.filter(|sent| *sent <= link.at).map(|sent| qualify(sent, read, link.at))
            }),
            journal: JournalRef { seq: link.seq, entry_hash: link.hash, prev_hash: link.prev },
        })
    }

    /// Asks the authority for the time tokens of receipts marked « horodatage différé ».
    pub fn completer_horodatage(&mut self) -> Result<Stamped, SignificationError> {
        let deferred: Vec<(Id, Digests)> =
            self.state.receipts.values().filter(|r| !r.timestamped).map(|r| (r.id, r.digests)).collect();
        let mut stamped = Stamped { completes: 0, restants: deferred.len(), raison: None };
        for (receipt, digests) in deferred {
            let path = self.receipt_folder(receipt).join(EVIDENCE_FILE);
            let bytes = std::fs::read(&path).map_err(|e| SignificationError::io("read", &path, e))?;
            if Digests::of(&bytes) != digests {
                let (expected, found) = (digests.sha256.to_hex(), Sha256Digest::of(&bytes).to_hex());
                let object = format!("récépissé {receipt}");
                return Err(SignificationError::VaultAltered { object, expected, found });
            }
            match self.ctx.sealer.timestamp(&bytes) {
                Ok(token) => {
                    write_private(&self.receipt_folder(receipt).join(TOKEN_FILE), &token)?;
                    let token_sha256 = Sha256Digest::of(&token);
                    self.record(&Actor::platform(), &Event::ReceiptTimestamped { receipt, token_sha256 })?;
                    stamped.completes += 1;
                    stamped.restants -= 1;
                }
                Err(error) => stamped.raison = Some(error.code),
            }
        }
        Ok(stamped)
    }

    pub(super) fn receipt_folder(&self, receipt: Id) -> PathBuf {
        self.root.join("recepisses").join(receipt.to_string())
    }

    pub(super) fn receipt_of(&self, seq: u64) -> Result<PathBuf, SignificationError> {
        let found = self.state.receipts.values().find(|r| r.seq == seq).map(|r| self.receipt_folder(r.id));
        found.ok_or_else(|| SignificationError::Unknown { kind: "récépissé", id: seq.to_string() })
    }

    /// Folders of the evidence issued for an act or a consent, in order.
    pub fn recepisses(&self, object: Id) -> Result<Vec<PathBuf>, SignificationError> {
        let mut list: Vec<_> = self.state.receipts.values().filter(|r| r.object == object).collect();
        list.sort_by_key(|r| r.seq);
        Ok(list.into_iter().map(|r| self.receipt_folder(r.id)).collect())
    }
}

fn content(act: &ActeView) -> Vec<Content> {
    vec![Content {
        name: format!("acte-{}.pdf", act.id),
        media_type: "application/pdf".into(),
        size: act.content.bytes,
        sha256: act.content.sha256,
        sha512: act.content.sha512,
    }]
}

fn auth_method(event: &Event) -> Option<String> {
    match event {
        Event::ActConsulted { auth_method, .. } | Event::ActDownloaded { auth_method, .. } => Some(auth_method.clone()),
        Event::HandoverInterrupted { .. } => Some(super::reading::AUTH_METHOD.to_owned()),
        Event::ConsentGiven { .. } | Event::ConsentRefused { .. } => Some("invitation".to_owned()),
        _ => None,
    }
}

fn message_id(event: &Event) -> Option<Id> {
    match event {
        Event::NoticeAccepted { notice, .. } | Event::NoticeFailed { notice, .. } => Some(*notice),
        _ => None,
    }
}

/// Why, for a negative event; a positive one has no reason.
fn reasons(event: &Event) -> Vec<String> {
    match event {
        Event::NoticeFailed { code, .. } => vec![format!("AVIS_{}", code.to_uppercase())],
        Event::DepositFailed { code, .. } => vec![code.clone()],
        Event::ActRejected { codes, .. } if codes.is_empty() => vec!["ABANDON_PAR_L_ETUDE".to_owned()],
        Event::ActRejected { codes, .. } => codes.iter().map(|c: &Refusal| c.code().to_owned()).collect(),
        Event::ConsentRefused { .. } => vec!["CGU_REFUSEES".to_owned()],
        Event::HandoverInterrupted { .. } => vec!["REMISE_INCOMPLETE".to_owned()],
        _ => Vec::new(),
    }
}
