//! What time takes away: five years after a revocation, everything that names the person (CGU, art. 11.1; row F02). The
//! journal keeps its lines, which name nobody, and stays verifiable.
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::Platform;
use crate::consent::{Actor, ConsentState};
use crate::effacement::{self, Fichier, Item, ItemKind, Motif};
use crate::event::Event;
use crate::greffe::With;
use crate::projection::Views;
use crate::state::ConsentView;
use crate::store::Changes;
use crate::vault::sync_folder;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Destroys the records of a person, his documents, his key and his place in the index, then says so. Cut in the middle, it
    /// is done again: what is gone stays gone, and the line comes last.
    pub(super) fn destroy_person(&self, consent: Id) -> Result<(), SignificationError> {
        let _hold = self.holds.take(consent);
        let view = self.views().consent(consent)?;
        if view.state != ConsentState::Revoque {
            return Ok(());
        }
        let mut changes = Changes::default();
        let mut address = None;
        // The index is found by the identity, and the certificate goes to its address: read once more, before the key goes.
        if let Ok(person) = self.person(consent) {
            address = Some(person.courriel().to_owned());
            changes.0.insert(self.index_entry(&person, consent), None);
            self.greffe.write_tables(changes)?;
        }
        // While the identity can still be read: it is what finds his small claims.
        self.detruire_fichiers(consent)?;
        let files = self.effacement(consent)?.and_then(|known| known.fichiers).map(|files| files.prevus);
        let listed = listed(&view, files.unwrap_or_default());
        let mut items = u32::from(destroy(&self.path("registre/declarations", consent))?);
        for piece in &view.pieces {
            items += u32::from(destroy(&self.path("registre/pieces", piece.record))?);
        }
        items += u32::from(destroy(&self.path("cles/personnes", consent))?);
        let done = Event::ConsentDestroyed { consent, items };
        let fin_le = view.ended_at.unwrap_or(self.ctx.clock.now());
        let told = effacement::Event::Detruit { consent, motif: Motif::Revocation, fin_le, items: listed };
        let ticket =
            self.greffe.stage(&Actor::platform(), With::default(), |_, _| Ok(vec![done.into(), told.into()]))?;
        self.greffe.wait(ticket)?;
        self.certify_held(consent, address.as_deref())
    }
}

/// What is destroyed of a person, with the digests the journal knew; the key that opened all of it is last.
fn listed(view: &ConsentView, files: Vec<Fichier>) -> Vec<Item> {
    let record = view.record.map(|digests| digests.sha256);
    let mut items = vec![Item { nature: ItemKind::Declaration, id: view.id, sha256: record }];
    items.extend(view.pieces.iter().map(|piece| Item {
        nature: ItemKind::Piece,
        id: piece.record,
        sha256: Some(piece.digests.sha256),
    }));
    items.extend(files.into_iter().map(Item::from));
    items.push(Item { nature: ItemKind::Cle, id: view.id, sha256: None });
    items
}

/// Overwrites a file, syncs it, removes it, syncs its folder; whether it was there. On a disk that writes elsewhere (journals,
/// flash) the overwriting proves nothing: what counts is that the file was encrypted, and that its key goes last.
pub(super) fn destroy(path: &Path) -> Result<bool, SignificationError> {
    let io = |what| move |e| SignificationError::io(what, path, e);
    let length = match fs::metadata(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(false),
        other => other.map_err(io("read"))?.len(),
    };
    let mut file = OpenOptions::new().write(true).open(path).map_err(io("open"))?;
    let zeros = vec![0; 64 * 1024];
    let mut left = length;
    while left > 0 {
        let part = zeros.len().min(usize::try_from(left).unwrap_or(zeros.len()));
        file.write_all(zeros.get(..part).unwrap_or(&zeros)).map_err(io("write"))?;
        left -= part as u64;
    }
    file.sync_all().map_err(io("sync"))?;
    fs::remove_file(path).map_err(io("remove"))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(true)
}
