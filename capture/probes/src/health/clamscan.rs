//! The program `clamscan`, where no daemon runs: it loads its signatures each time, so it gets a deadline and a few paths.
use std::path::Path;
use std::time::Duration;

use super::scan::Verdict;
use super::signatures::Engine;
use crate::World;

/// Where Debian and others keep the signatures.
const USUAL: &str = "/var/lib/clamav";
/// How long the program may take to say what it is.
const WAIT: Duration = Duration::from_secs(3);
/// Lines of its answer that are read, at most.
const MOST: usize = 20_000;

/// What the program is, and its answer as it came.
pub(super) fn version(world: &World, database: Option<&Path>) -> Result<(Engine, String), String> {
    let answer = world.run("clamscan", &["--version"], WAIT).map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&answer.out).trim().to_owned();
    let mut engine = Engine::read(&text).ok_or_else(|| format!("réponse de clamscan inconnue : {text:?}"))?;
    if database.is_some() {
        // What it says is of its usual folder, not of this one.
        (engine.number, engine.made) = (None, None);
    }
    let folder = database.map_or_else(|| USUAL.to_owned(), |folder| folder.display().to_string());
    Ok((engine.completed(world, &folder), text))
}

/// Searches `paths` (files and folders, whole); gives each file's verdict, and the answer as it came.
pub(super) fn search(
    world: &World,
    database: Option<&Path>,
    paths: &[&Path],
    deadline: Duration,
) -> Result<(Vec<(String, Verdict)>, String), String> {
    let database = database.map(|folder| format!("--database={}", folder.display()));
    let mut arguments =
        vec!["--stdout", "--no-summary", "--recursive=yes", "--follow-dir-symlinks=0", "--follow-file-symlinks=0"];
    arguments.extend(database.as_deref());
    // An absolute path is never taken for an option.
    arguments.extend(paths.iter().filter(|path| path.is_absolute()).filter_map(|path| path.to_str()));
    let answer = world.run("clamscan", &arguments, deadline).map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&answer.out).into_owned();
    // 0: nothing found; 1: something found; 2: an error (clamscan(1)).
    match answer.code {
        Some(0 | 1) => Ok((lines(&text), text)),
        _ => {
            let why = String::from_utf8_lossy(&answer.err);
            let why = why.lines().chain(text.lines()).find(|line| line.contains("ERROR")).unwrap_or("sans raison dite");
            Err(format!("clamscan a échoué : {why}"))
        }
    }
}

/// `PATH: OK`, `PATH: NAME FOUND`, `PATH: … ERROR`; the path may hold colons, the name does not.
fn lines(text: &str) -> Vec<(String, Verdict)> {
    let line = |line: &str| {
        let (path, said) = line.rsplit_once(": ")?;
        let verdict = match said.strip_suffix(" FOUND") {
            Some(name) => Verdict::Found(name.to_owned()),
            None if said == "OK" || said == "Empty file" => Verdict::Clean,
            None => Verdict::NotDone(said.to_owned()),
        };
        Some((path.to_owned(), verdict))
    };
    text.lines().filter_map(line).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_an_answer() {
        let found = lines(
            "/tmp/a: b: OK\n/tmp/e: Eicar.UNOFFICIAL FOUND\n/tmp/v: Empty file\n/tmp/x: Access denied. ERROR\nautre\n",
        );
        assert_eq!(found[0], ("/tmp/a: b".into(), Verdict::Clean));
        assert_eq!(found[1], ("/tmp/e".into(), Verdict::Found("Eicar.UNOFFICIAL".into())));
        assert_eq!(found[2].1, Verdict::Clean);
        assert!(matches!(found[3].1, Verdict::NotDone(_)));
        assert_eq!(found.len(), 4);
    }
}
