//! What may wait for ever (a resolver, a socket nobody reads) is done in a thread of its own and waited for with a deadline.
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The answer of `ask`, when it comes within `deadline`. A late one ends by itself, and is not heard.
pub(crate) fn within<T: Send + 'static>(deadline: Duration, ask: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let _ = sender.send(ask());
    });
    receiver.recv_timeout(deadline).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_is_left() {
        assert_eq!(within(Duration::from_secs(60), || 7), Some(7));
        let (_kept, never) = mpsc::channel::<()>();
        assert_eq!(within(Duration::from_millis(20), move || never.recv()), None);
    }
}
