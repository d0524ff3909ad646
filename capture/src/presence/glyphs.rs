//! A font of five by seven dots for the clock: the display may have no other, and every figure must be told from the others.

/// Rows of one character.
pub(super) const HEIGHT: usize = 7;
/// Columns of one character, the space after it included.
pub(super) const ADVANCE: usize = 6;

/// The columns of a character, left to right; the lowest bit is the top row. A character that is not there is a blank.
fn columns(character: char) -> [u8; 5] {
    match character {
        '0' => [0x3E, 0x51, 0x49, 0x45, 0x3E],
        '1' => [0x00, 0x42, 0x7F, 0x40, 0x00],
        '2' => [0x42, 0x61, 0x51, 0x49, 0x46],
        '3' => [0x21, 0x41, 0x45, 0x4B, 0x31],
        '4' => [0x18, 0x14, 0x12, 0x7F, 0x10],
        '5' => [0x27, 0x45, 0x45, 0x45, 0x39],
        '6' => [0x3C, 0x4A, 0x49, 0x49, 0x30],
        '7' => [0x01, 0x71, 0x09, 0x05, 0x03],
        '8' => [0x36, 0x49, 0x49, 0x49, 0x36],
        '9' => [0x06, 0x49, 0x49, 0x29, 0x1E],
        ':' => [0x00, 0x36, 0x36, 0x00, 0x00],
        '/' => [0x20, 0x10, 0x08, 0x04, 0x02],
        '+' => [0x08, 0x08, 0x3E, 0x08, 0x08],
        '-' => [0x08, 0x08, 0x08, 0x08, 0x08],
        'C' => [0x3E, 0x41, 0x41, 0x41, 0x22],
        'H' => [0x7F, 0x08, 0x08, 0x08, 0x7F],
        'P' => [0x7F, 0x09, 0x09, 0x09, 0x06],
        'T' => [0x01, 0x01, 0x7F, 0x01, 0x01],
        'U' => [0x3F, 0x40, 0x40, 0x40, 0x3F],
        'a' => [0x20, 0x54, 0x54, 0x54, 0x78],
        'd' => [0x38, 0x44, 0x44, 0x48, 0x7F],
        'e' => [0x38, 0x54, 0x54, 0x54, 0x18],
        'i' => [0x00, 0x44, 0x7D, 0x40, 0x00],
        'r' => [0x7C, 0x08, 0x04, 0x04, 0x08],
        's' => [0x48, 0x54, 0x54, 0x54, 0x20],
        'u' => [0x3C, 0x40, 0x40, 0x20, 0x7C],
        _ => [0; 5],
    }
}

/// Whether the dot at that column and row of a line of text is set.
pub(super) fn dot(text: &[char], column: usize, row: usize) -> bool {
    let Some(&character) = text.get(column / ADVANCE) else { return false };
    row < HEIGHT && columns(character).get(column % ADVANCE).is_some_and(|bits| bits >> row & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_of_the_clock_is_drawn_and_unlike_the_others() {
        let used: Vec<char> = "0123456789:/+-CHPTUadeirsu".chars().collect();
        for (i, one) in used.iter().enumerate() {
            assert_ne!(columns(*one), [0; 5], "{one}");
            assert!(used.iter().skip(i + 1).all(|other| columns(*other) != columns(*one)), "{one}");
        }
        let text: Vec<char> = "1 1".chars().collect();
        // The stem of the first, nothing in the space, the stem of the second.
        assert!(dot(&text, 2, 3) && !dot(&text, 8, 3) && dot(&text, 14, 3) && !dot(&text, 20, 3));
    }
}
