//! What the journal shows: the timeline of an act, and the check of the whole store.
use std::fs::File;
use std::path::Path;

use dossier::{Digests, JournalEntry};

use super::{JournalReport, Platform, Timeline, TimelineLine};
use crate::acte::ActeState;
use crate::civil::paris_rfc3339;
use crate::event::Event;
use crate::fact::Fact;
use crate::journal::{JOURNAL, Lines};
use crate::letter::qualify;
use crate::notice::{suivi, suivi_sms};
use crate::projection::Views;
use crate::store::memory::MemoryTables;
use crate::store::{Head, PieceKind, Reader, Table, embedded};
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// The progress of an act, from the journal only.
    pub fn suivi(&self, act: Id) -> Result<Timeline, SignificationError> {
        let view = self.views().act(act)?;
        let seqs = self.views().lines_about(act)?;
        let mut lignes = Vec::with_capacity(seqs.len());
        let mut etat = None;
        for (seq, line) in seqs.iter().zip(self.greffe.store().lines_at(&seqs)?) {
            let unknown = || SignificationError::Unknown { kind: "ligne", id: seq.to_string() };
            let entry = JournalEntry::from_line(&line.ok_or_else(unknown)?)?;
            let reached = reached(etat, &Fact::from_entry(&entry)?.0);
            lignes.push(TimelineLine { etat: reached.filter(|_| reached != etat), ..timeline_line(&entry)? });
            etat = reached;
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
        let path = root.join(JOURNAL);
        let file = File::open(&path).map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => SignificationError::StoreMissing { path: root.to_path_buf() },
            _ => SignificationError::io("open", &path, e),
        })?;
        let (mut tables, mut head, mut lines) = (MemoryTables::default(), Head::EMPTY, Lines::new(file));
        while let Some(line) = lines.next_line(head.next + 1)? {
            match tables.take(&head, &line) {
                Ok(after) => head = after,
                Err(error) => {
                    (report.ligne_fautive, report.raison) = (Some(head.next + 1), Some(error.to_string()));
                    break;
                }
            }
        }
        (report.lignes, report.tete) = (head.next, head.hash);
        report.fin_coupee = lines.into_torn().map_or(0, |torn| torn.len());
        if head.next == 0 {
            report.raison.get_or_insert_with(|| "journal vide".into());
        }
        if report.raison.is_none() {
            report.recepisses_fautifs = faulty_receipts(root, &tables)?;
        }
        report.intact = report.raison.is_none() && report.recepisses_fautifs.is_empty();
        Ok(report)
    }
}

/// Receipts that the journal announces and that are not, or not the same, among the pieces.
fn faulty_receipts(root: &Path, tables: &MemoryTables) -> Result<Vec<Id>, SignificationError> {
    let mut wanted = std::collections::BTreeMap::new();
    for (key, _) in tables.scan(Table::Recepisse, &[], None, usize::MAX)? {
        let receipt = tables.receipt(crate::projection::id_of(&key)?)?;
        wanted.insert(receipt.id, receipt.digests);
    }
    for (key, _) in tables.scan(Table::Effacement, &[], None, usize::MAX)? {
        let view: Option<crate::effacement::View> = tables.view(Table::Effacement, &key)?;
        wanted.extend(view.into_iter().flat_map(|view| view.destructions).filter_map(|one| one.certificat));
    }
    embedded::each_piece(root, &mut |kind, id, bytes| {
        if kind == PieceKind::Preuve && wanted.get(&id) == Some(&Digests::of(bytes)) {
            wanted.remove(&id);
        }
    })?;
    Ok(wanted.into_keys().collect())
}

/// The state of an act after a line about it: taken in, it is a draft; then as the table of moves says.
fn reached(etat: Option<ActeState>, fact: &Fact) -> Option<ActeState> {
    match (fact, etat) {
        (Fact::Service(Event::ActDrafted { .. }), _) => Some(ActeState::Brouillon),
        (Fact::Service(event), Some(before)) => {
            Some(event.act_move().and_then(|step| before.next(step)).unwrap_or(before))
        }
        _ => etat,
    }
}

pub(super) fn timeline_line(entry: &JournalEntry) -> Result<TimelineLine, SignificationError> {
    let (fact, actor) = Fact::from_entry(entry)?;
    Ok(TimelineLine {
        seq: entry.seq,
        at: entry.at,
        at_paris: paris_rfc3339(entry.at),
        op: entry.op.to_string(),
        role: actor.role.name(),
        libelle: label(&fact),
        etat: None,
    })
}

fn label(fact: &Fact) -> &'static str {
    let event = match fact {
        Fact::Service(event) => event,
        Fact::Avis(event) => return notice_label(event),
        Fact::Sms(suivi_sms::Event::Begin { .. }) => return "SMS sur le point d'être remis à la passerelle",
        Fact::Sms(suivi_sms::Event::Accepted { .. }) => return "SMS pris par la passerelle",
        Fact::Sms(suivi_sms::Event::Failed { .. }) => return "SMS non pris par la passerelle",
        Fact::Fichier(_) => return "Fichier reçu, recherche de logiciels malveillants",
        Fact::Transmission(_) => return "Transmission à un confrère",
        Fact::Creance(_) => return "Procédure simplifiée de recouvrement",
        Fact::Delai(_) => return "Délai",
        Fact::Compte(event) => return event.libelle(),
        Fact::Source(_) => return "Essais de connexion d'une source",
        Fact::Mandat(event) => return event.libelle(),
        Fact::Incident(event) => return event.libelle(),
        Fact::Interruption(_) => return "Interruption du service",
        Fact::Voie(event) => return event.libelle(),
        Fact::Proposition(_) => return "Issue de la proposition, plan",
        Fact::Territoire(_) => return "Compétence territoriale",
        Fact::Reponse(event) => return event.libelle(),
        Fact::Adhesion(_) => return "Nouvelles conditions d'utilisation",
        Fact::Mobile(_) => return "Vérification du mobile",
        Fact::Effacement(event) => return super::effacement::label(event),
        Fact::Droit(_) => return "Demande d'exercice d'un droit",
        Fact::PreuveActe(event) => return event.libelle(),
        Fact::Ancrage(event) => return event.libelle(),
        Fact::Exploitation(_) => return "Exploitation du service",
    };
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
        Event::NoticeReturned { .. } => "Avis revenu : un serveur l'a rejeté après l'avoir pris",
        Event::NoticeDelivered { .. } => "Avis remis à la boîte du destinataire, selon un serveur",
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

fn notice_label(event: &suivi::Event) -> &'static str {
    match event {
        suivi::Event::Queued { .. } => "Avis écrit, à remettre au serveur de messagerie",
        suivi::Event::Handed { .. } => "Avis pris par notre serveur de messagerie",
        suivi::Event::Refused { .. } => "Avis refusé par notre serveur de messagerie",
        suivi::Event::RetryPlanned { .. } => "Nouvel essai de l'avis prévu",
        suivi::Event::GivenUp { .. } => "Avis abandonné après plusieurs essais",
        suivi::Event::Delivered { .. } => "Retour : un serveur dit l'avis remis",
        suivi::Event::Relayed { .. } => "Retour : un serveur dit l'avis relayé, sans autre nouvelle à attendre",
        suivi::Event::Delayed { .. } => "Retour : un serveur dit l'avis retardé",
        suivi::Event::Bounced { .. } => "Retour : un serveur dit l'avis rejeté",
        suivi::Event::ReturnNoted { .. } => "Retour conservé, qui ne change rien",
        suivi::Event::Silent { .. } => "Aucune nouvelle de l'avis",
    }
}
