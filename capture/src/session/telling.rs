//! After each step: what the recorder noticed goes into the journal, and the archive is bound to it.
use std::net::IpAddr;

use dossier::{Finding, Level, Outcome, op};
use probes::public_root;
use serde_json::json;

use super::{Running, Session};
use crate::archive::ARCHIVE;
use crate::recorder::{Limit, Notice};
use crate::{CaptureError, Event, certificates};

impl Session<'_> {
    /// Settles the recorder, tells what it noticed, and writes a checkpoint of the archive.
    pub(super) async fn after_step(&mut self, running: &Running) -> Result<(), CaptureError> {
        self.hide_typed();
        self.keep_unasked_downloads(running, None).await?;
        self.keep_time().await?;
        self.keep_clock().await?;
        self.keep_film()?;
        running.recorder.settle().await;
        if self.tell_notices(running)? && self.lost.is_none() {
            // A page that another window hides is not drawn: its pictures would never come.
            let _ = running.page.call("Page.bringToFront", json!({})).await;
        }
        self.tell_targets(running).await?;
        let checkpoint = running.archive.checkpoint().await?;
        let mut missing = running.recorder.take_missing();
        missing.extend(running.archive.take_refused());
        self.tell_missing(missing)?;
        let data = json!({
            "path": ARCHIVE, "bytes": checkpoint.digests.bytes, "sha256": checkpoint.digests.sha256,
            "records": checkpoint.records,
        });
        self.dossier.record(op::ARCHIVE_CHECKPOINT, Outcome::Ok, data)?;
        let (requests, exchanges) = {
            let state = running.recorder.state();
            (state.requests_seen, state.exchanges_stored)
        };
        self.progress.event(&Event::Recorded { requests, exchanges, bytes: running.archive.bytes() });
        Ok(())
    }

    /// Tells what was noticed; true when another window was opened.
    fn tell_notices(&mut self, running: &Running) -> Result<bool, CaptureError> {
        let mut window = false;
        for notice in running.recorder.take_notices() {
            match notice {
                Notice::Dialog { kind, message, url } => {
                    let what = format!(
                        "Une fenêtre de dialogue ({kind}) s'est ouverte ; elle a été refermée sans y répondre."
                    );
                    let found = format!("{url} : {}", message.chars().take(500).collect::<String>());
                    self.find(Finding::new("capture.dialog", Level::Info, what).found(found))?;
                }
                // That of the page of the capture is told as a loss.
                Notice::Crash { session } if session.as_deref() == Some(&running.page.session) => {}
                Notice::Crash { session } => {
                    self.whole = false;
                    let what = "Le processus d'affichage d'une page s'est arrêté brutalement.";
                    self.warn("capture.page_crash", what, session.as_deref().unwrap_or(""))?;
                }
                Notice::Unobserved { kind, url, why } => {
                    let what = format!("Une partie du navigateur ({kind}) n'a pas pu être observée entièrement.");
                    self.warn("capture.unobserved", what, &format!("{} : {why}", short(&url)))?;
                }
                Notice::Target { kind, url } if kind == "page" => {
                    window = true;
                    let what = "La page a ouvert une autre fenêtre ; ses échanges sont enregistrés, et la page de la \
                                capture est remise devant.";
                    self.find(Finding::new("capture.window", Level::Info, what).found(short(&url)))?;
                }
                Notice::Target { kind, url } if kind == "iframe" && running.recorder.telephone().is_some() => {
                    let what = "Un cadre de la page est affiché dans un processus à part : il n'a pas l'écran du téléphone simulé.";
                    self.warn("capture.telephone_frame", what, &short(&url))?;
                }
                Notice::Target { .. } => {}
                Notice::Limit { limit, allowed, found, url } => self.tell_limit(limit, allowed, found, &url)?,
            }
        }
        let untold = running.recorder.dialogs_untold();
        if untold > 0 {
            let what = "D'autres fenêtres de dialogue se sont ouvertes, trop nombreuses pour être dites une par une.";
            self.warn("capture.dialogs", what, &untold.to_string())?;
        }
        Ok(window)
    }

    /// A budget of the page that was exceeded, and what was done of it.
    fn tell_limit(&mut self, limit: Limit, allowed: u64, found: u64, url: &str) -> Result<(), CaptureError> {
        let (code, what) = match limit {
            Limit::Requests => (
                "capture.limit_requests",
                "La page a demandé plus d'éléments que la limite du scénario : son chargement et ses scripts ont été \
                 arrêtés un instant, la page est constatée dans l'état où elle était alors.",
            ),
            Limit::Octets => (
                "capture.limit_octets",
                "La page a reçu plus d'octets que la limite du scénario : son chargement et ses scripts ont été \
                 arrêtés un instant, la page est constatée dans l'état où elle était alors.",
            ),
            Limit::Download => {
                ("capture.limit_download", "Un téléchargement dépassait la limite du scénario : il a été interrompu.")
            }
            Limit::Windows => {
                ("capture.limit_windows", "La page a ouvert trop de fenêtres : les suivantes ont été refermées.")
            }
        };
        self.whole = false;
        self.find(Finding::new(code, Level::Warn, what).values(allowed, format!("{found}, {}", short(url))))
    }

    /// What the connections told of each origin not told yet.
    async fn tell_targets(&mut self, running: &Running) -> Result<(), CaptureError> {
        for (origin, facts) in running.recorder.new_hosts() {
            let host = url::Url::parse(&origin).ok().and_then(|u| u.host_str().map(str::to_owned)).unwrap_or_default();
            let used = facts.addresses.iter().filter_map(|a| a.trim_matches(['[', ']']).parse::<IpAddr>().ok());
            self.hosts.entry(host.clone()).or_default().extend(used);
            let chain = if facts.security.is_some() { chain(running, &origin).await } else { Vec::new() };
            let certificate = facts.security.as_ref().map(|s| certificates::facts(s, &chain));
            let tls = facts.security.as_ref().and_then(|s| s.get("protocol").cloned());
            let public =
                (!chain.is_empty()).then(|| public_root(&chain, self.clock.now(), self.plan.sources.roots.as_deref()));
            let why = public.as_ref().and_then(|found| found.as_ref().err().map(ToString::to_string));
            let evidence = (!chain.is_empty()).then_some("net/certificats.json");
            if let Some(security) = facts.security.as_ref().filter(|_| !chain.is_empty()) {
                let told = certificates::accepted(security, &facts.security_state);
                running.archive.keep(certificates::resource(&origin, &chain, self.clock.now(), told));
                self.certificates.insert(origin.clone(), chain);
            }
            let data = json!({
                "step": self.step, "origin": origin, "host": host, "addresses": facts.addresses,
                "protocols": facts.protocols, "certificate": certificate, "tls": tls,
                "resolved": "adresses des connexions du navigateur (Network.Response.remoteIPAddress)",
                "public_root": public.map(|found| found.is_ok()), "not_public": why, "relay_signs": facts.relay_signs,
                "evidence": evidence,
            });
            let outcome = if why.is_none() { Outcome::Ok } else { Outcome::Deviation };
            self.dossier.record(op::TARGET_FACTS, outcome, data)?;
            if let Some(why) = why {
                let what = "Le certificat présenté par un site ne remonte à aucune racine publique : un intermédiaire a pu s'interposer.";
                self.warn("capture.not_public_root", what, &format!("{host} : {why}"))?;
            }
        }
        Ok(())
    }
}

/// An address that a page chose may be of any length.
fn short(url: &str) -> String {
    url.chars().take(500).collect()
}

async fn chain(running: &Running, origin: &str) -> Vec<Vec<u8>> {
    let (cdp, session) = (&running.recorder.cdp, Some(running.page.session.as_str()));
    let answer = cdp.call(session, "Network.getCertificate", json!({"origin": origin})).await;
    answer.map(|a| certificates::chain(&a, "/tableNames")).unwrap_or_default()
}
