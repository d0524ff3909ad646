//! The procès-verbal: checks, wording, layout as PDF/A-3b and PDF/UA-1.
//!
//! Order and content are a tree of blocks made in Rust from the manifest and the journal only; sentences come from
//! `text/fr/*.toml`; the look comes from `templates/*.typ`. Foreign text (titles, addresses, error words) reaches the
//! typesetter as data, never as markup.

mod draft;
mod error;
mod input;
mod proces_verbal;

pub use draft::{Cout, Declaration, DraftInput, Fondement, Totals};
pub use error::ReportError;
pub use input::{BundleFacts, Reader, ReportInput, SealFacts, TimestampFact};
pub use proces_verbal::{ProcesVerbal, check, draw_up};
