//! How many requests a source or an account may make: a bucket that empties with each and fills with time.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Buckets kept at most; beyond, the fullest go first: they constrain nobody.
const GARDES: usize = 50_000;
/// After so long of refusals, they are worth telling again.
const RAPPEL: Duration = Duration::from_secs(600);

/// What is left of a bucket at a time, and when its refusals were told since it was last full.
#[derive(Clone, Copy, Debug)]
struct Seau {
    reste: f64,
    le: Duration,
    dit: Option<Duration>,
}

/// Buckets by key.
#[derive(Debug)]
pub(crate) struct Debit<K> {
    rafale: u32,
    par_minute: u32,
    seaux: Mutex<BTreeMap<K, Seau>>,
}

impl<K: Ord + Copy> Debit<K> {
    pub(crate) fn new((rafale, par_minute): (u32, u32)) -> Self {
        Self { rafale: rafale.max(1), par_minute: par_minute.max(1), seaux: Mutex::default() }
    }

    /// Takes one; refused, gives the seconds to wait, and whether it is worth a line of the journal: the first refusal since the bucket
    /// was full, then one every ten minutes. Who stays at the limit does not fill the journal.
    pub(crate) fn prendre(&self, key: K, now: Duration) -> Result<(), (u64, bool)> {
        let mut seaux = self.seaux.lock().unwrap_or_else(PoisonError::into_inner);
        let (full, rate) = (f64::from(self.rafale), f64::from(self.par_minute) / 60.0);
        let filled = |seau: &Seau| (seau.reste + now.saturating_sub(seau.le).as_secs_f64() * rate).min(full);
        if seaux.len() >= GARDES && !seaux.contains_key(&key) {
            seaux.retain(|_, seau| filled(seau) < full);
            if seaux.len() >= GARDES {
                return Err((60, false));
            }
        }
        let seau = seaux.entry(key).or_insert(Seau { reste: full, le: now, dit: None });
        (seau.reste, seau.le) = (filled(seau), now);
        if seau.reste >= full {
            seau.dit = None;
        }
        if seau.reste < 1.0 {
            let telling = seau.dit.is_none_or(|at| now.saturating_sub(at) >= RAPPEL);
            if telling {
                seau.dit = Some(now);
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 60")]
            let wait = ((1.0 - seau.reste) / rate).ceil() as u64;
            return Err((wait.max(1), telling));
        }
        seau.reste -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let debit = Debit::new((2, 60));
        let at = |s| Duration::from_secs(s);
        assert_eq!(debit.prendre("a", at(0)), Ok(()));
        assert_eq!(debit.prendre("a", at(0)), Ok(()));
        assert_eq!(debit.prendre("a", at(0)), Err((1, true)));
        assert_eq!(debit.prendre("a", at(0)), Err((1, false)));
        assert_eq!(debit.prendre("b", at(0)), Ok(()));
        assert_eq!(debit.prendre("a", at(1)), Ok(()));
        assert_eq!(debit.prendre("a", at(1)), Err((1, false)));
        // A clock that went back gives nothing.
        assert_eq!(debit.prendre("a", at(0)), Err((1, false)));
    }

    #[test]
    fn who_stays_at_the_limit_is_told_once_then_every_ten_minutes() {
        let debit = Debit::new((2, 60));
        let tell = |second| debit.prendre("a", Duration::from_secs(second)).is_err_and(|(_, telling)| telling);
        // Two a second are tried, one a second is let in.
        let told: Vec<u64> = (0..1_300).filter(|second| tell(*second) | tell(*second)).collect();
        assert_eq!(told, [1, 601, 1201]);
        // Full again: the next refusal is another story.
        assert!(!tell(1_310) && !tell(1_310) && tell(1_310));
    }
}
