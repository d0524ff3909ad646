//! Removable media, optical drives, network shares, what the machine shares, and the recycle bin (Z67-OPS-14): enumerated, nothing touched.
use std::path::Path;

use dossier::op;
use serde_json::{Value, json};

use super::listening::reachable;
use crate::drives::{Drive, drives, under};
use crate::mounts::{Mount, mounts};
use crate::{Fact, World};

/// Entries counted in one folder of a recycle bin, at most.
const MOST: usize = 100_000;
/// What is listed of each kind, at most.
const LISTED: usize = 64;
/// Ports through which a machine gives its files.
const SHARING: &[(u16, &str)] = &[
    (21, "FTP"),
    (22, "SSH (SFTP)"),
    (111, "NFS (rpcbind)"),
    (139, "SMB (NetBIOS)"),
    (445, "SMB"),
    (548, "AFP"),
    (873, "rsync"),
    (2049, "NFS"),
];
const HOW: &str = "/sys/block et /run/udev/data, /proc/self/mountinfo, sockets en écoute de /proc/net/tcp et tcp6, /etc/exports, partages \
                   Samba des utilisateurs, corbeilles de l'utilisateur (freedesktop.org Trash 1.0)";

/// The media, the shares and the recycle bin.
pub(super) fn fact(world: &World) -> Fact {
    let Some(mounts) = mounts(world) else {
        return Fact::not_done(
            op::MEASURE_MEDIA,
            "Le système ne dit pas ce qui est monté (/proc/self/mountinfo est illisible).",
        );
    };
    let drives = drives(world);
    let root = mounts.iter().rfind(|mount| mount.point == "/").and_then(|mount| under(world, &drives, mount));
    let system = |drive: &Drive| root.is_some_and(|root| root.name == drive.name);
    let removable: Vec<&Drive> = drives.iter().filter(|d| d.removable && !d.optical).collect();
    let optical: Vec<&Drive> = drives.iter().filter(|d| d.optical).collect();
    let inserted = removable.iter().filter(|d| d.medium == Some(true) && !system(d)).count();
    let discs = optical.iter().filter(|d| d.medium == Some(true)).count();
    let mounted: Vec<Value> = mounts.iter().filter(|m| apart(m)).map(listed).take(LISTED).collect();
    let remote = network_shares(world, &mounts);
    let listening = reachable(world);
    let sharing = sharing(world, listening.as_deref().unwrap_or_default());
    let bins = bins(world, &mounts);
    let thrown: usize = bins.iter().map(|(_, entries)| entries).sum();
    let departures: Vec<String> = [
        (inserted > 0, format!("support amovible présent : {inserted}")),
        (discs > 0, format!("disque dans un lecteur optique : {discs}")),
        (inserted == 0 && !mounted.is_empty(), format!("volume monté sous /media ou /run/media : {}", mounted.len())),
        (!remote.is_empty(), format!("partage du réseau monté : {}", remote.len())),
        (!sharing.is_empty(), format!("service de partage ouvert aux autres machines : {}", sharing.len())),
        (thrown > 0, format!("corbeille non vide : {thrown} élément(s)")),
    ]
    .into_iter()
    .filter_map(|(there, said)| there.then_some(said))
    .collect();
    let told = |drive: &&Drive| drive.told(system(drive));
    let data = json!({
        "removable": removable.iter().map(told).collect::<Vec<_>>(), "optical": optical.iter().map(told).collect::<Vec<_>>(),
        "mounted": mounted, "network_shares": remote, "sharing": sharing, "sharing_known": listening.is_some(),
        "trash": {"entries": thrown, "places": bins.iter().map(|(place, entries)| json!({"path": place, "entries": entries})).collect::<Vec<_>>()},
        "departures": departures, "how": HOW,
    });
    let raw = json!({
        "drives": drives.iter().map(|d| d.told(system(d))).collect::<Vec<_>>(), "mounts": mounts.iter().map(listed).collect::<Vec<_>>(),
        "listening": listening.map(|all| all.iter().map(|(address, port)| json!([address, port])).collect::<Vec<_>>()),
    });
    let raw = serde_json::to_vec_pretty(&raw).unwrap_or_default();
    Fact::judged(op::MEASURE_MEDIA, departures.is_empty(), data).with("media.json", "application/json", raw)
}

/// Where desktops mount what is plugged in.
fn apart(mount: &Mount) -> bool {
    ["/media", "/run/media"].iter().any(|place| Path::new(&mount.point).starts_with(place))
}

fn listed(mount: &Mount) -> Value {
    json!({"source": without_login(&mount.source), "point": mount.point, "kind": mount.kind, "device": mount.device, "options": mount.options})
}

/// A share may be named with a login and even a password: what comes before `@` in its first part is left out.
fn without_login(source: &str) -> String {
    let (scheme, rest) = source.split_once("://").map_or(("", source), |(scheme, rest)| (scheme, rest));
    let (host, path) = rest.find('/').filter(|at| *at > 0).map_or((rest, ""), |at| rest.split_at(at));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if scheme.is_empty() { format!("{host}{path}") } else { format!("{scheme}://{host}{path}") }
}

/// Mounted file systems of other machines, and those that the desktop reaches (gvfs).
fn network_shares(world: &World, mounts: &[Mount]) -> Vec<Value> {
    let mut found: Vec<Value> = mounts.iter().filter(|m| m.is_remote()).map(listed).collect();
    for mount in mounts.iter().filter(|m| m.kind == "fuse.gvfsd-fuse") {
        // A name such as `smb-share:server=nas,share=pieces`, whose `user=` is left out.
        for name in world.names(&mount.point) {
            let name = name.split(',').filter(|part| !part.starts_with("user=")).collect::<Vec<_>>().join(",");
            found.push(json!({"source": name, "point": mount.point, "kind": "gvfs"}));
        }
    }
    found.truncate(LISTED);
    found
}

/// What other machines can take from this one.
fn sharing(world: &World, listening: &[(std::net::IpAddr, u16)]) -> Vec<Value> {
    let service = |port: u16| SHARING.iter().find(|(known, _)| *known == port).map(|(_, name)| *name);
    let sockets = listening.iter().filter_map(|(address, port)| Some((service(*port)?, address, port)));
    let mut found: Vec<Value> =
        sockets.map(|(name, address, port)| json!({"service": name, "address": address, "port": port})).collect();
    let exports = world.text("/etc/exports").unwrap_or_default();
    let exported = exports.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    found
        .extend(exported.filter_map(|line| {
            Some(json!({"service": "NFS (/etc/exports)", "path": line.split_whitespace().next()?}))
        }));
    found.extend(
        world
            .names("/var/lib/samba/usershares")
            .into_iter()
            .map(|name| json!({"service": "SMB (usershares)", "path": name})),
    );
    found.truncate(LISTED);
    found
}

/// The recycle bins of the user: that of the home, and that of each volume; those that hold something.
fn bins(world: &World, mounts: &[Mount]) -> Vec<(String, usize)> {
    let user = rustix::process::getuid().as_raw();
    let data = world.variable("XDG_DATA_HOME").map(str::to_owned);
    let home = data
        .or_else(|| Some(format!("{}/.local/share", world.variable("HOME")?)))
        .map(|data| format!("{data}/Trash/files"));
    // A share may not answer: only what is plugged into this machine is looked at.
    let real = |m: &&Mount| m.source.starts_with("/dev/") || (apart(m) && !m.is_remote());
    let volumes = mounts.iter().filter(real).flat_map(|m| {
        let point = m.point.trim_end_matches('/');
        [format!("{point}/.Trash-{user}/files"), format!("{point}/.Trash/{user}/files")]
    });
    let mut places: Vec<String> = home.into_iter().chain(volumes).collect();
    places.sort();
    places.dedup();
    let counted = places.into_iter().map(|place| {
        let entries = std::fs::read_dir(world.path(&place)).map_or(0, |entries| entries.take(MOST).count());
        (place, entries)
    });
    counted.filter(|(_, entries)| *entries > 0).collect()
}

#[cfg(test)]
mod tests;
