//! The end of a session: last measures, browser stopped and wiped, archive finished, dossier closed.
use std::time::Duration;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Finding, Level, Origin, Outcome, SessionState, op};
use serde_json::json;

use super::{Running, Session, Started};
use crate::archive::{self, Ended};
use crate::{CaptureError, Captured, certificates, measure};

/// How much of the browser's own log is kept.
const LOG: usize = 1024 * 1024;

/// What this version never records, whatever the page: part of the signed statement of incompleteness.
const NEVER_RECORDED: &[&str] = &[
    "Les octets exacts du réseau (paquets, trames HTTP/2 et HTTP/3, clés de session TLS) : les corps sont ceux que le \
     navigateur a décodés.",
    "Les messages WebSocket, WebTransport et WebRTC : seule l'ouverture des liaisons est notée.",
    "Le texte et le code des cadres (iframe) et des zones à défilement interne, sauf ce que l'image en montre.",
    "Les contenus « data: » et « blob: », qui ne passent pas par le réseau.",
    "Le son et l'image animée.",
];

impl Session<'_> {
    pub(super) async fn finish(mut self, started: Started, state: SessionState) -> Result<Captured, CaptureError> {
        let Started { browser, running, events } = started;
        let Running { recorder, page, archive } = running;
        recorder.abandon().await;
        let (seen, stored, redacted) = {
            let state = recorder.state();
            (state.requests_seen, state.exchanges_stored, state.redacted)
        };
        if redacted > 0 {
            let what = "Une valeur confidentielle saisie a été masquée dans les requêtes archivées.";
            self.find(Finding::new("capture.secret_masked", Level::Info, what).found(redacted))?;
        }
        // Written before it is asked what was refused.
        archive.handle.checkpoint().await?;
        let mut missing = recorder.take_missing();
        missing.extend(archive.handle.take_refused());
        self.tell_missing(missing)?;
        self.note_facts(measure::closing_facts(&self.plan.scenario))?;
        let log = browser.log.clone();
        // An answer may never come: the connection closes with the browser.
        let _ = recorder.cdp.call_within(None, "Browser.close", json!({}), Duration::from_secs(3)).await;
        let exit = browser.stop().await;
        let unparsed = recorder.cdp.unparsed();
        if tokio::time::timeout(Duration::from_secs(5), events).await.is_err() {
            tracing::warn!("the browser's connection did not end");
        }
        self.keep_log(&log)?;
        let removed = self.workspace.remove();
        let outcome = if removed && exit != "killed" { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::BROWSER_STOP, outcome, json!({"exit": exit, "profile_removed": removed}))?;
        drop((page, recorder));
        let ended = archive.finish().await?;
        self.keep_archive(&ended)?;
        self.compare_replay(ended.digests).await?;
        self.keep_certificates()?;
        self.keep_unparsed(&unparsed)?;
        let totals = json!({
            "requests_seen": seen, "exchanges_stored": stored, "messages_unparsed": unparsed.len(),
            "never_recorded": NEVER_RECORDED,
        });
        self.dossier.record(op::INCOMPLETE, Outcome::Deviation, totals)?;
        let dossier = self.dossier.close(state)?;
        Ok(Captured { dossier, state, findings: self.findings })
    }

    fn keep_log(&mut self, log: &std::path::Path) -> Result<(), CaptureError> {
        let mut bytes = std::fs::read(log).unwrap_or_default();
        bytes.truncate(LOG);
        if !bytes.is_empty() {
            let meta = ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "text/plain");
            self.dossier.keep_bytes(ArtefactPath::new("logs/chromium.txt")?, meta, &bytes)?;
        }
        Ok(())
    }

    fn keep_archive(&mut self, ended: &Ended) -> Result<(), CaptureError> {
        let meta = ArtefactMeta::new(ArtefactKind::ArchiveIndex, Origin::Produced, "text/x-cdxj");
        let index = match archive::cdxj(self.dossier.root()) {
            Ok(index) => index,
            Err(error) => {
                let what = "L'index de l'archive n'a pas pu être établi.";
                self.warn("capture.index", what, &error.to_string())?;
                Vec::new()
            }
        };
        self.dossier.keep_bytes(ArtefactPath::new("indexes/index.cdxj")?, meta, &index)?;
        let meta = ArtefactMeta::new(ArtefactKind::ArchivePages, Origin::Produced, "application/jsonl");
        let title = self.plan.scenario.objet.clone().unwrap_or_else(|| "Pages".into());
        let pages = archive::pages(&self.pages, &title);
        self.dossier.keep_bytes(ArtefactPath::new("pages/pages.jsonl")?, meta, &pages)?;
        self.dossier.announce(archive::artefact(ended.digests)?)?;
        match &ended.failure {
            Some(fatal) => Err(fatal.clone().error()),
            None => Ok(()),
        }
    }

    fn keep_certificates(&mut self) -> Result<(), CaptureError> {
        if !self.certificates.is_empty() {
            let document = certificates::document(&self.certificates);
            self.evidence("certificats.json", "application/json", &document)?;
        }
        Ok(())
    }

    fn keep_unparsed(&mut self, unparsed: &[String]) -> Result<(), CaptureError> {
        if unparsed.is_empty() {
            return Ok(());
        }
        let meta = ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "text/plain");
        let bytes = unparsed.join("\n").into_bytes();
        self.dossier.keep_bytes(ArtefactPath::new("logs/messages-illisibles.txt")?, meta, &bytes)?;
        let what = "Des messages du navigateur n'ont pas pu être lus ; ils sont conservés tels quels.";
        self.find(Finding::new("capture.unparsed", Level::Warn, what).values(0, unparsed.len()))
    }
}
