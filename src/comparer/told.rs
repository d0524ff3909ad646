//! What differs, told in French: a line or two for each thing, the whole in `comparaison.txt`, the first of it on the terminal.
use std::fmt::Display;

use capture::replay::Region;

use super::comparison::{Change, Comparison, PictureChange};
use super::facts::{Gathered, PageFacts, StepFacts};
use super::items::{Item, ItemsDifference};
use super::run::RunFacts;
use super::texts::{TextDifference, shortened};
use crate::output::printable;

/// How much is told of each list.
pub(crate) struct Measure {
    items: usize,
    lines: usize,
    characters: usize,
}

/// On a terminal.
pub(crate) const SHORT: Measure = Measure { items: 10, lines: 30, characters: 160 };
/// In a file.
pub(crate) const WHOLE: Measure = Measure { items: 2_000, lines: 2_000, characters: 4_000 };

/// The lines of the report.
pub(crate) fn lines(comparison: &Comparison, measure: &Measure) -> Vec<String> {
    let mut told = vec![
        comparison.nature.to_owned(),
        format!("Avant : {}", run(&comparison.before)),
        format!("Après : {}", run(&comparison.after)),
    ];
    if !comparison.same_scenario {
        told.push("ATTENTION : les deux scénarios ne sont pas les mêmes ; ce qui diffère peut en venir.".into());
    }
    let steps = comparison.steps.iter().map(|change| vec![step(change)]);
    first(steps, measure, "étape(s)", &mut told);
    first(comparison.pages.iter().map(page), measure, "page(s)", &mut told);
    let captures = comparison.captures.iter().map(|capture| {
        let how = if capture.appeared { "apparue" } else { "disparue" };
        vec![format!("Étape {} : capture « {} » {how}", capture.step, printable(&capture.titre))]
    });
    first(captures, measure, "capture(s)", &mut told);
    for text in &comparison.texts {
        told.push(format!("Étape {}, « {} » : {}", text.step, printable(&text.titre), counted(&text.difference)));
        difference(&text.difference, measure, &mut told);
    }
    for list in &comparison.lists {
        told.push(format!("Étape {}, « {} » : {}", list.step, printable(&list.titre), summed(&list.difference)));
        items(&list.difference, measure, &mut told);
    }
    for picture in &comparison.pictures {
        told.push(format!(
            "Étape {}, « {} » : {}",
            picture.step,
            printable(&picture.titre),
            pixels(&picture.difference)
        ));
    }
    told.extend(comparison.not_compared.iter().map(|why| format!("NON COMPARÉ : {}", printable(why))));
    let end = match (comparison.changed, comparison.not_compared.is_empty()) {
        (true, _) => "Des changements ont été relevés.",
        (false, true) => "Rien n'a changé.",
        (false, false) => "Rien n'a changé dans ce qui a pu être comparé.",
    };
    told.push(end.into());
    told
}

/// The first things of a list, and how many more there are.
fn first(all: impl Iterator<Item = Vec<String>>, measure: &Measure, what: &str, told: &mut Vec<String>) {
    let mut left = 0_usize;
    for (i, lines) in all.enumerate() {
        if i < measure.lines {
            told.extend(lines);
        } else {
            left += 1;
        }
    }
    if left > 0 {
        told.push(format!("… et {left} autre(s) {what}"));
    }
}

fn run(facts: &RunFacts) -> String {
    let at = facts.opened_at.map_or_else(
        || "heure inconnue".to_owned(),
        |at| at.legal_time().strftime("%d/%m/%Y à %H:%M:%S (%Z)").to_string(),
    );
    let state = match facts.state.as_str() {
        "complete" => "complète",
        "partial" => "PARTIELLE",
        "interrupted" => "INTERROMPUE",
        _ => "d'état inconnu",
    };
    let checked = facts.verdict.map_or("dossier, journal contrôlé", |verdict| match verdict {
        sealer::Verdict::Pass => "scellé, verdict PASS",
        sealer::Verdict::Fail => "scellé, verdict FAIL",
        sealer::Verdict::Indeterminate => "scellé, verdict INDETERMINATE",
    });
    format!("{} du {at}, capture {state} ({checked})", printable(&facts.reference))
}

fn step(change: &Change<StepFacts>) -> String {
    let side = |facts: &Option<StepFacts>| match facts {
        None => "non faite".to_owned(),
        Some(facts) => {
            let how = match facts.outcome {
                dossier::Outcome::Ok => "faite",
                dossier::Outcome::Failed => "échouée",
                _ => "non faite",
            };
            let code = facts.code.as_deref().map(|code| format!(" [{}]", printable(code))).unwrap_or_default();
            format!("{how}{code}")
        }
    };
    let kind = change.after.as_ref().or(change.before.as_ref()).map_or("", |facts| facts.kind.as_str());
    format!("Étape {} ({}) : {} → {}", change.step, printable(kind), side(&change.before), side(&change.after))
}

fn page(change: &Change<PageFacts>) -> Vec<String> {
    let (before, after) = match (&change.before, &change.after) {
        (Some(before), Some(after)) => (before, after),
        (None, Some(page)) => return vec![format!("Étape {} : page apparue, {}", change.step, whole(page))],
        (Some(page), None) => return vec![format!("Étape {} : page disparue, {}", change.step, whole(page))],
        (None, None) => return Vec::new(),
    };
    let mut told =
        vec![format!("Étape {} : la page demandée à {} n'est plus la même", change.step, printable(&after.asked))];
    let mut differs = |what: &str, a: String, b: String| {
        if a != b {
            told.push(format!("  {what} : {} → {}", printable(&a), printable(&b)));
        }
    };
    let reached = |page: &PageFacts| if page.reached { "oui" } else { "non" }.to_owned();
    differs("adresse demandée", before.asked.clone(), after.asked.clone());
    differs("atteinte", reached(before), reached(after));
    differs("statut", or_none(before.status), or_none(after.status));
    differs("adresse finale", or_none(before.url.clone()), or_none(after.url.clone()));
    differs("titre", or_none(before.title.clone()), or_none(after.title.clone()));
    told
}

fn whole(page: &PageFacts) -> String {
    let title = printable(page.title.as_deref().unwrap_or(""));
    format!("{} (statut {}, « {title} »)", printable(&page.asked), or_none(page.status))
}

fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "aucun".to_owned(), |value| value.to_string())
}

fn counted(text: &TextDifference) -> String {
    let cut = if text.cut { " ; le texte est trop long pour être comparé en entier" } else { "" };
    format!("texte changé, {} ligne(s) de moins, {} de plus{cut}", text.removed, text.added)
}

fn difference(text: &TextDifference, measure: &Measure, told: &mut Vec<String>) {
    let mut last = None;
    for line in text.lines.iter().take(measure.lines) {
        let number = line.after.or(line.before).unwrap_or(0);
        let far = last.is_some_and(|last: usize| number > last + 1 && line.mark == ' ');
        if far {
            told.push("  …".into());
        }
        last = line.after.or(last);
        told.push(format!("  {} {}", line.mark, printable(&shortened(&line.text, measure.characters))));
    }
    let untold = text.lines.len().saturating_sub(measure.lines) + text.untold;
    if untold > 0 {
        told.push(format!("  … et {untold} autre(s) ligne(s)"));
    }
}

fn summed(list: &ItemsDifference) -> String {
    let counter = |gathered: &Gathered| gathered.counter.map_or_else(|| "illisible".to_owned(), |n| n.to_string());
    let mut said = format!(
        "{} publication(s) apparue(s), {} disparue(s), {} modifiée(s) ; recueillies {} → {} ; compteur du site {} → {}",
        list.appeared_count,
        list.vanished_count,
        list.changed_count,
        list.before.collected,
        list.after.collected,
        counter(&list.before),
        counter(&list.after)
    );
    if list.before.reason != list.after.reason {
        let (before, after) = (printable(&list.before.reason), printable(&list.after.reason));
        said.push_str(&format!(" ; fin du recueil : {before} → {after}"));
    }
    said
}

fn items(list: &ItemsDifference, measure: &Measure, told: &mut Vec<String>) {
    let text = |item: &Item| printable(&shortened(&item.texte, measure.characters));
    let who = |item: &Item| {
        let author = if item.auteur.is_empty() { "auteur inconnu" } else { &item.auteur };
        let date = if item.date.is_empty() { String::new() } else { format!(", {}", item.date) };
        printable(&shortened(&format!("{author}{date} [{}]", item.key), measure.characters))
    };
    for (mark, what, all, count) in
        [("+", "apparue", &list.appeared, list.appeared_count), ("-", "disparue", &list.vanished, list.vanished_count)]
    {
        told.extend(all.iter().take(measure.items).map(|i| format!("  {mark} {what} : {} : {}", who(i), text(i))));
        rest(count, all.len().min(measure.items), what, told);
    }
    for change in list.changed.iter().take(measure.items) {
        told.push(format!("  ~ modifiée : {}", who(&change.after)));
        if change.before.auteur != change.after.auteur {
            let (a, b) = (printable(&change.before.auteur), printable(&change.after.auteur));
            told.push(format!("      auteur : {a} → {b}"));
        }
        told.push(format!("      avant : {}", text(&change.before)));
        told.push(format!("      après : {}", text(&change.after)));
    }
    rest(list.changed_count, list.changed.len().min(measure.items), "modifiée", told);
}

fn rest(count: usize, told_count: usize, what: &str, told: &mut Vec<String>) {
    if count > told_count {
        told.push(format!("  … et {} autre(s) {what}(s)", count - told_count));
    }
}

fn pixels(change: &PictureChange) -> String {
    match (&change.pixels_before, &change.pixels_after) {
        (None, _) => return "image de la page apparue".into(),
        (_, None) => return "image de la page disparue".into(),
        _ => {}
    }
    let place = change.region.as_ref().map(place).unwrap_or_default();
    let file = change.picture.as_deref().map(|name| format!(" ; {name}")).unwrap_or_default();
    format!("image de la page changée{place}{file}")
}

fn place(region: &Region) -> String {
    let ((aw, ah), (bw, bh)) = (region.before, region.after);
    let size =
        if region.before == region.after { String::new() } else { format!(", {aw} × {ah} → {bw} × {bh} pixels") };
    let rows = if region.before_rows == region.after_rows {
        format!("sur {} rangées", region.before_rows)
    } else {
        format!("sur {} rangées, {} désormais", region.before_rows, region.after_rows)
    };
    let cut = if region.cut { " (l'image n'en montre que le début)" } else { "" };
    format!(
        "{size}, à partir de la rangée {} {rows}, colonnes {} à {}{cut}",
        region.top + 1,
        region.left + 1,
        region.right
    )
}
