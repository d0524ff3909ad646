//! The beginning of a session: private folders proven empty, browser started and observed, its state read back.
use std::sync::Arc;

use dossier::{Finding, Level, Opening, Outcome, op};
use probes::Fact;
use serde_json::{Value, json};
use tokio::task::{JoinError, JoinHandle};

use super::changes::First;
use super::{Running, Session};
use crate::archive::{Archive, ArchiveHandle};
use crate::browser::{
    FoundBrowser, RunningBrowser, Switch, Workspace, launch, network_log, packet_switch, runs_as_root, switches,
    usual_limit,
};
use crate::cdp::{Cdp, CdpError, Events, text};
use crate::feed::Tally;
use crate::measure;
use crate::page::Page;
use crate::recorder::{Recorder, auto_attach, forms};
use crate::scenario::Navigateur;
use crate::telephone::{self, Imitation};
use crate::{CaptureError, Event, screens};

/// A browser that runs and is observed.
pub(crate) struct Started {
    pub(crate) browser: RunningBrowser,
    pub(crate) running: Running,
    pub(crate) events: JoinHandle<()>,
    pub(crate) archive: Archive,
    pub(crate) found: FoundBrowser,
    /// Whether the browser was ended and its end journalled.
    pub(crate) ended: bool,
}

/// A browser that runs and whose connection is open; nothing is observed yet.
pub(super) struct Launched {
    browser: RunningBrowser,
    table: Vec<Switch>,
    cdp: Cdp,
    events: Events,
    version: Value,
}

impl Launched {
    pub(super) fn product(&self) -> String {
        text(&self.version, "/product").unwrap_or("").to_owned()
    }
}

impl Session<'_> {
    /// Measures the machine, proves the folders empty, starts the browser, reads its state back.
    pub(super) async fn start(&mut self, found: &FoundBrowser, opening: &Opening) -> Result<Started, CaptureError> {
        let facts = self.around.before(Arc::new(|_| ())).await;
        self.first = First::of(&facts);
        self.note_facts(facts)?;
        self.start_sound().await?;
        let launched = self.launch(found).await?;
        self.progress.event(&Event::BrowserReady { version: launched.product() });
        let archive = self.start_archive(opening, text(&launched.version, "/userAgent").unwrap_or(""))?;
        let (browser, running, events) = self.observe(found, launched, archive.handle.clone()).await?;
        self.start_presence(&running).await?;
        if opening.attended && self.plan.display.is_none() {
            let what = "Le navigateur n'a pas de fenêtre sur cette machine : l'officier voit les images prises, non la page dans une fenêtre.";
            self.find(
                Finding::new("capture.headless_attended", Level::Warn, what).values("fenêtre", "sans affichage"),
            )?;
        }
        Ok(Started { browser, running, events, archive, found: found.clone(), ended: false })
    }

    /// Proves the private folders empty and starts a browser in them.
    pub(super) async fn launch(&mut self, found: &FoundBrowser) -> Result<Launched, CaptureError> {
        self.note_facts(measure::folder_facts(&self.workspace)?)?;
        self.workspace.write_preferences()?;
        let sandbox = !runs_as_root();
        let mut table = switches(&self.plan.scenario.navigateur, sandbox, self.plan.display.is_some());
        if self.presence.sound.is_some() {
            // Heard by the sound server of the session only.
            table.retain(|switch| switch.name != "mute-audio");
        }
        table.extend(network_log(&self.workspace.network_log()));
        self.browsers += 1;
        telephone::switch_on(&mut table, found, &self.plan.scenario.navigateur).await?;
        if self.start_packets()? {
            table.push(packet_switch(&self.workspace));
        }
        let browser = self.start_browser(found, &table, sandbox).await?;
        if let Some(packets) = &self.packets {
            packets.leave_out(&browser.websocket);
        }
        let (cdp, events) = Cdp::connect(&browser.websocket).await.map_err(lost)?;
        let version = cdp.call(None, "Browser.getVersion", json!({})).await.map_err(lost)?;
        Ok(Launched { browser, table, cdp, events, version })
    }

    /// Observes a browser that runs, opens its page and reads its state back.
    pub(super) async fn observe(
        &mut self,
        found: &FoundBrowser,
        launched: Launched,
        archive: ArchiveHandle,
    ) -> Result<(RunningBrowser, Running, JoinHandle<()>), CaptureError> {
        let Launched { mut browser, table, cdp, events, version } = launched;
        // A browser that takes the place of another is the same program. The answer is long, and comes meanwhile.
        let protocol = (self.browsers == self.first_browser()).then(|| {
            let websocket = browser.websocket.clone();
            tokio::spawn(async move { measure::protocol_fact(&websocket).await })
        });
        let (scenario, binary) = (&self.plan.scenario, self.binary.clone());
        let imitation = self.imitation(&browser.websocket, &version).await?;
        let recorder = Recorder::new(
            cdp,
            Arc::clone(&self.clock),
            archive.clone(),
            scenario.limites.corps,
            &self.workspace,
            forms(&scenario.secrets()),
        );
        if scenario.gathers() {
            // Without it the count of the traffic is told as unknown.
            recorder.state().tally = Tally::start().ok();
        }
        if self.plan.display.is_some() {
            // A window that somebody sees may be typed into.
            recorder.watch_hands(Arc::clone(&self.hands));
        }
        if let Some(imitation) = &imitation {
            recorder.imitate(Arc::clone(imitation));
        }
        let events = tokio::spawn(Arc::clone(&recorder).run(events));
        let page = open_page(&recorder, &scenario.navigateur, &self.workspace).await?;
        recorder.watch_page(&page.session, scenario.limites.budget());
        let excess = browser.keep_within(scenario.limites.memoire.unwrap_or_else(usual_limit));
        let running = Running { recorder, page, archive, excess };
        if let Some(imitation) = &imitation {
            self.declare_telephone(&running.page, imitation).await?;
        }
        let facts =
            measure::browser_facts(&running.page, (found, binary), &version, scenario, &table, &self.workspace).await;
        self.note_facts(facts)?;
        if let Some(protocol) = protocol {
            self.compare_protocol(protocol).await?;
        }
        // The preliminaries leave nothing in the list of what is told of the pages.
        running.recorder.take_notices();
        Ok((browser, running, events))
    }

    /// The telephone that the scenario declares, read in a browser that runs.
    async fn imitation(&self, websocket: &str, version: &Value) -> Result<Option<Arc<Imitation>>, CaptureError> {
        let Some(telephone) = &self.plan.scenario.navigateur.telephone else { return Ok(None) };
        Ok(Some(Arc::new(Imitation::prepare(websocket, version, telephone, &self.workspace).await?)))
    }

    /// Journals how the browser's interface compares with what we rely on; what it lacks is a finding.
    async fn compare_protocol(&mut self, described: JoinHandle<Fact>) -> Result<(), CaptureError> {
        let failed = |why: JoinError| Fact::not_done(op::MEASURE_PROTOCOL, &why.to_string());
        let fact = described.await.unwrap_or_else(failed);
        let absent = fact.data.get("absent").and_then(Value::as_array).cloned().unwrap_or_default();
        let why = text(&fact.data, "/why").map(str::to_owned);
        self.note_facts(vec![fact])?;
        if !absent.is_empty() {
            let what = "Le navigateur installé n'a plus une partie de l'interface dont l'enregistrement dépend.";
            let names: Vec<&str> = absent.iter().filter_map(Value::as_str).take(20).collect();
            self.find(Finding::new("capture.protocol", Level::Warn, what).found(names.join(", ")))?;
        }
        if let Some(why) = why {
            let what = "L'interface du navigateur n'a pas pu être comparée à celle dont l'enregistrement dépend.";
            self.find(Finding::new("capture.protocol_unknown", Level::Warn, what).found(why))?;
        }
        Ok(())
    }

    fn start_archive(&self, opening: &Opening, agent: &str) -> Result<Archive, CaptureError> {
        let info = [
            ("software", self.software.as_str()),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
            ("isPartOf", opening.case.reference.as_str()),
            ("http-header-user-agent", agent),
            ("description", "Bodies are stored after content and transfer decoding; original headers as x-orig-*"),
        ];
        Archive::open(self.dossier.root(), self.before.as_ref(), self.clock.now(), &info)
    }

    async fn start_browser(
        &mut self,
        found: &FoundBrowser,
        table: &[Switch],
        sandbox: bool,
    ) -> Result<RunningBrowser, CaptureError> {
        let settings = &self.plan.scenario.navigateur;
        let data = json!({
            "binary": found.binary.display().to_string(), "sandbox": sandbox,
            "arguments": table.iter().map(Switch::argument).collect::<Vec<_>>(),
            "profile": self.workspace.profile().display().to_string(),
        });
        self.dossier.record(op::BROWSER_START, Outcome::Begin, data.clone())?;
        let display = self.browser_display();
        match launch(&found.binary, table, settings, &self.workspace, display.as_ref()).await {
            Ok(browser) => {
                let measured = json!({"command_line": browser.command_line(), "how": "/proc/PID/cmdline"});
                self.dossier.record(op::BROWSER_START, Outcome::Ok, super::merged(data, measured))?;
                if !sandbox && self.browsers == self.first_browser() {
                    let what =
                        "Le navigateur a été lancé par l'administrateur de la machine (root), sans son bac à sable.";
                    self.find(Finding::new("capture.no_sandbox", Level::Warn, what).values("true", "false"))?;
                }
                Ok(browser)
            }
            Err(error) => {
                let failed = super::merged(data, json!({"code": error.code(), "why": error.to_string()}));
                self.dossier.record(op::BROWSER_START, Outcome::Failed, failed)?;
                Err(error)
            }
        }
    }

    /// Journals measured facts; their evidence first.
    pub(crate) fn note_facts(&mut self, facts: Vec<Fact>) -> Result<(), CaptureError> {
        for fact in facts {
            let mut data = fact.data;
            let mut kept = Vec::new();
            for evidence in fact.evidence {
                kept.push(self.evidence(&evidence.name, evidence.media_type, &evidence.bytes)?.path);
            }
            if let Some(first) = kept.first() {
                data["evidence"] = json!(first);
            }
            if kept.len() > 1 {
                data["pieces"] = json!(kept);
            }
            self.dossier.record(fact.op, fact.outcome, data)?;
        }
        Ok(())
    }
}

/// Opens the page of the capture, observed before it can send anything.
pub(crate) async fn open_page(
    recorder: &Arc<Recorder>,
    settings: &Navigateur,
    workspace: &Workspace,
) -> Result<Page, CaptureError> {
    let cdp: &Cdp = &recorder.cdp;
    cdp.call(None, "Target.setAutoAttach", auto_attach()).await.map_err(lost)?;
    let downloads = json!({
        "behavior": "allowAndName", "eventsEnabled": true,
        "downloadPath": workspace.downloads().display().to_string(),
    });
    cdp.call(None, "Browser.setDownloadBehavior", downloads).await.map_err(lost)?;
    let created = cdp.call(None, "Target.createTarget", json!({"url": "about:blank"})).await.map_err(lost)?;
    let target = text(&created, "/targetId").unwrap_or("").to_owned();
    let session = session_of(recorder, &target).await?;
    let page = Page::new(Arc::clone(recorder), session, target.clone());
    // The page the browser opened by itself is closed: only one page is under observation.
    let targets = cdp.call(None, "Target.getTargets", json!({})).await.map_err(lost)?;
    for other in targets.pointer("/targetInfos").and_then(Value::as_array).into_iter().flatten() {
        if text(other, "/type") == Some("page") && text(other, "/targetId") != Some(&target) {
            let _ = cdp.call(None, "Target.closeTarget", json!({"targetId": other.get("targetId")})).await;
        }
    }
    page.call("Emulation.setDeviceMetricsOverride", screens::metrics(settings)).await.map_err(lost)?;
    // On the blank page: no page of the scenario is laid out anew for it.
    screens::draw_beyond_window(&page, settings).await.map_err(lost)?;
    page.call("Emulation.setFocusEmulationEnabled", json!({"enabled": true})).await.map_err(lost)?;
    Ok(page)
}

async fn session_of(recorder: &Arc<Recorder>, target: &str) -> Result<String, CaptureError> {
    for _ in 0..2000 {
        let (found, working) = {
            let state = recorder.state();
            let found = state.sessions.iter().find(|(_, (_, t))| t == target).map(|(s, _)| s.clone());
            (found, state.working)
        };
        // Observed only when every command of its beginning was answered.
        if let (Some(session), 0) = (found, working) {
            return Ok(session);
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    Err(CaptureError::BrowserLost { why: "la page n'a pas pu être observée".into() })
}

/// A command nothing can be done without.
pub(crate) fn lost(error: CdpError) -> CaptureError {
    match error {
        CdpError::Refused { method, message } => CaptureError::Protocol { method, why: message },
        other => CaptureError::BrowserLost { why: other.to_string() },
    }
}
