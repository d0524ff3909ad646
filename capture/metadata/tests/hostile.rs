//! One file for each attack: what it would do, and that it is told instead.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
mod common;

use std::io::{Read, Seek, SeekFrom, Write};

use common::{check, octets, read, text};
use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use metadata::Declared;

fn told(declared: &Declared, part: &str) {
    check(declared);
    assert!(declared.cut.iter().any(|why| why.contains(part)), "{part:?} is not in {:?}", declared.cut);
}

/// A ZIP file of members (name, octets before compression).
fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut file, mut directory) = (Vec::new(), Vec::new());
    for (name, octets) in members {
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::best());
        deflate.write_all(octets).unwrap();
        let packed = deflate.finish().unwrap();
        let place = u32::try_from(file.len()).unwrap();
        let (size, packed_size) = (u32::try_from(octets.len()).unwrap(), u32::try_from(packed.len()).unwrap());
        let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0x58, 0, 0, 0, 0];
        common.extend(packed_size.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (start, size) = (u32::try_from(file.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    let count = u16::try_from(members.len()).unwrap().to_le_bytes();
    file.extend(directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(count);
    file.extend(count);
    file.extend(size.to_le_bytes());
    file.extend(start.to_le_bytes());
    file.extend([0, 0]);
    file
}

const TYPES: &[u8] = br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"#;

#[test]
fn zip_bomb_in_a_document() {
    let mut bomb = b"<w:document xmlns:w='u'>".to_vec();
    bomb.resize(200 << 20, b' ');
    let declared = read(&zip(&[("[Content_Types].xml", TYPES), ("word/document.xml", &bomb)]));
    assert_eq!(declared.format, "docx");
    told(&declared, "se décompresse à plus de 32 Mio");
}

#[test]
fn many_bombs_share_one_budget() {
    let mut bomb = b"<w:ftr xmlns:w='u'>".to_vec();
    bomb.resize(31 << 20, b' ');
    let names: Vec<String> = (0..20).map(|n| format!("word/header{n}.xml")).collect();
    let mut members: Vec<(&str, &[u8])> = vec![("[Content_Types].xml", TYPES)];
    members.extend(names.iter().map(|name| (name.as_str(), bomb.as_slice())));
    told(&read(&zip(&members)), "se décompresse à plus de 0 Mio");
}

#[test]
fn entity_bomb() {
    let core =
        b"<!DOCTYPE l [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><cp xmlns='u'><title>&b;</title></cp>";
    let declared = read(&zip(&[("[Content_Types].xml", TYPES), ("docProps/core.xml", core)]));
    told(&declared, "docProps/core.xml : un type de document (DTD) est présent");
    assert_eq!(declared.get("title"), None);
    let deep = [b"<a>".repeat(100_000), b"</a>".repeat(100_000)].concat();
    told(&read(&zip(&[("[Content_Types].xml", TYPES), ("docProps/core.xml", &deep)])), "niveaux d'éléments");
}

#[test]
fn a_macro_variant_says_so() {
    let types = String::from_utf8(TYPES.to_vec()).unwrap().replace(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
    );
    let declared = read(&zip(&[("[Content_Types].xml", types.as_bytes()), ("word/vbaProject.bin", b"x")]));
    assert_eq!((declared.format, text(&declared, "macros").as_deref()), ("docm", Some("oui")));
}

#[test]
fn a_zip_whose_numbers_lie() {
    let mut file = zip(&[("a", b"a"), ("b", b"b")]);
    let end = file.len() - 22;
    file[end + 10] = 9;
    told(&read(&file), "déclare 9 entrée(s), son répertoire en donne 2");
    file[end + 12..end + 16].copy_from_slice(&u32::MAX.to_le_bytes());
    told(&read(&file), "plus long qu'il n'y a place");
    told(&read(&file[..end]), "La fin de l'archive ZIP manque");
    let declared = read(&[b"PK\x05\x06".as_slice(), &[0xff; 18]].concat());
    check(&declared);
}

#[test]
fn more_entries_than_are_listed() {
    let names: Vec<String> = (0..1000).map(|n| format!("{n}.txt")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let declared = read(&zip(&members));
    assert_eq!(text(&declared, "entries").as_deref(), Some("1000"));
    told(&declared, "les 200 premières sont données");
}

/// A PDF of these objects, with its table.
fn pdf(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", at + 1).bytes());
    }
    let start = file.len();
    file.extend(
        format!("{table}trailer\n<</Size {} {trailer}>>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes(),
    );
    file
}

#[test]
fn pdf_whose_pages_turn_in_a_ring() {
    let pages = "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2 0 R/Parent 2 0 R>>";
    let declared = read(&pdf(&["<</Type/Catalog/Pages 2 0 R>>", pages], "/Root 1 0 R/Info 3 0 R"));
    told(&declared, "Le nombre de pages n'a pas pu être lu");
    let declared = read(&pdf(&["<</Pages 2 0 R>>", pages, "4 0 R", "3 0 R"], "/Root 1 0 R/Info 3 0 R"));
    assert_eq!(declared.format, "pdf");
}

#[test]
fn pdf_whose_sections_turn_in_a_ring() {
    let mut file =
        pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 7>>"], "/Root 1 0 R/Prev 0000000000");
    let text = String::from_utf8(file.clone()).unwrap();
    let start = text.find("\nxref").unwrap() + 1;
    file = text.replace("/Prev 0000000000", &format!("/Prev {start:010}")).into_bytes();
    let declared = read(&file);
    told(&declared, "tournent en rond");
    assert_eq!(common::text(&declared, "pages").as_deref(), Some("7"));
}

#[test]
fn pdf_with_a_huge_number_of_objects() {
    let text =
        String::from_utf8(pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Kids[]/Count 1>>"], "/Root 1 0 R")).unwrap();
    // The table says four thousand million of them.
    let declared = read(text.replace("xref\n0 3\n", "xref\n0 4294967295\n").as_bytes());
    told(&declared, "cherchés un à un");
    assert_eq!(declared.get("javascript"), None);
    assert_eq!(common::text(&declared, "pages").as_deref(), Some("1"));
}

fn packed(dict: &str, octets: &[u8]) -> String {
    let hex: String = octets.iter().map(|octet| char::from(*octet)).collect();
    format!("<<{dict}/Length {}>>\nstream\n{hex}\nendstream", octets.len())
}

#[test]
fn pdf_whose_object_streams_hold_themselves() {
    // The stream 3 says that it is in the stream 4, and 4 in 3; the reference stream of 5 says so too.
    let entries: Vec<u8> = [[0, 0, 0], [1, 9, 0], [1, 58, 0], [2, 4, 0], [2, 3, 0]].concat();
    let mut file = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/Metadata 3 0 R>>endobj\n2 0 obj<</Kids[]/Count 4 0 R>>endobj\n".to_vec();
    let start = file.len();
    let stream = packed("/Type/XRef/W[1 1 1]/Size 5/Root 1 0 R/Info 4 0 R", &entries);
    file.extend(format!("5 0 obj\n{stream}\nendobj\nstartxref\n{start}\n%%EOF").bytes());
    let declared = read(&file);
    assert_eq!(declared.format, "pdf");
    told(&declared, "Le nombre de pages n'a pas pu être lu");
}

#[test]
fn pdf_of_which_a_part_cannot_be_read_is_not_said_to_hold_nothing() {
    let mut file = pdf(&["<</Pages 2 0 R>>", "<</Count 1>>", "<</S/JavaScript/JS(x)>>"], "/Root 1 0 R");
    assert_eq!(text(&read(&file), "javascript").as_deref(), Some("oui"));
    let at = file.windows(7).position(|at| at == b"3 0 obj").unwrap();
    file[at] = b'9';
    let declared = read(&file);
    told(&declared, "1 objet(s) ou groupe(s) d'objets du PDF illisibles");
    assert_eq!((declared.get("javascript"), declared.get("signatures")), (None, None));
}

#[test]
fn pdf_stream_that_inflates_without_end() {
    let mut bomb = ZlibEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 100 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    let mut file =
        b"%PDF-1.7\n1 0 obj<</Pages 2 0 R/Metadata 3 0 R>>endobj 2 0 obj<</Count 1>>endobj\n3 0 obj\n".to_vec();
    file.extend(format!("<</Filter/FlateDecode/Length {}>>stream\n", bomb.len()).bytes());
    file.extend(bomb);
    file.extend(b"\nendstream endobj\ntrailer<</Root 1 0 R>>\n");
    told(&read(&file), "flux qui se décompresse à plus de 4 Mio");
}

#[test]
fn pdf_nested_without_end() {
    let info = format!("<</Title {}(x)>>", "[".repeat(200_000));
    let declared = read(&pdf(&["<</Pages 2 0 R>>", "<</Count 1>>", &info], "/Root 1 0 R/Info 3 0 R"));
    check(&declared);
    assert_eq!((text(&declared, "pages").as_deref(), declared.get("title")), (Some("1"), None));
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 8).unwrap();
    [&length.to_be_bytes()[..], kind, body].concat()
}

#[test]
fn mp4_boxes_of_odd_lengths() {
    let ftyp = boxed(b"ftyp", b"isom\0\0\0\0");
    let mut mvhd = vec![0; 100];
    mvhd[12..16].copy_from_slice(&1000_u32.to_be_bytes());
    mvhd[16..20].copy_from_slice(&2500_u32.to_be_bytes());
    let mvhd = boxed(b"mvhd", &mvhd);
    // Length 0: up to the end of what holds it.
    let open = [&ftyp[..], &[0, 0, 0, 0], b"moov", &mvhd].concat();
    let declared = read(&open);
    assert_eq!((text(&declared, "duration_ms").as_deref(), declared.cut.len()), (Some("2500"), 0));
    // Length 1: in 64 bits, here beyond everything.
    let huge = [&ftyp[..], &[0, 0, 0, 1], b"moov", &u64::MAX.to_be_bytes(), &mvhd].concat();
    told(&read(&huge), "ment sur sa longueur");
    let short = [&ftyp[..], &[0, 0, 0, 1], b"moov", &8_u64.to_be_bytes(), &mvhd].concat();
    told(&read(&short), "ment sur sa longueur");
    let beyond = [&ftyp[..], &u32::MAX.to_be_bytes(), b"moov", &mvhd].concat();
    told(&read(&beyond), "ment sur sa longueur");
    // A box longer than the one that holds it.
    let inner = [&u32::MAX.to_be_bytes()[..], b"trak"].concat();
    told(&read(&[&ftyp[..], &boxed(b"moov", &inner), &boxed(b"moov", &mvhd)].concat()), "ment sur sa longueur");
}

#[test]
fn mp4_nested_without_end_or_in_great_number() {
    let mut nested = Vec::new();
    for _ in 0..20_000 {
        nested = if nested.len() > 1 << 20 { break } else { boxed(b"udta", &nested) };
    }
    check(&read(&[boxed(b"ftyp", b"isom\0\0\0\0"), nested].concat()));
    let many = boxed(b"free", b"").repeat(300_000);
    told(&read(&[boxed(b"ftyp", b"isom\0\0\0\0"), many].concat()), "plus de 100000 boîtes");
}

#[test]
fn ebml_of_unknown_or_false_lengths() {
    let head = b"\x1a\x45\xdf\xa3\x87\x42\x82\x84webm";
    let info = b"\x15\x49\xa9\x66\x86\x4d\x80\x83abc";
    // A segment whose length was never written, then a cluster likewise.
    let live =
        [&head[..], b"\x18\x53\x80\x67\xff", info, b"\x1f\x43\xb6\x75\x01\xff\xff\xff\xff\xff\xff\xff", &[7; 50]]
            .concat();
    let declared = read(&live);
    assert_eq!((declared.format, text(&declared, "muxing_app").as_deref()), ("webm", Some("abc")));
    told(&declared, "sans longueur");
    let huge = [&head[..], b"\x18\x53\x80\x67\xff\x15\x49\xa9\x66\x01\xff\xff\xff\xff\xff\xff\xfe", &[0; 9]].concat();
    told(&read(&huge), "ment sur sa longueur");
    let nested = [&head[..], &b"\x18\x53\x80\x67\xff".repeat(100_000)].concat();
    check(&read(&nested));
}

#[test]
fn exif_directories_in_a_ring() {
    let mut file = octets("pillow.tif");
    let first = usize::try_from(u32::from_le_bytes(file[4..8].try_into().unwrap())).unwrap();
    let count = usize::from(u16::from_le_bytes(file[first..first + 2].try_into().unwrap()));
    let next = first + 2 + count * 12;
    file[next..next + 4].copy_from_slice(&u32::try_from(first).unwrap().to_le_bytes());
    let declared = read(&file);
    told(&declared, "tournent en rond");
    assert_eq!(text(&declared, "software").as_deref(), Some("Micrologiciel 2.1"));
    // A text of four thousand million octets.
    let mut file = octets("pillow.tif");
    file[first + 2 + 4..first + 2 + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    check(&read(&file));
}

#[test]
fn png_text_that_inflates_without_end() {
    let mut bomb = ZlibEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b'a'; 64 << 20]).unwrap();
    let body = [b"Comment\0\0".as_slice(), &bomb.finish().unwrap()].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let file = [b"\x89PNG\r\n\x1a\n".as_slice(), &length, b"zTXt", &body, &[0; 4], b"\0\0\0\0IEND\0\0\0\0"].concat();
    told(&read(&file), "se décompressent à plus de 4 Mio");
}

#[test]
fn the_same_part_a_thousand_times() {
    // Each block says to be of four mebioctets, and the next begins inside it.
    let block = [b"id3 \0\0\0\0".as_slice(), b"ID3\x04\0\0\x01\x7f\x7f\x7f"].concat();
    let wav = [b"RIFF\0\0\0\0WAVE".as_slice(), &b"id3 \0\0\0\0".repeat(50_000), &block, &[0; 5 << 20]].concat();
    told(&read(&wav), "ID3 : présent plusieurs fois");
    let mut jpeg = octets("pillow.jpg");
    let length = usize::from(u16::from_be_bytes([jpeg[22], jpeg[23]]));
    let segment = jpeg[20..22 + length].to_vec();
    assert_eq!(&segment[4..8], b"Exif");
    jpeg.splice(20..20, segment.repeat(500));
    told(&read(&jpeg), "EXIF : présent plusieurs fois");
}

#[test]
fn pdf_with_trailers_of_many_names() {
    let names: String = (0..60_000).map(|n| format!("/K{n} 0")).collect();
    let text = String::from_utf8(pdf(&["<</Pages 2 0 R>>", "<</Count 1>>"], &names)).unwrap();
    let file = format!("{}trailer<</L 0{names}>>trailer<</M 0{names}/Root 1 0 R>>", text.replace("startxref", ""));
    assert_eq!(common::text(&read(file.as_bytes()), "pages").as_deref(), Some("1"));
}

#[test]
fn lengths_of_sound_that_lie() {
    let mut mp3 = octets("ffmpeg.mp3");
    mp3[14..18].copy_from_slice(&[0x7f; 4]);
    told(&read(&mp3), "une trame ment sur sa longueur");
    let mut flac = octets("ffmpeg.flac");
    flac[5..8].copy_from_slice(&[0xff; 3]);
    told(&read(&flac), "ment sur sa longueur");
    let mut wav = octets("ffmpeg.wav");
    wav[16..20].copy_from_slice(&[0xff; 4]);
    told(&read(&wav), "dépasse la fin du fichier");
    let mut jpeg = octets("pillow.jpg");
    jpeg[4..6].copy_from_slice(&[0, 1]);
    told(&read(&jpeg), "ment sur sa longueur");
}

/// A file of which only the first octets exist, and that says to be enormous.
struct Sparse {
    head: Vec<u8>,
    length: u64,
    place: u64,
    read: u64,
}

impl Read for Sparse {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = into.len().min(usize::try_from(self.length.saturating_sub(self.place)).unwrap());
        for (at, octet) in into.iter_mut().take(count).enumerate() {
            let place = usize::try_from(self.place).unwrap() + at;
            *octet = self.head.get(place).copied().unwrap_or(0);
        }
        self.place += count as u64;
        self.read += count as u64;
        Ok(count)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        if let SeekFrom::Start(place) = to {
            self.place = place;
        }
        Ok(self.place)
    }
}

#[test]
fn an_enormous_file_is_read_in_part_only() {
    for name in common::names() {
        let length = 5 << 40;
        let mut file = Sparse { head: octets(&name), length, place: 0, read: 0 };
        check(&metadata::read(&mut file, length));
        assert!(file.read <= 256 << 20, "{name}: {} octets read", file.read);
    }
}

#[test]
fn a_disk_that_fails_is_told() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("panne"))
        }
    }
    impl Seek for Broken {
        fn seek(&mut self, _: SeekFrom) -> std::io::Result<u64> {
            Ok(0)
        }
    }
    let declared = metadata::read(&mut Broken, 1000);
    assert_eq!(declared.cut.last().map(String::as_str), Some("Le fichier n'a pas pu être lu à l'octet 0 : panne."));
}
