//! Who registered a domain and an address: RDAP, else WHOIS.
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::thread;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use crate::names::is_special;
use crate::{Fact, Sources, World};

mod provider;
mod rdap;
mod whois;

pub use provider::provider;

/// The most addresses asked for: a site has a few, and each is a question to others.
const MOST: usize = 4;

/// What was asked: a domain or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Object {
    Domain(String),
    Address(IpAddr),
}

impl Object {
    fn text(&self) -> String {
        match self {
            Self::Domain(name) => name.clone(),
            Self::Address(address) => address.to_string(),
        }
    }
}

/// What a registry says, in words of our own; what it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    fields: BTreeMap<&'static str, Value>,
}

impl Record {
    /// Sets a field that says something, unless an earlier one did.
    fn set(&mut self, name: &'static str, value: Option<String>) {
        let value = value.map(|v| shortened(v.trim())).filter(|v| !v.is_empty());
        if let Some(value) = value {
            self.fields.entry(name).or_insert_with(|| json!(value));
        }
    }

    /// Adds to a list of texts, each once.
    fn add(&mut self, name: &'static str, value: &str) {
        let value = shortened(value.trim());
        let list = self.fields.entry(name).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut()
            && !value.is_empty()
            && list.len() < 32
            && !list.contains(&json!(value))
        {
            list.push(json!(value));
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }
}

/// At most 200 characters, without control characters: what a registry wrote may be anything.
fn shortened(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// An answer of a registry, with what was received.
struct Registered {
    record: Record,
    /// `RDAP` or `WHOIS`.
    protocol: &'static str,
    /// Whom it came from.
    server: String,
    media_type: &'static str,
    raw: Vec<u8>,
}

/// Asks for `object`: RDAP when there is such a service, WHOIS where it does not answer. Why nothing came is a French sentence.
fn asked(sources: &Sources, object: &Object) -> Result<Registered, String> {
    let mut reasons = Vec::new();
    if let Some(base) = &sources.rdap {
        match rdap::ask(base, object) {
            Ok(registered) => return Ok(registered),
            Err(why) => reasons.push(format!("RDAP : {why}")),
        }
    }
    if let Some(server) = &sources.whois {
        match whois::ask(server, object) {
            Ok(registered) => return Ok(registered),
            Err(why) => reasons.push(format!("WHOIS : {why}")),
        }
    }
    Err(reasons.join(" ; "))
}

const NO_SOURCE: &str =
    "Aucun service d'enregistrement n'est configuré : donnez « rdap » ou « whois » dans [mesures] de l'étude.";

/// The domain that was registered, of a host: the label before the public suffix (publicsuffix.org, as it was when this
/// program was built). `None` for an address, a single label, or a public suffix itself.
pub fn registrable(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.parse::<IpAddr>().is_ok() || host.starts_with('[') || !host.contains('.') {
        return None;
    }
    let well_formed = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if host.len() > 253 || !host.split('.').all(well_formed) {
        return None;
    }
    psl::domain_str(&host).map(str::to_owned)
}

/// Who registered the domain of `host`, and each of the addresses that were used to reach it: one fact,
/// `target.registration`, with every raw answer. Nothing is asked of a name or an address that is not of the internet.
pub fn registration_of_host(world: &World, sources: &Sources, host: &str, addresses: &[IpAddr]) -> Vec<Fact> {
    let started = world.clock.now();
    let domain = registrable(host);
    let distinct: BTreeSet<IpAddr> = addresses.iter().copied().collect();
    let public: Vec<IpAddr> = distinct.iter().copied().filter(|a| !is_special(*a)).collect();
    let local: Vec<&IpAddr> = distinct.iter().filter(|a| is_special(**a)).collect();
    let objects: Vec<Object> = domain
        .iter()
        .cloned()
        .map(Object::Domain)
        .chain(public.iter().take(MOST).copied().map(Object::Address))
        .collect();
    if objects.is_empty() {
        let why = "Ni le nom ni les adresses de cet hôte ne sont enregistrés publiquement : il n'y a rien à demander.";
        return vec![named(Fact::not_done(op::TARGET_REGISTRATION, why), host, &local)];
    }
    if sources.rdap.is_none() && sources.whois.is_none() {
        return vec![named(Fact::not_done(op::TARGET_REGISTRATION, NO_SOURCE), host, &local)];
    }
    let mut answers = together(sources, &objects).into_iter();
    let mut evidence = Vec::new();
    let mut silent = Vec::new();
    let mut tell = |object: &Object, answer: Result<Registered, String>| match answer {
        Ok(registered) => {
            let told = told(object, &registered);
            evidence.push((file(host, object, registered.protocol), registered));
            told
        }
        Err(why) => {
            silent.push(json!({"object": object.text(), "why": why}));
            Value::Null
        }
    };
    let mut objects = objects.iter();
    let mut next = || objects.next().zip(answers.next()).map_or(Value::Null, |(object, answer)| tell(object, answer));
    let of_domain = if domain.is_some() { next() } else { Value::Null };
    let networks: Vec<Value> = public.iter().take(MOST).map(|_| next()).filter(|v| !v.is_null()).collect();
    let answered = !evidence.is_empty();
    let mut data = json!({
        "host": host, "domain": domain, "registration": of_domain, "networks": networks, "silent": silent,
        "not_public": local, "left_out": public.len().saturating_sub(MOST), "asked_at": started,
        "how": "RDAP (RFC 9082) par HTTP, ou WHOIS (RFC 3912), auprès des services de l'étude",
    });
    if !answered {
        data["why"] = json!(
            "Aucun service d'enregistrement n'a répondu pour cet hôte : vérifiez « rdap » et « whois » dans [mesures] de l'étude."
        );
    }
    let outcome = if answered { Outcome::Ok } else { Outcome::NotDone };
    let mut fact = Fact::new(op::TARGET_REGISTRATION, outcome, data);
    for (name, registered) in evidence {
        fact = fact.with(&name, registered.media_type, registered.raw);
    }
    vec![fact]
}

fn named(mut fact: Fact, host: &str, local: &[&IpAddr]) -> Fact {
    fact.data["host"] = json!(host);
    fact.data["domain"] = json!(registrable(host));
    fact.data["not_public"] = json!(local);
    fact
}

/// The answers, in the order of the objects; all asked at the same time.
fn together(sources: &Sources, objects: &[Object]) -> Vec<Result<Registered, String>> {
    thread::scope(|scope| {
        let running: Vec<_> = objects.iter().map(|object| scope.spawn(move || asked(sources, object))).collect();
        let lost = || Err("la question n'a pas pu être menée à son terme".to_owned());
        running.into_iter().map(|thread| thread.join().unwrap_or_else(|_| lost())).collect()
    })
}

fn told(object: &Object, registered: &Registered) -> Value {
    let mut value = json!({"object": object.text(), "protocol": registered.protocol, "server": registered.server});
    for (name, field) in &registered.record.fields {
        value[*name] = field.clone();
    }
    // Not every registry names a holder apart: what stands for one is told, and where it was read.
    if matches!(object, Object::Address(_)) && registered.record.text("holder").is_none() {
        let instead =
            ["description", "network"].into_iter().find_map(|name| Some((name, registered.record.text(name)?)));
        if let Some((name, text)) = instead {
            value["holder"] = json!(text);
            value["holder_from"] = json!(name);
        }
    }
    value
}

/// A name of a file for the raw answer, by whom it is about: letters, digits and hyphens. Two hosts may share a domain.
fn file(about: &str, object: &Object, protocol: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let part = |text: &str| text.chars().take(60).map(safe).collect::<String>();
    format!("{}-{}-{}.txt", protocol.to_ascii_lowercase(), part(about), part(&object.text()))
}

/// Everything that is done with the octets of a registry: for the fuzzer and the property tests.
pub(crate) fn read_foreign(octets: &[u8]) {
    for object in [Object::Domain("essai.example".into()), Object::Address(IpAddr::from([9, 9, 9, 9]))] {
        let _ = rdap::read(octets, &object);
        whois::read_foreign(&String::from_utf8_lossy(octets), &object);
    }
}

#[cfg(test)]
mod tests;
