//! Properties of an OOXML package: core (Dublin Core), of the application, of the author's own making.
use std::ops::ControlFlow;

use super::number;
use crate::archive::Members;
use crate::declared::Sheet;
use crate::input::Input;
use crate::keys;
use crate::xml::Step;

/// Texts of the elements right below the root, by local name.
fn flat(input: &mut Input<'_>, members: &mut Members<'_>, part: &str, sheet: &mut Sheet) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let end = members.xml(input, part, &mut |stack, step| {
        if let ([_, element], Step::Close(text)) = (stack, step)
            && found.len() < 200
        {
            found.push((element.name.clone(), text.to_owned()));
        }
        ControlFlow::Continue(())
    });
    if let Err(why) = end {
        sheet.cut(why);
    }
    found
}

pub(super) fn core(input: &mut Input<'_>, members: &mut Members<'_>, part: &str, sheet: &mut Sheet) {
    for (name, text) in flat(input, members, part, sheet) {
        match name.as_str() {
            "title" => sheet.text(keys::TITLE, &text),
            "subject" => sheet.text(keys::SUBJECT, &text),
            "creator" => sheet.text(keys::AUTHOR, &text),
            "keywords" => sheet.text(keys::KEYWORDS, &text),
            "description" => sheet.text(keys::DESCRIPTION, &text),
            "category" => sheet.text(keys::CATEGORY, &text),
            "language" => sheet.text(keys::LANGUAGE, &text),
            "lastModifiedBy" => sheet.text(keys::LAST_MODIFIED_BY, &text),
            "created" => sheet.date(keys::CREATED, &text),
            "modified" => sheet.date(keys::MODIFIED, &text),
            "lastPrinted" => sheet.date(keys::PRINTED, &text),
            "revision" => number(sheet, keys::REVISION, &text),
            "version" => sheet.text(keys::VERSION, &text),
            _ => {}
        }
    }
}

pub(super) fn app(input: &mut Input<'_>, members: &mut Members<'_>, part: &str, sheet: &mut Sheet) {
    for (name, text) in flat(input, members, part, sheet) {
        match name.as_str() {
            "Application" => sheet.text(keys::APPLICATION, &text),
            "AppVersion" => sheet.text(keys::APPLICATION_VERSION, &text),
            "Company" => sheet.text(keys::COMPANY, &text),
            "Manager" => sheet.text(keys::MANAGER, &text),
            "Template" => sheet.text(keys::TEMPLATE, &text),
            "Pages" => number(sheet, keys::PAGES, &text),
            "Words" => number(sheet, keys::WORDS, &text),
            "Characters" => number(sheet, keys::CHARACTERS, &text),
            "TotalTime" => number(sheet, keys::EDITING_MINUTES, &text),
            _ => {}
        }
    }
}

pub(super) fn custom(input: &mut Input<'_>, members: &mut Members<'_>, part: &str, sheet: &mut Sheet) {
    let mut found = Vec::new();
    let end = members.xml(input, part, &mut |stack, step| {
        if let ([_, property, _], Step::Close(text)) = (stack, step)
            && found.len() < 1000
        {
            found.push(format!("{} = {text}", property.attribute("name").unwrap_or("?")));
        }
        ControlFlow::Continue(())
    });
    if let Err(why) = end {
        sheet.cut(why);
    }
    sheet.list(keys::CUSTOM, &found);
}
