//! Evidence is built from the journal line it attests and from the views; it may be sealed late, never dated late.
use std::path::{Path, PathBuf};

use dossier::{Digests, Sha256Digest, to_canonical};

use super::cadence::Emission;
use super::{Platform, Stamped};
use crate::acte::Refusal;
use crate::civil::paris_rfc3339;
use crate::consent::{Actor, Role};
use crate::event::Event;
use crate::evidence::TimeProof;
use crate::fact::Fact;
use crate::greffe::With;
use crate::letter::qualify;
use crate::mise_en_page::AVIS_FILE;
use crate::projection::{Kin, Views};
use crate::receipt::{Content, EVIDENCE_FORMAT, Evidence, Issuer, JournalRef, Policy, Recipient};
use crate::state::{ActeView, Attestable, ReceiptView};
use crate::store::{NewPiece, PieceKind, Table};
use crate::vault::write_private;
use crate::{Id, SignificationError};

/// Lines attested in one go.
const LOT: usize = 256;

impl Platform<'_> {
    /// Issues every evidence that is missing when it is called, oldest first, and sees it dated. One caller at a time issues, for
    /// all; what others write meanwhile is theirs to have attested, or nobody would ever be answered under load.
    pub(super) fn attest_all(&self) -> Result<Vec<Id>, SignificationError> {
        let end = self.greffe.head().next;
        let made = self.issue(&self.cadence.emettre(), end)?;
        self.date_issued()?;
        Ok(made)
    }

    fn issue(&self, emission: &Emission<'_>, end: u64) -> Result<Vec<Id>, SignificationError> {
        let mut made = Vec::new();
        loop {
            let missing = self.views().unattested(LOT)?;
            if missing.first().is_none_or(|first| first.seq >= end) {
                return Ok(made);
            }
            // A few, and nobody behind: each its own token. Otherwise one checkpoint dates them all.
            let own_token = missing.len() <= self.config.jetons_propres.into() && emission.seule();
            let mut tickets = Vec::with_capacity(missing.len());
            for one in &missing {
                tickets.push(self.attest(one, own_token)?);
            }
            for (receipt, ticket) in tickets {
                for link in self.greffe.wait(ticket)?.iter().filter(|_| !own_token) {
                    self.cadence.laisser_dater(link.seq);
                }
                made.push(receipt);
            }
        }
    }

    /// Waits until a checkpoint covers what was issued without a token of its own, making it if nobody is: while an authority
    /// answers for one, the next gathers.
    fn date_issued(&self) -> Result<(), SignificationError> {
        let wanted = self.cadence.a_couvrir();
        if wanted == 0 {
            return Ok(());
        }
        let _one = self.cadence.pointer();
        match self.views().last_point()? {
            Some(last) if last.size >= wanted => Ok(()),
            _ => self.make_point().map(|_| ()),
        }
    }

    /// Issues the evidence of a line, if somebody else did not, and gives it.
    pub(super) fn attest_line(&self, seq: u64) -> Result<Id, SignificationError> {
        self.attest_all()?;
        let unknown = || SignificationError::Unknown { kind: "récépissé", id: seq.to_string() };
        self.views().receipt_of_line(seq)?.ok_or_else(unknown)
    }

    fn attest(&self, one: &Attestable, own_token: bool) -> Result<(Id, crate::greffe::Ticket), SignificationError> {
        let receipt = self.new_id()?;
        let bytes = to_canonical(&self.evidence(one, receipt)?)?;
        let refused = |e: crate::SealerError| SignificationError::Seal { why: e.code };
        let (signature, time) = if own_token {
            let sealed = self.ctx.sealer.seal(&bytes).map_err(refused)?;
            (sealed.signature, sealed.time)
        } else {
            (self.ctx.sealer.sign(&bytes).map_err(refused)?.signature, TimeProof::Deferred { why: String::new() })
        };
        let token = if let TimeProof::Token(token) = &time { Some(token.as_slice()) } else { None };
        let states = self.ctx.sealer.states(&signature, token);
        let digests = Digests::of(&bytes);
        let mut pieces = vec![
            NewPiece { kind: PieceKind::Preuve, id: receipt, bytes },
            NewPiece { kind: PieceKind::Signature, id: receipt, bytes: signature },
        ];
        pieces.extend(states.map(|bytes| NewPiece { kind: PieceKind::Etats, id: receipt, bytes }));
        let timestamped = match time {
            TimeProof::Token(bytes) => {
                pieces.push(NewPiece { kind: PieceKind::Jeton, id: receipt, bytes });
                true
            }
            TimeProof::Deferred { .. } => false,
        };
        let (object, seq, event) = (one.object, one.seq, one.kind.etsi().to_owned());
        let made = Event::ReceiptMade { receipt, object, event, seq, digests, timestamped };
        let with = With { pieces, ..With::default() };
        Ok((receipt, self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![made.into()]))?))
    }

    fn evidence(&self, one: &Attestable, receipt: Id) -> Result<Evidence, SignificationError> {
        let (entry, link) = self.line(one.seq)?;
        let (Fact::Service(event), actor) = Fact::from_entry(&entry)? else {
            return Err(SignificationError::Unknown { kind: "ligne", id: one.seq.to_string() });
        };
        let act: Option<ActeView> = self.views().view(Table::Acte, one.object.as_bytes())?;
        let act = act.as_ref();
        let consent = self.views().consent(act.map_or(one.object, |a| a.consent))?;
        let by_account = actor.role == Role::Destinataire && actor.id != consent.id.to_string();
        let auth_method = auth_method(&event, by_account);
        Ok(Evidence {
            version: EVIDENCE_FORMAT.to_owned(),
            essai: self.views().platform()?.essai,
            evidence_id: receipt,
            event: one.kind.event_name(),
            event_time_utc: link.at,
            event_time_paris: paris_rfc3339(link.at),
            submission_time: act.and_then(|a| a.sent_at).filter(|sent| *sent <= link.at),
            reasons: reasons(&event),
            policy: super::conditions::cgu_of(self.views(), &consent, link.at)?
                .map(|(version, sha256)| Policy { version, sha256 }),
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
            procedure: self.sheet_digest()?,
        })
    }

    /// Asks the authority for the time tokens of receipts marked « horodatage différé ».
    pub fn completer_horodatage(&self) -> Result<Stamped, SignificationError> {
        let _both = (self.cadence.emettre(), self.cadence.pointer());
        self.horodater_certificats()?;
        self.stamp_point()?;
        self.ancrer_dernier()?;
        let deferred = self.views().scan(Table::SansHeure, &[], None, usize::MAX)?;
        let mut stamped = Stamped { completes: 0, restants: deferred.len(), raison: None };
        for (key, _) in deferred {
            let receipt = crate::projection::id_of(&key)?;
            let bytes = self.evidence_bytes(receipt)?;
            match self.ctx.sealer.timestamp(&bytes) {
                Ok(token) => {
                    let token_sha256 = Sha256Digest::of(&token);
                    let pieces = vec![NewPiece { kind: PieceKind::Jeton, id: receipt, bytes: token }];
                    let with = With { pieces, ..With::default() };
                    let event = Event::ReceiptTimestamped { receipt, token_sha256 };
                    let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![event.into()]))?;
                    self.greffe.wait(ticket)?;
                    stamped.completes += 1;
                    stamped.restants -= 1;
                }
                Err(error) => stamped.raison = Some(error.code),
            }
        }
        Ok(stamped)
    }

    /// The octets of an evidence file, the very ones the journal announces.
    pub fn evidence_bytes(&self, receipt: Id) -> Result<Vec<u8>, SignificationError> {
        let digests = self.views().receipt(receipt)?.digests;
        let missing = || SignificationError::Unknown { kind: "récépissé", id: receipt.to_string() };
        let bytes = self.greffe.store().piece(PieceKind::Preuve, receipt)?.ok_or_else(missing)?;
        if Digests::of(&bytes) != digests {
            let (expected, found) = (digests.sha256.to_hex(), Sha256Digest::of(&bytes).to_hex());
            return Err(SignificationError::VaultAltered {
                object: format!("récépissé {receipt}"), expected, found
            });
        }
        Ok(bytes)
    }

    /// The evidence issued for an act or a consent, in order of the facts.
    pub fn recepisses(&self, object: Id) -> Result<Vec<Id>, SignificationError> {
        let ids = self.views().children(object, Kin::RecepisseDe)?;
        let views: Vec<ReceiptView> = self.views().views_of(Table::Recepisse, &ids)?;
        let mut list: Vec<(u64, Id)> = views.iter().map(|view| (view.seq, view.id)).collect();
        list.sort_unstable();
        Ok(list.into_iter().map(|(_, id)| id).collect())
    }

    /// Writes an evidence file with its signature, its proof of time when it has one, and the document for people when somebody
    /// lays pages out, into the folder `vers` (made if need be). That document comes last: were it refused, the signed files are there.
    pub fn sortir_recepisse(&self, receipt: Id, vers: &Path) -> Result<Vec<PathBuf>, SignificationError> {
        std::fs::create_dir_all(vers).map_err(|e| SignificationError::io("create", vers, e))?;
        let files = self.receipt_pieces(receipt)?;
        let mut written = Vec::new();
        let mut write = |name: &str, octets: &[u8]| {
            written.push(vers.join(name));
            write_private(&vers.join(name), octets)
        };
        for (name, octets) in &files {
            write(name, octets)?;
        }
        if let Some(drawn) = self.avis_de(&files)? {
            write(AVIS_FILE, &drawn)?;
        }
        Ok(written)
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

fn auth_method(event: &Event, by_account: bool) -> Option<String> {
    match event {
        Event::ActConsulted { auth_method, .. } | Event::ActDownloaded { auth_method, .. } => Some(auth_method.clone()),
        // What an account did names no means of its own here: its login does.
        Event::HandoverInterrupted { .. } | Event::ConsentGiven { .. } | Event::ConsentRefused { .. } if by_account => {
            Some(super::comptes::AUTH_METHOD.to_owned())
        }
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
