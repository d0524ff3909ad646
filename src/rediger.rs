//! `constat rediger`: a verified bundle becomes a procès-verbal, or a relevé technique when nobody attended.
use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use dossier::{Clock, Level};
use report::{BundleFacts, DraftInput, Presentation, ReportInput, SealFacts, TimestampFact};
use sealer::{Verdict, Verification, VerifiedBundle};
use serde_json::json;

use crate::cli::Rediger;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::{output, verifier};

/// Verifies the bundle, checks it, draws up the document and writes it.
pub(crate) fn run(arguments: &Rediger, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
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
        draft: draft.as_ref(),
        drawn_up_at: at,
    };
    let findings = report::check(&input);
    let mut draft_file = Part::beside(&arguments.sortie)?;
    let document = report::draw_up_with(&input, &presentation, &mut draft_file.file)
        .map_err(|e| Failure::new(e.code(), Exit::Negative, chain(&e)))?;
    draft_file.named()?;
    let sha256 = document.sha256;
    if json {
        output::json(&json!({
            "pv": arguments.sortie, "title": document.title, "pages": document.pages, "bytes": document.bytes,
            "sha256": sha256, "findings": findings,
        }));
        return Ok(Exit::Done);
    }
    for finding in &findings {
        output::line(&format!("contrôle [{}] {}", finding.code, output::printable(&finding.what)));
    }
    output::line(&format!("{} : {} pages, {}", document.title, document.pages, arguments.sortie.display()));
    output::line(&format!("SHA-256 : {sha256}"));
    Ok(Exit::Done)
}

/// The norm an act is judged by.
pub(crate) fn norm() -> Result<norms::Norm, Failure> {
    norms::Norm::nf_z67_147().map_err(|e| Failure::new(e.code(), Exit::Environment, chain(&e)))
}

fn complements(path: &Path) -> Result<DraftInput, Failure> {
    let text = fs::read_to_string(path)
        .map_err(|e| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", path.display())))?;
    DraftInput::from_toml(&text)
        .map_err(|e| Failure::new(e.code(), Exit::Usage, format!("{} : {}", path.display(), chain(&e))))
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
