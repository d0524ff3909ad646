//! A STUN client (RFC 8489): one Binding request, retransmitted a bounded number of times, and its answer read strictly.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use super::reach;

/// RFC 8489, 5.
const COOKIE: u32 = 0x2112_A442;
/// Binding request and its two answers (RFC 8489, 18.2).
const REQUEST: u16 = 0x0001;
const SUCCESS: u16 = 0x0101;
const ERROR: u16 = 0x0111;
/// When each copy of the request leaves: RTO of 500 ms that doubles (RFC 8489, 6.2.1), stopped after three.
const SENT_AT: [Duration; 3] = [Duration::ZERO, Duration::from_millis(500), Duration::from_millis(1500)];
/// When an answer is no longer waited for.
const END: Duration = Duration::from_millis(2500);

/// What a server saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StunAnswer {
    /// Where our request came from, as the server saw it.
    pub mapped: SocketAddr,
    /// The name the server gives its software.
    pub software: Option<String>,
}

/// The request: 20 octets, without attributes.
pub(super) fn request(transaction: &[u8; 12]) -> [u8; 20] {
    let mut bytes = [0; 20];
    bytes[..2].copy_from_slice(&REQUEST.to_be_bytes());
    bytes[4..8].copy_from_slice(&COOKIE.to_be_bytes());
    bytes[8..].copy_from_slice(transaction);
    bytes
}

/// Reads an answer to the request of that transaction; an error is a French phrase.
///
/// Checked: the two first bits, the length, the cookie, the transaction, that every attribute ends inside, that none that
/// must be understood is unknown (RFC 8489, 6.3.1 and 14). Only XOR-MAPPED-ADDRESS counts: the plain one is rewritten
/// by some routers (RFC 8489, 14.1).
pub fn read_stun(bytes: &[u8], transaction: &[u8; 12]) -> Result<StunAnswer, String> {
    let wrong = |why: &str| Err(why.to_owned());
    let Some((header, body)) = bytes.split_first_chunk::<20>() else { return wrong("réponse trop courte") };
    let word = |at: usize| header.get(at..at + 2).and_then(|w| w.first_chunk()).map_or(0, |w| u16::from_be_bytes(*w));
    if header[4..8] != COOKIE.to_be_bytes() || header[8..] != transaction[..] {
        return wrong("la réponse n'est pas celle de notre demande");
    }
    if usize::from(word(2)) != body.len() || body.len() % 4 != 0 {
        return wrong("longueur fausse");
    }
    let kind = word(0);
    if kind != SUCCESS && kind != ERROR {
        return wrong("ce n'est pas une réponse STUN");
    }
    let (mut mapped, mut software, mut refusal, mut rest) = (None, None, None, body);
    while let Some((head, after)) = rest.split_first_chunk::<4>() {
        let (name, length) =
            (u16::from_be_bytes([head[0], head[1]]), usize::from(u16::from_be_bytes([head[2], head[3]])));
        let Some(value) = after.get(..length) else { return wrong("attribut coupé") };
        // Values are padded to four octets.
        rest = after.get(length.next_multiple_of(4)..).unwrap_or_default();
        match name {
            0x0020 => mapped = mapped.or(Some(xor_address(value, transaction)?)),
            0x0009 => refusal = Some(refusal_of(value)),
            0x8022 => {
                software = Some(String::from_utf8_lossy(value.get(..128.min(length)).unwrap_or_default()).into_owned())
            }
            // MAPPED-ADDRESS, USERNAME, MESSAGE-INTEGRITY, UNKNOWN-ATTRIBUTES, REALM, NONCE and the 2020 ones.
            0x0001 | 0x0006 | 0x0008 | 0x000A | 0x0014 | 0x0015 | 0x001C..=0x001E | 0x8000.. => {}
            _ => return Err(format!("attribut 0x{name:04x} inconnu")),
        }
    }
    if kind == ERROR {
        return Err(format!("le serveur refuse ({})", refusal.unwrap_or_else(|| "sans raison".into())));
    }
    let mapped = mapped.ok_or("réponse sans XOR-MAPPED-ADDRESS")?;
    Ok(StunAnswer { mapped, software })
}

/// RFC 8489, 14.2.
fn xor_address(value: &[u8], transaction: &[u8; 12]) -> Result<SocketAddr, String> {
    let [_, family, high, low, address @ ..] = value else { return Err("adresse coupée".into()) };
    let port = u16::from_be_bytes([*high, *low]) ^ (COOKIE >> 16) as u16;
    let address = match (family, address.len()) {
        (1, 4) => {
            let raw = address.first_chunk::<4>().map_or(0, |a| u32::from_be_bytes(*a));
            IpAddr::V4(Ipv4Addr::from(raw ^ COOKIE))
        }
        (2, 16) => {
            let mut mask = [0; 16];
            mask[..4].copy_from_slice(&COOKIE.to_be_bytes());
            mask[4..].copy_from_slice(transaction);
            let raw = address.first_chunk::<16>().map_or(0, |a| u128::from_be_bytes(*a));
            IpAddr::V6(Ipv6Addr::from(raw ^ u128::from_be_bytes(mask)))
        }
        _ => return Err("adresse d'une famille inconnue".into()),
    };
    Ok(SocketAddr::new(address, port))
}

fn refusal_of(value: &[u8]) -> String {
    let [_, _, class, number, reason @ ..] = value else { return "sans raison".into() };
    let reason: String = String::from_utf8_lossy(reason).chars().filter(|c| !c.is_control()).take(100).collect();
    format!("{} {reason}", u32::from(class & 7) * 100 + u32::from(*number))
}

/// Asks `server`; the answer and its octets, or why there is none.
pub(super) fn ask(server: SocketAddr) -> Result<(StunAnswer, Vec<u8>), String> {
    let said = |e: std::io::Error| reach::said(&e);
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).map_err(said)?;
    // Only this address can answer.
    socket.connect(server).map_err(said)?;
    let transaction = *uuid::Uuid::new_v4().as_bytes().first_chunk::<12>().ok_or("sans identifiant")?;
    let (started, mut last) = (Instant::now(), "aucune réponse".to_owned());
    for next in SENT_AT.iter().skip(1).chain([&END]) {
        socket.send(&request(&transaction)).map_err(said)?;
        let until = started + *next;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            socket.set_read_timeout(Some(left)).map_err(said)?;
            let mut bytes = vec![0; 1500];
            let Ok(length) = socket.recv(&mut bytes).map_err(|e| note(&mut last, &e)) else {
                // A refusal comes at once: the next copy is not sent before its time.
                std::thread::sleep(left.min(Duration::from_millis(20)));
                continue;
            };
            bytes.truncate(length);
            match read_stun(&bytes, &transaction) {
                Ok(answer) => return Ok((answer, bytes)),
                // Somebody else's packet does not end the wait.
                Err(why) => last = why,
            }
        }
    }
    Err(last)
}

fn note(last: &mut String, error: &std::io::Error) {
    if !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) {
        *last = reach::said(error);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 5769, 2.2: a sample answer over IPv4, and 2.3 over IPv6, with their transaction.
    const TRANSACTION: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];
    const V4: &str = "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643\
                      000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96";
    const V6: &str = "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9fa\
                      a5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c";

    fn octets(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits.chunks(2).map(|c| u8::from_str_radix(std::str::from_utf8(c).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn the_samples_of_rfc_5769() {
        let answer = read_stun(&octets(V4), &TRANSACTION).unwrap();
        assert_eq!(
            (answer.mapped.to_string(), answer.software.as_deref()),
            ("192.0.2.1:32853".into(), Some("test vector"))
        );
        let answer = read_stun(&octets(V6), &TRANSACTION).unwrap();
        assert_eq!(answer.mapped.to_string(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
    }

    #[test]
    fn answers_that_are_not_ours_or_not_whole() {
        let good = octets(V4);
        assert!(read_stun(&good, &[0; 12]).unwrap_err().contains("notre demande"));
        assert!(read_stun(&good[..19], &TRANSACTION).unwrap_err().contains("courte"));
        assert!(read_stun(&good[..40], &TRANSACTION).unwrap_err().contains("longueur"));
        let mut refusal = request(&TRANSACTION).to_vec();
        refusal.extend_from_slice(&[0, 9, 0, 8, 0, 0, 4, 20, b'N', b'o', b'n', b' ']);
        refusal[..4].copy_from_slice(&[0x01, 0x11, 0, 12]);
        assert_eq!(read_stun(&refusal, &TRANSACTION).unwrap_err(), "le serveur refuse (420 Non )");
        let mut strange = refusal.clone();
        strange[20..22].copy_from_slice(&[0x7f, 0x01]);
        assert!(read_stun(&strange, &TRANSACTION).unwrap_err().contains("0x7f01"));
        let mut plain = octets(V4);
        let at = plain.windows(4).position(|w| w == [0, 0x20, 0, 8]).unwrap();
        plain[at + 1] = 1;
        assert!(read_stun(&plain, &TRANSACTION).unwrap_err().contains("XOR"));
    }

    proptest! {
        #[test]
        fn no_answer_panics(tail in proptest::collection::vec(any::<u8>(), 0..200), kind in any::<bool>(), raw in any::<bool>()) {
            let _ = read_stun(&tail, &TRANSACTION);
            let mut bytes = request(&TRANSACTION).to_vec();
            bytes[..2].copy_from_slice(&if kind { SUCCESS } else { ERROR }.to_be_bytes());
            bytes.extend_from_slice(&tail);
            if raw {
                let length = u16::try_from(tail.len()).unwrap();
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
            }
            let _ = read_stun(&bytes, &TRANSACTION);
        }
    }
}
