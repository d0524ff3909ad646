//! The preliminaries: what is measured of the machine, of the network and of the browser before the first page, and again
//! at the end. Each fact says how it was measured; what could not be measured is written as not done, and why.
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use dossier::{Clock, Outcome, Software, op};
use probes::{Asked, ClockMark, Fact, Sources, World};
use serde_json::json;

use crate::archive::Archive;
use crate::browser::{Workspace, find_browser, launch, runs_as_root, switches};
use crate::cdp::Cdp;
use crate::recorder::Recorder;
use crate::scenario::Scenario;
use crate::session::opening::{lost, open_page};
use crate::{BrowserChoice, CaptureError};

mod browser;
mod protocol;

pub(crate) use browser::browser_facts;
pub(crate) use protocol::protocol_fact;

/// What the probes look at and whom they ask, for a whole session.
pub(crate) struct Surroundings {
    world: World,
    sources: Sources,
    hosts: Vec<String>,
    origins: Vec<url::Url>,
    place: Option<String>,
    software: Software,
    folders: Vec<PathBuf>,
    /// Both clocks when the session began.
    mark: ClockMark,
}

impl Surroundings {
    /// Those of a plan whose browser works in `workspace`.
    pub(crate) fn of(
        scenario: &Scenario,
        software: &Software,
        sources: &Sources,
        clock: &Arc<dyn Clock>,
        workspace: &Workspace,
    ) -> Arc<Self> {
        Arc::new(Self {
            world: World::this_machine(Arc::clone(clock)),
            sources: sources.clone(),
            hosts: scenario.hosts(),
            origins: scenario.tls_origins(),
            place: scenario.lieu.clone(),
            software: software.clone(),
            folders: vec![workspace.profile(), workspace.temp(), workspace.downloads()],
            mark: ClockMark::of(clock.as_ref()),
        })
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            sources: &self.sources,
            hosts: &self.hosts,
            origins: &self.origins,
            place: self.place.as_deref(),
            software: &self.software,
            folders: &self.folders,
            clock: Some(self.mark),
        }
    }

    /// What is measured without a browser, before the first page; each fact is told when it comes.
    pub(crate) async fn before(self: &Arc<Self>, told: Telling) -> Vec<Fact> {
        self.aside(move |around| probes::before(&around.world, &around.asked(), &|fact| told(fact))).await
    }

    /// What is measured again at the end.
    pub(crate) async fn after(self: &Arc<Self>) -> Vec<Fact> {
        self.aside(|around| probes::after(&around.world, &around.asked(), &|_| ())).await
    }

    /// The clock, once more, while the session runs.
    pub(crate) async fn clock_again(self: &Arc<Self>) -> Vec<Fact> {
        let again = |around: &Self| probes::clock_again(&around.world, &around.asked(), "interval", Some(&around.mark));
        self.aside(move |around| vec![again(around)]).await
    }

    /// What registries and resolvers say of the hosts that were visited.
    pub(crate) async fn targets(self: &Arc<Self>, used: Vec<(String, Vec<IpAddr>)>) -> Vec<Fact> {
        self.aside(move |around| probes::targets(&around.world, &around.asked(), &used)).await
    }

    /// Searches a file for malware.
    pub(crate) async fn scan(self: &Arc<Self>, path: PathBuf) -> Vec<Fact> {
        self.aside(move |around| vec![probes::scan_file(&around.world, &around.sources, &path)]).await
    }

    /// The probes block while they wait for answers: they have a thread of their own.
    async fn aside(self: &Arc<Self>, probe: impl FnOnce(&Self) -> Vec<Fact> + Send + 'static) -> Vec<Fact> {
        let around = Arc::clone(self);
        tokio::task::spawn_blocking(move || probe(&around)).await.unwrap_or_default()
    }
}

/// The private folders, listed before the browser starts: they must be empty.
pub(crate) fn folder_facts(workspace: &Workspace) -> Result<Vec<Fact>, CaptureError> {
    let how = "liste du dossier neuf, avant le lancement du navigateur";
    let mut facts = Vec::new();
    for (op, path) in [(op::CLEAN_PROFILE, workspace.profile()), (op::CLEAN_TEMP, workspace.temp())] {
        let entries = Workspace::listing(&path)?;
        let data = json!({"path": path.display().to_string(), "entries": entries.len(), "how": how});
        facts.push(Fact::judged(op, entries.is_empty(), data));
    }
    Ok(facts)
}

/// Told of each fact as soon as it is measured.
pub type Telling = Arc<dyn Fn(&Fact) + Send + Sync>;

fn tell(facts: &mut Vec<Fact>, more: Vec<Fact>, told: &Telling) {
    more.iter().for_each(|fact| told(fact));
    facts.extend(more);
}

/// The preliminaries alone, without a dossier: the same facts as a capture would journal. Starts a browser and stops it.
pub async fn measure(
    scenario: &Scenario,
    choice: &BrowserChoice,
    software: &Software,
    sources: &Sources,
    clock: Arc<dyn Clock>,
    told: Telling,
) -> Result<Vec<Fact>, CaptureError> {
    let found = find_browser(choice)?;
    let digest = found.digest();
    let workspace = Workspace::create()?;
    let mut facts = Surroundings::of(scenario, software, sources, &clock, &workspace).before(Arc::clone(&told)).await;
    tell(&mut facts, folder_facts(&workspace)?, &told);
    workspace.write_preferences()?;
    let table = switches(&scenario.navigateur, !runs_as_root(), false);
    let mut browser = launch(&found.binary, &table, &scenario.navigateur, &workspace, None).await?;
    let how = json!({"binary": found.binary.display().to_string(), "how": "lancé pour cet examen, puis arrêté"});
    tell(&mut facts, vec![Fact::new(op::BROWSER_START, Outcome::Ok, how)], &told);
    let (cdp, receiver) = Cdp::connect(&browser.websocket).await.map_err(lost)?;
    let version = cdp.call(None, "Browser.getVersion", json!({})).await.map_err(lost)?;
    // Nothing is visited: the archive of this browser stays in the private folder and goes away with it.
    let archive = Archive::open(&workspace.spool(), None, clock.now(), &[("software", software.name.as_str())])?;
    let limit = scenario.limites.corps;
    let recorder = Recorder::new(cdp.clone(), clock, archive.handle.clone(), limit, &workspace, Vec::new());
    let events = tokio::spawn(Arc::clone(&recorder).run(receiver));
    let page = open_page(&recorder, &scenario.navigateur, &workspace).await?;
    let read = browser_facts(&page, (&found, digest), &version, scenario, &table, &workspace).await;
    tell(&mut facts, read, &told);
    tell(&mut facts, vec![protocol_fact(&browser.websocket).await], &told);
    let _ = cdp.call_within(None, "Browser.close", json!({}), std::time::Duration::from_secs(3)).await;
    browser.stop().await;
    events.abort();
    archive.finish().await?;
    Ok(facts)
}
