//! What the journal shows: the timeline of an act, and the check of the whole store.
use std::path::Path;

use dossier::{Digests, JournalEntry};

use super::{JournalReport, Platform, Timeline, TimelineLine};
use crate::civil::paris_rfc3339;
use crate::event::Event;
use crate::journal::read;
use crate::letter::qualify;
use crate::receipt::EVIDENCE_FILE;
use crate::state::State;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// The progress of an act, from the journal only.
    pub fn suivi(&self, act: Id) -> Result<Timeline, SignificationError> {
        let view = self.state.act(act)?;
        let mut lignes = Vec::new();
        for (entry, _) in &self.lines {
            lignes.extend(timeline_line(act, entry)?);
        }
        let now = self.ctx.clock.now();
        let qualification = match (view.qualification, view.sent_at) {
            (Some(decided), _) => decided,
            (None, Some(sent)) => qualify(sent, view.consulted_at, now),
            (None, None) => crate::letter::Qualification::EnAttente,
        };
        Ok(Timeline {
            acte: act,
            state: view.state,
            envoye_le: view.sent_at,
            qualification,
            lettre: view.letter,
            lettre_le: Timeline::letter_text(view.letter),
            lignes,
        })
    }

    /// Reads a store's journal without opening it: chain, every transition, and the receipts it announces. Needs no key.
    pub fn verifier_journal(root: &Path) -> Result<JournalReport, SignificationError> {
        let mut report = JournalReport {
            lignes: 0,
            tete: dossier::Sha256Digest::ZERO,
            intact: false,
            ligne_fautive: None,
            raison: None,
            fin_coupee: 0,
            recepisses_fautifs: Vec::new(),
        };
        let (journal, torn) = match read(root) {
            Ok(read) => read,
            Err(SignificationError::Journal { line, why }) => {
                (report.ligne_fautive, report.raison) = (Some(line), Some(why));
                return Ok(report);
            }
            Err(other) => return Err(other),
        };
        report.lignes = journal.entries().len() as u64;
        report.tete = journal.head();
        report.fin_coupee = torn.map_or(0, |t| t.bytes.len());
        let mut state = State::default();
        for entry in journal.entries() {
            if let Err(error) = state.apply(entry) {
                (report.ligne_fautive, report.raison) = (Some(entry.seq + 1), Some(error.to_string()));
                return Ok(report);
            }
        }
        for receipt in state.receipts.values() {
            let path = root.join("recepisses").join(receipt.id.to_string()).join(EVIDENCE_FILE);
            if std::fs::read(path).map_or(true, |bytes| Digests::of(&bytes) != receipt.digests) {
                report.recepisses_fautifs.push(receipt.id);
            }
        }
        report.intact = report.recepisses_fautifs.is_empty() && state.lines > 0;
        if state.lines == 0 {
            report.raison = Some("journal vide".into());
        }
        Ok(report)
    }
}

fn timeline_line(act: Id, entry: &JournalEntry) -> Result<Option<TimelineLine>, SignificationError> {
    let (event, actor) = Event::from_entry(entry)?;
    let mine = match &event {
        Event::ReceiptMade { object, .. } | Event::VaultAlarm { object, .. } | Event::AuthFailed { object, .. } => {
            *object == act
        }
        other => other.act() == Some(act),
    };
    Ok(mine.then(|| TimelineLine {
        seq: entry.seq,
        at: entry.at,
        at_paris: paris_rfc3339(entry.at),
        op: entry.op.to_string(),
        role: actor.role.name(),
        libelle: label(&event),
    }))
}

fn label(event: &Event) -> &'static str {
    match event {
        Event::ActDrafted { .. } => "Acte reçu, forme vérifiée (contenu non vérifié)",
        Event::ActSigned { .. } => "Acte signé par l'étude",
        Event::ActSealed { .. } => "Acte chiffré et mis au coffre",
        Event::ActRefused { .. } => "Envoi refusé",
        Event::ActScheduled { .. } => "Envoi programmé",
        Event::ActSent { .. } => "Envoi : date et heure de la signification",
        Event::ActDeposited { .. } => "Mise à disposition du destinataire",
        Event::DepositFailed { .. } => "Échec de la mise à disposition",
        Event::NoticeBegin { .. } => "Avis remis au serveur de messagerie",
        Event::NoticeAccepted { .. } => "Avis accepté par le serveur de messagerie",
        Event::NoticeFailed { .. } => "Avis non accepté",
        Event::ActConsulted { .. } => "Acte ouvert par le destinataire",
        Event::ActDownloaded { .. } => "Acte remis en entier (heure de réception)",
        Event::HandoverInterrupted { .. } => "Remise interrompue",
        Event::ActQualified { .. } => "Qualification (à personne, à domicile)",
        Event::ActRejected { .. } => "Acte rejeté",
        Event::ReceiptMade { .. } => "Récépissé émis",
        Event::VaultAlarm { .. } => "Alarme : le coffre ne rend pas ce qui fut déposé",
        Event::AuthFailed { .. } => "Accès refusé",
        _ => "Opération",
    }
}
