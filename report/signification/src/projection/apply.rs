//! How each fact changes the state. Every check comes before the first change.
use dossier::{Instant, JournalEntry};

use super::moves::evidence_of;
use super::{Kin, Projection, Views};
use crate::acte::ActeState;
use crate::arbre;
use crate::calendar::Zone;
use crate::comptes::{Operation, lien};
use crate::consent::{Actor, ConsentState, Role, Scope};
use crate::event::{Event, STORE_FORMAT};
use crate::letter::{Qualification, qualify};
use crate::point::PointView;
use crate::receipt::EvidenceKind;
use crate::state::{ActeView, Attestable, ConsentView, ReceiptView};
use crate::store::{Reader, Table};
use crate::window::service_window;
use crate::{Id, SignificationError};

type Done = Result<(), SignificationError>;

impl Projection<'_> {
    pub(super) fn take(&mut self, entry: &JournalEntry, event: &Event, actor: &Actor) -> Done {
        if (entry.seq == 0) != matches!(event, Event::StoreCreated { .. }) {
            return Err(fault(entry, "signification.store.created is the first line, and only the first"));
        }
        match event {
            Event::StoreCreated { .. } | Event::ConfigChanged { .. } | Event::CguPublished(_) => {
                self.take_platform(entry, event)?;
            }
            Event::StoreRepaired { .. }
            | Event::LookupRefused { .. }
            | Event::AuthFailed { .. }
            | Event::InvitationFailed { .. }
            | Event::DepositRefused { .. }
            | Event::RegistryLookedUp { .. }
            | Event::VaultAlarm { .. } => {}
            Event::ReceiptMade { .. } | Event::ReceiptTimestamped { .. } => self.take_receipt(entry, event)?,
            Event::PointMade { .. } | Event::PointTimestamped { .. } => self.take_point(entry, event)?,
            Event::ActDrafted { .. } => self.draft(entry, event, actor)?,
            _ if event.consent().is_some() => self.take_consent(entry, event, actor)?,
            _ => self.take_act(entry, event, actor)?,
        }
        self.remember(entry.seq, event.objects());
        Ok(())
    }

    fn take_platform(&mut self, entry: &JournalEntry, event: &Event) -> Done {
        let mut view = self.platform()?;
        match event {
            Event::StoreCreated { format, config_sha256, office_key, registry_key, essai } => {
                if format != STORE_FORMAT {
                    return Err(fault(entry, format!("format: expected {STORE_FORMAT}, found {format}")));
                }
                view.essai = *essai;
                view.office_key.clone_from(office_key);
                view.registry_key.clone_from(registry_key);
                view.config = Some(*config_sha256);
            }
            Event::ConfigChanged { config_sha256 } => view.config = Some(*config_sha256),
            Event::CguPublished(version) => {
                crate::cgu::check_notice(view.cgu.last(), version.published_at, version.effective_at)?;
                if version.published_at != entry.at || view.cgu.iter().any(|v| v.version == version.version) {
                    return Err(fault(entry, "published at another time, or a version published twice"));
                }
                view.cgu.push(version.clone());
            }
            _ => {}
        }
        self.put(Table::Plateforme, &[], &view)
    }

    /// A checkpoint says what the lines before it are: another root would be another journal.
    fn take_point(&mut self, entry: &JournalEntry, event: &Event) -> Done {
        let mut platform = self.platform()?;
        let view = match event {
            Event::PointMade { point, size, root, timestamped, .. } => {
                let expected = (*size <= entry.seq && *size > 0).then(|| arbre::root_at(self.beneath, *size));
                if expected.transpose()? != Some(*root.as_bytes()) {
                    return Err(fault(entry, "a checkpoint over other lines than the journal's"));
                }
                if platform.point.is_some_and(|last| last.size >= *size) {
                    return Err(fault(entry, "a checkpoint that does not go further than the last"));
                }
                PointView { id: *point, size: *size, root: *root, at: entry.at, timestamped: *timestamped }
            }
            Event::PointTimestamped { size, .. } => {
                let view: Option<PointView> = self.view(Table::Point, &size.to_be_bytes())?;
                match view {
                    Some(view) if !view.timestamped => PointView { timestamped: true, ..view },
                    _ => return Err(fault(entry, "a time token for no checkpoint, or twice")),
                }
            }
            _ => return Ok(()),
        };
        if platform.point.is_none_or(|last| last.size <= view.size) {
            platform.point = Some(view);
            self.put(Table::Plateforme, &[], &platform)?;
        }
        self.put(Table::Point, &view.size.to_be_bytes(), &view)?;
        if view.timestamped { self.date_receipts(view.size) } else { Ok(()) }
    }

    /// Evidence announced by a line under a timestamped checkpoint is dated by it.
    fn date_receipts(&mut self, size: u64) -> Done {
        for (key, _) in self.scan(Table::SansHeure, &[], None, usize::MAX)? {
            let mut view = self.receipt(super::id_of(&key)?)?;
            if view.made < size {
                view.point = Some(size);
                self.put(Table::Recepisse, view.id.as_bytes(), &view)?;
                self.remove(Table::SansHeure, key);
            }
        }
        Ok(())
    }

    pub(super) fn link(&mut self, parent: Id, kin: Kin, child: Id) {
        self.mark(Table::Lien, [&parent.as_bytes()[..], &[kin as u8], child.as_bytes()].concat());
    }

    fn take_consent(&mut self, entry: &JournalEntry, event: &Event, actor: &Actor) -> Done {
        let Some(id) = event.consent() else { return Ok(()) };
        if let Event::ConsentProposed { dossier, .. } = event {
            need_role(actor, Role::Etude, "propose")?;
            if self.get(Table::Consentement, id.as_bytes())?.is_some() {
                return Err(fault(entry, "a consent proposed twice"));
            }
            return self.put_consent(&proposed(id, dossier));
        }
        let now = entry.at;
        let in_force = self.platform()?.cgu_in_force(now).map(|v| v.sha256);
        let view = self.consent(id)?;
        let by_account = actor.id != id.to_string();
        if actor.role == Role::Destinataire
            && (actor.id.contains('/') || !lien::agit_pour(self, actor, id, Operation::Accepter, (now, false))?)
        {
            return Err(fault(entry, "a recipient acts on another's consent"));
        }
        let mut next = view.clone();
        if let Some(step) = event.consent_move() {
            next.state = view.state.step(step, actor.role)?;
        }
        match event {
            Event::CguAccepted { cgu_version, cgu_sha256, .. } => {
                need_role(actor, Role::Destinataire, "accept")?;
                if view.state != ConsentState::Invite || in_force != Some(*cgu_sha256) {
                    return Err(fault(entry, "terms accepted without invitation, or not those in force"));
                }
                next.cgu = Some((cgu_version.clone(), *cgu_sha256));
            }
            Event::ConsentGiven { .. } if view.cgu.is_none() => {
                return Err(fault(entry, "a consent without accepted terms"));
            }
            Event::ConsentGiven { recipient_key, .. }
                if by_account
                    && !lien::comptes_de(self, id)?
                        .iter()
                        .any(|a| a.id.to_string() == actor.id && a.cle_publique.as_ref() == Some(recipient_key)) =>
            {
                return Err(fault(entry, "a consent given with a key that is not its account's"));
            }
            Event::ConsentExpired { .. } if !view.scope.is_over(now) => {
                return Err(fault(entry, "a consent expired before its term"));
            }
            Event::ConsentDestroyed { .. } if view.destruction().is_none_or(|due| now < due) => {
                return Err(fault(entry, "personal data destroyed before their time"));
            }
            Event::ConsentGiven { .. } => self.attest(entry, id, EvidenceKind::ConsentGiven)?,
            Event::ConsentRefused { .. } => self.attest(entry, id, EvidenceKind::ConsentRefused)?,
            _ => {}
        }
        fill_consent(&mut next, event, now);
        self.put_consent(&next)
    }

    fn draft(&mut self, entry: &JournalEntry, event: &Event, actor: &Actor) -> Done {
        let Event::ActDrafted { act, consent, dossier, nature, content, record, .. } = event else { return Ok(()) };
        need_role(actor, Role::Etude, "draft")?;
        self.consent(*consent)?;
        if self.get(Table::Acte, act.as_bytes())?.is_some() {
            return Err(fault(entry, "an act taken in twice"));
        }
        let view = ActeView {
            id: *act,
            state: ActeState::Brouillon,
            consent: *consent,
            dossier: dossier.clone(),
            nature: nature.clone(),
            content: *content,
            record: *record,
            signature: None,
            cipher: None,
            not_before: None,
            sent_at: None,
            zones: Vec::new(),
            proof: None,
            deposited_at: None,
            pending_notice: None,
            last_notice: None,
            notified_at: None,
            delivered_at: None,
            notice_failure: None,
            consulted_at: None,
            downloaded_at: None,
            qualification: None,
            letter: None,
            last_at: entry.at,
        };
        self.link(*consent, Kin::ActeDeConsentement, *act);
        self.put_act(&view)
    }

    fn take_act(&mut self, entry: &JournalEntry, event: &Event, actor: &Actor) -> Done {
        let Some(id) = event.act() else { return Err(fault(entry, "a line about nothing")) };
        let view = self.act(id)?;
        if entry.at < view.last_at {
            return Err(fault(entry, "time goes back for this act"));
        }
        let mut next = view.clone();
        next.last_at = entry.at;
        if let Some(step) = event.act_move() {
            next.state = view.state.step(step)?;
        }
        self.check_act(entry, event, actor, &view)?;
        let kind = evidence_of(event, &view);
        fill_act(&mut next, event, entry.at);
        self.put_act(&next)?;
        match kind {
            Some(kind) => self.attest(entry, id, kind),
            None => Ok(()),
        }
    }

    /// The invariants of the service of acts, line by line.
    fn check_act(&self, entry: &JournalEntry, event: &Event, actor: &Actor, view: &ActeView) -> Done {
        let bad = |why: &str| Err(fault(entry, why));
        match event {
            Event::ActSent { zones, .. } => {
                let consent = self.consent(view.consent)?;
                if !consent.is_active(entry.at) || !consent.scope.covers(&view.nature) {
                    return bad("sent without an active consent that covers it");
                }
                if lien::refus(self, view.consent, entry.at)?.is_some() {
                    return bad("sent to somebody whose account is suspended or closed");
                }
                if !zones.contains(&consent.zone) || !service_window(entry.at, zones)?.is_open() {
                    return bad("sent outside the service window");
                }
            }
            Event::ActConsulted { .. } | Event::ActDownloaded { .. } | Event::HandoverInterrupted { .. } => {
                self.check_reader(entry, event, actor, view)?;
            }
            Event::ActQualified { qualification, letter, .. } => {
                let Some(sent) = view.sent_at else { return bad("qualified before it was sent") };
                let expected = qualify(sent, view.consulted_at, entry.at);
                if view.qualification.is_some() || expected != *qualification {
                    return bad("qualified twice, or otherwise than the dates say");
                }
                if *qualification == Qualification::EnAttente
                    || letter.is_some() != (*qualification == Qualification::ADomicile)
                {
                    return bad("à domicile without a letter, or a letter without it");
                }
            }
            Event::NoticeAccepted { notice, .. } | Event::NoticeFailed { notice, .. }
                if view.pending_notice != Some(*notice) =>
            {
                return bad("the end of a notice that was not begun");
            }
            Event::NoticeReturned { notice, .. } | Event::NoticeDelivered { notice, .. }
                if view.last_notice != Some(*notice) =>
            {
                return bad("news of a notice that was not the last");
            }
            Event::NoticeBegin { .. }
                if view.pending_notice.is_some() || !matches!(view.state, ActeState::Depose | ActeState::EchecAvis) =>
            {
                return bad("a notice begun before its turn");
            }
            _ => {}
        }
        if let Event::ActDownloaded { bytes, sha256, .. } = event
            && (*bytes, *sha256) != (view.content.bytes, view.content.sha256)
        {
            return bad("handed over bytes that are not the act's");
        }
        Ok(())
    }

    /// An act is opened by its recipient, by an account of his, or under a mandate; and once it is available.
    fn check_reader(&self, entry: &JournalEntry, event: &Event, actor: &Actor, view: &ActeView) -> Done {
        let (operation, begun) = match event {
            Event::ActConsulted { .. } => (Operation::Consulter, false),
            // What was begun in time is told when it ends, whatever happened meanwhile.
            _ => (Operation::Remettre, true),
        };
        if !lien::agit_pour(self, actor, view.consent, operation, (entry.at, begun))? {
            return Err(fault(entry, "opened by somebody else than its recipient"));
        }
        if !view.state.is_available() {
            return Err(fault(entry, "opened before it was available"));
        }
        Ok(())
    }

    fn take_receipt(&mut self, entry: &JournalEntry, event: &Event) -> Done {
        match event {
            Event::ReceiptMade { receipt, object, event, seq, digests, timestamped } => {
                let called: Option<Attestable> = self.view(Table::AAttester, &seq.to_be_bytes())?;
                let known = self.get(Table::Recepisse, receipt.as_bytes())?.is_some();
                if called.is_none_or(|called| called.object != *object || called.kind.etsi() != event) || known {
                    return Err(fault(entry, "a receipt for nothing, or made twice"));
                }
                let view = ReceiptView {
                    id: *receipt,
                    object: *object,
                    event: event.clone(),
                    seq: *seq,
                    digests: *digests,
                    timestamped: *timestamped,
                    made: entry.seq,
                    point: None,
                };
                self.put(Table::Recepisse, receipt.as_bytes(), &view)?;
                self.put(Table::RecepisseDeLigne, &seq.to_be_bytes(), receipt)?;
                self.remove(Table::AAttester, seq.to_be_bytes().to_vec());
                self.link(*object, Kin::RecepisseDe, *receipt);
                if !timestamped {
                    self.mark(Table::SansHeure, receipt.as_bytes().to_vec());
                }
            }
            Event::ReceiptTimestamped { receipt, .. } => {
                let mut view = self.receipt(*receipt)?;
                if view.timestamped {
                    return Err(fault(entry, "a proof of time twice"));
                }
                view.timestamped = true;
                self.put(Table::Recepisse, receipt.as_bytes(), &view)?;
                self.remove(Table::SansHeure, receipt.as_bytes().to_vec());
            }
            _ => {}
        }
        Ok(())
    }

    fn attest(&mut self, entry: &JournalEntry, object: Id, kind: EvidenceKind) -> Done {
        self.put(Table::AAttester, &entry.seq.to_be_bytes(), &Attestable { seq: entry.seq, object, kind })
    }
}

fn fault(entry: &JournalEntry, why: impl Into<String>) -> SignificationError {
    SignificationError::Journal { line: entry.seq + 1, why: why.into() }
}

fn need_role(actor: &Actor, role: Role, requested: &'static str) -> Done {
    if actor.role == role { Ok(()) } else { Err(SignificationError::Actor { role: actor.role.name(), requested }) }
}

fn proposed(id: Id, dossier: &str) -> ConsentView {
    ConsentView {
        id,
        state: ConsentState::Propose,
        dossier: dossier.to_owned(),
        record: None,
        morale: false,
        identification: None,
        scope: Scope::ALL_ACTS,
        zone: Zone::Metropole,
        pieces: Vec::new(),
        invitation: None,
        cgu: None,
        given_at: None,
        basis: None,
        recipient_key: None,
        ended_at: None,
        destroy_on: None,
        destroyed_at: None,
    }
}

fn fill_consent(view: &mut ConsentView, event: &Event, at: Instant) {
    match event {
        Event::ConsentDeclared { digests, morale, scope, zone, identification, .. } => {
            view.record = Some(*digests);
            (view.morale, view.zone, view.scope) = (*morale, *zone, scope.clone());
            view.identification = Some(*identification);
        }
        Event::PiecesChecked { pieces, .. } => view.pieces.clone_from(pieces),
        Event::ConsentInvited { token_sha256, expires_at, .. } => view.invitation = Some((*token_sha256, *expires_at)),
        Event::ConsentGiven { basis, recipient_key, .. } => {
            // The invitation's secret is spent.
            view.invitation = None;
            view.given_at = Some(at);
            view.basis = Some(basis.clone());
            view.recipient_key = Some(recipient_key.clone());
        }
        Event::ConsentRefused { .. } => {
            view.invitation = None;
            view.ended_at = Some(at);
        }
        Event::ConsentExpired { .. } => view.ended_at = Some(at),
        Event::ConsentDestroyed { .. } => {
            view.record = None;
            view.pieces = Vec::new();
            view.destroyed_at = Some(at);
        }
        Event::ConsentRevoked { destroy_on, .. } => {
            view.ended_at = Some(at);
            view.destroy_on = Some(*destroy_on);
        }
        _ => {}
    }
}

fn fill_act(view: &mut ActeView, event: &Event, at: Instant) {
    match event {
        Event::ActSigned { signature, signer, level, .. } => {
            view.signature = Some((*signature, *signer, level.clone()));
        }
        Event::ActSealed { cipher, .. } => view.cipher = Some(*cipher),
        Event::ActScheduled { not_before, .. } => view.not_before = Some(*not_before),
        Event::ActSent { zones, consent_basis, cgu_version, .. } => {
            view.sent_at = Some(at);
            view.zones.clone_from(zones);
            view.proof = Some((cgu_version.clone(), consent_basis.clone()));
        }
        Event::ActDeposited { .. } => view.deposited_at = Some(at),
        Event::NoticeBegin { notice, .. } => view.pending_notice = Some(*notice),
        Event::NoticeAccepted { .. } => {
            view.last_notice = view.pending_notice.take();
            view.notified_at = Some(at);
        }
        Event::NoticeFailed { code, permanent, .. } => {
            view.last_notice = view.pending_notice.take();
            view.notice_failure = Some((code.clone(), *permanent));
        }
        Event::NoticeReturned { status, .. } => view.notice_failure = Some((status.clone(), true)),
        Event::NoticeDelivered { .. } => view.delivered_at = view.delivered_at.or(Some(at)),
        Event::ActConsulted { .. } => view.consulted_at = view.consulted_at.or(Some(at)),
        Event::ActDownloaded { .. } => view.downloaded_at = view.downloaded_at.or(Some(at)),
        Event::ActQualified { qualification, letter, .. } => {
            view.qualification = Some(*qualification);
            view.letter = *letter;
        }
        _ => {}
    }
}
