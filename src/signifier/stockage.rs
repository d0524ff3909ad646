//! Opens a platform on the storage its configuration names: files of its own folder, or a database.
use std::path::Path;

use signification::hebergement::{Endpoint, controler};
use signification::platform::{Initialised, JournalReport};
use signification::{Config, Context, EvidenceVerifier, Platform, SignificationError};
use signification_postgres::{PgStore, copier, hote};

use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;

/// Makes an empty platform.
pub(crate) fn create(store: &Path, config: &Config, context: Context<'_>) -> Result<Initialised, SignificationError> {
    match &config.base {
        None => Platform::initialiser(store, config, context),
        Some(address) => Platform::initialiser_avec(store, config, Box::new(PgStore::create(address)?), context),
    }
}

/// Opens a platform.
pub(crate) fn open<'a>(
    store: &Path,
    config: &Config,
    context: Context<'a>,
) -> Result<Platform<'a>, SignificationError> {
    match &config.base {
        None => Platform::ouvrir(store, context),
        Some(address) => {
            let (base, found) = PgStore::open(address, false)?;
            Platform::ouvrir_avec(store, Box::new(base), found, context)
        }
    }
}

/// Refuses to start when data would go where they may not: each server outside this machine is declared in an allowed
/// country, or covered by a signed authorisation, which is printed.
pub(crate) fn hosted(
    store: &Path,
    config: &Config,
    etude: &Etude,
    verifier: &dyn EvidenceVerifier,
) -> Result<(), Failure> {
    let mut others = Vec::new();
    for address in etude.authority_urls() {
        let host = url::Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
        others.push(Endpoint { service: "horodatage".into(), hote: host.unwrap_or_else(|| address.to_owned()) });
    }
    if let Some(address) = &config.base {
        others.push(Endpoint { service: "base".into(), hote: hote(address)? });
    }
    for told in controler(store, config, &others, verifier)?.transferts {
        eprintln!("Attention : {told}");
    }
    Ok(())
}

/// Checks the journal, from a copy of it when it is in a database.
pub(crate) fn check(store: &Path) -> Result<JournalReport, Failure> {
    let base = Config::read(&store.join("plateforme.toml")).ok().and_then(|config| config.base);
    let Some(address) = base else { return Ok(Platform::verifier_journal(store)?) };
    let copy = tempfile::tempdir().map_err(|error| Failure::new("cli.io", Exit::Environment, error))?;
    copier(&address, copy.path())?;
    Ok(Platform::verifier_journal(copy.path())?)
}
