//! What else runs on the machine, and who sees or drives it from elsewhere (Z67-OPS-15). Arguments of programs are never read: they may hold secrets.
use std::collections::BTreeMap;

use dossier::{Instant, op};
use serde_json::{Value, json};

use super::names::Names;
use super::sessions::{self, Session};
use crate::{Fact, World};

/// Processes read at most.
const MOST: usize = 8_192;
/// Names listed of each kind, at most.
const LISTED: usize = 100;
/// Start times in `/proc/PID/stat` are in hundredths of a second on every architecture of Linux's user space.
const TICKS: i64 = 100;
const HOW: &str = "/proc (nom, utilisateur, heure de lancement ; jamais les arguments), comparé aux listes admises du logiciel ; sessions : \
                   utmp, systemd-logind, variables SSH_CONNECTION et XRDP_SESSION";

/// One process.
#[derive(Clone, Debug)]
struct Process {
    id: u32,
    parent: u32,
    name: String,
    user: String,
    started: Option<Instant>,
    program: Option<String>,
}

impl Process {
    fn told(&self) -> Value {
        json!({
            "pid": self.id, "ppid": self.parent, "name": self.name, "user": self.user, "started_at": self.started,
            "program": self.program,
        })
    }
}

/// The processes and the sessions.
pub(super) fn fact(world: &World) -> Fact {
    let (all, more) = processes(world);
    if all.is_empty() {
        return Fact::not_done(
            op::MEASURE_PROCESSES,
            "Le système ne donne pas la liste de ses processus (/proc est illisible).",
        );
    }
    let ours = own_line(world, &all);
    // Threads of the kernel descend from process 2 (kthreadd), or are it.
    let (kernel, programs): (Vec<&Process>, Vec<&Process>) = all.values().partition(|p| p.id == 2 || p.parent == 2);
    let others = || programs.iter().copied().filter(|p| !ours.contains(&p.id));
    let mut remote: Vec<Value> = others()
        .filter_map(|p| Some(json!({"what": controls(p, &all)?, "name": p.name, "user": p.user, "pid": p.id, "started_at": p.started})))
        .collect();
    let sessions = sessions::sessions(world);
    remote.extend(sessions.list.iter().filter(|s| s.remote).map(Session::told));
    let browsers = by_name(others().filter_map(|p| Some((Names::BROWSERS.what(&p.name)?, p))));
    let unknown = others().filter(|p| {
        Names::ADMITTED.what(&p.name).is_none()
            && Names::BROWSERS.what(&p.name).is_none()
            && controls(p, &all).is_none()
    });
    let unknown = by_name(unknown.map(|p| (p.name.as_str(), p)));
    let departures: Vec<String> = [
        (!remote.is_empty(), format!("prise en main à distance : {}", remote.len())),
        (!browsers.is_empty(), "un autre navigateur est ouvert".to_owned()),
    ]
    .into_iter()
    .filter_map(|(there, said)| there.then_some(said))
    .collect();
    let good = departures.is_empty();
    let data = json!({
        "count": programs.len(), "kernel_threads": kernel.len(), "not_read": more, "not_admitted_count": unknown.len(),
        "not_admitted": bounded(unknown), "remote": bounded(remote), "browsers": bounded(browsers),
        "sessions": bounded(sessions.list.iter().map(Session::told).collect()), "sessions_known": sessions.known,
        "departures": departures, "how": HOW,
    });
    let raw: Vec<Value> = programs.iter().map(|p| p.told()).collect();
    let raw = serde_json::to_vec_pretty(&raw).unwrap_or_default();
    Fact::judged(op::MEASURE_PROCESSES, good, data).with("processes.json", "application/json", raw)
}

fn bounded(mut list: Vec<Value>) -> Vec<Value> {
    list.truncate(LISTED);
    list
}

/// What gives the machine into other hands: a program of the list, or a server of SSH that a server of SSH started.
fn controls(process: &Process, all: &BTreeMap<u32, Process>) -> Option<&'static str> {
    let session = process.name == "sshd" && all.get(&process.parent).is_some_and(|parent| parent.name == "sshd");
    if session { Some("session SSH") } else { Names::REMOTE.what(&process.name) }
}

/// Names with how often, and whose.
fn by_name<'a>(named: impl Iterator<Item = (&'a str, &'a Process)>) -> Vec<Value> {
    let mut groups: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (name, process) in named {
        *groups.entry((name, process.user.as_str())).or_default() += 1;
    }
    groups.into_iter().map(|((name, user), count)| json!({"name": name, "user": user, "count": count})).collect()
}

/// This process, those it descends from, and those that descend from it.
fn own_line(world: &World, all: &BTreeMap<u32, Process>) -> Vec<u32> {
    let mut line = Vec::new();
    if !world.is_this_machine() {
        return line;
    }
    let own = std::process::id();
    let mut next = Some(own);
    while let Some(id) = next.filter(|id| line.len() < 64 && !line.contains(id)) {
        line.push(id);
        next = all.get(&id).map(|process| process.parent);
    }
    // A session that someone opened from elsewhere stays told, even when we run in it.
    line.retain(|id| *id == own || all.get(id).is_none_or(|process| controls(process, all).is_none()));
    let children: Vec<u32> = all.values().filter(|process| process.parent == own).map(|process| process.id).collect();
    line.extend(children);
    line
}

/// The processes by number, and whether there are more than are read.
fn processes(world: &World) -> (BTreeMap<u32, Process>, usize) {
    let ids: Vec<u32> = world.names("/proc").iter().filter_map(|name| name.parse().ok()).collect();
    let users = users(world);
    let stat = world.text("/proc/stat").unwrap_or_default();
    let boot = stat.lines().find_map(|line| line.strip_prefix("btime ")?.trim().parse::<i64>().ok());
    let read = ids.iter().take(MOST).filter_map(|id| Some((*id, process(world, *id, &users, boot)?))).collect();
    (read, ids.len().saturating_sub(MOST))
}

fn process(world: &World, id: u32, users: &BTreeMap<u32, String>, boot: Option<i64>) -> Option<Process> {
    let stat = world.text(&format!("/proc/{id}/stat"))?;
    let (name, parent, ticks) = read_stat(&stat)?;
    let status = world.text(&format!("/proc/{id}/status")).unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")?.split_whitespace().next()?.parse::<u32>().ok());
    let user = uid.map(|uid| users.get(&uid).cloned().unwrap_or_else(|| uid.to_string())).unwrap_or_default();
    let started = boot.and_then(|boot| Instant::from_millisecond(boot.checked_add(ticks / TICKS)?.checked_mul(1000)?));
    let program = std::fs::read_link(world.path(&format!("/proc/{id}/exe"))).ok();
    Some(Process { id, parent, name, user, started, program: program.map(|path| path.to_string_lossy().into_owned()) })
}

/// Name, parent and start of `/proc/PID/stat` (proc_pid_stat(5)): the name is between the first and the last parenthesis.
fn read_stat(stat: &str) -> Option<(String, u32, i64)> {
    let (before, rest) = stat.rsplit_once(')')?;
    let name: String = before.split_once('(')?.1.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let mut fields = rest.split_ascii_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let ticks = fields.nth(17)?.parse().ok()?;
    Some((name, parent, ticks))
}

/// The names of users, of `/etc/passwd`.
fn users(world: &World) -> BTreeMap<u32, String> {
    let passwd = world.text("/etc/passwd").unwrap_or_default();
    let line = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        Some((fields.nth(1)?.parse().ok()?, name))
    };
    passwd.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests;
