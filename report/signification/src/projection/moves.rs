//! What each fact is about, and the move it makes: the tables that join the facts to the state machines.
use crate::Id;
use crate::acte::ActeMove;
use crate::consent::ConsentMove;
use crate::event::Event;
use crate::receipt::EvidenceKind;
use crate::state::ActeView;

pub(super) fn evidence_of(event: &Event, view: &ActeView) -> Option<EvidenceKind> {
    Some(match event {
        Event::ActSent { .. } => EvidenceKind::Sent,
        Event::ActRejected { .. } => EvidenceKind::Rejected,
        Event::ActDeposited { .. } => EvidenceKind::Available,
        Event::DepositFailed { .. } => EvidenceKind::DepositFailed,
        Event::NoticeAccepted { .. } => EvidenceKind::Notified,
        Event::NoticeFailed { .. } | Event::NoticeReturned { .. } => EvidenceKind::NotifyFailed,
        Event::NoticeDelivered { .. } if view.delivered_at.is_none() => EvidenceKind::Delivered,
        // The first opening is the one that counts; later ones stay in the journal.
        Event::ActConsulted { .. } if view.consulted_at.is_none() => EvidenceKind::Consulted,
        Event::ActDownloaded { .. } => EvidenceKind::Downloaded,
        Event::HandoverInterrupted { .. } => EvidenceKind::HandoverInterrupted,
        _ => return None,
    })
}

impl Event {
    pub(super) fn consent(&self) -> Option<Id> {
        match self {
            Self::ConsentProposed { consent, .. }
            | Self::ConsentDeclared { consent, .. }
            | Self::PiecesChecked { consent, .. }
            | Self::ConsentInvited { consent, .. }
            | Self::CguAccepted { consent, .. }
            | Self::ConsentGiven { consent, .. }
            | Self::ConsentRefused { consent, .. }
            | Self::ConsentSuspended { consent, .. }
            | Self::ConsentResumed { consent }
            | Self::ConsentRevoked { consent, .. }
            | Self::ConsentDestroyed { consent, .. }
            | Self::ConsentExpired { consent } => Some(*consent),
            _ => None,
        }
    }

    pub(super) fn consent_move(&self) -> Option<ConsentMove> {
        Some(match self {
            Self::ConsentDeclared { .. } => ConsentMove::Declare,
            Self::PiecesChecked { .. } => ConsentMove::CheckPieces,
            Self::ConsentInvited { .. } => ConsentMove::Invite,
            Self::ConsentGiven { .. } => ConsentMove::Accept,
            Self::ConsentRefused { .. } => ConsentMove::Refuse,
            Self::ConsentSuspended { .. } => ConsentMove::Suspend,
            Self::ConsentResumed { .. } => ConsentMove::Resume,
            Self::ConsentRevoked { .. } => ConsentMove::Revoke,
            Self::ConsentExpired { .. } => ConsentMove::Expire,
            Self::ConsentDestroyed { .. } => ConsentMove::Destroy,
            _ => return None,
        })
    }

    /// Every object whose history this fact belongs to.
    pub fn objects(&self) -> Vec<Id> {
        match self {
            Self::ActDrafted { act, consent, .. } => vec![*act, *consent],
            Self::DepositRefused { consent, .. } | Self::InvitationFailed { consent, .. } => vec![*consent],
            Self::RegistryLookedUp { found, .. } => found.iter().copied().collect(),
            Self::AuthFailed { object, .. } | Self::VaultAlarm { object, .. } | Self::ReceiptMade { object, .. } => {
                vec![*object]
            }
            _ => self.act().or(self.consent()).into_iter().collect(),
        }
    }

    /// The act this fact is about.
    pub fn act(&self) -> Option<Id> {
        match self {
            Self::ActDrafted { act, .. }
            | Self::ActSigned { act, .. }
            | Self::ActSealed { act, .. }
            | Self::ActRefused { act, .. }
            | Self::ActScheduled { act, .. }
            | Self::ActSent { act, .. }
            | Self::ActDeposited { act }
            | Self::DepositFailed { act, .. }
            | Self::NoticeBegin { act, .. }
            | Self::NoticeAccepted { act, .. }
            | Self::NoticeFailed { act, .. }
            | Self::NoticeReturned { act, .. }
            | Self::NoticeDelivered { act, .. }
            | Self::ActConsulted { act, .. }
            | Self::ActDownloaded { act, .. }
            | Self::HandoverInterrupted { act, .. }
            | Self::ActQualified { act, .. }
            | Self::ActRejected { act, .. } => Some(*act),
            _ => None,
        }
    }

    /// The move it makes of an act.
    pub(crate) fn act_move(&self) -> Option<ActeMove> {
        Some(match self {
            Self::ActSigned { .. } => ActeMove::Sign,
            Self::ActSealed { .. } => ActeMove::Seal,
            Self::ActScheduled { .. } => ActeMove::Schedule,
            Self::ActSent { .. } => ActeMove::Send,
            Self::ActDeposited { .. } => ActeMove::Deposit,
            Self::DepositFailed { .. } => ActeMove::DepositFailed,
            Self::NoticeAccepted { .. } => ActeMove::Notify,
            Self::NoticeFailed { .. } | Self::NoticeReturned { .. } => ActeMove::NotifyFailed,
            Self::ActConsulted { .. } => ActeMove::Consult,
            Self::ActDownloaded { .. } => ActeMove::Download,
            Self::ActRejected { .. } => ActeMove::Reject,
            _ => return None,
        })
    }
}
