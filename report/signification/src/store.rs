//! Where a platform keeps its journal, its pieces and the projection of its journal: one contract, several storages.
//!
//! The journal and the pieces are the truth. The tables are made from the journal alone, line by line, and can be thrown
//! away at any time: [`Store::rebuild`] makes the same octets again.
pub mod embedded;
pub mod memory;

use std::collections::BTreeMap;

use dossier::{Instant, JournalEntry, Sha256Digest};
use serde::{Deserialize, Serialize};

use crate::projection::{Layered, Projection};
use crate::{Id, SignificationError};

/// The tables of the projection: ordered maps from octets to octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// The platform itself: one view, under the empty key.
    Plateforme,
    /// Consents, by identifier.
    Consentement,
    /// Acts, by identifier.
    Acte,
    /// Evidence files, by identifier.
    Recepisse,
    /// Evidence of a journal line: line number (8 octets) → identifier.
    RecepisseDeLigne,
    /// Lines that call for evidence and have none yet: line number → object and kind.
    AAttester,
    /// Evidence without its proof of time: identifier → nothing.
    SansHeure,
    /// What belongs to what: parent (16), kind (1), child (16) → nothing.
    Lien,
    /// Journal lines about an object: object (16), line number (8) → nothing.
    LigneDe,
    /// The tree over the lines, in tiles: level (1), number (8) → up to 256 hashes.
    Tuile,
    /// Checkpoints, by the number of lines they cover (8).
    Point,
    /// Notices by e-mail, by identifier.
    Avis,
    /// SMS, by identifier.
    Sms,
    /// Files that came in, by identifier.
    Fichier,
    /// Transfers between offices, by identifier.
    Transmission,
    /// Procedures of petites créances, by identifier.
    Creance,
    /// Terms, by the identifier of what they are about.
    Delai,
    /// Ways of acts, by the act's identifier.
    Voie,
    /// Outcomes of offers, by identifier.
    Proposition,
    /// Ends of consents and certificates of erasure, by consent.
    Effacement,
    /// Requests for rights, by identifier.
    Droit,
    /// The registry's index: keyed digest of an identity (32), consent (16) → nothing; and a mark of 7 octets once it was made
    /// whole. Not made from the journal: from the registry's own records, by who holds its key.
    Identite,
    /// What falls due: milliseconds (8), task (1), object (16) → nothing.
    Agenda,
    /// Accounts, by identifier.
    Compte,
    /// Sources of tries, by their keyed digest.
    Source,
    /// Mandates, by identifier.
    Mandat,
    /// Incidents, by identifier.
    Incident,
    /// Interruptions of the service, by identifier.
    Interruption,
    /// The directory taken in last, and the competence found for each act, by identifier.
    Territoire,
    /// Answers, by the act they answer.
    Reponse,
    /// What each recipient made of new terms of use, by consent.
    Adhesion,
    /// Mobiles, by consent.
    Mobile,
    /// What was shown and handed over with an act, by act.
    PreuveActe,
    /// The anchors of checkpoints, by the checkpoint's identifier.
    Ancrage,
    /// The running of the service, by identifier.
    Exploitation,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 35] = [
        Self::Plateforme,
        Self::Consentement,
        Self::Acte,
        Self::Recepisse,
        Self::RecepisseDeLigne,
        Self::AAttester,
        Self::SansHeure,
        Self::Lien,
        Self::LigneDe,
        Self::Tuile,
        Self::Point,
        Self::Avis,
        Self::Sms,
        Self::Fichier,
        Self::Transmission,
        Self::Creance,
        Self::Delai,
        Self::Voie,
        Self::Proposition,
        Self::Effacement,
        Self::Droit,
        Self::Identite,
        Self::Agenda,
        Self::Compte,
        Self::Source,
        Self::Mandat,
        Self::Incident,
        Self::Interruption,
        Self::Territoire,
        Self::Reponse,
        Self::Adhesion,
        Self::Mobile,
        Self::PreuveActe,
        Self::Ancrage,
        Self::Exploitation,
    ];

    /// Its name in a database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plateforme => "plateforme",
            Self::Consentement => "consentement",
            Self::Acte => "acte",
            Self::Recepisse => "recepisse",
            Self::RecepisseDeLigne => "recepisse_de_ligne",
            Self::AAttester => "a_attester",
            Self::SansHeure => "sans_heure",
            Self::Lien => "lien",
            Self::LigneDe => "ligne_de",
            Self::Tuile => "tuile",
            Self::Point => "point",
            Self::Avis => "avis",
            Self::Sms => "sms",
            Self::Fichier => "fichier",
            Self::Transmission => "transmission",
            Self::Creance => "creance",
            Self::Delai => "delai",
            Self::Voie => "voie",
            Self::Proposition => "proposition",
            Self::Effacement => "effacement",
            Self::Droit => "droit",
            Self::Identite => "identite",
            Self::Agenda => "agenda",
            Self::Compte => "compte",
            Self::Source => "source",
            Self::Mandat => "mandat",
            Self::Incident => "incident",
            Self::Interruption => "interruption",
            Self::Territoire => "territoire",
            Self::Reponse => "reponse",
            Self::Adhesion => "adhesion",
            Self::Mobile => "mobile",
            Self::PreuveActe => "preuve_acte",
            Self::Ancrage => "ancrage",
            Self::Exploitation => "exploitation",
        }
    }
}

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Reads the tables.
pub trait Reader {
    /// The value of a key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError>;

    /// The values of several keys of one table, in the order asked. Tables that are far away are asked once.
    fn get_all(&self, table: Table, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, SignificationError> {
        keys.iter().map(|key| self.get(table, key)).collect()
    }

    /// The pairs whose key begins with `prefix` and comes after `after` (excluded), in order, `limit` at most.
    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError>;
}

/// Changes to the tables: `None` removes a key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(pub BTreeMap<(Table, Vec<u8>), Option<Vec<u8>>>);

impl Changes {
    /// Adds later changes over these.
    pub fn absorb(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// What these changes say of a key: `None` when they say nothing.
    pub fn get(&self, table: Table, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.0.get(&(table, key.to_vec()))
    }

    /// Lays these changes over pairs read beneath, as [`Reader::scan`] gives them.
    pub(crate) fn over(&self, beneath: Vec<Pair>, table: Table, prefix: &[u8], after: Option<&[u8]>) -> Vec<Pair> {
        let mut pairs: BTreeMap<Vec<u8>, Vec<u8>> = beneath.into_iter().collect();
        let from = (table, after.map_or_else(|| prefix.to_vec(), <[u8]>::to_vec));
        let mine = self.0.range(from..).take_while(|((t, key), _)| *t == table && key.starts_with(prefix));
        for ((_, key), value) in mine.filter(|((_, key), _)| after.is_none_or(|after| key.as_slice() > after)) {
            match value {
                Some(value) => pairs.insert(key.clone(), value.clone()),
                None => pairs.remove(key),
            };
        }
        pairs.into_iter().collect()
    }

    /// How many keys of a table these changes remove: so many more pairs must be read beneath.
    pub(crate) fn removals(&self, table: Table, prefix: &[u8]) -> usize {
        let mine = self.0.range((table, prefix.to_vec())..);
        mine.take_while(|((t, key), _)| *t == table && key.starts_with(prefix)).filter(|(_, v)| v.is_none()).count()
    }
}

/// Where the journal ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the next line.
    pub next: u64,
    /// SHA-256 of the last line; zeros when there is none.
    pub hash: Sha256Digest,
    /// Time of the last line.
    pub last_at: Option<Instant>,
    /// `mono_us` of the last line.
    pub mono_us: u64,
}

impl Head {
    /// Of an empty journal.
    pub const EMPTY: Self = Self { next: 0, hash: Sha256Digest::ZERO, last_at: None, mono_us: 0 };

    /// After one more line: `line` is its canonical octets, without line feed.
    pub fn after(&self, entry: &JournalEntry, line: &[u8]) -> Self {
        Self { next: entry.seq + 1, hash: Sha256Digest::of(line), last_at: Some(entry.at), mono_us: entry.mono_us }
    }

    /// Reads the next line of the journal: canonical, numbered and bound to the one before, its time not going back.
    pub fn read(&self, line: &[u8]) -> Result<(JournalEntry, Self), SignificationError> {
        let fault = |why: String| SignificationError::Journal { line: self.next + 1, why };
        let entry = JournalEntry::from_line(line).map_err(|e| fault(e.to_string()))?;
        if entry.seq != self.next {
            return Err(fault(format!("seq: expected {}, found {}", self.next, entry.seq)));
        }
        if entry.prev != self.hash {
            return Err(fault(format!("prev: expected {}, found {}", self.hash, entry.prev)));
        }
        if entry.mono_us < self.mono_us || self.last_at.is_some_and(|last| entry.at < last) {
            return Err(fault("time goes back".into()));
        }
        let head = self.after(&entry, line);
        Ok((entry, head))
    }
}

/// What a piece is. Pieces are kept for good; those that bear personal data are encrypted to the key of their person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PieceKind {
    /// Evidence: canonical JSON.
    Preuve,
    /// Its detached signature (CMS, DER).
    Signature,
    /// Its own time token (RFC 3161, DER).
    Jeton,
    /// The text of a checkpoint.
    Point,
    /// A message as it was handed over, encrypted.
    Avis,
    /// The office's record of an act, encrypted.
    Fiche,
    /// The office's detached signature of an act, encrypted.
    SignatureActe,
    /// What an incident says, encrypted.
    Incident,
    /// What was answered to an incident, encrypted.
    ReponseIncident,
    /// The chains of evidence and the states of their certificates (`constat-etats/1`).
    Etats,
    /// What a further anchor gave for a checkpoint.
    Ancre,
}

impl PieceKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Preuve,
        Self::Signature,
        Self::Jeton,
        Self::Point,
        Self::Avis,
        Self::Fiche,
        Self::SignatureActe,
        Self::Incident,
        Self::ReponseIncident,
        Self::Etats,
        Self::Ancre,
    ];

    /// The snake-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preuve => "preuve",
            Self::Signature => "signature",
            Self::Jeton => "jeton",
            Self::Point => "point",
            Self::Avis => "avis",
            Self::Fiche => "fiche",
            Self::SignatureActe => "signature_acte",
            Self::Incident => "incident",
            Self::ReponseIncident => "reponse_incident",
            Self::Etats => "etats",
            Self::Ancre => "ancre",
        }
    }
}

/// A piece to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPiece {
    /// What it is.
    pub kind: PieceKind,
    /// The evidence, notice or act it belongs to.
    pub id: Id,
    /// Its octets.
    pub bytes: Vec<u8>,
}

/// What is written together: pieces first, then lines, then the tables. What of it survives a power cut is a beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Pieces that the lines speak of.
    pub pieces: Vec<NewPiece>,
    /// Lines, canonical octets without line feed.
    pub lines: Vec<Vec<u8>>,
    /// The journal's end after them; `None` without lines.
    pub head: Option<Head>,
    /// What they change in the tables.
    pub changes: Changes,
}

impl Batch {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.lines.is_empty() && self.changes.0.is_empty()
    }
}

/// What was found at opening, beside a sound store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The torn end of the journal that a crash left, already cut off: it was never acknowledged.
    pub torn: Option<Vec<u8>>,
    /// Lines that the tables had not taken yet.
    pub caught_up: u64,
    /// Why the tables were made again from the beginning, if they were.
    pub rebuilt: Option<String>,
}

/// A storage. One process writes to it at a time.
pub trait Store: Reader + Send + Sync {
    /// Its name: `embarque`, `postgresql`.
    fn name(&self) -> &'static str;

    /// Where the journal ends, on the disk.
    fn head(&self) -> Head;

    /// Line number `seq`, without line feed.
    fn line(&self, seq: u64) -> Result<Option<Vec<u8>>, SignificationError>;

    /// The lines of these numbers, in the order asked; `None` where there is none. A storage that is far away is asked once.
    fn lines_at(&self, seqs: &[u64]) -> Result<Vec<Option<Vec<u8>>>, SignificationError> {
        seqs.iter().map(|seq| self.line(*seq)).collect()
    }

    /// Gives the lines from number `from` on to `each`, in order.
    fn lines(
        &self,
        from: u64,
        each: &mut dyn FnMut(&[u8]) -> Result<(), SignificationError>,
    ) -> Result<(), SignificationError>;

    /// Writes a batch. When this returns, it survives a power cut; the tables may be made again later.
    fn commit(&self, batch: &Batch) -> Result<(), SignificationError>;

    /// The octets of a piece.
    fn piece(&self, kind: PieceKind, id: Id) -> Result<Option<Vec<u8>>, SignificationError>;

    /// Throws the tables away and makes them again from the journal.
    fn rebuild(&self) -> Result<(), SignificationError>;
}

/// Lines taken between two writings of the tables while they are made again.
const REBUILD_STEP: usize = 2000;

/// Takes lines one by one into tables, writing them in steps. What [`Store::rebuild`] and a late start use.
pub struct Rebuild<'a> {
    reader: &'a dyn Reader,
    changes: Changes,
    head: Head,
    pending: usize,
}

impl<'a> Rebuild<'a> {
    /// From where the tables stand.
    pub fn new(reader: &'a dyn Reader, head: Head) -> Self {
        Self { reader, changes: Changes::default(), head, pending: 0 }
    }

    /// Takes the next line; gives changes to write now, with the journal's end that they bring the tables to.
    pub fn take(&mut self, line: &[u8]) -> Result<Option<(Changes, Head)>, SignificationError> {
        let (entry, head) = self.head.read(line)?;
        let more = Projection::of(&Layered { over: &self.changes, beneath: self.reader }, &entry, line)?;
        self.changes.absorb(more);
        self.head = head;
        self.pending += 1;
        Ok((self.pending >= REBUILD_STEP).then(|| self.flush()))
    }

    /// What is left to write.
    pub fn flush(&mut self) -> (Changes, Head) {
        self.pending = 0;
        (std::mem::take(&mut self.changes), self.head)
    }
}
