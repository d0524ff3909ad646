//! What was gathered against what the site counts, what the document holds and what the network brought; each gap is told.
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dossier::{Finding, Level};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;

use super::Gathering;
use crate::CaptureError;
use crate::cdp::text;
use crate::feed::{Essai, Fiche, read_counter, tail};
use crate::session::{Running, Session};

/// How many items are named in a finding.
const NAMED: usize = 20;
/// How long the count of the traffic is awaited.
const COUNTED: Duration = Duration::from_secs(10);

/// The items the network brought.
struct Traffic {
    items: usize,
    answers: u64,
    /// Identifiers of those that were not gathered.
    left: Vec<String>,
    addresses: BTreeSet<String>,
    unread: u64,
}

impl Session<'_> {
    /// Compares the counts; the facts of the step.
    pub(super) async fn compare_counts(
        &mut self,
        running: &Running,
        gathering: &Gathering,
        reason: &str,
    ) -> Result<Value, CaptureError> {
        let collected = u64::from(gathering.collected());
        self.tell_sheet(&gathering.sheet)?;
        let counter = self.tell_counter(gathering, collected)?;
        let traffic = traffic(running, gathering).await;
        if let Some(traffic) = &traffic {
            self.tell_traffic(traffic)?;
        }
        self.tell_gaps(gathering, reason)?;
        Ok(json!({
            "sheet": gathering.sheet.json(), "reason": reason, "collected": collected, "whole": gathering.whole,
            "cut": gathering.cut.len(), "hidden": gathering.hidden, "by_content": gathering.by_content,
            "fields": gathering.fields, "audiences": gathering.audiences, "counter": counter, "counters": gathering.counters,
            "traffic": traffic.as_ref().map(Traffic::json),
            "stops": gathering.stops, "pages": gathering.pages, "clicks": gathering.buttons.values().sum::<u32>(), "buttons": gathering.buttons,
            "views": gathering.plates.taken(), "plates": gathering.plates.made, "moving": gathering.moving,
            "most_items": gathering.most_items, "most_nodes": gathering.most_nodes,
        }))
    }

    fn tell_sheet(&mut self, sheet: &Fiche) -> Result<(), CaptureError> {
        let what = match sheet.essai {
            Essai::Application => return Ok(()),
            Essai::Replique => "La fiche employée n'a été essayée que sur une réplique, non sur le service lui-même.",
            Essai::Aucun => "La fiche employée n'a été essayée sur aucune page de ce service.",
        };
        let found = format!("{} : {}", sheet.titre, sheet.essai_sur);
        self.find(Finding::new("capture.sheet_untried", Level::Info, what).found(found))
    }

    fn tell_counter(&mut self, gathering: &Gathering, collected: u64) -> Result<Value, CaptureError> {
        let read = gathering.counters.iter().find_map(|counter| {
            let number = read_counter(text(counter, "/number")?)?;
            Some((text(counter, "/text")?.to_owned(), number))
        });
        let Some((said, counter)) = read else {
            let what = "La page n'affiche pas de compteur qui ait pu être lu : rien ne dit combien de publications elle annonce.";
            self.find(Finding::new("capture.count_unknown", Level::Info, what).found(collected))?;
            return Ok(Value::Null);
        };
        let told = match collected.cmp(&counter.value) {
            _ if counter.rounded => Some((
                "capture.count_rounded",
                Level::Info,
                "Le compteur de la page est arrondi : il ne permet pas de dire que tout a été recueilli.",
            )),
            Ordering::Less => Some((
                "capture.count_short",
                Level::Warn,
                "La page annonce plus de publications qu'il n'en a été recueilli.",
            )),
            Ordering::Greater => {
                Some(("capture.count_over", Level::Info, "La page montre plus de publications qu'elle n'en annonce."))
            }
            Ordering::Equal => None,
        };
        let state = told.map_or("equal", |(code, _, _)| code.trim_start_matches("capture.count_"));
        let facts = json!({"text": said, "value": counter.value, "rounded": counter.rounded, "state": state});
        if let Some((code, level, what)) = told {
            let found = format!("{collected} sur {} (« {said} »)", counter.value);
            self.find(Finding::new(code, level, what).values(counter.value, found))?;
        }
        Ok(facts)
    }

    fn tell_traffic(&mut self, traffic: &Traffic) -> Result<(), CaptureError> {
        if traffic.left.is_empty() {
            return Ok(());
        }
        let what = "Le réseau a apporté des publications que la page n'a pas montrées : elles sont dans l'archive, non dans le recueil.";
        let first = traffic.left.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let found = format!("{} sur {} : {first}", traffic.left.len(), traffic.items);
        self.find(Finding::new("capture.traffic_rest", Level::Warn, what).values(0, found))
    }

    fn tell_gaps(&mut self, gathering: &Gathering, reason: &str) -> Result<(), CaptureError> {
        if reason == "maximum" {
            let what =
                "Le recueil s'est arrêté à la limite donnée par le scénario : il y a peut-être d'autres publications.";
            self.warn("capture.feed_limit", what, &format!("{} publications", gathering.maximum))?;
        }
        if matches!(reason, "stopped" | "failed") {
            let what = "Le recueil n'est pas allé jusqu'au bout : ce qui avait été lu et vu est conservé et compté.";
            self.warn("capture.feed_unfinished", what, &format!("{} publications", gathering.collected()))?;
        }
        if gathering.untold > 0 {
            let what = "La fenêtre montre plus de publications à la fois qu'il n'en peut être lu : certaines manquent.";
            self.warn("capture.feed_crowded", what, &gathering.untold.to_string())?;
        }
        if !gathering.cut.is_empty() {
            let what = "Des publications ne sont pas entières sur les images ; leur texte est recueilli.";
            let first = gathering.cut.iter().take(NAMED).map(u32::to_string).collect::<Vec<_>>().join(", ");
            let found = format!("{} sur {} : n° {first}", gathering.cut.len(), gathering.collected());
            self.warn("capture.items_cut", what, &found)?;
        }
        if gathering.hidden > 0 {
            let what =
                "Le document de la page contient des publications qui n'ont jamais été affichées dans la fenêtre.";
            self.find(Finding::new("capture.items_hidden", Level::Info, what).values(0, gathering.hidden))?;
        }
        Ok(())
    }
}

/// What the network brought that can be compared with what was gathered; `None` when nothing can.
async fn traffic(running: &Running, gathering: &Gathering) -> Option<Traffic> {
    let end = Tick::now() + COUNTED;
    let busy = || running.recorder.state().tally.as_ref().is_some_and(crate::feed::Tally::is_busy);
    while busy() && Tick::now() < end {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (groups, unread) = running.recorder.state().tally.as_ref()?.take();
    let gathered: BTreeSet<&str> = gathering.known.keys().map(|key| tail(key)).collect();
    let rules = &gathering.sheet.trafic;
    let mut traffic = Traffic { items: 0, answers: 0, left: Vec::new(), addresses: BTreeSet::new(), unread };
    let mut all: BTreeMap<String, bool> = BTreeMap::new();
    for ((address, pointer), group) in groups {
        let named = rules.iter().any(|rule| address.contains(&rule.adresse) && rule.identifiants == pointer);
        let met = |id: &String| gathered.contains(tail(id));
        // Without a rule, answers that bring what was gathered are taken to bring the rest of it too.
        let common = group.ids.iter().filter(|id| met(id)).count();
        if !named && (!rules.is_empty() || common == 0 || common * 5 < group.ids.len()) {
            continue;
        }
        traffic.answers += group.answers;
        traffic.addresses.insert(address);
        all.extend(group.ids.iter().map(|id| (tail(id).to_owned(), met(id))));
    }
    if all.is_empty() {
        return None;
    }
    traffic.items = all.len();
    traffic.left = all.into_iter().filter_map(|(id, met)| (!met).then_some(id)).collect();
    Some(traffic)
}

impl Traffic {
    fn json(&self) -> Value {
        json!({
            "items": self.items, "answers": self.answers, "not_gathered": self.left.len(), "addresses": self.addresses,
            "unread": self.unread,
        })
    }
}
