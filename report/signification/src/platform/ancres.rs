//! Further anchors of the journal's checkpoints (row E06): asked when a checkpoint is made, asked again while one is missing, and
//! given beside the excerpts that rest on it.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::Sha256Digest;

use super::Platform;
use crate::ancrage::{ANCRES_FORMAT, Ancre, Ancres, Event, Genre, View};
use crate::consent::Actor;
use crate::greffe::With;
use crate::point::{Extrait, PointView, parse};
use crate::projection::Views;
use crate::store::{NewPiece, PieceKind, Table};
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// The anchors of a checkpoint.
    pub fn ancrage(&self, point: Id) -> Result<Option<View>, SignificationError> {
        self.views().view(Table::Ancrage, point.as_bytes())
    }

    /// Asks again the anchors that the last checkpoint still lacks. Gives how many answered.
    pub fn ancrer(&self) -> Result<usize, SignificationError> {
        let _one = self.cadence.pointer();
        self.ancrer_dernier()
    }

    pub(super) fn ancrer_dernier(&self) -> Result<usize, SignificationError> {
        match self.views().last_point()? {
            Some(point) => self.ancrer_point(&point),
            None => Ok(0),
        }
    }

    /// Asks each anchor that has not answered for this checkpoint. One that does not answer stops nothing.
    pub(super) fn ancrer_point(&self, point: &PointView) -> Result<usize, SignificationError> {
        let known = self.ancrage(point.id)?;
        let mut missing = self.ctx.sealer.anchors();
        missing.retain(|(nom, _)| known.as_ref().is_none_or(|view| !view.a(nom)));
        if missing.is_empty() {
            return Ok(0);
        }
        let lost = || SignificationError::Storage { why: "point de contrôle".into() };
        let texte = self.greffe.store().piece(PieceKind::Point, point.id)?.ok_or_else(lost)?;
        let mut done = 0;
        for (nom, genre) in missing {
            match self.ctx.sealer.anchor(&nom, &texte) {
                Ok(octets) => {
                    self.poser(point, nom, genre, octets)?;
                    done += 1;
                }
                Err(error) if known.as_ref().is_none_or(|view| !view.manquantes.contains(&nom)) => {
                    let missing = Event::Manquante { point: point.id, taille: point.size, nom, code: error.code };
                    self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![missing.into()]))?;
                }
                Err(_) => {}
            }
        }
        Ok(done)
    }

    fn poser(&self, point: &PointView, nom: String, genre: Genre, bytes: Vec<u8>) -> Result<(), SignificationError> {
        let (ancre, sha256) = (self.new_id()?, Sha256Digest::of(&bytes));
        let event = Event::Posee { point: point.id, taille: point.size, ancre, nom, genre, sha256 };
        let pieces = vec![NewPiece { kind: PieceKind::Ancre, id: ancre, bytes }];
        let with = With { pieces, ..With::default() };
        let ticket = self.greffe.stage(&Actor::platform(), with, |_, _| Ok(vec![event.into()]))?;
        self.greffe.wait(ticket).map(|_| ())
    }

    /// The anchors of the checkpoint that an excerpt rests on; none when it has none.
    pub fn ancres_de(&self, extrait: &Extrait) -> Result<Option<Ancres>, SignificationError> {
        let (_, taille, _) = parse(&extrait.point.texte)?;
        let Some(point) = self.views().view::<PointView>(Table::Point, &taille.to_be_bytes())? else { return Ok(None) };
        let Some(view) = self.ancrage(point.id)?.filter(|view| !view.posees.is_empty()) else { return Ok(None) };
        let mut ancres = Vec::with_capacity(view.posees.len());
        for one in view.posees {
            let lost = || SignificationError::Storage { why: format!("ancre {}", one.ancre) };
            let octets = self.greffe.store().piece(PieceKind::Ancre, one.ancre)?.ok_or_else(lost)?;
            if Sha256Digest::of(&octets) != one.sha256 {
                let (expected, found) = (one.sha256.to_hex(), Sha256Digest::of(&octets).to_hex());
                return Err(SignificationError::VaultAltered {
                    object: format!("ancre {}", one.ancre),
                    expected,
                    found,
                });
            }
            ancres.push(Ancre { nom: one.nom, genre: one.genre, preuve: STANDARD.encode(octets) });
        }
        Ok(Some(Ancres { format: ANCRES_FORMAT.to_owned(), texte: extrait.point.texte.clone(), ancres }))
    }
}
