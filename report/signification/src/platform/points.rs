//! Checkpoints of this platform's journal, and what is shown of it: the lines about one act or one person, proven to be in
//! the journal, and no other line.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{JournalEntry, Sha256Digest};

use super::Platform;
use crate::arbre::{inclusion, root_at};
use crate::consent::Actor;
use crate::event::Event;
use crate::evidence::TimeProof;
use crate::fact::Fact;
use crate::greffe::With;
use crate::point::{EXTRAIT_FORMAT, Extrait, PointView, ProvenLine, ProvenPoint, text};
use crate::projection::Views;
use crate::store::{NewPiece, PieceKind};
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Signs and timestamps the journal as it stands. Nothing is made when the last checkpoint covers everything but itself.
    pub fn pointer(&self) -> Result<PointView, SignificationError> {
        let _one = self.cadence.pointer();
        self.make_point()
    }

    /// What a checkpoint names the journal by: the digest of its first line.
    pub fn origine(&self) -> Result<String, SignificationError> {
        Ok(format!("constat/signification/{}", self.line(0)?.1.hash))
    }

    pub(super) fn make_point(&self) -> Result<PointView, SignificationError> {
        let size = self.greffe.head().next;
        if let Some(last) = self.views().last_point()?.filter(|last| last.size + 1 >= size) {
            return Ok(last);
        }
        let root = root_at(self.views(), size)?;
        let bytes = text(&self.origine()?, size, &root).into_bytes();
        let sealed = self.ctx.sealer.seal(&bytes).map_err(|e| SignificationError::Seal { why: e.code })?;
        let (point, signature) = (self.new_id()?, Sha256Digest::of(&sealed.signature));
        let mut pieces = vec![
            NewPiece { kind: PieceKind::Point, id: point, bytes },
            NewPiece { kind: PieceKind::Signature, id: point, bytes: sealed.signature },
        ];
        let timestamped = match sealed.time {
            TimeProof::Token(bytes) => {
                pieces.push(NewPiece { kind: PieceKind::Jeton, id: point, bytes });
                true
            }
            TimeProof::Deferred { .. } => false,
        };
        let root = Sha256Digest::from_bytes(root);
        let made = Event::PointMade { point, size, root, signature, timestamped };
        let ticket =
            self.greffe.stage(&Actor::platform(), With { pieces, ..With::default() }, |_, _| Ok(vec![made.into()]))?;
        self.greffe.wait(ticket)?;
        let lost = || SignificationError::Storage { why: "point de contrôle".into() };
        let made = self.views().last_point()?.ok_or_else(lost)?;
        self.ancrer_point(&made)?;
        Ok(made)
    }

    /// Asks for the token of the last checkpoint, when it has none.
    pub(super) fn stamp_point(&self) -> Result<(), SignificationError> {
        let Some(last) = self.views().last_point()?.filter(|last| !last.timestamped) else { return Ok(()) };
        let Some(bytes) = self.greffe.store().piece(PieceKind::Point, last.id)? else { return Ok(()) };
        // Without an authority it stays deferred, which whoever reads it is told.
        let Ok(token) = self.ctx.sealer.timestamp(&bytes) else { return Ok(()) };
        let event = Event::PointTimestamped { size: last.size, token_sha256: Sha256Digest::of(&token) };
        let pieces = vec![NewPiece { kind: PieceKind::Jeton, id: last.id, bytes: token }];
        let ticket =
            self.greffe.stage(&Actor::platform(), With { pieces, ..With::default() }, |_, _| Ok(vec![event.into()]))?;
        self.greffe.wait(ticket).map(|_| ())
    }

    /// The lines about an act or a consent, and those only, proven to be in the journal.
    pub fn extrait(&self, object: Id) -> Result<Extrait, SignificationError> {
        let lines = self.views().lines_about(object)?;
        let Some(last) = lines.last().copied() else {
            return Err(SignificationError::Unknown { kind: "objet", id: object.to_string() });
        };
        let point = match self.views().last_point()?.filter(|point| point.size > last) {
            Some(point) => point,
            None => self.pointer()?,
        };
        self.proven(&lines, &point)
    }

    fn proven(&self, lines: &[u64], point: &PointView) -> Result<Extrait, SignificationError> {
        let missing = || SignificationError::Storage { why: "point de contrôle".into() };
        let piece = |kind| self.greffe.store().piece(kind, point.id);
        let texte = String::from_utf8(piece(PieceKind::Point)?.ok_or_else(missing)?).map_err(|_| missing())?;
        let signature = STANDARD.encode(piece(PieceKind::Signature)?.ok_or_else(missing)?);
        let jeton = piece(PieceKind::Jeton)?.map(|token| STANDARD.encode(token));
        let mut proven = Vec::with_capacity(lines.len());
        for seq in lines {
            let line = self.greffe.store().line(*seq)?.ok_or_else(missing)?;
            let chemin = inclusion(self.views(), *seq, point.size)?.into_iter().map(Sha256Digest::from_bytes).collect();
            let ligne = String::from_utf8(line).map_err(|_| missing())?;
            proven.push(ProvenLine { ligne, rang: *seq, chemin });
        }
        let point = ProvenPoint { texte, signature, jeton };
        Ok(Extrait { format: EXTRAIT_FORMAT.to_owned(), lignes: proven, point })
    }

    /// The proof of time of an evidence file that has no token of its own.
    pub(super) fn dating_extract(&self, receipt: Id) -> Result<Option<Extrait>, SignificationError> {
        let view = self.views().receipt(receipt)?;
        let Some(size) = view.point else { return Ok(None) };
        match self.views().point_covering(size.saturating_sub(1))? {
            Some(point) => self.proven(&[view.made], &point).map(Some),
            None => Ok(None),
        }
    }
}

/// The evidence that a line announces: identifier and digests.
pub(crate) fn announced(line: &str) -> Option<(Id, dossier::Digests)> {
    let entry = JournalEntry::from_line(line.as_bytes()).ok()?;
    match Fact::from_entry(&entry).ok()?.0 {
        Fact::Service(Event::ReceiptMade { receipt, digests, .. }) => Some((receipt, digests)),
        _ => None,
    }
}
