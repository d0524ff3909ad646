//! The six guarantees the system owes (arrêté du 3 juin 2016, art. 2), and how a check of them is told: n of 6, none implied.
use std::collections::BTreeMap;
use std::fmt;

/// A guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Garantie {
    /// Who acts is known.
    Identification,
    /// What is exchanged is neither cut nor changed.
    Integrite,
    /// Nobody does what is not his to do.
    Securite,
    /// Nobody else reads it.
    Confidentialite,
    /// It is kept.
    Conservation,
    /// Dates of sending and of receipt are certain.
    DatesCertaines,
}

impl Garantie {
    /// Every guarantee.
    pub const ALL: [Self; 6] = [
        Self::Identification,
        Self::Integrite,
        Self::Securite,
        Self::Confidentialite,
        Self::Conservation,
        Self::DatesCertaines,
    ];

    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Identification => "identification",
            Self::Integrite => "intégrité",
            Self::Securite => "sécurité",
            Self::Confidentialite => "confidentialité",
            Self::Conservation => "conservation",
            Self::DatesCertaines => "dates certaines d'envoi et de réception",
        }
    }
}

/// What a run of the checks found. A guarantee not checked counts as not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bilan(BTreeMap<Garantie, bool>);

impl Bilan {
    /// Notes a check; once one failed, the guarantee is not kept.
    pub fn note(&mut self, garantie: Garantie, kept: bool) {
        let entry = self.0.entry(garantie).or_insert(true);
        *entry &= kept;
    }

    /// Whether it is kept; `None` when it was not checked.
    pub fn etat(&self, garantie: Garantie) -> Option<bool> {
        self.0.get(&garantie).copied()
    }

    /// How many are kept.
    pub fn tenues(&self) -> usize {
        self.0.values().filter(|kept| **kept).count()
    }
}

impl fmt::Display for Bilan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Garanties tenues : {}/{}", self.tenues(), Garantie::ALL.len())?;
        for garantie in Garantie::ALL {
            let state = match self.0.get(&garantie) {
                Some(true) => "tenue",
                Some(false) => "non tenue",
                None => "non vérifiée",
            };
            writeln!(f, " - {} : {state}", garantie.nom())?;
        }
        Ok(())
    }
}
