//! Which facts to record, from what just happened: the outcome of a try, a return, or nothing for too long.
use super::{
    Action, Digests, EtatAvis, Event, Handed, Id, Instant, MAX_RETOURS, Rebut, Refused, Reprises, Retour, View,
};

/// Whether the message is to be handed to the mail server now.
pub fn a_essayer(view: &View, now: Instant) -> bool {
    view.may_try(now)
}

/// The facts of a try that started at `started_at` and ended at `now`: handed over; or refused, and then planned again when
/// the refusal is temporary and tries are left. A permanent refusal (5xx) is never followed by another try.
pub fn apres_essai(
    view: &View,
    started_at: Instant,
    now: Instant,
    outcome: &Result<Handed, Refused>,
    reprises: &Reprises,
) -> Vec<Event> {
    let notice = view.notice;
    let refused = match outcome {
        Ok(handed) => return vec![Event::Handed { notice, started_at, smtp_code: handed.code, dsn: handed.dsn }],
        Err(refused) => refused,
    };
    let mut events =
        vec![Event::Refused { notice, started_at, code: refused.code.clone(), permanent: refused.permanent }];
    if !refused.permanent {
        let tries = u32::try_from(view.essais.len()).unwrap_or(u32::MAX).saturating_add(1);
        events.push(match reprises.wait(tries).and_then(|wait| later(now, wait)) {
            Some(not_before) => Event::RetryPlanned { notice, not_before },
            None => Event::GivenUp { notice, tries },
        });
    }
    events
}

fn later(now: Instant, seconds: u32) -> Option<Instant> {
    Instant::from_millisecond(now.as_millisecond().saturating_add(i64::from(seconds) * 1000))
}

/// The fact of a return; `None` when the journal has it already. A return that can be no fact of this notice is to be set
/// aside: anybody who saw the identifier may have written it.
pub fn au_retour(view: &View, retour: &Retour, digests: Digests) -> Result<Option<Event>, Rebut> {
    if retour.notice != view.notice {
        return Err(Rebut::AvisInconnu);
    }
    if view.retours.iter().any(|r| r.digests.sha256 == digests.sha256) {
        return Ok(None);
    }
    if !view.left() {
        return Err(Rebut::AvisJamaisParti);
    }
    if view.retours.len() >= MAX_RETOURS {
        return Err(Rebut::TropDeRetours);
    }
    let (notice, retour): (Id, Retour) = (view.notice, retour.clone());
    Ok(Some(match named(view.etat, retour.action) {
        "delivered" => Event::Delivered { notice, retour, digests },
        "relayed" => Event::Relayed { notice, retour, digests },
        "delayed" => Event::Delayed { notice, retour, digests },
        "bounced" => Event::Bounced { notice, retour, digests },
        _ => Event::ReturnNoted { notice, retour, digests },
    }))
}

/// The name of the fact that a return of `action` makes in `etat`.
pub(super) fn named(etat: EtatAvis, action: Option<Action>) -> &'static str {
    match (etat.after(action), action) {
        (Some(_), Some(Action::Failed)) => "bounced",
        (Some(_), Some(Action::Delayed)) => "delayed",
        (Some(_), Some(Action::Relayed)) => "relayed",
        (Some(_), Some(Action::Delivered | Action::Expanded)) => "delivered",
        _ => "return_noted",
    }
}

/// The fact that nothing was heard for `hours` since the last news.
pub fn en_silence(view: &View, now: Instant, hours: u16) -> Option<Event> {
    let mut next = view.clone();
    (hours > 0 && next.silent(now, hours)).then_some(Event::Silent { notice: view.notice, hours })
}
