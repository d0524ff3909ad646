//! One SNTP exchange with a time server (RFC 5905, RFC 4330 section 5), its octets kept as they went over the wire.
use std::net::{SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::Duration;

use dossier::{Clock, Instant};
use serde_json::{Value, json};

/// How long a server may take to answer one question.
const WAIT: Duration = Duration::from_millis(1500);
/// Questions to a server; the quickest answer is the one that counts, because its path was the most even.
const QUESTIONS: u32 = 3;
/// Addresses of one name that are tried until one answers.
const ADDRESSES: usize = 2;
/// Seconds from 1900 (NTP) to 1970 (Unix).
const EPOCHS: i64 = 2_208_988_800;
/// How much longer than the whole exchange a server may say it held the question, in microseconds.
const HELD_US: i64 = 1_000_000;
/// What our own clock adds to the doubt: it is read to the millisecond, before and after; and RFC 5905's MINDISP.
const OWN_DOUBT_US: i64 = 5_000;

/// What one server said, by its quickest answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) address: String,
    pub(super) stratum: u8,
    pub(super) reference: String,
    /// This machine's clock minus the server's, in microseconds.
    pub(super) offset_us: i64,
    /// Time on the way and back, in microseconds.
    pub(super) delay_us: i64,
    pub(super) root_delay_us: i64,
    pub(super) root_dispersion_us: i64,
}

impl Sample {
    /// How wrong it can be at most: the root distance of RFC 5905, appendix A.5.5.2.
    pub(super) fn distance_us(&self) -> i64 {
        (self.root_delay_us + self.delay_us) / 2 + self.root_dispersion_us + OWN_DOUBT_US
    }
}

/// Everything said between this machine and one server.
#[derive(Clone, Debug)]
pub(super) struct Talk {
    /// The best answer, or why there is none.
    pub(super) answer: Result<Sample, String>,
    /// The exchanges, with their octets, as the evidence holds them.
    pub(super) exchanges: Vec<Value>,
}

impl Talk {
    /// Nothing came of it.
    pub(super) fn failed(why: &str) -> Self {
        Self { answer: Err(why.to_owned()), exchanges: Vec::new() }
    }
}

/// Asks a server, `name` or `name:port`.
pub(super) fn talk(server: &str, clock: &dyn Clock) -> Talk {
    let full = if server.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        server.to_owned()
    } else {
        format!("{server}:123")
    };
    let addresses: Vec<SocketAddr> = match full.to_socket_addrs() {
        Ok(found) => found.take(ADDRESSES).collect(),
        Err(e) => return Talk::failed(&format!("nom non résolu : {e}")),
    };
    let mut all = Talk::failed("nom sans adresse");
    for address in addresses {
        let Talk { answer, exchanges } = talk_to(address, clock);
        all.exchanges.extend(exchanges);
        all.answer = answer;
        if all.answer.is_ok() {
            break;
        }
    }
    all
}

/// The quickest of a few exchanges with one address.
fn talk_to(address: SocketAddr, clock: &dyn Clock) -> Talk {
    let mut all = Talk::failed("");
    for _ in 0..QUESTIONS {
        let (answer, evidence) = exchange(address, clock);
        all.exchanges.push(evidence);
        match (answer, &all.answer) {
            (Ok(sample), Ok(best)) if sample.delay_us >= best.delay_us => {}
            (Ok(sample), _) => all.answer = Ok(sample),
            (Err(_), Ok(_)) => {}
            (Err(why), Err(_)) => {
                all.answer = Err(why);
                break;
            }
        }
    }
    all
}

fn exchange(address: SocketAddr, clock: &dyn Clock) -> (Result<Sample, String>, Value) {
    let mark = uuid::Uuid::new_v4().as_u64_pair().0.to_be_bytes();
    let mut question = [0_u8; 48];
    question[0] = 0b00_100_011;
    question[40..].copy_from_slice(&mark);
    let (sent, started) = (clock.now(), clock.monotonic());
    let answer = send(address, &question);
    let ended = clock.monotonic();
    let took = i64::try_from(ended.saturating_sub(started).as_micros()).unwrap_or(i64::MAX);
    let octets = answer.as_deref().ok().map(hex);
    let sample = answer.and_then(|answer| {
        let first = answer.first_chunk::<48>().ok_or("réponse trop courte")?;
        read(first, mark, sent, took).map(|sample| Sample { address: address.to_string(), ..sample })
    });
    let monotonic = i64::try_from(started.as_micros()).unwrap_or(i64::MAX);
    let evidence = json!({
        "address": address.to_string(), "sent_at": sent, "sent_monotonic_us": monotonic, "took_us": took,
        "question": hex(&question), "answer": octets, "refused": sample.as_ref().err(),
    });
    (sample, evidence)
}

/// One question, one answer.
fn send(address: SocketAddr, question: &[u8; 48]) -> Result<Vec<u8>, String> {
    let said = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => {
            format!("pas de réponse en {} ms", WAIT.as_millis())
        }
        _ => e.to_string(),
    };
    let socket = UdpSocket::bind(if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).map_err(said)?;
    socket.set_read_timeout(Some(WAIT)).map_err(said)?;
    // Only this address can answer.
    socket.connect(address).map_err(said)?;
    socket.send(question).map_err(said)?;
    let mut answer = [0_u8; 512];
    let length = socket.recv(&mut answer).map_err(said)?;
    Ok(answer.get(..length).unwrap_or_default().to_vec())
}

fn hex(octets: &[u8]) -> String {
    use std::fmt::Write as _;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// Reads an answer: `mark` was sent as our transmit timestamp, `sent` is when, `took` how long it took, in microseconds.
fn read(answer: &[u8; 48], mark: [u8; 8], sent: Instant, took: i64) -> Result<Sample, String> {
    let word = |at: usize| answer.get(at..at + 4).and_then(|w| w.first_chunk()).map_or(0, |w| u32::from_be_bytes(*w));
    let (leap, mode, stratum) = (answer[0] >> 6, answer[0] & 7, answer[1]);
    if mode != 4 || answer[24..32] != mark {
        return Err("la réponse n'est pas celle de notre question".into());
    }
    let letters: String = answer[12..16].iter().filter(|b| b.is_ascii_graphic()).map(|b| char::from(*b)).collect();
    match stratum {
        0 => return Err(format!("le serveur refuse de répondre ({letters})")),
        1..=15 if leap != 3 => {}
        _ => return Err("le serveur dit que sa propre horloge n'est pas réglée".into()),
    }
    let near = sent.as_millisecond() / 1000;
    let (received, transmitted) = (micros(word(32), word(36), near), micros(word(40), word(44), near));
    let ours = sent.as_millisecond().saturating_mul(1000);
    let held = transmitted - received;
    if held < 0 || held > took.saturating_add(HELD_US) {
        return Err("les heures de la réponse se contredisent".into());
    }
    // RFC 5905 section 8, with the sign of "ours minus theirs".
    let offset_us = ((ours - received) + (ours.saturating_add(took) - transmitted)) / 2;
    let reference =
        if stratum == 1 { letters } else { format!("{}.{}.{}.{}", answer[12], answer[13], answer[14], answer[15]) };
    Ok(Sample {
        address: String::new(),
        stratum,
        reference,
        offset_us,
        delay_us: (took - held).max(0),
        root_delay_us: short(word(4)),
        root_dispersion_us: short(word(8)),
    })
}

/// An NTP short (RFC 5905 section 6) in microseconds.
fn short(value: u32) -> i64 {
    i64::from(value) * 1_000_000 / 65_536
}

/// An NTP timestamp in microseconds from 1970, in the era nearest to `near` (seconds from 1970; RFC 5905 section 6).
fn micros(seconds: u32, fraction: u32, near: i64) -> i64 {
    const ERA: i64 = 1 << 32;
    let plain = i64::from(seconds) - EPOCHS;
    let eras = (near - plain + ERA / 2).div_euclid(ERA);
    (plain + eras * ERA) * 1_000_000 + ((i64::from(fraction) * 1_000_000) >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(mark: [u8; 8], at_s: u32) -> [u8; 48] {
        let mut octets = [0; 48];
        octets[0] = 0b00_100_100;
        octets[1] = 2;
        octets[12..16].copy_from_slice(&[192, 0, 2, 7]);
        octets[24..32].copy_from_slice(&mark);
        octets[32..36].copy_from_slice(&at_s.to_be_bytes());
        octets[40..44].copy_from_slice(&at_s.to_be_bytes());
        octets
    }

    fn at(seconds: i64) -> Instant {
        Instant::from_millisecond(seconds * 1000).unwrap()
    }

    #[test]
    fn the_offset_is_ours_minus_theirs() {
        let (mark, now) = ([7; 8], 1_795_000_000_i64);
        let theirs = u32::try_from(now - 3 + EPOCHS).unwrap();
        let sample = read(&answer(mark, theirs), mark, at(now), 20_000).unwrap();
        assert_eq!((sample.offset_us, sample.delay_us, sample.stratum), (3_010_000, 20_000, 2));
        assert_eq!(sample.reference, "192.0.2.7");
    }

    #[test]
    fn seconds_are_read_in_the_era_of_now() {
        // 2036-02-07T06:28:16Z is second 0 of era 1 (RFC 5905 section 6).
        let rollover = 2_085_978_496;
        assert_eq!(micros(0, 0, rollover), rollover * 1_000_000);
        assert_eq!(micros(u32::MAX, 1 << 31, rollover), (rollover - 1) * 1_000_000 + 500_000);
    }

    #[test]
    fn answers_that_prove_nothing_are_refused() {
        let (mark, now) = ([7; 8], 1_795_000_000_i64);
        let good = answer(mark, u32::try_from(now + EPOCHS).unwrap());
        let with = |at: usize, value: u8| {
            let mut octets = good;
            octets[at] = value;
            read(&octets, mark, super::tests::at(now), 1000)
        };
        assert!(with(1, 2).is_ok());
        for (place, value) in [(0, 0b00_100_011), (24, 8), (1, 0), (1, 16), (0, 0b11_100_100), (43, 0)] {
            assert!(with(place, value).is_err(), "{place}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_answer_makes_it_panic(
            drawn in proptest::collection::vec(proptest::num::u8::ANY, 48),
            mark: [u8; 8],
            now in 0_i64..4_000_000_000,
            took in 0_i64..2_000_000,
        ) {
            let mut octets: [u8; 48] = drawn.try_into().unwrap();
            octets[24..32].copy_from_slice(&mark);
            let _ = read(&octets, mark, at(now), took);
        }
    }
}
