//! The top of the page: what was captured, by whom, for whom, when, and what the verification said.
use std::fmt::Write as _;

use dossier::{Finding, Level};
use sealer::Verdict;

use super::{Shown, address, fact, html, moment, text, words};
use crate::remettre::gather::told;

/// Title, banners, verdict, contents, facts of the dossier, findings.
pub(super) fn write(shown: &Shown<'_>, out: &mut String) {
    let case = &shown.manifest.case;
    let kind = if shown.manifest.session.attended { "Procès-verbal de constat" } else { "Relevé technique" };
    let objet = case
        .objet
        .as_deref()
        .map_or_else(String::new, |objet| format!("<p class=\"objet\">{}</p>", html(objet, text::WORDS)));
    let _ = write!(
        out,
        "<div class=\"cadre\">\n<header class=\"tete\"><p class=\"surtitre\">{kind} — pièces remises</p>\n<h1>Dossier {}</h1>\n{objet}</header>\n<main id=\"contenu\">\n",
        html(shown.reference(), text::SENTENCE)
    );
    banners(shown, out);
    verdict(shown, out);
    contents(shown, out);
    facts(shown, out);
    findings(shown, out);
}

fn banners(shown: &Shown<'_>, out: &mut String) {
    if shown.verification.facts.essai == Some(true) {
        out.push_str(
            "<div class=\"bandeau\"><strong>ESSAI</strong><p>Ce dossier est scellé avec des clés d'essai. Il ne prouve rien et ne doit pas être produit en justice.</p></div>\n",
        );
    }
    if let Some(list) = shown.withheld {
        let asked = list
            .asked_by
            .as_deref()
            .map_or_else(String::new, |by| format!(" à la demande de {}", html(by, text::SENTENCE)));
        let _ = write!(
            out,
            "<div class=\"bandeau\"><strong>Copie caviardée</strong><p>Le scellé de ce dossier est une copie, non l'original : {} fichier(s) et {} enregistrement(s) en ont été retirés{asked}. \
             Ce qui reste est contrôlé comme dans l'original.</p><ul>",
            list.files.len(),
            list.withheld_records()
        );
        for reason in list.reasons().iter().take(50) {
            let _ = write!(out, "<li>{}</li>", html(reason, text::SENTENCE));
        }
        out.push_str("</ul></div>\n");
    }
    if let Some(motive) = shown.motive {
        let _ = writeln!(
            out,
            "<div class=\"bandeau\"><strong>Verdict indéterminé, remis malgré tout</strong><p>Motif déclaré : {}</p></div>",
            html(motive, text::WORDS)
        );
    }
}

fn verdict(shown: &Shown<'_>, out: &mut String) {
    let (class, word, said) = match shown.verification.verdict {
        Verdict::Pass => (
            "verdict",
            "PASS",
            "Le scellé est valable : rien n'y a été ajouté, ôté ni changé depuis qu'il a été signé.",
        ),
        Verdict::Indeterminate => (
            "verdict doute",
            "INDETERMINATE",
            "Rien de faux n'a été trouvé, mais une question au moins est restée sans réponse : voir les constatations.",
        ),
        // What fails is refused before anything is written.
        Verdict::Fail => ("verdict doute", "FAIL", "Le scellé n'est pas valable."),
    };
    let count = |level: Level| shown.verification.findings.iter().filter(|f| f.level == level).count();
    let warned = match count(Level::Warn) {
        0 => "sans réserve".to_owned(),
        1 => "avec une réserve".to_owned(),
        n => format!("avec {n} réserves"),
    };
    let roots = match shown.beside.roots.len() {
        0 => "sans certificat racine".to_owned(),
        1 => "avec un certificat racine".to_owned(),
        n => format!("avec {n} certificats racines"),
    };
    let (legal, utc) = words::moment(shown.at);
    let _ = writeln!(
        out,
        "<div class=\"{class}\"><p class=\"mot\">{word}</p><div><p>{said}</p><p class=\"date\">Contrôlé le <time datetime=\"{utc}\">{legal}</time>, {warned}, \
         {roots}, par constat {}. Ce contrôle se refait : <a href=\"A-LIRE.txt\">A-LIRE.txt</a>, <a href=\"verify.html\">verify.html</a>.</p></div></div>",
        env!("CARGO_PKG_VERSION")
    );
}

/// The table of contents names only what is there.
fn contents(shown: &Shown<'_>, out: &mut String) {
    let gathered = shown.gathered;
    let all = [
        ("dossier", "Le dossier", None),
        ("constatations", "Constatations", None),
        ("captures", "Captures", Some(gathered.captures.len())),
        ("planches", "Galeries et fils", Some(gathered.gatherings.len())),
        ("films", "Films", Some(gathered.film.len())),
        ("telechargements", "Téléchargements", Some(gathered.downloads.len())),
        ("manques", "Ce qui manque", None),
        ("rejeu", "Rejeu", None),
        ("pieces", "Toutes les pièces", Some(shown.manifest.artefacts.len())),
    ];
    out.push_str("<nav class=\"sommaire\" aria-label=\"Sommaire\"><ul>");
    for (id, name, count) in all {
        if count == Some(0) && id != "captures" {
            continue;
        }
        let count = count.map_or_else(String::new, |count| format!(" <span class=\"nombres\">{count}</span>"));
        let _ = write!(out, "<li><a href=\"#{id}\">{name}</a>{count}</li>");
    }
    out.push_str("</ul></nav>\n");
}

fn facts(shown: &Shown<'_>, out: &mut String) {
    let (case, session, seal) = (&shown.manifest.case, &shown.manifest.session, &shown.verification.facts);
    let absent = || "non renseigné dans le scellé".to_owned();
    let said = |text: Option<String>| text.map_or_else(absent, |text| html(&text, text::WORDS));
    out.push_str("<section id=\"dossier\"><h2>Le dossier</h2>\n<dl>\n");
    fact(out, "Référence", &html(shown.reference(), text::SENTENCE));
    let acts = if session.attended { "Officier" } else { "Officier (absent pendant la session)" };
    fact(out, acts, &said(words::officer(case)));
    fact(out, "Requérant", &said(words::requerant(case)));
    if let Some(place) = &case.lieu {
        fact(out, "Lieu déclaré", &html(place, text::SENTENCE));
    }
    for one in &case.presents {
        fact(out, "Présent", &html(&format!("{}, {}", one.nom, one.qualite), text::SENTENCE));
    }
    fact(out, "Ouverture", &moment(session.opened_at));
    fact(out, "Clôture", &moment(session.closed_at));
    fact(out, "Session", words::state(session.state));
    fact(out, "Sceau", &seal.signer.as_deref().map_or_else(absent, named));
    for token in &seal.timestamps {
        fact(out, "Horodatage", &format!("{}{}", moment(token.gen_time), named(&token.authority)));
    }
    if seal.timestamps.is_empty() {
        fact(out, "Horodatage", "aucun : rien ne prouve la date du scellé");
    }
    let (pv, digests) = &shown.beside.pv;
    fact(
        out,
        shown.beside.pv_title,
        &format!("<a href=\"{pv}\">{pv}</a> ({}){}", words::octets(digests.bytes), super::digest(digests)),
    );
    let (bundle, digests) = &shown.beside.bundle;
    fact(
        out,
        "Scellé",
        &format!("<a href=\"{bundle}\">{bundle}</a> ({}){}", words::octets(digests.bytes), super::digest(digests)),
    );
    out.push_str("</dl></section>\n");
}

/// Whose certificate it is: the common name, and the whole name below it (RFC 4514).
fn named(subject: &str) -> String {
    let common = subject.split(',').find_map(|part| part.trim().strip_prefix("CN="));
    // A name with escaped signs may look like another one when it is cut: it is shown whole only.
    match common.filter(|_| !subject.contains('\\')) {
        Some(common) => {
            format!("{}<span class=\"utc\">{}</span>", html(common, text::SENTENCE), html(subject, text::SENTENCE))
        }
        None => html(subject, text::SENTENCE),
    }
}

/// The findings, the heaviest first; within a level, in the order of the checks.
fn findings(shown: &Shown<'_>, out: &mut String) {
    out.push_str("<section id=\"constatations\"><h2>Constatations</h2>\n<h3>De la vérification</h3>\n");
    list(&shown.verification.findings, out);
    super::annexes::claims(shown, out);
    out.push_str("<h3>De la capture</h3>\n");
    if shown.manifest.findings.is_empty() {
        out.push_str("<p>Le scellé n'en porte aucune.</p>\n");
    } else {
        list(&shown.manifest.findings, out);
    }
    out.push_str("</section>\n");
}

fn list(findings: &[Finding], out: &mut String) {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    out.push_str("<ul class=\"constatations\">\n");
    for finding in sorted {
        let (word, class) = words::level(finding.level);
        let _ = write!(
            out,
            "<li><span class=\"niveau {class}\">{word}</span><div>{}",
            text::sentence(&finding.what, text::WORDS)
        );
        for (name, value) in [("attendu", &finding.expected), ("trouvé", &finding.found)] {
            if let Some(value) = value {
                let _ = write!(out, "<br><span class=\"petit\">{name} : {}</span>", html(value, text::SENTENCE));
            }
        }
        let _ = writeln!(out, " <code>{}</code></div></li>", html(&finding.code, text::SENTENCE));
    }
    out.push_str("</ul>\n");
}

/// The page that was reached, as facts of a capture.
pub(super) fn reached(page: Option<&dossier::JournalEntry>, url: Option<&str>, out: &mut String) {
    match page {
        Some(page) => {
            let (asked, reached) = (page.text("asked"), page.text("url"));
            fact(out, "Adresse demandée", &asked.map_or_else(|| "non relevée".into(), address));
            let status = told(Some(page), "status").map_or_else(String::new, |status| {
                format!("<span class=\"utc\">réponse HTTP {}</span>", html(&status, 20))
            });
            fact(out, "Adresse atteinte", &reached.map_or_else(|| "non relevée".into(), |url| address(url) + &status));
            if let Some(url) = url.filter(|url| Some(*url) != reached) {
                fact(out, "Adresse à la capture", &address(url));
            }
            if let Some(title) = page.text("title").filter(|title| !title.is_empty()) {
                fact(out, "Titre de la page", &html(title, text::SENTENCE));
            }
        }
        None => {
            let url = url.map_or_else(|| "non relevée dans ce scellé".into(), address);
            fact(out, "Adresse", &url);
        }
    }
}
