//! Who is logged in, and from where: utmp(5), the sessions of systemd-logind, and the environment of this program.
use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};

use crate::World;

/// Sessions read at most.
const MOST: usize = 256;
/// The length of a record of utmp where times are 32 bits wide (x86, and 64-bit systems compatible with it).
const RECORD: usize = 384;
/// A user's session (`USER_PROCESS`).
const USER_PROCESS: u16 = 7;

/// One session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) user: String,
    /// Its terminal, display or kind.
    pub(crate) line: String,
    /// From where.
    pub(crate) host: String,
    pub(crate) remote: bool,
    /// Where it was read.
    pub(crate) by: &'static str,
}

impl Session {
    /// For a journal line.
    pub(crate) fn told(&self) -> Value {
        let what = if self.remote { "session distante" } else { "session locale" };
        json!({"what": what, "user": self.user, "line": self.line, "host": self.host, "remote": self.remote, "by": self.by})
    }
}

/// The sessions of a system.
pub(super) struct Sessions {
    pub(super) list: Vec<Session>,
    /// Whether the system keeps a list that could be read.
    pub(super) known: bool,
}

/// Everyone who is logged in, by each list the system keeps.
pub(super) fn sessions(world: &World) -> Sessions {
    let utmp =
        ["/run/utmp", "/var/run/utmp"].iter().find_map(|path| world.bytes(path)).filter(|b| b.len() % RECORD == 0);
    let known = utmp.is_some() || world.exists("/run/systemd/sessions");
    let mut list: Vec<Session> = utmp.unwrap_or_default().chunks_exact(RECORD).filter_map(record).take(MOST).collect();
    for name in world.names("/run/systemd/sessions").iter().take(MOST) {
        list.extend(world.text(&format!("/run/systemd/sessions/{name}")).and_then(|text| login(&text)));
    }
    list.extend(own(world));
    Sessions { list, known }
}

/// The session this program was started in, when it came from elsewhere.
pub(crate) fn own(world: &World) -> Option<Session> {
    let user = world.variable("USER").unwrap_or_default().to_owned();
    if let Some(connection) = world.variable("SSH_CONNECTION") {
        let host = connection.split_whitespace().next().unwrap_or_default().to_owned();
        return Some(Session { user, line: "SSH".into(), host, remote: true, by: "SSH_CONNECTION" });
    }
    world.variable("XRDP_SESSION")?;
    Some(Session { user, line: "RDP".into(), host: String::new(), remote: true, by: "XRDP_SESSION" })
}

/// One record of utmp, when it is a user's session.
fn record(record: &[u8]) -> Option<Session> {
    let field = |from: usize, length: usize| record.get(from..from + length);
    let kind = u16::from_ne_bytes(*field(0, 2)?.first_chunk()?);
    if kind != USER_PROCESS {
        return None;
    }
    let text = |from, length| field(from, length).map(words);
    let (line, user, name) = (text(8, 32)?, text(44, 32)?, text(76, 256)?);
    let octets: [u8; 16] = *field(348, 16)?.first_chunk()?;
    let host = if name.is_empty() { address(octets).unwrap_or_default() } else { name };
    // A local display is written `:0`; terminals of screen and tmux write `tmux(123).%0`.
    let remote = !host.is_empty() && !host.starts_with(':') && !host.starts_with("tmux(") && host != "login screen";
    Some(Session { user, line, host, remote, by: "utmp" })
}

/// Text up to its first zero; control characters do not go into a journal.
fn words(octets: &[u8]) -> String {
    let end = octets.iter().position(|octet| *octet == 0).unwrap_or(octets.len());
    let text = String::from_utf8_lossy(octets.get(..end).unwrap_or_default());
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// `ut_addr_v6`: an IPv4 address has its first word only.
fn address(octets: [u8; 16]) -> Option<String> {
    let (first, rest) = octets.split_first_chunk::<4>()?;
    match (first == &[0; 4], rest.iter().all(|octet| *octet == 0)) {
        (true, true) => None,
        (false, true) => Some(Ipv4Addr::from(*first).to_string()),
        _ => Some(Ipv6Addr::from(octets).to_string()),
    }
}

/// A file of `/run/systemd/sessions`: `NAME=value` lines, as sd-login reads them.
fn login(text: &str) -> Option<Session> {
    let value =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default();
    if value("CLASS") != "user" || value("STATE") == "closing" {
        return None;
    }
    let line = [value("TTY"), value("DISPLAY"), value("SERVICE")]
        .into_iter()
        .find(|said| !said.is_empty())
        .unwrap_or_default();
    Some(Session {
        user: value("USER").to_owned(),
        line: line.to_owned(),
        host: value("REMOTE_HOST").to_owned(),
        remote: value("REMOTE") == "1",
        by: "systemd-logind",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utmp(line: &str, user: &str, host: &str) -> Vec<u8> {
        let mut octets = vec![0; RECORD];
        octets[..2].copy_from_slice(&USER_PROCESS.to_ne_bytes());
        for (at, text) in [(8, line), (44, user), (76, host)] {
            octets[at..at + text.len()].copy_from_slice(text.as_bytes());
        }
        octets
    }

    #[test]
    fn local_and_distant_sessions() {
        assert!(!record(&utmp("tty7", "officier", ":0")).unwrap().remote);
        assert!(!record(&utmp("tty1", "officier", "")).unwrap().remote);
        let distant = record(&utmp("pts/0", "officier", "192.0.2.7")).unwrap();
        assert_eq!((distant.remote, distant.host.as_str(), distant.line.as_str()), (true, "192.0.2.7", "pts/0"));
        let mut by_address = utmp("pts/1", "autre", "");
        by_address[348..352].copy_from_slice(&[198, 51, 100, 4]);
        assert_eq!(record(&by_address).unwrap().host, "198.51.100.4");
        let login = |remote: &str| {
            login(&format!("UID=1000\nUSER=officier\nREMOTE={remote}\nREMOTE_HOST=192.0.2.8\nCLASS=user\nTTY=pts/2\n"))
        };
        assert!(login("1").unwrap().remote && !login("0").unwrap().remote);
    }

    proptest! {
        #[test]
        fn no_record_makes_it_panic(octets in prop::collection::vec(any::<u8>(), 0..500), text in "[A-Z=01\n]{0,80}") {
            let _ = (record(&octets), login(&text));
        }
    }
}
