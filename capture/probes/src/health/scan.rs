//! One file searched for malware, for instance a download: what was found, by what engine, or why it was not searched.
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dossier::{Outcome, Sha256Digest, op};
use serde_json::{Value, json};

use super::signatures::{Engine, OLD_DAYS};
use super::{clamd, clamscan};
use crate::{Antivirus, Fact, Sources, World};

/// The longest file that is searched: what ClamAV itself reads of one by default (`MaxFileSize`); beyond, it says OK without having looked.
pub const SCAN_LIMIT: u64 = 100 * 1024 * 1024;
/// How long one file may take.
const WAIT: Duration = Duration::from_secs(30);
/// Sockets of `clamd` where distributions put them.
const SOCKETS: &[&str] = &["/run/clamav/clamd.ctl", "/var/run/clamav/clamd.ctl", "/run/clamd.scan/clamd.sock"];
const HOW: &str = "clamd, commande INSTREAM, ou clamscan ; un fichier de plus de 100 Mio n'est pas cherché, le moteur n'en lirait pas la suite";

/// What a search of one file gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing known was found.
    Clean,
    /// This was found.
    Found(String),
    /// It was not searched, or not wholly; a French reason.
    NotDone(String),
}

/// An engine that can be asked.
#[derive(Clone, Debug)]
pub(super) enum Door {
    /// The daemon's socket.
    Clamd(PathBuf),
    /// The program, and its signatures.
    Clamscan(Option<PathBuf>),
}

impl Door {
    /// The engine that `asked` names.
    fn of(world: &World, asked: &Antivirus) -> Self {
        match asked {
            Antivirus::Clamd(socket) => Self::Clamd(socket.clone()),
            Antivirus::Clamscan(database) => Self::Clamscan(database.clone()),
            Antivirus::Usual => {
                let socket = SOCKETS.iter().find(|socket| world.exists(socket));
                socket.map_or(Self::Clamscan(None), |socket| Self::Clamd(world.path(socket)))
            }
        }
    }

    /// The engine that answers: when none is named, the program takes the place of a daemon whose socket is there and that is not.
    pub(super) fn answering(world: &World, asked: &Antivirus) -> Result<(Self, Engine, String), String> {
        let door = Self::of(world, asked);
        let second = Self::Clamscan(None);
        let why = match door.version(world) {
            Ok((engine, answer)) => return Ok((door, engine, answer)),
            Err(why) => why,
        };
        match (asked, door) {
            (Antivirus::Usual, Self::Clamd(_)) => {
                let (engine, answer) = second.version(world).map_err(|other| format!("{why} ; {other}"))?;
                Ok((second, engine, answer))
            }
            _ => Err(why),
        }
    }

    /// What it is, and its answer as it came.
    fn version(&self, world: &World) -> Result<(Engine, String), String> {
        match self {
            Self::Clamd(socket) => clamd::version(socket),
            Self::Clamscan(database) => clamscan::version(world, database.as_deref()),
        }
    }

    /// In a few words.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Clamd(socket) => format!("clamd ({})", socket.display()),
            Self::Clamscan(_) => "clamscan".to_owned(),
        }
    }
}

/// Searches one file with the engine of `sources`: operation `measure.scan`. Reads it as a stream, waits half a minute at most;
/// with the program instead of the daemon most of that goes into loading the signatures.
///
/// `ok`: nothing found; `deviation`: something found, or signatures older than seven days or of unknown age; `not_done`: no engine,
/// an unreadable file, one beyond [`SCAN_LIMIT`], no answer, with `why`. The digest is of the file as it is once searched.
pub fn scan_file(world: &World, sources: &Sources, path: &Path) -> Fact {
    let now = world.clock.now();
    let mut data = json!({"path": path.display().to_string(), "limit_bytes": SCAN_LIMIT, "how": HOW});
    let not_done = |mut data: Value, why: &str| {
        merge(&mut data, json!({"result": Value::Null, "verdict": "not_done", "why": why}));
        Fact::new(op::MEASURE_SCAN, Outcome::NotDone, data)
    };
    let (door, engine, raw) = match Door::answering(world, &sources.antivirus) {
        Ok(found) => found,
        Err(why) => {
            return not_done(
                data,
                &format!("Le fichier n'a pas été cherché : {why}. Installez ClamAV, ou lancez clamd."),
            );
        }
    };
    merge(&mut data, engine.told(now));
    let started = world.clock.monotonic();
    let (digests, verdict, answer) = match search(world, &door, path) {
        Ok(found) => found,
        Err(why) => return not_done(data, &format!("Le fichier n'a pas été cherché : {why}.")),
    };
    let took = world.clock.monotonic().saturating_sub(started);
    merge(&mut data, json!({"took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX)}));
    merge(&mut data, json!({"bytes": digests.0, "sha256": digests.1}));
    let fresh = engine.age_days(now).is_some_and(|age| age <= OLD_DAYS);
    let fact = match verdict {
        Verdict::NotDone(why) => return not_done(data, &format!("Le fichier n'a pas été cherché : {why}.")),
        Verdict::Clean => {
            merge(&mut data, json!({"result": "aucun code malveillant connu", "verdict": "clean"}));
            Fact::judged(op::MEASURE_SCAN, fresh, data)
        }
        Verdict::Found(name) => {
            merge(
                &mut data,
                json!({"result": format!("code malveillant reconnu : {name}"), "verdict": "found", "name": name}),
            );
            Fact::new(op::MEASURE_SCAN, Outcome::Deviation, data)
        }
    };
    let mut fact = fact;
    merge(&mut fact.data, json!({"answers": [raw, answer]}));
    fact
}

type Searched = ((u64, Sha256Digest), Verdict, String);

/// Gives the file to the engine; the digest is that of what the engine could read.
fn search(world: &World, door: &Door, path: &Path) -> Result<Searched, String> {
    let path = std::path::absolute(path).map_err(|e| e.to_string())?;
    let kind = std::fs::symlink_metadata(&path).map_err(|e| e.to_string())?;
    if !kind.is_file() {
        return Err("ce n'est pas un fichier ordinaire".into());
    }
    if kind.len() > SCAN_LIMIT {
        return Err(format!("fichier de {} octets, au-delà des 100 Mio que le moteur lit", kind.len()));
    }
    let file = File::open(&path).map_err(|e| e.to_string())?;
    let digests = || -> Result<(u64, Sha256Digest), String> {
        let read = File::open(&path).and_then(Sha256Digest::of_reader).map_err(|e| e.to_string())?;
        Ok((kind.len(), read))
    };
    let (verdict, answer) = match door {
        Door::Clamd(socket) => clamd::stream(socket, file.take(SCAN_LIMIT), WAIT),
        Door::Clamscan(database) => {
            let (found, text) = clamscan::search(world, database.as_deref(), &[&path], WAIT)?;
            let verdict = found.into_iter().map(|(_, verdict)| verdict).max_by_key(|verdict| match verdict {
                Verdict::Clean => 0,
                Verdict::NotDone(_) => 1,
                Verdict::Found(_) => 2,
            });
            (verdict.unwrap_or_else(|| Verdict::NotDone("clamscan n'a rien dit de ce fichier".into())), text)
        }
    };
    Ok((digests()?, verdict, answer))
}

/// Adds the members of `more`.
pub(super) fn merge(data: &mut Value, more: Value) {
    if let (Value::Object(data), Value::Object(more)) = (data, more) {
        data.extend(more);
    }
}
