//! The means by which somebody is recognised, what several of them are worth together, and what an operation asks for
//! (rows B02, B03, B04).
use std::collections::BTreeSet;

use dossier::Instant;
use serde::{Deserialize, Serialize};

use super::droits::{Operation, RoleCompte};
use crate::{Id, SignificationError};

/// A means of being recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moyen {
    /// A password.
    MotDePasse,
    /// Codes of one time computed by a telephone (RFC 6238).
    Totp,
    /// A passkey or a hardware token (WebAuthn), the user verified.
    CleAcces,
    /// An authentication certificate, presented in TLS.
    Certificat,
    /// A set of recovery codes.
    CodesSecours,
}

impl Moyen {
    /// Every means.
    pub const ALL: [Self; 5] = [Self::MotDePasse, Self::Totp, Self::CleAcces, Self::Certificat, Self::CodesSecours];

    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::MotDePasse => "mot de passe",
            Self::Totp => "code à usage unique",
            Self::CleAcces => "clé d'accès",
            Self::Certificat => "certificat d'authentification",
            Self::CodesSecours => "codes de secours",
        }
    }
}

/// What a login is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Niveau {
    /// One proof that could be lent or guessed: a password, or a certificate on a machine.
    Simple,
    /// Two proofs of different kinds, or a passkey with its user verified.
    Double,
    /// The officer's: his certificate and a passkey.
    Fort,
}

impl Niveau {
    /// The French name.
    pub fn nom(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Double => "double",
            Self::Fort => "fort",
        }
    }

    /// What these means are worth together; `None` when they recognise nobody. Two passwords are one proof; a telephone's
    /// code or a recovery code alone are none.
    pub fn de(moyens: &BTreeSet<Moyen>) -> Option<Self> {
        let has = |moyen| moyens.contains(&moyen);
        let second = has(Moyen::Totp) || has(Moyen::CodesSecours) || has(Moyen::Certificat);
        if has(Moyen::CleAcces) {
            return Some(if has(Moyen::Certificat) { Self::Fort } else { Self::Double });
        }
        if has(Moyen::MotDePasse) {
            return Some(if second { Self::Double } else { Self::Simple });
        }
        if has(Moyen::Totp) && has(Moyen::CodesSecours) {
            return Some(Self::Double);
        }
        has(Moyen::Certificat).then_some(Self::Simple)
    }
}

/// What the operator asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Politique {
    /// Whether a recipient must have two proofs (row B03: *identification fiable*).
    pub destinataire_deux_preuves: bool,
    /// Whether an officer must have certificate and passkey to sign or send (row B04, `officer_mfa`).
    pub officier_certificat_et_cle: bool,
}

impl Default for Politique {
    fn default() -> Self {
        Self { destinataire_deux_preuves: true, officier_certificat_et_cle: true }
    }
}

impl Politique {
    /// What a login must be worth for this operation.
    pub fn niveau_requis(&self, role: RoleCompte, operation: Operation) -> Niveau {
        if operation.engage_l_officier() {
            return if self.officier_certificat_et_cle { Niveau::Fort } else { Niveau::Double };
        }
        // To shut somebody's account is not less than to serve him an act (row B08).
        if role == RoleCompte::Officier && matches!(operation, Operation::SuspendreCompte | Operation::ReprendreCompte)
        {
            return if self.officier_certificat_et_cle { Niveau::Fort } else { Niveau::Double };
        }
        if operation.sans_seconde_preuve() {
            return Niveau::Simple;
        }
        match role {
            RoleCompte::Destinataire | RoleCompte::Mandataire if !self.destinataire_deux_preuves => Niveau::Simple,
            RoleCompte::Visiteur => Niveau::Simple,
            _ => Niveau::Double,
        }
    }

    /// Refuses an operation to a login that is not worth enough.
    pub fn exiger(&self, role: RoleCompte, operation: Operation, niveau: Niveau) -> Result<(), SignificationError> {
        if niveau >= self.niveau_requis(role, operation) {
            return Ok(());
        }
        let why = match self.niveau_requis(role, operation) {
            Niveau::Fort => "le certificat et la clé d'accès de l'officier sont exigés",
            _ => "une seconde preuve d'identité est exigée",
        };
        Err(SignificationError::Forbidden { operation: operation.nom(), why })
    }
}

/// A credential, as the journal knows it: nothing here helps to guess it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifiant {
    /// Its identifier.
    pub id: Id,
    /// What it is.
    pub moyen: Moyen,
    /// When it was added.
    pub cree: Instant,
    /// Last login with it.
    pub dernier: Option<Instant>,
    /// When its holder asked for its revocation: from then on nothing done with it is imputed to him (row B07).
    pub revocation_demandee: Option<Instant>,
    /// When it was revoked.
    pub revoque: Option<Instant>,
    /// Ranks of the recovery codes used.
    pub rangs_uses: BTreeSet<u8>,
}

impl Identifiant {
    /// Whether it opens anything.
    pub fn est_actif(&self) -> bool {
        self.revoque.is_none() && self.revocation_demandee.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b03_each_set_of_means_is_worth_what_the_table_says() {
        let table: &[(&[Moyen], Option<Niveau>)] = &[
            (&[], None),
            (&[Moyen::Totp], None),
            (&[Moyen::CodesSecours], None),
            (&[Moyen::MotDePasse], Some(Niveau::Simple)),
            (&[Moyen::Certificat], Some(Niveau::Simple)),
            (&[Moyen::MotDePasse, Moyen::Totp], Some(Niveau::Double)),
            (&[Moyen::MotDePasse, Moyen::CodesSecours], Some(Niveau::Double)),
            (&[Moyen::MotDePasse, Moyen::Certificat], Some(Niveau::Double)),
            (&[Moyen::MotDePasse, Moyen::Totp, Moyen::Certificat], Some(Niveau::Double)),
            (&[Moyen::Totp, Moyen::CodesSecours], Some(Niveau::Double)),
            (&[Moyen::CleAcces], Some(Niveau::Double)),
            (&[Moyen::CleAcces, Moyen::MotDePasse], Some(Niveau::Double)),
            (&[Moyen::CleAcces, Moyen::Certificat], Some(Niveau::Fort)),
        ];
        for (moyens, wanted) in table {
            assert_eq!(Niveau::de(&moyens.iter().copied().collect()), *wanted, "{moyens:?}");
        }
    }

    #[test]
    fn b04_an_officer_without_certificate_and_passkey_neither_signs_nor_sends() {
        let policy = Politique::default();
        for operation in [Operation::Deposer, Operation::Envoyer, Operation::Rejeter] {
            for niveau in [Niveau::Simple, Niveau::Double] {
                let refused = policy.exiger(RoleCompte::Officier, operation, niveau).unwrap_err();
                assert_eq!(refused.code(), "signification.forbidden");
            }
            assert!(policy.exiger(RoleCompte::Officier, operation, Niveau::Fort).is_ok());
        }
        // A password alone lets a recipient set up his second proof, and nothing else.
        let role = RoleCompte::Destinataire;
        assert!(policy.exiger(role, Operation::AjouterIdentifiant, Niveau::Simple).is_ok());
        assert!(policy.exiger(role, Operation::Signaler, Niveau::Simple).is_ok());
        assert!(policy.exiger(role, Operation::Consulter, Niveau::Simple).is_err());
        assert!(policy.exiger(role, Operation::Consulter, Niveau::Double).is_ok());
        let lax = Politique { destinataire_deux_preuves: false, ..policy };
        assert!(lax.exiger(role, Operation::Consulter, Niveau::Simple).is_ok());
        assert!(lax.exiger(RoleCompte::Clerc, Operation::Suivi, Niveau::Simple).is_err());
    }
}
