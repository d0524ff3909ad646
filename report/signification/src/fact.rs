//! A line of the journal, whatever part of the platform it belongs to: the service of acts and consents, and the contexts
//! beside them, each with facts and views of its own.
use dossier::{Instant, JournalEntry, Operation, Outcome};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::agenda::{Due, Task};
use crate::comptes::{compte, incident, interruption, mandat, source};
use crate::consent::Actor;
use crate::event::Event;
use crate::notice::suivi::EtatAvis;
use crate::notice::{suivi, suivi_sms};
use crate::projection::Kin;
use crate::store::Table;
use crate::territoire::registre as territoire;
use crate::{
    Id, SignificationError, adhesion, ancrage, confrere, delais, droit, effacement, exploitation, mobile,
    petites_creances, preuve_acte, proposition, reponse, scan, voie,
};

/// What a context beside the service of acts gives the journal: facts about objects of its own, each a pure step of a view.
pub trait Context: Serialize + DeserializeOwned {
    /// What is known of one object.
    type View: Serialize + DeserializeOwned;
    /// Where the views are.
    const TABLE: Table;
    /// The object.
    fn object(&self) -> Id;
    /// Other objects in whose history the fact stands too.
    fn about(&self, view: &Self::View) -> Vec<Id>;
    /// What is known after the fact, which is refused when it is impossible.
    fn next(&self, current: Option<&Self::View>, at: Instant, actor: &Actor) -> Result<Self::View, SignificationError>;
    /// What falls due by that view.
    fn due(view: &Self::View) -> Vec<Due>;
    /// To which parents the object belongs, so that it is found from them.
    fn parents(_view: &Self::View) -> Vec<(Id, Kin)> {
        Vec::new()
    }
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The platform, its consents, its acts, its evidence.
    Service(Event),
    /// The way of a notice by e-mail.
    Avis(suivi::Event),
    /// An SMS.
    Sms(suivi_sms::Event),
    /// A file that came in.
    Fichier(scan::Event),
    /// An act handed over to a confrère.
    Transmission(confrere::Event),
    /// A procedure of petites créances.
    Creance(petites_creances::Event),
    /// A term around the service.
    Delai(delais::Event),
    /// An account.
    Compte(compte::Event),
    /// Where tries come from.
    Source(source::Event),
    /// A mandate.
    Mandat(mandat::Event),
    /// An incident.
    Incident(incident::Event),
    /// An interruption of the service.
    Interruption(interruption::Event),
    /// The way of an act.
    Voie(voie::Event),
    /// What became of an offer.
    Proposition(proposition::Event),
    /// What is known of the territory: the directory, the competence for an act.
    Territoire(territoire::Event),
    /// The answer of a recipient to an act.
    Reponse(reponse::Event),
    /// What a recipient makes of new terms of use.
    Adhesion(adhesion::Event),
    /// The verification of a mobile.
    Mobile(mobile::Event),
    /// The end of a person's data.
    Effacement(effacement::Event),
    /// A request for a right.
    Droit(droit::Event),
    /// What was shown and handed over with an act.
    PreuveActe(preuve_acte::Event),
    /// The anchors of a checkpoint.
    Ancrage(ancrage::Event),
    /// The running of the service.
    Exploitation(exploitation::Event),
}

impl From<Event> for Fact {
    fn from(event: Event) -> Self {
        Self::Service(event)
    }
}

impl From<suivi::Event> for Fact {
    fn from(event: suivi::Event) -> Self {
        Self::Avis(event)
    }
}

impl From<suivi_sms::Event> for Fact {
    fn from(event: suivi_sms::Event) -> Self {
        Self::Sms(event)
    }
}

impl From<scan::Event> for Fact {
    fn from(event: scan::Event) -> Self {
        Self::Fichier(event)
    }
}

impl From<confrere::Event> for Fact {
    fn from(event: confrere::Event) -> Self {
        Self::Transmission(event)
    }
}

impl From<petites_creances::Event> for Fact {
    fn from(event: petites_creances::Event) -> Self {
        Self::Creance(event)
    }
}

impl From<delais::Event> for Fact {
    fn from(event: delais::Event) -> Self {
        Self::Delai(event)
    }
}

impl From<voie::Event> for Fact {
    fn from(event: voie::Event) -> Self {
        Self::Voie(event)
    }
}

impl From<proposition::Event> for Fact {
    fn from(event: proposition::Event) -> Self {
        Self::Proposition(event)
    }
}

impl From<territoire::Event> for Fact {
    fn from(event: territoire::Event) -> Self {
        Self::Territoire(event)
    }
}

impl From<reponse::Event> for Fact {
    fn from(event: reponse::Event) -> Self {
        Self::Reponse(event)
    }
}

impl From<adhesion::Event> for Fact {
    fn from(event: adhesion::Event) -> Self {
        Self::Adhesion(event)
    }
}

impl From<mobile::Event> for Fact {
    fn from(event: mobile::Event) -> Self {
        Self::Mobile(event)
    }
}

impl From<effacement::Event> for Fact {
    fn from(event: effacement::Event) -> Self {
        Self::Effacement(event)
    }
}

impl From<droit::Event> for Fact {
    fn from(event: droit::Event) -> Self {
        Self::Droit(event)
    }
}

impl From<preuve_acte::Event> for Fact {
    fn from(event: preuve_acte::Event) -> Self {
        Self::PreuveActe(event)
    }
}

impl From<ancrage::Event> for Fact {
    fn from(event: ancrage::Event) -> Self {
        Self::Ancrage(event)
    }
}

impl From<exploitation::Event> for Fact {
    fn from(event: exploitation::Event) -> Self {
        Self::Exploitation(event)
    }
}

impl Fact {
    /// How the line's outcome reads.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Service(event) => event.outcome(),
            Self::Avis(event) => event.outcome(),
            Self::Sms(event) => event.outcome(),
            Self::Fichier(event) => event.outcome(),
            Self::Transmission(event) => event.outcome(),
            Self::Creance(event) => event.outcome(),
            Self::Delai(event) => event.outcome(),
            Self::Compte(event) => event.outcome(),
            Self::Source(event) => event.outcome(),
            Self::Mandat(event) => event.outcome(),
            Self::Incident(event) => event.outcome(),
            Self::Interruption(event) => event.outcome(),
            Self::Voie(event) => event.outcome(),
            Self::Proposition(event) => event.outcome(),
            Self::Territoire(event) => event.outcome(),
            Self::Reponse(event) => event.outcome(),
            Self::Adhesion(event) => event.outcome(),
            Self::Mobile(event) => event.outcome(),
            Self::Effacement(event) => event.outcome(),
            Self::Droit(event) => event.outcome(),
            Self::PreuveActe(event) => event.outcome(),
            Self::Ancrage(event) => event.outcome(),
            Self::Exploitation(event) => event.outcome(),
        }
    }

    /// Splits into the operation and the data of a journal line; `actor` is added to the data.
    pub fn to_parts(&self, actor: &Actor) -> Result<(Operation, Map<String, Value>), SignificationError> {
        let broken = |why: &str| SignificationError::Journal { line: 0, why: why.to_owned() };
        let value = match self {
            Self::Service(event) => serde_json::to_value(event),
            Self::Avis(event) => serde_json::to_value(event),
            Self::Sms(event) => serde_json::to_value(event),
            Self::Fichier(event) => serde_json::to_value(event),
            Self::Transmission(event) => serde_json::to_value(event),
            Self::Creance(event) => serde_json::to_value(event),
            Self::Delai(event) => serde_json::to_value(event),
            Self::Compte(event) => serde_json::to_value(event),
            Self::Source(event) => serde_json::to_value(event),
            Self::Mandat(event) => serde_json::to_value(event),
            Self::Incident(event) => serde_json::to_value(event),
            Self::Interruption(event) => serde_json::to_value(event),
            Self::Voie(event) => serde_json::to_value(event),
            Self::Proposition(event) => serde_json::to_value(event),
            Self::Territoire(event) => serde_json::to_value(event),
            Self::Reponse(event) => serde_json::to_value(event),
            Self::Adhesion(event) => serde_json::to_value(event),
            Self::Mobile(event) => serde_json::to_value(event),
            Self::Effacement(event) => serde_json::to_value(event),
            Self::Droit(event) => serde_json::to_value(event),
            Self::PreuveActe(event) => serde_json::to_value(event),
            Self::Ancrage(event) => serde_json::to_value(event),
            Self::Exploitation(event) => serde_json::to_value(event),
        };
        let value = value.map_err(|e| broken(&e.to_string()))?;
        let op = value.get("op").and_then(Value::as_str).and_then(Operation::parse);
        let op = op.ok_or_else(|| broken("an event without an operation name"))?;
        let Some(Value::Object(mut data)) = value.get("data").cloned() else {
            return Err(broken("an event whose data is not an object"));
        };
        data.insert("actor".into(), serde_json::to_value(actor).map_err(|e| broken(&e.to_string()))?);
        Ok((op, data))
    }

    /// Reads the fact of a journal line; an operation or a field this version does not know is a fault.
    pub fn from_entry(entry: &JournalEntry) -> Result<(Self, Actor), SignificationError> {
        let fault = |why: String| SignificationError::Journal { line: entry.seq + 1, why };
        let mut data = entry.data.clone();
        let actor = data.remove("actor").ok_or_else(|| fault("no actor".into()))?;
        let actor = serde_json::from_value(actor).map_err(|e| fault(e.to_string()))?;
        let mut whole = Map::new();
        whole.insert("op".into(), Value::String(entry.op.to_string()));
        whole.insert("data".into(), Value::Object(data));
        let fact = Self::of(entry.op.as_str(), Value::Object(whole)).map_err(|e| fault(e.to_string()))?;
        if fact.outcome() != entry.outcome {
            return Err(fault(format!("outcome: expected {:?}, found {:?}", fact.outcome(), entry.outcome)));
        }
        Ok((fact, actor))
    }

    fn of(op: &str, whole: Value) -> Result<Self, serde_json::Error> {
        let name = op.strip_prefix("signification.").unwrap_or(op);
        match name {
            // The steps of an act that are called notices too.
            "notice.begin" | "notice.accepted" | "notice.failed" | "notice.returned" => {
                serde_json::from_value(whole).map(Self::Service)
            }
            _ if name.starts_with("notice.sms.") => serde_json::from_value(whole).map(Self::Sms),
            _ if name.starts_with("notice.") => serde_json::from_value(whole).map(Self::Avis),
            _ if name.starts_with("file.") => serde_json::from_value(whole).map(Self::Fichier),
            _ if name.starts_with("petite_creance.") => serde_json::from_value(whole).map(Self::Creance),
            _ if name.starts_with("delai.") => serde_json::from_value(whole).map(Self::Delai),
            _ if name.starts_with("effacement.") => serde_json::from_value(whole).map(Self::Effacement),
            _ if name.starts_with("droit.") => serde_json::from_value(whole).map(Self::Droit),
            _ if name.starts_with("confrere.") => serde_json::from_value(whole).map(Self::Transmission),
            _ if name.starts_with("account.") => serde_json::from_value(whole).map(Self::Compte),
            _ if name.starts_with("source.") => serde_json::from_value(whole).map(Self::Source),
            _ if name.starts_with("mandate.") => serde_json::from_value(whole).map(Self::Mandat),
            _ if name.starts_with("incident.") => serde_json::from_value(whole).map(Self::Incident),
            _ if name.starts_with("outage.") => serde_json::from_value(whole).map(Self::Interruption),
            _ if name.starts_with("voie.") => serde_json::from_value(whole).map(Self::Voie),
            _ if name.starts_with("proposition.") => serde_json::from_value(whole).map(Self::Proposition),
            _ if name.starts_with("territoire.") => serde_json::from_value(whole).map(Self::Territoire),
            _ if name.starts_with("reponse.") => serde_json::from_value(whole).map(Self::Reponse),
            _ if name.starts_with("adhesion.") => serde_json::from_value(whole).map(Self::Adhesion),
            _ if name.starts_with("exploitation.") => serde_json::from_value(whole).map(Self::Exploitation),
            _ if name.starts_with("mobile.") => serde_json::from_value(whole).map(Self::Mobile),
            _ if name.starts_with("preuve.") => serde_json::from_value(whole).map(Self::PreuveActe),
            _ if name.starts_with("ancrage.") => serde_json::from_value(whole).map(Self::Ancrage),
            _ => serde_json::from_value(whole).map(Self::Service),
        }
    }
}

/// The four words a context has to say: its facts, its views, where they are, and in whose history they stand too.
macro_rules! context {
    ($event:ty, $view:ty, $table:expr, $about:expr, $due:expr) => {
        impl Context for $event {
            type View = $view;
            const TABLE: Table = $table;

            fn object(&self) -> Id {
                self.object()
            }

            fn about(&self, view: &Self::View) -> Vec<Id> {
                let about: fn(&$view) -> Vec<Id> = $about;
                about(view)
            }

            fn next(
                &self,
                current: Option<&Self::View>,
                at: Instant,
                actor: &Actor,
            ) -> Result<Self::View, SignificationError> {
                <$view>::next(current, at, actor, self)
            }

            fn due(view: &Self::View) -> Vec<Due> {
                let due: fn(&$view) -> Vec<Due> = $due;
                due(view)
            }
        }
    };
}

context!(suivi::Event, suivi::View, Table::Avis, |view| vec![view.object], next_try);
context!(suivi_sms::Event, suivi_sms::View, Table::Sms, |view| vec![view.object], suivi_sms::View::due);
context!(scan::Event, scan::View, Table::Fichier, |view| vec![view.sender], |_| Vec::new());
context!(confrere::Event, confrere::View, Table::Transmission, |_| Vec::new(), confrere::View::due);
context!(
    petites_creances::Event,
    petites_creances::View,
    Table::Creance,
    |view| vec![view.creancier, view.debiteur],
    petites_creances::View::due
);
context!(delais::Event, delais::View, Table::Delai, |_| Vec::new(), delais::View::due);
context!(territoire::Event, territoire::View, Table::Territoire, |_| Vec::new(), |_| Vec::new());
context!(reponse::Event, reponse::View, Table::Reponse, |view| vec![view.consent], reponse::View::due);
context!(adhesion::Event, adhesion::View, Table::Adhesion, |_| Vec::new(), adhesion::View::due);
context!(mobile::Event, mobile::View, Table::Mobile, |_| Vec::new(), |_| Vec::new());
context!(voie::Event, voie::View, Table::Voie, |_| Vec::new(), |_| Vec::new());
context!(proposition::Event, proposition::View, Table::Proposition, |_| Vec::new(), |_| Vec::new());
context!(effacement::Event, effacement::View, Table::Effacement, |_| Vec::new(), effacement::View::due);
context!(droit::Event, droit::View, Table::Droit, |view| vec![view.consent], droit::View::due);
context!(preuve_acte::Event, preuve_acte::View, Table::PreuveActe, |_| Vec::new(), |_| Vec::new());
context!(ancrage::Event, ancrage::View, Table::Ancrage, |_| Vec::new(), |_| Vec::new());
context!(
    exploitation::Event,
    exploitation::View,
    Table::Exploitation,
    exploitation::View::about,
    exploitation::View::due
);

/// The next try of a notice that waits in the queue.
fn next_try(view: &suivi::View) -> Vec<Due> {
    let at = view.essais.last().map_or(Some(view.queued_at), |last| last.reprise);
    let waits = at.filter(|_| view.etat == EtatAvis::EnFile);
    waits.map(|at| Due { at, task: Task::Avis, object: view.notice }).into_iter().collect()
}
