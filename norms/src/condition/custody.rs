//! Conditions over what was done with a bundle after its seal: the lines of its journal of copies (`FORMAT.md`, section 12).
use dossier::Instant;
use serde_json::{Map, Value};

use super::{Ground, Held};
use crate::conformity::Proof;
use crate::rule::{Condition, Otherwise};

/// The most lines told one by one.
const SHOWN: usize = 3;

impl Ground<'_> {
    /// Every line that passes the filter must hold the fields; at least one is needed.
    pub(super) fn hold_custody(&self, condition: &Condition) -> Held {
        let Some(custody) = self.custody else {
            return Held::No { why: "aucun journal des copies n’accompagne le fichier scellé".to_owned() };
        };
        let passes = |line: &&Map<String, Value>| condition.filtre.iter().all(|test| test.holds(line));
        let lines: Vec<&Map<String, Value>> = custody.iter().filter(passes).collect();
        if lines.is_empty() {
            let default = || "aucune ligne du journal des copies ne le prouve".to_owned();
            return Held::No { why: condition.missing.clone().unwrap_or_else(default) };
        }
        let fault =
            |line: &Map<String, Value>| condition.champs.iter().find(|test| !test.holds(line)).map(|t| t.fault(line));
        let faults: Vec<String> = lines.iter().filter_map(|line| fault(line)).collect();
        let sound = lines.iter().filter(|line| fault(line).is_none());
        let proofs: Vec<Proof> = sound.take(SHOWN).map(|line| self.custody_proof(condition, line)).collect();
        match (faults.is_empty() || (condition.tolerer && !proofs.is_empty()), condition.sinon) {
            (true, _) => Held::Yes { proofs, declared: false, measured: true },
            (false, Otherwise::NonSatisfaite) => Held::No { why: faults.join(" ; ") },
            (false, Otherwise::Ecart) => Held::Departs { proofs, why: faults.join(" ; ") },
        }
    }

    fn custody_proof(&self, condition: &Condition, line: &Map<String, Value>) -> Proof {
        let told = line.get("at").cloned().and_then(|at| serde_json::from_value::<Instant>(at).ok());
        let sentence = match told {
            Some(at) => condition.preuve.fill(line, at, self.vocabulary),
            None => "une ligne sans heure lisible".to_owned(),
        };
        let seq = line.get("seq").and_then(Value::as_i64).unwrap_or_default();
        Proof { lines: Vec::new(), evidence: None, sentence: format!("{sentence} (journal des copies, ligne {seq})") }
    }
}
