//! The verdict on a whole dossier as it is printed, line by line, in French; what it attests, and what it does not.
use dossier::{Finding, Instant, Level};

use super::form::{Manifest, Party};
use super::{ReceiptFacts, WholeVerification};
use crate::Verdict;

/// What it attests when nothing is proven wrong.
pub(super) fn attests(manifest: &Manifest, told: &WholeVerification) -> Vec<String> {
    let act = &manifest.acte;
    let whom = match manifest.pour {
        Party::Destinataire => "son destinataire",
        Party::Etude => "l'étude",
    };
    let issuer = format!("{} ({})", manifest.issuer.etude, manifest.issuer.residence);
    let mut out = vec![
        format!(
            "Selon {issuer}, ce dossier de l'acte {} a été établi le {} pour {whom}.",
            act.id.0, manifest.etabli_le
        ),
        format!(
            "Ses {} fichiers sont, octet pour octet, ceux que le manifeste signé liste, et il n'y en a pas d'autre.",
            told.files
        ),
    ];
    out.push(match act.envoye_le {
        Some(at) => format!("Selon le journal, l'acte ({}, dossier {}) a été envoyé le {at}.", act.nature, act.dossier),
        None => format!("Selon le journal, l'acte ({}, dossier {}) n'avait pas été envoyé.", act.nature, act.dossier),
    });
    let held = told.receipts.iter().filter(|one| one.receipt.verdict == Verdict::Pass).count();
    out.push(format!("{held} récépissé(s) sur {} tiennent entièrement.", told.receipts.len()));
    out
}

/// What it does not.
pub(super) fn limits(manifest: &Manifest) -> Vec<String> {
    let mut out = vec![
        "Que le contenu de l'acte est exact ou régulier.".to_owned(),
        "Que les courriels joints ont été lus : seuls leurs octets sont liés au dossier.".to_owned(),
        "Que rien d'autre n'existe sur cet acte : ce qui manque est ce que l'étude en dit.".to_owned(),
    ];
    if manifest.essai {
        out.push("Quoi que ce soit : les clés sont d'essai.".to_owned());
    }
    out
}

/// What the command line prints; `roots` says where the anchors come from. Foreign texts are as they were found: whoever prints them
/// escapes control characters.
pub fn whole_lines(told: &WholeVerification, at: Instant, roots: &str) -> Vec<String> {
    let mut lines = vec!["Dossier complet d'un acte (constat-dossier-complet/1)".to_owned()];
    findings(&told.findings, "", &mut lines);
    for one in &told.receipts {
        let name =
            one.receipt.content.as_ref().and_then(|value| value.pointer("/event/libelle")).and_then(|l| l.as_str());
        part(&one.name, name.unwrap_or("récépissé"), one.receipt.verdict, &one.receipt.findings, &mut lines);
    }
    for one in &told.parts {
        let what = match one.lines {
            Some(count) => format!("{count} lignes du journal"),
            None => "signature".to_owned(),
        };
        part(&one.name, &what, one.verdict, &one.findings, &mut lines);
    }
    facts(&told.facts, &mut lines);
    if let Some(sha256) = told.sha256 {
        lines.push(format!("Manifeste  : SHA-256 {sha256}, {} fichiers", told.files));
    }
    if !told.attests.is_empty() {
        lines.push("Ce que ce dossier atteste :".to_owned());
        lines.extend(told.attests.iter().map(|line| format!("  - {line}")));
        lines.push("Ce qu'il n'atteste pas :".to_owned());
        lines.extend(told.limits.iter().map(|line| format!("  - {line}")));
    }
    lines.push(format!("Jugé au {at}, avec les racines de {roots}"));
    let plain = match told.verdict {
        Verdict::Pass => "le dossier tient, en entier",
        Verdict::Fail => "le dossier ne tient pas : il n'atteste rien",
        Verdict::Indeterminate => "rien n'est démontré faux, un point au moins n'est pas établi",
    };
    lines.push(format!("Verdict : {} ({plain})", told.verdict.as_str()));
    lines
}

/// A part: its answer, and of what was found what weighs.
fn part(name: &str, what: &str, verdict: Verdict, found: &[Finding], lines: &mut Vec<String>) {
    lines.push(format!("{:<12} {name} ({what})", verdict.as_str()));
    let heavy: Vec<Finding> = found.iter().filter(|finding| finding.level > Level::Info).cloned().collect();
    findings(&heavy, "    ", lines);
}

fn findings(found: &[Finding], indent: &str, lines: &mut Vec<String>) {
    for finding in found {
        let mark = match finding.level {
            Level::Info => "info",
            Level::Warn => "réserve",
            Level::Indeterminate => "indéterminé",
            Level::Fail => "ÉCHEC",
        };
        lines.push(format!("{indent}{mark:<12} [{}] {}", finding.code, finding.what));
        for (name, value) in [("attendu", &finding.expected), ("trouvé", &finding.found)] {
            lines.extend(value.as_ref().map(|value| format!("{indent}{:<12}   {name} : {value}", "")));
        }
    }
}

fn facts(facts: &ReceiptFacts, lines: &mut Vec<String>) {
    lines.push(format!("Signataire : {}", facts.signer.as_deref().unwrap_or("inconnu")));
    lines.push(match &facts.timestamp {
        Some(token) => format!("Horodatage : {} par {}, n° {}", token.gen_time, token.authority, token.serial),
        None => "Horodatage : AUCUN".to_owned(),
    });
    if let Some(level) = facts.level {
        lines.push(format!("Niveau     : {}", level.as_str()));
    }
}
