//! Passwords: what is accepted as a new one, how a typed one is compared. Length and a list of what everybody tries, no rule
//! of composition (those make passwords people write down); one normalisation form, so that two keyboards type the same.
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::{Zeroize as _, Zeroizing};

use super::coffret::deriver;
use super::hacheur::{Hacheur, Parametres};
use crate::id::Entropy;
use crate::{Id, SignificationError};

/// The least length of a new password, in characters, unless the operator asks for more.
pub const LONGUEUR_MIN: usize = 12;
/// The greatest length, in characters: a bound on work, not on people.
pub const LONGUEUR_MAX: usize = 256;
/// Characters that must be left once what everybody tries was taken away.
const RESTE_MIN: usize = 8;

static COURANTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut words: Vec<String> = include_str!("mots_courants.txt").lines().map(replier).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
});

/// A password, in normalisation form C; wiped from memory after use, never printed.
pub struct MotDePasse {
    texte: Zeroizing<String>,
    demesure: bool,
}

impl std::fmt::Debug for MotDePasse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MotDePasse(…)")
    }
}

impl MotDePasse {
    /// As typed at a login: anything goes, and what is too long to be right costs no more than the rest.
    pub fn saisi(texte: &str) -> Self {
        let demesure = texte.len() > LONGUEUR_MAX * 4;
        let kept: String = texte.chars().take(LONGUEUR_MAX).collect();
        let kept = Zeroizing::new(kept);
        Self { texte: Zeroizing::new(kept.nfc().collect()), demesure: demesure || texte.chars().count() > LONGUEUR_MAX }
    }

    /// A new one, of so many characters at least. `personnel` are the person's own data (names, day of birth, addresses): whoever
    /// knows him tries them first.
    pub fn nouveau(texte: &str, longueur: usize, personnel: &[&str]) -> Result<Self, SignificationError> {
        let refuse = |why: &str| Err(SignificationError::PasswordRefused { why: why.to_owned() });
        let mot = Self::saisi(texte);
        let length = mot.texte.chars().count();
        if length < longueur {
            return refuse(&format!("{longueur} caractères au moins ; une phrase de quatre mots convient"));
        }
        if mot.demesure {
            return refuse("plus de 256 caractères");
        }
        if mot.texte.chars().any(char::is_control) {
            return refuse("caractère de contrôle");
        }
        if reste(&mot.texte, personnel) < RESTE_MIN {
            return refuse("trop facile à deviner : mots courants, suites, ou vos propres nom, date ou adresse");
        }
        Ok(mot)
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.texte.as_bytes()
    }

    pub(super) fn demesure(&self) -> bool {
        self.demesure
    }
}

/// Lower case, without accents.
fn replier(texte: &str) -> String {
    let plain = texte.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    plain.flat_map(char::to_lowercase).collect()
}

/// How many characters are left once common words, the person's data, runs (aaaa, 1234, fedc) and repeats are taken away.
fn reste(texte: &str, personnel: &[&str]) -> usize {
    let mut folded = Zeroizing::new(replier(texte));
    let mut own: Vec<String> = personnel
        .iter()
        .flat_map(|data| replier(data).split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.chars().count() >= 3)
        .collect();
    own.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in own.iter().chain(COURANTS.iter()).filter(|word| !word.is_empty()) {
        // A space stays where a word was: its two sides do not become a word.
        *folded = folded.replace(word.as_str(), " ");
    }
    let mut left: Vec<char> = Vec::new();
    let mut last: Option<char> = None;
    for c in folded.chars() {
        let runs = last.is_some_and(|l| (u32::from(c)).abs_diff(u32::from(l)) <= 1);
        last = Some(c);
        if !runs && !c.is_whitespace() {
            left.push(c);
        }
    }
    let count = left.len();
    // Two or three characters over and over are one idea.
    let mut distinct = left.clone();
    distinct.sort_unstable();
    distinct.dedup();
    left.zeroize();
    if distinct.len() < 5 { distinct.len() } else { count }
}

/// A password once derived: the one slow computation, of which both what recognises it and what wraps a key are made, each by
/// HKDF-SHA-256 (RFC 5869) for its own use, so that neither tells anything of the other. Wiped after use, never printed.
pub struct MotDerive {
    parametres: Parametres,
    sel: [u8; 16],
    maitre: Zeroizing<[u8; 32]>,
}

impl std::fmt::Debug for MotDerive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MotDerive(…)")
    }
}

impl MotDerive {
    /// Derives a password under a new salt.
    pub fn de(
        mot: &MotDePasse,
        parametres: Parametres,
        hacheur: &dyn Hacheur,
        entropy: &dyn Entropy,
    ) -> Result<Self, SignificationError> {
        let mut sel = [0; 16];
        entropy.fill(&mut sel)?;
        Self::avec(mot, parametres, sel, hacheur)
    }

    /// Derives it under the salt of what is kept.
    pub(super) fn avec(
        mot: &MotDePasse,
        parametres: Parametres,
        sel: [u8; 16],
        hacheur: &dyn Hacheur,
    ) -> Result<Self, SignificationError> {
        let mut maitre = Zeroizing::new([0; 32]);
        hacheur.deriver(&parametres, &sel, mot.octets(), &mut maitre)?;
        Ok(Self { parametres, sel, maitre })
    }

    /// What it cost.
    pub(super) fn parametres(&self) -> Parametres {
        self.parametres
    }

    /// Its salt, in hexadecimal.
    pub(super) fn sel(&self) -> String {
        hex::encode(self.sel)
    }

    /// 32 octets for one use.
    pub(super) fn tirer(&self, sel: &[u8], usage: &[u8], out: &mut [u8; 32]) -> Result<(), SignificationError> {
        deriver(sel, &*self.maitre, usage, out)
    }
}

/// How what is kept of a password was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forme {
    /// The derivation itself: the wrap of the key then needs another one. Read, and made anew at the next login.
    #[default]
    Directe,
    /// Drawn from a derivation that the wrap of the key shares.
    Partagee,
}

impl Forme {
    fn est_directe(&self) -> bool {
        *self == Self::Directe
    }
}

/// What a password typed at a login is worth.
#[derive(Debug)]
pub(super) struct Reconnu {
    /// Whether it is the one.
    pub(super) juste: bool,
    /// Its derivation, when it is the one and may serve the wrap too: never one whose octets are kept as they are.
    pub(super) derive: Option<MotDerive>,
}

/// The use by which a password is recognised.
const RECONNAITRE: &[u8] = b"constat-secrets/1 mot de passe";

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empreinte {
    /// The credential it belongs to.
    pub identifiant: Id,
    /// The cost.
    pub parametres: Parametres,
    /// Salt, 16 octets in hexadecimal.
    pub sel: String,
    /// What a password is compared with, 32 octets in hexadecimal.
    pub valeur: String,
    /// How it was made.
    #[serde(default, skip_serializing_if = "Forme::est_directe")]
    pub forme: Forme,
}

impl std::fmt::Debug for Empreinte {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Empreinte({})", self.identifiant)
    }
}

impl Empreinte {
    /// Derives a new one; the derivation then wraps the key.
    pub fn de(
        identifiant: Id,
        mot: &MotDePasse,
        parametres: Parametres,
        hacheur: &dyn Hacheur,
        entropy: &dyn Entropy,
    ) -> Result<(Self, MotDerive), SignificationError> {
        let derive = MotDerive::de(mot, parametres, hacheur, entropy)?;
        let mut valeur = Zeroizing::new([0; 32]);
        derive.tirer(&derive.sel, RECONNAITRE, &mut valeur)?;
        let (sel, valeur) = (derive.sel(), hex::encode(*valeur));
        Ok((Self { identifiant, parametres, sel, valeur, forme: Forme::Partagee }, derive))
    }

    /// One that no password matches: an unknown account costs what a known one does.
    pub fn factice(parametres: Parametres, entropy: &dyn Entropy) -> Result<Self, SignificationError> {
        let (mut sel, mut valeur) = ([0; 16], [0; 32]);
        entropy.fill(&mut sel)?;
        entropy.fill(&mut valeur)?;
        let identifiant = Id::from_bytes([0; 16]);
        let (sel, valeur) = (hex::encode(sel), hex::encode(valeur));
        Ok(Self { identifiant, parametres, sel, valeur, forme: Forme::Partagee })
    }

    /// Whether it is this password: one derivation, whatever the answer.
    pub fn convient(&self, mot: &MotDePasse, hacheur: &dyn Hacheur) -> Result<bool, SignificationError> {
        Ok(self.reconnaitre(mot, hacheur)?.juste)
    }

    /// Whether the configuration, or the form, asks that it be made anew.
    pub(super) fn a_refaire(&self, parametres: &Parametres) -> bool {
        self.forme == Forme::Directe || self.parametres.plus_faible_que(parametres)
    }

    /// One derivation, whatever the answer.
    pub(super) fn reconnaitre(&self, mot: &MotDePasse, hacheur: &dyn Hacheur) -> Result<Reconnu, SignificationError> {
        let bad = || SignificationError::Storage { why: "empreinte de mot de passe illisible".into() };
        let (mut sel, mut wanted) = ([0; 16], [0; 32]);
        hex::decode_to_slice(&self.sel, &mut sel).map_err(|_| bad())?;
        hex::decode_to_slice(&self.valeur, &mut wanted).map_err(|_| bad())?;
        let derive = MotDerive::avec(mot, self.parametres, sel, hacheur)?;
        let mut found = Zeroizing::new([0; 32]);
        match self.forme {
            Forme::Directe => found.copy_from_slice(&*derive.maitre),
            Forme::Partagee => derive.tirer(&sel, RECONNAITRE, &mut found)?,
        }
        let juste = bool::from(found.ct_eq(&wanted)) & !mot.demesure();
        Ok(Reconnu { juste, derive: Some(derive).filter(|_| juste && self.forme == Forme::Partagee) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::essais::{Compteur, PEU};
    use super::*;
    use crate::SystemEntropy;

    const LUI: [&str; 4] = ["Chloé Anne", "Martin", "1980-02-29", "chloe.martin@essai.test"];

    #[test]
    fn b02_long_phrases_pass_and_what_everybody_tries_does_not() {
        for good in
            ["agrafe cheval batterie pluie", "Tournesol-mauve-7-haricots", "éléphants à bicyclette", "xK9#vQ2!mZ7&"]
        {
            assert!(MotDePasse::nouveau(good, LONGUEUR_MIN, &LUI).is_ok(), "{good}");
        }
        for bad in [
            "court",
            "onze caract",
            "motdepasse123",
            "MotDePasse2026!",
            "azertyuiop123",
            "aaaaaaaaaaaaaaaa",
            "123456789012345",
            "abababababababab",
            "Chloe-Martin-1980",
            "CHLOÉ martin 29/02",
            "Bonjour-Bonjour-12",
            "constat.justice.etude",
            "pluie\u{7}agrafe cheval",
        ] {
            assert_eq!(
                MotDePasse::nouveau(bad, LONGUEUR_MIN, &LUI).unwrap_err().code(),
                "signification.password_refused",
                "{bad}"
            );
        }
        // The data of one person forbid nothing to another.
        assert!(MotDePasse::nouveau("Ludivine Kowalczyk", LONGUEUR_MIN, &LUI).is_ok());
        assert!(MotDePasse::nouveau("Ludivine Kowalczyk", LONGUEUR_MIN, &["Kowalczyk", "Ludivine"]).is_err());
        // The operator asks for more.
        let asked = |longueur| MotDePasse::nouveau("xK9#vQ2!mZ7&", longueur, &LUI);
        assert!(asked(12).is_ok());
        assert!(matches!(asked(13), Err(SignificationError::PasswordRefused { why }) if why.contains("13")));
        assert!(MotDePasse::nouveau(&"mot très long ".repeat(30), LONGUEUR_MIN, &LUI).is_err());
    }

    #[test]
    fn b02_two_keyboards_type_one_password() {
        let (hasher, entropy) = (Compteur::default(), SystemEntropy::default());
        let composed = MotDePasse::nouveau("\u{e9}l\u{e9}phants bicyclette", LONGUEUR_MIN, &[]).unwrap();
        let kept = Empreinte::de(Id::from_bytes([1; 16]), &composed, PEU, &hasher, &entropy).unwrap().0;
        assert!(kept.convient(&MotDePasse::saisi("e\u{301}le\u{301}phants bicyclette"), &hasher).unwrap());
        assert!(!kept.convient(&MotDePasse::saisi("elephants bicyclette"), &hasher).unwrap());
        assert!(!kept.convient(&MotDePasse::saisi("éléphants bicyclette "), &hasher).unwrap());
        assert_eq!(hasher.faits(), 4);
        assert!(!format!("{kept:?} {composed:?}").contains("bicyclette"));
        let text = serde_json::to_string(&kept).unwrap();
        assert!(text.contains("memoire_kio") && text.contains("partagee") && !text.contains("bicyclette"));
    }

    #[test]
    fn b02_what_is_too_long_is_never_right_and_costs_the_same() {
        let (hasher, entropy) = (Compteur::default(), SystemEntropy::default());
        let long: String = "abcé".chars().cycle().take(256).collect();
        let kept = Empreinte::de(Id::from_bytes([1; 16]), &MotDePasse::saisi(&long), PEU, &hasher, &entropy).unwrap().0;
        assert!(kept.convient(&MotDePasse::saisi(&long), &hasher).unwrap());
        assert!(!kept.convient(&MotDePasse::saisi(&format!("{long}x")), &hasher).unwrap());
        assert!(!Empreinte::factice(PEU, &entropy).unwrap().convient(&MotDePasse::saisi(&long), &hasher).unwrap());
        assert_eq!(hasher.faits(), 4);
    }
}
