//! Which authority stamps what: the first that gives a valid token stamps the signature, another one the files.
use super::flow::Signed;
use crate::cms::{self, SealParts};
use crate::{TimestampError, layout};

/// Asks the authority of that index for a token over these octets.
pub(super) type Ask<'a> = &'a dyn Fn(&[u8], usize) -> Result<Vec<u8>, TimestampError>;

/// The entries of META-INF, in order.
pub(super) struct Stamped {
    pub(super) meta: Vec<(String, Vec<u8>)>,
}

impl Signed {
    /// The seal alone.
    pub(super) fn without_time(&self) -> Stamped {
        Stamped { meta: self.meta(None, None) }
    }

    fn meta(&self, token: Option<&[u8]>, second: Option<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
        let parts = SealParts { chain: &self.chain, attributes: &self.attributes, signature: &self.signature };
        let mut meta = vec![
            (layout::MANIFEST_1.to_owned(), self.manifest_1.clone()),
            (layout::SIGNATURE_1.to_owned(), cms::wrap(&parts, token)),
        ];
        if let Some(second) = second {
            meta.push((layout::MANIFEST_2.to_owned(), self.manifest_2.clone()));
            meta.push((layout::TOKEN_2.to_owned(), second));
        }
        meta
    }
}

/// Asks the authorities in order for a token over the signature; then those after it for one over the second manifest.
/// When none gives the first, every failure is returned.
pub(super) fn stamp(signed: &Signed, names: &[String], ask: Ask<'_>) -> Result<Stamped, Vec<(String, TimestampError)>> {
    let mut failures = Vec::new();
    for (index, name) in names.iter().enumerate() {
        match ask(&signed.signature, index) {
            Err(error) => failures.push((name.clone(), error)),
            Ok(token) => {
                // The second token is one more protection: its absence is reported by verification, not fatal here.
                let second = (index + 1..names.len()).find_map(|next| ask(&signed.manifest_2, next).ok());
                return Ok(Stamped { meta: signed.meta(Some(&token), second) });
            }
        }
    }
    Err(failures)
}
