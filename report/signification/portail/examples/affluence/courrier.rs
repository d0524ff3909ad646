//! Why: a mail server on loopback that takes every message, counts the notices by their identifier, and keeps what invites.
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

/// What was taken.
#[derive(Default)]
pub(crate) struct Recus {
    /// Messages by the identifier in `MAIL FROM` (ENVID).
    pub(crate) par_avis: BTreeMap<String, u32>,
    /// The single-use secret of the last invitation, by address.
    secrets: BTreeMap<String, String>,
}

/// The server.
pub(crate) struct Courrier {
    pub(crate) port: u16,
    recus: Arc<Mutex<Recus>>,
}

impl Courrier {
    pub(crate) fn ouvrir() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let recus: Arc<Mutex<Recus>> = Arc::default();
        let shared = recus.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || parler(&stream, &shared));
            }
        });
        Self { port, recus }
    }

    pub(crate) fn recus(&self) -> std::sync::MutexGuard<'_, Recus> {
        self.recus.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn secret(&self, adresse: &str) -> String {
        self.recus().secrets.get(adresse).expect("an invitation").clone()
    }
}

/// One conversation (RFC 5321), to its end or to the first error of the network.
fn parler(stream: &TcpStream, recus: &Mutex<Recus>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut out = stream;
    let mut lines = BufReader::new(stream);
    let (mut envid, mut to, mut line) = (String::new(), String::new(), String::new());
    out.write_all(b"220 banc\r\n").ok()?;
    loop {
        line.clear();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => b"250-banc\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 DSN\r\n",
            "MAIL" => {
                envid = line.split_once("ENVID=").map_or("", |(_, rest)| rest).split_whitespace().collect();
                b"250 ok\r\n"
            }
            "RCPT" => {
                to = line.split_once('<').map_or("", |(_, rest)| rest).split('>').next().unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            "DATA" => {
                out.write_all(b"354 go\r\n").ok()?;
                prendre(&mut lines, recus, &envid, &to)?;
                b"250 taken\r\n"
            }
            "QUIT" => {
                out.write_all(b"221 bye\r\n").ok()?;
                return Some(());
            }
            _ => b"250 ok\r\n",
        };
        out.write_all(answer).ok()?;
    }
}

fn prendre(lines: &mut BufReader<&TcpStream>, recus: &Mutex<Recus>, envid: &str, to: &str) -> Option<()> {
    let (mut line, mut secret) = (Vec::new(), None);
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).ok()? == 0 {
            return None;
        }
        let text = line.trim_ascii_end();
        if text == b"." {
            break;
        }
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-' || *b == b'_';
        if text.len() == 44 && text.starts_with(b"J") && text.iter().all(word) {
            secret = Some(String::from_utf8_lossy(text).into_owned());
        }
    }
    let mut held = recus.lock().unwrap_or_else(PoisonError::into_inner);
    *held.par_avis.entry(envid.to_owned()).or_default() += 1;
    if let Some(secret) = secret {
        held.secrets.insert(to.to_owned(), secret);
    }
    Some(())
}
