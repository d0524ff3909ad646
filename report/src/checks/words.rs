//! Words: CHK-23, 32 and 35.
use dossier::{ArtefactKind, Outcome};

use super::{Answer, Looked, found};
use crate::DraftInput;
use crate::block::{Line, Node};

/// CHK-23: words of opinion in the officer's own text.
pub(super) fn opinions(looked: &Looked<'_>) -> Answer {
    let Some(draft) = looked.input.draft else { return Answer::Met };
    let mut all = Vec::new();
    for (place, text) in texts(draft) {
        let what = format!("Mot d'appréciation dans le texte de l'officier ({place}).");
        // The list is data of ours: that it can be read is tested.
        for opinion in crate::opinions(text).unwrap_or_default() {
            all.push(found("pv.avis", what.clone()).found(format!("{} ({})", opinion.word, opinion.why)));
        }
    }
    Answer::of(all)
}

fn texts(draft: &DraftInput) -> Vec<(String, &str)> {
    let own = draft.descriptions.iter().map(|(n, text)| (format!("capture n° {n}"), text.as_str()));
    let justified = draft.justifications.iter().map(|(id, text)| (format!("justification {id}"), text.as_str()));
    let bought = draft.achat.iter().filter_map(|achat| Some(("achat".to_owned(), achat.suite.as_deref()?)));
    own.chain(justified).chain(bought).collect()
}

/// Blocks where everything is declared, and where it is said once for all: the parties, the object, the place.
const DECLARED_BLOCKS: std::ops::RangeInclusive<u8> = 3..=8;

/// CHK-32: a sentence that comes from a declaration says that it is one.
pub(super) fn declared(looked: &Looked<'_>) -> Answer {
    let entries = looked.input.journal.entries();
    let is_declared = |line: &Line| {
        let lines = line.marks.iter().filter_map(|seq| entries.get(usize::try_from(*seq).ok()?));
        lines.into_iter().any(|entry| entry.outcome == Outcome::Declared)
    };
    let mut all = Vec::new();
    for node in looked.document.blocks.iter().filter(|b| !DECLARED_BLOCKS.contains(&b.n)).flat_map(|b| &b.nodes) {
        for (text, lines) in statements(node) {
            if lines.into_iter().any(&is_declared) && !text.to_lowercase().contains("déclar") {
                let what = "Une mention déclarée est imprimée comme si elle avait été constatée.";
                all.push(found("pv.declare", what).found(text));
            }
        }
    }
    Answer::of(all)
}

/// What a node says, each statement with its label and its lines; a table of facts, whose last row bears the mark, is one.
fn statements(node: &Node) -> Vec<(String, Vec<&Line>)> {
    let said = |label: &str, line: &Line| {
        let text: String = line.spans.iter().map(|span| span.t.as_str()).collect();
        format!("{label} {text}").trim().to_owned()
    };
    match node {
        Node::Para(line) | Node::Verbatim(line) => vec![(said("", line), vec![line])],
        Node::Notice { title, line, .. } => vec![(said(title, line), vec![line])],
        Node::List { items } => items.iter().map(|row| (said(&row.label, &row.value), vec![&row.value])).collect(),
        Node::Facts { rows } => {
            let text = rows.iter().map(|row| said(&row.label, &row.value)).collect::<Vec<_>>().join(" ; ");
            vec![(text, rows.iter().map(|row| &row.value).collect())]
        }
        _ => Vec::new(),
    }
}

/// CHK-35: whom the captures show is for the officer to look at.
pub(super) fn third_parties(looked: &Looked<'_>) -> Answer {
    let shown =
        looked.input.manifest.artefacts.iter().any(|a| a.meta.kind == ArtefactKind::Text && a.meta.capture.is_some());
    if !shown {
        return Answer::Without("aucune capture");
    }
    let what = "Si des captures montrent des tiers étrangers au litige, les occulter dans les copies (« constat caviarder »), jamais dans l'original.";
    Answer::Apart(vec![found("pv.tiers", what)])
}
