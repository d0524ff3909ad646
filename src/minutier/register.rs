//! The register of acts, `minutier.jsonl`: which were drawn up, exported, deposited, migrated; chained, one writer at a time.
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use probes::World;
use probes::chained::{self, ChainFault, Chained, History};
use probes::copies::By;
use serde_json::{Value, json};

use super::deadline::deadline;
use crate::exit::Exit;
use crate::failure::Failure;

/// The word of the first member of every line.
const FORMAT: &str = "constat-minutier/1";
/// The register in its folder.
const NAME: &str = "minutier.jsonl";

/// An act of the register, as all of its lines make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) reference: String,
    /// The day of the operations, in legal time.
    pub(super) date: Date,
    /// The last day to deposit.
    pub(super) deadline: Date,
    /// `constat`, or `releve-technique`.
    pub(super) nature: String,
    /// SHA-256 of the bundle and of the document.
    pub(super) digests: (String, String),
    /// How often it was exported.
    pub(super) exports: usize,
    /// When it was deposited, and the receipt.
    pub(super) deposited: Option<Deposited>,
    /// How often its format was migrated.
    pub(super) migrations: usize,
}

/// A deposit, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Deposited {
    pub(super) on: Date,
    pub(super) receipt: String,
    pub(super) sha256: String,
}

/// What the register says.
#[derive(Debug, Default)]
pub(super) struct Acts {
    pub(super) acts: Vec<Act>,
    /// Lines that were cut off while they were written.
    pub(super) torn: usize,
    /// Lines that name no act known before them, or miss a member.
    pub(super) strange: Vec<u64>,
}

impl Acts {
    /// Reads the lines in their order.
    fn of(history: &History) -> Self {
        let mut acts = Self::default();
        for entry in &history.entries {
            if entry.line.is_null() {
                acts.torn += 1;
            } else if acts.line(&entry.line).is_none() {
                acts.strange.push(entry.line.get("seq").and_then(Value::as_u64).unwrap_or(0));
            }
        }
        acts
    }

    fn line(&mut self, line: &Value) -> Option<()> {
        let text = |pointer: &str| line.pointer(pointer).and_then(Value::as_str);
        let reference = text("/reference")?;
        if text("/act")? == "created" {
            if self.find(reference).is_some() {
                return None;
            }
            let date: Date = text("/act_date")?.parse().ok()?;
            self.acts.push(Act {
                reference: reference.to_owned(),
                date,
                // Counted again: what is late must not depend on what somebody wrote.
                deadline: deadline(date)?,
                nature: text("/nature")?.to_owned(),
                digests: (text("/bundle/sha256")?.to_owned(), text("/document/sha256")?.to_owned()),
                exports: 0,
                deposited: None,
                migrations: 0,
            });
            return Some(());
        }
        let act = self.acts.iter_mut().find(|act| act.reference == reference)?;
        match text("/act")? {
            "exported" => act.exports += 1,
            "migrated" => {
                let (from, to) = (text("/from/sha256")?, text("/to/sha256")?);
                // A document that was signed, a bundle that was prolonged: the same act goes on under its new digest.
                for digest in [&mut act.digests.0, &mut act.digests.1] {
                    if digest == from {
                        to.clone_into(digest);
                    }
                }
                act.migrations += 1;
            }
            "deposited" if act.deposited.is_none() => {
                act.deposited = Some(Deposited {
                    on: text("/on")?.parse().ok()?,
                    receipt: text("/receipt/file")?.to_owned(),
                    sha256: text("/receipt/sha256")?.to_owned(),
                });
            }
            _ => return None,
        }
        Some(())
    }

    /// The act of a reference.
    pub(super) fn find(&self, reference: &str) -> Option<&Act> {
        self.acts.iter().find(|act| act.reference == reference)
    }
}

/// Reads the register; a chain that does not hold is given as it is, since it is a finding.
pub(super) fn read(folder: &Path) -> Result<Result<(Acts, History), ChainFault>, Failure> {
    let path = folder.join(NAME);
    if !path.is_file() {
        return Err(Failure::new("minutier.no_register", Exit::Usage, path.display()));
    }
    Ok(chained::history(&path, FORMAT).map(|history| (Acts::of(&history), history)))
}

/// The register, locked for one who adds to it.
pub(super) struct Register<'a> {
    chained: Chained,
    world: &'a World,
    by: By<'a>,
    folder: PathBuf,
}

impl<'a> Register<'a> {
    /// Waits for its turn; made when there is none.
    pub(super) fn open(folder: &Path, world: &'a World, by: By<'a>) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder).map_err(|e| Failure::io("créer", folder, &e))?;
        let chained = Chained::open(folder.join(NAME), FORMAT).map_err(|fault| broken(&fault))?;
        Ok(Self { chained, world, by, folder: folder.to_path_buf() })
    }

    /// What it says.
    pub(super) fn acts(&self) -> Acts {
        Acts::of(self.chained.history())
    }

    /// Its folder.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a line about an act; gives its number.
    pub(super) fn add(&mut self, act: &str, reference: &str, more: Value) -> Result<u64, Failure> {
        let mut members = json!({"act": act, "reference": reference});
        if let (Value::Object(members), Value::Object(more)) = (&mut members, more) {
            members.extend(more);
        }
        self.chained.append(self.world, self.by, members).map_err(|fault| broken(&fault))
    }
}

fn broken(fault: &ChainFault) -> Failure {
    Failure::new("minutier.chain", Exit::Negative, fault)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::sync::Arc;
    use std::time::Duration;

    use dossier::{FixedClock, Instant, Software};

    use super::*;

    fn world() -> World {
        let start = Instant::from_millisecond(1_795_000_000_000).unwrap();
        World::at(Path::new("/"), BTreeMap::new(), Arc::new(FixedClock::new(start, Duration::from_millis(5))))
    }

    fn software() -> Software {
        Software { name: "constat".into(), version: "0".into(), binary_sha256: None }
    }

    fn created(date: &str) -> Value {
        json!({"act_date": date, "nature": "constat", "bundle": {"sha256": "aa"}, "document": {"sha256": "bb"}})
    }

    fn add(folder: &Path, lines: &[(&str, &str, Value)]) {
        let (world, software) = (world(), software());
        let mut register = Register::open(folder, &world, By { declared: None, software: &software }).unwrap();
        for (act, reference, more) in lines {
            register.add(act, reference, more.clone()).unwrap();
        }
    }

    #[test]
    fn lines_make_acts_and_what_makes_no_sense_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let receipt = json!({"on": "2027-01-05", "receipt": {"file": "recepisses/A-1.pdf", "sha256": "cc"}});
        add(
            folder.path(),
            &[
                ("created", "A", created("2026-10-31")),
                ("exported", "A", json!({})),
                ("deposited", "A", receipt.clone()),
                ("deposited", "A", receipt),
                ("exported", "B", json!({})),
                ("created", "A", created("2026-01-01")),
                ("migrated", "A", json!({"from": {"sha256": "bb"}, "to": {"sha256": "dd"}})),
                ("migrated", "A", json!({})),
            ],
        );
        let (acts, history) = read(folder.path()).unwrap().unwrap();
        assert_eq!(history.entries.len(), 8);
        assert_eq!(acts.strange, [4, 5, 6, 8]);
        let [act] = &acts.acts[..] else { panic!("{acts:?}") };
        assert_eq!((act.deadline.to_string().as_str(), act.exports, act.migrations), ("2027-02-28", 1, 1));
        assert_eq!(act.digests, ("aa".into(), "dd".into()), "a migration gives the document its new digest");
        assert_eq!(act.deposited.as_ref().unwrap().on.to_string(), "2027-01-05");
    }

    #[test]
    fn a_torn_register_goes_on_and_a_changed_one_does_not() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path(), &[("created", "A", created("2026-11-23"))]);
        let path = folder.path().join(NAME);
        let mut octets = fs::read(&path).unwrap();
        octets.extend_from_slice(b"{\"act\":\"deposited\",\"refe");
        fs::write(&path, &octets).unwrap();
        add(folder.path(), &[("created", "B", created("2026-11-24"))]);
        let (acts, _) = read(folder.path()).unwrap().unwrap();
        assert_eq!((acts.torn, acts.acts.len(), acts.strange.len()), (1, 2, 0));
        let changed = fs::read_to_string(&path).unwrap().replace("2026-11-23", "2027-11-23");
        fs::write(&path, changed).unwrap();
        let fault = read(folder.path()).unwrap().unwrap_err();
        assert_eq!(fault.line, 3, "the line after the one cut off names the last whole line: {fault}");
        let (world, software) = (world(), software());
        let refused = Register::open(folder.path(), &world, By { declared: None, software: &software });
        assert_eq!(refused.err().unwrap().code(), "minutier.chain");
    }
}
