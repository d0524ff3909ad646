//! The storages that the same tests run on; for PostgreSQL a real server, started without privilege, gone with its tests.
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use signification::store::Table;

/// Where a platform keeps what it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    Embarque,
    Postgres,
}

/// Runs each test on both storages: `embarque::name`, `postgres::name`.
#[macro_export]
macro_rules! on_both_storages {
    ($($name:ident),* $(,)?) => {
        mod embarque {
            $(#[test] fn $name() { super::$name(super::world::Storage::Embarque) })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(super::world::Storage::Postgres) })*
        }
    };
}

/// Debian's package `postgresql-15`.
const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const PASSWORD: &str = "mot de/passe é";
const PASSWORD_IN_ADDRESS: &str = "mot%20de%2Fpasse%20%C3%A9";

/// Makes a cluster, keeps its server running as a service manager would, and takes everything away when its standard input
/// ends: with the tests, however they end.
const GUARD: &str = r#"
cd /; umask 077
folder=$(mktemp -d "$2/constat-pg-XXXXXX") || exit 1
printf '%s' "$3" >"$folder/secret"
if ! "$1/initdb" --no-sync -D "$folder/data" -U constat --pwfile="$folder/secret" --auth=scram-sha-256 \
    -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1; then cat "$folder/initdb.log" >&2; rm -rf "$folder"; exit 1; fi
listen=; tls=off
if [ -n "$TLS_CERTIFICATE" ]; then
    listen=127.0.0.1; tls=on
    printf '%s' "$TLS_CERTIFICATE" >"$folder/tls.pem"; printf '%s' "$TLS_KEY" >"$folder/tls.key"
fi
while [ ! -e "$folder/fin" ]; do
    "$1/postgres" -D "$folder/data" -k "$folder" -c listen_addresses="$listen" -c port="$4" -c ssl="$tls" \
        -c ssl_cert_file="$folder/tls.pem" -c ssl_key_file="$folder/tls.key" -c shared_buffers=64MB -c max_connections=200 \
        -c fsync=on -c max_wal_size=256MB >>"$folder/journal.log" 2>&1 </dev/null
    sleep 0.1
done &
echo "$folder"
while read -r _; do :; done
touch "$folder/fin"
kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")" 2>/dev/null
wait
rm -rf "$folder"
"#;

/// A PostgreSQL server of the tests' own.
pub struct Server {
    guard: Child,
    port: u16,
    pub folder: PathBuf,
}

impl Server {
    /// The one that the tests of a program share.
    pub fn shared() -> Arc<Self> {
        static SERVER: OnceLock<Arc<Server>> = OnceLock::new();
        Arc::clone(SERVER.get_or_init(|| Arc::new(Self::start())))
    }

    /// One more, on a local socket.
    pub fn start() -> Self {
        Self::start_with(5432, "", "")
    }

    /// One more, also on a port of 127.0.0.1 that the system chose, with this certificate and its key (PEM).
    pub fn start_tls(certificate: &str, key: &str) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Self::start_with(port, certificate, key)
    }

    fn start_with(port: u16, certificate: &str, key: &str) -> Self {
        assert!(Path::new(PROGRAMS).exists(), "no PostgreSQL server: install the package postgresql-15");
        let mut command = Command::new("sh");
        if rustix::process::geteuid().is_root() {
            // A server refuses to run as root.
            command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        }
        command.args(["-c", GUARD, "guard", PROGRAMS]).arg(std::env::temp_dir()).arg(PASSWORD);
        command.arg(port.to_string()).env("TLS_CERTIFICATE", certificate).env("TLS_KEY", key);
        let mut guard = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(guard.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let server = Self { guard, port, folder: PathBuf::from(line.trim_end()) };
        server.ready();
        server
    }

    /// Waits until it answers.
    pub fn ready(&self) {
        for _ in 0..600 {
            if self.psql("postgres").args(["-c", "SELECT 1"]).output().unwrap().status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let log = std::fs::read_to_string(self.folder.join("journal.log")).unwrap_or_default();
        panic!("the server does not answer: {log}");
    }

    fn psql(&self, base: &str) -> Command {
        let mut command = Command::new(format!("{PROGRAMS}/psql"));
        command.env("PGPASSWORD", PASSWORD).args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "constat"]);
        command.arg("-h").arg(&self.folder).arg("-p").arg(self.port.to_string()).args(["-d", base]);
        command
    }

    /// What statements answer.
    pub fn sql(&self, base: &str, statements: &str) -> String {
        let mut command = self.psql(base);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    /// The server's own process.
    pub fn pid(&self) -> Option<u32> {
        std::fs::read_to_string(self.folder.join("data/postmaster.pid")).ok()?.lines().next()?.parse().ok()
    }

    /// Kills the server, which its guard starts again.
    pub fn kill(&self) {
        let pid = i32::try_from(self.pid().unwrap()).unwrap();
        rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), rustix::process::Signal::KILL)
            .unwrap();
    }

    /// Everything it wrote in its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("journal.log")).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// One database.
pub struct Base {
    server: Arc<Server>,
    name: String,
}

impl Base {
    pub fn new(server: &Arc<Server>) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("essai_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        server.sql("postgres", &format!("CREATE DATABASE {name}"));
        Self { server: Arc::clone(server), name }
    }

    /// Writes where it is, in a file only its owner may read.
    pub fn write_address(&self, file: &Path) {
        let (folder, name) = (self.server.folder.display(), &self.name);
        let address = format!("postgresql://constat:{PASSWORD_IN_ADDRESS}@localhost/{name}?host={folder}\n");
        let mut options = std::fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(file).unwrap();
        file.write_all(address.as_bytes()).unwrap();
    }

    /// Writes its address on the network, with what must prove the server.
    pub fn write_network_address(&self, file: &Path, parameters: &str) {
        let (port, name) = (self.server.port, &self.name);
        let address = format!("postgresql://constat:{PASSWORD_IN_ADDRESS}@127.0.0.1:{port}/{name}?{parameters}");
        std::fs::write(file, address).unwrap();
    }

    pub fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.name, statements)
    }

    pub fn lose_tables(&self) {
        let names: Vec<String> = Table::ALL.into_iter().map(|t| format!("signification.{}", t.name())).collect();
        let lose = format!("TRUNCATE {};", names.join(", "));
        self.sql(&format!("{lose} UPDATE signification.constat_meta SET prochaine = NULL, tete = NULL;"));
    }

    /// Changes one octet of the oldest evidence; gives the statement that puts it back.
    pub fn touch_first_evidence(&self) -> String {
        let first = "(SELECT min(rang) FROM signification.piece WHERE genre = 'preuve')";
        let flip = format!(
            "UPDATE signification.piece SET octets = set_byte(octets, 40, get_byte(octets, 40) # 1) WHERE rang = {first};"
        );
        self.sql(&flip);
        flip
    }

    /// Other lines in the place of the journal's.
    pub fn replace_lines(&self, octets: &[u8]) {
        let whole = octets.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let mut script = "BEGIN; TRUNCATE signification.ligne;\n".to_owned();
        for (n, line) in octets[..whole].split(|b| *b == b'\n').filter(|line| !line.is_empty()).enumerate() {
            script.push_str(&format!("INSERT INTO signification.ligne VALUES ({n}, '\\x{}');\n", hex(line)));
        }
        script.push_str("COMMIT;\n");
        self.sql(&script);
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let _ = self.server.psql("postgres").args(["-c", &drop]).output();
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
