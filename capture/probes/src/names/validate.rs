//! Whether an answer is signed by those whom the root of the DNS designates (DNSSEC, RFC 4033 to 4035).
//!
//! The rules are those of `hickory-net`'s validator; this file gives it our questions, our clock and our anchors, so that
//! everything it was told stands in the transcript.
use std::cell::Cell;
use std::future::{Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::executor::block_on;
use hickory_net::dnssec::DnssecDnsHandle;
use hickory_net::proto::dnssec::Proof;
use hickory_net::proto::op::{DnsRequest, DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_net::proto::rr::{Name, Record, RecordType};
use hickory_net::runtime::{RuntimeProvider, Time, TokioHandle, TokioRuntimeProvider};
use hickory_net::{DnsError, DnsHandle, NetError};

use super::anchors::Anchors;
use super::found::Found;
use super::wire::{Asker, Want};

/// What the chain of signatures says of an answer (RFC 4033 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    /// It should be signed and is not, or falsely.
    Bogus,
    /// It could not be told.
    Indeterminate,
    /// The domain is provably not signed.
    Insecure,
    /// Signed, from the root on.
    Secure,
}

impl State {
    /// The word of the standard.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Bogus => "bogus",
            Self::Indeterminate => "indeterminate",
            Self::Insecure => "insecure",
            Self::Secure => "secure",
        }
    }

    fn of(proof: Proof) -> Self {
        match proof {
            Proof::Secure => Self::Secure,
            Proof::Insecure => Self::Insecure,
            Proof::Bogus => Self::Bogus,
            Proof::Indeterminate => Self::Indeterminate,
        }
    }
}

/// What a server gives of the signatures.
#[derive(Clone)]
pub(crate) enum Signatures {
    /// They lead to the anchors.
    Ready(Box<Validator>),
    /// It gives none: nothing can be told through it, for this reason.
    Absent(String),
    /// Those it gives for the root are not of the keys we trust.
    OtherRoot,
    /// It did not answer.
    Silent(String),
}

impl Signatures {
    /// For the journal.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Ready(_) => "ready",
            Self::Absent(_) => "absent",
            Self::OtherRoot => "other_root",
            Self::Silent(_) => "silent",
        }
    }

    /// Why nothing can be proved through this server.
    pub(crate) fn why(&self) -> Option<String> {
        match self {
            Self::Ready(_) => None,
            Self::Absent(why) | Self::Silent(why) => Some(why.clone()),
            Self::OtherRoot => Some(
                "les clés de la racine que ce serveur donne ne sont pas celles des ancres de confiance, ou leurs signatures ne valent pas à la date de cette machine".into(),
            ),
        }
    }
}

/// What was found of a name and a type.
#[derive(Clone, Debug)]
pub(crate) struct Validated {
    /// What the signatures say.
    pub(crate) state: State,
    /// Why, when it is neither secure nor insecure.
    pub(crate) why: Option<String>,
    /// The answer; `None` when there is none.
    pub(crate) answer: Option<Found>,
}

/// Answers validated through one server.
#[derive(Clone)]
pub(crate) struct Validator {
    handle: DnssecDnsHandle<Questions>,
    asker: Arc<Asker>,
}

/// Tries a server: whether the root's own keys come with signatures that lead to the anchors.
pub(crate) fn signatures(asker: &Arc<Asker>, anchors: &Anchors) -> Signatures {
    let root = match asker.ask(&Name::root(), RecordType::DNSKEY, Want::Signatures) {
        Ok(message) => message,
        Err(why) => return Signatures::Silent(why),
    };
    let given = |kind: RecordType| root.answers.iter().any(|r| r.record_type() == kind);
    if !given(RecordType::DNSKEY) || !given(RecordType::RRSIG) {
        return Signatures::Absent("ce serveur ne transmet pas les signatures DNSSEC de la racine".into());
    }
    let trusted = Arc::new(anchors.trusted(&root.answers));
    if trusted.is_empty() {
        return Signatures::OtherRoot;
    }
    let handle = DnssecDnsHandle::with_trust_anchor(Questions(Arc::clone(asker)), trusted);
    let validator = Validator { handle, asker: Arc::clone(asker) };
    match validator.validated(&Name::root(), RecordType::DNSKEY).state {
        State::Secure => Signatures::Ready(Box::new(validator)),
        _ => Signatures::OtherRoot,
    }
}

impl Validator {
    /// The answer for `name` and what its signatures are worth.
    pub(crate) fn validated(&self, name: &Name, kind: RecordType) -> Validated {
        let none = |why: String| Validated { state: State::Indeterminate, why: Some(why), answer: None };
        let message = match self.asker.ask(name, kind, Want::Signatures) {
            Ok(message) => message,
            Err(why) => return none(why),
        };
        if !matches!(message.metadata.response_code, ResponseCode::NoError | ResponseCode::NXDomain) {
            let found = Found::read(&message, name);
            return Validated { answer: Some(found.clone()), ..none(format!("réponse {}", found.code)) };
        }
        let found = Some(Found::read(&message, name));
        let (state, why) = self.proved(name, kind);
        Validated { state, why, answer: found }
    }

    fn proved(&self, name: &Name, kind: RecordType) -> (State, Option<String>) {
        NOW.set(self.asker.seconds());
        let request = DnsRequest::from_query(Query::query(name.clone(), kind), DnsRequestOptions::default());
        let false_chain = "les signatures ne se vérifient pas, ou celles qui devraient être là manquent";
        match block_on(self.handle.send(request).next()) {
            Some(Ok(response)) => match worst(&response) {
                State::Bogus => (State::Bogus, Some(false_chain.into())),
                State::Indeterminate => {
                    (State::Indeterminate, Some("la chaîne des signatures n'a pas pu être suivie".into()))
                }
                state => (state, None),
            },
            Some(Err(NetError::Dns(DnsError::Nsec { proof, .. }))) => match State::of(proof) {
                State::Secure | State::Bogus => (State::Bogus, Some(false_chain.into())),
                State::Insecure => (State::Insecure, None),
                State::Indeterminate => (State::Indeterminate, Some("l'absence n'a pas pu être prouvée".into())),
            },
            Some(Err(error)) => (State::Indeterminate, Some(format!("la chaîne n'a pas pu être suivie : {error}"))),
            None => (State::Indeterminate, Some("la chaîne n'a pas pu être suivie".into())),
        }
    }
}

/// Follows every question of a server that is only remembered, from whatever keys it gives itself: for the fuzzer.
pub(crate) fn followed(asker: &Arc<Asker>, asked: &[(Name, RecordType)]) {
    let root = asker.ask(&Name::root(), RecordType::DNSKEY, Want::Signatures).map(|m| m.answers).unwrap_or_default();
    let handle = DnssecDnsHandle::with_trust_anchor(Questions(Arc::clone(asker)), Arc::new(Anchors::all(&root)));
    let validator = Validator { handle, asker: Arc::clone(asker) };
    for (name, kind) in asked.iter().take(16) {
        let _ = validator.validated(name, *kind);
    }
}

/// The least that the records which answer are worth. Without any, the validator let pass a proven absence, or an unsigned one.
fn worst(response: &DnsResponse) -> State {
    let data = |r: &&Record| r.record_type() != RecordType::RRSIG;
    let of = |records: &[Record]| records.iter().filter(data).map(|r| State::of(r.proof)).min();
    match of(&response.answers) {
        Some(state) => state,
        None => of(&response.authorities).unwrap_or(State::Insecure),
    }
}

thread_local! {
    /// The date by the machine's clock, for the validation that runs on this thread.
    static NOW: Cell<u64> = const { Cell::new(0) };
}

/// The validator's questions, asked by our own code.
#[derive(Clone)]
struct Questions(Arc<Asker>);

impl DnsHandle for Questions {
    type Response = futures::stream::Once<Ready<Result<DnsResponse, NetError>>>;
    type Runtime = NoRuntime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let answer = match request.queries.first() {
            Some(query) => self.0.ask(query.name(), query.query_type(), Want::Signatures).map_err(NetError::from),
            None => Err(NetError::from("no question")),
        };
        let answer = answer.and_then(|message| DnsResponse::from_message(message).map_err(NetError::from));
        futures::stream::once(ready(answer))
    }
}

/// The validator names a runtime for its clock only: nothing here waits or opens a connection by it.
#[derive(Clone)]
struct NoRuntime;

struct MachineTime;

type Later<T> = Pin<Box<dyn Send + Future<Output = io::Result<T>>>>;

impl RuntimeProvider for NoRuntime {
    type Handle = TokioHandle;
    type Timer = MachineTime;
    type Udp = <TokioRuntimeProvider as RuntimeProvider>::Udp;
    type Tcp = <TokioRuntimeProvider as RuntimeProvider>::Tcp;

    fn create_handle(&self) -> Self::Handle {
        TokioHandle::default()
    }

    fn connect_tcp(&self, _: SocketAddr, _: Option<SocketAddr>, _: Option<Duration>) -> Later<Self::Tcp> {
        Box::pin(ready(Err(io::ErrorKind::Unsupported.into())))
    }

    fn bind_udp(&self, _: SocketAddr, _: SocketAddr) -> Later<Self::Udp> {
        Box::pin(ready(Err(io::ErrorKind::Unsupported.into())))
    }
}

/// What the trait's own macro makes of an asynchronous method.
type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Time for MachineTime {
    fn delay_for<'a>(_: Duration) -> Boxed<'a, ()> {
        Box::pin(ready(()))
    }

    fn timeout<'a, F>(_: Duration, future: F) -> Boxed<'a, io::Result<F::Output>>
    where
        F: 'static + Future + Send + 'a,
    {
        Box::pin(async { Ok(future.await) })
    }

    fn current_time() -> u64 {
        NOW.get()
    }
}
