//! The health of the machine: antivirus, removable media and shares, what else runs; each with a deadline of its own.
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use dossier::{Operation, op};

use crate::waiting::within;
use crate::{Asked, Fact, World};

mod antivirus;
mod clamd;
mod clamscan;
mod listening;
mod media;
mod names;
mod processes;
mod scan;
mod sessions;
mod signatures;

pub use scan::{SCAN_LIMIT, scan_file};
pub(crate) use sessions::own as own_remote_session;

/// How long a list may take: a dead share or a slow drive does not hold the capture up.
const LISTS: Duration = Duration::from_secs(8);

/// The engine, its signatures and what it found; media and shares; processes and sessions.
pub(crate) fn facts(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    thread::scope(|scope| {
        let media = scope.spawn(|| listed(world, op::MEASURE_MEDIA, media::fact));
        let processes = scope.spawn(|| listed(world, op::MEASURE_PROCESSES, processes::fact));
        let folders: Vec<PathBuf> = asked.folders.to_vec();
        let antivirus = antivirus::fact(world, &asked.sources.antivirus, &folders);
        let lost =
            |op: Operation| Fact::not_done(op, "La mesure a été interrompue par une erreur interne : signalez-la.");
        vec![
            antivirus,
            media.join().unwrap_or_else(|_| lost(op::MEASURE_MEDIA)),
            processes.join().unwrap_or_else(|_| lost(op::MEASURE_PROCESSES)),
        ]
    })
}

fn listed(world: &World, op: Operation, list: fn(&World) -> Fact) -> Fact {
    let own = world.clone();
    let late = "Le système n'a pas donné cette liste en 8 secondes : un volume ou un partage ne répond pas. Débranchez-le, puis recommencez.";
    within(LISTS, move || list(&own)).unwrap_or_else(|| Fact::not_done(op, late))
}
