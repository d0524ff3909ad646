//! Writing: one transaction a batch; and the tables made again from the journal, in steps that each hold together.
use std::collections::BTreeMap;
use std::sync::PoisonError;

use dossier::Sha256Digest;
use signification::store::{Batch, Changes, Head, NewPiece, PieceKind, Rebuild, Store, Table};
use signification::{Id, SignificationError};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use crate::read::hex_of;
use crate::{PgStore, number};

impl Store for PgStore {
    fn name(&self) -> &'static str {
        "postgresql"
    }

    fn head(&self) -> Head {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, seq: u64) -> Result<Option<Vec<u8>>, SignificationError> {
        self.line_at(seq)
    }

    fn lines_at(&self, seqs: &[u64]) -> Result<Vec<Option<Vec<u8>>>, SignificationError> {
        self.lines_of(seqs)
    }

    fn lines(
        &self,
        from: u64,
        each: &mut dyn FnMut(&[u8]) -> Result<(), SignificationError>,
    ) -> Result<(), SignificationError> {
        self.each_line(from, each)
    }

    fn commit(&self, batch: &Batch) -> Result<(), SignificationError> {
        let mut session = self.writer.blocking_lock();
        let before = self.head();
        let after = batch.head.unwrap_or(before);
        let numbers = (number(before.next)?, number(after.next)?);
        let text = head_text(&after)?;
        let written = self.server.run(write(&mut session, batch, numbers, &text));
        match written {
            Ok(true) => {
                self.set_head(after);
                Ok(())
            }
            Ok(false) => {
                self.server.poison();
                let why = "une autre main a écrit dans la base : rien de ce lot n'y est ; rouvrez la plateforme".into();
                Err(SignificationError::Storage { why })
            }
            // Whether the transaction stands is known only by asking again.
            Err(error) => {
                self.server.poison();
                Err(error)
            }
        }
    }

    fn piece(&self, kind: PieceKind, id: Id) -> Result<Option<Vec<u8>>, SignificationError> {
        self.piece_of(kind, id)
    }

    /// The registry's index, which no journal makes, is kept.
    fn rebuild(&self) -> Result<(), SignificationError> {
        self.remake().map(|_| ())
    }
}

impl PgStore {
    /// Empties the tables and makes them again; gives how many lines were taken. An interruption is carried on at the next
    /// opening: the mark says how far the tables came.
    pub(crate) fn remake(&self) -> Result<u64, SignificationError> {
        {
            let mut session = self.writer.blocking_lock();
            let text = head_text(&Head::EMPTY)?;
            self.server.run(empty(&mut session, &text))?;
        }
        self.catch_up(Head::EMPTY)
    }

    /// Takes the journal's lines from the mark on into the tables; gives how many there were.
    pub(crate) fn catch_up(&self, mark: Head) -> Result<u64, SignificationError> {
        // Nobody writes meanwhile.
        let mut session = self.writer.blocking_lock();
        let (mut taken, mut stands) = (Rebuild::new(self, mark), mark);
        self.each_line(mark.next, &mut |line| match taken.take(line)? {
            Some((changes, head)) => {
                self.write_tables(&mut session, changes, stands, head)?;
                stands = head;
                Ok(())
            }
            None => Ok(()),
        })?;
        let (changes, head) = taken.flush();
        self.write_tables(&mut session, changes, stands, head)?;
        self.set_head(head);
        Ok(head.next - mark.next)
    }

    fn write_tables(
        &self,
        session: &mut PgConnection,
        changes: Changes,
        before: Head,
        after: Head,
    ) -> Result<(), SignificationError> {
        let numbers = (number(before.next)?, number(after.next)?);
        let text = head_text(&after)?;
        let batch = Batch { changes, ..Batch::default() };
        match self.server.run(write(session, &batch, numbers, &text))? {
            true => Ok(()),
            false => {
                self.server.poison();
                Err(SignificationError::Storage { why: "une autre main a écrit dans les tables".into() })
            }
        }
    }
}

fn head_text(head: &Head) -> Result<String, SignificationError> {
    serde_json::to_string(head).map_err(|e| SignificationError::Storage { why: e.to_string() })
}

/// Empties what the journal makes.
async fn empty(session: &mut PgConnection, head: &str) -> Result<(), sqlx::Error> {
    let mut whole = session.begin().await?;
    let names: Vec<String> = Table::ALL
        .into_iter()
        .filter(|table| *table != Table::Identite)
        .map(|table| format!("signification.{}", table.name()))
        .collect();
    sqlx::raw_sql(AssertSqlSafe(format!("TRUNCATE {}", names.join(", ")))).execute(&mut *whole).await?;
    let mark = "UPDATE signification.constat_meta SET prochaine = 0, tete = $1";
    sqlx::query(mark).bind(head).execute(&mut *whole).await?;
    whole.commit().await
}

/// Writes a batch whole, if the journal still ends where this process left it: `false` when it does not, and nothing is
/// written then. `numbers` are the lines before and after, `head` the journal's end after.
async fn write(
    session: &mut PgConnection,
    batch: &Batch,
    numbers: (i64, i64),
    head: &str,
) -> Result<bool, sqlx::Error> {
    let mut whole = session.begin().await?;
    let mark = "UPDATE signification.constat_meta SET prochaine = $2, tete = $3 WHERE prochaine = $1";
    let marked = sqlx::query(mark).bind(numbers.0).bind(numbers.1).bind(head).execute(&mut *whole).await?;
    if marked.rows_affected() != 1 {
        whole.rollback().await?;
        return Ok(false);
    }
    write_pieces(&mut whole, &batch.pieces).await?;
    if !batch.lines.is_empty() {
        let seqs: Vec<i64> = (numbers.0..numbers.1).collect();
        // Arrays of two lengths would leave holes that the table refuses.
        let add = "INSERT INTO signification.ligne (seq, octets) SELECT * FROM UNNEST($1::bigint[], $2::bytea[])";
        sqlx::query(add).bind(&seqs).bind(&batch.lines).execute(&mut *whole).await?;
    }
    let mut tables: BTreeMap<Table, Touched<'_>> = BTreeMap::new();
    for ((table, key), value) in &batch.changes.0 {
        tables.entry(*table).or_default().add(key, value.as_deref());
    }
    for (table, touched) in tables {
        touched.write(&mut whole, table.name()).await?;
    }
    whole.commit().await?;
    Ok(true)
}

async fn write_pieces(session: &mut PgConnection, pieces: &[NewPiece]) -> Result<(), sqlx::Error> {
    if pieces.is_empty() {
        return Ok(());
    }
    let kinds: Vec<&str> = pieces.iter().map(|piece| piece.kind.name()).collect();
    let ids: Vec<String> = pieces.iter().map(|piece| hex_of(piece.id)).collect();
    let octets: Vec<&[u8]> = pieces.iter().map(|piece| piece.bytes.as_slice()).collect();
    let digests: Vec<Vec<u8>> = pieces.iter().map(|piece| Sha256Digest::of(&piece.bytes).as_bytes().to_vec()).collect();
    let add = "INSERT INTO signification.piece (genre, id, octets, sha256) \
               SELECT g, i::uuid, o, s FROM UNNEST($1::text[], $2::text[], $3::bytea[], $4::bytea[]) AS n (g, i, o, s)";
    let asked = sqlx::query(add).bind(&kinds).bind(&ids).bind(&octets).bind(&digests);
    asked.execute(session).await.map(|_| ())
}

/// What changes in one table.
#[derive(Default)]
struct Touched<'a> {
    keys: Vec<&'a [u8]>,
    values: Vec<&'a [u8]>,
    gone: Vec<&'a [u8]>,
}

impl<'a> Touched<'a> {
    fn add(&mut self, key: &'a [u8], value: Option<&'a [u8]>) {
        match value {
            Some(value) => {
                self.keys.push(key);
                self.values.push(value);
            }
            None => self.gone.push(key),
        }
    }

    async fn write(&self, session: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
        if !self.keys.is_empty() {
            let put = format!(
                "INSERT INTO signification.{name} (cle, valeur) SELECT * FROM UNNEST($1::bytea[], $2::bytea[]) \
                 ON CONFLICT (cle) DO UPDATE SET valeur = EXCLUDED.valeur"
            );
            let asked = sqlx::query(AssertSqlSafe(put)).bind(&self.keys).bind(&self.values);
            asked.execute(&mut *session).await?;
        }
        if !self.gone.is_empty() {
            let remove = format!("DELETE FROM signification.{name} WHERE cle = ANY($1::bytea[])");
            sqlx::query(AssertSqlSafe(remove)).bind(&self.gone).execute(session).await?;
        }
        Ok(())
    }
}
