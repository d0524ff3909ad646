//! Captures and pages: CHK-14, 15, 17, 18, 22, 26 and 27.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Artefact, ArtefactKind, Finding, Outcome, Sha256Digest, op};

use super::{Answer, Looked, found};
use crate::Nature;

/// CHK-14: every capture printed can be read and has the digest sealed.
pub(super) fn whole(looked: &Looked<'_>) -> Answer {
    let wrong = |artefact: &Artefact| {
        let path = &artefact.path;
        match (looked.input.read)(path) {
            Err(e) => Some(found("pv.capture.illisible", format!("L'image {path} ne peut pas être lue.")).found(e)),
            Ok(bytes) => {
                let (expected, it) = (artefact.digests.sha256, Sha256Digest::of(&bytes));
                let what = format!("L'image {path} n'a pas l'empreinte scellée.");
                (expected != it).then(|| found("pv.capture.alteree", what).values(expected, it))
            }
        }
    };
    Answer::of(looked.facts.printed().filter_map(wrong).collect())
}

/// CHK-15: every capture belongs to an operation, was acknowledged, and the officer's choice names captures that exist.
pub(super) fn cited(looked: &Looked<'_>) -> Answer {
    let facts = looked.facts;
    let mut all = Vec::new();
    let numbers = facts.captures();
    let cited: BTreeSet<u32> = facts.steps.keys().flat_map(|step| facts.captures_of(*step)).collect();
    for capture in numbers.difference(&cited) {
        let what = format!("La capture n° {capture} n'appartient à aucune étape du journal.");
        all.push(found("pv.capture.non_citee", what));
    }
    for step in facts.steps.keys() {
        let unseen = facts.captures_of(*step).into_iter().filter(|n| facts.acknowledgement(*step, *n).is_none());
        all.extend(unseen.map(|n| {
            found("pv.capture.non_reconnue", format!("La capture n° {n} n'a pas été reconnue par l'officier."))
        }));
    }
    if let Some(draft) = looked.input.draft {
        let chosen = draft.captures.ordre.iter().chain(&draft.captures.non_imprimees);
        let told = draft.descriptions.keys().filter_map(|key| key.parse().ok());
        let named: BTreeSet<u32> = chosen.copied().chain(told).collect();
        all.extend(named.difference(&numbers).map(|n| {
            found("pv.capture.inconnue", format!("Le brouillon parle d'une capture n° {n} qui n'existe pas."))
        }));
        let wrong = draft.descriptions.keys().filter(|key| key.parse::<u32>().is_err());
        all.extend(wrong.map(|key| {
            found("pv.capture.inconnue", "Une description n'est pas rangée sous un numéro de capture.").found(key)
        }));
    }
    Answer::of(all)
}

/// CHK-17: the picture of a window has the size of the window that was measured, and the act is of the kind of that display.
pub(super) fn sizes(looked: &Looked<'_>) -> Answer {
    let Some(display) = looked.facts.measured(&op::MEASURE_DISPLAY) else {
        return Answer::Apart(vec![found("pv.affichage", "L'affichage n'a pas été mesuré.")]);
    };
    let scale = display.integer("scale_percent").unwrap_or(100);
    let side = |key: &str| display.integer(key).map(|pixels| pixels * scale / 100);
    let Some(width) = side("viewport_width") else {
        return Answer::Apart(vec![found("pv.affichage", "La largeur de la fenêtre n'a pas été mesurée.")]);
    };
    let of_window =
        |a: &&Artefact| matches!(a.meta.kind, ArtefactKind::ScreenshotViewport | ArtefactKind::ScreenshotPage);
    let apart = |artefact: &Artefact| -> Option<Finding> {
        let image = artefact.image.as_ref()?;
        let what = format!("L'image {} n'a pas la largeur de la fenêtre mesurée.", artefact.path);
        (i64::from(image.width) != width && artefact.meta.kind == ArtefactKind::ScreenshotViewport)
            .then(|| found("pv.affichage", what).values(width, image.width))
    };
    let sizes = looked.input.manifest.artefacts.iter().filter(of_window).filter_map(apart);
    Answer::of(sizes.chain(telephone(looked)).collect())
}

/// An act on the mobile internet shows what a telephone is shown: one was declared, and read as declared; no other act does so
/// in silence.
fn telephone(looked: &Looked<'_>) -> Vec<Finding> {
    let lines: Vec<_> = looked.facts.all(op::TELEPHONE).collect();
    let nature = looked.input.draft.map(|draft| draft.nature).unwrap_or_default();
    let mut all = Vec::new();
    match (lines.first(), nature) {
        (None, Nature::Mobile) => {
            let what = "L'acte est un constat sur internet mobile, et la session n'a déclaré aucun téléphone simulé : les pages \
                        sont celles qu'un poste affiche.";
            all.push(found("pv.telephone", what));
        }
        (Some(_), nature) if nature != Nature::Mobile => {
            let what = "La session a simulé un téléphone, déclaré, et la nature de l'acte n'est pas « mobile ».";
            all.push(found("pv.telephone", what).values(Nature::Mobile.as_str(), nature.as_str()));
        }
        _ => {}
    }
    for line in lines.iter().filter(|line| line.outcome != Outcome::Declared) {
        let what = format!("Une page ne lit pas le téléphone simulé tel qu'il est déclaré (ligne {}).", line.seq);
        all.push(found("pv.telephone", what));
    }
    all
}

/// The host of an address.
pub(super) fn host(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?;
    let name = authority.strip_prefix('[').map_or_else(|| authority.split(':').next(), |v6| v6.split(']').next())?;
    (!name.is_empty()).then(|| name.to_lowercase())
}

/// CHK-18: a capture has one address, and it is of a site that the session reached.
pub(super) fn addresses(looked: &Looked<'_>) -> Answer {
    let mut by_capture: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
    for artefact in &looked.input.manifest.artefacts {
        if let (Some(n), Some(url)) = (artefact.meta.capture, artefact.meta.url.as_deref()) {
            by_capture.entry(n).or_default().insert(url);
        }
    }
    let reached = hosts_reached(looked);
    let mut all = Vec::new();
    for (n, urls) in &by_capture {
        if urls.len() > 1 {
            let told = urls.iter().copied().collect::<Vec<_>>().join(" ; ");
            let what = format!("Les pièces de la capture n° {n} ne donnent pas une seule adresse.");
            all.push(found("pv.adresse", what).found(told));
        }
        let strange = urls.iter().filter_map(|url| host(url)).find(|host| !reached.contains(host));
        if let Some(host) = strange {
            let what = format!("La capture n° {n} est d'un site qu'aucune opération n'a atteint.");
            all.push(found("pv.adresse", what).found(host));
        }
    }
    Answer::of(all)
}

/// Hosts of pages reached: asked, after redirections, and where a followed click led.
fn hosts_reached(looked: &Looked<'_>) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for step in looked.facts.steps.values() {
        let lines = step.pages.iter().chain(step.end.iter()).chain(step.taken.iter());
        for line in lines.filter(|line| line.outcome != Outcome::Failed) {
            // Where a redirection led is where the page is; what was asked counts when nothing else is said.
            let shown = ["url", "address", "page"].into_iter().find_map(|key| line.text(key)).or(line.text("asked"));
            hosts.extend(shown.and_then(host));
            let load = line.data.get("load").and_then(|load| load.get("documents"));
            let urls = load.and_then(serde_json::Value::as_array).into_iter().flatten();
            hosts.extend(urls.filter_map(|url| host(url.as_str()?)));
        }
    }
    hosts
}

/// CHK-22: what the officer puts between guillemets about a capture is in the text captured, blanks and case of spaces aside.
pub(super) fn quotations(looked: &Looked<'_>) -> Answer {
    let Some(draft) = looked.input.draft else { return Answer::Met };
    let mut all = Vec::new();
    for (key, description) in &draft.descriptions {
        let Ok(capture) = key.parse::<u32>() else { continue };
        let quoted: Vec<&str> =
            description.split('«').skip(1).filter_map(|rest| Some(rest.split_once('»')?.0.trim())).collect();
        if quoted.is_empty() {
            continue;
        }
        let text = folded(&text_of(looked, capture));
        let foreign = quoted.into_iter().filter(|quote| !text.contains(&folded(quote)));
        all.extend(foreign.map(|quote| {
            let what =
                format!("La description de la capture n° {capture} cite ce que le texte capturé ne contient pas.");
            found("pv.citation", what).found(quote)
        }));
    }
    Answer::of(all)
}

fn text_of(looked: &Looked<'_>, capture: u32) -> String {
    let of_capture = |a: &&Artefact| a.meta.capture == Some(capture) && a.meta.kind == ArtefactKind::Text;
    let texts =
        looked.input.manifest.artefacts.iter().filter(of_capture).filter_map(|a| (looked.input.read)(&a.path).ok());
    texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect::<Vec<_>>().join("\n")
}

/// Blanks as one space, apostrophes and guillemets of one form.
fn folded(text: &str) -> String {
    text.replace(['’', 'ʼ'], "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// CHK-26: pages were reached by the steps of the plan only, none by itself.
pub(super) fn pages(looked: &Looked<'_>) -> Answer {
    let planned = looked.facts.first(&op::SESSION_SCENARIO).and_then(|plan| plan.integer("steps"));
    let Some(planned) = planned else {
        return Answer::Apart(vec![found("pv.plan", "Le plan de capture n'est pas au journal.")]);
    };
    let scripted = |step: &&crate::facts::Step<'_>| {
        step.begin.is_some_and(|begin| begin.data.get("scripted") != Some(&serde_json::Value::Bool(false)))
    };
    let played = looked.facts.steps.values().filter(scripted).count() as i64;
    let mut all = Vec::new();
    if played > planned {
        let what = "Plus d'opérations ont été faites que le plan n'en compte.";
        all.push(found("pv.plan", what).values(planned, played));
    }
    Answer::of(all)
}

/// CHK-27: of an archive, the page itself was asked first, the date of the snapshot is known, and the act warns of what it proves.
pub(super) fn archives(looked: &Looked<'_>) -> Answer {
    let lines: Vec<_> = looked.facts.all(op::ARCHIVE_SNAPSHOT).collect();
    let said = looked.input.draft.is_some_and(|d| d.nature == crate::Nature::Archive);
    if lines.is_empty() {
        return if said {
            Answer::Apart(vec![found(
                "pv.archive",
                "L'acte est un constat sur archive, et la session n'en a consulté aucune.",
            )])
        } else {
            Answer::Without("aucune archive n'a été consultée")
        };
    }
    let mut all = Vec::new();
    for line in lines {
        let seq = line.seq;
        if line.data.get("live").is_none_or(serde_json::Value::is_null) {
            all.push(found(
                "pv.archive.actuelle",
                format!("La page actuelle n'a pas été demandée avant son instantané (ligne {seq})."),
            ));
        }
        if line.text("at").is_none() {
            all.push(found(
                "pv.archive.date",
                format!("L'archive ne donne pas la date de l'instantané (ligne {seq})."),
            ));
        }
        if line.text("banner_text").is_none_or(str::is_empty) {
            all.push(found("pv.archive.bandeau", format!("Le bandeau de l'archive n'a pas été relevé (ligne {seq}).")));
        }
    }
    Answer::of(all)
}
