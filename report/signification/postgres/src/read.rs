//! Reading: values by key, pairs in order, lines and pieces one after the other in constant memory.
use dossier::Sha256Digest;
use signification::store::{NewPiece, Pair, PieceKind, Reader, Table};
use signification::{Id, SignificationError};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row};

use crate::server::Server;
use crate::{PgStore, number};

/// Lines fetched at a time.
const LINES: u32 = 500;
/// Pieces fetched at a time: they are larger.
const PIECES: u32 = 32;

impl Reader for PgStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError> {
        let ask = AssertSqlSafe(format!("SELECT valeur FROM signification.{} WHERE cle = $1", table.name()));
        self.server.run(sqlx::query_scalar(ask).bind(key).fetch_optional(self.server.readers()))
    }

    fn get_all(&self, table: Table, keys: &[&[u8]]) -> Result<Vec<Option<Vec<u8>>>, SignificationError> {
        let ask = format!(
            "SELECT t.valeur FROM UNNEST($1::bytea[]) WITH ORDINALITY AS n (cle, rang) \
             LEFT JOIN signification.{} AS t ON t.cle = n.cle ORDER BY n.rang",
            table.name()
        );
        self.server.run(sqlx::query_scalar(AssertSqlSafe(ask)).bind(keys).fetch_all(self.server.readers()))
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError> {
        // A key comes after all it begins with: "not before the prefix" and "after" are one bound each.
        let name = table.name();
        let end = end_of(prefix);
        let (from, above) = (after.is_some(), end.is_some());
        let mut ask = format!("SELECT cle, valeur FROM signification.{name} WHERE cle >= $1");
        ask.push_str(if from { " AND cle > $2" } else { " AND $2::bytea IS NULL" });
        ask.push_str(if above { " AND cle < $3" } else { " AND $3::bytea IS NULL" });
        ask.push_str(" ORDER BY cle LIMIT $4");
        let asked = sqlx::query(AssertSqlSafe(ask))
            .bind(prefix)
            .bind(after)
            .bind(end)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.server.readers());
        let rows = self.server.run(asked)?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect::<Result<_, _>>().map_err(|e| value(&e))
    }
}

/// The first key after all those that begin with `prefix`; `None` when there is no such key.
fn end_of(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}

fn value(error: &sqlx::Error) -> SignificationError {
    SignificationError::Storage { why: format!("PostgreSQL, valeur illisible : {error}") }
}

impl PgStore {
    pub(crate) fn line_at(&self, seq: u64) -> Result<Option<Vec<u8>>, SignificationError> {
        let ask = sqlx::query_scalar("SELECT octets FROM signification.ligne WHERE seq = $1").bind(number(seq)?);
        self.server.run(ask.fetch_optional(self.server.readers()))
    }

    pub(crate) fn lines_of(&self, seqs: &[u64]) -> Result<Vec<Option<Vec<u8>>>, SignificationError> {
        let numbers = seqs.iter().map(|seq| number(*seq)).collect::<Result<Vec<i64>, _>>()?;
        let ask = "SELECT l.octets FROM UNNEST($1::bigint[]) WITH ORDINALITY AS n (seq, rang) \
                   LEFT JOIN signification.ligne AS l ON l.seq = n.seq ORDER BY n.rang";
        self.server.run(sqlx::query_scalar(ask).bind(numbers).fetch_all(self.server.readers()))
    }

    pub(crate) fn piece_of(&self, kind: PieceKind, id: Id) -> Result<Option<Vec<u8>>, SignificationError> {
        let ask = "SELECT genre, id::text, octets, sha256 FROM signification.piece \
                   WHERE genre = $1 AND id = $2::uuid ORDER BY rang DESC LIMIT 1";
        let asked = sqlx::query(ask).bind(kind.name()).bind(hex_of(id)).fetch_optional(self.server.readers());
        self.server.run(asked)?.map(|row| read_piece(&row).map(|piece| piece.bytes)).transpose()
    }

    pub(crate) fn each_line(
        &self,
        from: u64,
        each: &mut dyn FnMut(&[u8]) -> Result<(), SignificationError>,
    ) -> Result<(), SignificationError> {
        let mut session = self.server.session()?;
        stream_begin(&self.server, &mut session)?;
        stream_lines(&self.server, &mut session, from, each)
    }
}

/// Begins a reading of one instant of the database.
pub(crate) fn stream_begin(server: &Server, session: &mut PgConnection) -> Result<(), SignificationError> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    server.run(async { sqlx::raw_sql(begin).execute(session).await.map(|_| ()) })
}

/// Gives the lines from number `from` on to `each`, as they are: who reads them checks that they follow each other.
pub(crate) fn stream_lines(
    server: &Server,
    session: &mut PgConnection,
    from: u64,
    each: &mut dyn FnMut(&[u8]) -> Result<(), SignificationError>,
) -> Result<(), SignificationError> {
    let ask = format!("SELECT octets FROM signification.ligne WHERE seq >= {} ORDER BY seq", number(from)?);
    stream(server, session, &ask, LINES, &mut |row| each(&row.try_get::<Vec<u8>, _>(0).map_err(|e| value(&e))?))
}

/// Gives every piece to `each`, in the order they were kept, or what is wrong with it.
pub(crate) fn stream_pieces(
    server: &Server,
    session: &mut PgConnection,
    each: &mut dyn FnMut(Result<NewPiece, SignificationError>) -> Result<(), SignificationError>,
) -> Result<(), SignificationError> {
    let ask = "SELECT genre, id::text, octets, sha256 FROM signification.piece ORDER BY rang";
    stream(server, session, ask, PIECES, &mut |row| each(read_piece(row)))
}

/// Reads through a cursor, some rows at a time: `each` may ask the database in the meantime.
fn stream(
    server: &Server,
    session: &mut PgConnection,
    ask: &str,
    step: u32,
    each: &mut dyn FnMut(&PgRow) -> Result<(), SignificationError>,
) -> Result<(), SignificationError> {
    let open = AssertSqlSafe(format!("DECLARE lecture NO SCROLL CURSOR FOR {ask}"));
    server.run(sqlx::query(open).execute(&mut *session))?;
    loop {
        let rows =
            server.run(sqlx::query(AssertSqlSafe(format!("FETCH {step} FROM lecture"))).fetch_all(&mut *session))?;
        if rows.is_empty() {
            return server.run(sqlx::query("CLOSE lecture").execute(session)).map(|_| ());
        }
        for row in &rows {
            each(row)?;
        }
    }
}

/// A piece as it was kept, or what is wrong with it.
fn read_piece(row: &PgRow) -> Result<NewPiece, SignificationError> {
    let read = || -> Result<(String, String, Vec<u8>, Vec<u8>), sqlx::Error> {
        Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?))
    };
    let (name, id, bytes, digest) = read().map_err(|e| value(&e))?;
    let kind = PieceKind::ALL.into_iter().find(|kind| kind.name() == name);
    let kind =
        kind.ok_or_else(|| SignificationError::Storage { why: format!("pièce d'un genre inconnu : {name}") })?;
    let found = Sha256Digest::of(&bytes);
    if digest != found.as_bytes() {
        let expected = digest.iter().map(|octet| format!("{octet:02x}")).collect();
        return Err(SignificationError::VaultAltered {
            object: format!("{name} {id}"),
            expected,
            found: found.to_hex(),
        });
    }
    Ok(NewPiece { kind, id: id.parse()?, bytes })
}

/// An identifier as the database reads it.
pub(crate) fn hex_of(id: Id) -> String {
    id.as_bytes().iter().map(|octet| format!("{octet:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_comes_after_all_it_begins() {
        assert_eq!(end_of(b""), None);
        assert_eq!(end_of(&[0xff, 0xff]), None);
        assert_eq!(end_of(&[1, 0xff]), Some(vec![2]));
        assert_eq!(end_of(&[1, 2]), Some(vec![1, 3]));
    }
}
