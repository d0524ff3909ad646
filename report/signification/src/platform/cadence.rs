//! Why: evidence is issued by one caller for all who wait, and dated by one for all, so that a crowd shares a writing and a token;
//! while an authority is asked, others go on issuing.
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Who issues, who dates, and how far evidence waits for a checkpoint.
#[derive(Default)]
pub(super) struct Cadence {
    emission: Mutex<()>,
    point: Mutex<()>,
    presents: AtomicUsize,
    a_couvrir: AtomicU64,
}

/// The right to issue, until this is dropped.
pub(super) struct Emission<'a> {
    cadence: &'a Cadence,
    _held: MutexGuard<'a, ()>,
}

impl Cadence {
    /// Waits for the right to issue.
    pub(super) fn emettre(&self) -> Emission<'_> {
        self.presents.fetch_add(1, Ordering::SeqCst);
        let held = self.emission.lock().unwrap_or_else(PoisonError::into_inner);
        Emission { cadence: self, _held: held }
    }

    /// Waits for the right to make a checkpoint. Whoever also issues takes that right first.
    pub(super) fn pointer(&self) -> MutexGuard<'_, ()> {
        self.point.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lines a checkpoint must cover for all that was issued without a token of its own to be dated; 0: none.
    pub(super) fn a_couvrir(&self) -> u64 {
        self.a_couvrir.load(Ordering::SeqCst)
    }

    /// Evidence announced by line `seq` waits for a checkpoint.
    pub(super) fn laisser_dater(&self, seq: u64) {
        self.a_couvrir.fetch_max(seq + 1, Ordering::SeqCst);
    }
}

impl Emission<'_> {
    /// Whether nobody waits behind.
    pub(super) fn seule(&self) -> bool {
        self.cadence.presents.load(Ordering::SeqCst) == 1
    }
}

impl Drop for Emission<'_> {
    fn drop(&mut self) {
        self.cadence.presents.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_is_counted_and_the_furthest_line_is_kept() {
        let cadence = Cadence::default();
        let first = cadence.emettre();
        assert!(first.seule());
        std::thread::scope(|scope| {
            let second = scope.spawn(|| cadence.emettre().seule());
            while first.seule() {
                std::thread::yield_now();
            }
            drop(first);
            assert!(second.join().unwrap());
        });
        cadence.laisser_dater(7);
        cadence.laisser_dater(3);
        assert_eq!(cadence.a_couvrir(), 8);
    }
}
