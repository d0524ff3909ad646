//! The simplified recovery of small claims (CPCE art. L. 125-1, R. 125-1 to R. 125-8; arrêté du 3 juin 2016), from the
//! creditor's request to the title or the statement of its end: a checked machine over facts, and its French texts.
//!
//! The month of art. L. 125-1 runs from the sending. Whether CPC art. 642 extends it out of court is not settled: both days
//! are kept, the debtor is told the earlier, and nothing is closed before the later is over. All costs are the creditor's
//! (art. L. 125-1): an amount here has a principal and interest, and no room for anything else.

mod acces;
mod code;
mod delai;
pub mod documents;
mod etat;
mod evenement;
mod garanties;
mod montant;
mod parties;
mod preparer;
mod regles;
mod vue;

pub use acces::{Acces, AuthMethod, Base, PremierAcces, Secret};
pub use code::Motif;
pub use delai::DelaiMois;
pub use etat::{Etat, Fin, Mouvement};
pub use evenement::{Canal, Event, ModeAccord, ModeRefus, MotifDesaccord, Niveau};
pub use garanties::{Bilan, Garantie};
pub use montant::{Cents, Echeance, Modalites, Montant, PLAFOND, Taux, montant_au, plafond};
pub use parties::{Cause, Competence, Cote, Mandat, Ressort};
pub use preparer::{confier_execution, controler, delivrer_titre, inviter, premier_acces};
pub use vue::{Constat, Invitation, Message, Prescription, Proposition, Reponse, Titre, TypeDossier, View};
