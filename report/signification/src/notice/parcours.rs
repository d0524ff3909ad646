//! Where the time of a notice went, hop by hop (row I05): what was measured here, and what other servers state. Delays of
//! the network are not the platform's doing, provided that this can be shown.
use dossier::Instant;
use serde::Serialize;

use super::suivi::View;
use crate::civil::paris_rfc3339;

/// Who held the notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Maillon {
    /// This platform.
    Plateforme,
    /// The way to our mail server: no connection, or one that broke.
    Reseau,
    /// Our mail server, by its replies.
    ServeurDeMessagerie,
    /// The servers beyond ours.
    ServeursSuivants,
}

/// How an end of a step is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Our clock.
    Mesure,
    /// What another server wrote: its clock is not ours.
    Declare,
}

/// One step. Steps follow each other without gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Etape {
    /// Who held the notice.
    pub maillon: Maillon,
    /// What happened, in French.
    pub fait: String,
    /// Start.
    pub de: Instant,
    /// End.
    pub a: Instant,
    /// Milliseconds.
    pub ms: i64,
    /// How the end is known.
    pub source: Source,
}

/// The whole way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parcours {
    /// Steps, in order, from the deposit to the last fact known.
    pub etapes: Vec<Etape>,
    /// Milliseconds in all.
    pub total_ms: i64,
    /// Milliseconds of each holder.
    pub par_maillon: Vec<(Maillon, i64)>,
    /// Who held it longest; `None` when nothing took time.
    pub principal: Option<Maillon>,
}

impl Parcours {
    /// One French line for each step, for a report.
    pub fn lignes(&self) -> Vec<String> {
        let line = |e: &Etape| {
            let source = match e.source {
                Source::Mesure => "mesuré ici",
                Source::Declare => "déclaré par un autre serveur",
            };
            let seconds = format!("{},{:03} s", e.ms / 1000, e.ms % 1000);
            format!("{} → {} : {} ({seconds}, {source})", paris_rfc3339(e.de), paris_rfc3339(e.a), e.fait)
        };
        self.etapes.iter().map(line).collect()
    }
}

/// The way of one notice as known at `now`.
pub fn parcours(view: &View, now: Instant) -> Parcours {
    let mut way = Way { at: view.deposited_at, etapes: Vec::new() };
    way.to(view.queued_at, Maillon::Plateforme, "écriture de l'avis", Source::Mesure);
    let mut planned: Option<Instant> = None;
    let mut cause = Maillon::Plateforme;
    let mut refusal = String::new();
    for essai in &view.essais {
        if let Some(reprise) = planned {
            // The refusal costs the wait that it imposes; beyond, the platform is late.
            way.to(reprise.min(essai.debut), cause, &format!("attente après le refus {refusal}"), Source::Mesure);
        }
        way.to(essai.debut, Maillon::Plateforme, "file d'attente", Source::Mesure);
        let broken = matches!(essai.code.as_str(), "connexion" | "interrompu");
        cause = if broken { Maillon::Reseau } else { Maillon::ServeurDeMessagerie };
        let fait = match essai.pris {
            true => format!("échange avec le serveur, qui prend l'avis ({})", essai.code),
            false => format!("échange avec le serveur, qui refuse l'avis ({})", essai.code),
        };
        way.to(essai.fin, cause, &fait, Source::Mesure);
        (planned, refusal) = (essai.reprise, essai.code.clone());
    }
    if let (Some(reprise), true) = (planned, view.remis_le().is_none() && view.abandon.is_none()) {
        let waited = reprise.min(now);
        way.to(waited, cause, &format!("attente après le refus {refusal}"), Source::Mesure);
        way.to(now, Maillon::Plateforme, "file d'attente", Source::Mesure);
    }
    for lu in &view.retours {
        // A date out of order is the sign of another clock: the step is then not divided.
        if let Some(emis) = lu.retour.emis.filter(|emis| *emis >= way.at && *emis <= lu.lu) {
            way.to(emis, Maillon::ServeursSuivants, "acheminement, jusqu'au retour écrit", Source::Declare);
            way.to(lu.lu, Maillon::Plateforme, "retour, jusqu'à sa lecture", Source::Mesure);
        } else {
            way.to(lu.lu, Maillon::ServeursSuivants, "acheminement et retour, non départagés", Source::Mesure);
        }
    }
    way.finish(view.deposited_at)
}

struct Way {
    at: Instant,
    etapes: Vec<Etape>,
}

impl Way {
    fn to(&mut self, a: Instant, maillon: Maillon, fait: &str, source: Source) {
        let ms = a.as_millisecond() - self.at.as_millisecond();
        if ms > 0 {
            self.etapes.push(Etape { maillon, fait: fait.to_owned(), de: self.at, a, ms, source });
            self.at = a;
        }
    }

    fn finish(self, start: Instant) -> Parcours {
        use Maillon::{Plateforme, Reseau, ServeurDeMessagerie, ServeursSuivants};
        let sum = |m: Maillon| self.etapes.iter().filter(|e| e.maillon == m).map(|e| e.ms).sum();
        let par_maillon: Vec<(Maillon, i64)> =
            [Plateforme, Reseau, ServeurDeMessagerie, ServeursSuivants].map(|m| (m, sum(m))).to_vec();
        let principal = par_maillon.iter().filter(|(_, ms)| *ms > 0).max_by_key(|(_, ms)| *ms).map(|(m, _)| *m);
        Parcours {
            total_ms: self.at.as_millisecond() - start.as_millisecond(),
            etapes: self.etapes,
            par_maillon,
            principal,
        }
    }
}
