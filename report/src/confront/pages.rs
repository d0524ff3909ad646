//! Two files page by page: what each draws, its pictures, its links; then what belongs to no page.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Finding, Level, Sha256Digest};
use lopdf::{Dictionary, Document, Object, ObjectId};

use super::attached;
use super::graph::Graph;

/// Differences told; the rest is counted.
const TOLD: usize = 20;
/// Entries of a catalog that a signature may add or write anew (ISO 32000-1, 12.8; ETSI EN 319 142-1, 5.4).
const BY_SIGNATURE: [&[u8]; 6] = [b"AcroForm", b"DSS", b"Extensions", b"Perms", b"StructTreeRoot", b"Metadata"];
/// Entries that lead to pages and attachments, which are compared one by one.
const ELSEWHERE: [&[u8]; 2] = [b"Pages", b"Names"];

/// What no version of the program puts in a document: scripts, layers, notes, fields other than signatures.
pub(super) fn active(document: &Document) -> Vec<Finding> {
    let mut found: Vec<String> = Vec::new();
    if let Ok(catalog) = document.catalog() {
        let keys = [b"OpenAction".as_slice(), b"AA", b"OCProperties", b"URI"];
        found.extend(
            keys.into_iter().filter(|key| catalog.has(key)).map(|key| String::from_utf8_lossy(key).into_owned()),
        );
        let scripts = name_trees(document, catalog).into_iter().filter(|name| name == b"JavaScript");
        found.extend(scripts.map(|name| String::from_utf8_lossy(&name).into_owned()));
    }
    for (number, id) in document.get_pages() {
        let inert = |object: &Object| is_signature(document, object) || is_link_inside(document, object);
        let strange = of_page((document, id)).into_iter().filter(|object| !inert(object)).count();
        if strange > 0 {
            found.push(format!("page {number} : {strange} annotation(s)"));
        }
    }
    let what = "Le fichier contient de quoi agir ou recouvrir, ce que le programme ne produit dans aucune version.";
    found.into_iter().take(TOLD).map(|it| Finding::new("pv.active", Level::Fail, what).found(it)).collect()
}

/// A link to a place of the document.
fn is_link_inside(document: &Document, object: &Object) -> bool {
    let Some(dictionary) = document.dereference(object).ok().and_then(|(_, o)| o.as_dict().ok()) else { return false };
    dictionary.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n == b"Link")
        && dictionary.has(b"Dest")
        && !dictionary.has(b"A")
        && !dictionary.has(b"AA")
}

/// The names of the trees of names.
fn name_trees(document: &Document, catalog: &Dictionary) -> BTreeSet<Vec<u8>> {
    let names = catalog.get(b"Names").ok().and_then(|o| document.dereference(o).ok()?.1.as_dict().ok());
    names.map(|names| names.iter().map(|(key, _)| key.clone()).collect()).unwrap_or_default()
}

/// `Fail` for every difference between the document `expected` and the one that was given.
pub(super) fn compare(expected: &Document, found: &Document) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (pages, other) = (expected.get_pages(), found.get_pages());
    if pages.len() != other.len() {
        let what = "Le procès-verbal n'a pas le nombre de pages que donne le scellé.";
        findings.push(Finding::new("pv.pages", Level::Fail, what).values(pages.len(), other.len()));
    }
    let mut graphs = (Graph::new(expected), Graph::new(found));
    for (number, page) in &pages {
        let Some(its) = other.get(number) else { break };
        one(&mut findings, *number, (expected, *page), (found, *its), &mut graphs);
        if findings.len() > TOLD {
            break;
        }
    }
    findings.extend(attachments(expected, found));
    catalog(&mut findings, (expected, found), &mut graphs);
    spoken(&mut findings, expected, found);
    findings
}

type Page<'a> = (&'a Document, ObjectId);

fn one(findings: &mut Vec<Finding>, number: u32, ours: Page<'_>, its: Page<'_>, graphs: &mut (Graph<'_>, Graph<'_>)) {
    let fail = |code: &str, what: String| Finding::new(code, Level::Fail, what);
    let before = findings.len();
    let (drawn, theirs) = (ours.0.get_page_content(ours.1), its.0.get_page_content(its.1));
    if drawn != theirs {
        let (expected, found) = words_apart(&text(ours, number), &text(its, number));
        let what = format!("La page {number} du procès-verbal n'est pas celle que donne le scellé.");
        findings.push(fail("pv.page_text", what).values(expected, found));
    }
    let (pictures, other) = (pictures(ours, &mut graphs.0), pictures(its, &mut graphs.1));
    if pictures != other {
        let what = format!("Une image de la page {number} n'est pas celle du scellé.");
        let told = |set: &BTreeMap<Vec<u8>, Sha256Digest>, than: &BTreeMap<Vec<u8>, Sha256Digest>| {
            set.iter()
                .find(|(name, digest)| than.get(*name) != Some(*digest))
                .map_or("aucune".into(), |(_, d)| d.to_hex())
        };
        findings.push(fail("pv.picture", what).values(told(&pictures, &other), told(&other, &pictures)));
    }
    if findings.len() == before && dictionary(ours, &mut graphs.0) != dictionary(its, &mut graphs.1) {
        let what = format!(
            "La page {number} n'emploie pas les mêmes polices ou les mêmes mesures que celle que donne le scellé."
        );
        findings.push(fail("pv.page_form", what));
    }
    annotations(findings, number, ours, its, graphs);
}

fn page_of<'a>((document, id): Page<'a>) -> Option<&'a Dictionary> {
    document.get_dictionary(id).ok()
}

/// The text of a page, a space for every blank; for showing where two pages part, not for judging.
fn text((document, _): Page<'_>, number: u32) -> String {
    let text = document.extract_text_with_limit(&[number], 64 << 20).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words around the first difference.
fn words_apart(expected: &str, found: &str) -> (String, String) {
    let (ours, its): (Vec<&str>, Vec<&str>) = (expected.split(' ').collect(), found.split(' ').collect());
    let at = ours.iter().zip(&its).position(|(a, b)| a != b).unwrap_or_else(|| ours.len().min(its.len()));
    if at >= ours.len() && at >= its.len() {
        return ("le même texte, dessiné autrement".into(), "le même texte, dessiné autrement".into());
    }
    let around = |words: &[&str]| {
        let from = at.saturating_sub(4);
        let shown: Vec<&str> = words.iter().skip(from).take(12).copied().collect();
        if shown.is_empty() { "(fin de la page)".to_owned() } else { format!("« {} »", shown.join(" ")) }
    };
    (around(&ours), around(&its))
}

/// The pictures of a page by the name the page calls them.
fn pictures(page: Page<'_>, graph: &mut Graph<'_>) -> BTreeMap<Vec<u8>, Sha256Digest> {
    let mut found = BTreeMap::new();
    let Some(dictionary) = page_of(page) else { return found };
    let inside = |from: &'_ Dictionary, key: &[u8]| -> Option<Dictionary> {
        page.0.dereference(from.get(key).ok()?).ok()?.1.as_dict().ok().cloned()
    };
    let objects = inside(dictionary, b"Resources").and_then(|resources| inside(&resources, b"XObject"));
    for (name, object) in objects.iter().flat_map(Dictionary::iter) {
        found.insert(name.clone(), graph.of(object));
    }
    found
}

/// The page without what it points back to, and without its links.
fn dictionary((document, id): Page<'_>, graph: &mut Graph<'_>) -> Option<Sha256Digest> {
    Some(graph.of(document.get_object(id).ok()?))
}

/// Links are those of the document; what a signature adds is a field of signature.
fn annotations(
    findings: &mut Vec<Finding>,
    number: u32,
    ours: Page<'_>,
    its: Page<'_>,
    graphs: &mut (Graph<'_>, Graph<'_>),
) {
    let expected: BTreeSet<Sha256Digest> = of_page(ours).iter().map(|object| graphs.0.of(object)).collect();
    let mut met = BTreeSet::new();
    for object in of_page(its) {
        let digest = graphs.1.of(&object);
        if expected.contains(&digest) {
            met.insert(digest);
        } else if !is_signature(its.0, &object) {
            let what = format!("La page {number} porte une annotation que le procès-verbal dressé n'a pas.");
            findings.push(Finding::new("pv.annotation", Level::Fail, what));
        }
    }
    if met.len() < expected.len() {
        let what = format!("Des liens de la page {number} ont été retirés ou changés.");
        findings.push(Finding::new("pv.annotation", Level::Fail, what).values(expected.len(), met.len()));
    }
}

fn of_page(page: Page<'_>) -> Vec<Object> {
    let list = page_of(page).and_then(|d| page.0.dereference(d.get(b"Annots").ok()?).ok()?.1.as_array().ok());
    list.cloned().unwrap_or_default()
}

fn is_signature(document: &Document, object: &Object) -> bool {
    let Some(dictionary) = document.dereference(object).ok().and_then(|(_, o)| o.as_dict().ok()) else { return false };
    let name = |key: &[u8]| dictionary.get(key).ok().and_then(|o| o.as_name().ok());
    name(b"Subtype") == Some(b"Widget") && name(b"FT") == Some(b"Sig")
}

fn attachments(expected: &Document, found: &Document) -> Vec<Finding> {
    let fail = |what: String| Finding::new("pv.attachments", Level::Fail, what);
    let (Some(ours), Some(its)) = (attached::all(expected), attached::all(found)) else {
        return vec![fail(
            "Les pièces jointes du procès-verbal ne peuvent pas être lues, ou deux ont le même nom.".into(),
        )];
    };
    let names: BTreeSet<&Vec<u8>> = ours.keys().chain(its.keys()).collect();
    let apart = names.into_iter().filter(|name| ours.get(*name) != its.get(*name));
    let told = |octets: Option<&Vec<u8>>| octets.map_or("absente".to_owned(), |o| Sha256Digest::of(o).to_hex());
    apart
        .map(|name| {
            let shown = String::from_utf8_lossy(name);
            let what = format!("La pièce jointe « {shown} » n'est pas celle du procès-verbal que donne le scellé.");
            fail(what).values(told(ours.get(name)), told(its.get(name)))
        })
        .collect()
}

/// Nothing in the file opens, runs, or shows by layers; what a signature adds aside.
fn catalog(
    findings: &mut Vec<Finding>,
    (expected, found): (&Document, &Document),
    graphs: &mut (Graph<'_>, Graph<'_>),
) {
    let (Ok(ours), Ok(its)) = (expected.catalog(), found.catalog()) else { return };
    let keys: BTreeSet<&Vec<u8>> = ours.iter().chain(its.iter()).map(|(key, _)| key).collect();
    for key in
        keys.into_iter().filter(|key| !BY_SIGNATURE.contains(&key.as_slice()) && !ELSEWHERE.contains(&key.as_slice()))
    {
        let (a, b) = (ours.get(key).ok().map(|o| graphs.0.of(o)), its.get(key).ok().map(|o| graphs.1.of(o)));
        if a != b {
            let shown = String::from_utf8_lossy(key).into_owned();
            let what = format!("L'entrée « {shown} » du fichier n'est pas celle du procès-verbal que donne le scellé.");
            findings.push(Finding::new("pv.catalog", Level::Fail, what));
        }
    }
    if name_trees(expected, ours) != name_trees(found, its) {
        let what =
            "Le fichier a d'autres arbres de noms que le procès-verbal que donne le scellé (scripts, destinations).";
        findings.push(Finding::new("pv.catalog", Level::Fail, what));
    }
}

/// What a reader that speaks says instead of what is shown: the same words in both files.
fn spoken(findings: &mut Vec<Finding>, expected: &Document, found: &Document) {
    let texts = |document: &Document| {
        let mut texts = BTreeMap::<Vec<u8>, usize>::new();
        let dictionaries = document.objects.values().filter_map(|object| object.as_dict().ok());
        for element in dictionaries.filter(|d| d.has(b"S")) {
            for key in [b"Alt".as_slice(), b"ActualText", b"E"] {
                if let Ok(text) = element.get(key).and_then(Object::as_str) {
                    *texts.entry([key, b" ", text].concat()).or_default() += 1;
                }
            }
        }
        texts
    };
    let (ours, its) = (texts(expected), texts(found));
    if ours != its {
        let what = "Les textes donnés à lire à la place de ce qui est montré ne sont pas ceux du procès-verbal dressé.";
        findings.push(Finding::new("pv.spoken", Level::Fail, what));
    }
}
