//! How many requests a source or an account may make: a bucket that empties with each and fills with time.
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Buckets kept at most; beyond, the fullest go first: they constrain nobody.
const GARDES: usize = 50_000;

/// Buckets by key.
#[derive(Debug)]
pub(crate) struct Debit<K> {
    rafale: u32,
    par_minute: u32,
    seaux: Mutex<BTreeMap<K, (f64, Duration, bool)>>,
}

impl<K: Ord + Copy> Debit<K> {
    pub(crate) fn new((rafale, par_minute): (u32, u32)) -> Self {
        Self { rafale: rafale.max(1), par_minute: par_minute.max(1), seaux: Mutex::default() }
    }

    /// Takes one; refused, gives the seconds to wait, and whether it is the first refusal since the last that was let in.
    pub(crate) fn prendre(&self, key: K, now: Duration) -> Result<(), (u64, bool)> {
        let mut seaux = self.seaux.lock().unwrap_or_else(PoisonError::into_inner);
        let (full, rate) = (f64::from(self.rafale), f64::from(self.par_minute) / 60.0);
        if seaux.len() >= GARDES && !seaux.contains_key(&key) {
            seaux.retain(|_, (left, at, _)| *left + now.saturating_sub(*at).as_secs_f64() * rate < full);
            if seaux.len() >= GARDES {
                return Err((60, false));
            }
        }
        let (left, at, refused) = seaux.entry(key).or_insert((full, now, false));
        *left = (*left + now.saturating_sub(*at).as_secs_f64() * rate).min(full);
        *at = now;
        if *left < 1.0 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 60")]
            let wait = ((1.0 - *left) / rate).ceil() as u64;
            return Err((wait.max(1), !std::mem::replace(refused, true)));
        }
        *left -= 1.0;
        *refused = false;
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
        assert_eq!(debit.prendre("a", at(1)), Err((1, true)));
        // A clock that went back gives nothing.
        assert_eq!(debit.prendre("a", at(0)), Err((1, false)));
    }
}
