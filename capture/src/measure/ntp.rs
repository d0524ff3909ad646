//! The machine's clock held against time servers: one SNTP exchange with each (RFC 5905, RFC 4330 section 5), nothing set.
use std::net::{ToSocketAddrs, UdpSocket};
use std::thread;
use std::time::Duration;

use dossier::{Clock, Instant, Outcome, op};
use serde_json::json;

use super::Fact;

/// How long a server may take to answer one question.
const WAIT: Duration = Duration::from_millis(1500);
/// Questions to a server; the quickest answer is the one that counts, because its path was the most even.
const QUESTIONS: u32 = 3;
/// Servers asked at most.
const MOST: usize = 8;
/// Seconds from 1900 (NTP) to 1970 (Unix).
const EPOCHS: i64 = 2_208_988_800;
/// The difference beyond which the clock is told as a deviation, in microseconds.
const LIMIT_US: i64 = 1_000_000;
const HOW: &str = "SNTP (RFC 5905), trois questions à chaque source, la réponse la plus rapide retenue ; écart : horloge de la machine \
                   moins celle de la source ; médiane des sources";

/// What one server said.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sample {
    address: String,
    stratum: u8,
    reference: String,
    /// This machine's clock minus the server's, in microseconds.
    offset_us: i64,
    /// Time on the way and back, in microseconds.
    delay_us: i64,
    root_dispersion_us: i64,
}

/// Asks every server, beside one another, and compares.
pub(super) fn clock_fact(phase: &str, servers: &[String], clock: &dyn Clock) -> Fact {
    if servers.is_empty() {
        let why = "Aucun serveur de temps n'est configuré ([temps] serveurs) : l'écart de l'horloge n'est pas mesuré.";
        return Fact::new(op::MEASURE_CLOCK, Outcome::NotDone, json!({"phase": phase, "why": why}));
    }
    let answers: Vec<(&String, Result<Sample, String>)> = thread::scope(|scope| {
        let asked: Vec<_> =
            servers.iter().take(MOST).map(|server| (server, scope.spawn(|| best(server, clock)))).collect();
        let ended = |why: &str| Err(why.to_owned());
        asked.into_iter().map(|(server, task)| (server, task.join().unwrap_or_else(|_| ended("interrompu")))).collect()
    });
    fact(phase, &answers)
}

fn fact(phase: &str, answers: &[(&String, Result<Sample, String>)]) -> Fact {
    let (mut sources, mut silent, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Ok(sample) => {
                offsets.push(sample.offset_us);
                sources.push(json!({
                    "name": name, "address": sample.address, "stratum": sample.stratum, "reference": sample.reference,
                    "offset_us": sample.offset_us, "delay_us": sample.delay_us,
                    "root_dispersion_us": sample.root_dispersion_us,
                }));
            }
            Err(why) => silent.push(json!({"name": name, "why": why})),
        }
    }
    offsets.sort_unstable();
    let Some(median) = offsets.get(offsets.len() / 2).copied() else {
        let why = "Aucun des serveurs de temps configurés n'a donné une heure utilisable.";
        let data = json!({"phase": phase, "why": why, "silent": silent, "how": HOW});
        return Fact::new(op::MEASURE_CLOCK, Outcome::NotDone, data);
    };
    let spread = offsets.last().zip(offsets.first()).map_or(0, |(last, first)| last - first);
    let synchronised = std::path::Path::new("/run/systemd/timesync/synchronized").exists().then_some(true);
    let good = median.abs() <= LIMIT_US && spread <= LIMIT_US;
    let data = json!({
        "phase": phase, "sources": sources, "silent": silent, "offset_us": median, "spread_us": spread,
        "synchronised": synchronised, "how": HOW,
    });
    Fact::judged(op::MEASURE_CLOCK, good, data)
}

/// The quickest of a few exchanges.
fn best(server: &str, clock: &dyn Clock) -> Result<Sample, String> {
    let mut best: Option<Sample> = None;
    let mut last = String::new();
    for _ in 0..QUESTIONS {
        match ask(server, clock) {
            Ok(sample) if best.as_ref().is_none_or(|b| sample.delay_us < b.delay_us) => best = Some(sample),
            Ok(_) => {}
            Err(why) => {
                last = why;
                if best.is_none() {
                    break;
                }
            }
        }
    }
    best.ok_or(last)
}

fn ask(server: &str, clock: &dyn Clock) -> Result<Sample, String> {
    let said = |e: std::io::Error| e.to_string();
    let full = if server.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        server.to_owned()
    } else {
        format!("{server}:123")
    };
    let address = full.to_socket_addrs().map_err(said)?.next().ok_or("nom sans adresse")?;
    let socket = UdpSocket::bind(if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).map_err(said)?;
    socket.set_read_timeout(Some(WAIT)).map_err(said)?;
    // Only this address can answer.
    socket.connect(address).map_err(said)?;
    let mark = uuid::Uuid::new_v4().as_u64_pair().0.to_be_bytes();
    let mut question = [0_u8; 48];
    question[0] = 0b00_100_011;
    question[40..].copy_from_slice(&mark);
    let (sent, started) = (clock.now(), clock.monotonic());
    socket.send(&question).map_err(said)?;
    let mut answer = [0_u8; 512];
    let length = socket.recv(&mut answer).map_err(said)?;
    let took = clock.monotonic().saturating_sub(started);
    let answer = answer.get(..length).and_then(|a| a.first_chunk::<48>()).ok_or("réponse trop courte")?;
    let took = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
    read(answer, mark, sent, took).map(|sample| Sample { address: address.to_string(), ..sample })
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
    if held < 0 || held > took.saturating_add(LIMIT_US) {
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
        root_dispersion_us: i64::from(word(8)) * 1_000_000 / 65_536,
    })
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
