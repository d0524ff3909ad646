//! The quarantine stays small: what is too old goes, then the oldest until few enough files and octets are left. Each file that
//! goes leaves its line; its digests stay in the journal.
use std::fs;

use dossier::Instant;
use serde::Serialize;

use super::Platform;
use super::erasure::destroy;
use crate::consent::Actor;
use crate::projection::Views;
use crate::scan::{Event, Regle, Verdict, View};
use crate::store::Table;
use crate::{Id, SignificationError};

/// The folder.
const QUARANTAINE: &str = "quarantaine";

/// A file that left the quarantine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Purgee {
    /// The file.
    pub fichier: Id,
    /// When it came in.
    pub recu_le: Instant,
    /// Its octets on the disk.
    pub octets: u64,
    /// Why it goes.
    pub regle: Regle,
}

impl Platform<'_> {
    /// The files in quarantine, oldest first: identifier, time of the verdict, octets on the disk.
    pub fn quarantaine(&self) -> Result<Vec<(Id, Instant, u64)>, SignificationError> {
        Ok(self.en_quarantaine()?.into_iter().map(|(view, octets)| (view.file, view.at, octets)).collect())
    }

    fn en_quarantaine(&self) -> Result<Vec<(View, u64)>, SignificationError> {
        let root = self.root.join(QUARANTAINE);
        let mut list = Vec::new();
        if !root.is_dir() {
            return Ok(list);
        }
        let io = |e| SignificationError::io("read", &root, e);
        for folder in fs::read_dir(&root).map_err(io)? {
            for entry in fs::read_dir(folder.map_err(io)?.path()).map_err(io)? {
                let path = entry.map_err(io)?.path();
                let Some(id) = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse::<Id>().ok())
                else {
                    continue;
                };
                let Some(view) = self.views().view::<View>(Table::Fichier, id.as_bytes())? else { continue };
                if matches!(view.verdict, Verdict::Infecte { .. }) {
                    list.push((view, fs::metadata(&path).map_err(io)?.len()));
                }
            }
        }
        list.sort_by_key(|(view, _)| (view.at, view.file));
        Ok(list)
    }

    /// Applies the rule of the quarantine (`[preuves]`: thirty days, fifty files and 256 MiB unless set otherwise), oldest first.
    /// Cut in the middle, it goes on: what has its line and is still there goes first.
    pub fn purger_quarantaine(&self) -> Result<Vec<Purgee>, SignificationError> {
        let rule = &self.config.preuves;
        let oldest = self.ctx.clock.now().as_millisecond() - i64::from(rule.quarantaine_jours) * 86_400_000;
        let list = self.en_quarantaine()?;
        let (mut left, mut bytes) = (list.len(), list.iter().map(|(_, octets)| octets).sum::<u64>());
        let mut gone = Vec::new();
        for (view, octets) in list {
            let regle = if view.purge_le.is_some() || view.at.as_millisecond() <= oldest {
                Regle::Duree
            } else if left > usize::from(rule.quarantaine_fichiers) {
                Regle::Nombre
            } else if bytes > u64::from(rule.quarantaine_mio) * 1024 * 1024 {
                Regle::Taille
            } else {
                break;
            };
            self.sortir_de_quarantaine(&view, regle)?;
            (left, bytes) = (left - 1, bytes - octets);
            gone.push(Purgee { fichier: view.file, recu_le: view.at, octets, regle });
        }
        Ok(gone)
    }

    /// Said first, so that no cut loses the line; then destroyed. A file whose line is there and that is there still goes now.
    fn sortir_de_quarantaine(&self, view: &View, regle: Regle) -> Result<(), SignificationError> {
        if view.purge_le.is_none() {
            let fact = Event::Purged { file: view.file, sender: view.sender, regle };
            self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![fact.into()]))?;
        }
        destroy(&self.path(QUARANTAINE, view.file)).map(|_| ())
    }

    /// Everything that `sender` sent and that is in quarantine goes with his data.
    pub(super) fn vider_quarantaine_de(&self, sender: Id) -> Result<(), SignificationError> {
        for (view, _) in self.en_quarantaine()?.into_iter().filter(|(view, _)| view.sender == sender) {
            self.sortir_de_quarantaine(&view, Regle::Effacement)?;
        }
        Ok(())
    }
}
