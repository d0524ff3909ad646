//! A sound package gives no finding; each alteration gives its own.
use super::super::test_support::{parts, sample, signer};
use super::*;
use proptest::prelude::*;
use std::io::{Cursor, Write as _};
use zip::write::SimpleFileOptions;

type Files = Vec<(String, Vec<u8>)>;

/// The members of a sound signed package.
fn files() -> Files {
    let (bytes, _) = sample(Some(&signer(None)));
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..zip.len())
        .map(|number| {
            let mut file = zip.by_index(number).unwrap();
            let mut content = Vec::new();
            file.read_to_end(&mut content).unwrap();
            (file.name().unwrap().into_owned(), content)
        })
        .collect()
}

fn zipped(files: &Files) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files {
        zip.start_file(path.as_str(), SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn codes(files: &Files) -> Vec<String> {
    let check = check_wacz(Cursor::new(zipped(files)), Budget::default());
    check.findings.into_iter().map(|finding| finding.code).collect()
}

fn file<'a>(files: &'a mut Files, path: &str) -> &'a mut Vec<u8> {
    &mut files.iter_mut().find(|(name, _)| name == path).unwrap().1
}

fn replace(files: &mut Files, path: &str, from: &str, to: &str) {
    let content = file(files, path);
    let text = String::from_utf8(content.clone()).unwrap();
    assert!(text.contains(from), "{from} in {text}");
    *content = text.replacen(from, to, 1).into_bytes();
}

/// Makes `datapackage.json` and its digest agree again with the files, unsigned.
fn reseal(files: &Files) -> Files {
    let mut writer = super::super::WaczWriter::new(Cursor::new(Vec::new()));
    for (path, content) in files.iter().filter(|(path, _)| path.contains('/')) {
        writer.add_bytes(path, content).unwrap();
    }
    let (inner, _) = writer.finish(&super::super::test_support::meta(), None).unwrap();
    let mut zip = ZipArchive::new(inner).unwrap();
    let mut read = |path: &str| {
        let mut content = Vec::new();
        zip.by_name(path).unwrap().read_to_end(&mut content).unwrap();
        (path.to_owned(), content)
    };
    let names: Vec<String> = files.iter().map(|(path, _)| path.clone()).filter(|path| path.contains('/')).collect();
    names.iter().map(String::as_str).chain([DATAPACKAGE, DIGEST]).map(&mut read).collect()
}

#[test]
fn a_sound_package_gives_nothing() {
    let (bytes, summary) = sample(Some(&signer(None)));
    let check = check_wacz(Cursor::new(bytes), Budget::default());
    assert_eq!(check.findings, []);
    assert_eq!(check.members, summary.members);
    assert_eq!((check.records, check.pages.len()), (3, 1));
    assert!(check.signed.is_some());
    assert_eq!(codes(&reseal(&files())), ["wacz.unsigned"]);
}

#[test]
fn what_is_missing_is_said() {
    for (path, _) in files() {
        let mut files = files();
        files.retain(|(name, _)| *name != path);
        assert!(codes(&files).contains(&"wacz.presence".to_owned()), "{path}");
    }
    let check = check_wacz(Cursor::new(b"not a zip".to_vec()), Budget::default());
    assert_eq!(check.findings[0].code, "wacz.zip");
}

#[test]
fn every_flipped_octet_of_every_member_is_found() {
    let sound = files();
    for (number, (path, content)) in sound.iter().enumerate() {
        let step = 1 + content.len() / 150;
        // The name of the software that signed is the one thing that no digest and no signature covers.
        let name = b"\"software\": \"test";
        let free = content.windows(name.len()).position(|window| window == name).filter(|_| path == DIGEST);
        let free = free.map_or(0..0, |at| at + name.len() - 4..at + name.len());
        for position in (0..content.len()).step_by(step).filter(|position| !free.contains(position)) {
            let mut files = sound.clone();
            files[number].1[position] ^= 1;
            let check = check_wacz(Cursor::new(zipped(&files)), Budget::default());
            assert!(check.findings.iter().any(|f| f.level == Level::Fail), "{path} octet {position}");
        }
    }
}

#[test]
fn each_alteration_gives_its_finding() {
    let altered = |alter: &dyn Fn(&mut Files)| {
        let mut files = files();
        alter(&mut files);
        codes(&files)
    };
    let has = |found: Vec<String>, code: &str| assert!(found.contains(&code.to_owned()), "{code} in {found:?}");
    has(altered(&|f| f.push(("logs/a.txt".into(), b"x".to_vec()))), "wacz.resource_unlisted");
    has(altered(&|f| f.push(("a.txt".into(), b"x".to_vec()))), "wacz.place");
    has(altered(&|f| replace(f, DATAPACKAGE, "1.1.1", "1.2.0")), "wacz.version");
    has(altered(&|f| replace(f, DATAPACKAGE, "\"bytes\": ", "\"bytes\": 1")), "wacz.resource_bytes");
    has(altered(&|f| replace(f, DATAPACKAGE, "sha256:", "sha1:")), "wacz.resource_hash");
    has(altered(&|f| replace(f, DATAPACKAGE, "\"path\": \"indexes/", "\"path\": \"other/")), "wacz.resource_unlisted");
    has(altered(&|f| replace(f, DATAPACKAGE, "{", "{\"profile\": \"x\",")), "wacz.datapackage");
    has(altered(&|f| replace(f, DIGEST, "sha256:", "sha1:")), "wacz.digest_hash");
    has(altered(&|f| replace(f, DIGEST, "\"path\"", "\"path2\"")), "wacz.digest");
    has(altered(&|f| replace(f, DIGEST, "\"software\"", "\"domain\": \"x\", \"software\"")), "wacz.signature_form");
    has(altered(&|f| replace(f, DIGEST, "10:00:00Z", "10:00:01Z")), "wacz.signature_created");
    has(altered(&|f| replace(f, DIGEST, "\"signature\": \"", "\"signature\": \"A")), "wacz.signature");
}

#[test]
fn an_index_that_lies_is_found_even_when_every_digest_agrees() {
    let altered = |alter: &dyn Fn(&mut Files)| {
        let mut files = files();
        alter(&mut files);
        codes(&reseal(&files))
    };
    let index = "indexes/index.cdxj";
    let pages = "pages/pages.jsonl";
    let found = altered(&|f| replace(f, index, "\"url\": \"http://example.org/\"", "\"url\": \"http://example.com/\""));
    assert_eq!(found, ["wacz.unsigned", "wacz.index_wrong"]);
    let found = altered(&|f| replace(f, index, "data.warc.gz", "data2.warc.gz"));
    assert_eq!(found, ["wacz.unsigned", "wacz.index_extra", "wacz.index_missing"]);
    let first_line = |f: &mut Files| {
        let text = String::from_utf8(file(f, index).clone()).unwrap();
        *file(f, index) = text.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>().into_bytes();
    };
    assert_eq!(altered(&first_line), ["wacz.unsigned", "wacz.index_missing"]);
    let found = altered(&|f| replace(f, pages, "T09:12", "T09:13"));
    assert_eq!(found, ["wacz.unsigned", "wacz.page_unarchived"]);
    let found = altered(&|f| replace(f, pages, "\"http://example.org/\"", "\"http://example.org/c\""));
    assert_eq!(found, ["wacz.main_page", "wacz.unsigned", "wacz.page_unarchived"].map(String::from).to_vec());
    assert_eq!(altered(&|f| *file(f, index) = b"x".to_vec()), ["wacz.index", "wacz.unsigned"]);
    assert!(altered(&|f| *file(f, pages) = b"x".to_vec()).contains(&"wacz.pages".to_owned()));
    let torn = |f: &mut Files| {
        let archive = file(f, "archive/data.warc.gz");
        archive.truncate(archive.len() - 1);
    };
    assert_eq!(altered(&torn)[0], "warc.malformed");
}

#[test]
fn a_budget_bounds_the_whole_package() {
    let bytes = zipped(&files());
    let budget = Budget { decompressed: 500, ..Budget::default() };
    let check = check_wacz(Cursor::new(bytes), budget);
    assert!(check.findings.iter().any(|finding| finding.code == "wacz.limit"));
    assert_eq!(parts().len(), 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_checked(bytes in prop::collection::vec(any::<u8>(), 0..400), number in 0..6_usize) {
        let mut files = files();
        match files.get_mut(number) {
            Some(file) => file.1 = bytes,
            None => {
                check_wacz(Cursor::new(bytes), Budget::default());
                return Ok(());
            }
        }
        let check = check_wacz(Cursor::new(zipped(&files)), Budget::default());
        prop_assert!(check.findings.iter().any(|finding| finding.level == Level::Fail));
    }

    #[test]
    fn a_damaged_zip_never_panics(position in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut bytes = sample(None).0;
        let position = position.index(bytes.len());
        bytes[position] = value;
        let _ = check_wacz(Cursor::new(bytes), Budget::default());
    }
}
