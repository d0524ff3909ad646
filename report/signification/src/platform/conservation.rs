//! How long an act is kept, and by whom (rows D08, D09): in its recipient's vault until a day that is told, in the office's evidence
//! longer. And what is shown beside an act (row D10).
use dossier::Instant;
use jiff::civil::Date;
use serde::Serialize;

use super::Platform;
use super::comptes::{Acces, Objet};
use super::erasure::destroy;
use crate::civil::{paris_date, paris_midnight};
use crate::comptes::Operation;
use crate::consent::Actor;
use crate::deadline::{calendar_months, french_date};
use crate::explication::{VERSION, empreinte};
use crate::preuve_acte::{Event, View};
use crate::projection::{Views, id_of};
use crate::state::ActeView;
use crate::store::Table;
use crate::{Id, SignificationError};

/// Acts looked at in one go.
const LOT: usize = 200;

/// The two terms of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conservation {
    /// The act.
    pub acte: Id,
    /// End of its stay in the vault; none before its sending.
    pub coffre_jusqu_au: Option<Instant>,
    /// When it was deleted there, if it is.
    pub efface_le: Option<Instant>,
    /// Until when the office keeps its evidence at least; none before the sending.
    pub etude_jusqu_au: Option<Date>,
    /// The banner, in French.
    pub phrase: String,
}

/// The explanation that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Montree {
    /// The act.
    pub acte: Id,
    /// Version of the texts.
    pub version: &'static str,
    /// SHA-256 of the page, as journalled.
    pub sha256: dossier::Sha256Digest,
    /// Whether this session had seen it already: then no line was written.
    pub deja: bool,
}

impl Platform<'_> {
    /// What is known beside an act: explanations shown, dossiers handed over, returns kept.
    pub fn preuve_acte(&self, acte: Id) -> Result<Option<View>, SignificationError> {
        self.views().view(Table::PreuveActe, acte.as_bytes())
    }

    /// Until when an act is kept, where.
    pub fn conservation(&self, acte: Id) -> Result<Conservation, SignificationError> {
        let view = self.views().act(acte)?;
        let end = self.effacement(view.consent)?;
        let efface_le = match end.as_ref().and_then(|end| end.actes_effaces_le()) {
            Some(at) => Some(at),
            None => self.preuve_acte(acte)?.and_then(|kept| kept.coffre_efface),
        };
        let term = self.terme_du_coffre(&view);
        let left = end.and_then(|end| end.jusqu_au);
        let coffre_jusqu_au = term.map(|term| left.map_or(term, |left| left.min(term)));
        let years = i32::from(self.config.preuves.etude_annees) * 12;
        let etude_jusqu_au = view.sent_at.map(|sent| calendar_months(paris_date(sent), years));
        let phrase = phrase(coffre_jusqu_au, efface_le, etude_jusqu_au);
        Ok(Conservation { acte, coffre_jusqu_au, efface_le, etude_jusqu_au, phrase })
    }

    /// The end of the day that bears the same number, so many months after the sending.
    fn terme_du_coffre(&self, view: &ActeView) -> Option<Instant> {
        view.sent_at.map(|sent| self.terme_depuis(sent))
    }

    fn terme_depuis(&self, start: Instant) -> Instant {
        let last = calendar_months(paris_date(start), i32::from(self.config.preuves.coffre_mois));
        paris_midnight(crate::calendar::after(last, 1))
    }

    /// Deletes from the vault the acts whose term is over. The office's evidence (lines, receipts, signatures, digests) stays.
    /// Gives how many went.
    pub fn appliquer_conservation(&self) -> Result<usize, SignificationError> {
        let now = self.ctx.clock.now();
        let (mut after, mut gone) = (None::<Vec<u8>>, 0);
        loop {
            let found = self.views().scan(Table::Acte, &[], after.as_deref(), LOT)?;
            let Some((last, _)) = found.last() else { return Ok(gone) };
            after = Some(last.clone());
            for (key, _) in &found {
                let act = id_of(key)?;
                let view = self.views().act(act)?;
                // Identifiers go with time: what follows came in later, and is not over either.
                if made_at(act).is_some_and(|made| self.terme_depuis(made) > now) {
                    return Ok(gone);
                }
                if let Some(terme) = self.terme_du_coffre(&view).filter(|terme| *terme <= now) {
                    gone += usize::from(self.effacer_du_coffre(&view, terme)?);
                }
            }
        }
    }

    fn effacer_du_coffre(&self, view: &ActeView, terme: Instant) -> Result<bool, SignificationError> {
        let acte = view.id;
        let _hold = self.holds.take(acte);
        if self.refuse_erased(view.consent, acte).is_err() {
            return Ok(false);
        }
        destroy(&self.path("coffre", acte))?;
        let done = Event::CoffreEfface { acte, terme, sha256: view.content.sha256 };
        self.greffe.record_at(&Actor::platform(), |_, _| Ok(vec![done.into()]))?;
        Ok(true)
    }

    /// Refuses what its term took out of the vault, by its own code.
    pub(super) fn refuse_out_of_vault(&self, acte: Id) -> Result<(), SignificationError> {
        match self.preuve_acte(acte)?.and_then(|kept| kept.coffre_efface) {
            Some(at) => Err(SignificationError::Erased { object: acte.to_string(), at }),
            None => Ok(()),
        }
    }

    /// Notes that the explanation of an act is shown in this session, with its digest: once for a session and a text.
    pub fn expliquer_en_session(&self, acces: &Acces, acte: Id) -> Result<Montree, SignificationError> {
        // Showing it is part of following the act.
        let auteur = self.autoriser_sur(acces, Operation::Suivi, Objet::Acte(acte))?;
        let (session, sha256) = (acces.session().id, empreinte(self.views().act(acte)?.nature.as_str()));
        let mut deja = false;
        let ticket = self.greffe.stage(auteur.acteur(), crate::greffe::With::default(), |_, taken| {
            let known: Option<View> = taken.view(Table::PreuveActe, acte.as_bytes())?;
            deja = known.is_some_and(|known| known.montree(session, sha256));
            if deja {
                return Ok(Vec::new());
            }
            Ok(vec![Event::Explication { acte, session, version: VERSION.to_owned(), sha256 }.into()])
        })?;
        self.greffe.wait(ticket)?;
        Ok(Montree { acte, version: VERSION, sha256, deja })
    }
}

/// When an identifier was made: its first six octets (RFC 9562, version 7).
fn made_at(id: Id) -> Option<Instant> {
    let [a, b, c, d, e, f, ..] = *id.as_bytes();
    let ms = [0, 0, a, b, c, d, e, f];
    Instant::from_millisecond(i64::from_be_bytes(ms))
}

fn phrase(coffre: Option<Instant>, efface_le: Option<Instant>, etude: Option<Date>) -> String {
    let rule = "Ce service n'est pas un archivage : gardez vous-même vos actes et leurs récépissés.";
    let vault = match (efface_le, coffre) {
        (Some(at), _) => format!("Cet acte a été effacé du coffre le {}.", french_date(paris_date(at))),
        (None, Some(at)) => {
            format!(
                "Cet acte sera effacé de votre espace le {}, ou deux mois après une résiliation.",
                french_date(paris_date(at))
            )
        }
        (None, None) => "Cet acte n'est pas encore envoyé : aucun délai ne court.".to_owned(),
    };
    match etude {
        Some(day) => format!(
            "{rule} {vault} L'étude en garde les preuves (journal, récépissés, empreintes) jusqu'au {} au moins.",
            french_date(day)
        ),
        None => format!("{rule} {vault}"),
    }
}
