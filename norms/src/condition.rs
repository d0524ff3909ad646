//! One condition against one journal: which lines satisfy it, which depart from it, and the French words for both.
use std::collections::{BTreeMap, BTreeSet};

use dossier::{Journal, JournalEntry, Manifest, Operation, Outcome};
use serde_json::{Map, Value};

use crate::conformity::{ManifestLink, Proof};
use crate::rule::{Condition, ForEach, ManifestTest, Origin, Otherwise};

mod custody;
mod words;

pub(crate) use words::lines_text;
use words::{absence, discordance, evidence, fault_of, missing, raw_proof, shorten, suite_fault};

/// What the conditions are evaluated against.
pub(crate) struct Ground<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) manifest: Option<&'a Manifest>,
    /// The manifest as JSON, read by field tests; empty when it was not given or names another journal.
    pub(crate) manifest_json: Map<String, Value>,
    /// The lines of the journal of copies, when there is one.
    pub(crate) custody: Option<&'a [Map<String, Value>]>,
    pub(crate) link: &'a ManifestLink,
    pub(crate) vocabulary: &'a BTreeMap<String, String>,
    /// Paths announced by `artefact` lines, and held by the manifest when there is one.
    pub(crate) announced: BTreeSet<&'a str>,
}

/// How a condition came out.
pub(crate) enum Held {
    /// It holds.
    Yes {
        proofs: Vec<Proof>,
        /// Some line was declared, not measured.
        declared: bool,
        /// Some line has outcome `ok`.
        measured: bool,
    },
    /// It was measured and departs from what is asked.
    Departs { proofs: Vec<Proof>, why: String },
    /// Nothing proves it.
    No { why: String },
}

/// A considered line, judged.
struct Judged<'a> {
    entry: &'a JournalEntry,
    fault: Option<Fault>,
}

/// Why a line does not count.
enum Fault {
    /// Measured, and wrong.
    Departs(String),
    /// Not done, failed, or only begun.
    Missing(String),
}

impl Ground<'_> {
    /// Evaluates one condition.
    pub(crate) fn hold(&self, condition: &Condition) -> Held {
        match (condition.origin, &condition.ligne) {
            (Origin::Journal, Some(operation)) => self.hold_journal(condition, operation),
            (Origin::Custody, _) => self.hold_custody(condition),
            // The loader refuses a journal condition without an operation.
            _ => self.hold_manifest(condition),
        }
    }

    fn hold_journal(&self, condition: &Condition, operation: &Operation) -> Held {
        let considered: Vec<&JournalEntry> = self
            .journal
            .of(operation)
            .filter(|e| condition.filtre.iter().all(|test| test.holds(&e.data)))
            .skip(usize::from(condition.sauf_premiere))
            .collect();
        let (inside, outside) = match self.window(condition, &considered) {
            Ok(parts) => parts,
            Err(why) => return Held::No { why },
        };
        if condition.absence {
            return absence(condition, operation, &inside);
        }
        let judged: Vec<Judged<'_>> =
            inside.into_iter().map(|entry| Judged { entry, fault: fault_of(condition, entry) }).collect();
        if let Some(each) = &condition.pour_chaque {
            return self.hold_each(condition, each, &judged);
        }
        if judged.is_empty() {
            return Held::No { why: missing(condition, operation, &outside) };
        }
        self.weigh(condition, operation, &judged)
    }

    /// Splits the considered lines: those in the asked order, and the others. An order after something that never
    /// happened has no line inside, and says so.
    fn window<'e>(&self, c: &Condition, lines: &[&'e JournalEntry]) -> Result<Split<'e>, String> {
        let seqs = |ops: &[Operation]| -> Vec<u64> {
            self.journal.entries().iter().filter(|e| ops.contains(&e.op)).map(|e| e.seq).collect()
        };
        let before = seqs(&c.avant).first().copied();
        let after = seqs(&c.apres).last().copied();
        if !c.apres.is_empty() && after.is_none() {
            return Err("rien n’a été parcouru : il n’y a pas de mesure de fin".to_owned());
        }
        let fits = |e: &&&JournalEntry| before.is_none_or(|b| e.seq < b) && after.is_none_or(|a| e.seq > a);
        let (inside, outside): (Vec<_>, Vec<_>) = lines.iter().partition(fits);
        Ok((inside, outside))
    }

    fn weigh(&self, condition: &Condition, operation: &Operation, judged: &[Judged<'_>]) -> Held {
        let good: Vec<&JournalEntry> = judged.iter().filter(|j| j.fault.is_none()).map(|j| j.entry).collect();
        let departing: Vec<(&JournalEntry, &String)> = judged
            .iter()
            .filter_map(|j| match &j.fault {
                Some(Fault::Departs(why)) => Some((j.entry, why)),
                _ => None,
            })
            .collect();
        let mut absent = judged.iter().filter_map(|j| match &j.fault {
            Some(Fault::Missing(why)) => Some(why.clone()),
            _ => None,
        });
        if good.is_empty() && departing.is_empty() {
            let why = absent.next_back().unwrap_or_else(|| missing(condition, operation, &[]));
            return Held::No { why };
        }
        let tolerated = condition.tolerer && !good.is_empty();
        if !departing.is_empty() && !tolerated {
            return self.depart(condition, &good, &departing);
        }
        if let Some(why) = self.evidence_fault(&good).or_else(|| suite_fault(condition, &good)) {
            return Held::Departs { proofs: self.proofs(condition, &good), why };
        }
        Held::Yes {
            proofs: self.proofs(condition, &good),
            declared: good.iter().any(|e| e.outcome == Outcome::Declared),
            measured: good.iter().any(|e| e.outcome == Outcome::Ok),
        }
    }

    fn depart(&self, c: &Condition, good: &[&JournalEntry], bad: &[(&JournalEntry, &String)]) -> Held {
        let mut why: Vec<String> = bad.iter().take(3).map(|(_, why)| (*why).clone()).collect();
        if bad.len() > 3 {
            why.push(format!("et {} autres lignes", bad.len() - 3));
        }
        let why = why.join(" ; ");
        if c.sinon == Otherwise::NonSatisfaite {
            return Held::No { why };
        }
        let mut proofs = self.proofs(c, good);
        // The rule's sentence affirms what is asked: on a line that departs it would be false. Its values stand alone.
        proofs.extend(bad.iter().take(3).map(|(entry, _)| raw_proof(entry)));
        Held::Departs { proofs, why }
    }

    fn hold_each(&self, condition: &Condition, each: &ForEach, judged: &[Judged<'_>]) -> Held {
        let masters: Vec<&JournalEntry> =
            self.journal.of(&each.ligne).filter(|e| each.filtre.iter().all(|test| test.holds(&e.data))).collect();
        let Some(first) = masters.first() else {
            let why = condition.missing.clone().unwrap_or_else(|| format!("le journal ne porte pas de {}", each.quoi));
            return Held::No { why };
        };
        let linked = |master: &JournalEntry, entry: &JournalEntry| {
            entry.seq > master.seq
                && each.lien.iter().all(|k| master.data.get(k).is_some() && master.data.get(k) == entry.data.get(k))
        };
        let mut found: Vec<&JournalEntry> = Vec::new();
        let mut lacking = Vec::new();
        for master in &masters {
            match judged.iter().find(|j| j.fault.is_none() && linked(master, j.entry)) {
                Some(j) => found.push(j.entry),
                None => lacking.push(format!("ligne {}", master.seq)),
            }
        }
        let Some(sample) = found.first() else {
            let why = condition
                .missing
                .clone()
                .unwrap_or_else(|| format!("aucune preuve pour les {} (première : ligne {})", each.quoi, first.seq));
            return Held::No { why };
        };
        let fill = condition.preuve.fill(&sample.data, sample.at, self.vocabulary);
        let lines: Vec<u64> = found.iter().map(|e| e.seq).collect();
        let (some, all) = (found.len(), masters.len());
        let sentence = format!("{fill} ; {} : {some} sur {all} {}", each.quoi, lines_text(&lines));
        let proofs = vec![Proof { lines, evidence: evidence(sample), sentence }];
        if !lacking.is_empty() {
            let why = format!("{} : {some} sur {all} seulement ; manque pour {}", each.quoi, shorten(&lacking));
            return Held::Departs { proofs, why };
        }
        if let Some(why) = self.evidence_fault(&found) {
            return Held::Departs { proofs, why };
        }
        Held::Yes {
            proofs,
            declared: found.iter().any(|e| e.outcome == Outcome::Declared),
            measured: found.iter().any(|e| e.outcome == Outcome::Ok),
        }
    }

    fn hold_manifest(&self, condition: &Condition) -> Held {
        let manifest = match (self.link, self.manifest) {
            (ManifestLink::Agrees, Some(manifest)) => manifest,
            (ManifestLink::Disagrees { why }, _) => return Held::No { why: why.clone() },
            _ => return Held::No { why: "le manifeste du fichier scellé n’a pas été fourni".to_owned() },
        };
        let mut faults: Vec<String> = condition
            .champs
            .iter()
            .filter(|t| !t.holds(&self.manifest_json))
            .map(|t| t.fault(&self.manifest_json))
            .collect();
        if condition.manifeste == Some(ManifestTest::ArtefactsConcordants) {
            faults.extend(discordance(self.journal, manifest));
        }
        let sentence = condition.preuve.fill(&self.manifest_json, manifest.session.closed_at, self.vocabulary);
        let proofs = vec![Proof { lines: Vec::new(), evidence: None, sentence: format!("{sentence} (manifeste)") }];
        match (faults.is_empty(), condition.sinon) {
            (true, _) => Held::Yes { proofs, declared: false, measured: false },
            (false, Otherwise::NonSatisfaite) => Held::No { why: faults.join(" ; ") },
            (false, Otherwise::Ecart) => Held::Departs { proofs: Vec::new(), why: faults.join(" ; ") },
        }
    }

    /// One proof a line; many lines of the same kind are told by the first two and counted.
    fn proofs(&self, condition: &Condition, lines: &[&JournalEntry]) -> Vec<Proof> {
        const SHOWN: usize = 2;
        let shown = if lines.len() <= SHOWN + 1 { lines.len() } else { SHOWN };
        let (first, rest) = lines.split_at(shown);
        let one = |entry: &&JournalEntry| {
            let sentence = condition.preuve.fill(&entry.data, entry.at, self.vocabulary);
            let sentence = format!("{sentence} {}", lines_text(&[entry.seq]));
            Proof { lines: vec![entry.seq], evidence: evidence(entry), sentence }
        };
        let mut proofs: Vec<Proof> = first.iter().map(one).collect();
        if !rest.is_empty() {
            let seqs: Vec<u64> = rest.iter().map(|e| e.seq).collect();
            let sentence = format!("de même pour {} autres {}", rest.len(), lines_text(&seqs));
            proofs.push(Proof { lines: seqs, evidence: None, sentence });
        }
        proofs
    }

    /// A line that names a piece proves nothing when no `artefact` line announces that piece.
    fn evidence_fault(&self, lines: &[&JournalEntry]) -> Option<String> {
        lines.iter().find_map(|entry| {
            let path = entry.text("evidence")?;
            let known = self.announced.contains(path);
            (!known).then(|| format!("la pièce {path}, citée à la ligne {}, n’est pas au dossier", entry.seq))
        })
    }
}

type Split<'e> = (Vec<&'e JournalEntry>, Vec<&'e JournalEntry>);
