//! What every request shares: the platform behind a bounded number of threads, the limits, what a page is framed with.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dossier::{Instant, Sha256Digest};
use signification::comptes::source::Source;
use signification::delais::{JoursChomes, support_window};
use signification::platform::Platform;
use signification::{Id, SignificationError};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::cle::Ceremonies;
use crate::config::{ConfigPortail, PortailError};
use crate::debit::Debit;
use crate::defis::Defis;
use crate::pages::{Cadre, Menu};
use crate::refus::Refus;

/// How long a request waits for a place.
const ATTENTE: Duration = Duration::from_secs(5);

/// The same for a login: shorter than the life of a telephone's code.
const ATTENTE_ENTREE: Duration = Duration::from_secs(20);

/// Minutes a telephone's secret waits for its first code.
const TELEPHONE_MINUTES: u64 = 15;

/// Secrets kept at once.
const TELEPHONES: usize = 20_000;

/// A telephone's secret, shown and not confirmed yet.
type Attente = (Zeroizing<[u8; 20]>, Duration);

/// Shared state.
pub(crate) struct Etat {
    pub(crate) platform: Arc<Platform<'static>>,
    pub(crate) config: ConfigPortail,
    /// Origin of our pages.
    pub(crate) origine: String,
    /// Whether browsers reach us by TLS.
    pub(crate) securise: bool,
    /// Ceremonies of passkeys, where the address allows them.
    pub(crate) ceremonies: Option<Ceremonies>,
    /// Their challenges under way.
    pub(crate) defis: Defis,
    taches: Arc<Semaphore>,
    entrees: Arc<Semaphore>,
    remises: Arc<Semaphore>,
    par_source: Debit<Id>,
    par_compte: Debit<Id>,
    verrous: Mutex<BTreeMap<Id, Instant>>,
    telephones: Mutex<BTreeMap<Sha256Digest, Attente>>,
}

fn held<T>(lock: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Etat {
    pub(crate) fn new(
        platform: Arc<Platform<'static>>,
        config: ConfigPortail,
        origine: String,
    ) -> Result<Self, PortailError> {
        let limites = config.limites;
        let fabricants = config.etude.as_ref().map_or(&[][..], |etude| &etude.fabricants);
        let ceremonies = Ceremonies::new(&origine, &platform.config().etude, fabricants)?;
        Ok(Self {
            platform,
            securise: origine.starts_with("https://"),
            origine,
            taches: Arc::new(Semaphore::new(limites.taches)),
            entrees: Arc::new(Semaphore::new(limites.entrees)),
            remises: Arc::new(Semaphore::new(limites.remises)),
            par_source: Debit::new(limites.par_source),
            par_compte: Debit::new(limites.par_compte),
            verrous: Mutex::default(),
            telephones: Mutex::default(),
            ceremonies,
            defis: Defis::default(),
            config,
        })
    }

    /// Calls the platform in a thread of its own, when one is free.
    pub(crate) async fn appeler<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Platform<'static>) -> Result<T, SignificationError> + Send + 'static,
    ) -> Result<T, Refus> {
        self.appeler_ou(move |platform| call(platform).map_err(Refus::from)).await
    }

    /// The same, for a call that words its refusals itself.
    pub(crate) async fn appeler_ou<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Platform<'static>) -> Result<T, Refus> + Send + 'static,
    ) -> Result<T, Refus> {
        self.appeler_parmi(&self.taches, ATTENTE, call).await
    }

    /// The same, for a call that derives a key from a password: among places of their own, and with more patience.
    pub(crate) async fn entrer<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Platform<'static>) -> Result<T, Refus> + Send + 'static,
    ) -> Result<T, Refus> {
        self.appeler_parmi(&self.entrees, ATTENTE_ENTREE, call).await
    }

    async fn appeler_parmi<T: Send + 'static>(
        &self,
        places: &Arc<Semaphore>,
        patience: Duration,
        call: impl FnOnce(&Platform<'static>) -> Result<T, Refus> + Send + 'static,
    ) -> Result<T, Refus> {
        let free = tokio::time::timeout(patience, places.clone().acquire_owned()).await;
        let Ok(Ok(place)) = free else { return Err(Refus::occupe()) };
        let platform = self.platform.clone();
        let called = tokio::task::spawn_blocking(move || {
            let result = call(&platform);
            drop(place);
            result
        });
        called.await.unwrap_or_else(|_| Err(Refus::panne()))
    }

    /// Hands something over in a thread of its own, as long as the reader takes: bounded apart, so that slow readers do not stop
    /// the rest.
    pub(crate) async fn remettre<T: Send + 'static>(
        &self,
        call: impl FnOnce(&Platform<'static>) -> Result<T, SignificationError> + Send + 'static,
    ) -> Result<tokio::task::JoinHandle<Result<T, SignificationError>>, Refus> {
        let free = tokio::time::timeout(ATTENTE, self.remises.clone().acquire_owned()).await;
        let Ok(Ok(place)) = free else { return Err(Refus::occupe()) };
        let platform = self.platform.clone();
        Ok(tokio::task::spawn_blocking(move || {
            let result = call(&platform);
            drop(place);
            result
        }))
    }

    pub(crate) fn maintenant(&self) -> Instant {
        self.config.horloge.now()
    }

    /// What a page is framed with. Reads the announced interruptions: to be called where the platform is.
    pub(crate) fn cadre(&self, menu: Menu) -> Cadre {
        let (config, now) = (self.platform.config(), self.maintenant());
        let assistance = match support_window(now, config.zone, &JoursChomes::default()) {
            Ok(window) => window.phrase(),
            Err(_) => "L'assistance répond du lundi au vendredi, de 9 h à 12 h et de 13 h 30 à 18 h.".to_owned(),
        };
        Cadre {
            etude: config.etude.clone(),
            residence: config.residence.clone(),
            contact: config.contact_dpo.clone(),
            essai: config.essai,
            // What cannot be read is said, not left out: silence would say that all is well.
            interruptions: crate::lecture::interruptions(&self.platform, now)
                .unwrap_or_else(|_| vec!["État du service inconnu.".to_owned()]),
            assistance,
            longueur_mot: config.comptes.mot_de_passe_longueur.get(),
            menu,
        }
    }

    /// Counts a request of a source.
    pub(crate) fn compter(&self, source: Source) -> Result<(), Refus> {
        let now = self.maintenant();
        let until = held(&self.verrous).get(&source.0).copied();
        if let Some(until) = until.filter(|until| now < *until) {
            let seconds = u64::try_from((until.as_millisecond() - now.as_millisecond()) / 1000).unwrap_or(1);
            return Err(Refus::trop_souvent(seconds, false));
        }
        let taken = self.par_source.prendre(source.0, self.config.horloge.monotonic());
        taken.map_err(|(seconds, first)| Refus::trop_souvent(seconds, first))
    }

    /// Counts a request of an account.
    pub(crate) fn compter_compte(&self, compte: Id) -> Result<(), Refus> {
        let taken = self.par_compte.prendre(compte, self.config.horloge.monotonic());
        taken.map_err(|(seconds, first)| Refus::trop_souvent(seconds, first))
    }

    /// The lock of a source that probed.
    pub(crate) fn verrouiller(&self, source: Source, until: Instant) {
        let now = self.maintenant();
        let mut locks = held(&self.verrous);
        locks.retain(|_, end| now < *end);
        locks.insert(source.0, until);
    }

    /// The telephone's secret shown to a browser: the same one while it is not confirmed.
    pub(crate) fn telephone(
        &self,
        visitor: Sha256Digest,
        new: impl FnOnce() -> Result<Zeroizing<[u8; 20]>, SignificationError>,
    ) -> Result<Zeroizing<[u8; 20]>, SignificationError> {
        let now = self.config.horloge.monotonic();
        let mut waiting = held(&self.telephones);
        waiting.retain(|_, (_, since)| now.saturating_sub(*since) < Duration::from_secs(TELEPHONE_MINUTES * 60));
        if let Some((secret, _)) = waiting.get(&visitor) {
            return Ok(secret.clone());
        }
        if waiting.len() >= TELEPHONES {
            // Only somebody who fills it up comes here: those who are typing keep theirs.
            return Err(SignificationError::Throttled { until: self.maintenant() });
        }
        let secret = new()?;
        waiting.insert(visitor, (secret.clone(), now));
        Ok(secret)
    }

    /// It was confirmed, or given up.
    pub(crate) fn oublier_telephone(&self, visitor: &Sha256Digest) {
        held(&self.telephones).remove(visitor);
    }
}
