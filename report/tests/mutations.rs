//! A procès-verbal that was changed, or that speaks of another bundle, is found out: one mutation a vector. A procès-verbal
//! that was only saved otherwise is not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a helper that fails is a failed test")]
#[path = "common/synthetic.rs"]
mod synthetic;

use std::sync::LazyLock;

use dossier::{Finding, Level};
use lopdf::{Document, Object, ObjectId, Stream, dictionary};
use report::Presentation;
use synthetic::{Plan, Synthetic, draft, page, synthetic};

/// The dossier and its document, made once.
static MADE: LazyLock<(Synthetic, Vec<u8>)> = LazyLock::new(|| {
    let made = synthetic(&Plan::default());
    let pdf = made.draw_up(Some(&draft())).unwrap().pdf;
    (made, pdf)
});

/// A small one.
static SMALL: LazyLock<(Synthetic, Vec<u8>)> = LazyLock::new(|| {
    let made = synthetic(&Plan { pictures: vec![page(64, 64)], missing: 0, ..Plan::default() });
    let pdf = made.draw_up(None).unwrap().pdf;
    (made, pdf)
});

fn confronted(made: &Synthetic, pdf: &[u8]) -> Vec<Finding> {
    made.with_input(None, |input| report::confront(pdf, input, &Presentation::shipped().unwrap()).findings)
}

fn worst(findings: &[Finding]) -> Option<Level> {
    findings.iter().map(|f| f.level).max()
}

/// The document after `change`, saved by another program.
fn changed(change: impl FnOnce(&mut Document)) -> Vec<u8> {
    let mut document = Document::load_mem(&MADE.1).unwrap();
    change(&mut document);
    let mut out = Vec::new();
    document.save_to(&mut out).unwrap();
    out
}

fn is_found_out(code: &str, change: impl FnOnce(&mut Document)) {
    octets_are_found_out(code, &changed(change));
}

fn octets_are_found_out(code: &str, pdf: &[u8]) {
    let findings = confronted(&MADE.0, pdf);
    let found = findings.iter().any(|f| f.code == code && f.level == Level::Fail);
    assert!(found, "{code} expected: {findings:#?}");
}

fn nth(document: &Document, number: u32) -> ObjectId {
    document.get_pages()[&number]
}

/// Rewrites what a page draws.
fn draws(document: &mut Document, number: u32, change: impl FnOnce(String) -> String) {
    let id = document.get_page_contents(nth(document, number))[0];
    let stream = document.get_object_mut(id).unwrap().as_stream_mut().unwrap();
    stream.decompress().unwrap();
    // One octet, one character: nothing is lost on the way.
    let text: String = stream.content.iter().map(|octet| char::from(*octet)).collect();
    let octets = change(text).chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    stream.set_plain_content(octets);
}

/// The first page that draws a picture, and the picture's name there.
fn pictured(document: &Document) -> (u32, Vec<(Vec<u8>, ObjectId)>) {
    document
        .get_pages()
        .into_iter()
        .find_map(|(number, id)| {
            let page = document.get_dictionary(id).ok()?;
            let resources = document.dereference(page.get(b"Resources").ok()?).ok()?.1.as_dict().ok()?;
            let objects = document.dereference(resources.get(b"XObject").ok()?).ok()?.1.as_dict().ok()?;
            let image = |id: &ObjectId| {
                let dictionary = &document.get_object(*id).unwrap().as_stream().unwrap().dict;
                dictionary.get(b"Width").and_then(Object::as_i64).is_ok_and(|width| width > 100)
            };
            let named = objects.iter().filter_map(|(name, object)| Some((name.clone(), object.as_reference().ok()?)));
            let found: Vec<_> = named.filter(|(_, id)| image(id)).collect();
            (!found.is_empty()).then_some((number, found))
        })
        .unwrap()
}

fn images(document: &Document) -> Vec<ObjectId> {
    let is_image = |object: &Object| {
        object.as_stream().is_ok_and(|s| s.dict.get(b"Width").and_then(Object::as_i64).is_ok_and(|width| width > 100))
    };
    document.objects.iter().filter(|(_, object)| is_image(object)).map(|(id, _)| *id).collect()
}

/// The stream of an attachment.
fn attachment(document: &Document, name: &str) -> ObjectId {
    let specification = document.objects.values().find_map(|object| {
        let dictionary = object.as_dict().ok()?;
        let text = dictionary.get(b"F").ok()?.as_str().ok()?;
        let plain: Vec<u8> = text.iter().copied().filter(|b| b.is_ascii_graphic()).collect();
        (plain == name.as_bytes()).then(|| dictionary.clone())
    });
    let files = specification.unwrap().get(b"EF").unwrap().clone();
    let files = document.dereference(&files).unwrap().1.as_dict().unwrap();
    files.get(b"F").unwrap().as_reference().unwrap()
}

fn attached(document: &mut Document, name: &str, change: impl FnOnce(String) -> String) {
    let id = attachment(document, name);
    let stream = document.get_object_mut(id).unwrap().as_stream_mut().unwrap();
    let text = String::from_utf8(stream.get_plain_content().unwrap()).unwrap();
    let new = change(text.clone());
    assert_ne!(text, new, "{name} was not changed");
    stream.set_plain_content(new.into_bytes());
}

fn catalog(document: &mut Document) -> &mut lopdf::Dictionary {
    document.catalog_mut().unwrap()
}

#[test]
fn the_document_itself_agrees_even_when_it_was_saved_otherwise() {
    let findings = confronted(&MADE.0, &MADE.1);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(findings[0].code == "pv.agrees" && findings[0].what.contains("octet pour octet"), "{findings:#?}");
    let saved = changed(|_| ());
    assert_ne!(saved, MADE.1);
    let findings = confronted(&MADE.0, &saved);
    let codes: Vec<&str> = findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!((codes, worst(&findings)), (vec!["pv.saved_otherwise"], Some(Level::Indeterminate)), "{findings:#?}");
}

#[test]
fn words_and_figures_that_were_changed() {
    // Two runs of text in each other's place.
    is_found_out("pv.page_text", |d| {
        draws(d, 6, |text| {
            let runs: Vec<&str> = text.split("TJ").collect();
            let (a, b) = (runs[3].to_owned(), runs[9].to_owned());
            text.replacen(&a, "\u{1}", 1).replacen(&b, &a, 1).replacen('\u{1}', &b, 1)
        });
    });
    // A run left out.
    is_found_out("pv.page_text", |d| {
        draws(d, 3, |text| {
            let at = text.find("TJ").unwrap();
            format!("{}Tj{}", &text[..text[..at].rfind('[').unwrap()], &text[at + 2..]).replacen("Tj", "", 1)
        });
    });
    // A digit of a digest: one glyph for its neighbour.
    is_found_out("pv.page_text", |d| {
        draws(d, 11, |text| {
            let at = text.find("<").or_else(|| text.find('(')).unwrap() + 1;
            let mut octets: Vec<char> = text.chars().collect();
            octets[at] = if octets[at] == '1' { '2' } else { '1' };
            octets.into_iter().collect()
        });
    });
    // A white rectangle over the page.
    is_found_out("pv.page_text", |d| draws(d, 6, |text| format!("{text} q 1 1 1 rg 0 0 600 400 re f Q")));
    // Nothing at all.
    is_found_out("pv.page_text", |d| draws(d, 1, |_| String::new()));
}

#[test]
fn letters_that_look_like_others_or_are_copied_as_others() {
    // The program of a font for that of another.
    is_found_out("pv.page_form", |d| {
        let programs: Vec<ObjectId> = d
            .objects
            .iter()
            .filter(|(_, o)| {
                o.as_stream()
                    .is_ok_and(|s| s.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n.ends_with(b"0C")))
            })
            .map(|(id, _)| *id)
            .collect();
        let other = d.get_object(programs[1]).unwrap().clone();
        d.objects.insert(programs[0], other);
    });
    // What is copied from the page is not what is shown.
    is_found_out("pv.page_form", |d| {
        let maps: Vec<ObjectId> =
            d.objects.values().filter_map(|o| o.as_dict().ok()?.get(b"ToUnicode").ok()?.as_reference().ok()).collect();
        for id in maps {
            let stream = d.get_object_mut(id).unwrap().as_stream_mut().unwrap();
            let text = String::from_utf8(stream.get_plain_content().unwrap()).unwrap();
            stream.set_plain_content(text.replace("<0065>", "<0078>").into_bytes());
        }
    });
}

#[test]
fn pages_added_removed_turned_or_in_another_order() {
    is_found_out("pv.pages", |d| d.delete_pages(&[5]));
    is_found_out("pv.pages", |d| {
        let page = d.get_object(nth(d, 3)).unwrap().clone();
        let (tree, id) = (page.as_dict().unwrap().get(b"Parent").unwrap().as_reference().unwrap(), d.add_object(page));
        let tree = d.get_object_mut(tree).unwrap().as_dict_mut().unwrap();
        tree.get_mut(b"Kids").unwrap().as_array_mut().unwrap().push(id.into());
        let count = tree.get(b"Count").unwrap().as_i64().unwrap();
        tree.set("Count", count + 1);
    });
    is_found_out("pv.page_text", |d| {
        let tree = d.get_dictionary(nth(d, 1)).unwrap().get(b"Parent").unwrap().as_reference().unwrap();
        d.get_object_mut(tree)
            .unwrap()
            .as_dict_mut()
            .unwrap()
            .get_mut(b"Kids")
            .unwrap()
            .as_array_mut()
            .unwrap()
            .swap(2, 3);
    });
    for (key, value) in [
        ("Rotate", Object::Integer(180)),
        ("CropBox", vec![0.into(), 400.into(), 595.into(), 842.into()].into()),
        ("MediaBox", vec![0.into(), 400.into(), 595.into(), 842.into()].into()),
        ("UserUnit", Object::Integer(10)),
    ] {
        is_found_out("pv.page_form", |d| {
            let id = nth(d, 4);
            d.get_object_mut(id).unwrap().as_dict_mut().unwrap().set(key, value);
        });
    }
}

#[test]
fn another_picture_or_a_picture_that_was_retouched() {
    // The sheet of another capture.
    is_found_out("pv.picture", |d| {
        let images = images(d);
        let other = d.get_object(images[images.len() - 1]).unwrap().clone();
        d.objects.insert(images[0], other);
    });
    // One sample.
    is_found_out("pv.picture", |d| {
        let id = images(d)[0];
        let stream = d.get_object_mut(id).unwrap().as_stream_mut().unwrap();
        let mut samples = stream.get_plain_content().unwrap();
        samples[5_000] ^= 1;
        stream.dict.remove(b"DecodeParms");
        stream.set_plain_content(samples);
    });
    // Cut below a line.
    is_found_out("pv.picture", |d| {
        let id = images(d)[0];
        d.get_object_mut(id).unwrap().as_stream_mut().unwrap().dict.set("Height", 300);
    });
    // Seen through a mask.
    is_found_out("pv.picture", |d| {
        let mask = d.add_object(Stream::new(
            dictionary! {"Type" => "XObject", "Subtype" => "Image", "Width" => 1, "Height" => 1, "ColorSpace" => "DeviceGray", "BitsPerComponent" => 8},
            vec![0],
        ));
        let id = images(d)[0];
        d.get_object_mut(id).unwrap().as_stream_mut().unwrap().dict.set("SMask", mask);
    });
    // Called by the page under another's name.
    is_found_out("pv.picture", |d| {
        let (number, named) = pictured(d);
        let other = *images(d).iter().find(|id| **id != named[0].1).unwrap();
        let page = d.get_dictionary(nth(d, number)).unwrap().clone();
        let resources = page.get(b"Resources").unwrap().as_reference();
        let resources = d.get_object_mut(resources.unwrap()).unwrap().as_dict_mut().unwrap();
        resources.get_mut(b"XObject").unwrap().as_dict_mut().unwrap().set(named[0].0.clone(), other);
    });
}

#[test]
fn attachments_that_were_changed() {
    is_found_out("pv.attachment", |d| attached(d, "constat.json", |text| text.replacen("2026", "2025", 1)));
    is_found_out("pv.attachments", |d| attached(d, "journal.jsonl", |text| text.replacen("chromium", "firefox", 1)));
    is_found_out("pv.attachments", |d| attached(d, "scenario.toml", |text| text + "\n"));
    is_found_out("pv.attachments", |d| attached(d, "affirmations.json", |text| text.replacen("14-0003", "14-0004", 1)));
    is_found_out("pv.attachments", |d| attached(d, "affirmations.jsonld", |text| text.replacen("SHA256", "MD5", 1)));
    is_found_out("pv.attachment_missing", |d| {
        catalog(d).remove(b"Names");
    });
    // One more, under a name of its own.
    is_found_out("pv.attachments", |d| more_attachments(d, "faux.txt"));
    // One more under a name that is taken.
    is_found_out("pv.attachment_missing", |d| more_attachments(d, "journal.jsonl"));
}

fn more_attachments(document: &mut Document, name: &str) {
    let file = document.add_object(Stream::new(dictionary! {"Type" => "EmbeddedFile"}, b"autre".to_vec()));
    let text = Object::string_literal(name);
    let specification =
        document.add_object(dictionary! {"Type" => "Filespec", "F" => text.clone(), "EF" => dictionary! {"F" => file}});
    let names = catalog(document).get(b"Names").unwrap().clone();
    let inner = document.dereference(&names).unwrap().1.as_dict().unwrap().get(b"EmbeddedFiles").unwrap().clone();
    let tree = document.dereference(&inner).unwrap().0;
    let mut tree_of = document.dereference(&inner).unwrap().1.as_dict().unwrap().clone();
    let list = tree_of.get_mut(b"Names").unwrap().as_array_mut().unwrap();
    list.extend([text, specification.into()]);
    match tree {
        Some(id) => document.objects.insert(id, Object::Dictionary(tree_of)),
        None => {
            let all = dictionary! {"EmbeddedFiles" => tree_of};
            catalog(document).set("Names", all);
            None
        }
    };
}

#[test]
fn what_it_was_drawn_from_cannot_be_told_otherwise() {
    let record = |from: &'static str, to: &'static str| {
        move |d: &mut Document| attached(d, "redaction.json", |text| text.replacen(from, to, 1))
    };
    // Other words of the officer, another date, another cost, other facts of the seal, a sentence of the office.
    is_found_out("pv.page_text", record("une photographie de lampe", "une contrefaçon de lampe"));
    is_found_out("pv.page_text", record("2026-11-21T15:04:05", "2026-11-22T15:04:05"));
    is_found_out("pv.page_text", record("35000", "45000"));
    is_found_out(
        "pv.page_text",
        record("\"presentation\": {}", "\"presentation\": {\"acte.toml\": \"[titre]\\nconstat = 'AUTRE'\"}"),
    );
    is_found_out("pv.drawn_before_end", record("\"drawn_up_at\": \"2026", "\"drawn_up_at\": \"2020"));
    is_found_out("pv.record", record("constat-redaction/1", "constat-redaction/9"));
    is_found_out("pv.not_redrawn", record("\"presentation\": {}", "\"presentation\": {\"autre.toml\": \"\"}"));
    let digest = MADE.0.bundle.sha256.to_hex();
    is_found_out("pv.bundle_facts", |d| {
        attached(d, "redaction.json", |text| text.replace(&digest, &"0".repeat(64)));
    });
    // A seal that the document keeps silent.
    is_found_out("pv.bundle_facts", |d| {
        attached(d, "redaction.json", |text| {
            let mut record: serde_json::Value = serde_json::from_str(&text).unwrap();
            record["bundle"]["seal"] = serde_json::Value::Null;
            record.to_string()
        });
    });
    let signer = MADE.0.bundle.seal.as_ref().unwrap().signer.clone();
    is_found_out("pv.bundle_facts", |d| attached(d, "redaction.json", |text| text.replace(&signer, "CN=Autre")));
}

#[test]
fn what_opens_runs_or_overlays() {
    let script = || dictionary! {"S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)")};
    is_found_out("pv.catalog", |d| catalog(d).set("OpenAction", script()));
    is_found_out("pv.catalog", |d| catalog(d).set("AA", dictionary! {"WC" => script()}));
    is_found_out("pv.catalog", |d| catalog(d).set("OCProperties", dictionary! {"OCGs" => Object::Array(Vec::new())}));
    is_found_out("pv.catalog", |d| {
        let names = catalog(d).get(b"Names").unwrap().clone();
        let mut names = d.dereference(&names).unwrap().1.as_dict().unwrap().clone();
        names.set("JavaScript", dictionary! {"Names" => Object::Array(Vec::new())});
        catalog(d).set("Names", names);
    });
    // A note, and a field of text, over the page.
    for annotation in [
        dictionary! {"Type" => "Annot", "Subtype" => "FreeText", "Contents" => Object::string_literal("faux")},
        dictionary! {"Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "V" => Object::string_literal("faux")},
    ] {
        is_found_out("pv.annotation", |d| {
            let (page, note) = (nth(d, 6), d.add_object(annotation));
            let page = d.get_object_mut(page).unwrap().as_dict_mut().unwrap();
            page.set("Annots", vec![Object::Reference(note)]);
        });
    }
    // A link of the contents that leads elsewhere.
    is_found_out("pv.annotation", |d| {
        let links: Vec<ObjectId> = d
            .objects
            .iter()
            .filter(|(_, o)| {
                o.as_dict().is_ok_and(|o| o.get(b"Subtype").and_then(Object::as_name).is_ok_and(|n| n == b"Link"))
            })
            .map(|(id, _)| *id)
            .collect();
        let link = d.get_object_mut(links[0]).unwrap().as_dict_mut().unwrap();
        link.remove(b"Dest");
        link.set("A", dictionary! {"S" => "URI", "URI" => Object::string_literal("https://faux.example/")});
    });
    // What a voice reads instead of the picture.
    is_found_out("pv.spoken", |d| {
        let figure = d.objects.values_mut().filter_map(|o| o.as_dict_mut().ok()).find(|o| o.has(b"Alt")).unwrap();
        figure.set("Alt", Object::string_literal("autre chose"));
    });
}

#[test]
fn octets_added_or_missing() {
    // An increment that draws a page anew.
    let added = {
        let mut document = Document::load_mem(&MADE.1).unwrap();
        draws(&mut document, 6, |_| "q 0 0 100 100 re f Q".into());
        let contents = document.get_page_contents(nth(&document, 6))[0];
        let mut increment =
            lopdf::IncrementalDocument::create_from(MADE.1.clone(), Document::load_mem(&MADE.1).unwrap());
        let stream = document.get_object(contents).unwrap().clone();
        increment.new_document.objects.insert(contents, stream);
        let mut out = Vec::new();
        increment.save_to(&mut out).unwrap();
        assert!(out.starts_with(&MADE.1));
        out
    };
    octets_are_found_out("pv.page_text", &added);
    let cut = &MADE.1[..MADE.1.len() / 2];
    assert_eq!(worst(&confronted(&MADE.0, cut)), Some(Level::Fail));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 48, ..Default::default() })]

    /// Whatever octet of the file is changed, it is not taken for the act any more, and nothing stops the one who reads it.
    #[test]
    fn no_octet_can_be_changed(at in 0.0_f64..1.0, bit in 0_u8..8, cut: bool) {
        let mut octets = SMALL.1.clone();
        let place = ((octets.len() as f64) * at) as usize;
        octets[place] ^= 1 << bit;
        if cut {
            octets.truncate(place + 1);
        }
        let findings = confronted(&SMALL.0, &octets);
        proptest::prop_assert!(worst(&findings) >= Some(Level::Indeterminate), "octet {place}: {findings:#?}");
    }
}

#[test]
fn the_act_of_another_bundle() {
    let other = synthetic(&Plan { pictures: vec![page(1280, 800), page(1280, 1300)], ..Plan::default() });
    let findings = confronted(&other, &MADE.1);
    for code in ["pv.attachment", "pv.attachments", "pv.pages"] {
        assert!(findings.iter().any(|f| f.code == code && f.level == Level::Fail), "{code}: {findings:#?}");
    }
}

#[test]
fn an_act_of_another_version_is_never_taken_on_its_word() {
    let older = |d: &mut Document| {
        attached(d, "redaction.json", |text| text.replacen("\"version\": \"", "\"version\": \"0.0.", 1));
    };
    // Nothing else was changed: only the record differs, and what it says is confronted claim by claim.
    let findings = confronted(&MADE.0, &changed(older));
    assert_eq!(worst(&findings), Some(Level::Indeterminate), "{findings:#?}");
    assert!(!findings.iter().any(|f| f.code == "pv.claim"), "{findings:#?}");
    is_found_out("pv.claim", |d| {
        older(d);
        attached(d, "affirmations.json", |text| text.replacen("\"octets\": 1", "\"octets\": 2", 1));
    });
    is_found_out("pv.claim", |d| {
        older(d);
        attached(d, "affirmations.json", |text| text.replacen("Atelier Lumière — Lampes", "Atelier Ombre — Lampes", 2));
    });
    is_found_out("pv.claim", |d| {
        older(d);
        draws(d, 6, |text| text.replacen("TJ", "", 3).replacen("Tj", "", 3));
    });
    is_found_out("pv.active", |d| {
        older(d);
        catalog(d).set("AA", dictionary! {"WC" => dictionary! {"S" => "JavaScript"}});
    });
    let template = |d: &mut Document| {
        attached(d, "redaction.json", |text| {
            text.replacen("\"presentation\": {}", "\"presentation\": {\"blocs.typ\": \"#while true {}\"}", 1)
        });
    };
    let findings = confronted(&MADE.0, &changed(template));
    assert!(findings.iter().any(|f| f.code == "pv.own_templates" && f.level == Level::Indeterminate), "{findings:#?}");
}
