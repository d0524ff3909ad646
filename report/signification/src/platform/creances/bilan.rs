//! The six guarantees of the arrêté du 3 juin 2016, art. 2, checked on one procedure from its journal and its documents: what
//! is not checked counts as not kept.
use dossier::{Digests, Instant};
use serde::Serialize;

use super::super::Platform;
use crate::consent::{Actor, Role};
use crate::fact::Fact;
use crate::greffe::Link;
use crate::petites_creances::{Bilan, Event, Garantie, View};
use crate::projection::Views as _;
use crate::vault::{self, Kind, SecretKey};
use crate::{Id, SignificationError};

/// What the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BilanCreance {
    /// The procedure.
    pub creance: Id,
    /// Guarantees kept, of six.
    pub tenues: usize,
    /// The same, line by line, in French.
    pub texte: String,
}

/// A fact of the procedure, with who made it and when.
pub(in crate::platform) type Lu = (Instant, Actor, Event);

/// A procedure that was checked: its facts, where their lines are, and what came of it.
pub(super) struct Examen {
    pub(super) vue: View,
    pub(super) faits: Vec<Lu>,
    pub(super) liens: Vec<Link>,
    pub(super) bilan: Bilan,
    pub(super) documents: usize,
}

impl Platform<'_> {
    /// Checks the six guarantees on one procedure.
    pub fn bilan_creance(&self, creance: Id) -> Result<BilanCreance, SignificationError> {
        let Examen { bilan, .. } = self.examiner(creance)?;
        Ok(BilanCreance { creance, tenues: bilan.tenues(), texte: bilan.to_string() })
    }

    pub(super) fn examiner(&self, creance: Id) -> Result<Examen, SignificationError> {
        let view = self.creance(creance)?;
        let (mut facts, mut liens, mut chained) = (Vec::<Lu>::new(), Vec::<Link>::new(), true);
        let mut last: Option<Instant> = None;
        for seq in self.views().lines_about(creance)? {
            let (entry, link) = self.line(seq)?;
            // The line after this one names it: nothing was put in its place.
            let next = self.greffe.store().line(seq + 1)?;
            let named = next.map(|line| dossier::JournalEntry::from_line(&line)).transpose()?;
            chained &= named.is_none_or(|next| next.prev == link.hash) && last.is_none_or(|at| at <= entry.at);
            last = Some(entry.at);
            if let (Fact::Creance(event), actor) = Fact::from_entry(&entry)? {
                facts.push((entry.at, actor, event));
                liens.push(link);
            }
        }
        let documents = documents(&facts);
        let stranger = SecretKey::generate();
        let mut bilan = Bilan::default();
        bilan.note(Garantie::Identification, facts.iter().all(|fact| identified(&view, fact)));
        bilan.note(Garantie::Securite, replays(&facts, &view));
        bilan.note(Garantie::DatesCertaines, chained && dated(&view, &facts));
        for digests in &documents {
            let (id, kept) = (super::id_of_digest(&digests.sha256), self.document(digests));
            let path = self.path("creances", id);
            let closed = vault::get(&path, Kind::Creance, id, digests, &stranger);
            bilan.note(Garantie::Conservation, path.exists());
            bilan.note(Garantie::Integrite, kept.is_ok());
            let refused = matches!(closed, Err(SignificationError::KeyRefused { .. }));
            bilan.note(Garantie::Confidentialite, refused);
        }
        let names = vault::open(&self.path("creances", creance), Kind::Creance, creance, &stranger);
        bilan.note(Garantie::Confidentialite, matches!(names, Err(SignificationError::KeyRefused { .. })));
        bilan.note(Garantie::Integrite, self.dossier_creance(creance).is_ok());
        bilan.note(Garantie::Conservation, self.dossier_creance(creance).is_ok());
        let documents = documents.len();
        Ok(Examen { vue: view, faits: facts, liens, bilan, documents })
    }
}

/// What a party did itself came after its own credentials; the rest is the office's or the clock's.
fn identified(view: &View, (at, actor, _): &Lu) -> bool {
    match actor.role {
        Role::Destinataire => {
            let mine = view.acces.iter().find(|(personne, _)| personne.to_string() == actor.id);
            mine.is_some_and(|(_, acces)| acces.premier.is_some_and(|first| first <= *at))
        }
        _ => !actor.id.is_empty(),
    }
}

/// Every fact again, under the rules that say who may do what: the view must come out the same.
fn replays(facts: &[Lu], view: &View) -> bool {
    let mut made: Option<View> = None;
    for (at, actor, event) in facts {
        match View::next(made.as_ref(), *at, actor, event) {
            Ok(next) => made = Some(next),
            Err(_) => return false,
        }
    }
    made.as_ref() == Some(view)
}

/// The dates told to the parties are those of the lines.
fn dated(view: &View, facts: &[Lu]) -> bool {
    let at = |wanted: &dyn Fn(&Event) -> bool| facts.iter().find(|(_, _, event)| wanted(event)).map(|(at, _, _)| *at);
    let invited = at(&|event| matches!(event, Event::Invited { .. }));
    view.invitation.as_ref().map(|kept| kept.inscrite_le) == invited
        && view.messages.iter().all(|(id, kept)| {
            let left = at(&|event| matches!(event, Event::MessageDeposited { message, .. } if message == id));
            let opened = at(&|event| matches!(event, Event::MessageConsulted { message, .. } if message == id));
            left == Some(kept.mis_a_disposition) && opened == kept.consulte
        })
}

/// The documents that the facts announce.
pub(in crate::platform) fn documents(facts: &[Lu]) -> Vec<Digests> {
    let mut list = Vec::new();
    for (_, _, event) in facts {
        match event {
            Event::Invited { lettre, .. } => list.push(*lettre),
            Event::Participated { piece, .. } | Event::ProposalAccepted { piece, .. } => list.push(*piece),
            Event::ParticipationNoted { constat, .. } => list.push(*constat),
            Event::RefusedExpressly { texte, .. } | Event::Disagreed { texte, .. } => list.extend(*texte),
            Event::EndRecorded { ecrit, .. } => list.push(*ecrit),
            Event::TitleDelivered { titre, signature, .. } => list.extend([*titre, *signature]),
            Event::MessageDeposited { contenu, .. } => list.push(*contenu),
            _ => {}
        }
    }
    list
}
