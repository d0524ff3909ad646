//! The bridge between the signification module and the layout: a receipt drawn for people from its own signed octets.
use std::collections::BTreeMap;

use report::{Presentation, ReceiptInput};
use signification::{MiseEnPage, cli_help};

use crate::exit::Exit;
use crate::failure::{Failure, chain};

/// Draws receipts with the words and the look this product ships.
pub(crate) struct Atelier {
    presentation: Presentation,
    portee: String,
}

impl Atelier {
    /// Reads the sentences once.
    pub(crate) fn new() -> Result<Self, Failure> {
        let presentation = Presentation::shipped().map_err(|e| Failure::new(e.code(), Exit::Environment, chain(&e)))?;
        Ok(Self { presentation, portee: cli_help::portee_essentielle() })
    }
}

impl MiseEnPage for Atelier {
    fn avis(&self, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, String> {
        let input = ReceiptInput { files, portee: &self.portee };
        let drawn = report::draw_receipt(&input, &self.presentation);
        drawn.map(|sheet| sheet.pdf).map_err(|e| format!("[{}] {}", e.code(), chain(&e)))
    }
}
