//! The bundle as it was sealed, seen through a copy: the names it had, and the digests of what is withheld.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Digests, Manifest, Sha256Digest, Sha512Digest};

use crate::disclosure::WithholdingList;
use crate::layout;
use crate::verify::container::Container;
use crate::verify::signature::Seal;
use crate::verify::{Report, contents};

/// The longest list read.
const MAX_LIST: u64 = 64 << 20;
/// The length of the file of the secret.
const SECRET_FILE: u64 = 65;

/// The bundle as it was sealed.
pub(super) struct View {
    /// Its names in their order; of the entries themselves, those that are there.
    pub(super) container: Container,
    /// Digests of every content file, withheld or not.
    pub(super) files: BTreeMap<String, Digests>,
}

/// Reads the list, in its one form.
pub(super) fn read_list(container: &Container, report: &mut Report) -> Option<WithholdingList> {
    let what = "La liste de ce qui est retiré (caviardage/liste.json) est mal formée.";
    let octets = match container.small(layout::LIST, MAX_LIST) {
        Ok(octets) => octets,
        Err(finding) => {
            report.add(finding);
            return None;
        }
    };
    WithholdingList::parse(&octets).map_err(|why| report.fail_found("disclosure.list", what, why)).ok()
}

impl View {
    /// Puts back what the list says is withheld, with the digests that were sealed; `None` when the list or the manifest
    /// cannot be relied on.
    pub(super) fn of(
        container: &Container,
        seal: &Seal,
        present: &BTreeMap<String, Digests>,
        list: &WithholdingList,
        report: &mut Report,
    ) -> Option<(Self, Manifest)> {
        check_original(container, list, report);
        let mut files = present.clone();
        files.retain(|name, _| name != layout::LIST && name != layout::COPY_ARCHIVE);
        // Nothing is put back on the word of a manifest that the seal does not cover.
        if !contents::is_covered(Some(seal), layout::CONSTAT, &files) {
            contents::check_coverage(seal, &files, report);
            return None;
        }
        let manifest = contents::read_manifest(container, report)?;
        let mut withheld = BTreeSet::new();
        for file in &list.files {
            match sealed(seal, &manifest, &file.path) {
                _ if files.contains_key(&file.path) => {
                    let what = "Un fichier que la liste dit retiré est là.";
                    report.fail_found("disclosure.not_withheld", what, &file.path);
                }
                Some(digests) if (digests.bytes, digests.sha256) == (file.bytes, file.sha256) => {
                    files.insert(file.path.clone(), digests);
                    withheld.insert(file.path.clone());
                }
                other => {
                    let what = "La liste ne dit pas d'un fichier retiré ce que dit le sceau.";
                    let expected = other.map_or_else(|| "aucun fichier de ce nom".into(), |d| d.sha256.to_hex());
                    report.fail("disclosure.list_digest", what, expected, format!("{} : {}", file.path, file.sha256));
                }
            }
        }
        let container = as_sealed(container, &files, withheld);
        Some((Self { container, files }, manifest))
    }

    /// Whether the file of the original is withheld.
    pub(super) fn is_withheld(&self, name: &str) -> bool {
        self.container.withheld.contains(name)
    }

    /// With the secret, what stands for a withheld record could be confirmed by a guess; without it, the package could not be
    /// led to the root.
    pub(super) fn check_secret(&self, manifest: &Manifest, report: &mut Report) {
        let (package, secret) = (self.is_withheld(layout::WACZ), self.is_withheld(layout::SECRET));
        if manifest.disclosure.is_some() && package && !secret {
            let what =
                "Le secret des empreintes salées est resté dans une copie dont des enregistrements sont retirés.";
            report.fail_found("disclosure.secret_left", what, layout::SECRET);
        }
        if secret && !package {
            let what = "Le secret des empreintes salées est retiré, et aucun enregistrement ne l'est.";
            report.fail_found("disclosure.secret_absent", what, layout::SECRET);
        }
    }
}

/// The list is for this seal.
fn check_original(container: &Container, list: &WithholdingList, report: &mut Report) {
    let Ok(manifest) = container.small(layout::MANIFEST_1, super::super::signature::MAX_CMS) else { return };
    let found = Sha256Digest::of(&manifest);
    if found != list.original.manifest_sha256 {
        let what = "La liste de ce qui est retiré est celle d'un autre scellé.";
        report.fail("disclosure.other_bundle", what, list.original.manifest_sha256, found);
    }
}

/// The digests that were sealed for a file that may be withheld: an artefact, or the secret.
fn sealed(seal: &Seal, manifest: &Manifest, path: &str) -> Option<Digests> {
    if path == layout::SECRET && manifest.disclosure.is_some() {
        let reference = seal.manifest.files.iter().find(|f| f.name == path)?;
        // No list of the bundle gives a SHA-512 of it, and none is compared.
        return Some(Digests { bytes: SECRET_FILE, sha256: reference.sha256, sha512: Sha512Digest::of(b"") });
    }
    manifest.artefacts.iter().find(|artefact| artefact.path.as_str() == path).map(|artefact| artefact.digests)
}

fn as_sealed(container: &Container, files: &BTreeMap<String, Digests>, withheld: BTreeSet<String>) -> Container {
    let rest = files.keys().filter(|name| !layout::HEAD.contains(&name.as_str())).cloned();
    let meta = container.names.iter().filter(|name| layout::is_meta(name)).cloned();
    let names = layout::HEAD.iter().map(|name| (*name).to_owned()).chain(rest).chain(meta).collect();
    let mut contents = container.contents.clone();
    contents.retain(|name, _| name != layout::LIST && name != layout::COPY_ARCHIVE);
    Container { names, contents, crcs: container.crcs.clone(), withheld }
}
