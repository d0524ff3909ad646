//! The packets of the browser, taken from the network beside the browser's own account of it (`reseau = "paquets"`).
//!
//! Nothing stands between the browser and the network: a raw socket of the kernel gives a copy of each packet of the
//! machine. They wait in a private file until the browser has ended and its network log has told its connections; only
//! their packets go into the dossier, those of other programs are counted and forgotten. The TLS secrets that the browser
//! wrote down are put into the same file, so that it can be decrypted and read without us.
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread::JoinHandle;

use serde::Serialize;

mod flow;
mod netlog;
mod pcapng;
mod socket;
mod spool;

use flow::{Flow, Transport};
use netlog::Connections;
use socket::{RawSocket, Received};
use spool::{Counts, Packets, Spool};

/// How much of the TLS secrets is kept.
const SECRETS: u64 = 64 * 1024 * 1024;
/// Connections to the browser's servers that it did not tell, followed at most.
const UNTOLD: usize = 10_000;
/// How many of them are named.
const TOLD: usize = 20;
/// How many packets that waited in the kernel are taken once the end was asked.
const LAST: u32 = 1_000_000;

/// A capture under way; dropped, it ends and nothing of it is kept.
pub(crate) struct PacketCapture {
    spool: PathBuf,
    end: Arc<AtomicBool>,
    own: Arc<AtomicU16>,
    task: Option<JoinHandle<io::Result<Taken>>>,
    names: BTreeMap<u32, String>,
}

/// What the task took.
struct Taken {
    counts: Counts,
    dropped: u32,
}

/// What was kept and what was not, as journalled.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    /// Interfaces that carried a packet kept.
    pub(crate) interfaces: Vec<String>,
    /// Packets kept.
    pub(crate) packets: u64,
    /// Their octets, from the IP header on.
    pub(crate) bytes: u64,
    /// Packets kept that the kernel handed over shortened.
    pub(crate) shortened: u64,
    /// Packets of other programs, left out.
    pub(crate) others_packets: u64,
    /// Their octets.
    pub(crate) others_bytes: u64,
    /// Packets of no conversation (ARP, ICMP, fragments) and second copies of loopback, left out.
    pub(crate) aside_packets: u64,
    /// Packets the kernel had no room for.
    pub(crate) kernel_drops: u32,
    /// Packets that came once the budget was spent.
    pub(crate) cut_packets: u64,
    /// Connections the browser told, TCP and UDP.
    pub(crate) connections: u64,
    /// Of these, those that have a packet.
    pub(crate) connections_seen: u64,
    /// TCP connections it told of which no packet was seen.
    pub(crate) connections_unseen: u64,
    /// TCP connections to the very servers of the browser, which it did not tell: of another program, or hidden from its log.
    pub(crate) connections_untold: u64,
    /// Both ends of the first of these.
    pub(crate) untold: Vec<String>,
    /// Whether the browser's account of its connections is whole.
    pub(crate) connections_whole: bool,
    /// TLS connections whose secrets are in the file.
    pub(crate) tls_secrets: u64,
}

impl Summary {
    /// Whether every packet of every connection is there.
    pub(crate) fn is_whole(&self) -> bool {
        let lacks = [self.shortened, u64::from(self.kernel_drops), self.cut_packets, self.connections_unseen];
        self.connections_whole && lacks == [0; 4]
    }
}

impl PacketCapture {
    /// Starts to take packets, into a private file of at most `budget` octets.
    ///
    /// The error is that of the system: without CAP_NET_RAW, "Operation not permitted".
    pub(crate) fn start(spool: PathBuf, budget: u64) -> io::Result<Self> {
        let socket = RawSocket::open()?;
        let file = Spool::create(&spool, budget)?;
        let (end, own) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU16::new(0)));
        let (asked, port) = (Arc::clone(&end), Arc::clone(&own));
        let task =
            std::thread::Builder::new().name("packets".into()).spawn(move || take(socket, file, &asked, &port))?;
        Ok(Self { spool, end, own, task: Some(task), names: interfaces() })
    }

    /// Names of the interfaces at the start.
    pub(crate) fn interfaces(&self) -> Vec<&str> {
        self.names.values().map(String::as_str).collect()
    }

    /// Leaves out our own connection to the debugging interface, found in the address of its websocket.
    pub(crate) fn leave_out(&self, websocket: &str) {
        let port = url::Url::parse(websocket).ok().and_then(|url| url.port()).unwrap_or(0);
        self.own.store(port, Ordering::SeqCst);
    }

    /// Ends, and writes to `out` the packets of the connections told in `net_log`, with the secrets of `key_log`.
    pub(crate) fn finish(
        mut self,
        net_log: &Path,
        key_log: &Path,
        software: &str,
        out: &mut impl Write,
    ) -> io::Result<Summary> {
        let taken = self.join()?;
        self.names.extend(interfaces());
        let told = netlog::connections(net_log);
        let (secrets, sessions) = key_lines(key_log)?;
        let system = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let comment =
            "Paquets des seules connexions du navigateur, d'après son journal réseau (NetLog) ; secrets TLS inclus.";
        pcapng::section(out, software, &format!("Linux {}", system.trim()), comment)?;
        // Interfaces first: tools that copy a file ask for one before anything else.
        let ranks = self.describe(&told.flows, out)?;
        if !secrets.is_empty() {
            pcapng::secrets(out, &secrets)?;
        }
        let mut summary = Summary {
            aside_packets: taken.counts.aside,
            cut_packets: taken.counts.cut,
            kernel_drops: taken.dropped,
            connections: told.flows.len() as u64,
            connections_whole: told.whole,
            tls_secrets: sessions,
            ..Summary::default()
        };
        summary.interfaces = ranks.keys().map(|number| self.name(*number)).collect();
        self.select(&told, &ranks, out, &mut summary)?;
        Ok(summary)
    }

    fn name(&self, number: u32) -> String {
        self.names.get(&number).cloned().unwrap_or_else(|| format!("interface {number}"))
    }

    /// Describes the interfaces that carried a packet of `flows`; gives the rank of each.
    fn describe(&self, flows: &BTreeSet<Flow>, out: &mut impl Write) -> io::Result<BTreeMap<u32, u32>> {
        let kept = Packets::open(&self.spool)?.filter(|packet| packet.flow().is_some_and(|flow| flows.contains(&flow)));
        let numbers: BTreeSet<u32> = kept.map(|packet| packet.link.interface).collect();
        for number in &numbers {
            pcapng::interface(out, &self.name(*number))?;
        }
        Ok(numbers.into_iter().zip(0..).collect())
    }

    /// Copies the packets of `flows`.
    fn select(
        &self,
        told: &Connections,
        ranks: &BTreeMap<u32, u32>,
        out: &mut impl Write,
        summary: &mut Summary,
    ) -> io::Result<()> {
        let (flows, servers) = (&told.flows, &told.servers);
        let (mut seen, mut untold): (BTreeSet<Flow>, BTreeSet<Flow>) = Default::default();
        for packet in Packets::open(&self.spool)? {
            let flow = packet.flow();
            let known = flow.filter(|flow| flows.contains(flow));
            let (Some(flow), Some(&rank)) = (known, ranks.get(&packet.link.interface)) else {
                summary.others_packets += 1;
                summary.others_bytes += u64::from(packet.original);
                untold.extend(flow.filter(|flow| known.is_none() && untold_to(flow, servers) && untold.len() < UNTOLD));
                continue;
            };
            pcapng::packet(out, rank, packet.at, &packet.link, &packet.bytes, packet.original)?;
            seen.insert(flow);
            summary.packets += 1;
            summary.bytes += packet.bytes.len() as u64;
            summary.shortened += u64::from(packet.original as usize > packet.bytes.len());
        }
        let unseen = flows.difference(&seen).filter(|flow| flow.transport == Transport::Tcp);
        summary.connections_unseen = unseen.count() as u64;
        summary.connections_seen = seen.len() as u64;
        summary.connections_untold = untold.len() as u64;
        summary.untold =
            untold.iter().take(TOLD).map(|flow| flow.ends().map(|end| end.to_string()).join(" - ")).collect();
        Ok(())
    }

    fn join(&mut self) -> io::Result<Taken> {
        self.end.store(true, Ordering::SeqCst);
        let Some(task) = self.task.take() else { return Err(io::Error::other("ended already")) };
        task.join().unwrap_or_else(|_| Err(io::Error::other("the task that takes packets ended badly")))
    }
}

impl Drop for PacketCapture {
    fn drop(&mut self) {
        let _ = self.join();
    }
}

/// Whether a connection over TCP goes to one of these servers.
fn untold_to(flow: &Flow, servers: &BTreeSet<SocketAddr>) -> bool {
    flow.transport == Transport::Tcp && flow.ends().iter().any(|end| servers.contains(end))
}

/// Takes packets until the end is asked and no more wait.
fn take(mut socket: RawSocket, mut spool: Spool, end: &AtomicBool, own: &AtomicU16) -> io::Result<Taken> {
    let mut left = LAST;
    loop {
        // Read before the wait, so that what came before the end was asked is taken.
        let ending = end.load(Ordering::SeqCst);
        match socket.receive()? {
            Received::Packet { at, link, bytes, original } => {
                spool.take(at, &link, bytes, original, own.load(Ordering::SeqCst))?;
                left = if ending { left - 1 } else { LAST };
            }
            Received::Nothing if ending => left = 0,
            Received::Nothing => {}
        }
        if left == 0 {
            return Ok(Taken { counts: spool.finish()?, dropped: socket.dropped });
        }
    }
}

/// The interfaces of the machine, by number.
fn interfaces() -> BTreeMap<u32, String> {
    let mut out = BTreeMap::new();
    for entry in fs::read_dir("/sys/class/net").into_iter().flatten().flatten() {
        let number = fs::read_to_string(entry.path().join("ifindex")).ok().and_then(|n| n.trim().parse().ok());
        if let Some(number) = number {
            out.insert(number, entry.file_name().to_string_lossy().into_owned());
        }
    }
    out
}

/// The lines of a key log that have its form (label, random of the client, secret), and of how many connections.
fn key_lines(path: &Path) -> io::Result<(Vec<u8>, u64)> {
    let file = match File::open(path) {
        // Without a TLS connection there is none.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        other => other?,
    };
    let (mut kept, mut clients) = (Vec::new(), BTreeSet::new());
    for line in BufReader::new(file.take(SECRETS)).split(b'\n') {
        let line = line?;
        let words: Vec<&[u8]> = line.trim_ascii_end().split(|b| *b == b' ').collect();
        let hexadecimal = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_hexdigit);
        if let [label, client, secret] = words[..]
            && label.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
            && hexadecimal(client)
            && hexadecimal(secret)
        {
            clients.insert(client.to_vec());
            kept.extend([label, b" ", client, b" ", secret, b"\n"].concat());
        }
    }
    Ok((kept, clients.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_a_key_log_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secrets");
        let good = "CLIENT_HANDSHAKE_TRAFFIC_SECRET ab01 cd02\nEXPORTER_SECRET ab01 ef\nCLIENT_RANDOM 77 88\n";
        fs::write(&path, format!("# comment\n{good}CLIENT_RANDOM 77\nCLIENT_RANDOM zz 88\n")).unwrap();
        assert_eq!(key_lines(&path).unwrap(), (good.as_bytes().to_vec(), 2));
        assert_eq!(key_lines(&dir.path().join("absent")).unwrap(), (Vec::new(), 0));
    }
}
