//! Why a PDF is not signed; each error has a stable code.
use dossier::Finding;

use crate::SealError;

/// An error of signing. The file is then as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PadesError {
    /// The file is no PDF.
    #[error("ce fichier n'est pas un PDF")]
    NotPdf,
    /// The PDF is encrypted.
    #[error("ce PDF est chiffré")]
    Encrypted,
    /// The PDF holds what acts by itself.
    #[error("ce PDF contient {what}")]
    Active {
        /// What was met.
        what: String,
    },
    /// The structure cannot be followed, or is not what it should be.
    #[error("{why}")]
    Broken {
        /// Why.
        why: String,
    },
    /// What is there does not pass verification.
    #[error("ce PDF ne passe pas le contrôle : {}", told(findings))]
    Refused {
        /// What the verification found.
        findings: Vec<Finding>,
    },
    /// A signature allows no other after it.
    #[error("la signature « {field} » est définitive : elle n'admet aucune autre signature")]
    Final {
        /// Name of its field.
        field: String,
    },
    /// A field of that name is there already.
    #[error("un champ « {field} » est déjà là")]
    Taken {
        /// Its name.
        field: String,
    },
    /// The name of a field is not one.
    #[error("« {role} » ne peut pas nommer une signature")]
    Role {
        /// What was given.
        role: String,
    },
    /// No such page.
    #[error("il n'y a pas de page {asked} : le PDF en a {pages}")]
    Page {
        /// The page asked for, from one.
        asked: usize,
        /// How many there are.
        pages: usize,
    },
    /// The rectangle cannot be used.
    #[error("rectangle de la signature : {why}")]
    Rectangle {
        /// Why.
        why: String,
    },
    /// The font cannot be read.
    #[error("police : {why}")]
    Font {
        /// Why.
        why: String,
    },
    /// The signature is longer than the room kept for it.
    #[error("la signature fait {needed} octets, plus que la place réservée")]
    Room {
        /// Its length.
        needed: usize,
    },
    /// Nothing is signed: nothing can be completed.
    #[error("ce PDF ne porte aucune signature")]
    NotSigned,
    /// Nothing could be added.
    #[error("rien n'a pu être ajouté{}", why.iter().map(|w| format!(" ; {w}")).collect::<String>())]
    NothingAdded {
        /// What could not be had.
        why: Vec<String>,
    },
    /// What was just made does not pass our own verification.
    #[error("le PDF signé ne passe pas le contrôle : {}", told(findings))]
    SelfCheck {
        /// What the verification found.
        findings: Vec<Finding>,
    },
    /// The key, a certificate, the disk; the code is that of the inner error.
    #[error(transparent)]
    Seal(#[from] SealError),
}

fn told(findings: &[Finding]) -> String {
    let told = |f: &Finding| match &f.found {
        Some(found) => format!("{} ({found})", f.code),
        None => f.code.clone(),
    };
    findings.iter().filter(|f| f.level == dossier::Level::Fail).map(told).collect::<Vec<_>>().join(", ")
}

impl PadesError {
    /// Every code this enum gives by itself; [`PadesError::Seal`] gives those of [`SealError`].
    pub const CODES: &'static [&'static str] = &[
        "pades.not_pdf",
        "pades.encrypted",
        "pades.active",
        "pades.broken",
        "pades.refused",
        "pades.final",
        "pades.taken",
        "pades.role",
        "pades.page",
        "pades.rectangle",
        "pades.font",
        "pades.room",
        "pades.not_signed",
        "pades.nothing_added",
        "pades.self_check",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotPdf => "pades.not_pdf",
            Self::Encrypted => "pades.encrypted",
            Self::Active { .. } => "pades.active",
            Self::Broken { .. } => "pades.broken",
            Self::Refused { .. } => "pades.refused",
            Self::Final { .. } => "pades.final",
            Self::Taken { .. } => "pades.taken",
            Self::Role { .. } => "pades.role",
            Self::Page { .. } => "pades.page",
            Self::Rectangle { .. } => "pades.rectangle",
            Self::Font { .. } => "pades.font",
            Self::Room { .. } => "pades.room",
            Self::NotSigned => "pades.not_signed",
            Self::NothingAdded { .. } => "pades.nothing_added",
            Self::SelfCheck { .. } => "pades.self_check",
            Self::Seal(error) => error.code(),
        }
    }
}
