//! When and what was last updated, by the logs of the package manager; what waits, only where a file of the system says so.
use std::fs;
use std::time::UNIX_EPOCH;

use dossier::Instant;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use serde_json::json;

use crate::World;

/// Packages named, at most.
const NAMED: usize = 20;
/// What is read of the end of a log.
const TAIL: usize = 256 * 1024;

/// What is known of the updates.
#[derive(Debug, Default)]
pub(super) struct Updates {
    pub(super) last: Option<Instant>,
    /// Where that was read.
    pub(super) from: Option<&'static str>,
    /// What was installed, upgraded or removed then: the first of it.
    pub(super) packages: Vec<String>,
    /// How many packages that concerned.
    pub(super) count: Option<usize>,
    /// When the lists of packages were last fetched.
    pub(super) refreshed: Option<Instant>,
    /// What waits, by a file of the system.
    pub(super) pending: Value,
    /// The entry of the log as it is.
    pub(super) entry: Option<String>,
}

/// The last update: apt's history, else dpkg's log, else when the database of packages was last written.
pub(super) fn updates(world: &World) -> Updates {
    let mut updates = history(world)
        .or_else(|| dpkg(world))
        .or_else(|| {
            let file = [
                "/var/lib/dpkg/status",
                "/var/lib/rpm/rpmdb.sqlite",
                "/usr/lib/sysimage/rpm/rpmdb.sqlite",
                "/var/lib/pacman/local",
            ];
            let (last, from) = file.iter().find_map(|path| Some((modified(world, path)?, *path)))?;
            Some(Updates { last: Some(last), from: Some(from), ..Updates::default() })
        })
        .unwrap_or_default();
    let stamps =
        ["/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists/partial", "/var/cache/apt/pkgcache.bin"];
    updates.refreshed = stamps.iter().find_map(|path| modified(world, path));
    updates.pending = pending(world);
    updates
}

/// The last whole entry of `/var/log/apt/history.log`: `Start-Date`, then `Install`, `Upgrade`, `Remove`…
fn history(world: &World) -> Option<Updates> {
    let text = tail(world, "/var/log/apt/history.log")?;
    let whole = |entry: &&str| entry.starts_with("Start-Date:") && entry.contains("\nEnd-Date:");
    let entry = text.split("\n\n").map(str::trim).filter(whole).last()?;
    let field = |name: &str| entry.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    let last = local(world, &field("End-Date")?.split_whitespace().collect::<Vec<_>>().join(" "))?;
    let kinds = ["Install", "Upgrade", "Reinstall", "Downgrade", "Remove", "Purge"];
    // `nom:architecture (version, version), …`; the commas inside the parentheses do not part packages.
    let packages: Vec<String> =
        kinds.iter().filter_map(|kind| field(kind)).flat_map(|list| list.split("), ")).map(package).collect();
    Some(Updates {
        last: Some(last),
        from: Some("/var/log/apt/history.log"),
        count: Some(packages.len()),
        packages: packages.into_iter().take(NAMED).collect(),
        entry: Some(entry.chars().take(TAIL).collect()),
        ..Updates::default()
    })
}

fn package(said: &str) -> String {
    let said = said.trim();
    if said.contains('(') && !said.ends_with(')') { format!("{said})") } else { said.to_owned() }
}

/// The last lines of `/var/log/dpkg.log` that say that a package was installed: those of one minute before the last.
fn dpkg(world: &World) -> Option<Updates> {
    let text = tail(world, "/var/log/dpkg.log")?;
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (day, hour, action) = (words.next()?, words.next()?, words.next()?);
        let done = action == "status" && words.next()? == "installed";
        if !done {
            return None;
        }
        Some((local(world, &format!("{day} {hour}"))?, format!("{} {}", words.next()?, words.next()?)))
    };
    let installed: Vec<(Instant, String)> = text.lines().filter_map(line).collect();
    let (last, _) = installed.last()?;
    let near = installed.iter().filter(|(at, _)| last.as_millisecond() - at.as_millisecond() <= 60_000);
    let packages: Vec<String> = near.map(|(_, package)| package.clone()).collect();
    Some(Updates {
        last: Some(*last),
        from: Some("/var/log/dpkg.log"),
        count: Some(packages.len()),
        packages: packages.into_iter().take(NAMED).collect(),
        ..Updates::default()
    })
}

/// What a file of the system says of updates that wait; null when none does.
fn pending(world: &World) -> Value {
    for path in ["/var/lib/update-notifier/updates-available", "/run/motd.dynamic"] {
        let text = world.text(path).unwrap_or_default();
        let said: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("update") || line.contains("mise"))
            .take(5)
            .collect();
        if !said.is_empty() {
            return json!({"from": path, "said": said});
        }
    }
    Value::Null
}

fn tail(world: &World, path: &str) -> Option<String> {
    let octets = world.bytes(path)?;
    let from = octets.len().saturating_sub(TAIL);
    Some(String::from_utf8_lossy(octets.get(from..)?).into_owned()).filter(|text| !text.trim().is_empty())
}

/// Logs are written in the machine's own time: the zone of `/etc/localtime` of that system.
fn local(world: &World, text: &str) -> Option<Instant> {
    let read = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    let zone =
        world.bytes("/etc/localtime").and_then(|rules| TimeZone::tzif("local", &rules).ok()).unwrap_or(TimeZone::UTC);
    Some(Instant::new(read.to_zoned(zone).ok()?.timestamp()))
}

fn modified(world: &World, path: &str) -> Option<Instant> {
    let modified = fs::metadata(world.path(path)).ok()?.modified().ok()?;
    let since = modified.duration_since(UNIX_EPOCH).ok()?;
    Instant::from_millisecond(i64::try_from(since.as_millis()).ok()?)
}
