//! Connections: bounded in number and in time, TLS first, one request after the other, closed with care.
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use dossier::Sha256Digest;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::config::{Limites, PortailError};
use crate::remise::Accuse;

/// Connections of each address, so that one machine does not take all the places. A relay of this machine speaks for many.
#[derive(Debug, Default)]
struct ParAdresse(Mutex<BTreeMap<IpAddr, usize>>);

/// A place taken; given back when it goes.
#[derive(Debug)]
struct Prise(Arc<ParAdresse>, IpAddr);

impl ParAdresse {
    fn prendre(self: &Arc<Self>, adresse: IpAddr, most: usize) -> Option<Prise> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = held.entry(adresse).or_default();
        if *taken >= most && !adresse.is_loopback() {
            return None;
        }
        *taken += 1;
        Some(Prise(self.clone(), adresse))
    }
}

impl Drop for Prise {
    fn drop(&mut self) {
        let mut held = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        match held.get_mut(&self.1) {
            Some(taken) if *taken > 1 => *taken -= 1,
            _ => drop(held.remove(&self.1)),
        }
    }
}

/// Whom a request comes from.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// His address.
    pub(crate) adresse: IpAddr,
    /// Digest of the client certificate that TLS checked.
    pub(crate) certificat: Option<Sha256Digest>,
    /// What his connection owes.
    pub(crate) accuse: Arc<Accuse>,
}

/// Serves until `arret`, then lets what is under way end.
pub(crate) async fn servir(
    router: Router,
    listener: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    limites: Limites,
    arret: impl Future<Output = ()> + Send,
) -> Result<(), PortailError> {
    let acceptor = tls.map(TlsAcceptor::from);
    let places = Arc::new(Semaphore::new(limites.connexions));
    let par_adresse = Arc::new(ParAdresse::default());
    let (stop, stopped) = watch::channel(false);
    let mut arret = std::pin::pin!(arret);
    loop {
        let place = tokio::select! {
            () = &mut arret => break,
            place = places.clone().acquire_owned() => place,
        };
        let accepted = tokio::select! {
            () = &mut arret => break,
            accepted = listener.accept() => accepted,
        };
        let (Ok(place), Ok((stream, peer))) = (place, accepted) else {
            // Out of descriptors, or a connection that ended at once: the next one, a little later.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Some(prise) = par_adresse.prendre(peer.ip(), limites.connexions_par_adresse) else { continue };
        let (router, acceptor, stopped) = (router.clone(), acceptor.clone(), stopped.clone());
        tokio::spawn(async move {
            accueillir(stream, peer.ip(), acceptor, router, limites, stopped).await;
            drop((place, prise));
        });
    }
    drop(listener);
    let _ = stop.send(true);
    let all = u32::try_from(limites.connexions).unwrap_or(u32::MAX);
    let _ = timeout(Duration::from_secs(10), places.acquire_many(all)).await;
    Ok(())
}

async fn accueillir(
    stream: TcpStream,
    adresse: IpAddr,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    limites: Limites,
    stopped: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let mut pair = Pair { adresse, certificat: None, accuse: Arc::default() };
    let Some(acceptor) = acceptor else { return mener(stream, pair, router, limites, stopped).await };
    let Ok(Ok(stream)) = timeout(limites.entetes, acceptor.accept(stream)).await else { return };
    let chain = stream.get_ref().1.peer_certificates();
    pair.certificat = chain.and_then(|chain| chain.first()).map(|leaf| Sha256Digest::of(leaf));
    mener(stream, pair, router, limites, stopped).await;
}

/// One connection, to its end.
async fn mener<S>(io: S, pair: Pair, router: Router, limites: Limites, mut stopped: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let accuse = pair.accuse.clone();
    let inner = TowerToHyperService::new(router.layer(axum::Extension(pair)));
    let service = service_fn(move |request: hyper::Request<Incoming>| Box::pin(inner.call(request)));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limites.entetes)
        .max_headers(64)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(io), service);
    let mut asked = false;
    let mut end = std::pin::pin!(tokio::time::sleep(limites.remise));
    let whole = loop {
        tokio::select! {
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => break ended.is_ok(),
            () = &mut end => break false,
            _ = stopped.changed(), if !asked => {
                asked = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    let owed = accuse.prendre();
    let wait = if owed.is_some() { limites.entetes * 3 } else { Duration::from_secs(5) };
    let whole = whole && fermer(connection.into_parts().io.into_inner(), wait).await;
    if let Some(owed) = owed {
        let _ = owed.send(whole);
    }
}

/// The most octets of a refused body that are read to no purpose.
const DRAINED: usize = 32 * 1024 * 1024;

/// Closes our side and waits for the other's: true when it closed without an error, having taken everything.
async fn fermer<S: AsyncRead + AsyncWrite + Unpin>(mut io: S, wait: Duration) -> bool {
    let close = async {
        io.shutdown().await?;
        let mut rest = vec![0; 16 * 1024];
        let mut read = 0;
        // What comes now is nothing we asked for: a body refused at its first part. It is read all the same, within bounds: a
        // connection closed on octets that were not read is reset, and the other side may lose the answer that tells it why.
        while read < DRAINED {
            match io.read(&mut rest).await {
                Ok(0) => return Ok(true),
                Ok(some) => read += some,
                // TLS ended by the network's own end.
                Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(true),
                Err(e) => return Err(e),
            }
        }
        Ok::<bool, std::io::Error>(false)
    };
    matches!(timeout(wait, close).await, Ok(Ok(true)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_does_not_take_every_place() {
        let all = Arc::new(ParAdresse::default());
        let (one, other, here): (IpAddr, IpAddr, IpAddr) =
            ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap(), "127.0.0.1".parse().unwrap());
        let (first, second) = (all.prendre(one, 2), all.prendre(one, 2));
        assert!(first.is_some() && second.is_some() && all.prendre(one, 2).is_none());
        assert!(all.prendre(other, 2).is_some());
        assert!((0..5).map(|_| all.prendre(here, 2)).collect::<Vec<_>>().iter().all(Option::is_some));
        drop(first);
        assert!(all.prendre(one, 2).is_some());
        drop(second);
        assert!(all.0.lock().unwrap().is_empty());
    }
}
