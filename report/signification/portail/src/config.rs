//! What a portal is given: addresses, certificates, limits. Nothing is read from the environment.
use std::path::PathBuf;
use std::time::Duration;

use dossier::{Clock, Sha256Digest};
use signification::Entropy;

/// Why the portal does not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortailError {
    /// Without TLS, only this machine may be listened to.
    #[error("plain HTTP outside loopback")]
    HttpOuvert,
    /// A certificate, a key or a list of revocations.
    #[error("TLS: {what}: {why}")]
    Tls {
        /// Which file.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// The office's side without a client authority or without an officer.
    #[error("office side without client certificates")]
    EtudeSansCertificat,
    /// The platform refused.
    #[error(transparent)]
    Plateforme(#[from] signification::SignificationError),
    /// The network or the disk.
    #[error("network: {0}")]
    Reseau(#[from] std::io::Error),
}

impl PortailError {
    /// Code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HttpOuvert => "portail.http_ouvert",
            Self::Tls { .. } => "portail.tls",
            Self::EtudeSansCertificat => "portail.etude_sans_certificat",
            Self::Plateforme(inner) => inner.code(),
            Self::Reseau(_) => "portail.reseau",
        }
    }

    /// In French: what happened, what to do.
    pub fn user_lines(&self) -> (String, String) {
        match self {
            Self::HttpOuvert => (
                "Sans certificat, le portail n'écoute que cette machine.".into(),
                "Donnez un certificat et sa clé, ou une adresse 127.0.0.1 derrière un relais qui porte le TLS.".into(),
            ),
            Self::Tls { what, why } => (
                format!("Le fichier « {what} » ne peut pas servir : {why}."),
                "Donnez un fichier PEM lisible, complet et accordé aux autres.".into(),
            ),
            Self::EtudeSansCertificat => (
                "L'espace de l'étude demande des certificats d'officiers, et aucun n'est configuré.".into(),
                "Donnez l'autorité des certificats et l'empreinte de celui de chaque officier.".into(),
            ),
            Self::Plateforme(inner) => (inner.to_string(), "Voyez le journal de la plateforme.".into()),
            Self::Reseau(inner) => (
                format!("Le réseau ou le disque refuse : {inner}."),
                "Vérifiez l'adresse, le port et l'espace libre.".into(),
            ),
        }
    }
}

/// Files of a TLS server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The chain, PEM.
    pub certificat: PathBuf,
    /// Its key, PEM.
    pub cle: PathBuf,
}

/// Who enters the office's side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccesEtude {
    /// Authority of the officers' certificates, PEM.
    pub autorite: PathBuf,
    /// Lists of revoked certificates, PEM.
    pub revocations: Vec<PathBuf>,
    /// SHA-256 of each officer's certificate (DER), and the identifier the journal knows him by.
    pub officiers: Vec<(Sha256Digest, String)>,
    /// Roots of the makers of officers' keys (PEM, one each): with them, a key whose attestation leads to none of them is refused
    /// (row B04). Without, the attestation is asked for, and the model kept is what it says.
    pub fabricants: Vec<PathBuf>,
}

/// Limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limites {
    /// Connections at once.
    pub connexions: usize,
    /// Of them, from one address at once; this machine apart, where a relay may be.
    pub connexions_par_adresse: usize,
    /// Calls of the platform at once.
    pub taches: usize,
    /// Logins and openings of accounts at once, apart from the calls: each costs much memory and time, and they would take every
    /// place.
    pub entrees: usize,
    /// Acts being handed over at once.
    pub remises: usize,
    /// Time to read the headers, and to wait for the next request.
    pub entetes: Duration,
    /// Time to read a form.
    pub corps: Duration,
    /// Octets of a form.
    pub formulaire: usize,
    /// Octets of an act that the office deposits.
    pub depot: u64,
    /// The longest life of a connection, hence of a handing over.
    pub remise: Duration,
    /// Requests at once from one source, then how many a minute.
    pub par_source: (u32, u32),
    /// The same for one account.
    pub par_compte: (u32, u32),
}

impl Default for Limites {
    fn default() -> Self {
        Self {
            connexions: 512,
            connexions_par_adresse: 32,
            taches: 64,
            entrees: 8,
            remises: 64,
            entetes: Duration::from_secs(10),
            corps: Duration::from_secs(20),
            formulaire: 32 * 1024,
            depot: 256 * 1024 * 1024,
            remise: Duration::from_secs(900),
            par_source: (60, 120),
            par_compte: (60, 120),
        }
    }
}

/// A portal's configuration.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it borrows services")]
pub struct ConfigPortail {
    /// Address that browsers see, without path (`https://actes.example`); none on loopback: that of the listener.
    pub origine: Option<String>,
    /// TLS; none: loopback only.
    pub tls: Option<Tls>,
    /// Who enters the office's side; only for [`crate::Portail::servir_etude`].
    pub etude: Option<AccesEtude>,
    /// Limits.
    pub limites: Limites,
    /// Time.
    pub horloge: &'static dyn Clock,
    /// Randomness.
    pub hasard: &'static dyn Entropy,
}
