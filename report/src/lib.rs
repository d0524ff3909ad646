//! The procès-verbal: checks, wording, layout as PDF/A-3b and PDF/UA-1.
//!
//! Order and content are a tree of blocks made in Rust from the manifest and the journal only; sentences come from
//! `text/fr/*.toml`, and for a courtesy translation from `text/en/*.toml`; the look comes from `templates/*.typ`. Foreign text (titles, addresses, error words) reaches the
//! typesetter as data, never as markup.

mod act;
mod block;
mod case_uco;
mod checks;
mod claims;
mod confront;
mod desk;
mod draft;
mod draft_file;
mod english;
mod error;
mod facts;
mod fonts;
mod glyphs;
mod input;
mod langue;
mod opinion;
mod pictures;
mod presentation;
mod proces_verbal;
mod qr;
mod recepisse;
mod record;
mod sheet;
mod typeset;
mod verdict;
mod wording;
mod world;

// Dates and numbers in words
pub mod date_words;
pub mod number_words;

// What goes in
pub use checks::{Check, Standing, Weight};
pub use draft::{Achat, Choix, Cout, Declaration, DraftInput, Fondement, Nature, Profil, Totals};
pub use draft_file::new_draft;
pub use input::{BundleFacts, Reader, ReportInput, SealFacts, TimestampFact};
pub use langue::Langue;
pub use opinion::{OpinionFound, opinions};
pub use presentation::Presentation;
pub use recepisse::{ReceiptInput, ReceiptSheet};
pub use verdict::{ClaimLine, VerdictInput, VerdictReport};

// What comes out
pub use confront::{Confrontation, check_pv, confront};
pub use error::ReportError;
pub use proces_verbal::{ProcesVerbal, checks, draw_up, draw_up_with};
pub use recepisse::draw_receipt;
pub use record::{DrawnAs, drawn_as};
pub use verdict::draw_verdict;
