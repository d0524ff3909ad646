//! The journal, its chain, and the manifest computed from it again.
use std::collections::BTreeMap;
use std::io::BufReader;

use dossier::{
    Artefact, ArtefactPath, Digests, Disclosure, Finding, ImageFacts, Journal, Level, Manifest, TrafficPictures,
    WaczSummary, op,
};

use super::Report;
use super::container::Container;
use super::wacz::Package;
use crate::derive::{self, Measured};
use crate::{image_facts, image_form, layout};

/// The longest journal read: a line is about 500 octets, so this is a hundred thousand operations and more.
const MAX_JOURNAL: u64 = 256 << 20;

/// Reads the journal and checks its chain.
pub(super) fn read(container: &Container, report: &mut Report) -> Option<Journal> {
    let source = container.contents.get(layout::JOURNAL);
    let Some(source) = source.filter(|s| s.len() <= MAX_JOURNAL) else {
        report.fail_found("bundle.missing", "Le journal manque, ou dépasse la taille admise.", layout::JOURNAL);
        return None;
    };
    let what = "Le journal est rompu.";
    match Journal::read(source.reader()) {
        Ok((journal, None)) if journal.entries().last().is_some_and(|e| e.op == op::SESSION_CLOSE) => Some(journal),
        Ok(_) => {
            report.fail_found("journal.not_closed", what, "la dernière ligne n'est pas session.close");
            None
        }
        Err(fault) => {
            report.fail_found("journal.chain", what, format!("ligne {} : {}", fault.line, fault.why));
            None
        }
    }
}

/// Facts of the pictures, measured on the bundle's own octets.
pub(super) fn pictures(container: &Container, manifest: &Manifest) -> BTreeMap<ArtefactPath, ImageFacts> {
    let is_png = |a: &&Artefact| a.meta.media_type == image_facts::PNG;
    let measure = |artefact: &Artefact| {
        let source = container.contents.get(artefact.path.as_str())?;
        let facts = image_facts::measure(BufReader::new(source.reader())).ok()?;
        Some((artefact.path.clone(), facts))
    };
    manifest.artefacts.iter().filter(is_png).filter_map(measure).collect()
}

/// Computes the manifest again from the journal and the files, and compares it field by field with the sealed one.
pub(super) fn check_manifest(
    container: &Container,
    manifest: &Manifest,
    journal: &Journal,
    files: &BTreeMap<String, Digests>,
    (members, package): (&WaczSummary, &Package),
    report: &mut Report,
) {
    let (Some(wacz), Some(journal_digests)) = (files.get(layout::WACZ), files.get(layout::JOURNAL)) else { return };
    let measured = Measured {
        wacz: *wacz,
        members: members.clone(),
        journal: *journal_digests,
        pictures: pictures(container, manifest),
        traffic: package.pictures.clone(),
        disclosure: package.disclosure,
    };
    check_measured(manifest, journal, &measured, report);
    check_forms(container, manifest, report);
    let secret = manifest.disclosure.map(|_| layout::SECRET);
    check_files(manifest, files, secret, report);
}

/// The same with everything measured: what a copy withholds is as sealed.
pub(super) fn check_measured(manifest: &Manifest, journal: &Journal, measured: &Measured, report: &mut Report) {
    if derive::is_essai(journal) && !manifest.essai {
        let what = "Le journal dit que les clés étaient d'essai, l'inventaire non.";
        report.fail("manifest.essai", what, true, false);
    }
    match derive::manifest(journal, measured, manifest.essai, manifest.seal_time.clone()) {
        Ok(expected) => compare(manifest, &expected, report),
        Err(error) => report.fail_found("journal.content", "Le journal ne permet pas de refaire l'inventaire.", error),
    }
}

/// What is measured without a journal that says more: `constat.json` with it in place of what it states.
pub(super) fn check_without_journal(manifest: &Manifest, measured: &Measured, report: &mut Report) {
    let mut expected = manifest.clone();
    expected.wacz = measured.members.clone();
    expected.traffic_pictures = measured.traffic.clone();
    expected.disclosure = measured.disclosure;
    for artefact in &mut expected.artefacts {
        artefact.image = measured.pictures.get(&artefact.path).cloned();
    }
    compare(manifest, &expected, report);
}

/// Pictures of the screen have the form that captures write, and no other.
pub(super) fn check_forms(container: &Container, manifest: &Manifest, report: &mut Report) {
    for artefact in manifest.artefacts.iter().filter(|a| image_form::applies(a.meta.kind)) {
        let Some(source) = container.contents.get(artefact.path.as_str()) else { continue };
        if let Err(why) = image_form::check(source.reader()) {
            let what =
                "Une image d'écran n'a pas la forme que la capture écrit : elle peut paraître autre qu'elle n'est.";
            let expected = "IHDR, eXIf sans vignette, IDAT, IEND";
            report.fail("image.form", what, expected, format!("{} : {why}", artefact.path));
        }
    }
}

fn compare(found: &Manifest, expected: &Manifest, report: &mut Report) {
    let what = "L'inventaire ne dit pas ce que disent le journal et les fichiers.";
    if found.artefacts != expected.artefacts {
        compare_artefacts(found, expected, report);
    }
    if found.wacz != expected.wacz {
        let wacz = "Les membres de capture.wacz ne sont pas ceux de l'inventaire.";
        report.fail("wacz.members", wacz, format!("{:?}", found.wacz.members), format!("{:?}", expected.wacz.members));
    }
    if found.journal != expected.journal {
        report.fail(
            "journal.head",
            "L'inventaire désigne un autre journal.",
            found.journal.head,
            expected.journal.head,
        );
    }
    if found.traffic_pictures != expected.traffic_pictures {
        let what = "Les images du trafic enregistré, ou leur EXIF, ne sont pas ceux de l'inventaire.";
        let first = |pictures: &TrafficPictures| pictures.listed.iter().map(|p| p.sha256.to_hex()).next();
        let text = |p: &TrafficPictures| format!("{} ({})", p.found, first(p).unwrap_or_default());
        report.fail("image.traffic", what, text(&found.traffic_pictures), text(&expected.traffic_pictures));
    }
    if found.disclosure != expected.disclosure {
        let what = "Les enregistrements de l'archive ne donnent pas la racine d'empreintes salées de l'inventaire.";
        let text = |d: &Option<Disclosure>| d.map_or("aucune".into(), |d| format!("{} ({})", d.root, d.records));
        report.fail("disclosure.root", what, text(&found.disclosure), text(&expected.disclosure));
    }
    let parts = [
        ("format", found.format == expected.format),
        ("case", found.case == expected.case),
        ("software", found.software == expected.software),
        ("session", found.session == expected.session),
        ("environment", found.environment == expected.environment),
        ("incompleteness", found.incompleteness == expected.incompleteness),
        ("findings", found.findings == expected.findings),
    ];
    for (name, _) in parts.iter().filter(|(_, same)| !same) {
        report.fail_found("manifest.not_journal", what, name);
    }
}

fn compare_artefacts(found: &Manifest, expected: &Manifest, report: &mut Report) {
    let index = |manifest: &Manifest| -> BTreeMap<ArtefactPath, Artefact> {
        manifest.artefacts.iter().map(|a| (a.path.clone(), a.clone())).collect()
    };
    let (sealed, computed) = (index(found), index(expected));
    for (path, artefact) in &sealed {
        match computed.get(path) {
            None => report.fail_found("journal.not_announced", "Une pièce n'est pas annoncée par le journal.", path),
            Some(other) if other.image != artefact.image => {
                let what = "Les pixels ou l'EXIF d'une image ne sont pas ceux de l'inventaire.";
                let text =
                    |image: &Option<ImageFacts>| image.as_ref().map_or("aucun".into(), |i| i.pixels_sha256.to_hex());
                report.fail("image.pixels", what, text(&artefact.image), format!("{path} : {}", text(&other.image)));
            }
            Some(other) if other != artefact => {
                let what = "Le journal et l'inventaire ne disent pas la même chose d'une pièce.";
                report.fail(
                    "journal.artefact_differs",
                    what,
                    other.digests.sha256,
                    format!("{path} : {}", artefact.digests.sha256),
                );
            }
            Some(_) => {}
        }
    }
    for path in computed.keys().filter(|path| !sealed.contains_key(*path)) {
        report.fail_found(
            "manifest.artefact_missing",
            "Une pièce annoncée par le journal n'est pas dans l'inventaire.",
            path,
        );
    }
    if sealed.len() != found.artefacts.len() || found.artefacts.iter().map(|a| &a.path).ne(sealed.keys()) {
        report.fail_found(
            "manifest.order",
            "Les pièces de l'inventaire sont répétées ou ne sont pas triées.",
            "artefacts",
        );
    }
}

/// Both ways: each artefact is a file of the bundle with these digests, each file is an artefact or one of the fixed ones.
pub(super) fn check_files(
    manifest: &Manifest,
    files: &BTreeMap<String, Digests>,
    secret: Option<&str>,
    report: &mut Report,
) {
    for artefact in &manifest.artefacts {
        match files.get(artefact.path.as_str()) {
            None => {
                report.fail_found("manifest.absent", "L'inventaire liste un fichier qui n'est pas là.", &artefact.path)
            }
            Some(found) if *found != artefact.digests => {
                let what = "Un fichier n'a plus les empreintes de l'inventaire.";
                let found = format!("{} : {}", artefact.path, found.sha256);
                report.fail("digest.mismatch", what, artefact.digests.sha256, found);
            }
            Some(_) => {}
        }
    }
    let listed = |name: &str| secret == Some(name) || manifest.artefacts.iter().any(|a| a.path.as_str() == name);
    for name in files.keys().filter(|n| !layout::NOT_ARTEFACTS.contains(&n.as_str()) && !listed(n)) {
        report.fail_found("manifest.uncovered", "Un fichier n'est pas dans l'inventaire.", name);
    }
}

/// The packed artefacts the journal announces are the members of the WACZ, octet for octet.
pub(super) fn check_packed(journal: &Journal, members: &BTreeMap<String, Digests>, report: &mut Report) {
    let Ok(announced) = derive::announced(journal) else { return };
    for artefact in announced.iter().filter(|a| derive::is_packed(a)) {
        match members.get(artefact.path.as_str()) {
            None => {
                let what = "Une pièce de l'archive annoncée par le journal n'est pas dans capture.wacz.";
                report.fail_found("wacz.member_missing", what, &artefact.path);
            }
            Some(found) if *found != artefact.digests => {
                let what = "Un membre de capture.wacz n'est pas celui que le journal annonce.";
                let found = format!("{} : {}", artefact.path, found.sha256);
                report.fail("wacz.member_differs", what, artefact.digests.sha256, found);
            }
            Some(_) => {}
        }
    }
    let stray = |name: &&String| {
        !announced.iter().any(|a| derive::is_packed(a) && a.path.as_str() == name.as_str())
            && !matches!(name.as_str(), "datapackage.json" | "datapackage-digest.json")
    };
    for name in members.keys().filter(stray) {
        let what = "Un membre de capture.wacz n'est annoncé par aucune ligne du journal.";
        report.add(Finding::new("wacz.member_unannounced", Level::Fail, what).found(name));
    }
}
