//! What the office must see of its notices: each alert has a code and a sentence that says what to do.
use dossier::Instant;
use serde::Serialize;

use super::{EtatAvis, REMISE_CIBLE_SECONDES, View};
use crate::Id;

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CodeAlerte {
    /// The notice was refused, given up or returned.
    EchecAvis,
    /// Servers contradict each other.
    RetoursContraires,
    /// A return was not understood.
    RetourALire,
    /// A server goes on trying.
    AvisRetarde,
    /// Nothing heard.
    SansNouvelle,
    /// Refused for now; it will be tried again.
    ReprisePrevue,
    /// More than a minute between the deposit and the hand-off, or not handed over yet.
    RemiseTardive,
}

impl CodeAlerte {
    /// In French: what happened, what to do.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::EchecAvis => {
                "L'avis n'est pas arrivé. La date d'envoi de l'acte reste celle du journal ; renouveler l'avis à une adresse \
                 vérifiée auprès du destinataire, ou prévoir la remise sur papier."
            }
            Self::RetoursContraires => {
                "Des serveurs disent l'avis à la fois remis et rejeté : tenir l'avis pour non arrivé, et lire les retours \
                 conservés."
            }
            Self::RetourALire => "Un retour n'a pas été compris : il est conservé, une personne doit le lire.",
            Self::AvisRetarde => "Un serveur n'a pas encore pu remettre l'avis et dit qu'il essaie toujours.",
            Self::SansNouvelle => {
                "Aucune nouvelle de l'avis depuis sa remise au serveur : ce silence ne prouve ni la remise ni l'échec."
            }
            Self::ReprisePrevue => "Le serveur a refusé l'avis pour l'instant : un nouvel essai est prévu.",
            Self::RemiseTardive => {
                "Plus d'une minute sépare le dépôt de l'acte de la remise de l'avis au serveur : le parcours dit où ce temps \
                 est passé."
            }
        }
    }
}

/// One thing the office must see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alerte {
    /// What.
    pub code: CodeAlerte,
    /// Of which notice.
    pub notice: Id,
    /// About which act, consent or account.
    pub object: Id,
    /// Status or reply code that says why, when there is one.
    pub motif: Option<String>,
    /// Since when.
    pub depuis: Instant,
    /// In French.
    pub phrase: &'static str,
}

/// The alerts of these notices at `now`, the gravest first, then the oldest.
pub fn alertes<'a>(views: impl IntoIterator<Item = &'a View>, now: Instant) -> Vec<Alerte> {
    let mut found: Vec<Alerte> = views.into_iter().flat_map(|view| of(view, now)).collect();
    found.sort_by_key(|a| (a.code, a.depuis, a.notice));
    found
}

fn of(view: &View, now: Instant) -> Vec<Alerte> {
    let mut found = Vec::new();
    let mut tell = |code: CodeAlerte, motif: Option<String>, depuis: Instant| {
        found.push(Alerte { code, notice: view.notice, object: view.object, motif, depuis, phrase: code.phrase() });
    };
    let last_try = view.essais.last();
    match view.etat {
        EtatAvis::Rejete => {
            let status = view.retours.iter().rev().find_map(|r| r.retour.statut.map(|s| s.to_string()));
            let depuis = view.retours.last().map(|r| r.lu).or(last_try.map(|e| e.fin)).unwrap_or(view.dernier);
            tell(CodeAlerte::EchecAvis, status.or(last_try.map(|e| e.code.clone())), depuis);
        }
        EtatAvis::Retarde => tell(CodeAlerte::AvisRetarde, None, view.dernier),
        EtatAvis::SansNouvelle => {
            // No report was promised: nothing could be heard but a failure.
            let motif = (view.dsn == Some(false)).then(|| "SANS_RAPPORT_PROMIS".to_owned());
            tell(CodeAlerte::SansNouvelle, motif, view.dernier);
        }
        EtatAvis::EnFile if last_try.is_some() => {
            tell(CodeAlerte::ReprisePrevue, last_try.map(|e| e.code.clone()), view.dernier);
        }
        _ => {}
    }
    if view.contradiction() {
        tell(CodeAlerte::RetoursContraires, None, view.dernier);
    }
    if let Some(unread) = view.retours.iter().find(|r| r.retour.action.is_none()) {
        tell(CodeAlerte::RetourALire, None, unread.lu);
    }
    let end = view.remis_le().or((view.etat == EtatAvis::EnFile).then_some(now));
    let late = |end: Instant| end.as_millisecond() - view.deposited_at.as_millisecond() >= REMISE_CIBLE_SECONDES * 1000;
    if end.is_some_and(late) {
        tell(CodeAlerte::RemiseTardive, None, view.deposited_at);
    }
    found
}
