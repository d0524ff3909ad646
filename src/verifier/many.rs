//! `constat verifier FOLDER`: every bundle below a folder, on every processor, each with its own verdict.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use dossier::{Instant, Level};
use sealer::{TrustAnchors, Verdict, Verification};
use serde_json::{Value, json};

use super::exit_of;
use crate::cli::Verifier;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable};
use crate::progress::Terminal;

/// How deep bundles are looked for: links are not followed, so that nothing is met twice.
const DEPTH: usize = 16;

/// Verifies them all; the answer is the worst of them.
pub(super) fn run(
    arguments: &Verifier,
    folder: &Path,
    json: bool,
    (anchors, source): (&TrustAnchors, &str),
    at: Instant,
) -> Result<Exit, Failure> {
    if arguments.pv.is_some() || arguments.rapport.is_some() {
        return Err(Failure::new("cli.pv_of_folder", Exit::Usage, folder.display()));
    }
    let bundles = bundles(folder)?;
    let mut told = Told { worst: Verdict::Pass, counts: BTreeMap::new(), rows: Vec::new(), json };
    let terminal = Terminal::new();
    let total = bundles.len();
    each(&bundles, arguments.taches.map(usize::from), anchors, at, |done, path, verification| {
        terminal.live(&format!("{done} scellés contrôlés sur {total}"));
        told.tell(&terminal, path, verification);
    });
    terminal.finish();
    told.end(total, source, at);
    Ok(exit_of(told.worst))
}

/// Every bundle below `folder`, in the order of their paths.
pub(crate) fn bundles(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut bundles = Vec::new();
    find(folder, DEPTH, &mut bundles)?;
    bundles.sort();
    if bundles.is_empty() {
        return Err(Failure::new("cli.no_bundle", Exit::Usage, folder.display()));
    }
    Ok(bundles)
}

/// The files named `*.asice` below `folder`.
fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).map_err(|e| Failure::io("lire", folder, &e))?;
    for entry in entries {
        let entry = entry.map_err(|e| Failure::io("lire", folder, &e))?;
        let (kind, path) = (entry.file_type().map_err(|e| Failure::io("lire", folder, &e))?, entry.path());
        if kind.is_dir() && depth > 0 {
            find(&path, depth - 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "asice") {
            found.push(path);
        }
    }
    Ok(())
}

/// Verifies on `threads` threads (none: as many as the machine has processors); tells each in the order of the paths.
fn each(
    bundles: &[PathBuf],
    threads: Option<usize>,
    anchors: &TrustAnchors,
    at: Instant,
    mut tell: impl FnMut(usize, &Path, Verification),
) {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok().map(usize::from)).unwrap_or(1);
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::sync_channel(threads * 2);
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, bundles.len()) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some((index, path)) = take(bundles, next) {
                    let verification = Verification { bundle: None, ..super::judged(path, anchors, at) };
                    if send.send((index, verification)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        let (mut waiting, mut told) = (BTreeMap::new(), 0);
        for (done, (index, verification)) in receive.iter().enumerate() {
            waiting.insert(index, verification);
            while let (Some(verification), Some(path)) = (waiting.remove(&told), bundles.get(told)) {
                told += 1;
                tell(done + 1, path, verification);
            }
        }
    });
}

fn take<'a>(bundles: &'a [PathBuf], next: &AtomicUsize) -> Option<(usize, &'a PathBuf)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, bundles.get(index)?))
}

/// What was told so far.
struct Told {
    worst: Verdict,
    counts: BTreeMap<&'static str, usize>,
    rows: Vec<Value>,
    json: bool,
}

impl Told {
    fn tell(&mut self, terminal: &Terminal, path: &Path, verification: Verification) {
        let verdict = verification.verdict;
        *self.counts.entry(verdict.as_str()).or_default() += 1;
        self.worst = worse(self.worst, verdict);
        if self.json {
            self.rows.push(json!({
                "bundle": path, "verdict": verdict, "bundle_sha256": verification.bundle_sha256,
                "findings": verification.findings, "seal": verification.facts,
            }));
            return;
        }
        let facts = &verification.facts;
        let when = facts.timestamps.first().map_or_else(|| "sans date".to_owned(), |token| token.gen_time.to_string());
        let level = facts.level.map_or("-", |level| level.as_str());
        let bad = |level: Level| level >= Level::Indeterminate;
        let codes: Vec<&str> =
            verification.findings.iter().filter(|f| bad(f.level)).map(|f| f.code.as_str()).take(5).collect();
        let name = printable(&path.display().to_string());
        terminal.said(&format!("{:<14} {when:<25} {level:<6} {name}  {}", verdict.as_str(), codes.join(", ")));
    }

    fn end(&mut self, total: usize, source: &str, at: Instant) {
        if self.json {
            output::json(&json!({
                "verdict": self.worst, "total": total, "counts": self.counts, "bundles": std::mem::take(&mut self.rows),
                "at": at, "anchors": source, "verifier": {"name": "constat", "version": env!("CARGO_PKG_VERSION")},
            }));
            return;
        }
        let counts: Vec<String> = self.counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        output::line(&format!("{total} scellés : {}", counts.join(", ")));
        output::line(&format!("Jugés au {at}, avec les racines de {source}"));
        output::line(&format!("Verdict le moins bon : {}", self.worst.as_str()));
    }
}

fn worse(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
        (Verdict::Indeterminate, _) | (_, Verdict::Indeterminate) => Verdict::Indeterminate,
        (Verdict::Pass, Verdict::Pass) => Verdict::Pass,
    }
}
