//! A Bitcoin block header as an unpredictable public value: what holds its hash cannot be older than the block.
//!
//! Checked offline and without a chain: 80 octets whose double SHA-256 is below the target they state, at a difficulty that
//! only the network of all miners reaches. It is no date by itself: miners state the time of a block within two hours
//! (Bitcoin developer reference, "Block headers"), and a machine may use an old header; it only bounds from below.
use std::io::Read as _;
use std::time::Duration;

use dossier::{Instant, Sha256Digest};

use crate::TimestampError;

/// Octets of a header.
pub(crate) const LENGTH: usize = 80;
/// The least work asked: leading zero bits of the target. Every block since 2023 has more; making one costs what finding a
/// block earns.
pub(crate) const LEAST_ZEROS: u32 = 77;
/// The longest answer read.
const MOST: u64 = 4096;
/// Deadline of each of the two questions.
const DEADLINE: Duration = Duration::from_secs(8);

/// A header that holds by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHeader {
    /// Its 80 octets, hexadecimal.
    pub hex: String,
    /// Its hash as block explorers write it.
    pub hash: String,
    /// The time its miner states.
    pub time: Instant,
}

impl BlockHeader {
    /// Reads 160 hexadecimal digits and checks the work. The error says what is wrong.
    pub fn parse(hex_text: &str) -> Result<Self, String> {
        Self::with_work(hex_text, LEAST_ZEROS)
    }

    fn with_work(hex_text: &str, least_zeros: u32) -> Result<Self, String> {
        let octets = hex::decode(hex_text.trim()).map_err(|e| e.to_string())?;
        let octets: &[u8; LENGTH] =
            octets.as_slice().try_into().map_err(|_| format!("{} octets au lieu de {LENGTH}", octets.len()))?;
        let header = RawHeader::read(octets)?;
        if header.zeros < least_zeros {
            return Err(format!(
                "difficulté trop faible : {} bits nuls, au moins {least_zeros} attendus",
                header.zeros
            ));
        }
        Ok(Self { hex: hex::encode(octets), hash: shown(&header.hash), time: header.time })
    }
}

/// What a header says, once its hash reaches the target it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RawHeader {
    /// Its hash, in the order of the protocol.
    pub(crate) hash: [u8; 32],
    /// The hash of the header before it.
    pub(crate) previous: [u8; 32],
    /// The root of the tree of its transactions, in the order of the protocol.
    pub(crate) merkle_root: [u8; 32],
    /// The time its miner states.
    pub(crate) time: Instant,
    /// Leading zero bits of its target.
    pub(crate) zeros: u32,
}

impl RawHeader {
    /// Reads the 80 octets of a header and checks its own work. The error says what is wrong.
    pub(crate) fn read(octets: &[u8; LENGTH]) -> Result<Self, String> {
        let hash = *Sha256Digest::of(Sha256Digest::of(octets).as_bytes()).as_bytes();
        let mut most_significant_first = hash;
        most_significant_first.reverse();
        let word =
            |at: usize| octets.get(at..at + 4).and_then(|w| w.first_chunk()).map_or(0, |w| u32::from_le_bytes(*w));
        let part = |at: usize| octets.get(at..at + 32).and_then(|p| p.first_chunk()).copied().unwrap_or_default();
        let target = target(word(72)).ok_or("difficulté mal formée")?;
        if most_significant_first > target {
            return Err("l'empreinte n'atteint pas la difficulté que l'en-tête affiche".into());
        }
        let time = Instant::from_millisecond(i64::from(word(68)) * 1000).ok_or("heure hors limites")?;
        Ok(Self { hash, previous: part(4), merkle_root: part(36), time, zeros: leading_zeros(&target) })
    }
}

/// A hash or a root as block explorers write it: the last octet first.
pub(crate) fn shown(protocol_order: &[u8; 32]) -> String {
    let mut octets = *protocol_order;
    octets.reverse();
    hex::encode(octets)
}

/// The target of the compact form (Bitcoin developer reference, "Target nBits"), first octet most significant.
fn target(bits: u32) -> Option<[u8; 32]> {
    let (exponent, mantissa) = ((bits >> 24) as usize, bits & 0x00ff_ffff);
    if mantissa == 0 || mantissa > 0x007f_ffff || !(3..=32).contains(&exponent) {
        return None;
    }
    let mut target = [0_u8; 32];
    let at = 32 - exponent;
    target.get_mut(at..at + 3)?.copy_from_slice(&mantissa.to_be_bytes()[1..]);
    Some(target)
}

fn leading_zeros(number: &[u8; 32]) -> u32 {
    let whole = number.iter().take_while(|octet| **octet == 0).count();
    let next = number.get(whole).map_or(0, |octet| octet.leading_zeros());
    u32::try_from(whole * 8).unwrap_or(256) + next
}

/// Asks the newest block of a service with the addresses of Esplora (`/blocks/tip/hash`, `/block/HASH/header`), and
/// checks its header. Blocking; two questions, no redirect followed.
pub fn newest_block(service: &str) -> Result<BlockHeader, TimestampError> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(DEADLINE))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .new_agent();
    let base = service.trim_end_matches('/');
    let hash = asked(&agent, &format!("{base}/blocks/tip/hash"))?;
    let malformed = |why: String| TimestampError::Malformed { why };
    if hash.len() != 64 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(malformed("the service gave no block hash".into()));
    }
    let header = BlockHeader::parse(&asked(&agent, &format!("{base}/block/{hash}/header"))?).map_err(malformed)?;
    if header.hash == hash.to_ascii_lowercase() {
        Ok(header)
    } else {
        Err(TimestampError::Imprint { expected: hash, found: header.hash })
    }
}

fn asked(agent: &ureq::Agent, url: &str) -> Result<String, TimestampError> {
    let unreachable = |why: String| TimestampError::Unreachable { why };
    let mut answer = agent.get(url).call().map_err(|e| unreachable(e.to_string()))?;
    if answer.status().as_u16() != 200 {
        return Err(TimestampError::Http { found: format!("HTTP {}", answer.status().as_u16()) });
    }
    let mut text = String::new();
    let read = answer.body_mut().as_reader().take(MOST).read_to_string(&mut text);
    read.map_err(|e| unreachable(e.to_string()))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Block 125,552 of the main network, the example of the protocol's documentation.
    const HEADER: &str = "0100000081cd02ab7e569e8bcd9317e2fe99f2de44d49ab2b8851ba4a308000000000000e320b6c2fffc8d750423db8b1eb942ae710e951ed797f7affc8892b0f1fc122bc7f5d74df2b9441a42a14695";

    #[test]
    fn a_published_header_has_its_published_hash() {
        let header = BlockHeader::with_work(HEADER, 40).unwrap();
        assert_eq!(header.hash, "00000000000000001e8d6829a8a21adc5d38d0a473b144b6765798e61f98bd1d");
        assert_eq!(header.time.to_string(), "2011-05-21T17:26:31.000Z");
    }

    /// Block 800,000 of the main network.
    const RECENT: &str = "00601d3455bb9fbd966b3ea2dc42d0c22722e4c0c1729fad17210100000000000000000055087fab0c8f3f89f8bcfd4df26c504d81b0a88e04907161838c0c53001af09135edbd64943805175e955e06";

    #[test]
    fn a_recent_header_has_the_work_asked() {
        let header = BlockHeader::parse(RECENT).unwrap();
        assert_eq!(header.hash, "00000000000000000002a7c4c1e48d76c5a37902165a270156b7a8d72728a054");
        assert_eq!(header.time.to_string(), "2023-07-24T03:17:09.000Z");
    }

    #[test]
    fn a_header_of_little_work_proves_nothing() {
        assert!(BlockHeader::parse(HEADER).unwrap_err().contains("difficulté trop faible"));
    }

    #[test]
    fn a_changed_header_has_no_work() {
        for at in [8, 70, 150, 159] {
            let mut text = HEADER.as_bytes().to_vec();
            text[at] = if text[at] == b'0' { b'1' } else { b'0' };
            assert!(BlockHeader::with_work(std::str::from_utf8(&text).unwrap(), 40).is_err(), "{at}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9a-f]{0,170}") {
            let _ = BlockHeader::with_work(&text, 0);
        }
    }
}
