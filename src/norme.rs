//! `constat norme`: what is asked after the norm; with a bundle, what is met, by which proof, and what is not.
use dossier::Clock;
use norms::Norm;

use crate::cli::Norme;
use crate::exit::Exit;
use crate::failure::{Failure, chain};
use crate::{output, verifier};

/// Width of the table on a terminal.
const WIDTH: usize = 110;

/// Prints the table, alone or compared with a bundle.
pub(crate) fn run(arguments: &Norme, json: bool, clock: &dyn Clock) -> Result<Exit, Failure> {
    let norm = Norm::nf_z67_147().map_err(|e| Failure::new(e.code(), Exit::Environment, chain(&e)))?;
    let Some(bundle) = &arguments.bundle else {
        if json {
            output::json(&norm);
        } else {
            output::line(&norm.render_text(WIDTH));
        }
        return Ok(Exit::Done);
    };
    let (anchors, _) = verifier::anchors(arguments.ancres.as_deref(), arguments.etude.as_deref(), clock)?;
    let verification = verifier::verified(bundle, &anchors, clock.now())?;
    let Some(verified) = &verification.bundle else {
        let codes: Vec<&str> = verification.findings.iter().map(|f| f.code.as_str()).collect();
        return Err(Failure::new("rediger.not_valid", Exit::Negative, codes.join(", ")));
    };
    let conformity = norms::check(&norm, verified.journal(), Some(verified.manifest()));
    if json {
        output::json(&conformity);
    } else {
        output::line(&conformity.render_text(WIDTH));
    }
    Ok(Exit::Done)
}
