//! `constat capturer --reprendre`: an interrupted session goes on with the plan of its dossier, its officer and its étude.
use std::path::Path;

use capture::scenario::Scenario;
use capture::{Annexed, CapturePlan, ScenarioSource, SourceKind};
use dossier::{Opening, Standing, standing};

use super::{plan_of, read_source, refused, software};
use crate::cli::Capturer;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Terminal;

/// The plan of the dossier, and how its session was opened.
pub(super) fn annexed(root: &Path, arguments: &Capturer) -> Result<Annexed, Failure> {
    let annexed = capture::annexed(root)?;
    if arguments.assiste && !annexed.attended {
        return Err(Failure::new("capture.not_attended", Exit::Usage, root.display()));
    }
    Ok(annexed)
}

/// The annexed plan, or the same as given again with its confidential values.
pub(super) fn plan(annexed: &Annexed, arguments: &Capturer) -> Result<CapturePlan, Failure> {
    let (scenario, source) = match &arguments.source {
        Some(given) => read_source(given, &arguments.variable)?,
        None if annexed.secrets_removed > 0 => {
            let detail = format!("{} à redonner", annexed.secrets_removed);
            return Err(Failure::new("capture.secrets_needed", Exit::Usage, detail));
        }
        None => read_annexed(annexed)?,
    };
    if scenario.without_secrets(&source.bytes).0 != annexed.bytes {
        return Err(Failure::new("capture.other_plan", Exit::Usage, &source.file_name));
    }
    Ok(plan_of(scenario, source, arguments, annexed.attended))
}

fn read_annexed(annexed: &Annexed) -> Result<(Scenario, ScenarioSource), Failure> {
    let Annexed { bytes, kind, file_name, .. } = annexed;
    let text = String::from_utf8_lossy(bytes);
    let read = match kind {
        SourceKind::Toml => Scenario::parse(file_name, &text),
        SourceKind::Recorder => Scenario::from_recording(file_name, &text),
        SourceKind::Url => Scenario::for_url(&text, None),
    };
    let source = ScenarioSource { file_name: file_name.clone(), bytes: bytes.clone(), kind: *kind };
    Ok((read.map_err(|e| refused(&e))?, source))
}

/// The opening as it was: the officer and the étude must be those of the dossier.
pub(super) fn opening(annexed: &Annexed, plan: &CapturePlan, etude: &Etude) -> Result<Opening, Failure> {
    let officer = plan.scenario.officier.clone().or_else(|| etude.officier());
    if officer != annexed.case.officier {
        let name = |o: &Option<dossier::Officier>| o.as_ref().map(|o| format!("{} {}", o.prenoms, o.nom));
        let [asked, found] = [&officer, &annexed.case.officier].map(|o| name(o).unwrap_or_else(|| "personne".into()));
        let detail = format!("le dossier est celui de {found}, non de {asked}");
        return Err(Failure::new("capture.other_officer", Exit::Usage, detail));
    }
    if etude.essai() != annexed.essai {
        return Err(Failure::new("capture.other_etude", Exit::Usage, etude.file().display()));
    }
    Ok(Opening { case: annexed.case.clone(), software: software(), attended: annexed.attended, essai: annexed.essai })
}

/// Tells how a dossier that was left open is gone on with.
pub(super) fn tell(root: &Path, failure: &Failure, terminal: &Terminal) {
    // Another process is at work there, or nothing is left but to close.
    let other = ["dossier.in_use", "dossier.exists", "dossier.artefact_altered", "capture.nothing_left"];
    if standing(root) == Standing::Open && !other.contains(&failure.code()) {
        terminal.line("La session n'est pas terminée, son dossier reste ouvert. Pour la reprendre :");
        terminal.line(&format!("  constat capturer --reprendre {}", root.display()));
    }
}
