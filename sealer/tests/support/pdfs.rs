//! Small tagged PDFs, of both forms of cross-references, and increments over them: what signatures are tried on.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, reason = "each test binary uses a part of it")]

/// The objects of a document of two pages, tagged as typst's are: number and body.
pub fn objects() -> Vec<(u32, String)> {
    let stream = |text: &str| format!("<</Length {}>>\nstream\n{text}\nendstream", text.len());
    let page = |contents: u32, key: u32| {
        format!(
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 595.276 841.89] /Contents {contents} 0 R /Resources 15 0 R \
             /StructParents {key} /Tabs /S>>"
        )
    };
    let element = |page: u32| format!("<</Type /StructElem /S /P /P 8 0 R /Pg {page} 0 R /K [0]>>");
    let text = |line: &str| format!("/P <</MCID 0>> BDC BT /F1 12 Tf 72 760 Td ({line}) Tj ET EMC");
    [
        "<</Type /Catalog /Pages 2 0 R /StructTreeRoot 7 0 R /MarkInfo <</Marked true>> /Lang (fr-FR)>>".to_owned(),
        "<</Type /Pages /Kids [3 0 R 4 0 R] /Count 2>>".to_owned(),
        page(5, 0),
        page(6, 1),
        stream(&text("Constat, page une")),
        stream(&text("Constat, page deux")),
        "<</Type /StructTreeRoot /K [8 0 R] /ParentTree <</Nums [0 11 0 R 1 12 0 R]>> /ParentTreeNextKey 2>>"
            .to_owned(),
        "<</Type /StructElem /S /Document /P 7 0 R /K [9 0 R 10 0 R]>>".to_owned(),
        element(3),
        element(4),
        "[9 0 R]".to_owned(),
        "[10 0 R]".to_owned(),
        "<</Title (Essai) /CreationDate (D:20261121100000Z)>>".to_owned(),
        "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>".to_owned(),
        "<</Font <</F1 14 0 R>>>>".to_owned(),
    ]
    .into_iter()
    .zip(1..)
    .map(|(body, number)| (number, body))
    .collect()
}

const HEADER: &[u8] = b"%PDF-1.7\n%\x80\x80\x80\x80\n";
const ID: &str = "/ID [<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]";

/// A file with a table.
pub fn classic(objects: &[(u32, String)]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    let mut places = vec![0_usize; objects.iter().map(|(number, _)| *number as usize + 1).max().unwrap()];
    for (number, body) in objects {
        places[*number as usize] = out.len();
        out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    let at = out.len();
    out.extend_from_slice(format!("xref\n0 {}\n0000000000 65535 f \n", places.len()).as_bytes());
    places.iter().skip(1).for_each(|place| out.extend_from_slice(format!("{place:010} 00000 n \n").as_bytes()));
    let trailer =
        format!("trailer\n<</Size {} /Root 1 0 R /Info 13 0 R {ID}>>\nstartxref\n{at}\n%%EOF\n", places.len());
    out.extend_from_slice(trailer.as_bytes());
    out
}

/// A file with a cross-reference stream; what is no stream is in an object stream.
pub fn streamed(objects: &[(u32, String)]) -> Vec<u8> {
    let mut out = HEADER.to_vec();
    let holder = objects.iter().map(|(number, _)| *number).max().unwrap() + 1;
    let (mut rows, mut pairs, mut bodies, mut index) =
        (vec![(0_u8, 0_usize, 0_u8)], String::new(), String::new(), 0_u8);
    for (number, body) in objects {
        if body.contains("\nstream\n") {
            rows.push((1, out.len(), 0));
            out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        } else {
            pairs.push_str(&format!("{number} {} ", bodies.len()));
            bodies.push_str(&format!("{body}\n"));
            rows.push((2, holder as usize, index));
            index += 1;
        }
    }
    rows.push((1, out.len(), 0));
    let plain = format!("{pairs}{bodies}");
    let dict = format!("<</Type /ObjStm /N {index} /First {} /Length {}>>", pairs.len(), plain.len());
    out.extend_from_slice(format!("{holder} 0 obj\n{dict}\nstream\n{plain}\nendstream\nendobj\n").as_bytes());
    let at = out.len();
    rows.push((1, at, 0));
    let mut data = Vec::new();
    for (kind, second, third) in &rows {
        data.push(*kind);
        data.extend_from_slice(&(*second as u32).to_be_bytes());
        data.push(*third);
    }
    let own = holder + 1;
    let dict =
        format!("<</Type /XRef /Size {} /W [1 4 1] /Root 1 0 R /Info 13 0 R {ID} /Length {}>>", own + 1, data.len());
    out.extend_from_slice(format!("{own} 0 obj\n{dict}\nstream\n").as_bytes());
    out.extend_from_slice(&data);
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").as_bytes());
    out
}

/// Appends a revision with a table: objects by number.
pub fn appended(file: &[u8], objects: &[(u32, String)]) -> Vec<u8> {
    let mut out = file.to_vec();
    let mut rows = String::new();
    for (number, body) in objects {
        rows.push_str(&format!("{number} 1\n{:010} 00000 n \n", out.len()));
        out.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
    }
    finish(file, out, &rows)
}

/// The end of an increment: table, trailer, marks.
pub fn finish(file: &[u8], mut out: Vec<u8>, rows: &str) -> Vec<u8> {
    let at = out.len();
    let id = ID;
    let trailer = format!("trailer\n<</Size 500 /Root 1 0 R /Info 13 0 R {id} /Prev {}>>\n", last_table(file));
    out.extend_from_slice(format!("xref\n{rows}{trailer}startxref\n{at}\n%%EOF\n").as_bytes());
    out
}

/// What the last `startxref` says.
pub fn last_table(file: &[u8]) -> usize {
    let text = String::from_utf8_lossy(&file[find_last(file, b"startxref") + 9..]).into_owned();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

pub fn find_last(file: &[u8], word: &[u8]) -> usize {
    file.windows(word.len()).rposition(|window| window == word).unwrap()
}

pub fn find(file: &[u8], word: &[u8]) -> usize {
    file.windows(word.len()).position(|window| window == word).unwrap()
}

/// The body of the object `number` as it stands last in the file.
pub fn body(file: &[u8], number: u32) -> String {
    let head = format!("\n{number} 0 obj\n");
    let from = find_last(file, head.as_bytes()) + head.len();
    let to = from + find(&file[from..], b"\nendobj");
    String::from_utf8(file[from..to].to_vec()).unwrap()
}
