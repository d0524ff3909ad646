//! What was found, shown and handed over with an act, beside the act itself: the signature of its PDF (row C04), its explanation
//! (row D10), the whole dossier (row D08), the returns of its notices (row D13), and the end of its term in the vault (row D09).
use dossier::{Instant, Outcome, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::acte::Refusal;
use crate::consent::{Actor, Role};
use crate::signature_acte::{Notee, phrase};
use crate::{Id, SignificationError};

/// For whom a dossier is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Partie {
    /// The person served.
    Destinataire,
    /// The office that served the act.
    Etude,
}

impl Partie {
    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Destinataire => "destinataire",
            Self::Etude => "étude",
        }
    }

    fn role(self) -> Role {
        match self {
            Self::Destinataire => Role::Destinataire,
            Self::Etude => Role::Etude,
        }
    }
}

/// A fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", content = "data", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields of each fact are named by the words documented in View")]
pub enum Event {
    /// The signature of the act's PDF was judged at its deposit; `constat` is the digest of what was found, kept in the office's record.
    #[serde(rename = "signification.preuve.signature")]
    Signature {
        acte: Id,
        exigee: bool,
        constat: Sha256Digest,
        motifs: Vec<Refusal>,
        certificat: Option<Sha256Digest>,
        niveau: Option<String>,
        qualifiee: Option<bool>,
        pdf_a: Option<String>,
    },
    /// The explanation of the act was shown beside it, in a session.
    #[serde(rename = "signification.preuve.explication")]
    Explication { acte: Id, session: Id, version: String, sha256: Sha256Digest },
    /// The whole dossier was handed over; `manifeste` is the digest of its manifest, `acte_joint` whether the act is inside.
    #[serde(rename = "signification.preuve.dossier")]
    Dossier { acte: Id, pour: Partie, manifeste: Sha256Digest, fichiers: u32, acte_joint: bool },
    /// A return of a notice is kept, encrypted, under this identifier.
    #[serde(rename = "signification.preuve.retour")]
    Retour { acte: Id, avis: Id, piece: Id, sha256: Sha256Digest },
    /// The act was deleted from the vault at the end of its term; the office's evidence stays.
    #[serde(rename = "signification.preuve.coffre_efface")]
    CoffreEfface { acte: Id, terme: Instant, sha256: Sha256Digest },
}

impl Event {
    /// The act.
    pub fn object(&self) -> Id {
        match self {
            Self::Signature { acte, .. }
            | Self::Explication { acte, .. }
            | Self::Dossier { acte, .. }
            | Self::Retour { acte, .. }
            | Self::CoffreEfface { acte, .. } => *acte,
        }
    }

    /// A judgement of a signature, noted at `at`.
    fn notee(&self, le: Instant) -> Option<Notee> {
        let Self::Signature { exigee, constat, motifs, certificat, niveau, qualifiee, pdf_a, .. } = self else {
            return None;
        };
        let (motifs, niveau, pdf_a) = (motifs.clone(), niveau.clone(), pdf_a.clone());
        let (exigee, constat, certificat, qualifiee) = (*exigee, *constat, *certificat, *qualifiee);
        Some(Notee { le, exigee, constat, motifs, certificat, niveau, qualifiee, pdf_a })
    }

    /// How the line reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Signature { motifs, .. } if !motifs.is_empty() => Outcome::Deviation,
            _ => Outcome::Ok,
        }
    }

    /// In French, for a timeline.
    pub fn libelle(&self) -> &'static str {
        match self {
            Self::Signature { motifs, .. } => phrase(motifs),
            Self::Explication { .. } => "Explication montrée avec l'acte",
            Self::Dossier { pour: Partie::Destinataire, .. } => "Dossier complet remis au destinataire",
            Self::Dossier { pour: Partie::Etude, .. } => "Dossier complet remis à l'étude",
            Self::Retour { .. } => "Retour d'un avis conservé",
            Self::CoffreEfface { .. } => "Acte effacé du coffre au terme de sa conservation",
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Signature { .. } => "juger la signature",
            Self::Explication { .. } => "expliquer",
            Self::Dossier { .. } => "sortir le dossier",
            Self::Retour { .. } => "garder un retour",
            Self::CoffreEfface { .. } => "effacer du coffre",
        }
    }
}

/// An explanation that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Montree {
    /// When.
    pub le: Instant,
    /// In which session.
    pub session: Id,
    /// Version of the texts.
    pub version: String,
    /// SHA-256 of the page.
    pub sha256: Sha256Digest,
}

/// A dossier that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sorti {
    /// When.
    pub le: Instant,
    /// To whom.
    pub pour: Partie,
    /// SHA-256 of its manifest.
    pub manifeste: Sha256Digest,
    /// Files that the manifest lists.
    pub fichiers: u32,
    /// Whether the act is inside.
    pub acte_joint: bool,
}

/// A return that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetourGarde {
    /// The notice.
    pub avis: Id,
    /// The piece.
    pub piece: Id,
    /// SHA-256 of the message.
    pub sha256: Sha256Digest,
}

/// What is known beside one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The act.
    pub acte: Id,
    /// What was found of the signature of its PDF, at its deposit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<Notee>,
    /// Explanations shown, in order: once for a session and a text.
    pub explications: Vec<Montree>,
    /// Dossiers handed over, in order.
    pub dossiers: Vec<Sorti>,
    /// Returns kept, in order.
    pub retours: Vec<RetourGarde>,
    /// When it was deleted from the vault.
    pub coffre_efface: Option<Instant>,
}

impl View {
    /// Whether this text was shown in this session already.
    pub fn montree(&self, session: Id, sha256: Sha256Digest) -> bool {
        self.explications.iter().any(|one| (one.session, one.sha256) == (session, sha256))
    }

    /// The view after a fact: a signature is judged once, by the office, and an act whose signature is asked for is not kept with
    /// anything against it; a text is shown once in a session, to a recipient; a dossier goes to who asked for it; the platform
    /// keeps a return once, and deletes an act once, at its term.
    pub fn next(current: Option<&Self>, at: Instant, actor: &Actor, event: &Event) -> Result<Self, SignificationError> {
        let empty = || Self {
            acte: event.object(),
            signature: None,
            explications: Vec::new(),
            dossiers: Vec::new(),
            retours: Vec::new(),
            coffre_efface: None,
        };
        let mut view = current.cloned().unwrap_or_else(empty);
        let role = match event {
            Event::Signature { .. } => Role::Etude,
            Event::Explication { .. } => Role::Destinataire,
            Event::Dossier { pour, .. } => pour.role(),
            Event::Retour { .. } | Event::CoffreEfface { .. } => Role::Plateforme,
        };
        if actor.role != role {
            return Err(SignificationError::Actor { role: actor.role.name(), requested: event.name() });
        }
        let state = if view.coffre_efface.is_some() { "EFFACE_DU_COFFRE" } else { "AU_COFFRE" };
        let refused = || SignificationError::Transition { machine: "preuve de l'acte", state, requested: event.name() };
        match event {
            Event::Signature { .. } => {
                view.signature = event.notee(at).filter(|_| current.is_none());
                let enough = |noted: &Notee| !noted.exigee || noted.motifs.is_empty() && noted.qualifiee == Some(true);
                if !view.signature.as_ref().is_some_and(enough) {
                    return Err(refused());
                }
            }
            Event::Explication { session, version, sha256, .. } => {
                if view.montree(*session, *sha256) {
                    return Err(refused());
                }
                view.explications.push(Montree {
                    le: at,
                    session: *session,
                    version: version.clone(),
                    sha256: *sha256,
                });
            }
            Event::Dossier { pour, manifeste, fichiers, acte_joint, .. } => {
                if *acte_joint && view.coffre_efface.is_some() {
                    return Err(refused());
                }
                let (pour, manifeste, fichiers, acte_joint) = (*pour, *manifeste, *fichiers, *acte_joint);
                view.dossiers.push(Sorti { le: at, pour, manifeste, fichiers, acte_joint });
            }
            Event::Retour { avis, piece, sha256, .. } => {
                if view.retours.iter().any(|kept| kept.piece == *piece) {
                    return Err(refused());
                }
                view.retours.push(RetourGarde { avis: *avis, piece: *piece, sha256: *sha256 });
            }
            Event::CoffreEfface { terme, .. } => {
                if view.coffre_efface.is_some() || at < *terme {
                    return Err(refused());
                }
                view.coffre_efface = Some(at);
            }
        }
        Ok(view)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(n: u8) -> Id {
        Id::from_bytes([n; 16])
    }

    fn at(ms: i64) -> Instant {
        Instant::from_millisecond(1_800_000_000_000 + ms).unwrap()
    }

    fn event(kind: u8, n: u8) -> Event {
        let (acte, sha256) = (id(1), Sha256Digest::of(&[n]));
        match kind {
            0 => Event::Explication { acte, session: id(n), version: "1".into(), sha256 },
            1 => Event::Dossier { acte, pour: Partie::Destinataire, manifeste: sha256, fichiers: 3, acte_joint: true },
            2 => Event::Dossier { acte, pour: Partie::Etude, manifeste: sha256, fichiers: 3, acte_joint: false },
            3 => Event::Retour { acte, avis: id(9), piece: id(n), sha256 },
            4 => Event::Signature {
                acte,
                exigee: n < 2,
                constat: sha256,
                motifs: if n.is_multiple_of(2) { vec![Refusal::SignatureAbsente] } else { Vec::new() },
                certificat: None,
                niveau: None,
                qualifiee: (n == 1).then_some(true),
                pdf_a: None,
            },
            _ => Event::CoffreEfface { acte, terme: at(500), sha256 },
        }
    }

    proptest! {
        /// Whoever asks what in whatever order: nothing is told twice, nobody tells what is another's, nothing goes before its term.
        #[test]
        fn c04_d08_d09_d10_whatever_comes_the_invariants_hold(
            moves in prop::collection::vec((0_u8..6, 0_u8..4, 0_u8..4, 0_i64..100), 1..60)
        ) {
            let (mut view, mut now) = (None::<View>, 0);
            for (kind, n, role, step) in moves {
                now += step;
                let actor = [Actor::office("o"), Actor::recipient(id(7)), Actor::registry("r"), Actor::platform()]
                    [usize::from(role)].clone();
                let event = event(kind, n);
                let Ok(next) = View::next(view.as_ref(), at(now), &actor, &event) else { continue };
                prop_assert_eq!(actor.role, match kind { 0 | 1 => Role::Destinataire, 2 | 4 => Role::Etude, _ => Role::Plateforme });
                let text = serde_json::to_string(&event).unwrap();
                prop_assert_eq!(&serde_json::from_str::<Event>(&text).unwrap(), &event);
                view = Some(next);
            }
            let Some(view) = view else { return Ok(()) };
            if let Some(judged) = &view.signature {
                prop_assert!(!judged.exigee || judged.motifs.is_empty() && judged.qualifiee == Some(true));
            }
            let shown: std::collections::BTreeSet<_> = view.explications.iter().map(|e| (e.session, e.sha256)).collect();
            prop_assert_eq!(shown.len(), view.explications.len());
            if let Some(gone) = view.coffre_efface {
                prop_assert!(gone >= at(500));
                prop_assert!(view.dossiers.iter().all(|d| !d.acte_joint || d.le <= gone));
            }
            let bytes = dossier::to_canonical(&view).unwrap();
            prop_assert_eq!(serde_json::from_slice::<View>(&bytes).unwrap(), view);
        }
    }
}
