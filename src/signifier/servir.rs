//! `constat signifier servir`: the recipient's portal and the office's pages, and the clockwork of the platform beside them.
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;
use dossier::{Clock, Sha256Digest};
use signification::bureau::Outils;
use signification::notice::SmtpMailer;
use signification::notice::sms::{PasserelleHttp, PasserelleSms};
use signification::{Config, Context, Platform, SystemEntropy, cli_help};
use signification_portail::{AccesEtude, ConfigPortail, Limites, Portail, PortailError, Tls};

use super::evidence::{OfficeSealer, OfficeVerifier};
use super::signature_pdf::PdfSignatures;
use super::{Signifier, stockage};
use crate::capturer::runtime;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;
use crate::registre::stop_signal;
use crate::verifier;

/// How often what fell due is done.
const ROUND: Duration = Duration::from_secs(30);
/// How often the acts of the vault are hashed again.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// `signifier servir`
#[derive(Args)]
pub(crate) struct Servir {
    /// Où écoute le portail des destinataires ; sans certificat, sur cette machine seulement
    #[arg(long, value_name = "ADRESSE:PORT", default_value = "127.0.0.1:8443")]
    ecoute: SocketAddr,
    /// Certificat (chaîne PEM)
    #[arg(long, value_name = "FICHIER", requires = "cle_tls")]
    certificat: Option<PathBuf>,
    /// Clé du certificat (PEM)
    #[arg(long = "cle-tls", value_name = "FICHIER", requires = "certificat")]
    cle_tls: Option<PathBuf>,
    /// Adresse que voient les navigateurs, derrière un relais : « https » et le nom, sans chemin
    #[arg(long, value_name = "URL")]
    origine: Option<String>,
    /// Où écoute l'espace de l'étude ; demande le certificat, l'autorité et au moins un officier
    #[arg(long, value_name = "ADRESSE:PORT", requires_all = ["certificat", "autorite", "officier"])]
    ecoute_etude: Option<SocketAddr>,
    /// Adresse de l'espace de l'étude telle que la voient les navigateurs : « https » et un nom, sans chemin ; sans elle, aucune clé
    /// d'accès d'officier ne peut être inscrite ni présentée
    #[arg(long, value_name = "URL", requires = "ecoute_etude")]
    origine_etude: Option<String>,
    /// Racine d'un fabricant de clés d'accès (PEM), pour en vérifier le modèle ; autant de fois qu'il y en a
    #[arg(long = "fabricant", value_name = "FICHIER")]
    fabricants: Vec<PathBuf>,
    /// Autorité des certificats des officiers (PEM)
    #[arg(long, value_name = "FICHIER")]
    autorite: Option<PathBuf>,
    /// Liste de certificats révoqués (PEM) ; autant de fois qu'il y en a
    #[arg(long = "revocations", value_name = "FICHIER")]
    revocations: Vec<PathBuf>,
    /// Un officier et l'empreinte SHA-256 de son certificat : NOM=EMPREINTE
    #[arg(long, value_name = "NOM=SHA256")]
    officier: Vec<String>,
}

/// Serves until Ctrl-C.
pub(super) fn run(
    arguments: &Signifier,
    servir: &Servir,
    (etude, config): (&Etude, &Config),
    clock: &Arc<dyn Clock>,
) -> Result<Exit, Failure> {
    let platform = Arc::new(lasting(arguments, (etude, config), clock)?);
    let (horloge, hasard) = (leaked(clock), Box::leak(Box::new(SystemEntropy::default())));
    let tls = servir.certificat.clone().zip(servir.cle_tls.clone()).map(|(certificat, cle)| Tls { certificat, cle });
    let recipients = ConfigPortail {
        origine: servir.origine.clone(),
        tls,
        etude: None,
        limites: Limites::default(),
        horloge,
        hasard,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let rounds = rounds(Arc::clone(&platform), Arc::clone(&stop), Arc::clone(clock));
    let served = runtime()?.block_on(serve(&platform, servir, recipients));
    stop.store(true, Ordering::SeqCst);
    let _ = rounds.join();
    served.map(|()| Exit::Done)
}

async fn serve(platform: &Arc<Platform<'static>>, servir: &Servir, recipients: ConfigPortail) -> Result<(), Failure> {
    let io = |error: std::io::Error| failed(PortailError::from(error));
    // Refused before an address is told.
    if recipients.tls.is_none() && !servir.ecoute.ip().is_loopback() {
        return Err(failed(PortailError::HttpOuvert));
    }
    let listener = tokio::net::TcpListener::bind(servir.ecoute).await.map_err(io)?;
    let scheme = if recipients.tls.is_some() { "https" } else { "http" };
    let stopped = stop_signal().map_err(io)?;
    output::line(&format!("Portail des destinataires : {scheme}://{}/", listener.local_addr().map_err(io)?));
    let office = match servir.ecoute_etude {
        None => None,
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address).await.map_err(io)?;
            output::line(&format!("Espace de l'étude         : https://{}/", listener.local_addr().map_err(io)?));
            Some((
                listener,
                ConfigPortail {
                    etude: Some(office(servir)?),
                    origine: servir.origine_etude.clone(),
                    ..recipients.clone()
                },
            ))
        }
    };
    output::line(cli_help::PORTEE_COURTE);
    output::line("Ctrl-C pour finir.");
    let (end, ended) = tokio::sync::watch::channel(false);
    let wait = |mut ended: tokio::sync::watch::Receiver<bool>| async move {
        let _ = ended.wait_for(|over| *over).await;
    };
    let first = Portail::servir(Arc::clone(platform), listener, recipients, wait(ended.clone()));
    let second = async {
        match office {
            Some((listener, config)) => {
                Portail::servir_etude(Arc::clone(platform), listener, config, wait(ended.clone())).await
            }
            None => {
                wait(ended.clone()).await;
                Ok(())
            }
        }
    };
    let stopping = async {
        stopped.await;
        let _ = end.send(true);
        Ok(())
    };
    tokio::try_join!(first, second, stopping).map(|_| ()).map_err(failed)
}

/// Does what falls due while the pages are served: acts whose hour came, notices to try again, terms, sessions that ended; and once
/// a day the round of the vault, beside it.
fn rounds(
    platform: Arc<Platform<'static>>,
    stop: Arc<AtomicBool>,
    clock: Arc<dyn Clock>,
) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let mut rounded = clock.monotonic();
        while !stop.load(Ordering::SeqCst) {
            let done = platform.traiter().map(|_| ()).and_then(|()| platform.relever().map(|_| ()));
            if let Err(error) = done.and_then(|()| platform.balayer_sessions().map(|_| ())) {
                tracing::warn!(code = error.code(), "ce qui était dû n'a pas pu être fait : nouvel essai sous peu");
            }
            if clock.monotonic().saturating_sub(rounded) >= DAY {
                rounded = clock.monotonic();
                let platform = Arc::clone(&platform);
                std::thread::spawn(move || {
                    if let Err(error) = platform.ronde() {
                        tracing::warn!(
                            code = error.code(),
                            "la ronde du coffre n'a pas pu finir : nouvel essai demain"
                        );
                    }
                });
            }
            for _ in 0..ROUND.as_millis() / 200 {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    })
}

/// A platform that lasts as long as the program: what it borrows is never given back.
fn lasting(
    arguments: &Signifier,
    (etude, config): (&Etude, &Config),
    clock: &Arc<dyn Clock>,
) -> Result<Platform<'static>, Failure> {
    let context = Context {
        clock: leaked(clock),
        entropy: Box::leak(Box::new(SystemEntropy::default())),
        sealer: Box::leak(Box::new(OfficeSealer::new(etude, Arc::clone(clock))?.anchored(config)?)),
        mailer: Box::leak(Box::new(SmtpMailer::new(&config.smtp)?)),
    };
    let verifier: &'static OfficeVerifier = Box::leak(Box::new(OfficeVerifier::new(etude.anchors()?, clock.now())));
    let sms = match &config.sms {
        None => None,
        Some(gateway) => {
            let gateway: &'static PasserelleHttp = Box::leak(Box::new(PasserelleHttp::new(gateway)?));
            Some(gateway as &(dyn PasserelleSms + Sync))
        }
    };
    let signature: &'static PdfSignatures = Box::leak(Box::new(PdfSignatures::new(etude, &config.actes, clock)?));
    let outils = Outils { verifier: Some(verifier), analyseur: None, sms, signature: Some(signature) };
    Ok(stockage::open(&arguments.plateforme, config, context)?.avec(outils)?.avec_verificateur(verifier::PAGE))
}

fn leaked(clock: &Arc<dyn Clock>) -> &'static dyn Clock {
    let kept: &'static Arc<dyn Clock> = Box::leak(Box::new(Arc::clone(clock)));
    kept.as_ref()
}

/// Who enters the office's side.
fn office(servir: &Servir) -> Result<AccesEtude, Failure> {
    let refused = |text: &str| Failure::new("portail.officier", Exit::Usage, text);
    let mut officiers = Vec::new();
    for text in &servir.officier {
        let (name, digest) = text.split_once('=').ok_or_else(|| refused(text))?;
        let digest: Sha256Digest = digest.trim().to_lowercase().parse().map_err(|_| refused(text))?;
        officiers.push((digest, name.trim().to_owned()));
    }
    let autorite = servir.autorite.clone().ok_or_else(|| refused("--autorite"))?;
    Ok(AccesEtude {
        autorite,
        revocations: servir.revocations.clone(),
        officiers,
        fabricants: servir.fabricants.clone(),
    })
}

fn failed(error: PortailError) -> Failure {
    Failure::new(error.code(), Exit::Environment, error)
}
