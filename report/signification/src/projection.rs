//! The projection of the journal: `apply` either takes a line whole or refuses it and changes nothing, so an impossible
//! line can neither be written nor replayed. Views are read one by one; what falls due and what belongs to what is kept
//! beside them, made from them.
use dossier::{Instant, JournalEntry};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::agenda::{self, Due};
use crate::arbre;
use crate::consent::Actor;
use crate::fact::{Context, Fact};
use crate::point::PointView;
use crate::state::{ActeView, Attestable, ConsentView, PlatformView, ReceiptView};
use crate::store::{Changes, Pair, Reader, Table};
use crate::{Id, SignificationError};

mod apply;
mod moves;
mod preuves;
mod voies;

pub(crate) use voies::held_elsewhere;

/// Keys of the agenda read at a time.
const DUE_PAGE: usize = 256;

/// What a link says of its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kin {
    /// An act served on a consent.
    ActeDeConsentement = 1,
    /// Evidence about an act or a consent.
    RecepisseDe = 2,
    /// An account that receives the acts of a consent.
    CompteDeConsentement = 10,
    /// A mandate given by, or to, an account.
    MandatDeCompte = 11,
    /// An incident about an act, an account or a consent.
    IncidentSur = 12,
}

/// Views over changes not written yet, over tables.
pub struct Projection<'a> {
    beneath: &'a dyn Reader,
    changes: Changes,
}

impl<'a> Projection<'a> {
    /// What one line, whose octets are `line`, changes in these tables; an impossible one is refused.
    pub fn of(beneath: &'a dyn Reader, entry: &JournalEntry, line: &[u8]) -> Result<Changes, SignificationError> {
        let (fact, actor) = Fact::from_entry(entry)?;
        let mut projection = Self { beneath, changes: Changes::default() };
        projection.take_fact(entry, &fact, &actor)?;
        arbre::add(beneath, entry.seq, line, &mut projection.changes)?;
        Ok(projection.changes)
    }

    fn take_fact(&mut self, entry: &JournalEntry, fact: &Fact, actor: &Actor) -> Result<(), SignificationError> {
        match fact {
            Fact::Service(event) => {
                self.check_service(event)?;
                self.take(entry, event, actor)
            }
            Fact::Avis(event) => self.take_context(entry, event, actor),
            Fact::Sms(event) => self.take_context(entry, event, actor),
            Fact::Fichier(event) => self.take_context(entry, event, actor),
            Fact::Transmission(event) => self.take_context(entry, event, actor),
            Fact::Creance(event) => self.take_context(entry, event, actor),
            Fact::Delai(event) => self.take_context(entry, event, actor),
            Fact::Compte(event) => self.take_context(entry, event, actor),
            Fact::Source(event) => self.take_context(entry, event, actor),
            Fact::Mandat(event) => self.take_context(entry, event, actor),
            Fact::Incident(event) => self.take_context(entry, event, actor),
            Fact::Interruption(event) => self.take_context(entry, event, actor),
            Fact::Voie(event) => {
                self.check_voie(event)?;
                self.take_context(entry, event, actor)
            }
            Fact::Proposition(event) => {
                self.check_proposition(event)?;
                self.take_context(entry, event, actor)
            }
            Fact::Territoire(event) => self.take_context(entry, event, actor),
            Fact::Reponse(event) => self.take_context(entry, event, actor),
            Fact::Adhesion(event) => self.take_context(entry, event, actor),
            Fact::Mobile(event) => self.take_context(entry, event, actor),
            Fact::Effacement(event) => {
                self.check_fichiers(entry, event)?;
                self.take_context(entry, event, actor)
            }
            Fact::Droit(event) => self.take_context(entry, event, actor),
            Fact::PreuveActe(event) => {
                self.check_preuve(event)?;
                self.take_context(entry, event, actor)
            }
            Fact::Ancrage(event) => {
                self.check_ancrage(event)?;
                self.take_context(entry, event, actor)
            }
            Fact::Exploitation(event) => self.take_context(entry, event, actor),
        }
    }

    fn take_context<C: Context>(
        &mut self,
        entry: &JournalEntry,
        event: &C,
        actor: &Actor,
    ) -> Result<(), SignificationError> {
        let object = event.object();
        let current: Option<C::View> = self.view(C::TABLE, object.as_bytes())?;
        let next = event.next(current.as_ref(), entry.at, actor)?;
        self.put(C::TABLE, object.as_bytes(), &next)?;
        self.schedule(current.as_ref().map(C::due).unwrap_or_default(), C::due(&next));
        for (parent, kin) in C::parents(&next) {
            self.link(parent, kin, object);
        }
        let mut about = event.about(&next);
        about.push(object);
        self.remember(entry.seq, about);
        Ok(())
    }

    /// The line stands in the history of these objects.
    fn remember(&mut self, seq: u64, objects: Vec<Id>) {
        for object in objects {
            self.mark(Table::LigneDe, [&object.as_bytes()[..], &seq.to_be_bytes()].concat());
        }
    }

    fn put(&mut self, table: Table, key: &[u8], value: &impl Serialize) -> Result<(), SignificationError> {
        let value = dossier::to_canonical(value)?;
        self.changes.0.insert((table, key.to_vec()), Some(value));
        Ok(())
    }

    fn mark(&mut self, table: Table, key: Vec<u8>) {
        self.changes.0.insert((table, key), Some(Vec::new()));
    }

    fn remove(&mut self, table: Table, key: Vec<u8>) {
        self.changes.0.insert((table, key), None);
    }

    fn put_consent(&mut self, view: &ConsentView) -> Result<(), SignificationError> {
        let before = self.view::<ConsentView>(Table::Consentement, view.id.as_bytes())?;
        self.put(Table::Consentement, view.id.as_bytes(), view)?;
        self.schedule(before.map(|b| agenda::of_consent(&b)).unwrap_or_default(), agenda::of_consent(view));
        Ok(())
    }

    fn put_act(&mut self, view: &ActeView) -> Result<(), SignificationError> {
        let before = self.view::<ActeView>(Table::Acte, view.id.as_bytes())?;
        self.put(Table::Acte, view.id.as_bytes(), view)?;
        self.schedule(before.map(|b| agenda::of_act(&b)).unwrap_or_default(), agenda::of_act(view));
        Ok(())
    }

    /// What fell due before the change no longer does, unless it still does after it.
    fn schedule(&mut self, before: Vec<Due>, after: Vec<Due>) {
        for due in before {
            self.remove(Table::Agenda, due.key());
        }
        for due in after {
            self.mark(Table::Agenda, due.key());
        }
    }
}

impl Reader for Projection<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError> {
        Layered { over: &self.changes, beneath: self.beneath }.get(table, key)
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError> {
        Layered { over: &self.changes, beneath: self.beneath }.scan(table, prefix, after, limit)
    }
}

/// Changes laid over tables.
pub struct Layered<'a> {
    /// What is read first.
    pub over: &'a Changes,
    /// What is read where the changes say nothing.
    pub beneath: &'a dyn Reader,
}

impl Reader for Layered<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError> {
        match self.over.get(table, key) {
            Some(value) => Ok(value.clone()),
            None => self.beneath.get(table, key),
        }
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError> {
        let more = limit.saturating_add(self.over.removals(table, prefix));
        let beneath = self.beneath.scan(table, prefix, after, more)?;
        let mut pairs = self.over.over(beneath, table, prefix, after);
        pairs.truncate(limit);
        Ok(pairs)
    }
}

/// The views of any tables.
pub trait Views {
    /// A view, or none.
    fn view<V: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<Option<V>, SignificationError>;
    /// The views of several keys, which must all be there.
    fn views_of<V: DeserializeOwned>(&self, table: Table, ids: &[Id]) -> Result<Vec<V>, SignificationError>;
    /// The platform itself.
    fn platform(&self) -> Result<PlatformView, SignificationError>;
    /// The consent `id`.
    fn consent(&self, id: Id) -> Result<ConsentView, SignificationError>;
    /// The act `id`.
    fn act(&self, id: Id) -> Result<ActeView, SignificationError>;
    /// The evidence `id`.
    fn receipt(&self, id: Id) -> Result<ReceiptView, SignificationError>;
    /// Children of a parent, in order of creation.
    fn children(&self, parent: Id, kin: Kin) -> Result<Vec<Id>, SignificationError>;
    /// Numbers of the journal lines about an object, in order.
    fn lines_about(&self, object: Id) -> Result<Vec<u64>, SignificationError>;
    /// The evidence made for a line.
    fn receipt_of_line(&self, seq: u64) -> Result<Option<Id>, SignificationError>;
    /// Lines that call for evidence and have none: the oldest `limit`.
    fn unattested(&self, limit: usize) -> Result<Vec<Attestable>, SignificationError>;
    /// The first checkpoint that covers line `seq`.
    fn point_covering(&self, seq: u64) -> Result<Option<PointView>, SignificationError>;
    /// The last checkpoint.
    fn last_point(&self) -> Result<Option<PointView>, SignificationError>;
    /// What fell due at `now`, oldest first, `limit` at most.
    fn due(&self, now: Instant, limit: usize) -> Result<Vec<Due>, SignificationError>;
}

impl<R: Reader + ?Sized> Views for R {
    fn view<V: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Result<Option<V>, SignificationError> {
        let Some(bytes) = self.get(table, key)? else { return Ok(None) };
        let why = |e: serde_json::Error| SignificationError::Storage { why: format!("{} : {e}", table.name()) };
        serde_json::from_slice(&bytes).map(Some).map_err(why)
    }

    fn views_of<V: DeserializeOwned>(&self, table: Table, ids: &[Id]) -> Result<Vec<V>, SignificationError> {
        let keys: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
        let found = self.get_all(table, &keys)?;
        let mut views = Vec::with_capacity(ids.len());
        for (id, bytes) in ids.iter().zip(found) {
            let bytes = bytes.ok_or_else(|| SignificationError::Unknown { kind: table.name(), id: id.to_string() })?;
            let why = |e: serde_json::Error| SignificationError::Storage { why: format!("{} : {e}", table.name()) };
            views.push(serde_json::from_slice(&bytes).map_err(why)?);
        }
        Ok(views)
    }

    fn platform(&self) -> Result<PlatformView, SignificationError> {
        Ok(self.view(Table::Plateforme, &[])?.unwrap_or_default())
    }

    fn consent(&self, id: Id) -> Result<ConsentView, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "consentement", id: id.to_string() };
        self.view(Table::Consentement, id.as_bytes())?.ok_or_else(unknown)
    }

    fn act(&self, id: Id) -> Result<ActeView, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "acte", id: id.to_string() };
        self.view(Table::Acte, id.as_bytes())?.ok_or_else(unknown)
    }

    fn receipt(&self, id: Id) -> Result<ReceiptView, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "récépissé", id: id.to_string() };
        self.view(Table::Recepisse, id.as_bytes())?.ok_or_else(unknown)
    }

    fn children(&self, parent: Id, kin: Kin) -> Result<Vec<Id>, SignificationError> {
        let prefix = [&parent.as_bytes()[..], &[kin as u8]].concat();
        let pairs = self.scan(Table::Lien, &prefix, None, usize::MAX)?;
        pairs.iter().map(|(key, _)| id_of(key.get(17..).unwrap_or_default())).collect()
    }

    fn lines_about(&self, object: Id) -> Result<Vec<u64>, SignificationError> {
        let pairs = self.scan(Table::LigneDe, object.as_bytes(), None, usize::MAX)?;
        pairs.iter().map(|(key, _)| number_of(key.get(16..).unwrap_or_default())).collect()
    }

    fn receipt_of_line(&self, seq: u64) -> Result<Option<Id>, SignificationError> {
        self.view(Table::RecepisseDeLigne, &seq.to_be_bytes())
    }

    fn unattested(&self, limit: usize) -> Result<Vec<Attestable>, SignificationError> {
        let pairs = self.scan(Table::AAttester, &[], None, limit)?;
        let why = |e: serde_json::Error| SignificationError::Storage { why: e.to_string() };
        pairs.iter().map(|(_, value)| serde_json::from_slice(value).map_err(why)).collect()
    }

    fn point_covering(&self, seq: u64) -> Result<Option<PointView>, SignificationError> {
        let found = self.scan(Table::Point, &[], Some(&seq.to_be_bytes()), 1)?;
        match found.first() {
            Some((key, _)) => self.view(Table::Point, key),
            None => Ok(None),
        }
    }

    fn last_point(&self) -> Result<Option<PointView>, SignificationError> {
        Ok(self.platform()?.point)
    }

    fn due(&self, now: Instant, limit: usize) -> Result<Vec<Due>, SignificationError> {
        // In order of time, and most of it is to come: that is not read.
        let (mut found, mut after) = (Vec::new(), None::<Vec<u8>>);
        while found.len() < limit {
            let asked = DUE_PAGE.min(limit - found.len());
            let page = self.scan(Table::Agenda, &[], after.as_deref(), asked)?;
            for (key, _) in &page {
                let due = Due::parse(key)?;
                if due.at > now {
                    return Ok(found);
                }
                found.push(due);
            }
            match page.last() {
                Some((key, _)) if page.len() == asked => after = Some(key.clone()),
                _ => break,
            }
        }
        Ok(found)
    }
}

/// The identifier a key is made of.
pub(crate) fn id_of(key: &[u8]) -> Result<Id, SignificationError> {
    let bytes = key.try_into().map_err(|_| SignificationError::Storage { why: "clé d'un objet".into() })?;
    Ok(Id::from_bytes(bytes))
}

fn number_of(key: &[u8]) -> Result<u64, SignificationError> {
    let bytes = key.try_into().map_err(|_| SignificationError::Storage { why: "clé d'une ligne".into() })?;
    Ok(u64::from_be_bytes(bytes))
}
