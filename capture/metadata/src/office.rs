//! Documents in a ZIP file: OOXML (ECMA-376) and ODF (ISO/IEC 26300).
mod odf;
mod parts;
mod props;

use std::ops::ControlFlow;

use crate::archive::Members;
use crate::declared::Sheet;
use crate::input::Input;
use crate::keys;
use crate::xml::Step;

/// The most parts of one kind that are read.
pub(super) const PARTS: usize = 200;

/// Reads the document, when the archive is one.
pub(crate) fn read(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) -> Option<&'static str> {
    if members.find("mimetype").is_some()
        && let Some(format) = members.stored_text(input, "mimetype").and_then(|text| odf::format(text.trim()))
    {
        odf::read(input, members, sheet);
        return Some(format);
    }
    members.find("[Content_Types].xml")?;
    let types = content_types(input, members, sheet);
    let format = types.iter().find_map(|(_, kind)| main_format(kind))?;
    let of = |end: &str| types.iter().find(|(_, kind)| kind.ends_with(end)).map(|(part, _)| part.as_str());
    let core = of("package.core-properties+xml").or(members.find("docProps/core.xml").map(|_| "docProps/core.xml"));
    if let Some(part) = core {
        props::core(input, members, part, sheet);
    }
    if let Some(part) = of("officedocument.extended-properties+xml") {
        props::app(input, members, part, sheet);
    }
    if let Some(part) = of("officedocument.custom-properties+xml") {
        props::custom(input, members, part, sheet);
    }
    let macros = members.names().any(|name| name.to_ascii_lowercase().ends_with("vbaproject.bin"));
    sheet.yes(keys::MACROS, macros);
    parts::read(input, members, format, sheet);
    Some(format)
}

/// The parts that are named one by one, with their type.
fn content_types(input: &mut Input<'_>, members: &mut Members<'_>, sheet: &mut Sheet) -> Vec<(String, String)> {
    let mut types = Vec::new();
    let end = members.xml(input, "[Content_Types].xml", &mut |stack, step| {
        if let (Some(element), Step::Open) = (stack.last(), step)
            && element.name == "Override"
            && let (Some(part), Some(kind)) = (element.attribute("PartName"), element.attribute("ContentType"))
            && types.len() < 10_000
        {
            types.push((part.trim_start_matches('/').to_owned(), kind.to_owned()));
        }
        ControlFlow::Continue(())
    });
    if let Err(why) = end {
        sheet.cut(why);
    }
    types
}

fn main_format(kind: &str) -> Option<&'static str> {
    let main = kind.strip_suffix("+xml").unwrap_or(kind).strip_suffix(".main")?;
    let is = |name: &str| main.ends_with(name);
    Some(match main {
        _ if is("wordprocessingml.document") => "docx",
        _ if is("wordprocessingml.template") => "dotx",
        _ if is("ms-word.document.macroEnabled") => "docm",
        _ if is("ms-word.template.macroEnabledTemplate") => "dotm",
        _ if is("spreadsheetml.sheet") => "xlsx",
        _ if is("spreadsheetml.template") => "xltx",
        _ if is("ms-excel.sheet.macroEnabled") => "xlsm",
        _ if is("ms-excel.template.macroEnabled") => "xltm",
        _ if is("ms-excel.sheet.binary.macroEnabled") => "xlsb",
        _ if is("presentationml.presentation") => "pptx",
        _ if is("presentationml.template") => "potx",
        _ if is("presentationml.slideshow") => "ppsx",
        _ if is("ms-powerpoint.presentation.macroEnabled") => "pptm",
        _ if is("ms-powerpoint.slideshow.macroEnabled") => "ppsm",
        _ => return None,
    })
}

/// Notes a number, or the text that stands where one should.
pub(super) fn number(sheet: &mut Sheet, key: keys::Key, text: &str) {
    match text.trim().parse::<u64>() {
        Ok(number) => sheet.number(key, number),
        Err(_) => sheet.text(key, text),
    }
}
