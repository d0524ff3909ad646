//! `[comptes]`: what the operator decides about accounts (rows B02 to B04, B11, F12). How long the log of logins is kept is
//! `exploitation.connexions_jours`.
use serde::{Deserialize, Serialize};

use super::bornes::Entre;
use super::refuse;
use crate::SignificationError;
use crate::person::email;

/// The section. Every number is within its bounds by its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComptesConfig {
    /// Characters that a new password has at least, 12 to 64; those of before stay good.
    pub mot_de_passe_longueur: Entre<12, 64>,
    /// Memory of the derivation of a password, in MiB, 19 to 1024; raised, it takes effect at the next login of each account.
    pub argon2_memoire_mio: Entre<19, 1024>,
    /// Passes of that derivation, 2 to 16.
    pub argon2_passes: Entre<2, 16>,
    /// Minutes without use after which a session ends, 1 to 480.
    pub session_inactivite_minutes: Entre<1, 480>,
    /// Hours after which a session ends whatever is done in it, 1 to 24.
    pub session_heures: Entre<1, 24>,
    /// Wrong tries that bring no delay yet, 0 to 10; then 1, 2, 4… seconds.
    pub essais_sans_delai: Entre<0, 10>,
    /// The longest delay between the tries of one source, in seconds, 60 to 86 400.
    pub delai_max_secondes: Entre<60, 86_400>,
    /// Probes of one source within ten minutes that lock it, 5 to 1000.
    pub sondes_avant_verrou: Entre<5, 1000>,
    /// The first lock of a source, in seconds, 60 to 86 400; each further one is twice as long, a day at most.
    pub verrou_secondes: Entre<60, 86_400>,
    /// Whether an officer must have his certificate and a passkey to sign, send, suspend (row B04); otherwise two proofs are enough.
    pub officier_mfa: bool,
    /// Whether a recipient must have two proofs to open his acts (row B03).
    pub destinataire_deux_preuves: bool,
    /// Who is told by e-mail of a compromise, beside the holder; absent: the data protection contact when it is an address, else
    /// the sender of the notices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alerte: Option<String>,
}

impl Default for ComptesConfig {
    /// Twelve characters; 64 MiB, three passes; half an hour, eight hours; three tries, a quarter of an hour; every proof asked.
    fn default() -> Self {
        Self {
            mot_de_passe_longueur: Entre::de::<12>(),
            argon2_memoire_mio: Entre::de::<64>(),
            argon2_passes: Entre::de::<3>(),
            session_inactivite_minutes: Entre::de::<30>(),
            session_heures: Entre::de::<8>(),
            essais_sans_delai: Entre::de::<3>(),
            delai_max_secondes: Entre::de::<900>(),
            sondes_avant_verrou: Entre::de::<20>(),
            verrou_secondes: Entre::de::<900>(),
            officier_mfa: true,
            destinataire_deux_preuves: true,
            alerte: None,
        }
    }
}

impl ComptesConfig {
    /// Checks what the types cannot say.
    pub(super) fn check(&self) -> Result<(), SignificationError> {
        match &self.alerte {
            Some(address) => email(address).map(|_| ()).map_err(|e| refuse(format!("comptes.alerte : {e}"))),
            None => Ok(()),
        }
    }
}
