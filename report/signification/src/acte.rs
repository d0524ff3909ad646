//! The life of an act, as a checked state machine: one table of moves, nothing else is possible.
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::SignificationError;

/// Where an act stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActeState {
    /// Taken in, its form checked.
    Brouillon,
    /// Signed by the office.
    Signe,
    /// Encrypted in the vault; nobody was told.
    Scelle,
    /// Waiting for the service window.
    Programme,
    /// Sent: this instant is the date and hour of service (CPC 664-1).
    Envoye,
    /// Available in the recipient's space.
    Depose,
    /// The recipient's mail server took the notice.
    Avise,
    /// Opened by the recipient.
    Consulte,
    /// Handed over to the last byte.
    Telecharge,
    /// Will not be served electronically.
    Rejete,
    /// Sent, but could not be made available.
    EchecDepot,
    /// Available, but the notice was not taken.
    EchecAvis,
}

/// What can be done to an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActeMove {
    /// The office signs.
    Sign,
    /// The vault takes it, encrypted.
    Seal,
    /// It waits for the window.
    Schedule,
    /// It is sent.
    Send,
    /// It becomes available.
    Deposit,
    /// It could not become available.
    DepositFailed,
    /// The notice was taken (SMTP 250).
    Notify,
    /// The notice was not taken.
    NotifyFailed,
    /// The recipient opens it.
    Consult,
    /// The recipient has it whole.
    Download,
    /// It is given up before sending.
    Reject,
}

impl ActeMove {
    /// Every move.
    pub const ALL: [Self; 11] = [
        Self::Sign,
        Self::Seal,
        Self::Schedule,
        Self::Send,
        Self::Deposit,
        Self::DepositFailed,
        Self::Notify,
        Self::NotifyFailed,
        Self::Consult,
        Self::Download,
        Self::Reject,
    ];

    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Seal => "seal",
            Self::Schedule => "schedule",
            Self::Send => "send",
            Self::Deposit => "deposit",
            Self::DepositFailed => "deposit_failed",
            Self::Notify => "notify",
            Self::NotifyFailed => "notify_failed",
            Self::Consult => "consult",
            Self::Download => "download",
            Self::Reject => "reject",
        }
    }
}

impl ActeState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Brouillon,
        Self::Signe,
        Self::Scelle,
        Self::Programme,
        Self::Envoye,
        Self::Depose,
        Self::Avise,
        Self::Consulte,
        Self::Telecharge,
        Self::Rejete,
        Self::EchecDepot,
        Self::EchecAvis,
    ];

    /// The name as shown and journalled.
    pub fn name(self) -> &'static str {
        match self {
            Self::Brouillon => "BROUILLON",
            Self::Signe => "SIGNE",
            Self::Scelle => "SCELLE",
            Self::Programme => "PROGRAMME",
            Self::Envoye => "ENVOYE",
            Self::Depose => "DEPOSE",
            Self::Avise => "AVISE",
            Self::Consulte => "CONSULTE",
            Self::Telecharge => "TELECHARGE",
            Self::Rejete => "REJETE",
            Self::EchecDepot => "ECHEC_DEPOT",
            Self::EchecAvis => "ECHEC_AVIS",
        }
    }

    /// Where `step` leads from here; `None` when there is no such move.
    pub fn next(self, step: ActeMove) -> Option<Self> {
        use ActeMove as M;
        Some(match (self, step) {
            (Self::Brouillon, M::Sign) => Self::Signe,
            (Self::Signe, M::Seal) => Self::Scelle,
            (Self::Scelle, M::Schedule) => Self::Programme,
            (Self::Scelle | Self::Programme, M::Send) => Self::Envoye,
            (Self::Brouillon | Self::Signe | Self::Scelle | Self::Programme, M::Reject) => Self::Rejete,
            (Self::Envoye | Self::EchecDepot, M::Deposit) => Self::Depose,
            (Self::Envoye | Self::EchecDepot, M::DepositFailed) => Self::EchecDepot,
            (Self::Depose | Self::EchecAvis, M::Notify) => Self::Avise,
            // After the server had taken it, a notice may still come back.
            (Self::Depose | Self::Avise | Self::EchecAvis, M::NotifyFailed) => Self::EchecAvis,
            // The recipient may open the act whatever became of the notice: the vault is open day and night.
            (Self::Depose | Self::Avise | Self::EchecAvis | Self::Consulte, M::Consult) => Self::Consulte,
            (Self::Telecharge, M::Consult | M::Download) | (Self::Consulte, M::Download) => Self::Telecharge,
            _ => return None,
        })
    }

    /// Like [`ActeState::next`], as an error when there is no such move.
    pub fn step(self, step: ActeMove) -> Result<Self, SignificationError> {
        self.next(step).ok_or(SignificationError::Transition {
            machine: "acte",
            state: self.name(),
            requested: step.name(),
        })
    }

    /// Whether the act was sent: its date is fixed for ever.
    pub fn is_sent(self) -> bool {
        matches!(
            self,
            Self::Envoye
                | Self::Depose
                | Self::Avise
                | Self::Consulte
                | Self::Telecharge
                | Self::EchecDepot
                | Self::EchecAvis
        )
    }

    /// Whether the recipient finds the act in his space.
    pub fn is_available(self) -> bool {
        matches!(self, Self::Depose | Self::Avise | Self::Consulte | Self::Telecharge | Self::EchecAvis)
    }
}

/// Why an act may not be sent now: every reason is told, not only the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Refusal {
    /// No consent of this person is active.
    SansConsentement,
    /// The consent is suspended: serve on paper.
    CompteSuspendu,
    /// The consent's term is over.
    ConsentementExpire,
    /// The consent does not cover this nature of act.
    HorsPerimetre,
    /// The service window is closed.
    FenetreFermee,
    /// The window closes too soon to send whole.
    GardeHoraire,
    /// The holidays of a zone are not known in full.
    CalendrierIncomplet,
    /// What the vault holds is not what was deposited.
    CoffreAltere,
    /// The identity record cannot be read.
    RegistreIllisible,
    /// Another way holds the act: it is never served by two.
    AutreVoie,
    /// What became of the offer of this way is not noted, or was a refusal.
    PropositionSansIssue,
    /// The office is not competent there: a confrère must serve the act.
    Incompetent,
    /// The data at hand do not tell whether the office is competent, and nobody says to have checked.
    CompetenceAVerifier,
    /// The declaration does not say in which commune the recipient lives.
    CommuneInconnue,
    /// The machine's clock is off by more than a second: no date would be worth anything.
    HorlogeDecalee,
    /// The PDF bears no signature.
    SignatureAbsente,
    /// Its signature does not hold: what was signed was changed.
    SignatureFausse,
    /// Something was added after the signature that changes the document: the signature does not cover it whole.
    ModifieApresSignature,
    /// The PDF's structure cannot be followed: its signature cannot be judged.
    PdfIllisible,
    /// The signer's certificate is revoked.
    CertificatRevoque,
    /// The signer's certificate was not in its dates when it signed, or nothing proves that it was.
    CertificatExpire,
    /// The signer's certificate leads to no root that the office trusts.
    ChaineInconnue,
    /// The signature says to be later than its deposit, or than its own timestamp.
    HeureDeSignature,
    /// An algorithm of the signature is no longer admitted.
    AlgorithmeDepasse,
    /// Whether the signer's certificate is revoked is not known.
    RevocationInconnue,
    /// The trusted lists say that it is no qualified signature.
    SignatureNonQualifiee,
    /// Nothing at hand says whether the signature is qualified.
    QualificationInconnue,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::SansConsentement => "SANS_CONSENTEMENT",
            Self::CompteSuspendu => "COMPTE_SUSPENDU",
            Self::ConsentementExpire => "CONSENTEMENT_EXPIRE",
            Self::HorsPerimetre => "HORS_PERIMETRE",
            Self::FenetreFermee => "FENETRE_FERMEE",
            Self::GardeHoraire => "GARDE_HORAIRE",
            Self::CalendrierIncomplet => "CALENDRIER_INCOMPLET",
            Self::CoffreAltere => "COFFRE_ALTERE",
            Self::RegistreIllisible => "REGISTRE_ILLISIBLE",
            Self::AutreVoie => "AUTRE_VOIE",
            Self::PropositionSansIssue => "PROPOSITION_SANS_ISSUE",
            Self::Incompetent => "INCOMPETENT",
            Self::CompetenceAVerifier => "COMPETENCE_A_VERIFIER",
            Self::CommuneInconnue => "COMMUNE_INCONNUE",
            Self::HorlogeDecalee => "HORLOGE_DECALEE",
            Self::PdfIllisible => "PDF_ILLISIBLE",
            Self::SignatureAbsente => "SIGNATURE_ABSENTE",
            Self::SignatureFausse => "SIGNATURE_FAUSSE",
            Self::ModifieApresSignature => "MODIFIE_APRES_SIGNATURE",
            Self::CertificatRevoque => "CERTIFICAT_REVOQUE",
            Self::CertificatExpire => "CERTIFICAT_EXPIRE",
            Self::ChaineInconnue => "CHAINE_INCONNUE",
            Self::HeureDeSignature => "HEURE_DE_SIGNATURE",
            Self::AlgorithmeDepasse => "ALGORITHME_DEPASSE",
            Self::RevocationInconnue => "REVOCATION_INCONNUE",
            Self::SignatureNonQualifiee => "SIGNATURE_NON_QUALIFIEE",
            Self::QualificationInconnue => "QUALIFICATION_INCONNUE",
        }
    }

    /// Whether waiting for the window is enough.
    pub fn is_only_time(self) -> bool {
        matches!(self, Self::FenetreFermee | Self::GardeHoraire | Self::HorlogeDecalee)
    }
}

/// The nature of an act, such as `assignation` or `saisie-attribution`: 1 to 60 of `a-z 0-9 -`, the first a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nature(String);

impl Nature {
    /// Parses the slug.
    pub fn new(text: &str) -> Result<Self, SignificationError> {
        let ok = text.len() <= 60
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if ok {
            return Ok(Self(text.to_owned()));
        }
        let why = "1 à 60 caractères parmi a-z, 0-9 et -, le premier une lettre";
        Err(SignificationError::Field { field: "nature", found: text.chars().take(80).collect(), why })
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Nature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Nature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written out on its own, so that a change of the code has to be made twice.
    const TABLE: &[(&str, &str, &str)] = &[
        ("BROUILLON", "sign", "SIGNE"),
        ("BROUILLON", "reject", "REJETE"),
        ("SIGNE", "seal", "SCELLE"),
        ("SIGNE", "reject", "REJETE"),
        ("SCELLE", "schedule", "PROGRAMME"),
        ("SCELLE", "send", "ENVOYE"),
        ("SCELLE", "reject", "REJETE"),
        ("PROGRAMME", "send", "ENVOYE"),
        ("PROGRAMME", "reject", "REJETE"),
        ("ENVOYE", "deposit", "DEPOSE"),
        ("ENVOYE", "deposit_failed", "ECHEC_DEPOT"),
        ("ECHEC_DEPOT", "deposit", "DEPOSE"),
        ("ECHEC_DEPOT", "deposit_failed", "ECHEC_DEPOT"),
        ("DEPOSE", "notify", "AVISE"),
        ("DEPOSE", "notify_failed", "ECHEC_AVIS"),
        ("AVISE", "notify_failed", "ECHEC_AVIS"),
        ("DEPOSE", "consult", "CONSULTE"),
        ("ECHEC_AVIS", "notify", "AVISE"),
        ("ECHEC_AVIS", "notify_failed", "ECHEC_AVIS"),
        ("ECHEC_AVIS", "consult", "CONSULTE"),
        ("AVISE", "consult", "CONSULTE"),
        ("CONSULTE", "consult", "CONSULTE"),
        ("CONSULTE", "download", "TELECHARGE"),
        ("TELECHARGE", "consult", "TELECHARGE"),
        ("TELECHARGE", "download", "TELECHARGE"),
    ];

    #[test]
    fn the_table_is_exhaustive() {
        for state in ActeState::ALL {
            for step in ActeMove::ALL {
                let wanted = TABLE.iter().find(|(s, m, _)| *s == state.name() && *m == step.name()).map(|row| row.2);
                assert_eq!(state.next(step).map(ActeState::name), wanted, "{state:?} {step:?}");
                if let Some(next) = state.next(step) {
                    assert!(!state.is_sent() || next.is_sent(), "a sent act stays sent");
                    assert!(!state.is_available() || next.is_available(), "an available act stays available");
                }
            }
        }
    }

    #[test]
    fn a_nature_is_a_slug() {
        assert!(Nature::new("saisie-attribution").is_ok());
        for bad in ["", "Assignation", "é", "a b", "-a", &"a".repeat(61)] {
            assert!(Nature::new(bad).is_err(), "{bad}");
        }
    }
}
