//! Recovery codes: printed once, each good for one use. They are random enough that a plain digest keeps them.
use std::str::FromStr;

use dossier::Sha256Digest;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use crate::id::Entropy;
use crate::{Id, SignificationError};

/// Codes of a set.
pub const NOMBRE: u8 = 10;
/// Characters of a code: 100 random bits.
const LONGUEUR: usize = 20;
/// Crockford's alphabet: no letter that reads as a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code: four groups of five characters. It is wiped after use and never printed but on purpose.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeSecours(Zeroizing<String>);

impl std::fmt::Debug for CodeSecours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CodeSecours(…)")
    }
}

impl CodeSecours {
    /// A new one.
    pub fn tirer(entropy: &dyn Entropy) -> Result<Self, SignificationError> {
        let mut bytes = Zeroizing::new([0; LONGUEUR]);
        entropy.fill(&mut *bytes)?;
        let text = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b & 31)])).collect();
        Ok(Self(Zeroizing::new(text)))
    }

    /// As it is shown to the person, once.
    pub fn montrer(&self) -> Zeroizing<String> {
        let groups: Vec<&str> = (0..LONGUEUR / 5).filter_map(|i| self.0.get(i * 5..i * 5 + 5)).collect();
        Zeroizing::new(groups.join("-"))
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl FromStr for CodeSecours {
    type Err = SignificationError;

    /// Case, hyphens and spaces do not matter; O reads as 0, I and L as 1.
    fn from_str(text: &str) -> Result<Self, SignificationError> {
        let mut folded = Zeroizing::new(String::with_capacity(LONGUEUR));
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(LONGUEUR + 1) {
            folded.push(match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            });
        }
        if folded.len() == LONGUEUR && folded.bytes().all(|b| ALPHABET.contains(&b)) {
            return Ok(Self(folded));
        }
        Err(SignificationError::LoginRefused)
    }
}

/// What is kept of a set: digests. Which codes were used is told by the journal, and by the place left empty here.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jeu {
    /// The credential.
    pub identifiant: Id,
    /// Salt, 16 octets in hexadecimal.
    pub sel: String,
    /// Digest of each code, by rank; `None` once used.
    pub codes: Vec<Option<Sha256Digest>>,
}

impl std::fmt::Debug for Jeu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Jeu({}, {} codes)", self.identifiant, self.codes.iter().flatten().count())
    }
}

impl Jeu {
    /// A new set, and its codes to be shown once.
    pub fn tirer(identifiant: Id, entropy: &dyn Entropy) -> Result<(Self, Vec<CodeSecours>), SignificationError> {
        let mut sel = [0; 16];
        entropy.fill(&mut sel)?;
        let codes = (0..NOMBRE).map(|_| CodeSecours::tirer(entropy)).collect::<Result<Vec<_>, _>>()?;
        let mut jeu = Self { identifiant, sel: hex::encode(sel), codes: Vec::new() };
        jeu.codes = codes.iter().map(|code| Some(jeu.empreinte(code))).collect();
        Ok((jeu, codes))
    }

    fn empreinte(&self, code: &CodeSecours) -> Sha256Digest {
        let mut bytes = [self.identifiant.as_bytes(), self.sel.as_bytes(), code.octets()].concat();
        let digest = Sha256Digest::of(&bytes);
        bytes.zeroize();
        digest
    }

    /// The rank of a code that was not used; every rank is compared, whatever the answer.
    pub fn rang(&self, code: &CodeSecours) -> Option<u8> {
        let typed = self.empreinte(code);
        let mut found = None;
        for (rank, kept) in (0_u8..).zip(&self.codes) {
            let kept = kept.unwrap_or(Sha256Digest::ZERO);
            if bool::from(kept.as_bytes().ct_eq(typed.as_bytes())) {
                found = Some(rank);
            }
        }
        found
    }

    /// Empties the place of a used code.
    pub fn user(&mut self, rank: u8) {
        if let Some(place) = self.codes.get_mut(usize::from(rank)) {
            *place = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;
    use proptest::prelude::*;

    #[test]
    fn b02_a_recovery_code_is_good_once_and_read_as_people_write_it() {
        let entropy = SystemEntropy::default();
        let (mut jeu, codes) = Jeu::tirer(Id::from_bytes([7; 16]), &entropy).unwrap();
        assert_eq!(codes.len(), usize::from(NOMBRE));
        let shown = codes[3].montrer();
        assert_eq!(shown.len(), 23);
        let typed: CodeSecours = shown.to_lowercase().replace('-', " ").replace('0', "o").parse().unwrap();
        assert_eq!(jeu.rang(&typed), Some(3));
        jeu.user(3);
        assert_eq!(jeu.rang(&typed), None);
        assert_eq!(jeu.rang(&codes[4]), Some(4));
        let kept = serde_json::to_string(&jeu).unwrap();
        assert!(codes.iter().all(|code| !kept.contains(&*code.montrer()) && !kept.contains(code.0.as_str())));
        // The same code in another set is another digest.
        let (other, _) = Jeu::tirer(Id::from_bytes([8; 16]), &entropy).unwrap();
        assert_eq!(other.rang(&codes[4]), None);
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_a_code_or_refused_alike(text in "\\PC{0,40}") {
            match text.parse::<CodeSecours>() {
                Ok(code) => prop_assert_eq!(code.montrer().parse::<CodeSecours>().unwrap(), code),
                Err(error) => prop_assert_eq!(error.code(), "signification.login_refused"),
            }
        }
    }
}
