//! What the ways, the offers and the service of acts may not say against each other: an act is sent by this platform or by
//! another way, never by both, and nothing is deposited on an offer that was refused.
use super::{Projection, Views};
use crate::backend::Voie;
use crate::consent::ConsentState;
use crate::event::Event;
use crate::proposition::{self, Issue};
use crate::state::ActeView;
use crate::store::{Reader, Table};
use crate::voie;
use crate::{Id, SignificationError};

type Done = Result<(), SignificationError>;

impl Projection<'_> {
    /// Before a fact of the service: the act is not held by another way, the offer was not refused.
    pub(super) fn check_service(&self, event: &Event) -> Done {
        match event {
            Event::ActSent { act, .. } | Event::ActScheduled { act, .. } if held_elsewhere(self, *act)? => {
                Err(refuse("acte", "AUTRE_VOIE", "send"))
            }
            Event::ConsentDeclared { consent, .. } | Event::ActDrafted { consent, .. } => {
                let view: Option<proposition::View> = self.view(Table::Proposition, consent.as_bytes())?;
                match view.map(|v| v.issue) {
                    None | Some(Issue::Acceptee) => Ok(()),
                    Some(_) => Err(refuse("proposition", "REFUSEE", "declare")),
                }
            }
            _ => Ok(()),
        }
    }

    /// Before a fact of a way: this platform's own says what its journal says, another way's act was not sent by it.
    pub(super) fn check_voie(&self, event: &voie::Event) -> Done {
        let act: Option<ActeView> = self.view(Table::Acte, event.object().as_bytes())?;
        let sent = act.as_ref().and_then(|a| a.sent_at);
        let ok = match (event, event.voie()) {
            (voie::Event::Chosen { contenu, .. }, Voie::Local) => act.is_some_and(|a| a.content.sha256 == *contenu),
            (voie::Event::Chosen { contenu, .. }, _) => {
                sent.is_none() && act.is_none_or(|a| a.content.sha256 == *contenu)
            }
            (voie::Event::Served { le, .. }, Voie::Local) => sent == Some(*le),
            // What was sent stays sent: the platform's way cannot be said not to have served.
            (voie::Event::Refused { .. } | voie::Event::Withdrawn { .. }, Voie::Local) => sent.is_none(),
            (voie::Event::ByHand { .. }, Voie::Local) => false,
            (
                voie::Event::Handed { .. } | voie::Event::Served { .. },
                Voie::Dossier | Voie::Securact | Voie::Papier,
            ) => sent.is_none(),
            _ => true,
        };
        if ok { Ok(()) } else { Err(refuse("voie", "AUTRE_VOIE", "serve")) }
    }

    /// Before a fact about an offer: it was made, and its answer comes before the declaration that follows an acceptance.
    pub(super) fn check_proposition(&self, event: &proposition::Event) -> Done {
        let consent = self.consent(event.object())?;
        match event {
            proposition::Event::Answered { issue, .. }
                if *issue != Issue::Acceptee && consent.state != ConsentState::Propose =>
            {
                Err(refuse("proposition", consent.state.name(), "answered"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a way that is not this platform's holds the act.
pub(crate) fn held_elsewhere<R: Reader + ?Sized>(views: &R, act: Id) -> Result<bool, SignificationError> {
    let view: Option<voie::View> = views.view(Table::Voie, act.as_bytes())?;
    Ok(view.is_some_and(|v| v.voie != Voie::Local && v.etat.tient()))
}

fn refuse(machine: &'static str, state: &'static str, requested: &'static str) -> SignificationError {
    SignificationError::Transition { machine, state, requested }
}
