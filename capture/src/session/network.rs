//! A machine that loses its network while a step asks for something: the network is awaited, visibly and for so long, and the
//! step is tried once more. Nothing of it is silent; when the network does not come back, the session is left for later.
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::time::Duration;

use dossier::{Outcome, op};
use serde_json::json;
use tokio::time::Instant as Tick;
use url::{Host, Url};

use super::resume::Course;
use super::run::{Ended, needs_page};
use super::{Running, Session};
use crate::scenario::Etape;
use crate::{CaptureError, Captured, Event, StopReason};

/// How often the network is looked at while it is awaited.
const LOOK: Duration = Duration::from_millis(500);
/// How long a network that is back is left alone before it is used: addresses and routes come one after the other.
const SETTLE: Duration = Duration::from_secs(1);
/// Codes of a step that a missing network can be the cause of; a refusal is an answer, and none of them.
const MAYBE: [&str; 5] =
    ["capture.dns", "capture.timeout", "capture.navigation", "capture.download", "capture.element_missing"];
/// The code of a step that had no network.
const LOST: &str = "capture.network_lost";
const HOW: &str = "erreur du navigateur, puis table de routage du système (connexion UDP locale, sans envoi) et état des \
                   interfaces (/sys/class/net)";

impl Session<'_> {
    /// Whether a step ended because the machine has no network.
    pub(super) async fn network_lost(&self, ended: &Ended) -> bool {
        let Some(code) = ended.code.as_deref().filter(|_| !ended.stopped) else { return false };
        code == LOST || MAYBE.contains(&code) && !self.has_network()
    }

    /// Waits for the network, then tries the step once more; a network that does not come back suspends the session.
    pub(super) async fn after_network(
        &mut self,
        etape: &Etape,
        ended: Ended,
        (total, at): (u32, u32),
        running: &Running,
        deadline: &mut Tick,
    ) -> Result<Ended, CaptureError> {
        let step = self.step;
        let begun = Tick::now();
        let back = self.await_network(&ended).await?;
        // The limit is for pages that never end: a network that is away is not the page's doing.
        *deadline += begun.elapsed();
        if !back {
            let reason = self.stop.requested().unwrap_or(StopReason::Network);
            self.dossier.record(
                op::SESSION_STOP,
                Outcome::Note,
                json!({"why": reason.as_str(), "during_step": step}),
            )?;
            self.course.suspended = reason == StopReason::Network;
            return Ok(Ended { stopped: true, ..ended });
        }
        // The step may be done after all; that it took two is in the journal.
        self.whole = ended.whole;
        if needs_page(&etape.action) {
            let lost = super::resume::LOST.get(..3).unwrap_or_default();
            let stopped = self.regain_page(running, total, *deadline, at, lost).await?;
            self.step = step;
            if stopped {
                return Ok(Ended { stopped, ..ended });
            }
        }
        let again = self.step(etape, total, running, *deadline).await?;
        if again.code.as_deref() == Some(LOST) && !again.stopped {
            let data = json!({"why": StopReason::Network.as_str(), "during_step": step});
            self.dossier.record(op::SESSION_STOP, Outcome::Note, data)?;
            self.course.suspended = true;
            return Ok(Ended { stopped: true, ..again });
        }
        Ok(again)
    }

    async fn await_network(&mut self, ended: &Ended) -> Result<bool, CaptureError> {
        let most = self.plan.scenario.limites.reseau;
        let base = json!({
            "step": self.step, "code": ended.code, "why": ended.failure, "maximum_s": most.as_secs(), "how": HOW,
        });
        self.dossier.record(op::NETWORK_LOST, Outcome::Begin, base)?;
        self.progress.event(&Event::NetworkLost { seconds: most.as_secs() });
        let (begun, stop) = (Tick::now(), self.stop.clone());
        let mut back = self.has_network();
        while !back && begun.elapsed() < most {
            tokio::select! {
                biased;
                _ = stop.wait() => break,
                () = tokio::time::sleep(LOOK.min(most)) => back = self.has_network(),
            }
        }
        let waited = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (outcome, why) = match (back, stop.requested()) {
            (true, _) => (Outcome::Ok, None),
            (false, Some(reason)) => (Outcome::NotDone, Some(format!("Attente arrêtée ({}).", reason.as_str()))),
            (false, None) => {
                (Outcome::Failed, Some("Le réseau n'est pas revenu dans le délai du scénario.".to_owned()))
            }
        };
        let mut data = json!({"step": self.step, "waited_ms": waited, "how": HOW});
        if let Some(why) = why {
            data["why"] = json!(why);
            data["code"] = json!(LOST);
        }
        self.dossier.record(op::NETWORK_BACK, outcome, data)?;
        self.progress.event(&Event::NetworkBack { back });
        if back {
            tokio::time::sleep(SETTLE).await;
        }
        Ok(back)
    }

    /// Whether the machine has a way to what the plan asks for: the last address asked, else any outside.
    fn has_network(&self) -> bool {
        let index = usize::try_from(self.step).unwrap_or(0).min(self.plan.scenario.etapes.len());
        let asked = self.plan.scenario.etapes.get(..index).unwrap_or_default().iter().rev();
        let url = asked.filter_map(|etape| etape.action.address()).next();
        reaches(url, Path::new("/sys/class/net"))
    }

    /// Ends this session without closing its dossier: the browser is ended and accounted for, the archive is whole.
    pub(super) async fn suspend(mut self, mut started: super::Started) -> Result<Captured, CaptureError> {
        self.last_clock().await?;
        let loss = self.lost;
        self.end_browser(&mut started, loss).await?;
        self.end_packets()?;
        let super::Started { running, archive, .. } = started;
        drop(running);
        let ended = archive.finish().await?;
        self.close_time().await?;
        if let Some(fatal) = ended.failure {
            return Err(fatal.error());
        }
        let total = u32::try_from(self.plan.scenario.etapes.len()).unwrap_or(u32::MAX);
        let done = Course::of(&self.dossier.read_journal()?, total).map_or(total, |course| course.next() - 1);
        Err(CaptureError::Suspended { root: self.dossier.root().to_path_buf(), done, total })
    }

    /// Whether a step is left that a later session could play.
    pub(super) fn steps_left(&self) -> Result<bool, CaptureError> {
        let total = u32::try_from(self.plan.scenario.etapes.len()).unwrap_or(u32::MAX);
        Ok(Course::of(&self.dossier.read_journal()?, total).is_ok())
    }
}

/// Whether a way leads to `url`: of this machine itself, by its loopback; outside, by a route of the system and an interface
/// that is up. Nothing is sent.
fn reaches(url: Option<&Url>, interfaces: &Path) -> bool {
    let host = url.and_then(Url::host);
    let literal = match host {
        Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
        Some(Host::Domain(name)) if name == "localhost" || name.ends_with(".localhost") => {
            Some(IpAddr::V4(Ipv4Addr::LOCALHOST))
        }
        _ => None,
    };
    match literal {
        Some(address) if address.is_loopback() => routed(address),
        Some(address) => routed(address) && up(interfaces),
        // Addresses kept for documents (RFC 5737, RFC 3849): whether any way leads outside.
        None => {
            let outside: [IpAddr; 2] =
                [Ipv4Addr::new(192, 0, 2, 1).into(), Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into()];
            outside.into_iter().any(routed) && up(interfaces)
        }
    }
}

/// Whether the system has a route: to connect a datagram socket looks it up, and sends nothing.
fn routed(address: IpAddr) -> bool {
    let any: SocketAddr = match address {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        IpAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(any).and_then(|socket| socket.connect((address, 9))).is_ok()
}

/// Whether an interface other than the loopback is up; one that does not say (a tunnel) counts.
fn up(interfaces: &Path) -> bool {
    let Ok(list) = std::fs::read_dir(interfaces) else { return true };
    let state = |path: std::path::PathBuf| std::fs::read_to_string(path.join("operstate")).unwrap_or_default();
    list.flatten()
        .filter(|entry| entry.file_name() != "lo")
        .any(|entry| matches!(state(entry.path()).trim(), "up" | "unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_itself_is_reached_by_its_loopback_and_the_outside_by_an_interface_that_is_up() {
        let folder = tempfile::tempdir().unwrap();
        let state = |name: &str, state: &str| {
            std::fs::create_dir_all(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("operstate"), state).unwrap();
        };
        let url = |text: &str| Url::parse(text).unwrap();
        state("lo", "unknown\n");
        state("eth0", "down\n");
        assert!(!up(folder.path()), "the loopback is no way outside");
        assert!(!reaches(Some(&url("http://192.0.2.7/")), folder.path()));
        assert!(!reaches(Some(&url("https://exemple.test/")), folder.path()));
        assert!(reaches(Some(&url("http://127.0.0.1:8080/")), folder.path()));
        assert!(reaches(Some(&url("http://localhost/")), folder.path()));
        state("eth0", "up\n");
        assert!(up(folder.path()));
    }
}
