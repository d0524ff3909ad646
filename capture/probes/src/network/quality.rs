//! How well the machine reaches a neutral host: delay, its variation, losses and throughput, on a small bounded sample.
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use dossier::{Clock, Outcome, op};
use serde_json::{Value, json};
use url::Url;

use super::reach;
use crate::http::{self, Question};
use crate::{Asked, Fact, World};

/// Connections opened to time them.
const REQUESTS: usize = 10;
/// How long one may take before it counts as lost.
const EACH: Duration = Duration::from_millis(1000);
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(30);
/// No further one is begun after it.
const TOGETHER: Duration = Duration::from_millis(4000);
const LOOKUP: Duration = Duration::from_millis(2000);
/// The download: at most so much, for so long.
const DOWNLOAD: u64 = 512 * 1024;
const DOWNLOAD_TIME: Duration = Duration::from_millis(4000);
/// Below it a download says nothing of the throughput: it fits in the first packets.
const SMALLEST: usize = 32 * 1024;
/// Beyond these, slow pages may bias what is observed.
const SLOW_US: u64 = 1_000_000;
const LOST_PERCENT: usize = 20;
const NARROW_KBITS: u64 = 256;

/// Measures towards the witness.
pub(super) fn quality(world: &World, asked: &Asked<'_>) -> Fact {
    let Some(witness) = &asked.sources.witness else {
        let why =
            "Aucun hôte témoin n'est configuré ([mesures] temoin) : la qualité de la connexion n'est pas mesurée.";
        return Fact::not_done(op::MEASURE_QUALITY, why);
    };
    let how = format!(
        "{REQUESTS} connexions TCP ouvertes l'une après l'autre vers l'hôte témoin (délai jusqu'à l'accord ; perdue au-delà d'une \
         seconde), puis un téléchargement borné à {} Kio ; gigue : moyenne des écarts entre deux délais successifs",
        DOWNLOAD / 1024
    );
    let found = reach::end(witness).ok_or_else(|| "adresse sans hôte".to_owned());
    let addresses = found.and_then(|(host, port)| reach::lookup(&host, port, LOOKUP));
    let reached = addresses.and_then(|a| reach::connect(&a, EACH).map(|(_, address)| address));
    let address = match reached {
        Ok(address) => address,
        Err(cause) => {
            let why = format!("L'hôte témoin {witness} n'a pas été atteint ({cause}).");
            let data = json!({"witness": witness.as_str(), "why": why, "how": how});
            return Fact::new(op::MEASURE_QUALITY, Outcome::Deviation, data);
        }
    };
    let delays = delays(address, world.clock.as_ref());
    let download = download(witness, asked, world.clock.as_ref());
    fact(witness, address, &delays, &download, &how)
}

/// The delay of each connection in microseconds; `None` when it did not come.
fn delays(address: SocketAddr, clock: &dyn Clock) -> Vec<Option<u64>> {
    let until = Instant::now() + TOGETHER;
    let mut delays = Vec::new();
    while delays.len() < REQUESTS && Instant::now() < until {
        let started = clock.monotonic();
        let connected = TcpStream::connect_timeout(&address, EACH);
        let took = clock.monotonic().saturating_sub(started);
        delays.push(connected.ok().map(|_| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)));
        thread::sleep(PAUSE);
    }
    delays
}

/// The bounded download.
struct Download {
    status: u16,
    octets: usize,
    took_us: u64,
}

fn download(witness: &Url, asked: &Asked<'_>, clock: &dyn Clock) -> Result<Download, String> {
    let roots = asked.sources.roots.as_deref();
    let question =
        Question { deadline: DOWNLOAD_TIME, limit: DOWNLOAD, cut: true, redirects: 3, roots, ..Question::default() };
    let started = clock.monotonic();
    let reply = http::ask(witness, &question)?;
    let took = clock.monotonic().saturating_sub(started);
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    Ok(Download { status: reply.status, octets: reply.body.len(), took_us })
}

fn fact(
    witness: &Url,
    address: SocketAddr,
    delays: &[Option<u64>],
    download: &Result<Download, String>,
    how: &str,
) -> Fact {
    let answered: Vec<u64> = delays.iter().flatten().copied().collect();
    let lost_percent = (delays.len() - answered.len()) * 100 / delays.len().max(1);
    let mut ordered = answered.clone();
    ordered.sort_unstable();
    let median = ordered.get(ordered.len() / 2).copied();
    let steps: Vec<u64> = answered.windows(2).filter_map(|w| Some(w.first()?.abs_diff(*w.get(1)?))).collect();
    let jitter = steps.iter().sum::<u64>().checked_div(steps.len() as u64);
    let kbits = download.as_ref().ok().filter(|d| d.octets >= SMALLEST).and_then(|d| {
        // Octets by microsecond, in thousands of bits by second.
        (d.octets as u64 * 8 * 1000).checked_div(d.took_us)
    });
    let mut deviations = Vec::new();
    if lost_percent >= LOST_PERCENT {
        deviations.push(format!("{lost_percent} % des connexions n'ont pas abouti"));
    }
    if let Some(median) = median.filter(|median| *median >= SLOW_US) {
        deviations.push(format!("délai médian de {} ms", median / 1000));
    }
    if let Some(kbits) = kbits.filter(|kbits| *kbits < NARROW_KBITS) {
        deviations.push(format!("débit de {kbits} kbit/s"));
    }
    if let Err(why) = download {
        deviations.push(format!("le téléchargement témoin a échoué : {why}"));
    }
    let told = match download {
        Ok(d) => json!({"status": d.status, "bytes": d.octets, "duration_us": d.took_us}),
        Err(why) => json!({"why": why}),
    };
    let data = json!({
        "witness": witness.as_str(), "address": address.to_string(), "requests": delays.len(),
        "answered": answered.len(), "lost_percent": lost_percent, "latency_us": median,
        "latency_minimum_us": ordered.first(), "latency_maximum_us": ordered.last(), "jitter_us": jitter,
        "throughput_kbits": kbits, "download": told, "deviations": deviations, "how": how,
    });
    let raw =
        json!({"witness": witness.as_str(), "address": address.to_string(), "delays_us": delays, "download": told});
    let bytes = serde_json::to_vec_pretty::<Value>(&raw).unwrap_or_default();
    Fact::judged(op::MEASURE_QUALITY, deviations.is_empty(), data).with("qualite.json", "application/json", bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(delays: &[Option<u64>], octets: usize, took_us: u64) -> Fact {
        let download = Ok(Download { status: 200, octets, took_us });
        let witness = Url::parse("http://temoin.invalid/").unwrap();
        fact(&witness, "192.0.2.1:80".parse().unwrap(), delays, &download, "essai")
    }

    #[test]
    fn delay_variation_and_throughput() {
        let fact = told(&[Some(10), Some(30), Some(20), None, Some(20)], 125_000, 1_000_000);
        assert_eq!(fact.data["latency_us"], 20);
        assert_eq!(fact.data["jitter_us"], 10);
        assert_eq!(fact.data["throughput_kbits"], 1000);
        assert_eq!(fact.data["lost_percent"], 20);
        assert_eq!(fact.outcome, Outcome::Deviation);
    }

    #[test]
    fn a_small_answer_says_nothing_of_the_throughput() {
        let fact = told(&[Some(10), Some(10)], 500, 1);
        assert_eq!((fact.outcome, &fact.data["throughput_kbits"]), (Outcome::Ok, &Value::Null));
    }

    #[test]
    fn slow_narrow_and_silent_are_deviations() {
        assert!(told(&[Some(2_000_000)], 500, 1).data["deviations"][0].as_str().unwrap().contains("2000 ms"));
        assert!(told(&[Some(1)], 40_000, 4_000_000).data["deviations"][0].as_str().unwrap().contains("80 kbit/s"));
        assert!(told(&[None, None], 500, 1).data["deviations"][0].as_str().unwrap().contains("100 %"));
        let nothing = told(&[], 0, 0);
        assert_eq!(nothing.data["latency_us"], Value::Null);
    }
}
