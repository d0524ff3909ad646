//! `constat ancrer`: asks the anchors that seals lack, and completes those that are only promised.
use std::path::Path;

use dossier::{Clock, Finding, Level, Standing, standing};
use sealer::anchor::AnchorFacts;
use sealer::{Anchored, SystemRandom, TrustAnchors, anchor_bundle};
use serde_json::{Value, json};

use crate::bundles::{self, Found};
use crate::cli::Ancrer;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::progress::Terminal;

/// Anchors one bundle, or all of a folder; one that cannot be does not stop the others.
pub(crate) fn run(arguments: &Ancrer, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    let etude = Etude::find(arguments.etude.as_deref(), clock)?;
    let tools = etude.anchor_tools()?;
    let tools = tools.ok_or_else(|| Failure::new("etude.no_anchor", Exit::Usage, etude.file().display()))?;
    let mut trusted = etude.anchors()?;
    for authority in etude.authorities()? {
        trusted = trusted.with(sealer::TimestampAuthority::anchors(&authority));
    }
    let Found { bundles, left } = chosen(&arguments.what)?;
    let (terminal, alone) = (Terminal::new(), bundles.len() == 1);
    let (mut told, mut worst) = (Vec::new(), Exit::Done);
    for (n, bundle) in bundles.iter().enumerate() {
        terminal.live(&format!("{}/{} {}", n + 1, bundles.len(), bundle.display()));
        match one(bundle, &tools.anchoring(), &trusted, clock) {
            Ok(anchored) => {
                if worst == Exit::Done && anchored.findings.iter().any(|f| f.level == Level::Warn) {
                    worst = Exit::Environment;
                }
                told.push((bundle.clone(), Ok(anchored)));
            }
            Err(failure) if alone => return Err(failure),
            Err(failure) => {
                // A bundle that is wrong weighs more than a network that is silent.
                if worst != Exit::Negative {
                    worst = failure.exit();
                }
                told.push((bundle.clone(), Err(failure)));
            }
        }
    }
    terminal.finish();
    if json {
        output::json(
            &json!({"bundles": told.iter().map(|(path, result)| described(path, result)).collect::<Vec<_>>(), "left_out": left}),
        );
    } else {
        told.iter().for_each(|(path, result)| show(path, result));
        bundles::told(&left).iter().for_each(|line| output::line(line));
    }
    Ok(worst)
}

fn one(
    bundle: &Path,
    anchoring: &sealer::Anchoring<'_>,
    trusted: &TrustAnchors,
    clock: &dyn Clock,
) -> Result<Anchored, Failure> {
    Ok(anchor_bundle(bundle, anchoring, trusted, clock, &SystemRandom)?)
}

/// The bundle itself, that of a dossier, or those below a folder.
fn chosen(what: &Path) -> Result<Found, Failure> {
    if what.is_file() {
        return Ok(Found { bundles: vec![what.to_path_buf()], left: Vec::new() });
    }
    if !what.is_dir() {
        return Err(Failure::new("cli.no_file", Exit::Usage, what.display()));
    }
    if !matches!(standing(what), Standing::Absent) {
        let dossier = std::path::absolute(what).map_err(|e| Failure::io("lire", what, &e))?;
        let mut name = dossier.file_name().unwrap_or_default().to_owned();
        name.push(".asice");
        let bundle = dossier.with_file_name(name);
        return if bundle.is_file() {
            Ok(Found { bundles: vec![bundle], left: Vec::new() })
        } else {
            Err(Failure::new("cli.no_file", Exit::Usage, bundle.display()))
        };
    }
    bundles::below(what)
}

fn described(path: &Path, result: &Result<Anchored, Failure>) -> Value {
    match result {
        Ok(anchored) => json!({
            "bundle": path, "changed": anchored.bundle.is_some(), "anchors": anchored.anchors,
            "sha256": anchored.bundle.as_ref().map(|b| b.sha256), "findings": anchored.findings,
        }),
        Err(failure) => json!({"bundle": path, "error": {"code": failure.code(), "what": failure.what()}}),
    }
}

fn show(path: &Path, result: &Result<Anchored, Failure>) {
    match result {
        Ok(anchored) => {
            let what = if anchored.bundle.is_some() { "Ancré" } else { "Inchangé" };
            output::line(&format!("{what} : {}", path.display()));
            lines(&anchored.anchors).iter().for_each(|line| output::line(line));
            missing(&anchored.findings).iter().for_each(|line| output::line(&format!("  {line}")));
        }
        Err(failure) => {
            output::line(&format!("Non ancré : {} [{}] {}", path.display(), failure.code(), failure.what()))
        }
    }
}

/// A line an anchor, and how to check it when it is not proven.
pub(crate) fn lines(anchors: &[AnchorFacts]) -> Vec<String> {
    let told = |anchor: &AnchorFacts| {
        let line = format!("Ancre      : {}", output::printable(&anchor.line));
        let check = format!("             pour le contrôler : {}", output::printable(&anchor.check));
        [Some(line), anchor.existed_before.is_none().then_some(check)].into_iter().flatten()
    };
    anchors.iter().flat_map(told).collect()
}

/// What could not be had, or is still awaited.
pub(crate) fn missing(findings: &[Finding]) -> Vec<String> {
    let about = findings.iter().filter(|f| f.code == "anchor.not_had" || f.code == "anchor.waiting");
    about
        .map(|finding| {
            let what = if finding.code == "anchor.waiting" { "En attente" } else { "Ancre non obtenue" };
            format!("{what} : {}", output::printable(finding.found.as_deref().unwrap_or_default()))
        })
        .collect()
}
