//! Measures the network of this machine and writes the facts and their evidence: `reseau FOLDER [temoin=URL] [adresse=SOURCE]... [origine=URL]...`.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for who works on the probes")]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use dossier::{Clock, Software};
use probes::{Asked, Sources, World};
use url::Url;

/// A clock that starts at a date of 2026.
struct Running(Instant);

impl Clock for Running {
    fn now(&self) -> dossier::Instant {
        let elapsed = i64::try_from(self.0.elapsed().as_millis()).unwrap();
        dossier::Instant::from_millisecond(1_795_000_000_000 + elapsed).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    let (mut sources, mut origins) = (Sources::default(), Vec::new());
    for argument in arguments {
        match argument.split_once('=') {
            Some(("temoin", url)) => sources.witness = Some(Url::parse(url).unwrap()),
            Some(("adresse", source)) => sources.address.push(source.parse().unwrap()),
            Some(("origine", url)) => origins.push(Url::parse(url).unwrap()),
            Some(("routeur", model)) => sources.declared.router = Some(model.to_owned()),
            Some(("fournisseur", name)) => sources.declared.provider = Some(name.to_owned()),
            _ => panic!("{argument}"),
        }
    }
    let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
    let asked = Asked {
        sources: &sources,
        hosts: &[],
        origins: &origins,
        place: None,
        software: &software,
        folders: &[],
        clock: None,
    };
    let started = Instant::now();
    let facts = probes::network_only(&World::this_machine(Arc::new(Running(started))), &asked, &|_| {});
    println!("{} ms", started.elapsed().as_millis());
    std::fs::create_dir_all(&folder).unwrap();
    for fact in facts {
        println!("{} {:?}\n{:#}", fact.op, fact.outcome, fact.data);
        for evidence in fact.evidence {
            std::fs::write(folder.join(&evidence.name), &evidence.bytes).unwrap();
        }
    }
}
