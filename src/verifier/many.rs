//! `constat verifier FOLDER`: every bundle below a folder, on every processor, each with its own verdict.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use dossier::{Instant, Level};
use sealer::{TrustAnchors, Verdict, Verification};
use serde_json::{Value, json};

use super::{copy, exit_of};
use crate::bundles::{self, Found};
use crate::cli::Verifier;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable};
use crate::progress::Terminal;

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
    let Found { bundles, left } = bundles::below(folder)?;
    let mut told = Told { worst: Verdict::Pass, counts: BTreeMap::new(), copies: 0, rows: Vec::new(), left, json };
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
                    let verification = Verification { bundle: None, ..sealer::verify_beside(path, anchors, at) };
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
    /// How many were copies with files or records withheld.
    copies: usize,
    rows: Vec<Value>,
    /// What was met and not looked into.
    left: Vec<PathBuf>,
    json: bool,
}

impl Told {
    fn tell(&mut self, terminal: &Terminal, path: &Path, verification: Verification) {
        let (verdict, is_copy) = (verification.verdict, copy::is_copy(&verification));
        self.copies += usize::from(is_copy);
        *self.counts.entry(verdict.as_str()).or_default() += 1;
        self.worst = worse(self.worst, verdict);
        if self.json {
            self.rows.push(json!({
                "bundle": path, "verdict": verdict, "copy": is_copy, "bundle_sha256": verification.bundle_sha256,
                "findings": verification.findings, "seal": verification.facts,
            }));
            return;
        }
        let facts = &verification.facts;
        let when = facts.timestamps.first().map_or_else(|| "sans date".to_owned(), |token| token.gen_time.to_string());
        let level = facts.level.map_or("-", |level| level.as_str());
        let bad = |level: Level| level >= Level::Indeterminate;
        let mut codes: Vec<&str> =
            verification.findings.iter().filter(|f| bad(f.level)).map(|f| f.code.as_str()).take(5).collect();
        if is_copy {
            codes.insert(0, copy::BANNER);
        }
        let name = printable(&path.display().to_string());
        terminal.said(&format!("{:<14} {when:<25} {level:<6} {name}  {}", verdict.as_str(), codes.join(", ")));
    }

    fn end(&mut self, total: usize, source: &str, at: Instant) {
        if self.json {
            output::json(&json!({
                "verdict": self.worst, "total": total, "counts": self.counts, "copies": self.copies, "bundles": std::mem::take(&mut self.rows),
                "left_out": self.left,
                "at": at, "anchors": source, "verifier": {"name": "constat", "version": env!("CARGO_PKG_VERSION")},
            }));
            return;
        }
        bundles::told(&self.left).iter().for_each(|line| output::line(line));
        let counts: Vec<String> = self.counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        let copies = match self.copies {
            0 => String::new(),
            copies => format!(" ; copies caviardées, qui ne sont pas des scellés d'origine : {copies}"),
        };
        output::line(&format!("{total} scellés : {}{copies}", counts.join(", ")));
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
