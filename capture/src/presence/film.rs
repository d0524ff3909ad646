//! The film of the session: ffmpeg takes the screen in segments, each hashed as it closes; a recorder that dies is replaced.
//!
//! Segments are written into the dossier's own folder under a name of their own: what a crash leaves there is found, and
//! stated, when the dossier is closed. They get their final name when the session takes them in.
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use dossier::{Clock, Instant, Sha256Digest};
use rustix::process::{Pid, Signal, kill_process};

use super::Place;
use super::programs::guarded;
use super::schedule::Schedule;

/// Pictures of the film in a second.
const RATE: u32 = 8;
/// How often a recorder that died is replaced.
const RESTARTS: u32 = 10;
/// The pause before it is.
const PAUSE: Duration = Duration::from_millis(500);
/// How long it may take to end its last segment.
const LAST: Duration = Duration::from_secs(10);

/// What is filmed, how, and where to.
#[derive(Clone, Debug)]
pub(crate) struct FilmOrder {
    /// The recorder's binary.
    pub(crate) program: PathBuf,
    /// The X11 display.
    pub(crate) display: String,
    /// The cookie of the display, when it has one.
    pub(crate) cookie: Option<String>,
    /// The part of the screen.
    pub(crate) area: Place,
    /// The address of the sound server and its source.
    pub(crate) sound: Option<String>,
    /// Where segments are written.
    pub(crate) folder: PathBuf,
    /// Where the recorder's own messages go.
    pub(crate) log: PathBuf,
    /// How many octets the film may have.
    pub(crate) budget: u64,
    /// How long segments are.
    pub(crate) schedule: Schedule,
}

/// A segment that was closed.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u32,
    pub(crate) file: PathBuf,
    pub(crate) begin: Instant,
    pub(crate) end: Instant,
    pub(crate) bytes: u64,
    pub(crate) sha256: Sha256Digest,
    /// Whether the recorder died before it ended it.
    pub(crate) cut: bool,
}

/// What happens to the film, in its order.
#[derive(Clone, Debug)]
pub(crate) enum FilmEvent {
    /// A segment was closed.
    Closed(Segment),
    /// The recorder died.
    Lost { at: Instant, why: String },
    /// Another one films.
    Resumed { at: Instant },
    /// Nothing is filmed any more.
    Ended { at: Instant, how: Closing },
}

/// Why a film ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// The session does.
    Asked,
    /// It is as large as it may be.
    Budget,
    /// It has as many segments as it may have.
    Segments,
    /// The recorder died too often.
    Failed,
}

/// A film under way.
pub(crate) struct Film {
    pub(crate) events: Receiver<FilmEvent>,
    stopping: Arc<AtomicBool>,
    recorder: Arc<Mutex<Option<Pid>>>,
    thread: Option<JoinHandle<()>>,
    /// The file of the first segment.
    first: PathBuf,
}

impl FilmOrder {
    /// The name of a segment that is being written.
    fn under_way(&self, number: u32) -> PathBuf {
        self.folder.join(format!("en-cours-{number:04}.webm"))
    }

    /// The recorder's arguments, from that segment on.
    pub(crate) fn arguments(&self, from: u32) -> Vec<String> {
        let Place { x, y, width, height } = self.area;
        let ends = self.schedule.ends(from);
        let times = ends.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let whole = ends.last().copied().unwrap_or(1).to_string();
        let mut all: Vec<String> = Vec::new();
        let mut add = |words: &[&str]| all.extend(words.iter().map(|word| (*word).to_owned()));
        add(&["-nostdin", "-hide_banner", "-loglevel", "error"]);
        // Nothing is tried out at the beginning, and the sound is opened first: each input begins at its own opening, and what
        // is late there would be late in the whole film.
        const AT_ONCE: [&str; 4] = ["-probesize", "32", "-analyzeduration", "0"];
        if let Some(server) = &self.sound {
            add(&AT_ONCE);
            add(&["-f", "pulse", "-server", server, "-fragment_size", "9600", "-thread_queue_size", "512"]);
            add(&["-i", super::sound::SOURCE]);
        }
        add(&AT_ONCE);
        add(&["-f", "x11grab", "-thread_queue_size", "64", "-draw_mouse", "1", "-framerate", &RATE.to_string()]);
        // Even lengths: colours are kept for two pixels by two.
        add(&["-video_size", &format!("{}x{}", width & !1, height & !1)]);
        add(&["-i", &format!("{}+{x},{y}", self.display)]);
        if self.sound.is_some() {
            add(&["-map", "1:v", "-map", "0:a", "-c:a", "libopus", "-b:a", "64k"]);
        }
        add(&["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-lag-in-frames", "0", "-threads", "1"]);
        add(&["-b:v", "1500k", "-crf", "8", "-qmax", "45", "-pix_fmt", "yuv420p", "-force_key_frames", &times]);
        add(&["-f", "segment", "-segment_format", "webm", "-segment_times", &times, "-reset_timestamps", "1"]);
        // What a recorder that is killed has not written yet is a second at most.
        add(&["-segment_format_options", "cluster_time_limit=1000:flush_packets=1"]);
        add(&["-segment_start_number", &from.to_string(), "-segment_list", "pipe:1", "-segment_list_type", "csv"]);
        add(&["-t", &whole, "-y"]);
        all.push(self.folder.join("en-cours-%04d.webm").display().to_string());
        all
    }

    fn spawn(&self, from: u32) -> Result<Child, String> {
        let log = File::options().create(true).append(true).open(&self.log).map_err(|e| e.to_string())?;
        let mut command = guarded(&self.program);
        command.args(self.arguments(from)).env("DISPLAY", &self.display);
        command.envs(self.cookie.iter().map(|cookie| ("XAUTHORITY", cookie)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        command.spawn().map_err(|e| e.to_string())
    }

    /// The last thing the recorder wrote on its error output.
    fn said(&self) -> String {
        let read = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&read);
        text.lines().last().unwrap_or("").chars().take(300).collect()
    }
}

impl Film {
    /// Begins to film.
    pub(crate) fn start(order: FilmOrder, clock: Arc<dyn Clock>) -> Result<Self, String> {
        std::fs::create_dir_all(&order.folder).map_err(|e| e.to_string())?;
        let first = order.under_way(1);
        let (sender, events) = channel();
        let (stopping, recorder) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Option<Pid>>>::default());
        let crew = Crew {
            order,
            clock,
            sender,
            stopping: Arc::clone(&stopping),
            recorder: Arc::clone(&recorder),
            next: 1,
            bytes: 0,
            full: false,
        };
        // One thread starts every recorder: what the guard of a recorder waits for is the end of this thread.
        let thread = std::thread::Builder::new().name("constat-film".into()).spawn(move || crew.film());
        Ok(Self { events, stopping, recorder, first, thread: Some(thread.map_err(|e| e.to_string())?) })
    }

    /// Whether something is filmed: the first segment has its beginning.
    pub(crate) fn begun(&self) -> bool {
        self.first.metadata().is_ok_and(|file| file.len() > 0)
    }

    /// Asks the recorder to end its segment, and waits for it; ends it when it does not.
    pub(crate) fn stop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let Some(thread) = self.thread.take() else { return };
        self.signal(Signal::INT);
        let mut waited = Duration::ZERO;
        while !thread.is_finished() {
            if waited == LAST {
                self.signal(Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(50));
            waited += Duration::from_millis(50);
        }
        let _ = thread.join();
    }

    fn signal(&self, signal: Signal) {
        signal_to(&self.recorder, signal);
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        self.stop();
    }
}

/// To the recorder that runs; its number is forgotten before it can be another's.
fn signal_to(recorder: &Mutex<Option<Pid>>, signal: Signal) {
    if let Some(pid) = *recorder.lock().unwrap_or_else(PoisonError::into_inner) {
        let _ = kill_process(pid, signal);
    }
}

/// What the thread of the film works with.
struct Crew {
    order: FilmOrder,
    clock: Arc<dyn Clock>,
    sender: Sender<FilmEvent>,
    stopping: Arc<AtomicBool>,
    recorder: Arc<Mutex<Option<Pid>>>,
    /// The number of the segment under way.
    next: u32,
    bytes: u64,
    full: bool,
}

impl Crew {
    fn film(mut self) {
        let mut restarts = 0;
        let how = loop {
            let (at, why) = self.one_recorder(restarts > 0);
            if self.full {
                break Closing::Budget;
            }
            if self.stopping.load(Ordering::SeqCst) {
                break Closing::Asked;
            }
            if self.next > self.order.schedule.most() {
                break Closing::Segments;
            }
            self.tell(FilmEvent::Lost { at, why });
            restarts += 1;
            if restarts > RESTARTS {
                break Closing::Failed;
            }
            std::thread::sleep(PAUSE);
        };
        self.tell(FilmEvent::Ended { at: self.clock.now(), how });
    }

    fn tell(&self, event: FilmEvent) {
        // Nobody listens any more when the session ended without us.
        let _ = self.sender.send(event);
    }

    /// Films until the recorder ends; when, and what it said last.
    fn one_recorder(&mut self, again: bool) -> (Instant, String) {
        let mut child = match self.order.spawn(self.next) {
            Ok(child) => child,
            Err(why) => return (self.clock.now(), why),
        };
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        *self.recorder.lock().unwrap_or_else(PoisonError::into_inner) = pid;
        if self.stopping.load(Ordering::SeqCst) {
            signal_to(&self.recorder, Signal::INT);
        }
        let mut begin = self.clock.now();
        if again {
            self.tell(FilmEvent::Resumed { at: begin });
        }
        let mut first = true;
        for line in
            child.stdout.take().map(BufReader::new).into_iter().flat_map(|out| out.lines().map_while(Result::ok))
        {
            let end = self.clock.now();
            if let Some(length) = length(&line).filter(|_| std::mem::take(&mut first)) {
                // The recorder takes a moment to begin: its first segment tells how long it filmed.
                begin = begin.max(before(end, length));
            }
            self.closed(begin, end, false);
            begin = end;
        }
        // Forgotten before it is waited for: until then nobody else can have its number.
        *self.recorder.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let status = child.wait().map_or_else(|e| e.to_string(), |status| status.to_string());
        let ended = self.clock.now();
        if self.order.under_way(self.next).metadata().is_ok_and(|m| m.len() > 0) {
            self.closed(begin, ended, true);
        }
        (ended, format!("{status} {}", self.order.said()).trim().to_owned())
    }

    fn closed(&mut self, begin: Instant, end: Instant, cut: bool) {
        let (number, file) = (self.next, self.order.under_way(self.next));
        self.next += 1;
        match digest(&file) {
            Ok((bytes, sha256)) => {
                self.bytes += bytes;
                self.tell(FilmEvent::Closed(Segment { number, file, begin, end, bytes, sha256, cut }));
            }
            Err(why) => self.tell(FilmEvent::Lost { at: end, why: format!("{} : {why}", file.display()) }),
        }
        if self.bytes > self.order.budget && !self.full {
            self.full = true;
            signal_to(&self.recorder, Signal::INT);
        }
    }
}

fn digest(file: &Path) -> std::io::Result<(u64, Sha256Digest)> {
    let bytes = file.metadata()?.len();
    Ok((bytes, Sha256Digest::of_reader(File::open(file)?)?))
}

/// How long a segment is, by the recorder's own line (`name,begin,end`).
fn length(line: &str) -> Option<Duration> {
    let mut fields = line.rsplit(',');
    let (end, begin): (f64, f64) = (fields.next()?.trim().parse().ok()?, fields.next()?.trim().parse().ok()?);
    Duration::try_from_secs_f64(end - begin).ok()
}

fn before(at: Instant, length: Duration) -> Instant {
    let length = i64::try_from(length.as_millis()).unwrap_or(0);
    Instant::from_millisecond(at.as_millisecond() - length).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_segment_tells_its_length() {
        assert_eq!(length("en-cours-0001.webm,0.000000,10.007000"), Some(Duration::from_millis(10_007)));
        assert_eq!(length("en-cours-0001.webm"), None);
    }

    #[test]
    fn a_recorder_that_starts_again_goes_on_with_the_numbers() {
        let order = FilmOrder {
            program: "/usr/bin/ffmpeg".into(),
            display: ":7".into(),
            cookie: None,
            area: Place { x: 0, y: 10, width: 1281, height: 901 },
            sound: None,
            folder: "/nonexistent/film".into(),
            log: "/nonexistent/log".into(),
            budget: 1,
            schedule: Schedule::beside(0),
        };
        let arguments = order.arguments(91).join(" ");
        for part in ["-video_size 1280x900 -i :7+0,10 ", "-segment_start_number 91 ", "-segment_times 60,120,"] {
            assert!(arguments.contains(part), "« {part} » : {arguments}");
        }
        assert!(!arguments.contains("pulse"));
        let with = FilmOrder { sound: Some("unix:/x".into()), ..order };
        assert!(with.arguments(1).join(" ").contains("-f pulse -server unix:/x "));
    }
}
