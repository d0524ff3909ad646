//! A real mail server on loopback: Exim 4 (Debian package `exim4-daemon-light`), as an unprivileged user, with a
//! configuration, a spool and a maildir of its own. As root it is started as user 65534.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub struct Mta {
    child: Child,
    folder: tempfile::TempDir,
    pub port: u16,
}

impl Mta {
    /// Accepts `*@essai.test`, except `refus@` (550 5.1.1) and `plus-tard@` (451 4.2.1). With `tls` (certificate and key
    /// in PEM), offers STARTTLS.
    pub fn start(tls: Option<(&[u8], &[u8])>) -> Self {
        Self::start_with(include_str!("exim.conf"), tls)
    }

    /// Like [`Mta::start`], with a configuration of the test's own.
    pub fn start_with(text: &str, tls: Option<(&[u8], &[u8])>) -> Self {
        assert!(Path::new("/usr/sbin/exim4").exists(), "paquet Debian exim4-daemon-light absent");
        let folder = tempfile::Builder::new().prefix("mta-").tempdir_in("/tmp").unwrap();
        let root = folder.path();
        let (mut uid, mut gid) = (fs::metadata(root).unwrap().uid(), fs::metadata(root).unwrap().gid());
        if uid == 0 {
            // Exim refuses to deliver as root.
            (uid, gid) = (65534, 65534);
        }
        let tls_lines = match tls {
            None => "tls_advertise_hosts =\n".to_owned(),
            Some((certificate, key)) => {
                fs::write(root.join("cert.pem"), certificate).unwrap();
                fs::write(root.join("key.pem"), key).unwrap();
                let dir = root.display();
                format!("tls_advertise_hosts = *\ntls_certificate = {dir}/cert.pem\ntls_privatekey = {dir}/key.pem\n")
            }
        };
        let text = text
            .replace("@DIR@", &root.display().to_string())
            .replace("@UID@", &uid.to_string())
            .replace("@GID@", &gid.to_string())
            .replace("@TLS@", &tls_lines);
        fs::write(root.join("exim.conf"), text).unwrap();
        fs::set_permissions(root, fs::Permissions::from_mode(0o755)).unwrap();
        if fs::metadata(root).unwrap().uid() == 0 {
            for name in ["exim.conf", "cert.pem", "key.pem", "."] {
                let path = root.join(name);
                if path.exists() && name != "exim.conf" {
                    chown(&path, Some(uid), Some(gid)).unwrap();
                }
            }
        }
        Self::launch(folder, uid, gid)
    }

    fn launch(folder: tempfile::TempDir, uid: u32, gid: u32) -> Self {
        // Another process may take the port between its choice and its use: then another is chosen.
        for _ in 0..20 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
            let mut command = Command::new("/usr/sbin/exim4");
            command.arg("-C").arg(folder.path().join("exim.conf")).args(["-bdf", "-oX"]);
            command.arg(format!("127.0.0.1.{port}")).stdin(Stdio::null());
            if fs::metadata("/proc/self").unwrap().uid() == 0 {
                command.uid(uid).gid(gid);
            }
            let mut child = command.spawn().unwrap();
            for _ in 0..400 {
                if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                    return Self { child, folder, port };
                }
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("exim4 n'a pas démarré : {}", folder.path().display());
    }

    /// A place in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Has it look at its queue once, and waits for the end of that.
    pub fn run_queue(&self) {
        let mut command = Command::new("/usr/sbin/exim4");
        command.arg("-C").arg(self.path("exim.conf")).arg("-q").stdin(Stdio::null());
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            let meta = fs::metadata(self.folder.path()).unwrap();
            command.uid(meta.uid()).gid(meta.gid());
        }
        assert!(command.status().unwrap().success());
    }

    /// The messages delivered, once there are at least `count` of them.
    pub fn delivered(&self, count: usize) -> Vec<Vec<u8>> {
        self.delivered_in("maildir", count)
    }

    /// Like [`Mta::delivered`], in this maildir.
    pub fn delivered_in(&self, maildir: &str, count: usize) -> Vec<Vec<u8>> {
        let new = self.folder.path().join(maildir).join("new");
        for _ in 0..600 {
            let mut paths: Vec<PathBuf> =
                fs::read_dir(&new).map(|list| list.map(|e| e.unwrap().path()).collect()).unwrap_or_default();
            if paths.len() >= count {
                paths.sort_by_key(|p| fs::metadata(p).unwrap().modified().unwrap());
                return paths.iter().map(|p| fs::read(p).unwrap()).collect();
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("moins de {count} messages livrés");
    }
}

impl Drop for Mta {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
