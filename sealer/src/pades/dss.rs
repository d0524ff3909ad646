//! The document security store (ETSI EN 319 142-1, 5.4.2; ISO 32000-2, 12.8.4.3): certificates and their states, as a new
//! revision, and read back. Nothing in it is believed: each piece is signed by its own authority.
use std::collections::BTreeMap;

use super::PadesError;
use super::edit::{Edit, broken};
use super::pdf::{Dict, Object, PdfFile, Stream};
use crate::asn1::{Der, Tag};
use crate::revocation::{Crl, Gathered, OcspAnswer};
use crate::x509::Certificate;

/// Pieces of one kind read at most, and the longest.
const MAX_PIECES: usize = 256;
const MAX_PIECE: usize = 4 << 20;
/// The three kinds, in the store and in what it says of one signature.
const KINDS: [(&str, &str); 3] = [("Certs", "Cert"), ("CRLs", "CRL"), ("OCSPs", "OCSP")];

/// What a store holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    pub(super) certificates: Vec<Certificate>,
    pub(super) crls: Vec<Crl>,
    pub(super) answers: Vec<OcspAnswer>,
    /// Pieces that could not be read.
    pub(super) unreadable: Vec<String>,
    /// The signatures it says something of, by their keys.
    pub(super) named: Vec<String>,
    /// The octets of each piece, and its object.
    pieces: BTreeMap<(usize, Vec<u8>), u32>,
}

impl Store {
    /// Reads the store of a revision; without one it is empty.
    pub(super) fn read(file: &PdfFile<'_>, revision: usize) -> Self {
        let mut store = Self::default();
        let Some((_, catalog)) = file.catalog(revision) else { return store };
        let Some(dss) = file.value(&catalog, "DSS", revision) else { return store };
        let Some(dss) = dss.dict() else {
            store.unreadable.push("DSS".into());
            return store;
        };
        if let Some(named) = file.value(dss, "VRI", revision) {
            let keys = named.dict().into_iter().flat_map(Dict::keys);
            store.named = keys.map(|key| String::from_utf8_lossy(key).into_owned()).collect();
        }
        for (kind, (key, _)) in KINDS.iter().enumerate() {
            let Some(list) = file.value(dss, key, revision) else { continue };
            for item in list.array().unwrap_or_default().iter().take(MAX_PIECES) {
                store.piece(file, revision, kind, item);
            }
        }
        store
    }

    fn piece(&mut self, file: &PdfFile<'_>, revision: usize, kind: usize, item: &Object) {
        let key = KINDS.get(kind).map_or("", |(key, _)| key);
        let number = item.reference();
        let octets = number.and_then(|number| match file.get(number, revision).as_deref() {
            Some(Object::Stream(Stream { dict, data })) => {
                file.data(&Stream { dict: dict.clone(), data: data.clone() }).filter(|octets| octets.len() <= MAX_PIECE)
            }
            _ => None,
        });
        let (Some(number), Some(octets)) = (number, octets) else {
            self.unreadable.push(format!("{key} : flux illisible"));
            return;
        };
        let read = match kind {
            0 => Certificate::parse(&octets).map(|c| self.certificates.push(c)),
            1 => Crl::parse(&octets).map(|c| self.crls.push(c)),
            _ => OcspAnswer::parse(&octets).map(|a| self.answers.push(a)),
        };
        if let Err(why) = read {
            self.unreadable.push(format!("{key}, objet {number} : {why}"));
        }
        self.pieces.insert((kind, octets), number);
    }
}

/// The pieces of one signature: certificates, lists, answers, each as its octets.
fn sorted(gathered: &Gathered) -> [Vec<Vec<u8>>; 3] {
    let certificates = gathered.certificates.iter().map(|c| c.der().to_vec()).collect();
    let (mut crls, mut answers) = (Vec::new(), Vec::new());
    for choice in &gathered.revocation {
        let Ok(element) = Der::new(choice).next("RevocationInfoChoice") else { continue };
        if element.tag == Tag::SEQUENCE {
            crls.push(choice.clone());
            continue;
        }
        let mut parts = element.inside();
        if parts.next("otherRevInfoFormat").is_ok()
            && let Ok(answer) = parts.next("otherRevInfo")
        {
            answers.push(answer.whole.to_vec());
        }
    }
    [certificates, crls, answers]
}

/// The key of a signature in the store: SHA-1 of Contents, whole (ISO 32000-2, 12.8.4.4). It names, it protects nothing.
pub(super) fn key(contents: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, contents);
    hex::encode_upper(digest.as_ref())
}

/// The file with a store that holds what was gathered for each signature, by its key; `None` when there is nothing new.
pub(super) fn add(
    file: &PdfFile<'_>,
    gathered: &[(String, Gathered)],
    id: &[u8],
) -> Result<Option<Vec<u8>>, PadesError> {
    let last = file.last();
    let mut store = Store::read(file, last);
    let mut edit = Edit::new(file)?;
    let root = edit.root()?;
    let mut catalog = edit.dict(root)?;
    let reference = catalog.get("DSS").and_then(Object::reference);
    let mut dss = match (catalog.get("DSS"), reference) {
        (_, Some(number)) => edit.dict(number)?,
        (Some(Object::Dict(dict)), _) => dict.clone(),
        (None, _) => Dict(vec![(b"Type".to_vec(), Object::name("DSS"))]),
        _ => return Err(broken("DSS")),
    };
    let vri = dss.get("VRI").and_then(Object::reference);
    let mut by_signature = match (dss.get("VRI"), vri) {
        (_, Some(number)) => edit.dict(number)?,
        (Some(Object::Dict(dict)), _) => dict.clone(),
        _ => Dict::default(),
    };
    let mut fresh = false;
    for (name, had) in gathered {
        let (entry, more) = entry(&mut store, &mut edit, &mut dss, had)?;
        fresh |= more || !store.named.contains(name);
        by_signature.set(name, Object::Dict(entry));
    }
    if !fresh {
        return Ok(None);
    }
    match vri {
        Some(number) => edit.set(number, by_signature),
        None => dss.set("VRI", Object::Dict(by_signature)),
    }
    match reference {
        Some(number) => edit.set(number, dss),
        None => {
            let number = edit.add(dss);
            catalog.set("DSS", Object::Ref(number, 0));
            edit.set(root, catalog);
        }
    }
    Ok(Some(edit.finish(id, None).0))
}

/// What the store says of one signature, and whether a piece is new: that is then added to it.
fn entry(
    store: &mut Store,
    edit: &mut Edit<'_, '_>,
    dss: &mut Dict,
    had: &Gathered,
) -> Result<(Dict, bool), PadesError> {
    let (mut entry, mut fresh) = (Dict::default(), false);
    for (kind, pieces) in sorted(had).into_iter().enumerate() {
        let Some((all, own)) = KINDS.get(kind) else { continue };
        let mut numbers = Vec::new();
        for octets in pieces {
            let known = store.pieces.get(&(kind, octets.clone())).copied();
            let number = known.unwrap_or_else(|| edit.increment.number());
            if known.is_none() {
                edit.increment.put_stream(number, &Dict::default(), &octets);
                edit.append(dss, all, &[Object::Ref(number, 0)])?;
                store.pieces.insert((kind, octets), number);
                fresh = true;
            }
            numbers.push(Object::Ref(number, 0));
        }
        if !numbers.is_empty() {
            entry.set(own, Object::Array(numbers));
        }
    }
    Ok((entry, fresh))
}
