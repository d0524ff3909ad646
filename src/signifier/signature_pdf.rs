//! Judges the signature inside the PDF of an act, for the gate of the deposit (row C04): the verifier of `constat verifier`, the roots
//! and trusted lists of the platform, the hour of the deposit. What it says becomes motives; nobody is trusted beyond those roots.
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dossier::{Clock, Finding, FixedClock, Instant, Level};
use sealer::lists::KnownServices;
use sealer::pades::{self, CertificateState, Means, PadesError, PadesReport, PathRefusal, SignatureFacts};
use sealer::{Network, SealLevel, SystemRandom, TrustAnchors};
use signification::acte::Refusal;
use signification::signature_acte::{ActesConfig, Constat, ControleSignature};

use super::evidence::Remembered;
use crate::etude::{Etude, anchors_of};
use crate::failure::Failure;
use crate::{confiance, minutier};

/// How far the signer's clock may be ahead of the office's, in milliseconds.
const TOLERANCE_MS: i64 = 5 * 60_000;

/// What signatures of acts are judged with.
pub(crate) struct PdfSignatures {
    anchors: TrustAnchors,
    network: Box<dyn Network + Send + Sync>,
}

impl PdfSignatures {
    /// The roots and lists that the platform names (`[actes]`), else those of the étude. When no folder of roots is named, the
    /// qualified services of the lists are roots too: they are what the office chose to rely on.
    pub(crate) fn new(etude: &Etude, config: &ActesConfig, clock: &Arc<dyn Clock>) -> Result<Self, Failure> {
        let mut anchors = match &config.ancres {
            Some(folder) => anchors_of(folder)?,
            None => etude.anchors()?,
        };
        if let Some(folder) = config.listes.as_deref().or(etude.lists_folder()) {
            anchors = anchors.with_lists(Arc::new(KnownServices::of(confiance::open(folder)?)));
            if config.ancres.is_none() {
                anchors = anchors.with_services_as_anchors();
            }
        }
        Ok(Self { anchors, network: Box::new(Remembered::new(Arc::clone(clock))) })
    }

    /// What the verifier says of these octets; when the state of a certificate is neither in them nor at hand, its authority is asked,
    /// but only about a signer who leads to a root: no address is fetched because a stranger's certificate names it.
    fn report(&self, pdf: &[u8], le: Instant) -> PadesReport {
        let mut report = pades::verify(pdf, &self.anchors, le);
        let lacks = report.signatures.iter().any(|one| one.certificate == CertificateState::Unknown);
        let known = report.signatures.iter().all(|one| one.holds && one.path_refusal.is_none());
        if report.has_failed() || !lacks || !known {
            return report;
        }
        let clock = FixedClock::new(le, Duration::ZERO);
        let means = Means {
            authorities: &[],
            network: self.network.as_ref(),
            clock: &clock,
            random: &SystemRandom,
            anchors: &self.anchors,
            told: &|_, _| {},
        };
        // The states are added to a copy in memory, which begins with the octets of the deposit and is thrown away.
        match pades::extend(pdf, SealLevel::LongTerm, &means) {
            Ok(completed) => completed.report,
            Err(PadesError::SelfCheck { findings }) => {
                let more: Vec<Finding> = findings.into_iter().filter(|one| !report.findings.contains(one)).collect();
                report.findings.extend(more);
                report
            }
            Err(error) => {
                let what = "L'état d'un certificat du signataire a été demandé et n'a pas été obtenu.";
                report.findings.push(Finding::new(error.code(), Level::Warn, what).found(error));
                report
            }
        }
    }
}

impl ControleSignature for PdfSignatures {
    fn juger(&self, pdf: &[u8], le: Instant) -> Constat {
        let report = self.report(pdf, le);
        let file = of_the_file(&report);
        let each = report.signatures.iter().map(|facts| (of_the_signature(facts, &report, le), facts));
        // Several may sign, the clerk then the officer: the best one is retained, the last of equals.
        let best = each.min_by_key(|(motives, facts)| (motives.len(), Reverse(facts.revision)));
        let (own, facts) = best.map_or_else(Default::default, |(motives, facts)| (motives, Some(facts)));
        let motifs: BTreeSet<Refusal> = file.into_iter().chain(own).collect();
        let certified = facts.filter(|facts| facts.holds);
        Constat {
            signatures: u32::try_from(report.signatures.len()).unwrap_or(u32::MAX),
            motifs: motifs.into_iter().collect(),
            signataire: certified.and_then(|facts| facts.signer.clone()),
            certificat: certified.and_then(|facts| facts.certificate_sha256),
            niveau: certified.map(|facts| facts.level.as_str().to_owned()),
            qualifiee: certified.and_then(SignatureFacts::is_qualified),
            declaree_le: facts.and_then(|facts| facts.claimed),
            prouvee_le: facts.and_then(|facts| facts.proven),
            pdf_a: minutier::document::archival_of(pdf),
            remarques: remarks(report.findings),
        }
    }
}

/// What is proven wrong of the whole file, whoever signed it.
fn of_the_file(report: &PadesReport) -> BTreeSet<Refusal> {
    let failed = report.findings.iter().filter(|finding| finding.level == Level::Fail);
    let mut motives: BTreeSet<Refusal> =
        failed.filter_map(|finding| motive(&finding.code, !report.revisions.is_empty())).collect();
    if report.signatures.is_empty() && motives.is_empty() {
        motives.insert(Refusal::SignatureAbsente);
    }
    motives
}

/// The motive of a failure; `followed` tells whether the revisions could be told apart. Failures of a certificate's path are told by
/// the signature that they are of.
fn motive(code: &str, followed: bool) -> Option<Refusal> {
    Some(match code.strip_prefix("pv.sig.").unwrap_or(code) {
        "chain" | "out_of_date" => return None,
        "structure" if !followed => Refusal::PdfIllisible,
        "garbage" | "twice" | "elsewhere" | "unreadable" | "encrypted" | "form" | "cut" => Refusal::PdfIllisible,
        "pages" | "annotation" | "content" | "field" | "structure" | "trailer" | "certified" | "certified_late"
        | "certification" | "unexplained" | "change" | "overlay" | "tail" | "hidden" | "stray" => {
            Refusal::ModifieApresSignature
        }
        "revoked" => Refusal::CertificatRevoque,
        "over" => Refusal::AlgorithmeDepasse,
        code if code.starts_with("time_") => Refusal::HeureDeSignature,
        _ => Refusal::SignatureFausse,
    })
}

/// What is against one signature: its certificate, its hour, its qualification.
fn of_the_signature(facts: &SignatureFacts, report: &PadesReport, le: Instant) -> BTreeSet<Refusal> {
    let mut motives = BTreeSet::new();
    if !facts.holds {
        motives.insert(Refusal::SignatureFausse);
        return motives;
    }
    motives.extend(match facts.path_refusal {
        Some(PathRefusal::OutOfDate) => Some(Refusal::CertificatExpire),
        Some(_) => Some(Refusal::ChaineInconnue),
        None => None,
    });
    let doubted = |finding: &Finding| matches!(finding.code.as_str(), "pv.sig.revoked" | "pv.sig.doubt");
    motives.extend(match facts.certificate {
        CertificateState::Revoked if report.findings.iter().any(doubted) => Some(Refusal::CertificatRevoque),
        // Nobody is asked about a file that is wrong anyway.
        CertificateState::Unknown if !report.has_failed() => Some(Refusal::RevocationInconnue),
        _ => None,
    });
    let ahead = |claimed: Instant| claimed.as_millisecond() > le.as_millisecond() + TOLERANCE_MS;
    if facts.claimed.is_some_and(ahead) {
        motives.insert(Refusal::HeureDeSignature);
    }
    match facts.is_qualified() {
        Some(true) => {}
        Some(false) => drop(motives.insert(Refusal::SignatureNonQualifiee)),
        None => drop(motives.insert(Refusal::QualificationInconnue)),
    }
    motives
}

/// What the verifier said, the worst first.
fn remarks(mut findings: Vec<Finding>) -> Vec<String> {
    findings.sort_by_key(|finding| Reverse(finding.level));
    let told = |finding: Finding| match finding.found {
        Some(found) => format!("{} ({found}) [{}]", finding.what, finding.code),
        None => format!("{} [{}]", finding.what, finding.code),
    };
    findings.into_iter().map(told).collect()
}

#[cfg(test)]
mod tests;
