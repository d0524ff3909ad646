//! The runs of one watch in a folder: how they are named, and which one the next is compared with.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::{Instant, Reference};
use sealer::TrustAnchors;

use crate::comparer::Run;
use crate::exit::Exit;
use crate::failure::Failure;

/// `-AAAAMMJJ-HHMMSSZ`, in UTC: two runs never have the same name when clocks go back in autumn, and names sort by time.
const STAMP: &str = "-%Y%m%d-%H%M%SZ";
const STAMP_LENGTH: usize = 17;
/// Earlier runs looked at before giving up.
const LOOKED_AT: usize = 50;

/// The runs of one watch.
#[derive(Debug)]
pub(super) struct Series {
    folder: PathBuf,
    name: Reference,
}

impl Series {
    /// The runs named `name` in `folder`.
    pub(super) fn new(folder: &Path, name: &str) -> Result<Self, Failure> {
        let name = Reference::new(name)?;
        if name.as_str().len() + STAMP_LENGTH > 60 {
            return Err(Failure::new("veille.reference", Exit::Usage, &name));
        }
        Ok(Self { folder: folder.into(), name })
    }

    /// The reference of a run that starts at `at`.
    pub(super) fn reference(&self, at: Instant) -> String {
        format!("{}{}", self.name, at.timestamp().strftime(STAMP))
    }

    /// The last complete run before `reference`; else the last that was closed at all. A run that cannot be opened is passed
    /// over, as it would be again at each run after it.
    pub(super) fn before(
        &self,
        reference: &str,
        anchors: &mut dyn FnMut() -> Result<TrustAnchors, Failure>,
        now: Instant,
    ) -> Option<Run> {
        let mut other = None;
        for name in self.names(reference).into_iter().rev().take(LOOKED_AT) {
            let (folder, bundle) = (self.folder.join(&name), self.folder.join(format!("{name}.asice")));
            let path = if folder.is_dir() { folder } else { bundle };
            match Run::open(&path, anchors, now) {
                Ok(run) if run.state() == "complete" => return Some(run),
                Ok(run) => other = other.or(Some(run)),
                Err(_) => {}
            }
        }
        other
    }

    /// The names of the runs before `reference`, in order.
    fn names(&self, reference: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let runs = names.filter_map(|name| {
            let name = name.strip_suffix(".asice").unwrap_or(&name).to_owned();
            (self.is_run(&name) && name.as_str() < reference).then_some(name)
        });
        let mut runs: Vec<String> = runs.collect();
        runs.sort();
        runs.dedup();
        runs
    }

    fn is_run(&self, name: &str) -> bool {
        let stamp = name.strip_prefix(self.name.as_str()).map(str::as_bytes);
        stamp.is_some_and(|stamp| {
            stamp.len() == STAMP_LENGTH
                && stamp.iter().enumerate().all(|(i, b)| match i {
                    0 | 9 => *b == b'-',
                    16 => *b == b'Z',
                    _ => b.is_ascii_digit(),
                })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_told_from_anything_else_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let series = Series::new(folder.path(), "MUR").unwrap();
        let at: Instant = "2026-11-23T02:31:08.500Z".parse().unwrap();
        assert_eq!(series.reference(at), "MUR-20261123-023108Z");
        for name in [
            "MUR-20261122-000000Z",
            "MUR-20261123-000000Z",
            "MUR-20261123-000000Z-comparaison",
            "MUR2-20261122-000000Z",
        ] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for name in
            ["MUR-20261122-120000Z.asice", "MUR-20261123-000000Z.asice", "MUR-20261123-023108Z.asice", "MUR.asice"]
        {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        let wanted = ["MUR-20261122-000000Z", "MUR-20261122-120000Z", "MUR-20261123-000000Z"];
        assert_eq!(series.names(&series.reference(at)), wanted);
        // None of them is a run: nothing to compare with, and no panic.
        assert!(series.before("MUR-20261123-023108Z", &mut || Ok(TrustAnchors::none()), at).is_none());
        assert_eq!(Series::new(folder.path(), &"M".repeat(44)).unwrap_err().code(), "veille.reference");
    }
}
