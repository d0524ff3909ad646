//! What is missing, how the pages are replayed, every file with its digest.
use std::collections::BTreeMap;
use std::fmt::Write as _;

use dossier::{MissingReason, Reconciliation};

use super::{Shown, fact, html, text, words};
use crate::remettre::extract::{Extracted, Out};
use crate::remettre::guide;

/// Missing things told one by one.
const MISSING: usize = 500;

/// The last sections, and the end of the page.
pub(super) fn write(shown: &Shown<'_>, extracted: &Extracted, out: &mut String) {
    missing(shown, out);
    replay(shown, out);
    files(shown, extracted, out);
    let software = &shown.manifest.software;
    let _ = write!(
        out,
        "</main>\n<footer><p>Page faite par constat {} à partir du scellé, capturé par {}. Elle ne contient aucun script et ne charge rien \
         d'autre que les fichiers de ce dossier. Elle aide à lire ; seuls le {} et le scellé font référence. \
         Les textes venus des pages sont montrés tels quels, signes invisibles numérotés ; une adresse n'y est jamais un lien.</p>\
         <p><a href=\"SHA256SUMS\">SHA256SUMS</a> — <a href=\"A-LIRE.txt\">A-LIRE.txt</a> — <a href=\"rejeu/LISEZMOI.txt\">rejeu/LISEZMOI.txt</a></p></footer>\n</div>\n",
        env!("CARGO_PKG_VERSION"),
        html(&format!("{} {}", software.name, software.version), text::SENTENCE),
        shown.beside.pv_title.to_lowercase(),
    );
}

fn missing(shown: &Shown<'_>, out: &mut String) {
    let stated = &shown.manifest.incompleteness;
    let all = || stated.pages.iter().flat_map(|page| page.missing.iter().map(move |missing| (page, missing)));
    let count = all().count();
    out.push_str("<section id=\"manques\"><h2>Ce qui manque</h2>\n<dl>\n");
    fact(out, "Requêtes annoncées", &stated.requests_seen.to_string());
    fact(out, "Échanges conservés", &stated.exchanges_stored.to_string());
    fact(out, "Messages illisibles", &stated.messages_unparsed.to_string());
    fact(out, "Éléments non gardés, ou pas en entier", &count.to_string());
    for one in &stated.reconciliations {
        fact(out, &format!("Comptes, navigateur n° {}", one.browser), &account(one));
    }
    if stated.reconciliations.is_empty() {
        fact(out, "Comptes", "non rapprochés du journal du service réseau du navigateur");
    }
    out.push_str("</dl>\n");
    if count > 0 {
        let mut reasons: BTreeMap<MissingReason, u64> = BTreeMap::new();
        all().for_each(|(_, missing)| *reasons.entry(missing.reason).or_default() += 1);
        let sums: Vec<String> =
            reasons.iter().map(|(reason, count)| format!("{} : {count}", words::reason(*reason))).collect();
        let _ = write!(
            out,
            "<p>{}.</p><details><summary>Liste des éléments non gardés, ou pas en entier : {count}</summary>\
             <div class=\"defile\" tabindex=\"0\" role=\"region\" aria-label=\"Éléments non gardés\"><table class=\"pieces\">\
             <thead><tr><th scope=\"col\">Étape</th><th scope=\"col\">Adresse</th><th scope=\"col\">Motif</th><th scope=\"col\" class=\"nombre\">Gardé</th></tr></thead><tbody>",
            sums.join(" ; ")
        );
        for (page, one) in all().take(MISSING) {
            let step = page.step.map_or_else(|| "—".to_owned(), |step| step.to_string());
            let detail = one.detail.as_deref().map_or_else(String::new, |detail| {
                format!("<br><span class=\"petit\">{}</span>", html(detail, text::SENTENCE))
            });
            let _ = write!(
                out,
                "<tr><td>{step}</td><td>{}</td><td>{}{detail}</td><td class=\"nombre\">{}</td></tr>",
                super::address(&one.url),
                words::reason(one.reason),
                words::octets(one.bytes_stored)
            );
        }
        out.push_str("</tbody></table></div>");
        if count > MISSING {
            let _ = write!(
                out,
                "<p class=\"petit\">… et {} autres : constat.json, champ incompleteness.</p>",
                count - MISSING
            );
        }
        out.push_str("</details>\n");
    }
    out.push_str("<details><summary>Ce que cette version n'enregistre jamais</summary><ul class=\"petit\">");
    for never in &stated.never_recorded {
        let _ = write!(out, "<li>{}</li>", html(never, text::WORDS));
    }
    out.push_str("</ul></details></section>\n");
}

fn account(one: &Reconciliation) -> String {
    let count = |n: Option<u64>| n.map_or_else(|| "non relevé".to_owned(), |n| n.to_string());
    let agrees = if one.agrees() {
        "ils concordent".to_owned()
    } else {
        format!(
            "ils ne concordent pas entièrement : du réseau seul {} (envoyées {}), réponses non conservées {} ; la liste est dans le scellé, net/rapprochement.json",
            one.only_netlog, one.only_netlog_sent, one.answered_not_stored
        )
    };
    format!(
        "interface d'observation {} ; service réseau {} ; archive {} ; {agrees}",
        one.requests_cdp,
        count(one.requests_netlog),
        one.exchanges_stored
    )
}

fn replay(shown: &Shown<'_>, out: &mut String) {
    let _ = write!(
        out,
        "<section id=\"rejeu\"><h2>Rejeu</h2>\n<p>Le scellé contient les échanges du réseau : les pages peuvent être rouvertes hors ligne, telles que le navigateur les a reçues. \
         Un navigateur ne permet pas de le faire depuis une page ouverte comme un fichier ; il faut un programme :</p>\n<pre>{}</pre>\n\
         <p>ou, sans constat, ReplayWeb.page : voir <a href=\"rejeu/LISEZMOI.txt\">rejeu/LISEZMOI.txt</a>. Le rejeu éclaire les captures, il ne les remplace pas.</p></section>\n",
        guide::replay_command(shown).replace('&', "&amp;").replace('<', "&lt;")
    );
}

fn files(shown: &Shown<'_>, extracted: &Extracted, out: &mut String) {
    let _ = write!(
        out,
        "<section id=\"pieces\"><h2>Toutes les pièces</h2>\n<p>Chaque pièce du scellé, avec son empreinte. Celles qui sont dans ce dossier ont un lien ; les autres sont dans le scellé, \
         qui se déplie comme une archive zip.</p>\n<details><summary>Liste des {} pièces</summary>\n\
         <div class=\"defile\" tabindex=\"0\" role=\"region\" aria-label=\"Pièces du scellé\"><table class=\"pieces\"><thead><tr><th scope=\"col\">Pièce</th><th scope=\"col\">Nature</th>\
         <th scope=\"col\" class=\"nombre\">Taille</th><th scope=\"col\">SHA-256</th></tr></thead><tbody>\n",
        shown.manifest.artefacts.len()
    );
    for artefact in &shown.manifest.artefacts {
        let path = artefact.path.as_str();
        let name = html(path, text::SENTENCE);
        let gone = shown.withheld.and_then(|list| list.files.iter().find(|file| file.path == path));
        let cell = match (extracted.of(artefact), gone) {
            (Some(Out::File(file)), _) => format!("<a href=\"{file}\">{name}</a>"),
            (_, Some(file)) => format!(
                "{name}<br><span class=\"petit\">retirée de cette copie : {}</span>",
                html(&file.reason, text::SENTENCE)
            ),
            _ => name,
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><span class=\"adresse\">{cell}</span></th><td>{}</td><td class=\"nombre\">{}</td><td class=\"empreinte\">{}</td></tr>",
            words::kind(artefact.meta.kind),
            words::octets(artefact.digests.bytes),
            super::folded(&artefact.digests.sha256.to_hex())
        );
    }
    out.push_str("</tbody></table></div></details></section>\n");
}

/// What the bundle states, and the answer to each statement.
pub(super) fn claims(shown: &Shown<'_>, out: &mut String) {
    out.push_str(
        "<details><summary>Ce que le scellé affirme, et la réponse de la vérification</summary><div class=\"defile\" tabindex=\"0\" role=\"region\" aria-label=\"Affirmations du scellé\">\
         <table class=\"pieces\"><thead><tr><th scope=\"col\">Affirmation</th><th scope=\"col\">Réponse</th></tr></thead><tbody>",
    );
    for claim in &shown.verification.claims {
        let _ = write!(
            out,
            "<tr><td>{}<br><span class=\"petit\">{}</span></td><td>{}</td></tr>",
            html(claim.sentence, text::WORDS),
            html(claim.reference, text::WORDS),
            html(claim.answer.word(), text::SENTENCE)
        );
    }
    out.push_str("</tbody></table></div></details>\n");
}
