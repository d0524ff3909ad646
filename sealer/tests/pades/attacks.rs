//! Every known attack on signed PDFs, made by code, and the code that the verdict must give.
use sealer::pades::PadesReport;
use sealer::{SealLevel, Verdict};

use crate::bench::{How, shared};
use crate::pdfs::{appended, body, classic, find, find_last, finish, last_table, objects};
use crate::sample::codes;

/// A signed file: its only later objects are those of the signature (16 to 19).
fn signed() -> Vec<u8> {
    shared().sign(&classic(&objects()), &How::default()).unwrap().octets
}

fn check(octets: &[u8]) -> PadesReport {
    shared().verify(octets)
}

/// The verdict is FAIL, with that code among the failures.
fn fails(what: &str, octets: &[u8], code: &str) {
    let checked = check(octets);
    let failed: Vec<&str> =
        checked.findings.iter().filter(|f| f.level == dossier::Level::Fail).map(|f| f.code.as_str()).collect();
    assert_eq!(checked.verdict, Verdict::Fail, "{what}: {:#?}", checked.findings);
    assert!(failed.contains(&code), "{what}: {code} expected, {:#?}", checked.findings);
}

/// The same octets with one piece instead of another, of the same length.
fn replaced(octets: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let at = find_last(octets, from.as_bytes());
    let mut out = octets.to_vec();
    out[at..at + to.len()].copy_from_slice(to.as_bytes());
    out
}

/// ByteRange as it is written, and its numbers.
fn byte_range(octets: &[u8]) -> (String, [usize; 4]) {
    let from = find_last(octets, b"/ByteRange [") + 11;
    let to = from + find(&octets[from..], b"]") + 1;
    let text = String::from_utf8(octets[from..to].to_vec()).unwrap();
    let numbers: Vec<usize> = text[1..text.len() - 1].split(' ').map(|n| n.parse().unwrap()).collect();
    (text, numbers.try_into().unwrap())
}

/// The file with another ByteRange in the same room.
fn with_range(octets: &[u8], range: &str) -> Vec<u8> {
    let (text, _) = byte_range(octets);
    let room = text.len() + 20;
    let old = format!("{text:<room$}");
    let at = find_last(octets, text.as_bytes());
    let mut out = octets.to_vec();
    assert!(out[at..].starts_with(old.trim_end().as_bytes()) && range.len() <= room);
    out[at..at + room].fill(b' ');
    out[at..at + range.len()].copy_from_slice(range.as_bytes());
    out
}

#[test]
fn the_good_one_is_good() {
    let checked = check(&signed());
    assert!(!checked.has_failed(), "{:#?}", checked.findings);
    // The places that the vectors below rely on.
    let file = signed();
    assert!(body(&file, 3).contains("/Annots") && body(&file, 1).contains("/AcroForm"));
}

#[test]
fn byte_ranges() {
    let file = signed();
    let (_, [_, a, b, c]) = byte_range(&file);
    for (what, range) in [
        ("gap wider before", format!("[0 {} {b} {c}]", a - 10)),
        ("gap wider after", format!("[0 {a} {} {}]", b + 10, c - 10)),
        ("gap without its brackets", format!("[0 {} {} {}]", a + 1, b - 1, c + 1)),
        ("overlapping", format!("[0 {b} {a} {}]", c + b - a)),
        ("beyond the end", format!("[0 {a} {b} {}]", c + 1)),
        ("short of the end", format!("[0 {a} {b} {}]", c - 1)),
        ("negative", format!("[0 {a} {b} -1]")),
        ("not from zero", format!("[1 {} {b} {c}]", a - 1)),
        ("six numbers", format!("[0 {a} {b} {c} 0 0]")),
        ("two numbers", format!("[0 {a}]")),
        ("none", "[]".to_owned()),
        ("null", "null".to_owned()),
        ("huge", format!("[0 {a} {b} 9223372036854775807]")),
        ("indirect", "5 0 R".to_owned()),
        ("reals", format!("[0 {a}.0 {b}.0 {c}.0]")),
    ] {
        fails(what, &with_range(&file, &range), "pv.sig.byte_range");
    }
    let two = replaced(&file, "/SubFilter /ETSI.CAdES.detached\n", "/ByteRange [0 1 2 3] /P 1     \n\n");
    fails("two ByteRange", &two, "pv.sig.unreadable");
}

#[test]
fn universal_signature_forgery() {
    let file = signed();
    let (_, [_, a, b, _]) = byte_range(&file);
    for (what, text) in [("empty", "<>"), ("zero", "<00>"), ("null", "null"), ("literal", "(x)")] {
        let mut octets = file.clone();
        octets[a..b].fill(b' ');
        octets[a..a + text.len()].copy_from_slice(text.as_bytes());
        let code = if what == "zero" || what == "empty" { "pv.sig.byte_range" } else { "pv.sig.contents" };
        fails(what, &octets, code);
    }
    let mut zeros = file.clone();
    zeros[a + 1..b - 1].fill(b'0');
    fails("all zeros", &zeros, "pv.sig.cms");
    let mut trailing = file.clone();
    trailing[b - 3] = b'1';
    fails("octets after the value", &trailing, "pv.sig.contents");
    fails("no Contents", &replaced(&file, "/Contents <", "/Contentx <"), "pv.sig.contents");
    fails("no ByteRange", &replaced(&file, "/ByteRange [", "/ByteRangx ["), "pv.sig.byte_range");
    fails("another kind", &replaced(&file, "/ETSI.CAdES.detached", "/ETSI.CAdES.detachex"), "pv.sig.sub_filter");
}

#[test]
fn signature_wrapping() {
    // The signed second part is moved away, and another one stands in its place.
    let file = signed();
    let (_, [_, a, b, c]) = byte_range(&file);
    let evil = b">>\nendobj\n5 0 obj\n<</Length 1>>\nstream\nx\nendstream\nendobj\n";
    let moved = [&file[..b], evil, &file[b..]].concat();
    let wrapped = with_range(&moved, &format!("[0 {a} {} {c}]", b + evil.len()));
    fails("moved", &wrapped, "pv.sig.structure");
    // The signed end is kept after a table of one's own, at the place that end names; ByteRange follows it there.
    let table = last_table(&file);
    let mut own = [&file[..b], b">>\nendobj\n"].concat();
    let object = own.len();
    own.extend_from_slice(b"5 0 obj\n<</Length 1>>\nstream\nx\nendstream\nendobj\n");
    own.resize(table, b' ');
    let prev = last_table(&classic(&objects()));
    let end = format!(
        "xref\n5 1\n{object:010} 00000 n \ntrailer\n<</Size 99 /Root 1 0 R /Prev {prev}>>\nstartxref\n{table}\n%%EOF\n"
    );
    own.extend_from_slice(end.as_bytes());
    let moved = own.len();
    own.extend_from_slice(&file[b..]);
    fails("kept at the end", &with_range(&own, &format!("[0 {a} {moved} {c}]")), "pv.sig.tail");
    // The whole signed file inside a stream of another.
    let inside = appended(&file, &[(40, format!("<</Length {}>>\nstream\n{}\nendstream", 4, "abcd"))]);
    fails("a stream after", &inside, "pv.sig.unexplained");
}

#[test]
fn incremental_saving() {
    let file = signed();
    let page = |more: &str| body(&file, 3).replace("/Type /Page", &format!("/Type /Page {more}"));
    let catalog = |more: &str| body(&file, 1).replace("/Type /Catalog", &format!("/Type /Catalog {more}"));
    let text = "<</Length 7>>\nstream\nBT ET q\nendstream";
    for (what, changes, code) in [
        ("content", vec![(5, text.to_owned())], "pv.sig.content"),
        ("page contents", vec![(3, body(&file, 3).replace("/Contents 5 0 R", "/Contents 6 0 R"))], "pv.sig.pages"),
        ("page resources", vec![(15, "<</Font <<>>>>".into())], "pv.sig.change"),
        ("font", vec![(14, "<</Type /Font /Subtype /Type1 /BaseFont /Courier>>".into())], "pv.sig.content"),
        ("pages removed", vec![(2, "<</Type /Pages /Kids [3 0 R] /Count 1>>".into())], "pv.sig.pages"),
        (
            "a page added",
            vec![
                (2, "<</Type /Pages /Kids [3 0 R 40 0 R 4 0 R] /Count 3>>".into()),
                (40, "<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]>>".into()),
            ],
            "pv.sig.pages",
        ),
        ("pages turned", vec![(2, "<</Type /Pages /Kids [4 0 R 3 0 R] /Count 2>>".into())], "pv.sig.pages"),
        ("page rotated", vec![(3, page("/Rotate 90"))], "pv.sig.pages"),
        ("optional content", vec![(1, catalog("/OCProperties <<>>"))], "pv.sig.change"),
        ("script", vec![(1, catalog("/OpenAction <</S /JavaScript /JS (x)>>"))], "pv.sig.change"),
        ("names", vec![(1, catalog("/Names <<>>"))], "pv.sig.change"),
        ("other pages", vec![(1, catalog("").replace("/Pages 2 0 R", "/Pages 3 0 R"))], "pv.sig.change"),
        ("information", vec![(13, "<</Title (Autre)>>".into())], "pv.sig.change"),
        (
            "structure",
            vec![(9, "<</Type /StructElem /S /P /P 8 0 R /Pg 3 0 R /K [0] /ActualText (x)>>".into())],
            "pv.sig.structure",
        ),
        ("parent tree", vec![(11, "[10 0 R]".into())], "pv.sig.change"),
        ("nothing used", vec![(40, "<</A 1>>".into())], "pv.sig.unexplained"),
    ] {
        fails(what, &appended(&file, &changes), code);
    }
    // Without a table, or with a table but no mark: readers repair, the verdict does not.
    let loose = [&file[..], b"5 0 obj\n<</Length 1>>\nstream\nx\nendstream\nendobj\n"].concat();
    fails("objects without a table", &loose, "pv.sig.tail");
    let unfinished =
        [&loose[..], format!("trailer\n<</Root 1 0 R /Prev {}>>\n", last_table(&file)).as_bytes()].concat();
    fails("trailer without a table", &unfinished, "pv.sig.tail");
    fails("octets after the end", &[&file[..], b"\n\n"].concat(), "pv.sig.tail");
    let freed = finish(&file, file.clone(), "5 1\n0000000000 00001 f \n");
    fails("an object freed", &freed, "pv.sig.change");
}

#[test]
fn shadow_attacks() {
    // Hide, replace, hide and replace: prepared before, told; used after, proven wrong.
    let mut all = objects();
    let shadow = "<</Length 26>>\nstream\nBT (autre contenu caché) ET\nendstream".replace("26", "28");
    all.push((16, shadow));
    let prepared = shared().sign(&classic(&all), &How::default()).unwrap().octets;
    let checked = check(&prepared);
    assert!(codes(&checked.findings).contains(&"pv.sig.unused") && !checked.has_failed(), "{:#?}", checked.findings);
    // The table alone is changed: the prepared object takes the place of the shown one.
    let at = find(&prepared, b"\n16 0 obj") + 1;
    let swapped = finish(&prepared, prepared.clone(), &format!("5 1\n{at:010} 00000 n \n"));
    fails("hide and replace, by the table alone", &swapped, "pv.sig.elsewhere");
    let page = body(&prepared, 3).replace("/Contents 5 0 R", "/Contents 16 0 R");
    fails("hide and replace, by the page", &appended(&prepared, &[(3, page)]), "pv.sig.pages");
    let hidden = vec![(5, "null".to_owned())];
    fails("hide", &appended(&signed(), &hidden), "pv.sig.content");
    // An earlier revision that swaps the content, before signing: told.
    let twice = appended(&classic(&objects()), &[(5, "<</Length 1>>\nstream\nx\nendstream".into())]);
    let checked = check(&shared().sign(&twice, &How::default()).unwrap().octets);
    assert!(codes(&checked.findings).contains(&"pv.sig.before") && !checked.has_failed(), "{:#?}", checked.findings);
}

#[test]
fn fields_and_annotations() {
    let visible = How { visible: Some([100.0, 200.0, 60.0, 20.0]), ..How::default() };
    let file = shared().sign(&classic(&objects()), &visible).unwrap().octets;
    let form = || {
        file.windows(8)
            .rposition(|w| w == b"/SigFlag")
            .map(|at| String::from_utf8_lossy(&file[at - 60..at]).into_owned())
    };
    assert!(form().is_some());
    let numbers = |word: &str| -> u32 {
        let at = find_last(&file, word.as_bytes());
        let before = String::from_utf8_lossy(&file[..at]).into_owned();
        let head = before.rfind(" 0 obj").unwrap();
        before[..head].rsplit('\n').next().unwrap().parse().unwrap()
    };
    let (widget, appearance, acroform) = (numbers("/Subtype /Widget"), numbers("/Subtype /Form"), numbers("/SigFlags"));
    let with_field = |field: String| {
        let fields = body(&file, acroform)
            .replace("/Fields [", "/Fields [40 0 R ")
            .replace(&format!("40 0 R {widget} 0 R"), &format!("{widget} 0 R 40 0 R"));
        let page = body(&file, 4).replace(&format!("{widget} 0 R]"), &format!("{widget} 0 R 40 0 R]"));
        appended(&file, &[(40, field), (acroform, fields), (4, page)])
    };
    let text = "<</Type /Annot /Subtype /Widget /FT /Tx /T (montant) /V (0) /F 4 /Rect [0 0 300 300] /P 4 0 R>>";
    fails("a text field over the page", &with_field(text.into()), "pv.sig.field");
    let empty = "<</Type /Annot /Subtype /Widget /FT /Sig /T (autre) /F 132 /Rect [0 0 300 300] /P 4 0 R>>";
    fails("an empty field that shows", &with_field(empty.into()), "pv.sig.overlay");
    let twice = empty.replace("(autre)", "(clerc)").replace("0 0 300 300", "0 0 0 0");
    fails("two fields of one name", &with_field(twice), "pv.sig.form");
    let moved = body(&file, widget).replace("/F 132", "/F 134");
    fails("the widget hidden", &appended(&file, &[(widget, moved)]), "pv.sig.field");
    let drawn = "<</Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 1>>\nstream\nq\nendstream";
    fails("the appearance redrawn", &appended(&file, &[(appearance, drawn.into())]), "pv.sig.content");
    let note = "<</Type /Annot /Subtype /FreeText /Rect [0 0 300 300] /Contents (x)>>";
    let page = body(&file, 4).replace("/Annots [", "/Annots [40 0 R ");
    fails("an annotation first", &appended(&file, &[(40, note.into()), (4, page)]), "pv.sig.annotation");
    let page = body(&file, 3).replace("/Tabs /S", "/Tabs /S /Annots [40 0 R]");
    fails(
        "an annotation under a certification",
        &appended(&file, &[(40, note.into()), (3, page)]),
        "pv.sig.annotation",
    );
    fails(
        "the form removed",
        &appended(&file, &[(1, body(&file, 1).replace("/AcroForm", "/AcroFrom"))]),
        "pv.sig.stray",
    );
    let unsigned = body(&file, widget).replace("/V ", "/W ");
    fails("the signature unhooked", &appended(&file, &[(widget, unsigned)]), "pv.sig.stray");
    let permissive = body(&file, 1).replace("/Perms", "/Prems");
    fails("the permissions removed", &appended(&file, &[(1, permissive)]), "pv.sig.certified");
}

#[test]
fn certification() {
    let last = shared().sign(&classic(&objects()), &How { last: true, ..How::default() }).unwrap().octets;
    let note = "<</Type /Annot /Subtype /Text /Rect [0 0 9 9]>>".to_owned();
    let page = body(&last, 4).replace("/Tabs /S", "/Tabs /S /Annots [40 0 R]");
    fails("an annotation under P=1", &appended(&last, &[(40, note), (4, page)]), "pv.sig.annotation");
    // A signature made by a program that does not look at the permission: ours, over a file that hides it while it signs.
    let open = replaced(&last, "/P 1 /V /1.2", "/P 2 /V /1.2");
    fails("the permission changed", &open, "pv.sig.digest");
}

#[test]
fn duplicates_and_tables() {
    let file = signed();
    let plain = classic(&objects());
    let table = find_last(&plain, b"xref\n0 ");
    // Another object of the same number, that the table does not list.
    let twice = [&plain[..table], b"5 0 obj\n<</Length 1>>\nstream\nx\nendstream\nendobj\n", &plain[table..]].concat();
    let twice =
        String::from_utf8_lossy(&twice.iter().map(|c| if c.is_ascii() { *c } else { b'?' }).collect::<Vec<_>>())
            .replace(&format!("startxref\n{table}\n"), &format!("startxref\n{}\n", table + twice.len() - plain.len()))
            .into_bytes();
    assert!(check(&twice).findings.iter().any(|f| f.code == "pv.sig.twice"), "{:#?}", check(&twice).findings);
    // The table of a later revision points back into the signed one.
    let at = find(&plain, b"\n6 0 obj") + 1;
    let back = finish(&file, file.clone(), &format!("5 1\n{at:010} 00000 n \n"));
    fails("a table that points elsewhere", &back, "pv.sig.elsewhere");
    // A hybrid table whose stream disagrees.
    let mut hybrid = file.clone();
    let stream = hybrid.len();
    let row = [1_u8, 0, 0, 0, 9, 0];
    hybrid.extend_from_slice(
        b"40 0 obj\n<</Type /XRef /Size 41 /W [1 4 1] /Index [5 1] /Root 1 0 R /Length 6>>\nstream\n",
    );
    hybrid.extend_from_slice(&row);
    hybrid.extend_from_slice(b"\nendstream\nendobj\n");
    let place = hybrid.len();
    hybrid.extend_from_slice(b"5 0 obj\nnull\nendobj\n");
    let at = hybrid.len();
    let prev = last_table(&file);
    let end = format!(
        "xref\n5 1\n{place:010} 00000 n \ntrailer\n<</Size 500 /Root 1 0 R /Prev {prev} /XRefStm {stream}>>\nstartxref\n{at}\n%%EOF\n"
    );
    hybrid.extend_from_slice(end.as_bytes());
    fails("two tables that disagree", &hybrid, "pv.sig.structure");
    // The chain of revisions leads in a circle, or forward.
    let looped = appended(&file, &[(40, "null".into())]);
    let own = last_table(&looped);
    let text = format!("/Prev {}", last_table(&file));
    let circle = replaced(&looped, &text, &format!("/Prev {own:0width$}", width = text.len() - 6));
    fails("a circle", &circle, "pv.sig.structure");
}

#[test]
fn a_false_store_is_told_and_ignored() {
    let file = signed();
    let root = body(&file, 1).replace("/Type /Catalog", "/Type /Catalog /DSS 40 0 R");
    let junk = "<</Length 5>>\nstream\nfaux!\nendstream".to_owned();
    let store = [(1, root.clone()), (40, "<</Type /DSS /CRLs [41 0 R] /Certs [41 0 R]>>".into()), (41, junk)];
    let told = appended(&file, &store);
    let checked = check(&told);
    assert!(!checked.has_failed() && codes(&checked.findings).contains(&"pv.sig.store"), "{:#?}", checked.findings);
    // A store that takes an object of the document for its own.
    let stolen = appended(&file, &[(1, root.replace("40 0 R", "15 0 R")), (15, "<</Type /DSS>>".into())]);
    fails("an object shared with a page", &stolen, "pv.sig.change");
    let stream = appended(
        &file,
        &[(1, root), (40, "<</Certs [5 0 R]>>".into()), (5, "<</Length 1>>\nstream\nx\nendstream".into())],
    );
    fails("a stream of a page as a certificate", &stream, "pv.sig.change");
}

#[test]
fn a_stamp_over_another_document() {
    let bench = shared();
    let archived = bench.sign(&classic(&objects()), &How { level: SealLevel::Archived, ..How::default() }).unwrap();
    let octets = archived.octets;
    // The text of the first page, in the signed part: both the signature and the timestamp say it.
    let spoilt = replaced(&octets, "Constat, page une", "Constat, page uns");
    let checked = check(&spoilt);
    let told = checked.findings.iter().filter(|f| f.code == "pv.sig.digest").count();
    assert_eq!((checked.verdict, told), (Verdict::Fail, 2), "{:#?}", checked.findings);
    assert!(checked.stamps.is_empty() && !checked.signatures[0].holds);
}

#[test]
fn nothing_is_signed() {
    let checked = check(&classic(&objects()));
    assert_eq!((checked.verdict, codes(&checked.findings)), (Verdict::Indeterminate, vec!["pv.sig.none"]));
    for broken in [
        &b""[..],
        b"%PDF-1.7",
        b"%PDF-1.7\nstartxref\n99999999999999999999\n%%EOF",
        b"%PDF-1.7\nxref\n0 1\ntrailer\n<<>>\nstartxref\n9\n%%EOF",
    ] {
        assert_eq!(check(broken).verdict, Verdict::Fail, "{:?}", String::from_utf8_lossy(broken));
    }
}

#[test]
fn objects_laid_one_inside_the_other_are_given_up() {
    // Each of many objects begins inside the string of the one before: reading all of them would be the square of the file.
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut rows = String::new();
    const COUNT: usize = 40_000;
    for number in 1..=COUNT {
        rows.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{number} 0 obj ({}", "a".repeat(40)).as_bytes());
    }
    file.extend_from_slice(&b")".repeat(COUNT));
    file.extend_from_slice(b" endobj\n");
    let at = file.len();
    let end = format!("xref\n1 {COUNT}\n{rows}trailer\n<</Size {} /Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n", COUNT + 1);
    file.extend_from_slice(end.as_bytes());
    assert_eq!(check(&file).verdict, Verdict::Fail);
}
