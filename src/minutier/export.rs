//! An act that may be deposited, entered in the register, and its deposit folder.
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dossier::{Clock, Digests, Instant, Level, Sha256Digest};
use jiff::civil::Date;
use sealer::{Verdict, Verification, VerifiedBundle};
use serde_json::{Value, json};

use super::arguments::{Common, Source};
use super::xml::{self, Listed, Told};
use super::{Nature, WARNING, deadline, digested, document, file, with_register};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::remettre::folder::{self, Folder};
use crate::{output, verifier};

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
        verifier::pv::add(&mut verification, (&source.bundle, &source.pv), None, (&anchors, at))?;
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

/// Verifies, prepares the folder when one is asked for, then enters the act.
pub(super) fn export(
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
