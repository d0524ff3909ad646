//! `archive`: the page itself first, as it is today or no longer is, then what a web archive shows of it: its banner, its date, and
//! the dates of what it is made of.
use dossier::{Finding, Level, Outcome, op};
use serde_json::{Value, json};

use super::{Failure, StepResult};
use crate::archived::{Mementos, NAMED, Spread, days_apart, linked};
use crate::scenario::Consultation;
use crate::session::{Running, Session, merged};

/// The banner in which an archive says whose page it shows and of when: those of the software and services known, else words of it.
const BANNER: &str = "(() => { \
    const shown = e => e.checkVisibility({opacityProperty: true, visibilityProperty: true}) && e.getClientRects().length > 0; \
    const known = ['#wm-ipp-base', '#wm-ipp', '#wb_div', '#_wb_frame_top_banner', '#_wb_plain_banner', 'wb-banner', '#donato', '#HEADER']; \
    for (const s of known) { const e = Array.from(document.querySelectorAll(s)).find(shown); if (e) return {how: s, text: (e.innerText || '').replace(/\\s+/g, ' ').trim().slice(0, 500)}; } \
    const bar = Array.from(document.querySelectorAll('body *')).find(e => ['fixed', 'sticky', 'absolute'].includes(getComputedStyle(e).position) && shown(e) \
      && e.getBoundingClientRect().top < innerHeight / 3 && /archive|capture|snapshot|memento/i.test(e.innerText || '') && (e.innerText || '').length < 1500); \
    return bar ? {how: 'words', text: bar.innerText.replace(/\\s+/g, ' ').trim().slice(0, 500)} : null; })()";
/// Days beyond which a snapshot is not of the time that was asked for, and beyond which what it is made of is not of its time.
const FAR: i64 = 1;

impl Session<'_> {
    pub(crate) async fn consult(&mut self, running: &Running, consultation: &Consultation) -> StepResult {
        let live = match self.go(running, &consultation.adresse).await {
            Ok(facts) => merged(json!({"reached": true}), facts),
            // That the page is not there any more is a fact, and often the reason why the archive is asked.
            Err(Failure::Step { code, why, facts }) => {
                merged(json!({"reached": false, "code": code, "why": why}), facts)
            }
            Err(other) => return Err(other),
        };
        let asked = consultation.snapshot().map_err(|e| {
            Failure::step("capture.navigation", format!("L'adresse de l'archive ne peut pas être formée : {e}."))
        })?;
        let facts = json!({"live": live, "asked": asked.as_str(), "date_asked": consultation.date.to_string()});
        running.recorder.state().mementos = Some(Mementos::default());
        let reached = self.go(running, &asked).await;
        running.recorder.settle().await;
        let mementos = running.recorder.state().mementos.take().unwrap_or_default();
        let reached = reached.map_err(|failure| failure.knowing(facts.clone()))?;
        let banner = running.page.ask(BANNER).await?;
        let (url, _, _) = running.page.where_am_i().await;
        let snapshot = snapshot(&mementos, &url, consultation, banner);
        let outcome =
            if snapshot.pointer("/at").is_some_and(Value::is_string) { Outcome::Ok } else { Outcome::Deviation };
        let seen = json!({
            "step": self.step, "live_reached": facts.pointer("/live/reached"), "banner_text": snapshot.pointer("/banner/text"),
        });
        let told = merged(seen, merged(facts.clone(), snapshot.clone()));
        self.dossier.record(op::ARCHIVE_SNAPSHOT, outcome, told)?;
        self.tell_snapshot(&mementos.spread(&url), &snapshot, mementos.is_cut())?;
        Ok(merged(merged(facts, json!({"page": reached})), snapshot))
    }

    fn tell_snapshot(&mut self, spread: &Spread, snapshot: &Value, cut: bool) -> Result<(), Failure> {
        let service = snapshot.pointer("/url").and_then(Value::as_str).unwrap_or("");
        let what = "La page affichée est celle que rend un service d'archives, tiers au constat : son contenu et sa date sont ceux que \
                    ce service indique, non ceux d'une page vue en ligne à cette date.";
        self.find(Finding::new("capture.archive_page", Level::Info, what).found(service))?;
        if snapshot.pointer("/at").is_none_or(Value::is_null) {
            let what = "Rien ne dit de quelle date est la page que montre le service d'archives.";
            self.warn("capture.archive_undated", what, service)?;
        }
        let days = snapshot.pointer("/days_apart").and_then(Value::as_i64).unwrap_or(0);
        if days > FAR {
            let what = "La page archivée n'est pas du jour demandé : c'est la plus proche que le service ait montrée.";
            let (asked, at) = (snapshot.pointer("/date_asked"), snapshot.pointer("/at"));
            let word = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("?").to_owned();
            self.find(Finding::new("capture.archive_far", Level::Warn, what).values(word(asked), word(at)))?;
        }
        if snapshot.pointer("/banner").is_none_or(Value::is_null) {
            let what = "Le bandeau du service d'archives n'est pas affiché.";
            self.find(Finding::new("capture.archive_no_banner", Level::Info, what).found(service))?;
        }
        if snapshot.pointer("/other_original").is_some_and(Value::is_string) {
            let what = "Le service d'archives dit montrer une autre adresse que celle qui était demandée.";
            let found = snapshot.pointer("/other_original").and_then(Value::as_str).unwrap_or("");
            self.warn("capture.archive_other", what, found)?;
        }
        if !spread.elsewhere.is_empty() {
            let what = "La page archivée a chargé des éléments hors du service d'archives : ils sont d'aujourd'hui, non de la date \
                        indiquée.";
            let first = spread.elsewhere.iter().take(NAMED).cloned().collect::<Vec<_>>().join(" ; ");
            self.warn("capture.archive_live", what, &format!("{} : {first}", spread.elsewhere.len()))?;
        }
        if let (Some(first), Some(last)) = (spread.first, spread.last)
            && days_apart(first.to_zoned(jiff::tz::TimeZone::UTC).date(), last) > FAR
        {
            let what = "Les éléments de la page archivée n'ont pas tous été recueillis par le service à la même date.";
            self.warn("capture.archive_spread", what, &format!("du {first} au {last}"))?;
        }
        if cut {
            self.warn("capture.archive_cut", "Toutes les réponses de la page archivée n'ont pas été datées.", service)?;
        }
        Ok(())
    }
}

/// What the archive says of the snapshot it shows.
fn snapshot(mementos: &Mementos, url: &str, consultation: &Consultation, banner: Value) -> Value {
    let page = mementos.of(url);
    let at = page.and_then(|memento| memento.at);
    let links = page.and_then(|memento| memento.links.as_deref()).unwrap_or("");
    let original = linked(links, "original");
    let same = |address: &String| address.trim_end_matches('/') == consultation.adresse.as_str().trim_end_matches('/');
    json!({
        "url": url, "at": at.map(|at| at.to_string()), "from": page.and_then(|memento| memento.from),
        "days_apart": at.map(|at| days_apart(consultation.date, at)), "date_asked": consultation.date.to_string(),
        "original": original, "other_original": original.as_ref().filter(|address| !same(address)),
        "timemap": linked(links, "timemap"), "banner": banner, "parts": mementos.spread(url).json(),
    })
}
