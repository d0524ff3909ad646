//! A confidential value that a page copies into its own document is masked in the pieces made of that document, and told.
//!
//! What the servers answered is kept as it came; a value shorter than [`SHORTEST`] is not looked for, since ordinary words would
//! be masked with it.
use dossier::{Finding, Level};

use super::Failure;
use crate::CaptureError;
use crate::cdp::lock;
use crate::recorder::{mask_all, page_forms, page_texts};
use crate::session::Session;

/// The shortest value that is looked for, in octets.
pub(crate) const SHORTEST: usize = 6;

impl Session<'_> {
    /// The confidential values: those of the scenario, and those typed by hand.
    fn confidential(&self) -> Vec<String> {
        let mut all = self.plan.scenario.secrets();
        all.extend(lock(&self.hands).iter().cloned());
        all
    }

    /// Whether nothing has to be masked.
    pub(super) fn has_no_secret(&self) -> bool {
        self.values().is_empty()
    }

    /// The forms in which the confidential values may stand in a document.
    fn values(&self) -> Vec<Vec<u8>> {
        page_forms(&self.confidential(), SHORTEST)
    }

    /// What was typed by hand since the last time is masked in the journal from now on.
    pub(crate) fn hide_typed(&mut self) {
        let typed = lock(&self.hands).len();
        if typed > self.hidden {
            self.hidden = typed;
            self.dossier.hide(page_texts(&self.confidential(), SHORTEST));
        }
    }

    /// Tells, at the end, that values were typed by hand.
    pub(crate) fn tell_typed(&mut self) -> Result<(), CaptureError> {
        let typed = lock(&self.hands).len();
        if typed > 0 {
            let what = "Des valeurs ont été saisies à la main dans des champs de mot de passe : elles sont masquées dans ce qui est \
                        enregistré.";
            self.find(Finding::new("capture.secret_by_hand", Level::Info, what).found(typed))?;
        }
        Ok(())
    }

    /// The octets of a piece made of the page's document, masked.
    pub(super) fn masked(&mut self, path: &str, mut bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
        if mask_all(&mut bytes, &self.values()) {
            self.tell_masked(path)?;
        }
        Ok(bytes)
    }

    fn tell_masked(&mut self, path: &str) -> Result<(), CaptureError> {
        let what = "La page a recopié dans son document une valeur confidentielle qui y avait été saisie : elle est masquée dans \
                    cette pièce, octet pour octet.";
        self.warn("capture.secret_in_page", what, path)
    }

    /// An address that holds such a value is kept as it is in the archive: that is told.
    pub(super) fn tell_address(&mut self, url: &str) -> Result<(), CaptureError> {
        if mask_all(&mut url.as_bytes().to_vec(), &self.values()) {
            let what = "L'adresse de la page contient une valeur confidentielle qui a été saisie : l'archive des échanges la garde.";
            let found: String = url.chars().take_while(|c| *c != '?').take(300).collect();
            self.warn("capture.secret_in_address", what, &found)?;
        }
        Ok(())
    }

    /// Whether a page written as MHTML (quoted-printable, RFC 2045 6.7) holds such a value: it cannot be masked there without
    /// being written anew.
    pub(super) fn holds_a_secret(&self, mhtml: &[u8]) -> bool {
        let values = self.values();
        !values.is_empty() && mask_all(&mut unquoted(mhtml), &values)
    }
}

/// The text behind quoted-printable, loosely: what is not such an escape stays.
fn unquoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'=' {
            out.push(first);
            continue;
        }
        let digit = |at: usize| after.get(at).and_then(|b| char::from(*b).to_digit(16));
        if let Some(end) = after.strip_prefix(b"\r\n").or_else(|| after.strip_prefix(b"\n")) {
            rest = end;
        } else if let (Some(high), Some(low)) = (digit(0), digit(1)) {
            out.push(u8::try_from(high * 16 + low).unwrap_or_default());
            rest = after.get(2..).unwrap_or_default();
        } else {
            out.push(first);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_printable_is_undone() {
        assert_eq!(unquoted(b"a=3D\"mot de pas=\r\nse\" =C3=A9 =zz ="), "a=\"mot de passe\" é =zz =".as_bytes());
    }
}
