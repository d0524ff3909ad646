//! The public address, by several independent services: STUN and HTTP, IPv4 and IPv6 both asked, every reply kept.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::thread;
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::reach::{self, Family};
use super::stun;
use crate::http::{self, Question};
use crate::sources::AddressSource;
use crate::{Asked, Evidence, Fact};

/// Services asked at most.
const MOST: usize = 8;
/// How long one may take.
const WAIT: Duration = Duration::from_millis(3500);
const LOOKUP: Duration = Duration::from_millis(2000);
/// The most that is read of the answer of an HTTP service.
const LONGEST: u64 = 16 * 1024;
const HOW: &str =
    "demande STUN (RFC 8489) et demande HTTP sans proxy à chaque service, en IPv4 et en IPv6 ; réponses gardées";

/// One service asked over one family.
struct Asking {
    source: String,
    host: String,
    family: Family,
    found: Result<Found, String>,
    evidence: Option<Evidence>,
}

/// What it said.
struct Found {
    address: IpAddr,
    means: &'static str,
    server: String,
}

/// Asks every service; `suffix` distinguishes the evidence of the end.
pub(super) fn public(asked: &Asked<'_>, suffix: &str) -> Fact {
    let sources = &asked.sources.address;
    if sources.is_empty() {
        let why = "Aucun service qui dise l'adresse publique n'est configuré ([mesures] adresse_publique) : il en faut deux, \
                   indépendants.";
        return Fact::not_done(op::MEASURE_PUBLIC_ADDRESS, why);
    }
    let all: Vec<Asking> = thread::scope(|scope| {
        let each = sources.iter().take(MOST).enumerate();
        let running: Vec<_> = each
            .flat_map(|(at, source)| Family::BOTH.map(|family| (at, source, family)))
            .map(|(at, source, family)| scope.spawn(move || ask(at + 1, source, family, suffix)))
            .collect();
        running.into_iter().filter_map(|task| task.join().ok()).collect()
    });
    let (four, six) = (answers(&all, Family::V4), answers(&all, Family::V6));
    let silent: Vec<Value> = all
        .iter()
        .filter_map(|a| Some(json!({"source": a.source, "family": a.family.name(), "why": a.found.as_ref().err()?})))
        .collect();
    // IPv4 is what most services see; a machine without it is judged on IPv6.
    let family = if four.is_empty() { Family::V6 } else { Family::V4 };
    let deviations = deviations(&all, family);
    let answers = if family == Family::V4 { four.clone() } else { six.clone() };
    let (outcome, why) = match (answers.is_empty(), deviations.is_empty()) {
        (true, _) => (Outcome::NotDone, Some("Aucun des services configurés n'a dit l'adresse publique.")),
        (false, true) => (Outcome::Ok, None),
        (false, false) => (Outcome::Deviation, None),
    };
    let mut data = json!({
        "answers": answers, "answers_ipv6": six, "ipv4": agreed(&all, Family::V4), "ipv6": agreed(&all, Family::V6),
        "silent": silent, "deviations": deviations, "how": HOW,
    });
    if let (Some(why), Some(object)) = (why, data.as_object_mut()) {
        object.insert("why".into(), why.into());
    }
    let evidence = all.into_iter().filter_map(|asking| asking.evidence).collect();
    Fact { op: op::MEASURE_PUBLIC_ADDRESS, outcome, data, evidence }
}

fn answers(all: &[Asking], family: Family) -> Vec<Value> {
    let of = all.iter().filter(|asking| asking.family == family);
    let told = |asking: &Asking| {
        let found = asking.found.as_ref().ok()?;
        Some(json!({
            "source": asking.source, "family": family.name(), "address": found.address.to_string(),
            "means": found.means, "server": found.server,
        }))
    };
    of.filter_map(told).collect()
}

/// The address, when every service that answered says the same.
fn agreed(all: &[Asking], family: Family) -> Option<String> {
    let addresses = addresses(all, family);
    let mut each = addresses.iter();
    each.next().filter(|_| each.next().is_none()).map(ToString::to_string)
}

fn addresses(all: &[Asking], family: Family) -> BTreeSet<IpAddr> {
    let of = all.iter().filter(|asking| asking.family == family);
    of.filter_map(|asking| asking.found.as_ref().ok()).map(|found| found.address).collect()
}

fn deviations(all: &[Asking], family: Family) -> Vec<String> {
    let mut told = Vec::new();
    for each in Family::BOTH {
        let addresses = addresses(all, each);
        if addresses.len() > 1 {
            let list: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            told.push(format!("les services ne voient pas la même adresse {} : {}", each.name(), list.join(", ")));
        }
    }
    let answered = all.iter().filter(|asking| asking.family == family && asking.found.is_ok());
    let hosts: BTreeSet<&str> = answered.map(|asking| asking.host.as_str()).collect();
    if hosts.len() < 2 {
        told.push(format!("{} service indépendant a répondu ; il en faut deux", hosts.len()));
    }
    told
}

fn ask(number: usize, source: &AddressSource, family: Family, suffix: &str) -> Asking {
    let short = if family == Family::V4 { "v4" } else { "v6" };
    let (host, result) = match source {
        AddressSource::Stun { host, port } => (independent(host, *port), stun_source(host, *port, family)),
        AddressSource::Http(url) => {
            let (host, port) = reach::end(url).unwrap_or_default();
            (independent(&host, port), http_source(url, family))
        }
    };
    let (found, evidence) = match result {
        Ok((found, bytes)) => {
            let (media_type, extension) = match found.as_ref() {
                Ok(Found { means: "STUN", .. }) => ("application/octet-stream", "bin"),
                _ => ("text/plain", "txt"),
            };
            let name = format!("adresse-{number}-{short}{suffix}.{extension}");
            (found, Some(Evidence { name, media_type, bytes }))
        }
        Err(why) => (Err(why), None),
    };
    Asking { source: source.name(), host, family, found, evidence }
}

/// Two services are independent when their hosts differ; on the machine itself, when their ports do.
fn independent(host: &str, port: u16) -> String {
    let own = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if own { format!("{host}:{port}") } else { host.to_ascii_lowercase() }
}

/// What was understood, with the reply; or that there was none.
type Replied = Result<(Result<Found, String>, Vec<u8>), String>;

fn stun_source(host: &str, port: u16, family: Family) -> Replied {
    let server = reach::lookup(host, port, LOOKUP)?.into_iter().find(|a| family.has(*a));
    let server = server.ok_or_else(|| format!("pas d'adresse {}", family.name()))?;
    let (answer, bytes) = stun::ask(server)?;
    let found = Found { address: answer.mapped.ip(), means: "STUN", server: server.to_string() };
    Ok((of_family(found, family), bytes))
}

fn http_source(url: &url::Url, family: Family) -> Replied {
    let question =
        Question { accept: "text/plain, application/json", deadline: WAIT, limit: LONGEST, ..Question::default() };
    let reply = http::ask(url, &Question { family: Some(family == Family::V4), ..question })?;
    let raw = reply.raw();
    if reply.status != 200 {
        return Ok((Err(format!("réponse {}", reply.status)), raw));
    }
    let address = address_in(&reply.body).ok_or("la réponse n'est pas une adresse".to_owned());
    let found = address.and_then(|address| of_family(Found { address, means: "HTTP", server: reply.url }, family));
    Ok((found, raw))
}

fn of_family(found: Found, family: Family) -> Result<Found, String> {
    // An IPv4 address that a dual-stack server writes as IPv6.
    let address = found.address.to_canonical();
    if address.is_ipv4() != (family == Family::V4) {
        return Err(format!("le service dit {address}, qui n'est pas une adresse {}", family.name()));
    }
    Ok(Found { address, ..found })
}

/// The address in the answer of an HTTP service: the text itself, or `ip`, `address` or `origin` of a JSON object.
pub(super) fn address_in(body: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(body).ok()?.trim();
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let json: Value = serde_json::from_str(text).ok()?;
    let named = ["ip", "address", "origin"].iter().find_map(|key| json.get(key).and_then(Value::as_str));
    named.or_else(|| json.as_str())?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn asking(source: &str, family: Family, found: Result<&str, &str>) -> Asking {
        let found = found.map(|a| Found { address: a.parse().unwrap(), means: "HTTP", server: "s".into() });
        let found = found.map_err(str::to_owned);
        Asking { source: source.into(), host: source.into(), family, found, evidence: None }
    }

    #[test]
    fn two_services_that_agree_and_two_that_do_not() {
        let both = |one: &str, other: &str| vec![asking("a", Family::V4, Ok(one)), asking("b", Family::V4, Ok(other))];
        let all = both("192.0.2.1", "192.0.2.1");
        assert_eq!((deviations(&all, Family::V4).len(), agreed(&all, Family::V4).as_deref()), (0, Some("192.0.2.1")));
        let all = both("192.0.2.1", "192.0.2.2");
        assert_eq!(agreed(&all, Family::V4), None);
        assert!(deviations(&all, Family::V4)[0].contains("192.0.2.1, 192.0.2.2"));
    }

    #[test]
    fn one_service_twice_is_one_and_a_lie_over_ipv6_is_told() {
        let once = [asking("a", Family::V4, Ok("192.0.2.1")), asking("a", Family::V4, Ok("192.0.2.1"))];
        assert!(deviations(&once, Family::V4)[0].starts_with("1 service"));
        let mut all = vec![asking("a", Family::V4, Ok("192.0.2.1")), asking("b", Family::V4, Ok("192.0.2.1"))];
        all.push(asking("a", Family::V6, Ok("2001:db8::1")));
        all.push(asking("b", Family::V6, Ok("2001:db8::2")));
        assert!(deviations(&all, Family::V4)[0].contains("IPv6"));
    }

    #[test]
    fn what_services_answer() {
        let read = |text: &str| address_in(text.as_bytes()).map(|a| a.to_string());
        assert_eq!(read("192.0.2.1\n").as_deref(), Some("192.0.2.1"));
        assert_eq!(read(r#"{"ip": "2001:db8::1"}"#).as_deref(), Some("2001:db8::1"));
        assert_eq!(read("<html>192.0.2.1</html>"), None);
        let mapped = Found { address: "::ffff:192.0.2.1".parse().unwrap(), means: "HTTP", server: String::new() };
        assert_eq!(of_family(mapped, Family::V4).map(|f| f.address.to_string()), Ok("192.0.2.1".into()));
    }

    proptest! {
        #[test]
        fn no_answer_panics(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = address_in(&body);
        }
    }
}
