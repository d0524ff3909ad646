//! Our own TLS handshake with a host: the chain it presents is kept, then judged, and nothing is sent to whom it does not prove.
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use dossier::Instant as Date;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use super::chain::{NotPublic, Verified, public_root, reason};
use crate::network::reach;

const LOOKUP: Duration = Duration::from_millis(1500);
const CONNECT: Duration = Duration::from_millis(1500);
/// The handshake itself.
const WAIT: Duration = Duration::from_millis(2500);

/// What a host presented.
pub(super) struct Presented {
    pub(super) address: SocketAddr,
    /// The version agreed on, when the handshake went that far.
    pub(super) version: Option<String>,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) verified: Result<Verified, NotPublic>,
    /// The handshake ended: the host holds the key of its certificate, which names it.
    pub(super) complete: bool,
    /// Why it did not, though the chain is public.
    pub(super) why: Option<String>,
}

/// Makes the handshake. An error: the host was not reached, or spoke no TLS.
pub(super) fn present(host: &str, port: u16, roots: Option<&[Vec<u8>]>, now: Date) -> Result<Presented, String> {
    let addresses = reach::lookup(host, port, LOOKUP)?;
    let (stream, address) = reach::connect(&addresses, CONNECT)?;
    let name = ServerName::try_from(host.to_owned()).map_err(|e| e.to_string())?;
    let provider = Arc::new(ring::default_provider());
    let recorder = Arc::new(Recorder {
        provider: Arc::clone(&provider),
        roots: roots.map(<[Vec<u8>]>::to_vec),
        now,
        seen: Mutex::new(Vec::new()),
    });
    let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|e| e.to_string())?;
    let mut bounded = Bounded { stream, until: Instant::now() + WAIT };
    let ended = shake(&mut connection, &mut bounded);
    let chain = std::mem::take(&mut *recorder.seen.lock().unwrap_or_else(PoisonError::into_inner));
    if chain.is_empty() {
        return Err(ended.err().unwrap_or_else(|| "aucun certificat présenté".into()));
    }
    let version = connection.protocol_version().map(|version| format!("{version:?}").replace("TLSv1_", "TLS 1."));
    let verified = public_root(&chain, now, roots);
    let complete = ended.is_ok();
    let why = ended.err().filter(|_| verified.is_ok());
    connection.send_close_notify();
    let _ = connection.write_tls(&mut bounded);
    Ok(Presented { address, version, chain, verified, complete, why })
}

fn shake(connection: &mut ClientConnection, stream: &mut Bounded) -> Result<(), String> {
    while connection.is_handshaking() {
        match connection.complete_io(stream) {
            Ok(_) => {}
            Err(error) => {
                let inner = error.get_ref().and_then(|e| e.downcast_ref::<Error>());
                return Err(inner.map_or_else(|| error.to_string(), reason));
            }
        }
    }
    Ok(())
}

/// A stream that ends at an instant, however slowly the other side gives its octets.
struct Bounded {
    stream: TcpStream,
    until: Instant,
}

impl Bounded {
    fn left(&self) -> io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::Error::new(io::ErrorKind::TimedOut, "délai dépassé")) } else { Ok(left) }
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Keeps the chain, then accepts it only when it is public, in time and names the host.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    roots: Option<Vec<Vec<u8>>>,
    now: Date,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain: Vec<Vec<u8>> = [end_entity].into_iter().chain(intermediates).map(|c| c.to_vec()).collect();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&chain);
        let verified = public_root(&chain, self.now, self.roots.as_deref());
        let verified = verified.map_err(|_| Error::InvalidCertificate(CertificateError::UnknownIssuer))?;
        if !verified.in_time {
            return Err(Error::General("certificat hors de sa période de validité".into()));
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
