//! `--rapport`: the verdict on paper, for the file of a case, with the same verdict attached for a machine.
use std::fs;
use std::path::Path;

use dossier::Instant;
use report::{ClaimLine, Presentation, TimestampFact, VerdictInput};
use sealer::{Answer, Verification};
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::rediger;

/// Draws the report of `verification` and writes it to `target`; `json` is the verdict as `--json` prints it.
pub(super) fn write(
    target: &Path,
    bundle: &Path,
    verification: &Verification,
    json: &Value,
    (anchors, at): (&str, Instant),
) -> Result<(), Failure> {
    let facts = &verification.facts;
    let failed = |e: &report::ReportError| Failure::new(e.code(), Exit::Negative, chain(e));
    let input = VerdictInput {
        file_name: named(bundle, verification),
        bytes: fs::metadata(bundle).map_err(|e| Failure::io("lire", bundle, &e))?.len(),
        sha256: verification.bundle_sha256,
        verdict: verification.verdict.as_str(),
        at,
        anchors: anchors.to_owned(),
        essai: facts.essai == Some(true),
        signer: facts.signer.clone(),
        level: facts.level.map(|level| format!("CAdES {} (ETSI EN 319 122-1, clause 6)", level.as_str())),
        timestamps: facts.timestamps.iter().map(token).collect(),
        session: facts.session.iter().map(|token| token.gen_time).collect(),
        qualification: super::qualification::lines(facts, false),
        claims: verification.claims.iter().map(claim).collect(),
        prepare: sealer::PREPARE,
        findings: &verification.findings,
        incompleteness: super::manifest(verification).map(|manifest| &manifest.incompleteness),
        json: serde_json::to_vec_pretty(json).map_err(|e| Failure::new("cli.json", Exit::Environment, e))?,
    };
    let presentation = Presentation::shipped().map_err(|e| failed(&e))?;
    let drawn = report::draw_verdict(&input, &presentation).map_err(|e| failed(&e))?;
    rediger::write(target, &drawn.pdf)
}

/// The name of the file; a copy is told as one wherever it is named.
fn named(bundle: &Path, verification: &Verification) -> String {
    let name = bundle.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if super::copy::is_copy(verification) { format!("{name} ({})", super::copy::BANNER) } else { name }
}

fn token(token: &sealer::TimestampFacts) -> TimestampFact {
    TimestampFact {
        authority: token.authority.clone(),
        gen_time: token.gen_time,
        serial: token.serial.clone(),
        policy: token.policy.clone(),
    }
}

fn claim(one: &sealer::Judged) -> ClaimLine {
    ClaimLine {
        sentence: one.sentence.to_owned(),
        answer: one.answer.word().to_owned(),
        apart: matches!(
            one.answer,
            Answer::Refused | Answer::Undetermined | Answer::EstablishedWithReserve | Answer::Withheld
        ),
        reference: one.reference.to_owned(),
        redo: one.redo.clone(),
    }
}
