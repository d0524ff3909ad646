//! The procès-verbal beside its bundle: drawn up again and compared, then its signatures, then whether they are of the officer
//! it names.
use std::path::Path;

use dossier::{Finding, Instant, Level};
use sealer::pades::{self, PadesReport};
use sealer::{TrustAnchors, Verdict, Verification};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::{output, rediger};

/// Confronts the document with the bundle and reads its signatures: findings, and the verdict they make, are added. What the
/// signatures are, when the bundle could be read.
pub(crate) fn add(
    verification: &mut Verification,
    (path, pv): (&Path, &Path),
    presentation: Option<&Path>,
    (anchors, at): (&TrustAnchors, Instant),
) -> Result<Option<PadesReport>, Failure> {
    let octets =
        std::fs::read(pv).map_err(|e| Failure::new("cli.no_file", Exit::Usage, format!("{} : {e}", pv.display())))?;
    let Some(bundle) = &verification.bundle else {
        add_to_copy(verification, &octets);
        return Ok(None);
    };
    let norm = rediger::norm()?;
    let input = report::ReportInput {
        manifest: bundle.manifest(),
        journal: bundle.journal(),
        bundle: rediger::facts(path, verification)?,
        conformity: &norms::check(&norm, bundle.journal(), Some(bundle.manifest())),
        read: &|path| bundle.read(path).map_err(std::io::Error::other),
        draft: None,
        projet: false,
        langue: report::Langue::Fr,
        drawn_up_at: bundle.manifest().session.closed_at,
    };
    let known = rediger::presentation(presentation)?;
    let confronted = report::confront(&octets, &input, &known);
    let officer = bundle.manifest().case.officier.clone();
    let signed = pades::verify(&octets, anchors, at);
    let mut findings = confronted.findings;
    findings.extend(signatures(&signed, confronted.drawn_bytes, octets.len() as u64));
    findings.extend(officer.and_then(|officer| other_name(&signed, &officer)));
    weigh(verification, findings);
    Ok(Some(signed))
}

/// What the signatures are worth. None at all is told, and is no fault of the bundle's.
fn signatures(signed: &PadesReport, drawn: Option<u64>, length: u64) -> Vec<Finding> {
    if !signed.signatures.is_empty() || !signed.stamps.is_empty() {
        return signed.findings.clone();
    }
    if drawn.is_some_and(|drawn| drawn < length) {
        let what = "Des octets suivent le procès-verbal dressé, sans être une signature.";
        return vec![Finding::new("pv.appended", Level::Fail, what).found(length - drawn.unwrap_or(length))];
    }
    let what = "Le procès-verbal n'est pas signé électroniquement : rien n'y prouve l'officier.";
    vec![Finding::new("pv.unsigned", Level::Warn, what)]
}

/// The officer of the session signs: every word of his name is in the name of one of the certificates.
fn other_name(signed: &PadesReport, officer: &dossier::Officier) -> Option<Finding> {
    let name = format!("{} {}", officer.prenoms, officer.nom);
    let words = |text: &str| -> Vec<String> {
        let folded = text.to_lowercase();
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let signers: Vec<&str> = signed.signatures.iter().filter_map(|s| s.signer.as_deref()).collect();
    let wanted = words(&name);
    let bears = |signer: &&&str| {
        let found = words(signer);
        wanted.iter().all(|word| found.contains(word))
    };
    if signers.is_empty() || signers.iter().any(|signer| bears(&signer)) {
        return None;
    }
    let what = "Aucune signature n'est au nom de l'officier qui a ouvert la session.";
    Some(Finding::new("pv.sig.other_name", Level::Warn, what).values(name, signers.join(" ; ")))
}

/// A copy states the digest of its original, which the document prints; the seal proves the manifest of both.
fn add_to_copy(verification: &mut Verification, octets: &[u8]) {
    let original = verification.copy.as_ref().map(|copy| copy.list().original.sha256);
    let mut findings = match (verification.facts.manifest_sha256, original) {
        (Some(manifest), Some(bundle)) => report::check_pv(octets, manifest, bundle),
        _ => vec![Finding::new(
            "pv.not_compared",
            Level::Warn,
            "Le procès-verbal n'a pas été confronté au scellé, qui n'est pas valide.",
        )],
    };
    for agrees in findings.iter_mut().filter(|f| f.code == "pv.agrees") {
        agrees.what = "Le procès-verbal joint le manifeste du scellé d'origine, et imprime l'empreinte que la copie déclare pour lui.".into();
    }
    weigh(verification, findings);
}

/// Adds findings; the verdict is the worst of them all.
fn weigh(verification: &mut Verification, findings: Vec<Finding>) {
    let worst = findings.iter().map(|f| f.level).max();
    verification.verdict = match (verification.verdict, worst) {
        (Verdict::Fail, _) | (_, Some(Level::Fail)) => Verdict::Fail,
        (Verdict::Indeterminate, _) | (_, Some(Level::Indeterminate)) => Verdict::Indeterminate,
        (Verdict::Pass, _) => Verdict::Pass,
    };
    verification.findings.extend(findings);
}

/// One line a signature.
pub(crate) fn lines(signed: &PadesReport) -> Vec<String> {
    let unknown = || "inconnu".to_owned();
    let one = |signature: &pades::SignatureFacts| {
        let signer = signature.signer.as_deref().map_or_else(unknown, output::printable);
        let time = signature.proven.map_or_else(|| "heure non prouvée".to_owned(), |at| format!("avant le {at}"));
        let qualified = match signature.is_qualified() {
            Some(true) => "qualifiée selon les listes de confiance",
            Some(false) => "non qualifiée selon les listes de confiance",
            None => "qualification non établie",
        };
        let field = output::printable(&signature.field);
        format!("Signature de l'acte ({field}) : {signer}, {}, {time}, {qualified}", level(signature.level))
    };
    signed.signatures.iter().map(one).collect()
}

/// The level as ETSI EN 319 142-1 names it.
fn level(level: sealer::SealLevel) -> String {
    format!("PAdES {}", level.as_str())
}
