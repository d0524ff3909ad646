//! The private folders of one capture, outside the dossier: profile, temporary files, downloads. New, empty, wiped.
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::Value;
use uuid::Uuid;

use super::Display;
use crate::CaptureError;

/// Beginning of the folders' names; the process that owns them follows.
const PREFIX: &str = "constat-";

/// The settings of a new profile.
const PREFERENCES: &str = r#"{"credentials_enable_service":false,"credentials_enable_autosignin":false,"autofill":{"profile_enabled":false,"credit_card_enabled":false}}"#;

/// The folders; removed when dropped.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Makes them under the system's temporary folder, readable by this user only.
    pub(crate) fn create() -> Result<Self, CaptureError> {
        let temp = std::env::temp_dir();
        remove_orphans(&temp);
        let root = temp.join(format!("{PREFIX}{}-{}", std::process::id(), Uuid::new_v4().simple()));
        let workspace = Self { root };
        let folders =
            [workspace.profile(), workspace.temp(), workspace.downloads(), workspace.home(), workspace.spool()];
        for folder in folders {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(0o700)
                .create(&folder)
                .map_err(|e| CaptureError::Workspace { path: folder.clone(), why: e.to_string() })?;
        }
        Ok(workspace)
    }

    /// The browser's profile.
    pub(crate) fn profile(&self) -> PathBuf {
        self.root.join("profil")
    }

    /// The browser's temporary files.
    pub(crate) fn temp(&self) -> PathBuf {
        self.root.join("temp")
    }

    /// Where the browser puts downloads.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.root.join("telechargements")
    }

    /// The browser's home, so that nothing of the user's is read.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Our own spooled bodies.
    pub(crate) fn spool(&self) -> PathBuf {
        self.root.join("corps")
    }

    /// The packets of the machine, until those of the browser are known.
    pub(crate) fn packets(&self) -> PathBuf {
        self.root.join("paquets")
    }

    /// The TLS secrets the browser writes when it is asked to (the file of `SSLKEYLOGFILE`).
    pub(crate) fn key_log(&self) -> PathBuf {
        self.root.join("secrets-tls.txt")
    }

    /// Where the browser's network service writes its log.
    pub(crate) fn network_log(&self) -> PathBuf {
        self.root.join("reseau.json")
    }

    /// Writes the settings the browser starts with, in the profile that was proven empty: no password is kept nor filled in,
    /// no form either (Chromium's own names).
    pub(crate) fn write_preferences(&self) -> Result<(), CaptureError> {
        let path = self.preferences();
        let wrong = |e: std::io::Error| CaptureError::Workspace { path: path.clone(), why: e.to_string() };
        fs::create_dir_all(self.profile().join("Default")).map_err(wrong)?;
        fs::write(&path, PREFERENCES).map_err(wrong)
    }

    /// Whether the settings of the profile let passwords, then forms, be kept; `None` when they do not say.
    pub(crate) fn kept_from_forms(&self) -> [Option<bool>; 2] {
        let read = fs::read(self.preferences()).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
        let at = |pointer: &str| read.as_ref().and_then(|read| read.pointer(pointer)).and_then(Value::as_bool);
        let both = at("/autofill/profile_enabled").zip(at("/autofill/credit_card_enabled"));
        [at("/credentials_enable_service"), both.map(|(profile, card)| profile || card)]
    }

    fn preferences(&self) -> PathBuf {
        self.profile().join("Default/Preferences")
    }

    /// Writes the launcher: it puts the browser in a process group of its own, so that Ctrl-C in a terminal reaches only
    /// us and the whole group can be ended, with an environment that holds nothing of the user's (no proxy variable).
    ///
    /// `display` is the one thing of the user's environment the browser may get: where to open its window.
    pub(crate) fn launcher(
        &self,
        binary: &Path,
        fuseau: &str,
        langue: &str,
        display: Option<&Display>,
    ) -> Result<PathBuf, CaptureError> {
        let path = self.root.join("lancer.sh");
        let quote = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let language = langue.replace('-', "_");
        let shown = display.into_iter().flat_map(Display::variables);
        let shown: String = shown.map(|(name, value)| format!("{name}={} ", quote(value))).collect();
        // `setpriv` ends the browser when we are killed without warning; a system without it goes on without.
        let script = format!(
            "#!/bin/sh\nguard=\nif setpriv --pdeathsig KILL true 2>/dev/null; then guard='setpriv --pdeathsig KILL'; fi\n\
             exec setsid $guard env -i PATH=/usr/bin:/bin HOME={home} XDG_CONFIG_HOME={home} XDG_CACHE_HOME={home} \
             TMPDIR={temp} LANG=C.UTF-8 LANGUAGE={language} TZ={tz} {shown}{binary} \"$@\"\n",
            home = quote(&self.home().display().to_string()),
            temp = quote(&self.temp().display().to_string()),
            language = quote(&language),
            tz = quote(fuseau),
            binary = quote(&binary.display().to_string()),
        );
        fs::write(&path, script)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o700)))
            .map_err(|e| CaptureError::Workspace { path: path.clone(), why: e.to_string() })?;
        Ok(path)
    }

    /// The names found in a folder, recursively counted to 10,000.
    pub(crate) fn listing(folder: &Path) -> Result<Vec<String>, CaptureError> {
        let wrong = |e: std::io::Error| CaptureError::Workspace { path: folder.to_path_buf(), why: e.to_string() };
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).map_err(wrong)?.take(10_000) {
            names.push(entry.map_err(wrong)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// Removes everything; tells whether nothing is left.
    pub(crate) fn remove(&self) -> bool {
        // A process that is just ending may still write into its profile.
        for _ in 0..20 {
            if fs::remove_dir_all(&self.root).is_ok() || !self.root.exists() {
                return true;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        !self.root.exists()
    }
}

/// Removes the folders of captures that were killed: those whose process is gone. A folder that resists is another user's.
fn remove_orphans(temp: &Path) {
    let Ok(entries) = fs::read_dir(temp) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(pid, _)| pid.parse::<u32>().ok());
        if let Some(pid) = owner
            && !Path::new(&format!("/proc/{pid}")).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if self.root.exists() {
            self.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_private_empty_and_removed() {
        let workspace = Workspace::create().unwrap();
        let profile = workspace.profile();
        assert_eq!(Workspace::listing(&profile).unwrap(), Vec::<String>::new());
        assert_eq!(fs::metadata(&profile).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(workspace.remove());
        assert!(!profile.exists());
    }

    #[test]
    fn what_a_killed_capture_left_is_removed_and_nothing_else() {
        let temp = tempfile::tempdir().unwrap();
        let dead = temp.path().join(format!("{PREFIX}{}-x", u32::MAX));
        let alive = temp.path().join(format!("{PREFIX}{}-x", std::process::id()));
        let other = temp.path().join("constat-notes");
        for folder in [&dead, &alive, &other] {
            fs::create_dir(folder).unwrap();
        }
        remove_orphans(temp.path());
        assert!(!dead.exists() && alive.exists() && other.exists());
    }
}
