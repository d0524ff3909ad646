//! The programs the presence needs, found at absolute paths and started without a shell, so that they end when we do.
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the recorder of the film is.
pub(crate) const FFMPEG: &[&str] = &["/usr/bin/ffmpeg", "/usr/local/bin/ffmpeg"];
/// Where the sound server is.
pub(crate) const PULSEAUDIO: &[&str] = &["/usr/bin/pulseaudio", "/usr/local/bin/pulseaudio"];
/// Ends what it starts when we are killed without warning (util-linux).
const GUARD: &str = "/usr/bin/setpriv";

/// The first of `places` that is a file.
pub(crate) fn find_program(places: &[&str]) -> Option<PathBuf> {
    places.iter().map(PathBuf::from).find(|place| place.is_file())
}

/// A command for `program` with an environment of its own, in a process group of its own: Ctrl-C at the terminal reaches
/// only us. The guard executes in place, so that the process started is the program itself.
pub(super) fn guarded(program: &Path) -> Command {
    use std::os::unix::process::CommandExt as _;
    let mut command = match Path::new(GUARD).is_file() {
        true => {
            let mut guard = Command::new(GUARD);
            guard.args(["--pdeathsig", "KILL"]).arg(program);
            guard
        }
        false => Command::new(program),
    };
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LANG", "C.UTF-8").process_group(0);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_at_its_place_or_not_at_all() {
        assert_eq!(find_program(&["/nonexistent/a", "/bin/sh"]), Some(PathBuf::from("/bin/sh")));
        assert_eq!(find_program(&["/nonexistent/a", "relatif"]), None);
    }

    #[test]
    fn what_is_started_has_nothing_of_our_environment() {
        let output = guarded(Path::new("/usr/bin/env")).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "LANG=C.UTF-8\nPATH=/usr/bin:/bin\n");
    }
}
