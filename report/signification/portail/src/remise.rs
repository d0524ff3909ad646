//! Handing an act over: octets as the vault gives them, and the end told only when the whole connection ended well.
//!
//! The platform writes in a thread ([`Canal`]); the connection reads ([`Flux`]). The response says `Connection: close`: once all
//! is written the server closes its side, and the recipient's machine answers by closing its own, after it took every octet.
//! That answer is the acknowledgement (row D05); an error, or silence, makes the handing over an interrupted one.
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use signification::platform::Handover;
use tokio::sync::{mpsc, oneshot};

/// What a connection owes to the act being handed over on it.
#[derive(Debug, Default)]
pub(crate) struct Accuse(Mutex<Option<oneshot::Sender<bool>>>);

impl Accuse {
    pub(crate) fn attendre(&self, sender: oneshot::Sender<bool>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(sender);
    }

    pub(crate) fn prendre(&self) -> Option<oneshot::Sender<bool>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }
}

/// The platform's end.
#[derive(Debug)]
pub(crate) struct Canal {
    envoi: Option<mpsc::Sender<Bytes>>,
    accuse: Option<oneshot::Receiver<bool>>,
}

/// The connection's end: exactly `reste` octets, or an error.
#[derive(Debug)]
pub(crate) struct Flux {
    premier: Option<Bytes>,
    recu: mpsc::Receiver<Bytes>,
    reste: u64,
}

/// Both ends, and what the connection tells the end with.
pub(crate) fn ouvrir() -> (Canal, mpsc::Receiver<Bytes>, oneshot::Sender<bool>) {
    // Four pieces ahead: a slow reader holds a slot of the platform, not its memory.
    let (envoi, recu) = mpsc::channel(4);
    let (fin, accuse) = oneshot::channel();
    (Canal { envoi: Some(envoi), accuse: Some(accuse) }, recu, fin)
}

impl Flux {
    pub(crate) fn new(premier: Bytes, recu: mpsc::Receiver<Bytes>, total: u64) -> Self {
        Self { premier: Some(premier), recu, reste: total }
    }
}

/// The platform's end of a file whose length is not known before: a whole dossier. It is no handing over of an act: nothing is
/// acknowledged, and its end is that of the zip.
#[derive(Debug)]
pub(crate) struct CanalLibre {
    envoi: mpsc::Sender<Bytes>,
    tenu: Vec<u8>,
    entier: Arc<AtomicBool>,
}

/// Octets sent at a time: a zip writes many small pieces.
const MORCEAU: usize = 64 * 1024;

/// Both ends of such a file.
pub(crate) fn ouvrir_libre() -> (CanalLibre, FluxLibre) {
    let (envoi, recu) = mpsc::channel(4);
    let entier = Arc::new(AtomicBool::new(false));
    let canal = CanalLibre { envoi, tenu: Vec::with_capacity(MORCEAU), entier: entier.clone() };
    (canal, FluxLibre { premier: None, recu, entier })
}

/// The connection's end: octets until the platform says it is whole, or an error.
#[derive(Debug)]
pub(crate) struct FluxLibre {
    premier: Option<Bytes>,
    recu: mpsc::Receiver<Bytes>,
    entier: Arc<AtomicBool>,
}

impl FluxLibre {
    /// Waits for the first octets: until then the answer may still be a page. `false` when there are none.
    pub(crate) async fn commence(&mut self) -> bool {
        match self.recu.recv().await {
            Some(first) => {
                self.premier = Some(first);
                true
            }
            None => false,
        }
    }
}

impl CanalLibre {
    fn pousser(&mut self) -> io::Result<()> {
        if self.tenu.is_empty() {
            return Ok(());
        }
        let sent = self.envoi.blocking_send(Bytes::from(std::mem::take(&mut self.tenu)));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for CanalLibre {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.tenu.extend_from_slice(octets);
        if self.tenu.len() >= MORCEAU {
            self.pousser()?;
        }
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Handover for CanalLibre {
    fn complete(&mut self) -> io::Result<()> {
        self.pousser()?;
        self.entier.store(true, Ordering::Release);
        Ok(())
    }
}

impl Body for FluxLibre {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.premier.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        self.recu.poll_recv(cx).map(|next| match next {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.entier.swap(true, Ordering::AcqRel) => None,
            // What was not finished ends by an error: a browser keeps no half of a dossier as if it were one.
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}

impl Write for Canal {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let envoi = self.envoi.as_ref().ok_or_else(gone)?;
        envoi.blocking_send(Bytes::copy_from_slice(octets)).map_err(|_| gone())?;
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Handover for Canal {
    fn complete(&mut self) -> io::Result<()> {
        self.envoi = None;
        match self.accuse.take().map(oneshot::Receiver::blocking_recv) {
            Some(Ok(true)) => Ok(()),
            _ => Err(io::ErrorKind::ConnectionAborted.into()),
        }
    }
}

impl Body for Flux {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.reste == 0 {
            return Poll::Ready(None);
        }
        let next = match self.premier.take() {
            Some(first) => Some(first),
            None => match self.recu.poll_recv(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(next) => next,
            },
        };
        match next.filter(|bytes| bytes.len() as u64 <= self.reste) {
            Some(bytes) => {
                self.reste -= bytes.len() as u64;
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            None => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.reste == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.reste)
    }
}
