//! Transfer of an act to a competent confrère and back: `PREPARE → TRANSMIS → {ACCEPTE → SIGNIFIE → RETOURNE → CLOS}`, or
//! `REFUSE`, or `EXPIRE`.
//!
//! Each move is a step signed by the office that made it and chained to the one before ([`etape`]); each step travels in one
//! package ([`paquet`]): the PDF of the act, its data in JSON and XML, the whole chain of steps, a signed manifest, encrypted
//! for the office it is for and for the one that made it. [`poste`] is what an office does; [`event`] is what its journal
//! keeps: identifiers, digests, states and times, no name and no act.
pub mod depot;
pub mod donnees;
pub mod etape;
pub mod event;
pub mod machine;
pub mod ouverture;
pub mod paquet;
pub mod poste;

pub use depot::Depot;
pub use donnees::{Aller, Destinataire, Donnees, Modalite, Retour};
pub use etape::{Etape, EtapeSignee, Fait, Motif, Suivi};
pub use event::{Connu, Event, Ouverture, Trace, View};
pub use machine::{Etat, Mouvement, Partie};
pub use ouverture::{Lecteur, Ouvert, ouvrir};
pub use paquet::{Entete, Piece};
pub use poste::{Poste, Reception, Remise};
