//! The 7-bit default alphabet of SMS (3GPP TS 23.038, 6.2.1): one segment is 160 septets, and one character outside of it
//! would cut it to 70.

/// Septets of one segment.
pub(crate) const SEGMENT: usize = 160;

const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                     abcdefghijklmnopqrstuvwxyzäöñüà";
/// Those behind an escape: two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Septets that `text` takes; `Err` is the first character that the alphabet does not have.
pub(crate) fn septets(text: &str) -> Result<usize, char> {
    text.chars().try_fold(0, |sum, c| match (BASIC.contains(c), EXTENSION.contains(c)) {
        (true, _) => Ok(sum + 1),
        (_, true) => Ok(sum + 2),
        _ => Err(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabet_has_its_128_places() {
        // The escape itself is the 128th.
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(septets("Où est l'acte ? à l'étude, 5 €"), Ok(31));
        for c in ['ç', 'ê', 'ô', 'À', '’', '«', '\u{a0}', '`', '…'] {
            assert_eq!(septets(&c.to_string()), Err(c));
        }
    }
}
