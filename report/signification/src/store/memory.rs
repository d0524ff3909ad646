//! Tables in memory, for whoever reads a journal without its store: the verifier, and the tests.
use std::collections::BTreeMap;

use super::{Changes, Head, Pair, Reader, Table};
use crate::SignificationError;
use crate::projection::Projection;

/// The tables of a journal that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryTables {
    tables: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
}

impl MemoryTables {
    /// Takes one line of a journal: refuses an impossible one, and changes nothing then.
    pub fn take(&mut self, head: &Head, line: &[u8]) -> Result<Head, SignificationError> {
        let (entry, head) = head.read(line)?;
        let changes = Projection::of(self, &entry, line)?;
        self.write(changes);
        Ok(head)
    }

    /// Applies changes.
    pub fn write(&mut self, changes: Changes) {
        for (key, value) in changes.0 {
            match value {
                Some(value) => self.tables.insert(key, value),
                None => self.tables.remove(&key),
            };
        }
    }

    /// Every pair of every table, in order.
    pub fn dump(&self) -> Vec<(Table, Pair)> {
        self.tables.iter().map(|((table, key), value)| (*table, (key.clone(), value.clone()))).collect()
    }
}

impl Reader for MemoryTables {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, SignificationError> {
        Ok(self.tables.get(&(table, key.to_vec())).cloned())
    }

    fn scan(
        &self,
        table: Table,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, SignificationError> {
        let from = after.map_or_else(|| prefix.to_vec(), <[u8]>::to_vec);
        let pairs = self.tables.range((table, from)..);
        let pairs = pairs.take_while(|((t, key), _)| *t == table && key.starts_with(prefix));
        let pairs = pairs.filter(|((_, key), _)| after.is_none_or(|after| key.as_slice() > after));
        Ok(pairs.take(limit).map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }
}
