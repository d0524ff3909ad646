//! Accounts, credentials, sessions, mandates, incidents: who is behind an operation, and what he may do. Pure machines over
//! facts of the journal, and the services a portal calls. Secrets are never facts: they live in one encrypted file an
//! account ([`secrets`]); the journal has identifiers, kinds, times.
//!
//! The key that opens a recipient's acts is made at his first login and kept wrapped ([`coffret`]): without his password,
//! his passkey or a recovery code nobody opens it, whoever holds the disk.
pub mod coffret;
pub mod compte;
pub mod connexion;
pub mod droits;
pub mod facteurs;
mod faits;
pub mod frein;
pub mod gestion;
pub mod hacheur;
pub mod incident;
pub mod interruption;
pub mod lien;
pub mod mandat;
pub mod mot_de_passe;
pub mod passkey;
pub mod secours;
pub mod secrets;
pub mod session;
pub mod source;
pub mod totp;

#[cfg(test)]
pub(crate) mod essais;

pub use coffret::Coffret;
pub use compte::{EtatCompte, Titulaire};
pub use droits::{Operation, Relation, RoleCompte, droits};
pub use facteurs::{Identifiant, Moyen, Niveau};
