//! `constat capturer`: a scenario or an address becomes a closed dossier, then a sealed bundle.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use capture::scenario::{Scenario, fill};
use capture::{
    Attendant, BrowserChoice, CaptureError, CapturePlan, Captured, Display, ScenarioSource, SourceKind, Sources, Stop,
};
use dossier::{Case, Clock, Finding, Opening, Reference, SessionState};
use serde_json::json;

use crate::cli::Capturer;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::progress::Terminal;
use crate::rejouer::{Engine, Replayer};
use crate::{horodatage, index, output, sceller};

mod dialogue;
mod gate;
mod officer;
mod reprendre;
mod valeurs;

pub(crate) use gate::Preliminaries;
use officer::Officer;

/// The longest scenario read.
const LONGEST_SCENARIO: u64 = 1024 * 1024;

/// A capture that was made, and sealed when that was asked.
pub(crate) struct Made {
    pub(crate) captured: Captured,
    pub(crate) bundle: Option<PathBuf>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) exit: Exit,
}

/// Runs the capture, or goes on with one, closes the dossier, seals it.
pub(crate) fn run(arguments: &Capturer, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let made = make(arguments, clock)?;
    report(json, &made.captured, made.bundle.as_deref(), &made.findings);
    Ok(made.exit)
}

/// The same, told on stderr only.
pub(crate) fn make(arguments: &Capturer, clock: &Arc<dyn Clock>) -> Result<Made, Failure> {
    let resumed = arguments.reprendre.as_deref().map(|root| reprendre::annexed(root, arguments)).transpose()?;
    let attended = resumed.as_ref().map_or(arguments.assiste, |annexed| annexed.attended);
    let mut plan = match &resumed {
        Some(annexed) => reprendre::plan(annexed, arguments)?,
        None => plan(arguments)?,
    };
    if attended {
        Officer::needs_terminal()?;
    }
    let etude = Etude::find(arguments.etude.as_deref(), clock.as_ref())?;
    if plan.scenario.rejeu.comparer {
        // A missing engine, too, is told before anything is captured.
        let engine = Engine::find(arguments.moteur.as_deref(), etude.replay_engine())?;
        plan.replay = Some(Arc::new(Replayer(Arc::new(engine))));
    }
    // The seal's authorities; a capture that is not sealed here is bracketed all the same.
    plan.time = horodatage::keeper::of(&etude, clock)?;
    plan.scenario.lieu.get_or_insert_with(|| etude.place());
    plan.sources = etude.sources().clone();
    plan.gate = Some(Arc::new(Preliminaries::of(&plan.scenario)?));
    let opening = match &resumed {
        Some(annexed) => reprendre::opening(annexed, &plan, &etude)?,
        None => opening(arguments, &plan, &etude, clock.as_ref())?,
    };
    if !arguments.sans_sceau {
        // A key that cannot be reached is told before anything is captured, not after; its secret is asked at the seal.
        etude.seal_key().ready(clock.now())?;
        etude.wacz_key()?;
    }
    let terminal = Arc::new(Terminal::new());
    valeurs::supply(&mut plan.scenario, &etude, arguments.valeurs.as_ref(), &terminal)?;
    let root = match (&arguments.reprendre, &arguments.dossiers) {
        (Some(root), _) => std::path::absolute(root).map_err(|e| Failure::io("lire", root, &e))?,
        (None, folder) => folder.clone().unwrap_or_default().join(opening.case.reference.as_str()),
    };
    let attendant = attendant(&opening, &plan.scenario, &terminal)?;
    let captured = record(&plan, (&root, resumed.is_some()), opening, clock, &terminal, attendant);
    let captured = captured.inspect_err(|failure| reprendre::tell(&root, failure, &terminal))?;
    let root = captured.dossier.root().to_path_buf();
    let sealed = if arguments.sans_sceau {
        None
    } else {
        Some(sceller::seal_closed(&captured.dossier, &etude, clock.as_ref(), &terminal)?)
    };
    terminal.finish();
    if let Some(parent) = root.parent() {
        index::remember(parent, &root);
    }
    let mut findings = captured.findings.clone();
    findings.extend(sealed.iter().flat_map(|s| s.findings.clone()));
    tell_failures(&captured);
    let exit = exit_of(captured.state, sealed.as_ref().is_none_or(|s| s.timestamped), &etude);
    Ok(Made { captured, bundle: sealed.map(|s| s.path), findings, exit })
}

fn attendant(
    opening: &Opening,
    plan: &Scenario,
    terminal: &Arc<Terminal>,
) -> Result<Option<Arc<dyn Attendant>>, Failure> {
    if !opening.attended {
        return Ok(None);
    }
    Ok(Some(Arc::new(Officer::of(&opening.case, plan, terminal)?)))
}

fn exit_of(state: SessionState, timed: bool, etude: &Etude) -> Exit {
    match state {
        SessionState::Complete if timed || !etude.has_authorities() => Exit::Done,
        SessionState::Complete => Exit::Environment,
        SessionState::Partial | SessionState::Interrupted => Exit::Negative,
    }
}

fn plan(arguments: &Capturer) -> Result<CapturePlan, Failure> {
    let given = arguments.source.as_deref().unwrap_or_default();
    let (scenario, source) = read_source(given, &arguments.variable)?;
    if source.kind != SourceKind::Url {
        undeclared_access(arguments.assiste, &scenario)?;
    }
    Ok(plan_of(scenario, source, arguments, arguments.assiste))
}

/// A plan that nobody judges, times or replays yet.
fn plan_of(scenario: Scenario, source: ScenarioSource, arguments: &Capturer, attended: bool) -> CapturePlan {
    // The officer sees the page itself when the machine can show it; a film has to show something.
    let shown = attended || scenario.presence.film == Some(true);
    CapturePlan {
        scenario,
        source,
        browser: BrowserChoice { path: arguments.navigateur.clone() },
        display: shown.then(Display::of_environment).flatten(),
        replay: None,
        time: None,
        gate: None,
        sources: Sources::default(),
        suspend: arguments.sans_sceau,
    }
}

/// The plan that an argument gives: an address, or the path of a file.
fn read_source(given: &str, variables: &[(String, String)]) -> Result<(Scenario, ScenarioSource), Failure> {
    if !given.contains("://") {
        return read_scenario(Path::new(given), variables);
    }
    let scenario = Scenario::for_url(given, None).map_err(|e| refused(&e))?;
    let bytes = given.as_bytes().to_vec();
    Ok((scenario, ScenarioSource { file_name: "adresse".into(), bytes, kind: SourceKind::Url }))
}

/// A constat in which something is typed says by what right the pages were reached.
fn undeclared_access(attended: bool, scenario: &Scenario) -> Result<(), Failure> {
    let typed = scenario.etapes.iter().position(|etape| etape.action.kind() == "saisir");
    match (attended && scenario.acces.is_none()).then_some(typed).flatten() {
        Some(index) => Err(Failure::new("scenario.access_undeclared", Exit::Usage, format!("étape {}", index + 1))),
        None => Ok(()),
    }
}

/// A scenario and the file it was read from, its variables put in.
pub(crate) fn read_scenario(
    path: &Path,
    variables: &[(String, String)],
) -> Result<(Scenario, ScenarioSource), Failure> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Failure::new("scenario.unreadable", Exit::Usage, format!("{} : {why}", path.display()))
    };
    let length = fs::metadata(path).map_err(|e| unreadable(&e))?.len();
    if length > LONGEST_SCENARIO {
        return Err(unreadable(&format!("{length} octets, au plus {LONGEST_SCENARIO}")));
    }
    let bytes = fs::read(path).map_err(|e| unreadable(&e))?;
    let text = String::from_utf8(bytes).map_err(|e| unreadable(&e))?;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let recorded = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let given = variables.iter().cloned().collect();
    let text = if recorded { text } else { fill(&name, &text, &given).map_err(|e| refused(&e))?.text };
    let read = if recorded { Scenario::from_recording(&name, &text) } else { Scenario::parse(&name, &text) };
    let kind = if recorded { SourceKind::Recorder } else { SourceKind::Toml };
    Ok((read.map_err(|e| refused(&e))?, ScenarioSource { file_name: name, bytes: text.into_bytes(), kind }))
}

fn refused(error: &capture::scenario::ScenarioError) -> Failure {
    Failure::new(error.code(), Exit::Usage, error)
}

fn opening(arguments: &Capturer, plan: &CapturePlan, etude: &Etude, clock: &dyn Clock) -> Result<Opening, Failure> {
    let reference = match (&arguments.reference, &plan.scenario.reference) {
        (Some(asked), _) => Reference::new(asked.clone())?,
        (None, Some(reference)) => reference.clone(),
        (None, None) => Reference::new(clock.now().legal_time().strftime("%Y-%m-%d-%H%M%S").to_string())?,
    };
    let scenario = &plan.scenario;
    let case = Case {
        reference,
        objet: scenario.objet.clone(),
        requerant: scenario.requerant.clone(),
        officier: scenario.officier.clone().or_else(|| etude.officier()),
        lieu: scenario.lieu.clone(),
        presents: scenario.presents.clone(),
    };
    Ok(Opening { case, software: software(), attended: arguments.assiste, essai: etude.essai() })
}

/// This program: name, version, digest of the running binary.
pub(crate) fn software() -> dossier::Software {
    let binary_sha256 =
        std::env::current_exe().and_then(fs::File::open).and_then(dossier::Sha256Digest::of_reader).ok();
    dossier::Software { name: "constat".into(), version: env!("CARGO_PKG_VERSION").into(), binary_sha256 }
}

/// The asynchronous runtime of a capture.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| Failure::new("cli.runtime", Exit::Environment, e))
}

fn record(
    plan: &CapturePlan,
    (root, resumed): (&Path, bool),
    opening: Opening,
    clock: &Arc<dyn Clock>,
    terminal: &Arc<Terminal>,
    attendant: Option<Arc<dyn Attendant>>,
) -> Result<Captured, Failure> {
    let runtime = runtime()?;
    let stop = Stop::new();
    runtime.spawn(stop_on_signal(stop.clone(), Arc::clone(terminal), plan.suspend));
    let (clock, progress) = (Arc::clone(clock), terminal.as_ref());
    let captured = if resumed {
        runtime.block_on(capture::resume(plan, root, &opening.software, clock, progress, stop, attendant))
    } else {
        let dossiers = root.parent().unwrap_or(root);
        runtime.block_on(capture::capture(plan, dossiers, opening, clock, progress, stop, attendant))
    };
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    captured.map_err(Failure::from)
}

async fn stop_on_signal(stop: Stop, terminal: Arc<Terminal>, suspend: bool) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    terminal.line(match suspend {
        true => "Arrêt demandé : la session s'arrête là, et son dossier reste ouvert.",
        false => "Arrêt demandé : ce qui est enregistré va être clos et scellé comme partiel.",
    });
    stop.request();
}

/// Every failed step in two lines, as any other error.
fn tell_failures(captured: &Captured) {
    let ends = captured.dossier.journal().of(&dossier::op::STEP_END);
    for entry in ends.filter(|entry| entry.outcome == dossier::Outcome::Failed) {
        let step = entry.integer("step").unwrap_or_default();
        let why = output::printable(entry.text("why").unwrap_or("sans motif"));
        let code = entry.text("code").unwrap_or("capture.step");
        Failure::new(code, Exit::Negative, format!("étape {step} : {why}")).print(false);
    }
}

fn report(json: bool, captured: &Captured, bundle: Option<&Path>, findings: &[Finding]) {
    let dossier = &captured.dossier;
    if json {
        output::json(&json!({
            "dossier": dossier.root(),
            "bundle": bundle,
            "reference": dossier.case().reference,
            "state": captured.state,
            "findings": findings,
        }));
        return;
    }
    let state = match captured.state {
        SessionState::Complete => "complète",
        SessionState::Partial => "PARTIELLE",
        SessionState::Interrupted => "INTERROMPUE",
    };
    output::line(&format!(
        "Capture {state} : {}, {}.",
        counted(dossier.artefacts().len(), "fichier"),
        counted(findings.len(), "constatation")
    ));
    output::line(&format!("Dossier : {}", dossier.root().display()));
    match bundle {
        Some(path) => output::line(&format!("Scellé  : {}", path.display())),
        None => output::line("Non scellé : « constat sceller » le fera."),
    }
}

/// A number of things, in French: singular below two.
fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n < 2 { "" } else { "s" })
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        match error {
            CaptureError::Dossier(error) => error.into(),
            ref refused @ (CaptureError::NoPlan | CaptureError::OtherPlan | CaptureError::NothingLeft) => {
                Self::new(refused.code(), Exit::Usage, chain(&error))
            }
            CaptureError::Suspended { ref root, done, total } => {
                let detail = format!("{done} étapes terminées sur {total}, {}", root.display());
                Self::new(error.code(), Exit::Negative, detail)
            }
            other => Self::new(other.code(), Exit::Environment, chain(&other)),
        }
    }
}
