//! Handing an act over: octets as the vault gives them, and the end told only when the whole connection ended well.
//!
//! The platform writes in a thread ([`Canal`]); the connection reads ([`Flux`]). The response says `Connection: close`: once all
//! is written the server closes its side, and the recipient's machine answers by closing its own, after it took every octet.
//! That answer is the acknowledgement (row D05); an error, or silence, makes the handing over an interrupted one.
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Mutex;
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
