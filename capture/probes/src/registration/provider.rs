//! Who provides the internet access: whoever registered the public address, held against what the officer declares.
use std::collections::BTreeSet;
use std::net::IpAddr;

use dossier::{Outcome, op};
use serde_json::{Value, json};

use super::{MOST, NO_SOURCE, Object, file, is_special, together, told};
use crate::{Fact, Sources, World};

/// Who provides the internet access: the holder of each public address by its registration, and what the officer declares.
/// One fact, `measure.provider`. It is a deviation when the provider declared is named by none of the registrations.
pub fn provider(world: &World, sources: &Sources, public_addresses: &[IpAddr]) -> Fact {
    let started = world.clock.now();
    let declared = &sources.declared;
    let distinct: BTreeSet<IpAddr> = public_addresses.iter().copied().filter(|a| !is_special(*a)).collect();
    let objects: Vec<Object> = distinct.into_iter().take(MOST).map(Object::Address).collect();
    let base = json!({
        "declared_provider": declared.provider, "declared_access": declared.access, "networks": [], "silent": [],
        "asked_at": started,
        "how": "enregistrement de l'adresse publique (RDAP, RFC 9082, ou WHOIS, RFC 3912) ; fournisseur et accès déclarés par l'étude",
    });
    let why = if objects.is_empty() {
        Some("L'adresse publique n'est pas connue : son titulaire n'est pas demandé.")
    } else if sources.rdap.is_none() && sources.whois.is_none() {
        Some(NO_SOURCE)
    } else {
        None
    };
    if let Some(why) = why {
        return unmeasured(base, why);
    }
    let (mut networks, mut silent, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
    for (object, answer) in objects.iter().zip(together(sources, &objects)) {
        match answer {
            Ok(registered) => {
                networks.push(told(object, &registered));
                evidence.push((file("fournisseur", object, registered.protocol), registered));
            }
            Err(why) => silent.push(json!({"object": object.text(), "why": why})),
        }
    }
    let mut data = base;
    data["silent"] = json!(silent);
    if evidence.is_empty() {
        return unmeasured(
            data,
            "Aucun service d'enregistrement n'a répondu pour l'adresse publique : vérifiez « rdap » et « whois » dans [mesures] de l'étude.",
        );
    }
    let names: Vec<&str> = evidence
        .iter()
        .flat_map(|(_, registered)| ["holder", "network", "description"].map(|field| registered.record.text(field)))
        .flatten()
        .collect();
    let agrees = declared.provider.as_deref().and_then(|provider| agree(provider, &names));
    data["networks"] = json!(networks);
    data["declared_agrees"] = json!(agrees);
    let mut fact = Fact::judged(op::MEASURE_PROVIDER, agrees != Some(false), data);
    for (name, registered) in evidence {
        fact = fact.with(&name, registered.media_type, registered.raw);
    }
    fact
}

/// What is declared stays declared when nothing was measured.
fn unmeasured(mut data: Value, why: &str) -> Fact {
    data["why"] = json!(why);
    let declared = data["declared_provider"].is_string() || data["declared_access"].is_string();
    Fact::new(op::MEASURE_PROVIDER, if declared { Outcome::Declared } else { Outcome::NotDone }, data)
}

/// Whether a declared name and registered ones have a word in common that names somebody; `None` when none has such a word.
pub(super) fn agree(declared: &str, registered: &[&str]) -> Option<bool> {
    let declared = words(declared);
    let all: BTreeSet<String> = registered.iter().flat_map(|name| words(name)).collect();
    if declared.is_empty() || all.is_empty() {
        return None;
    }
    Some(declared.iter().any(|word| all.contains(word)))
}

/// The words of a company's name, without those that all companies have.
fn words(name: &str) -> BTreeSet<String> {
    const COMMON: &[&str] = &[
        "sa",
        "sas",
        "sarl",
        "sasu",
        "gmbh",
        "ltd",
        "inc",
        "llc",
        "plc",
        "the",
        "net",
        "network",
        "networks",
        "internet",
        "telecom",
        "telecoms",
        "communications",
        "france",
        "group",
        "groupe",
        "services",
        "service",
        "fr",
        "de",
        "du",
        "la",
        "le",
        "les",
        "et",
        "and",
        "of",
        "ip",
        "pool",
        "adsl",
        "ftth",
        "fibre",
        "mobile",
        "fixe",
    ];
    let words = name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| word.chars().count() >= 2 && !COMMON.contains(&word.as_str())).collect()
}
