//! A receipt as it leaves the store: its files, and the same receipt drawn for people when somebody lays pages out (row D06).
use std::collections::BTreeMap;

use dossier::to_canonical;

use super::Platform;
use super::comptes::IMPUTABILITE_FILE;
use crate::comptes::compte::Imputabilite;
use crate::projection::Views as _;
use crate::{Id, SignificationError};

impl Platform<'_> {
    /// Whether receipts leave with a document for people.
    pub fn met_en_page(&self) -> bool {
        self.outils.mise_en_page.is_some()
    }

    /// The files of a receipt by name, with what was learnt since it was signed: that it was not its holder's doing (row B07).
    pub(super) fn receipt_pieces(&self, receipt: Id) -> Result<BTreeMap<String, Vec<u8>>, SignificationError> {
        let mut files = self.receipt_files(receipt)?;
        let imputed = self.imputation(self.views().receipt(receipt)?.seq)?;
        if let Some(line) = imputed.filter(|line| line.imputabilite != Imputabilite::Imputable) {
            files.insert(IMPUTABILITE_FILE.to_owned(), to_canonical(&line)?);
        }
        Ok(files)
    }

    /// The document for people made of these files; `None` when nobody lays pages out.
    pub(super) fn avis_de(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Option<Vec<u8>>, SignificationError> {
        let drawn = self.outils.mise_en_page.map(|hand| hand.avis(files));
        drawn.transpose().map_err(|why| SignificationError::Avis { why })
    }
}
