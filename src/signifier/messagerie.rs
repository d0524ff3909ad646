//! A real mail server for the demonstration: Exim on this machine alone, with a configuration and a mailbox of its own.
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use signification::{SmtpConfig, SmtpSecurity};

use crate::exit::Exit;
use crate::failure::Failure;

const EXIM: &str = "/usr/sbin/exim4";
/// The domain whose addresses it takes; `.test` is nobody's (RFC 2606, 2).
pub(crate) const DOMAIN: &str = "demonstration.test";
/// Who runs it when the demonstration is run by root: Exim never delivers as root.
const NOBODY: u32 = 65534;

/// A running server; it ends with this value.
pub(crate) struct Messagerie {
    child: Child,
    _folder: tempfile::TempDir,
    port: u16,
}

impl Messagerie {
    /// Starts it on a free port of the loopback.
    pub(crate) fn start() -> Result<Self, Failure> {
        if !Path::new(EXIM).is_file() {
            return Err(Failure::new("signification.no_exim", Exit::Environment, EXIM));
        }
        let io = |error: std::io::Error| Failure::new("cli.io", Exit::Environment, error);
        let folder = tempfile::tempdir().map_err(io)?;
        let root = fs::metadata(folder.path()).map_err(io)?.uid() == 0;
        let user = if root { Some(NOBODY) } else { None };
        let file = folder.path().join("exim.conf");
        fs::write(&file, configuration(folder.path(), user)).map_err(io)?;
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).map_err(io)?;
        if user.is_some() {
            chown(folder.path(), user, user).map_err(io)?;
        }
        // Another program may take the port between its choice and its use: then another is chosen.
        for _ in 0..10 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|l| l.local_addr()).map_err(io)?.port();
            let mut command = Command::new(EXIM);
            command.arg("-C").arg(&file).args(["-bdf", "-oX", &format!("127.0.0.1.{port}")]);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            if let Some(user) = user {
                command.uid(user).gid(user);
            }
            let mut child = command.spawn().map_err(io)?;
            if answers(&mut child, port) {
                return Ok(Self { child, _folder: folder, port });
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        Err(Failure::new("signification.no_exim", Exit::Environment, "no answer"))
    }

    /// How it is reached.
    pub(crate) fn smtp(&self) -> SmtpConfig {
        SmtpConfig {
            hote: "127.0.0.1".into(),
            port: self.port,
            securite: SmtpSecurity::Aucune,
            autorite: None,
            expediteur: format!("etude@{DOMAIN}"),
            delai_secondes: 30,
        }
    }
}

impl Drop for Messagerie {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether it takes connections, within twenty seconds.
fn answers(child: &mut Child, port: u16) -> bool {
    (0..400).any(|_| {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
        false
    }) && !matches!(child.try_wait(), Ok(Some(_)))
}

/// One domain, one mailbox, nothing relayed.
fn configuration(folder: &Path, user: Option<u32>) -> String {
    let folder = folder.display();
    let user = user.map(|user| format!("exim_user = {user}\nexim_group = {user}\n")).unwrap_or_default();
    format!(
        "{user}keep_environment =\nprimary_hostname = localhost\nspool_directory = {folder}/spool\n\
         log_file_path = {folder}/%slog\nlocal_interfaces = 127.0.0.1\ndisable_ipv6\nhost_lookup =\n\
         rfc1413_query_timeout = 0s\ndeliver_drop_privilege = true\ntls_advertise_hosts =\n\
         domainlist local_domains = {DOMAIN}\nacl_smtp_rcpt = acl_rcpt\nbegin acl\nacl_rcpt:\n  \
         accept domains = +local_domains\n  deny message = relais refuse\nbegin routers\nall:\n  driver = accept\n  \
         transport = box\nbegin transports\nbox:\n  driver = appendfile\n  directory = {folder}/maildir\n  \
         maildir_format\n  create_directory\n"
    )
}
