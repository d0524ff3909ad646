//! Rows M, J and I: lists that lie, and JSON that two parsers read differently.
use dossier::{Manifest, to_canonical};

use super::forge::{bytes_of, entry, pack, reseal, with};
use super::{good, refused};
use crate::layout;

fn manifest() -> Manifest {
    serde_json::from_slice(&bytes_of(&good().entries, layout::CONSTAT)).unwrap()
}

/// The bundle sealed anew around another `constat.json`.
fn claiming(edit: impl FnOnce(&mut Manifest)) -> Vec<u8> {
    let mut manifest = manifest();
    edit(&mut manifest);
    sealed_json(&to_canonical(&manifest).unwrap())
}

fn sealed_json(json: &[u8]) -> Vec<u8> {
    pack(&reseal(&with(&good().entries, layout::CONSTAT, json), |_| {}))
}

const TEXT: &str = "captures/0001-texte.txt";

#[test]
fn m01_a_file_that_no_list_covers() {
    let mut entries = good().entries.clone();
    entries.insert(7, entry("captures/0002-ajout.txt", b"x"));
    refused(pack(&entries), "manifest.uncovered");
    // Covered by the seal, but neither in constat.json nor announced by the journal.
    refused(pack(&reseal(&entries, |_| {})), "manifest.uncovered");
    refused(pack(&reseal(&good().entries, |m| m.files.retain(|f| f.name != TEXT))), "manifest.uncovered");
}

#[test]
fn m02_m03_absent_or_altered_files() {
    let without: Vec<_> = good().entries.iter().filter(|e| e.name != TEXT).cloned().collect();
    refused(pack(&without), "manifest.absent");
    refused(pack(&reseal(&without, |_| {})), "manifest.absent");
    let altered = with(&good().entries, TEXT, b"autre");
    refused(pack(&altered), "digest.mismatch");
    refused(pack(&reseal(&altered, |_| {})), "digest.mismatch");
}

#[test]
fn m05_m06_manifest_tricks() {
    let manifest = bytes_of(&good().entries, layout::MANIFEST_1);
    let text = String::from_utf8(manifest).unwrap();
    for (from, to) in [
        ("?>\n<", "?>\n<!DOCTYPE x>\n<"),
        ("captures/0001-texte.txt", "captures/../constat.json"),
        ("captures/0001-texte.txt", "constat.json"),
        ("<asic:DataObject", "<!-- x --><asic:DataObject"),
    ] {
        let tricked = with(&good().entries, layout::MANIFEST_1, text.replacen(from, to, 1).as_bytes());
        refused(pack(&tricked), "manifest.xml");
    }
    refused(pack(&reseal(&good().entries, |m| m.protector = "META-INF/autre.p7s".into())), "manifest.protector");
}

#[test]
fn m04_references_that_two_readers_resolve_differently() {
    let manifest = String::from_utf8(bytes_of(&good().entries, layout::MANIFEST_1)).unwrap();
    for other in [
        "captures/%2e%2e/constat.json",
        "captures%2F0001-texte.txt",
        "captures/0001%252Dtexte.txt",
        "captures/./0001-texte.txt",
        "captures/0001-texte.txt#x",
        "captures/0001-texte.txt?x",
        "/captures/0001-texte.txt",
        "file:///captures/0001-texte.txt",
        "http://example.org/captures/0001-texte.txt",
        "//captures/0001-texte.txt",
        "captures\\0001-texte.txt",
    ] {
        let altered = manifest.replacen(&format!("URI=\"{TEXT}\""), &format!("URI=\"{other}\""), 1);
        assert_ne!(altered, manifest);
        refused(pack(&with(&good().entries, layout::MANIFEST_1, altered.as_bytes())), "manifest.xml");
    }
}

#[test]
fn m10_a_package_without_one_of_its_parts() {
    let inner = super::unpack(&bytes_of(&good().entries, layout::WACZ));
    for part in ["archive/", "indexes/", "pages/", "datapackage.json", "datapackage-digest.json"] {
        let kept: Vec<_> = inner.iter().filter(|e| !e.name.starts_with(part)).cloned().collect();
        assert!(kept.len() < inner.len());
        let whole = with(&good().entries, layout::WACZ, &pack(&kept));
        refused(pack(&reseal(&whole, |_| {})), "wacz.presence");
    }
}

/// A journal that says the same with other dates than the pictures and the archive bear.
#[test]
fn t06_dates_outside_the_session() {
    let work = tempfile::tempdir().unwrap();
    let old = "2020-02-29T12:00:00Z".parse().unwrap();
    let dossier = super::sample::closed_with(work.path(), super::sample::archive_at("Objectif 1", old), &[]);
    let target = work.path().join("x.asice");
    good().etude.seal(&dossier, &[], &target).unwrap_or_else(|e| panic!("{e}"));
    let checked = super::judge(std::fs::read(&target).unwrap());
    let told: Vec<_> = checked.findings.iter().filter(|f| f.code == "clock.record").map(|f| f.level).collect();
    assert_eq!(told, [dossier::Level::Warn; 2]);
    let dated = |date: &str, zone: &str| {
        let field = |tag, text: &str| {
            let value = exif::Value::Ascii(vec![text.as_bytes().to_vec()]);
            exif::Field { tag, ifd_num: exif::In::PRIMARY, value }
        };
        let fields = [field(exif::Tag::DateTimeOriginal, date), field(exif::Tag::OffsetTimeOriginal, zone)];
        let mut writer = exif::experimental::Writer::new();
        fields.iter().for_each(|field| writer.push_field(field));
        let mut block = std::io::Cursor::new(Vec::new());
        writer.write(&mut block, false).unwrap();
        let plain = super::sample::png(9);
        let picture = [&plain[..33], &chunk(b"eXIf", block.get_ref()), &plain[33..]].concat();
        let checked = super::judge(pictured(&picture));
        super::sample::codes(&checked.findings).contains(&"clock.picture")
    };
    let now = good().etude.clock.now().legal_time();
    let (date, zone) = (now.strftime("%Y:%m:%d %H:%M:%S").to_string(), now.strftime("%:z").to_string());
    assert!(!dated(&date, &zone) && dated("2020:02:29 12:00:00", &zone) && dated(&date, "-11:00"));
}

#[test]
fn m08_constat_and_files_disagree() {
    refused(claiming(|m| m.artefacts.retain(|a| a.path.as_str() != TEXT)), "manifest.artefact_missing");
    refused(claiming(|m| m.artefacts[0].digests.bytes += 1), "digest.mismatch");
    refused(claiming(|m| m.artefacts.swap(0, 1)), "manifest.order");
    refused(claiming(|m| m.session.attended = true), "manifest.not_journal");
    refused(claiming(|m| m.findings.clear()), "manifest.not_journal");
    refused(claiming(|m| m.incompleteness.pages.clear()), "manifest.not_journal");
    refused(
        claiming(|m| m.incompleteness.reconciliations.push(dossier::Reconciliation::default())),
        "manifest.not_journal",
    );
    refused(claiming(|m| m.environment.clear()), "manifest.not_journal");
    refused(claiming(|m| m.case.objet = Some("autre".into())), "manifest.not_journal");
    refused(claiming(|m| m.essai = false), "manifest.essai");
    refused(claiming(|m| m.format = "constat/9".into()), "manifest.format");
    refused(claiming(|m| m.journal.entries += 1), "journal.head");
    refused(claiming(|m| m.seal_time.timestamped = true), "time.removed");
    refused(claiming(|m| m.wacz.members.clear()), "wacz.members");
}

#[test]
fn i01_pixels_other_than_the_inventory_says() {
    let png = super::sample::png(200);
    refused(
        claiming(|m| {
            let image = m.artefacts.iter_mut().find_map(|a| a.image.as_mut()).unwrap();
            image.width += 1;
        }),
        "image.pixels",
    );
    refused(pack(&reseal(&with(&good().entries, "screens/0001-page.png", &png), |_| {})), "image.pixels");
}

/// The bundle with another picture, of which the inventory tells the truth.
fn pictured(png: &[u8]) -> Vec<u8> {
    let path = "screens/0001-page.png";
    let swapped = with(&good().entries, path, png);
    let mut manifest = manifest();
    let artefact = manifest.artefacts.iter_mut().find(|a| a.path.as_str() == path).unwrap();
    artefact.digests = dossier::Digests::of(png);
    artefact.image = crate::image_facts::measure(std::io::Cursor::new(png)).ok();
    pack(&reseal(&with(&swapped, layout::CONSTAT, &to_canonical(&manifest).unwrap()), |_| {}))
}

/// A chunk with its checksum.
fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let body = [&kind[..], content].concat();
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&length[..], &body, &rawzip::crc32(&body).to_be_bytes()].concat()
}

#[test]
fn i02_i03_i04_a_picture_that_may_look_like_another() {
    let plain = super::sample::png(9);
    let exif = super::sample::png_with_exif(9, "Essai");
    // After the header (8 octets, then 25 of IHDR), before the end (12), after it.
    let inside = |extra: &[u8]| [&plain[..33], extra, &plain[33..]].concat();
    let last = |extra: &[u8]| [&plain[..plain.len() - 12], extra, &plain[plain.len() - 12..]].concat();
    let block = exif.windows(4).position(|w| w == b"eXIf").unwrap();
    let length = u32::from_be_bytes(*exif[block - 4..].first_chunk().unwrap());
    let content = &exif[block + 4..block + 4 + length as usize];
    let mut thumbnail = content.to_vec();
    let next = 10 + 12 * usize::from(u16::from_be_bytes(*content[8..].first_chunk().unwrap()));
    thumbnail[next + 3] = 8;
    for altered in [
        inside(&chunk(b"gAMA", &[0, 0, 1, 0])),
        inside(&chunk(b"tEXt", b"Comment\0autre")),
        inside(&chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0])),
        inside(&chunk(b"eXIf", &thumbnail)),
        inside(&[chunk(b"eXIf", content), chunk(b"eXIf", content)].concat()),
        last(&chunk(b"eXIf", content)),
        last(&chunk(b"IEND", b"")),
        [&plain[..], b"<html>"].concat(),
    ] {
        refused(pictured(&altered), "image.form");
    }
}

#[test]
fn i02_exif_other_than_what_was_sealed() {
    // The same pixels, another camera: of our own picture, of the inventory's word on the traffic, of the traffic itself.
    let other = super::sample::png_with_exif(9, "Autre");
    let swapped = with(&good().entries, "screens/0001-page.png", &other);
    refused(pack(&swapped), "digest.mismatch");
    refused(pack(&reseal(&swapped, |_| {})), "image.pixels");
    let sealed = manifest().traffic_pictures;
    assert_eq!((sealed.found, sealed.listed.len()), (1, 1));
    assert_eq!(sealed.listed[0].url, super::sample::PICTURE);
    assert_eq!(sealed.listed[0].exif.get("Model").map(String::as_str), Some("Objectif 1"));
    refused(
        claiming(|m| {
            m.traffic_pictures.listed[0].exif.insert("Model".into(), "Objectif 2".into());
        }),
        "image.traffic",
    );
    refused(claiming(|m| m.traffic_pictures = Default::default()), "image.traffic");
    let inner = super::unpack(&bytes_of(&good().entries, layout::WACZ));
    let altered = super::sample::archive_of("Objectif 2");
    let wacz = pack(&with(&inner, layout::ARCHIVE, &altered));
    let swapped = with(&good().entries, layout::WACZ, &wacz);
    refused(pack(&swapped), "digest.mismatch");
    refused(pack(&reseal(&swapped, |_| {})), "wacz.member_differs");
}

#[test]
fn m09_another_package_inside() {
    let inner = super::unpack(&bytes_of(&good().entries, layout::WACZ));
    let pages = [&bytes_of(&inner, "pages/pages.jsonl")[..], b"\n"].concat();
    let wacz = pack(&with(&inner, "pages/pages.jsonl", &pages));
    let swapped = with(&good().entries, layout::WACZ, &wacz);
    refused(pack(&swapped), "digest.mismatch");
    refused(pack(&reseal(&swapped, |_| {})), "wacz.member_differs");
    let mut cut = bytes_of(&good().entries, layout::WACZ);
    cut.extend(b"x");
    refused(pack(&reseal(&with(&good().entries, layout::WACZ, &cut), |_| {})), "zip.layout");
}

#[test]
fn j01_j02_j03_json() {
    let json = String::from_utf8(bytes_of(&good().entries, layout::CONSTAT)).unwrap();
    let twice = json.replacen("{\"artefacts\"", "{\"artefacts\":[],\"artefacts\"", 1);
    refused(sealed_json(twice.as_bytes()), "json.duplicate");
    refused(sealed_json(format!("{json} ").as_bytes()), "json.not_canonical");
    refused(sealed_json(format!("\u{feff}{json}").as_bytes()), "json.malformed");
    refused(sealed_json(json.replacen("\"essai\":true", "\"essai\":1.0", 1).as_bytes()), "json.malformed");
    refused(
        sealed_json(json.replacen("\"essai\":true", "\"essai\":true,\"essai2\":true", 1).as_bytes()),
        "json.unknown_field",
    );
    refused(sealed_json(format!("{}1{}", "[".repeat(200), "]".repeat(200)).as_bytes()), "json.malformed");
    refused(sealed_json(b"{}"), "json.malformed");
}

#[test]
fn a_journal_that_was_touched() {
    let journal = String::from_utf8(bytes_of(&good().entries, layout::JOURNAL)).unwrap();
    let reseal_journal = |text: &str| pack(&reseal(&with(&good().entries, layout::JOURNAL, text.as_bytes()), |_| {}));
    refused(reseal_journal(&journal.replacen("\"status\":200", "\"status\":404", 1)), "journal.chain");
    let lines: Vec<&str> = journal.lines().collect();
    refused(reseal_journal(&(lines[..lines.len() - 1].join("\n") + "\n")), "journal.not_closed");
    refused(reseal_journal(&format!("{journal}x")), "journal.not_closed");
    let reordered = [&lines[..2], &[lines[3], lines[2]], &lines[4..]].concat().join("\n") + "\n";
    refused(reseal_journal(&reordered), "journal.chain");
}

#[test]
fn lists_for_people_say_nothing_else() {
    let sums = bytes_of(&good().entries, layout::SUMS);
    let entries = reseal(&good().entries, |_| {});
    let tail = [&sums[..], b"# note\n"].concat();
    refused(pack(&with(&entries, layout::SUMS, &tail)), "bundle.list");
    refused(pack(&reseal(&with(&good().entries, layout::DATAPACKAGE, b"{}"), |_| {})), "bundle.list");
}
