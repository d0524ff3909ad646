//! Command line of `constat`: arguments in, exit code out; no domain logic here.

mod bundles;
mod cli;
mod clock;
mod coffre;
mod etude;
mod exit;
mod failure;
mod index;
mod message;
mod output;
mod progress;

// The verbs, in the order of a constat
mod ancrer;
mod capturer;
mod caviarder;
mod cle;
mod comparer;
mod confiance;
mod controler;
mod copier;
mod horodatage;
mod minutier;
mod norme;
mod rediger;
mod registre;
mod rejouer;
mod remettre;
mod sceller;
mod script;
mod signer;
mod signifier;
mod veille;
mod verifier;

use std::process::ExitCode;
use std::sync::Arc;

use clap::FromArgMatches;
use clap::error::ErrorKind;
use dossier::Clock;
use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, IndexVerb, Verb};
use crate::exit::Exit;
use crate::failure::Failure;

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_env_filter(log_filter()).with_writer(std::io::stderr).init();
    let parsed = cli::french::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let json = cli.json;
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print(json);
            failure.exit().into()
        }
    }
}

/// What `CONSTAT_LOG` asks for, but for the modules that print the octets of an HTTP exchange: access tokens, PIN and
/// one-time passwords are among them.
fn log_filter() -> EnvFilter {
    let asked = EnvFilter::try_from_env("CONSTAT_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let silent = ["ureq_proto=off", "ureq_proto::util=off"];
    silent.iter().filter_map(|directive| directive.parse().ok()).fold(asked, EnvFilter::add_directive)
}

/// Help and version are not errors; anything else is a usage error, told in two lines as every other.
fn usage(error: &clap::Error) -> ExitCode {
    let helps = matches!(error.kind(), ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand);
    match cli::french::mistake(error) {
        Some(failure) if !helps => {
            // The arguments could not be read: the wish for JSON is looked for among them as they came.
            failure.print(std::env::args_os().any(|argument| argument == "--json"));
            failure.exit().into()
        }
        told => {
            let _ = error.print();
            told.map_or(Exit::Done, |failure| failure.exit()).into()
        }
    }
}

fn run(cli: Cli) -> Result<Exit, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(clock::SystemClock::new());
    match cli.verb {
        Verb::Capturer(arguments) => capturer::run(&arguments, cli.json, &clock),
        Verb::Veille(arguments) => veille::run(&arguments, cli.json, &clock),
        Verb::Comparer(arguments) => comparer::run(&arguments, cli.json, &clock),
        Verb::Sceller(arguments) => sceller::run(&arguments, cli.json, &clock),
        Verb::Horodatage(arguments) => horodatage::run(&arguments, cli.json, clock.as_ref()),
        Verb::Ancrer(arguments) => ancrer::run(&arguments, cli.json, clock.as_ref()),
        Verb::Journal(arguments) => registre::run(&arguments, cli.json, &clock),
        Verb::Verifier(arguments) => verifier::run(&arguments, cli.json, &clock),
        Verb::Caviarder(arguments) => caviarder::run(&arguments, cli.json, clock.as_ref()),
        Verb::Copier(arguments) => copier::run(&arguments, cli.json, &clock),
        Verb::Rejouer(arguments) => rejouer::run(&arguments, cli.json, &clock),
        Verb::Rediger(arguments) => rediger::run(&arguments, cli.json, clock.as_ref()),
        Verb::Remettre(arguments) => remettre::run(&arguments, cli.json, clock.as_ref()),
        Verb::Minutier(arguments) => minutier::run(&arguments, cli.json, &clock),
        Verb::Signer(arguments) => signer::run(&arguments, cli.json, clock.as_ref()),
        Verb::Signifier(arguments) => signifier::run(&arguments, cli.json, &clock),
        Verb::Controler(arguments) => controler::run(&arguments, cli.json, &clock),
        Verb::Etude(arguments) => cle::run(&arguments, cli.json, clock.as_ref()),
        Verb::Coffre(arguments) => coffre::run(&arguments, cli.json, clock.as_ref()),
        Verb::Confiance(arguments) => confiance::run(&arguments, cli.json, clock.as_ref()),
        Verb::Scenario(arguments) => script::run(&arguments, cli.json),
        Verb::Norme(arguments) => norme::run(&arguments, cli.json, clock.as_ref()),
        Verb::Index(arguments) => list_dossiers(&arguments, cli.json),
    }
}

fn list_dossiers(arguments: &cli::Index, json: bool) -> Result<Exit, Failure> {
    if !arguments.dossiers.is_dir() {
        return Err(Failure::new("cli.no_folder", Exit::Usage, arguments.dossiers.display()));
    }
    let rows = match arguments.verb {
        IndexVerb::Lister => index::list(&arguments.dossiers)?,
        IndexVerb::Reconstruire => index::rebuild(&arguments.dossiers)?,
    };
    if json {
        output::json(&serde_json::json!({"dossiers": rows}));
        return Ok(Exit::Done);
    }
    for row in &rows {
        let opened =
            row.opened_at.map_or_else(|| "—".to_owned(), |at| at.legal_time().strftime("%d/%m/%Y %H:%M").to_string());
        let sealed = row.bundle.as_deref().unwrap_or("non scellé");
        let objet = output::printable(row.objet.as_deref().unwrap_or(""));
        output::line(&format!(
            "{:<24} {:<12} {opened:<17} {:>4} fichiers  {sealed}  {objet}",
            row.reference, row.state, row.artefacts
        ));
        if let Some(fault) = &row.fault {
            output::line(&format!("    journal rompu : {}", output::printable(fault)));
        }
    }
    output::line(&format!("{} dossier(s) dans {}", rows.len(), arguments.dossiers.display()));
    Ok(Exit::Done)
}
