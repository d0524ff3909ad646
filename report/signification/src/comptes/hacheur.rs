//! Argon2id (RFC 9106) behind a trait: tests count the computations instead of timing them, and only so many run at once,
//! since each takes tens of mebibytes.
use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};

use crate::SignificationError;

/// The cost of a derivation. It is kept with what was derived: raising it does not lock anybody out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parametres {
    /// Memory, in KiB.
    pub memoire_kio: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub voies: u32,
}

impl Default for Parametres {
    /// 64 MiB, three passes (RFC 9106, 4: second recommended option, with one lane).
    fn default() -> Self {
        Self { memoire_kio: 64 * 1024, passes: 3, voies: 1 }
    }
}

impl Parametres {
    /// The least that may be configured.
    pub const MINIMUM: Self = Self { memoire_kio: 19 * 1024, passes: 2, voies: 1 };

    /// Refuses a configuration too weak, or one that a single login could exhaust the machine with.
    pub fn verifier(&self) -> Result<(), SignificationError> {
        let low = self.memoire_kio < Self::MINIMUM.memoire_kio || self.passes < Self::MINIMUM.passes;
        if low {
            return Err(SignificationError::Config { why: "argon2id : 19 Mio et 2 passes au moins".into() });
        }
        self.bornes()
    }

    /// Refuses costs beyond reason, whoever wrote them.
    fn bornes(&self) -> Result<(), SignificationError> {
        if self.memoire_kio > 1024 * 1024 || self.passes > 16 || !(1..=8).contains(&self.voies) {
            return Err(SignificationError::Config { why: "argon2id : 1 Gio, 16 passes, 8 voies au plus".into() });
        }
        Ok(())
    }

    /// Whether what was derived so must be derived again, the configuration having been raised.
    pub fn plus_faible_que(&self, other: &Self) -> bool {
        self.memoire_kio < other.memoire_kio || self.passes < other.passes
    }
}

/// A derivation of 32 octets from a secret that people remember.
pub trait Hacheur: Send + Sync {
    /// Derives; the salt is 16 random octets.
    fn deriver(
        &self,
        parametres: &Parametres,
        sel: &[u8; 16],
        secret: &[u8],
        sortie: &mut [u8; 32],
    ) -> Result<(), SignificationError>;
}

/// Argon2id, version 0x13. Derivations beyond the number of places wait for one.
#[derive(Debug)]
pub struct Argon2id {
    libres: Mutex<usize>,
    rendue: Condvar,
}

impl Argon2id {
    /// With so many derivations at once (one at least).
    pub fn new(places: usize) -> Self {
        Self { libres: Mutex::new(places.max(1)), rendue: Condvar::new() }
    }
}

impl Hacheur for Argon2id {
    fn deriver(
        &self,
        parametres: &Parametres,
        sel: &[u8; 16],
        secret: &[u8],
        sortie: &mut [u8; 32],
    ) -> Result<(), SignificationError> {
        parametres.bornes()?;
        let bad = |_| SignificationError::Config { why: "argon2id : paramètres impossibles".into() };
        let params = Params::new(parametres.memoire_kio, parametres.passes, parametres.voies, Some(32)).map_err(bad)?;
        {
            let libres = self.libres.lock().unwrap_or_else(PoisonError::into_inner);
            let mut libres = self.rendue.wait_while(libres, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
            *libres -= 1;
        }
        let done = Argon2::new(Algorithm::Argon2id, Version::V0x13, params).hash_password_into(secret, sel, sortie);
        *self.libres.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rendue.notify_one();
        done.map_err(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b02_argon2id_gives_what_the_reference_library_gives() {
        // The reference library (libargon2): password, salt, t=2, m=1024 KiB, p=1, 32 octets.
        let mut out = [0; 32];
        let parametres = Parametres { memoire_kio: 1024, passes: 2, voies: 1 };
        Argon2id::new(1).deriver(&parametres, b"somesalt16bytes!", b"password", &mut out).unwrap();
        assert_eq!(hex::encode(out), "d6650e90c7310ea75c86bd61088cb266f070fc5ff0dc2a17e4197c1566a18f88");
    }

    #[test]
    fn b02_weak_and_ruinous_parameters_are_refused() {
        assert!(Parametres::default().verifier().is_ok());
        assert!(Parametres::MINIMUM.verifier().is_ok());
        for (memoire_kio, passes, voies) in [(1024, 3, 1), (64 * 1024, 1, 1), (u32::MAX, 3, 1), (64 * 1024, 3, 0)] {
            assert!(Parametres { memoire_kio, passes, voies }.verifier().is_err());
        }
        let mut out = [0; 32];
        let ruinous = Parametres { memoire_kio: 2 * 1024 * 1024, passes: 1, voies: 1 };
        assert!(Argon2id::new(1).deriver(&ruinous, &[0; 16], b"x", &mut out).is_err());
        assert!(Parametres::MINIMUM.plus_faible_que(&Parametres::default()));
    }
}
