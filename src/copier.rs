//! `constat copier`: copies of a bundle on chosen media, read back and compared, and the journal of what was done with it afterwards.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use dossier::Clock;
use probes::World;
use probes::copies::{self, Act, By, Copied, CopyError, ReadBack};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, printable};

/// Examples, and what a copy on a disc that is written once takes.
pub(crate) const COPIER_HELP: &str = "Exemples :\n  \
  constat copier 2026-0142.asice --vers /media/etude/CLE\n  \
  constat copier 2026-0142.asice --vers /media/etude/CLE --vers /srv/coffre --qui \"Me Martin\"\n  \
  constat copier 2026-0142.asice --relire /media/etude/DISQUE/2026-0142.asice\n  \
  constat copier 2026-0142.asice --consigner \"consultation par l'avocat du requérant\" --qui \"Me Martin\"\n  \
  constat --json copier 2026-0142.asice\n\n\
La copie est écrite, poussée jusqu'au support, relue sur lui sans passer par la mémoire quand le système le permet, comparée, mise en\n\
lecture seule, et ne reçoit son nom qu'ensuite. Rien n'est jamais écrasé. Chaque acte, réussi ou non, est une ligne du journal\n\
REF.copies.jsonl, à côté du scellé ; chaque ligne porte l'empreinte de la précédente. Un disque à écriture unique se grave avec un\n\
logiciel de gravure : --relire compare ensuite ce qui est gravé, et le consigne. Sans option, le journal est contrôlé et montré.\n\
Dès que ce journal existe, « verifier » et « rejouer » y ajoutent une ligne.\n\
Code de sortie 1 quand une copie diffère ou que la chaîne du journal est rompue.";

/// `copier`
#[derive(Args)]
pub(crate) struct Copier {
    /// Le scellé
    #[arg(value_name = "SCELLE.asice")]
    bundle: PathBuf,
    /// Dossier du support où copier ; peut être répété
    #[arg(long, value_name = "DIR")]
    vers: Vec<PathBuf>,
    /// Copie existante à relire sur son support et à comparer ; peut être répété
    #[arg(long, value_name = "COPIE.asice")]
    relire: Vec<PathBuf>,
    /// Consigne une consultation du scellé, avec son objet
    #[arg(long, value_name = "OBJET")]
    consigner: Option<String>,
    /// Qui agit, tel que le journal le dira (déclaré) ; l'utilisateur du système est toujours noté
    #[arg(long, value_name = "NOM")]
    qui: Option<String>,
}

/// Does what is asked in the order of the options, then tells it; without any, shows the journal.
pub(crate) fn run(arguments: &Copier, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let bundle = arguments.bundle.as_path();
    if !bundle.is_file() {
        return Err(Failure::new("cli.no_file", Exit::Usage, bundle.display()));
    }
    let world = World::this_machine(Arc::clone(clock));
    let software = crate::capturer::software();
    let by = By { declared: arguments.qui.as_deref(), software: &software };
    let nothing = arguments.vers.is_empty() && arguments.relire.is_empty() && arguments.consigner.is_none();
    if nothing {
        return show(bundle, json);
    }
    let mut done = Vec::new();
    for folder in &arguments.vers {
        done.push(("copied", copies::copy_bundle(&world, bundle, folder, by).map_err(|e| failure(&e))?));
    }
    for copy in &arguments.relire {
        done.push(("verified", copies::check_copy(&world, bundle, copy, by).map_err(|e| failure(&e))?));
    }
    let noted = match &arguments.consigner {
        Some(what) => Some(copies::note_access(&world, bundle, Act::Opened, what, by).map_err(|e| failure(&e))?),
        None => None,
    };
    if json {
        let copies: Vec<Value> = done.iter().map(|(act, copied)| object(act, copied)).collect();
        output::json(&json!({"copies": copies, "noted_line": noted}));
    } else {
        for (act, copied) in &done {
            tell(act, copied);
        }
        if let Some(line) = noted {
            output::line(&format!("Consultation consignée, ligne {line} du journal."));
        }
    }
    Ok(Exit::Done)
}

/// Tells in the journal of copies that the bundle was verified or replayed. Only where there is such a journal: who receives a
/// bundle alone keeps no account of it. A journal that cannot be continued stops nothing, and is said.
pub(crate) fn follow(bundle: &Path, act: Act, what: &str, clock: &Arc<dyn Clock>) {
    if !copies::followed(bundle) {
        return;
    }
    let software = crate::capturer::software();
    let by = By { declared: None, software: &software };
    if let Err(error) = copies::note_access(&World::this_machine(Arc::clone(clock)), bundle, act, what, by) {
        eprintln!("Attention : le journal des copies n'a pas pu être continué ({error}).");
    }
}

pub(crate) fn failure(error: &CopyError) -> Failure {
    let exit = match error {
        CopyError::Differs { .. } | CopyError::Journal { .. } => Exit::Negative,
        CopyError::Space { .. } | CopyError::Write { .. } => Exit::Environment,
        _ => Exit::Usage,
    };
    Failure::new(error.code(), exit, error)
}

fn object(act: &str, copied: &Copied) -> Value {
    json!({
        "act": act, "path": copied.path.display().to_string(), "bytes": copied.digests.bytes, "sha256": copied.digests.sha256,
        "sha512": copied.digests.sha512, "read_back": copied.read_back.as_str(), "read_only": copied.read_only, "medium": copied.medium,
        "journal": copied.journal.display().to_string(), "line": copied.line,
    })
}

fn tell(act: &str, copied: &Copied) {
    let done = if act == "copied" { "Copié" } else { "Relu" };
    output::line(&format!("{done} : {} ({} octets)", copied.path.display(), copied.digests.bytes));
    output::line(&format!("  SHA-256 {}", copied.digests.sha256));
    let how = match copied.read_back {
        ReadBack::Direct => "relu sur le support, sans la mémoire du système",
        ReadBack::CacheDropped => "relu après abandon de la mémoire du système",
    };
    let rights =
        if copied.read_only { "lecture seule" } else { "droits inchangés : le support n'a pas de lecture seule" };
    output::line(&format!("  {how} : identique ; {rights}"));
    output::line(&format!("  support : {}", medium(&copied.medium)));
    output::line(&format!("  journal : {}, ligne {}", copied.journal.display(), copied.line));
}

/// The medium in a few words: what is known of it.
fn medium(medium: &Value) -> String {
    let text = |name: &str| medium.get(name).and_then(Value::as_str).map(printable);
    let is = |name: &str, words: &str| (medium.get(name) == Some(&Value::Bool(true))).then(|| words.to_owned());
    let parts = [
        text("model"),
        text("serial").map(|serial| format!("n° {serial}")),
        text("filesystem"),
        is("removable", "amovible"),
        is("write_once", "à écriture unique"),
        is("remote", "autre machine"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "inconnu".to_owned() } else { parts.join(", ") }
}

/// Checks the chain and shows what was done.
fn show(bundle: &Path, json: bool) -> Result<Exit, Failure> {
    let history = copies::history(bundle).map_err(|e| failure(&e))?;
    if json {
        let lines: Vec<&Value> = history.entries.iter().map(|entry| &entry.line).collect();
        let head = (!lines.is_empty()).then_some(history.head);
        output::json(&json!({"journal": history.path.display().to_string(), "lines": lines, "head": head}));
        return Ok(Exit::Done);
    }
    for entry in &history.entries {
        output::line(&summary(&entry.line));
    }
    let count = history.entries.len();
    output::line(&format!("{count} ligne(s) dans {} ; la chaîne des empreintes tient", history.path.display()));
    if count > 0 {
        output::line(&format!("dernière ligne : SHA-256 {}", history.head));
    }
    Ok(Exit::Done)
}

fn summary(line: &Value) -> String {
    let at = |pointer: &str| line.pointer(pointer).and_then(Value::as_str).map(printable);
    if line.is_null() {
        return "     ligne coupée : la machine s'est arrêtée pendant l'écriture".to_owned();
    }
    let act = match at("/act").as_deref() {
        Some("copied") => "copié",
        Some("opened") => "ouvert",
        Some("verified") => "vérifié",
        _ => "autre",
    };
    let result = if at("/result").as_deref() == Some("ok") {
        String::new()
    } else {
        format!(" — échec : {}", at("/why").unwrap_or_default())
    };
    let who = at("/by/declared").or_else(|| at("/by/user")).unwrap_or_else(|| "inconnu".into());
    let where_to = at("/to/path").or_else(|| at("/what")).unwrap_or_default();
    let seq = line.get("seq").and_then(Value::as_u64).unwrap_or(0);
    format!("{seq:>4} {} {act:<8} {who} {where_to}{result}", at("/at").unwrap_or_default())
}
