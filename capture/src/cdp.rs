//! A thin Chrome DevTools Protocol client over raw JSON, with flat sessions.
//!
//! chromiumoxide starts the browser; its `Handler` is not used, because it parses every message into types generated
//! from an older protocol (r1566079, while Debian ships a later browser) and drops what does not fit, detaches from
//! service workers and resumes child targets before their network is observed. A dropped event is lost evidence: here a
//! message that cannot be read is kept as it came, and counted.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::protocol::WebSocketConfig;
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

mod queue;

use queue::{Next, Queue};

/// The deadline of an ordinary command.
pub(crate) const COMMAND: Duration = Duration::from_secs(20);
/// How much of a message that could not be read is kept, in octets.
const KEPT: usize = 64 * 1024;

/// Why a command gave nothing.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CdpError {
    #[error("{method}: no answer within {} s", after.as_secs())]
    Timeout { method: String, after: Duration },
    #[error("{method}: {message}")]
    Refused { method: String, message: String },
    #[error("{method}: the browser's connection is closed")]
    Closed { method: String },
}

/// An event, as it came.
#[derive(Clone, Debug)]
pub(crate) struct CdpEvent {
    /// The flat session it belongs to; `None` is the browser itself.
    pub(crate) session: Option<String>,
    pub(crate) method: String,
    pub(crate) params: Value,
}

/// The answer of a command, or the browser's words.
pub(crate) type Answer = Result<Value, String>;

#[derive(Default)]
struct Shared {
    pending: Mutex<BTreeMap<u64, oneshot::Sender<Answer>>>,
    unparsed: Mutex<Vec<String>>,
    next: AtomicU64,
    /// Events that came from the browser, and those of them that were given on.
    came: AtomicU64,
    given: AtomicU64,
    closed: AtomicBool,
}

/// A connection to the browser; clones share it.
#[derive(Clone)]
pub(crate) struct Cdp {
    shared: Arc<Shared>,
    out: mpsc::UnboundedSender<String>,
}

/// The events of a connection, in the browser's order.
pub(crate) struct Events {
    queue: Arc<Queue>,
    shared: Arc<Shared>,
}

impl Events {
    /// The next event; `None` when the connection ended. A message that cannot be read is kept as it came.
    pub(crate) async fn recv(&mut self) -> Option<CdpEvent> {
        loop {
            match self.queue.next().await? {
                Next::Message(text) => {
                    self.shared.given.fetch_add(1, Ordering::SeqCst);
                    match read(&text) {
                        Some(Incoming::Event(event)) => return Some(event),
                        _ => self.shared.unread(&text),
                    }
                }
                Next::Lost(count, why) => {
                    self.shared.given.fetch_add(count, Ordering::SeqCst);
                    let told =
                        format!("{count} messages mis en attente sur le disque n'ont pas pu y être relus : {why}");
                    self.shared.unread(&told);
                }
            }
        }
    }
}

/// Locks a mutex; a panic elsewhere does not take the evidence with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cdp {
    /// Connects to a browser's websocket. Events come out of the receiver in the browser's order; it ends when the
    /// connection does.
    pub(crate) async fn connect(url: &str) -> Result<(Self, Events), CdpError> {
        let config = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let connecting = async_tungstenite::tokio::connect_async_with_config(url, Some(config));
        let method = "connect".to_owned();
        let stream = match tokio::time::timeout(COMMAND, connecting).await {
            Err(_) => return Err(CdpError::Timeout { method, after: COMMAND }),
            Ok(Err(error)) => return Err(CdpError::Refused { method, message: error.to_string() }),
            Ok(Ok((stream, _))) => stream,
        };
        let (mut sink, mut source) = stream.split();
        let (out, mut outgoing) = mpsc::unbounded_channel::<String>();
        let queue = Queue::new();
        let shared = Arc::new(Shared::default());
        tokio::spawn(async move {
            while let Some(text) = outgoing.recv().await {
                if sink.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
        });
        let reader = Arc::clone(&shared);
        let events = Events { queue: Arc::clone(&queue), shared: Arc::clone(&shared) };
        tokio::spawn(async move {
            while let Some(message) = source.next().await {
                match message {
                    Ok(Message::Text(text)) => reader.receive(text.as_str(), &queue),
                    Ok(Message::Close(_)) | Err(_) => break,
                    Ok(_) => {}
                }
            }
            reader.closed.store(true, Ordering::SeqCst);
            // Dropping the senders tells every waiting caller that no answer will come.
            lock(&reader.pending).clear();
            queue.close();
        });
        Ok((Self { shared, out }, events))
    }

    /// Sends a command without waiting; the answer comes through the receiver. Commands of one session are carried out
    /// in the order of these calls.
    pub(crate) fn send(&self, session: Option<&str>, method: &str, params: Value) -> oneshot::Receiver<Answer> {
        let id = self.shared.next.fetch_add(1, Ordering::SeqCst) + 1;
        let (sender, receiver) = oneshot::channel();
        lock(&self.shared.pending).insert(id, sender);
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        if self.shared.closed.load(Ordering::SeqCst) || self.out.send(message.to_string()).is_err() {
            lock(&self.shared.pending).remove(&id);
        }
        receiver
    }

    /// Sends a command and waits for its answer until the deadline.
    pub(crate) async fn call_within(
        &self,
        session: Option<&str>,
        method: &str,
        params: Value,
        deadline: Duration,
    ) -> Result<Value, CdpError> {
        let receiver = self.send(session, method, params);
        let method = method.to_owned();
        match tokio::time::timeout(deadline, receiver).await {
            Err(_) => Err(CdpError::Timeout { method, after: deadline }),
            Ok(Err(_)) => Err(CdpError::Closed { method }),
            Ok(Ok(Err(message))) => Err(CdpError::Refused { method, message }),
            Ok(Ok(Ok(value))) => Ok(value),
        }
    }

    /// The same with the ordinary deadline.
    pub(crate) async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, CdpError> {
        self.call_within(session, method, params, COMMAND).await
    }

    /// Messages that could not be read, cut at 64 KiB each.
    pub(crate) fn unparsed(&self) -> Vec<String> {
        lock(&self.shared.unparsed).clone()
    }

    /// Waits until every event that came before now was given to the reader of events: answers do not wait for them.
    pub(crate) async fn caught_up(&self) {
        let came = self.shared.came.load(Ordering::SeqCst);
        while self.shared.given.load(Ordering::SeqCst) < came && !self.is_closed() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Whether the browser has gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// Answers go to who asked, at once; events wait their turn, unread: one pass finds what a message is.
    fn receive(&self, text: &str, events: &Queue) {
        match serde_json::from_str::<Head>(text) {
            Ok(Head { id: None, method: Some(_) }) => {
                self.came.fetch_add(1, Ordering::SeqCst);
                events.push(text.to_owned());
            }
            Ok(Head { id: Some(_), .. }) => match read(text) {
                Some(Incoming::Answer(id, answer)) => {
                    // A late answer to a command whose caller gave up is no evidence.
                    if let Some(sender) = lock(&self.pending).remove(&id) {
                        let _ = sender.send(answer);
                    }
                }
                _ => self.unread(text),
            },
            _ => self.unread(text),
        }
    }

    fn unread(&self, text: &str) {
        lock(&self.unparsed).push(text.chars().take(KEPT).collect());
    }
}

/// What tells answers from events.
#[derive(serde::Deserialize)]
struct Head {
    id: Option<u64>,
    method: Option<String>,
}

enum Incoming {
    Answer(u64, Answer),
    Event(CdpEvent),
}

fn read(text: &str) -> Option<Incoming> {
    let Ok(Value::Object(mut message)) = serde_json::from_str(text) else { return None };
    if let Some(id) = message.get("id").and_then(Value::as_u64) {
        let answer = match message.remove("error") {
            Some(error) => Err(error.get("message").and_then(Value::as_str).unwrap_or("error").to_owned()),
            None => Ok(message.remove("result").unwrap_or(Value::Null)),
        };
        return Some(Incoming::Answer(id, answer));
    }
    let Some(Value::String(method)) = message.remove("method") else { return None };
    let session = message.get("sessionId").and_then(Value::as_str).map(str::to_owned);
    Some(Incoming::Event(CdpEvent { session, method, params: message.remove("params").unwrap_or(Value::Null) }))
}

/// A text inside a message, by a path of keys.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// A whole number inside a message; the protocol writes some of them as floats.
pub(crate) fn whole(value: &Value, pointer: &str) -> Option<i64> {
    let number = value.pointer(pointer)?;
    number.as_i64().or_else(|| number.as_f64().map(|f| f.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_events_and_rubbish_are_told_apart() {
        let event = r#"{"method":"Network.x","params":{"a":1.5},"sessionId":"S"}"#;
        let Some(Incoming::Event(event)) = read(event) else { panic!("not an event") };
        assert_eq!((event.method.as_str(), event.session.as_deref()), ("Network.x", Some("S")));
        assert_eq!(whole(&event.params, "/a"), Some(2));
        let Some(Incoming::Answer(7, Err(why))) = read(r#"{"id":7,"error":{"code":-1,"message":"no"}}"#) else {
            panic!("not an error")
        };
        assert_eq!(why, "no");
        for rubbish in ["", "[]", "{}", "{\"id\":\"x\"}", "{\"method\":3}", "\u{feff}{}"] {
            assert!(read(rubbish).is_none(), "{rubbish}");
        }
    }
}
