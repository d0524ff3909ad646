//! `[rejeu] comparer = true`: before the dossier is closed, its pages are rendered again from its own archive, and what
//! differs is kept with the rest, so that it is sealed.
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Digests, Finding, Journal, Level, Origin, Outcome, op};
use serde_json::{Value, json};
use warc::{WaczMeta, WaczWriter};

use super::{Session, merged};
use crate::archive::ARCHIVE;
use crate::browser::Workspace;
use crate::replay::{
    PageOutcome, PageReport, ReplayPlan, ReplayReport, archived_404, compare, replay_pages, replay_settings,
};
use crate::{CaptureError, Event};

/// Where the report is in the dossier.
const REPORT: &str = "captures/rejeu.json";
const INDEX: &str = "indexes/index.cdxj";
const PAGES: &str = "pages/pages.jsonl";

impl Session<'_> {
    /// Compares when the scenario asks for it. That it could not be done is told, and the capture stands.
    pub(super) async fn compare_replay(&mut self, archive: Digests) -> Result<(), CaptureError> {
        if !self.plan.scenario.rejeu.comparer {
            return Ok(());
        }
        self.progress.event(&Event::Replay);
        let asked = json!({"how": "pages refaites hors ligne à partir de l'archive du dossier seule"});
        self.dossier.record(op::REPLAY_COMPARE, Outcome::Begin, asked)?;
        match self.replayed(archive).await {
            Ok(report) => self.keep_report(&report),
            Err(why) => {
                self.dossier.record(op::REPLAY_COMPARE, Outcome::NotDone, json!({"why": &why}))?;
                let what = "Les pages n'ont pas pu être refaites à partir de l'archive pour être comparées.";
                self.warn("replay.not_done", what, &why)
            }
        }
    }

    async fn replayed(&self, archive: Digests) -> Result<ReplayReport, String> {
        let server = self.plan.replay.as_ref().ok_or("aucun moteur de relecture n'a été donné")?;
        let root = self.dossier.root();
        let workspace = Workspace::create().map_err(|e| e.to_string())?;
        let wacz = workspace.spool().join("capture.wacz");
        let text = |name: &str| std::fs::read_to_string(root.join(name)).map_err(|e| format!("{name} : {e}"));
        let (index, listed) = (text(INDEX)?, text(PAGES)?);
        self.pack(&wacz, archive, &index, &listed)?;
        let journal = File::open(root.join("journal.jsonl")).map_err(|e| e.to_string())?;
        let (journal, _) = Journal::read(journal).map_err(|e| e.why)?;
        let listed = warc::read_pages(&listed).map_err(|e| e.to_string())?;
        let index = warc::read_cdxj(&index).map_err(|e| e.to_string())?;
        let served = server.serve(&wacz)?;
        let limits = self.plan.scenario.limites;
        let plan = ReplayPlan {
            site: served.site().clone(),
            browser: self.plan.browser.clone(),
            settings: replay_settings(journal.entries()),
            page: limits.page,
            height: limits.hauteur,
            pages: replay_pages(journal.entries(), &listed, root),
            archived_404: archived_404(&index),
            output: workspace.temp(),
        };
        let clock = Arc::clone(&self.clock);
        compare(&plan, &clock, &|_, _| {}).await.map_err(|e| e.to_string())
    }

    /// The package the bundle will hold, without its signature: the engine replays the same octets.
    fn pack(&self, target: &Path, archive: Digests, index: &str, listed: &str) -> Result<(), String> {
        let file = File::create_new(target).map_err(|e| e.to_string())?;
        let mut writer = WaczWriter::new(file);
        let packed = writer
            .add_file(ARCHIVE, &self.dossier.root().join(ARCHIVE), &archive)
            .and_then(|()| writer.add_bytes(INDEX, index.as_bytes()))
            .and_then(|()| writer.add_bytes(PAGES, listed.as_bytes()));
        packed.map_err(|e| e.to_string())?;
        let meta = WaczMeta {
            title: "Rejeu".into(),
            description: None,
            created: self.clock.now(),
            software: self.software.clone(),
            main_page: None,
        };
        writer.finish(&meta, None).map(|_| ()).map_err(|e| e.to_string())
    }

    fn keep_report(&mut self, report: &ReplayReport) -> Result<(), CaptureError> {
        let bytes = serde_json::to_vec_pretty(report).unwrap_or_default();
        let meta = ArtefactMeta::new(ArtefactKind::Measure, Origin::Produced, "application/json");
        let kept = self.dossier.keep_bytes(ArtefactPath::new(REPORT)?, meta, &bytes)?;
        let pages: Vec<Value> = report.pages.iter().map(line).collect();
        let summary = serde_json::to_value(&report.summary).unwrap_or(Value::Null);
        let data = json!({
            "report": kept.path, "engine": report.engine, "browser": report.browser.product, "pages": pages,
            "tolerance": report.tolerance,
        });
        let whole = report.summary.replayed == report.summary.pages && report.summary.left == 0;
        let outcome = if whole { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::REPLAY_COMPARE, outcome, merged(data, json!({"summary": summary})))?;
        for page in report.pages.iter().filter(|page| page.outcome != PageOutcome::Replayed) {
            let what = format!("La capture n° {} n'a pas pu être refaite à partir de l'archive.", page.capture);
            self.warn("replay.page", &what, page.why.as_deref().unwrap_or(""))?;
        }
        for (code, level, what, count) in [
            (
                "replay.missing",
                Level::Warn,
                "Au rejeu, des ressources demandées par les pages ne sont pas dans l'archive.",
                report.summary.missing,
            ),
            (
                "replay.aborted",
                Level::Info,
                "Au rejeu, des requêtes ont été abandonnées avant leur fin : ce qu'elles devaient donner peut manquer aux \
                 images du rejeu.",
                report.summary.aborted,
            ),
            (
                "replay.left",
                Level::Warn,
                "Au rejeu, des requêtes ont cherché à sortir ; rien n'est sorti.",
                report.summary.left,
            ),
        ] {
            if count > 0 {
                self.find(Finding::new(code, level, what).values(0, count))?;
            }
        }
        Ok(())
    }
}

/// A page in the journal: its numbers, the rest being in the report.
fn line(page: &PageReport) -> Value {
    json!({
        "capture": page.capture, "outcome": page.outcome, "interactions": page.interactions,
        "viewport_visible_ppm": page.viewport.as_ref().map(|m| m.visible_ppm),
        "page_visible_ppm": page.page.as_ref().map(|m| m.visible_ppm),
        "text_similarity_ppm": page.text.as_ref().map(|m| m.similarity_ppm),
        "requests": page.requests, "missing": page.missing.count, "aborted": page.aborted.count,
        "left": page.left.count,
    })
}
