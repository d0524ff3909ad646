//! `--confiance`: the trusted lists the reader consults, and what they say, line by line.
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use sealer::lists::KnownServices;
use sealer::{QcStatements, SealFacts, TrustAnchors};

use crate::cli::Verifier;
use crate::confiance;
use crate::etude::Etude;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::printable;

/// The anchors with the lists of `--confiance`, else those of the étude, and where both come from.
pub(super) fn with_lists(
    (anchors, source): (TrustAnchors, String),
    arguments: &Verifier,
) -> Result<(TrustAnchors, String), Failure> {
    let Some(folder) = folder(arguments)? else {
        return match arguments.ancres_des_listes {
            false => Ok((anchors, source)),
            true => Err(Failure::new("cli.no_lists", Exit::Usage, "--ancres-des-listes")),
        };
    };
    let anchors = anchors.with_lists(Arc::new(KnownServices::of(confiance::open(&folder)?)));
    if !arguments.ancres_des_listes {
        return Ok((anchors, source));
    }
    let source = format!("{source}, et les services qualifiés des listes de {}", folder.display());
    Ok((anchors.with_services_as_anchors(), source))
}

/// `--confiance`; else, unless the reader brings his own anchors and no étude, that of the étude.
fn folder(arguments: &Verifier) -> Result<Option<PathBuf>, Failure> {
    if arguments.confiance.is_some() {
        return Ok(arguments.confiance.clone());
    }
    if arguments.ancres.is_some() && arguments.etude.is_none() {
        return Ok(None);
    }
    Ok(Etude::existing(arguments.etude.as_deref())?.and_then(|etude| etude.lists_folder().map(PathBuf::from)))
}

/// The lines printed: what the certificate says of itself, then what the lists say.
pub(super) fn printed(facts: &SealFacts) -> Vec<String> {
    let said = facts.qc_statements.iter().map(|qc| format!("Le certificat du sceau déclare : {}", declared(qc)));
    said.chain(lines(facts, true)).collect()
}

/// One line for the signer, one for each authority that was not told yet; with `lists`, where they come from.
pub(super) fn lines(facts: &SealFacts, lists: bool) -> Vec<String> {
    let Some(told) = &facts.qualification else { return Vec::new() };
    let signer = told.signer.iter().map(|judged| ("signataire", judged));
    let authorities = told.authorities.iter().map(|one| ("autorité", &one.judged));
    let mut lines: Vec<String> = Vec::new();
    let mut said = BTreeSet::new();
    for (who, judged) in signer.chain(authorities) {
        if !said.insert((who, judged.certificate_sha256, judged.outcome)) {
            continue;
        }
        let start = if lists { "Qualification : " } else { "" };
        lines.push(printable(&format!("{start}{who}, {} ; {}", judged.sentence(), judged.source())));
    }
    if lists {
        let names: Vec<String> = told.lists.iter().map(|list| list.name()).collect();
        lines.push(format!("Listes de confiance : {}, instantané {}", names.join(", "), told.snapshot_sha256));
    }
    lines
}

fn declared(qc: &QcStatements) -> String {
    let mut said = Vec::new();
    if qc.compliance {
        said.push("certificat qualifié".to_owned());
    }
    said.extend(qc.types.iter().map(|kind| match kind.as_str() {
        "esign" => "de signature électronique".to_owned(),
        "eseal" => "de cachet électronique".to_owned(),
        "web" => "de site internet".to_owned(),
        other => format!("de type {}", printable(other)),
    }));
    if qc.device {
        said.push("clé dans un dispositif qualifié".to_owned());
    }
    if !qc.legislation.is_empty() {
        said.push(format!("selon la loi de {}", printable(&qc.legislation.join(", "))));
    }
    if said.is_empty() { "rien sur sa qualification".to_owned() } else { said.join(", ") }
}
