//! Electronic service of acts (signification par voie électronique): consent, deposit, notice, consultation, receipt.
//!
//! What is here is the office's side and a sandbox: CPC art. 748-6 keeps valid service to the devices on the
//! ministerial list ([`cli_help::PORTEE_JURIDIQUE`] says it to the user). Every fact is a line of one hash-chained
//! journal ([`journal`]); the state ([`state`]) is only ever its projection; the store's format is in `README.md`.

pub mod acte;
pub mod agenda;
pub mod arbre;
pub mod backend;
pub mod calendar;
pub mod cgu;
pub mod civil;
pub mod cli_help;
pub mod comptes;
pub mod config;
pub mod confrere;
pub mod consent;
pub mod deadline;
pub mod delais;
pub mod demonstration;
mod discret;
pub mod droit;
pub mod effacement;
mod error;
pub mod event;
pub mod evidence;
pub mod fact;
pub mod greffe;
pub mod hebergement;
mod id;
pub mod journal;
pub mod letter;
pub mod notice;
pub mod person;
pub mod petites_creances;
pub mod platform;
pub mod point;
pub mod procedure;
pub mod projection;
pub mod proposition;
pub mod receipt;
pub mod registres;
pub mod scan;
mod signataire;
pub mod state;
pub mod store;
pub mod territoire;
pub mod text;
pub mod vault;
pub mod voie;
pub mod window;

pub mod adhesion;
pub mod bureau;
pub mod exploitation;
pub mod mobile;
pub mod reponse;

pub mod ancrage;
pub mod explication;
pub mod preuve_acte;
pub mod signature_acte;

pub use backend::SignificationBackend;
pub use config::{Config, Escrow, SmtpConfig, SmtpSecurity};
pub use error::SignificationError;
pub use evidence::{EvidenceSealer, EvidenceVerifier, SealedEvidence, SealerError, SignedEvidence, TimeProof};
pub use id::{Entropy, Id, SystemEntropy};
pub use platform::{Context, Platform};

pub use bureau::{BureauConfig, Outils};
