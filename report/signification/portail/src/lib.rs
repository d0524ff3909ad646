//! The recipient's portal and the office's pages: HTML written here, nothing fetched from elsewhere; no script, but for passkeys on the
//! three pages that ask for one (`cle.js`), which do without it.
//!
//! Two listeners: recipients ([`Portail::servir`]) and the office ([`Portail::servir_etude`], client certificates). Every request
//! passes the guard (`garde`) before a page sees it, and every operation passes the platform's own gate
//! (`Platform::autoriser_sur`): a page decides nothing.
mod cle;
mod config;
mod dates;
mod debit;
mod defis;
mod demande;
mod etat;
mod garde;
mod lecture;
pub mod pages;
mod qr;
mod refus;
mod remise;
mod routes;
mod serveur;
mod tls;

pub use signification::explication;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use signification::platform::Platform;
use tokio::net::TcpListener;

pub use config::{AccesEtude, ConfigPortail, Limites, PortailError, Tls};

use etat::Etat;
use garde::{Cote, Garde};

/// The portal.
#[derive(Clone, Copy, Debug)]
pub struct Portail;

impl Portail {
    /// Serves the recipients until `arret`. Without TLS, `listener` must be on loopback.
    pub async fn servir(
        platform: Arc<Platform<'static>>,
        listener: TcpListener,
        config: ConfigPortail,
        arret: impl Future<Output = ()> + Send,
    ) -> Result<(), PortailError> {
        let address = listener.local_addr()?;
        if config.tls.is_none() && !address.ip().is_loopback() {
            return Err(PortailError::HttpOuvert);
        }
        let tls = config.tls.as_ref().map(|files| tls::serveur(files, None)).transpose()?;
        let limites = config.limites;
        let etat = Arc::new(Etat::new(platform, config.clone(), origine(&config, address))?);
        let router = garder(routes::destinataire(), etat, Cote::Destinataire);
        serveur::servir(router, listener, tls, limites, arret).await
    }

    /// Serves the office until `arret`: TLS and a certificate that the configuration names, always.
    pub async fn servir_etude(
        platform: Arc<Platform<'static>>,
        listener: TcpListener,
        config: ConfigPortail,
        arret: impl Future<Output = ()> + Send,
    ) -> Result<(), PortailError> {
        let address = listener.local_addr()?;
        let (Some(files), Some(etude)) = (&config.tls, &config.etude) else {
            return Err(PortailError::EtudeSansCertificat);
        };
        if etude.officiers.is_empty() {
            return Err(PortailError::EtudeSansCertificat);
        }
        let tls = tls::serveur(files, Some(etude))?;
        let limites = config.limites;
        let etat = Arc::new(Etat::new(platform, config.clone(), origine(&config, address))?);
        let router = garder(routes::etude(), etat, Cote::Etude);
        serveur::servir(router, listener, Some(tls), limites, arret).await
    }
}

fn origine(config: &ConfigPortail, address: SocketAddr) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    config.origine.clone().unwrap_or_else(|| format!("{scheme}://{address}"))
}

fn garder(router: Router<Arc<Etat>>, etat: Arc<Etat>, cote: Cote) -> Router {
    let garde = Garde { etat: etat.clone(), cote };
    // `fallback` first: what is nothing of ours passes the guard too.
    router
        .fallback(|| async { refus::Refus { sonde: true, ..refus::Refus::introuvable() } })
        .with_state(etat)
        .layer(axum::middleware::from_fn_with_state(garde, garde::garder))
}
