//! The levels of a seal, each with what it adds and the clause that defines it.
use serde::Serialize;

/// A level of ETSI EN 319 122-1 clause 6, as a container of EN 319 162-1 bears it. Each holds the ones before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Level {
    /// A signature, with its certificate.
    #[serde(rename = "B-B")]
    BasicSignature,
    /// With a timestamp over it.
    #[serde(rename = "B-T")]
    Timestamped,
    /// With everything needed to check it later: certificates and their state.
    #[serde(rename = "B-LT")]
    LongTerm,
    /// With a timestamp over all that, which can be renewed.
    #[serde(rename = "B-LTA")]
    Archived,
}

impl Level {
    /// `B-B`, `B-T`, `B-LT` or `B-LTA`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BasicSignature => "B-B",
            Self::Timestamped => "B-T",
            Self::LongTerm => "B-LT",
            Self::Archived => "B-LTA",
        }
    }

    /// One French sentence, with the clause of the standard.
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::BasicSignature => {
                "Niveau atteint : CAdES B-B (ETSI EN 319 122-1, clause 6), une signature et son certificat, sans heure \
                 établie par un tiers."
            }
            Self::Timestamped => {
                "Niveau atteint : CAdES B-T (ETSI EN 319 122-1, clause 6), une signature horodatée, sans toutes les \
                 données de révocation qui permettraient de la contrôler seule."
            }
            Self::LongTerm => {
                "Niveau atteint : CAdES B-LT (ETSI EN 319 122-1, clause 6), une signature horodatée, avec l'état de \
                 chaque certificat."
            }
            Self::Archived => {
                "Niveau atteint : CAdES B-LTA (ETSI EN 319 122-1, clause 6, par l'horodatage d'archive d'EN 319 162-1, \
                 clause 4.4.5 et annexe A.7), une signature horodatée, l'état de chaque certificat, et un horodatage \
                 de l'ensemble, renouvelable."
            }
        }
    }
}
