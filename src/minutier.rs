//! `constat minutier`: acts prepared for the minutier central, and the four months to deposit them.
//!
//! We stand before the approved system and are not it: a folder is prepared, a register tells what was done, nothing is deposited by us.
mod deadline;
mod document;
mod register;
mod state;
mod xml;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use dossier::{Clock, Digests, Instant, Level, Sha256Digest, Software, digest_reader};
use jiff::civil::Date;
use probes::World;
use probes::copies::By;
use sealer::{Verdict, Verification, VerifiedBundle};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::remettre::folder::{self, Folder};
use crate::{output, verifier};
use register::Register;
use xml::{Listed, Told};

/// Printed in every deposit folder and in the help.
const WARNING: &str = "Dossier préparé par constat, producteur en amont du minutier central. Ni ce dossier, ni ce registre, ni ce logiciel ne sont le minutier central ni un système agréé ; la signature de l'officier n'est pas contrôlée ici.";

/// Examples, and what the law asks.
pub(crate) const MINUTIER_HELP: &str = "Exemples :\n  \
  constat minutier exporter 2026-0142.asice pv.pdf --registre registre/ --sortie depot-2026-0142/\n  \
  constat minutier etat --registre registre/\n  \
  constat minutier etat --registre registre/ --a-la-date 2027-03-01T10:00:00Z\n  \
  constat minutier depose 2026-0142 --recepisse recepisse.pdf --registre registre/\n  \
  constat minutier migrer 2026-0142 --de pv.pdf --vers pv-pdfa4.pdf --motif \"PDF/A-3 vers PDF/A-4\" --registre registre/\n\n\
L'original électronique est conservé dès son établissement et enregistré au minutier central dans les quatre mois (décret\n\
n° 2021-1625, art. 27). Le délai est compté de date à date à partir du jour d'ouverture de la session, en heure légale ; quand le\n\
mois n'a pas ce jour, c'est son dernier ; un jour férié ne le repousse pas. constat prépare le dossier et tient le compte : il n'est\n\
ni le minutier central ni un système agréé, et ne dépose rien lui-même.\n\
Le registre minutier.jsonl est chaîné : code de sortie 1 quand sa chaîne est rompue, ou quand un acte est en retard.";

/// `minutier`
#[derive(Args)]
pub(crate) struct Minutier {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    verb: MinutierVerb,
}

#[derive(Subcommand)]
enum MinutierVerb {
    /// Écrit le dossier de dépôt d'un acte, et inscrit l'acte au registre
    Exporter(Exporter),
    /// Inscrit un acte au registre sans l'exporter : son délai est alors suivi
    Inscrire(Inscrire),
    /// Montre chaque acte, son échéance et ce qui reste à faire
    Etat(Etat),
    /// Consigne un dépôt fait, avec son récépissé
    Depose(Depose),
    /// Consigne un changement de format d'un fichier de l'acte, avec les deux empreintes
    Migrer(Migrer),
}

#[derive(Args)]
struct Common {
    /// Dossier du registre
    #[arg(long, value_name = "DIR")]
    registre: PathBuf,
    /// Qui agit, tel que le registre le dira (déclaré) ; l'utilisateur du système est toujours noté
    #[arg(long, value_name = "NOM")]
    qui: Option<String>,
}

#[derive(Args)]
struct Source {
    /// Le scellé : les annexes de l'acte
    #[arg(value_name = "SCELLE.asice")]
    bundle: PathBuf,
    /// L'acte
    #[arg(value_name = "PV.pdf")]
    pv: PathBuf,
    /// Dossier des certificats racines de confiance (PEM) ; à défaut celui de l'étude
    #[arg(long, value_name = "DIR")]
    ancres: Option<PathBuf>,
    /// Configuration de l'étude
    #[arg(long, value_name = "FICHIER")]
    etude: Option<PathBuf>,
}

#[derive(Args)]
struct Exporter {
    #[command(flatten)]
    source: Source,
    /// Le dossier de dépôt à créer
    #[arg(long, value_name = "DIR")]
    sortie: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Inscrire {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Etat {
    /// Dossier du registre
    #[arg(long, value_name = "DIR")]
    registre: PathBuf,
    /// Instant auquel compter (RFC 3339) ; à défaut maintenant
    #[arg(long = "a-la-date", value_name = "RFC3339")]
    a_la_date: Option<String>,
}

#[derive(Args)]
struct Depose {
    /// La référence de l'acte
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// Le récépissé du minutier central ; une copie en est gardée à côté du registre
    #[arg(long, value_name = "FICHIER")]
    recepisse: PathBuf,
    /// Jour du dépôt, tel que le récépissé le dit ; à défaut aujourd'hui
    #[arg(long, value_name = "AAAA-MM-JJ")]
    le: Option<String>,
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
struct Migrer {
    /// La référence de l'acte
    #[arg(value_name = "REFERENCE")]
    reference: String,
    /// Le fichier d'avant
    #[arg(long, value_name = "FICHIER")]
    de: PathBuf,
    /// Le fichier d'après
    #[arg(long, value_name = "FICHIER")]
    vers: PathBuf,
    /// Pourquoi
    #[arg(long, value_name = "TEXTE")]
    motif: String,
    #[command(flatten)]
    common: Common,
}

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

/// An act that may be deposited: verified, and its document read.
struct Ready {
    verification: Verification,
    document: document::Facts,
    digests: (Digests, Digests),
    nature: Nature,
    date: Date,
    deadline: Date,
    at: Instant,
}

impl Ready {
    fn of(source: &Source, clock: &dyn Clock) -> Result<Self, Failure> {
        let (anchors, _) = verifier::anchors(source.ancres.as_deref(), source.etude.as_deref(), clock)?;
        let at = clock.now();
        let mut verification = verifier::verified(&source.bundle, &anchors, at)?;
        verifier::refuse_copy(&source.bundle)?;
        let digests = (digested(&source.bundle)?, digested(&source.pv)?);
        verifier::add_pv(&mut verification, &source.pv)?;
        let agrees = verification.findings.iter().any(|f| f.code == "pv.agrees");
        let codes = |keep: &dyn Fn(&dossier::Finding) -> bool| {
            let codes: Vec<&str> = verification.findings.iter().filter(|f| keep(f)).map(|f| f.code.as_str()).collect();
            codes.join(", ")
        };
        let document_fails = verification.findings.iter().any(|f| f.level == Level::Fail && f.code.starts_with("pv."));
        if document_fails || (!agrees && verification.verdict != Verdict::Fail) {
            return Err(Failure::new("minutier.pv", Exit::Negative, codes(&|f| f.code.starts_with("pv."))));
        }
        if verification.verdict != Verdict::Pass {
            let exit = if verification.verdict == Verdict::Fail { Exit::Negative } else { Exit::Indeterminate };
            return Err(Failure::new("minutier.not_valid", exit, codes(&|f| f.level >= Level::Indeterminate)));
        }
        let document = document::facts(&source.pv)?;
        let session = &bundle(&verification)?.manifest().session;
        let nature = if session.attended { Nature::Constat } else { Nature::Releve };
        let date = deadline::legal_day(session.opened_at);
        let deadline = deadline::deadline(date).ok_or_else(|| Failure::new("cli.date", Exit::Usage, date))?;
        Ok(Self { digests, document, nature, date, deadline, at, verification })
    }

    fn reference(&self) -> Result<&str, Failure> {
        Ok(bundle(&self.verification)?.manifest().case.reference.as_str())
    }

    /// The line that makes the act known.
    fn created(&self, source: &Source) -> Result<Value, Failure> {
        let case = &bundle(&self.verification)?.manifest().case;
        let officer = case.officier.as_ref();
        Ok(json!({
            "act_date": self.date.to_string(), "deadline": self.deadline.to_string(),
            "drawn_up": self.document.created, "pages": self.document.pages, "nature": self.nature.code(),
            "officer": officer.map(|one| format!("{} {}", one.prenoms, one.nom)), "etude": officer.map(|one| one.etude.clone()),
            "bundle": file(&source.bundle, self.digests.0), "document": file(&source.pv, self.digests.1),
        }))
    }
}

fn bundle(verification: &Verification) -> Result<&VerifiedBundle, Failure> {
    verification.bundle.as_ref().ok_or_else(|| Failure::new("minutier.not_valid", Exit::Negative, "scellé"))
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

fn export(
    source: &Source,
    to: Option<&PathBuf>,
    common: &Common,
    json: bool,
    clock: &Arc<dyn Clock>,
) -> Result<Exit, Failure> {
    if let Some(to) = to {
        folder::may_write(to, false)?;
    }
    let ready = Ready::of(source, clock.as_ref())?;
    let reference = ready.reference()?;
    let made = match to {
        Some(to) => Some((deposit_folder(&ready, source, to)?, to)),
        None => None,
    };
    let (bundle, document) = (ready.digests.0.sha256.to_hex(), ready.digests.1.sha256.to_hex());
    let line = with_register(common, clock, |register| {
        let mut line = None;
        match register.acts().find(reference) {
            Some(known) if known.digests != (bundle.clone(), document.clone()) => {
                return Err(Failure::new("minutier.other_act", Exit::Usage, reference));
            }
            Some(_) if made.is_none() => return Err(Failure::new("minutier.known", Exit::Usage, reference)),
            Some(_) => {}
            None => line = Some(register.add("created", reference, ready.created(source)?)?),
        }
        if let Some(((folder, depot), to)) = made {
            let files = folder.written().len();
            folder.keep(to, false)?;
            let told = json!({"folder": to.display().to_string(), "files": files, "depot_sha256": depot});
            line = Some(register.add("exported", reference, told)?);
        }
        Ok(line)
    })?;
    tell_export(&ready, reference, to, line, json);
    Ok(Exit::Done)
}

fn tell_export(ready: &Ready, reference: &str, to: Option<&PathBuf>, line: Option<u64>, json: bool) {
    if json {
        output::json(&json!({
            "reference": reference, "folder": to, "line": line, "nature": ready.nature.code(), "date": ready.date.to_string(),
            "deadline": ready.deadline.to_string(), "pages": ready.document.pages, "formats": ready.document.formats,
            "warning": WARNING,
        }));
        return;
    }
    if let Some(to) = to {
        output::line(&format!("Dossier de dépôt : {}", to.display()));
    }
    output::line(&format!("{reference} : acte du {}, à déposer au plus tard le {}", ready.date, ready.deadline));
    if ready.nature == Nature::Releve {
        output::line(&format!("Attention : {}.", ready.nature.words()));
    }
    output::line(WARNING);
}

/// The deposit folder, not yet named, and the SHA-256 of its `depot.xml`.
fn deposit_folder(ready: &Ready, source: &Source, to: &Path) -> Result<(Folder, Sha256Digest), Failure> {
    let mut folder = Folder::beside(to)?;
    let manifest = bundle(&ready.verification)?.manifest();
    let annex = format!("annexes/{}.asice", manifest.case.reference);
    let mut files = Vec::new();
    let asice =
        ["ASiC-E avec CAdES, conteneur additionnel (ETSI EN 319 162-2)", "WACZ 1.1.1", "WARC 1.1 (ISO 28500:2017)"];
    let wanted = [
        ("acte.pdf".to_owned(), "acte", &source.pv, ready.document.formats.clone(), ready.digests.1),
        (annex.clone(), "annexe", &source.bundle, asice.map(String::from).to_vec(), ready.digests.0),
    ];
    for (name, role, path, formats, expected) in wanted {
        let opened = File::open(path).map_err(|e| Failure::io("lire", path, &e))?;
        let digests = folder.copy(&name, opened)?;
        if digests != expected {
            return Err(Failure::new("remettre.changed", Exit::Negative, path.display()));
        }
        files.push(Listed { name, role, digests, formats });
    }
    let record = sealer::ers::record_path(&source.bundle);
    if record.is_file() && ready.verification.facts.record.is_some() {
        let name = format!("{annex}.ers");
        let opened = File::open(&record).map_err(|e| Failure::io("lire", &record, &e))?;
        let digests = folder.copy(&name, opened)?;
        files.push(Listed {
            name,
            role: "preuve-archivage",
            digests,
            formats: vec!["Evidence Record (RFC 4998)".into()],
        });
    }
    let told = Told {
        manifest,
        verification: &ready.verification,
        nature: ready.nature,
        date: ready.date,
        deadline: ready.deadline,
        document: &ready.document,
        files,
        at: ready.at,
    };
    let depot = folder.octets("depot.xml", xml::depot(&told).as_bytes())?.sha256;
    folder.octets("depot.xsd", xml::SCHEMA.as_bytes())?;
    folder.sums()?;
    Ok((folder, depot))
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
