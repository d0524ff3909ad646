//! What an OOXML document holds beside its text: annotations, tracked changes, what is hidden, what is outside.
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::PARTS;
use crate::archive::Members;
use crate::declared::Sheet;
use crate::input::Input;
use crate::keys;
use crate::xml::{Element, Step};

/// The most names and addresses remembered.
const NAMES: usize = 1000;

pub(super) fn read(input: &mut Input<'_>, members: &mut Members<'_>, format: &str, sheet: &mut Sheet) {
    let mut found = Found::default();
    match format.get(..2).unwrap_or_default() {
        "do" => found.word(input, members, sheet),
        "xl" => found.excel(input, members, sheet),
        _ => found.powerpoint(input, members, sheet),
    }
    if found.comments > 0 {
        sheet.number(keys::COMMENTS, found.comments);
        sheet.list(keys::COMMENT_AUTHORS, &found.authors.into_iter().collect::<Vec<_>>());
    }
    external(input, members, sheet);
}

#[derive(Default)]
struct Found {
    comments: u64,
    authors: BTreeSet<String>,
}

/// Opens every element of the members whose name fits; a member that cannot be read to its end is told.
fn each(
    input: &mut Input<'_>,
    members: &mut Members<'_>,
    sheet: &mut Sheet,
    fits: &dyn Fn(&str) -> bool,
    look: &mut dyn FnMut(&str, &Element, usize) -> ControlFlow<()>,
) -> u64 {
    let names: Vec<&str> = members.names().filter(|name| fits(name)).collect();
    if names.len() > PARTS {
        sheet.cut(format!(
            "{} parties de même nature que {} : les {PARTS} premières sont lues.",
            names.len(),
            names.first().unwrap_or(&"")
        ));
    }
    for name in names.iter().take(PARTS) {
        let end = members.xml(input, name, &mut |stack, step| match (stack.last(), step) {
            (Some(element), Step::Open) => look(name, element, stack.len()),
            _ => ControlFlow::Continue(()),
        });
        if let Err(why) = end {
            sheet.cut(why);
        }
    }
    names.len() as u64
}

fn remember(set: &mut BTreeSet<String>, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.trim().is_empty())
        && set.len() < NAMES
    {
        set.insert(text.to_owned());
    }
}

/// Whether `name` is `folder`, then `start`, then no further folder, then `.xml`.
fn part(name: &str, folder: &str, start: &str) -> bool {
    name.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with(start) && rest.ends_with(".xml") && !rest.contains('/'))
}

impl Found {
    fn word(&mut self, input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
        each(input, members, sheet, &|name| name == "word/comments.xml", &mut |_, element, _| {
            if element.name == "comment" {
                self.comments += 1;
                remember(&mut self.authors, element.attribute("author"));
            }
            ControlFlow::Continue(())
        });
        let (mut changes, mut authors) = (0_u64, BTreeSet::new());
        let texts = ["document", "header", "footer", "footnotes", "endnotes"];
        let fits = |name: &str| texts.iter().any(|start| part(name, "word/", start));
        each(input, members, sheet, &fits, &mut |_, element, _| {
            let kinds = ["ins", "del", "moveFrom", "moveTo"];
            if element.space.contains("wordprocessingml") && kinds.contains(&element.name.as_str()) {
                changes += 1;
                remember(&mut authors, element.attribute("author"));
            }
            ControlFlow::Continue(())
        });
        if changes > 0 {
            sheet.number(keys::TRACKED, changes);
            sheet.list(keys::TRACKED_AUTHORS, &authors.into_iter().collect::<Vec<_>>());
        }
    }

    fn excel(&mut self, input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
        let (mut names, mut hidden) = (Vec::new(), Vec::new());
        each(input, members, sheet, &|name| name == "xl/workbook.xml", &mut |_, element, _| {
            if element.name == "sheet" && names.len() < 10_000 {
                let name = element.attribute("name").unwrap_or("?").to_owned();
                if element.attribute("state").is_some_and(|state| state != "visible") {
                    hidden.push(name.clone());
                }
                names.push(name);
            }
            ControlFlow::Continue(())
        });
        sheet.number(keys::SHEETS, names.len() as u64);
        sheet.list(keys::SHEET_NAMES, &names);
        sheet.list(keys::HIDDEN_SHEETS, &hidden);
        let fits = |name: &str| part(name, "xl/", "comments") || part(name, "xl/comments/", "comment");
        for name in members.names().filter(|name| fits(name)).take(PARTS) {
            let end = members.xml(input, name, &mut |stack, step| {
                match (stack.last().map(|element| element.name.as_str()), step) {
                    (Some("comment"), Step::Open) => self.comments += 1,
                    (Some("author"), Step::Close(author)) => remember(&mut self.authors, Some(author)),
                    _ => {}
                }
                ControlFlow::Continue(())
            });
            if let Err(why) = end {
                sheet.cut(why);
            }
        }
    }

    fn powerpoint(&mut self, input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
        let mut hidden = Vec::new();
        // Only the root is needed of each.
        let slides =
            each(input, members, sheet, &|name| part(name, "ppt/slides/", "slide"), &mut |name, element, _| {
                if matches!(element.attribute("show"), Some("0" | "false")) {
                    hidden.push(name.trim_start_matches("ppt/slides/").trim_end_matches(".xml").to_owned());
                }
                ControlFlow::Break(())
            });
        sheet.number(keys::SLIDES, slides);
        sheet.list(keys::HIDDEN_SLIDES, &hidden);
        each(input, members, sheet, &|name| part(name, "ppt/comments/", ""), &mut |_, element, _| {
            self.comments += u64::from(element.name == "cm");
            ControlFlow::Continue(())
        });
        let fits = |name: &str| matches!(name, "ppt/commentAuthors.xml" | "ppt/authors.xml");
        each(input, members, sheet, &fits, &mut |_, element, _| {
            remember(&mut self.authors, element.attribute("name"));
            ControlFlow::Continue(())
        });
    }
}

/// The addresses outside the document, with what they are to it.
fn external(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
    let mut found = BTreeSet::new();
    each(input, members, sheet, &|name| name.ends_with(".rels"), &mut |_, element, _| {
        if element.attribute("TargetMode") == Some("External") {
            let kind = element.attribute("Type").unwrap_or_default();
            let kind = kind.rsplit('/').next().unwrap_or_default();
            remember(&mut found, Some(&format!("{kind} : {}", element.attribute("Target").unwrap_or("?"))));
        }
        ControlFlow::Continue(())
    });
    sheet.list(keys::EXTERNAL, &found.into_iter().collect::<Vec<_>>());
}
