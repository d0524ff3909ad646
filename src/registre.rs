//! `constat journal`: the office's log of seals, and this appliance as a witness of other offices' logs.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use clap::{Args, Subcommand};
use dossier::Clock;
use sealer::SystemRandom;
use sealer::tlog::{Checkpoint, OfficeLog, VerifierKey, Witness};
use serde_json::json;

use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{capturer, output};

/// The longest request a witness reads.
const MAX_REQUEST: usize = 64 * 1024;
/// How long one request may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Requests answered at the same time.
const MOST: usize = 32;

/// `journal`
#[derive(Args)]
pub(crate) struct JournalArguments {
    /// Ce qu'il faut faire
    #[command(subcommand)]
    pub(crate) operation: Operation,
}

/// What is done with the log.
#[derive(Subcommand)]
pub(crate) enum Operation {
    /// Crée le journal des sceaux de l'étude, avec sa clé
    #[command(visible_alias = "init")]
    Initialiser {
        /// Dossier du journal ; il est créé
        #[arg(long, value_name = "DIR")]
        dossier: PathBuf,
        /// Nom du journal, unique et durable, sans espace ni « + » (par exemple etude-essai.fr/journal)
        #[arg(long, value_name = "NOM")]
        nom: String,
    },
    /// Affiche la clé publique du journal et sa dernière tête signée
    #[command(visible_alias = "show")]
    Montrer {
        /// Dossier du journal ; à défaut celui de l'étude
        #[arg(long, value_name = "DIR")]
        dossier: Option<PathBuf>,
        /// Configuration de l'étude
        #[arg(long, value_name = "FICHIER")]
        etude: Option<PathBuf>,
    },
    /// Sert de témoin aux journaux d'autres études, jusqu'à Ctrl-C
    #[command(visible_alias = "witness")]
    Temoin {
        /// Dossier du témoin (sa clé, la dernière tête de chaque journal) ; il est créé
        #[arg(long, value_name = "DIR")]
        dossier: PathBuf,
        /// Nom du témoin, unique et durable, sans espace ni « + »
        #[arg(long, value_name = "NOM")]
        nom: String,
        /// Clé publique d'un journal à suivre (« constat journal montrer » l'affiche) ; répétable
        #[arg(long = "journal", value_name = "CLE", required = true)]
        journaux: Vec<String>,
        /// Adresse et port où répondre ; le port 0 laisse le système choisir
        #[arg(long, value_name = "IP:PORT", default_value = "127.0.0.1:0")]
        adresse: SocketAddr,
    },
}

/// Help shown after the verb.
pub(crate) const JOURNAL_HELP: &str = "Exemples :\n  \
  constat journal initialiser --dossier journal --nom etude-essai.fr/journal\n  \
  constat journal montrer --etude etude.toml\n  \
  constat journal temoin --dossier temoin --nom etude-essai.fr/temoin --journal 'autre.fr/journal+1a2b3c4d+AX…'\n\n\
Le journal est un arbre de Merkle (RFC 9162) des sceaux de l'étude ; ses têtes signées (C2SP) sont contresignées par les témoins\n\
que nomme la politique de [ancrage], au format c2sp.org/tlog-policy. Un témoin n'apprend que des tailles et des empreintes.\n\
Il répond en clair à POST /add-checkpoint (c2sp.org/tlog-witness) : mettez un relais TLS devant lui hors de la machine.";

/// Does one operation.
pub(crate) fn run(arguments: &JournalArguments, json: bool, clock: &Arc<dyn Clock>) -> Result<Exit, Failure> {
    match &arguments.operation {
        Operation::Initialiser { dossier, nom } => {
            let log = OfficeLog::create(dossier, nom, &SystemRandom)?;
            show(&log, dossier, json)
        }
        Operation::Montrer { dossier: Some(dossier), .. } => show(&OfficeLog::open(dossier, None)?, dossier, json),
        Operation::Montrer { dossier: None, etude } => {
            let etude = Etude::find(etude.as_deref(), clock.as_ref())?;
            let folder = etude.log_folder();
            let folder = folder.ok_or_else(|| Failure::new("etude.no_anchor", Exit::Usage, etude.file().display()))?;
            show(&OfficeLog::open(&folder, None)?, &folder, json)
        }
        Operation::Temoin { dossier, nom, journaux, adresse } => {
            let logs = journaux.iter().map(|key| VerifierKey::parse(key)).collect::<Result<Vec<_>, _>>()?;
            let witness = Witness::open(dossier, nom, logs, &SystemRandom)?;
            serve(witness, *adresse, json, Arc::clone(clock))
        }
    }
}

fn show(log: &OfficeLog, folder: &Path, json: bool) -> Result<Exit, Failure> {
    let note = log.head()?;
    let head = note.as_ref().map(|note| Checkpoint::parse(&note.text)).transpose()?;
    if json {
        output::json(&json!({
            "folder": folder, "key": log.verifier().to_string(), "size": head.as_ref().map(|h| h.size),
            "checkpoint": note.as_ref().map(ToString::to_string),
        }));
        return Ok(Exit::Done);
    }
    output::line(&format!("Journal      : {}", folder.display()));
    output::line(&format!("Clé publique : {}", log.verifier()));
    match note {
        None => output::line("Tête         : aucune, le journal est vide"),
        Some(note) => note.to_string().lines().for_each(|line| output::line(&format!("  {}", output::printable(line)))),
    }
    Ok(Exit::Done)
}

/// The witness and the clock of its cosignatures.
struct Shared {
    witness: Witness,
    clock: Arc<dyn Clock>,
    room: tokio::sync::Semaphore,
}

fn serve(witness: Witness, address: SocketAddr, json: bool, clock: Arc<dyn Clock>) -> Result<Exit, Failure> {
    let refused = |e: std::io::Error| Failure::new("log.server", Exit::Environment, format!("{address} : {e}"));
    let key = witness.verifier().to_string();
    let shared = Arc::new(Shared { witness, clock, room: tokio::sync::Semaphore::new(MOST) });
    capturer::runtime()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.map_err(refused)?;
        let url = format!("http://{}", listener.local_addr().map_err(refused)?);
        let stopped = stop_signal().map_err(refused)?;
        if json {
            output::json(&json!({"address": url, "key": key}));
        } else {
            output::line(&format!("Témoin       : {url}/add-checkpoint"));
            output::line(&format!("Clé publique : {key}"));
            output::line("Ctrl-C pour finir.");
        }
        let routes = Router::new()
            .route("/add-checkpoint", post(add_checkpoint))
            .layer(DefaultBodyLimit::max(MAX_REQUEST))
            .layer(middleware::from_fn_with_state(Arc::clone(&shared), in_time))
            .with_state(shared);
        tokio::select! {
            ended = axum::serve(listener, routes).into_future() => ended.map_err(refused),
            () = stopped => Ok(()),
        }
    })?;
    Ok(Exit::Done)
}

/// Heard before the address is told: who reads it may stop us at once.
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// So many requests at a time, each answered before the deadline, the reading of its body included.
async fn in_time(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let Ok(_room) = shared.room.try_acquire() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let answered = tokio::time::timeout(DEADLINE, next.run(request)).await;
    answered.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

async fn add_checkpoint(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let asked = Arc::clone(&shared);
    // The disk is waited for there.
    let answered = tokio::task::spawn_blocking(move || asked.witness.add_checkpoint(&body, asked.clock.now()));
    match answered.await {
        Ok(answer) => {
            let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, answer.content_type)], answer.body).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
