//! What a norm asks, as data, and the loop that compares it with a dossier.
//!
//! The norm is `nf-z67-147/*.toml`, embedded in the binary: titles, summaries in our own words, sources, and for each
//! requirement a proof rule. [`check()`] runs every rule over a journal (and a manifest, when there is one); a row is met
//! only by journal lines whose outcome is `ok`, and every met row names those lines.

mod check;
mod condition;
mod conformity;
mod controle;
mod error;
mod expect;
mod jurisprudence;
mod norm;
mod render;
mod rule;
mod template;

// The norm
pub use controle::{Controle, ControleId, Niveau};
pub use error::NormError;
pub use jurisprudence::{Connaissance, Decision, DecisionId};
pub use norm::{AixItem, Duty, Exigence, ExigenceId, Norm, NormSource, Phase, PhaseId, Reservation};
pub use rule::{Condition, ForEach, ManifestTest, Origin, Otherwise, Rule, SansObjet};

// Rules, in detail
pub use expect::{Expect, FieldPath, FieldTest};
pub use template::Template;

// The comparison
pub use check::{before_first_page, check, check_with_custody};
pub use conformity::{AixState, Conformity, Counts, ManifestLink, NormRef, Proof, Row, Status, StatusKind};
