//! May this office serve this act? The answer explains itself in French, names the competent courts and proposes offices.
//!
//! Ordinary rule: the ressort of the court of appeal of the office and of its annexes since 1 January 2017; before, that of
//! a tribunal, whose limits are not in the table. Electronic service: also any officer whose residence is in the ressort of
//! the court of appeal where one of the addressees lives. The present number of that article is not known: the rule is
//! cited, no number.
use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::SignificationError;
use crate::territoire::annuaire::{Annuaire, Office, OfficeId};
use crate::territoire::commune::CodeInsee;
use crate::territoire::cour::{CourId, Ressort, ressort};

/// First day of the competence by court of appeal.
pub const COUR_DEPUIS: Date = date(2017, 1, 1);
/// First day of the commissaires de justice.
const COMMISSAIRES_DEPUIS: Date = date(2022, 7, 1);
/// The most addressees of one act.
const MAX_DESTINATAIRES: usize = 1000;
/// The most offices proposed for a court.
const MAX_PROPOSES: usize = 20;

/// How the act is to be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Canal {
    /// On paper, by the officer.
    Papier,
    /// Electronically.
    Electronique,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verdict {
    /// The office may serve the act.
    Competent,
    /// It may not: a confrère must.
    Incompetent,
    /// The data at hand do not tell.
    AVerifier,
}

impl Verdict {
    /// The code as shown and journalled.
    pub fn code(self) -> &'static str {
        match self {
            Self::Competent => "COMPETENT",
            Self::Incompetent => "INCOMPETENT",
            Self::AVerifier => "A_VERIFIER",
        }
    }
}

/// An office that could serve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Propose {
    /// Which.
    pub office: OfficeId,
    /// Its name.
    pub nom: String,
    /// The court of appeal it is proposed for.
    pub cour: CourId,
}

/// The answer, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Competence {
    /// The answer.
    pub verdict: Verdict,
    /// The courts whose ressort covers the addressees, in the order of their names: those of which an office is needed
    /// when the verdict is [`Verdict::Incompetent`].
    pub cours: Vec<CourId>,
    /// Reasons, in French, one sentence each.
    pub explication: Vec<String>,
    /// What is to be checked, in French; empty when nothing is.
    pub a_verifier: Vec<String>,
    /// Offices of the directory that could serve, when this one may not.
    pub proposes: Vec<Propose>,
}

/// Judges the competence of `office` to serve on `destinataires` (communes of their domiciles) by `canal` on `jour`. On
/// paper each addressee must be in the ressort; electronically one is enough. Without directory nothing is proposed.
/// An act without addressee is refused.
pub fn competence(
    office: &Office,
    canal: Canal,
    destinataires: &[CodeInsee],
    jour: Date,
    annuaire: Option<&Annuaire>,
) -> Result<Competence, SignificationError> {
    if destinataires.is_empty() || destinataires.len() > MAX_DESTINATAIRES {
        return Err(SignificationError::Field {
            field: "destinataires",
            found: destinataires.len().to_string(),
            why: "un destinataire au moins, mille au plus",
        });
    }
    let places: Vec<Ressort> = destinataires.iter().map(|c| ressort(*c)).collect();
    let mut verdict = rule(office, canal, &places);
    let mut a_verifier = doubts(&places, office);
    if jour < COUR_DEPUIS && verdict == Verdict::Competent && !same_commune(office, canal, &places) {
        verdict = Verdict::AVerifier;
        a_verifier.push(
            "avant le 1er janvier 2017, la compétence suivait le ressort du tribunal, qui n'est pas dans la table"
                .into(),
        );
    }
    let mut explication = reasons(office, canal, &places, jour, verdict);
    let cours: BTreeSet<CourId> = places.iter().filter_map(|p| p.cour).collect();
    let proposes = match annuaire {
        Some(annuaire) if verdict == Verdict::Incompetent => propose(office, canal, &places, annuaire),
        _ => Vec::new(),
    };
    explication.insert(0, format!("{} : {}", verdict.code(), sentence(office, verdict)));
    Ok(Competence { verdict, cours: cours.into_iter().collect(), explication, a_verifier, proposes })
}

/// The rule on whole courts of appeal, whatever the day: before 2017 it was narrower, never wider.
fn rule(office: &Office, canal: Canal, places: &[Ressort]) -> Verdict {
    let own = office.cours();
    let inside = |p: &Ressort| p.cour.is_some_and(|c| own.contains(&c));
    let residence = |p: &Ressort| p.cour == Some(office.cour);
    // A ressort that is not known, or a part of the commune (an aerodrome) that may be the place.
    let maybe = |p: &Ressort| p.cour.is_none() || p.reserves.iter().any(|r| own.contains(&r.cour));
    let ordinary = places.iter().all(inside);
    let electronic = canal == Canal::Electronique && places.iter().any(residence);
    if ordinary || electronic {
        Verdict::Competent
    } else if places.iter().all(|p| inside(p) || maybe(p)) || canal == Canal::Electronique && places.iter().any(maybe) {
        Verdict::AVerifier
    } else {
        Verdict::Incompetent
    }
}

/// Whether the addressees (electronically: one of them) live in a commune where the office sits: no limit of a ressort can
/// pass between them.
fn same_commune(office: &Office, canal: Canal, places: &[Ressort]) -> bool {
    let here = |p: &Ressort| p.commune == office.siege || office.annexes.contains(&p.commune);
    places.iter().all(here) || canal == Canal::Electronique && places.iter().any(|p| p.commune == office.siege)
}

fn sentence(office: &Office, verdict: Verdict) -> String {
    match verdict {
        Verdict::Competent => format!("l'office {} peut signifier cet acte.", office.id),
        Verdict::Incompetent => {
            format!("l'office {} ne peut pas signifier cet acte ; passez par un confrère compétent.", office.id)
        }
        Verdict::AVerifier => "les données de ce logiciel ne permettent pas de répondre.".into(),
    }
}

fn reasons(office: &Office, canal: Canal, places: &[Ressort], jour: Date, verdict: Verdict) -> Vec<String> {
    let own: Vec<&str> = office.cours().into_iter().map(CourId::nom).collect();
    let mut list = vec![format!("Ressort de l'office (siège et bureaux annexes) : {}.", own.join(", "))];
    let basis = if jour >= COMMISSAIRES_DEPUIS {
        "Règle ordinaire : ressort de la cour d'appel du siège de l'office et de ses bureaux annexes (décret n° 2021-1625 \
         du 10 décembre 2021, art. 1er)."
    } else if jour >= COUR_DEPUIS {
        "Règle ordinaire : ressort de la cour d'appel (décret n° 56-222 du 29 février 1956, rédaction en vigueur au \
         1er janvier 2017)."
    } else {
        "Règle ordinaire avant le 1er janvier 2017 : ressort du tribunal (décret n° 56-222 du 29 février 1956, rédaction \
         antérieure)."
    };
    list.push(basis.into());
    if canal == Canal::Electronique {
        list.push(
            "Signification par voie électronique : compétent aussi tout officier qui a sa résidence dans le ressort où \
             l'un des destinataires a son domicile ou sa résidence (numéro de l'article en vigueur à vérifier)."
                .into(),
        );
    }
    for place in places {
        let nom = place.commune.commune().map_or("commune inconnue", |c| c.nom);
        let court = place.cour.map_or("ressort inconnu", CourId::nom);
        list.push(format!("Destinataire à {nom} ({}) : {court}.", place.commune));
    }
    if verdict == Verdict::Competent && canal == Canal::Electronique {
        let ordinary = places.iter().all(|p| p.cour.is_some_and(|c| office.cours().contains(&c)));
        let by = if ordinary { "la règle ordinaire" } else { "la règle propre à la voie électronique" };
        list.push(format!("La compétence vient de {by}."));
    }
    list
}

fn doubts(places: &[Ressort], office: &Office) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for place in places.iter().chain([&ressort(office.siege)]) {
        for doubt in place.a_verifier.iter().chain(place.reserves.iter().map(|r| &r.motif)) {
            let text = format!("{} : {doubt}", place.commune);
            if !list.contains(&text) {
                list.push(text);
            }
        }
    }
    list
}

/// On paper: offices of the courts this one does not cover. Electronically: those of any addressee's court.
fn propose(office: &Office, canal: Canal, places: &[Ressort], annuaire: &Annuaire) -> Vec<Propose> {
    let own = office.cours();
    let needed: BTreeSet<CourId> = places.iter().filter_map(|p| p.cour).filter(|c| !own.contains(c)).collect();
    let mut list = Vec::new();
    for cour in needed {
        let fits = |o: &&Office| o.id != office.id && (canal == Canal::Papier || o.cour == cour);
        let found = annuaire.par_cour(cour).into_iter().filter(fits).take(MAX_PROPOSES);
        list.extend(found.map(|o| Propose { office: o.id, nom: o.nom.clone(), cour }));
    }
    list
}
