//! What the journal keeps of the territory: each snapshot of the directory that was taken in, so that an older one is refused
//! later, and for each act why the office was held competent.
use dossier::{Instant, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::consent::{Actor, Role};
use crate::territoire::{CourId, Verdict};
use crate::{Id, SignificationError};

/// What the directory is called: there is one.
pub const ANNUAIRE: Id = Id::from_bytes(*b"constat-annuaire");

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
pub enum Event {
    /// A snapshot was checked and is relied on from now on.
    #[serde(rename = "signification.territoire.directory_taken")]
    DirectoryTaken {
        /// [`ANNUAIRE`].
        annuaire: Id,
        /// Its number, which never goes down.
        numero: u64,
        /// When it was made.
        etabli_le: Instant,
        /// SHA-256 of its bytes.
        empreinte: Sha256Digest,
    },
    /// The competence of the office for an act was judged (decree n° 2021-1625, art. 1).
    #[serde(rename = "signification.territoire.judged")]
    Judged {
        /// The act.
        acte: Id,
        /// The answer: never [`Verdict::Incompetent`], which keeps the act out.
        verdict: Verdict,
        /// Courts of the addressees.
        cours: Vec<CourId>,
        /// How many addressees.
        destinataires: u32,
        /// Number of the snapshot relied on, if any.
        annuaire: Option<u64>,
        /// Reference of the check that the officer made, when the data did not tell.
        verification: Option<String>,
    },
}

impl Event {
    /// What it is about.
    pub fn object(&self) -> Id {
        match self {
            Self::DirectoryTaken { annuaire, .. } => *annuaire,
            Self::Judged { acte, .. } => *acte,
        }
    }

    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Judged { verification: Some(_), .. } => Outcome::Declared,
            _ => Outcome::Ok,
        }
    }
}

/// The snapshot in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releve {
    /// Its number.
    pub numero: u64,
    /// When it was made.
    pub etabli_le: Instant,
    /// SHA-256 of its bytes.
    pub empreinte: Sha256Digest,
}

/// Why the office was held competent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jugee {
    /// The answer.
    pub verdict: Verdict,
    /// Courts of the addressees.
    pub cours: Vec<CourId>,
    /// How many addressees.
    pub destinataires: u32,
    /// Number of the snapshot relied on.
    pub annuaire: Option<u64>,
    /// Reference of the officer's own check.
    pub verification: Option<String>,
}

/// What is known of one object: the directory, or an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The object.
    pub objet: Id,
    /// The directory in force.
    pub annuaire: Option<Releve>,
    /// The competence found.
    pub competence: Option<Jugee>,
}

impl View {
    /// The view after `event`. A snapshot never gives way to an older one; an act is judged once, by the office, and not kept
    /// when the office is not competent.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let objet = event.object();
        let refused = |why: &str| SignificationError::Journal { line: 0, why: format!("territory: {why}") };
        let role = |role: Role| match actor.role == role {
            true => Ok(()),
            false => Err(SignificationError::Actor { role: actor.role.name(), requested: "territoire" }),
        };
        match event {
            Event::DirectoryTaken { annuaire, numero, etabli_le, empreinte } => {
                role(Role::Plateforme)?;
                let older =
                    |last: Releve| *numero < last.numero || (*numero == last.numero && *empreinte != last.empreinte);
                if *annuaire != ANNUAIRE || *etabli_le > at {
                    return Err(refused("another object, or a snapshot of the future"));
                }
                if current.and_then(|view| view.annuaire).is_some_and(older) {
                    return Err(refused("a snapshot older than the last, or another of its number"));
                }
                let annuaire = Some(Releve { numero: *numero, etabli_le: *etabli_le, empreinte: *empreinte });
                Ok(Self { objet, annuaire, competence: None })
            }
            Event::Judged { verdict, cours, destinataires, annuaire, verification, .. } => {
                role(Role::Etude)?;
                let sure = match verdict {
                    Verdict::Competent => true,
                    Verdict::AVerifier => verification.as_ref().is_some_and(|reference| !reference.trim().is_empty()),
                    Verdict::Incompetent => false,
                };
                if !sure || *destinataires == 0 || objet == ANNUAIRE || current.is_some() {
                    return Err(refused("an act kept without competence, or judged twice"));
                }
                let competence = Some(Jugee {
                    verdict: *verdict,
                    cours: cours.clone(),
                    destinataires: *destinataires,
                    annuaire: *annuaire,
                    verification: verification.clone(),
                });
                Ok(Self { objet, annuaire: None, competence })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g04_a_snapshot_never_gives_way_to_an_older_one() {
        let at: Instant = "2026-12-01T11:00:00Z".parse().unwrap();
        let me = Actor::platform();
        let taken = |numero: u64, text: &[u8]| Event::DirectoryTaken {
            annuaire: ANNUAIRE,
            numero,
            etabli_le: at,
            empreinte: Sha256Digest::of(text),
        };
        let view = View::next(None, at, &me, &taken(4, b"a")).unwrap();
        assert!(View::next(Some(&view), at, &me, &taken(3, b"a")).is_err());
        assert!(View::next(Some(&view), at, &me, &taken(4, b"b")).is_err());
        assert!(View::next(Some(&view), at, &Actor::office("x"), &taken(5, b"b")).is_err());
        assert_eq!(View::next(Some(&view), at, &me, &taken(5, b"b")).unwrap().annuaire.unwrap().numero, 5);
        let text = serde_json::to_string(&taken(4, b"a")).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), taken(4, b"a"));
    }

    #[test]
    fn g01_no_act_is_kept_without_competence() {
        let at: Instant = "2026-12-01T11:00:00Z".parse().unwrap();
        let acte = Id::new(at, &crate::SystemEntropy::default()).unwrap();
        let judged = |verdict, verification: Option<&str>| Event::Judged {
            acte,
            verdict,
            cours: Vec::new(),
            destinataires: 1,
            annuaire: None,
            verification: verification.map(Into::into),
        };
        let next = |event: &Event| View::next(None, at, &Actor::office("x"), event).is_ok();
        assert!(next(&judged(Verdict::Competent, None)) && next(&judged(Verdict::AVerifier, Some("note 4"))));
        assert!(!next(&judged(Verdict::AVerifier, None)) && !next(&judged(Verdict::Incompetent, Some("note 4"))));
        assert!(View::next(None, at, &Actor::platform(), &judged(Verdict::Competent, None)).is_err());
    }
}
