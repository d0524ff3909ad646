//! The daemon `clamd` by its socket (clamd(8)): `zVERSION`, and `zINSTREAM`, so that it needs no right over what is searched.
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::scan::Verdict;
use super::signatures::Engine;
use crate::waiting::within;

/// The most that is read of an answer.
const LONGEST: u64 = 16 * 1024;
/// What is sent at once.
const CHUNK: usize = 128 * 1024;
/// How long the daemon may take to say what it is.
const WAIT: Duration = Duration::from_secs(3);

/// What the daemon is, and its answer as it came.
pub(super) fn version(socket: &Path) -> Result<(Engine, String), String> {
    let path = socket.to_path_buf();
    let late = || format!("clamd n'a pas répondu en {} ms", WAIT.as_millis());
    let answer = within(WAIT, move || ask(&path, b"zVERSION\0", WAIT)).ok_or_else(late)??;
    let engine = Engine::read(&answer).ok_or_else(|| format!("réponse de clamd inconnue : {answer:?}"))?;
    Ok((engine, answer))
}

/// Sends one file; what is sent is `content`, to its end. `deadline` holds for each wait, and for the whole.
pub(super) fn stream(socket: &Path, content: impl Read + Send + 'static, deadline: Duration) -> (Verdict, String) {
    let path: PathBuf = socket.to_path_buf();
    let answer = within(deadline, move || {
        let mut daemon = connect(&path, deadline)?;
        let sent = send(&mut daemon, content);
        // A daemon that has enough says why, and does not read on: its answer is worth more than the broken pipe.
        match (answer(daemon, deadline), sent) {
            (Ok(text), _) if !text.is_empty() => Ok(text),
            (Err(why), Ok(())) | (_, Err(why)) => Err(why),
            (Ok(_), Ok(())) => Err("clamd a fermé la connexion sans répondre".to_owned()),
        }
    });
    match answer {
        Some(Ok(text)) => (read(&text), text),
        Some(Err(why)) => (Verdict::NotDone(why), String::new()),
        None => (Verdict::NotDone(format!("clamd n'a pas fini en {} s", deadline.as_secs())), String::new()),
    }
}

fn connect(socket: &Path, deadline: Duration) -> Result<UnixStream, String> {
    let said = |e: std::io::Error| format!("{} : {e}", socket.display());
    let daemon = UnixStream::connect(socket).map_err(said)?;
    daemon.set_read_timeout(Some(deadline)).map_err(said)?;
    daemon.set_write_timeout(Some(deadline)).map_err(said)?;
    Ok(daemon)
}

fn ask(socket: &Path, command: &[u8], deadline: Duration) -> Result<String, String> {
    let mut daemon = connect(socket, deadline)?;
    daemon.write_all(command).map_err(|e| e.to_string())?;
    answer(daemon, deadline)
}

/// `zINSTREAM`: chunks with their length before them in network order, an empty one at the end.
fn send(daemon: &mut UnixStream, mut content: impl Read) -> Result<(), String> {
    let said = |e: std::io::Error| e.to_string();
    daemon.write_all(b"zINSTREAM\0").map_err(said)?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = match content.read(&mut chunk) {
            Ok(length) => length,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(format!("lecture : {e}")),
        };
        let size = u32::try_from(length).map_err(|e| e.to_string())?;
        daemon.write_all(&size.to_be_bytes()).map_err(said)?;
        if length == 0 {
            return Ok(());
        }
        daemon.write_all(chunk.get(..length).unwrap_or_default()).map_err(said)?;
    }
}

/// What the daemon says up to its zero, or its end.
fn answer(daemon: UnixStream, deadline: Duration) -> Result<String, String> {
    let until = Instant::now() + deadline;
    let (mut octets, mut daemon) = (Vec::new(), daemon.take(LONGEST));
    let mut some = [0; 1024];
    while Instant::now() < until {
        match daemon.read(&mut some) {
            Ok(0) => break,
            Ok(length) => octets.extend_from_slice(some.get(..length).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.to_string()),
        }
        if octets.last() == Some(&0) {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&octets).trim_end_matches(['\0', '\n']).to_owned())
}

/// `stream: OK`, `stream: NAME FOUND`, `… ERROR`.
fn read(answer: &str) -> Verdict {
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    if said == "OK" {
        return Verdict::Clean;
    }
    match said.strip_suffix(" FOUND") {
        Some(name) => Verdict::Found(name.to_owned()),
        None if said.contains("size limit exceeded") => {
            Verdict::NotDone("fichier plus long que clamd n'en accepte (StreamMaxLength de clamd.conf)".into())
        }
        None => Verdict::NotDone(format!("clamd : {said}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers() {
        assert_eq!(read("stream: OK"), Verdict::Clean);
        assert_eq!(read("stream: Eicar-Test-Signature FOUND"), Verdict::Found("Eicar-Test-Signature".into()));
        assert!(
            matches!(read("INSTREAM size limit exceeded. ERROR"), Verdict::NotDone(why) if why.contains("StreamMaxLength"))
        );
        assert!(matches!(read("stream: OK?"), Verdict::NotDone(_)));
        assert!(matches!(read(""), Verdict::NotDone(_)));
    }

    #[test]
    fn a_socket_that_nobody_reads_is_late() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("clamd.ctl");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let (verdict, _) = stream(&path, &b"abc"[..], Duration::from_millis(100));
        assert!(matches!(verdict, Verdict::NotDone(_)), "{verdict:?}");
        assert!(version(&folder.path().join("absent")).is_err());
    }

    proptest! {
        #[test]
        fn only_the_exact_word_is_clean(text in ".{0,80}") {
            let verdict = read(&text);
            prop_assert!(verdict != Verdict::Clean || text == "OK" || text == "stream: OK");
        }
    }
}
