//! The replay on loopback: the engine's two scripts, two pages of ours, and the package by ranges; nothing else.
//!
//! The addresses hold a random word: another user of the machine who sees the port still has to guess it. A request that
//! names another host is refused, so that no site can reach the capture through a name of its own (DNS rebinding).
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use capture::replay::{ReplayServer, ReplaySite, Served};
use futures::stream;
use sealer::{Random as _, RawEntries, SystemRandom};
use tokio::sync::oneshot;

use super::engine::Engine;
use super::range::Ranged;

/// How much of the package is in memory for one answer, in octets.
const CHUNK: u64 = 256 * 1024;
const DESK: &str = include_str!("comparer.html");

/// The package to replay, wherever its octets are.
#[derive(Debug)]
pub(crate) enum Package {
    /// An entry of a bundle, read where it stands.
    Entry(RawEntries, &'static str),
    /// A file.
    File(File, u64),
}

impl Package {
    fn len(&self) -> u64 {
        match self {
            Self::Entry(entries, name) => entries.len(name).unwrap_or(0),
            Self::File(_, length) => *length,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Entry(entries, name) => entries.read_at(name, offset, buffer),
            Self::File(file, _) => file.read_at(buffer, offset),
        }
    }
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    site: ReplaySite,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    engine: Arc<Engine>,
    package: Arc<Package>,
    home: String,
    /// `/WORD/`
    root: String,
    /// `127.0.0.1:PORT`
    host: String,
}

impl Server {
    /// Serves on a port the system chooses; `home` is the page shown to a person.
    pub(crate) fn start(engine: Arc<Engine>, package: Package, home: String) -> io::Result<Self> {
        let mut word = [0; 16];
        SystemRandom.fill(&mut word).map_err(io::Error::other)?;
        let word: String = word.iter().map(|octet| format!("{octet:02x}")).collect();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let host = format!("127.0.0.1:{port}");
        let root = format!("/{word}/");
        let base = format!("http://{host}{root}");
        let site = ReplaySite {
            port,
            desk: format!("{base}comparer"),
            replay: format!("{base}w/constat/"),
            engine: engine.facts.clone(),
            base,
        };
        let shared = Arc::new(Shared { engine, package: Arc::new(package), home, root, host });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("constat-rejeu".into()).spawn(move || {
            runtime.block_on(async {
                tokio::select! { () = serve(listener, shared) => {}, _ = stopped => {} }
            });
            runtime.shutdown_timeout(Duration::from_millis(200));
        })?;
        Ok(Self { site, stop: Some(stop), thread: Some(thread) })
    }

    /// Where everything is.
    pub(crate) fn site(&self) -> &ReplaySite {
        &self.site
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves the package of a dossier that is about to be closed (`[rejeu]`).
#[derive(Debug)]
pub(crate) struct Replayer(pub(crate) Arc<Engine>);

impl ReplayServer for Replayer {
    fn serve(&self, wacz: &Path) -> Result<Box<dyn Served>, String> {
        let open = || {
            let file = File::open(wacz)?;
            let length = file.metadata()?.len();
            Server::start(Arc::clone(&self.0), Package::File(file, length), String::new())
        };
        let server = open().map_err(|e| format!("le serveur du rejeu n'a pas pu démarrer : {e}"))?;
        Ok(Box::new(server))
    }
}

impl Served for Server {
    fn site(&self) -> &ReplaySite {
        &self.site
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let routes = Router::new().fallback(answer).with_state(shared);
    match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::warn!("replay server: {error}");
            }
        }
        Err(error) => tracing::warn!("replay server: {error}"),
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response<Body> {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if named != Some(&shared.host) {
        return plain(StatusCode::FORBIDDEN);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return plain(StatusCode::METHOD_NOT_ALLOWED);
    }
    let head = request.method() == Method::HEAD;
    let Some(path) = request.uri().path().strip_prefix(&shared.root) else { return plain(StatusCode::NOT_FOUND) };
    let engine = &shared.engine;
    match path {
        "" => whole("text/html; charset=utf-8", shared.home.clone().into(), head),
        "comparer" => whole("text/html; charset=utf-8", DESK.into(), head),
        "sw.js" | "replay/sw.js" => whole("text/javascript; charset=utf-8", engine.sw.clone().into(), head),
        "ui.js" | "replay/ui.js" => whole("text/javascript; charset=utf-8", engine.ui.clone().into(), head),
        "capture.wacz" => {
            let range = request.headers().get(header::RANGE).and_then(|range| range.to_str().ok());
            package(&shared.package, range, head)
        }
        // The page that came here stays where it is.
        "static/reste" => plain(StatusCode::NO_CONTENT),
        _ => plain(StatusCode::NOT_FOUND),
    }
}

fn plain(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    guarded(response)
}

fn whole(media_type: &'static str, body: Bytes, head: bool) -> Response<Body> {
    let length = body.len() as u64;
    let mut response = Response::new(if head { Body::empty() } else { body.into() });
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    guarded(response)
}

fn package(package: &Arc<Package>, range: Option<&str>, head: bool) -> Response<Body> {
    let length = package.len();
    let (status, first, count) = match Ranged::parse(range, length) {
        Ranged::Whole => (StatusCode::OK, 0, length),
        Ranged::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Ranged::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = if head || count == 0 { Body::empty() } else { streamed(Arc::clone(package), first, count) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/wacz"));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, count.into());
    let told = match status {
        StatusCode::PARTIAL_CONTENT => Some(format!("bytes {first}-{}/{length}", first + count - 1)),
        StatusCode::RANGE_NOT_SATISFIABLE => Some(format!("bytes */{length}")),
        _ => None,
    };
    if let Some(told) = told.and_then(|told| HeaderValue::from_str(&told).ok()) {
        headers.insert(header::CONTENT_RANGE, told);
    }
    guarded(response)
}

/// The octets, a chunk at a time, read when the browser takes them.
fn streamed(package: Arc<Package>, first: u64, count: u64) -> Body {
    let chunks = stream::unfold((package, first, count), |(package, at, left)| async move {
        if left == 0 {
            return None;
        }
        let mut chunk = vec![0; usize::try_from(left.min(CHUNK)).unwrap_or(0)];
        match package.read_at(at, &mut chunk) {
            Ok(0) => Some((Err(io::ErrorKind::UnexpectedEof.into()), (package, at, 0))),
            Ok(read) => {
                chunk.truncate(read);
                let read = read as u64;
                Some((Ok::<Bytes, io::Error>(Bytes::from(chunk)), (package, at + read, left - read)))
            }
            Err(error) => Some((Err(error), (package, at, 0))),
        }
    });
    Body::from_stream(chunks)
}

/// What every answer carries: nothing is kept by the browser, no other site may take it in.
fn guarded(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}
