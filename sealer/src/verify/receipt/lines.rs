//! The verdict on a receipt as it is printed, line by line, in French.
use dossier::{Instant, Level};

use super::{DocumentFate, ReceiptKind, ReceiptVerification};
use crate::Verdict;

/// What the command line prints; `roots` says where the anchors come from. Foreign texts are as they were found: whoever
/// prints them escapes control characters.
pub fn receipt_lines(told: &ReceiptVerification, at: Instant, roots: &str) -> Vec<String> {
    let mut lines = vec![match told.kind {
        Some(ReceiptKind::Preuve) => "Récépissé de signification électronique (constat-preuve/1)".to_owned(),
        Some(ReceiptKind::Effacement) => "Certificat d'effacement (constat-effacement/1)".to_owned(),
        None => "Ni récépissé, ni certificat d'effacement".to_owned(),
    }];
    for finding in &told.findings {
        let mark = match finding.level {
            Level::Info => "info",
            Level::Warn => "réserve",
            Level::Indeterminate => "indéterminé",
            Level::Fail => "ÉCHEC",
        };
        lines.push(format!("{mark:<12} [{}] {}", finding.code, finding.what));
        for (name, value) in [("attendu", &finding.expected), ("trouvé", &finding.found)] {
            lines.extend(value.as_ref().map(|value| format!("{:<12}   {name} : {value}", "")));
        }
    }
    facts(told, &mut lines);
    if !told.attests.is_empty() {
        lines.push("Ce que ce document atteste :".to_owned());
        lines.extend(told.attests.iter().map(|line| format!("  - {line}")));
        lines.push("Ce qu'il n'atteste pas :".to_owned());
        lines.extend(told.limits.iter().map(|line| format!("  - {line}")));
    }
    lines.push(format!("Jugé au {at}, avec les racines de {roots}"));
    let plain = match told.verdict {
        Verdict::Pass => "le document tient",
        Verdict::Fail => "le document ne tient pas : il n'atteste rien",
        Verdict::Indeterminate => "rien n'est démontré faux, un point au moins n'est pas établi",
    };
    lines.push(format!("Verdict : {} ({plain})", told.verdict.as_str()));
    lines
}

fn facts(told: &ReceiptVerification, lines: &mut Vec<String>) {
    let facts = &told.facts;
    lines.push(format!("Signataire : {}", facts.signer.as_deref().unwrap_or("inconnu")));
    if let Some(signed) = facts.signing_time {
        lines.push(format!("Signé le   : {signed} (horloge de l'étude)"));
    }
    lines.push(match &facts.timestamp {
        Some(token) => format!("Horodatage : {} par {}, n° {}", token.gen_time, token.authority, token.serial),
        None => "Horodatage : AUCUN".to_owned(),
    });
    if let Some(level) = facts.level {
        lines.push(format!("Niveau     : {}", level.as_str()));
    }
    lines.push(match told.document {
        DocumentFate::Aucun => "Document   : aucun".to_owned(),
        DocumentFate::Absent => "Document   : non joint".to_owned(),
        DocumentFate::Identique => "Document   : joint, identique".to_owned(),
        DocumentFate::Autre => "Document   : joint, AUTRE que celui du récépissé".to_owned(),
    });
    if let Some(sha256) = told.sha256 {
        lines.push(format!("SHA-256    : {sha256}"));
    }
}
