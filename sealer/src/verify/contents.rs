//! Every file against every list: ASiC manifest, `constat.json`, `SHA256SUMS`, the descriptor; and none left out.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Digests, Finding, Level, Manifest, Sha256Digest, canonical_bytes, parse_strict};

use super::Report;
use super::container::{Container, digest};
use super::signature::Seal;
use crate::{layout, seal};

/// The longest `constat.json` read.
const MAX_MANIFEST: u64 = 64 << 20;

/// Digests of every content file, each read once; the entries of META-INF are read for their checksum only.
pub(super) fn digests(container: &Container, report: &mut Report) -> BTreeMap<String, Digests> {
    let mut found = BTreeMap::new();
    for (name, source) in &container.contents {
        match digest(source, container.crcs.get(name).copied().unwrap_or(0)) {
            Ok(_) if layout::is_meta(name) => {}
            Ok(digests) => {
                found.insert(name.to_owned(), digests);
            }
            Err(error) => {
                let what = "Une entrée ne peut pas être lue.";
                report.fail_found("bundle.unreadable", what, format!("{name} : {error}"));
            }
        }
    }
    found
}

/// Whether the seal covers exactly these octets under this name.
pub(super) fn is_covered(seal: Option<&Seal>, name: &str, files: &BTreeMap<String, Digests>) -> bool {
    let reference = seal.and_then(|s| s.manifest.files.iter().find(|f| f.name == name));
    reference.is_some_and(|r| files.get(name).is_some_and(|d| d.sha256 == r.sha256))
}

/// The seal covers every content file but `mimetype`, and nothing that is not there.
pub(super) fn check_coverage(seal: &Seal, files: &BTreeMap<String, Digests>, report: &mut Report) {
    let mut covered = BTreeSet::new();
    for reference in &seal.manifest.files {
        covered.insert(reference.name.as_str());
        match files.get(&reference.name) {
            None => {
                report.fail_found("manifest.absent", "Le sceau couvre un fichier qui n'est pas là.", &reference.name)
            }
            Some(digests) if digests.sha256 != reference.sha256 => {
                let what = "Un fichier n'est plus celui que le sceau couvre.";
                report.fail(
                    "digest.mismatch",
                    what,
                    reference.sha256,
                    format!("{} : {}", reference.name, digests.sha256),
                );
            }
            Some(_) => {}
        }
    }
    for name in files.keys().filter(|n| n.as_str() != layout::MIMETYPE && !covered.contains(n.as_str())) {
        report.fail_found("manifest.uncovered", "Un fichier n'est couvert par aucun sceau.", name);
    }
}

/// Reads `constat.json`: strict JSON, canonical form, every field known.
pub(super) fn read_manifest(container: &Container, report: &mut Report) -> Option<Manifest> {
    let octets = match container.small(layout::CONSTAT, MAX_MANIFEST) {
        Ok(octets) => octets,
        Err(finding) => {
            report.add(finding);
            return None;
        }
    };
    let fail = |code: &str, found: String| {
        Finding::new(code, Level::Fail, "L'inventaire (constat.json) est mal formé.").found(found)
    };
    let value = match parse_strict(&octets) {
        Ok(value) => value,
        Err(error) => {
            let text = error.to_string();
            let code = if text.contains("duplicate key") { "json.duplicate" } else { "json.malformed" };
            report.add(fail(code, text));
            return None;
        }
    };
    if canonical_bytes(&value).ok().as_deref() != Some(octets.as_slice()) {
        report.add(fail("json.not_canonical", "forme non canonique (RFC 8785)".into()));
        return None;
    }
    match serde_json::from_value::<Manifest>(value.clone()) {
        // Serialised again, it must be the same value: a field nobody reads cannot hide in it.
        Ok(manifest) if serde_json::to_value(&manifest).ok().as_ref() == Some(&value) => Some(manifest),
        Ok(_) => {
            report.add(fail("json.unknown_field", "un champ inconnu, ou écrit autrement".into()));
            None
        }
        Err(error) => {
            report.add(fail("json.malformed", error.to_string()));
            None
        }
    }
}

/// `SHA256SUMS` and `datapackage.json` are exactly what the digests give: they are for people and tools, and must not
/// be able to say anything else.
pub(super) fn check_lists(container: &Container, files: &BTreeMap<String, Digests>, report: &mut Report) {
    let listed = container.names.iter().filter(|n| !layout::is_meta(n) && n.as_str() != layout::SUMS);
    let sums: Vec<(&str, Sha256Digest)> =
        listed.filter_map(|name| Some((name.as_str(), files.get(name)?.sha256))).collect();
    let expected = seal::sums(sums.into_iter());
    exact(container, layout::SUMS, &expected, report);
    if let Some(wacz) = files.get(layout::WACZ) {
        match seal::datapackage(wacz) {
            Ok(expected) => exact(container, layout::DATAPACKAGE, &expected, report),
            Err(error) => report.fail_found("bundle.list", "Une liste ne peut pas être refaite.", error),
        }
    }
}

fn exact(container: &Container, name: &str, expected: &[u8], report: &mut Report) {
    let what = "Une liste du fichier ne dit pas ce que donnent les fichiers eux-mêmes.";
    match container.small(name, expected.len() as u64 + (1 << 20)) {
        Ok(found) if found == expected => {}
        Ok(found) => report.fail(
            "bundle.list",
            what,
            Sha256Digest::of(expected),
            format!("{name} : {}", Sha256Digest::of(&found)),
        ),
        Err(finding) => report.add(finding),
    }
}
