//! EBML (RFC 8794): one element at a place, its identifier, its length, its value.
use crate::input::{Input, be};

/// An element: where its content is.
pub(super) struct Element {
    pub(super) id: u64,
    pub(super) body: u64,
    pub(super) end: u64,
    /// Whether the length was not known when the file was written.
    pub(super) open: bool,
}

/// Reads the element at `place`; nothing when it does not stay before `end`.
pub(super) fn element(input: &mut Input<'_>, place: u64, end: u64) -> Option<Element> {
    let (id, after) = vint(input, place, 4, false)?;
    let (length, body) = vint(input, after, 8, true)?;
    let width = body - after;
    if length == (1 << (7 * width)) - 1 {
        return (body <= end).then_some(Element { id, body, end, open: true });
    }
    let last = body.checked_add(length)?;
    (last <= end).then_some(Element { id, body, end: last, open: false })
}

/// A number whose first octet says how long it is.
fn vint(input: &mut Input<'_>, place: u64, longest: u32, value: bool) -> Option<(u64, u64)> {
    let [first] = input.array::<1>(place)?;
    let width = first.leading_zeros() + 1;
    if width > longest {
        return None;
    }
    let number = be(input.at(place, usize::try_from(width).ok()?)?);
    let number = if value { number & ((1 << (7 * width)) - 1) } else { number };
    Some((number, place + u64::from(width)))
}

impl Element {
    fn octets(&self, input: &mut Input<'_>, most: u64) -> Vec<u8> {
        input.up_to(self.body, usize::try_from((self.end - self.body).min(most)).unwrap_or(0))
    }

    pub(super) fn number(&self, input: &mut Input<'_>) -> u64 {
        be(&self.octets(input, 8))
    }

    pub(super) fn signed(&self, input: &mut Input<'_>) -> i64 {
        self.number(input).cast_signed()
    }

    pub(super) fn real(&self, input: &mut Input<'_>) -> f64 {
        let octets = self.octets(input, 8);
        match octets.len() {
            4 => f64::from(f32::from_bits(u32::try_from(be(&octets)).unwrap_or(0))),
            8 => f64::from_bits(be(&octets)),
            _ => 0.0,
        }
    }

    pub(super) fn text(&self, input: &mut Input<'_>) -> String {
        crate::input::text(&self.octets(input, 16 * 1024))
    }
}
