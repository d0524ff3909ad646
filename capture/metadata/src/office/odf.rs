//! ODF: `meta.xml`, and what `content.xml` holds beside the text.
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::number;
use crate::archive::Members;
use crate::declared::Sheet;
use crate::input::Input;
use crate::keys;
use crate::xml::{Element, Step};

/// The most names and addresses remembered.
const NAMES: usize = 1000;

/// The format that the first member announces.
pub(super) fn format(mimetype: &str) -> Option<&'static str> {
    Some(match mimetype.strip_prefix("application/vnd.oasis.opendocument.")? {
        "text" => "odt",
        "text-template" => "ott",
        "text-master" => "odm",
        "spreadsheet" => "ods",
        "spreadsheet-template" => "ots",
        "presentation" => "odp",
        "presentation-template" => "otp",
        "graphics" => "odg",
        "formula" => "odf",
        "chart" => "odc",
        "database" | "base" => "odb",
        _ => return None,
    })
}

pub(super) fn read(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
    let encrypted = encrypted(input, members, sheet);
    sheet.yes(keys::ENCRYPTED, encrypted);
    let macros = members
        .names()
        .any(|name| (name.starts_with("Basic/") || name.starts_with("Scripts/")) && !name.ends_with('/'));
    sheet.yes(keys::MACROS, macros);
    meta(input, members, sheet);
    if encrypted {
        sheet.cut("Document chiffré : son contenu n'est pas lu.");
        return;
    }
    content(input, members, sheet);
}

fn encrypted(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) -> bool {
    let mut encrypted = false;
    let end = members.xml(input, "META-INF/manifest.xml", &mut |stack, _| {
        encrypted |= stack.last().is_some_and(|element| element.name == "encryption-data");
        if encrypted { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    if let Err(why) = end {
        sheet.cut(why);
    }
    encrypted
}

fn meta(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
    let (mut keywords, mut custom) = (Vec::new(), Vec::new());
    let mut found: Vec<(Element, String)> = Vec::new();
    let end = members.xml(input, "meta.xml", &mut |stack, step| {
        if let ([_, _, element], Step::Close(text)) = (stack, step)
            && found.len() < 500
        {
            found.push((element.clone(), text.to_owned()));
        }
        ControlFlow::Continue(())
    });
    if let Err(why) = end {
        sheet.cut(why);
    }
    for (element, text) in &found {
        match element.name.as_str() {
            "title" => sheet.text(keys::TITLE, text),
            "subject" => sheet.text(keys::SUBJECT, text),
            "description" => sheet.text(keys::DESCRIPTION, text),
            "initial-creator" => sheet.text(keys::AUTHOR, text),
            "creator" => sheet.text(keys::LAST_MODIFIED_BY, text),
            "language" => sheet.text(keys::LANGUAGE, text),
            "generator" => sheet.text(keys::APPLICATION, text),
            "printed-by" => sheet.text(keys::PRINTED_BY, text),
            "creation-date" => sheet.date(keys::CREATED, text),
            "date" => sheet.date(keys::MODIFIED, text),
            "print-date" => sheet.date(keys::PRINTED, text),
            "editing-cycles" => number(sheet, keys::REVISION, text),
            "editing-duration" => sheet.text(keys::EDITING_DURATION, text),
            "template" => sheet.text(keys::TEMPLATE, element.attribute("href").unwrap_or_default()),
            "keyword" => keywords.push(text.as_str()),
            "user-defined" => custom.push(format!("{} = {text}", element.attribute("name").unwrap_or("?"))),
            "document-statistic" => statistics(element, sheet),
            _ => {}
        }
    }
    sheet.list(keys::KEYWORDS, &keywords);
    sheet.list(keys::CUSTOM, &custom);
}

fn statistics(element: &Element, sheet: &mut Sheet) {
    let known = [
        ("page-count", keys::PAGES),
        ("word-count", keys::WORDS),
        ("character-count", keys::CHARACTERS),
        ("table-count", keys::SHEETS),
    ];
    for (name, key) in known {
        // A text counts its tables too: they are no sheets.
        if let Some(count) = element.attribute(name)
            && (name != "table-count" || element.attribute("word-count").is_none())
        {
            number(sheet, key, count);
        }
    }
}

/// What is counted and gathered on the way through `content.xml`.
#[derive(Default)]
struct Content {
    comments: u64,
    changes: u64,
    slides: u64,
    authors: BTreeSet<String>,
    changers: BTreeSet<String>,
    addresses: BTreeSet<String>,
    /// Styles that hide what bears them.
    hiding: BTreeSet<String>,
    style: String,
    hidden: Vec<String>,
}

fn remember(set: &mut BTreeSet<String>, text: &str) {
    if !text.is_empty() && set.len() < NAMES {
        set.insert(text.to_owned());
    }
}

impl Content {
    fn open(&mut self, element: &Element) {
        let attribute = |name: &str| element.attribute(name).unwrap_or_default();
        match element.name.as_str() {
            "style" => attribute("name").clone_into(&mut self.style),
            "table-properties" if attribute("display") == "false" => remember(&mut self.hiding, &self.style),
            "drawing-page-properties" if attribute("visibility") == "hidden" => remember(&mut self.hiding, &self.style),
            "annotation" => self.comments += 1,
            "changed-region" => self.changes += 1,
            "table" | "page" => {
                self.slides += u64::from(element.name == "page");
                if self.hiding.contains(attribute("style-name")) && self.hidden.len() < NAMES {
                    self.hidden.push(attribute("name").to_owned());
                }
            }
            _ => {}
        }
        let address = attribute("href");
        if address.contains(':') || address.starts_with("//") {
            remember(&mut self.addresses, address);
        }
    }

    fn close(&mut self, stack: &[Element], text: &str) {
        if stack.last().is_none_or(|element| element.name != "creator") {
            return;
        }
        let inside = |name: &str| stack.iter().any(|element| element.name == name);
        if inside("annotation") {
            remember(&mut self.authors, text);
        } else if inside("changed-region") {
            remember(&mut self.changers, text);
        }
    }
}

fn content(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) {
    let mut found = Content::default();
    let end = members.xml(input, "content.xml", &mut |stack, step| {
        match (stack.last(), step) {
            (Some(element), Step::Open) => found.open(element),
            (_, Step::Close(text)) => found.close(stack, text),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    if let Err(why) = end {
        sheet.cut(why);
    }
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>();
    if found.slides > 0 {
        sheet.number(keys::SLIDES, found.slides);
    }
    let hidden = if found.slides > 0 { keys::HIDDEN_SLIDES } else { keys::HIDDEN_SHEETS };
    sheet.list(hidden, &found.hidden);
    if found.comments > 0 {
        sheet.number(keys::COMMENTS, found.comments);
        sheet.list(keys::COMMENT_AUTHORS, &list(found.authors));
    }
    if found.changes > 0 {
        sheet.number(keys::TRACKED, found.changes);
        sheet.list(keys::TRACKED_AUTHORS, &list(found.changers));
    }
    sheet.list(keys::EXTERNAL, &list(found.addresses));
}
