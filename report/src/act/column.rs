//! Block 0: the left column of the first page, and the running reference of the others.
use crate::block::Column;
use crate::desk::Desk;

use super::officer_of;

/// The left column (profile of the arrêté of 21 March 2023; the profession's symbol is not ours to print).
pub(super) fn column(desk: &Desk<'_>) -> Column {
    let draft = desk.draft;
    let label = |key: &str| desk.text(&format!("colonne.{key}"), &[]);
    let mut marks = vec![(label("dossier"), desk.input.manifest.case.reference.to_string())];
    for (key, value) in [("code", &draft.code_acte), ("charge", &draft.initiales)] {
        if let Some(value) = value {
            marks.push((label(key), desk.clean(value)));
        }
    }
    marks.push((label("edition"), desk.langue.day(&desk.input.drawn_up_at.legal_time())));
    let digest = [("sha256", desk.input.bundle.sha256.to_hex())];
    Column {
        qr_alt: desk.text("colonne.qr_alt", &digest),
        qr_caption: desk.text("colonne.qr", &digest),
        stamp: stamp(desk),
        act: label(&format!("acte_{}", desk.kind())).lines().map(str::to_owned).collect(),
        copy: draft.exemplaire.as_deref().map(|text| desk.clean(text)),
        marks,
        cost_title: label("cout"),
        cost: if desk.attended() { cost_rows(desk) } else { Vec::new() },
        cost_gap: if desk.attended() { label("cout_absent") } else { String::new() },
    }
}

fn stamp(desk: &Desk<'_>) -> Vec<String> {
    if !desk.draft.cachet.is_empty() {
        return desk.draft.cachet.iter().map(|line| desk.clean(line)).collect();
    }
    match officer_of(desk) {
        Some(o) => [&o.etude, &o.adresse].into_iter().map(|line| desk.clean(line)).collect(),
        None => vec![desk.text("colonne.sans_etude", &[])],
    }
}

/// Label and amount of each line of the cost, when the officer gave it and it adds up.
pub(super) fn cost_rows(desk: &Desk<'_>) -> Vec<(String, String)> {
    let Some(cout) = &desk.draft.cout else { return Vec::new() };
    let Some(totals) = cout.totals() else { return Vec::new() };
    [
        ("honoraires", cout.honoraires_ht_centimes),
        ("frais", cout.frais_ht_centimes),
        ("total_ht", totals.ht),
        ("tva", totals.tva),
        ("debours", cout.debours_centimes),
        ("total_ttc", totals.ttc),
    ]
    .into_iter()
    .map(|(key, cents)| (desk.text(&format!("colonne.{key}"), &[]), desk.langue.euros(cents)))
    .collect()
}

/// The foot of every page: file number, code of the act, initials.
pub(super) fn running(desk: &Desk<'_>) -> String {
    let mut parts = vec![desk.input.manifest.case.reference.to_string()];
    parts.extend([&desk.draft.code_acte, &desk.draft.initiales].into_iter().flatten().map(|text| desk.clean(text)));
    parts.join(" — ")
}
