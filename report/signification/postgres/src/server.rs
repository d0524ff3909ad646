//! The way to the server: one small runtime, sessions, patience, and what is said when the server is gone.
//!
//! What a server gone in the middle of a write did or did not do is known only by asking again: from the first loss on,
//! nothing is answered any more, and the store must be opened again.
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signification::SignificationError;
use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Mutex;

/// How long an answer is waited for: longer than the server's own limit for one statement.
const PATIENCE: Duration = Duration::from_secs(45);
/// Sessions that read.
const READERS: u32 = 8;
/// How often the session that holds the lock is asked whether it is alive.
const PULSE: Duration = Duration::from_secs(2);

/// The way to one database.
pub(crate) struct Server {
    runtime: Runtime,
    options: PgConnectOptions,
    readers: PgPool,
    gone: Arc<AtomicBool>,
}

/// The session that writes; it holds the lock.
pub(crate) type Writer = Arc<Mutex<PgConnection>>;

impl Server {
    /// Without going there yet.
    pub(crate) fn new(options: PgConnectOptions) -> Result<Self, SignificationError> {
        let built =
            Builder::new_multi_thread().worker_threads(1).thread_name("constat-postgresql").enable_all().build();
        let runtime = built.map_err(|e| SignificationError::Storage { why: format!("PostgreSQL : {e}") })?;
        let guard = runtime.enter();
        let readers = PgPoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(PATIENCE)
            // A session that died while idle is found out when it is used, like one that dies in use.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(options.clone());
        drop(guard);
        Ok(Self { runtime, options, readers, gone: Arc::new(AtomicBool::new(false)) })
    }

    /// Sessions that read.
    pub(crate) fn readers(&self) -> &PgPool {
        &self.readers
    }

    /// Waits for an answer.
    pub(crate) fn run<T>(&self, asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, SignificationError> {
        if self.gone.load(Ordering::Acquire) {
            return Err(SignificationError::Poisoned);
        }
        let answer = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, asked).await });
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.told(&error)),
            Err(_) => Err(self.lost("aucune réponse en 45 secondes")),
        }
    }

    /// A session of its own.
    pub(crate) fn session(&self) -> Result<PgConnection, SignificationError> {
        self.run(PgConnection::connect_with(&self.options))
    }

    /// Nothing is answered from now on: memory and database may disagree.
    pub(crate) fn poison(&self) {
        self.gone.store(true, Ordering::Release);
    }

    /// Whether nothing is answered any more.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    /// Watches over the session that holds the lock: without it another writer could come.
    pub(crate) fn watch(&self, writer: &Writer) {
        let (writer, gone) = (Arc::clone(writer), Arc::clone(&self.gone));
        self.runtime.spawn(async move {
            while !gone.load(Ordering::Acquire) {
                tokio::time::sleep(PULSE).await;
                // While it writes it needs no watching: a loss shows at once.
                let Ok(mut session) = writer.try_lock() else { continue };
                if !matches!(tokio::time::timeout(PATIENCE, session.ping()).await, Ok(Ok(()))) {
                    gone.store(true, Ordering::Release);
                }
            }
        });
    }

    /// Frees the lock without waiting for the server to notice that we left.
    pub(crate) fn leave(&self, writer: &Writer) {
        if self.is_poisoned() {
            return;
        }
        let freed = async {
            let mut session = writer.lock().await;
            sqlx::raw_sql("SELECT pg_advisory_unlock_all()").execute(&mut *session).await
        };
        let _ = self.runtime.block_on(async { tokio::time::timeout(PULSE, freed).await });
    }

    /// What an error of the client means to whoever asked. Neither address nor values are in it.
    fn told(&self, error: &sqlx::Error) -> SignificationError {
        match error {
            sqlx::Error::Database(error) => {
                let code = error.code().unwrap_or_default().into_owned();
                // Classes 08 (connection) and 57 (operator intervention), but 57014: a statement that took too long.
                if code.starts_with("08") || (code.starts_with("57") && code != "57014") {
                    return self.lost(&format!("code {code}"));
                }
                let what = if code == "57014" { "a dépassé le temps permis" } else { error.message() };
                SignificationError::Storage { why: format!("PostgreSQL ({code}) : {what}") }
            }
            sqlx::Error::Io(error) => self.lost(&error.kind().to_string()),
            sqlx::Error::Tls(error) => self.lost(&format!("TLS : {error}")),
            sqlx::Error::PoolTimedOut => self.lost("aucune session libre"),
            sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } | sqlx::Error::RowNotFound => {
                SignificationError::Storage { why: "PostgreSQL : une valeur n'est pas ce qui y fut mis".into() }
            }
            _ => self.lost("la session est rompue"),
        }
    }

    fn lost(&self, why: &str) -> SignificationError {
        self.poison();
        let why = format!(
            "le serveur PostgreSQL ne répond plus ({why}) ; rien de ce qui était en cours n'est confirmé. \
             Vérifiez le serveur, puis rouvrez la plateforme : elle dira ce qui fut écrit."
        );
        SignificationError::Storage { why }
    }
}
