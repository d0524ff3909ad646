//! Machines of a test: network namespaces, programs started in them, the probes run there.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dossier::{Clock, Software};
use probes::{Asked, Fact, Sources, World};
use serde_json::{Value, json};
use url::Url;

use crate::servers;

static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// A clock that runs from a date of 2026.
struct Running(Instant);

impl Clock for Running {
    fn now(&self) -> dossier::Instant {
        let elapsed = i64::try_from(self.0.elapsed().as_millis()).unwrap();
        dossier::Instant::from_millisecond(1_795_000_000_000 + elapsed).unwrap()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock for the probes.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(Running(Instant::now()))
}

/// What the plan and the étude say.
#[derive(Default)]
pub(crate) struct Ask {
    pub(crate) witness: Option<&'static str>,
    pub(crate) origins: &'static [&'static str],
    /// A file of roots, PEM.
    pub(crate) roots: Option<PathBuf>,
}

/// Runs the network's probes here.
pub(crate) fn measure(world: &World, sources: &Sources, origins: &[Url]) -> Vec<Fact> {
    let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
    let asked = Asked { sources, hosts: &[], origins, place: None, software: &software, folders: &[], clock: None };
    probes::network_only(world, &asked, &|_| {})
}

/// What is measured again at the end.
pub(crate) fn measure_again(world: &World, sources: &Sources) -> Vec<Fact> {
    let software = Software { name: "constat".into(), version: "0".into(), binary_sha256: None };
    let asked =
        Asked { sources, hosts: &[], origins: &[], place: None, software: &software, folders: &[], clock: None };
    probes::network_again(world, &asked, &|_| {})
}

/// The facts measured in a machine.
pub(crate) struct Facts {
    all: Vec<Value>,
    folder: PathBuf,
}

impl Facts {
    /// Outcome and data of an operation.
    pub(crate) fn of(&self, op: &str) -> (&str, &Value) {
        let fact = self.all.iter().find(|fact| fact["op"] == op).unwrap_or_else(|| panic!("no {op}: {:?}", self.all));
        (fact["outcome"].as_str().unwrap(), &fact["data"])
    }

    /// The text of a file of evidence.
    pub(crate) fn evidence(&self, name: &str) -> String {
        let path = self.folder.join(name);
        String::from_utf8_lossy(&fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).into_owned()
    }
}

/// A machine: a network namespace, deleted at the end.
pub(crate) struct Machine {
    name: String,
    folder: tempfile::TempDir,
}

impl Machine {
    /// With loopback up and nothing else.
    pub(crate) fn new(label: &str) -> Self {
        let name = format!("constat-{}-{}-{label}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let made =
            Command::new("ip").args(["netns", "add", &name]).output().expect("the program ip (package iproute2)");
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "this test makes network namespaces and needs to be root: {said}");
        let machine = Self { name, folder: tempfile::tempdir().unwrap() };
        machine.ip("link set lo up");
        machine
    }

    /// `ip` in this machine.
    pub(crate) fn ip(&self, arguments: &str) {
        run(Command::new("ip").args(["-n", &self.name]).args(arguments.split(' ')));
    }

    /// A program in this machine, with its arguments.
    pub(crate) fn shell(&self, script: &str) {
        run(self.command(Path::new("sh")).args(["-c", script]));
    }

    /// A cable between two machines: the names of its ends, and what each end gets.
    pub(crate) fn cable(&self, end: &str, addresses: &[&str], other: (&Self, &str, &[&str])) {
        let (far, far_end, far_addresses) = other;
        let ends =
            ["link", "add", end, "netns", &self.name, "type", "veth", "peer", "name", far_end, "netns", &far.name];
        run(Command::new("ip").args(ends));
        for (machine, end, addresses) in [(self, end, addresses), (far, far_end, far_addresses)] {
            for address in addresses {
                let nodad = if address.contains(':') { " nodad" } else { "" };
                machine.ip(&format!("addr add {address} dev {end}{nodad}"));
            }
            // No wait for another machine with the same address: there is none.
            machine.shell(&format!("echo 0 >/proc/sys/net/ipv6/conf/{end}/dad_transmits"));
            machine.ip(&format!("link set {end} up"));
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program);
        command
    }

    /// This test program, in this machine, in a role.
    fn role(&self, before: &[&str], role: &str) -> Command {
        // Another account may not be able to read where this one is.
        let own = self.folder.path().join("essai");
        if !own.exists() {
            fs::copy(std::env::current_exe().unwrap(), &own).unwrap();
        }
        let program = before.first().map_or(own.as_path(), Path::new);
        let mut command = self.command(program);
        command.args(before.iter().skip(1));
        if !before.is_empty() {
            command.arg(&own);
        }
        command.args(["--exact", "machines::role", "--nocapture", "--test-threads=1"]);
        command.env("CONSTAT_ROLE", role).env("CONSTAT_FOLDER", self.folder.path());
        command
    }

    /// Measures in this machine.
    pub(crate) fn measure(&self, ask: &Ask) -> Facts {
        self.measure_as(ask, &[])
    }

    /// Measures in this machine through another program, such as `setpriv`.
    pub(crate) fn measure_as(&self, ask: &Ask, before: &[&str]) -> Facts {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = self.folder.path().to_path_buf();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        let asked = json!({"witness": ask.witness, "origins": ask.origins, "roots": ask.roots});
        fs::write(folder.join("ask.json"), asked.to_string()).unwrap();
        let answer = self.role(before, "machine").output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&answer.stdout), String::from_utf8_lossy(&answer.stderr));
        assert!(answer.status.success(), "{out}{err}");
        let all = serde_json::from_slice(&fs::read(folder.join("facts.json")).unwrap()).unwrap();
        Facts { all, folder }
    }

    /// Starts a server of [`servers`] here, and waits until it listens.
    pub(crate) fn serve(&self, role: &str, folder: &Path) -> Server {
        let mut command = self.role(&[], role);
        let ready = self.folder.path().join(format!("{role}.ready"));
        command.env("CONSTAT_KEYS", folder).stdin(Stdio::piped()).stdout(Stdio::null());
        let server = Server(command.spawn().unwrap());
        let until = Instant::now() + Duration::from_secs(30);
        while !ready.exists() {
            assert!(Instant::now() < until, "the server {role} did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

/// A running server; it ends with its standard input.
pub(crate) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

fn run(command: &mut Command) {
    let answer = command.output().unwrap();
    assert!(answer.status.success(), "{command:?}: {}", String::from_utf8_lossy(&answer.stderr));
}

/// What this program does when it is started in a machine; nothing when it runs as a test.
#[test]
fn role() {
    let Ok(role) = std::env::var("CONSTAT_ROLE") else { return };
    let folder = PathBuf::from(std::env::var("CONSTAT_FOLDER").unwrap());
    if role != "machine" {
        let keys = PathBuf::from(std::env::var("CONSTAT_KEYS").unwrap());
        servers::start(&role, &keys);
        fs::write(folder.join(format!("{role}.ready")), "").unwrap();
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        return;
    }
    let ask: Value = serde_json::from_slice(&fs::read(folder.join("ask.json")).unwrap()).unwrap();
    let url = |value: &Value| value.as_str().map(|text| Url::parse(text).unwrap());
    let roots = ask["roots"].as_str().map(|file| probes::pem_certificates(&fs::read_to_string(file).unwrap()));
    let sources = Sources { witness: url(&ask["witness"]), roots, ..Sources::default() };
    let origins: Vec<Url> = ask["origins"].as_array().unwrap().iter().filter_map(url).collect();
    let facts = measure(&World::this_machine(clock()), &sources, &origins);
    let mut all = Vec::new();
    for fact in &facts {
        all.push(json!({"op": fact.op, "outcome": fact.outcome, "data": fact.data}));
        for evidence in &fact.evidence {
            fs::write(folder.join(&evidence.name), &evidence.bytes).unwrap();
        }
    }
    fs::write(folder.join("facts.json"), serde_json::to_vec(&all).unwrap()).unwrap();
}
