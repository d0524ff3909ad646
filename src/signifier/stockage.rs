//! Opens a platform on the storage its configuration names: files of its own folder, or a database.
use std::path::Path;

use signification::platform::{Initialised, JournalReport};
use signification::{Config, Context, Platform, SignificationError};
use signification_postgres::{PgStore, copier};

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

/// Checks the journal, from a copy of it when it is in a database.
pub(crate) fn check(store: &Path) -> Result<JournalReport, Failure> {
    let base = Config::read(&store.join("plateforme.toml")).ok().and_then(|config| config.base);
    let Some(address) = base else { return Ok(Platform::verifier_journal(store)?) };
    let copy = tempfile::tempdir().map_err(|error| Failure::new("cli.io", Exit::Environment, error))?;
    copier(&address, copy.path())?;
    Ok(Platform::verifier_journal(copy.path())?)
}
