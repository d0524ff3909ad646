//! How fast somebody may try again. Delays grow with the failures of one source on one account, and of one source on all; an
//! account attacked from everywhere makes a newcomer wait seconds, never more, and a device its holder used before not at
//! all: nobody locks another out. What is refused here is not looked at, and counts for nothing.
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dossier::{Instant, Sha256Digest};

use super::source::{self, Source, VERROU_MAX_SECONDES};
use crate::{Id, SignificationError};

/// The longest delay that the failures of others make a newcomer wait, in seconds.
const MAX_COMPTE: i64 = 5;
/// Failures forgotten after so many seconds without one.
const OUBLI: i64 = 24 * 3600;
/// Counters kept: beyond, the oldest go.
const MAX_COMPTEURS: usize = 100_000;
/// Seconds over which probes are counted.
pub const FENETRE_SONDE: i64 = 600;

/// What the operator decides of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReglagesFrein {
    /// Failures without any delay: people mistype.
    pub sans_delai: u32,
    /// The longest delay of a source, in seconds.
    pub max_source: u32,
    /// Probes of a source within [`FENETRE_SONDE`] seconds that lock it.
    pub seuil_sonde: u32,
    /// The first lock, in seconds; each further one is twice as long.
    pub premier_verrou: u32,
}

impl Default for ReglagesFrein {
    /// Three failures, a quarter of an hour; twenty probes, a quarter of an hour.
    fn default() -> Self {
        Self { sans_delai: 3, max_source: 900, seuil_sonde: 20, premier_verrou: 900 }
    }
}

/// Who tries, and for which name: all of them keyed digests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Essayeur {
    /// Of the name typed, whether or not there is such an account.
    pub nom: Sha256Digest,
    /// Where from.
    pub source: Source,
    /// The device's own random mark (a long-lived cookie), when it has one.
    pub appareil: Option<Sha256Digest>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cle {
    Compte(Sha256Digest),
    CompteDepuis(Sha256Digest, Id),
    Appareil(Sha256Digest, Sha256Digest),
    Source(Id),
    Sonde(Id),
    Verrou(Id),
}

#[derive(Clone, Copy)]
struct Compteur {
    echecs: u32,
    dernier: Instant,
    libre: Instant,
}

/// The counters of a running server. They are lost at a restart; the facts are in the journal.
#[derive(Default)]
pub struct Frein {
    compteurs: Mutex<BTreeMap<Cle, Compteur>>,
    reglages: ReglagesFrein,
}

impl std::fmt::Debug for Frein {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frein({})", self.lock().len())
    }
}

fn plus(at: Instant, seconds: i64) -> Instant {
    Instant::from_millisecond(at.as_millisecond().saturating_add(seconds.saturating_mul(1000))).unwrap_or(at)
}

/// 0, 0, 0, 1, 2, 4… seconds, up to `max`: none for the first `sans_delai`.
fn delai(echecs: u32, sans_delai: u32, max: i64) -> i64 {
    match echecs.checked_sub(sans_delai + 1) {
        None => 0,
        Some(n) => 1_i64.checked_shl(n.min(32)).unwrap_or(max).min(max),
    }
}

impl Frein {
    /// With these settings from now on; what was counted stays.
    pub fn regler(&mut self, reglages: ReglagesFrein) {
        self.reglages = reglages;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Cle, Compteur>> {
        self.compteurs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a try would be looked at now; otherwise when the next one is. The same answer for a name without account.
    pub fn peut(&self, now: Instant, who: &Essayeur) -> Result<(), SignificationError> {
        attente(&self.lock(), now, who).map_or(Ok(()), |until| Err(SignificationError::Throttled { until }))
    }

    /// Takes a try: refused, or counted as a failure at once, so that many at the same instant are not all looked at before the
    /// first of them failed. [`Frein::reussite`] takes it back.
    pub fn essayer(&self, now: Instant, who: &Essayeur) -> Result<(), SignificationError> {
        let (sans_delai, max_source) = (self.reglages.sans_delai, i64::from(self.reglages.max_source));
        let mut held = self.lock();
        if let Some(until) = attente(&held, now, who) {
            return Err(SignificationError::Throttled { until });
        }
        if let Some(known) = connu(&held, who) {
            compter(&mut held, known, now, (sans_delai, 60));
            return Ok(());
        }
        compter(&mut held, Cle::Compte(who.nom), now, (sans_delai, MAX_COMPTE));
        compter(&mut held, Cle::CompteDepuis(who.nom, who.source.0), now, (sans_delai, max_source));
        // An office or a family shares a source: it takes more to slow all of it down.
        let source = Cle::Source(who.source.0);
        let failures = held.get(&source).filter(|c| now <= plus(c.dernier, OUBLI)).map_or(0, |c| c.echecs) + 1;
        let libre = plus(now, delai(failures / 4, sans_delai, max_source));
        held.insert(source, Compteur { echecs: failures, dernier: now, libre });
        borner(&mut held);
        Ok(())
    }

    /// After a success: the try was no failure, this source's failures on this account are forgotten, and the device is known
    /// from now on.
    pub fn reussite(&self, now: Instant, who: &Essayeur) {
        let mut held = self.lock();
        if connu(&held, who).is_none() {
            for cle in [Cle::Compte(who.nom), Cle::Source(who.source.0)] {
                if let Some(counter) = held.get_mut(&cle) {
                    counter.echecs = counter.echecs.saturating_sub(1);
                    counter.libre = now;
                }
            }
        }
        held.remove(&Cle::CompteDepuis(who.nom, who.source.0));
        if let Some(appareil) = who.appareil {
            held.insert(Cle::Appareil(who.nom, appareil), Compteur { echecs: 0, dernier: now, libre: now });
        }
        borner(&mut held);
    }

    /// A probe: an address that is nothing of ours, a forged token, a session that never was. Gives the fact of a lock when
    /// there were too many (row B11).
    pub fn sonde(&self, now: Instant, source: Source) -> Option<source::Event> {
        let mut held = self.lock();
        let cle = Cle::Sonde(source.0);
        let kept = held.get(&cle).copied().filter(|c| now <= plus(c.dernier, FENETRE_SONDE));
        // `dernier` is here the beginning of the window.
        let mut window = kept.unwrap_or(Compteur { echecs: 0, dernier: now, libre: now });
        window.echecs += 1;
        if window.echecs < self.reglages.seuil_sonde {
            held.insert(cle, window);
            borner(&mut held);
            return None;
        }
        held.remove(&cle);
        let verrou = Cle::Verrou(source.0);
        let times = held.get(&verrou).filter(|c| now <= plus(c.dernier, 7 * OUBLI)).map_or(0, |c| c.echecs);
        let premier = i64::from(self.reglages.premier_verrou);
        let length = premier.checked_shl(times.min(16)).unwrap_or(VERROU_MAX_SECONDES).min(VERROU_MAX_SECONDES);
        let until = plus(now, length);
        held.insert(verrou, Compteur { echecs: times + 1, dernier: now, libre: until });
        Some(source::Event::Locked { source: source.0, until, essais: window.echecs })
    }

    /// Until when a source is locked.
    pub fn verrou(&self, now: Instant, source: Source) -> Option<Instant> {
        self.lock().get(&Cle::Verrou(source.0)).map(|c| c.libre).filter(|until| *until > now)
    }

    /// Takes up a lock that the journal tells, after a restart.
    pub fn reprendre(&self, view: &source::View) {
        if let Some(until) = view.verrou {
            let kept = Compteur { echecs: view.verrous, dernier: view.dernier, libre: until };
            self.lock().insert(Cle::Verrou(view.source), kept);
        }
    }
}

/// The counter of a device that its holder used for this name before.
fn connu(held: &BTreeMap<Cle, Compteur>, who: &Essayeur) -> Option<Cle> {
    who.appareil.map(|appareil| Cle::Appareil(who.nom, appareil)).filter(|known| held.contains_key(known))
}

fn attente(held: &BTreeMap<Cle, Compteur>, now: Instant, who: &Essayeur) -> Option<Instant> {
    let free = |cle: Cle| held.get(&cle).map(|c| c.libre).filter(|free| *free > now);
    let lock = free(Cle::Verrou(who.source.0));
    let delays = match connu(held, who) {
        // A device its holder used: its own failures only.
        Some(known) => [free(known), None, None],
        None => [
            free(Cle::Compte(who.nom)),
            free(Cle::CompteDepuis(who.nom, who.source.0)),
            free(Cle::Source(who.source.0)),
        ],
    };
    delays.into_iter().chain([lock]).flatten().max()
}

fn compter(held: &mut BTreeMap<Cle, Compteur>, cle: Cle, now: Instant, (sans_delai, max): (u32, i64)) {
    let echecs = held.get(&cle).filter(|c| now <= plus(c.dernier, OUBLI)).map_or(0, |c| c.echecs).saturating_add(1);
    held.insert(cle, Compteur { echecs, dernier: now, libre: plus(now, delai(echecs, sans_delai, max)) });
}

/// Forgets the oldest counters beyond the bound; locks and known devices last.
fn borner(held: &mut BTreeMap<Cle, Compteur>) {
    if held.len() <= MAX_COMPTEURS {
        return;
    }
    let rank = |cle: &Cle| matches!(cle, Cle::Verrou(_) | Cle::Appareil(..));
    let mut ages: Vec<(bool, Instant, Cle)> = held.iter().map(|(cle, c)| (rank(cle), c.dernier, *cle)).collect();
    ages.sort_unstable();
    for (_, _, cle) in ages.iter().take(MAX_COMPTEURS / 10) {
        held.remove(cle);
    }
}

#[cfg(test)]
mod tests {
    use super::super::essais::{ident, t};
    use super::*;
    use proptest::prelude::*;

    fn who(name: u8, source: u8, device: Option<u8>) -> Essayeur {
        let appareil = device.map(|d| Sha256Digest::of(&[d]));
        Essayeur { nom: Sha256Digest::of(&[name]), source: Source(ident(source)), appareil }
    }

    fn wait(frein: &Frein, now: i64, who: &Essayeur) -> i64 {
        match frein.peut(t(now), who) {
            Ok(()) => 0,
            Err(SignificationError::Throttled { until }) => (until.as_millisecond() - t(now).as_millisecond()) / 1000,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn b11_delays_grow_and_have_an_end() {
        let (frein, me) = (Frein::default(), who(1, 1, None));
        let mut now = 0;
        let mut seen = Vec::new();
        for _ in 0..16 {
            now += wait(&frein, now, &me);
            frein.essayer(t(now), &me).unwrap();
            seen.push(wait(&frein, now, &me));
        }
        assert_eq!(seen, [0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert!(frein.peut(t(now + 900), &me).is_ok());
        // A day without a failure, and all is forgotten.
        frein.essayer(t(now + 900 + OUBLI + 1), &me).unwrap();
        assert_eq!(wait(&frein, now + 900 + OUBLI + 1, &me), 0);
    }

    #[test]
    fn b11_f12_what_the_operator_sets_is_what_is_done() {
        let mut frein = Frein::default();
        frein.regler(ReglagesFrein { sans_delai: 0, max_source: 60, seuil_sonde: 5, premier_verrou: 120 });
        let me = who(1, 1, None);
        let mut now = 0;
        let mut seen = Vec::new();
        for _ in 0..8 {
            now += wait(&frein, now, &me);
            frein.essayer(t(now), &me).unwrap();
            seen.push(wait(&frein, now, &me));
        }
        assert_eq!(seen, [1, 2, 4, 8, 16, 32, 60, 60]);
        let probes = (1..=5).filter_map(|n| frein.sonde(t(0), Source(ident(9))).map(|_| n)).collect::<Vec<_>>();
        assert_eq!(probes, [5]);
        assert_eq!(frein.verrou(t(0), Source(ident(9))), Some(t(120)));
    }

    #[test]
    fn b11_nobody_locks_another_out() {
        let frein = Frein::default();
        let (holder, elsewhere) = (who(1, 200, Some(7)), who(1, 201, None));
        frein.reussite(t(0), &holder);
        // A thousand sources try his account without end.
        for n in 0..1000_i64 {
            let attacker = who(1, u8::try_from(n % 100).unwrap(), None);
            let _ = frein.essayer(t(n), &attacker);
            assert_eq!(wait(&frein, n, &holder), 0, "the device he used before");
            assert!(wait(&frein, n, &elsewhere) <= MAX_COMPTE, "a new device waits seconds");
        }
        // What was refused did not lengthen anything.
        let busy = who(2, 9, None);
        // All at the same instant: no more of them are looked at than one after the other.
        assert_eq!((0..50).filter(|_| frein.essayer(t(5000), &busy).is_ok()).count(), 4);
        let before = wait(&frein, 5000, &busy);
        for _ in 0..100 {
            assert!(frein.essayer(t(5000), &busy).is_err());
        }
        assert_eq!(wait(&frein, 5000, &busy), before);
        // A stolen mark of a device is slowed down like any other.
        let mut now = 6000;
        for _ in 0..12 {
            now += wait(&frein, now, &holder);
            frein.essayer(t(now), &holder).unwrap();
        }
        assert_eq!(wait(&frein, now, &holder), 60);
        // What succeeds counts for nothing.
        let shared = |name| who(name, 77, None);
        for name in 0..100 {
            frein.essayer(t(9000), &shared(name)).unwrap();
            frein.reussite(t(9000), &shared(name));
        }
    }

    #[test]
    fn b11_repeated_probing_locks_the_source_for_a_time() {
        let (frein, source) = (Frein::default(), Source(ident(3)));
        let seuil = ReglagesFrein::default().seuil_sonde;
        let probe = |now: i64| (0..seuil).find_map(|_| frein.sonde(t(now), source));
        let Some(source::Event::Locked { until, essais, .. }) = probe(0) else { panic!("not locked") };
        assert_eq!((until, essais), (t(900), seuil));
        assert!(frein.verrou(t(899), source).is_some() && frein.verrou(t(900), source).is_none());
        assert!(frein.peut(t(10), &who(5, 3, None)).is_err() && frein.peut(t(10), &who(5, 4, None)).is_ok());
        let Some(source::Event::Locked { until, .. }) = probe(2000) else { panic!("not locked again") };
        assert_eq!(until, t(3800), "twice as long");
        for n in 0..40 {
            let now = 10_000 + n * 100_000;
            if let Some(source::Event::Locked { until, .. }) = probe(now) {
                assert!(until <= t(now + VERROU_MAX_SECONDES));
            }
        }
        // Slow mistakes are no probing.
        let slow = Source(ident(4));
        assert!((0..100).all(|n| frein.sonde(t(n * 60), slow).is_none()));
        let platform = crate::consent::Actor::platform();
        let fact = source::Event::Locked { source: ident(3), until: t(900), essais: 20 };
        let view = source::View::next(None, t(0), &platform, &fact).unwrap();
        let restarted = Frein::default();
        restarted.reprendre(&view);
        assert_eq!(restarted.verrou(t(10), source), Some(t(900)));
    }

    proptest! {
        #[test]
        fn no_order_of_tries_makes_anybody_wait_longer_than_the_bounds(tries in proptest::collection::vec((0_u8..3, 0_u8..4, 0_u8..3, 0_i64..400), 1..80)) {
            let (frein, mut now) = (Frein::default(), 0);
            for (name, source, device, later) in tries {
                now += later;
                let me = who(name, source, (device > 0).then_some(device));
                if frein.essayer(t(now), &me).is_ok() && device == 2 {
                    frein.reussite(t(now), &me);
                }
                prop_assert!(wait(&frein, now, &me) <= i64::from(ReglagesFrein::default().max_source));
            }
        }
    }
}
