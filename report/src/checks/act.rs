//! The act itself: CHK-28, 29, 33, 34 and 36.
use std::collections::BTreeMap;

use dossier::{Finding, op};
use norms::{Duty, StatusKind};

use super::{Answer, Looked, found};
use crate::block::Node;

/// CHK-28: every file of the manifest was announced by the journal with the same digest, and the table prints them all.
pub(super) fn annexes(looked: &Looked<'_>) -> Answer {
    let entries = looked.input.journal.entries().iter().filter(|e| e.op == op::ARTEFACT);
    let announced: BTreeMap<&str, &str> = entries.filter_map(|e| Some((e.text("path")?, e.text("sha256")?))).collect();
    let manifest = &looked.input.manifest;
    let mut all = Vec::new();
    for artefact in &manifest.artefacts {
        let (path, digest) = (artefact.path.as_str(), artefact.digests.sha256.to_hex());
        match announced.get(path) {
            Some(told) if **told == digest => {}
            Some(told) => {
                let what = format!("L'empreinte de {path} n'est pas celle que le journal annonce.");
                all.push(found("pv.annexe", what).values(told, digest));
            }
            // The journal itself, and what is made of the whole, cannot be announced by a line of it.
            None if path == manifest.journal.path.as_str() || path == manifest.wacz.path.as_str() => {}
            None => all.push(found("pv.annexe", format!("Le journal n'annonce pas {path}."))),
        }
    }
    let printed = looked.rows_of(18, 5);
    if printed != manifest.artefacts.len() {
        let what = "La table des annexes n'a pas autant de lignes que le manifeste de fichiers.";
        all.push(found("pv.annexe", what).values(manifest.artefacts.len(), printed));
    }
    Answer::of(all)
}

/// CHK-29: the seal bears a time, later than the closing of the session; the keys are not test keys.
pub(super) fn tokens(looked: &Looked<'_>) -> Answer {
    let (input, mut all) = (looked.input, Vec::new());
    let Some(seal) = &input.bundle.seal else {
        return Answer::Apart(vec![found("pv.sceau", "Le dossier ne porte aucun scellé.")]);
    };
    if input.manifest.essai || seal.essai {
        all.push(found("pv.essai", "Les clés sont des clés d'essai : l'acte est sans valeur."));
    }
    if seal.timestamps.is_empty() {
        all.push(found("pv.horodatage", "Aucun jeton d'horodatage vérifié ne date le scellé."));
    }
    let closed = input.manifest.session.closed_at;
    all.extend(seal.timestamps.iter().filter(|token| token.gen_time < closed).map(|token| {
        let what = format!("Le jeton de {} précède la clôture de la session.", token.authority);
        found("pv.horodatage.avant", what).values(closed, token.gen_time)
    }));
    Answer::of(all)
}

/// CHK-33: the cost adds up, and names no tax that is no more (decree n° 2021-6, from 1 January 2021).
pub(super) fn cost(looked: &Looked<'_>) -> Answer {
    let Some(cout) = looked.input.draft.and_then(|draft| draft.cout.as_ref()) else {
        return Answer::Without("le coût n'est pas donné : voir CHK-34");
    };
    let mut all = Vec::new();
    if cout.totals().is_none() {
        all.push(found("pv.cout", "Le décompte du coût dépasse ce qui peut être calculé."));
    }
    let abolished = ["taxe forfaitaire", "14,89", "14.89", "enregistrement"];
    let lines = cout.detail.iter().filter(|line| abolished.iter().any(|word| line.to_lowercase().contains(word)));
    all.extend(lines.map(|line| {
        let what = "Le détail du coût nomme une taxe abolie depuis le 1er janvier 2021 (décret n° 2021-6).";
        found("pv.cout.taxe", what).found(line)
    }));
    Answer::of(all)
}

/// CHK-34: nothing is left to be filled in.
pub(super) fn blanks(looked: &Looked<'_>) -> Answer {
    let gaps = looked.document.blocks.iter().flat_map(|block| &block.nodes);
    let told: Vec<Finding> = gaps
        .filter_map(|node| match node {
            Node::Gap { label, .. } => Some(found("pv.blanc", format!("Mention laissée en blanc : {label}."))),
            _ => None,
        })
        .collect();
    debug_assert_eq!(told.len(), looked.gaps as usize);
    Answer::of(told)
}

/// CHK-36: every deviation is printed in chapter I, and those that must be are accounted for.
pub(super) fn deviations(looked: &Looked<'_>) -> Answer {
    let input = looked.input;
    let rows = || input.conformity.rows.iter();
    let apart = rows().filter(|row| matches!(row.status.kind(), StatusKind::Deviation | StatusKind::NotMet));
    let printed = looked.rows_of(10, 5);
    let mut all = Vec::new();
    let count = apart.clone().count();
    if printed < count {
        let what = "Des écarts ne sont pas imprimés au chapitre I.";
        all.push(found("pv.ecart.imprime", what).values(count, printed));
    }
    let during =
        |id: &str| input.journal.of(&op::NORM_JUSTIFICATION).any(|entry| entry.text("requirement") == Some(id));
    let justified = |id: &str| during(id) || input.draft.is_some_and(|draft| draft.justifications.contains_key(id));
    for row in apart.filter(|row| row.duty != Duty::Recommande && !justified(row.id.as_str())) {
        let what = format!("Écart sans justification de l'officier : {} ({}).", row.titre, row.id);
        all.push(found("pv.ecart", what).found(row.status.kind().as_french()));
    }
    Answer::of(all)
}
