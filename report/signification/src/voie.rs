//! By which way an act is served, and why: a choice made from stated facts, and its outcome, in the journal. One act is
//! never served by two ways.
//!
//! The ways themselves are behind [`crate::backend`]; here is only what is decided and what is known.
mod choix;
mod suivi;

pub use choix::{Choix, Compte, Fenetre, Offre, Preferences, Raison, Situation, choisir};
pub(crate) use suivi::is_code;
pub use suivi::{ECART_MS, Etat, Event, View};
