//! The machine's clock held against time servers, by majority, at the start, during, and at the end; nothing is set.
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dossier::{Clock, Outcome, op};
use serde_json::{Value, json};

use crate::{Asked, Fact, World};

mod exchange;
mod keeper;
mod select;
mod step;

use exchange::{Sample, Talk, talk};
use select::{Agreement, Candidate};
pub use step::{ClockMark, stepped};

/// Servers asked at most.
const MOST: usize = 8;
/// Servers that a measure should have heard.
const EXPECTED: usize = 4;
/// How long all of them have.
const WHOLE: Duration = Duration::from_millis(6500);
/// The difference up to which the clock is « vert », in microseconds.
const GREEN_US: i64 = 100_000;
/// The difference beyond which the clock is told as a deviation, in microseconds.
const LIMIT_US: i64 = 1_000_000;
/// A source that can be further from the truth than this proves nothing (RFC 5905, MAXDIST), in microseconds.
const VAGUE_US: i64 = 1_500_000;
const HOW: &str = "SNTP (RFC 5905), trois questions à chaque source, la réponse la plus rapide retenue ; sources départagées à la majorité \
                   par l'intersection de leurs intervalles (Marzullo ; RFC 5905, 11.2.1) ; écart : horloge de la machine moins celle des sources, \
                   médiane de celles qui s'accordent";

/// Before the first page.
pub(crate) fn before(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    vec![clock_again(world, asked, "start", None)]
}

/// When the last step is done.
pub(crate) fn after(world: &World, asked: &Asked<'_>) -> Vec<Fact> {
    vec![clock_again(world, asked, "end", asked.clock.as_ref())]
}

/// Holds the clock against the time servers once more. `phase` is `start`, `end` or `interval` (every ten minutes); with `since`,
/// also says whether the clock was set since that mark. Ends within eight seconds whatever the servers do.
pub fn clock_again(world: &World, asked: &Asked<'_>, phase: &str, since: Option<&ClockMark>) -> Fact {
    let mark = ClockMark::of(world.clock.as_ref());
    let system = thread::scope(|scope| {
        let keeper = scope.spawn(|| keeper::state(world));
        let talks = ask_all(&asked.sources.time_servers, &world.clock);
        (talks, keeper.join().unwrap_or_default())
    });
    let (talks, keeper) = system;
    let mut fact = judge(phase, &talks);
    let step = since.and_then(|since| stepped(since, &mark));
    if step.is_some() {
        fact.outcome = Outcome::Deviation;
    }
    let raw = json!({
        "phase": phase, "at": mark.wall, "system": keeper.said,
        "sources": talks.iter().map(|(name, talk)| json!({"name": name, "exchanges": talk.exchanges})).collect::<Vec<_>>(),
    });
    add(
        &mut fact.data,
        [
            ("phase", json!(phase)),
            ("asked", json!(talks.len())),
            ("expected", json!(EXPECTED)),
            ("synchronised", json!(keeper.synchronised)),
            ("keeper", json!(keeper.by)),
            ("at", json!(mark.wall)),
            ("monotonic_us", json!(mark.monotonic_us())),
            ("stepped_ms", since.map_or(Value::Null, |_| json!(step.unwrap_or(0)))),
            ("how", json!(HOW)),
        ],
    );
    let name = if phase == "interval" {
        format!("clock-interval-{}.json", mark.wall.to_cdx())
    } else {
        format!("clock-{phase}.json")
    };
    fact.with(&name, "application/json", serde_json::to_vec_pretty(&raw).unwrap_or_default())
}

fn add(data: &mut Value, members: impl IntoIterator<Item = (&'static str, Value)>) {
    if let Value::Object(data) = data {
        data.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
}

/// Asks every server, beside one another. A name that does not resolve in time is silent like a server.
fn ask_all(servers: &[String], clock: &Arc<dyn Clock>) -> Vec<(String, Talk)> {
    let servers: Vec<String> = servers.iter().take(MOST).cloned().collect();
    let (sender, receiver) = mpsc::channel();
    for (place, server) in servers.iter().cloned().enumerate() {
        let (sender, clock) = (sender.clone(), Arc::clone(clock));
        thread::spawn(move || sender.send((place, talk(&server, clock.as_ref()))));
    }
    drop(sender);
    let mut talks: Vec<(String, Talk)> =
        servers.into_iter().map(|server| (server, Talk::failed("pas de réponse dans le délai"))).collect();
    let until = std::time::Instant::now() + WHOLE;
    while let Ok((place, talk)) = receiver.recv_timeout(until.saturating_duration_since(std::time::Instant::now())) {
        if let Some(slot) = talks.get_mut(place) {
            slot.1 = talk;
        }
    }
    talks
}

/// What the answers are worth together.
fn judge(phase: &str, talks: &[(String, Talk)]) -> Fact {
    let heard: Vec<(&String, &Sample)> =
        talks.iter().filter_map(|(name, talk)| Some((name, talk.answer.as_ref().ok()?))).collect();
    let silent: Vec<Value> = talks
        .iter()
        .filter_map(|(name, talk)| Some(json!({"name": name, "why": talk.answer.as_ref().err()?})))
        .collect();
    let none = |why: &str| {
        Fact::new(op::MEASURE_CLOCK, Outcome::NotDone, json!({"phase": phase, "why": why, "silent": silent}))
    };
    if talks.is_empty() {
        return none(
            "Aucun serveur de temps n'est configuré ([temps] serveurs) : l'écart de l'horloge n'est pas mesuré.",
        );
    }
    if heard.is_empty() {
        return none(
            "Aucun des serveurs de temps configurés n'a donné une heure utilisable : vérifiez le réseau (UDP, port 123) et [temps] serveurs.",
        );
    }
    let (fit, vague): (Vec<_>, Vec<_>) = heard.iter().partition(|(_, sample)| sample.distance_us() <= VAGUE_US);
    let candidates: Vec<Candidate> = fit
        .iter()
        .map(|(_, sample)| Candidate { offset_us: sample.offset_us, distance_us: sample.distance_us() })
        .collect();
    let agreed = select::agreement(&candidates);
    let mut false_sources: Vec<Value> =
        vague.iter().map(|(name, _)| json!({"name": name, "why": "trop imprécise, de son propre aveu"})).collect();
    let data = json!({
        "sources": heard.iter().map(|(name, sample)| told(name, sample)).collect::<Vec<_>>(), "silent": silent,
        "few": (heard.len() < EXPECTED).then(|| format!("{} source(s) sur {EXPECTED} ont répondu", heard.len())),
    });
    let mut fact = Fact::new(op::MEASURE_CLOCK, Outcome::Deviation, data);
    match agreed {
        Some(agreed) => {
            let names = |places: &[usize]| {
                places.iter().filter_map(|at| fit.get(*at)).map(|(name, _)| (*name).clone()).collect::<Vec<_>>()
            };
            let why = "en désaccord avec la majorité";
            false_sources.extend(names(&agreed.false_sources).iter().map(|name| json!({"name": name, "why": why})));
            let agreeing = names(&agreed.agreeing);
            fact.outcome = if agreed.offset_us.abs() <= LIMIT_US { Outcome::Ok } else { Outcome::Deviation };
            add(&mut fact.data, measured(&agreed, &agreeing));
        }
        None => add(&mut fact.data, disagreement(&heard)),
    }
    add(&mut fact.data, [("false_sources", json!(false_sources))]);
    fact
}

fn measured(agreed: &Agreement, agreeing: &[String]) -> [(&'static str, Value); 5] {
    let grade = match agreed.offset_us.abs() {
        off if off <= GREEN_US => "vert",
        off if off <= LIMIT_US => "ambre",
        _ => "rouge",
    };
    [
        ("offset_us", json!(agreed.offset_us)),
        ("uncertainty_us", json!(agreed.uncertainty_us)),
        ("spread_us", json!(agreed.spread_us)),
        ("agreeing", json!(agreeing)),
        ("grade", json!(grade)),
    ]
}

/// No majority: the measure says so, and gives no offset that could be taken for one.
fn disagreement(heard: &[(&String, &Sample)]) -> [(&'static str, Value); 5] {
    let offsets = || heard.iter().map(|(_, sample)| sample.offset_us);
    let spread = offsets().max().unwrap_or(0).saturating_sub(offsets().min().unwrap_or(0));
    let why = "Les sources de temps se contredisent : aucune majorité ne s'accorde. Ajoutez des sources sûres à [temps] serveurs.";
    [
        ("offset_us", Value::Null),
        ("spread_us", json!(spread)),
        ("agreeing", json!([])),
        ("grade", json!("rouge")),
        ("why", json!(why)),
    ]
}

fn told(name: &str, sample: &Sample) -> Value {
    json!({
        "name": name, "address": sample.address, "stratum": sample.stratum, "reference": sample.reference,
        "offset_us": sample.offset_us, "delay_us": sample.delay_us, "root_delay_us": sample.root_delay_us,
        "root_dispersion_us": sample.root_dispersion_us, "distance_us": sample.distance_us(),
    })
}
