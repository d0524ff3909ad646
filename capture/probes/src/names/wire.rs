//! One server asked by DNS messages of our own (RFC 1035, RFC 6891): UDP, then TCP when the answer was cut, never for long.
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use hickory_net::proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_net::proto::rr::{DNSClass, Name, RData, RecordType};

use super::transcript::{Transcript, Transport};
use crate::World;

/// How long one attempt waits.
const WAIT: Duration = Duration::from_millis(1500);
/// How often a question is sent over UDP before it is given up.
const ATTEMPTS: u32 = 2;
/// A server that left so many questions without any answer at all is not asked again.
const PATIENCE: u32 = 2;
/// The most that one server is asked: a chain of trust is short, and an answer may not make us ask for ever.
const QUESTIONS: usize = 600;
/// What fits in one packet everywhere (RFC 9715).
const PAYLOAD: u16 = 1232;

/// What is asked for with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Want {
    /// What any program of the machine gets.
    Plain,
    /// Signatures too, and the answer even when the server finds them false (DO and CD, RFC 4035).
    Signatures,
}

type Answered = Result<Message, String>;
type Key = (String, u16, Want);

/// A server, and what it answered so far: the same question is asked once.
pub(crate) struct Asker {
    /// Its address.
    pub(crate) server: SocketAddr,
    until: Instant,
    world: World,
    transcript: Arc<Transcript>,
    memory: Mutex<BTreeMap<Key, Arc<OnceLock<Answered>>>>,
    answers: AtomicU32,
    silences: AtomicU32,
}

impl Asker {
    /// Asks `server` until `until`; every message goes into `transcript`.
    pub(crate) fn new(world: &World, server: SocketAddr, until: Instant, transcript: &Arc<Transcript>) -> Self {
        Self {
            server,
            until,
            world: world.clone(),
            transcript: Arc::clone(transcript),
            memory: Mutex::default(),
            answers: AtomicU32::new(0),
            silences: AtomicU32::new(0),
        }
    }

    /// The instant by the machine's clock, in seconds: signatures hold between two dates.
    pub(crate) fn seconds(&self) -> u64 {
        u64::try_from(self.world.clock.now().as_millisecond() / 1000).unwrap_or(0)
    }

    /// Asks for the records of `name`; why there is no answer is a French sentence.
    pub(crate) fn ask(&self, name: &Name, kind: RecordType, want: Want) -> Answered {
        let key = (name.to_lowercase().to_ascii(), u16::from(kind), want);
        let cell = {
            let mut memory = self.memory.lock().map_err(|_| "mémoire des réponses perdue".to_owned())?;
            if memory.len() >= QUESTIONS && !memory.contains_key(&key) {
                return Err(format!("plus de {QUESTIONS} questions à un même serveur : il n'est plus interrogé"));
            }
            Arc::clone(memory.entry(key).or_default())
        };
        cell.get_or_init(|| self.exchange(name, kind, want)).clone()
    }

    /// Which server answers, in its own words (`id.server`, RFC 4892): `None` when it answers and does not say.
    ///
    /// One attempt: a server that does not know the question answers so.
    pub(crate) fn identity(&self) -> Result<Option<String>, String> {
        let name = Name::from_ascii("id.server.").map_err(|e| e.to_string())?;
        let mut question = question(&name, RecordType::TXT, Want::Plain);
        question.queries.iter_mut().for_each(|query| query.query_class = DNSClass::CH);
        let octets = question.to_vec().map_err(|e| e.to_string())?;
        let answer = read(&self.datagram(&octets, &question)?)?;
        let text = answer.answers.iter().find_map(|record| match &record.data {
            RData::TXT(text) => Some(text.to_string()),
            _ => None,
        });
        Ok(text.map(|text| text.chars().filter(|c| !c.is_control()).take(100).collect()))
    }

    fn exchange(&self, name: &Name, kind: RecordType, want: Want) -> Answered {
        if self.answers.load(Ordering::Relaxed) == 0 && self.silences.load(Ordering::Relaxed) >= PATIENCE {
            return Err("ce serveur n'a répondu à aucune des premières questions : il n'est plus interrogé".into());
        }
        let mut last = String::new();
        for _ in 0..ATTEMPTS {
            match self.attempt(name, kind, want) {
                Ok(message) => {
                    self.answers.fetch_add(1, Ordering::Relaxed);
                    return Ok(message);
                }
                Err(why) => last = why,
            }
        }
        self.silences.fetch_add(1, Ordering::Relaxed);
        Err(last)
    }

    fn attempt(&self, name: &Name, kind: RecordType, want: Want) -> Answered {
        let question = question(name, kind, want);
        let octets = question.to_vec().map_err(|e| format!("question impossible : {e}"))?;
        let answer = self.datagram(&octets, &question)?;
        // A cut answer may be cut in the middle of a record: only its head is read.
        if answer.get(2).is_none_or(|flags| flags & 0b10 == 0) {
            return read(&answer);
        }
        let octets = self.stream(&octets)?;
        if !fits(&octets, &question) {
            return Err("la réponse par TCP n'est pas celle de notre question".into());
        }
        read(&octets)
    }

    /// What is left of the time, at most one attempt's.
    fn left(&self) -> Result<Duration, String> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err("le temps donné à la mesure est écoulé".into()) } else { Ok(left.min(WAIT)) }
    }

    fn datagram(&self, octets: &[u8], question: &Message) -> Result<Vec<u8>, String> {
        let limit = Instant::now() + self.left()?;
        let socket = UdpSocket::bind(if self.server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).map_err(said)?;
        // Only this address can answer.
        socket.connect(self.server).map_err(said)?;
        let ours = socket.local_addr().map_err(said)?;
        socket.send(octets).map_err(said)?;
        self.transcript.add(self.world.clock.now(), ours, self.server, Transport::Udp, octets);
        let mut buffer = vec![0_u8; 65_535];
        loop {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("pas de réponse".into());
            }
            socket.set_read_timeout(Some(left)).map_err(said)?;
            let length = socket.recv(&mut buffer).map_err(said)?;
            let answer = buffer.get(..length).unwrap_or_default();
            self.transcript.add(self.world.clock.now(), self.server, ours, Transport::Udp, answer);
            // What does not answer our question may come from anybody: it is kept, and waited beyond.
            if fits(answer, question) {
                return Ok(answer.to_vec());
            }
        }
    }

    fn stream(&self, octets: &[u8]) -> Result<Vec<u8>, String> {
        let limit = Instant::now() + self.left()?;
        let mut stream = TcpStream::connect_timeout(&self.server, self.left()?).map_err(said)?;
        let ours = stream.local_addr().map_err(said)?;
        let length = u16::try_from(octets.len()).map_err(|_| "question trop longue".to_owned())?;
        stream.set_write_timeout(Some(WAIT)).map_err(said)?;
        stream.write_all(&[&length.to_be_bytes(), octets].concat()).map_err(said)?;
        self.transcript.add(self.world.clock.now(), ours, self.server, Transport::Tcp, octets);
        let mut head = [0_u8; 2];
        fill(&mut stream, &mut head, limit)?;
        let mut answer = vec![0_u8; usize::from(u16::from_be_bytes(head))];
        fill(&mut stream, &mut answer, limit)?;
        self.transcript.add(self.world.clock.now(), self.server, ours, Transport::Tcp, &answer);
        Ok(answer)
    }
}

/// Fills `buffer` before `limit`, however slowly the octets come.
fn fill(stream: &mut TcpStream, buffer: &mut [u8], limit: Instant) -> Result<(), String> {
    let mut rest = buffer;
    while !rest.is_empty() {
        let left = limit.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err("pas de réponse entière par TCP".into());
        }
        stream.set_read_timeout(Some(left)).map_err(said)?;
        match stream.read(rest).map_err(said)? {
            0 => return Err("connexion TCP fermée avant la fin de la réponse".into()),
            count => rest = rest.get_mut(count..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// What the system said of a socket, in words that hold for a person.
fn said(error: std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => "pas de réponse".into(),
        std::io::ErrorKind::ConnectionRefused => "le serveur refuse la connexion".into(),
        _ => error.to_string(),
    }
}

fn question(name: &Name, kind: RecordType, want: Want) -> Message {
    // Sixteen bits nobody can guess, and a port that the system draws.
    let (high, low) = uuid::Uuid::new_v4().as_u64_pair();
    let mark = high.rotate_left(16) ^ low;
    let mut message = Message::new((mark & 0xffff) as u16, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.metadata.checking_disabled = want == Want::Signatures;
    message.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(PAYLOAD);
    edns.set_dnssec_ok(want == Want::Signatures);
    message.set_edns(edns);
    message
}

/// Whether octets are an answer to this question and no other.
fn fits(answer: &[u8], question: &Message) -> bool {
    let Ok(answer) = Message::from_vec(answer) else {
        // An answer that cannot be read is told as such when its number is ours.
        return answer.first_chunk::<2>() == Some(&question.metadata.id.to_be_bytes());
    };
    let asked = |message: &Message| message.queries.first().map(|q| (q.name().to_lowercase(), q.query_type()));
    // A server that understands nothing of a question does not repeat it (RFC 1035 section 4.1.1).
    let refused = answer.queries.is_empty() && answer.metadata.response_code != ResponseCode::NoError;
    answer.metadata.id == question.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && (refused || (answer.queries.len() == 1 && asked(&answer) == asked(question)))
}

/// Reads a message.
fn read(octets: &[u8]) -> Result<Message, String> {
    Message::from_vec(octets).map_err(|e| format!("réponse illisible : {e}"))
}

/// Everything that is done with octets from anybody, without a server: for the fuzzer and the property tests.
pub(crate) fn read_foreign(octets: &[u8]) {
    let asked = question(&Name::root(), RecordType::A, Want::Signatures);
    let _ = fits(octets, &asked);
    if let Ok(message) = read(octets) {
        let name = message.queries.first().map_or_else(Name::root, |query| query.name().clone());
        let _ = super::found::Found::read(&message, &name);
    }
}

impl Asker {
    /// A server that said all it will ever say: the messages of a stream, each after its length, answer their own questions.
    /// The names it was asked for come with it.
    pub(crate) fn remembering(world: &World, mut stream: &[u8]) -> (Self, Vec<(Name, RecordType)>) {
        let silent = SocketAddr::from(([127, 0, 0, 1], 9));
        let asker = Self::new(world, silent, Instant::now(), &Arc::default());
        let mut asked = Vec::new();
        while let Some((head, rest)) = stream.split_first_chunk::<2>() {
            let (message, rest) = rest.split_at(usize::from(u16::from_be_bytes(*head)).min(rest.len()));
            stream = rest;
            let Ok(message) = read(message) else { continue };
            let Some(query) = message.queries.first() else { continue };
            let (name, kind) = (query.name().clone(), query.query_type());
            let key = (name.to_lowercase().to_ascii(), u16::from(kind), Want::Signatures);
            if let Ok(mut memory) = asker.memory.lock() {
                memory.insert(key, Arc::new(OnceLock::from(Ok(message))));
            }
            asked.push((name, kind));
        }
        (asker, asked)
    }
}
