//! Challenges of passkeys between two requests: kept here and nowhere else, each for one browser, one use, and a few minutes.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dossier::Sha256Digest;
use serde_json::Value;
use signification::Id;

/// How long one is good for.
const DUREE: Duration = Duration::from_secs(600);

/// The most kept at once; the oldest goes first.
const AU_PLUS: usize = 20_000;

/// What a challenge is for: one made for a purpose serves no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    Connexion,
    Inscription,
    OfficierInscription,
    OfficierPresence,
}

#[derive(Debug)]
struct Attente {
    navigateur: Sha256Digest,
    usage: Usage,
    etat: Value,
    depuis: Duration,
}

/// Those that wait.
#[derive(Debug, Default)]
pub(crate) struct Defis(Mutex<BTreeMap<Id, Attente>>);

impl Defis {
    /// Keeps one under `id` for the browser of this cookie.
    pub(crate) fn garder(&self, id: Id, (cookie, usage): (&str, Usage), etat: Value, now: Duration) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, one| now.saturating_sub(one.depuis) < DUREE);
        while waiting.len() >= AU_PLUS {
            waiting.pop_first();
        }
        waiting.insert(id, Attente { navigateur: Sha256Digest::of(cookie.as_bytes()), usage, etat, depuis: now });
    }

    /// Takes it: it never serves again, whatever comes of it.
    pub(crate) fn prendre(&self, id: Id, (cookie, usage): (&str, Usage), now: Duration) -> Option<Value> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id)?;
        let same = taken.navigateur == Sha256Digest::of(cookie.as_bytes()) && taken.usage == usage;
        Some(taken.etat).filter(|_| same && now.saturating_sub(taken.depuis) < DUREE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u32) -> Id {
        format!("{n:08x}-0000-0000-0000-000000000000").parse().unwrap()
    }

    #[test]
    fn b02_a_challenge_serves_once_for_its_browser_its_use_and_its_time() {
        let (all, at) = (Defis::default(), Duration::from_secs);
        let here = ("cookie", Usage::Connexion);
        let keep = |n: u32| all.garder(id(n), here, Value::from(n), at(10));
        (1..=4).for_each(keep);
        assert_eq!(all.prendre(id(1), here, at(20)), Some(Value::from(1)));
        assert_eq!(all.prendre(id(1), here, at(20)), None, "again");
        assert_eq!(all.prendre(id(2), ("autre", Usage::Connexion), at(20)), None);
        assert_eq!(all.prendre(id(2), here, at(20)), None, "spoilt by who had no right to it");
        assert_eq!(all.prendre(id(3), ("cookie", Usage::OfficierPresence), at(20)), None);
        assert_eq!(all.prendre(id(4), here, at(611)), None, "too late");
    }

    #[test]
    fn b11_whoever_fills_the_memory_pushes_the_oldest_out_and_no_more() {
        let all = Defis::default();
        let most = u32::try_from(AU_PLUS).unwrap();
        for n in 0..=most {
            all.garder(id(n), ("c", Usage::Connexion), Value::Null, Duration::from_secs(1));
        }
        assert_eq!(all.0.lock().unwrap().len(), AU_PLUS);
        assert_eq!(all.prendre(id(0), ("c", Usage::Connexion), Duration::from_secs(1)), None);
        assert!(all.prendre(id(most), ("c", Usage::Connexion), Duration::from_secs(1)).is_some());
    }
}
