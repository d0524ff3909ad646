//! `constat minutier`: acts prepared for the minutier central, and the four months to deposit them.
//!
//! We stand before the approved system and are not it: a folder is prepared, a register tells what was done, nothing is deposited by us.
mod arguments;
mod deadline;
pub(crate) mod document;
mod export;
mod register;
mod state;
mod xml;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use dossier::{Clock, Digests, Instant, Level, Software, digest_reader};
use jiff::civil::Date;
use probes::World;
use probes::copies::By;
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use arguments::{Common, Depose, Etat, Migrer, MinutierVerb};
pub(crate) use arguments::{MINUTIER_HELP, Minutier};
use export::export;
use register::Register;

/// Printed in every deposit folder and in the help.
const WARNING: &str = "Dossier préparé par constat, producteur en amont du minutier central. Ni ce dossier, ni ce registre, ni ce logiciel ne sont le minutier central ni un système agréé ; ce que vaut la signature de l'officier est dit par « constat verifier SCELLE.asice PV.pdf ».";

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    Constat,
    Releve,
}

impl Nature {
    fn code(self) -> &'static str {
        match self {
            Self::Constat => "constat",
            Self::Releve => "releve-technique",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Constat => "Procès-verbal de constat",
            Self::Releve => "Relevé technique, fait sans officier présent : ce n'est pas un procès-verbal de constat",
        }
    }
}

/// Does what is asked.
pub(crate) fn run(arguments: &Minutier, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    match &arguments.verb {
        MinutierVerb::Exporter(asked) => export(&asked.source, Some(&asked.sortie), &asked.common, json, clock),
        MinutierVerb::Inscrire(asked) => export(&asked.source, None, &asked.common, json, clock),
        MinutierVerb::Etat(asked) => standing(asked, json, clock.as_ref()),
        MinutierVerb::Depose(asked) => deposited(asked, json, clock),
        MinutierVerb::Migrer(asked) => migrated(asked, json, clock),
    }
}

fn digested(path: &Path) -> Result<Digests, Failure> {
    let unread = |e: std::io::Error| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", path.display()));
    File::open(path).and_then(digest_reader).map_err(unread)
}

/// A file as the register names it.
fn file(path: &Path, digests: Digests) -> Value {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    json!({"file": name, "bytes": digests.bytes, "sha256": digests.sha256, "sha512": digests.sha512})
}

/// Runs `act` with the register, locked.
fn with_register<T>(
    common: &Common,
    clock: &Arc<dyn Clock>,
    act: impl FnOnce(&mut Register<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let world = World::this_machine(Arc::clone(clock));
    let software: Software = crate::capturer::software();
    let by = By { declared: common.qui.as_deref(), software: &software };
    let mut register = Register::open(&common.registre, &world, by)?;
    act(&mut register)
}

fn standing(asked: &Etat, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    let at = match &asked.a_la_date {
        None => clock.now(),
        Some(text) => text.parse::<Instant>().map_err(|e| Failure::new("cli.date", Exit::Usage, e))?,
    };
    let acts = match register::read(&asked.registre)? {
        Ok((acts, _)) => acts,
        Err(fault) => {
            let what = "La chaîne du registre est rompue : rien de ce qu'il dit n'est compté.";
            let finding = dossier::Finding::new("minutier.chain", Level::Fail, what).found(fault);
            if json {
                output::json(&json!({"at": at, "acts": [], "findings": [finding]}));
            } else {
                let found = output::printable(finding.found.as_deref().unwrap_or_default());
                output::line(&format!("{:<12} [{}] {} — {found}", "ÉCHEC", finding.code, finding.what));
            }
            return Ok(Exit::Negative);
        }
    };
    let table = state::Table::of(&acts, at);
    if json {
        output::json(&table.json())
    } else {
        table.print()
    }
    Ok(if table.is_late() { Exit::Negative } else { Exit::Done })
}

fn deposited(asked: &Depose, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let today = deadline::legal_day(clock.now());
    let wrong = |why: &dyn std::fmt::Display| Failure::new("minutier.date", Exit::Usage, why);
    let on = match &asked.le {
        Some(text) => text.parse::<Date>().map_err(|e| wrong(&e))?,
        None => today,
    };
    if on > today {
        return Err(wrong(&format!("{on} est à venir")));
    }
    let digests = digested(&asked.recepisse)?;
    let reference = asked.reference.as_str();
    let (line, act, receipt) = with_existing(&asked.common, clock, |register| {
        let acts = register.acts();
        let act = acts.find(reference).ok_or_else(|| Failure::new("minutier.unknown", Exit::Usage, reference))?.clone();
        if let Some(deposit) = &act.deposited {
            return Err(Failure::new("minutier.deposited", Exit::Usage, format!("le {}", deposit.on)));
        }
        if on < act.date {
            return Err(wrong(&format!("{on} précède l'acte, du {}", act.date)));
        }
        let receipt = keep_receipt(register.folder(), reference, &asked.recepisse, digests)?;
        let told = json!({
            "on": on.to_string(), "in_time": on <= act.deadline,
            "receipt": {"file": receipt, "bytes": digests.bytes, "sha256": digests.sha256, "sha512": digests.sha512},
        });
        let line = register.add("deposited", reference, told)?;
        Ok((line, act, receipt))
    })?;
    let in_time = on <= act.deadline;
    if json {
        output::json(
            &json!({"reference": reference, "on": on.to_string(), "in_time": in_time, "receipt": receipt, "sha256": digests.sha256, "line": line}),
        );
    } else {
        let late = if in_time { "" } else { ", hors délai" };
        output::line(&format!("{reference} : dépôt du {on} consigné{late}, ligne {line} du registre"));
        output::line(&format!("Récépissé : {receipt} (SHA-256 {})", digests.sha256));
    }
    Ok(Exit::Done)
}

/// The same as [`with_register`], but no register is made.
fn with_existing<T>(
    common: &Common,
    clock: &Arc<dyn Clock>,
    act: impl FnOnce(&mut Register<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    if let Err(fault) = register::read(&common.registre)? {
        return Err(Failure::new("minutier.chain", Exit::Negative, fault));
    }
    with_register(common, clock, act)
}

/// Copies the receipt beside the register, under a name of ours; gives that name.
fn keep_receipt(folder: &Path, reference: &str, receipt: &Path, expected: Digests) -> Result<String, Failure> {
    let end = receipt.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    let end = end
        .filter(|end| end.len() <= 8 && end.bytes().all(|b| b.is_ascii_alphanumeric()))
        .unwrap_or_else(|| "bin".into());
    let name = format!("recepisses/{reference}-{}.{end}", expected.sha256.to_hex().get(..12).unwrap_or_default());
    let path = folder.join(&name);
    let failed = |e: std::io::Error| Failure::io("écrire", &path, &e);
    std::fs::create_dir_all(folder.join("recepisses")).map_err(failed)?;
    let mut source = File::open(receipt).map_err(|e| Failure::io("lire", receipt, &e))?;
    // A copy that a stopped command left is of no line yet: it is written anew.
    let mut copy = File::create(&path).map_err(failed)?;
    std::io::copy(&mut source, &mut copy).and_then(|_| copy.sync_all()).map_err(failed)?;
    if digested(&path)? == expected {
        Ok(name)
    } else {
        Err(Failure::new("remettre.changed", Exit::Negative, receipt.display()))
    }
}

fn migrated(asked: &Migrer, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let reference = asked.reference.as_str();
    let why = asked.motif.trim();
    if why.is_empty() {
        return Err(Failure::new("cli.usage_value", Exit::Usage, "--motif"));
    }
    let (from, to) = (digested(&asked.de)?, digested(&asked.vers)?);
    let told = json!({"from": file(&asked.de, from), "to": file(&asked.vers, to), "why": why});
    let line = with_existing(&asked.common, clock, |register| {
        if register.acts().find(reference).is_none() {
            return Err(Failure::new("minutier.unknown", Exit::Usage, reference));
        }
        register.add("migrated", reference, told)
    })?;
    if json {
        output::json(&json!({"reference": reference, "from": from.sha256, "to": to.sha256, "line": line}));
    } else {
        output::line(&format!("{reference} : changement de format consigné, ligne {line} du registre"));
        output::line(&format!("  de   {}\n  vers {}", from.sha256, to.sha256));
    }
    Ok(Exit::Done)
}
