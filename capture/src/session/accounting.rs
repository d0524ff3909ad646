//! At the end of each browser: the log of its network service is kept and held against what the recorder was told.
use std::fs::File;
use std::io::{self, BufReader, Write};

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, DossierError, Finding, Level, Origin, Outcome, op};
use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};

use super::{Session, merged};
use crate::CaptureError;
use crate::account::{Comparison, Ledger, NetLog, compare, read};
use crate::recorder::{Recorder, mask_all};

/// How much of a log is kept; all of it is compared.
const KEPT: u64 = 64 * 1024 * 1024;
/// Unmatched requests in the journal line.
const TOLD: usize = 20;
const HOW: &str = "requêtes annoncées par l'interface d'observation du navigateur (Network.requestWillBeSent, \
                   Network.webSocketCreated), contre les lignes URL_REQUEST_START_JOB du journal de son propre service \
                   réseau (NetLog), contre les échanges donnés à l'archive";

/// What became of a log that was read.
#[derive(Debug, Default)]
struct Kept {
    log: NetLog,
    bytes: u64,
    masked: u64,
}

impl Session<'_> {
    /// Keeps the browser's own log of the network and compares the accounts. The browser has ended.
    pub(super) fn reconcile(&mut self, recorder: &Recorder) -> Result<(), CaptureError> {
        let (mut ledger, told, stored) = {
            let mut state = recorder.state();
            (std::mem::take(&mut state.ledger), state.requests_seen, state.exchanges_stored)
        };
        let flows = self.flows.take();
        let base = json!({
            "browser": self.browsers, "requests_cdp": told, "requests_netlog": null,
            "packet_flows": flows.map(|f| f.seen), "flows_unseen": flows.map(|f| f.unseen), "flows_untold": flows.map(|f| f.untold),
            "exchanges_stored": stored, "how": HOW,
        });
        let path = self.numbered("netlog", "json.gz");
        let kept = match self.keep_network_log(&path, &mut ledger, &recorder.secrets())? {
            Ok(kept) => kept,
            Err(why) => {
                let why = format!("Le journal du service réseau du navigateur n'a pas pu être lu : {why}");
                self.warn("capture.netlog", &why, "")?;
                let data = merged(base, json!({"why": why}));
                self.dossier.record(op::ACCOUNT_RECONCILE, Outcome::NotDone, data)?;
                return Ok(());
            }
        };
        let mut found = compare(&ledger);
        found.mask(&recorder.secrets());
        let why = cut_short(&kept.log);
        let totals = merged(base, totals(&found, &kept, &path, why));
        let report = self.numbered("rapprochement", "json");
        let whole = merged(totals.clone(), json!({"unmatched": found.unmatched, "unlisted": found.unlisted}));
        let bytes = serde_json::to_vec_pretty(&whole).unwrap_or_default();
        let meta = ArtefactMeta::new(ArtefactKind::Measure, Origin::Produced, "application/json");
        self.dossier.keep_bytes(ArtefactPath::new(&report)?, meta, &bytes)?;
        let first = found.unmatched.get(..TOLD).unwrap_or(&found.unmatched);
        let line = merged(totals, json!({"unmatched": first, "report": report}));
        let well = why.is_none()
            && flows.is_none_or(|f| f.unseen + f.untold == 0)
            && found.only_netlog + found.answered_not_stored + found.uncompared + found.unexplained() == 0;
        let outcome = if well { Outcome::Ok } else { Outcome::Deviation };
        self.dossier.record(op::ACCOUNT_RECONCILE, outcome, line)?;
        self.tell_unaccounted(&found)
    }

    /// What went over the network without the recorder's knowledge, or came and is not stored.
    fn tell_unaccounted(&mut self, found: &Comparison) -> Result<(), CaptureError> {
        let named = |class| {
            let mut of = found.unmatched.iter().filter(|u| u.class == class);
            of.next().map(|u| u.url.clone()).unwrap_or_default()
        };
        if found.only_netlog_sent > 0 {
            let what = "Le navigateur a envoyé sur le réseau des requêtes qu'il n'a pas annoncées à l'enregistreur : elles \
                        sont listées, leurs échanges ne sont pas dans l'archive.";
            let first = named(dossier::UnmatchedClass::OnlyNetlog);
            let finding = Finding::new("capture.unaccounted", Level::Warn, what);
            self.find(finding.values(0, format!("{}, dont {first}", found.only_netlog_sent)))?;
        }
        if found.answered_not_stored > 0 {
            let what = "Des réponses reçues du réseau ne sont pas dans l'archive ; elles sont listées.";
            let first = named(dossier::UnmatchedClass::NotStored);
            let finding = Finding::new("capture.not_stored", Level::Warn, what);
            self.find(finding.values(0, format!("{}, dont {first}", found.answered_not_stored)))?;
        }
        Ok(())
    }

    /// `net/NAME.ENDING`; that of a browser that replaced the first is numbered.
    fn numbered(&self, name: &str, ending: &str) -> String {
        match self.browsers {
            0 | 1 => format!("net/{name}.{ending}"),
            n => format!("net/{name}-{n}.{ending}"),
        }
    }

    /// Copies the log into the dossier, up to a limit and its secrets masked, while its requests enter the ledger.
    fn keep_network_log(
        &mut self,
        path: &str,
        ledger: &mut Ledger,
        secrets: &[Vec<u8>],
    ) -> Result<Result<Kept, io::Error>, CaptureError> {
        let file = match File::open(self.workspace.network_log()) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        let meta = ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "application/gzip");
        let writer = self.dossier.begin(ArtefactPath::new(path)?, meta)?;
        let mut writer = GzBuilder::new().write(writer, Compression::fast());
        let (mut bytes, mut masked) = (0, 0);
        let copy = |line: &[u8]| {
            if bytes + line.len() as u64 > KEPT {
                // Nothing after the first line that is left out: what is kept is the beginning.
                bytes = KEPT;
                return Ok(());
            }
            bytes += line.len() as u64;
            match masked_line(line, secrets) {
                Some(line) => {
                    masked += 1;
                    writer.write_all(&line)
                }
                None => writer.write_all(line),
            }
        };
        let log = read(BufReader::with_capacity(256 * 1024, file), copy, |hop| ledger.network(hop));
        let writer = writer.finish().map_err(|e| DossierError::io("write", path, e))?;
        let log = match log {
            Ok(log) => log,
            Err(error) => {
                // A part of a log that cannot be read is evidence of nothing; that it is missing is told.
                writer.discard()?;
                return Ok(Err(error));
            }
        };
        let bytes = self.dossier.keep(writer)?.digests.bytes;
        Ok(Ok(Kept { log, bytes, masked }))
    }
}

/// A line without its confidential values; `None` when it holds none. Its structure stays readable.
fn masked_line(line: &[u8], secrets: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut masked = line.to_vec();
    if !mask_all(&mut masked, secrets) {
        return None;
    }
    let text = line.trim_ascii_end();
    let (event, end) = match text.strip_suffix(b",") {
        Some(event) => (event, &b",\n"[..]),
        None => (text, &b"\n"[..]),
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(event) else { return Some(masked) };
    mask_texts(&mut value, secrets);
    let mut out = value.to_string().into_bytes();
    out.extend_from_slice(end);
    Some(out)
}

fn mask_texts(value: &mut Value, secrets: &[Vec<u8>]) {
    match value {
        Value::String(text) => {
            let mut bytes = text.clone().into_bytes();
            if mask_all(&mut bytes, secrets) {
                *text = String::from_utf8_lossy(&bytes).into_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_texts(item, secrets)),
        Value::Object(fields) => fields.values_mut().for_each(|item| mask_texts(item, secrets)),
        _ => {}
    }
}

/// Why a log is not the whole account.
fn cut_short(log: &NetLog) -> Option<&'static str> {
    if log.cut {
        return Some("Le journal du service réseau dépasse ce qui en est lu : sa fin n'est pas comparée.");
    }
    if log.events == 0 {
        return Some("Le journal du service réseau ne contient aucun événement lisible.");
    }
    (!log.finished).then_some(
        "Le journal du service réseau n'a pas été achevé par le navigateur : ses dernières lignes peuvent manquer.",
    )
}

fn totals(found: &Comparison, kept: &Kept, path: &str, why: Option<&str>) -> Value {
    let log = &kept.log;
    let netlog = json!({
        "path": path, "bytes": log.bytes, "kept": kept.bytes, "events": log.events, "unread": log.unread,
        "finished": log.finished, "masked": kept.masked,
    });
    let mut totals = json!({
        "requests_netlog": log.hops, "sent_netlog": log.sent, "matched": found.matched,
        "only_netlog": found.only_netlog, "only_netlog_sent": found.only_netlog_sent, "only_cdp": found.only_cdp,
        "only_cdp_by_reason": found.only_cdp_by_reason, "answered_not_stored": found.answered_not_stored,
        "uncompared": found.uncompared, "netlog": netlog,
    });
    if let Some(why) = why {
        totals["why"] = json!(why);
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorder::forms;

    #[test]
    fn a_confidential_value_is_masked_and_the_line_stays_readable() {
        let secrets = forms(&["1\"5 é".into()]);
        let line = b"{\"params\":{\"url\":\"http://a.test/?p=1%225+%C3%A9&q=1\\\"5 \xc3\xa9\"},\"type\":5},\n";
        let masked = masked_line(line, &secrets).unwrap();
        assert!(masked.ends_with(b",\n"));
        let value: Value = serde_json::from_slice(masked.strip_suffix(b",\n").unwrap()).unwrap();
        let url = value["params"]["url"].as_str().unwrap();
        assert!(url.contains("****") && !url.contains('5'), "{url}");
        assert_eq!(value["type"], 5);
        assert_eq!(masked_line(b"{\"type\":5},\n", &secrets), None);
    }
}
