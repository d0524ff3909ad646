//! Writing DER: each function gives one whole element.
use const_oid::ObjectIdentifier;
use dossier::Instant;

use super::Tag;

/// One element of tag `tag` around `content`.
pub(crate) fn tlv(tag: Tag, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag.0];
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let significant = &octets[octets.iter().position(|b| *b != 0).unwrap_or(octets.len() - 1)..];
        out.push(0x80 | significant.len() as u8);
        out.extend_from_slice(significant);
    }
    out.extend_from_slice(content);
    out
}

/// SEQUENCE of whole elements.
pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    tlv(Tag::SEQUENCE, &parts.concat())
}

/// SET OF whole elements, sorted as DER asks (X.690 11.6).
pub(crate) fn set_of(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut sorted = parts.to_vec();
    sorted.sort();
    tlv(Tag::SET, &sorted.concat())
}

/// `[number]` constructed around `content`.
pub(crate) fn context(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(Tag::context(number), content)
}

/// INTEGER from big-endian octets, taken as unsigned.
pub(crate) fn integer(octets: &[u8]) -> Vec<u8> {
    let first = octets.iter().position(|b| *b != 0).unwrap_or(octets.len());
    let mut content = Vec::with_capacity(octets.len() + 1);
    if octets.get(first).is_none_or(|b| *b >= 0x80) {
        content.push(0);
    }
    content.extend_from_slice(&octets[first..]);
    tlv(Tag::INTEGER, &content)
}

/// INTEGER from a number.
pub(crate) fn integer_u64(number: u64) -> Vec<u8> {
    integer(&number.to_be_bytes())
}

/// OBJECT IDENTIFIER.
pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    tlv(Tag::OID, oid.as_bytes())
}

/// OCTET STRING.
pub(crate) fn octet_string(content: &[u8]) -> Vec<u8> {
    tlv(Tag::OCTET_STRING, content)
}

/// BIT STRING of whole octets, with `unused` bits at the end.
pub(crate) fn bit_string(unused: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![unused];
    out.extend_from_slice(content);
    tlv(Tag::BIT_STRING, &out)
}

/// BOOLEAN.
pub(crate) fn boolean(value: bool) -> Vec<u8> {
    tlv(Tag::BOOLEAN, &[if value { 0xff } else { 0 }])
}

/// UTF8String.
pub(crate) fn utf8_string(text: &str) -> Vec<u8> {
    tlv(Tag::UTF8_STRING, text.as_bytes())
}

/// PrintableString; the caller answers for the character set.
pub(crate) fn printable_string(text: &str) -> Vec<u8> {
    tlv(Tag(0x13), text.as_bytes())
}

/// UTCTime to the second (years 1950 to 2049).
pub(crate) fn utc_time(at: Instant) -> Vec<u8> {
    tlv(Tag::UTC_TIME, at.timestamp().strftime("%y%m%d%H%M%SZ").to_string().as_bytes())
}

/// GeneralizedTime to the second.
pub(crate) fn generalized_time(at: Instant) -> Vec<u8> {
    tlv(Tag::GENERALIZED_TIME, at.timestamp().strftime("%Y%m%d%H%M%SZ").to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortest_forms() {
        assert_eq!(integer_u64(0), [2, 1, 0]);
        assert_eq!(integer_u64(127), [2, 1, 127]);
        assert_eq!(integer_u64(128), [2, 2, 0, 128]);
        assert_eq!(integer(&[0, 0, 1]), [2, 1, 1]);
        assert_eq!(tlv(Tag::OCTET_STRING, &[7; 128])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(Tag::OCTET_STRING, &[7; 256])[..4], [4, 0x82, 1, 0]);
        assert_eq!(set_of(&[integer_u64(2), integer_u64(1)]), [0x31, 6, 2, 1, 1, 2, 1, 2]);
    }
}
