//! What is measured while the session runs: the clock at an interval, and each file that was downloaded searched for malware.
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use dossier::{ArtefactPath, Finding, Level, Outcome};
use probes::Fact;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant as Tick;
use url::Url;

use super::Session;
use crate::CaptureError;
use crate::cdp::text;

/// How long a session may last without a measure of the clock.
const EVERY: Duration = Duration::from_secs(600);

/// The most sites asked about.
const TARGETS: usize = 10;

/// The measures of the clock between the first and the last.
#[derive(Default)]
pub(crate) struct Clocks {
    since: Option<Tick>,
    under_way: Option<JoinHandle<Vec<Fact>>>,
}

impl Session<'_> {
    /// Keeps the measure that came; begins another when the interval has passed. Steps do not wait for it.
    pub(crate) async fn keep_clock(&mut self) -> Result<(), CaptureError> {
        if self.clocks.under_way.as_ref().is_some_and(JoinHandle::is_finished) {
            self.last_clock().await?;
        }
        let since = *self.clocks.since.get_or_insert_with(Tick::now);
        let every = self.plan.sources.clock_every.unwrap_or(EVERY);
        if self.clocks.under_way.is_none() && since.elapsed() >= every && !self.plan.sources.time_servers.is_empty() {
            let around = self.around.clone();
            self.clocks.since = Some(Tick::now());
            self.clocks.under_way = Some(tokio::spawn(async move { around.clock_again().await }));
        }
        Ok(())
    }

    /// Waits for the measure under way: each ends by itself.
    pub(crate) async fn last_clock(&mut self) -> Result<(), CaptureError> {
        match self.clocks.under_way.take() {
            Some(measure) => self.note_facts(measure.await.unwrap_or_default()),
            None => Ok(()),
        }
    }

    /// What registries and resolvers say of the sites of the pages, with the addresses the browser really used.
    pub(crate) async fn measure_targets(&mut self) -> Result<(), CaptureError> {
        let reached = self.pages.iter().filter_map(|page| Url::parse(&page.url).ok()?.host_str().map(str::to_owned));
        let hosts: BTreeSet<String> = self.plan.scenario.hosts().into_iter().chain(reached).take(TARGETS).collect();
        let used: Vec<(String, Vec<IpAddr>)> = hosts
            .into_iter()
            .filter_map(|host| self.hosts.get(&host).map(|used| (host, used.iter().copied().collect())))
            .collect();
        if used.is_empty() {
            return Ok(());
        }
        let facts = self.around.targets(used).await;
        self.note_facts(facts)
    }

    /// Searches a file that was just kept; `facts` are those of the download. What is found is told, the file stays.
    pub(crate) async fn search_download(&mut self, facts: &Value) -> Result<(), CaptureError> {
        let Some(path) = text(facts, "/path").map(ArtefactPath::new).transpose()? else { return Ok(()) };
        let found = self.around.scan(path.under(self.dossier.root())).await;
        for mut fact in found {
            // In the dossier the file has the name it will have in the bundle.
            fact.data["path"] = json!(path);
            let infected = fact.outcome == Outcome::Deviation && text(&fact.data, "/verdict") == Some("found");
            let name = text(&fact.data, "/name").unwrap_or("").to_owned();
            self.note_facts(vec![fact])?;
            if infected {
                let what = "Le moteur antivirus a reconnu un code malveillant dans un fichier téléchargé ; le fichier est gardé, jamais ouvert.";
                self.find(Finding::new("capture.malware", Level::Warn, what).found(format!("{path} : {name}")))?;
            }
        }
        Ok(())
    }
}
