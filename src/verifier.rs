//! `constat verifier`: the command an opposing expert runs. Offline; trust comes from a folder of roots only.
mod claims;
pub(crate) mod copy;
mod many;
mod page;
pub(crate) mod pv;
mod qualification;
mod rapport;
mod statement;

pub(crate) use page::PAGE;

use std::path::Path;
use std::sync::Arc;

use dossier::{Clock, Instant, Level};
use probes::copies::Act;
use sealer::{TrustAnchors, Verdict, Verification, verify_beside};
use serde_json::{Value, json};

use crate::cli::Verifier;
use crate::etude::{self, Etude};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{ancrer, copier, output};

/// Verifies a bundle, and the procès-verbal with it when one is given.
pub(crate) fn run(arguments: &Verifier, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    if let Some(folder) = &arguments.page {
        page::copy_to(folder, json)?;
    }
    let Some(bundle) = &arguments.bundle else { return Ok(Exit::Done) };
    let at = match &arguments.a_la_date {
        None => clock.now(),
        Some(text) => text.parse::<Instant>().map_err(|e| Failure::new("cli.date", Exit::Usage, e))?,
    };
    let (anchors, source) = anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock.as_ref())?;
    let brought = etude::anchors::brought(arguments.entetes.as_deref(), arguments.politique.as_deref())?;
    // What is given here goes before what the étude names.
    let anchors = TrustAnchors::none().checking_anchors_with(brought).with(&anchors);
    let (anchors, source) = qualification::with_lists((anchors, source), arguments)?;
    if sealer::is_receipt(bundle) {
        return Ok(receipt(bundle, (&anchors, &source), at, json));
    }
    if bundle.is_file() && sealer::is_whole_dossier(bundle) {
        return Ok(whole(bundle, (&anchors, &source), at, json));
    }
    if bundle.is_dir() {
        return many::run(arguments, bundle, json, (&anchors, &source), at);
    }
    let mut verification = verified(bundle, &anchors, at)?;
    let mut signed = None;
    if let Some(pv) = &arguments.pv {
        signed = pv::add(&mut verification, (bundle, pv), arguments.presentation.as_deref(), (&anchors, at))?;
    }
    let mut told = as_json(&verification, at, &source);
    if let (Some(signed), Some(told)) = (&signed, told.as_object_mut()) {
        told.insert("pv".into(), serde_json::to_value(signed).unwrap_or_default());
    }
    if let Some(target) = &arguments.rapport {
        rapport::write(target, bundle, &verification, &told, (&source, at))?;
    }
    if json {
        output::json(&told);
    } else {
        print_text(&verification, at, &source);
        signed.iter().flat_map(pv::lines).for_each(|line| output::line(&line));
    }
    let what = format!("constat verifier : {}", verification.verdict.as_str());
    copier::follow(bundle, Act::Verified, &what, clock);
    Ok(exit_of(verification.verdict))
}

/// The verdict on a receipt of service: a folder, a zip, or the signed file beside its signature.
fn receipt(path: &Path, (anchors, source): (&TrustAnchors, &str), at: Instant, json: bool) -> Exit {
    let told = sealer::verify_receipt(path, anchors, at);
    if json {
        output::json(&serde_json::to_value(&told).unwrap_or_default());
    } else {
        for line in sealer::receipt_lines(&told, at, source) {
            output::line(&output::printable(&line));
        }
    }
    exit_of(told.verdict)
}

/// The verdict on the whole dossier of an act: a zip with its signed manifest.
fn whole(path: &Path, (anchors, source): (&TrustAnchors, &str), at: Instant, json: bool) -> Exit {
    let told = sealer::verify_whole_dossier(path, anchors, at);
    if json {
        output::json(&serde_json::to_value(&told).unwrap_or_default());
    } else {
        for line in sealer::whole_lines(&told, at, source) {
            output::line(&output::printable(&line));
        }
    }
    exit_of(told.verdict)
}

/// The exit code that tells a verdict.
fn exit_of(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Pass => Exit::Done,
        Verdict::Fail => Exit::Negative,
        Verdict::Indeterminate => Exit::Indeterminate,
    }
}

/// The roots of `--ancres`, else those of the étude, and where they come from.
pub(crate) fn anchors(
    folder: Option<&Path>,
    file: Option<&Path>,
    clock: &dyn Clock,
) -> Result<(TrustAnchors, String), Failure> {
    if let Some(folder) = folder {
        return Ok((etude::anchors_of(folder)?, folder.display().to_string()));
    }
    let etude = Etude::find(file, clock)?;
    Ok((etude.anchors()?, etude.anchors_folder().display().to_string()))
}

/// The verification of a file that exists, with the evidence record beside it (`.ers`) when there is one; a file that is not
/// there is a mistake of usage, not a verdict.
pub(crate) fn verified(bundle: &Path, anchors: &TrustAnchors, at: Instant) -> Result<Verification, Failure> {
    if !bundle.is_file() {
        return Err(Failure::new("cli.no_file", Exit::Usage, bundle.display()));
    }
    Ok(verify_beside(bundle, anchors, at))
}

/// Refuses a copy where only an original may stand.
pub(crate) fn refuse_copy(bundle: &Path) -> Result<(), Failure> {
    if sealer::is_redacted_copy(bundle) {
        return Err(Failure::new("disclosure.redacted_copy", Exit::Negative, bundle.display()));
    }
    Ok(())
}

fn as_json(verification: &Verification, at: Instant, anchors: &str) -> Value {
    json!({
        "verdict": verification.verdict,
        "findings": verification.findings,
        "claims": verification.claims,
        "prepare": sealer::PREPARE,
        "bundle_sha256": verification.bundle_sha256,
        "seal": verification.facts,
        "at": at,
        "anchors": anchors,
        "incompleteness": manifest(verification).map(|m| statement::json(&m.incompleteness)),
        "copy": verification.copy.as_ref().map(|copy| copy::json(copy.list())),
        "verifier": {"name": "constat", "version": env!("CARGO_PKG_VERSION")},
    })
}

/// `constat.json` of an original or of a copy.
fn manifest(verification: &Verification) -> Option<&dossier::Manifest> {
    let original = verification.bundle.as_ref().map(sealer::VerifiedBundle::manifest);
    original.or_else(|| verification.copy.as_ref().map(sealer::RedactedCopy::manifest))
}

/// What makes a copy impossible to take for the original.
fn print_copy(verification: &Verification) {
    if copy::is_copy(verification) {
        output::line(copy::BANNER);
        let list = verification.copy.as_ref().map(sealer::RedactedCopy::list);
        list.map(copy::lines).unwrap_or_default().iter().for_each(|line| output::line(line));
    }
}

fn print_text(verification: &Verification, at: Instant, anchors: &str) {
    print_copy(verification);
    for finding in &verification.findings {
        let mark = match finding.level {
            Level::Info => "info",
            Level::Warn => "réserve",
            Level::Indeterminate => "indéterminé",
            Level::Fail => "ÉCHEC",
        };
        output::line(&format!("{mark:<12} [{}] {}", finding.code, output::printable(&finding.what)));
        for (name, value) in [("attendu", &finding.expected), ("trouvé", &finding.found)] {
            if let Some(value) = value {
                output::line(&format!("{:<12}   {name} : {}", "", output::printable(value)));
            }
        }
    }
    if let Some(manifest) = manifest(verification) {
        statement::lines(&manifest.incompleteness).iter().for_each(|line| output::line(line));
    }
    claims::lines(&verification.claims).iter().for_each(|line| output::line(line));
    let facts = &verification.facts;
    let unknown = || "inconnu".to_owned();
    output::line(&format!("Signataire : {}", facts.signer.as_deref().map_or_else(unknown, output::printable)));
    for token in &facts.timestamps {
        output::line(&format!(
            "Horodatage : {} par {}, n° {}",
            token.gen_time,
            output::printable(&token.authority),
            token.serial
        ));
    }
    for token in &facts.session {
        let offset = token.offset_ms.map_or_else(String::new, |ms| format!(", horloge de la machine : {ms:+} ms"));
        let authority = output::printable(&token.authority);
        output::line(&format!("Session, ligne {} : {} par {authority}{offset}", token.line, token.gen_time));
    }
    qualification::printed(facts).iter().for_each(|line| output::line(line));
    if facts.timestamps.is_empty() {
        output::line("Horodatage : AUCUN");
    }
    ancrer::lines(&facts.anchors).iter().for_each(|line| output::line(line));
    if let Some(record) = &facts.record {
        output::line(&format!(
            "Preuve d'archivage : {} (dernier renouvellement {}, par {} ; à renouveler avant le {})",
            record.first,
            record.last,
            output::printable(&record.authority),
            record.valid_to
        ));
    }
    if let Some(sha256) = verification.bundle_sha256 {
        output::line(&format!("SHA-256    : {sha256}"));
    }
    output::line(&format!("Jugé au {at}, avec les racines de {anchors}"));
    let copy = if copy::is_copy(verification) { format!(" ({})", copy::BANNER) } else { String::new() };
    output::line(&format!("Verdict : {}{copy}", verification.verdict.as_str()));
}
