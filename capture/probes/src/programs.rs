//! Runs a program of the system for a probe: by name in fixed folders, no shell, an empty environment, a deadline, bounded answers.
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::World;

/// Where programs of the system are, whatever PATH says.
const FOLDERS: &[&str] = &["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
/// The most that is kept of an answer.
const LONGEST: u64 = 8 * 1024 * 1024;
/// How often a running program is looked at.
const PAUSE: Duration = Duration::from_millis(5);

/// What a program answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output, cut at 8 MiB.
    pub out: Vec<u8>,
    /// Standard error, cut likewise.
    pub err: Vec<u8>,
    /// The path of the program that ran.
    pub program: PathBuf,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// The system has no such program.
    #[error("le programme « {0} » n'est pas installé")]
    Absent(String),
    /// It could not be started.
    #[error("le programme « {0} » n'a pas pu être lancé : {1}")]
    NotStarted(String, String),
    /// It did not end in time and was ended.
    #[error("le programme « {0} » n'a pas répondu en {1} ms")]
    Late(String, u128),
}

impl World {
    /// The program of that name in the folders of the system.
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let found = FOLDERS.iter().map(|folder| Path::new(folder).join(name)).find(|path| path.is_file());
        found.filter(|_| self.is_this_machine())
    }

    /// Runs `name` with `arguments` for `deadline` at most.
    pub fn run(&self, name: &str, arguments: &[&str], deadline: Duration) -> Result<Answer, NoAnswer> {
        let program = self.program(name).ok_or_else(|| NoAnswer::Absent(name.to_owned()))?;
        let mut command = Command::new(&program);
        command.args(arguments).env_clear().env("PATH", FOLDERS.join(":")).env("LC_ALL", "C");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| NoAnswer::NotStarted(name.to_owned(), e.to_string()))?;
        let readers = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
        let code = ended(&mut child, deadline);
        let [out, err] = readers.map(|r| r.and_then(|thread| thread.join().ok()).unwrap_or_default());
        match code {
            Some(code) => Ok(Answer { code, out, err, program }),
            None => Err(NoAnswer::Late(name.to_owned(), deadline.as_millis())),
        }
    }
}

fn reader(stream: impl std::io::Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut kept = Vec::new();
        let mut stream = stream;
        let _ = stream.by_ref().take(LONGEST).read_to_end(&mut kept);
        // The program must be able to write the rest, and end.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        kept
    })
}

fn ended(child: &mut Child, deadline: Duration) -> Option<Option<i32>> {
    let until = Instant::now() + deadline;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.code()),
            Ok(None) if Instant::now() < until => thread::sleep(PAUSE),
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::world;

    #[test]
    fn an_answer_a_missing_program_and_a_late_one() {
        let answer = world().run("true", &[], Duration::from_secs(20)).unwrap();
        assert_eq!(answer.code, Some(0));
        assert_eq!(world().run("constat-absent", &[], PAUSE).unwrap_err(), NoAnswer::Absent("constat-absent".into()));
        let late = world().run("sleep", &["60"], Duration::from_millis(50));
        assert_eq!(late.unwrap_err(), NoAnswer::Late("sleep".into(), 50));
    }
}
