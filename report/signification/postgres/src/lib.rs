//! The storage of a platform of many offices: one PostgreSQL database holds the journal, the pieces and the tables.
//!
//! A batch is one transaction: lines, pieces and tables are there together or not at all, and nothing is acknowledged before
//! the server says that it survives a power cut (`fsync` and `synchronous_commit` are checked at opening). One process
//! writes: it holds an advisory lock on the very session it writes through, so a writer that lost its lock cannot write.
//! Sessions must reach the server itself: a pooler that shares them between clients would share the lock.
//!
//! Acts (`coffre/`), keys (`cles/`), the registry (`registre/`), texts and configuration stay files of the platform's folder,
//! as with the embedded storage: save and restore both together, the folder after the database.
//!
//! Called from ordinary threads. Never from inside an asynchronous task: waiting there would stop the runtime that the task
//! runs on, and panics.

mod address;
mod copy;
mod read;
mod schema;
mod server;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use signification::SignificationError;
use signification::store::{Found, Head};
use sqlx::postgres::PgConnection;

pub use address::hote;
pub use copy::{Copie, copier};
use schema::Known;
use server::{Server, Writer};

/// A platform's database, open for writing.
///
/// Where it is stands in the first line of a file that only its owner may read (mode 0600):
/// `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, `@localhost/DATABASE?host=/folder` for a local socket; towards another machine the
/// certificate is checked (`sslmode=verify-full`, `sslrootcert=FILE` for an authority of one's own). One database holds one
/// platform.
pub struct PgStore {
    server: Server,
    writer: Writer,
    address: PathBuf,
    head: Mutex<Head>,
}

impl PgStore {
    /// Makes an empty storage in a database that holds none. `address` is the file that says where it is.
    ///
    /// # Errors
    /// `StoreExists`; `StoreInUse`; `Config` when the file or the server is not fit; `Storage` otherwise.
    pub fn create(address: &Path) -> Result<Self, SignificationError> {
        let (server, mut session) = enter(address)?;
        match server.run(schema::known(&mut session))? {
            Known::Nothing => server.run(schema::create(&mut session))?,
            _ => return Err(SignificationError::StoreExists { path: address.to_path_buf() }),
        }
        Ok(Self::over(server, session, address, Head::EMPTY))
    }

    /// Opens the storage: brings the tables up to the journal if they are behind, makes them again if they are lost.
    ///
    /// A journal that lacks the last line the tables had taken was cut by somebody: lines and tables are written together.
    /// That is refused, unless `accept_loss` says that the journal at hand is the one to go on with.
    ///
    /// # Errors
    /// `StoreMissing`; `StoreInUse`; `Journal`; `Config` when the file, the server or the format is not fit; `Storage`.
    pub fn open(address: &Path, accept_loss: bool) -> Result<(Self, Found), SignificationError> {
        let (server, mut session) = enter(address)?;
        let mark = known_head(&server, &mut session, address)?;
        let mut found = Found::default();
        let mark = match mark {
            None => {
                found.rebuilt = Some("tables absentes".into());
                None
            }
            Some(mark) if has_line(&server, &mut session, &mark)? => Some(mark),
            Some(_) if accept_loss => {
                found.rebuilt = Some("le journal n'est plus celui que les tables avaient lu".into());
                None
            }
            Some(mark) => {
                let (lines, hash) = (mark.next, mark.hash);
                let why = format!("{lines} lignes avaient été écrites ; la base n'a plus la dernière (SHA-256 {hash})");
                return Err(SignificationError::Journal { line: lines, why });
            }
        };
        let store = Self::over(server, session, address, mark.unwrap_or(Head::EMPTY));
        found.caught_up = match mark {
            Some(mark) => store.catch_up(mark)?,
            None => store.remake()?,
        };
        if found.caught_up > 0 {
            // Lines and tables are written together: only a making again that was cut leaves them apart.
            found.rebuilt.get_or_insert_with(|| "tables interrompues pendant qu'on les refaisait".into());
        }
        Ok((store, found))
    }

    fn over(server: Server, session: PgConnection, address: &Path, head: Head) -> Self {
        let writer: Writer = Arc::new(tokio::sync::Mutex::new(session));
        server.watch(&writer);
        Self { server, writer, address: address.to_path_buf(), head: Mutex::new(head) }
    }

    fn set_head(&self, head: Head) {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner) = head;
    }

    /// The file that says where the database is.
    pub fn address(&self) -> &Path {
        &self.address
    }
}

impl Drop for PgStore {
    fn drop(&mut self) {
        self.server.leave(&self.writer);
    }
}

/// A session that holds the lock, on a server that keeps its promises.
fn enter(address: &Path) -> Result<(Server, PgConnection), SignificationError> {
    let server = Server::new(address::read(address)?)?;
    let mut session = server.session()?;
    if let Some(lack) = server.run(schema::lacking(&mut session))? {
        return Err(SignificationError::Config { why: format!("le serveur PostgreSQL ne convient pas : {lack}") });
    }
    if !server.run(schema::lock(&mut session))? {
        return Err(SignificationError::StoreInUse { path: address.to_path_buf() });
    }
    Ok((server, session))
}

fn known_head(server: &Server, session: &mut PgConnection, address: &Path) -> Result<Option<Head>, SignificationError> {
    match server.run(schema::known(session))? {
        Known::Nothing => Err(SignificationError::StoreMissing { path: address.to_path_buf() }),
        Known::Ours(head) => Ok(head),
        Known::Other(format) => {
            let why = format!("la base est au format « {format} », ce programme lit « {} »", schema::FORMAT);
            Err(SignificationError::Config { why })
        }
    }
}

fn has_line(server: &Server, session: &mut PgConnection, mark: &Head) -> Result<bool, SignificationError> {
    let Some(last) = mark.next.checked_sub(1) else { return Ok(true) };
    Ok(server.run(schema::digest_of(session, number(last)?))? == Some(mark.hash))
}

/// A line number as the database counts.
fn number(seq: u64) -> Result<i64, SignificationError> {
    i64::try_from(seq).map_err(|e| SignificationError::Storage { why: format!("numéro de ligne : {e}") })
}
