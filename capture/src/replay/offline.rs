//! A browser that reaches one port of 127.0.0.1 and nothing else; tried, not supposed.
use std::sync::Arc;
use std::time::Duration;

use dossier::{Clock, Sha256Digest};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant as Tick;

use super::report::{OfflineProof, ReplayBrowser};
use super::watch::Watch;
use super::{ReplayPlan, ReplaySite};
use crate::archive::Archive;
use crate::browser::{RunningBrowser, Switch, Workspace, find_browser, launch, runs_as_root, switches};
use crate::cdp::{Cdp, text};
use crate::page::Page;
use crate::recorder::{Recorder, auto_attach};
use crate::scenario::Navigateur;
use crate::session::opening::lost;
use crate::telephone::{self, Imitation};
use crate::{CaptureError, screens};

/// The longest wait for the engine to open the package.
const OPENING: Duration = Duration::from_secs(120);
/// What the browser says of an address the rules refuse, before any packet is sent.
pub(super) const REFUSED: &str = "net::ERR_NAME_NOT_RESOLVED";

/// The rules that leave the browser one port.
pub(super) fn rules(port: u16) -> Switch {
    Switch {
        name: "host-resolver-rules",
        value: Some(format!("MAP 127.0.0.1:{port} 127.0.0.1:{port}, MAP * ~NOTFOUND")),
        why: "the engine's port and nothing else, by name or by number",
    }
}

/// The browser of a comparison.
pub(super) struct Offline {
    browser: RunningBrowser,
    workspace: Workspace,
    pub(super) recorder: Arc<Recorder>,
    pub(super) watch: Arc<Watch>,
    events: JoinHandle<()>,
    /// Holds the archive nothing is written to: a recorder needs one.
    _archive: Archive,
    settings: Navigateur,
    facts: ReplayBrowser,
}

/// A tab, observed before it could ask anything.
pub(super) struct Tab {
    pub(super) page: Page,
}

impl Offline {
    /// Starts it, and tries what it must not reach.
    pub(super) async fn start(plan: &ReplayPlan, clock: &Arc<dyn Clock>) -> Result<Self, CaptureError> {
        let found = find_browser(&plan.browser)?;
        let digest = found.digest();
        let workspace = Workspace::create()?;
        let mut table = switches(&plan.settings, !runs_as_root(), false);
        telephone::switch_on(&mut table, &found, &plan.settings).await?;
        let rules = rules(plan.site.port);
        let argument = rules.argument();
        table.push(rules);
        let browser = launch(&found.binary, &table, &plan.settings, &workspace, None).await?;
        let (cdp, receiver) = Cdp::connect(&browser.websocket).await.map_err(lost)?;
        let version = cdp.call(None, "Browser.getVersion", json!({})).await.map_err(lost)?;
        let unread = || CaptureError::BrowserStart { binary: found.binary.clone(), why: "cannot be read".into() };
        let binary_sha256 = digest.await.ok_or_else(unread)?;
        let archive =
            Archive::open(&workspace.spool(), None, clock.now(), &[("description", "replay: nothing recorded")])?;
        let clock = Arc::clone(clock);
        let recorder = Recorder::new(cdp, clock, archive.handle.clone(), u64::MAX, &workspace, Vec::new());
        if let Some(telephone) = &plan.settings.telephone {
            let imitation = Imitation::prepare(&browser.websocket, &version, telephone, &workspace).await?;
            recorder.imitate(Arc::new(imitation));
        }
        let watch = Watch::new(Arc::clone(&recorder));
        let events = tokio::spawn(Arc::clone(&watch).run(receiver));
        let facts = browser_facts(&version, binary_sha256, argument);
        let settings = plan.settings.clone();
        let mut offline = Self { browser, workspace, recorder, watch, events, _archive: archive, settings, facts };
        offline.prepare(&plan.site).await?;
        Ok(offline)
    }

    async fn prepare(&mut self, site: &ReplaySite) -> Result<(), CaptureError> {
        let cdp = self.cdp().clone();
        cdp.call(None, "Target.setAutoAttach", auto_attach()).await.map_err(lost)?;
        cdp.call(None, "Browser.setDownloadBehavior", json!({"behavior": "deny"})).await.map_err(lost)?;
        self.facts.offline = self.prove(site).await?;
        Ok(())
    }

    pub(super) fn cdp(&self) -> &Cdp {
        &self.recorder.cdp
    }

    pub(super) fn facts(&self) -> ReplayBrowser {
        self.facts.clone()
    }

    /// Names and numbers outside, and another port of the machine itself: each must be refused by name, which means that
    /// nothing was sent.
    async fn prove(&self, site: &ReplaySite) -> Result<Vec<OfflineProof>, CaptureError> {
        let other = site.port ^ 1;
        let tried = [
            "http://hors-ligne.invalid/".to_owned(),
            // Addresses reserved for documentation: RFC 5737, RFC 3849.
            "http://192.0.2.1/".to_owned(),
            "https://[2001:db8::1]/".to_owned(),
            format!("http://127.0.0.1:{other}/"),
            format!("http://localhost:{}/", site.port),
        ];
        let tab = self.tab().await?;
        let mut proofs = Vec::new();
        for url in tried {
            let answer = tab.page.call("Page.navigate", json!({"url": url})).await.map_err(lost)?;
            let error = text(&answer, "/errorText").unwrap_or("aucune erreur").to_owned();
            if error != REFUSED {
                return Err(CaptureError::NotOffline { url, found: error });
            }
            proofs.push(OfflineProof { url, error });
        }
        self.close(tab).await;
        Ok(proofs)
    }

    /// Opens an empty tab with the window of the capture.
    pub(super) async fn tab(&self) -> Result<Tab, CaptureError> {
        let created =
            self.cdp().call(None, "Target.createTarget", json!({"url": "about:blank"})).await.map_err(lost)?;
        let target = text(&created, "/targetId").unwrap_or("").to_owned();
        let deadline = Tick::now() + Duration::from_secs(20);
        let session = loop {
            match self.watch.session_of(&target) {
                Some(session) => break session,
                None if Tick::now() > deadline => {
                    return Err(CaptureError::BrowserLost { why: "l'onglet n'a pas pu être observé".into() });
                }
                None => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        };
        let page = Page::new(Arc::clone(&self.recorder), session, target);
        page.call("Emulation.setDeviceMetricsOverride", screens::metrics(&self.settings)).await.map_err(lost)?;
        screens::draw_beyond_window(&page, &self.settings).await.map_err(lost)?;
        page.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await.map_err(lost)?;
        Ok(Tab { page })
    }

    pub(super) async fn close(&self, tab: Tab) {
        let _ = self.cdp().call(None, "Target.closeTarget", json!({"targetId": tab.page.frame})).await;
    }

    /// Has the engine open the package, and waits until it says that it has.
    pub(super) async fn open_package(&self, site: &ReplaySite) -> Result<(), CaptureError> {
        let refused = |why: String| CaptureError::Replay { why };
        let tab = self.tab().await?;
        let answer = tab.page.call("Page.navigate", json!({"url": site.desk})).await.map_err(lost)?;
        if let Some(error) = text(&answer, "/errorText") {
            return Err(refused(format!("le moteur de relecture n'est pas servi : {error}")));
        }
        let deadline = Tick::now() + OPENING;
        let mut said = String::new();
        while Tick::now() < deadline {
            if let Ok(Value::String(state)) = tab.page.ask("document.documentElement.dataset.etat || ''").await {
                said = state;
            }
            match said.as_str() {
                "pret" => {
                    self.close(tab).await;
                    return Ok(());
                }
                error if error.starts_with("erreur") => return Err(refused(said)),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        Err(refused(format!("l'archive n'est pas ouverte après {} s ({said})", OPENING.as_secs())))
    }

    pub(super) async fn stop(mut self) {
        let _ = self.cdp().call_within(None, "Browser.close", json!({}), Duration::from_secs(3)).await;
        self.browser.stop().await;
        if tokio::time::timeout(Duration::from_secs(5), self.events).await.is_err() {
            tracing::warn!("the browser's connection did not end");
        }
        self.workspace.remove();
    }
}

fn browser_facts(version: &Value, binary_sha256: Sha256Digest, rules: String) -> ReplayBrowser {
    let product = text(version, "/product").unwrap_or("").to_owned();
    ReplayBrowser { product, binary_sha256, rules, offline: Vec::new() }
}
