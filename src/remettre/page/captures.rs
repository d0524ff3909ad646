//! The captures in order, then the galleries, the films and the downloads.
use std::fmt::Write as _;

use dossier::{Artefact, Outcome};

use super::{Shown, digest, fact, figure, head, html, link, moment, text, words};
use crate::remettre::extract::Extracted;
use crate::remettre::gather::{Capture, Download, Gathering, Segment, told, value_text};
use crate::remettre::items::Items;

/// Missing things told one by one at a capture.
const MISSING: usize = 50;

/// The four sections.
pub(super) fn write(shown: &Shown<'_>, extracted: &Extracted, out: &mut String) {
    out.push_str("<section id=\"captures\"><h2>Captures</h2>\n");
    if shown.gathered.captures.is_empty() {
        out.push_str("<p>Ce scellé ne contient aucune capture.</p>\n");
    }
    for one in &shown.gathered.captures {
        capture(one, extracted, out);
    }
    out.push_str("</section>\n");
    section(&shown.gathered.gatherings, ("planches", "Galeries et fils"), out, |one, out| {
        gathering(shown, one, extracted, out)
    });
    let mut rank = 0;
    section(&shown.gathered.film, ("films", "Films"), out, |one, out| {
        rank += 1;
        segment(rank, one, extracted, out);
    });
    section(&shown.gathered.downloads, ("telechargements", "Téléchargements"), out, |one, out| {
        download(one, extracted, out)
    });
}

fn section<T>(all: &[T], (id, title): (&str, &str), out: &mut String, mut write: impl FnMut(&T, &mut String)) {
    if all.is_empty() {
        return;
    }
    let _ = writeln!(out, "<section id=\"{id}\"><h2>{title}</h2>");
    all.iter().for_each(|one| write(one, out));
    out.push_str("</section>\n");
}

fn capture(one: &Capture<'_>, extracted: &Extracted, out: &mut String) {
    let step = one.step.map_or_else(String::new, |step| format!(" · étape {step}"));
    let sentence = one.sentence.unwrap_or("Le journal, retiré de cette copie, ne dit pas l'étape.");
    let _ = writeln!(
        out,
        "<article class=\"capture\" id=\"capture-{0}\"><header><p class=\"numero\">Capture {0}{step}</p><h3>{1}</h3></header>",
        one.number,
        text::sentence(sentence, text::SENTENCE)
    );
    match one.picture.or(one.others.first().copied()) {
        Some(picture) => {
            let caption = format!("{}.", capitalised(words::kind(picture.meta.kind)));
            let alt = format!("Capture {}, {}. Ouvre l'image entière.", one.number, words::kind(picture.meta.kind));
            out.push_str(&figure(extracted, picture, &text::attribute(&alt, text::SENTENCE), &caption));
        }
        None => out.push_str("<p class=\"petit\">Aucune image.</p>"),
    }
    out.push_str("\n<div>");
    links(one, extracted, out);
    answers(one, out);
    out.push_str("<dl>\n");
    head::reached(one.page, one.url, out);
    fact(out, "Heure", &one.at.map_or_else(|| "non relevée".into(), moment));
    if let Some(picture) = one.picture {
        fact(out, "Empreinte de l'image", &digest(&picture.digests));
    }
    out.push_str("</dl>\n");
    missing(one, out);
    out.push_str("</div></article>\n");
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn links(one: &Capture<'_>, extracted: &Extracted, out: &mut String) {
    let mut all: Vec<String> = Vec::new();
    let mut push = |artefact: Option<&Artefact>, label: &str| {
        all.extend(artefact.and_then(|artefact| link(extracted, artefact, label)));
    };
    push(one.picture, "Image entière");
    push(one.text, "Texte affiché");
    push(one.snapshot, "Page en un fichier (MHTML)");
    for other in &one.others {
        push(Some(other), &capitalised(words::kind(other.meta.kind)));
    }
    out.push_str("<ul class=\"liens\">");
    all.iter().for_each(|link| {
        let _ = write!(out, "<li>{link}</li>");
    });
    out.push_str("</ul>\n");
}

/// What the officer answered: his own words as typed, or that he refused.
fn answers(one: &Capture<'_>, out: &mut String) {
    for answer in &one.answers {
        let by = answer.text("by").map_or_else(String::new, |by| format!(", {}", html(by, text::SENTENCE)));
        match (answer.outcome, answer.text("words"), answer.text("why")) {
            (Outcome::Ok, Some(said), _) => {
                let _ = writeln!(
                    out,
                    "<h4>Constatation de l'officier{by}</h4><blockquote><p>{}</p></blockquote>",
                    html(said, text::WORDS)
                );
            }
            (Outcome::Ok, None, _) => {
                let _ = writeln!(out, "<p class=\"petit\">L'officier a reconnu cette capture{by}.</p>");
            }
            (_, _, why) => {
                let why = why.map_or_else(|| "sans motif".into(), |why| html(why, text::WORDS));
                let _ = writeln!(out, "<p class=\"petit\">L'officier n'a pas reconnu cette capture : {why}</p>");
            }
        }
    }
}

fn missing(one: &Capture<'_>, out: &mut String) {
    if one.missing.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<details><summary>Ce qui n'a pas pu être gardé depuis la capture précédente : {}</summary><ul class=\"petit\">",
        one.missing.len()
    );
    for missing in one.missing.iter().take(MISSING) {
        let _ = write!(out, "<li>{} — {}</li>", super::address(&missing.url), words::reason(missing.reason));
    }
    out.push_str("</ul>");
    if one.missing.len() > MISSING {
        let _ = write!(
            out,
            "<p class=\"petit\">… et {} autres : constat.json, champ incompleteness.</p>",
            one.missing.len() - MISSING
        );
    }
    out.push_str("</details>\n");
}

fn gathering(shown: &Shown<'_>, one: &Gathering<'_>, extracted: &Extracted, out: &mut String) {
    let _ = writeln!(
        out,
        "<article><p class=\"numero\">Étape {}</p><h3>{}</h3><dl>",
        one.step,
        text::sentence(one.sentence.unwrap_or("Recueil"), text::SENTENCE)
    );
    let facts = [
        ("Recueillies", "collected"),
        ("Entières sur les vues", "whole"),
        ("Compteur du site", "counter/text"),
        ("Vues", "views"),
        ("Total annoncé", "announced"),
        ("Durée lue (ms du lecteur)", "media_ms"),
        ("Durée écoulée (ms)", "wall_ms"),
    ];
    for (name, pointer) in facts {
        if let Some(value) = told(one.end, pointer) {
            fact(out, name, &html(&value, text::SENTENCE));
        }
    }
    if let Some(reason) = told(one.end, "reason") {
        fact(out, "Fin", &html(ending(&reason), text::SENTENCE));
    }
    out.push_str("</dl>\n<div class=\"planches\">");
    for (rank, plate) in (1..).zip(&one.plates) {
        let alt = format!("Étape {}, planche {rank}. Ouvre l'image entière.", one.step);
        out.push_str(&figure(extracted, plate, &alt, &format!("Planche {rank}.")));
    }
    out.push_str("</div>\n");
    for list in &one.lists {
        if let Some((_, items)) = shown.items.iter().find(|(path, _)| path == list.path.as_str()) {
            table(items, out);
        }
    }
    out.push_str("</article>\n");
}

/// Why a gathering ended.
fn ending(reason: &str) -> &str {
    match reason {
        "bottom" => "plus rien ne venait",
        "maximum" => "la limite du scénario",
        "stopped" => "la session a dû finir",
        "failed" => "un échec",
        "no_button" => "aucun bouton ne menait plus loin",
        "seen_before" => "une vue déjà prise est revenue",
        "unchanged" => "la vue ne changeait plus",
        "left" => "la page a été quittée",
        "ended" => "la fin du film",
        "paused" => "le film s'est arrêté de lui-même",
        "broken" => "le lecteur a échoué",
        other => other,
    }
}

fn table(items: &Items, out: &mut String) {
    // The views of a gallery have no author and no text: their plates say all.
    if !items.shown.iter().any(|item| item.get("auteur").or(item.get("texte")).is_some()) {
        return;
    }
    let more = if items.more { ", les premières seulement" } else { "" };
    let _ = write!(
        out,
        "<details><summary>Publications lues dans la page : {}{more}</summary><div class=\"defile\" tabindex=\"0\" role=\"region\" aria-label=\"Publications\"><table class=\"publications\">\
         <thead><tr><th scope=\"col\" class=\"nombre\">N°</th><th scope=\"col\">Auteur</th><th scope=\"col\">Date affichée</th><th scope=\"col\">Texte</th></tr></thead><tbody>",
        items.shown.len()
    );
    for item in &items.shown {
        let cell = |name: &str| {
            item.get(name).and_then(value_text).map_or_else(|| "—".into(), |value| html(&value, text::SENTENCE))
        };
        let _ = write!(
            out,
            "<tr><td class=\"nombre\">{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            cell("n"),
            cell("auteur"),
            cell("date"),
            cell("texte")
        );
    }
    out.push_str("</tbody></table></div></details>\n");
}

fn segment(rank: u32, one: &Segment<'_>, extracted: &Extracted, out: &mut String) {
    let _ = writeln!(out, "<article><h3>Film de la session, segment {rank}</h3><dl>");
    let file = link(extracted, one.artefact, "Ouvrir le film (WebM)").unwrap_or_default();
    fact(out, "Fichier", &format!("{file} — {}", words::octets(one.artefact.digests.bytes)));
    for (name, key) in [("Début", "begin"), ("Fin", "end")] {
        if let Some(at) = one.line.and_then(|line| line.text(key)?.parse().ok()) {
            fact(out, name, &moment(at));
        }
    }
    fact(out, "Empreinte", &digest(&one.artefact.digests));
    out.push_str("</dl></article>\n");
}

fn download(one: &Download<'_>, extracted: &Extracted, out: &mut String) {
    let name = told(one.end, "suggested_name").unwrap_or_else(|| one.artefact.path.file_name().to_owned());
    let _ = writeln!(out, "<article><h3>{}</h3><dl>", html(&name, text::SENTENCE));
    let file = link(extracted, one.artefact, "Ouvrir le fichier reçu").unwrap_or_default();
    fact(
        out,
        "Fichier",
        &format!("{file} — {}. Il vient du site : à ouvrir avec prudence.", words::octets(one.artefact.digests.bytes)),
    );
    if let Some(url) = &one.artefact.meta.url {
        fact(out, "Adresse", &super::address(url));
    }
    if let Some(at) = one.artefact.meta.taken_at {
        fact(out, "Reçu", &moment(at));
    }
    let scan = told(one.scan, "result").or_else(|| told(one.scan, "why"));
    fact(
        out,
        "Recherche de code malveillant",
        &scan.map_or_else(|| "non faite".into(), |said| html(&said, text::SENTENCE)),
    );
    fact(out, "Empreinte", &digest(&one.artefact.digests));
    out.push_str("</dl>\n");
    let declared = one.end.and_then(|end| end.data.get("declared")?.get("facts")?.as_array());
    if let Some(facts) = declared.filter(|facts| !facts.is_empty()) {
        out.push_str("<h4>Ce que le fichier déclare de lui-même, et que rien ne confirme</h4><dl>");
        for one in facts {
            let label = one.get("label").and_then(value_text).unwrap_or_default();
            let value = one.get("value").and_then(value_text).unwrap_or_default();
            fact(out, &html(&label, text::SENTENCE), &html(&value, text::SENTENCE));
        }
        out.push_str("</dl>\n");
    }
    out.push_str("</article>\n");
}
