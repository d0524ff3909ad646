//! Codes of one time (RFC 6238 over RFC 4226): the second factor that any telephone computes. A code is taken once: the step
//! it belongs to is remembered, and neither it nor an earlier one is taken again.
use dossier::Instant;
use ring::hmac;
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

/// Seconds of a step.
pub const PAS_SECONDES: u64 = 30;
/// Digits of a code.
pub const CHIFFRES: u32 = 6;
/// Steps before and after the present one that are taken too: clocks of telephones drift.
pub const FENETRE: u64 = 1;

/// The step of an instant; instants before 1970 are in the first.
pub fn pas(now: Instant) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or(0) / 1000 / PAS_SECONDES
}

/// The code of a step (RFC 4226, 5.3), with `digits` digits (8 at most).
pub fn code(algorithm: hmac::Algorithm, secret: &[u8], step: u64, digits: u32) -> u32 {
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or(0) & 0x0f);
    let word = tag.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; 4]);
    (u32::from_be_bytes(word) & 0x7fff_ffff) % 10_u32.pow(digits.min(8))
}

/// The step whose code was typed, if it is within the window and after `last`, the last step taken. HMAC-SHA-1, the only one
/// that every telephone's program computes; collisions of SHA-1 do not reach HMAC. Always the same computations.
pub fn verifier(secret: &[u8], typed: &str, now: Instant, last: Option<u64>) -> Option<u64> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).take(CHIFFRES as usize + 1).collect();
    let whole = digits.len() == CHIFFRES as usize && digits.bytes().all(|b| b.is_ascii_digit());
    let typed: u32 = digits.parse().unwrap_or(u32::MAX);
    let now = pas(now);
    let mut found = 0_u64;
    let mut any = 0_u8;
    for step in now.saturating_sub(FENETRE)..=now.saturating_add(FENETRE) {
        let right = code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, step, CHIFFRES).ct_eq(&typed);
        let fresh = subtle::Choice::from(u8::from(last.is_none_or(|last| step > last)));
        found.conditional_assign(&step, right & fresh);
        any |= (right & fresh).unwrap_u8();
    }
    (whole && any == 1).then_some(found)
}

/// The address that a telephone reads from a QR code. `compte` says which account on its screen: it is never a name.
pub fn adresse(secret: &[u8], compte: &str, issuer: &str) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|b| match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
                _ => format!("%{b:02X}"),
            })
            .collect()
    };
    let (compte, issuer, secret) = (escape(compte), escape(issuer), base32(secret));
    format!("otpauth://totp/{issuer}:{compte}?secret={secret}&issuer={issuer}&digits={CHIFFRES}&period={PAS_SECONDES}")
}

/// Base 32 (RFC 4648, 6), without padding.
pub fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut out, mut held, mut bits) = (String::new(), 0_u32, 0_u32);
    for byte in bytes {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(char::from(ALPHABET[(held >> bits) as usize & 31]));
        }
        held &= (1 << bits) - 1;
    }
    if bits > 0 {
        out.push(char::from(ALPHABET[(held << (5 - bits)) as usize & 31]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_millisecond(seconds * 1000).unwrap()
    }

    #[test]
    fn b02_the_vectors_of_rfc_6238() {
        let sha1 = b"12345678901234567890";
        let sha256 = b"12345678901234567890123456789012";
        let sha512 = b"1234567890123456789012345678901234567890123456789012345678901234";
        for (seconds, one, two, three) in [
            (59_i64, 94_287_082, 46_119_246, 90_693_936),
            (1_111_111_109, 7_081_804, 68_084_774, 25_091_201),
            (1_111_111_111, 14_050_471, 67_062_674, 99_943_326),
            (1_234_567_890, 89_005_924, 91_819_424, 93_441_116),
            (2_000_000_000, 69_279_037, 90_698_825, 38_618_901),
            (20_000_000_000, 65_353_130, 77_737_706, 47_863_826),
        ] {
            let step = pas(at(seconds));
            assert_eq!(code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, sha1, step, 8), one, "{seconds}");
            assert_eq!(code(hmac::HMAC_SHA256, sha256, step, 8), two, "{seconds}");
            assert_eq!(code(hmac::HMAC_SHA512, sha512, step, 8), three, "{seconds}");
        }
        // RFC 4226, appendix D.
        for (count, wanted) in [(0, 755_224), (1, 287_082), (9, 520_489)] {
            assert_eq!(code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, sha1, count, 6), wanted);
        }
    }

    #[test]
    fn b02_a_code_is_taken_once_and_one_step_around() {
        let secret = b"12345678901234567890";
        let step = 37_037_037;
        let typed = |step: u64| format!("{:06}", code(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret, step, 6));
        let now = at(step as i64 * 30 + 12);
        for around in step - 1..=step + 1 {
            assert_eq!(verifier(secret, &typed(around), now, None), Some(around));
        }
        assert_eq!(verifier(secret, &typed(step - 2), now, None), None);
        assert_eq!(verifier(secret, &typed(step + 2), now, None), None);
        assert_eq!(verifier(secret, &typed(step), now, Some(step)), None, "replayed");
        assert_eq!(verifier(secret, &typed(step - 1), now, Some(step)), None, "older than one taken");
        assert_eq!(verifier(secret, &typed(step + 1), now, Some(step)), Some(step + 1));
        let spaced = format!(" {} {} ", &typed(step)[..3], &typed(step)[3..]);
        assert_eq!(verifier(secret, &spaced, now, None), Some(step));
        for bad in ["", "12345", "1234567", "abcdef", "-12345", "+12345", "１２３４５６"] {
            assert_eq!(verifier(secret, bad, now, None), None, "{bad}");
        }
    }

    #[test]
    fn b02_base_32_as_in_rfc_4648() {
        for (clear, wanted) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(clear.as_bytes()), wanted);
        }
        let address = adresse(b"foobar", "compte 12", "Étude");
        assert_eq!(
            address,
            "otpauth://totp/%C3%89tude:compte%2012?secret=MZXW6YTBOI&issuer=%C3%89tude&digits=6&period=30"
        );
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_refused_or_a_step_of_the_window(typed in "\\PC{0,12}", seconds in 0_i64..4_000_000_000) {
            if let Some(step) = verifier(b"12345678901234567890", &typed, at(seconds), None) {
                prop_assert!(step.abs_diff(pas(at(seconds))) <= 1);
            }
        }
    }
}
