//! What a procès-verbal says of its bundle, against what the bundle says now.
use dossier::{Finding, Level};

use crate::record::Record;
use crate::{BundleFacts, ReportInput};

/// Findings about the facts of the bundle that the document was drawn up from.
pub(super) fn compare(record: &Record, sealed: &ReportInput<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (then, now) = (&record.bundle, &sealed.bundle);
    let fail = |what: &str, expected: String, found: String| {
        Finding::new("pv.bundle_facts", Level::Fail, what).values(expected, found)
    };
    if then.sha256 != now.sha256 || then.bytes != now.bytes {
        let what = "Le procès-verbal a été dressé d'un autre scellé.";
        let told = |facts: &BundleFacts| format!("{}, {} octets", facts.sha256, facts.bytes);
        findings.push(fail(what, told(now), told(then)));
    }
    findings.extend(seal(then, now));
    if then.verdict != now.verdict || then.findings != now.findings {
        // Anchors, lists and dates differ from one reader to another: the document prints what its author saw.
        let what = "Le procès-verbal imprime le résultat de la vérification faite lors de sa rédaction ; il diffère de celui de maintenant.";
        let told = |facts: &BundleFacts| {
            let verdict = facts.verdict.clone().unwrap_or_else(|| "aucun".into());
            format!("{verdict}, {} constatations", facts.findings.len())
        };
        let known = |finding: &Finding| then.findings.iter().any(|other| other.code == finding.code);
        let hidden = now.findings.iter().any(|finding| finding.level > Level::Info && !known(finding));
        let level = if hidden { Level::Warn } else { Level::Info };
        findings.push(Finding::new("pv.verdict_then", level, what).values(told(now), told(then)));
    }
    if then.file_name != now.file_name {
        let what = "Le scellé ne porte plus le nom que le procès-verbal imprime ; son empreinte est la même.";
        findings.push(Finding::new("pv.renamed", Level::Info, what).values(&then.file_name, &now.file_name));
    }
    if !record.presentation.is_empty() {
        let names: Vec<&str> = record.presentation.keys().map(String::as_str).collect();
        let what =
            "L'étude emploie ses propres modèles ou phrases, joints au procès-verbal ; ceux-là seuls ont été suivis.";
        findings.push(Finding::new("pv.own_presentation", Level::Warn, what).found(names.join(", ")));
    }
    if record.drawn_up_at < sealed.manifest.session.closed_at {
        let what = "Le procès-verbal serait dressé avant la fin de la session.";
        let (closed, drawn) = (sealed.manifest.session.closed_at, record.drawn_up_at);
        findings.push(Finding::new("pv.drawn_before_end", Level::Fail, what).values(closed, drawn));
    }
    findings
}

/// The signer, and the tokens the document prints: each must be among those verified now.
fn seal(then: &BundleFacts, now: &BundleFacts) -> Option<Finding> {
    let code = "pv.bundle_facts";
    let Some(told) = &then.seal else {
        let what = "Le procès-verbal ne décrit aucun sceau, et le dossier en porte un.";
        return now.seal.as_ref().map(|found| Finding::new(code, Level::Fail, what).values(&found.signer, "aucun"));
    };
    let Some(found) = &now.seal else {
        // Without the roots of its author, a reader may not know who signed.
        let what = "Le procès-verbal décrit un sceau que la vérification ne reconnaît pas.";
        return Some(Finding::new(code, Level::Indeterminate, what).found(&told.signer));
    };
    if (&told.signer, told.essai) != (&found.signer, found.essai) {
        let what = "Le procès-verbal nomme un autre signataire du sceau.";
        return Some(Finding::new(code, Level::Fail, what).values(&found.signer, &told.signer));
    }
    let unknown = told.timestamps.iter().find(|token| !found.timestamps.contains(token))?;
    let what = "Le procès-verbal imprime un jeton d'horodatage que la vérification ne trouve pas.";
    let token = format!("{} n° {}, {}", unknown.authority, unknown.serial, unknown.gen_time);
    // With other roots than its author's, a token may not count for this reader.
    Some(Finding::new(code, Level::Indeterminate, what).found(token))
}
