//! Servers of the tests: a small HTTP service, a site with its own authority, a relay that intercepts it.
use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// Where the site is, and where the relay takes the connections that the firewall gives it.
pub(crate) const SITE: &str = "10.9.2.2";
const SITE_V6: &str = "fd09:2::2";
const TAKEN: &str = "0.0.0.0:8443";
/// Octets of the site's page: enough to measure a throughput.
const PAGE: usize = 100_000;

/// Writes an authority and a certificate of the site signed by it: `NAME-root.pem`, `NAME.pem`, `NAME.key`.
pub(crate) fn authority(folder: &Path, name: &str, subject: &str) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.distinguished_name.push(DnType::CommonName, subject);
    let root_key = KeyPair::generate().unwrap();
    let certificate = root.self_signed(&root_key).unwrap();
    fs::write(folder.join(format!("{name}-root.pem")), certificate.pem()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec![SITE.into(), SITE_V6.into()]).unwrap();
    leaf.distinguished_name.push(DnType::CommonName, "site.invalid");
    let leaf = leaf.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    fs::write(folder.join(format!("{name}.pem")), leaf.pem()).unwrap();
    fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
}

/// Starts the servers of a role; they run until the process ends.
pub(crate) fn start(role: &str, keys: &Path) {
    match role {
        "site" => {
            let tls = server_config(keys, "site");
            for address in ["0.0.0.0:80", "[::]:443"] {
                let (listener, tls) = (TcpListener::bind(address).unwrap(), Arc::clone(&tls));
                let secure = address.ends_with("443");
                accept(listener, move |stream, peer| {
                    let tls = secure.then(|| Arc::clone(&tls));
                    let _ = with_tls(stream, tls, |stream| site(stream, peer));
                });
            }
        }
        "relais" => {
            let (tls, out) = (server_config(keys, "relais"), client_config(keys));
            accept(TcpListener::bind(TAKEN).unwrap(), move |stream, _| {
                let mut first = [0];
                let secure = stream.peek(&mut first).is_ok() && first == [0x16];
                let tls = secure.then(|| Arc::clone(&tls));
                let _ = with_tls(stream, tls, |stream| relay(stream, secure, &out));
            });
        }
        other => panic!("{other}"),
    }
}

/// A stream, whatever carries it.
trait Carried: Read + Write {}
impl<T: Read + Write> Carried for T {}

fn with_tls(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    then: impl FnOnce(&mut dyn Carried) -> std::io::Result<()>,
) -> std::io::Result<()> {
    match tls {
        None => then(&mut { stream }),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            then(&mut stream)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
    }
}

fn accept(listener: TcpListener, each: impl Fn(TcpStream, SocketAddr) + Send + Sync + 'static) {
    let each = Arc::new(each);
    thread::spawn(move || {
        while let Ok((stream, peer)) = listener.accept() {
            let each = Arc::clone(&each);
            thread::spawn(move || each(stream, peer));
        }
    });
}

/// The lines of a request's head.
fn head(stream: &mut dyn Carried) -> std::io::Result<Vec<String>> {
    let (mut lines, mut reader) = (Vec::new(), BufReader::with_capacity(1, stream));
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(lines);
        }
        lines.push(line.trim().to_owned());
    }
}

fn site(stream: &mut dyn Carried, _peer: SocketAddr) -> std::io::Result<()> {
    let lines = head(stream)?;
    let body = if lines.first().is_some_and(|line| line.starts_with("HEAD")) { 0 } else { PAGE };
    let head = format!("HTTP/1.1 200 OK\r\nserver: site\r\ncontent-length: {PAGE}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(&vec![b'a'; body])
}

/// Asks the site again in its own name, and says so as a relay must (RFC 9110, 7.6.3).
fn relay(stream: &mut dyn Carried, secure: bool, out: &Arc<ClientConfig>) -> std::io::Result<()> {
    let lines = head(stream)?;
    if lines.is_empty() {
        return Ok(());
    }
    let request = format!("{}\r\n\r\n", lines.join("\r\n"));
    let mut answer = Vec::new();
    if secure {
        let name = ServerName::try_from(SITE).unwrap();
        let connection = ClientConnection::new(Arc::clone(out), name).map_err(std::io::Error::other)?;
        let mut far = StreamOwned::new(connection, TcpStream::connect((SITE, 443))?);
        far.write_all(request.as_bytes())?;
        far.read_to_end(&mut answer)?;
    } else {
        let mut far = TcpStream::connect((SITE, 80))?;
        far.write_all(request.as_bytes())?;
        far.read_to_end(&mut answer)?;
    }
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(0);
    stream.write_all(&answer[..end])?;
    stream.write_all(b"\r\nVia: 1.1 relais\r\nAge: 7")?;
    stream.write_all(&answer[end..])
}

fn server_config(keys: &Path, name: &str) -> Arc<ServerConfig> {
    let chain = CertificateDer::from_pem_file(keys.join(format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(keys.join(format!("{name}.key"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(vec![chain], key).unwrap())
}

fn client_config(keys: &Path) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(keys.join("site-root.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// A service that tells the address it is asked from, or what it is told to say; its address.
pub(crate) fn echo(listen: &str, says: Option<&'static str>) -> SocketAddr {
    let listener = TcpListener::bind((listen, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    accept(listener, move |mut stream, peer| {
        let _ = head(&mut stream);
        let body = says.map_or_else(|| peer.ip().to_string(), str::to_owned);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let _ = stream.write_all(head.as_bytes());
    });
    address
}

/// A service whose answer changes when it is told that we moved.
pub(crate) struct Moving {
    pub(crate) address: SocketAddr,
    pub(crate) moved: Arc<AtomicBool>,
}

/// Such a service, on loopback.
pub(crate) fn moving(before: &'static str, after: &'static str) -> Moving {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, moved) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
    let state = Arc::clone(&moved);
    accept(listener, move |mut stream, _| {
        let _ = head(&mut stream);
        let body = if state.load(Ordering::Relaxed) { after } else { before };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        let _ = stream.write_all(head.as_bytes());
    });
    Moving { address, moved }
}

/// A proxy (`CONNECT`, RFC 9110, 9.3.6) whose way out leads to `exit`, wherever it is asked to go; its address.
pub(crate) fn proxy(exit: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    accept(listener, move |mut stream, _| {
        let lines = head(&mut stream).unwrap_or_default();
        let mut far = TcpStream::connect(exit).unwrap();
        if lines.first().is_some_and(|line| line.starts_with("CONNECT")) {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let (mut back, mut out) = (far.try_clone().unwrap(), stream.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut back, &mut out));
            let _ = std::io::copy(&mut stream, &mut far);
        } else {
            let _ = far.write_all(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes());
            let _ = std::io::copy(&mut far, &mut stream);
        }
    });
    address
}
