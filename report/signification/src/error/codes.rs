//! The stable code of each error: what a program reads, and what the French message is found by.
use super::SignificationError;
use crate::acte::Refusal as R;

macro_rules! codes {
    ($($pattern:pat => $code:literal,)*) => {
        impl SignificationError {
            /// The stable code, the same in every language.
            pub fn code(&self) -> &'static str {
                match self {
                    $($pattern => $code,)*
                    Self::Dossier(inner) => inner.code(),
                }
            }

            /// Every code of this enum's own (those of [`dossier::DossierError`] are listed there).
            pub const CODES: &'static [&'static str] = &[$($code,)*];
        }
    };
}

codes! {
    Self::Entropy => "signification.entropy",
    Self::Id { .. } => "signification.id",
    Self::Time { .. } => "signification.time",
    Self::TimeGap { .. } => "signification.time_gap",
    Self::TimeFold { .. } => "signification.time_fold",
    Self::Calendar(_) => "signification.calendar",
    Self::Field { .. } => "signification.field",
    Self::Config { .. } => "signification.config",
    Self::PiecesMissing { .. } => "signification.pieces_missing",
    Self::StoreExists { .. } => "signification.store_exists",
    Self::StoreMissing { .. } => "signification.store_missing",
    Self::StoreInUse { .. } => "signification.store_in_use",
    Self::Journal { .. } => "signification.journal",
    Self::ClockBack { .. } => "signification.clock_back",
    Self::Unknown { .. } => "signification.unknown",
    Self::Transition { .. } => "signification.transition",
    Self::Actor { .. } => "signification.actor",
    Self::LookupWithoutDossier => "signification.lookup_without_dossier",
    Self::Invitation { .. } => "signification.invitation",
    Self::CguMismatch { .. } => "signification.cgu_mismatch",
    Self::CguNotice { .. } => "signification.cgu_notice",
    Self::ActRefused { .. } => "signification.act_refused",
    Self::ActSignature { motif: R::PdfIllisible, .. } => "signification.pdf_illisible",
    Self::ActSignature { motif: R::SignatureAbsente, .. } => "signification.signature_absente",
    Self::ActSignature { motif: R::SignatureFausse, .. } => "signification.signature_fausse",
    Self::ActSignature { motif: R::ModifieApresSignature, .. } => "signification.modifie_apres_signature",
    Self::ActSignature { motif: R::CertificatRevoque, .. } => "signification.certificat_revoque",
    Self::ActSignature { motif: R::CertificatExpire, .. } => "signification.certificat_expire",
    Self::ActSignature { motif: R::ChaineInconnue, .. } => "signification.chaine_inconnue",
    Self::ActSignature { motif: R::HeureDeSignature, .. } => "signification.heure_de_signature",
    Self::ActSignature { motif: R::AlgorithmeDepasse, .. } => "signification.algorithme_depasse",
    Self::ActSignature { motif: R::RevocationInconnue, .. } => "signification.revocation_inconnue",
    Self::ActSignature { motif: R::SignatureNonQualifiee, .. } => "signification.signature_non_qualifiee",
    Self::ActSignature { .. } => "signification.qualification_inconnue",
    Self::ActFile { .. } => "signification.act_file",
    Self::PetiteCreance { .. } => "signification.petite_creance",
    Self::ClosedDays { .. } => "signification.closed_days",
    Self::WindowClosed { .. } => "signification.window_closed",
    Self::Key { .. } => "signification.key",
    Self::KeyRefused { .. } => "signification.key_refused",
    Self::VaultTruncated { .. } => "signification.vault_truncated",
    Self::VaultAltered { .. } => "signification.vault_altered",
    Self::Smtp { .. } => "signification.smtp",
    Self::Message { .. } => "signification.message",
    Self::Seal { .. } => "signification.seal",
    Self::Receipt { .. } => "signification.receipt",
    Self::PasswordRefused { .. } => "signification.password_refused",
    Self::LoginRefused => "signification.login_refused",
    Self::Throttled { .. } => "signification.throttled",
    Self::Session { .. } => "signification.session",
    Self::Forbidden { .. } => "signification.forbidden",
    Self::Coffret { .. } => "signification.coffret",
    Self::HandoverInterrupted { .. } => "signification.handover_interrupted",
    Self::Erased { .. } => "signification.erased",
    Self::Hosting { .. } => "signification.hosting",
    Self::Confidentiality => "signification.confidentiality",
    Self::Instruction => "signification.instruction",
    Self::DirectoryRefused { .. } => "signification.directory",
    Self::DirectoryForged { .. } => "signification.directory_forged",
    Self::Incompetent { .. } => "signification.incompetent",
    Self::PackageRefused { .. } => "signification.package",
    Self::PackageAltered { .. } => "signification.package_altered",
    Self::PackageForOther { .. } => "signification.package_other_office",
    Self::PackageTooLarge { .. } => "signification.package_too_large",
    Self::PackageConflict { .. } => "signification.package_conflict",
    Self::PackageSigner { .. } => "signification.package_signer",
    Self::CguRequired => "signification.cgu_required",
    Self::NameTaken => "signification.name_taken",
    Self::HandoverConflict { .. } => "signification.handover_conflict",
    Self::ReturnRefused { .. } => "signification.return_refused",
    Self::PaperRefused { .. } => "signification.paper_refused",
    Self::DossierOpen { .. } => "signification.dossier_open",
    Self::CguRequises { .. } => "signification.cgu_requises",
    Self::FileRefused { .. } => "signification.file_refused",
    Self::MobileCode { .. } => "signification.mobile_code",
    Self::SmsNotSent { .. } => "signification.sms_not_sent",
    Self::Poisoned => "signification.poisoned",
    Self::Storage { .. } => "signification.storage",
    Self::Io { .. } => "signification.io",
}
