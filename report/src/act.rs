//! The 22 blocks in order: which block comes when, and who writes it.
mod accounts;
mod annexes;
mod closing;
mod column;
mod ending;
mod environment;
mod figures;
mod findings;
mod gathering;
mod opening;
mod preliminaries;
mod protocol;

use crate::block::{Block, Document, Meta};
use crate::desk::{Desk, Pen};

pub(crate) use figures::shown;

type Write = fn(&mut Pen<'_, '_>);

/// Name and writer of each block: the rank is the position.
const BLOCKS: [(&str, Write); 22] = [
    ("colonne", |_| ()),
    ("titre", opening::title),
    ("date", opening::date),
    ("demande", opening::requerant),
    ("representation", opening::representation),
    ("expose", opening::expose),
    ("fondement", opening::fondement),
    ("officier", opening::officier),
    ("lieu", opening::lieu),
    ("certifie", opening::certifie),
    ("protocole", protocol::protocol),
    ("materiel", environment::machine),
    ("reseau", environment::network),
    ("prealables", preliminaries::preliminaries),
    ("constatations", findings::findings),
    ("cible", ending::target),
    ("fin", ending::ending),
    ("declarations", closing::declarations),
    ("annexes", annexes::annexes),
    ("cloture", closing::closing),
    ("cout", closing::cost),
    ("signature", closing::signature),
];

/// Writes the whole text.
pub(crate) fn compose(desk: &Desk<'_>) -> Document {
    let column = column::column(desk);
    let mut blocks = Vec::with_capacity(BLOCKS.len());
    for (n, (id, write)) in (0_u8..).zip(BLOCKS) {
        let mut pen = Pen::new(desk);
        write(&mut pen);
        blocks.push(Block { n, id, nodes: pen.nodes });
    }
    Document { meta: meta(desk), column, blocks, attachments: Vec::new() }
}

fn meta(desk: &Desk<'_>) -> Meta {
    let manifest = desk.input.manifest;
    let title = match (desk.attended(), desk.draft.nature) {
        (true, nature) if nature != crate::Nature::Internet => {
            desk.text(&format!("titre.constat_{}", nature.as_str().replace('-', "_")), &[])
        }
        _ => desk.text(&format!("titre.{}", desk.kind()), &[]),
    };
    let reference = manifest.case.reference.to_string();
    let pdf_title = desk.text("page.titre_pdf", &[("titre", title.clone()), ("reference", reference.clone())]);
    let office = officer_of(desk).map(|o| format!("{} {}, {}", o.prenoms, o.nom, o.etude));
    let essai = manifest.essai || desk.input.bundle.seal.as_ref().is_some_and(|seal| seal.essai);
    Meta {
        lang: desk.langue,
        translation: (!desk.langue.is_act()).then(|| desk.text(translation(desk), &[])),
        subtitle: desk.text(&format!("titre.sous_titre_{}", desk.kind()), &[("reference", reference)]),
        title,
        profile: desk.draft.profil.as_str().to_owned(),
        contents: desk.text("page.sommaire", &[]),
        pdf_title,
        author: desk.clean(&office.unwrap_or_else(|| "constat".to_owned())),
        description: desk.text("page.description", &[("bundle", desk.input.bundle.file_name.clone())]),
        running: column::running(desk),
        trial_mark: mark(desk, essai),
        page_of: desk.text("page.numero", &[("page", "§p".into()), ("total", "§n".into())]),
        journal_mark: desk.text("page.journal", &[]),
        gap_title: desk.text("page.a_completer", &[]),
        apart: desk.text("page.a_noter", &[]),
        goes_on: desk.text("page.suite", &[]),
        from_before: desk.text("page.suite_de", &[]),
    }
}

/// The title of a translation, by what it translates.
fn translation(desk: &Desk<'_>) -> &'static str {
    if desk.attended() { "traduction.titre" } else { "traduction.titre_releve" }
}

/// What every page says of a document that is worth nothing, or is not final.
fn mark(desk: &Desk<'_>, essai: bool) -> Option<String> {
    let translation = !desk.langue.is_act();
    let marks = [(essai, "page.essai"), (desk.input.projet, "page.projet"), (translation, "traduction.marque")];
    let said: Vec<String> = marks.into_iter().filter(|(is, _)| *is).map(|(_, key)| desk.text(key, &[])).collect();
    (!said.is_empty()).then(|| said.join(" · "))
}

/// The officer of the sealed case, else the one the draft names.
fn officer_of<'a>(desk: &Desk<'a>) -> Option<&'a dossier::Officier> {
    desk.input.manifest.case.officier.as_ref().or(desk.draft.officier.as_ref())
}

/// The requérant of the sealed case, else the one the draft names.
fn requerant_of<'a>(desk: &Desk<'a>) -> Option<&'a dossier::Requerant> {
    desk.input.manifest.case.requerant.as_ref().or(desk.draft.requerant.as_ref())
}
