//! Further anchors of a checkpoint (row E06): beside its own time token, what other time authorities, a public log or a proof of
//! OpenTimestamps say of the same text. Remove any one of them, and the check tells which are left.
//!
//! `constat-ancres/1`: the text of the checkpoint, and what each anchor gave over exactly its octets.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Finding, Instant, Level, Outcome, Sha256Digest, parse_strict};
use serde::{Deserialize, Serialize};

use crate::consent::{Actor, Role};
use crate::evidence::EvidenceVerifier;
use crate::point::ProvenPoint;
use crate::{Id, SignificationError};

/// Version of the file of anchors.
pub const ANCRES_FORMAT: &str = "constat-ancres/1";
/// Its file, beside an excerpt.
pub const ANCRES_FILE: &str = "ancres.json";
/// What the checkpoint's own token is called.
pub const JETON: &str = "jeton du point de contrôle";
/// Anchors at most.
pub const MAX_ANCRES: usize = 8;
/// Octets at most of what one anchor gives.
const MAX_PREUVE: usize = 1024 * 1024;
/// How a proof of OpenTimestamps over a SHA-256 begins: the mark, version 1, the operation SHA-256.
const OTS: &[u8] = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08";

/// What an anchor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Genre {
    /// A time authority (RFC 3161).
    Rfc3161,
    /// A public append-only log.
    JournalPublic,
    /// A proof of OpenTimestamps.
    Opentimestamps,
}

impl Genre {
    /// In French.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Rfc3161 => "jeton d'horodatage (RFC 3161)",
            Self::JournalPublic => "inscription dans un journal public",
            Self::Opentimestamps => "preuve OpenTimestamps",
        }
    }
}

/// A fact about one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// An anchor answered; what it gave is kept under `ancre`.
    #[serde(rename = "signification.ancrage.posee")]
    Posee { point: Id, taille: u64, ancre: Id, nom: String, genre: Genre, sha256: Sha256Digest },
    /// It did not, for now.
    #[serde(rename = "signification.ancrage.manquante")]
    Manquante { point: Id, taille: u64, nom: String, code: String },
}

impl Event {
    /// The checkpoint.
    pub fn object(&self) -> Id {
        match self {
            Self::Posee { point, .. } | Self::Manquante { point, .. } => *point,
        }
    }

    /// Lines that it covers.
    pub(crate) fn taille(&self) -> u64 {
        match self {
            Self::Posee { taille, .. } | Self::Manquante { taille, .. } => *taille,
        }
    }

    /// How the line reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Posee { .. } => Outcome::Ok,
            Self::Manquante { .. } => Outcome::NotDone,
        }
    }

    /// In French, for a timeline.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Posee { .. } => "Point de contrôle du journal ancré ailleurs",
            Self::Manquante { .. } => "Ancrage du point de contrôle remis à plus tard",
        }
    }
}

/// An anchor of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Posee {
    /// Identifier of its piece.
    pub ancre: Id,
    /// Its name, as configured.
    pub nom: String,
    /// What it is.
    pub genre: Genre,
    /// SHA-256 of what it gave.
    pub sha256: Sha256Digest,
    /// When.
    pub le: Instant,
}

/// The anchors of one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The checkpoint.
    pub point: Id,
    /// Those that answered, in order.
    pub posees: Vec<Posee>,
    /// Those that did not when they were first asked.
    pub manquantes: Vec<String>,
}

impl View {
    /// Whether that anchor answered.
    pub fn a(&self, nom: &str) -> bool {
        self.posees.iter().any(|one| one.nom == nom)
    }

    /// The view after a fact: each anchor answers once; that it did not is told once.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        if actor.role != Role::Plateforme {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "ancrer" });
        }
        let empty = || Self { point: event.object(), posees: Vec::new(), manquantes: Vec::new() };
        let mut view = current.cloned().unwrap_or_else(empty);
        let refused = |state| SignificationError::Transition { machine: "ancrage", state, requested: "ancrer" };
        match event {
            Event::Posee { ancre, nom, genre, sha256, .. } => {
                if view.a(nom) || view.posees.len() >= MAX_ANCRES {
                    return Err(refused("POSEE"));
                }
                view.posees.push(Posee { ancre: *ancre, nom: nom.clone(), genre: *genre, sha256: *sha256, le: at });
            }
            Event::Manquante { nom, .. } => {
                if view.a(nom) || view.manquantes.contains(nom) || view.manquantes.len() >= MAX_ANCRES {
                    return Err(refused("MANQUANTE"));
                }
                view.manquantes.push(nom.clone());
            }
        }
        Ok(view)
    }
}

/// What one anchor gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ancre {
    /// Its name.
    pub nom: String,
    /// What it is.
    pub genre: Genre,
    /// What it gave, in base64.
    pub preuve: String,
}

/// `constat-ancres/1`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ancres {
    /// `constat-ancres/1`.
    pub format: String,
    /// The text of the checkpoint: what every anchor is over.
    pub texte: String,
    /// The anchors.
    pub ancres: Vec<Ancre>,
}

/// Whether an anchor holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tenue {
    /// It holds.
    Tient,
    /// It is not over this checkpoint, or is not what it says.
    NeTientPas,
    /// It is over this checkpoint, but nothing here can judge it.
    NonJugee,
}

/// What the check says of one anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EtatAncre {
    /// Its name.
    pub nom: String,
    /// What it is.
    pub genre: Genre,
    /// Whether it holds.
    pub tenue: Tenue,
    /// What was found.
    pub constats: Vec<Finding>,
}

/// What the check of every anchor says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AncragesReport {
    /// Each anchor.
    pub ancres: Vec<EtatAncre>,
    /// Names of those that hold.
    pub restent: Vec<String>,
    /// In French.
    pub phrase: String,
}

impl Ancres {
    /// Reads the file; any other form than ours is refused.
    pub fn read(bytes: &[u8]) -> Result<Self, SignificationError> {
        let refuse = |why: String| SignificationError::Receipt { why };
        let value = parse_strict(bytes).map_err(|e| refuse(e.to_string()))?;
        let read: Self = serde_json::from_value(value).map_err(|e| refuse(e.to_string()))?;
        let mut names: Vec<&str> = read.ancres.iter().map(|one| one.nom.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let long = read.ancres.iter().any(|one| one.preuve.len() > MAX_PREUVE * 4 / 3 + 4);
        if read.format != ANCRES_FORMAT || names.len() != read.ancres.len() || names.len() > MAX_ANCRES || long {
            return Err(refuse(format!("format {:?}, {} ancres", read.format, read.ancres.len())));
        }
        Ok(read)
    }
}

/// Checks the token of a checkpoint and each further anchor, offline, and tells which hold: the removal of one takes nothing from
/// the others.
pub fn verifier(
    point: &ProvenPoint,
    ancres: Option<&Ancres>,
    verifier: &dyn EvidenceVerifier,
) -> Result<AncragesReport, SignificationError> {
    let decode =
        |text: &str| STANDARD.decode(text).map_err(|e| SignificationError::Receipt { why: format!("base64 : {e}") });
    let text = point.texte.as_bytes();
    let mut list = Vec::new();
    if let Some(token) = &point.jeton {
        list.push(juger(JETON, Genre::Rfc3161, verifier.check_token(text, &decode(token)?)));
    }
    for one in ancres.map(|file| file.ancres.as_slice()).unwrap_or_default() {
        let preuve = decode(&one.preuve)?;
        let same = ancres.is_some_and(|file| file.texte == point.texte);
        if !same || lie(one.genre, text, &preuve) == Some(false) {
            let what = "L'ancre n'est pas celle de ce point de contrôle.";
            list.push(juger(&one.nom, one.genre, vec![Finding::new("ancre.other", Level::Fail, what)]));
            continue;
        }
        list.push(juger(&one.nom, one.genre, verifier.check_anchor((&one.nom, one.genre), text, &preuve)));
    }
    let restent: Vec<String> = list.iter().filter(|one| one.tenue == Tenue::Tient).map(|one| one.nom.clone()).collect();
    let phrase = phrase(&list);
    Ok(AncragesReport { ancres: list, restent, phrase })
}

/// What is told of them all: which were verified, and no more; that those who hold them are not one and the same was not checked.
fn phrase(list: &[EtatAncre]) -> String {
    let names = |tenue| {
        let those = list.iter().filter(|one| one.tenue == tenue).map(|one| one.nom.as_str());
        those.collect::<Vec<_>>()
    };
    let held = names(Tenue::Tient);
    let mut told = match held.as_slice() {
        [] => "Aucune ancre vérifiée ne date ce point de contrôle.".to_owned(),
        [one] => format!("Une ancre vérifiée date ce point de contrôle : {one}."),
        many => format!(
            "{} ancres vérifiées, chacune à part, datent ce point de contrôle : {}. Qu'elles aient des opérateurs distincts \
             n'est pas vérifié ici.",
            many.len(),
            many.join(", ")
        ),
    };
    for (tenue, what) in [
        (Tenue::NonJugee, "Rapprochées de ce point de contrôle, sans pouvoir être jugées ici"),
        (Tenue::NeTientPas, "Ne tiennent pas"),
    ] {
        let those = names(tenue);
        if !those.is_empty() {
            told.push_str(&format!(" {what} : {}.", those.join(", ")));
        }
    }
    told
}

fn juger(nom: &str, genre: Genre, constats: Vec<Finding>) -> EtatAncre {
    let worst = constats.iter().map(|one| one.level).max();
    let tenue = match worst {
        Some(level) if level >= Level::Fail => Tenue::NeTientPas,
        Some(level) if level >= Level::Indeterminate => Tenue::NonJugee,
        _ => Tenue::Tient,
    };
    EtatAncre { nom: nom.to_owned(), genre, tenue, constats }
}

/// Whether a proof says of itself that it is over `text`; `None` when its form does not tell.
fn lie(genre: Genre, text: &[u8], preuve: &[u8]) -> Option<bool> {
    match genre {
        Genre::Opentimestamps => {
            let rest = preuve.strip_prefix(OTS);
            Some(rest.is_some_and(|rest| rest.starts_with(Sha256Digest::of(text).as_bytes())))
        }
        Genre::Rfc3161 | Genre::JournalPublic => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn posee(n: u8, nom: &str) -> Event {
        let (point, ancre) = (Id::from_bytes([1; 16]), Id::from_bytes([n; 16]));
        Event::Posee { point, taille: 4, ancre, nom: nom.into(), genre: Genre::Rfc3161, sha256: Sha256Digest::of(&[n]) }
    }

    #[test]
    fn e06_each_anchor_answers_once_and_only_the_platform_says_so() {
        let at: Instant = "2026-12-02T09:00:00Z".parse().unwrap();
        let me = Actor::platform();
        let missing = Event::Manquante { point: Id::from_bytes([1; 16]), taille: 4, nom: "b".into(), code: "x".into() };
        for other in [Actor::office("o"), Actor::registry("r"), Actor::recipient(Id::from_bytes([2; 16]))] {
            assert!(View::next(None, at, &other, &posee(1, "a")).is_err());
        }
        let view = View::next(None, at, &me, &posee(1, "a")).unwrap();
        assert!(View::next(Some(&view), at, &me, &posee(2, "a")).is_err());
        let view = View::next(Some(&view), at, &me, &missing).unwrap();
        assert!(View::next(Some(&view), at, &me, &missing).is_err(), "told once");
        let view = View::next(Some(&view), at, &me, &posee(3, "b")).unwrap();
        assert!(view.a("b") && View::next(Some(&view), at, &me, &missing).is_err());
        for event in [posee(1, "a"), missing] {
            assert_eq!(serde_json::from_str::<Event>(&serde_json::to_string(&event).unwrap()).unwrap(), event);
        }
    }

    #[test]
    fn e06_the_sentence_claims_what_was_verified_and_names_the_rest() {
        let one = |nom: &str, tenue| EtatAncre { nom: nom.into(), genre: Genre::Rfc3161, tenue, constats: vec![] };
        assert_eq!(phrase(&[]), "Aucune ancre vérifiée ne date ce point de contrôle.");
        let some = [one("A", Tenue::Tient), one("B", Tenue::NonJugee), one("C", Tenue::NeTientPas)];
        let told = phrase(&some);
        assert!(told.starts_with("Une ancre vérifiée date ce point de contrôle : A."), "{told}");
        assert!(told.contains("sans pouvoir être jugées ici : B.") && told.ends_with("Ne tiennent pas : C."), "{told}");
        let told = phrase(&[one("A", Tenue::Tient), one("D", Tenue::Tient)]);
        assert!(
            told.contains("2 ancres vérifiées") && told.contains("A, D") && !told.contains("indépendantes"),
            "{told}"
        );
    }

    #[test]
    fn e06_a_proof_of_opentimestamps_over_another_text_is_told() {
        let text = b"constat/x\n4\nAAAA\n";
        let proof = [OTS, Sha256Digest::of(text).as_bytes(), b"\x00reste"].concat();
        assert_eq!(lie(Genre::Opentimestamps, text, &proof), Some(true));
        assert_eq!(lie(Genre::Opentimestamps, b"autre", &proof), Some(false));
        assert_eq!(lie(Genre::Opentimestamps, text, b"rien"), Some(false));
        assert_eq!(lie(Genre::JournalPublic, text, b"rien"), None);
    }

    proptest! {
        #[test]
        fn whatever_comes_as_a_file_of_anchors_is_read_or_refused(
            noise in prop::collection::vec(any::<u8>(), 0..300), nom in "[a-z{}]{0,10}", preuve in "[A-Za-z0-9+/=!]{0,40}"
        ) {
            let _ = Ancres::read(&noise);
            let text = format!("{{\"ancres\":[{{\"genre\":\"rfc3161\",\"nom\":\"{nom}\",\"preuve\":\"{preuve}\"}}],\
                \"format\":\"constat-ancres/1\",\"texte\":\"x\"}}");
            if let Ok(read) = Ancres::read(text.as_bytes()) {
                prop_assert_eq!(&read.ancres[0].nom, &nom);
            }
        }
    }
}
