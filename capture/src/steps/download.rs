//! `telecharger`: the browser's own download, into a private folder, kept under a safe name.
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::time::Duration;

use dossier::{
    ArtefactKind, ArtefactMeta, ArtefactPath, DossierError, Finding, Level, Missing, MissingReason, Origin,
    Sha256Digest,
};
use serde_json::{Value, json};
use tokio::time::Instant as Tick;
use url::Url;

use super::click::{press, ready};
use super::{Failure, StepResult};
use crate::CaptureError;
use crate::cdp::text;
use crate::recorder::{Download, MissingAt};
use crate::scenario::Telechargement;
use crate::session::{Running, Session};

/// How long a download may take to begin.
const BEGIN: Duration = Duration::from_secs(8);
/// How long one that no step asked for may still take when the session ends.
pub(crate) const UNASKED: Duration = Duration::from_secs(10);
/// The most files kept of a session.
const MOST: u32 = 500;
/// How long a download may stay without an octet more.
const STALL: Duration = Duration::from_secs(30);

impl Session<'_> {
    pub(crate) async fn download(&mut self, running: &Running, quoi: &Telechargement) -> StepResult {
        let known: BTreeSet<String> = running.recorder.state().downloads.keys().cloned().collect();
        match quoi {
            Telechargement::Clic(cible) => {
                let found = ready(&running.page, cible).await?;
                press(&running.page, &found).await?;
            }
            Telechargement::Adresse(url) => {
                let answer = running.page.call("Page.navigate", json!({"url": url.as_str()})).await?;
                // The page is given up for a download: that is how it should be.
                let given_up = |e: &&str| !e.is_empty() && *e != "net::ERR_ABORTED";
                if let Some(error) = text(&answer, "/errorText").filter(given_up) {
                    let (code, why) = super::navigation::meaning(error);
                    return Err(Failure::step(code, why));
                }
            }
        }
        self.finish_download(running, &known).await
    }

    /// Waits for a download that is not among `known`, keeps its file, and tells what the archive lacks of it.
    pub(super) async fn finish_download(&mut self, running: &Running, known: &BTreeSet<String>) -> StepResult {
        let (guid, download) = wait(running, known, &mut self.downloads_known).await?;
        let facts = self.keep_download(&guid, &download)?;
        self.search_download(&facts).await?;
        running.recorder.settle().await;
        tell_unrecorded(running, &download, &facts);
        Ok(facts)
    }

    /// Downloads that no step asked for: those that are complete are kept, and told. With `end` the browser ends: those
    /// under way get so much time, and are then listed as cut.
    pub(crate) async fn keep_unasked_downloads(
        &mut self,
        running: &Running,
        end: Option<Duration>,
    ) -> Result<(), CaptureError> {
        let deadline = Tick::now() + end.unwrap_or(Duration::ZERO);
        loop {
            let new = running.recorder.downloads_but(&self.downloads_known);
            let over = Tick::now() >= deadline;
            for (guid, download) in &new {
                match download.state.as_str() {
                    "completed" => self.keep_unasked(running, guid, download).await?,
                    "canceled" => self.lose_unasked(running, guid, download, "téléchargement interrompu")?,
                    _ if end.is_some() && over => {
                        self.lose_unasked(running, guid, download, "téléchargement encore en cours à la fin")?;
                    }
                    _ => {}
                }
            }
            if over || new.iter().all(|(guid, _)| self.downloads_known.contains(guid)) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn keep_unasked(&mut self, running: &Running, guid: &str, download: &Download) -> Result<(), CaptureError> {
        self.downloads_known.insert(guid.to_owned());
        if self.downloads >= MOST {
            return self.lose_unasked(running, guid, download, "trop de téléchargements");
        }
        let facts = match self.keep_download(guid, download) {
            Ok(facts) => facts,
            Err(Failure::Step { why, .. }) => return self.lose_unasked(running, guid, download, &why),
            Err(Failure::Stopped { .. }) => {
                return self.lose_unasked(running, guid, download, "La session a été arrêtée.");
            }
            Err(Failure::Capture(error)) => return Err(error),
        };
        self.search_download(&facts).await?;
        running.recorder.settle().await;
        tell_unrecorded(running, download, &facts);
        let what = "Un téléchargement que le scénario ne demandait pas a eu lieu : le fichier est conservé.";
        let found = format!("{} : {} octets, {}", facts["path"], facts["bytes"], download.url);
        self.find(Finding::new("capture.download_unasked", Level::Info, what).found(found))
    }

    fn lose_unasked(
        &mut self,
        running: &Running,
        guid: &str,
        download: &Download,
        why: &str,
    ) -> Result<(), CaptureError> {
        self.downloads_known.insert(guid.to_owned());
        let missing = Missing {
            url: download.url.clone(),
            reason: MissingReason::Truncated,
            detail: Some(why.to_owned()),
            bytes_received: Some(download.received),
            bytes_stored: 0,
        };
        running.recorder.state().missing.push(MissingAt { page: String::new(), missing });
        let what = "Un téléchargement que le scénario ne demandait pas a commencé ; rien n'en est conservé.";
        self.warn("capture.download_lost", what, &format!("{why} : {}", download.url))
    }

    fn keep_download(&mut self, guid: &str, download: &Download) -> StepResult {
        let from = self.workspace.downloads().join(guid);
        let mut file = File::open(&from)
            .map_err(|e| Failure::step("capture.download", format!("Le fichier téléchargé est illisible : {e}.")))?;
        self.downloads += 1;
        let name = safe_name(&offered_name(&download.name, &download.url));
        let path = ArtefactPath::new(format!("downloads/{:04}-{name}", self.downloads))?;
        let media_type =
            infer::get_from_path(&from).ok().flatten().map_or("application/octet-stream", |t| t.mime_type());
        let mut meta = ArtefactMeta::new(ArtefactKind::Download, Origin::Observed, media_type).of_step(self.step, None);
        meta = meta.from_page(download.url.clone(), self.clock.now());
        let mut writer = self.dossier.begin(path.clone(), meta)?;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let read = file.read(&mut buffer).map_err(|e| DossierError::io("read", &from, e))?;
            let Some(part) = buffer.get(..read).filter(|part| !part.is_empty()) else { break };
            writer.write_all(part).map_err(|e| DossierError::io("write", path.under(self.dossier.root()), e))?;
        }
        let kept = self.dossier.keep(writer)?;
        let _ = std::fs::remove_file(&from);
        let declared = self.keep_declared(self.downloads, &kept.path, &download.url)?;
        Ok(json!({
            "path": kept.path, "url": download.url, "suggested_name": download.name, "bytes": kept.digests.bytes,
            "sha256": kept.digests.sha256, "media_type": media_type,
            "declared": declared,
        }))
    }
}

/// A download asked by the browser outside the page (`a download`): the debugging interface tells nothing of its exchange.
fn tell_unrecorded(running: &Running, download: &Download, facts: &Value) {
    let mut state = running.recorder.state();
    if state.stored.contains(&Sha256Digest::of(download.url.as_bytes())) {
        return;
    }
    let missing = Missing {
        url: download.url.clone(),
        reason: MissingReason::NotRecorded,
        detail: Some(format!("téléchargement hors de la page ; fichier conservé : {}", facts["path"])),
        bytes_received: Some(download.received),
        bytes_stored: 0,
    };
    state.missing.push(MissingAt { page: String::new(), missing });
}

/// Waits until a download not among `known` is complete; it is then among those `told`, however it ended.
async fn wait(
    running: &Running,
    known: &BTreeSet<String>,
    told: &mut BTreeSet<String>,
) -> Result<(String, Download), Failure> {
    let start = Tick::now();
    let mut progress = (0, start);
    loop {
        let new = {
            let state = running.recorder.state();
            state.downloads.iter().find(|(guid, _)| !known.contains(*guid)).map(|(g, d)| (g.clone(), d.clone()))
        };
        if let Some((guid, _)) = &new {
            told.insert(guid.clone());
        }
        match new {
            Some((guid, download)) if download.state == "completed" => return Ok((guid, download)),
            Some((guid, download)) if download.state == "canceled" => return Err(cancelled(running, &guid, &download)),
            Some((_, download)) => {
                if download.received > progress.0 {
                    progress = (download.received, Tick::now());
                }
                if progress.1.elapsed() > STALL {
                    return Err(Failure::step("capture.download", "Le téléchargement n'avance plus."));
                }
            }
            None if start.elapsed() > BEGIN => {
                return Err(Failure::step("capture.download", "Aucun téléchargement n'a commencé."));
            }
            None => {}
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A download that did not come to its end: nothing of it is kept by the browser.
fn cancelled(running: &Running, guid: &str, download: &Download) -> Failure {
    let ours = running.recorder.was_cancelled(guid);
    let missing = Missing {
        url: download.url.clone(),
        reason: MissingReason::Truncated,
        detail: Some(if ours { "téléchargement interrompu à la limite" } else { "téléchargement interrompu" }.into()),
        bytes_received: Some(download.received),
        bytes_stored: 0,
    };
    running.recorder.state().missing.push(MissingAt { page: String::new(), missing });
    Failure::step(
        "capture.download",
        if ours {
            "Le téléchargement dépassait la limite du scénario : il a été interrompu, rien n'en est conservé."
        } else {
            "Le téléchargement a été interrompu par le navigateur ou le site."
        },
    )
}

/// The name of a file for which the site offers none: the end of its address, as browsers do. The browser's own word is
/// then `download` (Chromium's `GenerateFileName`), with an extension that its media type may give.
fn offered_name(suggested: &str, address: &str) -> String {
    let (stem, extension) = suggested.split_once('.').unwrap_or((suggested, ""));
    if !(stem.is_empty() || matches!(stem, "download" | "telechargement" | "téléchargement")) {
        return suggested.to_owned();
    }
    let Ok(url) = Url::parse(address) else { return suggested.to_owned() };
    let Some(segment) = url.path_segments().and_then(|mut all| all.rfind(|s| !s.is_empty())) else {
        return suggested.to_owned();
    };
    if extension.is_empty() || segment.contains('.') { segment.to_owned() } else { format!("{segment}.{extension}") }
}

/// A name that may stand in a dossier, made of the one the site suggests.
fn safe_name(suggested: &str) -> String {
    let mut name: String = suggested
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' })
        .collect();
    while name.contains("..") {
        name = name.replace("..", ".");
    }
    // The end is kept: it holds the extension.
    if name.len() > 80 {
        name = name.split_off(name.len() - 80);
    }
    let name = name.trim_start_matches(['.', '-', '_']).trim_end_matches(['.', '-']).to_owned();
    if name.is_empty() { "fichier".into() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_suggested_name_gives_a_path(name in ".{0,300}") {
            let path = format!("downloads/0001-{}", safe_name(&name));
            prop_assert!(ArtefactPath::new(path).is_ok());
        }
    }

    #[test]
    fn a_file_without_a_name_has_that_of_its_address() {
        for (suggested, address, name) in [
            ("download", "http://a.test/gros/?octets=3", "gros"),
            ("download.pdf", "http://a.test/pi%C3%A8ces/bail%20signe/", "bail%20signe.pdf"),
            ("", "http://a.test/a/rapport.pdf", "rapport.pdf"),
            ("download", "http://a.test/", "download"),
            ("download", "blob:http://a.test/1-2", "download"),
            ("plan.pdf", "http://a.test/autre", "plan.pdf"),
        ] {
            assert_eq!(offered_name(suggested, address), name, "{suggested} {address}");
        }
    }

    #[test]
    fn an_ordinary_name_is_kept() {
        assert_eq!(safe_name("Plaquette 2026.pdf"), "Plaquette-2026.pdf");
        assert_eq!(safe_name("../../etc/passwd"), "etc-passwd");
    }
}
