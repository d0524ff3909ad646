//! The schema of the database, its version, and what a server must guarantee before anything is trusted to it.
use dossier::Sha256Digest;
use signification::store::{Head, Table};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Row};

/// Format of the database, in `constat_meta`.
pub(crate) const FORMAT: &str = "constat-signification-postgresql/1";

/// Key of the advisory lock that the one writer of a database holds: "constat" in ASCII, 1.
const LOCK: i64 = 0x63_6f_6e_73_74_61_74_01;

/// How long a writer that was just killed may keep its lock before the next one is refused, in milliseconds.
const LOCK_PATIENCE: &str = "SET lock_timeout = 3000";

/// Makes the schema, at once or not at all.
pub(crate) async fn create(session: &mut PgConnection) -> Result<(), sqlx::Error> {
    let mut whole = session.begin().await?;
    sqlx::raw_sql(include_str!("schema.sql")).execute(&mut *whole).await?;
    for table in Table::ALL {
        let name = table.name();
        let made = format!("CREATE TABLE signification.{name} (cle bytea PRIMARY KEY, valeur bytea NOT NULL)");
        sqlx::raw_sql(AssertSqlSafe(made)).execute(&mut *whole).await?;
    }
    sqlx::raw_sql(include_str!("views.sql")).execute(&mut *whole).await?;
    let head = serde_json::to_string(&Head::EMPTY).map_err(|e| sqlx::Error::Encode(e.into()))?;
    let made = "INSERT INTO signification.constat_meta (format, prochaine, tete) VALUES ($1, 0, $2)";
    sqlx::query(made).bind(FORMAT).bind(head).execute(&mut *whole).await?;
    whole.commit().await
}

/// What was found in the database.
pub(crate) enum Known {
    /// No schema of ours.
    Nothing,
    /// Another format than ours.
    Other(String),
    /// Ours; where the tables stand, when they stand.
    Ours(Option<Head>),
}

/// Reads the format and the mark.
pub(crate) async fn known(session: &mut PgConnection) -> Result<Known, sqlx::Error> {
    let found: Option<String> =
        sqlx::query_scalar("SELECT to_regclass('signification.constat_meta')::text").fetch_one(&mut *session).await?;
    if found.is_none() {
        return Ok(Known::Nothing);
    }
    let Some(row) =
        sqlx::query("SELECT format, tete, prochaine FROM signification.constat_meta").fetch_optional(session).await?
    else {
        return Ok(Known::Other("aucun".into()));
    };
    let format: String = row.try_get(0)?;
    if format != FORMAT {
        return Ok(Known::Other(format));
    }
    let (text, next): (Option<String>, Option<i64>) = (row.try_get(1)?, row.try_get(2)?);
    let head = text.and_then(|text| serde_json::from_str::<Head>(&text).ok());
    Ok(Known::Ours(head.filter(|head| i64::try_from(head.next).ok() == next)))
}

/// Takes the writer's lock on this session, for as long as it lives. `false`: somebody else has it.
pub(crate) async fn lock(session: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql(LOCK_PATIENCE).execute(&mut *session).await?;
    match sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut *session).await {
        Ok(_) => Ok(true),
        // lock_not_available
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("55P03") => Ok(false),
        Err(error) => Err(error),
    }
}

/// What the server does not guarantee, if anything: an acknowledged line must survive a power cut.
pub(crate) async fn lacking(session: &mut PgConnection) -> Result<Option<&'static str>, sqlx::Error> {
    // A stronger setting of the server's is kept.
    let ask = "SELECT set_config('synchronous_commit', \
               CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false), \
               current_setting('fsync'), current_setting('server_encoding'), pg_is_in_recovery()";
    let row = sqlx::query(ask).fetch_one(&mut *session).await?;
    let (fsync, encoding, standby): (String, String, bool) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let commit: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(session).await?;
    Ok(if !["on", "remote_apply"].contains(&commit.as_str()) {
        Some("synchronous_commit n'est pas « on »")
    } else if fsync != "on" {
        Some("fsync n'est pas « on » : une coupure de courant perdrait des lignes confirmées")
    } else if encoding != "UTF8" {
        Some("la base n'est pas en UTF-8")
    } else if standby {
        Some("ce serveur n'est qu'une copie en lecture seule")
    } else {
        None
    })
}

/// SHA-256 of line `seq`, when it is there.
pub(crate) async fn digest_of(session: &mut PgConnection, seq: i64) -> Result<Option<Sha256Digest>, sqlx::Error> {
    let octets: Option<Vec<u8>> = sqlx::query_scalar("SELECT octets FROM signification.ligne WHERE seq = $1")
        .bind(seq)
        .fetch_optional(session)
        .await?;
    Ok(octets.map(|octets| Sha256Digest::of(&octets)))
}
