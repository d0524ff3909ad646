//! `aller`: an address is typed, the page is reached or is not, and both are recorded.
use std::collections::BTreeSet;
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;
use url::Url;

use super::navigation::meaning;
use super::{Failure, StepResult};
use crate::archive::PageEntry;
use crate::cdp::{CdpError, text, whole};
use crate::certificates;
use crate::load::Load;
use crate::recorder::Document;
use crate::session::{Loss, Pictured, Running, Session, loss, merged};

/// How long after an abandoned navigation its download may be announced.
const BEGUN: Duration = Duration::from_secs(2);

/// How a page was come to.
pub(super) struct Arrival {
    /// The address asked for.
    pub(super) asked: String,
    /// `{page, text, href}` when a link was followed.
    pub(super) from: Option<Value>,
    /// The browser's words when it failed.
    pub(super) error: Option<String>,
}

impl Session<'_> {
    pub(crate) async fn go(&mut self, running: &Running, url: &Url) -> StepResult {
        self.reached = false;
        let page = &running.page;
        running.recorder.new_page();
        let maximum = self.plan.scenario.limites.page;
        let cdp = &running.recorder.cdp;
        let known: BTreeSet<String> = running.recorder.state().downloads.keys().cloned().collect();
        let params = json!({"url": url.as_str(), "transitionType": "typed"});
        let answer = cdp.call_within(Some(&page.session), "Page.navigate", params, maximum).await;
        if answer.as_ref().is_ok_and(|answer| text(answer, "/errorText") == Some("net::ERR_ABORTED"))
            && let Some(guid) = begun(running, &known).await
        {
            return self.file_instead(running, url, &guid, &known).await;
        }
        let error = match answer {
            Ok(answer) => text(&answer, "/errorText").filter(|e| !e.is_empty()).map(str::to_owned),
            Err(CdpError::Timeout { .. }) => {
                let _ = page.call("Page.stopLoading", json!({})).await;
                Some("net::ERR_TIMED_OUT".to_owned())
            }
            Err(error) => return Err(error.into()),
        };
        // An error status with an empty body is a page that was reached.
        let error = error.filter(|e| e != "net::ERR_HTTP_RESPONSE_CODE_FAILURE");
        let load = page.complete(maximum).await;
        self.arrive(running, Arrival { asked: url.to_string(), from: None, error }, load).await
    }

    /// Back to the page before, by the browser's own history.
    pub(crate) async fn back(&mut self, running: &Running) -> StepResult {
        let page = &running.page;
        let history = page.call("Page.getNavigationHistory", json!({})).await?;
        let current = whole(&history, "/currentIndex").unwrap_or(0);
        let before = usize::try_from(current - 1).ok().and_then(|index| history.pointer(&format!("/entries/{index}")));
        let Some(entry) = before.filter(|_| current > 1) else {
            return Err(Failure::step("capture.no_history", "Il n'y a pas de page précédente où revenir."));
        };
        let (url, id) = (text(entry, "/url").unwrap_or("").to_owned(), whole(entry, "/id").unwrap_or(0));
        let (left, _, loader) = page.where_am_i().await;
        page.call("Page.navigateToHistoryEntry", json!({"entryId": id})).await?;
        tokio::time::sleep(Duration::from_millis(250)).await;
        let load = page.complete(self.plan.scenario.limites.page).await;
        if load.lost() {
            let why = "La page ne répond plus après le retour.";
            return Err(Failure::step("capture.page_unresponsive", why));
        }
        let (address, _, now) = page.where_am_i().await;
        if now != loader {
            let error = page.document(&now).and_then(|d| d.failed).filter(|e| e != "net::ERR_ABORTED");
            return self.arrive(running, Arrival { asked: url, from: None, error }, load).await;
        }
        Ok(json!({"from": left, "url": address, "load": load.reason}))
    }

    /// The address gives a file, and the page shown before stays: the file is kept, and told not to be a page.
    async fn file_instead(&mut self, running: &Running, url: &Url, guid: &str, known: &BTreeSet<String>) -> StepResult {
        let (code, why) = ("capture.not_a_page", "L'adresse donne un fichier à enregistrer, non une page.");
        let address = running.recorder.state().downloads.get(guid).map(|d| d.url.clone());
        let data = json!({"step": self.step, "asked": url.as_str(), "url": address, "code": code, "why": why});
        self.dossier.record(op::PAGE_REACHED, Outcome::Failed, data)?;
        let facts = match self.finish_download(running, known).await {
            Ok(facts) => facts,
            Err(Failure::Step { why, .. }) => json!({"download_failed": why}),
            Err(failure) => return Err(failure),
        };
        Err(Failure::Step { code, why: why.into(), facts })
    }

    /// Records where the page is after a navigation.
    pub(super) async fn arrive(&mut self, running: &Running, arrival: Arrival, load: Load) -> StepResult {
        let (mut url, title, loader) = running.page.where_am_i().await;
        if url.is_empty() {
            // The page does not answer any more: where the browser said it went.
            url = running.recorder.last_address();
        }
        let document = running.page.document(&loader);
        let mut data = json!({
            "step": self.step, "asked": arrival.asked, "url": url, "title": title, "load": load.json(),
            "from": arrival.from,
        });
        if let Some(document) = &document {
            data = merged(data, document_facts(document));
        }
        if load.lost() || running.page.is_gone() {
            return self.lost_on_arrival(running, data).await;
        }
        if let Some(error) = arrival.error {
            return self.not_reached(running, data, &error).await;
        }
        data = merged(data, self.viewer_drawn(&running.page, &loader, &url).await?);
        data["picture"] = json!(self.arrival_picture(running).await?);
        self.tell_address(&url)?;
        let status = document.as_ref().and_then(|d| d.status);
        let wrong = status.is_some_and(|s| s >= 400) || !load.complete();
        self.tell_load(&load, &url)?;
        let outcome = if wrong { Outcome::Deviation } else { Outcome::Ok };
        self.dossier.record(op::PAGE_REACHED, outcome, data)?;
        self.reached = true;
        self.arrived = Tick::now().checked_sub(load.since_loaded());
        if let Some(document) = document {
            let entry = PageEntry { url: document.url.clone(), date: document.date, title, text: String::new() };
            self.pages.push(entry);
        }
        Ok(json!({"url": url, "status": status, "load": load.reason}))
    }

    /// The page was lost before it was complete: nothing can be asked of it.
    async fn lost_on_arrival(&mut self, running: &Running, mut data: Value) -> StepResult {
        let loss = loss(running).await.unwrap_or(Loss::Stuck);
        self.give_up(running, loss)?;
        data["code"] = json!(loss.code());
        data["why"] = json!(loss.words());
        self.dossier.record(op::PAGE_REACHED, Outcome::Failed, data)?;
        Err(Failure::step(loss.code(), loss.words()))
    }

    /// What a wait that ended otherwise than by a complete page is a sign of.
    pub(super) fn tell_load(&mut self, load: &Load, url: &str) -> Result<(), Failure> {
        let address: String = url.chars().take(500).collect();
        match load.reason {
            "reload_loop" => {
                let what = "La page se recharge ou se remplace elle-même sans fin.";
                let found = format!("{} documents en {} ms, {address}", load.documents, load.waited_ms);
                self.warn("capture.reload_loop", what, &found)?;
            }
            "maximum" => {
                let what =
                    "La page n'était pas complète au terme du délai du scénario : elle est constatée telle quelle.";
                self.warn("capture.load_ceiling", what, &format!("{} ; {address}", load.unmet()))?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn not_reached(&mut self, running: &Running, mut data: Value, error: &str) -> StepResult {
        let (code, why) = meaning(error);
        data["code"] = json!(code);
        data["why"] = json!(why);
        let asked = text(&data, "/asked").unwrap_or_default().to_owned();
        self.dossier.record(op::PAGE_REACHED, Outcome::Failed, data)?;
        if matches!(code, "capture.certificate" | "capture.tls") {
            self.refused_certificate(running, error)?;
        }
        // The browser's own page of error is part of what an observer would have seen.
        self.captures += 1;
        self.pictured = Some(Pictured { titre: "Page non atteinte".into(), title: String::new(), url: asked });
        let picture = self.viewport_picture(running, self.captures).await;
        let facts = match picture {
            Ok(path) => json!({"capture": self.captures, "picture": path}),
            Err(Failure::Step { why, .. }) => json!({"picture_failed": why}),
            Err(failure) => return Err(failure),
        };
        Err(Failure::Step { code, why, facts })
    }

    /// The certificate the browser refused, as it tells it.
    fn refused_certificate(&mut self, running: &Running, error: &str) -> Result<(), Failure> {
        let Some(security) = running.recorder.state().security.clone() else { return Ok(()) };
        let Some(told) = security.get("certificateSecurityState").filter(|c| !c.is_null()) else { return Ok(()) };
        let chain = certificates::chain(told, "/certificate");
        let url = running.recorder.state().documents.values().last().map(|d| d.url.clone()).unwrap_or_default();
        let origin = Url::parse(&url).map(|u| u.origin().ascii_serialization()).unwrap_or_default();
        let host = Url::parse(&url).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
        let date =
            |pointer| whole(told, pointer).and_then(|s| dossier::Instant::from_millisecond(s.saturating_mul(1000)));
        let data = json!({
            "step": self.step, "host": host, "origin": origin, "tls": told.get("protocol"), "error": error,
            "certificate": {
                "subject": told.get("subjectName"), "issuer": told.get("issuer"),
                "valid_from": date("/validFrom"), "valid_to": date("/validTo"),
                "sha256": chain.first().map(|leaf| dossier::Sha256Digest::of(leaf)),
            },
            "evidence": (!chain.is_empty()).then_some("net/certificats.json"),
        });
        if !chain.is_empty() {
            let word = |pointer| text(told, pointer).unwrap_or("").to_owned();
            let facts = vec![
                ("validation", format!("refused by the browser: {error}")),
                ("certificateNetworkError", word("/certificateNetworkError")),
                ("subject", word("/subjectName")),
                ("issuer", word("/issuer")),
                ("tlsProtocol", word("/protocol")),
                ("how", "Security.visibleSecurityStateChanged for the connection that was refused".to_owned()),
            ];
            running.archive.keep(certificates::resource(&origin, &chain, self.clock.now(), facts));
            self.certificates.insert(origin, chain);
        }
        self.dossier.record(op::TARGET_FACTS, Outcome::Deviation, data)?;
        Ok(())
    }
}

/// The download for which a navigation was given up: its event may come a little after the answer.
async fn begun(running: &Running, known: &BTreeSet<String>) -> Option<String> {
    let until = Tick::now() + BEGUN;
    loop {
        let guid = running.recorder.new_download(known);
        if guid.is_some() || Tick::now() >= until {
            return guid;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn document_facts(document: &Document) -> Value {
    let redirects: Vec<Value> =
        document.redirects.iter().map(|(url, status)| json!({"url": url, "status": status})).collect();
    json!({
        "redirects": redirects, "status": document.status, "media_type": document.media_type,
        "remote_address": document.address, "protocol": document.protocol,
    })
}
