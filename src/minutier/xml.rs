//! `depot.xml`: what identifies an act, its files, and what was done to it, for the system that will take it in.
use std::fmt::Write as _;

use dossier::{Digests, Instant, Manifest};
use jiff::civil::Date;
use sealer::Verification;

use super::document::Facts;
use super::{Nature, WARNING};
use crate::remettre::words;

/// The schema that goes beside it.
pub(super) const SCHEMA: &str = include_str!("depot.xsd");
/// The longest text of an element.
const LONGEST: usize = 7_900;

/// A file of the folder.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) digests: Digests,
    pub(super) formats: Vec<String>,
}

/// Everything that is told.
pub(super) struct Told<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) verification: &'a Verification,
    pub(super) nature: Nature,
    pub(super) date: Date,
    pub(super) deadline: Date,
    pub(super) document: &'a Facts,
    pub(super) files: Vec<Listed>,
    /// When the bundle was verified, and this folder made.
    pub(super) at: Instant,
}

/// The whole document.
pub(super) fn depot(told: &Told<'_>) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<depot xmlns=\"urn:constat:depot:1\" version=\"1\">\n",
    );
    element(&mut out, 1, "avertissement", WARNING);
    identification(told, &mut out);
    out.push_str("  <fichiers>\n");
    for file in &told.files {
        let _ = writeln!(
            out,
            "    <fichier nom=\"{}\" role=\"{}\" octets=\"{}\">",
            escaped(&file.name),
            file.role,
            file.digests.bytes
        );
        file.formats.iter().for_each(|format| element(&mut out, 3, "format", format));
        element(&mut out, 3, "sha256", &file.digests.sha256.to_hex());
        element(&mut out, 3, "sha512", &file.digests.sha512.to_hex());
        out.push_str("    </fichier>\n");
    }
    out.push_str("  </fichiers>\n  <tracabilite>\n");
    for (fact, at, words) in events(told) {
        let _ = writeln!(out, "    <evenement fait=\"{fact}\" le=\"{at}\">{}</evenement>", escaped(&words));
    }
    out.push_str("  </tracabilite>\n</depot>\n");
    out
}

fn identification(told: &Told<'_>, out: &mut String) {
    let case = &told.manifest.case;
    out.push_str("  <identification>\n");
    element(out, 2, "reference", case.reference.as_str());
    let _ = writeln!(out, "    <nature code=\"{}\">{}</nature>", told.nature.code(), escaped(told.nature.words()));
    let officer = case.officier.as_ref();
    let optional = [
        ("objet", case.objet.clone()),
        ("officier", officer.map(|one| format!("{} {}", one.prenoms, one.nom))),
        ("qualite", officer.map(|one| words::quality(one.qualite).to_owned())),
        ("etude", officer.map(|one| format!("{}, {} (résidence de {})", one.etude, one.adresse, one.residence))),
        ("requerant", words::requerant(case)),
    ];
    for (name, value) in optional {
        if let Some(value) = value.filter(|value| !value.trim().is_empty()) {
            element(out, 2, name, &value);
        }
    }
    element(out, 2, "dateActe", &told.date.to_string());
    if let Some(created) = told.document.created {
        element(out, 2, "dateEtablissement", &super::deadline::legal_day(created).to_string());
    }
    element(out, 2, "dateLimite", &told.deadline.to_string());
    element(out, 2, "pages", &told.document.pages.to_string());
    out.push_str("  </identification>\n");
}

/// What was done, in its order; the hours that a seal or a file declares are cut to the second.
fn events(told: &Told<'_>) -> Vec<(&'static str, Instant, String)> {
    let (session, seal) = (&told.manifest.session, &told.verification.facts);
    let mut events = vec![
        (
            "ouverture",
            session.opened_at,
            "Ouverture de la session de capture, première ligne du journal scellé".to_owned(),
        ),
        ("cloture", session.closed_at, "Clôture de la session de capture, dernière ligne du journal scellé".to_owned()),
    ];
    if let Some(at) = seal.signing_time {
        let signer = seal.signer.clone().unwrap_or_else(|| "inconnu".into());
        events.push((
            "sceau",
            at,
            format!("Sceau des annexes par « {signer} », heure déclarée par le sceau, à la seconde"),
        ));
    }
    for token in &seal.timestamps {
        events.push((
            "horodatage",
            token.gen_time,
            format!("Horodatage du sceau par « {} », jeton n° {}", token.authority, token.serial),
        ));
    }
    if let Some(at) = told.document.created {
        events.push((
            "etablissement",
            at,
            "Établissement du document, date déclarée par le fichier PDF, à la seconde".into(),
        ));
    }
    let version = env!("CARGO_PKG_VERSION");
    let verdict = told.verification.verdict.as_str();
    events.push((
        "verification",
        told.at,
        format!("Vérification des annexes par constat {version} : {verdict} ; le document s'accorde avec elles"),
    ));
    events.push(("export", told.at, format!("Préparation de ce dossier de dépôt par constat {version}")));
    events
}

fn element(out: &mut String, depth: usize, name: &str, value: &str) {
    let _ = writeln!(out, "{}<{name}>{}</{name}>", "  ".repeat(depth), escaped(value));
}

/// Text for XML 1.0: bounded, and what XML cannot hold is shown by its number.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut length = 0;
    for c in text.chars() {
        let told = match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\t' | '\n' | '\r' => " ".to_owned(),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => format!("[U+{:04X}]", u32::from(c)),
            c => c.to_string(),
        };
        length += told.len();
        if length > LONGEST {
            out.push('…');
            break;
        }
        out.push_str(&told);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_xml_can_hold() {
        assert_eq!(escaped("<a b=\"c\">&\u{1}\n\u{ffff}"), "&lt;a b=&quot;c&quot;&gt;&amp;[U+0001] [U+FFFF]");
        assert!(escaped(&"é".repeat(9_000)).len() < 8_000);
    }
}
