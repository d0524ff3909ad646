//! Starts the browser with chromiumoxide and ends it for good, its whole process group with it.
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chromiumoxide::browser::BrowserConfig;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStderr};
use tokio::task::JoinHandle;

use super::memory::{Excess, guard};
use super::{Display, Switch, Workspace};
use crate::CaptureError;
use crate::scenario::Navigateur;

const START: Duration = Duration::from_secs(30);
const END: Duration = Duration::from_secs(5);
/// How often a launcher that is called busy is tried again.
const BUSY: u32 = 100;
/// How long its processes may take to be gone once they were ended.
const GONE: Duration = Duration::from_secs(2);
/// How much of what the browser writes on its error output is kept.
const LOG: usize = 1024 * 1024;

/// A browser that runs.
pub(crate) struct RunningBrowser {
    child: Child,
    group: Option<Pid>,
    guard: Option<JoinHandle<()>>,
    /// Address of the debugging websocket, on loopback.
    pub(crate) websocket: String,
    /// What it writes on its error output.
    pub(crate) log: PathBuf,
}

/// Starts `binary` with `switches` in the private folders of `workspace`, its window on `display` when there is one.
pub(crate) async fn launch(
    binary: &Path,
    switches: &[Switch],
    settings: &Navigateur,
    workspace: &Workspace,
    display: Option<&Display>,
) -> Result<RunningBrowser, CaptureError> {
    let wrong = |why: String| CaptureError::BrowserStart { binary: binary.to_path_buf(), why };
    let launcher = workspace.launcher(binary, &settings.fuseau, &settings.langue, display)?;
    let mut config = BrowserConfig::builder()
        .chrome_executable(&launcher)
        .disable_default_args()
        .respect_https_errors()
        .surface_invalid_messages()
        // Headless (`with_head` adds nothing) and sandbox are among our own switches, where each is explained.
        .with_head()
        .viewport(None)
        .user_data_dir(workspace.profile());
    for switch in switches {
        config = match &switch.value {
            Some(value) => config.arg((switch.name, value.as_str())),
            None => config.arg(switch.name),
        };
    }
    let config = config.build().map_err(wrong)?;
    // `launch` of the configuration starts the process only; connecting is ours (see `cdp`).
    let mut child = started(&config).await.map_err(|e| wrong(e.to_string()))?.into_inner();
    let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let log = workspace.spool().join("chromium.txt");
    let stderr = child.stderr.take().ok_or_else(|| wrong("no error output".into()))?;
    match tokio::time::timeout(START, websocket(stderr, log.clone())).await {
        Ok(Ok(websocket)) => Ok(RunningBrowser { child, group, guard: None, websocket, log }),
        other => {
            let why = match other {
                Ok(Err(said)) => format!("it ended before it listened; it said: {said}"),
                _ => format!("nothing after {} s", START.as_secs()),
            };
            end_group(group);
            let _ = tokio::time::timeout(END, child.wait()).await;
            Err(wrong(why))
        }
    }
}

/// Starts the process. Another thread that starts a program at that instant holds, until its own exec, the file that was just
/// written: the system then calls the launcher busy (ETXTBSY), for a few milliseconds.
async fn started(config: &BrowserConfig) -> std::io::Result<chromiumoxide::async_process::Child> {
    let mut attempts = 0;
    loop {
        match config.launch() {
            Err(busy) if busy.kind() == std::io::ErrorKind::ExecutableFileBusy && attempts < BUSY => attempts += 1,
            other => return other,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Reads the error output up to the line that names the websocket; the rest is read in the background. Gives back what
/// was said when it ends before.
async fn websocket(stderr: ChildStderr, log: PathBuf) -> Result<String, String> {
    let mut lines = BufReader::new(stderr).lines();
    let mut said = String::new();
    loop {
        match lines.next_line().await {
            Ok(Some(line)) => {
                said.push_str(&line);
                said.push('\n');
                if let Some((_, address)) = line.split_once("DevTools listening on ") {
                    let address = address.trim().to_owned();
                    tokio::spawn(async move {
                        let Ok(mut file) = File::create(log) else { return };
                        let mut kept = said.len();
                        let _ = file.write_all(said.as_bytes());
                        // Read to the end even when nothing more is kept: a full pipe would stop the browser.
                        while let Ok(Some(line)) = lines.next_line().await {
                            if kept + line.len() < LOG {
                                kept += line.len() + 1;
                                let _ = writeln!(file, "{line}");
                            }
                        }
                    });
                    return Ok(address);
                }
            }
            Ok(None) | Err(_) => return Err(said.chars().take(2000).collect()),
        }
    }
}

fn end_group(group: Option<Pid>) {
    if let Some(group) = group {
        // An error here is that the group is gone already.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Whether a process of the group still runs. One that ended and that nobody has waited for yet (a zombie) answers to
/// signals for as long as a second, and runs no more.
fn still_runs(group: Pid) -> bool {
    if test_kill_process_group(group).is_err() {
        return false;
    }
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|p| std::fs::read_to_string(p.path().join("stat")).ok()).any(|stat| {
        // proc(5): number, name in parentheses (any character in it), state, parent, group.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let mut fields = rest.split(' ');
        let state = fields.next().unwrap_or("");
        let its = fields.nth(1).and_then(|g| g.parse().ok());
        its == Some(group.as_raw_nonzero().get()) && !matches!(state, "Z" | "X" | "x")
    })
}

impl RunningBrowser {
    /// The arguments the process really has, as the system gives them (proc(5), `cmdline`); the binary itself left out.
    pub(crate) fn command_line(&self) -> Option<Vec<String>> {
        let read = std::fs::read(format!("/proc/{}/cmdline", self.child.id()?)).ok()?;
        let words = read.split(|byte| *byte == 0).skip(1).filter(|word| !word.is_empty());
        Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    }

    /// From now on, ends the browser when it holds more than `limit` octets.
    pub(crate) fn keep_within(&mut self, limit: u64) -> Excess {
        let Some(group) = self.group else { return Excess::default() };
        let (excess, task) = guard(group, limit, move || end_group(Some(group)));
        self.guard = Some(task);
        excess
    }

    /// Ends the browser at once, its whole group with it. Tells how it ended: one that had ended by itself says so.
    pub(crate) async fn kill(&mut self) -> String {
        let before = self.child.try_wait().ok().flatten();
        end_group(self.group);
        let exit = self.stop().await;
        before.map_or_else(|| "killed".to_owned(), |_| exit)
    }

    /// Its number may be another's once it has ended.
    fn unguard(&mut self) {
        if let Some(guard) = self.guard.take() {
            guard.abort();
        }
    }

    /// Waits for the browser to end after it was asked to, then ends what is left of its group. Tells how it ended.
    pub(crate) async fn stop(&mut self) -> String {
        self.unguard();
        let exit = match tokio::time::timeout(END, self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "killed".into(),
        };
        end_group(self.group);
        if exit == "killed" {
            let _ = tokio::time::timeout(END, self.child.wait()).await;
        }
        let deadline = tokio::time::Instant::now() + GONE;
        while self.group.is_some_and(still_runs) && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        exit
    }
}

impl Drop for RunningBrowser {
    fn drop(&mut self) {
        self.unguard();
        end_group(self.group);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;

    use super::*;

    #[test]
    fn a_group_is_gone_when_only_what_nobody_waited_for_is_left() {
        let mut child = std::process::Command::new("sleep").arg("60").process_group(0).spawn().unwrap();
        let group = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(still_runs(group));
        end_group(Some(group));
        for _ in 0..500 {
            if !still_runs(group) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        // Nobody waited for it: it answers to signals, and does not run.
        assert!(!still_runs(group) && test_kill_process_group(group).is_ok());
        child.wait().unwrap();
        assert!(!still_runs(group));
    }
}
