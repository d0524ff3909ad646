//! The antivirus engine, how old its signatures are, and what it finds in this program and in the folders of the session.
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::scan::{Door, SCAN_LIMIT, Verdict, merge};
use super::signatures::{Engine, OLD_DAYS};
use super::{clamd, clamscan};
use crate::{Antivirus, Fact, World};

/// How long the search may take with the daemon: what is left then is told.
const SEARCH: Duration = Duration::from_secs(4);
/// How long it may take with the program, which loads all its signatures first.
const LOADING: Duration = Duration::from_secs(11);
/// Files listed for the search, at most.
const MOST: usize = 2_000;
/// What is listed of each kind in the journal, at most.
const LISTED: usize = 50;
const HOW: &str = "clamd (VERSION, INSTREAM de chaque fichier) ou clamscan : ce logiciel et les dossiers privés de la session, sans \
                   suivre les liens, 4 secondes de recherche au plus (11 avec clamscan)";

/// What a search of several files gave.
#[derive(Debug, Default)]
struct Search {
    searched: u64,
    bytes: u64,
    found: Vec<Value>,
    /// What was not searched, and why.
    left: Vec<Value>,
    answers: String,
    /// Why nothing at all could be searched.
    failed: Option<String>,
}

/// The engine, its signatures, and what it found.
pub(super) fn fact(world: &World, asked: &Antivirus, folders: &[PathBuf]) -> Fact {
    let targets = targets(world, folders);
    let started = Instant::now();
    let (door, engine, answer) = match Door::answering(world, asked) {
        Ok(found) => found,
        Err(why) => {
            let what = format!(
                "Aucun antivirus n'a répondu : {why}. Installez ClamAV (clamav-daemon), ou nommez-le dans [mesures] antivirus."
            );
            return Fact::not_done(op::MEASURE_ANTIVIRUS, &what);
        }
    };
    let search = match &door {
        Door::Clamd(socket) => by_daemon(socket, &targets),
        Door::Clamscan(database) => by_program(world, database.as_deref(), &targets),
    };
    told(world, &door, &engine, &answer, search, started.elapsed())
}

fn told(world: &World, door: &Door, engine: &Engine, answer: &str, search: Search, took: Duration) -> Fact {
    let now = world.clock.now();
    let mut departures = Vec::new();
    match engine.age_days(now) {
        Some(age) if age > OLD_DAYS => departures.push(format!("signatures vieilles de {age} jours")),
        Some(_) => {}
        None => departures.push("date des signatures inconnue : le moteur et sa base ne la disent pas".to_owned()),
    }
    if !search.found.is_empty() {
        departures.push(format!("code malveillant reconnu : {}", search.found.len()));
    }
    let nothing = search.searched == 0;
    if nothing {
        departures.push("aucun fichier n'a pu être cherché".to_owned());
    }
    let verdict = match (&search.found.is_empty(), nothing, search.left.is_empty()) {
        (false, ..) => "found",
        (_, true, _) => "not_done",
        (_, _, true) => "clean",
        _ => "partial",
    };
    let counted = format!("{} fichier(s), {} octets", search.searched, search.bytes);
    let result = match verdict {
        "found" => Some(format!("code malveillant reconnu dans {} fichier(s), sur {counted}", search.found.len())),
        "clean" => Some(format!("aucun code malveillant connu dans {counted}")),
        "partial" => {
            Some(format!("aucun code malveillant connu dans {counted} ; {} non cherché(s)", search.left.len()))
        }
        _ => None,
    };
    let mut data = json!({
        "result": result, "verdict": verdict, "searched": search.searched, "searched_bytes": search.bytes,
        "found": first(&search.found), "left": first(&search.left), "left_count": search.left.len(), "why": search.failed,
        "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "by": door.name(), "departures": departures, "how": HOW,
    });
    merge(&mut data, engine.told(now));
    let raw = json!({"version": answer, "found": search.found, "left": search.left, "answers": search.answers});
    let raw = serde_json::to_vec_pretty(&raw).unwrap_or_default();
    let outcome = if departures.is_empty() { Outcome::Ok } else { Outcome::Deviation };
    Fact::new(op::MEASURE_ANTIVIRUS, outcome, data).with("antivirus.json", "application/json", raw)
}

fn first(list: &[Value]) -> Vec<Value> {
    list.iter().take(LISTED).cloned().collect()
}

/// The files to search: the folders of the session with all they hold, this program, and what bears its name beside it. The rest of its
/// folder is the system's (`/usr/bin`), and not a matter of seconds.
fn targets(world: &World, folders: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for folder in folders {
        walk(folder, 8, &mut files);
    }
    // Another system's files are not those of the running program.
    if let Ok(program) = std::env::current_exe()
        && world.is_this_machine()
    {
        let mut beside = Vec::new();
        walk(program.parent().unwrap_or(&program), 0, &mut beside);
        let own = |path: &PathBuf| named_after(path, &program) && *path != program;
        let beside: Vec<PathBuf> = beside.into_iter().filter(own).collect();
        files.push(program);
        files.extend(beside);
    }
    files.truncate(MOST);
    files
}

/// Whether a file's name is that of the program, or that with more behind it (`constat-…`, `constat.…`).
fn named_after(path: &Path, program: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (own, program) = (name(path), name(program));
    own.strip_prefix(&program).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '.', '_']))
}

/// The ordinary files of a folder in the order of their names, `deep` folders down; links are not followed.
fn walk(folder: &Path, deep: u32, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().take(MOST).map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        match fs::symlink_metadata(&path) {
            _ if files.len() >= MOST => return,
            Ok(kind) if kind.is_file() => files.push(path),
            Ok(kind) if kind.is_dir() && deep > 0 => walk(&path, deep - 1, files),
            _ => {}
        }
    }
}

impl Search {
    fn note(&mut self, path: &str, bytes: u64, verdict: Verdict) {
        match verdict {
            Verdict::Clean => {}
            Verdict::Found(ref name) => self.found.push(json!({"path": path, "name": name})),
            Verdict::NotDone(why) => {
                self.left.push(json!({"path": path, "why": why}));
                return;
            }
        }
        self.searched += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Each file in its turn, as long as there is time.
fn by_daemon(socket: &Path, targets: &[PathBuf]) -> Search {
    let until = Instant::now() + SEARCH;
    let mut search = Search::default();
    for path in targets {
        let left = until.saturating_duration_since(Instant::now());
        let bytes = fs::symlink_metadata(path).map_or(0, |kind| kind.len());
        let verdict = if left.is_zero() {
            Verdict::NotDone("le temps de la recherche était passé".into())
        } else if bytes > SCAN_LIMIT {
            Verdict::NotDone("plus de 100 Mio, que le moteur ne lit pas".into())
        } else {
            match File::open(path) {
                Ok(file) => {
                    let (verdict, answer) = clamd::stream(socket, std::io::Read::take(file, SCAN_LIMIT), left);
                    search.answers.push_str(&format!("{}: {answer}\n", path.display()));
                    verdict
                }
                Err(e) => Verdict::NotDone(e.to_string()),
            }
        };
        search.note(&path.display().to_string(), bytes, verdict);
    }
    search
}

/// All files in one call.
fn by_program(world: &World, database: Option<&Path>, targets: &[PathBuf]) -> Search {
    let mut search = Search::default();
    let (fit, long): (Vec<&PathBuf>, Vec<&PathBuf>) =
        targets.iter().partition(|path| fs::symlink_metadata(path).is_ok_and(|kind| kind.len() <= SCAN_LIMIT));
    for path in long {
        search
            .left
            .push(json!({"path": path.display().to_string(), "why": "plus de 100 Mio, que le moteur ne lit pas"}));
    }
    let fit: Vec<&Path> = fit.into_iter().map(PathBuf::as_path).collect();
    match clamscan::search(world, database, &fit, LOADING) {
        Ok((verdicts, text)) => {
            search.answers = text;
            for (path, verdict) in verdicts {
                let bytes = fs::symlink_metadata(&path).map_or(0, |kind| kind.len());
                search.note(&path, bytes, verdict);
            }
        }
        Err(why) => {
            search.failed = Some(format!(
                "La recherche n'a pas été faite : {why}. Lancez clamd, qui garde ses signatures chargées."
            ))
        }
    }
    search
}

#[cfg(test)]
mod tests;
