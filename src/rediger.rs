//! `constat rediger`: a verified bundle becomes a procès-verbal, or a relevé technique when nobody attended.
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use dossier::{Clock, Level};
use report::{BundleFacts, Check, DraftInput, Presentation, ReportInput, SealFacts, Standing, TimestampFact};
use sealer::{Verdict, Verification, VerifiedBundle};
use serde_json::json;

use crate::cli::Rediger;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::{output, verifier};

/// Verifies the bundle, checks it, draws up the document and writes it; or makes the draft that the officer fills in.
pub(crate) fn run(arguments: &Rediger, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    if arguments.definitif && !arguments.langue.is_act() {
        return Err(Failure::new("rediger.translation", Exit::Usage, "--definitif"));
    }
    let (anchors, _) = verifier::anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock)?;
    let at = clock.now();
    let verification = verifier::verified(&arguments.bundle, &anchors, at)?;
    verifier::refuse_copy(&arguments.bundle)?;
    let Some(bundle) = &verification.bundle else {
        let codes: Vec<&str> =
            verification.findings.iter().filter(|f| f.level == Level::Fail).map(|f| f.code.as_str()).collect();
        return Err(Failure::new("rediger.not_valid", Exit::Negative, codes.join(", ")));
    };
    let draft = arguments.complements.as_deref().map(complements).transpose()?;
    let presentation = presentation(arguments.presentation.as_deref())?;
    let norm = norm()?;
    let conformity = norms::check(&norm, bundle.journal(), Some(bundle.manifest()));
    let input = ReportInput {
        manifest: bundle.manifest(),
        journal: bundle.journal(),
        bundle: facts(&arguments.bundle, &verification)?,
        conformity: &conformity,
        read: &|path| bundle.read(path).map_err(io::Error::other),
        draft: draft.as_ref().map(|(draft, _)| draft),
        projet: arguments.projet,
        langue: arguments.langue,
        drawn_up_at: at,
    };
    if let Some(target) = &arguments.brouillon {
        return brouillon(target, &input, &presentation, json);
    }
    let checks = report::checks(&input, &presentation).map_err(|e| refused(&e))?;
    let Some(target) = arguments.sortie.as_deref() else { return controls_only(&checks, json) };
    let refusing: Vec<&str> = checks.iter().filter(|c| c.refuses()).map(|c| c.id).collect();
    if arguments.definitif && !refusing.is_empty() {
        told(&checks, json, &json!({"etat": "refuse"}));
        return Err(Failure::new("rediger.refused", Exit::Negative, refusing.join(", ")));
    }
    // What a check refuses is never final: it is drawn up as a project, and says so on every page.
    let input = ReportInput { projet: arguments.projet || !refusing.is_empty(), ..input };
    let mut part = Part::beside(target)?;
    let document = report::draw_up_with(&input, &presentation, &mut part.file).map_err(|e| refused(&e))?;
    part.named()?;
    if let Some((_, octets)) = &draft {
        kept(arguments.complements.as_deref().unwrap_or(target), octets)?;
    }
    drawn(&document, &input, target, json);
    Ok(Exit::Done)
}

/// Tells the document that was written, and why it is not final when it is not.
fn drawn(document: &report::ProcesVerbal, input: &ReportInput<'_>, target: &Path, json: bool) {
    let state = match (input.langue.is_act(), input.projet) {
        (false, _) => "traduction",
        (true, true) => "projet",
        (true, false) => "definitif",
    };
    let facts = json!({
        "pv": target, "title": document.title, "pages": document.pages, "bytes": document.bytes, "sha256": document.sha256,
        "etat": state, "langue": input.langue, "findings": findings(&document.checks),
    });
    told(&document.checks, json, &facts);
    if json {
        return;
    }
    let refusing: Vec<&str> = document.checks.iter().filter(|c| c.refuses()).map(|c| c.id).collect();
    if !refusing.is_empty() {
        output::line(&format!("PROJET, non définitif : l'acte est refusé par {}", refusing.join(", ")));
        output::line("Pour le compléter : constat rediger … --brouillon FICHIER, puis --complements FICHIER");
    }
    if !input.langue.is_act() {
        output::line(
            "Traduction de courtoisie : elle n'est pas l'acte et ne se signe pas ; seul le texte français fait foi.",
        );
    }
    output::line(&format!("{} : {} pages, {}", document.title, document.pages, target.display()));
    output::line(&format!("SHA-256 : {}", document.sha256));
}

fn refused(error: &report::ReportError) -> Failure {
    Failure::new(error.code(), Exit::Negative, chain(error))
}

/// What the checks found, one by one.
fn findings(checks: &[Check]) -> Vec<&dossier::Finding> {
    checks.iter().flat_map(|check| &check.constats).collect()
}

/// The checks as a list, then what the caller adds; one JSON object for a machine.
fn told(checks: &[Check], json: bool, more: &serde_json::Value) {
    if json {
        let mut object = more.clone();
        if let Some(object) = object.as_object_mut() {
            object.insert("checks".into(), serde_json::to_value(checks).unwrap_or_default());
        }
        output::json(&object);
        return;
    }
    for check in checks {
        let (mark, note) = match &check.standing {
            Standing::Satisfait => ("oui", String::new()),
            Standing::SansObjet { motif } => ("sans objet", format!(" ({motif})")),
            Standing::Decide { decision } => ("décidé", format!(" — {}", output::printable(decision))),
            Standing::Ecart if check.refuses() => ("REFUS", String::new()),
            Standing::Ecart => ("rappel", String::new()),
        };
        output::line(&format!("{} {mark:<10} {}{note}", check.id, check.titre));
        for finding in &check.constats {
            let found = finding.found.as_deref().map_or_else(String::new, |found| format!(" ({found})"));
            let what = format!("{}{found}", finding.what);
            output::line(&format!("       [{}] {}", finding.code, output::printable(&what)));
        }
    }
}

/// `rediger` without an output: the checks alone.
fn controls_only(checks: &[Check], json: bool) -> Result<Exit, Failure> {
    let refused = checks.iter().any(Check::refuses);
    told(checks, json, &json!({"etat": if refused { "refuse" } else { "pret" }}));
    Ok(if refused { Exit::Negative } else { Exit::Done })
}

/// Writes a new draft; one that exists is never written over.
fn brouillon(target: &Path, input: &ReportInput<'_>, presentation: &Presentation, json: bool) -> Result<Exit, Failure> {
    let text = report::new_draft(input, presentation).map_err(|e| refused(&e))?;
    let exists = |e: &io::Error| e.kind() == io::ErrorKind::AlreadyExists;
    let mut file = File::create_new(target).map_err(|e| {
        if exists(&e) {
            Failure::new("rediger.draft_exists", Exit::Usage, target.display())
        } else {
            Failure::io("écrire", target, &e)
        }
    })?;
    file.write_all(text.as_bytes()).map_err(|e| Failure::io("écrire", target, &e))?;
    if json {
        output::json(&json!({"brouillon": target}));
    } else {
        output::line(&format!("Brouillon : {}", target.display()));
    }
    Ok(Exit::Done)
}

/// Keeps the draft that was used, beside it, numbered; the same one twice is kept once.
fn kept(draft: &Path, octets: &[u8]) -> Result<(), Failure> {
    let mut folder = draft.as_os_str().to_owned();
    folder.push(".versions");
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).map_err(|e| Failure::io("créer", &folder, &e))?;
    let at = |n: u32| folder.join(format!("{n:04}.toml"));
    let mut next = 1;
    while at(next).exists() {
        next += 1;
    }
    let last = (next > 1).then(|| fs::read(at(next - 1))).transpose().map_err(|e| Failure::io("lire", &folder, &e))?;
    if last.as_deref() != Some(octets) {
        write(&at(next), octets)?;
    }
    Ok(())
}

/// The norm an act is judged by.
pub(crate) fn norm() -> Result<norms::Norm, Failure> {
    norms::Norm::nf_z67_147().map_err(|e| Failure::new(e.code(), Exit::Environment, chain(&e)))
}

/// The draft, and its octets as they are kept.
fn complements(path: &Path) -> Result<(DraftInput, Vec<u8>), Failure> {
    let text = fs::read_to_string(path)
        .map_err(|e| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", path.display())))?;
    let read = DraftInput::from_toml(&text)
        .map_err(|e| Failure::new(e.code(), Exit::Usage, format!("{} : {}", path.display(), chain(&e))))?;
    Ok((read, text.into_bytes()))
}

/// The presentation of a folder, else the one shipped.
pub(crate) fn presentation(folder: Option<&Path>) -> Result<Presentation, Failure> {
    let loaded = folder.map_or_else(Presentation::shipped, Presentation::with_folder);
    loaded.map_err(|e| Failure::new(e.code(), Exit::Usage, chain(&e)))
}

/// What an act says of its bundle.
pub(crate) fn facts(path: &Path, verification: &Verification) -> Result<BundleFacts, Failure> {
    let missing = || Failure::new("rediger.not_valid", Exit::Negative, path.display());
    let bytes = fs::metadata(path).map_err(|e| Failure::io("lire", path, &e))?.len();
    let seal = verification.facts.signer.as_ref().map(|signer| SealFacts {
        signer: signer.clone(),
        certificate_serial: None,
        timestamps: verification
            .facts
            .timestamps
            .iter()
            .map(|token| TimestampFact {
                authority: token.authority.clone(),
                gen_time: token.gen_time,
                serial: token.serial.clone(),
                policy: token.policy.clone(),
            })
            .collect(),
        essai: verification.bundle.as_ref().is_none_or(|bundle: &VerifiedBundle| bundle.manifest().essai),
    });
    Ok(BundleFacts {
        file_name: path.file_name().ok_or_else(missing)?.to_string_lossy().into_owned(),
        bytes,
        sha256: verification.bundle_sha256.ok_or_else(missing)?,
        seal,
        verdict: Some(verdict_text(verification.verdict).to_owned()),
        findings: verification.findings.clone(),
    })
}

fn verdict_text(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "valide (PASS)",
        Verdict::Indeterminate => "indéterminé (INDETERMINATE)",
        Verdict::Fail => "non valide (FAIL)",
    }
}

/// A file written beside its name and renamed when it is whole: a half-written act never has the act's name.
pub(crate) struct Part {
    pub(crate) file: BufWriter<File>,
    part: PathBuf,
    target: PathBuf,
}

impl Part {
    pub(crate) fn beside(target: &Path) -> Result<Self, Failure> {
        let mut part = target.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|e| Failure::io("écrire", &part, &e))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 20, file), part, target: target.to_owned() })
    }

    /// On the disk, then named.
    pub(crate) fn named(self) -> Result<(), Failure> {
        let file = self.file.into_inner().map_err(|e| Failure::io("écrire", &self.part, e.error()))?;
        file.sync_all().map_err(|e| Failure::io("écrire", &self.part, &e))?;
        fs::rename(&self.part, &self.target).map_err(|e| Failure::io("écrire", &self.target, &e))
    }
}

/// Writes `bytes` beside, then renames.
pub(crate) fn write(target: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut part = Part::beside(target)?;
    part.file.write_all(bytes).map_err(|e| Failure::io("écrire", target, &e))?;
    part.named()
}
