//! The one measure that acts: the memory of names that this machine keeps is found, and asked to be emptied.
//!
//! Nothing but that memory is touched, and only by the command each program offers for it. What was run, and what it
//! answered, is journalled. The browser's own memory is new with its profile.
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::resolvers;
use crate::{Fact, NoAnswer, World};

/// How long each command may take.
const LOCAL: Duration = Duration::from_millis(1500);
/// The most processes looked at.
const PROCESSES: usize = 20_000;

/// A program that remembers names.
struct Keeper {
    /// As its process is called.
    process: &'static str,
    /// What its presence leaves in the system.
    sign: &'static str,
    /// The command that empties it, and what asks how much it holds.
    purge: Option<(&'static str, &'static [&'static str])>,
    count: Option<(&'static str, &'static [&'static str])>,
    /// What the officer can do when the command fails, or when there is none that is safe.
    advice: &'static str,
}

const KEEPERS: &[Keeper] = &[
    Keeper {
        process: "systemd-resolve",
        sign: "/run/systemd/resolve/io.systemd.Resolve",
        purge: Some(("resolvectl", &["flush-caches"])),
        count: Some(("resolvectl", &["statistics", "--no-pager"])),
        advice: "lancez « resolvectl flush-caches » avec les droits de l'administrateur",
    },
    Keeper {
        process: "nscd",
        sign: "/run/nscd/socket",
        purge: Some(("nscd", &["--invalidate=hosts"])),
        count: None,
        advice: "lancez « nscd --invalidate=hosts » avec les droits de l'administrateur",
    },
    Keeper {
        process: "unbound",
        sign: "/run/unbound.ctl",
        purge: Some(("unbound-control", &["flush_zone", "."])),
        count: None,
        advice: "lancez « unbound-control flush_zone . » avec les droits de l'administrateur, ou redémarrez unbound",
    },
    // Its only command is a signal, which would end another program of that name: not sent.
    Keeper {
        process: "dnsmasq",
        sign: "/run/dnsmasq/dnsmasq.pid",
        purge: None,
        count: None,
        advice: "redémarrez dnsmasq avant la session",
    },
];

/// `clean.dns`: what remembers names here, and whether it was emptied.
pub(super) fn purge(world: &World) -> Fact {
    let running = processes(world);
    // Its socket is enough: the processes of another namespace are not listed.
    let found = |keeper: &&Keeper| running.iter().any(|name| name == keeper.process) || world.exists(keeper.sign);
    let caches: Vec<Value> = KEEPERS.iter().filter(found).map(|keeper| keeper.emptied(world)).collect();
    let servers = resolvers::servers(world);
    // Something on this machine answers for others, and it is none of those we know.
    let unknown = caches.is_empty() && servers.iter().any(|server| server.ip().is_loopback());
    let failed: Vec<&str> =
        caches.iter().filter(|c| c["purged"] != true).filter_map(|c| c["advice"].as_str()).collect();
    let mut data = json!({
        "caches": caches, "purged": !unknown && failed.is_empty(),
        "none": caches.is_empty() && !unknown,
        "looked_for": KEEPERS.iter().map(|k| k.process).collect::<Vec<_>>(),
        "processes_seen": running.len(),
        "browser": "profil neuf : le navigateur commence sans aucun nom en mémoire",
        "how": "programmes en cours (/proc), leurs points de contrôle dans /run ; chaque mémoire trouvée est vidée par sa propre commande",
    });
    if running.is_empty() {
        data["purged"] = json!(false);
        data["none"] = json!(false);
        data["why"] =
            json!("La liste des programmes en cours ne se lit pas : une mémoire de noms peut être restée pleine.");
        return Fact::new(op::CLEAN_DNS, Outcome::NotDone, data);
    }
    if unknown {
        let why = "Un relais de cette machine répond aux questions de noms, et ce n'est aucun de ceux que ce programme sait vider : redémarrez-le avant la session.";
        data["why"] = json!(why);
        return Fact::new(op::CLEAN_DNS, Outcome::NotDone, data);
    }
    if !failed.is_empty() {
        data["why"] = json!(format!("La mémoire de noms de cette machine n'a pas été vidée : {}.", failed.join(" ; ")));
        return Fact::new(op::CLEAN_DNS, Outcome::NotDone, data);
    }
    Fact::new(op::CLEAN_DNS, Outcome::Ok, data)
}

/// The names of the processes, as the kernel cuts them (15 characters).
fn processes(world: &World) -> Vec<String> {
    let folders = world.names("/proc").into_iter().filter(|name| name.bytes().all(|b| b.is_ascii_digit()));
    folders.take(PROCESSES).filter_map(|id| world.line(&format!("/proc/{id}/comm"))).collect()
}

impl Keeper {
    fn emptied(&self, world: &World) -> Value {
        let mut told = json!({"name": self.process, "purged": false, "advice": self.advice});
        let Some((program, arguments)) = self.purge else {
            told["why"] = json!("aucune commande ne la vide sans risque");
            return told;
        };
        let before = self.held(world);
        told["command"] = json!(format!("{program} {}", arguments.join(" ")));
        match world.run(program, arguments, LOCAL) {
            Ok(answer) => {
                let said =
                    String::from_utf8_lossy(if answer.err.is_empty() { &answer.out } else { &answer.err }).into_owned();
                told["code"] = json!(answer.code);
                told["said"] = json!(said.trim().chars().take(300).collect::<String>());
                told["purged"] = json!(answer.code == Some(0));
            }
            Err(why @ (NoAnswer::Absent(_) | NoAnswer::NotStarted(..) | NoAnswer::Late(..))) => {
                told["why"] = json!(why.to_string())
            }
        }
        told["entries_before"] = json!(before);
        told["entries_after"] = json!(self.held(world));
        told
    }

    /// How many entries it says it holds.
    fn held(&self, world: &World) -> Option<u64> {
        let (program, arguments) = self.count?;
        let answer = world.run(program, arguments, LOCAL).ok().filter(|answer| answer.code == Some(0))?;
        held_in(&String::from_utf8_lossy(&answer.out))
    }
}

/// `Current Cache Size: 12` of `resolvectl statistics`.
fn held_in(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.trim().strip_prefix("Current Cache Size:")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::world_at;

    fn machine(processes: &[&str], server: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: String, text: &str| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for (number, name) in processes.iter().enumerate() {
            put(format!("proc/{}/comm", number + 1), &format!("{name}\n"));
        }
        put("etc/resolv.conf".into(), &format!("nameserver {server}\n"));
        folder
    }

    #[test]
    fn a_machine_that_remembers_nothing_is_positively_told() {
        let folder = machine(&["init", "bash"], "192.0.2.53");
        let fact = purge(&world_at(folder.path()));
        assert_eq!(fact.outcome, Outcome::Ok);
        assert_eq!(
            (&fact.data["none"], &fact.data["purged"], &fact.data["processes_seen"]),
            (&json!(true), &json!(true), &json!(2))
        );
    }

    #[test]
    fn a_memory_that_was_not_emptied_is_not_said_to_be() {
        for (processes, server) in [
            (&["init", "systemd-resolve"][..], "127.0.0.53"),
            (&["init", "nscd"], "192.0.2.53"),
            (&["init", "dnsmasq"], "127.0.0.1"),
            (&["init", "un-relais-a-soi"], "127.0.0.1"),
            (&[], "192.0.2.53"),
        ] {
            let folder = machine(processes, server);
            let fact = purge(&world_at(folder.path()));
            assert_eq!(fact.outcome, Outcome::NotDone, "{processes:?}");
            assert_eq!((&fact.data["none"], &fact.data["purged"]), (&json!(false), &json!(false)), "{processes:?}");
            assert!(fact.data["why"].as_str().is_some_and(|why| why.len() > 20), "{processes:?}");
        }
    }

    #[test]
    fn the_statistics_of_systemd_resolved() {
        assert_eq!(held_in("Cache\n  Current Cache Size: 12\n          Cache Hits: 3\n"), Some(12));
        assert_eq!(held_in("Total Cache"), None);
    }
}
