//! RDAP: registration data as JSON over HTTP (RFC 9082 for the question, RFC 9083 for the answer).
use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{Object, Record, Registered};
use crate::http;

/// How long an exchange may take, redirects included.
const WAIT: Duration = Duration::from_secs(4);
/// The most octets of an answer.
const LIMIT: u64 = 1024 * 1024;
/// Services that know all redirect to the one that knows.
const REDIRECTS: u32 = 3;
const ACCEPT: &str = "application/rdap+json, application/json;q=0.9";
/// How deep entities are looked for inside entities.
const DEPTH: usize = 4;
/// The most entities looked at.
const ENTITIES: usize = 64;

/// Asks the service at `base`.
pub(super) fn ask(base: &Url, object: &Object) -> Result<Registered, String> {
    let url = address(base, object).ok_or("l'adresse du service ne convient pas")?;
    let reply = http::get(&url, ACCEPT, REDIRECTS, WAIT, LIMIT)?;
    match reply.status {
        200 => {}
        404 => return Err("le registre ne connaît pas cet objet".into()),
        status => return Err(format!("réponse HTTP {status}")),
    }
    let record = read(&reply.body, object)?;
    let server = Url::parse(&reply.url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
    Ok(Registered { record, protocol: "RDAP", server, media_type: "text/plain", raw: reply.raw() })
}

/// `BASE/domain/NAME` or `BASE/ip/ADDRESS` (RFC 9082 section 3.1).
fn address(base: &Url, object: &Object) -> Option<Url> {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    let mut path = url.path_segments_mut().ok()?;
    path.pop_if_empty();
    match object {
        Object::Domain(name) => path.push("domain").push(name),
        Object::Address(address) => path.push("ip").push(&address.to_string()),
    };
    drop(path);
    Some(url)
}

/// Reads an answer; one that is not of the class asked for is refused.
pub(super) fn read(body: &[u8], object: &Object) -> Result<Record, String> {
    let answer: Value = serde_json::from_slice(body).map_err(|e| format!("réponse illisible : {e}"))?;
    let class = answer["objectClassName"].as_str().unwrap_or_default();
    let mut record = Record::default();
    match object {
        Object::Domain(name) if class == "domain" => domain(&answer, name, &mut record)?,
        Object::Address(asked) if class == "ip network" => {
            if !holds(&answer, *asked) {
                return Err("la réponse est celle d'un autre réseau".into());
            }
            network(&answer, &mut record);
        }
        _ => return Err(format!("la réponse n'est pas de la classe demandée (« {} »)", super::shortened(class))),
    }
    Ok(record)
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten().take(ENTITIES)
}

fn domain(answer: &Value, asked: &str, record: &mut Record) -> Result<(), String> {
    let told = answer["ldhName"].as_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    if told != asked {
        return Err(format!("la réponse est celle d'un autre domaine (« {} »)", super::shortened(&told)));
    }
    record.set("name", Some(told));
    record.set("handle", text(&answer["handle"]));
    for event in list(answer, "events") {
        let date = text(&event["eventDate"]);
        match event["eventAction"].as_str() {
            Some("registration") => record.set("registered", date),
            Some("expiration") => record.set("expires", date),
            Some("last changed") => record.set("changed", date),
            _ => {}
        }
    }
    statuses(answer, record);
    for server in list(answer, "nameservers").filter_map(|s| s["ldhName"].as_str()) {
        record.add("name_servers", &server.to_ascii_lowercase());
    }
    if let Some(signed) = answer["secureDNS"]["delegationSigned"].as_bool() {
        record.set("signed", Some(if signed { "oui" } else { "non" }.into()));
    }
    record.set("registrar", entity(answer, &["registrar"]));
    record.set("registrant", entity(answer, &["registrant"]));
    Ok(())
}

/// Whether the range of a network holds the address that was asked for.
fn holds(answer: &Value, asked: IpAddr) -> bool {
    let end = |name: &str| answer[name].as_str().and_then(|text| text.trim().parse::<IpAddr>().ok());
    match (end("startAddress"), end("endAddress")) {
        (Some(first), Some(last)) => first.is_ipv4() == asked.is_ipv4() && (first..=last).contains(&asked),
        _ => false,
    }
}

fn network(answer: &Value, record: &mut Record) {
    record.set("network", text(&answer["name"]));
    record.set("handle", text(&answer["handle"]));
    record.set("country", text(&answer["country"]));
    record.set("type", text(&answer["type"]));
    if let (Some(start), Some(end)) = (answer["startAddress"].as_str(), answer["endAddress"].as_str()) {
        record.set("range", Some(format!("{start} - {end}")));
    }
    // The holder of a network is its registrant; some registries name only who administers it.
    record.set("holder", entity(answer, &["registrant"]).or_else(|| entity(answer, &["administrative", "technical"])));
    for remark in list(answer, "remarks").take(4) {
        record.set("description", list(remark, "description").find_map(text));
    }
    for event in list(answer, "events") {
        if event["eventAction"].as_str() == Some("last changed") {
            record.set("changed", text(&event["eventDate"]));
        }
    }
    statuses(answer, record);
    // An extension of some registries: who announces the network.
    for number in list(answer, "arin_originas0_originautnums").filter_map(Value::as_u64) {
        record.add("asn", &format!("AS{number}"));
    }
}

fn statuses(answer: &Value, record: &mut Record) {
    for status in list(answer, "status").filter_map(Value::as_str) {
        record.add("statuses", status);
    }
}

/// The name in the card of the first entity that has one of these roles (RFC 9083 section 5.1, RFC 7095).
fn entity(answer: &Value, roles: &[&str]) -> Option<String> {
    let mut left = ENTITIES;
    roles.iter().find_map(|role| with_role(answer, role, DEPTH, &mut left))
}

fn with_role(object: &Value, role: &str, depth: usize, left: &mut usize) -> Option<String> {
    for entity in list(object, "entities") {
        *left = left.checked_sub(1)?;
        let roles = entity["roles"].as_array().into_iter().flatten();
        if roles.filter_map(Value::as_str).any(|r| r == role)
            && let Some(name) = card(entity)
        {
            return Some(name);
        }
        if depth > 0
            && let Some(name) = with_role(entity, role, depth - 1, left)
        {
            return Some(name);
        }
    }
    None
}

/// `org`, else `fn`, of a jCard.
fn card(entity: &Value) -> Option<String> {
    let properties = entity["vcardArray"].get(1)?.as_array()?;
    let named = |name: &str| {
        let mut all = properties.iter().take(ENTITIES).filter(|p| p.get(0).and_then(Value::as_str) == Some(name));
        all.find_map(|p| match p.get(3)? {
            Value::String(text) => Some(text.clone()),
            Value::Array(parts) => parts.first().and_then(text),
            _ => None,
        })
        .filter(|text| !text.trim().is_empty())
    };
    named("org").or_else(|| named("fn"))
}
