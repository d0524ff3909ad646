//! The identities of the registry: each person has a key of his own, to which everything that names him is encrypted; to
//! destroy that key is to destroy them all, wherever copies lie. An index of keyed digests answers exact questions only.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dossier::{Digests, Sha256Digest, parse_strict, to_canonical};
use ring::hmac;
use serde::{Deserialize, Serialize};

use super::Platform;
use crate::consent::{Piece, PieceKind};
use crate::notice::Prepared;
use crate::person::Person;
use crate::projection::Views;
use crate::state::ConsentView;
use crate::store::{Changes, NewPiece, PieceKind as Kept, Table};
use crate::vault::{self, Kind, SecretKey};
use crate::{Id, SignificationError};

/// In the index, beside its entries, whose keys are longer: it was made whole.
const INDEXED: &[u8] = b"complet";

/// An identity record: the person and a salt, so that its digest in the journal says nothing about anybody.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    person: Person,
    sel: String,
}

/// The key of a person, as it is kept, encrypted to the registry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonKey {
    cle: String,
    /// Digests of the identity record it opens.
    declaration: Option<Digests>,
}

impl Platform<'_> {
    /// Writes an identity record under a new key of its own. Gives its digests and what joins it to the index.
    pub(super) fn write_record(&self, consent: Id, person: Person) -> Result<(Digests, Changes), SignificationError> {
        let entry = self.index_entry(&person, consent);
        let record = to_canonical(&Record { person, sel: self.secret()? })?;
        let digests = Digests::of(&record);
        let key = SecretKey::generate();
        self.keep_person_key(consent, &key, Some(digests))?;
        let path = self.path_made("registre/declarations", consent)?;
        vault::put(&path, Kind::Declaration, consent, &record, &[key.public()])?;
        let mut changes = Changes::default();
        changes.0.insert(entry, Some(Vec::new()));
        Ok((digests, changes))
    }

    /// Makes the key of somebody whom no consent names: an aidant, a clerk.
    pub(super) fn make_person_key(&self, id: Id) -> Result<(), SignificationError> {
        self.keep_person_key(id, &SecretKey::generate(), None)
    }

    fn keep_person_key(
        &self,
        consent: Id,
        key: &SecretKey,
        declaration: Option<Digests>,
    ) -> Result<(), SignificationError> {
        use age::secrecy::ExposeSecret as _;
        let cle = key.secret_text().expose_secret().to_owned();
        let bytes = to_canonical(&PersonKey { cle, declaration })?;
        let path = self.path_made("cles/personnes", consent)?;
        vault::put(&path, Kind::ClePersonne, consent, &bytes, &[self.registry.public()]).map(|_| ())
    }

    /// The key of a person; gone once he was erased.
    pub(super) fn person_key(&self, consent: Id) -> Result<SecretKey, SignificationError> {
        let unknown = || SignificationError::Unknown { kind: "personne", id: consent.to_string() };
        let path = self.path("cles/personnes", consent);
        if !path.exists() {
            return Err(unknown());
        }
        let bytes = vault::open(&path, Kind::ClePersonne, consent, &self.registry)?;
        let kept: PersonKey = serde_json::from_value(parse_strict(&bytes)?).map_err(|_| unknown())?;
        SecretKey::from_text(&kept.cle, "personne")
    }

    pub(super) fn write_pieces(
        &self,
        consent: Id,
        given: &[(PieceKind, Vec<u8>)],
    ) -> Result<Vec<Piece>, SignificationError> {
        let key = self.person_key(consent)?.public();
        let mut pieces = Vec::with_capacity(given.len());
        for (kind, bytes) in given {
            let record = self.new_id()?;
            // The salt comes first: the digest of a known document cannot be recognised in the journal.
            let mut salted = self.secret()?.into_bytes();
            salted.push(b'\n');
            salted.extend_from_slice(bytes);
            let path = self.path_made("registre/pieces", record)?;
            vault::put(&path, Kind::Piece, record, &salted, std::slice::from_ref(&key))?;
            pieces.push(Piece { kind: *kind, record, digests: Digests::of(&salted) });
        }
        Ok(pieces)
    }

    /// The identity of a consent, from the registry.
    pub(super) fn person(&self, consent: Id) -> Result<Person, SignificationError> {
        let view = self.views().consent(consent)?;
        let unknown = || SignificationError::Unknown { kind: "déclaration", id: consent.to_string() };
        let digests = view.record.ok_or_else(unknown)?;
        let path = self.path("registre/declarations", consent);
        let key = self.person_key(consent)?;
        let bytes = vault::get(&path, Kind::Declaration, consent, &digests, &key)?;
        let record: Record = serde_json::from_value(parse_strict(&bytes)?).map_err(|_| unknown())?;
        Ok(record.person)
    }

    /// The raw bytes of a message, encrypted: they bear a name, an address, sometimes a secret.
    pub(super) fn kept_message(&self, consent: Id, message: &Prepared) -> Result<NewPiece, SignificationError> {
        let key = self.person_key(consent)?.public();
        let bytes = vault::encrypt(Kind::Message, message.id, &message.raw, &[key])?;
        Ok(NewPiece { kind: Kept::Avis, id: message.id, bytes })
    }

    /// A keyed digest of an identity: equal questions can be told, nobody is named.
    pub(super) fn query_digest(&self, key: &str) -> Sha256Digest {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(hmac::sign(&self.index_key, key.as_bytes()).as_ref());
        Sha256Digest::from_bytes(bytes)
    }

    pub(super) fn index_entry(&self, person: &Person, consent: Id) -> (Table, Vec<u8>) {
        let digest = self.query_digest(&person.match_key());
        (Table::Identite, [&digest.as_bytes()[..], consent.as_bytes()].concat())
    }

    /// The consents that were declared by exactly this person.
    pub(super) fn consents_of(&self, query: Sha256Digest) -> Result<Vec<Id>, SignificationError> {
        let pairs = self.views().scan(Table::Identite, query.as_bytes(), None, usize::MAX)?;
        pairs.iter().map(|(key, _)| crate::projection::id_of(key.get(32..).unwrap_or_default())).collect()
    }

    /// Whether the index was ever made whole since the tables are there: an empty one tells nothing, since a platform may have
    /// nobody to find, and a crash may have come between the tables and the index.
    pub(super) fn people_indexed(&self) -> Result<bool, SignificationError> {
        // Before the mark was kept, an index that held anything had been made whole, or grew with the lines.
        Ok(!self.views().scan(Table::Identite, &[], None, 1)?.is_empty())
    }

    /// Makes the index again from the records, after the tables were lost; entries and mark are written together.
    pub(super) fn index_people(&self) -> Result<(), SignificationError> {
        let mut changes = Changes::default();
        let mut after: Option<Vec<u8>> = None;
        loop {
            let pairs = self.views().scan(Table::Consentement, &[], after.as_deref(), 500)?;
            let Some((last, _)) = pairs.last() else { break };
            after = Some(last.clone());
            for (key, value) in &pairs {
                let consent = crate::projection::id_of(key)?;
                let why = |e: serde_json::Error| SignificationError::Storage { why: format!("consentement : {e}") };
                let view: ConsentView = serde_json::from_slice(value).map_err(why)?;
                // Without a declaration yet, or erased since: nothing to find.
                if view.record.is_some() && self.path("cles/personnes", consent).exists() {
                    let (table, key) = self.index_entry(&self.person(consent)?, consent);
                    changes.0.insert((table, key), Some(Vec::new()));
                }
            }
        }
        self.index_account_names(&mut changes)?;
        changes.0.insert((Table::Identite, INDEXED.to_vec()), Some(Vec::new()));
        self.greffe.write_tables(changes)
    }

    /// A letter and 32 random bytes in base64url: a single-use secret, or a salt. Without the letter, one in 64 would begin
    /// with a hyphen and be taken for an option on a command line.
    pub(super) fn secret(&self) -> Result<String, SignificationError> {
        let mut bytes = [0; 32];
        self.ctx.entropy.fill(&mut bytes)?;
        Ok(format!("J{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Like `path`, and makes the folder.
    pub(super) fn path_made(&self, folder: &str, id: Id) -> Result<std::path::PathBuf, SignificationError> {
        let path = self.path(folder, id);
        match path.parent().filter(|parent| !parent.exists()).map(vault::private_folder) {
            Some(Err(SignificationError::Io { source, .. })) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                Ok(path)
            }
            Some(Err(other)) => Err(other),
            Some(Ok(())) | None => Ok(path),
        }
    }
}
