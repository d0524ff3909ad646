//! The preliminaries: what is measured of the machine, of the network and of the browser before the first page, and again
//! at the end. Each fact says how it was measured; what could not be measured is written as not done, and why.
use std::sync::Arc;

use dossier::{Clock, Operation, Outcome, Software};
use serde_json::{Value, json};

use crate::archive::Archive;
use crate::browser::{Workspace, find_browser, launch, runs_as_root, switches};
use crate::cdp::Cdp;
use crate::recorder::Recorder;
use crate::scenario::Scenario;
use crate::session::opening::{lost, open_page};
use crate::{BrowserChoice, CaptureError};

mod browser;
mod machine;
mod network;
mod ntp;
mod protocol;

pub(crate) use browser::browser_facts;
pub(crate) use protocol::protocol_fact;

/// One measured fact: exactly what a journal line would say.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The operation.
    pub op: Operation,
    /// How it went.
    pub outcome: Outcome,
    /// The data, as `FORMAT.md` describes them.
    pub data: Value,
    /// The raw answer, when it is kept.
    pub evidence: Option<Evidence>,
}

/// The raw answer of a measure.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// Name of the file under `net/`.
    pub name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Fact {
    pub(crate) fn new(op: Operation, outcome: Outcome, data: Value) -> Self {
        Self { op, outcome, data, evidence: None }
    }

    /// A measure that is as asked, or departs from it.
    pub(crate) fn judged(op: Operation, good: bool, data: Value) -> Self {
        Self::new(op, if good { Outcome::Ok } else { Outcome::Deviation }, data)
    }

    pub(crate) fn not_done(op: Operation, why: &str) -> Self {
        Self::new(op, Outcome::NotDone, json!({"why": why}))
    }

    pub(crate) fn with(mut self, name: &str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        self.evidence = Some(Evidence { name: name.into(), media_type, bytes });
        self
    }
}

/// What is measured without a browser.
pub(crate) fn machine_facts(
    scenario: &Scenario,
    software: &Software,
    time_servers: &[String],
    clock: &dyn Clock,
) -> Vec<Fact> {
    let mut facts = machine::facts(scenario, software);
    facts.push(ntp::clock_fact("start", time_servers, clock));
    facts.extend(network::facts(scenario, false));
    facts
}

/// The private folders, listed before the browser starts: they must be empty.
pub(crate) fn folder_facts(workspace: &Workspace) -> Result<Vec<Fact>, CaptureError> {
    let how = "liste du dossier neuf, avant le lancement du navigateur";
    let mut facts = Vec::new();
    for (op, path) in [(dossier::op::CLEAN_PROFILE, workspace.profile()), (dossier::op::CLEAN_TEMP, workspace.temp())] {
        let entries = Workspace::listing(&path)?;
        let data = json!({"path": path.display().to_string(), "entries": entries.len(), "how": how});
        facts.push(Fact::judged(op, entries.is_empty(), data));
    }
    Ok(facts)
}

/// What is measured again at the end.
pub(crate) fn closing_facts(scenario: &Scenario, time_servers: &[String], clock: &dyn Clock) -> Vec<Fact> {
    let mut facts = vec![ntp::clock_fact("end", time_servers, clock)];
    facts.extend(network::facts(scenario, true));
    facts
}

/// The preliminaries alone, without a dossier: the same facts as a capture would journal. Starts a browser and stops it.
pub async fn measure(
    scenario: &Scenario,
    choice: &BrowserChoice,
    software: &Software,
    time_servers: &[String],
    clock: Arc<dyn Clock>,
) -> Result<Vec<Fact>, CaptureError> {
    let found = find_browser(choice)?;
    let digest = found.digest();
    let workspace = Workspace::create()?;
    let mut facts = machine_facts(scenario, software, time_servers, clock.as_ref());
    facts.extend(folder_facts(&workspace)?);
    let table = switches(&scenario.navigateur, !runs_as_root(), false);
    let mut browser = launch(&found.binary, &table, &scenario.navigateur, &workspace, None).await?;
    let (cdp, receiver) = Cdp::connect(&browser.websocket).await.map_err(lost)?;
    let version = cdp.call(None, "Browser.getVersion", json!({})).await.map_err(lost)?;
    // Nothing is visited: the archive of this browser stays in the private folder and goes away with it.
    let archive = Archive::create(&workspace.spool(), clock.now(), &[("software", software.name.as_str())])?;
    let limit = scenario.limites.corps;
    let recorder = Recorder::new(cdp.clone(), clock, archive.handle.clone(), limit, &workspace, Vec::new());
    let events = tokio::spawn(Arc::clone(&recorder).run(receiver));
    let page = open_page(&recorder, &scenario.navigateur, &workspace).await?;
    facts.extend(browser_facts(&page, (&found, digest), &version, scenario, &table, &workspace.profile()).await);
    facts.push(protocol_fact(&browser.websocket).await);
    let _ = cdp.call_within(None, "Browser.close", json!({}), std::time::Duration::from_secs(3)).await;
    browser.stop().await;
    events.abort();
    archive.finish().await?;
    Ok(facts)
}
