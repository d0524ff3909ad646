//! The forms of classical service, in French (Markdown): blank before the officer goes, filled in from what he found after.
use dossier::Instant;

use super::ETAPES;
use super::modalite::{Constat, Modalite, Suites};
use crate::backend::Remise;
use crate::civil::paris_date;
use crate::deadline::french;
use crate::text::fill;
use crate::{Id, SignificationError};

const PLAN: &str = include_str!("../../../text/fr/papier/plan.md");
const AVIS: &str = include_str!("../../../text/fr/papier/avis-de-passage.md");
const LETTRE: &str = include_str!("../../../text/fr/papier/lettre-658.md");
const RECHERCHES: &str = include_str!("../../../text/fr/papier/proces-verbal-659.md");
const REMISE: &str = include_str!("../../../text/fr/papier/proces-verbal-remise.md");
const VIDE: &str = "…………………………";

/// The office and its officer, as the forms name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cadre {
    /// Name of the office.
    pub etude: String,
    /// Its address, one line.
    pub adresse: String,
    /// Name of the officer.
    pub officier: String,
    /// Opening hours, for who collects a copy.
    pub horaires: String,
}

impl Cadre {
    /// Checks what the types cannot say: one line each, not empty, 300 characters at most.
    pub(crate) fn check(&self) -> Result<(), SignificationError> {
        for text in [&self.etude, &self.adresse, &self.officier, &self.horaires] {
            if text.trim().is_empty() || text.chars().any(char::is_control) || text.chars().count() > 300 {
                let found = text.chars().take(40).collect();
                return Err(SignificationError::Field { field: "cadre", found, why: "une ligne, non vide" });
            }
        }
        Ok(())
    }
}

/// Forms by file name, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formes {
    /// The act.
    pub acte: Id,
    /// Name and text of each.
    pub textes: Vec<(&'static str, String)>,
}

/// The plan of an act: the ladder, and what is asked.
pub fn plan_texte(remise: &Remise, cadre: &Cadre) -> Result<String, SignificationError> {
    cadre.check()?;
    let steps: Vec<String> = ETAPES
        .iter()
        .enumerate()
        .map(|(i, e)| format!("{}. **{}** ({}). {} Formule : `{}`.", i + 1, e.titre, e.article, e.condition, e.forme))
        .collect();
    let instructions: Vec<String> = remise.instructions.iter().map(|i| format!("- {}", plain(i))).collect();
    let instructions = if instructions.is_empty() { "- aucune".to_owned() } else { instructions.join("\n") };
    let avant = remise.avant.map_or_else(|| "sans date imposée".to_owned(), french);
    let mut values = common(remise, cadre);
    values.extend([("etapes", steps.join("\n\n")), ("instructions", instructions), ("avant", avant)]);
    filled(PLAN, &values)
}

/// The forms: all of them, blank, before the officer goes; the one or two of the mode, filled in, once he found out.
pub fn formes(
    remise: &Remise,
    cadre: &Cadre,
    trouve: Option<(&Constat, &Suites)>,
) -> Result<Formes, SignificationError> {
    cadre.check()?;
    remise.check()?;
    let base = common(remise, cadre);
    let with = |template: &str, more: Vec<(&'static str, String)>| {
        filled(template, &base.iter().cloned().chain(more).collect::<Vec<_>>())
    };
    let mut textes = Vec::new();
    let mode = trouve.map(|(_, s)| s.modalite);
    let wanted = |forms: &[Modalite]| mode.is_none_or(|m| forms.contains(&m));
    if wanted(&[Modalite::TiersPresent, Modalite::DepotEtude]) {
        textes.push(("avis-de-passage.md", with(AVIS, passage(trouve))?));
    }
    if mode.is_none() || trouve.is_some_and(|(_, s)| s.lettre_simple.is_some()) {
        textes.push(("lettre-658.md", with(LETTRE, lettre(trouve))?));
    }
    if wanted(&[Modalite::ProcesVerbalDeRecherches]) {
        textes.push(("proces-verbal-659.md", with(RECHERCHES, recherches(trouve))?));
    }
    if wanted(&[Modalite::APersonne, Modalite::TiersPresent, Modalite::DepotEtude]) {
        textes.push(("proces-verbal-remise.md", with(REMISE, remises(trouve))?));
    }
    Ok(Formes { acte: remise.acte, textes })
}

type Values = Vec<(&'static str, String)>;

fn common(remise: &Remise, cadre: &Cadre) -> Values {
    vec![
        ("acte", remise.acte.to_string()),
        ("dossier", plain(&remise.dossier)),
        ("nature", plain(remise.nature.as_str())),
        ("requerant", plain(&remise.requerant.nom)),
        ("destinataire", plain(&remise.destinataire.nom)),
        ("adresse", plain(&remise.destinataire.adresse.join(", "))),
        ("etude", plain(&cadre.etude)),
        ("adresse_etude", plain(&cadre.adresse)),
        ("officier", plain(&cadre.officier)),
        ("horaires", plain(&cadre.horaires)),
        ("sha256", remise.contenu().sha256.to_hex()),
    ]
}

type Trouve<'a> = Option<(&'a Constat, &'a Suites)>;

fn passage(trouve: Trouve<'_>) -> Values {
    vec![("date", day(trouve)), ("remise", taker(trouve)), ("retrait", collect(trouve))]
}

fn lettre(trouve: Trouve<'_>) -> Values {
    let due = trouve.and_then(|(_, s)| s.lettre_simple).map_or_else(
        || "le jour même ou au plus tard le premier jour ouvrable".to_owned(),
        |l| format!("le jour même, au plus tard le {}", french(l.earliest())),
    );
    vec![("date", day(trouve)), ("envoi", due), ("remise", taker(trouve)), ("retrait", collect(trouve))]
}

fn recherches(trouve: Trouve<'_>) -> Values {
    let due = trouve.and_then(|(_, s)| s.lettre_recommandee).map_or_else(
        || "le jour même ou au plus tard le premier jour ouvrable".to_owned(),
        |l| format!("le jour même, au plus tard le {}", french(l.earliest())),
    );
    let list = |pick: fn(&Constat) -> &Vec<String>| lines(trouve.map(|(c, _)| pick(c)));
    vec![
        ("moment", moment(trouve)),
        ("diligences", list(|c| &c.diligences)),
        ("recherches", list(|c| &c.recherches)),
        ("envoi", due),
    ]
}

fn remises(trouve: Trouve<'_>) -> Values {
    let mode = trouve.map_or_else(|| VIDE.to_owned(), |(_, s)| s.modalite.phrase().to_owned());
    let list = |pick: fn(&Constat) -> &Vec<String>| lines(trouve.map(|(c, _)| pick(c)));
    vec![
        ("moment", moment(trouve)),
        ("modalite", mode),
        ("remise", taker(trouve)),
        ("diligences", list(|c| &c.diligences)),
        ("verifications", list(|c| &c.verifications)),
        ("suites", after(trouve)),
    ]
}

fn day(trouve: Trouve<'_>) -> String {
    trouve.map_or_else(|| VIDE.to_owned(), |(c, _)| french(paris_date(c.le)))
}

fn moment(trouve: Trouve<'_>) -> String {
    let hour = |at: Instant| at.legal_time().strftime("%H h %M (heure de Paris, UTC%:z)").to_string();
    let text = |at: Instant| format!("{} à {}", french(paris_date(at)), hour(at));
    let when = trouve.map_or_else(|| VIDE.to_owned(), |(c, _)| text(c.le));
    match trouve.and_then(|(c, _)| c.permission.as_deref()) {
        Some(permission) => format!("{when}, avec la permission du juge : {}", plain(permission)),
        None => when,
    }
}

/// To whom the copy was given.
fn taker(trouve: Trouve<'_>) -> String {
    let Some((constat, suites)) = trouve else { return VIDE.to_owned() };
    match (suites.modalite, &constat.tiers, &constat.recu_par) {
        (Modalite::APersonne, _, Some(named)) => format!("à {}", plain(named)),
        (Modalite::APersonne, _, None) => "au destinataire en personne".to_owned(),
        (Modalite::TiersPresent, Some(t), _) => {
            format!("sous enveloppe fermée à {}, {}, qui l'a acceptée", plain(&t.nom), plain(&t.qualite))
        }
        (Modalite::DepotEtude, Some(t), _) => {
            format!(
                "aucune sur place : {}, {}, n'a pas accepté la copie ; elle est déposée à l'étude",
                plain(&t.nom),
                plain(&t.qualite)
            )
        }
        (Modalite::DepotEtude, None, _) => {
            "aucune sur place : nul n'était présent ; la copie est déposée à l'étude".to_owned()
        }
        _ => "aucune".to_owned(),
    }
}

/// Where and until when the copy is to be collected.
fn collect(trouve: Trouve<'_>) -> String {
    match trouve {
        None => "Si la copie est déposée à l'étude : elle doit y être retirée dans le plus bref délai, contre récépissé ou \
                 émargement, par le destinataire ou toute personne spécialement mandatée ; l'étude la conserve trois mois."
            .to_owned(),
        Some((_, suites)) => suites.garde.as_ref().map_or_else(
            || "La copie n'est pas déposée à l'étude.".to_owned(),
            |term| {
                format!(
                    "La copie doit être retirée à l'étude dans le plus bref délai, contre récépissé ou émargement, par le \
                     destinataire ou toute personne spécialement mandatée. L'étude la conserve pendant trois mois, jusqu'au {} \
                     inclus ; passé ce délai, elle en est déchargée. À la demande du destinataire, la copie peut être transmise à une autre \
                     étude où il pourra la retirer dans les mêmes conditions.",
                    french(term.due)
                )
            },
        ),
    }
}

/// What is still to be done, with its dates.
fn after(trouve: Trouve<'_>) -> String {
    let Some((_, suites)) = trouve else { return "- à compléter selon la modalité".to_owned() };
    let mut list = vec![format!("- date de la signification : {} (CPC, art. 664-1)", french(suites.signifie_le))];
    if suites.avis_de_passage {
        list.push("- avis de passage laissé sur place (CPC, art. 655 et 656)".to_owned());
    }
    if let Some(letter) = suites.lettre_simple {
        list.push(format!(
            "- lettre simple avec copie de l'acte, le jour même, au plus tard le {} (CPC, art. 658)",
            french(letter.earliest())
        ));
    }
    if let Some(term) = &suites.garde {
        list.push(format!("- copie conservée à l'étude jusqu'au {} inclus (CPC, art. 656)", french(term.due)));
    }
    list.join("\n")
}

fn lines(list: Option<&Vec<String>>) -> String {
    let list: Vec<String> = list.into_iter().flatten().map(|l| format!("- {}", plain(l))).collect();
    if list.is_empty() { format!("- {VIDE}") } else { list.join("\n") }
}

/// What somebody typed, as plain words of a Markdown text: one line, nothing that the reader would take for markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            c if c.is_control() => out.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Fills a form, which need not use every value.
fn filled(template: &str, values: &[(&'static str, String)]) -> Result<String, SignificationError> {
    let used: Vec<(&str, &str)> = values
        .iter()
        .filter(|(key, _)| template.contains(&format!("{{{key}}}")))
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    fill(template, &used)
}
