//! Machine, network, clock and browser: CHK-09 to 11, 13, 19 to 21, 30 and 31.
use dossier::{Finding, JournalEntry, Operation, Outcome, op};
use norms::StatusKind;
use serde_json::Value;

use super::{Answer, Looked, found};

/// The greatest distance from the sources, in microseconds: a second (ETSI EN 319 421 asks no more of an authority).
const OFFSET_US: i64 = 1_000_000;
/// How many sources are needed for a majority.
const SOURCES: usize = 3;

/// CHK-09: compared before and after, with enough sources, within the limit, and without drift between the two.
pub(super) fn clock(looked: &Looked<'_>) -> Answer {
    let entries = looked.input.journal.entries();
    let of = |phase: &str| entries.iter().rfind(|e| e.op == op::MEASURE_CLOCK && e.text("phase") == Some(phase));
    let mut all = Vec::new();
    let mut offsets = Vec::new();
    for (phase, name) in [("start", "au début"), ("end", "à la fin")] {
        let Some(line) = of(phase).filter(|line| line.outcome != Outcome::NotDone) else {
            let what = format!("L'horloge n'a pas été comparée à une référence {name} de la session.");
            all.push(found("pv.horloge", what));
            continue;
        };
        let sources = line
            .data
            .get("agreeing")
            .or_else(|| line.data.get("sources"))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        if sources < SOURCES {
            let what = format!("L'horloge a été comparée à moins de trois sources {name} de la session.");
            all.push(found("pv.horloge.sources", what).values(SOURCES, sources));
        }
        match line.integer("offset_us") {
            Some(offset) if offset.abs() <= OFFSET_US => offsets.push(offset),
            offset => {
                let what =
                    format!("L'écart de l'horloge {name} de la session dépasse une seconde, ou n'est pas connu.");
                all.push(
                    found("pv.horloge.ecart", what)
                        .values(OFFSET_US, offset.map_or("inconnu".into(), |o| o.to_string())),
                );
            }
        }
    }
    if let [start, end] = offsets[..]
        && (end - start).abs() > OFFSET_US
    {
        let what = "L'horloge a dérivé de plus d'une seconde pendant la session.";
        all.push(found("pv.horloge.derive", what).values(start, end));
    }
    Answer::of(all)
}

/// CHK-10: the six statements whose absence CA Aix-en-Provence, 15 September 2016, punished.
pub(super) fn aix(looked: &Looked<'_>) -> Answer {
    let missing = looked
        .input
        .conformity
        .aix
        .iter()
        .filter(|item| !matches!(item.status, StatusKind::Met | StatusKind::Declared | StatusKind::NotApplicable));
    let told = missing.map(|item| {
        let what = format!("Mention exigée par la cour d'appel d'Aix (2016) non établie : {}.", item.libelle);
        found("pv.aix", what).found(item.status.as_french())
    });
    Answer::of(told.collect())
}

/// What CA Paris, 2016, found in a good constat, and the lines that measure it.
const PARIS: [(&str, &[Operation]); 16] = [
    ("la machine", &[op::MEASURE_MACHINE]),
    ("le système", &[op::MEASURE_SYSTEM]),
    ("le navigateur", &[op::MEASURE_BROWSER]),
    ("le réseau", &[op::MEASURE_NETWORK]),
    ("les résolveurs de noms", &[op::MEASURE_RESOLVERS]),
    ("le pare-feu", &[op::MEASURE_FIREWALL]),
    ("le fournisseur d'accès", &[op::MEASURE_PROVIDER]),
    ("l'affichage", &[op::MEASURE_DISPLAY]),
    ("l'horloge", &[op::MEASURE_CLOCK]),
    ("les fichiers temporaires", &[op::CLEAN_TEMP]),
    ("la mémoire cache", &[op::CLEAN_CACHE]),
    ("l'historique", &[op::CLEAN_HISTORY]),
    ("les cookies", &[op::CLEAN_COOKIES]),
    ("le serveur mandataire", &[op::MEASURE_PROXY]),
    ("les réglages du navigateur", &[op::MEASURE_SETTINGS]),
    ("la cible", &[op::TARGET_FACTS]),
];

/// CHK-11: each of them was measured.
pub(super) fn paris(looked: &Looked<'_>) -> Answer {
    let entries = looked.input.journal.entries();
    let measured = |operation: &Operation| {
        entries
            .iter()
            .any(|e| e.op == *operation && !matches!(e.outcome, Outcome::NotDone | Outcome::Failed | Outcome::Begin))
    };
    let missing = PARIS.iter().filter(|(_, operations)| !operations.iter().any(measured));
    let told = missing.map(|(name, operations)| {
        let lines = operations.iter().map(Operation::as_str).collect::<Vec<_>>().join(", ");
        found("pv.paris", format!("N'a pas été mesuré : {name}.")).found(lines)
    });
    Answer::of(told.collect())
}

/// CHK-13: what the session measured again at its end is what it had measured first.
pub(super) fn changes(looked: &Looked<'_>) -> Answer {
    let changed = |entry: &&&JournalEntry| {
        entry.data.get("changed").and_then(Value::as_array).is_some_and(|changed| !changed.is_empty())
    };
    let told = looked.facts.around.iter().filter(changed).map(|entry| {
        let what = format!("La mesure {} n'est pas la même au début et à la fin de la session.", entry.op);
        found("pv.changement", what).found(entry.seq)
    });
    Answer::of(told.collect())
}

/// CHK-19: the hours servers gave are near ours.
pub(super) fn server_dates(looked: &Looked<'_>) -> Answer {
    let Some(line) = answers(looked) else { return unmeasured() };
    Answer::of(records(line, "apart", |one| {
        let text = |key: &str| one.get(key).map_or(String::new(), |v| v.as_str().map_or(v.to_string(), str::to_owned));
        let what = format!("Un serveur donne une heure éloignée de la nôtre : {}.", text("url"));
        found("pv.heure_serveur", what).values(text("received_at"), text("date"))
    }))
}

/// CHK-20: answers that did not come from the site at that moment are told.
pub(super) fn caches(looked: &Looked<'_>) -> Answer {
    let Some(line) = answers(looked) else { return unmeasured() };
    Answer::of(records(line, "cached", |one| {
        let text = |key: &str| one.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        found("pv.reponse_cache", format!("Une page ou une réponse vient d'un cache : {}.", text("url")))
            .found(text("why"))
    }))
}

fn answers<'a>(looked: &Looked<'a>) -> Option<&'a JournalEntry> {
    looked.facts.first(&op::ARCHIVE_ANSWERS)
}

fn unmeasured() -> Answer {
    let what = "Le journal ne dit pas ce que les serveurs ont donné pour heure, ni ce qui vient d'un cache.";
    Answer::Apart(vec![found("pv.reponses", what)])
}

fn records(line: &JournalEntry, key: &str, told: impl Fn(&Value) -> Finding) -> Vec<Finding> {
    line.data.get(key).and_then(Value::as_array).into_iter().flatten().map(told).collect()
}

/// CHK-21: the browser that was measured is the one that presented itself to the sites.
pub(super) fn browser(looked: &Looked<'_>) -> Answer {
    let line = |operation: &Operation| looked.facts.measured(operation);
    let (Some(browser), Some(settings)) = (line(&op::MEASURE_BROWSER), line(&op::MEASURE_SETTINGS)) else {
        return Answer::Apart(vec![found("pv.navigateur", "Le navigateur ou ses réglages n'ont pas été mesurés.")]);
    };
    let major = browser.text("version").and_then(|v| v.split('.').next()).unwrap_or("");
    let agent = settings.text("user_agent").unwrap_or("");
    let mut all = Vec::new();
    if major.is_empty() || !agent.contains(&format!("/{major}.")) {
        let what = "La version mesurée du navigateur n'est pas celle qu'il annonce aux sites.";
        all.push(found("pv.navigateur", what).values(browser.text("version").unwrap_or("inconnue"), agent));
    }
    if line(&op::MEASURE_SYSTEM).is_none() {
        all.push(found("pv.systeme", "Le système d'exploitation n'a pas été mesuré."));
    }
    Answer::of(all)
}

/// CHK-30: the program that opened the session is the one the manifest names, and the profile was new.
pub(super) fn software(looked: &Looked<'_>) -> Answer {
    let mut all = Vec::new();
    let opened =
        looked.facts.first(&op::SESSION_OPEN).and_then(|e| e.data.get("software")).and_then(|s| s.get("binary_sha256"));
    let stated = looked.input.manifest.software.binary_sha256.map(|digest| digest.to_hex());
    if opened.and_then(Value::as_str) != stated.as_deref() || stated.is_none() {
        let what = "L'empreinte du programme n'est pas la même à l'ouverture de la session et au manifeste, ou manque.";
        let opened = opened.and_then(Value::as_str).unwrap_or("aucune");
        all.push(found("pv.programme", what).values(opened, stated.unwrap_or_else(|| "aucune".into())));
    }
    Answer::of(all)
}

/// CHK-31: something was searched for, with signatures of less than a week, and nothing was found.
pub(super) fn antivirus(looked: &Looked<'_>) -> Answer {
    let Some(line) = looked.facts.measured(&op::MEASURE_ANTIVIRUS) else {
        return Answer::Apart(vec![found("pv.antivirus", "Aucune recherche de virus n'est au journal.")]);
    };
    if line.outcome == Outcome::Ok {
        return Answer::Met;
    }
    let what = "La recherche de virus n'a pas été faite, a trouvé quelque chose, ou ses signatures sont anciennes.";
    let departures =
        line.data.get("departures").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let why = line.text("why").map(str::to_owned).unwrap_or_else(|| departures.collect::<Vec<_>>().join(" ; "));
    Answer::Apart(vec![found("pv.antivirus", what).found(why)])
}
