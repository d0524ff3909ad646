//! `constat sceller`: a closed or interrupted dossier becomes `REF.asice`; `--horodater` adds the time it lacks,
//! `--prolonger` an archive timestamp over the whole, `--prolonger-lot` evidence records beside all those of a folder.
mod lot;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dossier::{Clock, ClosedDossier, Finding, Level, Standing, standing};
use sealer::{
    HttpAuthority, HttpNetwork, KeyError, SealError, SealProgress, SealRequest, SealedBundle, SystemRandom,
    TimestampAuthority, close_interrupted,
};
use serde_json::json;

use crate::cli::Sceller;
use crate::etude::Etude;
use crate::etude::anchors::AnchorTools;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::progress::Terminal;
use crate::{ancrer, capturer, index, output};

/// Seals, or adds the time.
pub(crate) fn run(arguments: &Sceller, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    let etude = Etude::find(arguments.etude.as_deref(), clock.as_ref())?;
    let terminal = Arc::new(Terminal::new());
    if arguments.prolonger_lot {
        return lot::run(arguments, &etude, clock.as_ref(), &terminal, json);
    }
    if arguments.horodater || arguments.prolonger {
        return stamp_again(arguments, &etude, clock.as_ref(), &terminal, json);
    }
    let root = absolute(&arguments.what)?;
    let (dossier, interrupted) = closed(&root, clock, &terminal)?;
    let sealed = seal_closed(&dossier, &etude, clock.as_ref(), &terminal)?;
    terminal.finish();
    if let Some(parent) = root.parent() {
        index::remember(parent, &root);
    }
    report(&sealed, Some((&dossier, interrupted)), json);
    Ok(if sealed.timestamped || !etude.has_authorities() { Exit::Done } else { Exit::Environment })
}

fn closed(root: &Path, clock: &Arc<dyn Clock>, terminal: &Terminal) -> Result<(ClosedDossier, bool), Failure> {
    match standing(root) {
        Standing::Closed => Ok((ClosedDossier::open(root)?, false)),
        Standing::Open => {
            terminal.line("Session interrompue : le dossier est clos en l'état, et l'interruption constatée.");
            let dossier = close_interrupted(root, &capturer::software(), Arc::clone(clock))?;
            Ok((dossier, true))
        }
        Standing::Absent => Err(dossier::DossierError::Missing { path: root.to_path_buf() }.into()),
        Standing::Broken(why) => Err(Failure::new("dossier.journal", Exit::Negative, why)),
    }
}

/// Seals a closed dossier into `REF.asice` beside its folder.
pub(crate) fn seal_closed(
    dossier: &ClosedDossier,
    etude: &Etude,
    clock: &dyn Clock,
    terminal: &Arc<Terminal>,
) -> Result<SealedBundle, Failure> {
    let signer = etude.signer(terminal)?;
    let wacz_key = etude.wacz_key()?;
    let authorities = etude.authorities()?;
    let (tools, unusable) = tools_of(etude, terminal);
    let target = bundle_path(dossier.root(), dossier.case().reference.as_str());
    terminal.line(&format!("Scellement de {}…", target.display()));
    let mut sealed = sealer::seal(&SealRequest {
        dossier,
        signer: signer.as_ref(),
        wacz_key: &wacz_key,
        authorities: &as_trait(&authorities),
        network: &HttpNetwork::new(),
        anchoring: tools.as_ref().map(AnchorTools::anchoring),
        clock,
        random: &SystemRandom,
        essai: etude.essai(),
        target: &target,
        progress: &|event| show(terminal, &event),
    })?;
    sealed.findings.extend(unusable);
    if !sealed.timestamped {
        terminal.line("ATTENTION : ce scellé ne porte AUCUNE DATE opposable (aucun jeton d'horodatage).");
        terminal
            .line(&format!("  Ajoutez-la dès que possible : constat sceller --horodater {}", sealed.path.display()));
        terminal.line("  Tous les scellés qui attendent : constat horodatage --dossiers DIR --envoyer");
    }
    if etude.essai() {
        terminal.line("ESSAI : scellé avec des clés d'essai, sans valeur en justice.");
    }
    Ok(sealed)
}

/// What the seal is anchored with; an `[ancrage]` section that cannot be used is told, and stops no seal.
fn tools_of(etude: &Etude, terminal: &Terminal) -> (Option<AnchorTools>, Option<Finding>) {
    match etude.anchor_tools() {
        Ok(tools) => (tools, None),
        Err(failure) => {
            let why = format!("[{}] {}", failure.code(), failure.what());
            terminal.line(&format!("Ancre non obtenue : {}", output::printable(&why)));
            let what = "Une ancre n'a pas pu être obtenue ou complétée ; le sceau n'en dépend pas.";
            (None, Some(Finding::new("anchor.not_had", Level::Warn, what).found(why)))
        }
    }
}

/// `DIR/REF.asice` for the dossier `DIR/REF`.
fn bundle_path(root: &Path, reference: &str) -> PathBuf {
    root.with_file_name(format!("{reference}.asice"))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|e| Failure::io("lire", path, &e))
}

pub(crate) fn as_trait(authorities: &[HttpAuthority]) -> Vec<&dyn TimestampAuthority> {
    authorities.iter().map(|authority| authority as &dyn TimestampAuthority).collect()
}

/// The time that is missing, or an archive timestamp.
fn stamp_again(
    arguments: &Sceller,
    etude: &Etude,
    clock: &dyn Clock,
    terminal: &Terminal,
    json: bool,
) -> Result<Exit, Failure> {
    let authorities = etude.authorities()?;
    if authorities.is_empty() {
        let detail = etude.file().display();
        return Err(Failure::new("etude.no_authority", Exit::Usage, detail));
    }
    terminal.line(&format!("Horodatage de {}…", arguments.what.display()));
    let (asked, network) = (as_trait(&authorities), HttpNetwork::new());
    let sealed = if arguments.prolonger {
        sealer::renew(&arguments.what, &asked, &network, clock, &SystemRandom)?
    } else {
        sealer::add_time(&arguments.what, &asked, &network, clock, &SystemRandom)?
    };
    for missing in sealed.findings.iter().filter(|f| f.code == "revocation.not_gathered") {
        terminal.line(&format!("Non obtenu : {}", output::printable(missing.found.as_deref().unwrap_or_default())));
    }
    terminal.finish();
    report(&sealed, None, json);
    Ok(Exit::Done)
}

fn show(terminal: &Terminal, event: &SealProgress) {
    match event {
        SealProgress::Packing => terminal.live("archive WACZ"),
        SealProgress::Picture { path } => terminal.live(&format!("image {path}")),
        SealProgress::Signing => terminal.live("signature"),
        SealProgress::Timestamp { authority, error: None, .. } => {
            terminal.line(&format!("Horodatage obtenu de « {authority} »."));
        }
        SealProgress::Timestamp { authority, attempt, error: Some((code, text)) } => {
            terminal.line(&format!("Horodatage refusé par « {authority} », essai {attempt} [{code}] : {text}"));
        }
        SealProgress::Anchoring => terminal.live("ancres : calendriers, journal, témoins"),
        SealProgress::AnchorMissing { why } => {
            terminal.line(&format!("Ancre non obtenue : {}", output::printable(why)))
        }
        SealProgress::Revocation => terminal.live("certificats et listes de révocation"),
        SealProgress::RevocationMissing { why } => {
            terminal.line(&format!("Non obtenu : {}", output::printable(why)));
        }
        SealProgress::Writing { entry, bytes, total } => {
            terminal.live(&format!(
                "écriture {entry} ({}/{})",
                indicatif::HumanBytes(*bytes),
                indicatif::HumanBytes(*total)
            ));
        }
        SealProgress::Verifying => terminal.live("vérification du scellé"),
        _ => {}
    }
}

fn report(sealed: &SealedBundle, dossier: Option<(&ClosedDossier, bool)>, json: bool) {
    if json {
        let state = dossier.and_then(|(d, _)| d.journal().entries().last()?.text("state").map(str::to_owned));
        output::json(&json!({
            "bundle": sealed.path,
            "bytes": sealed.bytes,
            "sha256": sealed.sha256,
            "timestamped": sealed.timestamped,
            "level": sealed.level,
            "renew_before": sealed.renew_before,
            "anchors": sealed.anchors,
            "state": state,
            "interrupted": dossier.map(|(_, interrupted)| interrupted),
            "findings": sealed.findings,
        }));
        return;
    }
    output::line(&format!("Scellé  : {} ({} octets)", sealed.path.display(), sealed.bytes));
    output::line(&format!("SHA-256 : {}", sealed.sha256));
    output::line(if sealed.timestamped { "Horodaté : oui" } else { "Horodaté : NON" });
    if let Some(level) = sealed.level {
        output::line(&format!("Niveau  : CAdES {}", level.as_str()));
    }
    ancrer::lines(&sealed.anchors).iter().for_each(|line| output::line(line));
    if let Some(until) = sealed.renew_before {
        output::line(&format!("À prolonger avant le {until} (constat sceller --prolonger)"));
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Dossier(error) => error.into(),
            SealError::Signer(error) => {
                let exit = match &error {
                    KeyError::Encryption { .. } => Exit::Usage,
                    refused if refused.is_refusal() => Exit::Negative,
                    _ => Exit::Environment,
                };
                Self::new(error.code(), exit, error)
            }
            other => {
                let exit = exit_of(&other);
                Self::new(other.code(), exit, chain(&other))
            }
        }
    }
}

fn exit_of(error: &SealError) -> Exit {
    match error {
        SealError::DiskFull { .. } | SealError::Io { .. } | SealError::NoTimestamp { .. } | SealError::Sign { .. } => {
            Exit::Environment
        }
        SealError::ArtefactAltered { .. }
        | SealError::SelfCheck { .. }
        | SealError::BadBundle { .. }
        | SealError::RedactedCopy { .. } => Exit::Negative,
        _ => Exit::Usage,
    }
}
