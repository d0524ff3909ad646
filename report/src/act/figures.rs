//! The pictures of chapter V: figures with their captions, where the step took them or where the officer wants them.
use dossier::Artefact;

use crate::block::{Node, SheetRef, Span, SpanKind, Weight};
use crate::desk::{Desk, Pen};
use crate::pictures::{self, Picture};

/// The pictures of a capture at its step, or the words that say where they are.
pub(super) fn of_capture(pen: &mut Pen<'_, '_>, capture: u32) {
    let choice = &pen.desk.draft.captures;
    let n = ("n", capture.to_string());
    if choice.non_imprimees.contains(&capture) {
        pen.para("capture.non_imprimee", &[n], &[]);
    } else if let Some(rank) = choice.ordre.iter().position(|chosen| *chosen == capture) {
        pen.para("capture.plus_loin", &[n, ("rang", (rank + 1).to_string())], &[]);
    } else {
        printed(pen, capture);
    }
}

/// The captures that the officer put in an order of his own, at the end of the chapter.
pub(super) fn chosen(pen: &mut Pen<'_, '_>) {
    let desk = pen.desk;
    let choice = &desk.draft.captures;
    let known = desk.facts.captures();
    let chosen = choice.ordre.iter().filter(|n| known.contains(n) && !choice.non_imprimees.contains(n));
    for (rank, capture) in (1..).zip(chosen) {
        if rank == 1 {
            pen.heading(2, "capture.choix", &[]);
        }
        pen.para("capture.choisie", &[("n", capture.to_string()), ("rang", rank.to_string())], &[]);
        printed(pen, *capture);
    }
}

fn printed(pen: &mut Pen<'_, '_>, capture: u32) {
    let desk = pen.desk;
    let n = ("n", capture.to_string());
    let printed = desk.facts.printed_of(capture);
    if printed.is_empty() {
        pen.para("capture.sans_image", std::slice::from_ref(&n), &[]);
    }
    for artefact in printed {
        match desk.pictures.get(artefact.path.as_str()) {
            Some(Ok(picture)) => figure(pen, capture, artefact, picture),
            refused => {
                let why = refused.and_then(Result::err).unwrap_or("").to_owned();
                let fields = [n.clone(), ("file", artefact.path.to_string()), ("why", why)];
                pen.notice_of(Weight::Firm, "capture.illisible_titre", "capture.illisible", &fields, &[]);
            }
        }
    }
}

/// How many captures are shown: those of which a picture is laid out.
pub(crate) fn shown(desk: &Desk<'_>) -> u32 {
    let laid_out = |artefact: &&Artefact| matches!(desk.pictures.get(artefact.path.as_str()), Some(Ok(_)));
    let left_out = |n: &u32| desk.draft.captures.non_imprimees.contains(n);
    let shown = desk
        .facts
        .captures()
        .into_iter()
        .filter(|n| !left_out(n))
        .filter(|n| desk.facts.printed_of(*n).iter().any(&laid_out));
    u32::try_from(shown.count()).unwrap_or(u32::MAX)
}

/// Whether the picture of a capture takes several sheets: its step then opens a page, so that text and picture meet.
pub(super) fn is_tall(desk: &Desk<'_>, capture: u32) -> bool {
    if desk.draft.captures.ordre.contains(&capture) || desk.draft.captures.non_imprimees.contains(&capture) {
        return false;
    }
    let first = desk.facts.printed_of(capture).first().and_then(|artefact| desk.pictures.get(artefact.path.as_str()));
    matches!(first, Some(Ok(picture)) if picture.sheets.len() > 1 && !picture.turned)
}

/// The first sixteen digits of a digest: enough to find it in the table of annexes.
pub(super) fn short(hex: &str) -> String {
    format!("{}…", hex.chars().take(16).collect::<String>())
}

fn figure(pen: &mut Pen<'_, '_>, capture: u32, artefact: &Artefact, picture: &Picture) {
    let desk = pen.desk;
    let nature = match artefact.meta.kind {
        dossier::ArtefactKind::ScreenshotPage => desk.text("capture.page", &[]),
        dossier::ArtefactKind::ScreenshotElement => desk.text("capture.element", &[]),
        dossier::ArtefactKind::ScreenshotArea => desk.text("capture.zone", &[]),
        dossier::ArtefactKind::ScreenshotFeed => desk.text("capture.planche", &[]),
        dossier::ArtefactKind::ScreenshotDesktop => desk.text("capture.bureau", &[]),
        dossier::ArtefactKind::MediaFrame => desk.text("capture.media", &[]),
        _ => desk.text("capture.fenetre", &[]),
    };
    let announced = desk.facts.announced.get(artefact.path.as_str());
    let total = picture.sheets.len();
    let mut sheets = Vec::with_capacity(total);
    for (i, sheet) in picture.sheets.iter().enumerate() {
        let rows = [("first", desk.count(sheet.first.into())), ("last", desk.count(sheet.last.into()))];
        let mut args = vec![
            ("n", capture.to_string()),
            ("nature", nature.clone()),
            ("i", (i + 1).to_string()),
            ("total", total.to_string()),
            ("width", desk.count(picture.width.into())),
            ("height", desk.count(picture.height.into())),
            ("file", artefact.path.to_string()),
            ("short", short(&artefact.digests.sha256.to_hex())),
            ("url", artefact.meta.url.as_deref().map_or_else(|| desk.text("chapitre.absent", &[]), caption_address)),
            (
                "moment",
                artefact.meta.taken_at.map_or_else(|| desk.text("chapitre.absent", &[]), |at| desk.langue.moment(at)),
            ),
        ];
        args.extend(rows);
        sheets.push(SheetRef {
            file: pictures::name(picture.first + i),
            width: picture.width,
            rows: sheet.rows(),
            caption: caption(desk, &args, (i, total), sheet.repeated, announced),
            alt: desk.text("capture.alt", &args),
            from_before: i > 0,
            goes_on: i + 1 < total,
        });
    }
    pen.nodes.push(Node::Figure { width_mm: picture.width_mm, turned: picture.turned, sheets });
    if picture.rows_left_out > 0 {
        let rows = desk.count(picture.rows_left_out.into());
        let fields = [("n", capture.to_string()), ("rows", rows), ("file", artefact.path.to_string())];
        pen.notice_of(Weight::Firm, "capture.tronquee_titre", "capture.tronquee", &fields, &[]);
    }
}

/// An address for a caption: its beginning; the whole is in the page's table.
fn caption_address(url: &str) -> String {
    if url.chars().count() <= 160 {
        return url.to_owned();
    }
    format!("{}…", url.chars().take(160).collect::<String>())
}

fn caption(
    desk: &Desk<'_>,
    args: &[(&str, String)],
    (i, total): (usize, usize),
    repeated: u32,
    announced: Option<&u64>,
) -> Vec<Span> {
    let mut args = args.to_vec();
    let again = if repeated == 0 {
        String::new()
    } else {
        desk.text("capture.reprises", &[("rows", desk.count(repeated.into()))])
    };
    args.push(("repeated", again));
    let mut spans = desk.say(if i == 0 { "capture.legende" } else { "capture.legende_suite" }, &args);
    if i == 0 && total > 1 {
        spans.extend(desk.say("capture.legende_feuillet", &args));
    }
    if let Some(seq) = announced {
        let mark = desk.text("page.journal", &[]);
        spans.push(Span { k: SpanKind::Plain, t: format!(" [{mark}\u{a0}{seq}]") });
    }
    spans
}
