//! Territory: which court of appeal a commune depends on, which offices there are, and which of them may serve an act.
//!
//! The data and their licence are described in `data/README.md`. Ressorts follow the départements (Code de l'organisation
//! judiciaire, table IV); whatever is not certain is marked in the data and travels with the answer.
pub mod annuaire;
pub mod commune;
pub mod competence;
pub mod cour;
pub mod registre;
pub mod zone;

pub use annuaire::{Annuaire, Bornes, Office, OfficeId, Releve};
pub use commune::{CodeInsee, Commune, Nature, chercher};
pub use competence::{Canal, Competence, Verdict, competence};
pub use cour::{Cour, CourId, Reserve, Ressort, ressort};
pub use zone::{ZonesFeriees, zones_feriees};
