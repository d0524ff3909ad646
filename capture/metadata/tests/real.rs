//! Files made by real tools: what we read is what was given to the tool, and what exiftool reads.
#![allow(clippy::unwrap_used, missing_docs, reason = "a test fails by panicking")]
mod common;

use std::process::Command;

use common::{check, folder, names, octets, read, text};
use serde_json::Value as Json;

/// Asserts the format, that nothing was left out, and each fact.
fn expect(name: &str, format: &str, facts: &[(&str, &str)]) {
    let declared = read(&octets(name));
    assert_eq!(declared.format, format, "{name}");
    assert_eq!(declared.cut, Vec::<String>::new(), "{name}");
    for (key, value) in facts {
        assert_eq!(text(&declared, key).as_deref(), Some(*value), "{name}: {key} in {declared:#?}");
    }
}

#[test]
fn word_processing() {
    expect(
        "python-docx.docx",
        "docx",
        &[
            ("title", "Bon de commande n° 12"),
            ("author", "Élodie Martin"),
            ("last_modified_by", "Paul Durand"),
            ("keywords", "achat, été"),
            ("created", "2024-03-05T14:30:21Z"),
            ("modified", "2024-03-06T14:30:21Z"),
            ("last_printed", "2024-03-07T14:30:21Z"),
            ("revision", "4"),
            ("application", "Microsoft Macintosh Word"),
            ("macros", "non"),
            ("tracked_changes", "2"),
            ("tracked_authors", "Correctrice"),
            ("comments", "1"),
            ("comment_authors", "Relecteur"),
            ("external_references", "hyperlink : https://exemple.fr/commande?n=12"),
        ],
    );
    expect(
        "odfpy.odt",
        "odt",
        &[
            ("title", "Compte rendu"),
            ("author", "Élodie Martin"),
            ("last_modified_by", "Paul Durand"),
            ("created", "2024-03-05T14:30:21"),
            ("modified", "2024-03-06T09:00:00"),
            ("revision", "7"),
            ("pages", "2"),
            ("words", "310"),
            ("keywords", "un | deux"),
            ("comments", "1"),
            ("comment_authors", "Relecteur"),
            ("external_references", "https://exemple.fr/"),
        ],
    );
}

#[test]
fn spreadsheets_and_presentations() {
    expect(
        "openpyxl.xlsx",
        "xlsx",
        &[
            ("author", "Élodie Martin"),
            ("title", "Tarif"),
            ("sheet_names", "Prix | Secret"),
            ("hidden_sheets", "Secret"),
            ("comments", "1"),
            ("comment_authors", "Paul Durand"),
        ],
    );
    expect(
        "xlsxwriter.xlsx",
        "xlsx",
        &[
            ("company", "Société d'essai"),
            ("manager", "Mme Petit"),
            ("custom_properties", "Dossier = 2024-12"),
            ("external_references", "hyperlink : https://exemple.fr/stock"),
        ],
    );
    expect("python-pptx.pptx", "pptx", &[("title", "Réunion"), ("slides", "3"), ("hidden_slides", "slide2")]);
    expect("odfpy.ods", "ods", &[("title", "Comptes"), ("hidden_sheets", "Caché"), ("encrypted", "non")]);
}

#[test]
fn pdf_of_seven_producers() {
    let made = [
        ("title", "Facture n° 7 — été"),
        ("author", "Élodie Martin"),
        ("subject", "Vente"),
        ("creator", "Essai"),
        ("pages", "3"),
    ];
    expect("reportlab.pdf", "pdf", &made);
    expect("qpdf.pdf", "pdf", &made);
    expect("pypdf.pdf", "pdf", &[("title", "Copie"), ("pages", "3"), ("signatures", "0"), ("javascript", "non")]);
    expect("pyhanko.pdf", "pdf", &[("title", "Facture n° 7 — été"), ("signatures", "1"), ("encrypted", "non")]);
    expect(
        "fpdf2.pdf",
        "pdf",
        &[("author", "Paul Durand"), ("embedded_files", "1"), ("embedded_names", "pièce jointe.txt")],
    );
    expect("chromium.pdf", "pdf", &[("title", "Page imprimée"), ("pages", "1"), ("javascript", "non")]);
    expect(
        "pikepdf.pdf",
        "pdf",
        &[
            ("title", "Titre du dictionnaire"),
            ("xmp_title", "Titre du XMP"),
            ("created", "D:20240305143021+01'00'"),
            ("xmp_created", "2023-01-01T00:00:00+01:00"),
            ("xmp_document_id", "uuid:1"),
            ("embedded_names", "notes.txt"),
            ("javascript", "oui"),
        ],
    );
    // What the dictionary says too is not said twice.
    assert_eq!(read(&octets("pikepdf.pdf")).get("xmp_creator"), None);
}

#[test]
fn an_encrypted_pdf_is_told_as_such() {
    let declared = read(&octets("qpdf-chiffre.pdf"));
    assert_eq!(text(&declared, "encrypted").as_deref(), Some("oui"));
    assert_eq!(text(&declared, "encryption").as_deref(), Some("Standard, V 5, R 6"));
    assert_eq!(text(&declared, "pages").as_deref(), Some("3"));
    assert_eq!(declared.get("title"), None);
    assert!(declared.cut.iter().any(|why| why.starts_with("PDF chiffré")), "{:?}", declared.cut);
}

#[test]
fn archives() {
    let entries = "lisez-moi.txt, 160 octets, 2024-03-05 14:30:20 | été/photo.txt, 160 octets, 2024-03-05 14:30:20 | \
                   ../dehors.txt, 160 octets, 2024-03-05 14:30:20 | lisez-moi.txt, 160 octets, 2024-03-05 14:30:20";
    expect(
        "zipfile.zip",
        "zip",
        &[
            ("entries", "4"),
            ("declared_size", "640"),
            ("entry_names", entries),
            ("escaping_names", "../dehors.txt"),
            ("duplicate_names", "lisez-moi.txt"),
            ("comment", "Envoyé par Paul"),
        ],
    );
    expect("infozip-chiffre.zip", "zip", &[("entries", "1"), ("encrypted_entries", "1")]);
}

#[test]
fn pictures() {
    let camera = [
        ("width", "24"),
        ("height", "16"),
        ("camera_make", "Essai"),
        ("camera_model", "Boitier 1"),
        ("camera_serial", "SN-0042"),
        ("exif_original", "2024:03:05 14:30:21+01:00"),
        ("orientation", "6 (tournée de 90°)"),
        ("gps_latitude", "48° 51′ 24.5″ N"),
        ("gps_longitude", "2° 21′ 7″ E"),
        ("gps_altitude", "35.5"),
        ("gps_date", "2024:03:05 13:30:21"),
    ];
    for (name, format) in [("pillow.jpg", "jpeg"), ("pillow.png", "png"), ("pillow.webp", "webp")] {
        expect(name, format, &camera);
    }
    expect("pillow.jpg", "jpeg", &[("xmp_title", "Vue du port"), ("xmp_creator", "Essai"), ("comment", "Une légende")]);
    expect(
        "pillow.png",
        "png",
        &[("title", "Capture"), ("software", "Essai 3"), ("author", "Élodie Martin"), ("texts", "Source = banc")],
    );
    expect("pillow.gif", "gif", &[("frames", "3"), ("loops", "2"), ("comment", "Animation d'essai")]);
    expect("pillow-anime.webp", "webp", &[("frames", "3"), ("width", "20")]);
    expect("pillow.tif", "tiff", &[("width", "24"), ("description", "Un plan"), ("software", "Micrologiciel 2.1")]);
}

#[test]
fn sound_and_film() {
    let tags = [("title", "Essai d'été"), ("author", "Élodie Martin"), ("album", "Album"), ("date", "2024")];
    for (name, format) in [
        ("ffmpeg.mp4", "mp4"),
        ("ffmpeg.mov", "mov"),
        ("ffmpeg.m4a", "m4a"),
        ("ffmpeg.webm", "webm"),
        ("ffmpeg.mkv", "mkv"),
        ("ffmpeg.mp3", "mp3"),
        ("ffmpeg.ogg", "ogg"),
        ("ffmpeg.opus", "opus"),
        ("ffmpeg.flac", "flac"),
        ("ffmpeg.wav", "wav"),
    ] {
        expect(name, format, &tags);
        if !["mp3", "wav"].contains(&format) {
            expect(name, format, &[("created", "2024-03-05T14:30:21Z")]);
        }
    }
    let film = "image, avc1, 32 × 24 pixels, 1000 ms | son, mp4a, 2 canal(aux), 8000 Hz, 628 ms";
    expect(
        "ffmpeg.mp4",
        "mp4",
        &[("duration_ms", "1000"), ("tracks", film), ("track_created", "2024-03-05T14:30:21Z")],
    );
    expect(
        "ffmpeg.webm",
        "webm",
        &[("tracks", "image, V_VP8, 32 × 24 pixels | son, A_VORBIS, 1 canal(aux), 44100 Hz")],
    );
    expect("ffmpeg.mp3", "mp3", &[("bitrate_kbps", "24"), ("sample_rate", "8000"), ("channels", "1")]);
    expect("ffmpeg.ogg", "ogg", &[("duration_ms", "500")]);
    expect("ffmpeg.opus", "opus", &[("duration_ms", "500")]);
    expect("ffmpeg.flac", "flac", &[("duration_ms", "500")]);
    expect("ffmpeg.wav", "wav", &[("duration_ms", "200")]);
}

/// The same thing in our words and in exiftool's, for files whose name begins so.
const SAME: &[(&str, &str, &str)] = &[
    (".pdf", "format_version", "PDF:PDFVersion"),
    (".pdf", "pages", "PDF:PageCount"),
    (".pdf", "title", "PDF:Title"),
    (".pdf", "author", "PDF:Author"),
    (".pdf", "subject", "PDF:Subject"),
    (".pdf", "creator", "PDF:Creator"),
    (".pdf", "producer", "PDF:Producer"),
    (".pdf", "created", "PDF:CreateDate"),
    (".pdf", "modified", "PDF:ModifyDate"),
    ("pikepdf.pdf", "xmp_title", "XMP:Title"),
    ("pikepdf.pdf", "xmp_created", "XMP:CreateDate"),
    ("pikepdf.pdf", "xmp_document_id", "XMP:DocumentID"),
    ("pillow.jpg", "width", "File:ImageWidth"),
    ("pillow.jpg", "height", "File:ImageHeight"),
    ("pillow.jpg", "xmp_title", "XMP:Title"),
    ("pillow.jpg", "software", "EXIF:Software"),
    ("pillow.", "camera_make", "EXIF:Make"),
    ("pillow.", "camera_model", "EXIF:Model"),
    ("pillow.", "camera_serial", "EXIF:SerialNumber"),
    ("pillow.", "lens", "EXIF:LensModel"),
    ("pillow.", "artist", "EXIF:Artist"),
    ("pillow.", "exif_modified", "EXIF:ModifyDate"),
    ("pillow.", "gps_altitude", "EXIF:GPSAltitude"),
    ("pillow.", "exif_original", "Composite:SubSecDateTimeOriginal"),
    (".png", "width", "PNG:ImageWidth"),
    (".png", "bit_depth", "PNG:BitDepth"),
    (".png", "title", "PNG:Title"),
    (".png", "author", "PNG:Author"),
    (".tif", "description", "EXIF:ImageDescription"),
    (".gif", "frames", "GIF:FrameCount"),
    (".gif", "loops", "GIF:AnimationIterations"),
    (".gif", "width", "GIF:ImageWidth"),
    (".gif", "comment", "File:Comment"),
    (".webp", "width", "RIFF:ImageWidth"),
    (".webp", "height", "RIFF:ImageHeight"),
    (".m", "brand", "QuickTime:MajorBrand"),
    (".m", "created", "QuickTime:CreateDate"),
    (".m", "modified", "QuickTime:ModifyDate"),
    (".m", "title", "QuickTime:Title"),
    (".m", "author", "QuickTime:Artist"),
    (".m", "comment", "QuickTime:Comment"),
    (".m", "encoder", "QuickTime:Encoder"),
    (".m", "software", "QuickTime:SoftwareVersion"),
    (".m", "title", "Matroska:Title"),
    (".m", "muxing_app", "Matroska:MuxingApp"),
    (".m", "writing_app", "Matroska:WritingApp"),
    (".m", "created", "Matroska:DateTimeOriginal"),
    (".webm", "created", "Matroska:DateTimeOriginal"),
    (".webm", "muxing_app", "Matroska:MuxingApp"),
    (".mp3", "title", "ID3:Title"),
    (".mp3", "album", "ID3:Album"),
    (".mp3", "encoder", "ID3:EncoderSettings"),
    (".mp3", "comment", "ID3:Comment"),
    (".", "writing_app", "Vorbis:Vendor"),
    (".", "title", "Vorbis:Title"),
    (".", "created", "Vorbis:CreationTime"),
    (".", "encoder", "Vorbis:Encoder"),
    (".flac", "sample_rate", "FLAC:SampleRate"),
    (".flac", "bit_depth", "FLAC:BitsPerSample"),
    (".wav", "sample_rate", "RIFF:SampleRate"),
    (".wav", "encoder", "RIFF:Software"),
];

/// Letters and digits alone: dates and numbers are spelled in several ways.
fn bare(text: &str) -> String {
    let text = text.strip_prefix("D:").unwrap_or(text).replace("+00'00'", "Z").replace("+00:00", "Z");
    let marks = text.char_indices().filter(|(at, c)| {
        let digit = |at: Option<usize>| at.and_then(|at| text.as_bytes().get(at)).is_some_and(u8::is_ascii_digit);
        // The T between the day and the hour.
        c.is_alphanumeric() && !(*c == 'T' && digit(at.checked_sub(1)) && digit(at.checked_add(1)))
    });
    marks.map(|(_, c)| c).collect()
}

#[test]
fn exiftool_reads_the_same() {
    let run =
        Command::new("exiftool").args(["-n", "-G", "-json"]).args(names().iter().map(|n| folder().join(n))).output();
    let told: Vec<Json> = serde_json::from_slice(&run.expect("exiftool is installed").stdout).unwrap();
    assert_eq!(told.len(), names().len());
    let mut compared = vec![0; SAME.len()];
    for (name, told) in names().iter().zip(&told) {
        let declared = read(&octets(name));
        if name == "qpdf-chiffre.pdf" {
            continue;
        }
        for (count, (files, key, tag)) in compared.iter_mut().zip(SAME).filter(|(_, (files, ..))| name.contains(files))
        {
            let theirs = match told.get(*tag) {
                Some(Json::String(text)) => text.clone(),
                Some(Json::Bool(yes)) => yes.to_string(),
                Some(Json::Number(number)) => number.to_string(),
                _ => continue,
            };
            let ours = text(&declared, key).unwrap_or_else(|| panic!("{name}: exiftool has {tag}, we have no {key}"));
            let (mut ours, theirs) = (bare(&ours), bare(&theirs));
            // These counts of seconds are in UTC; exiftool writes no zone.
            if tag.starts_with("QuickTime:") && ours.ends_with('Z') {
                ours.pop();
            }
            assert_eq!(ours, theirs, "{name} ({files}): {key} and {tag}");
            *count += 1;
        }
    }
    let idle: Vec<_> = SAME.iter().zip(&compared).filter(|(_, count)| **count == 0).map(|(same, _)| same).collect();
    assert!(idle.is_empty(), "never compared: {idle:?}");
}

#[test]
fn the_name_says_nothing() {
    // The same octets under no name at all: read() is given none. A picture that says it is a PDF is a picture.
    let mut picture = octets("pillow.png");
    picture.extend_from_slice(b"%PDF-1.7");
    assert_eq!(read(&picture).format, "png");
    let declared = read(b"bonjour");
    assert_eq!(
        (declared.format, text(&declared, "first_octets").as_deref()),
        ("inconnu", Some("62 6f 6e 6a 6f 75 72"))
    );
    assert_eq!(read(b"").cut, ["Le fichier est vide."]);
}

#[test]
fn the_json_is_an_object_with_the_facts_in_order() {
    let json = serde_json::to_value(read(&octets("infozip-chiffre.zip"))).unwrap();
    assert_eq!(json["format"], "zip");
    assert_eq!(json["cut"], serde_json::json!([]));
    assert_eq!(json["facts"][0], serde_json::json!({"key": "entries", "label": "Nombre d'entrées", "value": 1}));
    assert!(json["facts"].as_array().unwrap().iter().all(|fact| fact.as_object().unwrap().len() == 3));
}

#[test]
fn every_file_keeps_to_the_bounds() {
    for name in names() {
        check(&read(&octets(&name)));
    }
}
