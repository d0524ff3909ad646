//! The end of a session: last measures, browser stopped and wiped, archive finished, dossier closed.
use std::time::Duration;

use dossier::{
    ArtefactKind, ArtefactMeta, ArtefactPath, Finding, Level, MissingReason, Origin, Outcome, SessionState, op,
};
use serde_json::json;

use super::{Session, Started};
use crate::archive::{self, Ended};
use crate::{CaptureError, Captured, certificates};

/// How long the browser may take to hear that it must end.
pub(super) const CLOSE: Duration = Duration::from_secs(3);
/// How long its last messages may take.
pub(super) const EVENTS: Duration = Duration::from_secs(5);
/// The messages of the browser that could not be read.
const UNREAD: &str = "logs/messages-illisibles.txt";
/// How much of the browser's own log is kept.
const LOG: usize = 1024 * 1024;

/// What this version never records, whatever the page: part of the signed statement of incompleteness.
const NEVER_RECORDED: &[&str] = &[
    "L'ordre et la casse des en-têtes, sauf ceux des réponses HTTP/1.1 et des ouvertures WebSocket, que le navigateur rend \
     tels quels.",
    "Le découpage des messages WebSocket en trames, leur compression et leurs trames de contrôle (ping, pong, fermeture et \
     son code) : les messages enregistrés sont ceux que le navigateur remet à la page.",
    "Les échanges WebTransport, WebRTC et de connexions directes (TCP, UDP) : seule l'ouverture est notée, et pour WebRTC \
     elle ne l'est pas.",
    "Le corps des réponses de redirection ; la demande de mot de passe (401) à laquelle le navigateur répond de lui-même, et \
     la requête qu'il répète alors.",
    "Les téléchargements demandés par un lien « download », hors de la page : le fichier est conservé, non l'échange.",
    "Les contenus « data: » et « blob: » dont le navigateur ne signale pas l'emploi.",
    "Les appels que le navigateur tente de lui-même vers les services de son éditeur (mises à jour, comptes) : l'interface par \
     laquelle il est observé ne les annonce pas. Deux commutateurs les dirigent vers une adresse de la machine où rien n'écoute ; \
     le rapprochement les liste.",
];
/// What is last in that list when the session is not filmed, or filmed without sound.
const NO_FILM: &str = "Le son et l'image animée.";
const SILENT_FILM: &str = "Le son ; l'image animée l'est par le film de la session.";

/// What stands first in that list when no packets were asked for, or could be taken.
const NO_PACKETS: &str = "Les octets exacts du réseau (paquets, trames HTTP/2 et HTTP/3, clés de session TLS) : les corps sont \
                          ceux que le navigateur a décodés.";
/// The same, when the packets that were taken are not all there.
const SOME_PACKETS: &str = "Une partie des octets exacts du réseau : la capture de paquets n'est pas complète, ce qui y manque \
                            est dit à part. Dans l'archive, les corps sont ceux que le navigateur a décodés.";
/// The same, when they are.
const PACKETS: &str = "Les paquets qui ne sont d'aucune connexion du navigateur, dont ceux des résolutions de noms que le \
                       système a faites pour lui. Dans l'archive, les corps sont ceux que le navigateur a décodés.";

impl Session<'_> {
    fn never_recorded(&self) -> Vec<&'static str> {
        let first = match (self.packets_whole, self.packets_kept) {
            (Some(true), _) => PACKETS,
            (_, true) => SOME_PACKETS,
            (_, false) => NO_PACKETS,
        };
        let last = match self.presence.kept.filmed() {
            None => Some(NO_FILM),
            Some(false) => Some(SILENT_FILM),
            Some(true) => None,
        };
        [first].into_iter().chain(NEVER_RECORDED.iter().copied()).chain(last).collect()
    }

    pub(super) async fn finish(mut self, mut started: Started, state: SessionState) -> Result<Captured, CaptureError> {
        self.last_clock().await?;
        self.measure_targets().await?;
        let facts = self.around.after().await;
        self.note_end(facts)?;
        self.end_presence()?;
        let loss = self.lost;
        self.end_browser(&mut started, loss).await?;
        // Those of a browser that did not start.
        self.end_packets()?;
        let Started { running, archive, .. } = started;
        if self.totals.redacted > 0 {
            let what = "Une valeur confidentielle saisie a été masquée dans les requêtes archivées.";
            let masked = self.totals.redacted;
            self.find(Finding::new("capture.secret_masked", Level::Info, what).found(masked))?;
        }
        self.tell_typed()?;
        if !self.totals.echoed.is_empty() {
            let what = "Un serveur a rendu en clair une valeur confidentielle : sa réponse est dans l'archive telle qu'elle est venue, et                         peut être caviardée.";
            let first = self.totals.echoed.iter().take(5).map(|url| url.split('?').next().unwrap_or(url).to_owned());
            let found = format!("{} : {}", self.totals.echoed.len(), first.collect::<Vec<_>>().join(" ; "));
            self.warn("capture.secret_in_answer", what, &found)?;
        }
        drop(running);
        let ended = archive.finish().await?;
        self.keep_archive(&ended)?;
        let (answers, apart) = self.totals.ages.line();
        let outcome = if apart { Outcome::Deviation } else { Outcome::Ok };
        self.dossier.record(op::ARCHIVE_ANSWERS, outcome, answers)?;
        self.compare_replay(ended.digests).await?;
        self.keep_certificates()?;
        let unparsed = std::mem::take(&mut self.totals.unparsed);
        self.keep_unparsed(&unparsed)?;
        let totals = json!({
            "requests_seen": self.totals.seen, "exchanges_stored": self.totals.stored,
            "messages_unparsed": unparsed.len(), "never_recorded": self.never_recorded(),
        });
        self.dossier.record(op::INCOMPLETE, Outcome::Deviation, totals)?;
        self.close_time().await?;
        let dossier = self.dossier.close(state)?;
        Ok(Captured { dossier, state, findings: self.findings })
    }

    /// The browser's own log; those of browsers that replaced the first are numbered.
    pub(super) fn keep_log(&mut self, log: &std::path::Path) -> Result<(), CaptureError> {
        let mut bytes = std::fs::read(log).unwrap_or_default();
        bytes.truncate(LOG);
        if !bytes.is_empty() {
            let meta = ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "text/plain");
            let path = match self.browsers {
                0 | 1 => "logs/chromium.txt".to_owned(),
                n => format!("logs/chromium-{n}.txt"),
            };
            self.dossier.keep_bytes(ArtefactPath::new(path)?, meta, &bytes)?;
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
        let received = bytes.len();
        self.dossier.keep_bytes(ArtefactPath::new(UNREAD)?, meta, &bytes)?;
        let data = json!({
            "step": null, "page": null, "url": format!("({} messages du navigateur)", unparsed.len()),
            "reason": MissingReason::Unparsed, "detail": format!("conservés tels quels : {UNREAD}"),
            "bytes_received": received, "bytes_stored": received,
        });
        self.dossier.record(op::INCOMPLETE, Outcome::Deviation, data)?;
        let what = "Des messages du navigateur n'ont pas pu être lus ; ils sont conservés tels quels.";
        self.find(Finding::new("capture.unparsed", Level::Warn, what).values(0, unparsed.len()))
    }
}
