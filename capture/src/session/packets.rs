//! The packet capture of a session, one for each browser: journalled before it starts, its file kept once it ended.
use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, Finding, Level, Origin, Outcome, op};
use serde_json::{Value, json};

use super::{Session, merged};
use crate::CaptureError;
use crate::packets::{PacketCapture, Summary};
use crate::scenario::Reseau;

const HOW: &str = "socket AF_PACKET du noyau ; connexions d'après le journal réseau du navigateur (NetLog)";

/// The account of the packets of one browser: its connections, and those to its servers that it did not tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flows {
    pub(super) seen: u64,
    pub(super) unseen: u64,
    pub(super) untold: u64,
}

impl Session<'_> {
    /// Starts to take packets when the scenario asks for it; that it cannot be done is told. True when it is done.
    pub(super) fn start_packets(&mut self) -> Result<bool, CaptureError> {
        if self.plan.scenario.navigateur.reseau != Reseau::Paquets {
            return Ok(false);
        }
        let budget = self.plan.scenario.limites.paquets;
        match PacketCapture::start(self.workspace.packets(), budget) {
            Ok(capture) => {
                let data = json!({"interfaces": capture.interfaces(), "budget": budget, "how": HOW});
                self.dossier.record(op::PACKETS, Outcome::Begin, data)?;
                self.packets = Some(capture);
                Ok(true)
            }
            Err(error) => {
                let why = format!("les paquets du réseau ne peuvent pas être pris : {error}");
                self.packets_unavailable(&why)?;
                Ok(false)
            }
        }
    }

    fn packets_unavailable(&mut self, why: &str) -> Result<(), CaptureError> {
        self.packets_whole = Some(false);
        self.dossier.record(op::PACKETS, Outcome::NotDone, json!({"why": why, "how": HOW}))?;
        let what = "La capture des paquets du réseau, demandée par le scénario, n'a pas eu lieu (il y faut le droit \
                    CAP_NET_RAW).";
        self.warn("capture.packets_unavailable", what, why)
    }

    /// Ends the capture of the browser that just ended, before its private folders go.
    pub(super) fn end_packets(&mut self) -> Result<(), CaptureError> {
        let Some(capture) = self.packets.take() else { return Ok(()) };
        let path = match self.browsers {
            0 | 1 => "net/paquets.pcapng".to_owned(),
            n => format!("net/paquets-{n}.pcapng"),
        };
        let meta = ArtefactMeta::new(ArtefactKind::Packets, Origin::Observed, "application/x-pcapng");
        let mut writer = self.dossier.begin(ArtefactPath::new(path)?, meta)?;
        let (net_log, key_log) = (self.workspace.network_log(), self.workspace.key_log());
        let summary = match capture.finish(&net_log, &key_log, &self.software, &mut writer) {
            Ok(summary) => summary,
            Err(error) => {
                // A file that was not ended is evidence of nothing.
                writer.discard()?;
                return self.packets_unavailable(&error.to_string());
            }
        };
        let artefact = self.dossier.keep(writer)?;
        self.packets_kept = true;
        let whole = summary.is_whole();
        self.packets_whole = Some(whole && self.packets_whole != Some(false));
        let mut data = json!({"path": artefact.path, "sensitive": "secrets TLS", "how": HOW});
        data = merged(data, serde_json::to_value(&summary).unwrap_or(Value::Null));
        let outcome = if whole { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::PACKETS, outcome, data)?;
        self.tell_packets(&summary)?;
        self.flows = Some(Flows {
            seen: summary.connections_seen,
            unseen: summary.connections_unseen,
            untold: summary.connections_untold,
        });
        Ok(())
    }

    fn tell_packets(&mut self, summary: &Summary) -> Result<(), CaptureError> {
        let what = "La capture de paquets contient les secrets TLS de la session : qui détient le scellé peut lire tous \
                    les échanges, mots de passe et cookies compris.";
        let secrets = format!("{} connexions TLS", summary.tls_secrets);
        self.find(Finding::new("capture.packets_secrets", Level::Info, what).found(secrets))?;
        let lacks = [
            (
                "capture.packets_cut",
                "La capture de paquets a atteint la limite du scénario, que les paquets des autres programmes de la machine \
                 entament aussi : les paquets suivants n'y sont pas.",
                summary.cut_packets,
            ),
            (
                "capture.packets_lost",
                "Le système a perdu des paquets avant qu'ils ne soient pris, ou les a donnés raccourcis.",
                u64::from(summary.kernel_drops) + summary.shortened,
            ),
            (
                "capture.packets_unseen",
                "Des connexions du navigateur n'ont aucun paquet dans la capture.",
                summary.connections_unseen,
            ),
            (
                "capture.packets_untold",
                "Des connexions vers les serveurs mêmes des pages ne sont pas dans le journal du navigateur : elles sont d'un \
                 autre programme, ou lui échappent ; leurs paquets ne sont pas conservés.",
                summary.connections_untold,
            ),
        ];
        for (code, what, count) in lacks {
            if count > 0 {
                self.find(Finding::new(code, Level::Warn, what).values(0, count))?;
            }
        }
        if !summary.connections_whole {
            let what = "Le journal réseau du navigateur est incomplet : des paquets de ses dernières connexions peuvent \
                        manquer.";
            self.warn("capture.packets_connections", what, &format!("{} connexions lues", summary.connections))?;
        }
        Ok(())
    }
}
