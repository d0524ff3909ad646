//! `constat norme`: what is asked after a norm and where it comes from; with a bundle, what is met, by which proof, and what is not.
use std::path::Path;

use dossier::Clock;
use norms::Norm;
use probes::copies::history;
use serde_json::{Map, Value, json};

use crate::cli::Norme;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::{output, verifier};

/// Width of the table on a terminal.
const WIDTH: usize = 110;

/// Prints the table, alone or compared with a bundle.
pub(crate) fn run(arguments: &Norme, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    if arguments.liste {
        return list(json);
    }
    let norm = norm(arguments.norme.as_deref())?;
    let Some(bundle) = &arguments.bundle else {
        match (json, arguments.texte) {
            (true, _) => output::json(&norm),
            (false, true) => output::line(&norm.render_sources(WIDTH)),
            (false, false) => output::line(&norm.render_text(WIDTH)),
        }
        return Ok(Exit::Done);
    };
    let (anchors, _) = verifier::anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock)?;
    let verification = verifier::verified(bundle, &anchors, clock.now())?;
    verifier::refuse_copy(bundle)?;
    let Some(verified) = &verification.bundle else {
        let codes: Vec<&str> = verification.findings.iter().map(|f| f.code.as_str()).collect();
        return Err(Failure::new("rediger.not_valid", Exit::Negative, codes.join(", ")));
    };
    let custody = custody(bundle)?;
    let conformity =
        norms::check_with_custody(&norm, verified.journal(), Some(verified.manifest()), custody.as_deref());
    if json {
        output::json(&conformity);
    } else {
        output::line(&conformity.render_text(WIDTH));
    }
    Ok(Exit::Done)
}

/// The lines of the journal of copies beside the bundle, its chain checked; `None` when there is no such journal.
fn custody(bundle: &Path) -> Result<Option<Vec<Map<String, Value>>>, Failure> {
    let history = history(bundle).map_err(|error| crate::copier::failure(&error))?;
    let lines = history.entries.into_iter().filter_map(|entry| entry.line.as_object().cloned());
    let lines: Vec<Map<String, Value>> = lines.collect();
    Ok((!lines.is_empty()).then_some(lines))
}

/// The norm asked: NF Z67-147, another embedded one by its name, or the one in a folder.
fn norm(asked: Option<&Path>) -> Result<Norm, Failure> {
    let found = match asked {
        None => Norm::nf_z67_147(),
        Some(path) if path.is_dir() => Norm::from_folder(path),
        Some(path) => Norm::embedded(&path.to_string_lossy()),
    };
    found.map_err(|e| Failure::new(e.code(), if asked.is_some() { Exit::Usage } else { Exit::Environment }, chain(&e)))
}

fn list(json: bool) -> Result<Exit, Failure> {
    let mut rows = Vec::new();
    for name in Norm::names() {
        let norm = norm(Some(Path::new(name)))?;
        if !json {
            output::line(&format!("{name:<20} {} ({}) : {} exigences", norm.id, norm.edition, norm.exigences().len()));
        }
        rows.push(json!({"name": name, "id": norm.id, "titre": norm.titre, "edition": norm.edition, "exigences": norm.exigences().len()}));
    }
    if json {
        output::json(&rows);
    }
    Ok(Exit::Done)
}
