//! A sound server of the session's own, so that the film has the browser's sound and no other.
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use super::programs::guarded;
use crate::browser::Workspace;

/// What the film listens to: everything played into the server's only sink.
pub(super) const SOURCE: &str = "constat.monitor";
/// Without rewinds a sink gives what is played at once; otherwise it is two seconds late.
const SINK: &str = "module-null-sink sink_name=constat norewinds=1";
/// How long the server may take to listen.
const START: Duration = Duration::from_secs(5);

/// The server, while it runs; its folders go with it.
pub(crate) struct Sound {
    child: Child,
    socket: PathBuf,
    _folders: Workspace,
}

impl Sound {
    /// Starts it in folders of its own: no device of the machine, one sink that leads nowhere.
    pub(crate) async fn start(program: &Path) -> Result<Self, String> {
        let folders = Workspace::create().map_err(|e| e.to_string())?;
        let socket = folders.spool().join("son");
        let mut command = guarded(program);
        command.env("HOME", folders.home()).env("XDG_RUNTIME_DIR", folders.temp());
        command.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"]);
        command.args(["--log-level=error", "-L", SINK]);
        let listen = format!("module-native-protocol-unix socket={} auth-anonymous=1", socket.display());
        command.args(["-L", &listen]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|e| e.to_string())?;
        let mut sound = Self { child, socket, _folders: folders };
        let deadline = tokio::time::Instant::now() + START;
        while !sound.listens() {
            if let Some(status) = sound.child.try_wait().ok().flatten() {
                return Err(format!("le serveur de son s'est arrêté ({status})"));
            }
            if tokio::time::Instant::now() > deadline {
                return Err("le serveur de son ne répond pas".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(sound)
    }

    fn listens(&self) -> bool {
        self.socket.metadata().is_ok_and(|m| m.file_type().is_socket())
    }

    /// Its address, for who plays and who listens.
    pub(crate) fn server(&self) -> String {
        format!("unix:{}", self.socket.display())
    }
}

impl Drop for Sound {
    fn drop(&mut self) {
        // An error here is that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
