//! A simulated operator, on loopback, written from the public rules of the service (hours, consent, account, terms of use) and
//! from `src/backend/securact/CONTRAT.md`: it signs its receipts, and it fails on demand.
#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test takes what it needs")]
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dossier::{Instant, Sha256Digest, to_canonical};
use serde_json::{Value, json};
use signification::EvidenceSealer;
use signification::backend::securact::{ERREUR_FORMAT, ETAT_FORMAT, Evenement, RECU_FORMAT, Recu};
use signification::window::{Window, service_window};

use super::pki::OpensslSealer;

/// What the operator knows of a recipient, by the name in the deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compte {
    Actif,
    Revoque,
    Suspendu,
    CguNonAcceptees,
}

/// What goes wrong, for every exchange until it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panne {
    Aucune,
    /// Answers 503 without doing anything.
    Erreur,
    /// Takes the act, then answers 502 with a page that is not JSON.
    ErreurApres,
    /// Takes the act, then closes in the middle of the answer.
    Coupe,
    /// Takes the act, then never answers.
    Muet,
    /// Its clock is off by so many minutes.
    Horloge(i64),
    /// Receipts signed by another certificate that the same root trusts.
    FauxSignataire,
    /// Receipts whose text was changed after it was signed.
    TexteModifie,
    /// Says SIGNIFIE without a receipt.
    SansRecu,
    /// Receipts of another act.
    AutreActe,
    /// Receipts of another content.
    AutreContenu,
    /// A receipt of service dated by night.
    Nuit,
    /// A receipt of deposit only, presented with the state SIGNIFIE.
    RecuDeDepot,
    /// Answers longer than the contract allows.
    Enorme,
    /// Answers with a redirect.
    Redirection,
    /// Takes the act and waits for its next opening.
    Programme,
}

pub struct State {
    pub comptes: BTreeMap<String, Compte>,
    pub panne: Panne,
    pub now: Instant,
    pub jeton: String,
    pub taille_max: u64,
    /// Taken: content and whether it was served, by key.
    depots: BTreeMap<String, (String, String)>,
    pub services: usize,
}

pub struct Operateur {
    pub port: u16,
    pub state: Arc<Mutex<State>>,
    pub calls: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Operateur {
    /// Serves on a free port until it is dropped; `sealer` signs its receipts, `autre` the forged ones.
    pub fn start(sealer: Arc<OpensslSealer>, autre: Arc<OpensslSealer>, now: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            comptes: BTreeMap::new(),
            panne: Panne::Aucune,
            now: now.parse().unwrap(),
            jeton: "jeton-de-l-office".into(),
            taille_max: 64 * 1024,
            depots: BTreeMap::new(),
            services: 0,
        }));
        let (stop, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let inside = (Arc::clone(&state), Arc::clone(&stop), Arc::clone(&calls));
        let thread = std::thread::spawn(move || {
            let (state, stop, calls) = inside;
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                calls.fetch_add(1, Ordering::SeqCst);
                if let Ok(stream) = stream {
                    serve(&stream, &state, &sealer, &autre);
                }
            }
        });
        Self { port, state, calls, stop, thread: Some(thread) }
    }

    pub fn set(&self, panne: Panne) {
        self.state.lock().unwrap().panne = panne;
    }

    pub fn at(&self, now: &str) {
        self.state.lock().unwrap().now = now.parse().unwrap();
    }

    pub fn services(&self) -> usize {
        self.state.lock().unwrap().services
    }
}

impl Drop for Operateur {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Request {
    line: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.insert(name.to_ascii_lowercase(), value.trim().to_owned()),
            None => break,
        };
    }
    let length = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim_end().to_owned(), headers, body })
}

fn serve(stream: &TcpStream, state: &Mutex<State>, sealer: &OpensslSealer, autre: &OpensslSealer) {
    let Some(request) = read(stream) else { return };
    let panne = state.lock().unwrap().panne;
    if panne == Panne::Erreur {
        return send(stream, 503, &erreur("INDISPONIBLE", state, None));
    }
    if panne == Panne::Redirection {
        return raw(stream, b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n");
    }
    let (status, body) = answer(&request, state, sealer, autre);
    match panne {
        Panne::ErreurApres => raw(stream, b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>"),
        Panne::Coupe => {
            let half = &body[..body.len() / 2];
            let head = format!("HTTP/1.1 {status} OK\r\ncontent-length: {}\r\n\r\n", body.len());
            raw(stream, &[head.as_bytes(), half].concat());
        }
        Panne::Muet => {
            // Until the client hangs up.
            let mut left = stream;
            let _ = left.read(&mut [0]);
        }
        Panne::Enorme => send(stream, status, &vec![b' '; 300 * 1024]),
        _ => send(stream, status, &body),
    }
}

fn raw(mut stream: &TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(std::net::Shutdown::Both);
}

fn send(stream: &TcpStream, status: u16, body: &[u8]) {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
    raw(stream, &[head.as_bytes(), body].concat());
}

fn clock(state: &State) -> Instant {
    match state.panne {
        Panne::Horloge(minutes) => Instant::from_millisecond(state.now.as_millisecond() + minutes * 60_000).unwrap(),
        _ => state.now,
    }
}

fn erreur(code: &str, state: &Mutex<State>, prochaine: Option<Instant>) -> Vec<u8> {
    let now = clock(&state.lock().unwrap());
    to_canonical(&json!({"format": ERREUR_FORMAT, "code": code, "maintenant": now, "prochaine": prochaine})).unwrap()
}

fn answer(request: &Request, state: &Mutex<State>, sealer: &OpensslSealer, autre: &OpensslSealer) -> (u16, Vec<u8>) {
    let expected = format!("Bearer {}", state.lock().unwrap().jeton);
    if request.headers.get("authorization") != Some(&expected) {
        return (401, erreur("NON_AUTHENTIFIE", state, None));
    }
    if let Some(id) = request.line.strip_prefix("GET /v1/depots/").and_then(|r| r.split(' ').next()) {
        let known = state.lock().unwrap().depots.get(id).cloned();
        return match known {
            Some((content, phase)) => (200, etat(id, &content, &phase, state, sealer, autre)),
            None => (404, erreur("INCONNU", state, None)),
        };
    }
    if !request.line.starts_with("POST /v1/depots ") {
        return (404, erreur("INCONNU", state, None));
    }
    deposit(request, state, sealer, autre)
}

/// The rules of a deposit, in the order of the contract.
fn deposit(request: &Request, state: &Mutex<State>, sealer: &OpensslSealer, autre: &OpensslSealer) -> (u16, Vec<u8>) {
    let value: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(to_canonical(&value).unwrap(), request.body, "the contract asks for canonical JSON");
    let key = value["acte"].as_str().unwrap().to_owned();
    assert_eq!(request.headers.get("idempotency-key"), Some(&key));
    let content = value["contenu"]["sha256"].as_str().unwrap().to_owned();
    let known = state.lock().unwrap().depots.get(&key).cloned();
    if let Some((before, phase)) = known {
        if before != content {
            return (409, erreur("CLE_DEJA_EMPLOYEE", state, None));
        }
        return (200, etat(&key, &before, &phase, state, sealer, autre));
    }
    let (now, panne, max) = {
        let state = state.lock().unwrap();
        (clock(&state), state.panne, state.taille_max)
    };
    if panne != Panne::Programme
        && let Window::Closed { next_open, .. } = service_window(now, &[]).unwrap()
    {
        return (409, erreur("FENETRE_FERMEE", state, Some(next_open)));
    }
    let pdf = STANDARD.decode(value["pdf"].as_str().unwrap()).unwrap();
    if pdf.len() as u64 > max {
        return (413, erreur("FICHIER_TROP_GROS", state, None));
    }
    if Sha256Digest::of(&pdf).to_hex() != content {
        return (422, erreur("EMPREINTE_DIFFERENTE", state, None));
    }
    if pdf.windows(20).any(|w| w == b"EICAR-STANDARD-ANTIV") {
        return (422, erreur("FICHIER_INFECTE", state, None));
    }
    let who = value["destinataire"]["nom"].as_str().unwrap().to_owned();
    let account = state.lock().unwrap().comptes.get(&who).copied();
    let code = match account {
        None => Some("DESTINATAIRE_INCONNU"),
        Some(Compte::Revoque) => Some("CONSENTEMENT_REVOQUE"),
        Some(Compte::Suspendu) => Some("COMPTE_SUSPENDU"),
        Some(Compte::CguNonAcceptees) => Some("CGU_NON_ACCEPTEES"),
        Some(Compte::Actif) => None,
    };
    if let Some(code) = code {
        return (422, erreur(code, state, None));
    }
    let phase = if panne == Panne::Programme { "PROGRAMME" } else { "SIGNIFIE" };
    {
        let mut state = state.lock().unwrap();
        state.services += usize::from(phase == "SIGNIFIE");
        state.depots.insert(key.clone(), (content.clone(), phase.to_owned()));
    }
    (201, etat(&key, &content, phase, state, sealer, autre))
}

/// The state of an act and its signed receipts, honest or not.
fn etat(
    acte: &str,
    content: &str,
    phase: &str,
    state: &Mutex<State>,
    sealer: &OpensslSealer,
    autre: &OpensslSealer,
) -> Vec<u8> {
    let (now, panne) = {
        let state = state.lock().unwrap();
        (clock(&state), state.panne)
    };
    let evenement = match (phase, panne) {
        ("SIGNIFIE", Panne::RecuDeDepot) | ("PROGRAMME", _) => Evenement::Depose,
        _ => Evenement::Signifie,
    };
    let recu = Recu {
        format: RECU_FORMAT.into(),
        acte: if panne == Panne::AutreActe { other_id() } else { acte.parse().unwrap() },
        contenu: if panne == Panne::AutreContenu { Sha256Digest::of(b"autre") } else { content.parse().unwrap() },
        evenement,
        le: if panne == Panne::Nuit { "2026-12-01T02:00:00Z".parse().unwrap() } else { now },
    };
    let mut text = String::from_utf8(to_canonical(&recu).unwrap()).unwrap();
    let signer = if panne == Panne::FauxSignataire { autre } else { sealer };
    let signature = STANDARD.encode(signer.sign(text.as_bytes()).unwrap().signature);
    if panne == Panne::TexteModifie {
        text = text.replace("2026-12-01", "2026-11-30");
    }
    let recus = match panne {
        Panne::SansRecu => json!([]),
        _ => json!([{"texte": text, "signature": signature}]),
    };
    to_canonical(&json!({"format": ETAT_FORMAT, "acte": acte, "etat": phase, "recus": recus, "maintenant": now}))
        .unwrap()
}

fn other_id() -> signification::Id {
    "019a9c3b-7d00-7000-8000-00000000ffff".parse().unwrap()
}
