//! The end of a person's data: termination (CGU, art. 12), two months of reading, then deletion, and the certificate that says
//! what was destroyed, how and when (rows F02 to F05). Facts about one consent, each a pure step of its view.
use dossier::{Digests, Instant, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::agenda::{Due, Task};
use crate::consent::{Actor, Role};
use crate::deadline::{calendar_months, elapsed};
use crate::{Id, SignificationError};

mod certificat;
mod fichiers;

pub use certificat::{CERTIFICATE_FILE, CERTIFICATE_FORMAT, Certificat, METHODE, certificate_files, parse_certificate};
pub use fichiers::{Fichier, Fichiers, GenreFichier};

/// Why something was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Motif {
    /// Five years after the revocation of the consent.
    Revocation,
    /// Two months after the termination.
    Resiliation,
}

/// What was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// An act, in the vault.
    Acte,
    /// The declaration of identity.
    Declaration,
    /// A supporting document.
    Piece,
    /// The key of the person, to which everything that names him was encrypted.
    Cle,
    /// An answer he gave to an act.
    Reponse,
    /// A file of such an answer.
    Jointe,
    /// The names and addresses of a small claim.
    Creance,
    /// A document of a small claim.
    Document,
}

/// One thing that was destroyed: its identifier and the digest the journal already knew, never its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its kind.
    pub nature: ItemKind,
    /// Its identifier.
    pub id: Id,
    /// SHA-256 of what it held (salted for identities); none for a key.
    pub sha256: Option<Sha256Digest>,
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
pub enum Event {
    /// The termination was processed: it takes effect now (CGU, art. 12).
    #[serde(rename = "signification.effacement.resiliation")]
    Resiliation {
        /// The consent.
        consent: Id,
        /// When the request was received.
        recue_le: Instant,
        /// Reference of the request.
        reference: String,
        /// End of the reading.
        jusqu_au: Instant,
    },
    /// Everything listed is gone.
    #[serde(rename = "signification.effacement.detruit")]
    Detruit {
        /// The consent.
        consent: Id,
        /// Why.
        motif: Motif,
        /// When the term began: revocation or termination.
        fin_le: Instant,
        /// What.
        items: Vec<Item>,
    },
    /// The certificate was made and signed.
    #[serde(rename = "signification.effacement.certificat")]
    Certificat {
        /// The consent.
        consent: Id,
        /// The certificate.
        certificate: Id,
        /// Digests of its octets.
        digests: Digests,
        /// Whether it bears a time token.
        timestamped: bool,
    },
    /// The time token came later.
    #[serde(rename = "signification.effacement.jeton")]
    Horodate {
        /// The consent.
        consent: Id,
        /// The certificate.
        certificate: Id,
        /// SHA-256 of the token.
        token_sha256: Sha256Digest,
    },
    /// The certificate was handed to the mail server, or could not be.
    #[serde(rename = "signification.effacement.envoi")]
    Envoi {
        /// The consent.
        consent: Id,
        /// The certificate.
        certificate: Id,
        /// The message.
        message: Id,
        /// Reply code, `connexion`, `protocole`, or `adresse_detruite`.
        code: String,
        /// Whether it was taken.
        pris: bool,
        /// Whether trying again is of no use.
        definitif: bool,
    },
    /// What else of his goes now, before any of it does.
    #[serde(rename = "signification.effacement.fichiers_prevus")]
    FichiersPrevus {
        /// The consent.
        consent: Id,
        /// What.
        fichiers: Vec<Fichier>,
    },
    /// All of it is gone.
    #[serde(rename = "signification.effacement.fichiers_detruits")]
    FichiersDetruits {
        /// The consent.
        consent: Id,
    },
}

impl Event {
    /// The consent.
    pub fn object(&self) -> Id {
        match self {
            Self::Resiliation { consent, .. }
            | Self::Detruit { consent, .. }
            | Self::Certificat { consent, .. }
            | Self::Horodate { consent, .. }
            | Self::Envoi { consent, .. }
            | Self::FichiersPrevus { consent, .. }
            | Self::FichiersDetruits { consent } => *consent,
        }
    }

    /// How the line reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Envoi { pris: false, .. } => Outcome::Failed,
            _ => Outcome::Ok,
        }
    }
}

/// A destruction, and what became of its certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destruction {
    /// Why.
    pub motif: Motif,
    /// When the term began.
    pub fin_le: Instant,
    /// When it was done.
    pub efface_le: Instant,
    /// What.
    pub items: Vec<Item>,
    /// The certificate and its digests, once made.
    pub certificat: Option<(Id, Digests)>,
    /// Whether it bears a time token.
    pub horodate: bool,
    /// Tries to send it.
    pub envois: u32,
    /// Whether it was taken, or nothing more can be tried.
    pub envoi_clos: bool,
    /// Whether it was taken.
    pub envoye: bool,
    /// Last fact about it.
    pub dernier: Instant,
}

/// What is known of the end of a consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The consent.
    pub consent: Id,
    /// When a termination was received.
    pub recue_le: Option<Instant>,
    /// When it took effect.
    pub resiliee_le: Option<Instant>,
    /// End of the reading.
    pub jusqu_au: Option<Instant>,
    /// What was destroyed.
    pub destructions: Vec<Destruction>,
    /// What else goes with his data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fichiers: Option<Fichiers>,
}

/// Tries to send a certificate, at most.
pub const ENVOIS: u32 = 12;

impl View {
    /// When the acts were deleted, once they are.
    pub fn actes_effaces_le(&self) -> Option<Instant> {
        self.destructions.iter().find(|one| one.motif == Motif::Resiliation).map(|one| one.efface_le)
    }

    /// The view after a fact; an impossible one is refused.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let mut next = match current {
            Some(view) => view.clone(),
            None => Self {
                consent: event.object(),
                recue_le: None,
                resiliee_le: None,
                jusqu_au: None,
                destructions: vec![],
                fichiers: None,
            },
        };
        match event {
            Event::Resiliation { recue_le, jusqu_au, .. } => next.end(*recue_le, *jusqu_au, at, actor)?,
            Event::Detruit { motif, fin_le, items, .. } => next.destroy(*motif, *fin_le, items, at, actor)?,
            Event::Certificat { certificate, digests, timestamped, .. } => {
                let state = next.state();
                let waiting = next.destructions.iter_mut().find(|one| one.certificat.is_none());
                let one = waiting.ok_or_else(|| impossible("certifier", state))?;
                one.certificat = Some((*certificate, *digests));
                (one.horodate, one.dernier) = (*timestamped, at);
            }
            Event::Horodate { certificate, .. } => {
                let one = next.of(*certificate)?;
                if one.horodate {
                    return Err(impossible("horodater", "CERTIFIE"));
                }
                (one.horodate, one.dernier) = (true, at);
            }
            Event::Envoi { certificate, pris, definitif, .. } => {
                let one = next.of(*certificate)?;
                if one.envoi_clos {
                    return Err(impossible("envoyer", "CERTIFIE"));
                }
                (one.envois, one.dernier, one.envoye) = (one.envois + 1, at, *pris);
                one.envoi_clos = *pris || *definitif || one.envois >= ENVOIS;
            }
            Event::FichiersPrevus { fichiers, .. } => {
                if next.fichiers.is_some() || fichiers.is_empty() || actor.role != Role::Plateforme {
                    return Err(impossible("prevoir", next.state()));
                }
                next.fichiers = Some(Fichiers { prevus: fichiers.clone(), detruits_le: None });
            }
            Event::FichiersDetruits { .. } => {
                let state = next.state();
                let open = next.fichiers.as_mut().filter(|f| f.detruits_le.is_none() && actor.role == Role::Plateforme);
                open.ok_or_else(|| impossible("detruire", state))?.detruits_le = Some(at);
            }
        }
        Ok(next)
    }

    fn end(
        &mut self,
        recue_le: Instant,
        jusqu_au: Instant,
        at: Instant,
        actor: &Actor,
    ) -> Result<(), SignificationError> {
        if !matches!(actor.role, Role::Registre | Role::Destinataire) {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: "resilier" });
        }
        if self.resiliee_le.is_some() || recue_le > at || jusqu_au != end_of_reading(at) {
            return Err(impossible("resilier", self.state()));
        }
        (self.recue_le, self.resiliee_le, self.jusqu_au) = (Some(recue_le), Some(at), Some(jusqu_au));
        Ok(())
    }

    fn destroy(
        &mut self,
        motif: Motif,
        fin_le: Instant,
        items: &[Item],
        at: Instant,
        actor: &Actor,
    ) -> Result<(), SignificationError> {
        let known = self.destructions.iter().any(|one| one.motif == motif);
        let early = match motif {
            Motif::Resiliation => self.jusqu_au.is_none_or(|end| at < end) || self.resiliee_le != Some(fin_le),
            // That five years are over is the consent's own rule, on the line before.
            Motif::Revocation => fin_le > at,
        };
        if known || early || actor.role != Role::Plateforme {
            return Err(impossible("detruire", self.state()));
        }
        self.destructions.push(Destruction {
            motif,
            fin_le,
            efface_le: at,
            items: items.to_vec(),
            certificat: None,
            horodate: false,
            envois: 0,
            envoi_clos: false,
            envoye: false,
            dernier: at,
        });
        Ok(())
    }

    fn of(&mut self, certificate: Id) -> Result<&mut Destruction, SignificationError> {
        let known = |one: &&mut Destruction| one.certificat.is_some_and(|(id, _)| id == certificate);
        let unknown = || SignificationError::Unknown { kind: "certificat", id: certificate.to_string() };
        self.destructions.iter_mut().find(known).ok_or_else(unknown)
    }

    fn state(&self) -> &'static str {
        match (self.destructions.is_empty(), self.resiliee_le) {
            (true, None) => "EN_SERVICE",
            (true, Some(_)) => "LECTURE_SEULE",
            (false, _) => "EFFACE",
        }
    }

    /// What falls due: the deletion, then the certificate and its sending.
    pub fn due(&self) -> Vec<Due> {
        let mut due = Vec::new();
        if let (Some(at), None) = (self.jusqu_au, self.actes_effaces_le()) {
            due.push(Due { at, task: Task::Effacement, object: self.consent });
        }
        let open = self.destructions.iter().filter(|one| one.certificat.is_none() || !one.envoi_clos);
        let next = open.map(|one| if one.envois == 0 { one.dernier } else { elapsed(one.dernier, 1) }).min();
        due.extend(next.map(|at| Due { at, task: Task::Certificat, object: self.consent }));
        due
    }
}

fn impossible(requested: &'static str, state: &'static str) -> SignificationError {
    SignificationError::Transition { machine: "effacement", state, requested }
}

/// The instant when the two months of reading are over: the end of the day that bears the same number (WX-25).
pub fn end_of_reading(resiliee_le: Instant) -> Instant {
    let last = calendar_months(crate::civil::paris_date(resiliee_le), 2);
    crate::civil::paris_midnight(crate::calendar::after(last, 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    fn event(n: u8, when: Instant) -> Event {
        let consent = id(1);
        match n {
            0 => Event::Resiliation { consent, recue_le: when, reference: "x".into(), jusqu_au: end_of_reading(when) },
            1 => Event::Detruit { consent, motif: Motif::Resiliation, fin_le: at(0), items: vec![] },
            2 => Event::Detruit { consent, motif: Motif::Revocation, fin_le: at(0), items: vec![] },
            6 => {
                let file = Fichier { genre: GenreFichier::Reponse, id: id(4), sha256: None };
                Event::FichiersPrevus { consent, fichiers: vec![file] }
            }
            7 => Event::FichiersDetruits { consent },
            3 => Event::Certificat { consent, certificate: id(9), digests: Digests::of(b"c"), timestamped: false },
            4 => Event::Horodate { consent, certificate: id(9), token_sha256: Sha256Digest::of(b"t") },
            _ => Event::Envoi {
                consent,
                certificate: id(9),
                message: id(8),
                code: "450".into(),
                pris: false,
                definitif: false,
            },
        }
    }

    proptest! {
        /// Whatever comes in whatever order: acts only go after the reading, each reason once, nothing is sent for ever.
        #[test]
        fn f05_whatever_comes_the_invariants_hold(moves in prop::collection::vec((0_u8..8, 0_i64..90), 1..60)) {
            let (mut view, mut day) = (None::<View>, 0);
            for (kind, days) in moves {
                day += days;
                let when = at(if kind == 0 && view.is_none() { 0 } else { day * 86_400_000 });
                let actor = if kind == 0 { Actor::registry("r") } else { Actor::platform() };
                if let Ok(next) = View::next(view.as_ref(), when, &actor, &event(kind, when)) {
                    view = Some(next);
                }
                let Some(view) = &view else { continue };
                for one in &view.destructions {
                    prop_assert!(one.envois <= ENVOIS && (one.certificat.is_some() || one.envois == 0));
                    if one.motif == Motif::Resiliation {
                        prop_assert!(view.jusqu_au.is_some_and(|end| one.efface_le >= end));
                    }
                }
                prop_assert!(view.destructions.len() <= 2);
                prop_assert!(view.fichiers.as_ref().is_none_or(|f| f.prevus.len() == 1));
                let text = dossier::to_canonical(view).unwrap();
                prop_assert_eq!(&serde_json::from_slice::<View>(&text).unwrap(), view);
            }
        }
    }

    #[test]
    fn f04_the_reading_ends_with_the_day_of_the_same_number() {
        let told: Instant = "2026-12-31T10:00:00Z".parse().unwrap();
        assert_eq!(end_of_reading(told), "2027-02-28T23:00:00Z".parse().unwrap());
    }
}
