//! What the archive lacks, told line by line in the journal; a list too long for it goes into a file that it names.
use std::collections::BTreeMap;

use dossier::{ArtefactKind, ArtefactMeta, ArtefactPath, MissingReason, Origin, Outcome, op};
use serde_json::{Value, json};

use super::Session;
use crate::CaptureError;
use crate::recorder::MissingAt;

/// How many missing exchanges are told one by one at the end of a step: each line is synced to the disk.
const TOLD: usize = 500;

impl Session<'_> {
    /// Tells everything in the journal, or the first ones there and all the others in `logs/incomplet-NNNN.jsonl`.
    pub(super) fn tell_missing(&mut self, mut missing: Vec<MissingAt>) -> Result<(), CaptureError> {
        let rest = missing.split_off(missing.len().min(TOLD));
        for one in &missing {
            self.dossier.record(op::INCOMPLETE, Outcome::Deviation, line(self.step, one))?;
        }
        if rest.is_empty() { Ok(()) } else { self.list_missing(&rest) }
    }

    fn list_missing(&mut self, rest: &[MissingAt]) -> Result<(), CaptureError> {
        self.lists += 1;
        let path = ArtefactPath::new(format!("logs/incomplet-{:04}.jsonl", self.lists))?;
        let mut bytes = Vec::new();
        let mut sums: BTreeMap<String, (MissingReason, u64, u64, u64)> = BTreeMap::new();
        for one in rest {
            bytes.extend(line(self.step, one).to_string().into_bytes());
            bytes.push(b'\n');
            let reason = one.missing.reason;
            let sum = sums.entry(json!(reason).to_string()).or_insert((reason, 0, 0, 0));
            sum.1 += 1;
            sum.2 += one.missing.bytes_received.unwrap_or(0);
            sum.3 += one.missing.bytes_stored;
        }
        let mut meta = ArtefactMeta::new(ArtefactKind::Log, Origin::Produced, "application/jsonl");
        if self.step > 0 {
            meta = meta.of_step(self.step, None);
        }
        self.dossier.keep_bytes(path.clone(), meta, &bytes)?;
        for (reason, count, received, stored) in sums.into_values() {
            let data = json!({
                "step": self.step, "page": "", "url": format!("({count} autres adresses)"), "reason": reason,
                "detail": format!("liste complète : {path}"), "bytes_received": received, "bytes_stored": stored,
            });
            self.dossier.record(op::INCOMPLETE, Outcome::Deviation, data)?;
        }
        Ok(())
    }
}

fn line(step: u32, MissingAt { page, missing }: &MissingAt) -> Value {
    json!({
        "step": step, "page": page, "url": missing.url, "reason": missing.reason, "detail": missing.detail,
        "bytes_received": missing.bytes_received, "bytes_stored": missing.bytes_stored,
    })
}
