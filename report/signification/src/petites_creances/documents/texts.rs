//! The French texts, compiled in.

pub(super) const INVITATION_PAPIER: &str = include_str!("../../../text/fr/petites_creances/invitation_papier.txt");
pub(super) const INVITATION_ELECTRONIQUE: &str =
    include_str!("../../../text/fr/petites_creances/invitation_electronique.txt");
pub(super) const ACCEPTATION: &str = include_str!("../../../text/fr/petites_creances/acceptation.txt");
pub(super) const REFUS: &str = include_str!("../../../text/fr/petites_creances/refus.txt");
pub(super) const ACCORD: &str = include_str!("../../../text/fr/petites_creances/accord.txt");
pub(super) const TITRE: &str = include_str!("../../../text/fr/petites_creances/titre.txt");
pub(super) const FIN_REFUS_EXPRES: &str = include_str!("../../../text/fr/petites_creances/fin_refus_expres.txt");
pub(super) const FIN_REFUS_IMPLICITE: &str = include_str!("../../../text/fr/petites_creances/fin_refus_implicite.txt");
pub(super) const FIN_DESACCORD: &str = include_str!("../../../text/fr/petites_creances/fin_desaccord.txt");
pub(super) const FIN_ACCORD: &str = include_str!("../../../text/fr/petites_creances/fin_accord.txt");
pub(super) const AVIS_MISE_A_DISPOSITION: &str =
    include_str!("../../../text/fr/petites_creances/avis_mise_a_disposition.txt");
pub(super) const AVIS_CONSULTATION: &str = include_str!("../../../text/fr/petites_creances/avis_consultation.txt");

/// Every text, for the checks of wording.
pub const TEXTES: [&str; 12] = [
    INVITATION_PAPIER,
    INVITATION_ELECTRONIQUE,
    ACCEPTATION,
    REFUS,
    ACCORD,
    TITRE,
    FIN_REFUS_EXPRES,
    FIN_REFUS_IMPLICITE,
    FIN_DESACCORD,
    FIN_ACCORD,
    AVIS_MISE_A_DISPOSITION,
    AVIS_CONSULTATION,
];
