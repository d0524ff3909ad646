//! `constat horodatage`: the bundles that still lack a time, and the authorities asked for it again.
//!
//! The queue is the bundles themselves: what a bundle lacks is read in it. What was tried is kept beside, in the index, and
//! may be lost without losing a bundle.
use std::fs;
use std::path::{Path, PathBuf};

use dossier::{Clock, Instant};
use sealer::{HttpNetwork, SealError, SystemRandom, tokens_borne};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::cli::Horodatage;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::progress::Terminal;
use crate::{index, output, sceller};

pub(crate) mod keeper;

/// What was tried for a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// How many times authorities were asked for it by this command.
    pub(crate) attempts: u32,
    /// The last time.
    pub(crate) last_at: Option<Instant>,
    /// Why it failed, in the words of the error.
    pub(crate) why: Option<String>,
}

/// A bundle that waits.
#[derive(Clone, Debug, Serialize)]
struct Waiting {
    bundle: PathBuf,
    /// `signature`: no time at all; `second`: the time of one authority only.
    lacks: &'static str,
    tried: Tried,
}

/// Shows the queue, and drains it when asked to.
pub(crate) fn run(arguments: &Horodatage, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    if !arguments.dossiers.is_dir() {
        return Err(Failure::new("cli.no_folder", Exit::Usage, arguments.dossiers.display()));
    }
    let etude = Etude::find(arguments.etude.as_deref(), clock)?;
    let (waiting, unread) = queue(&arguments.dossiers, etude.authorities_named() > 1)?;
    let (mut left, mut stamped) = (waiting, Vec::new());
    if arguments.envoyer && !left.is_empty() {
        if !etude.has_authorities() {
            return Err(Failure::new("etude.no_authority", Exit::Usage, etude.file().display()));
        }
        (left, stamped) = drain(left, &arguments.dossiers, &etude, clock)?;
    }
    if json {
        output::json(&json!({"waiting": left, "stamped": stamped, "unreadable": unread}));
    } else {
        show(&left, &stamped, &unread, &arguments.dossiers);
    }
    Ok(if arguments.envoyer && !left.is_empty() { Exit::Environment } else { Exit::Done })
}

/// The bundles of the folder that lack a token, in the order of their names, and those that cannot be read.
fn queue(dossiers: &Path, two: bool) -> Result<(Vec<Waiting>, Vec<PathBuf>), Failure> {
    let listed = fs::read_dir(dossiers).map_err(|e| Failure::io("lire", dossiers, &e))?;
    let bundle = |path: &PathBuf| path.extension().is_some_and(|e| e == "asice") && path.is_file();
    let mut bundles: Vec<PathBuf> = listed.filter_map(|entry| entry.ok().map(|e| e.path())).filter(bundle).collect();
    bundles.sort();
    let (mut waiting, mut unread) = (Vec::new(), Vec::new());
    for bundle in bundles {
        let lacks = match tokens_borne(&bundle) {
            Ok(borne) if !borne.signature => "signature",
            Ok(borne) if two && !borne.second => "second",
            Ok(_) => continue,
            Err(_) => {
                unread.push(bundle);
                continue;
            }
        };
        let tried = index::tried(dossiers, &bundle).unwrap_or_default();
        waiting.push(Waiting { bundle, lacks, tried });
    }
    Ok((waiting, unread))
}

/// Asks for each bundle in turn; what was tried is on disk before the next one.
fn drain(
    waiting: Vec<Waiting>,
    dossiers: &Path,
    etude: &Etude,
    clock: &dyn Clock,
) -> Result<(Vec<Waiting>, Vec<PathBuf>), Failure> {
    let (terminal, authorities, network) = (Terminal::new(), etude.authorities()?, HttpNetwork::new());
    let (mut left, mut stamped) = (Vec::new(), Vec::new());
    let total = waiting.len();
    for (n, mut one) in waiting.into_iter().enumerate() {
        terminal.live(&format!("{}/{total} {}", n + 1, one.bundle.display()));
        match sealer::add_time(&one.bundle, &sceller::as_trait(&authorities), &network, clock, &SystemRandom) {
            Ok(sealed) => {
                index::forget_tried(dossiers, &one.bundle);
                stamped.push(sealed.path);
            }
            Err(error) => {
                one.tried.attempts += 1;
                one.tried.last_at = Some(clock.now());
                one.tried.why = Some(reason(&error));
                index::keep_tried(dossiers, &one.bundle, &one.tried);
                left.push(one);
            }
        }
    }
    terminal.finish();
    Ok((left, stamped))
}

fn reason(error: &SealError) -> String {
    match error {
        SealError::NoTimestamp { failures } => {
            let each: Vec<String> = failures.iter().map(|(name, error)| format!("{name} : {error}")).collect();
            each.join(" ; ")
        }
        other => format!("[{}] {}", other.code(), chain(other)),
    }
}

fn show(left: &[Waiting], stamped: &[PathBuf], unread: &[PathBuf], dossiers: &Path) {
    for path in stamped {
        output::line(&format!("Horodaté : {}", path.display()));
    }
    for one in left {
        let lacks = match one.lacks {
            "signature" => "aucune date opposable",
            _ => "une seule autorité",
        };
        output::line(&format!("En attente : {} ({lacks})", one.bundle.display()));
        if let (Some(at), Some(why)) = (one.tried.last_at, &one.tried.why) {
            let at = at.legal_time().strftime("%d/%m/%Y %H:%M:%S").to_string();
            let why = output::printable(why);
            output::line(&format!("    {} essai(s), le dernier le {at} : {why}", one.tried.attempts));
        }
    }
    for path in unread {
        output::line(&format!("Illisible : {} (« constat verifier » dit pourquoi)", path.display()));
    }
    match left.len() {
        0 => output::line(&format!("Aucun scellé n'attend sa date dans {}.", dossiers.display())),
        1 => output::line("1 scellé attend sa date."),
        n => output::line(&format!("{n} scellés attendent leur date.")),
    }
}
