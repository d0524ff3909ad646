//! The chain of archive manifests (ETSI EN 319 162-1 4.4.5 and A.7): each covers everything that stood before it, its
//! token came before the end of the tokens it covers, and `Rootfile` names the manifest it prolongs.
use std::collections::BTreeMap;

use dossier::{Digests, Finding, Level, Sha256Digest};

use crate::asic::{self, AsicManifest};
use crate::layout;
use crate::verify::Report;
use crate::verify::container::Container;
use crate::verify::signature::{MAX_CMS, read_manifest};
use crate::verify::stamps::{Stamp, Stamps};

/// Walks the chain, oldest first, and adds its tokens to `stamps`.
pub(super) fn check(
    container: &Container,
    files: &BTreeMap<String, Digests>,
    stamps: &mut Stamps<'_>,
    report: &mut Report,
) {
    let order = container.order();
    let count = order.archives;
    let small =
        |name: &str, report: &mut Report| container.small(name, MAX_CMS).map_err(|finding| report.add(finding)).ok();
    let mut covered: BTreeMap<String, Sha256Digest> =
        files.iter().filter(|(name, _)| *name != layout::MIMETYPE).map(|(name, d)| (name.clone(), d.sha256)).collect();
    for name in layout::KNOWN_META.into_iter().filter(|name| container.contents.contains_key(*name)) {
        let Some(octets) = small(name, report) else { return };
        covered.insert(name.to_owned(), Sha256Digest::of(&octets));
    }
    let mut prolonged: Option<String> = None;
    for (index, (manifest_name, token_name)) in (0..count).map(|i| layout::archive_names(i, count)).enumerate() {
        for anchor in order.anchors.iter().filter(|anchor| anchor.after == index) {
            let Some(octets) = small(&anchor.name, report) else { return };
            covered.insert(anchor.name.clone(), Sha256Digest::of(&octets));
        }
        let (Some(octets), Some(token)) = (small(&manifest_name, report), small(&token_name, report)) else { return };
        let Some(manifest) = read_manifest(&octets, &manifest_name, report) else { return };
        if manifest.protector != token_name || manifest.protector_type != asic::TYPE_TOKEN {
            let what = "Un manifeste d'archive désigne un autre jeton que celui qui le protège.";
            report.fail("manifest.protector", what, &token_name, &manifest.protector);
        }
        check_coverage(&manifest, &manifest_name, &covered, prolonged.as_deref(), report);
        let before = stamps.found.len();
        stamps.add(&token, &octets, &token_name, report);
        check_order(&stamps.found, before, report);
        covered.insert(manifest_name.clone(), Sha256Digest::of(&octets));
        covered.insert(token_name, Sha256Digest::of(&token));
        prolonged = Some(manifest_name);
    }
}

/// Exactly what stood before, with its digests, and the predecessor alone as Rootfile.
fn check_coverage(
    manifest: &AsicManifest,
    name: &str,
    covered: &BTreeMap<String, Sha256Digest>,
    prolonged: Option<&str>,
    report: &mut Report,
) {
    let fail = |code: &str, what: &str, found: String| {
        Finding::new(code, Level::Fail, what).found(format!("{name} : {found}"))
    };
    let listed: BTreeMap<&str, Sha256Digest> = manifest.files.iter().map(|f| (f.name.as_str(), f.sha256)).collect();
    for (file, sha256) in covered {
        match listed.get(file.as_str()) {
            None => {
                let what = "Un manifeste d'archive ne couvre pas tout ce qui existait avant lui.";
                report.add(fail("archive.uncovered", what, file.clone()));
            }
            Some(found) if found != sha256 => {
                let what = "Un fichier n'est plus celui que le manifeste d'archive couvre.";
                report.add(fail("archive.digest", what, file.clone()));
            }
            Some(_) => {}
        }
    }
    if let Some(absent) = listed.keys().find(|file| !covered.contains_key(**file)) {
        let what = "Un manifeste d'archive couvre un fichier qui n'est pas là, ou qui est venu après lui.";
        report.add(fail("archive.absent", what, (*absent).to_owned()));
    }
    let roots: Vec<&str> = manifest.files.iter().filter(|f| f.root_file).map(|f| f.name.as_str()).collect();
    if roots != prolonged.into_iter().collect::<Vec<_>>() {
        let what = "Un manifeste d'archive ne désigne pas (Rootfile) le seul manifeste qu'il prolonge.";
        report.add(fail("archive.rootfile", what, roots.join(", ")));
    }
}

/// The token just checked, if it was added, against every one before it: made later, and before their end.
pub(super) fn check_order(found: &[Stamp], before: usize, report: &mut Report) {
    let Some(new) = found.get(before) else { return };
    let accuracy_ms = |stamp: &Stamp| i64::try_from(stamp.facts.accuracy_us.unwrap_or(0) / 1000).unwrap_or(0);
    for (index, old) in found.iter().enumerate().take(before) {
        let made = new.facts.gen_time;
        let margin = accuracy_ms(new).saturating_add(accuracy_ms(old));
        if made.as_millisecond().saturating_add(margin) < old.facts.gen_time.as_millisecond() {
            let what = "Un jeton d'archive est antérieur à ce qu'il couvre.";
            let told = format!("{} : {made}", new.entry);
            report.fail("archive.order", what, format!("{} : {}", old.entry, old.facts.gen_time), told);
        }
        // What an earlier archive token covered needs no other renewal.
        let renewed = found.iter().take(before).skip(index + 1).any(is_archive);
        if !renewed && made > old.facts.valid_to {
            let what = "Un jeton d'archive est venu après la fin de validité de ce qu'il devait prolonger.";
            let told = format!("{} : {made}", new.entry);
            report.fail("archive.late", what, format!("{} : avant le {}", old.entry, old.facts.valid_to), told);
        }
    }
}

fn is_archive(stamp: &Stamp) -> bool {
    stamp.entry != layout::SIGNATURE_1 && stamp.entry != layout::TOKEN_2
}
