//! The index as written against the index rebuilt from the archives, and the pages against the index.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Finding, Level};

use super::{Gathered, show};
use crate::CdxjEntry;

/// Compares; skipped for the index when one of the two could not be read whole, which is a finding already.
pub(super) fn check(to: &mut Gathered) {
    let mut found = Vec::new();
    if to.comparable {
        index(&to.index, &to.rebuilt, &mut found);
    }
    pages(to, &mut found);
    to.findings.extend(found);
}

fn index(written: &[CdxjEntry], rebuilt: &[CdxjEntry], found: &mut Vec<Finding>) {
    let place = |entry: &CdxjEntry| (entry.filename.clone(), entry.offset);
    let mut expected: BTreeMap<_, &CdxjEntry> = rebuilt.iter().map(|entry| (place(entry), entry)).collect();
    let mut seen = BTreeSet::new();
    for entry in written {
        let what = if !seen.insert(place(entry)) {
            "L'index du paquet WACZ désigne deux fois le même enregistrement."
        } else {
            match expected.remove(&place(entry)) {
                Some(right) if right == entry => continue,
                Some(right) => {
                    let what = "Une ligne de l'index du paquet WACZ ne décrit pas l'enregistrement qu'elle désigne.";
                    let finding = Finding::new("wacz.index_wrong", Level::Fail, what);
                    found.push(finding.values(show(&right.to_line()), show(&entry.to_line())));
                    continue;
                }
                None => "Une ligne de l'index du paquet WACZ ne désigne aucun enregistrement de l'archive.",
            }
        };
        found.push(Finding::new("wacz.index_extra", Level::Fail, what).found(show(&entry.to_line())));
    }
    for entry in expected.into_values() {
        let what = "Un enregistrement de l'archive n'est pas dans l'index du paquet WACZ.";
        found.push(Finding::new("wacz.index_missing", Level::Fail, what).values(show(&entry.to_line()), "absent"));
    }
}

fn pages(to: &Gathered, found: &mut Vec<Finding>) {
    let captured: BTreeSet<(&str, &str)> =
        to.rebuilt.iter().map(|entry| (entry.url.as_str(), entry.timestamp.as_str())).collect();
    for page in &to.pages {
        // The fragment of a page's address is not part of what was asked for.
        let url = page.url.split('#').next().unwrap_or_default();
        if !captured.contains(&(url, page.ts.to_cdx().as_str())) {
            let what = "Une page de la liste n'a pas de capture de même adresse et de même seconde dans l'archive.";
            let value = show(&format!("{} {}", page.ts, page.url));
            found.push(Finding::new("wacz.page_unarchived", Level::Warn, what).found(value));
        }
    }
}
