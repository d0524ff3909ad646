//! Who keeps the machine's clock right, and whether it says that it is: chrony, systemd-timesyncd, the kernel's own flag.
use std::time::Duration;

use serde_json::{Value, json};

use crate::World;

/// How long a program may take to say it.
const WAIT: Duration = Duration::from_millis(1500);
/// The most that is kept of an answer.
const KEPT: usize = 4_096;

/// What the system says of its clock.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// Whether it is synchronised; `None` when nothing says so.
    pub(super) synchronised: Option<bool>,
    /// Who says it.
    pub(super) by: Option<&'static str>,
    /// The answers, as they came.
    pub(super) said: Vec<Value>,
}

/// Asks those that are there, the most precise first; the first that knows is believed.
pub(super) fn state(world: &World) -> Keeper {
    let mut keeper = Keeper::default();
    if let Ok(answer) = world.run("chronyc", &["-n", "tracking"], WAIT) {
        let text = String::from_utf8_lossy(&answer.out).into_owned();
        keeper.hear("chrony (chronyc -n tracking)", &text, chrony(&text));
    }
    // The flag file that systemd-timesyncd makes at its first success (systemd-timesyncd.service(8)).
    if world.exists("/run/systemd/timesync/synchronized") {
        keeper.hear("systemd-timesyncd", "/run/systemd/timesync/synchronized", Some(true));
    }
    if let Ok(answer) = world.run("timedatectl", &["show", "--property=NTP", "--property=NTPSynchronized"], WAIT) {
        let text = String::from_utf8_lossy(&answer.out).into_owned();
        keeper.hear("noyau (timedatectl show)", &text, kernel(&text));
    }
    keeper
}

impl Keeper {
    fn hear(&mut self, by: &'static str, text: &str, synchronised: Option<bool>) {
        let text: String = text.chars().take(KEPT).collect();
        self.said.push(json!({"by": by, "text": text}));
        if self.synchronised.is_none() && synchronised.is_some() {
            (self.synchronised, self.by) = (synchronised, Some(by));
        }
    }
}

/// The line « Leap status » of `chronyc tracking` (chronyc(1)).
fn chrony(text: &str) -> Option<bool> {
    let status = text.lines().find_map(|line| line.strip_prefix("Leap status")?.split_once(':'))?.1.trim();
    match status {
        "Normal" | "Insert second" | "Delete second" => Some(true),
        "Not synchronised" => Some(false),
        _ => None,
    }
}

/// `NTPSynchronized=` of timedatectl(1), which is the state of adjtimex(2).
fn kernel(text: &str) -> Option<bool> {
    match text.lines().find_map(|line| line.strip_prefix("NTPSynchronized="))? {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::world_at;

    #[test]
    fn what_each_says() {
        let tracking = "Reference ID    : 7F7F0101 ()\nStratum         : 8\nLeap status     : Normal\n";
        assert_eq!(chrony(tracking), Some(true));
        assert_eq!(chrony("Leap status     : Not synchronised\n"), Some(false));
        assert_eq!(chrony("506 Cannot talk to daemon\n"), None);
        assert_eq!(kernel("NTP=yes\nNTPSynchronized=no\n"), Some(false));
        assert_eq!(kernel("NTPSynchronized=yes\n"), Some(true));
        assert_eq!(kernel(""), None);
    }

    #[test]
    fn a_system_that_says_nothing_is_not_believed_synchronised() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(state(&world_at(root.path())).synchronised, None);
        std::fs::create_dir_all(root.path().join("run/systemd/timesync")).unwrap();
        std::fs::write(root.path().join("run/systemd/timesync/synchronized"), "").unwrap();
        let keeper = state(&world_at(root.path()));
        assert_eq!((keeper.synchronised, keeper.by), (Some(true), Some("systemd-timesyncd")));
    }
}
