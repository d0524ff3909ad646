//! What the tests of the probes share: this machine, a machine made of a few files, and what a plan asks.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dossier::{FixedClock, Instant, Software};

use crate::{Asked, Sources, World};

/// This machine, with a clock of tests.
pub(crate) fn world() -> World {
    World::this_machine(clock())
}

/// The system whose files are below `root`, with an empty environment.
pub(crate) fn world_at(root: &Path) -> World {
    World::at(root, BTreeMap::new(), clock())
}

/// The same with that environment.
pub(crate) fn world_with(root: &Path, environment: &[(&str, &str)]) -> World {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    World::at(root, environment, clock())
}

fn clock() -> Arc<FixedClock> {
    let start = Instant::from_millisecond(1_795_000_000_000).unwrap_or_else(|| panic!("a date of 2026"));
    Arc::new(FixedClock::new(start, Duration::ZERO))
}

/// What a plan asks.
pub(crate) struct Etude {
    pub(crate) sources: Sources,
    hosts: Vec<String>,
    origins: Vec<url::Url>,
    software: Software,
}

impl Default for Etude {
    fn default() -> Self {
        let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
        Self { sources: Sources::default(), hosts: Vec::new(), origins: Vec::new(), software }
    }
}

impl Etude {
    /// The same, whose plan names `host` too.
    pub(crate) fn naming(mut self, host: &str) -> Self {
        self.hosts.push(host.to_owned());
        self
    }

    /// The same, whose plan goes to that origin.
    pub(crate) fn at(mut self, url: &str) -> Self {
        self.origins.extend(url::Url::parse(url));
        self
    }

    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            sources: &self.sources,
            hosts: &self.hosts,
            origins: &self.origins,
            place: None,
            software: &self.software,
            folders: &[],
            clock: None,
        }
    }
}
