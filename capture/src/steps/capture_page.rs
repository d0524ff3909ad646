//! `capturer`: the window, the whole page, the document, its text, a print, and the main answer as received.
use std::io::Write;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, DossierError, Finding, Level, Origin};
use serde_json::{Value, json};

use super::picture::wrong;
use super::{Failure, StepResult};
use crate::cdp::text;
use crate::page::SHOWN;
use crate::recorder::Held;
use crate::session::{Loss, Pictured, Running, Session, loss, merged};

/// How long what it asks for late is awaited.
const LATE: Duration = Duration::from_secs(5);
/// The longest print.
const PRINT: Duration = Duration::from_secs(180);
/// How much of the text of a page goes into the list of pages, in characters.
const LISTED: usize = 100_000;

impl Session<'_> {
    pub(crate) async fn capture_page(&mut self, running: &Running, titre: &str) -> StepResult {
        let capture = self.next_capture()?;
        let load = running.page.complete(self.plan.scenario.limites.page).await;
        if load.lost() {
            // Nothing can be asked of it, and nothing more is, even if it should answer again.
            self.give_up(running, loss(running).await.unwrap_or(Loss::Stuck))?;
            return Err(Failure::step(
                "capture.page_unresponsive",
                "La page ne répond plus : rien n'a pu en être pris.",
            ));
        }
        let (url, title, loader) = running.page.where_am_i().await;
        let drawn = self.viewer_drawn(&running.page, &loader, &url).await?;
        self.tell_viewer(&drawn, &url)?;
        self.pictured = Some(Pictured { titre: titre.to_owned(), title: title.clone(), url: url.clone() });
        let viewport = self.viewport_picture(running, capture).await?;
        self.desktop_picture(running, capture, &url).await?;
        let picture = self.whole_page(running, capture, &url).await;
        let asked = running.recorder.state().requests_seen;
        self.keep_dom(running, capture, &url).await?;
        self.keep_text(running, capture, &url).await?;
        self.keep_structure(running, capture, &url).await?;
        let before = running.recorder.state().requests_seen;
        self.keep_print(running, capture, &url).await?;
        // A print has a layout of its own, for which more may be asked; what comes meanwhile may also be the page's own.
        let printed = running.recorder.state().requests_seen.saturating_sub(before);
        self.keep_main_response(running, capture, &loader)?;
        let (late, observed) = self.observe_on(running, asked, printed).await?;
        let facts = json!({
            "capture": capture, "titre": titre, "url": url, "title": title, "load": load.json(), "picture": viewport,
            "requests_after_picture": late, "requests_of_print": printed,
            "observed_ms": observed,
        });
        let facts = merged(facts, drawn);
        match picture {
            Ok(picture) => Ok(merged(facts, picture)),
            Err(Failure::Step { code, why, .. }) => Err(Failure::Step { code, why, facts }),
            Err(capture) => Err(capture),
        }
    }

    /// The number of one more capture, from 1, when the scenario's limit allows it.
    pub(super) fn next_capture(&mut self) -> Result<u32, Failure> {
        let most = self.plan.scenario.limites.captures;
        if self.captures >= most {
            let why = format!("La limite de captures du scénario est atteinte ({most}).");
            return Err(Failure::step("capture.limit_captures", why));
        }
        self.captures += 1;
        Ok(self.captures)
    }

    /// A page is observed for a while after it was reached, whatever its captures took: requests that it makes late are
    /// recorded. How many came after the picture of the page, those while it was printed included, and for how many
    /// milliseconds it was observed from its load on.
    async fn observe_on(&mut self, running: &Running, asked: u64, printed: u64) -> Result<(u64, Option<u64>), Failure> {
        let (page, arrived) = (&running.page, self.arrived);
        if let Some(arrived) = arrived {
            tokio::time::sleep_until(arrived + self.plan.scenario.limites.observation).await;
        }
        if running.recorder.state().requests_seen > asked {
            page.complete(LATE.min(self.plan.scenario.limites.page)).await;
        }
        let late = running.recorder.state().requests_seen.saturating_sub(asked);
        if late > 0 {
            let what = "La page a encore fait des requêtes après la prise de son image : elles sont enregistrées, ce \
                        qu'elles ont apporté n'est pas sur l'image.";
            let found = format!("{late}, dont {printed} pendant que son impression était faite");
            self.find(Finding::new("capture.late_requests", Level::Info, what).values(0, found))?;
        }
        let observed = arrived.and_then(|arrived| u64::try_from(arrived.elapsed().as_millis()).ok());
        Ok((late, observed))
    }

    /// The page scrolled through, taken whole, and put back where it stood.
    async fn whole_page(&mut self, running: &Running, capture: u32, url: &str) -> StepResult {
        let scrolled = self.scroll_through(running, capture).await?;
        let picture = self.page_picture(running, capture, url).await;
        self.area_pictures(running, capture, url).await?;
        if !scrolled.restore(&running.page).await.map_err(wrong)? {
            let what = "La page n'a pas pu être remise à la hauteur où elle se trouvait avant la prise de l'image.";
            self.find(Finding::new("capture.scroll_not_restored", Level::Info, what))?;
        }
        picture
    }

    async fn keep_dom(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let document = running.page.call("DOM.getDocument", json!({"depth": 0})).await?;
        let node = document.pointer("/root/nodeId").cloned().unwrap_or(Value::Null);
        let asked = json!({"nodeId": node, "includeShadowDOM": true});
        let answer = running.page.call("DOM.getOuterHTML", asked).await?;
        let path = format!("captures/{capture:04}-dom.html");
        let html = self.masked(&path, text(&answer, "/outerHTML").unwrap_or("").as_bytes().to_vec())?;
        let meta = self.meta(ArtefactKind::Dom, "text/html; charset=utf-8", capture, url, at);
        self.dossier.keep_bytes(ArtefactPath::new(path)?, meta, &html)?;
        Ok(())
    }

    async fn keep_text(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let answer = running.page.ask(SHOWN).await?;
        let path = format!("captures/{capture:04}-texte.txt");
        let shown = self.masked(&path, answer.as_str().unwrap_or("").as_bytes().to_vec())?;
        let meta = self.meta(ArtefactKind::Text, "text/plain; charset=utf-8", capture, url, at);
        self.dossier.keep_bytes(ArtefactPath::new(path)?, meta, &shown)?;
        if let Some(page) = self.pages.last_mut() {
            page.text = String::from_utf8_lossy(&shown).chars().take(LISTED).collect();
        }
        Ok(())
    }

    /// The print is a derivative: that it failed is told, and does not make the capture fail.
    async fn keep_print(&mut self, running: &Running, capture: u32, url: &str) -> Result<(), Failure> {
        let at = self.clock.now();
        let params = json!({"printBackground": true, "transferMode": "ReturnAsStream", "preferCSSPageSize": false});
        let (cdp, session) = (&running.recorder.cdp, Some(running.page.session.as_str()));
        let answer = match cdp.call_within(session, "Page.printToPDF", params, PRINT).await {
            Ok(answer) => answer,
            Err(error) => {
                let what = "L'impression de la page au format PDF n'a pas été possible.";
                self.warn("capture.print", what, &error.to_string())?;
                return Ok(());
            }
        };
        let handle = text(&answer, "/stream").unwrap_or("").to_owned();
        let meta = self.meta(ArtefactKind::Print, "application/pdf", capture, url, at);
        let path = ArtefactPath::new(format!("captures/{capture:04}-impression.pdf"))?;
        let mut writer = self.dossier.begin(path.clone(), meta)?;
        loop {
            let asked = json!({"handle": handle, "size": 1024 * 1024});
            let part = cdp.call(session, "IO.read", asked).await?;
            let data = text(&part, "/data").unwrap_or("");
            let bytes = if part.get("base64Encoded").and_then(Value::as_bool).unwrap_or(false) {
                BASE64_STANDARD.decode(data).unwrap_or_default()
            } else {
                data.as_bytes().to_vec()
            };
            writer.write_all(&bytes).map_err(|e| DossierError::io("write", path.under(self.dossier.root()), e))?;
            if part.get("eof").and_then(Value::as_bool).unwrap_or(true) {
                break;
            }
        }
        let _ = cdp.call(session, "IO.close", json!({"handle": handle})).await;
        self.dossier.keep(writer)?;
        Ok(())
    }

    fn keep_main_response(&mut self, running: &Running, capture: u32, loader: &str) -> Result<(), Failure> {
        let Some(document) = running.page.document(loader) else { return Ok(()) };
        let Some(body) = document.body.as_ref().and_then(Held::read) else {
            let what = "Le corps de la réponse principale n'a pas été rendu par le navigateur.";
            self.warn("capture.main_response", what, &document.url)?;
            return Ok(());
        };
        let media_type = if document.media_type.is_empty() { "application/octet-stream" } else { &document.media_type };
        let meta = ArtefactMeta::new(ArtefactKind::MainResponse, Origin::Observed, media_type)
            .of_step(self.step, Some(capture))
            .from_page(document.url.clone(), document.date);
        self.dossier.keep_bytes(ArtefactPath::new(format!("captures/{capture:04}-reponse.bin"))?, meta, &body)?;
        Ok(())
    }
}
