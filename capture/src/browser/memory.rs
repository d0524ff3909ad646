//! Keeps the browser within the memory it may take: a page must not bring down the machine, and the evidence with it.
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::process::Pid;
use tokio::task::JoinHandle;

/// How often the processes are measured.
const EVERY: Duration = Duration::from_millis(500);
/// How many processes are followed; a browser has some tens.
const PROCESSES: usize = 2000;
/// The most a browser may take when the scenario does not say, whatever the machine has.
const MOST: u64 = 8 * 1024 * 1024 * 1024;

/// What was measured when the browser exceeded its memory; zero before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Excess(Arc<AtomicU64>);

impl Excess {
    /// Octets in use when the browser was ended for it.
    pub(crate) fn octets(&self) -> Option<u64> {
        Some(self.0.load(Ordering::SeqCst)).filter(|octets| *octets > 0)
    }
}

/// Half of the machine's memory, and no more than 8 GiB.
pub(crate) fn usual_limit() -> u64 {
    let told = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = told.lines().find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse().ok());
    total.map_or(MOST, |kib: u64| (kib.saturating_mul(1024) / 2).min(MOST))
}

/// Measures the browser whose main process is `main` until it exceeds `limit`; then calls `end`.
pub(super) fn guard(main: Pid, limit: u64, end: impl FnOnce() + Send + 'static) -> (Excess, JoinHandle<()>) {
    let excess = Excess::default();
    let told = excess.clone();
    let task = tokio::spawn(async move {
        loop {
            tokio::time::sleep(EVERY).await;
            let octets = private(main);
            if octets > limit {
                told.0.store(octets, Ordering::SeqCst);
                end();
                return;
            }
        }
    });
    (excess, task)
}

/// Octets of their own (`RssAnon` of `/proc/PID/status`, proc(5)) that the process and all it started hold.
fn private(main: Pid) -> u64 {
    let mut waiting = vec![main.as_raw_nonzero().get()];
    let (mut seen, mut kib) = (0, 0_u64);
    while let Some(pid) = waiting.pop() {
        seen += 1;
        if seen > PROCESSES {
            break;
        }
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let own =
            status.lines().find_map(|line| line.strip_prefix("RssAnon:")?.split_whitespace().next()?.parse().ok());
        kib = kib.saturating_add(own.unwrap_or(0));
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        waiting.extend(children.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
    }
    kib.saturating_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_this_process_is_seen() {
        let held = vec![1_u8; 64 * 1024 * 1024];
        let me = rustix::process::getpid();
        assert!(private(me) > 32 * 1024 * 1024, "{} {}", private(me), held.iter().map(|b| u64::from(*b)).sum::<u64>());
        assert!(usual_limit() > 128 * 1024 * 1024 && usual_limit() <= MOST);
    }

    #[tokio::test]
    async fn a_browser_over_its_limit_is_ended_once() {
        let (sender, ended) = tokio::sync::oneshot::channel();
        let (excess, task) = guard(rustix::process::getpid(), 1, move || assert!(sender.send(()).is_ok()));
        ended.await.unwrap();
        task.await.unwrap();
        assert!(excess.octets().is_some_and(|octets| octets > 1));
    }
}
