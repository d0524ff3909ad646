//! Why a step of the procedure is refused: stable codes, all of them told at once where several apply.
use serde::{Deserialize, Serialize};

use crate::SignificationError;

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Motif {
    /// Principal and interest together pass the cap (CPCE art. R. 125-1).
    HorsPlafond,
    /// Nothing is claimed.
    MontantNul,
    /// The amount is not the one of the claim on that day.
    MontantDifferent,
    /// The payments do not make the amount, or are not in order.
    ModalitesIncorrectes,
    /// The office is not of the court of appeal of the debtor's domicile or residence (CPCE art. R. 125-1).
    Incompetent,
    /// The office that delivers the title may not enforce it (CPCE art. R. 125-8); or declared a conflict.
    ConflitInterets,
    /// One person is on both sides.
    PartiesConfondues,
    /// The person is neither a party nor a special mandataire whose mandate is valid that day.
    MandatAbsent,
    /// The provisional credentials are wrong or spent.
    IdentifiantsRefuses,
    /// The provisional credentials were not changed yet.
    IdentifiantsAChanger,
    /// The month is over.
    DelaiExpire,
    /// The month is not over.
    DelaiEnCours,
    /// The two days of the month are not those of the sending.
    DelaiIncorrect,
    /// The date told is not possible at that time.
    DateIncorrecte,
    /// Texts the letter must reproduce are not joined (CPCE art. R. 125-2, II).
    TextesAJoindre,
    /// The letter is not that of this claim.
    LettreDifferente,
    /// The agreement is not recorded in writing yet (CPCE art. R. 125-5, 4°).
    AccordNonConstate,
    /// The signature is not a qualified one (arrêté du 3 juin 2016, art. 4).
    CertificatNonQualifie,
    /// Another proposal than the current one.
    PropositionDepassee,
    /// The statement does not say how the procedure ended.
    FinDifferente,
    /// This was done already.
    DejaFait,
}

impl Motif {
    /// The code, as shown and journalled.
    pub fn code(self) -> &'static str {
        match self {
            Self::HorsPlafond => "HORS_PLAFOND",
            Self::MontantNul => "MONTANT_NUL",
            Self::MontantDifferent => "MONTANT_DIFFERENT",
            Self::ModalitesIncorrectes => "MODALITES_INCORRECTES",
            Self::Incompetent => "INCOMPETENT",
            Self::ConflitInterets => "CONFLIT_INTERETS",
            Self::PartiesConfondues => "PARTIES_CONFONDUES",
            Self::MandatAbsent => "MANDAT_ABSENT",
            Self::IdentifiantsRefuses => "IDENTIFIANTS_REFUSES",
            Self::IdentifiantsAChanger => "IDENTIFIANTS_A_CHANGER",
            Self::DelaiExpire => "DELAI_EXPIRE",
            Self::DelaiEnCours => "DELAI_EN_COURS",
            Self::DelaiIncorrect => "DELAI_INCORRECT",
            Self::DateIncorrecte => "DATE_INCORRECTE",
            Self::TextesAJoindre => "TEXTES_A_JOINDRE",
            Self::LettreDifferente => "LETTRE_DIFFERENTE",
            Self::AccordNonConstate => "ACCORD_NON_CONSTATE",
            Self::CertificatNonQualifie => "CERTIFICAT_NON_QUALIFIE",
            Self::PropositionDepassee => "PROPOSITION_DEPASSEE",
            Self::FinDifferente => "FIN_DIFFERENTE",
            Self::DejaFait => "DEJA_FAIT",
        }
    }
}

impl From<Motif> for SignificationError {
    fn from(motif: Motif) -> Self {
        Self::PetiteCreance { codes: vec![motif.code()] }
    }
}

/// Refuses with `motif` unless `ok`.
pub(super) fn exiger(ok: bool, motif: Motif) -> Result<(), SignificationError> {
    if ok { Ok(()) } else { Err(motif.into()) }
}
